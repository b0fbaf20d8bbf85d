//! Signals to tix, and the process groups that must end with it.
//!
//! Ctrl-C on a terminal reaches only the foreground process group. A push runs in its own group (so that a deadline can
//! end it together with its helpers), so tix passes the signal on. The run then ends like after any error: destructors
//! remove scratch files and locks.

use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use super::exec::ExecError;

static CAUGHT: AtomicI32 = AtomicI32::new(0);
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static HEIRS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static LAST_ACT: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// The name of a signal, such as `SIGINT`, if it has one.
#[cfg(unix)]
pub fn name(signal: i32) -> Option<&'static str> {
    signal_hook::low_level::signal_name(signal)
}

/// Other systems have none.
#[cfg(not(unix))]
pub fn name(_: i32) -> Option<&'static str> {
    None
}

/// Fails when a signal has told tix to stop.
pub fn check() -> Result<(), ExecError> {
    match CAUGHT.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(ExecError::Interrupted(signal)),
    }
}

/// How long a signal may come after the end of the child that it ended too.
const LATE: Duration = Duration::from_millis(100);

/// The same for whoever has met a child's end: a terminal sends its signal to tix and to its children, and a child may have
/// ended of it before tix has it.
pub fn check_late() -> Result<(), ExecError> {
    let met = Instant::now();
    while check().is_ok() && met.elapsed() < LATE {
        std::thread::sleep(Duration::from_millis(2));
    }
    check()
}

/// What a call does when tix is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenTold {
    /// It is not started, and its answer does not count.
    End,
    /// It runs anyway: it cleans up, and takes milliseconds.
    Finish,
}

impl WhenTold {
    /// Fails when a signal has told tix to stop and the call stops for that.
    pub fn check(self) -> Result<(), ExecError> {
        if self == WhenTold::Finish { Ok(()) } else { check() }
    }
}

/// Starts to listen for SIGINT, SIGTERM and SIGHUP. A second signal ends the children at once.
#[cfg(unix)]
pub fn listen() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let first = CAUGHT.swap(signal, Ordering::SeqCst) == 0;
            for group in known(&GROUPS).iter() {
                send(
                    *group,
                    if first {
                        rustix::process::Signal::TERM
                    } else {
                        rustix::process::Signal::KILL
                    },
                );
            }
            for heir in known(&HEIRS).iter() {
                pass_on(*heir, signal);
            }
            // A thread of its own, so that a second signal is heard.
            if let Some(act) = LAST_ACT.lock().ok().and_then(|mut act| act.take()) {
                std::thread::spawn(act);
            }
        }
    });
    Ok(())
}

/// What the first signal sets off besides; for a process that waits for something that no signal ends.
pub fn when_caught(act: impl FnOnce() + Send + 'static) {
    if let Ok(mut last) = LAST_ACT.lock() {
        *last = Some(Box::new(act));
    }
}

/// On other systems children end with the console.
#[cfg(not(unix))]
pub fn listen() -> std::io::Result<()> {
    Ok(())
}

fn known(list: &'static Mutex<Vec<u32>>) -> std::sync::MutexGuard<'static, Vec<u32>> {
    // A poisoned list is still a list of numbers.
    list.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A child's process group, known to the signal listener while this value lives.
pub struct Group(u32);

impl Group {
    /// The group of a child that was started as its leader.
    pub fn of(child: &Child) -> Group {
        known(&GROUPS).push(child.id());
        Group(child.id())
    }

    /// Asks the group to end: git removes its lock files on SIGTERM, but not on SIGKILL.
    pub fn terminate(&self) {
        #[cfg(unix)]
        send(self.0, rustix::process::Signal::TERM);
    }

    pub fn kill(&self) {
        #[cfg(unix)]
        send(self.0, rustix::process::Signal::KILL);
    }
}

/// Asks every living group to end. A group leaves the list right after its leader was waited for; what is left are the
/// microseconds between the two, in which its number could become another's.
pub(super) fn terminate_all() {
    #[cfg(unix)]
    known(&GROUPS).iter().for_each(|group| send(*group, rustix::process::Signal::TERM));
}

/// The same for groups that did not.
pub(super) fn kill_all() {
    #[cfg(unix)]
    known(&GROUPS).iter().for_each(|group| send(*group, rustix::process::Signal::KILL));
}

impl Drop for Group {
    fn drop(&mut self) {
        known(&GROUPS).retain(|id| *id != self.0);
    }
}

/// A child in tix's own process group, to which SIGTERM and SIGHUP are passed on while this value lives.
///
/// SIGINT is not: the terminal sends it to everybody in the foreground, and many programs treat a second one as more
/// urgent than the first.
pub struct Heir(u32);

impl Heir {
    /// A child that was started in the group of tix.
    pub fn of(child: &Child) -> Heir {
        known(&HEIRS).push(child.id());
        // A signal that came after the child was started reached no heir. Sending it twice does no harm.
        #[cfg(unix)]
        pass_on(child.id(), CAUGHT.load(Ordering::SeqCst));
        Heir(child.id())
    }

    pub fn terminate(&self) {
        #[cfg(unix)]
        send_one(self.0, rustix::process::Signal::TERM);
    }

    pub fn kill(&self) {
        #[cfg(unix)]
        send_one(self.0, rustix::process::Signal::KILL);
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        known(&HEIRS).retain(|id| *id != self.0);
    }
}

#[cfg(unix)]
fn pass_on(heir: u32, signal: i32) {
    match signal {
        signal_hook::consts::SIGTERM => send_one(heir, rustix::process::Signal::TERM),
        signal_hook::consts::SIGHUP => send_one(heir, rustix::process::Signal::HUP),
        _ => {}
    }
}

#[cfg(unix)]
fn send_one(process: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // ESRCH: it has just ended, which is what was wanted.
        rustix::process::kill_process(pid, signal).ok();
    }
}

#[cfg(unix)]
fn send(group: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // ESRCH: the group has just ended, which is what was wanted.
        rustix::process::kill_process_group(pid, signal).ok();
    }
}
