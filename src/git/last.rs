//! When every git of this process ends, where somebody waits for all of them together.

use std::sync::{Once, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::exec::{PATIENCE, TERM_GRACE};
use super::signals;

static LAST: OnceLock<Instant> = OnceLock::new();
static WATCHED: Once = Once::new();

/// How long to wait between two looks at what is still there.
const LOOK: Duration = Duration::from_millis(50);

/// Ends what git still does for this process when a git alone would have run out of patience.
pub fn end_all_soon() {
    LAST.get_or_init(|| Instant::now() + PATIENCE);
}

pub(super) fn moment() -> Option<Instant> {
    LAST.get().copied()
}

/// Sees to it that every living group ends by then, for a child that leads one: who reads an answer that does not come hears of
/// nothing else.
pub(super) fn watch() {
    let Some(last) = moment() else { return };
    WATCHED.call_once(|| {
        thread::spawn(move || {
            thread::sleep(last.saturating_duration_since(Instant::now()));
            loop {
                if last.elapsed() < TERM_GRACE {
                    signals::terminate_all();
                } else {
                    signals::kill_all();
                }
                thread::sleep(LOOK);
            }
        });
    });
}
