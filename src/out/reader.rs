//! Whether whoever reads the output still does.

use std::io;
use std::time::Duration;

/// What can be written without waiting wherever there is room: POSIX's least `PIPE_BUF`.
pub const PORTION: usize = 512;

/// Waits until the output takes something. While the input is open that may be long: whoever sends can still read. Once it is
/// closed nothing but reading can be left to do, and whoever does not for this long has gone.
#[cfg(unix)]
pub fn await_room(output: &impl std::os::fd::AsFd, unread: Duration) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    #[cfg(target_os = "linux")]
    const CLOSED: PollFlags = PollFlags::HUP.union(PollFlags::RDHUP);
    #[cfg(not(target_os = "linux"))]
    const CLOSED: PollFlags = PollFlags::HUP;

    let stdin = io::stdin();
    let limit = Timespec::try_from(unread).map_err(io::Error::other)?;
    let mut is_closed = false;
    loop {
        let mut both = [PollFd::new(output, PollFlags::OUT), PollFd::new(&stdin, CLOSED)];
        let waited = if is_closed {
            let [room, _] = &mut both;
            poll(std::slice::from_mut(room), Some(&limit))
        } else {
            poll(&mut both, None)
        };
        match waited {
            Ok(0) => return Err(io::ErrorKind::BrokenPipe.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [room, input] = &both;
        if !room.revents().is_empty() {
            return Ok(());
        }
        is_closed |= !input.revents().is_empty();
    }
}

/// Waits at most this long, or for ever, until whoever reads the output has gone; whether that is so. Nobody ever goes where the
/// system cannot tell, as with a file.
#[cfg(unix)]
pub fn has_gone(output: &impl std::os::fd::AsFd, limit: Option<Duration>) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    loop {
        // Not asked for, an error or the end is told all the same.
        let mut one = [PollFd::new(output, PollFlags::empty())];
        match poll(&mut one, limit.as_ref()) {
            Ok(told) => return told > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(not(unix))]
pub fn has_gone<O>(_: &O, _: Option<Duration>) -> bool {
    false
}

/// Elsewhere a write waits.
#[cfg(not(unix))]
pub fn await_room<O>(_: &O, _: Duration) -> io::Result<()> {
    Ok(())
}
