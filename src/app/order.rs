//! The order in which tickets are shown: the one in which `tix next` would take them.

use std::collections::HashMap;

use super::context::Context;
use super::queue::{QueueFilter, Survey};
use crate::error::Failure;
use crate::ticket::{Lane, TicketId, TicketRow};
use crate::trunk::View;

/// Sorts rows in the order of `tix next`: first what can be claimed, the next ticket at the top. Tickets outside the
/// queue follow in the order that they had.
pub fn in_order_of_next(
    ctx: &Context<'_>,
    view: &View<'_>,
    rows: &mut [TicketRow],
) -> Result<(), Failure> {
    if !rows.iter().any(|row| row.lane == Lane::Queue) {
        return Ok(());
    }
    let survey = Survey::of(ctx, view)?;
    let verdicts = survey.judge(ctx, view, &QueueFilter::default());
    let ids = verdicts.iter().enumerate().map(|(at, verdict)| (&verdict.known.entry.id, at));
    let places: HashMap<&TicketId, usize> = ids.collect();
    let place = |row: &TicketRow| places.get(&row.id).copied().unwrap_or(usize::MAX);
    rows.sort_by_key(place);
    Ok(())
}
