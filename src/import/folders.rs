//! Tickets that are files of tix already: the folders of workflow-guard, and the exports of tix.

use serde_json::Value;

use super::json::{Members, Placed, reason};
use super::{
    Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace,
    file_name, is_kind, table,
};
use crate::ticket::{Document, FrontMatter, Lane, Relation, TicketId};

pub const FOLDERS: SourceKind = SourceKind {
    name: "folders",
    about: "the folders of workflow-guard, or of another tix: tix import folders <project>",
    is_unique: |_| true,
    // What this repository has itself is no source, so somebody has to say which one is meant.
    places: |_| Vec::new(),
    wants: |path| {
        is_kind(path, "md") && !OTHERS.contains(&file_name(path)) && lane_of(path).is_some()
    },
    is: |_| false,
    read: |files| {
        let mut reading = Reading::default();
        for file in files {
            let place = SourcePlace { file: file.path.clone(), line: 1 };
            let stem = file_name(&file.path).trim_end_matches(".md");
            let lane = lane_of(&file.path).unwrap_or(Lane::Queue);
            add(&mut reading, place, stem, lane, &file.text);
        }
        reading
    },
};

pub const TIX: SourceKind = SourceKind {
    name: "tix",
    about: "what tix export --format json or csv has written: tix import tix <file>",
    is_unique: |_| true,
    places: |_| Vec::new(),
    wants: |path| is_kind(path, "json") || is_kind(path, "csv"),
    is: |file| table::is(file, &COLUMNS) || file.text.contains(EXPORT),
    read: |files| {
        let mut reading = Reading::default();
        for file in files {
            if is_kind(&file.path, "csv") {
                rows(file, &mut reading);
            } else {
                objects(file, &mut reading);
            }
        }
        reading
    },
};

/// Stands in every export as JSON.
const EXPORT: &str = "\"tix/export@1\"";

/// The columns that an import needs.
pub const COLUMNS: [&str; 3] = ["id", "lane", "file"];

const OTHERS: [&str; 2] = ["TEMPLATE.md", "README.md"];

/// The lane whose directory is nearest to the file.
fn lane_of(path: &str) -> Option<Lane> {
    path.rsplit('/').skip(1).find_map(|part| Lane::from_dir_name(part.as_bytes()))
}

fn rows(file: &SourceFile, reading: &mut Reading) {
    let (rows, refused) = table::rows(file, &COLUMNS);
    reading.refused.extend(refused);
    for mut row in rows {
        let place = row.place.clone();
        let lane = row.take("lane").and_then(|lane| Lane::from_dir_name(lane.as_bytes()));
        match (row.take("id"), lane, row.take("file")) {
            (Some(id), Some(lane), Some(text)) => add(reading, place, &id, lane, &text),
            _ => reading
                .refused
                .push(RefusedRecord { place, why: "id, lane or file is missing".to_owned() }),
        }
    }
}

fn objects(file: &SourceFile, reading: &mut Reading) {
    let place = |line| SourcePlace { file: file.path.clone(), line };
    let (members, trouble) = Placed::of(&file.text).members();
    let tickets = members.into_iter().find(|(name, _)| name == "tickets");
    let (items, inner) = tickets.map_or((Vec::new(), None), |(_, tickets)| tickets.items());
    let troubles = [trouble, inner].into_iter().flatten();
    reading.refused.extend(troubles.map(|(line, why)| RefusedRecord { place: place(line), why }));
    for item in items {
        let place = place(item.line());
        let mut members = match item.value() {
            Ok(Value::Object(members)) => Members(members),
            Ok(_) => {
                reading.refused.push(RefusedRecord { place, why: "this is no object".to_owned() });
                continue;
            }
            Err(error) => {
                reading.refused.push(RefusedRecord { place, why: reason(&error) });
                continue;
            }
        };
        let lane = members.text("lane").and_then(|lane| Lane::from_dir_name(lane.as_bytes()));
        match (members.text("id"), lane, members.text("file")) {
            (Some(id), Some(lane), Some(text)) => add(reading, place, &id, lane, &text),
            _ => reading
                .refused
                .push(RefusedRecord { place, why: "id, lane or file is missing".to_owned() }),
        }
    }
}

