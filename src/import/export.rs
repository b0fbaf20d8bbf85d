//! Tickets on their way out, in the forms that an import reads.
//!
//! JSON and CSV hold the whole files. A plan and the issues of GitHub hold what these have a place for.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::document::{KEY, TicketOrigin, place_of};
use super::{GITHUB, ImportedState, folders};
use crate::text::yaml;
use crate::ticket::{Document, FrontMatter, Lane, Relation, Status, TicketId};

#[derive(Debug)]
pub struct TicketToExport {
    pub id: TicketId,
    pub lane: Lane,
    pub document: Document,
}

/// A ticket in an export.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExportedTicket {
    /// Its id.
    id: TicketId,
    /// The lane that holds it.
    lane: Lane,
    /// Its status; missing when it has none that tix knows.
    status: Option<&'static str>,
    /// Its title; missing when it has none.
    title: Option<String>,
    /// Its priority, as it is written; missing when it has none.
    priority: Option<String>,
    /// Its labels.
    labels: Vec<String>,
    /// The tickets that must be done first.
    depends_on: Vec<String>,
    /// The tickets that cannot be done before it.
    blocks: Vec<String>,
    /// The ticket that it is a part of; missing when there is none.
    parent_ticket: Option<String>,
    /// Related tickets.
    related: Vec<String>,
    /// The ticket that it duplicates; missing when there is none.
    duplicate_of: Option<String>,
    /// When it was created, as it is written; missing when the ticket does not say.
    created: Option<String>,
    /// Who holds it; missing when nobody does.
    holder: Option<String>,
    /// The whole file.
    file: String,
}

impl ExportedTicket {
    /// Nothing where the file is not UTF-8, which neither JSON nor CSV can hold.
    pub fn of(ticket: &TicketToExport) -> Option<ExportedTicket> {
        let head = FrontMatter::of(&ticket.document);
        let file = str::from_utf8(ticket.document.as_bytes()).ok()?.to_owned();
        Some(ExportedTicket {
            id: ticket.id.clone(),
            lane: ticket.lane,
            status: head.status_in(ticket.lane).map(Status::as_str),
            title: head.title,
            priority: head.priority,
            labels: head.labels,
            depends_on: head.depends_on,
            blocks: head.blocks,
            parent_ticket: head.parent,
            related: head.related,
            duplicate_of: head.duplicate_of,
            created: head.created,
            holder: head.claimed_by,
            file,
        })
    }
}

