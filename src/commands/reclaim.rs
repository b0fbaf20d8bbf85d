//! `tix reclaim`: take a stale ticket over.

use crate::app::context::{Context, Globals};
use crate::app::here::seen_or_here;
use crate::app::input;
use crate::app::operation::{OnTicket, answer, answer_next};
use crate::app::receipt::record;
use crate::app::takeover::{TakeoverRequest, configured, take_over};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::{Staleness, TakeoverKind};
use crate::out::Out;
use crate::trunk::Diary;
use crate::workspace;

/// Take a ticket over whose holder has left
///
/// Allowed when nothing has happened for `stale_after`: the claim is older than that, and so is the last commit on the
/// ticket branch. One clock is not enough to say so: a commit from another machine, what this clone has known for that long, or
/// the clock of the remote must agree, or a person says `--force`. The claim gets a new id, so whoever held the ticket can neither submit nor complete it any more. Their
/// work stays on the ticket branch; `tix activate TICKET --resume` makes a workspace with it.
///
/// What this clone has given away with `tix handoff` it may take back at any time until the other goes on with it.
#[derive(Debug, clap::Args)]
pub struct ReclaimArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Take it although it is not stale: for a person who knows that its holder has left
    #[arg(long, visible_alias = "even-if-fresh")]
    force: bool,
}

/// Takes the ticket over.
pub fn run(args: &ReclaimArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let given = given(&ctx, args.on.ticket.as_deref());
    let way = match given {
        Some(_) => TakeoverKind::TakeBack,
        None if args.force => TakeoverKind::Reclaim(Staleness::Vouched),
        None => TakeoverKind::Reclaim(configured(&ctx)),
    };
    let request = TakeoverRequest {
        operation: "reclaim",
        query: args.on.ticket.as_deref(),
        way,
        claim: given.as_deref(),
        to: None,
        reason: Some(&reason),
    };
    let mut diary = Diary { phase: "reclaim", ..Diary::default() };
    let result = take_over(&ctx, &mut diary, &request);
    let receipt = record(&ctx, "reclaim", args.on.query(), &diary, result)?;
    let next = format!("tix activate {} --resume", receipt.ticket);
    answer(out, &receipt, &answer_next(&receipt, "is yours", Some(&next)));
    Ok(())
}

/// The claim that this clone has given away, if it is the one that stands as far as is known here.
fn given(ctx: &Context<'_>, query: Option<&str>) -> Option<String> {
    let view = ctx.last_seen().ok()?;
    let entry = seen_or_here(ctx, &view, query, "reclaim").ok()?;
    let given = workspace::given_claim(&ctx.repo, &entry.id)?;
    let held = view.read(entry).ok()?.held();
    (held.claim_id.as_ref() == Some(&given)).then_some(given)
}
