//! `tix draft`: send a queued ticket back to be specified.

use crate::app::context::Globals;
use crate::app::input;
use crate::app::operation::{OnTicket, Operation, plain};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::lifecycle::machine::Verb;
use crate::out::Out;

/// Send a queued ticket back to be specified
///
/// Its status becomes `draft`, so nobody can claim it until `tix queue`.
#[derive(Debug, clap::Args)]
pub struct DraftArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What the specification lacks, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Makes the ticket a draft.
pub fn run(args: &DraftArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let operation = Operation::on(&args.on, "draft", "drafted");
    operation.run(
        (globals, env, out),
        |_, act, view| Ok(lifecycle::gate(&view.ticket, act, Verb::Draft, Some(&reason))?),
        plain("is a draft"),
    )
}
