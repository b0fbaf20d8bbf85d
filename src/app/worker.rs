//! Starts a worker: its options, its environment, and the failure if it does not begin.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::context::Context;
use super::receipt::WorkerJson;
use crate::error::{Exit, Failure, not_written};
use crate::names::RefName;
use crate::out::{Format, Out};
use crate::text::{duration, shell_word};
use crate::ticket::{TicketId, WorkerNow};
use crate::workspace::spawn::{CommandLine, Unproved, WorkerEnd, WorkerSign};
use crate::workspace::worker::{
    self, Attachment, Former, StartError, Started, WorkerOrder, WorkerRecord, WorkerState,
};

/// How long a worker must live by default to count as begun: a program that is missing, not configured or not logged in
/// has failed by then.
const ALIVE_FOR: Duration = Duration::from_secs(2);

/// Options of every command that starts a worker, whose words have the id `exec`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WorkerArgs {
    /// Return as soon as the worker has begun. The worker gets no input, writes to a log, and outlives tix
    #[arg(long, requires = "exec")]
    detach: bool,
    /// How long the worker must live to count as begun, such as 500ms or 5s; not 0 [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, requires = "exec")]
    alive_for: Option<Duration>,
    /// The worker counts as begun once it creates the file that `TIX_READY` names, which it must do within this time
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, requires = "exec")]
    #[arg(conflicts_with = "alive_for")]
    require_ready: Option<Duration>,
    /// Replace a worker that ended without tix seeing it
    #[arg(long, requires = "exec")]
    restart: bool,
}

impl WorkerArgs {
    /// What to start, if that is possible at all.
    pub fn command(&self, words: &[OsString], out: &Out) -> Result<CommandLine, Failure> {
        if out.format == Format::Json && !self.detach {
            let message = "--json needs --detach: the worker writes to stdout itself";
            return Err(Failure::new(Exit::Usage, message).hint("tix run --help"));
        }
        CommandLine::of(words)
            .ok_or_else(|| Failure::new(Exit::Usage, "the worker's command is empty"))
    }

    pub fn former(&self) -> Former {
        if self.restart { Former::Replace } else { Former::Respect }
    }

    pub fn waits(&self) -> bool {
        !self.detach
    }

    fn sign(&self) -> WorkerSign {
        match self.require_ready {
            Some(limit) => WorkerSign::ReadyWithin(limit),
            None => WorkerSign::AliveFor(self.alive_for.unwrap_or(ALIVE_FOR)),
        }
    }
}

/// A ticket that is held here, with its workspace.
pub struct Job<'a> {
    pub id: &'a TicketId,
    pub claim_id: &'a str,
    pub branch: &'a RefName,
    pub workspace: &'a Path,
}

/// Starts the worker of a ticket and waits until it has begun.
pub fn start(
    ctx: &Context<'_>,
    args: &WorkerArgs,
    line: &CommandLine,
    job: &Job<'_>,
) -> Result<(Started, WorkerJson), StartError> {
    let host = crate::env::host();
    let session = format!("worker-{}", crate::trunk::random_token());
    let order = WorkerOrder {
        id: job.id,
        claim_id: job.claim_id,
        session: &session,
        branch: job.branch,
        workspace: job.workspace,
        command: line,
        attachment: if args.detach { Attachment::Detached } else { Attachment::Foreground },
        sign: args.sign(),
        former: args.former(),
        host: &host,
        since: crate::clock::rfc3339(crate::clock::now()),
        deadline: Instant::now() + ctx.config.timeout,
    };
    let started = worker::start(&ctx.repo, &order)?;
    let (state, pid, exit, log) = match &started {
        Started::Running(running) => {
            let record = &running.record;
            ("running", Some(record.process.pid), None, record.log.as_deref())
        }
        Started::Done { ended, log } => ("done", None, Some(ended.code()), log.as_deref()),
    };
    let log = log.map(|log| log.display().to_string());
    let command = line.words();
    Ok((started, WorkerJson { state, pid, exit, host, session, command, log }))
}

/// Waits for the worker if wanted. In the foreground the exit code is the worker's.
pub fn finish(args: &WorkerArgs, started: Started) -> Result<u8, Failure> {
    match started {
        Started::Running(_) if args.detach => Ok(0),
        Started::Done { ended: WorkerEnd::Code(0), .. } => Ok(0),
        Started::Done { ended, log } if args.detach => {
            let message = format!("the worker has already ended, with {ended}");
            let log = log.map(|log| log.display().to_string());
            Err(Failure::new(Exit::Refused, message).maybe_fact("log", log))
        }
        Started::Done { ended, .. } => Ok(ended.code()),
        Started::Running(running) => {
            let ended = running.wait().map_err(|error| {
                Failure::new(Exit::Refused, format!("tix cannot wait for the worker: {error}"))
            })?;
            Ok(ended.code())
        }
    }
}

