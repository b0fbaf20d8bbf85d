//! `tix run`: start a worker in the workspace of a ticket.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::app::board::{self, Look};
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::here::seen_or_here;
use crate::app::receipt::{Receipt, WorkspaceJson, record};
use crate::app::role::deciding_session;
use crate::app::worker::{self, Job, WorkerArgs};
use crate::env::Env;
use crate::error::{Exit, Failure, held_facts};
use crate::lifecycle::Refusal;
use crate::names::RefName;
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, TicketId};
use crate::trunk::Diary;
use crate::workspace;
use crate::workspace::spawn::CommandLine;
use crate::workspace::worker::Started;

/// Start a worker in the workspace of a ticket
///
/// The command gets your environment and `TIX_TICKET`, `TIX_WORKSPACE`, `TIX_BRANCH`, `TIX_CLAIM_ID`, `TIX_SESSION` and
/// `TIX_READY`. `TIX_SESSION` is a new one: a worker is a session of its own, and this ticket is both its own and yours. It
/// runs in the foreground, with your terminal, and tix ends with its exit code. With --detach it goes on without tix,
/// which answers as soon as the worker has begun: when it has run for two seconds, or has created the file
/// that `TIX_READY` names. There is never more than one worker for a ticket.
///
/// Exit codes until the worker has begun: 3 a worker is already running or starting; 4 there is no workspace here; 5 the
/// worker cannot be started or does not begin. In the foreground, a worker that ends at once gives its own exit code.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Active]))]
    ticket: Option<String>,
    #[command(flatten)]
    worker: WorkerArgs,
    /// The program and its arguments
    #[arg(id = "exec", value_name = "COMMAND", required = true, num_args = 1.., last = true)]
    command: Vec<OsString>,
}

struct FoundWorkspace {
    id: TicketId,
    claim_id: String,
    branch: RefName,
    path: PathBuf,
}

/// Starts it, and waits for it unless it is detached.
pub fn run(args: &RunArgs, globals: &Globals, env: &Env, out: &Out) -> Result<u8, Failure> {
    let line = args.worker.command(&args.command, out)?;
    let ctx = Context::open(globals, env, out, None)?;
    let mut diary = Diary { phase: "find", ..Diary::default() };
    let result = start(&ctx, args, &line, &mut diary);
    let (started, result) = match result {
        Ok((started, receipt)) => (Some(started), Ok(receipt)),
        Err(failure) => (None, Err(failure)),
    };
    let query = args.ticket.as_deref().unwrap_or_default();
    let receipt = record(&ctx, "run", query, &diary, result)?;
    out.clear_progress();
    if args.worker.waits() {
        tracing::info!(ticket = receipt.ticket, "the worker has begun");
    } else if out.format == Format::Json {
        out.json(&receipt);
    } else {
        let worker = receipt.worker.as_ref().map(worker::in_words).unwrap_or_default();
        out.answer(&format!("{} has a worker\n{worker}", safe(&receipt.ticket)));
    }
    // Nothing of git's is to stay around as long as the worker does.
    drop(ctx);
    started.map_or(Ok(0), |started| worker::finish(&args.worker, started))
}

fn start(
    ctx: &Context<'_>,
    args: &RunArgs,
    line: &CommandLine,
    diary: &mut Diary,
) -> Result<(Started, Receipt), Failure> {
    let found = find(ctx, args.ticket.as_deref())?;
    diary.ticket = Some(found.id.clone());
    let mut receipt = Receipt::new(ctx, "run", found.id.as_str(), &ctx.actor()?);
    receipt.outcome = "started";
    receipt.workspace = Some(WorkspaceJson {
        branch: found.branch.short().to_owned(),
        path: Some(found.path.display().to_string()),
        commit: ctx
            .objects
            .resolve(found.branch.as_str())?
            .map_or_else(String::new, |at| at.to_string()),
    });
    diary.phase = "start";
    ctx.out.progress(&format!("starting {line} …"));
    let job = Job {
        id: &found.id,
        claim_id: &found.claim_id,
        branch: &found.branch,
        workspace: &found.path,
    };
    // Last of all: what fails after it would leave a worker that nobody waits for.
    let (started, worker) = worker::start(ctx, &args.worker, line, &job)
        .map_err(|error| worker::failure(error, &found.id, &args.worker))?;
    receipt.worker = Some(worker);
    Ok((started, receipt))
}

/// The ticket, if it is held and its workspace is here. It uses the trunk as last fetched: a worker that lost the ticket
/// since then learns of it with its first push.
fn find(ctx: &Context<'_>, query: Option<&str>) -> Result<FoundWorkspace, Failure> {
    board::look(ctx, Look::LastSeen, |seen| {
        let entry = seen_or_here(ctx, seen.view, query, "release")?;
        let id = entry.id.clone();
        let Some(path) = worker::workspace(ctx, &id)? else {
            let failure = Failure::new(Exit::NotFound, format!("{id} has no workspace here"));
            return Err(failure.hint(if entry.lane == Lane::Queue {
                format!("claim it first: tix activate {id}")
            } else {
                format!("see where it is: tix path {id}")
            }));
        };
        let held = seen.view.require::<Refusal>(entry)?.held();
        let claim_id = held.claim_id.clone().unwrap_or_default();
        let record = workspace::load(&ctx.repo, &id);
        let has_ended = record.as_ref().is_some_and(|record| record.claim_id != claim_id);
        if entry.lane != Lane::Active || has_ended {
            let message = format!("the claim that the workspace of {id} was made for has ended");
            return Err(held_facts(Failure::new(Exit::Held, message), &held)
                .fact("workspace", path.display().to_string())
                .hint(format!("look at it: tix show {id}")));
        }
        let session = deciding_session(ctx)?;
        if record.is_some_and(|record| record.claim_of_another(session.as_ref()).is_some()) {
            return Err(Refusal::OtherSession { id, held: Box::new(held) }.into());
        }
        let branch = ctx.ticket_branch(&id).map_err(|why| Failure::new(Exit::Damaged, why))?;
        Ok(FoundWorkspace { id, claim_id, branch, path })
    })
}
