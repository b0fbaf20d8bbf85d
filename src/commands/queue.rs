//! `tix queue`: queue a ticket, so that it can be claimed.

use crate::app::context::Globals;
use crate::app::operation::{OnTicket, Operation, plain};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::lifecycle::machine::Verb;
use crate::out::Out;

/// Queue a ticket, so that it can be claimed
///
/// Where `require_queued: true` is set, an open ticket cannot be claimed until a person has queued it. The status of the
/// ticket becomes `queued`, in one commit on the trunk.
#[derive(Debug, clap::Args)]
pub struct QueueArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub fn run(args: &QueueArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let operation = Operation::on(&args.on, "queue", "queued");
    operation.run(
        (globals, env, out),
        |_, act, view| Ok(lifecycle::gate(&view.ticket, act, Verb::Queue, args.reason.as_deref())?),
        plain("is queued"),
    )
}
