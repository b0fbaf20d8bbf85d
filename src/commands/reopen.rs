//! `tix reopen`: bring a ticket back that has ended.

use crate::app::context::{Context, Globals};
use crate::app::input;
use crate::app::merged::proof;
use crate::app::operation::{OnTicket, Operation, answer_next};
use crate::app::write::TicketView;
use crate::config::RecordPlace;
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::{self, Act, ReopenRequest, Reopening};
use crate::out::Out;
use crate::ticket::Lane;

/// Bring back a ticket that was completed, closed or archived
///
/// A completed ticket whose branch is not merged goes back to its holder, who goes on under the same claim: the branch stays,
/// with the pull request that is open for it, and a review begins anew.
///
/// Any other goes back to the queue. It waits there as an open ticket, with its story, and without what its holder and its
/// end wrote into the front matter. If what it brought is to stay, and only more is wanted, `tix rework` makes a ticket of its own for that.
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
            let to = reopening(ctx, act, view)?;
            let (queue, active) = (ctx.queue_dir()?, ctx.lane_dir(Lane::Active)?);
            let request = ReopenRequest { to, reason: &reason, queue: &queue, active: &active };
            Ok(lifecycle::reopen(&view.ticket, act, &request)?.into())
        },
        |ctx, receipt| {
            let id = &receipt.ticket;
            let lane = |lane: Lane| format!("{}/{lane}/", ctx.tickets_dir);
            let held = receipt.paths.iter().any(|path| path.starts_with(&lane(Lane::Active)));
            let (what, next) = if held {
                ("is in progress again", format!("tix complete {id}    # when it is done"))
            } else {
                ("is back in the queue", format!("tix activate {id}"))
            };
            answer_next(receipt, what, Some(&next))
        },
    )
}

/// Where the newest copy says completed and the work is not where it belongs yet, its holder goes on.
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
