//! What is shown of each ticket.

use chrono::{DateTime, Utc};
use clap::ValueEnum;

use super::filter::last_activity;
use crate::out::table::Table;
use crate::text::duration;
use crate::ticket::TicketRow;

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// The lane it is in
    Lane,
    /// Its status, with a word when it is blocked
    Status,
    /// Who holds it
    Holder,
    /// How long it has been waiting, held or done
    Age,
    /// Its id
    Id,
    /// What it is about
    Title,
    /// How urgent it is
    Priority,
    /// Its labels
    Labels,
    /// What it depends on
    #[value(alias = "depends_on")]
    DependsOn,
    /// Why it is blocked
    Blocked,
    /// How many commits its branch is ahead of the trunk
    Ahead,
    /// How long ago its last sign of life was
    Activity,
    /// Where its workspace is on this machine
    Workspace,
    /// Whether there are changes in it that are not committed; a `git status` for each
    Dirty,
    /// Whether a worker runs in it
    Worker,
    /// Where this was read: the trunk, or the ticket branch
    Source,
    /// Its file on the trunk
    Path,
}

impl Column {
    /// What is shown when nothing else is asked for.
    pub const DEFAULT: [Column; 6] =
        [Column::Lane, Column::Status, Column::Holder, Column::Age, Column::Id, Column::Title];

    /// Whether more than the tickets themselves must be read for it.
    pub fn needs_overlay(self) -> bool {
        matches!(
            self,
            Column::Ahead | Column::Activity | Column::Workspace | Column::Dirty | Column::Worker
        )
    }

    fn heading(self) -> &'static str {
        match self {
            Column::Lane => "lane",
            Column::Status => "status",
            Column::Holder => "holder",
            Column::Age => "age",
            Column::Id => "id",
            Column::Title => "title",
            Column::Priority => "priority",
            Column::Labels => "labels",
            Column::DependsOn => "depends on",
            Column::Blocked => "blocked",
            Column::Ahead => "ahead",
            Column::Activity => "activity",
            Column::Workspace => "workspace",
            Column::Dirty => "dirty",
            Column::Worker => "worker",
            Column::Source => "source",
            Column::Path => "path",
        }
    }

    fn cell(self, row: &TicketRow, now: DateTime<Utc>) -> String {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let branch = row.overlay.as_ref().and_then(|o| o.branch.as_ref());
        let workspace = row.overlay.as_ref().and_then(|o| o.workspace.as_ref());
        let worker = row.overlay.as_ref().and_then(|o| o.worker.as_ref());
        match self {
            Column::Lane => row.lane.as_str().to_owned(),
            Column::Status if row.blocked.is_some() => format!("{} (blocked)", row.status_words()),
            Column::Status => row.status_words().to_owned(),
            Column::Holder => some(&row.holder),
            Column::Age => row.age(now),
            Column::Id => row.id.to_string(),
            Column::Title => some(&row.title),
            Column::Priority => some(&row.priority),
            Column::Labels => row.labels.join(","),
            Column::DependsOn => row.depends_on.join(","),
            Column::Blocked => some(&row.blocked),
            Column::Ahead => branch.map(|b| b.ahead.to_string()).unwrap_or_default(),
            Column::Activity => {
                last_activity(row).map(|at| duration::age(at, now)).unwrap_or_default()
            }
            Column::Workspace => workspace.map(|w| w.source.clone()).unwrap_or_default(),
            Column::Dirty => match workspace.and_then(|w| w.dirty) {
                Some(true) => "dirty".to_owned(),
                Some(false) => "clean".to_owned(),
                None => String::new(),
            },
            Column::Worker => worker.map(|w| w.state.to_owned()).unwrap_or_default(),
            Column::Source => row.source.clone(),
            Column::Path => row.path.clone(),
        }
    }

    pub fn table(columns: &[Column], rows: &[TicketRow], now: DateTime<Utc>) -> Table {
        let mut table = Table::new(columns.iter().map(|c| c.heading()).collect::<Vec<_>>());
        for row in rows {
            table.push(columns.iter().map(|column| column.cell(row, now)));
        }
        table
    }
}
