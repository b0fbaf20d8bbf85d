//! `tix reopen`: bring back a ticket that has ended.

use std::cell::Cell;

use crate::app::context::{Context, Globals};
use crate::app::input;
use crate::app::merged::proof;
use crate::app::operation::{OnTicket, Operation, answer_next};
use crate::app::write::TicketView;
use crate::config::RecordPlace;
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{self, Act, Approval, ReopenRequest, Reopening};
use crate::out::Out;
use crate::ticket::Lane;

/// Bring back a ticket that has ended
///
/// A completed ticket whose branch is not merged goes back to its holder, who goes on under the same claim: the branch
/// stays, with its open pull request, and a review starts over.
///
/// Any other ticket goes back to the queue as an open ticket, with its changelog, but without what its holder and its end
/// wrote into the front matter. If its result is to stay and you only want more, `tix rework` makes a new ticket for
/// that.
#[derive(Debug, clap::Args)]
pub struct ReopenArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What is left to do
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub fn run(args: &ReopenArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let reason = input::line(&args.reason, "--reason")?;
    let operation = Operation::on(&args.on, "reopen", "reopened");
    // Whether the review had approved it.
    let was_approved = Cell::new(false);
    operation.run(
        (globals, env, out),
        |ctx, act, view| {
            let to = reopening(ctx, act, view)?;
            was_approved.set(!Approval::all_of(&view.ticket.document).is_empty());
            let (queue, active) = (ctx.queue_dir()?, ctx.lane_dir(Lane::Active)?);
            let request = ReopenRequest { to, reason: &reason, queue: &queue, active: &active };
            Ok(lifecycle::reopen(&view.ticket, act, &request)?.into())
        },
        |ctx, receipt| {
            let id = &receipt.ticket;
            let lane = |lane: Lane| format!("{}/{lane}/", ctx.tickets_dir);
            let held = receipt.paths.iter().any(|path| path.starts_with(&lane(Lane::Active)));
            let (what, next) = if held {
                let what = if was_approved.get() {
                    "is in progress again, and its approval is gone"
                } else {
                    "is in progress again"
                };
                let verb = if ctx.stages.is_empty() { Verb::Complete } else { Verb::Submit };
                let verb = verb.command().unwrap_or_default();
                (what, format!("tix {verb} {id}    # when it is done"))
            } else {
                ("is back in the queue", format!("tix activate {id}"))
            };
            answer_next(receipt, what, Some(&next))
        },
    )
}

/// If the newest copy says completed but the work is not merged yet, its holder goes on.
fn reopening(
    ctx: &Context<'_>,
    act: &Act<'_>,
    view: &TicketView<'_>,
) -> Result<Reopening, Failure> {
    let ticket = &view.ticket;
    if ticket.entry.lane != Lane::Completed {
        return Ok(Reopening::Anew);
    }
    if ticket.trunk == Lane::Active {
        return Ok(Reopening::Unmerged);
    }
    // Where the progress is on the trunk, only the branch tells. Whoever does not hold the ticket begins anew.
    let base = view.trunk.base().or(view.trunk.commit());
    let (Some(tip), Some(base), Ok(())) = (view.tip, base, act.require_holder(ticket)) else {
        return Ok(Reopening::Anew);
    };
    let merged = ctx.record == RecordPlace::Branch || proof(ctx, tip, base, None)?.is_some();
    Ok(if merged { Reopening::Anew } else { Reopening::Unmerged })
}
