//! `tix close`: end a ticket that will not be done.

use crate::app::cleared;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::give_back::{clear_local, freed};
use crate::app::here::named_or_here;
use crate::app::operation::{Identity, NamedClaim, OnTicket, answer, answer_next};
use crate::app::receipt::{Receipt, record};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, Already, BranchDisposal, CloseRequest, Resolution};
use crate::names::Oid;
use crate::out::Out;
use crate::text::safe;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run, View};
use crate::workspace;

/// End a ticket that will not be done
///
/// The ticket moves to archive/, and its front matter records how it ended. A ticket that somebody holds can be closed by
/// its holder; its branch is then deleted, or kept as `attic/<ticket>/<claim>` if it has work, as with `tix release`.
#[derive(Debug, clap::Args)]
pub struct CloseArgs {
    #[command(flatten)]
    on: OnTicket,
    /// How it ends: `wont_do`, `duplicate:TICKET` or `superseded:TICKET`
    #[arg(long = "as", value_name = "HOW", default_value = "wont_do")]
    how: String,
    #[command(flatten)]
    claim: NamedClaim,
    /// Why, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub fn run(args: &CloseArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let mut diary = Diary { phase: "close", ..Diary::default() };
    let result = close(&ctx, args, &mut diary);
    let receipt = record(&ctx, "close", args.on.query(), &diary, result)?;
    let mut text = answer_next(&receipt, "is closed", None);
    if let Some(attic) = &receipt.attic {
        text.push_str(&format!("  its work is kept on the branch {}\n", safe(attic)));
    }
    text.push_str(&cleared::in_words(&ctx, &receipt));
    answer(out, &receipt, &text);
    Ok(())
}

fn close(ctx: &Context<'_>, args: &CloseArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.on.ticket.as_deref(), "close")?;
    diary.ticket = Some(id.clone());
    let identity = Identity::of(ctx, &id, args.claim.id())?;
    let mut receipt = Receipt::new(ctx, "close", id.as_str(), &identity.actor);
    receipt.outcome = "closed";
    let published = match transact(ctx, &run, args, (&id, &identity), diary)? {
        Outcome::Landed(landed) => {
            receipt.add(&landed);
            match landed.output {
                BranchDisposal::Absent => None,
                BranchDisposal::Delete { at, .. } => Some(at),
                BranchDisposal::Keep { at, attic, .. } => {
                    receipt.attic = Some(attic.short().to_owned());
                    Some(at)
                }
            }
        }
        // A run that was killed may have closed it and left the workspace here.
        Outcome::Answered(Already) => {
            receipt.outcome = "already";
            None
        }
    };
    if workspace::load(&ctx.repo, &id).is_none() {
        workspace::forget(&ctx.repo, &id)?;
        return Ok(receipt);
    }
    diary.phase = "clear";
    // The ticket is closed, whatever becomes of what is here.
    match clear_local(ctx, &id, published.as_ref()) {
        Ok(cleared) => cleared.add_to(&mut receipt),
        Err(failure) => receipt.warnings.push(failure.message),
    }
    Ok(receipt)
}

fn transact(
    ctx: &Context<'_>,
    run: &Run,
    args: &CloseArgs,
    (id, identity): (&TicketId, &Identity),
    diary: &mut Diary,
) -> Result<Outcome<BranchDisposal, Already>, Failure> {
    let act = identity.act(ctx);
    let name = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let archive = ctx.lane_dir(Lane::Archive)?;
    let at = crate::clock::rfc3339(ctx.now);
    let own: Vec<Oid> = workspace::load(&ctx.repo, id)
        .iter()
        .filter_map(|record| Oid::parse(&record.commit))
        .collect();
    let progress = ctx.progress();
    let engine = ctx.engine(run, &progress).watching(name.clone());
    let outcome = engine.transact(diary, |view| {
        let entry = view.snapshot.find_id(id)?;
        let ticket = view.require(entry)?;
        let resolution = resolution(ctx, view, id, &args.how)?;
        // A branch of that name beside a ticket that nobody holds is somebody's own.
        let branch = match entry.lane {
            Lane::Active => freed(ctx, view, id, &name, &own)?,
            Lane::Queue | Lane::Completed | Lane::Archive => BranchDisposal::Absent,
        };
        let request = CloseRequest {
            resolution: &resolution,
            reason: args.reason.as_deref(),
            at: &at,
            archive: &archive,
        };
        Ok(lifecycle::close(&ticket, &act, &request, branch.clone())?.with(branch))
    });
    outcome.map_err(Failure::from)
}

/// Whether a word says that the ticket will not be done, as this or another tool spells it.
fn is_wont_do(how: &str) -> bool {
    let letters = how.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    matches!(letters.to_ascii_lowercase().as_str(), "wontdo" | "wontfix")
}

/// How it ends; a named ticket must exist and be another one.
fn resolution(
    ctx: &Context<'_>,
    view: &View<'_>,
    id: &TicketId,
    how: &str,
) -> Result<Resolution, Failure> {
    let other = |query: &str| {
        let other = find_ticket(ctx, view, TicketSearch { query, command: "dep" })?.id.clone();
        if other != *id {
            return Ok(other);
        }
        let message = format!("{id} cannot be closed in favour of itself");
        Err(Failure::new(Exit::Usage, message).hint("name the ticket that remains: tix list"))
    };
    match how.split_once(':') {
        None if is_wont_do(how) => Ok(Resolution::WontDo),
        Some(("duplicate", query)) => Ok(Resolution::Duplicate(other(query)?)),
        Some(("superseded", query)) => Ok(Resolution::Superseded(other(query)?)),
        None | Some(_) => {
            let message = format!("a ticket cannot be closed as `{}`", safe(how));
            Err(Failure::new(Exit::Usage, message)
                .fact("takes", "wont_do, duplicate:<ticket>, superseded:<ticket>")
                .hint(format!("for instance: tix close {id} --as duplicate:<ticket>")))
        }
    }
}
