//! Backlog.md: a file for each task, in directories and with statuses that its configuration names.

use super::front::{FrontFile, each};
use super::{Imported, ImportedState, Reading, SourceFile, SourceKind, file_name, is_kind, words};
use crate::ticket::{Document, Relation};

pub const BACKLOG: SourceKind = SourceKind {
    name: "backlog",
    about: "the tasks of Backlog.md: backlog/tasks/*.md",
    is_unique: |_| false,
    places: |look| {
        let named = look(ROOT_CONFIG).and_then(|text| config(&text)?.text("backlog_directory"));
        let named = named.map(|place| place.trim_matches('/').to_owned());
        let places = [named.as_deref().unwrap_or("backlog"), ".backlog", ROOT_CONFIG];
        places.map(str::to_owned).to_vec()
    },
    wants: |path| is_config(path) || (is_kind(path, "md") && directory(path).is_some()),
    is: |_| false,
    read,
};

const ROOT_CONFIG: &str = "backlog.config.yml";

fn is_config(path: &str) -> bool {
    ["config.yml", "config.yaml", ROOT_CONFIG].contains(&file_name(path))
}

/// The directory of the backlog that a task is in.
fn directory(path: &str) -> Option<TaskDirectory> {
    let mut parts = path.rsplit('/').skip(1);
    let own = parts.next()?;
    let archived = parts.next() == Some("archive");
    match (own, archived) {
        ("tasks", false) => Some(TaskDirectory::Tasks),
        ("completed", _) => Some(TaskDirectory::Completed),
        ("drafts", false) => Some(TaskDirectory::Drafts),
        ("tasks" | "drafts", true) => Some(TaskDirectory::Archive),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TaskDirectory {
    Tasks,
    Completed,
    Drafts,
    Archive,
}

/// The configuration is YAML; its keys are read as those of a ticket.
fn config(text: &str) -> Option<Document> {
    Document::parse(format!("---\n{text}\n---\n").into_bytes()).ok()
}

fn read(files: &[SourceFile]) -> Reading {
    let (configs, tasks): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|file| is_config(&file.path));
    let configs: Vec<Document> = configs.iter().filter_map(|file| config(&file.text)).collect();
    let statuses =
        configs.iter().map(|config| config.list("statuses")).find(|list| !list.is_empty());
    let statuses = statuses.unwrap_or_default();
    let project = configs.iter().find_map(|config| config.text("project_name"));
    let mut reading = each(&tasks, |file, warnings| task(file, &statuses, warnings));
    reading.tickets.sort_by(|one, other| {
        order(one).total_cmp(&order(other)).then_with(|| numbers(&one.id).cmp(&numbers(&other.id)))
    });
    Reading { project, ..reading }
}

/// Where somebody has put the task by hand; those that nobody has put anywhere follow.
fn order(ticket: &Imported) -> f64 {
    let ordinal = ticket.rest.iter().find(|(name, _)| name == "ordinal");
    let ordinal = ordinal.and_then(|(_, value)| value.as_str()?.trim().parse().ok());
    ordinal.unwrap_or(f64::INFINITY)
}

/// `task-10.2` is behind `task-9`.
fn numbers(id: &str) -> Vec<u64> {
    id.split(|sign: char| !sign.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn task(
    file: &SourceFile,
    statuses: &[String],
    warnings: &mut Vec<String>,
) -> Result<Imported, (usize, String)> {
    let front = FrontFile::parse(file)?;
    let document = &front.document;
    let stem = file_name(&file.path).trim_end_matches(".md");
    let (named, name) = stem.split_once(" - ").unwrap_or((stem, ""));
    // Newer versions write it in capitals, and dependencies in either form.
    let id = document.text("id").unwrap_or_else(|| named.to_owned()).to_lowercase();
    let title = document.text("title").unwrap_or_else(|| name.replace('-', " "));
    if title.trim().is_empty() {
        return Err((1, "it has no title".to_owned()));
    }
    let mut ticket =
        Imported { source: BACKLOG.name, id, title, place: front.place(), ..Imported::default() };
    ticket.status = document.text("status").unwrap_or_default();
    ticket.state = state(&mut ticket, statuses, directory(&file.path), warnings);
    ticket.body = without_marks(front.body);
    if let Some(priority) = document.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.labels = document.list("labels");
    ticket.holder = document.list("assignee").into_iter().next();
    ticket.keep("assignee", document.list("assignee"));
    if let Some(at) = document.first_text(&["created_date", "createdDate"]) {
        ticket.set_created(&at);
    }
    let relations = document
        .list("dependencies")
        .into_iter()
        .map(|id| (Relation::DependsOn, id.to_lowercase()));
    ticket.relations = relations.collect();
    let parent =
        document.first_text(&["parent_task_id", "parent"]).map(|parent| parent.to_lowercase());
    // `task-4.1` is a part of `task-4`.
    let parent = parent.or_else(|| Some(ticket.id.rsplit_once('.')?.0.to_owned()));
    ticket.relations.extend(parent.map(|parent| (Relation::Parent, parent)));
    let taken = [
        "id",
        "title",
        "status",
        "priority",
        "labels",
        "assignee",
        "created_date",
        "createdDate",
        "dependencies",
        "parent_task_id",
        "parent",
    ];
    front.keep_rest(&mut ticket, &taken);
    Ok(ticket)
}

/// A status of the project's own is known by its place among them: the first one is open, and the last one done.
fn state(
    ticket: &mut Imported,
    statuses: &[String],
    directory: Option<TaskDirectory>,
    warnings: &mut Vec<String>,
) -> ImportedState {
    if ticket.status.is_empty() && directory == Some(TaskDirectory::Tasks) {
        return ImportedState::Open;
    }
    let place = statuses.iter().position(|status| status.eq_ignore_ascii_case(&ticket.status));
    let mut unknown = Vec::new();
    let mut state = words::state(ticket, &mut unknown);
    if !unknown.is_empty() {
        state = match place {
            Some(0) => ImportedState::Open,
            Some(place) if place + 1 == statuses.len() => ImportedState::Done,
            Some(_) => ImportedState::InProgress,
            None => state,
        };
        if place.is_none() && directory == Some(TaskDirectory::Tasks) {
            warnings.append(&mut unknown);
        }
    }
    match directory {
        Some(TaskDirectory::Completed) => ImportedState::Done,
        Some(TaskDirectory::Archive) if state != ImportedState::Done => ImportedState::Closed,
        Some(TaskDirectory::Drafts) => ImportedState::Draft,
        Some(TaskDirectory::Tasks | TaskDirectory::Archive) | None => state,
    }
}

/// The text without the comments between which Backlog.md finds its sections.
fn without_marks(body: &str) -> String {
    let is_mark = |line: &&str| {
        let inner = line.trim().strip_prefix("<!--").and_then(|line| line.strip_suffix("-->"));
        inner.is_some_and(|inner| {
            let inner = inner.trim();
            let ends = inner.ends_with(":BEGIN") || inner.ends_with(":END");
            ends && inner
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b':' || b == b'_')
        })
    };
    let lines: Vec<&str> = body.lines().filter(|line| !is_mark(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::ImportedState::{Closed, Done, Draft, InProgress, Open};
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), odd: vec![], refused: vec![] }
    }

    #[test]
    fn the_configuration_says_where_the_tasks_are_and_what_their_statuses_mean() {
        let look = |name: &str| {
            (name == ROOT_CONFIG).then(|| "backlog_directory: \"docs/backlog/\"\n".to_owned())
        };
        assert_eq!((BACKLOG.places)(&look)[0], "docs/backlog");
        assert_eq!((BACKLOG.places)(&|_| None)[0], "backlog");
        let task = |id: &str, status: &str| {
            file(
                &format!("backlog/tasks/{id} - X.md"),
                &format!("---\nid: {id}\ntitle: X\nstatus: {status}\n---\n"),
            )
        };
        let reading = read(&[
            file(
                "backlog/config.yml",
                "project_name: \"x\"\nstatuses: [\"Icebox\", \"Cooking\", \"Wontfix\", \"Served\"]\n",
            ),
            task("job-1", "Icebox"),
            task("job-2", "cooking"),
            task("job-3", "Served"),
            task("job-4", "Wontfix"),
            task("job-5", "Elsewhere"),
        ]);
        let states: Vec<ImportedState> =
            reading.tickets.iter().map(|ticket| ticket.state).collect();
        assert_eq!(states, [Open, InProgress, Done, Closed, Draft]);
        assert_eq!(
            reading.warnings,
            ["job-5: its status `Elsewhere` is unknown, so it is a draft"]
        );
    }

    #[test]
    fn directories_outweigh_statuses_and_other_files_are_none() {
        let task = |path: &str, status: &str| {
            file(path, &format!("---\nid: {path}\ntitle: X\nstatus: {status}\n---\n"))
        };
        let reading = read(&[
            task("backlog/completed/a.md", "To Do"),
            task("backlog/archive/tasks/b.md", "To Do"),
            task("backlog/archive/tasks/c.md", "Done"),
            task("backlog/drafts/d.md", "Draft"),
        ]);
        let states: Vec<ImportedState> =
            reading.tickets.iter().map(|ticket| ticket.state).collect();
        assert_eq!(states, [Done, Closed, Done, Draft]);
        let wants = |path: &str| (BACKLOG.wants)(path);
        assert_eq!(
            ["backlog/docs/a.md", "backlog/decisions/a.md", "backlog/tasks/a.txt"].map(wants),
            [false; 3]
        );
        assert!(wants(".backlog/tasks/a.md"));
    }

    #[test]
    fn tasks_come_in_the_order_of_their_ordinals_and_numbers() {
        let task = |number: u32, more: &str| {
            let text = format!("---\nid: task-{number}\ntitle: X\n{more}---\n");
            file(&format!("backlog/tasks/task-{number} - X.md"), &text)
        };
        let all =
            [task(1, "ordinal: 3000\n"), task(10, ""), task(2, "ordinal: 1000\n"), task(9, "")];
        let reading = read(&all);
        let ids: Vec<&str> = reading.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, ["task-2", "task-1", "task-9", "task-10"]);
    }

    #[test]
    fn ids_in_either_case_are_one_and_the_marks_are_gone() {
        let reading = read(&[file(
            "backlog/tasks/task-4.1 - Cut-it.md",
            "---\nid: TASK-4.1\nstatus: ○ To Do\nassignee:\n  - '@ann'\nlabels: []\ncreated_date: '2025-07-15 16:34'\n\
             dependencies:\n  - task-2\n  - TASK-3\nordinal: 1000\nmilestone: m-1\n---\n\n## Description\n\n<!-- SECTION:DESCRIPTION:BEGIN -->\n\
             What.\n<!-- a note -->\n<!-- SECTION:DESCRIPTION:END -->\n\n<!-- AC:BEGIN -->\n- [x] #1 So\n<!-- AC:END -->\n",
        )]);
        assert_eq!(reading.refused, []);
        let ticket = &reading.tickets[0];
        assert_eq!((ticket.id.as_str(), ticket.title.as_str()), ("task-4.1", "Cut it"));
        let ids: Vec<&str> = ticket.relations.iter().map(|(_, id)| id.as_str()).collect();
        assert_eq!(ids, ["task-2", "task-3", "task-4"]);
        assert_eq!(ticket.body, "## Description\n\nWhat.\n<!-- a note -->\n\n- [x] #1 So");
        assert_eq!(ticket.created.as_deref(), Some("2025-07-15 16:34"));
        let rest: Vec<&str> = ticket.rest.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(rest, ["assignee", "ordinal", "milestone"]);
    }
}
