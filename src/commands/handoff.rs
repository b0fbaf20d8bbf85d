//! `tix handoff`: give a ticket to somebody else.

use crate::app::context::{Context, Globals};
use crate::app::input;
use crate::app::operation::{NamedClaim, OnTicket, answer, answer_next};
use crate::app::people::find_person;
use crate::app::receipt::record;
use crate::app::takeover::{TakeoverRequest, take_over};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::TakeoverKind;
use crate::out::Out;
use crate::trunk::Diary;

/// Give your ticket to somebody else
///
/// The claim gets a new id and the name of its new holder; the work stays on the ticket branch. They go on with
/// `tix activate TICKET`. Until they do, this clone may take it back with `tix reclaim TICKET`.
#[derive(Debug, clap::Args)]
pub struct HandoffArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Who gets it: part of the name, or the address, of somebody who has committed or held a ticket here; a role; or
    /// anybody's `Name <address>`
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// Use --to exactly as given, such as a `TIX_ACTOR` that has left no trace here yet
    #[arg(long)]
    new_person: bool,
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
    let mut diary = Diary { phase: "handoff", ..Diary::default() };
    let person = if args.new_person { Ok(to.clone()) } else { find_person(&ctx, &to) };
    let result = person.as_ref().map_err(Clone::clone).and_then(|to| {
        let request = TakeoverRequest {
            operation: "handoff",
            query: args.on.ticket.as_deref(),
            way: TakeoverKind::Handoff,
            claim: args.claim.id(),
            to: Some(to),
            reason: args.reason.as_deref(),
        };
        take_over(&ctx, &mut diary, &request)
    });
    let receipt = record(&ctx, "handoff", args.on.query(), &diary, result)?;
    let to = person.unwrap_or_default();
    if receipt.outcome == "already" {
        answer(out, &receipt, &answer_next(&receipt, &format!("is held by {to}"), None));
        return Ok(());
    }
    let back =
        format!("tix reclaim {} --reason <why>    # until they go on with it", receipt.ticket);
    answer(out, &receipt, &answer_next(&receipt, &format!("is handed to {to}"), Some(&back)));
    Ok(())
}
