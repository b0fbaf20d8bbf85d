//! How long a transaction keeps trying.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many attempts a transaction makes before its time is up, however long one of them takes. Sixty-four machines
/// that claim at once behind a slow remote need at least forty attempts' time, since no claim can be decided before the
/// one ahead has landed; on top of that they lose races.
const ATTEMPTS: u32 = 80;

/// Whether a slow remote gets more time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineGrowth {
    /// Eighty times the longest attempt, if that is longer.
    WithAttempts,
    /// Somebody has set the time and meant it.
    None,
}

/// When a transaction ends at the latest.
#[derive(Debug)]
pub struct Deadline {
    began: Instant,
    at: Cell<Instant>,
    growth: DeadlineGrowth,
}

impl Deadline {
    pub fn new(began: Instant, timeout: Duration, growth: DeadlineGrowth) -> Deadline {
        Deadline { began, at: Cell::new(began + timeout), growth }
    }

    pub fn at(&self) -> Instant {
        self.at.get()
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.at()
    }

    pub fn left(&self) -> Duration {
        self.at().saturating_duration_since(Instant::now())
    }

    /// Records how long an attempt took.
    pub(super) fn note_attempt(&self, attempt: Duration) {
        if self.growth == DeadlineGrowth::WithAttempts {
            self.at.set(self.at().max(self.began + attempt.saturating_mul(ATTEMPTS)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_attempts_get_more_time_unless_somebody_has_said_how_long() {
        let began = Instant::now();
        let after = |growth| {
            let deadline = Deadline::new(began, Duration::from_mins(1), growth);
            deadline.note_attempt(Duration::from_millis(500));
            let quick = deadline.at() - began;
            deadline.note_attempt(Duration::from_secs(4));
            deadline.note_attempt(Duration::from_secs(2));
            (quick, deadline.at() - began)
        };
        let minutes = |quick, slow| (Duration::from_secs(quick), Duration::from_secs(slow));
        assert_eq!(after(DeadlineGrowth::WithAttempts), minutes(60, 320));
        assert_eq!(after(DeadlineGrowth::None), minutes(60, 60));
    }
}
