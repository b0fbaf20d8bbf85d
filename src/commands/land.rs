//! `tix land`: merge completed work into the trunk without a pull request.

use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::follow::{PushRequirement, require_at_rest};
use crate::app::here::named_or_here;
use crate::app::operation::{Identity, answer, answer_next};
use crate::app::receipt::{Receipt, record};
use crate::app::request::by_request;
use crate::app::work::with_work;
use crate::app::write::carried;
use crate::config::{Landing, RecordPlace};
use crate::env::Env;
use crate::error::{Exit, Failure, holder_facts};
use crate::lifecycle::{self, Act, Already, Decision, Holder, MergeForm, Refusal};
use crate::names::RefName;
use crate::out::Out;
use crate::text::{safe, shell_word};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run, Stop, Trunk, TrunkError, View};

/// Merge the branch of a completed ticket into the trunk
///
/// For teams without pull requests, whose `.tix.yaml` says `landing: completed`. The ticket must be complete on its
/// branch, under the claim that is on the trunk, with every stage of the review passed for what is on the branch now. tix
/// merges without a checkout, and again each time the trunk moves. On a conflict it names the files and changes nothing.
///
/// It is not an error if the ticket is already on the trunk.
#[derive(Debug, clap::Args)]
pub struct LandArgs {
    /// The ticket [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    ticket: Option<String>,
    /// Make a merge commit that keeps all commits of the branch; this is the default
    #[arg(long, conflicts_with = "squash")]
    merge: bool,
    /// Make one commit of the whole branch
    #[arg(long)]
    squash: bool,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &LandArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "land", ..Diary::default() };
    let result = land(&ctx, args, &mut diary);
    let query = args.ticket.as_deref().unwrap_or_default();
    let receipt = record(&ctx, "land", query, &diary, result)?;
    let text = answer_next(
        &receipt,
        &format!("is on {}", ctx.trunk_label()),
        receipt.next.as_deref().map(safe).as_deref(),
    );
    answer(out, &receipt, &text);
    Ok(())
}

fn land(ctx: &Context<'_>, args: &LandArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.ticket.as_deref(), "land")?;
    diary.ticket = Some(id.clone());
    let branch = ctx.ticket_branch(&id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let identity = Identity::without_claim(ctx)?;
    let own = Identity::of(ctx, &id, None)?;
    let act = identity.act(ctx);
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress).watching(branch.clone());
    let form = if args.squash { MergeForm::Squash } else { MergeForm::Merge };
    let operation =
        LandOperation { ctx, engine: &engine, id: &id, branch: &branch, form, own: &own };
    let mut receipt = Receipt::new(ctx, "land", id.as_str(), act.actor);
    match engine.transact(diary, |view| operation.decide(view, &act)) {
        Ok(Outcome::Landed(landed)) => {
            receipt.outcome = "landed";
            receipt.add(&landed);
        }
        Ok(Outcome::Answered(Already)) => receipt.outcome = "already",
        Err(Stop::Refused(failure)) => return Err(failure),
        Err(Stop::Trunk(error)) => return Err(operation.explained(error)),
    }
    receipt.next = Some(format!("tix clean {id}"));
    Ok(receipt)
}

/// How the branch reaches the base without tix.
fn merge_hint(ctx: &Context<'_>, branch: &RefName) -> Result<String, Failure> {
    Ok(format!("merge it into {}: {}", ctx.base.short(), by_request(ctx, branch)?))
}

/// The ticket branch must carry the ticket.
fn require_recorded_there(ctx: &Context<'_>, branch: &RefName) -> Result<(), Failure> {
    if ctx.record == RecordPlace::Branch {
        return Ok(());
    }
    let message =
        "progress is recorded on the trunk here, so the ticket branch carries no ticket to land";
    Err(Failure::new(Exit::Refused, message).fact("record", "trunk").hint(merge_hint(ctx, branch)?))
}

/// The team must have agreed on it. Asked last: what else is missing, a pull request needs too.
fn require_agreed(ctx: &Context<'_>, branch: &RefName, held: &Holder) -> Result<(), Failure> {
    match ctx.config.landing {
        Landing::Completed => Ok(()),
        Landing::None => {
            let message = "this repository lands work by pull request";
            let failure = Failure::new(Exit::Refused, message).fact("landing", "none");
            Err(holder_facts(failure, held)
                .hint(merge_hint(ctx, branch)?)
                .hint("a team without pull requests sets `landing: completed` in its .tix.yaml"))
        }
    }
}

struct LandOperation<'s> {
    ctx: &'s Context<'s>,
    engine: &'s Trunk<'s>,
    id: &'s TicketId,
    branch: &'s RefName,
    form: MergeForm,
    /// The one who lands it, with what this clone knows about the ticket.
    own: &'s Identity,
}

impl LandOperation<'_> {
    fn decide(&self, view: &View<'_>, act: &Act<'_>) -> Result<Decision, Stop<Failure>> {
        require_recorded_there(self.ctx, self.branch)?;
        let entry = view.snapshot.find_id(self.id)?;
        if entry.lane == Lane::Completed {
            return Ok(Decision::Answer(Already));
        }
        let on_trunk = view.require(entry)?;
        if entry.lane != Lane::Active {
            return Err(on_trunk.not_active(act.policy).into());
        }
        let Some(tip) = view.watched() else {
            return Err(Refusal::NoWork { id: self.id.clone() }.into());
        };
        let there = self.engine.view_of(tip)?;
        let on_branch = carried(&there, self.id, &on_trunk)?;
        if let Err(failure) =
            require_at_rest(self.ctx, self.id, self.branch, Some(tip), PushRequirement::Required)
        {
            // To whoever held it before, what is here is no work that belongs on the branch.
            self.own.act(self.ctx).require_claim(&on_trunk)?;
            return Err(failure.into());
        }
        let decided = with_work(self.ctx, self.id, tip, |work| {
            lifecycle::land(&on_trunk, &on_branch, act, work, self.form)
        });
        let decided = decided?;
        require_agreed(self.ctx, self.branch, &on_trunk.held())?;
        Ok(decided)
    }

    /// A conflict is resolved on the branch, where the work is.
    fn explained(&self, error: TrunkError) -> Failure {
        let conflict = matches!(error, TrunkError::Conflicts { .. });
        let failure = Failure::from(error);
        if !conflict {
            return failure;
        }
        let (id, trunk) = (self.id, self.ctx.trunk_label());
        failure
            .hint(format!(
                "in its workspace, merge the trunk and resolve the conflict: git merge {}",
                shell_word(&trunk)
            ))
            .hint(format!("then push it, and land again: tix land {id}"))
    }
}
