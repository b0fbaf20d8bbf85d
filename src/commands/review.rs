//! `tix review`: approve work, or request changes.

use std::cell::Cell;

use crate::app::context::Globals;
use crate::app::input::given;
use crate::app::operation::{OnTicket, Operation, answer_next};
use crate::app::work::with_work;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{self, Approval, ReviewRequest, ReviewVerdict, Ticket};
use crate::names::Oid;
use crate::out::Out;
use crate::text::safe;
use crate::ticket::Status;

/// Approve submitted work on a ticket, or request changes
///
/// An approval is bound to the commit that the ticket branch is at: work that is pushed later makes it void. It takes the
/// ticket to the next stage; after the last one the holder can complete it. A request for changes sends the ticket back
/// to its holder. Nobody reviews their own work, unless `review.self: true` is set.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("verdict").required(true).args(["approve", "request_changes"]))]
pub struct ReviewArgs {
    #[command(flatten)]
    on: OnTicket,
    /// The work is good
    #[arg(long)]
    approve: bool,
    /// The work needs changes: say which with --reason
    #[arg(long)]
    request_changes: bool,
    /// What to tell the holder, or - for standard input
    #[arg(long = "reason", alias = "notes", value_name = "TEXT")]
    notes: Option<String>,
    /// The stage that you review for; refused if the ticket is at another one
    #[arg(long, value_name = "STAGE", value_parser = ["critic_review", "expediter_review"])]
    stage: Option<String>,
    /// The commit that you have reviewed [default: the one that was submitted]
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
}

pub fn run(args: &ReviewArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let notes = args.notes.as_deref().map(|text| given(text, "--reason")).transpose()?;
    let commit = args.commit.as_deref().map(commit_id).transpose()?;
    let stage = args.stage.as_deref().and_then(Status::read).map(|reading| reading.status);
    let (verb, verdict, outcome, said) = if args.approve {
        (Verb::Approve, ReviewVerdict::Approve, "approved", "is approved by you")
    } else {
        let said = "goes back to its holder";
        (Verb::RequestChanges, ReviewVerdict::RequestChanges, "changes_requested", said)
    };
    let request =
        ReviewRequest { verdict, stage, commit: commit.as_ref(), notes: notes.as_deref() };
    let operation = Operation::on(&args.on, "review", outcome);
    // The stage that it was at.
    let at = Cell::new(None);
    operation.run(
        (globals, env, out),
        |ctx, act, view| {
            let (id, tip) = (&view.ticket.entry.id, view.require_tip(act, verb)?);
            at.set(unapproved(&view.ticket));
            let step = with_work(ctx, id, tip, |work| {
                lifecycle::review(&view.ticket, act, work, &request)
            });
            Ok(step?)
        },
        |ctx, receipt| {
            let next = ctx.stages.iter().skip_while(|one| Some(**one) != at.get()).nth(1);
            let text = match next.filter(|_| receipt.outcome == "approved") {
                Some(next) => answer_next(receipt, &format!("{said}, and waits for {next}"), None),
                None => answer_next(receipt, said, None),
            };
            match at.get().filter(|_| receipt.outcome == "already" && stage.is_none()) {
                Some(stage) => {
                    let (id, stage) = (safe(&receipt.ticket), stage.as_str());
                    format!(
                        "{text}for the stage after it: tix review {id} --approve --stage {stage}\n"
                    )
                }
                None => text,
            }
        },
    )
}

/// The review stage that a ticket is at, without an approval for it.
fn unapproved(ticket: &Ticket<'_>) -> Option<Status> {
    let stage = ticket.situation().ok()?.state.status;
    let is_stage = matches!(stage, Status::CriticReview | Status::ExpediterReview);
    let given = Approval::all_of(&ticket.document).iter().any(|one| one.stage == stage);
    (is_stage && !given).then_some(stage)
}

fn commit_id(text: &str) -> Result<Oid, Failure> {
    Oid::parse(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is not the full id of a commit"))
            .hint("git rev-parse HEAD shows it")
    })
}
