//! ticket by wedow: `.tickets/<id>.md`, with notes at the end.

use super::front::{FrontFile, each, title_and_body};
use super::{
    Comment, Imported, Reading, SourceFile, SourceKind, add_section, file_name, is_kind, words,
};
use crate::ticket::{Relation, moment};

pub const WEDOW: SourceKind = SourceKind {
    name: "wedow",
    about: "the tickets of wedow/ticket: .tickets/*.md",
    is_unique: |_| true,
    places: |_| vec![".tickets".to_owned()],
    wants: |path| is_kind(path, "md"),
    is: |_| false,
    read,
};

fn read(files: &[SourceFile]) -> Reading {
    each(files, ticket)
}

fn ticket(file: &SourceFile, warnings: &mut Vec<String>) -> Result<Imported, (usize, String)> {
    let front = FrontFile::parse(file)?;
    let document = &front.document;
    let stem = file_name(&file.path).trim_end_matches(".md");
    let id = document.text("id").unwrap_or_else(|| stem.to_owned());
    let (title, body) = title_and_body(front.body);
    let title = title.or_else(|| document.text("title"));
    let title = title.ok_or((1, "it has no title".to_owned()))?;
    let mut ticket =
        Imported { source: WEDOW.name, id, title, place: front.place(), ..Imported::default() };
    ticket.status = document.text("status").unwrap_or_else(|| "open".to_owned());
    ticket.state = words::state(&mut ticket, warnings);
    let (body, notes) = body.split_once("\n## Notes\n").unwrap_or((body, ""));
    body.clone_into(&mut ticket.body);
    let (comments, other) = comments(notes);
    ticket.comments = comments;
    add_section(&mut ticket.body, "Notes", &other);
    let relations =
        [("deps", Relation::DependsOn), ("links", Relation::Related), ("parent", Relation::Parent)];
    for (key, relation) in relations {
        ticket.relations.extend(document.list(key).into_iter().map(|id| (relation, id)));
    }
    ticket.labels = document.list("tags");
    if let Some(at) = document.text("created") {
        ticket.set_created(&at);
    }
    if let Some(priority) = document.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.holder = document.text("assignee");
    let taken = ["id", "status", "deps", "links", "parent", "tags", "title", "created", "priority"];
    front.keep_rest(&mut ticket, &taken);
    Ok(ticket)
}

/// Notes, each below its time in bold, and what stands before the first of them.
fn comments(notes: &str) -> (Vec<Comment>, String) {
    let (mut comments, mut other): (Vec<Comment>, String) = (Vec::new(), String::new());
    for line in notes.lines() {
        let time = line.trim().strip_prefix("**").and_then(|line| line.strip_suffix("**"));
        if let Some(time) = time.filter(|time| moment(time).is_some()) {
            comments.push(Comment { by: None, at: Some(time.to_owned()), text: String::new() });
            continue;
        }
        let text = comments.last_mut().map_or(&mut other, |comment| &mut comment.text);
        text.push_str(line);
        text.push('\n');
    }
    for comment in &mut comments {
        comment.text = comment.text.trim().to_owned();
    }
    (comments, other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportedState;

    fn of(text: &str) -> Reading {
        read(&[SourceFile {
            path: ".tickets/ab-1.md".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }])
    }

    #[test]
    fn notes_become_comments_and_the_keys_relations() {
        let reading = of(
            "---\nid: ab-1\nstatus: in_progress\ndeps: [ab-2]\nlinks: []\ncreated: 2026-01-01T10:00:00Z\ntype: task\npriority: 2\nassignee: Ann B\nparent: ab-3\ntags: [x, y]\nexternal-ref: gh-4\n---\n# Do: it\n\nText.\n\n## Design\n\nSo.\n\n## Notes\n\nBefore.\n\n**2026-01-02T10:00:00Z**\n\nFirst\n\n**bold**\n",
        );
        assert_eq!((reading.refused.len(), reading.warnings.len()), (0, 0));
        let ticket = &reading.tickets[0];
        assert_eq!((ticket.title.as_str(), ticket.state), ("Do: it", ImportedState::InProgress));
        assert_eq!(ticket.body.trim(), "Text.\n\n## Design\n\nSo.\n\n\n# Notes\n\n\nBefore.");
        assert_eq!(ticket.comments[0].text, "First\n\n**bold**");
        assert_eq!(ticket.relations.len(), 2);
        assert_eq!(ticket.labels, ["x", "y"]);
        assert_eq!(ticket.priority.unwrap().to_string(), "P2");
    }

    #[test]
    fn a_file_without_front_matter_or_title_is_refused() {
        assert_eq!(of("# Title\n").refused[0].place.line, 1);
        assert_eq!(of("---\nid: x\n---\ntext\n").refused[0].why, "it has no title");
        assert_eq!(of("---\nid: x\nstatus: [\n---\n# T\n").refused[0].place.line, 3);
    }
}
