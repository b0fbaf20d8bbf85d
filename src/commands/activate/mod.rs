//! `tix activate`: claim a ticket, then make its workspace.

mod attempt;
mod choose;
mod claim;
mod group;
mod held;
mod prepare;
mod resume;
mod setup;
mod stray;
mod work;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use self::claim::Activation;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::here::require_here;
use crate::app::operation;
use crate::app::queue::{Choice, QueueFilter};
use crate::app::receipt::{Receipt, WorkspaceJson, record};
use crate::app::wait::{News, await_news, patience};
use crate::app::worker::{self, WorkerArgs};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::{duration, safe, shell_word};
use crate::ticket::Lane;
use crate::trunk::{Diary, Publication, Run};

/// Claim a ticket and make its workspace
///
/// The ticket moves from queue/ to active/ in one commit on the trunk, and the push of that commit is the
/// lock: exactly one claimer wins. Only then are the ticket branch and its worktree made. Your checkout,
/// index, stash and branches are not touched.
///
/// With --next it claims the ticket that `tix next` would show. If somebody else is quicker it tries the one after it,
/// until one is yours or none is left.
///
/// With --exec it starts a command in the workspace, as `tix run` does; if that does not begin, the ticket is given back.
///
/// Exit codes: 0 it is yours; 3 somebody else has it; 4 there is no such ticket, or nothing to do; 7 the remote cannot be
/// reached and nothing changed; 8 the claim stands (or may), but the set-up is not finished: run it again, or `tix
/// release`.
#[derive(Clone, Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ActivateArgs {
    /// The ticket: its id, the id without TICKET-, an unambiguous part of it, or a path to its file; with --resume the one
    /// of this workspace, if none is named
    #[arg(value_name = "TICKET", required_unless_present_any = ["next", "resume"], add = ids(&[Lane::Queue]))]
    ticket: Option<String>,
    /// Claim the next ticket
    #[arg(long, conflicts_with = "ticket")]
    next: bool,
    #[command(flatten)]
    filter: QueueFilter,
    /// With --next: try at most this many tickets while others are quicker
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// With --next: if there is nothing to do, wait this long for a ticket, such as 10m
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// Decide and check everything, but change nothing
    #[arg(long)]
    dry_run: bool,
    /// Make only the claim and the ticket branch on the remote, no worktree
    #[arg(long)]
    no_worktree: bool,
    /// Keep the claim when the set-up fails, or the worker does not begin, instead of giving the ticket back
    #[arg(long)]
    keep_claim: bool,
    /// Claim a ticket although another that it depends on is not done
    #[arg(long, conflicts_with = "next")]
    anyway: bool,
    /// Go on with a ticket that is already yours: print its path and create what is missing
    #[arg(long)]
    resume: bool,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Why, for the claim's commit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    worker: WorkerArgs,
    /// Start this program in the workspace; all words that follow are its arguments
    #[arg(long, id = "exec", value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    #[arg(conflicts_with = "no_worktree")]
    exec: Vec<OsString>,
}

impl ActivateArgs {
    /// The request, for the log.
    fn subject(&self) -> &str {
        self.ticket.as_deref().unwrap_or("--next")
    }
}

/// Claims and sets up, and starts a worker if requested.
pub fn run(args: &ActivateArgs, globals: &Globals, env: &Env, out: &Out) -> Result<u8, Failure> {
    // Clap lets an option that requires --next pass beside a ticket, because the ticket forbids --next.
    let for_next = !args.filter.is_any() || args.limit.is_some() || args.wait.is_some();
    if for_next && !args.next {
        let message =
            "--label, --priority, --limit and --wait are for the next ticket: they go with --next";
        return Err(Failure::new(Exit::Usage, message).hint("tix activate --help"));
    }
    if args.ticket.is_none() && !args.next {
        let here = require_here(&Context::open(globals, env, out, args.timeout.as_deref())?)?;
        let named = ActivateArgs { ticket: Some(here.to_string()), ..args.clone() };
        return run(&named, globals, env, out);
    }
    if !args.exec.is_empty() {
        return work::run(args, globals, env, out);
    }
    if let Some((ctx, receipt, publication)) = claimed(args, globals, env, out)? {
        answer(&ctx, &receipt);
        publish(&ctx, publication);
    }
    Ok(0)
}

