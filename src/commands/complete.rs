//! `tix complete`: the work on a ticket is done.

use std::cell::RefCell;

use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::follow::{PushRequirement, follow_here, require_at_rest};
use crate::app::here::named_or_here;
use crate::app::input;
use crate::app::operation::{Identity, NamedClaim, answer, answer_next, finish};
use crate::app::publish::{OfTicket, joined, perhaps_unpushed, push_first, with_pushed};
use crate::app::pull;
use crate::app::queue::Survey;
use crate::app::receipt::{Receipt, WorkspaceJson, record};
use crate::app::request::by_request;
use crate::app::work::{holds_work, with_work};
use crate::app::worktree::with_branch;
use crate::app::write::{TicketView, carried, write};
use crate::config::RecordPlace;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::{Arrival, Verb};
use crate::lifecycle::{
    self, Act, Already, Change, CompleteRequest, Decision, Effort, Refusal, Subtasks, Ticket,
};
use crate::names::{Oid, RefName, RepoPath};
use crate::out::Out;
use crate::text::{count, safe, shell_word};
use crate::ticket::{FrontMatter, Lane, TicketId};
use crate::trunk::{Diary, Run, View};

/// Complete a ticket: the work is done
///
/// For its holder, anywhere in its workspace or by its id. Everything must be committed, every box ticked, no section of
/// the requirements empty, no placeholder of a template left, and every stage of the review passed for the commit that
/// the branch is at; what is missing is listed. The branch must have a commit with work, or you give a reason why the
/// ticket needs none. Then the ticket moves to completed/ in one commit on its branch, and reaches the trunk when the
/// branch is merged. Where progress is recorded on the trunk, it moves there at once.
///
/// It is not an error if the ticket is already complete.
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    /// The ticket [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Active]))]
    ticket: Option<String>,
    #[command(flatten)]
    claim: NamedClaim,
    /// Complete it without commits, for this reason, such as a decision or an answer to a question
    #[arg(long, value_name = "WHY")]
    no_work: Option<String>,
    /// Complete it although a ticket that it depends on is not done
    #[arg(long)]
    anyway: bool,
    /// Commit on the local branch only, and push nothing
    #[arg(long)]
    no_push: bool,
    /// Open the pull request too, or update it, as `tix pr` does
    #[arg(long, conflicts_with = "no_push")]
    pr: bool,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &CompleteArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "complete", ..Diary::default() };
    let result = complete(&ctx, args, &mut diary);
    let query = args.ticket.as_deref().unwrap_or_default();
    let receipt = record(&ctx, "complete", query, &diary, result)?;
    answer(out, &receipt, &in_words(&receipt));
    Ok(())
}

fn complete(ctx: &Context<'_>, args: &CompleteArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.ticket.as_deref(), "complete")?;
    diary.ticket = Some(id.clone());
    let branch = ctx.ticket_branch(&id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let identity = Identity::of(ctx, &id, args.claim.id())?;
    let act = identity.act(ctx);
    let completion = Completion { ctx, act, args, open_parts: RefCell::default() };
    let mut receipt = Receipt::new(ctx, "complete", id.as_str(), act.actor);
    receipt.outcome = "completed";
    let mut merged = false;
    if args.no_push && ctx.remote.is_some() {
        completion.here_only(&run, (&id, &branch), &mut receipt)?;
    } else {
        diary.phase = "push";
        let mut would =
            |ticket: &Ticket<'_>, trunk: &View<'_>, tip: &Oid| completion.would(ticket, trunk, tip);
        push_first(ctx, &run, &completion.act, (&id, &branch), &mut receipt, &mut would)?;
        diary.phase = "complete";
        let written = write(ctx, &run, diary, &id, &mut |view| {
            merged = view.on_trunk.entry.lane == Lane::Completed;
            completion.decide(view)
        })?;
        finish(ctx, diary, &id, &written, &mut receipt)?;
    }
    let open = completion.open_parts.take();
    if !open.is_empty() && receipt.outcome == "completed" {
        let words = count(open.len(), "of its subtasks is", "of its subtasks are");
        receipt.warnings.push(format!("{words} still open: {}", open.join(", ")));
    }
    if merged && ctx.record == RecordPlace::Branch {
        return Ok(receipt);
    }
    if args.pr {
        pull::bring(ctx, &run, diary, (&id, &completion.act), &mut receipt)?;
    } else {
        receipt.next = Some(next_step(ctx, args, &id, &branch)?);
    }
    Ok(receipt)
}

/// Human-readable output: the state of the ticket and what was pushed.
fn in_words(receipt: &Receipt) -> String {
    let next = receipt.next.as_deref().map(safe);
    let text = with_pushed(receipt, answer_next(receipt, "is complete", next.as_deref()));
    text + &pull::in_words(receipt)
}

/// The subtasks of a ticket that are open. A whole is complete when its holder says so, and may not know of them.
fn open_parts(ctx: &Context<'_>, view: &View<'_>, id: &TicketId) -> Result<Vec<String>, Failure> {
    let survey = Survey::parts(ctx, view)?;
    let subtasks = Subtasks::of(&survey.known, &view.snapshot);
    Ok(subtasks.open(id).map(ToString::to_string).collect())
}

struct Completion<'a> {
    ctx: &'a Context<'a>,
    act: Act<'a>,
    args: &'a CompleteArgs,
    /// The subtasks that are open where it completes the ticket.
    open_parts: RefCell<Vec<String>>,
}

