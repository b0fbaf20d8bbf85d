//! `--exec`: starts a worker in the workspace, and gives the ticket back if it does not begin.

use super::{ActivateArgs, answer, in_words};
use crate::app::context::{Context, Globals};
use crate::app::give_back::{FreedBranch, GiveBack, clear_local, give_back};
use crate::app::lock::lock_ticket;
use crate::app::operation::Identity;
use crate::app::receipt::{Receipt, record};
use crate::app::settings::with_current_settings;
use crate::app::worker::{self, Job};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::Already;
use crate::names::Oid;
use crate::out::Out;
use crate::ticket::TicketId;
use crate::trunk::{Diary, Outcome, Run};
use crate::workspace::spawn::CommandLine;
use crate::workspace::worker::Started;

/// Claims, sets up, and starts a worker in the workspace.
pub(super) fn run(
    args: &ActivateArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<u8, Failure> {
    let line = args.worker.command(&args.exec, out)?;
    if let Some(name) = line.bare_name().filter(|name| !env.finds_program(name)) {
        let message =
            format!("there is no program `{}` on PATH; nothing was claimed", name.display());
        let hint = "name a program on PATH, or a path in the workspace such as ./agent";
        return Err(Failure::new(Exit::Refused, message).hint(hint));
    }
    let Some((ctx, mut receipt, publication)) = super::claimed(args, globals, env, out)? else {
        return Ok(0);
    };
    super::publish(&ctx, publication);
    if args.worker.waits() {
        // stdout is the worker's from here on.
        for warning in &receipt.warnings {
            out.warn(warning);
        }
        out.narrate(in_words(&receipt).trim_end());
    }
    let result = start(&ctx, args, &line, &mut receipt)
        .map_err(|failure| give_up(args, globals, env, out, &receipt, failure));
    let (started, result) = match result {
        Ok(started) => (Some(started), Ok(())),
        Err(failure) => (None, Err(failure)),
    };
    let ticket = TicketId::parse(&receipt.ticket).ok();
    let diary = Diary { phase: "start", ticket, ..Diary::default() };
    record(&ctx, "run", args.subject(), &diary, result.map(|()| receipt.of_worker()))?;
    if !args.worker.waits() {
        answer(&ctx, &receipt);
    }
    // Nothing of git's is to stay around as long as the worker does.
    drop(ctx);
    started.map_or(Ok(0), |started| worker::finish(&args.worker, started))
}

/// Starts the worker. It holds no lock of the ticket, because the worker itself may use tix on it at once.
fn start(
    ctx: &Context<'_>,
    args: &ActivateArgs,
    line: &CommandLine,
    receipt: &mut Receipt,
) -> Result<Started, Failure> {
    let (id, claim_id) = claimed(receipt)?;
    let branch = ctx.ticket_branch(&id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let workspace = worker::workspace(ctx, &id)?.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("{id} has no workspace here"))
            .hint(format!("make it again: tix activate {id} --resume"))
    })?;
    ctx.out.progress(&format!("starting {line} …"));
    let job = Job { id: &id, claim_id: &claim_id, branch: &branch, workspace: &workspace };
    let (started, worker) = worker::start(ctx, &args.worker, line, &job)
        .map_err(|error| worker::failure(error, &id, &args.worker))?;
    receipt.worker = Some(worker);
    Ok(started)
}

fn claimed(receipt: &Receipt) -> Result<(TicketId, String), Failure> {
    let id = TicketId::parse(&receipt.ticket)
        .map_err(|error| Failure::new(Exit::Damaged, error.to_string()))?;
    Ok((id, receipt.claim.as_ref().map(|claim| claim.id.clone()).unwrap_or_default()))
}

/// Gives the ticket back if this run claimed it, with the failure as the reason.
fn give_up(
    args: &ActivateArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
    receipt: &Receipt,
    failure: Failure,
) -> Failure {
    let id = &receipt.ticket;
    if matches!(receipt.outcome, "already" | "taken_over") {
        return failure;
    }
    let stands = |failure: Failure| {
        failure
            .hint(format!("the claim stands; start a worker again: tix run {id} -- <command>"))
            .hint(format!("or give it back: tix release {id}"))
    };
    // Told to end, tix ends: everything but the worker is there.
    if matches!(failure.exit, Exit::Signal(_)) || crate::git::signals::check().is_err() {
        return stands(failure);
    }
    if args.keep_claim {
        return stands(Failure { exit: Exit::Incomplete, ..failure });
    }
    // The view is as old as the claim and the deadline may be over: the way back has its own.
    let back = with_current_settings(|| {
        let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
        way_back(&ctx, receipt, &failure.message)
    });
    match back {
        Ok(warnings) => {
            for warning in &warnings {
                out.warn(warning);
            }
            let message = format!("{}; the ticket was given back to the queue", failure.message);
            Failure { message, ..failure }
        }
        // Somebody took it over meanwhile: it is theirs, and there is nothing to give back.
        Err(second) if second.exit == Exit::Held => second,
        Err(second) => {
            stands(Failure { exit: Exit::Incomplete, ..failure }.fact("then", second.message))
        }
    }
}

/// Releases the claim of this run, and no other.
fn way_back(ctx: &Context<'_>, receipt: &Receipt, cause: &str) -> Result<Vec<String>, Failure> {
    let (id, claim_id) = claimed(receipt)?;
    let _lock = lock_ticket(ctx, &id, "release")?;
    let run = Run::begin(&ctx.repo)?;
    let own: Vec<Oid> =
        receipt.workspace.iter().filter_map(|workspace| Oid::parse(&workspace.commit)).collect();
    let identity = Identity::under(ctx, &claim_id)?;
    let request = GiveBack { id: &id, act: identity.act(ctx), reason: Some(cause), own: &own };
    let mut diary = Diary { phase: "give back", ..Diary::default() };
    let published = match give_back(ctx, &run, &mut diary, &request)? {
        Outcome::Landed(landed) => match landed.output {
            FreedBranch::Absent => None,
            FreedBranch::Delete { at, .. } | FreedBranch::Keep { at, .. } => Some(at),
        },
        Outcome::Answered(Already) => None,
    };
    // The ticket is in the queue whatever comes of the rest.
    Ok(match clear_local(ctx, &id, published.as_ref()) {
        Ok(cleared) => {
            cleared.tell(ctx);
            cleared.warnings
        }
        Err(failure) => vec![failure.message],
    })
}
