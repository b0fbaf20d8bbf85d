//! Times, as people and tools write them into tickets.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The clocks of two places on earth differ by at most this: from UTC-12 to UTC+14.
const ZONES: TimeDelta = TimeDelta::hours(26);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketTime {
    /// The time; a text without a zone is read as UTC.
    pub at: DateTime<Utc>,
    /// How precise the text is.
    pub precision: Precision,
}

/// How precisely a text gives a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Zoned,
    /// Local time, zone unknown.
    Local,
    /// Only the day, zone unknown.
    Day,
}

impl TicketTime {
    /// Parses RFC 3339, `2025-12-03 19:30`, the same with seconds or with a `T`, and `2025-12-03`.
    pub fn read(text: &str) -> Option<TicketTime> {
        if let Some((at, precision)) = plain(text.trim()) {
            return Some(TicketTime { at: at.and_utc(), precision });
        }
        let at = DateTime::parse_from_rfc3339(text).ok()?;
        Some(TicketTime { at: at.to_utc(), precision: Precision::Zoned })
    }

    /// Whether this was before the other one, wherever the two were written. A text without a zone is compared exactly
    /// only with another of its kind, because one person's clock wrote both.
    pub fn is_surely_before(self, other: TicketTime) -> bool {
        let slack = |precision| match precision {
            Precision::Zoned => TimeDelta::zero(),
            Precision::Local => ZONES,
            Precision::Day => ZONES + TimeDelta::days(1),
        };
        let same = self.precision == other.precision && self.precision != Precision::Day;
        let slack = if same {
            TimeDelta::zero()
        } else {
            slack(self.precision).max(slack(other.precision))
        };
        other.at - self.at > slack
    }
}

/// A time as people and tools write it; without a zone it is read as UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    TicketTime::read(text).map(|moment| moment.at)
}

/// A time without a zone: a date, and after a blank or a `T` hours, minutes and perhaps seconds. Parsed by hand,
/// because a list of 20,000 tickets reads as many: chrono's formats take ten times as long.
fn plain(text: &str) -> Option<(NaiveDateTime, Precision)> {
    let number = |range: Range<usize>| {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
    };
    let has = |at: usize, signs: &[u8]| text.as_bytes().get(at).is_some_and(|b| signs.contains(b));
    if !(has(4, b"-") && has(7, b"-")) {
        return None;
    }
    let year = i32::try_from(number(0..4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let second = match text.len() {
        10 => return Some((day.and_hms_opt(0, 0, 0)?, Precision::Day)),
        16 => 0,
        19 if has(16, b":") => number(17..19)?,
        _ => return None,
    };
    if !(has(10, b" T") && has(13, b":")) {
        return None;
    }
    let at = day.and_hms_opt(number(11..13)?, number(14..16)?, second)?;
    Some((at, Precision::Local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> TicketTime {
        TicketTime::read(text).unwrap()
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let read = |text| moment(text).map(|at| at.to_rfc3339());
        let noon = Some("2025-12-03T12:00:00+00:00".to_owned());
        for text in [
            "2025-12-03T12:00:00Z",
            "2025-12-03T13:00:00+01:00",
            "2025-12-03 12:00",
            "2025-12-03T12:00",
            "2025-12-03 12:00:00",
            "2025-12-03T14:00:00.000+02:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2025-12-03").as_deref(), Some("2025-12-03T00:00:00+00:00"));
        for odd in [
            "last week",
            "2025-13-01",
            "2025-02-30 12:00",
            "2025-12-03 25:00",
            "2025-12-03 12",
            "2025-1-1",
            "+025-12-03",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_order_is_sure_only_when_no_zone_can_turn_it_round() {
        let before = |a: &str, b: &str| at(a).is_surely_before(at(b));
        assert!(before("2025-12-03 20:01", "2025-12-03 22:15"));
        assert!(!before("2025-12-03 20:01", "2025-12-03 20:01"));
        assert!(!before("2025-12-03T20:01:00Z", "2025-12-03 22:15"));
        assert!(before("2025-12-02T20:01:00Z", "2025-12-03 22:15"));
        assert!(!before("2025-12-03", "2025-12-04 10:00"));
        assert!(before("2025-12-01", "2025-12-05"));
    }
}
