//! task-master: `.taskmaster/tasks/tasks.json`, with tags or without, and with subtasks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json::{Members, Placed, reason, word};
use super::{
    Imported, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace, add_section, words,
};
use crate::ticket::Relation;

pub const TASKMASTER: SourceKind = SourceKind {
    name: "taskmaster",
    about: "the tasks of task-master: .taskmaster/tasks/tasks.json",
    is_unique: |_| false,
    // The second is where it was before there were tags.
    places: |look| {
        let places = [".taskmaster/tasks/tasks.json", "tasks/tasks.json"];
        places
            .into_iter()
            .find(|place| look(place).is_some())
            .map(str::to_owned)
            .into_iter()
            .collect()
    },
    wants: |path| path.rsplit('/').next() == Some("tasks.json"),
    is: |file| file.path == "tasks.json" && file.text.contains("\"tasks\""),
    read,
};

/// The tag of a file without tags; task-master gives it this one later.
const MAIN: &str = "master";

fn read(files: &[SourceFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let whole = Placed::of(&file.text);
        let (members, trouble) = whole.members();
        let mut lists = Vec::new();
        for (name, value) in members {
            if name == "tasks" {
                lists.push((MAIN.to_owned(), value));
            } else {
                let (inner, _) = value.members();
                let tasks = inner.into_iter().find(|(inner, _)| inner == "tasks");
                lists.extend(tasks.map(|(_, tasks)| (name, tasks)));
            }
        }
        let mut refuse = |(line, why)| {
            let place = SourcePlace { file: file.path.clone(), line };
            reading.refused.push(RefusedRecord { place, why });
        };
        trouble.map(&mut refuse);
        let mut found = Vec::new();
        for (tag, list) in lists {
            let (items, trouble) = list.items();
            trouble.map(&mut refuse);
            found.extend(items.into_iter().map(|item| (tag.clone(), item)));
        }
        for (tag, item) in found {
            task(&file.path, &tag, &item, &mut reading);
        }
    }
    reading
}

/// Adds a task and its subtasks.
fn task(file: &str, tag: &str, item: &Placed<'_>, reading: &mut Reading) {
    let place = |line| SourcePlace { file: file.to_owned(), line };
    let refuse = |reading: &mut Reading, line, why: String| {
        reading.refused.push(RefusedRecord { place: place(line), why });
    };
    let members = match object(item) {
        Ok(members) => members,
        Err(why) => return refuse(reading, item.line(), why),
    };
    let (own, _) = item.members();
    let subtasks = own.into_iter().find(|(name, _)| name == "subtasks");
    let (subtasks, trouble) = match &subtasks {
        Some((_, list)) if list.value().is_ok_and(|value| value.is_array()) => list.items(),
        Some(_) | None => (Vec::new(), None),
    };
    if let Some((line, why)) = trouble {
        refuse(reading, line, why);
    }
    let number = members.0.get("id").and_then(word);
    match ticket(members, tag, None, &BTreeSet::new(), &mut reading.warnings) {
        Ok(ticket) => reading.tickets.push(Imported { place: place(item.line()), ..ticket }),
        Err(why) => refuse(reading, item.line(), why),
    }
    let numbers: BTreeSet<String> = subtasks
        .iter()
        .filter_map(|item| word(object(item).ok()?.0.get("id")?))
        .map(|id| local(&id, number.as_deref()))
        .collect();
    for item in subtasks {
        let made = object(&item).and_then(|members| {
            let parent = number.as_deref().ok_or("the task above it has no id")?;
            ticket(members, tag, Some(parent), &numbers, &mut reading.warnings)
        });
        match made {
            Ok(ticket) => reading.tickets.push(Imported { place: place(item.line()), ..ticket }),
            Err(why) => refuse(reading, item.line(), why),
        }
    }
}

fn object(item: &Placed<'_>) -> Result<Members, String> {
    match item.value() {
        Ok(Value::Object(members)) => Ok(Members(members)),
        Ok(_) => Err("this is no object".to_owned()),
        Err(error) => Err(reason(&error)),
    }
}

/// The number of a subtask below its task: some write `3.1`, most `1`.
fn local(id: &str, parent: Option<&str>) -> String {
    let below = parent.and_then(|parent| id.strip_prefix(parent)?.strip_prefix('.'));
    below.unwrap_or(id).to_owned()
}

