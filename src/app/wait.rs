//! Waiting until the trunk moves.

use std::time::{Duration, Instant};

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::git::signals;
use crate::names::Oid;

/// How long after one look at the remote the next one follows: at first, and at most. A question for one ref costs the
/// server as much as a web page, and an agent that waits for a minute does not mind ten seconds.
const LOOKS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// How long a signal may go unnoticed during a sleep.
const NAP: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Yes,
    /// It had not until the deadline.
    No,
}

/// Waits until the trunk has moved. It asks the remote for this one ref and fetches nothing; if an answer fails to come,
/// it asks again.
pub fn await_news(
    ctx: &Context<'_>,
    seen: Option<&Oid>,
    deadline: Instant,
) -> Result<News, Failure> {
    let mut interval = LOOKS[0];
    loop {
        ctx.out.progress("nothing to do; waiting for a ticket …");
        let until = deadline.min(Instant::now() + interval);
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|d| !d.is_zero())
        {
            signals::check()?;
            held(ctx)?;
            std::thread::sleep(left.min(NAP));
        }
        if Instant::now() >= deadline {
            return Ok(News::No);
        }
        let now = match &ctx.remote {
            Some(remote) => {
                let patience = deadline.max(Instant::now() + LOOKS[1]);
                match ctx.repo.ls_remote(remote, &[ctx.trunk.as_str()], patience) {
                    Ok(refs) => refs.into_iter().find(|r| r.name == ctx.trunk).map(|r| r.oid),
                    Err(error) => {
                        tracing::info!(%error, "the remote does not answer");
                        seen.cloned()
                    }
                }
            }
            None => ctx.objects.resolve(ctx.trunk.as_str())?,
        };
        if now.as_ref() != seen {
            // What nobody waits for is not begun.
            held(ctx)?;
            return Ok(News::Yes);
        }
        interval = (interval * 2).min(LOOKS[1]);
    }
}

/// Fails when whoever started this wait has let it go.
fn held(ctx: &Context<'_>) -> Result<(), Failure> {
    if ctx.env.is_leashed() && has_ended(&std::io::stdin()) {
        return Err(Failure::new(Exit::Unreachable, "nobody waits for the answer any more"));
    }
    Ok(())
}

/// Whether the other end of a pipe is closed.
#[cfg(unix)]
fn has_ended(pipe: &impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut pipes = [PollFd::new(pipe, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // Without an answer it is taken to be open.
    poll(&mut pipes, Some(&at_once)).is_ok()
        && pipes.iter().any(|pipe| pipe.revents().contains(PollFlags::HUP))
}

#[cfg(not(unix))]
fn has_ended<T>(_: &T) -> bool {
    false
}

/// The moment until which to wait, if at all.
pub fn patience(wait: Option<Duration>) -> Option<Instant> {
    wait.map(|wait| Instant::now() + wait.min(YEAR))
}

/// A longer wait is as good as for ever, and an instant this far away can always be computed.
const YEAR: Duration = Duration::from_hours(365 * 24);
