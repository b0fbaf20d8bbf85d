//! The one clock, and the formats in which tix writes a time.
//!
//! Decisions never call [`now`]: they are given a time, so that a test can choose it and one operation writes the same
//! time everywhere.

use chrono::{DateTime, Local, SecondsFormat, Utc};

/// The present time, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The time since the last boot, which nobody can set, and what tells that boot from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootTime {
    pub boot: String,
    pub seconds: i64,
}

/// The time since the last boot: proc(5). `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub fn boot_time() -> Option<BootTime> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds = uptime.split('.').next()?.parse().ok()?;
    Some(BootTime { boot: boot.trim().to_owned(), seconds })
}

#[cfg(not(target_os = "linux"))]
pub fn boot_time() -> Option<BootTime> {
    None
}

/// The format of every time in front matter, trailers, JSON and the audit log: RFC 3339 in UTC with whole seconds,
/// `2025-12-11T17:47:03Z`. Texts of this format sort by time.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time of that format as the clock on a person's wall shows it, `2025-12-11T12:47:03-05:00`; where that is UTC, it is the
/// same. What stands behind it stays, and so does a text that does not begin with a time.
pub fn for_people(text: &str) -> String {
    let (time, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    match DateTime::parse_from_rfc3339(time) {
        Ok(at) => at.with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Secs, true) + rest,
        Err(_) => text.to_owned(),
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
}
