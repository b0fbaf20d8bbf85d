//! Moments as people and tools write them down.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A moment as people and tools write it; without a zone it is taken for UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    match plain(text.trim()) {
        Some(at) => Some(at.and_utc()),
        None => DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()),
    }
}

/// A moment without a zone: a date, and behind a blank or a `T` hours and minutes, and perhaps seconds. By hand,
/// because a list of 20,000 tickets reads as many: chrono's formats take ten times as long.
fn plain(text: &str) -> Option<NaiveDateTime> {
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
        10 => return day.and_hms_opt(0, 0, 0),
        16 => 0,
        19 if has(16, b":") => number(17..19)?,
        _ => return None,
    };
    if !(has(10, b" T") && has(13, b":")) {
        return None;
    }
    day.and_hms_opt(number(11..13)?, number(14..16)?, second)
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
}
