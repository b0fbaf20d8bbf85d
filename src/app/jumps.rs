//! The jumps of this machine's clock, as the runs of a clone have seen them.
//!
//! The clock on the wall can be set; the one that counts since the boot cannot. Each run compares the two, and keeps what
//! changed between them, until the next boot begins to count anew. A jump before the first run of a boot is not seen.

use std::path::Path;

use chrono::TimeDelta;

use crate::clock::{self, BootTime};
use crate::file;

/// A running clock is adjusted by less than this.
const SLACK: i64 = 60;

/// More steps than this are not kept: the last one decides.
const KEPT: usize = 16;

/// What the clock showed beside the one of the boot.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ClockSteps {
    boot: String,
    /// The seconds since the boot, and the time on the wall less these, where that was another than before.
    steps: Vec<(i64, i64)>,
}

/// Keeps what the clock shows now, if that is new. Nothing depends on this but the answer to [`was_steady`], so a failure
/// is none of the run's.
pub fn note(tix_dir: &Path) {
    let Some(now) = clock::boot_time() else { return };
    let path = tix_dir.join("clock");
    let known = file::read_own_text(&path).ok().and_then(|text| ClockSteps::read(&text));
    let seen = ClockSteps::with(known.clone(), &now, clock::now().timestamp());
    if known.as_ref() != Some(&seen) {
        file::replace(&path, seen.written().as_bytes()).ok();
    }
}

/// Whether the clock has not jumped in this time, by a part of it that matters.
pub fn was_steady(tix_dir: &Path, time: TimeDelta) -> bool {
    let Some(now) = clock::boot_time() else { return true };
    let text = file::read_own_text(&tix_dir.join("clock"));
    let known = text.ok().and_then(|text| ClockSteps::read(&text));
    known.is_none_or(|known| known.is_steady(&now, time.num_seconds()))
}

impl ClockSteps {
    fn with(known: Option<ClockSteps>, now: &BootTime, wall: i64) -> ClockSteps {
        let known = known.filter(|known| known.boot == now.boot);
        let mut seen = known.unwrap_or(ClockSteps { boot: now.boot.clone(), steps: Vec::new() });
        let offset = wall - now.seconds;
        if seen.steps.last().is_none_or(|(_, last)| (last - offset).abs() > SLACK) {
            seen.steps.push((now.seconds, offset));
            let more = seen.steps.len().saturating_sub(KEPT);
            seen.steps.drain(..more);
        }
        seen
    }

    fn is_steady(&self, now: &BootTime, time: i64) -> bool {
        let Some((_, last)) = self.steps.last() else { return true };
        let is_other = |(_, offset): &(i64, i64)| (offset - last).abs() > time / 4;
        let jump = self.steps.iter().rposition(is_other).and_then(|at| self.steps.get(at + 1));
        self.boot != now.boot || jump.is_none_or(|(since, _)| now.seconds - since >= time)
    }

    fn read(text: &str) -> Option<ClockSteps> {
        let (boot, steps) = text.split_once('\n')?;
        let step = |line: &str| {
            let (since, offset) = line.split_once(' ')?;
            Some((since.parse().ok()?, offset.parse().ok()?))
        };
        Some(ClockSteps {
            boot: boot.to_owned(),
            steps: steps.lines().map(step).collect::<Option<_>>()?,
        })
    }

    fn written(&self) -> String {
        let steps = self.steps.iter().map(|(since, offset)| format!("{since} {offset}\n"));
        format!("{}\n{}", self.boot, steps.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> BootTime {
        BootTime { boot: "one".to_owned(), seconds }
    }

    /// What runs have seen at these seconds since the boot, with the clock ahead by so many.
    fn seen(runs: &[(i64, i64)]) -> ClockSteps {
        let run = |known, (seconds, ahead): &(i64, i64)| {
            Some(ClockSteps::with(known, &at(*seconds), 1_000 + seconds + ahead))
        };
        runs.iter().fold(None, run).unwrap()
    }

    #[test]
    fn a_clock_that_jumped_is_steady_again_after_the_time_that_counts() {
        let steady = seen(&[(10, 0), (500, 20), (9_000, 40)]);
        assert_eq!(steady.steps, [(10, 1_000)]);
        assert!(steady.is_steady(&at(9_000), 7_200));
        let jumped = seen(&[(10, 0), (100, 90_000), (9_000, 90_000)]);
        assert_eq!(jumped.steps, [(10, 1_000), (100, 91_000)]);
        assert!(!jumped.is_steady(&at(7_000), 7_200) && jumped.is_steady(&at(7_300), 7_200));
        // A few minutes matter to nobody who waits for days.
        let little = seen(&[(10, 0), (100, 300)]);
        assert!(little.is_steady(&at(200), 7_200) && !little.is_steady(&at(200), 600));
        // What was set back counts as well, and another boot says nothing.
        assert!(!seen(&[(10, 0), (100, -90_000)]).is_steady(&at(200), 7_200));
        let other = BootTime { boot: "two".to_owned(), seconds: 50 };
        assert!(jumped.is_steady(&other, 7_200));
        assert_eq!(ClockSteps::with(Some(jumped), &other, 7).steps, [(50, -43)]);
    }

    #[test]
    fn what_is_written_reads_back_and_never_grows_long() {
        let jumps: Vec<(i64, i64)> = (0..40).map(|n| (n, n * 1_000)).collect();
        let seen = seen(&jumps);
        assert_eq!((seen.steps.len(), seen.steps.last()), (KEPT, Some(&(39, 40_000))));
        assert_eq!(ClockSteps::read(&seen.written()), Some(seen));
        assert_eq!(ClockSteps::read("one\nx y\n"), None);
    }
}
