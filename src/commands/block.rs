//! `tix block`: mark a ticket as blocked.

use crate::app::context::Globals;
use crate::app::input;
use crate::app::operation::{OnTicket, Operation, plain};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::out::Out;

/// Mark a ticket as blocked
///
/// This is a flag beside the status: a blocked ticket stays queued, held or under review. Until `tix unblock` it can be
/// neither claimed nor submitted nor completed. While somebody holds the ticket, the flag is written on its ticket
/// branch.
#[derive(Debug, clap::Args)]
pub struct BlockArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What it waits for
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub fn run(args: &BlockArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let operation = Operation::on(&args.on, "block", "blocked");
    operation.run(
        (globals, env, out),
        |_, act, view| Ok(lifecycle::block(&view.ticket, act, &reason)?),
        plain("is blocked"),
    )
}