impl Completion<'_> {
    fn decide(&self, view: &TicketView<'_>) -> Result<Decision, Failure> {
        let (ctx, act, ticket) = (self.ctx, &self.act, &view.ticket);
        if ticket.entry.lane == Lane::Completed {
            act.require_claim(ticket)?;
            return Ok(Decision::Answer(Already));
        }
        // Who may comes before what is missing: the old holder of a ticket has no work to push for it.
        if ticket.entry.lane == Lane::Active {
            act.require_holder(ticket)?;
            let id = &ticket.entry.id;
            require_at_rest(ctx, id, view.branch, view.tip, PushRequirement::Required)?;
        }
        Ok(self.change(ticket, view.trunk, view.require_tip(act, Verb::Complete)?)?.into())
    }

    /// The change that completes a ticket whose work is at `tip`.
    fn change(&self, ticket: &Ticket<'_>, trunk: &View<'_>, tip: &Oid) -> Result<Change, Failure> {
        let ctx = self.ctx;
        let completed = ctx.lane_dir(Lane::Completed)?;
        let at = crate::clock::rfc3339(ctx.now);
        let keep = last_in(ctx, ticket, tip)?;
        let why = match &self.args.no_work {
            Some(why) => Some(input::line(why, "--no-work")?),
            None => None,
        };
        let effort = match &why {
            _ if holds_work(ctx, &known(trunk), ticket, tip)? => Effort::Commits,
            Some(why) => Effort::NotNeeded(why),
            None => Effort::Nothing,
        };
        let on_trunk = trunk.snapshot.find_id(&ticket.entry.id)?;
        let waits = if self.args.anyway {
            Vec::new()
        } else {
            Survey::waits(ctx, trunk, (on_trunk, FrontMatter::of(&ticket.document)))?
        };
        *self.open_parts.borrow_mut() = open_parts(ctx, trunk, &ticket.entry.id)?;
        let (completed, keep) = (&completed, keep.as_ref());
        let request = CompleteRequest { at: &at, completed, keep, effort, waits };
        let change = with_work(ctx, &ticket.entry.id, tip, |work| {
            lifecycle::complete(ticket, &self.act, work, &request)
        });
        Ok(change?)
    }

    /// Whether the ticket would be complete, or is, with the work at `tip`.
    fn would(&self, ticket: &Ticket<'_>, trunk: &View<'_>, tip: &Oid) -> Result<(), Failure> {
        let id = &ticket.entry.id;
        if ticket.entry.lane == Lane::Completed {
            return self.require_reviewed(ticket, tip);
        }
        self.act.require_holder(ticket)?;
        let branch = self.ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
        require_at_rest(self.ctx, id, &branch, None, PushRequirement::NotYet)?;
        self.change(ticket, trunk, tip).map(drop)
    }

    /// Commits after the completion must have the reviewed work, or they are not pushed to where a pull request would
    /// include them.
    fn require_reviewed(&self, ticket: &Ticket<'_>, local: &Oid) -> Result<(), Failure> {
        let (ctx, id) = (self.ctx, &ticket.entry.id);
        let missing =
            with_work(ctx, id, local, |work| lifecycle::missing(ticket, ctx.policy(), work));
        if missing.is_empty() {
            return Ok(());
        }
        let failure: Failure = Refusal::Incomplete { id: id.clone(), missing }.into();
        Err(failure.hint(format!("have it reviewed again: tix reopen {id} --reason <why>")))
    }

    /// Commits on the local branch, for somebody who pushes later. The claim is still checked on the remote.
    fn here_only(
        &self,
        run: &Run,
        (id, branch): OfTicket<'_>,
        receipt: &mut Receipt,
    ) -> Result<(), Failure> {
        let (ctx, act) = (self.ctx, &self.act);
        let progress = ctx.progress();
        let engine = ctx.engine(run, &progress).watching(branch.clone());
        let trunk = engine.fetch_view()?;
        if ctx.record == RecordPlace::Trunk {
            let message =
                "progress is recorded on the trunk here, so there is nothing to do without a push";
            return Err(Failure::new(Exit::Usage, message).hint(format!("tix complete {id}")));
        }
        let on_trunk = trunk.require::<Failure>(trunk.snapshot.find_id(id)?)?;
        if on_trunk.entry.lane == Lane::Completed {
            receipt.outcome = "already";
            return Ok(());
        }
        act.require_claim(&on_trunk)?;
        let Some(local) = ctx.objects.resolve(branch.as_str())? else {
            return Err(Refusal::NoWork { id: id.clone() }.into());
        };
        // Others write to the ticket where it was pushed; so did this clone when it ticked a box.
        let joined = match trunk.watched() {
            Some(there) => joined(ctx, run, branch, &local, there)?,
            None => Some(local.clone()),
        };
        let is_apart = joined.is_none();
        let tip = joined.unwrap_or_else(|| local.clone());
        let engine = ctx.engine(run, &progress).writing_to(branch.clone());
        let view = engine.view_of(&tip)?;
        let ticket = carried(&view, id, &on_trunk)?;
        if ticket.entry.lane == Lane::Completed {
            receipt.outcome = "already";
            return Ok(());
        }
        act.require_holder(&ticket)?;
        require_at_rest(ctx, id, branch, None, PushRequirement::NotYet)?;
        let change = self.change(&ticket, &trunk, &tip);
        let change = match change {
            Err(failure) if is_apart => return Err(with_merge_hint(ctx, branch, failure)?),
            change => change?,
        };
        let (commit, paths) = engine.commit_on(&view, &change)?;
        let path = follow_here(ctx, branch, &local, &commit)?;
        receipt.add_commit(&commit, &paths);
        receipt.workspace = Some(WorkspaceJson {
            branch: branch.short().to_owned(),
            path: path.map(|path| path.display().to_string()),
            commit: commit.to_string(),
        });
        Ok(())
    }
}

