//! Times as people give them on a command line.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ticket::moment;

/// A stretch of time: a number with `s`, `m`, `h`, `d` or `w`.
pub fn stretch(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("`{text}` is no time: write 90m, 12h, 3d or 2w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: i64 =
        text.trim_end_matches(unit).parse().ok().filter(|n| *n >= 0).ok_or_else(wrong)?;
    let stretch = match unit {
        's' => TimeDelta::try_seconds(number),
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        'w' => TimeDelta::try_weeks(number),
        _ => None,
    };
    stretch.ok_or_else(wrong)
}

/// A moment: said, or so long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl Since {
    pub fn read(text: &str) -> Result<Since, String> {
        if let Ok(stretch) = stretch(text) {
            return Ok(Since::Ago(stretch));
        }
        let wrong = || format!("`{text}` is no time: write 12h, 3d or 2026-01-31");
        moment(text).map(Since::At).ok_or_else(wrong)
    }

    pub fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Since::At(at) => at,
            Since::Ago(stretch) => {
                now.checked_sub_signed(stretch).unwrap_or(DateTime::<Utc>::MIN_UTC)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_a_unit_or_a_date() {
        let ago = |text| match Since::read(text) {
            Ok(Since::Ago(stretch)) => Some(stretch.num_seconds()),
            Ok(Since::At(_)) | Err(_) => None,
        };
        assert_eq!(
            ["90s", "2m", "1h", "3d", "1w"].map(ago),
            [90, 120, 3600, 259_200, 604_800].map(Some)
        );
        let noon = moment("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(Since::read("2026-01-31 12:00"), Ok(Since::At(noon)));
        assert_eq!(Since::Ago(TimeDelta::hours(12)).from(noon), moment("2026-01-31").unwrap());
        assert_eq!(Since::Ago(TimeDelta::MAX).from(noon), DateTime::<Utc>::MIN_UTC);
        for wrong in ["", "3", "-3d", "d", "3 d", "3y", "é", "yesterday", "99999999999999999d"] {
            assert!(Since::read(wrong).is_err(), "{wrong}");
        }
    }
}