/// The tickets as a table.
pub fn csv(tickets: &[ExportedTicket]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let [id, lane, file] = folders::COLUMNS;
    writer.write_record([
        id,
        lane,
        "status",
        "title",
        "priority",
        "labels",
        "depends_on",
        "blocks",
        "parent_ticket",
        "related",
        "duplicate_of",
        "created",
        "holder",
        file,
    ])?;
    for one in tickets {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        writer.write_record([
            one.id.to_string(),
            one.lane.to_string(),
            one.status.unwrap_or_default().to_owned(),
            text(&one.title),
            text(&one.priority),
            one.labels.join(","),
            one.depends_on.join(","),
            one.blocks.join(","),
            text(&one.parent_ticket),
            one.related.join(","),
            text(&one.duplicate_of),
            text(&one.created),
            text(&one.holder),
            one.file.clone(),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    // Everything that went in was text.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// The status that a ticket has in a system where nobody can hold it by a claim.
fn status_of(ticket: &TicketToExport, head: &FrontMatter) -> Status {
    match (ticket.lane, head.status_in(ticket.lane)) {
        (Lane::Queue, Some(status @ (Status::Draft | Status::Queued))) => status,
        (Lane::Queue, _) => Status::Open,
        (Lane::Active, _) => Status::InProgress,
        (Lane::Completed, _) => place_of(ImportedState::Done).1,
        (Lane::Archive, _) => Status::Closed,
    }
}

/// When it was done or closed.
fn ended(ticket: &TicketToExport, head: &FrontMatter) -> Option<String> {
    match ticket.lane {
        Lane::Completed => head.completed_at.clone(),
        Lane::Archive => head.closed_at.clone(),
        Lane::Queue | Lane::Active => None,
    }
}

pub fn plan(tickets: &[TicketToExport]) -> String {
    let mut text = String::from("tickets:\n");
    for ticket in tickets {
        let head = FrontMatter::of(&ticket.document);
        text.push_str(&format!("  - key: {}\n", yaml::value(ticket.id.as_str())));
        let mut key = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                text.push_str(&format!("    {name}: {}\n", yaml::value(value)));
            }
        };
        let title = head.title.as_deref().unwrap_or(ticket.id.as_str());
        key("title", Some(title));
        key("status", Some(status_of(ticket, &head).as_str()));
        let priority =
            head.priority.as_deref().filter(|text| crate::ticket::Priority::read(text).is_some());
        key("priority", priority);
        key("blocked", head.blocked.as_deref());
        key("created", head.created.as_deref());
        key("ended", ended(ticket, &head).as_deref());
        let mut list = |name: &str, items: &[String]| {
            if !items.is_empty() {
                let items: Vec<String> = items.iter().map(|item| yaml::item(item)).collect();
                text.push_str(&format!("    {name}: [{}]\n", items.join(", ")));
            }
        };
        list("labels", &head.labels);
        for relation in Relation::ALL {
            let name = if relation == Relation::Parent { "parent" } else { relation.key() };
            list(name, relation.names(&head));
        }
        let body = ticket.document.without_changelog().0;
        if !body.trim().is_empty() {
            text.push_str(&format!("    body: {}\n", block(body.trim())));
        }
    }
    text
}

/// A text of several lines as people write it, where YAML reads it as it is; else in quotes.
fn block(text: &str) -> String {
    let plain = text
        .chars()
        .all(|c| c == '\n' || !(c.is_control() || crate::text::has_hidden(&c.to_string())));
    let ends = text.lines().any(|line| line.ends_with(char::is_whitespace));
    if !plain || ends || text.starts_with(char::is_whitespace) {
        return yaml::value(text);
    }
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("      {line}") };
    let lines: Vec<String> = text.lines().map(line).collect();
    format!("|-\n{}", lines.join("\n"))
}

/// The tickets as `gh issue list --json` prints issues, and what these have no place for under the names of tix.
pub fn github(tickets: &[TicketToExport]) -> Vec<Value> {
    let numbers = issue_numbers(tickets);
    let issue = |ticket: &TicketToExport| {
        let head = FrontMatter::of(&ticket.document);
        let status = status_of(ticket, &head);
        let (number, url) = numbers.get(ticket.id.as_str()).cloned().unwrap_or_default();
        let names = |relation: Relation| -> Vec<Value> {
            let known = relation.names(&head).iter().filter_map(|id| numbers.get(id.as_str()));
            known.map(|(number, url)| json!({ "number": number, "url": url })).collect()
        };
        let (body, changelog) = ticket.document.without_changelog();
        let (state, why) = match status {
            Status::Approved => ("CLOSED", "COMPLETED"),
            Status::Closed => ("CLOSED", "NOT_PLANNED"),
            Status::Draft
            | Status::Open
            | Status::Queued
            | Status::Claimed
            | Status::InProgress
            | Status::CriticReview
            | Status::ExpediterReview
            | Status::ChangesRequested => ("OPEN", ""),
        };
        let comments: Vec<Value> = Some(changelog.trim())
            .filter(|text| !text.is_empty())
            .map(|text| json!({ "author": { "login": "tix" }, "body": text }))
            .into_iter()
            .collect();
        json!({
            "number": number,
            "url": url,
            "title": head.title.as_deref().unwrap_or(ticket.id.as_str()),
            "body": body.trim(),
            "state": state,
            "stateReason": why,
            "labels": head.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
            "comments": comments,
            "createdAt": head.created,
            "closedAt": ended(ticket, &head),
            "parent": names(Relation::Parent).first(),
            "blockedBy": names(Relation::DependsOn),
            "blocking": names(Relation::Blocks),
            "related": names(Relation::Related),
            "duplicateOf": names(Relation::DuplicateOf).first(),
            "ticket": ticket.id,
            "status": status,
            "priority": head.priority,
            "blocked": head.blocked,
        })
    };
    tickets.iter().map(issue).collect()
}

/// The number of each ticket, and the address of the issue that it came from. An import knows an issue by these, so they do
/// not depend on what else is exported.
fn issue_numbers(tickets: &[TicketToExport]) -> HashMap<&str, (u64, Option<String>)> {
    let mut taken = HashSet::new();
    let mut number = |ticket: &TicketToExport| {
        let origin =
            TicketOrigin::of(&ticket.document).filter(|origin| origin.source == GITHUB.name);
        let own = origin.and_then(|origin| origin.id.rsplit_once('#')?.1.parse().ok());
        let url = own.and(ticket.document.inner(KEY).remove("address"));
        // Above the numbers that a forge gives.
        let made = || (1 << 32) + u64::from(crc32fast::hash(ticket.id.as_str().as_bytes()));
        let mut number: u64 = own.unwrap_or_else(made);
        while url.is_none() && !taken.insert(number) {
            number += 1;
        }
        (number, url)
    };
    tickets.iter().map(|ticket| (ticket.id.as_str(), number(ticket))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::import::{
        ClosedTickets, EndedTickets, ImportRequest, LaneDirs, SourceFile, SourceKind, import,
        plan as plans,
    };
    use crate::lifecycle::{FileEdit, Snapshot};
    use crate::names::RepoPath;
    use crate::text::one_line;
    use crate::ticket::Value as KeyValue;

    /// The tickets that an import of this file makes in an empty repository, by their paths, in its order.
    fn imported(kind: &SourceKind, path: &str, text: &str) -> Vec<(String, Document)> {
        let file = SourceFile::decode(path, text.as_bytes()).unwrap();
        assert!((kind.is)(&file), "{text}");
        let reading = (kind.read)(&[file]);
        assert_eq!(reading.refused, [], "{text}");
        let dir = |name: &str| RepoPath::parse(format!("tickets/{name}").into_bytes()).unwrap();
        let lanes =
            LaneDirs { queue: dir("queue"), completed: dir("completed"), archive: dir("archive") };
        let request = ImportRequest {
            tickets: &reading.tickets,
            closed: ClosedTickets::Brought,
            ended: EndedTickets::Stay,
            actor: "Ann",
            at: DateTime::UNIX_EPOCH,
            role: "Creator",
            lanes: &lanes,
        };
        let plan = import(&Snapshot::default(), &[], &request).unwrap();
        assert_eq!((plan.refused, plan.warnings), (Vec::new(), Vec::new()), "{text}");
        let edits = plan.change.map(|change| change.edits).unwrap_or_default();
        let added = edits.into_iter().map(|edit| match edit {
            FileEdit::Add { path, content } => {
                (path.to_string(), Document::parse(content).unwrap())
            }
            FileEdit::Move { .. } => unreachable!(),
        });
        added.collect()
    }

    fn tickets() -> impl Strategy<Value = Vec<TicketToExport>> {
        let lines = prop::sample::select(vec![
            "text",
            "- [ ] box",
            "## Part",
            "```\n# code\n```",
            "日本 é",
            "a: b # c",
            "",
            "> q",
            "\tx",
            "- key: v",
            "\u{200b}",
            "'\"",
        ]);
        let body = prop::collection::vec(lines, 0..6).prop_map(|all| all.join("\n"));
        let title = "[^\\p{C}\\p{Z}][^\\p{C}]{0,20}";
        let labels = prop::collection::vec("[a-zé:#{]{1,6}", 0..3);
        let lane = prop::sample::select(Lane::ALL.to_vec());
        let ends = prop::sample::select(vec!["\n", "\r\n"]);
        let one = (title, body, labels, lane, prop::option::of(0..5_u8), ends, any::<[bool; 3]>());
        prop::collection::vec(one, 1..5).prop_map(|all| {
            let mut tickets: Vec<TicketToExport> = Vec::new();
            for (at, (title, body, labels, lane, priority, ends, bits)) in all.into_iter().enumerate() {
                let text = format!("---\n# Metadata\nstatus: open\nodd: {{x: [1]}}\n---\n\n{body}\n\n# Changelog\n\n## [2026-01-01 00:00] - A: b\n");
                let mut document = Document::parse(text.replace('\n', ends).into_bytes()).unwrap();
                let status = match lane {
                    Lane::Queue if bits[0] => Status::Draft,
                    Lane::Queue if bits[1] => Status::Queued,
                    Lane::Queue | Lane::Active | Lane::Completed | Lane::Archive => {
                        Status::usual_in(lane)
                    }
                };
                document.set("status", KeyValue::Text(status.as_str())).unwrap();
                document.set("title", KeyValue::Text(&title)).unwrap();
                document.set("created", KeyValue::Text("2026-01-01 10:00")).unwrap();
                document.set("labels", KeyValue::List(&labels)).unwrap();
                if let Some(priority) = priority {
                    document.set("priority", KeyValue::Text(&format!("P{priority}"))).unwrap();
                }
                if lane == Lane::Active {
                    document.set("claimed_by", KeyValue::Text("Eve <eve@x.org>")).unwrap();
                }
                let before: Vec<String> = tickets.iter().map(|ticket| ticket.id.to_string()).collect();
                if bits[2] && at > 0 {
                    document.set("depends_on", KeyValue::List(&before)).unwrap();
                    document.set("parent_ticket", KeyValue::Text(&before[0])).unwrap();
                }
                let id = TicketId::parse(&format!("TICKET-x-{:03}", at + 1)).unwrap();
                tickets.push(TicketToExport { id, lane, document });
            }
            tickets
        })
    }

    /// Active tickets become queued ones.
    fn lane_after(ticket: &TicketToExport) -> Lane {
        if ticket.lane == Lane::Active { Lane::Queue } else { ticket.lane }
    }

    proptest! {
        #[test]
        fn whole_files_come_back_byte_for_byte(tickets in tickets()) {
            let exported: Vec<ExportedTicket> = tickets.iter().filter_map(ExportedTicket::of).collect();
            let rows = serde_json::to_string(&exported).unwrap();
            let json = format!("{{\"schema\":\"tix/export@1\",\"tickets\":{rows}}}");
            for (path, text) in [("a.json", json), ("a.csv", csv(&exported).unwrap())] {
                let back: BTreeMap<String, Document> = imported(&folders::TIX, path, &text).into_iter().collect();
                prop_assert_eq!(back.len(), tickets.len());
                for ticket in &tickets {
                    let after = &back[&format!("tickets/{}/{}.md", lane_after(ticket), ticket.id)];
                    if ticket.lane == Lane::Active {
                        prop_assert_eq!(after.text("claimed_by"), None);
                        prop_assert_eq!(after.status().unwrap().status, Status::Queued);
                        prop_assert!(after.without_changelog().1.contains("in progress there with Eve"));
                    } else {
                        prop_assert_eq!(after.as_bytes(), ticket.document.as_bytes());
                    }
                }
            }
        }

        #[test]
        fn a_plan_and_issues_bring_back_what_they_have_a_place_for(tickets in tickets()) {
            let issues = serde_json::to_string(&github(&tickets)).unwrap();
            let forms = [
                (&super::super::github::GITHUB, "a.json", issues),
                (&plans::PLAN, "a.yaml", plan(&tickets)),
            ];
            for (kind, path, text) in forms {
                let back = imported(kind, path, &text);
                prop_assert_eq!(back.len(), tickets.len());
                let ids: Vec<String> = back.iter().map(|(_, document)| document.text("ticket_id").unwrap()).collect();
                let id_of = |old: &String| ids[tickets.iter().position(|t| t.id.as_str() == old).unwrap()].clone();
                for (ticket, (path, after)) in tickets.iter().zip(&back) {
                    let (old, new) = (FrontMatter::of(&ticket.document), FrontMatter::of(after));
                    let (was, is) = (old.status_in(ticket.lane), new.status_in(lane_after(ticket)));
                    prop_assert!(path.starts_with(&format!("tickets/{}/", lane_after(ticket))), "{}", path);
                    prop_assert_eq!(new.title, old.title.map(|title| one_line(&title)));
                    prop_assert_eq!((new.priority, new.labels, new.created), (old.priority, old.labels, old.created));
                    let depends: Vec<String> = old.depends_on.iter().map(id_of).collect();
                    prop_assert_eq!((new.depends_on, new.parent), (depends, old.parent.as_ref().map(id_of)));
                    let body = |document: &Document| document.without_changelog().0.trim().replace("\r\n", "\n");
                    prop_assert_eq!(body(after), body(&ticket.document));
                    let status = match ticket.lane {
                        Lane::Active => Some(Status::Queued),
                        Lane::Queue | Lane::Completed | Lane::Archive => was,
                    };
                    prop_assert_eq!(is, status);
                }
            }
        }
    }
}
