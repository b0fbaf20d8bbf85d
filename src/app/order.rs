//! The order in which tickets are shown: the one in which `tix next` would take them.

use std::collections::HashMap;

use super::context::Context;
use super::queue::{QueueFilter, Survey};
use crate::error::Failure;
use crate::ticket::{Lane, TicketId, TicketRow};
use crate::trunk::View;

/// Sorts rows by what `tix next` says of them: first what can be claimed, the best of it at the top. What does not wait in the
/// queue comes after that, in the order that it had.
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
