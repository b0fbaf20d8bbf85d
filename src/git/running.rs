//! Waiting for a child that was started, and ending it when it is not wanted any more.

use std::io::{self, Read};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::exec::{ExecError, Finished};
use super::signals;

/// How long the output pipes may stay open after git itself has ended. A process that git leaves
/// behind (an SSH connection that is kept open for the next one) inherits stderr and would hold
/// us until it ends too.
const PIPE_GRACE: Duration = Duration::from_millis(300);

/// How long a child may take to end after SIGTERM before it is killed: long enough for git to
/// remove its lock files.
pub const TERM_GRACE: Duration = Duration::from_secs(2);

/// A call that runs on another thread.
pub struct RunningCall {
    thread: thread::JoinHandle<Result<Finished, ExecError>>,
    line: Sender<ChildMessage>,
}

/// What whoever waits for a child hears of.
pub(super) enum ChildMessage {
    Ended(io::Result<ExitStatus>),
    /// Nobody wants its answer any more.
    Stop,
}

pub(super) struct ChildChannel {
    tell: Sender<ChildMessage>,
    hear: Receiver<ChildMessage>,
}

impl ChildChannel {
    pub(super) fn new() -> ChildChannel {
        let (tell, hear) = mpsc::channel();
        ChildChannel { tell, hear }
    }
}

impl RunningCall {
    pub(super) fn start(
        run: impl FnOnce(ChildChannel) -> Result<Finished, ExecError> + Send + 'static,
    ) -> RunningCall {
        let line = ChildChannel::new();
        RunningCall { line: line.tell.clone(), thread: thread::spawn(move || run(line)) }
    }

    /// Whether the end is there, so that [`RunningCall::finish`] does not wait.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    pub fn finish(self) -> Result<Finished, ExecError> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Ends it, as a deadline would, and waits until it is gone: git is given the time to remove its lock files.
    pub fn stop(self) {
        // One that has ended hears nothing any more, and nothing is to be done about it.
        self.line.send(ChildMessage::Stop).ok();
        if let Err(error) = self.finish() {
            tracing::debug!(%error, "stopped");
        }
    }
}

/// How a child ended, and what it wrote to its outputs.
pub(super) type Output = (ExitStatus, Vec<u8>, Vec<u8>);

/// Waits for a child in a process group of its own; `None` when the moment passed first, or it was stopped.
pub(super) fn wait_until(
    mut child: Child,
    at: Option<Instant>,
    line: ChildChannel,
) -> io::Result<Option<Output>> {
    let group = signals::Group::of(&child);
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let ChildChannel { tell, hear } = line;
    thread::spawn(move || tell.send(ChildMessage::Ended(child.wait())).ok());
    let first = match at {
        Some(at) => hear.recv_timeout(at.saturating_duration_since(Instant::now())),
        None => hear.recv().map_err(|mpsc::RecvError| RecvTimeoutError::Disconnected),
    };
    let (status, in_time) = match first {
        Ok(ChildMessage::Ended(status)) => (status, true),
        Ok(ChildMessage::Stop)
        | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            group.terminate();
            let ended = ended_within(&hear, TERM_GRACE).or_else(|| {
                group.kill();
                ended_within(&hear, TERM_GRACE)
            });
            (ended.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())), false)
        }
    };
    drop(group);
    let status = status?;
    if !in_time {
        return Ok(None);
    }
    let (out, err) = match at {
        Some(at) => {
            let left = at.saturating_duration_since(Instant::now());
            (stdout.recv_timeout(PIPE_GRACE.max(left)).ok(), stderr.recv_timeout(PIPE_GRACE).ok())
        }
        None => (stdout.recv().ok(), stderr.recv().ok()),
    };
    Ok(Some((status, out.unwrap_or_default(), err.unwrap_or_default())))
}

/// How the child ended, if it did within this time. That it is to stop may be said meanwhile, and is known.
fn ended_within(hear: &Receiver<ChildMessage>, limit: Duration) -> Option<io::Result<ExitStatus>> {
    let until = Instant::now() + limit;
    loop {
        match hear.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(ChildMessage::Ended(status)) => return Some(status),
            Ok(ChildMessage::Stop) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (tell, done) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still what git said.
            pipe.read_to_end(&mut bytes).ok();
        }
        tell.send(bytes).ok();
    });
    done
}
