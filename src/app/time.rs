//! Times on the command line.

use chrono::{DateTime, TimeDelta, Utc};

use crate::text::duration;
use crate::ticket::moment;

/// A moment: a date, or a time ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinceArg {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl SinceArg {
    pub fn read(text: &str) -> Result<SinceArg, String> {
        if let Ok(duration) = duration::parse(text) {
            return Ok(SinceArg::Ago(duration::delta(duration)));
        }
        let wrong =
            || "a time is a duration such as 12h or 3d, or a date such as 2026-01-31".to_owned();
        moment(text).map(SinceArg::At).ok_or_else(wrong)
    }

    pub fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            SinceArg::At(at) => at,
            SinceArg::Ago(delta) => {
                now.checked_sub_signed(delta).unwrap_or(DateTime::<Utc>::MIN_UTC)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_duration_or_a_date() {
        assert_eq!(SinceArg::read("1h30m"), Ok(SinceArg::Ago(TimeDelta::minutes(90))));
        let noon = moment("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(SinceArg::read("2026-01-31 12:00"), Ok(SinceArg::At(noon)));
        assert_eq!(SinceArg::Ago(TimeDelta::hours(12)).from(noon), moment("2026-01-31").unwrap());
        assert_eq!(SinceArg::Ago(TimeDelta::MAX).from(noon), DateTime::<Utc>::MIN_UTC);
        for wrong in ["", "-3d", "3y", "yesterday", "2026-13-31"] {
            assert!(SinceArg::read(wrong).is_err(), "{wrong}");
        }
    }
}
