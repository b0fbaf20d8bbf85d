//! Waits for a child, and ends it when it is no longer wanted.
//!
//! A child has ended when its process has. Open pipes do not matter: what a hook or ssh leaves behind has inherited
//! them, and may live for hours.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::exec::{ExecError, Finished};
use super::pipes::Pipes;
use super::signals::Group;

/// How long to wait on open, silent pipes before checking whether the child has ended. A child that leaves no process
/// behind closes its pipes, so it is not waited for this long.
const LOOK: Duration = Duration::from_millis(20);

/// How long to read a child's remaining output after it has ended. The output is in the pipes by then; it takes longer
/// only if a process that the child left behind never stops writing.
const READ_ON: Duration = Duration::from_secs(1);

/// How long a child may take to end after SIGTERM before it is killed: long enough for git to remove its lock files.
pub const TERM_GRACE: Duration = Duration::from_secs(2);

/// A call that runs on another thread.
pub struct RunningCall {
    thread: thread::JoinHandle<Result<Finished, ExecError>>,
    stop: Sender<NotWanted>,
}

/// The child's answer is no longer wanted.
pub(super) struct NotWanted;

/// Tells whoever waits for a child to stop it.
pub(super) struct StopChannel {
    tell: Sender<NotWanted>,
    hear: Receiver<NotWanted>,
}

impl StopChannel {
    pub(super) fn new() -> StopChannel {
        let (tell, hear) = mpsc::channel();
        StopChannel { tell, hear }
    }
}

impl RunningCall {
    pub(super) fn start(
        run: impl FnOnce(StopChannel) -> Result<Finished, ExecError> + Send + 'static,
    ) -> RunningCall {
        let line = StopChannel::new();
        RunningCall { stop: line.tell.clone(), thread: thread::spawn(move || run(line)) }
    }

    /// Whether it has ended, so that [`RunningCall::finish`] does not wait.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    pub fn finish(self) -> Result<Finished, ExecError> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Ends it, as a deadline would, and waits until it is gone: git gets time to remove its lock files.
    pub fn stop(self) {
        // A child that has ended no longer listens, and nothing needs to be done.
        self.stop.send(NotWanted).ok();
        if let Err(error) = self.finish() {
            tracing::debug!(%error, "stopped");
        }
    }
}

/// How a child ended, and what it wrote.
pub(super) type Output = (ExitStatus, Vec<u8>, Vec<u8>);

/// Where a child's stdout goes: into the [`Output`], or to a reader.
pub(super) enum StdoutTarget<'a> {
    Output,
    /// To this function, piece by piece as it arrives; nothing is kept.
    Reader(&'a mut dyn FnMut(&[u8])),
}

impl StdoutTarget<'_> {
    fn take(&mut self, stdout: &mut Vec<u8>) {
        if let (StdoutTarget::Reader(read), false) = (self, stdout.is_empty()) {
            read(stdout);
            stdout.clear();
        }
    }
}

/// Waits for a child; `None` when its time was up first, or it was stopped. A child that may have to be ended has its
/// own process group, so that its helpers end with it.
pub(super) fn wait_until(
    mut child: Child,
    group: Option<&Group>,
    is_late: &dyn Fn() -> bool,
    line: &StopChannel,
    mut target: StdoutTarget<'_>,
) -> io::Result<Option<Output>> {
    let mut pipes = Pipes::of(&mut child);
    let target = &mut target;
    let is_over = || {
        let stopped = group.is_some() && !matches!(line.hear.try_recv(), Err(TryRecvError::Empty));
        stopped || is_late()
    };
    let mut ended = end_of(&mut child, &mut pipes, group, target, is_over)?;
    let in_time = ended.is_some();
    if let (None, Some(group)) = (ended, group) {
        let grace = |until: Instant| move || until <= Instant::now();
        group.terminate();
        let over = grace(Instant::now() + TERM_GRACE);
        ended = end_of(&mut child, &mut pipes, Some(group), target, over)?;
        if ended.is_none() {
            group.kill();
            let over = grace(Instant::now() + TERM_GRACE);
            ended = end_of(&mut child, &mut pipes, Some(group), target, over)?;
        }
    }
    let status = ended.ok_or(io::ErrorKind::TimedOut)?;
    if !in_time {
        return Ok(None);
    }
    let until = Instant::now() + READ_ON;
    while pipes.read(Duration::ZERO)? && Instant::now() < until {
        target.take(pipes.stdout());
    }
    target.take(pipes.stdout());
    let [out, err] = pipes.into_bytes();
    Ok(Some((status, out, err)))
}

/// How the child ended, or nothing if waiting stops first. Its pipes are read meanwhile, so that it never waits for us.
fn end_of(
    child: &mut Child,
    pipes: &mut Pipes,
    group: Option<&Group>,
    target: &mut StdoutTarget<'_>,
    is_over: impl Fn() -> bool,
) -> io::Result<Option<ExitStatus>> {
    let mut looked = Instant::now();
    // As a rule, only microseconds pass between the end of the output and the end of the process.
    let mut pause = Duration::from_micros(50);
    loop {
        if pipes.are_closed() {
            if group.is_none() {
                return child.wait().map(Some);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LOOK);
        } else {
            let has_read = pipes.read(LOOK)?;
            target.take(pipes.stdout());
            if has_read && looked.elapsed() < LOOK {
                continue;
            }
        }
        looked = Instant::now();
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if is_over() {
            return Ok(None);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use crate::git::Program;

    fn said(script: &str) -> (Vec<u8>, String) {
        let ended = Program::new("sh", Path::new("/")).args(["-c", script]).run().unwrap();
        assert_eq!(ended.code, Some(0), "{ended}");
        (ended.stdout, ended.stderr)
    }

    /// The process left behind waits for a writer of a FIFO that never comes, and has both outputs open.
    #[test]
    fn what_a_child_wrote_is_whole_also_when_somebody_keeps_its_outputs() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        let left = format!("mkfifo '{0}'; (read -r x <'{0}') & ", fifo.display());
        let write = "head -c 3000000 /dev/zero; echo last >&2; printf end";
        for script in [write.to_owned(), format!("{left}{write}")] {
            let (out, err) = said(&script);
            assert_eq!((out.len(), err.as_str()), (3_000_003, "last\n"), "{script}");
            assert!(out.ends_with(b"\0end"));
        }
        // The process is still there to read this end.
        drop(std::fs::OpenOptions::new().write(true).open(fifo).unwrap());
    }

    #[test]
    fn a_child_that_closes_its_outputs_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let sign = dir.path().join("sign");
        let work = format!("head -c 30000000 /dev/zero | cksum >'{}'", sign.display());
        assert_eq!(said(&format!("printf x; exec >&- 2>&-; {work}")).0, b"x");
        assert!(sign.exists());
    }

    #[test]
    fn one_that_never_stops_writing_does_not_hold_us() {
        let (out, _) = said("(while printf 'yes\\n'; do :; done) & printf end");
        assert!(!out.is_empty());
    }
}
