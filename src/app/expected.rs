//! The text that a write was decided on. A command may be run minutes after whoever wrote it looked at the ticket: what somebody
//! else has written meanwhile must not be undone by it.

use super::context::Context;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::lifecycle::Ticket;
use crate::names::Oid;
use crate::ticket::{Lane, TicketId};
use crate::trunk::View;

/// The name of the fact that tells this failure from others: the object that the ticket's file is now.
pub const FILE_NOW: &str = "file_now";

/// The text that a command expects.
#[derive(Debug, clap::Args)]
pub struct ExpectedText {
    /// Write only if the ticket's file is still this object of git, such as `git rev-parse COMMIT:FILE` prints
    #[arg(long = "expects", value_name = "OBJECT", value_parser = object)]
    object: Option<String>,
}

impl ExpectedText {
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }
}

/// The id of an object, or its first digits.
fn object(text: &str) -> Result<String, &'static str> {
    let is_id = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(text.to_ascii_lowercase()) } else { Err("at least four hexadecimal digits") }
}

/// Refuses a ticket whose file is another object than the one that the command expects.
pub fn require_expected(ctx: &Context<'_>, id: &TicketId, now: &Oid) -> Result<(), Failure> {
    match &ctx.expects {
        Some(expected) if !now.as_str().starts_with(expected) => {
            let message = format!("somebody has written to {id} since you looked at it");
            Err(Failure::new(Exit::Refused, message)
                .fact(FILE_NOW, now.to_string())
                .hint(format!("look at it again: tix show --fetch {id}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// The same for a write that is decided on the trunk and ends or changes a claim: the newest text is on the ticket branch, if
/// that is under this claim.
pub fn require_newest(
    ctx: &Context<'_>,
    view: &View<'_>,
    ticket: &Ticket<'_>,
) -> Result<(), Failure> {
    if ctx.expects.is_none() {
        return Ok(());
    }
    let id = &ticket.entry.id;
    let held = ctx.record == RecordPlace::Branch && ticket.entry.lane == Lane::Active;
    let on_branch = view.watched().filter(|_| held).and_then(|tip| {
        let branch = View::load(&ctx.objects, ctx.repo.format, Some(tip), &ctx.tickets_dir).ok()?;
        let copy = branch.read(branch.snapshot.find_id(id).ok()?).ok()?;
        (copy.held().claim_id == ticket.held().claim_id).then(|| copy.entry.oid.clone())
    });
    require_expected(ctx, id, on_branch.as_ref().unwrap_or(&ticket.entry.oid))
}
