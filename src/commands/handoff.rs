//! `tix handoff`: give a ticket to somebody else.

use crate::app::context::{Context, Globals};
use crate::app::input;
use crate::app::operation::{NamedClaim, OnTicket, answer, answer_next};
use crate::app::receipt::record;
use crate::app::takeover::{TakeoverRequest, take_over};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::TakeoverKind;
use crate::out::Out;
use crate::trunk::Diary;

/// Give a ticket that you hold to somebody else
///
/// The claim gets a new id and the name of its new holder; the work stays on the ticket branch. They go on with
/// `tix activate TICKET --resume`.
#[derive(Debug, clap::Args)]
pub struct HandoffArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Who gets it, as their `TIX_ACTOR` or as git names them: `Name <mail>`
    #[arg(long, value_name = "ACTOR")]
    to: String,
    #[command(flatten)]
    claim: NamedClaim,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Hands the ticket over.
pub fn run(args: &HandoffArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let to = input::line(&args.to, "--to")?;
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let request = TakeoverRequest {
        operation: "handoff",
        query: &args.on.ticket,
        way: TakeoverKind::Handoff,
        claim: args.claim.id(),
        to: Some(&to),
        reason: args.reason.as_deref(),
    };
    let mut diary = Diary { phase: "handoff", ..Diary::default() };
    let result = take_over(&ctx, &mut diary, &request);
    let receipt = record(&ctx, "handoff", &args.on.ticket, &diary, result)?;
    answer(out, &receipt, &answer_next(&receipt, &format!("is held by {to}"), None));
    Ok(())
}
