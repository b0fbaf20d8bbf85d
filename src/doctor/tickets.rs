//! Checks on the ticket files of the trunk.

use std::collections::BTreeMap;

use super::{Check, Finding, Fix, RepoFacts, Severity, TicketFacts};
use crate::lifecycle::machine::{lane_of, mismatch};
use crate::lifecycle::{EntryNode, TicketEntry};
use crate::names::RepoPath;
use crate::text::count;
use crate::ticket::{FrontMatter, Lane, Status, StatusLine, TicketId, TicketTime};

/// Values that a claim writes, so a placeholder for them is fine in a queued ticket.
const WRITTEN_BY_A_CLAIM: [&str; 7] =
    ["sequence", "branch", "worktree_path", "claimed_by", "claimed_at", "claim_id", "ticket_id"];

/// How many placeholders are named.
const NAMED: usize = 5;

pub(super) fn findings(facts: &RepoFacts) -> Vec<Finding> {
    let mut found = duplicates(facts);
    found.extend(facts.odd.iter().map(|odd| {
        let message = format!("{}: {}", odd.path, odd.why);
        look_at(Finding::new(Check::UnreadableTicket, None, message), facts, &odd.path)
    }));
    for ticket in &facts.tickets {
        let entry = &ticket.entry;
        match &ticket.contents {
            Err((line, why)) => found.push(unreadable(facts, entry, *line, why)),
            Ok(head) => {
                found.extend(lane_mismatch(entry, head));
                found.extend(id_mismatch(entry, head));
                found.extend(claimed_before_created(entry, head));
                found.extend(placeholder(entry, head));
            }
        }
    }
    found
}

fn duplicates(facts: &RepoFacts) -> Vec<Finding> {
    let mut places: BTreeMap<&TicketId, Vec<&TicketEntry>> = BTreeMap::new();
    for TicketFacts { entry, .. } in &facts.tickets {
        places.entry(&entry.id).or_default().push(entry);
    }
    let several = places.into_iter().filter(|(_, entries)| entries.len() > 1);
    several
        .map(|(id, entries)| {
            let message = format!("{id} is on the trunk {} times", entries.len());
            let names: Vec<String> = entries.iter().map(|e| e.path.to_string()).collect();
            let same = entries.windows(2).all(|two| matches!(two, [a, b] if a.oid == b.oid));
            let mut finding = Finding::new(Check::DuplicateId, Some(id), message)
                .fact("places", names.join(", "))
                .fact("contents", if same { "the same" } else { "they differ" });
            if let ([first, second, ..], false) = (names.as_slice(), same) {
                let side = |path: &String| format!("{}:{path}", facts.trunk);
                finding =
                    finding.repair("compare them", &["git", "diff", &side(first), &side(second)]);
            }
            if let Some(last) = names.last() {
                let other = last.strip_suffix(".md").unwrap_or(last);
                finding = finding.repair(
                    "keep one under this id, and rename another that is still needed, on the trunk",
                    &["git", "mv", "--", last, &format!("{other}-b.md")],
                );
            }
            finding
        })
        .collect()
}

fn unreadable(facts: &RepoFacts, entry: &TicketEntry, line: Option<usize>, why: &str) -> Finding {
    let path = &entry.path;
    let place = line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"));
    let message = match entry.node {
        EntryNode::Other(what) => format!("{path} is {what}, not a ticket file"),
        EntryNode::File => format!("{place}: {why}"),
    };
    look_at(Finding::new(Check::UnreadableTicket, Some(&entry.id), message), facts, path)
}

/// The remedy for what only a person can fix.
fn look_at(finding: Finding, facts: &RepoFacts, path: &RepoPath) -> Finding {
    let name = format!("{}:{path}", facts.trunk);
    finding.repair("see what it is, then fix it and push it to the trunk", &["git", "show", &name])
}

