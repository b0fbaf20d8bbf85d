//! Moments as people and tools write them into tickets.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The clocks of two places on earth differ by at most this much: from UTC-12 to UTC+14.
const ZONES: TimeDelta = TimeDelta::hours(26);

/// A moment that a ticket speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it was; without a zone the text is taken for UTC.
    pub at: DateTime<Utc>,
    /// How exactly the text says so.
    pub precision: Precision,
}

/// How exactly a text tells a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// With its zone.
    Zoned,
    /// By the clock on somebody's wall.
    Local,
    /// The day only, on somebody's calendar.
    Day,
}

impl Moment {
    /// Reads RFC 3339, `2025-12-03 19:30`, the same with seconds or with a `T`, and `2025-12-03`.
    pub fn read(text: &str) -> Option<Moment> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(Moment { at: at.to_utc(), precision: Precision::Zoned });
        }
        let text = text.replace('T', " ");
        let minute = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
        let local = minute.map(|at| Moment { at: at.and_utc(), precision: Precision::Local });
        let day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
        local.or_else(|| day().map(|at| Moment { at: at.and_utc(), precision: Precision::Day }))
    }

    /// Whether this was before the other one, wherever the two were written down: a text without a zone is compared
    /// exactly only with another of its kind, because one person's clock wrote both.
    pub fn is_surely_before(self, other: Moment) -> bool {
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

/// A moment as people and tools write it; without a zone it is taken for UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    Moment::read(text).map(|moment| moment.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::read(text).unwrap()
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let noon = at("2025-12-03T12:00:00Z").at;
        for text in ["2025-12-03T13:00:00+01:00", "2025-12-03 12:00", "2025-12-03T12:00"] {
            assert_eq!(at(text).at, noon, "{text}");
        }
        assert_eq!(at("2025-12-03").at, noon - TimeDelta::hours(12));
        assert_eq!(Moment::read("last week"), None);
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
