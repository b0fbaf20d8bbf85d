//! The axes of the charts: their ends and their marks.

/// The end of an axis that reaches `most`, and the numbers at its marks: at most seven round ones.
pub(super) fn axis(most: usize) -> (usize, Vec<usize>) {
    let round = (0..18).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_usize.pow(power)));
    let step = round.into_iter().find(|step| most.div_ceil(*step) <= 6).unwrap_or(most);
    let end = most.div_ceil(step).max(1) * step;
    (end, (0..=end).step_by(step).collect())
}

/// The times at which an axis can have a mark. Each is about one and a half times or twice the one before, because cycle
/// times range from seconds to years.
const TIMES: [(i64, &str); 37] = [
    (1, "1 s"),
    (2, "2 s"),
    (5, "5 s"),
    (10, "10 s"),
    (20, "20 s"),
    (30, "30 s"),
    (MINUTE, "1 min"),
    (2 * MINUTE, "2 min"),
    (5 * MINUTE, "5 min"),
    (10 * MINUTE, "10 min"),
    (20 * MINUTE, "20 min"),
    (30 * MINUTE, "30 min"),
    (HOUR, "1 h"),
    (2 * HOUR, "2 h"),
    (3 * HOUR, "3 h"),
    (6 * HOUR, "6 h"),
    (12 * HOUR, "12 h"),
    (18 * HOUR, "18 h"),
    (DAY, "1 d"),
    (DAY * 3 / 2, "36 h"),
    (2 * DAY, "2 d"),
    (3 * DAY, "3 d"),
    (5 * DAY, "5 d"),
    (7 * DAY, "7 d"),
    (10 * DAY, "10 d"),
    (14 * DAY, "14 d"),
    (21 * DAY, "21 d"),
    (30 * DAY, "30 d"),
    (60 * DAY, "60 d"),
    (90 * DAY, "90 d"),
    (180 * DAY, "180 d"),
    (365 * DAY, "1 year"),
    (730 * DAY, "2 years"),
    (1825 * DAY, "5 years"),
    (3650 * DAY, "10 years"),
    (7300 * DAY, "20 years"),
    (18250 * DAY, "50 years"),
];
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A logarithmic axis of times, from below the least to above the greatest.
pub(super) struct TimeAxis(Vec<(i64, &'static str)>);

impl TimeAxis {
    /// An axis for times in seconds, with four to seven marks.
    pub(super) fn around(times: impl Iterator<Item = i64> + Clone) -> TimeAxis {
        let (least, most) = (times.clone().min(), times.max());
        let end = TIMES.len() - 1;
        let at_most = |time: i64| TIMES.iter().rposition(|(mark, _)| *mark <= time).unwrap_or(0);
        let at_least = |time: i64| TIMES.iter().position(|(mark, _)| *mark >= time).unwrap_or(end);
        let mut bottom = at_most(least.unwrap_or(HOUR));
        let mut top = at_least(most.unwrap_or(DAY));
        // Little data in the middle of the picture rather than on its edge.
        while top - bottom < 3 {
            (bottom, top) = (bottom.saturating_sub(1), (top + 1).min(end));
        }
        let step = (top - bottom).div_ceil(6);
        // Both ends are marks, so the axis may reach further than it must.
        let wide = (top - bottom).div_ceil(step) * step;
        let bottom = bottom.min(end - wide);
        TimeAxis(TIMES.iter().skip(bottom).take(wide + 1).step_by(step).copied().collect())
    }

    /// The height of a time, from 0 to 1.
    pub(super) fn height(&self, seconds: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds of at most years, for a drawing")]
        let log = |seconds: i64| (seconds.max(1) as f64).ln();
        let ends = self.0.first().zip(self.0.last());
        let (bottom, top) = ends.map_or((0.0, 1.0), |(first, last)| (log(first.0), log(last.0)));
        ((log(seconds) - bottom) / (top - bottom)).clamp(0.0, 1.0)
    }

    /// The height of each mark, and its label.
    pub(super) fn marks(&self) -> Vec<(f64, String)> {
        self.0.iter().map(|(time, word)| (self.height(*time), (*word).to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_marks_and_reaches_the_most() {
        assert_eq!(axis(0), (1, vec![0, 1]));
        assert_eq!(axis(3), (3, vec![0, 1, 2, 3]));
        assert_eq!(axis(7), (8, vec![0, 2, 4, 6, 8]));
        assert_eq!(axis(42), (50, vec![0, 10, 20, 30, 40, 50]));
        assert_eq!(axis(110), (120, vec![0, 20, 40, 60, 80, 100, 120]));
        assert_eq!(axis(21_000), (25_000, vec![0, 5_000, 10_000, 15_000, 20_000, 25_000]));
    }

    #[test]
    fn an_axis_of_times_fits_them_and_has_four_to_seven_marks() {
        let words = |times: &[i64]| {
            let axis = TimeAxis::around(times.iter().copied());
            let inside = times.iter().map(|time| axis.height(*time));
            assert!(inside.into_iter().all(|height| height <= 1.0), "{times:?}");
            axis.0.iter().map(|(_, word)| *word).collect::<Vec<_>>()
        };
        assert_eq!(words(&[2]), ["1 s", "2 s", "5 s", "10 s"]);
        assert_eq!(words(&[28 * HOUR]), ["18 h", "1 d", "36 h", "2 d"]);
        assert_eq!(words(&[HOUR, 20 * DAY]), ["1 h", "6 h", "1 d", "3 d", "10 d", "30 d"]);
        assert!(words(&[]).len() >= 4);
        for (n, (least, _)) in TIMES.iter().enumerate() {
            for (most, _) in TIMES.iter().skip(n) {
                let marks = words(&[*least, *most]);
                assert!((4..=7).contains(&marks.len()), "{marks:?}");
            }
        }
    }
}
