//! Jira: its export as CSV, in which columns repeat.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::table::{self, TableRow};
use super::{
    Comment, Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, is_kind,
    words,
};
use crate::ticket::{Relation, moment};

pub const JIRA: SourceKind = SourceKind {
    name: "jira",
    about: "the CSV that Jira exports: tix import jira <file>",
    is_unique: |_| true,
    places: |_| Vec::new(),
    wants: |path| is_kind(path, "csv"),
    is: |file| table::is(file, &COLUMNS),
    read,
};

const COLUMNS: [&str; 2] = ["Summary", "Issue key"];

/// The forms of times that sites of Jira write and that mean one thing only; `03/04/2026` may be two days.
const TIMES: [&str; 4] =
    ["%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M", "%d.%m.%Y %H:%M"];

fn read(files: &[SourceFile]) -> Reading {
    let mut reading = Reading::default();
    let mut numbers = HashMap::new();
    for file in files {
        let (rows, refused) = table::rows(file, &COLUMNS);
        reading.refused.extend(refused);
        for row in rows {
            let place = row.place.clone();
            match issue(row, &mut numbers, &mut reading.warnings) {
                Ok(ticket) => reading.tickets.push(ticket),
                Err(why) => reading.refused.push(RefusedRecord { place, why }),
            }
        }
    }
    // Parents and links are named by key or by number.
    for ticket in &mut reading.tickets {
        for (_, name) in &mut ticket.relations {
            if let Some(key) = numbers.get(name) {
                name.clone_from(key);
            }
        }
    }
    reading
}

