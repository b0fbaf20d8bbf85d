//! `tix doctor`: what is wrong with the queue and with this clone, and how to fix it.

mod answer;
mod fix;
mod gather;
mod guard;
mod reviews;

#[cfg(test)]
pub use self::answer::DoctorJson;
#[cfg(not(test))]
use self::answer::DoctorJson;
use self::gather::Outlook;
use crate::app::board::{self, Look, TrunkAsSeen};
use crate::app::context::{Context, Globals};
use crate::app::frame::AsOf;
use crate::app::unknown::OnUnknown;
use crate::doctor::{self, Finding, RunLeftover, Severity};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::Out;
use crate::trunk::{Run, clear_killed_runs, killed_runs};

/// Find what is wrong with the tickets and with this clone
///
/// Asks the remote, checks every ticket, claim, branch and workspace, and shows for each fault what is wrong and what to
/// do, with commands to paste. A damaged file never hides the others. `tix explain doctor` describes every check.
///
/// Exit code 1 means that there are errors: things that do not work until they are fixed. Warnings are always shown and
/// do not change the exit code.
///
/// With --fix it shows what it will do, does only what provably loses nothing, each fix in a transaction of its own,
/// reports what it did, and checks again. With --offline it leaves out fixes that need a push.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Fix what can be fixed without losing anything
    #[arg(long)]
    fix: bool,
    /// Fix only this finding, named by its check and its ticket, such as `id-mismatch:TICKET-a-001`; may be repeated
    #[arg(long, value_name = "CHECK[:ID]", requires = "fix")]
    only: Vec<String>,
    /// Do not ask the remote; check what was last fetched
    #[arg(long)]
    offline: bool,
}

pub struct Examination {
    pub as_of: AsOf,
    pub tickets: usize,
    pub findings: Vec<Finding>,
}

/// Examines, and fixes if asked to.
pub fn run(args: &DoctorArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    // It finds what is not understood, and says it as a finding.
    let globals = &Globals { on_unknown: OnUnknown::PassOver, ..globals.clone() };
    let ctx = Context::open(globals, env, out, None)?;
    let look = if args.offline { Look::LastSeen } else { Look::Fetch };
    let before = examine(&ctx, look)?;
    let (after, fixed) = if args.fix {
        let fixed = fix::apply(&ctx, look, &before.findings, &args.only)?;
        // What was mended is seen only by looking again; refs and worktrees are read anew.
        let ctx = Context::open(globals, env, out, None)?;
        (examine(&ctx, look)?, fixed)
    } else {
        (before, Vec::new())
    };
    answer::tell(&ctx, &DoctorJson::new(&after, &fixed));
    if after.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(Failure::answered(Exit::No));
    }
    Ok(())
}

/// Checks everything. A remote that does not answer is a finding like the others.
fn examine(ctx: &Context<'_>, look: Look) -> Result<Examination, Failure> {
    // To ask the remote, something is written here. Whoever may not do that can look at what is here all the same.
    let asks = look == Look::Fetch && ctx.remote.is_some();
    let (left, locked) = match killed_runs(&ctx.repo) {
        Ok(left) if asks => (left, Run::begin(&ctx.repo).err()),
        Ok(left) => (left, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let locked = locked.map(|error| error.to_string());
    let leftovers = |cleared: bool| -> Vec<RunLeftover> {
        let what = |token: &String| format!("run {token}");
        left.iter().map(|token| RunLeftover { what: what(token), cleared }).collect()
    };
    let read = |seen: &TrunkAsSeen<'_>, outlook: &Outlook| {
        let facts = gather::facts(ctx, seen, outlook)?;
        Ok(Examination {
            as_of: AsOf::of(ctx, seen),
            tickets: facts.tickets.len() + facts.odd.len(),
            findings: doctor::examine(&facts),
        })
    };
    let offline =
        |unseen| Outlook { leftovers: leftovers(false), unseen, asked: ctx.remote.is_none() };
    if look == Look::LastSeen || locked.is_some() {
        let outlook = offline(locked);
        return board::look(ctx, Look::LastSeen, |seen| read(seen, &outlook));
    }
    // A look that asks the remote writes here anyhow; without a remote nothing is fetched.
    if ctx.remote.is_some() {
        clear_killed_runs(&ctx.repo)?;
    }
    let outlook = Outlook { leftovers: leftovers(ctx.remote.is_some()), unseen: None, asked: true };
    match board::look(ctx, Look::Fetch, |seen| read(seen, &outlook)) {
        Err(failure)
            if !failure.outdated
                && matches!(failure.exit, Exit::Unreachable | Exit::RemoteRefused) =>
        {
            let outlook = offline(Some(failure.message));
            board::look(ctx, Look::LastSeen, |seen| read(seen, &outlook))
        }
        done => done,
    }
}