fn ticket(
    mut members: Members,
    tag: &str,
    parent: Option<&str>,
    siblings: &BTreeSet<String>,
    warnings: &mut Vec<String>,
) -> Result<Imported, String> {
    let number = members.text("id").ok_or("it has no id")?;
    let title = members.text("title").ok_or("it has no title")?;
    let own = match parent {
        Some(parent) => format!("{parent}.{}", local(&number, Some(parent))),
        None => number,
    };
    let id = format!("{tag}/{own}");
    let mut ticket = Imported { source: TASKMASTER.name, id, title, ..Imported::default() };
    ticket.body = members.text("description").unwrap_or_default();
    for (name, title) in [("details", "Details"), ("testStrategy", "Test Strategy")] {
        add_section(&mut ticket.body, title, &members.text(name).unwrap_or_default());
    }
    ticket.status = members.text("status").unwrap_or_else(|| "pending".to_owned());
    ticket.state = words::state(&mut ticket, warnings);
    if let Some(priority) = members.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.holder = members.first_text(&["assignee", "assignedTo"]);
    ticket.keep("assignee", ticket.holder.clone());
    for name in members.list("dependencies").iter().filter_map(word) {
        // Beside a subtask a bare number is its sibling.
        let other = match parent {
            Some(parent) if siblings.contains(&name) => format!("{parent}.{name}"),
            Some(_) | None => name,
        };
        ticket.relations.push((Relation::DependsOn, format!("{tag}/{other}")));
    }
    if let Some(parent) = parent {
        ticket.relations.push((Relation::Parent, format!("{tag}/{parent}")));
    }
    if let Some(at) = members.first_text(&["createdAt", "created_at"]) {
        ticket.set_created(&at);
    }
    if let Some(at) = members.first_text(&["completedAt", "completed_at"]) {
        ticket.set_ended(&at);
    }
    // They are tickets of their own.
    members.0.remove("subtasks");
    for (name, value) in members.0 {
        ticket.keep(&name, value);
    }
    Ok(ticket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reading {
        read(&[SourceFile {
            path: "tasks.json".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }])
    }

    fn relations(ticket: &Imported) -> Vec<(&str, &str)> {
        ticket.relations.iter().map(|(relation, id)| (relation.key(), id.as_str())).collect()
    }

    #[test]
    fn a_bare_number_beside_a_subtask_is_its_sibling_and_else_a_task() {
        let reading = of(r#"{"tasks": [
          {"id": 1, "title": "One", "status": "done", "subtasks": [
            {"id": 1, "title": "First", "dependencies": []},
            {"id": "1.2", "title": "Second", "dependencies": [1, "3.1", 7], "parentTaskId": 1}
          ]},
          {"id": "3", "title": "Three", "status": "in-progress", "dependencies": ["1", 1.2], "testStrategy": "Try.", "subtasks": null}
        ]}"#);
        assert_eq!(reading.refused, []);
        let ids: Vec<&str> = reading.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, ["master/1", "master/1.1", "master/1.2", "master/3"]);
        let expected = [
            ("depends_on", "master/1.1"),
            ("depends_on", "master/3.1"),
            ("depends_on", "master/7"),
            ("parent_ticket", "master/1"),
        ];
        assert_eq!(relations(&reading.tickets[2]), expected);
        assert_eq!(
            relations(&reading.tickets[3]),
            [("depends_on", "master/1"), ("depends_on", "master/1.2")]
        );
        assert_eq!(reading.tickets[3].body, "# Test Strategy\n\nTry.");
        assert_eq!(reading.tickets[2].place.line, 4);
    }

    #[test]
    fn tags_keep_equal_numbers_apart_and_a_bad_task_stops_no_other() {
        let reading = of(
            "{\"master\": {\"tasks\": [{\"id\": 1, \"title\": \"A\"}], \"metadata\": {}},\n\
                          \"next\": {\"tasks\": [{\"id\": 1, \"title\": \"B\"},\n{\"id\": 2},\n 3]},\n\
                          \"currentTag\": \"next\"}",
        );
        let ids: Vec<&str> = reading.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, ["master/1", "next/1"]);
        let refused: Vec<(usize, &str)> =
            reading.refused.iter().map(|one| (one.place.line, one.why.as_str())).collect();
        assert_eq!(refused, [(3, "it has no title"), (4, "this is no object")]);
        // A conflict of a merge ends what can be read.
        let reading = of("{\"tasks\": [{\"id\": 1, \"title\": \"A\"},\n<<<<<<< HEAD\n");
        assert_eq!((reading.tickets.len(), reading.refused[0].place.line), (0, 2));
    }
}