fn lane_mismatch(entry: &TicketEntry, head: &FrontMatter) -> Option<Finding> {
    let status = match &head.status {
        StatusLine::Status(status) => *status,
        // A ticket that says nothing is what its lane says.
        StatusLine::Nothing => return None,
        StatusLine::Unknown { line, text } => {
            let words = mismatch(entry.lane, Err(text))?;
            let message = format!("{} {words}", entry.id);
            let finding = Finding::new(Check::LaneMismatch, Some(&entry.id), message)
                .fact("file", format!("{}:{line}", entry.path))
                .repair(
                    "give it one",
                    &[
                        "tix",
                        "set",
                        entry.id.as_str(),
                        &format!("status={}", Status::usual_in(entry.lane)),
                    ],
                );
            return Some(past_is_past(finding, entry.lane));
        }
    };
    let home = lane_of(status);
    let (id, path) = (&entry.id, entry.path.to_string());
    let message = format!("{id} {}", mismatch(entry.lane, Ok(status))?);
    let finding = Finding::new(Check::LaneMismatch, Some(id), message)
        .fact("file", path.clone())
        .maybe_fact("held by", head.claimed_by.clone());
    let asking = |finding: Finding| {
        finding.repair("find out which of the two is right", &["tix", "log", id.as_str()])
    };
    Some(match (entry.lane, home) {
        (Lane::Queue, _) => asking(
            finding.fact("effect", "nobody holds it, and nobody can claim it"),
        )
        .repair("if it still waits, set it to open", &["tix", "set", id.as_str(), "status=open"]),
        (Lane::Active, Lane::Completed) => {
            let target = path.replacen("/active/", "/completed/", 1);
            finding.repair_by_moving("if it is done, move it on the trunk", &path, &target)
        }
        (Lane::Active, _) => {
            asking(finding.fact("effect", "nobody can claim it, and its holder cannot go on"))
        }
        (Lane::Completed | Lane::Archive, _) => past_is_past(asking(finding), entry.lane),
    })
}

/// A ticket that has ended blocks nobody, so its faults are only warnings.
fn past_is_past(finding: Finding, lane: Lane) -> Finding {
    match lane {
        Lane::Queue | Lane::Active => finding,
        Lane::Completed | Lane::Archive => finding.only(Severity::Warning),
    }
}

fn id_mismatch(entry: &TicketEntry, head: &FrontMatter) -> Option<Finding> {
    let said = head.ticket_id.as_ref().filter(|said| *said != entry.id.as_str())?;
    let message = format!("{} calls itself `{said}`", entry.id);
    let finding = Finding::new(Check::IdMismatch, Some(&entry.id), message)
        .fact("file", entry.path.to_string());
    Some(match entry.lane {
        // Its holder's branch has the file too, and two edits of one front matter make every merge conflict.
        Lane::Active => finding.fact("fix", "once nobody holds it"),
        Lane::Queue | Lane::Completed | Lane::Archive => finding
            .repair("write the file's name into it", &["tix", "doctor", "--fix"])
            .fixed_by(Fix::CorrectId(entry.id.clone())),
    })
}

fn claimed_before_created(entry: &TicketEntry, head: &FrontMatter) -> Option<Finding> {
    let (created, claimed) = (head.created.as_ref()?, head.claimed_at.as_ref()?);
    if !TicketTime::read(claimed)?.is_surely_before(TicketTime::read(created)?) {
        return None;
    }
    let message = format!("{} says that it was claimed before it was created", entry.id);
    let finding = Finding::new(Check::ClaimedBeforeCreated, Some(&entry.id), message)
        .fact("claimed_at", claimed.clone())
        .fact("created", created.clone())
        .fact("file", entry.path.to_string())
        .repair("see its history", &["tix", "log", entry.id.as_str()]);
    Some(match entry.lane {
        Lane::Queue | Lane::Active => finding,
        Lane::Completed | Lane::Archive => finding.only(Severity::Info),
    })
}

fn placeholder(entry: &TicketEntry, head: &FrontMatter) -> Option<Finding> {
    let draft = head.status == StatusLine::Status(Status::Draft);
    let live = match entry.lane {
        Lane::Queue => !draft,
        Lane::Active => true,
        Lane::Completed | Lane::Archive => false,
    };
    let open: Vec<String> = head
        .placeholders
        .iter()
        .filter(|(_, key)| {
            entry.lane == Lane::Active || !WRITTEN_BY_A_CLAIM.contains(&key.as_str())
        })
        .map(|(line, key)| format!("{key} (line {line})"))
        .collect();
    if !live || open.is_empty() {
        return None;
    }
    let message =
        format!("{} has {} that nobody filled in", entry.id, count(open.len(), "value", "values"));
    let named = open.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let finding = Finding::new(Check::Placeholder, Some(&entry.id), message)
        .fact("file", entry.path.to_string())
        .fact("placeholders", named)
        .repair("fill them in", &["tix", "edit", entry.id.as_str()]);
    Some(finding)
}
