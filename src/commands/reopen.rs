//! `tix reopen`: bring a ticket back that has ended.

use crate::app::context::Globals;
use crate::app::input;
use crate::app::operation::{OnTicket, Operation, answer_next};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::out::Out;

/// Bring a ticket that was completed, closed or archived back to the queue
///
/// It waits there as an open ticket, with its story, and without what its holder and its end wrote into the front matter.
/// If what it brought is to stay, and only more is wanted, `tix rework` makes a ticket of its own for that.
#[derive(Debug, clap::Args)]
pub struct ReopenArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What is still to be done
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub fn run(args: &ReopenArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let operation = Operation::on(&args.on, "reopen", "reopened");
    operation.run(
        (globals, env, out),
        |ctx, act, view| {
            let queue = ctx.queue_dir()?;
            Ok(lifecycle::reopen(&view.ticket, act, &reason, &queue)?.into())
        },
        |_, receipt| {
            answer_next(
                receipt,
                "is back in the queue",
                Some(&format!("tix activate {}", receipt.ticket)),
            )
        },
    )
}