/// Publishes on the trunk a claim that stands on its branch. If that fails the claim still stands, and the next push of
/// the trunk publishes it.
fn publish(ctx: &Context<'_>, publication: Option<Publication>) {
    let Some(publication) = publication else { return };
    let silent = |_| {};
    let published =
        Run::begin(&ctx.repo).and_then(|run| ctx.engine(&run, &silent).publish(publication));
    if let Err(error) = published {
        let message = "the claim stands on its branch, but the trunk does not have it yet";
        ctx.out.warn(&format!("{message}: {error}"));
    }
}

/// Claims and sets up, and with `--wait` waits for a ticket; `None` for a dry run, whose answer has been given.
fn claimed<'a>(
    args: &ActivateArgs,
    globals: &Globals,
    env: &'a Env,
    out: &'a Out,
) -> Result<Option<(Context<'a>, Receipt, Option<Publication>)>, Failure> {
    let until = patience(args.wait);
    loop {
        // Found anew in each round: a wait may be longer than what a claim takes for the present.
        let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
        match activate(&ctx, args)? {
            Activated::Planned(plan) => {
                answer_plan(out, &plan);
                return Ok(None);
            }
            Activated::Done(receipt, publication) => return Ok(Some((ctx, *receipt, publication))),
            Activated::Nothing(choice, warnings) => {
                if let Some(until) = until
                    && await_news(&ctx, choice.commit().as_ref(), until)? == News::Yes
                {
                    continue;
                }
                ctx.out.clear_progress();
                for warning in &warnings {
                    ctx.out.warn(warning);
                }
                return Err(choice.ended_empty(&ctx, &args.filter));
            }
        }
    }
}

/// Claims, sets up, and records the outcome.
fn activate(ctx: &Context<'_>, args: &ActivateArgs) -> Result<Activated, Failure> {
    let mut diary = Diary { phase: "claim", ..Diary::default() };
    let mut publication = None;
    let activated = Activation::begin(ctx, args).and_then(|mut activation| {
        let result = activation.activate();
        diary = activation.diary.clone();
        publication = activation.publication.take();
        result
    });
    let result = match activated {
        Ok(Activated::Done(receipt, _)) => Ok(*receipt),
        Ok(other @ (Activated::Planned(_) | Activated::Nothing(..))) => return Ok(other),
        Err(failure) => Err(failure),
    };
    let receipt = record(ctx, "activate", args.subject(), &diary, result)?;
    Ok(Activated::Done(Box::new(receipt), publication))
}

/// The outcome of an activation.
enum Activated {
    /// It was done, now or before, with what is left to publish on the trunk.
    Done(Box<Receipt>, Option<Publication>),
    /// It was a dry run.
    Planned(Box<ActivationPlan>),
    /// There is nothing to claim; with the warnings.
    Nothing(Box<Choice>, Vec<String>),
}

/// What would be done.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivationPlan {
    schema: &'static str,
    /// The id of the ticket that would be claimed.
    ticket: String,
    /// The path of its file on the trunk now.
    from: String,
    /// The path that its file would get there.
    to: String,
    /// The ticket branch that would be made, without `refs/heads/`.
    branch: String,
    /// The worktree that would be made, in full; missing with `--no-worktree`.
    path: Option<String>,
    /// Who would hold it: `Name <mail>`, or `TIX_ACTOR`.
    by: String,
}

fn answer_plan(out: &Out, plan: &ActivationPlan) {
    if out.format == Format::Json {
        out.json(plan);
        return;
    }
    out.answer(&format!(
        "would claim {} for {}\n  {} -> {}\n  branch     {}\n  workspace  {}\n",
        safe(&plan.ticket),
        safe(&plan.by),
        safe(&plan.from),
        safe(&plan.to),
        safe(&plan.branch),
        safe(plan.path.as_deref().unwrap_or("none"))
    ));
}