/// The same failure, where only a person can merge what was pushed to the branch.
fn with_merge_hint(
    ctx: &Context<'_>,
    branch: &RefName,
    failure: Failure,
) -> Result<Failure, Failure> {
    let at = with_branch(ctx, branch)?;
    let at = at.map(|w| format!(" -C {}", shell_word(&w.path.display().to_string())));
    let pull = format!("git{} pull --rebase", at.unwrap_or_default());
    Ok(failure.hint(format!("first take in what others have pushed to the ticket: {pull}")))
}

/// Commits that are not work on this ticket: the trunk, and the base of ticket branches.
fn known(trunk: &View<'_>) -> Vec<Oid> {
    [trunk.commit(), trunk.base()].into_iter().flatten().cloned().collect()
}

/// The directory on the ticket branch that contains only this ticket, if it is not the ticket's own.
fn last_in(ctx: &Context<'_>, ticket: &Ticket<'_>, tip: &Oid) -> Result<Option<RepoPath>, Failure> {
    if ctx.record == RecordPlace::Trunk {
        return Ok(None);
    }
    let id = ticket.entry.id.as_str().as_bytes();
    let mut parents: Vec<&[u8]> = ticket.entry.path.components().collect();
    parents.pop();
    parents.pop_if(|directory| *directory == id);
    let Some(directory) = RepoPath::parse(parents.join(&b'/')) else { return Ok(None) };
    let name = [tip.as_str().as_bytes(), b":", directory.as_bytes()].concat();
    let entries = ctx.objects.entries(&name, ctx.repo.format)?.unwrap_or_default();
    Ok((entries.len() == 1).then_some(directory))
}

/// How the work gets to the branch that pull requests go to.
fn next_step(
    ctx: &Context<'_>,
    args: &CompleteArgs,
    id: &TicketId,
    branch: &RefName,
) -> Result<String, Failure> {
    Ok(match (&ctx.remote, ctx.policy().arrival) {
        (Some(remote), _) if args.no_push && perhaps_unpushed(ctx, branch)?.is_some() => {
            format!("git push {remote} {}", shell_word(branch.short()))
        }
        (_, Arrival::Land) => format!("tix land {id}"),
        (_, Arrival::Request) => by_request(ctx, branch)?,
    })
}
