//! beads: `.beads/issues.jsonl`, one issue a line.

use serde_json::Value;

use super::json::{Members, reason, word};
use super::{
    Comment, Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace,
    add_section, file_name, is_kind, says_nothing, words,
};
use crate::ticket::{Priority, Relation};

pub const BEADS: SourceKind = SourceKind {
    name: "beads",
    about: "the issues of beads: .beads/issues.jsonl",
    is_unique: |_| true,
    places: |_| vec![".beads".to_owned()],
    wants: |path| is_kind(path, "jsonl"),
    is: |file| is_kind(&file.path, "jsonl") && file.text.contains("\"issue_type\""),
    read,
};

/// What beads and its merges keep beside the issues.
const OTHERS: [&str; 6] = [
    "interactions.jsonl",
    "deletions.jsonl",
    "routes.jsonl",
    "molecules.jsonl",
    "sync_base.jsonl",
    "events.jsonl",
];

fn read(files: &[SourceFile]) -> Reading {
    let is_main = |file: &&SourceFile| file_name(&file.path) == "issues.jsonl";
    let mut chosen: Vec<&SourceFile> = files.iter().filter(is_main).collect();
    if chosen.is_empty() {
        let is_side = |name: &str| {
            OTHERS.contains(&name)
                || [".base.", ".left.", ".right."].iter().any(|part| name.contains(part))
        };
        chosen = files.iter().filter(|file| !is_side(file_name(&file.path))).collect();
    }
    let mut reading = Reading::default();
    for file in chosen {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let place = SourcePlace { file: file.path.clone(), line: at + 1 };
            match issue(line, place.clone(), &mut reading.warnings) {
                Ok(ticket) => reading.tickets.push(ticket),
                Err(why) => reading.refused.push(RefusedRecord { place, why }),
            }
        }
    }
    reading
}

fn issue(line: &str, place: SourcePlace, warnings: &mut Vec<String>) -> Result<Imported, String> {
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|sign| line.starts_with(sign)) {
        return Err("this is a conflict of a merge".to_owned());
    }
    let value: Value =
        serde_json::from_str(line).map_err(|error| format!("not JSON: {}", reason(&error)))?;
    let Value::Object(members) = value else { return Err("this is no object".to_owned()) };
    let mut members = Members(members);
    if let Some(kind) = members.text("_type").filter(|kind| kind != "issue") {
        return Err(format!("this is a {kind}, not an issue"));
    }
    let id = members.text("id").ok_or("it has no id")?;
    let title = members.text("title").ok_or("it has no title")?;
    let mut ticket = Imported { source: BEADS.name, id, title, place, ..Imported::default() };
    ticket.body = members.text("description").unwrap_or_default();
    for (name, title) in
        [("design", "Design"), ("acceptance_criteria", "Acceptance Criteria"), ("notes", "Notes")]
    {
        add_section(&mut ticket.body, title, &members.text(name).unwrap_or_default());
    }
    ticket.status = members.text("status").unwrap_or_else(|| "open".to_owned());
    ticket.state = match ticket.status.as_str() {
        "closed" => ImportedState::Done,
        // It was deleted, and its line is there so that no merge brings it back.
        "tombstone" => ImportedState::Closed,
        "hooked" => ImportedState::InProgress,
        "deferred" => ImportedState::Draft,
        "pinned" => ImportedState::Open,
        "blocked" => {
            ticket.blocked = Some("its status in beads says so".to_owned());
            ImportedState::Open
        }
        _ => words::state(&mut ticket, warnings),
    };
    match members.0.remove("priority") {
        Some(Value::Number(number)) => match Priority::read(&number.to_string()) {
            Some(priority) => ticket.priority = Some(priority),
            None => ticket.keep("priority", Value::Number(number)),
        },
        Some(Value::String(text)) => ticket.set_priority(&text),
        Some(other) => ticket.keep("priority", other),
        None => {}
    }
    ticket.labels = members.list("labels").iter().filter_map(word).collect();
    ticket.holder = members.text("assignee");
    ticket.keep("assignee", ticket.holder.clone());
    if let Some(at) = members.text("created_at") {
        ticket.set_created(&at);
    }
    if let Some(at) = members.first_text(&["closed_at", "deleted_at"]) {
        ticket.set_ended(&at);
    }
    ticket.comments = members.list("comments").into_iter().filter_map(comment).collect();
    relate(&mut ticket, members.list("dependencies"));
    if let Some(address) = members.text("external_ref") {
        if address.contains("://") {
            ticket.address = Some(address);
        } else {
            ticket.keep("external_ref", address);
        }
    }
    for (name, value) in members.0 {
        ticket.keep(&name, value);
    }
    Ok(ticket)
}

fn comment(value: Value) -> Option<Comment> {
    let Value::Object(members) = value else { return None };
    let mut members = Members(members);
    let (by, at) = (members.text("author"), members.text("created_at"));
    Some(Comment { by, at, text: members.text("text")? })
}

