//! `tix reclaim`: take over a stale ticket.

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
use crate::text::shell_word;
use crate::ticket::TicketId;
use crate::trunk::Diary;
use crate::workspace;

/// Take over a ticket whose holder has left
///
/// This is allowed once nothing has happened for `stale_after`: the claim and the last commit on the ticket branch are
/// both older than that. A ticket that waits for its review or its merge does not wait for its holder. One clock is not enough: a commit from another machine, what this clone has known for that long,
/// or the clock of the remote must agree, or a person passes `--even-if-fresh`. The claim gets a new id, so the earlier holder
/// can no longer submit or complete the ticket. Their work stays on the ticket branch; `tix activate TICKET --resume`
/// makes a workspace with it.
///
/// This clone may take back a ticket that it gave away with `tix handoff` at any time until the new holder goes on with it.
#[derive(Debug, clap::Args)]
pub struct ReclaimArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Take it although it is not stale; for a person who knows that its holder has left
    #[arg(long, alias = "force")]
    even_if_fresh: bool,
}

/// Takes the ticket over.
pub fn run(args: &ReclaimArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let given = given(&ctx, args.on.ticket.as_deref());
    let way = match given {
        Some(_) => TakeoverKind::TakeBack,
        None if args.even_if_fresh => TakeoverKind::Reclaim(Staleness::Vouched),
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
    let next = next(&ctx, &receipt.ticket);
    answer(out, &receipt, &answer_next(&receipt, "is yours", next.as_deref()));
    Ok(())
}

/// What comes next: its workspace, if this clone has it; nothing for whoever is there.
fn next(ctx: &Context<'_>, ticket: &str) -> Option<String> {
    let record = TicketId::parse(ticket).ok().and_then(|id| workspace::load(&ctx.repo, &id));
    match record.and_then(|record| record.path).filter(|path| path.is_dir()) {
        Some(path) if ctx.repo.worktree.as_ref() == Some(&path) => None,
        Some(path) => Some(format!("cd {}", shell_word(&path.display().to_string()))),
        None => Some(format!("tix activate {ticket} --resume")),
    }
}

/// The claim that this clone gave away, if that is still the current claim as far as this clone knows.
fn given(ctx: &Context<'_>, query: Option<&str>) -> Option<String> {
    let view = ctx.last_seen().ok()?;
    let entry = seen_or_here(ctx, &view, query, "reclaim").ok()?;
    let given = workspace::given_claim(&ctx.repo, &entry.id)?;
    let held = view.read(entry).ok()?.held();
    (held.claim_id.as_ref() == Some(&given)).then_some(given)
}
