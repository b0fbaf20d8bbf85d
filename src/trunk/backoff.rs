//! How long to wait after a lost race.

use std::time::Duration;

/// The longest pause: past it a claimer would sleep while the trunk lies idle.
const LONGEST: Duration = Duration::from_secs(4);

/// Growing, jittered pauses, measured in the length of one's own attempts.
///
/// The window doubles with each loss and the pause is drawn evenly from it: those who lost to each
/// other come back at different times, and the more of them there are the further apart.
#[derive(Debug)]
pub struct Backoff {
    losses: u32,
    state: u64,
}

impl Backoff {
    /// Begins with this seed; two claimers must not share one.
    pub fn new(seed: u64) -> Backoff {
        Backoff { losses: 0, state: seed | 1 }
    }

    /// The pause after one more loss; `attempt` is how long the lost attempt took.
    pub fn pause(&mut self, attempt: Duration) -> Duration {
        let window = attempt.saturating_mul(1 << self.losses.min(6)).min(LONGEST);
        self.losses += 1;
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

    #[test]
    fn pauses_stay_in_their_window_and_differ() {
        let attempt = Duration::from_millis(40);
        let mut a = Backoff::new(1);
        let mut b = Backoff::new(99);
        let first: Vec<_> = (0..12).map(|_| a.pause(attempt)).collect();
        let second: Vec<_> = (0..12).map(|_| b.pause(attempt)).collect();
        assert_ne!(first, second);
        assert!(first.iter().chain(&second).all(|p| *p < LONGEST));
        assert!(first.first().is_some_and(|p| *p < attempt));
    }
}