fn relate(ticket: &mut Imported, dependencies: Vec<Value>) {
    let mut others = Vec::new();
    let mut found_from = Vec::new();
    for dependency in dependencies {
        let part = |name: &str| dependency.get(name).and_then(word);
        let Some(other) =
            part("depends_on_id").filter(|_| part("issue_id").is_none_or(|id| id == ticket.id))
        else {
            others.push(dependency);
            continue;
        };
        let relation = match part("type").as_deref() {
            Some("blocks") | None => Relation::DependsOn,
            Some("parent-child") => Relation::Parent,
            Some("related" | "relates-to") => Relation::Related,
            Some("discovered-from") => {
                found_from.push(other.clone());
                Relation::Related
            }
            Some("duplicates") => Relation::DuplicateOf,
            Some(_) => {
                others.push(dependency);
                continue;
            }
        };
        // When it was made, and by whom, has no place in a relation.
        let names = ["issue_id", "depends_on_id", "type"];
        let more = dependency.as_object().into_iter().flatten();
        if more.filter(|(name, _)| !names.contains(&name.as_str())).any(|(_, v)| !says_nothing(v)) {
            others.push(dependency);
        }
        ticket.relations.push((relation, other));
    }
    ticket.keep("discovered_from", found_from);
    ticket.keep("dependencies", others);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reading {
        let file = |path: &str, text: &str| SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        };
        read(&[file(".beads/interactions.jsonl", "{}"), file(".beads/issues.jsonl", text)])
    }

    #[test]
    fn an_issue_keeps_all_that_it_says() {
        let reading = of(concat!(
            r#"{"id":"bd-2","title":"Cut","description":"What.","design":"How.","status":"in_progress","priority":0,"issue_type":"bug","#,
            r#""assignee":"ann","created_at":"2026-01-03T15:15:59.616025486-08:00","labels":["ui"],"estimated_minutes":30,"#,
            r#""comments":[{"id":1,"author":"bob","text":"No.","created_at":"2026-01-04T00:00:00Z"}],"#,
            r#""dependencies":[{"issue_id":"bd-2","depends_on_id":"bd-1","type":"blocks"},{"issue_id":"bd-2","depends_on_id":"bd-9","type":"parent-child"},"#,
            r#"{"issue_id":"bd-2","depends_on_id":"bd-7","type":"discovered-from"},{"issue_id":"bd-2","depends_on_id":"bd-8","type":"waits-for"}]}"#,
        ));
        assert_eq!(reading.refused, []);
        let ticket = &reading.tickets[0];
        assert_eq!(ticket.body, "What.\n\n# Design\n\nHow.");
        assert_eq!(
            (ticket.state, ticket.holder.as_deref()),
            (ImportedState::InProgress, Some("ann"))
        );
        assert_eq!(ticket.priority.unwrap().to_string(), "P0");
        let relations: Vec<(&str, &str)> =
            ticket.relations.iter().map(|(relation, id)| (relation.key(), id.as_str())).collect();
        assert_eq!(
            relations,
            [("depends_on", "bd-1"), ("parent_ticket", "bd-9"), ("related", "bd-7")]
        );
        assert_eq!(ticket.comments[0].by.as_deref(), Some("bob"));
        let rest: Vec<&str> = ticket.rest.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            rest,
            ["assignee", "discovered_from", "dependencies", "estimated_minutes", "issue_type"]
        );
    }

    #[test]
    fn lines_that_are_no_issues_are_refused_by_their_numbers_and_stop_no_other() {
        let reading = of(concat!(
            "<<<<<<< HEAD\n",
            "{\"id\":\"bd-1\",\"title\":\"One\",\"status\":\"closed\"}\n\n",
            "{\"id\":\"bd-2\",\"title\":\"Cut o\n",
            "{\"_type\":\"memory\",\"key\":\"k\"}\n",
            "{\"id\":\"bd-3\",\"title\":\" \"}\n",
            "{\"id\":\"bd-4\",\"title\":\"Four\",\"status\":\"tombstone\"}\n",
            "{\"id\":\"bd-5\",\"title\":\"Five\",\"status\":\"parked\",\"priority\":12}\n",
        ));
        let refused: Vec<(usize, &str)> =
            reading.refused.iter().map(|one| (one.place.line, one.why.as_str())).collect();
        let expected = [
            (1, "this is a conflict of a merge"),
            (4, "not JSON: EOF while parsing a string"),
            (5, "this is a memory, not an issue"),
            (6, "it has no title"),
        ];
        assert_eq!(refused, expected);
        let states: Vec<ImportedState> =
            reading.tickets.iter().map(|ticket| ticket.state).collect();
        assert_eq!(states, [ImportedState::Done, ImportedState::Closed, ImportedState::Draft]);
        assert_eq!(reading.warnings, ["bd-5: its status `parked` is unknown, so it is a draft"]);
        assert_eq!(reading.tickets[2].rest[0], ("priority".to_owned(), Value::from(12)));
    }
}
