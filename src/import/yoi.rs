//! yoi: `.yoi/tickets/<id>/item.md` with a thread and a resolution; before that the same below the directory of a status; and
//! before that `tickets/<name>.md` with a review beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::front::{FrontFile, title_and_body};
use super::json::word;
use super::{
    Comment, Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace,
    add_section, file_name, is_kind, words,
};
use crate::ticket::{Document, DocumentErrorKind, Relation};

pub const YOI: SourceKind = SourceKind {
    name: "yoi",
    about: "the tickets of yoi: .yoi/tickets/*/item.md, work-items/, or tickets/*.md",
    is_unique: |_| false,
    places: |_| [".yoi/tickets", "work-items"].map(str::to_owned).to_vec(),
    wants: |path| {
        let kinds = ["md", "json", "jsonl"];
        kinds.iter().any(|kind| is_kind(path, kind)) && file_name(path) != "README.md"
    },
    is: |file| file_name(&file.path) == "item.md",
    read,
};

fn read(files: &[SourceFile]) -> Reading {
    let mut directories: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    let mut reading = Reading::default();
    let items = files.iter().filter(|file| file_name(&file.path) == "item.md");
    let items: BTreeSet<&str> = items.map(|file| directory(&file.path)).collect();
    for file in files {
        let (mut directory, name) = (directory(&file.path), file_name(&file.path));
        directory = directory.strip_suffix("/artifacts").unwrap_or(directory);
        let is_item = items.contains(directory);
        if is_item {
            directories.entry(directory).or_default().push(file);
        } else if is_kind(name, "md") && !name.contains(".review.") {
            let review = format!("{}.review.md", file.path.trim_end_matches(".md"));
            let review = files.iter().find(|other| other.path == review);
            push(&mut reading, &file.path, |warnings| plain(file, review, warnings));
        }
    }
    for (directory, parts) in directories {
        let item = parts.iter().find(|file| file_name(&file.path) == "item.md");
        if let Some(item) = item {
            push(&mut reading, &item.path, |warnings| ticket(directory, item, &parts, warnings));
        }
    }
    reading
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn push(
    reading: &mut Reading,
    path: &str,
    make: impl FnOnce(&mut Vec<String>) -> Result<Imported, (usize, String)>,
) {
    match make(&mut reading.warnings) {
        Ok(ticket) => reading.tickets.push(ticket),
        Err((line, why)) => {
            let place = SourcePlace { file: path.to_owned(), line };
            reading.refused.push(RefusedRecord { place, why });
        }
    }
}

/// A ticket of the first generation: a file without front matter, which was deleted when the work was done.
fn plain(
    file: &SourceFile,
    review: Option<&SourceFile>,
    warnings: &mut Vec<String>,
) -> Result<Imported, (usize, String)> {
    let text = match Document::parse(file.text.clone().into_bytes()) {
        Err(error) if error.kind == DocumentErrorKind::NoFrontMatter => file.text.as_str(),
        Ok(_) => return item(file_name(&file.path).trim_end_matches(".md"), file, warnings),
        Err(error) => return Err((error.line, error.kind.to_string())),
    };
    let id = file_name(&file.path).trim_end_matches(".md").to_owned();
    let (title, body) = title_and_body(text);
    let place = SourcePlace { file: file.path.clone(), line: 1 };
    let title = title.ok_or((1, "it has no title".to_owned()))?;
    let mut ticket = Imported { source: YOI.name, id, title, place, ..Imported::default() };
    body.trim().clone_into(&mut ticket.body);
    add_section(&mut ticket.body, "Review", review.map_or("", |review| &review.text));
    Ok(ticket)
}

fn item(
    id: &str,
    file: &SourceFile,
    warnings: &mut Vec<String>,
) -> Result<Imported, (usize, String)> {
    let front = FrontFile::parse(file)?;
    let document = &front.document;
    let id = document.text("id").unwrap_or_else(|| id.to_owned());
    let title = document.title().ok_or((1, "it has no title".to_owned()))?;
    let mut ticket =
        Imported { source: YOI.name, id, title, place: front.place(), ..Imported::default() };
    front.body.trim().clone_into(&mut ticket.body);
    // In the years of two fields the second one says more, but `closed` in either is the end.
    let words: Vec<String> =
        ["state", "workflow_state", "status"].iter().filter_map(|key| document.text(key)).collect();
    let ended = words.iter().find(|word| *word == "closed").or(words.first());
    ticket.status = ended.cloned().unwrap_or_else(|| "open".to_owned());
    ticket.state = match ticket.status.as_str() {
        "planning" | "intake" => ImportedState::Draft,
        _ => words::state(&mut ticket, warnings),
    };
    if let Some(priority) = document.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.labels = document.list("labels");
    if let Some(at) = document.text("created_at") {
        ticket.set_created(&at);
    }
    ticket.holder = document.text("assignee");
    let taken = ["id", "title", "state", "priority", "labels", "created_at"];
    let mut rest = Imported::default();
    front.keep_rest(&mut rest, &taken);
    let said = ticket.status.clone();
    ticket
        .rest
        .extend(rest.rest.into_iter().filter(|(name, value)| name != "status" || *value != said));
    for (name, _) in ticket.rest.iter_mut().filter(|(name, _)| name == "status") {
        "status_field".clone_into(name);
    }
    Ok(ticket)
}

fn ticket(
    directory: &str,
    file: &SourceFile,
    parts: &[&SourceFile],
    warnings: &mut Vec<String>,
) -> Result<Imported, (usize, String)> {
    let mut ticket = item(file_name(directory), file, warnings)?;
    // `open`, `pending` and `closed` were directories once, and what they say counts where the file says nothing.
    for part in parts {
        match file_name(&part.path) {
            "item.md" => {}
            "thread.md" => ticket.comments = events(&part.text),
            "relations.json" => relate(&mut ticket, part)?,
            "resolution.md" => add_section(&mut ticket.body, "Resolution", &part.text),
            name => {
                let title = format!("File {name}");
                let text = format!("```\n{}\n```", part.text.trim_end());
                add_section(
                    &mut ticket.body,
                    &title,
                    if is_kind(name, "md") { &part.text } else { &text },
                );
            }
        }
    }
    if let Some(end) = ticket.comments.iter().rev().find(|event| event.text.starts_with("(close")) {
        ticket.ended.clone_from(&end.at);
    }
    Ok(ticket)
}

/// The events of a thread. One begins at a comment of this form at the start of a line, and a line of dashes within its text
/// ends nothing.
fn events(thread: &str) -> Vec<Comment> {
    let mut events: Vec<Comment> = Vec::new();
    for line in thread.lines() {
        let head =
            line.strip_prefix("<!-- event: ").and_then(|line| line.trim_end().strip_suffix("-->"));
        if let Some(head) = head {
            let part = |name: &str| {
                let rest = head.split_once(&format!("{name}: "))?.1;
                let quoted = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                quoted.or_else(|| rest.split_whitespace().next()).map(str::to_owned)
            };
            let text = head.trim().to_owned();
            events.push(Comment {
                by: part("author"),
                at: part(" at"),
                text: format!("({text})\n"),
            });
            continue;
        }
        if events.is_empty() {
            events.push(Comment::default());
        }
        if let Some(event) = events.last_mut() {
            event.text.push_str(line);
            event.text.push('\n');
        }
    }
    for event in &mut events {
        let text = event.text.trim().trim_end_matches("---").trim();
        event.text = text.to_owned();
    }
    events.retain(|event| !event.text.is_empty());
    events
}

fn relate(ticket: &mut Imported, file: &SourceFile) -> Result<(), (usize, String)> {
    let value: Value = serde_json::from_str(&file.text).map_err(|error| {
        (1, format!("{} line {}: {}", file.path, error.line(), super::json::reason(&error)))
    })?;
    let mut others = Vec::new();
    for one in value.get("relations").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| one.get(name).and_then(word);
        let relation = match part("kind").as_deref() {
            Some("depends_on") => Relation::DependsOn,
            Some("blocks") => Relation::Blocks,
            Some("related") => Relation::Related,
            Some("duplicate_of") => Relation::DuplicateOf,
            Some(_) | None => {
                others.push(one.clone());
                continue;
            }
        };
        ticket.relations.extend(part("target").map(|id| (relation, id)));
        if part("note").is_some() {
            others.push(one.clone());
        }
    }
    ticket.keep("relations", others);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), odd: vec![], refused: vec![] }
    }

    #[test]
    fn a_ticket_brings_its_thread_its_relations_and_its_resolution() {
        let reading = read(&[
            file(
                ".yoi/tickets/0001A/artifacts/relations.json",
                r#"{"relations":[{"kind":"depends_on","target":"0001B"},{"kind":"supersedes","target":"0001C"}]}"#,
            ),
            file(
                ".yoi/tickets/0001A/item.md",
                "---\ntitle: 'A: b'\nstate: 'inprogress'\ncreated_at: '2026-06-13T17:34:41Z'\nassignee: null\nrisk_flags: ['e2e', 'tui']\n---\n\nText.\n",
            ),
            file(".yoi/tickets/0001A/resolution.md", "Done so.\n"),
            file(
                ".yoi/tickets/0001A/thread.md",
                "<!-- event: create author: \"yoi ticket\" at: 2026-06-13T17:34:41Z -->\n\n## Created\n\nA.\n\n---\n\nstill A\n\n---\n\n\
                 <!-- event: comment author: eve at: 2026-06-14T10:00:00Z -->\n\nB.\n<!-- no event -->\n",
            ),
        ]);
        assert_eq!((reading.refused.len(), reading.warnings.len()), (0, 0));
        let ticket = &reading.tickets[0];
        assert_eq!(
            (ticket.id.as_str(), ticket.title.as_str(), ticket.state),
            ("0001A", "A: b", ImportedState::InProgress)
        );
        assert_eq!(ticket.body, "Text.\n\n# Resolution\n\nDone so.");
        assert_eq!(ticket.relations, [(Relation::DependsOn, "0001B".to_owned())]);
        let by: Vec<Option<&str>> =
            ticket.comments.iter().map(|event| event.by.as_deref()).collect();
        assert_eq!(by, [Some("yoi ticket"), Some("eve")]);
        assert!(ticket.comments[0].text.ends_with("## Created\n\nA.\n\n---\n\nstill A"));
        assert!(ticket.comments[1].text.ends_with("B.\n<!-- no event -->"));
        let rest: Vec<&str> = ticket.rest.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(rest, ["risk_flags", "relations"]);
    }

    #[test]
    fn two_fields_that_contradict_each_other_and_a_title_that_is_no_yaml_are_read() {
        let item = "---\nid: 20260527-000017-x\ntitle: TUI: spawned の一覧\nstatus: closed\nworkflow_state: 'done'\nlabels: [migrated]\ncreated_at: 2026-05-27T00:00:17Z\n---\n";
        let reading = read(&[file("work-items/closed/20260527-000017-x/item.md", item)]);
        let ticket = &reading.tickets[0];
        assert_eq!(
            (ticket.title.as_str(), ticket.state),
            ("TUI: spawned の一覧", ImportedState::Done)
        );
        assert_eq!(ticket.rest[0].0, "workflow_state");
    }

    #[test]
    fn the_first_generation_is_a_file_with_a_review_beside_it() {
        let reading = read(&[
            file("tickets/point.md", "# パーミッション\n\n```toml\n[[permission]]\n```\n"),
            file("tickets/point.review.md", "Good.\n"),
            file("tickets/nothing.md", "no title\n"),
        ]);
        assert_eq!(reading.tickets.len(), 1);
        assert_eq!(reading.tickets[0].title, "パーミッション");
        assert!(reading.tickets[0].body.ends_with("# Review\n\nGood."));
        assert_eq!(reading.refused[0].place.file, "tickets/nothing.md");
    }
}