fn add(reading: &mut Reading, place: SourcePlace, id: &str, lane: Lane, text: &str) {
    let refuse = |place: SourcePlace, within: usize, why: String| {
        // The lines of a file within a file are its own.
        let at = if is_kind(&place.file, "md") { within } else { place.line };
        RefusedRecord { place: SourcePlace { line: at, ..place }, why }
    };
    if let Err(error) = TicketId::parse(id) {
        reading.refused.push(refuse(place, 1, format!("`{id}` cannot be an id: {error}")));
        return;
    }
    let document = match Document::parse(text.as_bytes().to_vec()) {
        Ok(document) => document,
        Err(error) => {
            reading.refused.push(refuse(place, error.line, error.kind.to_string()));
            return;
        }
    };
    let head = FrontMatter::of(&document);
    let state = match lane {
        Lane::Queue => ImportedState::Open,
        Lane::Active => ImportedState::InProgress,
        Lane::Completed => ImportedState::Done,
        Lane::Archive => ImportedState::Closed,
    };
    let relations = Relation::ALL.into_iter().flat_map(|relation| {
        relation.names(&head).iter().map(move |name| (relation, name.clone()))
    });
    reading.tickets.push(Imported {
        source: TIX.name,
        id: id.to_owned(),
        place,
        title: head.title.clone().unwrap_or_default(),
        state,
        holder: head.claimed_by.clone(),
        relations: relations.collect(),
        file: Some(document),
        ..Imported::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), odd: vec![], refused: vec![] }
    }

    #[test]
    fn the_folder_is_the_lane_and_a_file_that_is_no_ticket_is_refused() {
        let wants = |path: &str| (FOLDERS.wants)(path);
        assert!(wants("tickets/active/foo/TICKET-foo-001.md"));
        assert_eq!(
            ["tickets/queue/TEMPLATE.md", "docs/a.md", "tickets/queue/.gitkeep"].map(wants),
            [false; 3]
        );
        let ticket = "<!-- status: no -->\n\n---\n# Metadata\ntitle: A: b\nclaimed_by: ann\nstatus: doing\ndepends_on: [TICKET-b-001]\n---\n";
        let reading = (FOLDERS.read)(&[
            file("tickets/active/foo/TICKET-foo-001.md", ticket),
            file("tickets/queue/HANDOFF-x.md", "prose\n\n---\n"),
            file("tickets/queue/TICKET é.md", ticket),
        ]);
        let one = &reading.tickets[0];
        assert_eq!(
            (one.id.as_str(), one.state, one.holder.as_deref()),
            ("TICKET-foo-001", ImportedState::InProgress, Some("ann"))
        );
        assert_eq!(one.relations.len(), 1);
        assert_eq!(reading.refused.len(), 2);
    }

    #[test]
    fn an_export_is_read_with_the_places_of_what_is_wrong() {
        let text = "{\"schema\":\"tix/export@1\",\"tickets\":[\n{\"id\":\"TICKET-a-001\",\"lane\":\"queue\",\"file\":\"---\\nstatus: open\\n---\\n\"},\n{\"id\":\"TICKET-b-001\",\"lane\":\"kew\"},\n{\"id\":\"TICKET-c-001\",\"lane\":\"queue\",\"file\":\"x\"}]}";
        let reading = (TIX.read)(&[file("a.json", text)]);
        assert_eq!(reading.tickets.len(), 1);
        let lines: Vec<usize> = reading.refused.iter().map(|one| one.place.line).collect();
        assert_eq!(lines, [3, 4]);
        let csv = "id,lane,title,file\nTICKET-a-001,queue,A,\"---\nstatus: open\n---\n\"\nTICKET-b-001,,B,\n";
        let reading = (TIX.read)(&[file("a.csv", csv)]);
        assert_eq!((reading.tickets.len(), reading.refused[0].place.line), (1, 6));
    }
}
