//! What the board shows, from the trunk as this clone knows it.

use chrono::{DateTime, Utc};

use crate::app::context::Context;
use crate::clock;
use crate::kanban::{BoardContent, LaneColumn};
use crate::text::{duration, safe};
use crate::ticket::{Lane, TicketRow};

/// These tickets in their lanes, as of this moment; without one nothing is said of how old that is. What waits and what is
/// held longest stands first, and of what is over the newest.
pub fn content(
    ctx: &Context<'_>,
    at: Option<DateTime<Utc>>,
    mut rows: Vec<TicketRow>,
) -> BoardContent {
    let now = clock::now();
    let age = at.map(|at| format!("  as of {} ago", duration::age(at, now))).unwrap_or_default();
    rows.sort_by_key(|row| row.since);
    let mut columns = Lane::ALL.map(|lane| LaneColumn { lane, rows: Vec::new() });
    for row in rows {
        if let Some(column) = columns.iter_mut().find(|column| column.lane == row.lane) {
            column.rows.push(row);
        }
    }
    for column in &mut columns {
        match column.lane {
            Lane::Queue | Lane::Active => {}
            Lane::Completed | Lane::Archive => column.rows.reverse(),
        }
    }
    let heading = safe(format!("{}  {}{age}", ctx.repo.name, ctx.trunk_label()));
    BoardContent { heading, now, columns: columns.into() }
}
