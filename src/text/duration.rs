//! Durations, as people write them and as tix shows them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 6] =
    [("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1)];

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A text that is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a duration as 90s, 10m, 1h30m or 7d, or as a number of seconds")]
pub struct BadDuration;

/// Parses a duration: whole numbers, each with `w`, `d`, `h`, `m`, `s` or `ms`, larger units first; or one number of
/// seconds.
pub fn parse(text: &str) -> Result<Duration, BadDuration> {
    if let Some(seconds) = whole(text) {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (digits, behind) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, behind) = split_where(behind, |c| c.is_ascii_digit());
        // After a unit only smaller ones may follow: `1h30m`, but not `30m1h` or `1h1h`.
        let (_, millis) = units.find(|(name, _)| *name == unit).ok_or(BadDuration)?;
        let part = whole(digits).and_then(|number| number.checked_mul(*millis));
        sum = part.and_then(|part| sum.checked_add(part)).ok_or(BadDuration)?;
        rest = behind;
    }
    if text.is_empty() { Err(BadDuration) } else { Ok(Duration::from_millis(sum)) }
}

/// Like [`parse`], for a command line where zero makes no sense.
pub fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text) {
        Ok(Duration::ZERO) => Err("it must be longer than 0s".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// Parses a whole number; `parse` alone would accept a sign.
fn whole(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn split_where(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// The duration as a difference of two times. One that is too long for that counts as for ever.
pub fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// A duration in one unit, for a glance: `42 s`, `7 min`, `3 h`, `12 d`. Rounds down. All output for people shows ages
/// like this, so that two of them never seem to differ.
pub fn rough(length: TimeDelta) -> String {
    if length.num_seconds() < 60 {
        format!("{} s", length.num_seconds())
    } else if length.num_minutes() < 60 {
        format!("{} min", length.num_minutes())
    } else if length.num_hours() < 48 {
        format!("{} h", length.num_hours())
    } else {
        format!("{} d", length.num_days())
    }
}

/// How long ago `from` was, roughly.
///
/// A time later than `to` is `0 s` old: a machine whose clock is ahead wrote it, and a negative age would tell a reader
/// nothing more.
pub fn age(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    rough((to - from).max(TimeDelta::zero()))
}

/// A limit that somebody set, in the form that tix reads, in its largest exact unit except weeks: `90m`, `7d`.
pub fn exact(limit: TimeDelta) -> String {
    let millis = limit.num_milliseconds().unsigned_abs();
    let unit = UNITS.iter().skip(1).find(|(_, unit)| millis.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(&("ms", 1));
    format!("{}{name}", millis / unit)
}

/// How long something took: `70 ms`, `1.2 s`, and roughly from one minute on.
pub fn took(time: Duration) -> String {
    let (seconds, tenths) = (time.as_secs(), time.subsec_millis() / 100);
    match (seconds, tenths) {
        (0, _) => format!("{} ms", time.as_millis()),
        (60.., _) => rough(delta(time)),
        (_, 0) => format!("{seconds} s"),
        _ => format!("{seconds}.{tenths} s"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_duration_is_numbers_with_units_or_seconds() {
        let read = [
            ("60", 60_000),
            ("0", 0),
            ("90s", 90_000),
            ("10m", 600_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("500ms", 500),
            ("1h30m", 5_400_000),
            ("1w2d3h4m5s6ms", 788_645_006),
        ];
        for (text, millis) in read {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse("18446744073709551615"), Ok(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let wrong = [
            "",
            " ",
            "m",
            "-1",
            "+1",
            "-3d",
            "+1s",
            "1.5",
            "1.5s",
            "1 m",
            "1m ",
            "3y",
            "1M",
            "é",
            "3é",
            "30m1h",
            "1h1h",
            "1h30",
            "30s1ms1ms",
            "yesterday",
            "NaN",
            "1e9",
            "18446744073709551616",
            "18446744073709551615s",
            "99999999999999999d",
        ];
        for text in wrong {
            assert_eq!(parse(text), Err(BadDuration), "{text}");
        }
    }

    #[test]
    fn no_time_at_all_can_be_refused() {
        assert_eq!(parse_positive("1ms"), Ok(Duration::from_millis(1)));
        for text in ["0", "0s", "0h0ms"] {
            assert!(parse_positive(text).unwrap_err().contains("longer"), "{text}");
        }
        assert_eq!(parse_positive("soon"), Err(BadDuration.to_string()));
    }

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 12, 11, 12, 0, 0).unwrap()
    }

    #[test]
    fn an_age_has_one_unit_and_rounds_down() {
        let ages = [0, 59, 60, 3_599, 3_600, 172_799, 172_800, 34_560_000]
            .map(|seconds| age(noon(), noon() + TimeDelta::seconds(seconds)));
        let expected = ["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d", "400 d"];
        assert_eq!(ages, expected);
    }

    #[test]
    fn a_clock_that_runs_ahead_gives_no_negative_age() {
        assert_eq!(age(noon() + TimeDelta::hours(5), noon()), "0 s");
    }

    #[test]
    fn a_short_time_is_told_more_finely() {
        let times = [0, 999, 1000, 1290, 59_999, 60_000].map(|ms| took(Duration::from_millis(ms)));
        assert_eq!(times, ["0 ms", "999 ms", "1 s", "1.2 s", "59.9 s", "1 min"]);
    }

    proptest! {
        #[test]
        fn a_limit_is_told_as_it_can_be_set(millis in prop_oneof![0..100_000_u64, 0..u64::MAX / 2], unit in 0..UNITS.len()) {
            let limit = Duration::from_millis(millis / UNITS[unit].1 * UNITS[unit].1);
            prop_assert_eq!(parse(&exact(delta(limit))), Ok(limit));
        }

        #[test]
        fn no_text_panics(text: String, near in "[0-9wdhms]{0,12}") {
            prop_assert!(parse(&text).is_err() || text.is_ascii());
            parse(&near).ok();
        }
    }
}
