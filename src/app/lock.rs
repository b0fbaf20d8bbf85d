//! This clone's lock of a ticket.

use super::context::Context;
use crate::error::{Exit, Failure, not_written};
use crate::lock::Lock;
use crate::ticket::TicketId;

/// Waits until this clone does nothing else with the ticket, then takes the lock. `command` is what to try again if that
/// takes too long.
pub fn lock_ticket(ctx: &Context<'_>, id: &TicketId, command: &str) -> Result<Lock, Failure> {
    let path = crate::trunk::ticket_lock(&ctx.repo, id);
    let lock = Lock::take(&path, ctx.started + ctx.config.timeout).map_err(|error| {
        not_written(format!("{}: {error}; nothing changed", path.display()), "try again")
    })?;
    lock.ok_or_else(|| {
        let message = format!("another tix in this clone is working on {id}; nothing changed");
        Failure::new(Exit::Unreachable, message)
            .hint(format!("try again when it is done: tix {command} {id}"))
    })
}
