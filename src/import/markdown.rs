//! A folder of Markdown files, each of which is a ticket.

use super::front::{FrontFile, each, title_and_body};
use super::{Imported, Reading, SourceFile, SourceKind, SourcePlace, file_name, is_kind, words};
use crate::ticket::{Document, DocumentErrorKind, Relation};

pub const MARKDOWN: SourceKind = SourceKind {
    name: "markdown",
    about: "the Markdown files of a folder, each one ticket: tix import markdown <folder>",
    is_unique: |_| false,
    places: |_| Vec::new(),
    wants: |path| is_kind(path, "md") && !["README.md", "TEMPLATE.md"].contains(&file_name(path)),
    // Any text is Markdown, so somebody has to say that this is meant.
    is: |_| false,
    read,
};

fn read(files: &[SourceFile]) -> Reading {
    each(files, ticket)
}

fn ticket(file: &SourceFile, warnings: &mut Vec<String>) -> Result<Imported, (usize, String)> {
    let stem = file_name(&file.path).trim_end_matches(".md");
    let id = file.path.trim_end_matches(".md").to_owned();
    let place = SourcePlace { file: file.path.clone(), line: 1 };
    let mut ticket = Imported { source: MARKDOWN.name, id, place, ..Imported::default() };
    let front = match FrontFile::parse(file) {
        Ok(front) => front,
        Err((line, why)) => {
            // Only a file that has none goes without front matter.
            let none = DocumentErrorKind::NoFrontMatter.to_string();
            if why != none {
                return Err((line, why));
            }
            if file.text.trim().is_empty() {
                return Err((1, "it is empty".to_owned()));
            }
            let (title, body) = title_and_body(&file.text);
            ticket.title = title.unwrap_or_else(|| stem.replace(['-', '_'], " "));
            body.trim().clone_into(&mut ticket.body);
            return Ok(ticket);
        }
    };
    let document = &front.document;
    let (heading, body) = title_and_body(front.body);
    let title = document.text("title");
    let body = if title.is_some() { front.body } else { body };
    ticket.title = title.or(heading).unwrap_or_else(|| stem.replace(['-', '_'], " "));
    body.trim().clone_into(&mut ticket.body);
    ticket.status = document.first_text(&["status", "state"]).unwrap_or_default();
    if !ticket.status.is_empty() {
        ticket.state = words::state(&mut ticket, warnings);
    }
    if let Some(priority) = document.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.labels = ["labels", "tags"].iter().flat_map(|key| document.list(key)).collect();
    if let Some(at) = document.first_text(&["created", "created_at", "date"]) {
        ticket.set_created(&at);
    }
    ticket.holder = document.text("assignee");
    ticket.relations = related(document, &file.path);
    let taken = [
        "title",
        "status",
        "state",
        "priority",
        "labels",
        "tags",
        "created",
        "created_at",
        "date",
        "depends_on",
        "dependencies",
        "parent",
    ];
    front.keep_rest(&mut ticket, &taken);
    Ok(ticket)
}

/// The files that others name, by their names without `.md`, relative to the same directory.
fn related(document: &Document, path: &str) -> Vec<(Relation, String)> {
    let directory = path.rsplit_once('/').map(|(directory, _)| format!("{directory}/"));
    let directory = directory.unwrap_or_default();
    let id = |name: String| format!("{directory}{}", name.trim_end_matches(".md"));
    let keys = [
        ("depends_on", Relation::DependsOn),
        ("dependencies", Relation::DependsOn),
        ("parent", Relation::Parent),
    ];
    let named = keys.into_iter().flat_map(|(key, relation)| {
        document.list(key).into_iter().map(move |name| (relation, name))
    });
    named.map(|(relation, name)| (relation, id(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportedState;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), odd: vec![], refused: vec![] }
    }

    #[test]
    fn each_file_is_a_ticket_with_front_matter_or_without() {
        let reading = read(&[
            file("ideas/cut-it.md", "# Cut it\n\nNow.\n"),
            file(
                "ideas/sew_it.md",
                "---\nstatus: doing\ntags: [a]\ndepends_on: cut-it.md\nowner: ann\n---\n# Sew it\n\nThen.\n",
            ),
            file("no-title.md", "Only text.\n"),
            file("empty.md", " \n"),
            file("broken.md", "---\ntitle: x\n"),
        ]);
        let titles: Vec<&str> =
            reading.tickets.iter().map(|ticket| ticket.title.as_str()).collect();
        assert_eq!(titles, ["Cut it", "Sew it", "no title"]);
        assert_eq!(reading.tickets[1].state, ImportedState::InProgress);
        assert_eq!(
            reading.tickets[1].relations,
            [(Relation::DependsOn, "ideas/cut-it".to_owned())]
        );
        assert_eq!(reading.tickets[1].body, "Then.");
        let refused: Vec<&str> =
            reading.refused.iter().map(|one| one.place.file.as_str()).collect();
        assert_eq!(refused, ["empty.md", "broken.md"]);
    }
}
