//! Moments as people and tools write them down.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A moment as people and tools write it; without a zone it is taken for UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let text = text.replace('T', " ");
    let minute = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    let day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    minute.or_else(day).map(|at| at.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let read = |text| moment(text).map(|at| at.to_rfc3339());
        let noon = Some("2025-12-03T12:00:00+00:00".to_owned());
        for text in [
            "2025-12-03T12:00:00Z",
            "2025-12-03T13:00:00+01:00",
            "2025-12-03 12:00",
            "2025-12-03T12:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2025-12-03").as_deref(), Some("2025-12-03T00:00:00+00:00"));
        assert_eq!(read("last week"), None);
    }
}
