//! The columns of the list.

use chrono::{DateTime, Utc};
use clap::ValueEnum;

use crate::app::board::last_activity;
use crate::app::cells;
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::text::duration;
use crate::ticket::{TicketRow, WorkerNow};

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// The lane it is in
    Lane,
    /// Its status, and whether it is blocked
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
    /// How long ago something last happened on it
    Activity,
    /// Its pull request, as `tix pr` last saw it in this clone; on a terminal it is shown if any ticket has one
    #[value(alias = "pull-request")]
    Pr,
    /// Where its workspace is on this machine
    Workspace,
    /// Whether the workspace has uncommitted changes; takes a `git status` for each
    Dirty,
    /// Whether a worker runs in the workspace
    Worker,
    /// Where this was read from: the trunk, or the ticket branch
    Source,
    /// Its file on the trunk
    Path,
}

impl Column {
    pub const DEFAULT: [Column; 6] =
        [Column::Lane, Column::Status, Column::Holder, Column::Age, Column::Id, Column::Title];

    /// The columns for these tickets where nobody names any. Programs get the same ones each time.
    pub fn usual(rows: &[TicketRow], is_terminal: bool) -> Vec<Column> {
        let mut columns = Column::DEFAULT.to_vec();
        if is_terminal && rows.iter().any(|row| row.pull_request.is_some()) {
            columns.insert(columns.len() - 1, Column::Pr);
        }
        columns
    }

    /// Whether it needs more than the tickets themselves.
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
            Column::Pr => "pull request",
            Column::Workspace => "workspace",
            Column::Dirty => "dirty",
            Column::Worker => "worker",
            Column::Source => "source",
            Column::Path => "path",
        }
    }

    /// How it shrinks on a narrow screen: columns that status and title imply go first.
    fn spec(self) -> ColumnSpec {
        let spec = ColumnSpec::new(self.heading());
        match self {
            Column::Id => spec.cut_to(24).apart(),
            Column::Title => spec.cut_to(20),
            Column::Status | Column::Priority => spec,
            Column::Lane => spec.leaves(1),
            Column::Age | Column::Ahead | Column::Dirty | Column::Worker | Column::Activity => {
                spec.leaves(2)
            }
            Column::Holder | Column::Pr => spec.cut_to(8).leaves(3),
            Column::Labels | Column::DependsOn | Column::Blocked => spec.cut_to(12).leaves(4),
            Column::Workspace | Column::Source | Column::Path => spec.cut_to(20).leaves(5),
        }
    }

    fn cell(self, row: &TicketRow, now: DateTime<Utc>) -> Cell {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let branch = row.overlay.as_ref().and_then(|o| o.branch.as_ref());
        let workspace = row.overlay.as_ref().and_then(|o| o.workspace.as_ref());
        let worker = row.overlay.as_ref().and_then(|o| o.worker.as_ref());
        Cell::new(match self {
            Column::Lane => return Cell::new(row.lane.as_str()).meaning(Meaning::Quiet),
            Column::Status => return cells::status(row),
            Column::Holder => return cells::person(row.holder.as_deref()),
            Column::Id => return cells::id(row.id.as_str()),
            Column::DependsOn => return cells::ids(&row.depends_on),
            Column::Blocked => return Cell::new(some(&row.blocked)).meaning(Meaning::Bad),
            Column::Age => row.age(now),
            Column::Title => some(&row.title),
            Column::Priority => some(&row.priority),
            Column::Labels => row.labels.join(","),
            Column::Ahead => branch.map(|b| b.ahead.to_string()).unwrap_or_default(),
            Column::Activity => {
                last_activity(row).map(|at| duration::age(at, now)).unwrap_or_default()
            }
            Column::Pr => row.pull_request.as_ref().map(ToString::to_string).unwrap_or_default(),
            Column::Workspace => workspace.map(|w| w.source.clone()).unwrap_or_default(),
            Column::Dirty => match workspace.and_then(|w| w.dirty) {
                Some(true) => "dirty".to_owned(),
                Some(false) => "clean".to_owned(),
                None => String::new(),
            },
            Column::Worker => worker.map(WorkerNow::brief).unwrap_or_default(),
            Column::Source => row.source.clone(),
            Column::Path => row.path.clone(),
        })
    }

    pub fn table(columns: &[Column], rows: &[TicketRow], now: DateTime<Utc>) -> Table {
        let mut table = Table::new(columns.iter().map(|c| c.spec()).collect::<Vec<_>>());
        for row in rows {
            table.push(columns.iter().map(|column| column.cell(row, now)));
        }
        table
    }
}
