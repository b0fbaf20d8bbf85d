//! How long to wait after a lost race.
//!
//! A lost push means that somebody else's landed, so the trunk makes progress however many machines contend. What
//! contention costs is work: sixteen machines that retry at once send sixteen pushes for one win. The pause trades idle
//! time for that work. `docs/guide/lock.md` has the figures behind the choices made here.

use std::time::Duration;

/// The window of the first pause, in attempts of one's own. A loser does not know whether it lost to one other or to
/// sixty; this serves up to about eight, and costs two contenders a mean of two attempts.
const FIRST: u32 = 4;

/// The widest window, in attempts. A window of sixteen would save sixty-four machines little work (4.7 pushes per win
/// instead of 5.0) and leave the last ones asleep while the trunk is idle.
const WIDEST: u32 = 12;

/// The longest window in time, for remotes so slow that twelve attempts take a minute.
const LONGEST: Duration = Duration::from_secs(8);

/// Growing, jittered pauses, measured in the length of one's own attempts.
///
/// The pause is drawn evenly from a window that doubles with each loss: those who lost to each other come back at
/// different times, further apart the more of them there are. The window never exceeds half of the remaining time: a
/// claimer tries harder as it gets older, and none sleeps through its last chance.
#[derive(Debug)]
pub struct Backoff {
    losses: u32,
    state: u64,
}

impl Backoff {
    /// Starts with this seed; no two claimers may share one.
    pub fn new(seed: u64) -> Backoff {
        Backoff { losses: 0, state: seed | 1 }
    }

    /// The pause after one more loss; `attempt` is how long the lost attempt took, `left` the time until the deadline.
    pub fn pause(&mut self, attempt: Duration, left: Duration) -> Duration {
        let attempts = FIRST.saturating_mul(1 << self.losses.min(8)).min(WIDEST);
        self.losses += 1;
        let window = attempt.saturating_mul(attempts).min(LONGEST).min(left / 2);
        window.mul_f64(self.next_unit())
    }

    /// A number in [0, 1): xorshift64*, which is plenty for spreading out sleepers.
    fn next_unit(&mut self) -> f64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(1_u32 << 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Duration = Duration::from_millis(40);
    const AGES: Duration = Duration::from_hours(1);

    /// The longest of many pauses after this many losses, in attempts: just below the window.
    fn window(losses: u32, attempt: Duration, left: Duration) -> f64 {
        let pauses = (1..=2000).map(|seed: u64| {
            let mut backoff =
                Backoff { losses, state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 };
            backoff.pause(attempt, left)
        });
        pauses.max().unwrap().as_secs_f64() / attempt.as_secs_f64()
    }

    #[test]
    fn two_claimers_pause_differently() {
        let [mut a, mut b] = [Backoff::new(1), Backoff::new(99)];
        let of = |x: &mut Backoff| (0..12).map(|_| x.pause(ATTEMPT, AGES)).collect::<Vec<_>>();
        assert_ne!(of(&mut a), of(&mut b));
    }

    #[test]
    fn windows_grow_from_four_attempts_to_twelve() {
        for (losses, attempts) in [(0, 4.0), (1, 8.0), (2, 12.0), (3, 12.0), (40, 12.0)] {
            let widest = window(losses, ATTEMPT, AGES);
            assert!(widest < attempts && widest > 0.97 * attempts, "{losses}: {widest}");
        }
    }

    #[test]
    fn a_slow_remote_is_not_waited_for_in_attempts() {
        let slow = Duration::from_secs(3);
        assert!(window(2, slow, AGES) < LONGEST.as_secs_f64() / slow.as_secs_f64());
    }

    #[test]
    fn nobody_sleeps_through_the_last_chance() {
        assert!(window(5, ATTEMPT, ATTEMPT) < 0.5);
        assert!(window(5, ATTEMPT, Duration::ZERO) <= 0.0);
    }
}