fn issue(
    mut row: TableRow,
    numbers: &mut HashMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<Imported, String> {
    let id = row.take("Issue key").ok_or("it has no key")?;
    let title = row.take("Summary").ok_or("it has no summary")?;
    let number = row.take("Issue id");
    numbers.extend(number.clone().map(|number| (number, id.clone())));
    let mut ticket =
        Imported { source: JIRA.name, id, title, place: row.place.clone(), ..Imported::default() };
    ticket.keep("issue_id", number);
    ticket.body = row.take("Description").unwrap_or_default();
    ticket.status = row.take("Status").unwrap_or_default();
    ticket.state = state(&mut ticket, &mut row, warnings);
    if let Some(priority) = row.take("Priority") {
        ticket.set_priority(&priority);
    }
    ticket.labels = row
        .take_all("Labels")
        .iter()
        .flat_map(|cell| cell.split_whitespace())
        .map(str::to_owned)
        .collect();
    if let Some(assignee) = row.take("Assignee") {
        ticket.holder = Some(assignee.clone());
        ticket.keep("assignee", assignee);
    }
    for (column, ended) in [("Created", false), ("Resolved", true)] {
        let Some(text) = row.take(column) else { continue };
        match (time(&text), ended) {
            (Some(time), false) => ticket.created = Some(time),
            (Some(time), true) => ticket.ended = Some(time),
            (None, _) => {
                let id = &ticket.id;
                warnings.push(format!(
                    "{id}: the form of the time `{text}` is unknown; it is kept as it is"
                ));
                ticket.keep(&column.to_lowercase(), text);
            }
        }
    }
    ticket.comments = row.take_all("Comment").iter().map(|cell| comment(cell)).collect();
    relate(&mut ticket, &mut row);
    let mut rest: Vec<(String, Vec<String>)> = Vec::new();
    for (name, cell) in row.rest() {
        match rest.iter_mut().find(|(known, _)| *known == name) {
            Some((_, cells)) => cells.push(cell),
            None => rest.push((name, vec![cell])),
        }
    }
    for (name, mut cells) in rest {
        match (cells.len(), cells.pop()) {
            (1, Some(cell)) => ticket.keep(&name, cell),
            (_, last) => ticket.keep(&name, cells.into_iter().chain(last).collect::<Vec<_>>()),
        }
    }
    Ok(ticket)
}

/// The status by its word, else by its category; how a done one was resolved says whether it was done.
fn state(ticket: &mut Imported, row: &mut TableRow, warnings: &mut Vec<String>) -> ImportedState {
    let resolution = row.take("Resolution");
    let category = row.take("Status Category");
    let mut unknown = Vec::new();
    let mut state = words::state(ticket, &mut unknown);
    if !unknown.is_empty() {
        state = match category.as_deref() {
            Some("To Do") => ImportedState::Open,
            Some("In Progress") => ImportedState::InProgress,
            Some("Done") => ImportedState::Done,
            Some(_) | None => {
                warnings.append(&mut unknown);
                state
            }
        };
    }
    if let Some(resolution) = resolution.filter(|word| word != "Unresolved") {
        let words = [
            "won't",
            "wont",
            "duplicate",
            "reproduce",
            "declined",
            "incomplete",
            "rejected",
            "cancel",
            "invalid",
        ];
        let word = resolution.to_lowercase();
        if state == ImportedState::Done && words.iter().any(|part| word.contains(part)) {
            state = ImportedState::Closed;
        }
        ticket.keep("resolution", resolution);
    }
    state
}

fn relate(ticket: &mut Imported, row: &mut TableRow) {
    let by_key = row.take("Parent key");
    let parent = [row.take("Parent"), row.take("Parent id")].into_iter().flatten().next();
    ticket.relations.extend(by_key.or(parent).map(|parent| (Relation::Parent, parent)));
    for (column, relation) in [
        ("Inward issue link (Blocks)", Relation::DependsOn),
        ("Outward issue link (Blocks)", Relation::Blocks),
        ("Outward issue link (Duplicate)", Relation::DuplicateOf),
        ("Inward issue link (Relates)", Relation::Related),
        ("Outward issue link (Relates)", Relation::Related),
    ] {
        ticket.relations.extend(row.take_all(column).into_iter().map(|key| (relation, key)));
    }
}

/// `2024-03-11 10:15`, which is how tickets write a time without a zone.
fn time(text: &str) -> Option<String> {
    if moment(text).is_some() {
        return Some(text.to_owned());
    }
    let text = text.trim();
    let times = TIMES.iter().filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    times.map(|time| time.format("%Y-%m-%d %H:%M").to_string()).next()
}

/// A cell `time;who;text`.
fn comment(cell: &str) -> Comment {
    let mut parts = cell.splitn(3, ';');
    match (parts.next().and_then(time), parts.next(), parts.next()) {
        (Some(at), Some(by), Some(text)) => {
            Comment { by: Some(by.to_owned()), at: Some(at), text: text.to_owned() }
        }
        _ => Comment { by: None, at: None, text: cell.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reading {
        read(&[SourceFile {
            path: "jira.csv".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }])
    }

    #[test]
    fn repeated_columns_links_and_times_of_the_site_are_read() {
        let reading = of(
            "Summary,Issue key,Issue id,Status,Status Category,Resolution,Priority,Labels,Labels,Created,Description,Comment,Comment,\
             Inward issue link (Blocks),Parent id,Sprint,Sprint\n\
             \"Cut, it\",AB-1,100,Cooking,In Progress,,Highest,ui,api,11/Mar/24 10:15 PM,\"two\nlines\",\"12/Mar/24 9:00 AM;ann;Hi; all\",no form,AB-2,102,1,2\n\
             Done,AB-2,101,Done,Done,Won't Do,Major,,,03/04/2024 10:15,,,,,,,\n\
             Epic,AB-3,102,To Do,,,,,,2024-01-01 10:00,,,,,,,\n\
             ,AB-4,103\n\
             x,AB-5,,,,,,,,,,,,,,,,,,\n",
        );
        let [cut, done, epic] = &reading.tickets[..] else { panic!("{reading:?}") };
        assert_eq!(
            (cut.title.as_str(), cut.body.as_str(), cut.state),
            ("Cut, it", "two\nlines", ImportedState::InProgress)
        );
        assert_eq!(
            (cut.created.as_deref(), cut.labels.join(" ").as_str()),
            (Some("2024-03-11 22:15"), "ui api")
        );
        assert_eq!(
            cut.relations,
            [(Relation::Parent, "AB-3".to_owned()), (Relation::DependsOn, "AB-2".to_owned())]
        );
        assert_eq!(
            (cut.comments[0].at.as_deref(), cut.comments[0].text.as_str()),
            (Some("2024-03-12 09:00"), "Hi; all")
        );
        assert_eq!(cut.comments[1].text, "no form");
        assert_eq!(cut.rest.last().unwrap().1, serde_json::json!(["1", "2"]));
        assert_eq!((done.state, done.created.as_deref()), (ImportedState::Closed, None));
        assert_eq!(epic.state, ImportedState::Open);
        assert_eq!(
            reading.warnings,
            ["AB-2: the form of the time `03/04/2024 10:15` is unknown; it is kept as it is"]
        );
        let refused: Vec<(usize, &str)> =
            reading.refused.iter().map(|one| (one.place.line, one.why.as_str())).collect();
        assert_eq!(
            refused,
            [
                (
                    7,
                    "this row has 20 cells, and there are 17 columns: a text with separators in it needs quotes around it"
                ),
                (6, "it has no summary")
            ]
        );
    }

    #[test]
    fn semicolons_separate_too_and_another_table_is_refused() {
        assert_eq!(of("Summary;Issue key\nA;AB-1\n").tickets.len(), 1);
        assert_eq!(of("Title,ID\nA,AB-1\n").refused[0].place.line, 1);
    }
}
