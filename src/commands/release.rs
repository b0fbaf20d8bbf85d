//! `tix release`: give a ticket back to the queue.

use crate::app::cleared;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::claim_commit;
use crate::app::give_back::{FreedBranch, GiveBack, clear_local, give_back, reached};
use crate::app::here::named_or_here;
use crate::app::lock::lock_ticket;
use crate::app::operation::{Identity, NamedClaim, answer};
use crate::app::receipt::{ClaimJson, Receipt, record};
use crate::config::RecordPlace;
use crate::env::Env;
use crate::error::{CLOSES_REQUEST, Failure};
use crate::lifecycle::{Already, Reached};
use crate::names::Oid;
use crate::out::Out;
use crate::text::safe;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Landed, Outcome, Run};
use crate::workspace;

/// Give a ticket back to the queue
///
/// For its holder. The ticket moves from active/ back to queue/, with an entry in its changelog. The same push frees the
/// name of its branch: a branch with only tix's own commits is deleted, one with work is kept as
/// `attic/<ticket>/<claim>`. The workspace is removed only if it is clean and everything in it has been pushed; it is kept for
/// seven days in tix/trash in git's directory, with everything in it that is in no commit.
///
/// A completed ticket whose branch is not merged yet is given back only with a `--reason`: that undoes its completion,
/// and a pull request loses its branch.
#[derive(Debug, clap::Args)]
pub struct ReleaseArgs {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Active]))]
    ticket: Option<String>,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    claim: NamedClaim,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Gives the ticket back.
pub fn run(args: &ReleaseArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "release", ..Diary::default() };
    let result = release(&ctx, args, &mut diary);
    let receipt =
        record(&ctx, "release", args.ticket.as_deref().unwrap_or_default(), &diary, result)?;
    let so = if receipt.outcome == "already" {
        "is in the queue already"
    } else {
        "is back in the queue"
    };
    let mut text = format!("{} {so}\n", safe(&receipt.ticket));
    if let Some(attic) = &receipt.attic {
        text.push_str(&format!("  its work is kept on the branch {}\n", safe(attic)));
    }
    text.push_str(&cleared::in_words(&ctx, &receipt));
    answer(out, &receipt, &text);
    Ok(())
}

fn release(ctx: &Context<'_>, args: &ReleaseArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.ticket.as_deref(), "release")?;
    diary.ticket = Some(id.clone());
    // An activation of this clone that is under way ends first.
    let _lock = lock_ticket(ctx, &id, "release")?;
    let identity = Identity::of(ctx, &id, args.claim.id())?;
    let act = identity.act(ctx);
    let record = workspace::load(&ctx.repo, &id);
    let own: Vec<Oid> = record.iter().filter_map(|r| Oid::parse(&r.commit)).collect();
    let request = GiveBack { id: &id, act, reason: args.reason.as_deref(), own: &own };
    let outcome = give_back(ctx, &run, diary, &request)?;
    let mut receipt = Receipt::new(ctx, "release", id.as_str(), act.actor);
    let landed = match outcome {
        Outcome::Landed(landed) => landed,
        // An earlier release that was killed, or one from elsewhere, has left the workspace here.
        Outcome::Answered(Already) => {
            receipt.outcome = "already";
            clear(ctx, &id, None, diary, &mut receipt);
            return Ok(receipt);
        }
    };
    receipt.outcome = "released";
    receipt.add(&landed);
    receipt.warnings.extend(left_behind(ctx, &landed, &id));
    receipt.warnings.extend(taken_back(ctx, &landed, &id));
    receipt.claim = old_claim(ctx, &landed, &id);
    let published = match &landed.output {
        FreedBranch::Absent => None,
        FreedBranch::Delete { at, .. } => Some(at.clone()),
        FreedBranch::Keep { at, attic, .. } => {
            let kept = !landed.left.contains(attic);
            receipt.attic = kept.then(|| attic.short().to_owned());
            Some(at.clone())
        }
    };
    clear(ctx, &id, published.as_ref(), diary, &mut receipt);
    Ok(receipt)
}

/// The warning if the remote accepted the release but left the ticket branch where it was.
fn left_behind(ctx: &Context<'_>, landed: &Landed<FreedBranch>, id: &TicketId) -> Option<String> {
    let name = match &landed.output {
        FreedBranch::Absent => return None,
        FreedBranch::Delete { name, .. } | FreedBranch::Keep { name, .. } => name,
    };
    let (remote, branch) = (ctx.remote.as_ref()?, name.short());
    landed.left.contains(name).then(|| {
        format!(
            "{remote} accepted the release but left {branch} where it was; the next claim of {id} moves it aside"
        )
    })
}

/// The warning if more was undone than the claim.
fn taken_back(ctx: &Context<'_>, landed: &Landed<FreedBranch>, id: &TicketId) -> Option<String> {
    let written = match (ctx.record, &landed.output) {
        (RecordPlace::Trunk, _) => landed.parent.as_ref()?,
        (RecordPlace::Branch, FreedBranch::Absent) => return None,
        (RecordPlace::Branch, FreedBranch::Delete { at, .. } | FreedBranch::Keep { at, .. }) => at,
    };
    let what = match reached(ctx, id, written)? {
        Reached::Review => "was submitted for review",
        Reached::Completion => "was complete",
    };
    Some(format!("{id} {what}, and no longer is; {CLOSES_REQUEST}"))
}

/// Removes what is here. The ticket is already in the queue, so a failure is only a warning.
fn clear(
    ctx: &Context<'_>,
    id: &TicketId,
    published: Option<&Oid>,
    diary: &mut Diary,
    receipt: &mut Receipt,
) {
    diary.phase = "clear";
    match clear_local(ctx, id, published) {
        Ok(cleared) => cleared.add_to(receipt),
        Err(failure) => receipt.warnings.push(failure.message),
    }
}

/// The claim that ended, as the trunk had it before.
fn old_claim(ctx: &Context<'_>, landed: &Landed<FreedBranch>, id: &TicketId) -> Option<ClaimJson> {
    let parent = landed.parent.as_ref()?;
    let view =
        crate::trunk::View::load(&ctx.objects, ctx.repo.format, Some(parent), &ctx.tickets_dir)
            .ok()?;
    let entry = view.snapshot.find_id(id).ok()?;
    let held = view.read(entry).ok()?.held();
    let commit = claim_commit(&ctx.repo, parent, &entry.path, held.claim_id.as_deref());
    Some(ClaimJson {
        id: held.claim_id.unwrap_or_default(),
        by: held.by.unwrap_or_default(),
        at: held.at.unwrap_or_default(),
        commit: commit.ok().flatten().map(|(oid, _)| oid.to_string()).unwrap_or_default(),
        branch: ctx.trunk.short().to_owned(),
        attempts: 0,
    })
}
