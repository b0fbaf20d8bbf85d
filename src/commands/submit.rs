//! `tix submit`: submit the work for review.

use crate::app::complete::ids;
use crate::app::context::Globals;
use crate::app::follow::{PushRequirement, require_at_rest};
use crate::app::operation::{NamedClaim, Operation, answer_next};
use crate::app::publish::{push_first, with_pushed};
use crate::app::work::with_work;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{Unchanged, submit};
use crate::out::Out;
use crate::ticket::Lane;

/// Submit the work on a ticket for review
///
/// For its holder, once everything is committed; it pushes what is not pushed yet. It records the commit that the ticket
/// branch is at, and the ticket goes to the first stage of the review (`review:` in .tix.yaml). After more commits while
/// the ticket is under review, submit it again: all stages start over.
#[derive(Debug, clap::Args)]
pub struct SubmitArgs {
    /// The ticket [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Active]))]
    ticket: Option<String>,
    /// Submit work again that was sent back and has not changed
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    claim: NamedClaim,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &SubmitArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let unchanged = if args.anyway { Unchanged::Submit } else { Unchanged::Refuse };
    let operation = Operation {
        name: "submit",
        outcome: "submitted",
        ticket: args.ticket.as_deref(),
        timeout: args.timeout.as_deref(),
        claim: args.claim.id(),
        expects: None,
    };
    operation.run_after(
        (globals, env, out),
        |ctx, act, (run, id), receipt| {
            let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
            push_first(ctx, run, act, (id, &branch), receipt, &mut |ticket, _, tip| {
                with_work(ctx, id, tip, |work| submit(ticket, act, work, unchanged))?;
                require_at_rest(ctx, id, &branch, None, PushRequirement::NotYet)
            })
        },
        |ctx, act, view| {
            let id = &view.ticket.entry.id;
            let tip = view.require_tip(act, Verb::Submit)?;
            // Who may comes before what is missing: the old holder of a ticket has no work to push for it.
            let step = with_work(ctx, id, tip, |work| submit(&view.ticket, act, work, unchanged))?;
            require_at_rest(ctx, id, view.branch, view.tip, PushRequirement::Required)?;
            Ok(step)
        },
        |ctx, receipt| {
            let next = format!("tix review {} --approve", receipt.ticket);
            let stage = ctx.stages.first().map_or("review", |stage| stage.as_str());
            with_pushed(receipt, answer_next(receipt, &format!("is at {stage}"), Some(&next)))
        },
    )
}
