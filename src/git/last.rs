//! When every git of this process ends, where somebody waits for all of them together.

use std::process::Child;
use std::sync::OnceLock;
use std::time::Instant;

use super::exec::PATIENCE;

static LAST: OnceLock<Instant> = OnceLock::new();

/// Ends what git still does for this process when a git alone would have run out of patience.
pub fn end_all_soon() {
    LAST.get_or_init(|| Instant::now() + PATIENCE);
}

pub(super) fn moment() -> Option<Instant> {
    LAST.get().copied()
}

/// Ends a child by then that leads a group: who reads an answer that does not come hears of nothing else.
#[cfg(unix)]
pub(super) fn watch(child: &Child) {
    let Some(last) = moment() else { return };
    let group = rustix::process::Pid::from_child(child);
    std::thread::spawn(move || {
        std::thread::sleep(last.saturating_duration_since(Instant::now()));
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
    });
}

#[cfg(not(unix))]
pub(super) fn watch(_: &Child) {}