fn answer(ctx: &Context<'_>, receipt: &Receipt) {
    let workspace = receipt.workspace.as_ref();
    if let (true, Some(path)) = (ctx.out.is_quiet(), workspace.and_then(|w| w.path.as_ref())) {
        operation::answer(ctx.out, receipt, &format!("{}\n", safe(path)));
        return;
    }
    let next = if receipt.worker.is_some() { String::new() } else { next(ctx, receipt) };
    // What comes next is pasted.
    operation::answer(ctx.out, receipt, &(ctx.out.wrapped(&in_words(receipt)) + &next));
}

/// Human-readable output of `tix activate`.
fn in_words(receipt: &Receipt) -> String {
    let ticket = safe(&receipt.ticket);
    let title = match receipt.outcome {
        "already" if is_completed(receipt) => format!("{ticket} is yours, and complete"),
        _ if receipt.came_from.is_some() => {
            let from = receipt.came_from.as_deref().unwrap_or_default();
            format!("{ticket} is yours now: {}", safe(from))
        }
        "resumed" => {
            format!("{ticket} is yours again: the claim was renewed and the set-up finished")
        }
        "already" => format!("{ticket} is yours already"),
        "taken_over" => {
            format!("{ticket} was in another session of this clone, and is in this one now")
        }
        _ => format!("{ticket} is yours"),
    };
    let mut text = format!("{title}\n");
    let task = receipt.task.as_ref();
    if let Some(title) = task.and_then(|task| task.title.as_ref()) {
        text.push_str(&format!("  title      {}\n", safe(title)));
    }
    if let Some(whole) = task.and_then(|task| task.part_of.as_ref()) {
        text.push_str(&format!("  part of    {}\n", safe(whole)));
    }
    if let Some(WorkspaceJson { branch, path, .. }) = &receipt.workspace {
        text.push_str(&format!("  branch     {}\n", safe(branch)));
        if let Some(path) = path {
            text.push_str(&format!("  workspace  {}\n", safe(path)));
        }
    }
    if let Some(task) = task {
        if let Some(file) = &task.file {
            text.push_str(&format!("  ticket     {}\n", safe(file)));
        }
        text.push_str(&task.boxes(("  to do      ", "             ")));
        for (at, line) in task.changes_requested.iter().enumerate() {
            let before = if at == 0 { "  changes    " } else { "             " };
            text.push_str(&format!("{before}{}\n", safe(line)));
        }
    }
    if let Some(attic) = &receipt.attic {
        text.push_str(&format!("  earlier    {} holds earlier work\n", safe(attic)));
    }
    text + &receipt.worker.as_ref().map(worker::in_words).unwrap_or_default()
}

fn next(ctx: &Context<'_>, receipt: &Receipt) -> String {
    let mut text = String::from("next:\n");
    match receipt.workspace.as_ref().and_then(|w| w.path.as_ref()) {
        Some(path) => text.push_str(&format!("  cd {}\n", shell_word(path))),
        None => {
            if let Some(workspace) = &receipt.workspace {
                text.push_str(&format!("  git switch {}\n", shell_word(&workspace.branch)));
            }
        }
    }
    if let Some(bring_back) = &receipt.next {
        text.push_str(&format!("  {}    # to bring the earlier work back\n", safe(bring_back)));
    }
    // In the workspace no command needs the id. Both notes stand in one column.
    let is_approved = receipt.task.as_ref().is_some_and(|task| task.approved);
    text + if is_completed(receipt) {
        "  tix status                   # how it gets to the trunk\n  tix reopen --reason <why>    # to go on with it\n"
    } else if ctx.policy().stages.is_empty() || is_approved {
        "  tix complete    # when it is done\n  tix release     # to give it back\n"
    } else {
        "  tix submit     # when it is ready for its review\n  tix release    # to give it back\n"
    }
}

/// Whether nothing is left to do but to merge its branch.
fn is_completed(receipt: &Receipt) -> bool {
    receipt.task.as_ref().is_some_and(|task| task.completed)
}
