//! `tix unblock`: remove the block from a ticket.

use crate::app::context::Globals;
use crate::app::operation::{OnTicket, Operation};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::out::Out;
use crate::text::safe;

/// Remove the block from a ticket
#[derive(Debug, clap::Args)]
pub struct UnblockArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What has changed, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Removes the flag.
pub fn run(args: &UnblockArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let operation = Operation::on(&args.on, "unblock", "unblocked");
    operation.run(
        (globals, env, out),
        |_, act, view| Ok(lifecycle::unblock(&view.ticket, act, args.reason.as_deref())?),
        |_, receipt| {
            let already = receipt.outcome == "already";
            let what = if already { "was not blocked" } else { "is unblocked" };
            format!("{} {what}\n", safe(&receipt.ticket))
        },
    )
}
