//! The one clock, and the three ways in which tix writes a moment down.
//!
//! Decisions never call [`now`]: they are handed a moment, so that a test can choose it and one
//! operation writes the same time everywhere.

use chrono::{DateTime, SecondsFormat, Utc};

/// The present moment, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The form of every time in front matter, trailers, JSON and the audit log: RFC 3339 in UTC with
/// whole seconds, `2025-12-11T17:47:03Z`. Texts of this form sort by time.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How long ago `from` was, as [`span`] says it.
///
/// A moment that lies ahead of `to` is `0 s` old: it was written by a machine whose clock runs
/// ahead of this one, and a negative age tells a reader nothing else.
pub fn age(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    span((to - from).max(chrono::TimeDelta::zero()))
}

/// A length of time in the one unit that a glance needs: `42 s`, `7 min`, `3 h`, `12 d`. Rounds down. Every output for
/// people says it in this way, so that two of them never seem to differ.
pub fn span(length: chrono::TimeDelta) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 12, 11, 12, 0, 0).unwrap()
    }

    #[test]
    fn a_time_is_written_in_utc_with_whole_seconds() {
        let at = noon() + TimeDelta::milliseconds(999);
        assert_eq!(rfc3339(at), "2025-12-11T12:00:00Z");
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_second() {
        let at = DateTime::parse_from_rfc3339(&rfc3339(noon())).unwrap();
        assert_eq!(at, noon());
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
}
