//! What the board shows, from the trunk as this clone knows it.

use chrono::{DateTime, Utc};

use crate::app::context::Context;
use crate::app::mine::Mine;
use crate::app::order::in_order_of_next;
use crate::clock;
use crate::error::Failure;
use crate::kanban::{BoardContent, LaneColumn};
use crate::text::safe;
use crate::ticket::{Lane, TicketRow};
use crate::trunk::View;

/// These tickets in their lanes, and when the remote was last asked for them. The queue is in the order of `tix next`;
/// active tickets have the longest held first, the other lanes the newest first.
pub fn content(
    ctx: &Context<'_>,
    view: &View<'_>,
    looked: Option<DateTime<Utc>>,
    mut rows: Vec<TicketRow>,
) -> Result<BoardContent, Failure> {
    in_order_of_next(ctx, view, &mut rows)?;
    let held = Mine::of(ctx)?;
    let mine = rows.iter().filter(|row| held.holds(row)).map(|row| row.id.clone()).collect();
    let mut columns = Lane::ALL.map(|lane| LaneColumn { lane, rows: Vec::new() });
    for row in rows {
        if let Some(column) = columns.iter_mut().find(|column| column.lane == row.lane) {
            column.rows.push(row);
        }
    }
    for column in &mut columns {
        match column.lane {
            Lane::Queue => {}
            Lane::Active => column.rows.sort_by_key(|row| row.since),
            Lane::Completed | Lane::Archive => {
                column.rows.sort_by_key(|row| std::cmp::Reverse(row.since));
            }
        }
    }
    let heading = safe(format!("{}  {}", ctx.project(), ctx.trunk_label()));
    Ok(BoardContent { heading, looked, now: clock::now(), columns: columns.into(), mine })
}
