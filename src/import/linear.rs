//! Linear: its export as CSV.

use chrono::DateTime;

use super::table::{self, TableRow};
use super::{
    Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, is_kind, words,
};
use crate::ticket::{Relation, moment};

pub const LINEAR: SourceKind = SourceKind {
    name: "linear",
    about: "the CSV that Linear exports: tix import linear <file>",
    is_unique: |_| true,
    places: |_| Vec::new(),
    wants: |path| is_kind(path, "csv"),
    is: |file| table::is(file, &COLUMNS),
    read,
};

const COLUMNS: [&str; 4] = ["ID", "Team", "Title", "Status"];

fn read(files: &[SourceFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let (rows, refused) = table::rows(file, &COLUMNS);
        reading.refused.extend(refused);
        for row in rows {
            let place = row.place.clone();
            match issue(row, &mut reading.warnings) {
                Ok(ticket) => reading.tickets.push(ticket),
                Err(why) => reading.refused.push(RefusedRecord { place, why }),
            }
        }
    }
    reading
}

fn issue(mut row: TableRow, warnings: &mut Vec<String>) -> Result<Imported, String> {
    let id = row.take("ID").ok_or("it has no id")?;
    let title = row.take("Title").ok_or("it has no title")?;
    let mut ticket = Imported {
        source: LINEAR.name,
        id,
        title,
        place: row.place.clone(),
        ..Imported::default()
    };
    ticket.body = row.take("Description").unwrap_or_default();
    ticket.status = row.take("Status").unwrap_or_default();
    let (completed, canceled) = (row.take("Completed"), row.take("Canceled"));
    let mut unknown = Vec::new();
    let state = words::state(&mut ticket, &mut unknown);
    // A workflow may have words of its own, and the times say what they mean.
    ticket.state = match (&completed, &canceled, unknown.is_empty()) {
        (_, Some(_), _) => ImportedState::Closed,
        (Some(_), None, _) => ImportedState::Done,
        (None, None, true) => state,
        (None, None, false) if row.take("Started").is_some() => ImportedState::InProgress,
        (None, None, false) => {
            warnings.append(&mut unknown);
            state
        }
    };
    if let Some(priority) = row.take("Priority").filter(|word| word != "No priority") {
        ticket.set_priority(&priority);
    }
    let labels = row.take("Labels").unwrap_or_default();
    ticket.labels = labels
        .split(',')
        .map(|label| label.trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect();
    if let Some(assignee) = row.take("Assignee") {
        ticket.holder = Some(assignee.clone());
        ticket.keep("assignee", assignee);
    }
    for (name, text) in [("created", row.take("Created")), ("ended", canceled.or(completed))] {
        let Some(text) = text else { continue };
        match (time(&text), name) {
            (Some(time), "created") => ticket.created = Some(time),
            (Some(time), _) => ticket.ended = Some(time),
            (None, _) => {
                let id = &ticket.id;
                warnings.push(format!(
                    "{id}: the form of the time `{text}` is unknown; it is kept as it is"
                ));
                ticket.keep(name, text);
            }
        }
    }
    for (column, relation) in [
        ("Parent issue", Relation::Parent),
        ("Blocked by", Relation::DependsOn),
        ("Blocks", Relation::Blocks),
        ("Related to", Relation::Related),
        ("Duplicate of", Relation::DuplicateOf),
    ] {
        let cell = row.take(column).unwrap_or_default();
        let ids = cell.split(',').map(str::trim).filter(|id| !id.is_empty());
        ticket.relations.extend(ids.map(|id| (relation, id.to_owned())));
    }
    for (name, cell) in row.rest() {
        ticket.keep(&name, cell);
    }
    Ok(ticket)
}

/// RFC 3339, or `Mon Mar 04 2024 10:11:12 GMT+0100 (CET)`, which is what browsers write.
fn time(text: &str) -> Option<String> {
    if moment(text).is_some() {
        return Some(text.to_owned());
    }
    let text = text.split(" (").next().unwrap_or_default().trim();
    let time = DateTime::parse_from_str(text, "%a %b %d %Y %H:%M:%S GMT%z").ok()?;
    Some(time.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_brings_relations_times_and_states_of_a_workflow_of_its_own() {
        let text = "ID,Team,Title,Description,Status,Priority,Labels,Created,Started,Completed,Canceled,Parent issue,Blocked by,Estimate\n\
            EN-1,Eng,Cut,What,Cooking,Urgent,\"bug, ui\",Mon Mar 04 2024 10:11:12 GMT+0100 (Central European Standard Time),2024-03-05T00:00:00.000Z,,,EN-3,\"EN-2, EN-9\",3\n\
            EN-2,Eng,Sew,,Served,No priority,,2024-03-01T00:00:00.000Z,,2024-03-02T00:00:00.000Z,,,,\n\
            EN-3,Eng,Dye,,Dropped,,,yesterday,,,2024-03-02T00:00:00.000Z,,,\n\
            EN-4,Eng,,,Todo\n\
            EN-5,Eng,Iron,,Icebox\n";
        let reading = read(&[SourceFile {
            path: "l.csv".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }]);
        let [cut, sew, dye, iron] = &reading.tickets[..] else { panic!("{reading:?}") };
        assert_eq!(
            (cut.state, cut.created.as_deref()),
            (ImportedState::InProgress, Some("2024-03-04T10:11:12+01:00"))
        );
        assert_eq!(
            (cut.labels.len(), cut.relations.len(), cut.priority.unwrap().to_string().as_str()),
            (2, 3, "P0")
        );
        assert_eq!((sew.state, sew.priority), (ImportedState::Done, None));
        assert_eq!(
            (dye.state, dye.ended.as_deref()),
            (ImportedState::Closed, Some("2024-03-02T00:00:00.000Z"))
        );
        assert_eq!(iron.state, ImportedState::Draft);
        assert_eq!(reading.warnings.len(), 2);
        assert_eq!(reading.refused[0].place.line, 5);
    }
}