/// Human-readable output about a worker that was started.
pub fn in_words(worker: &WorkerJson) -> String {
    let what = match (worker.pid, worker.exit) {
        (Some(pid), _) => format!("  worker     process {pid}\n"),
        (None, Some(code)) => format!("  worker     done, with exit code {code}\n"),
        (None, None) => String::new(),
    };
    let log = worker.log.as_deref().map(|log| format!("  log        {}\n", shell_word(log)));
    what + &log.unwrap_or_default()
}

/// The failure to start a worker, for the user.
pub fn failure(error: StartError, id: &TicketId, args: &WorkerArgs) -> Failure {
    let again = format!("tix run {id} --restart -- <command>");
    let message = format!("{id}: {error}");
    match error {
        StartError::Busy => Failure::new(Exit::Held, message)
            .hint(format!("try again in a moment: tix run {id} -- <command>")),
        StartError::Live(record) => record_facts(Failure::new(Exit::Held, message), &record),
        StartError::Stale(record) => record_facts(Failure::new(Exit::Refused, message), &record)
            .hint(format!("start another in its place: {again}")),
        StartError::Elsewhere(record) => record_facts(Failure::new(Exit::Held, message), &record)
            .hint(format!("if you know that it has ended, start another in its place: {again}")),
        StartError::Interrupted(error) => error.into(),
        StartError::File { .. } | StartError::Unnamed(_) => not_written(message, "try again"),
        StartError::Spawn { .. } => Failure::new(Exit::Refused, message)
            .hint("a bare name is looked up on PATH, any other path in the workspace"),
        StartError::Unproved { why, said, log, .. } => {
            let exit = match &why {
                Unproved::Ended { ended, .. } if !args.detach => Exit::Worker(ended.code()),
                Unproved::Interrupted(crate::git::ExecError::Interrupted(signal)) => {
                    Exit::Signal(*signal)
                }
                Unproved::Ended { .. }
                | Unproved::NotReady { .. }
                | Unproved::Interrupted(_)
                | Unproved::Lost(_) => Exit::Refused,
            };
            let failure = Failure::new(exit, message)
                .maybe_fact("it said", said)
                .maybe_fact("log", log.map(|log| log.display().to_string()));
            match why {
                Unproved::NotReady { .. } => failure.hint(
                    "it must create the file that $TIX_READY names; --require-ready allows more time",
                ),
                Unproved::Ended { .. } | Unproved::Interrupted(_) | Unproved::Lost(_) => failure,
            }
        }
    }
}

fn record_facts(failure: Failure, record: &WorkerRecord) -> Failure {
    let log = record.log.as_ref().map(|log| log.display().to_string());
    failure
        .fact("process", record.process.pid.to_string())
        .fact("host", record.process.host.clone())
        .fact("since", record.since.clone())
        .fact("command", record.command.join(" "))
        .fact("workspace", record.workspace.display().to_string())
        .maybe_fact("log", log)
}

/// The worker of a ticket that has this claim now. An unreadable record is reported and hides nothing else.
pub fn now(ctx: &Context<'_>, id: &TicketId, claim: Option<&str>) -> Option<WorkerNow> {
    let seen = worker::of(&ctx.repo, id, &crate::env::host()).unwrap_or_else(|error| {
        ctx.out.warn(&error.to_string());
        None
    })?;
    let source = worker::record_path(&ctx.repo, id).display().to_string();
    let (state, record) = match seen {
        WorkerState::Starting => {
            return Some(WorkerNow { source, state: "starting", ..WorkerNow::default() });
        }
        WorkerState::Live(record) => ("live", record),
        WorkerState::Stale(record) => ("stale", record),
        WorkerState::Elsewhere(record) => ("elsewhere", record),
    };
    Some(WorkerNow {
        source,
        state,
        earlier: claim != Some(record.claim_id.as_str()),
        pid: Some(record.process.pid),
        host: Some(record.process.host),
        since: Some(record.since),
        command: Some(record.command),
        log: record.log.map(|log| log.display().to_string()),
    })
}

pub fn workspace(ctx: &Context<'_>, id: &TicketId) -> Result<Option<PathBuf>, Failure> {
    use super::board::Workspace;
    Ok(match super::board::workspace(ctx, id)? {
        Workspace::At(path) => Some(path),
        Workspace::Gone(_) | Workspace::None => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_must_live_for_as_long_as_the_help_says() {
        use clap::Args as _;
        assert_eq!(WorkerArgs::default().sign(), WorkerSign::AliveFor(Duration::from_secs(2)));
        let command = WorkerArgs::augment_args(clap::Command::new("run"));
        let option = command.get_arguments().find(|one| one.get_id() == "alive_for").unwrap();
        assert!(option.get_help().unwrap().to_string().contains("[default: 2s]"));
        let ready = WorkerArgs { require_ready: Some(ALIVE_FOR), ..WorkerArgs::default() };
        assert_eq!(ready.sign(), WorkerSign::ReadyWithin(ALIVE_FOR));
    }
}
