//! Shortens ids.

use crate::text::{cut, width};

/// The ids of a column without `TICKET-`, each at most this wide. What distinguishes them stays: the ends of a long id,
/// or, if several have the same ends, the part where they start to differ.
pub(super) fn short_ids(ids: &[&str], room: usize) -> Vec<String> {
    let ids: Vec<&str> = ids.iter().map(|id| id.strip_prefix("TICKET-").unwrap_or(id)).collect();
    let ends: Vec<String> = ids.iter().map(|id| both_ends(id, room)).collect();
    let short = |(at, (id, ends_of)): (usize, (&&str, &String))| {
        let same = |(other, ends): &(usize, &String)| *other != at && *ends == ends_of;
        let alike = ends.iter().enumerate().filter(same).filter_map(|(other, _)| ids.get(other));
        let common = alike.map(|other| common_prefix(id, other)).max();
        match common {
            None => ends_of.clone(),
            Some(common) => cut(&format!("…{}", id.get(common..).unwrap_or_default()), room),
        }
    };
    ids.iter().zip(&ends).enumerate().map(short).collect()
}

/// The text without its middle, if it is too long. An id is ASCII, so every byte of it is a column.
fn both_ends(text: &str, room: usize) -> String {
    if width(text) <= room || room < 3 {
        return cut(text, room);
    }
    let behind = (room - 1) / 2;
    let before = room - 1 - behind;
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}…{}", part(0..before), part(text.len() - behind..text.len()))
}

fn common_prefix(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_stay_distinguishable() {
        let ids = |all: &[&str]| short_ids(all, 20);
        assert_eq!(ids(&["TICKET-mail-001"]), ["mail-001"]);
        let ends = ids(&["TICKET-rate-limit-the-public-001", "TICKET-rate-limit-the-public-002"]);
        assert_eq!(ends, ["rate-limit…ublic-001", "rate-limit…ublic-002"]);
        // Both ends are the same.
        let middle = ids(&[
            "TICKET-rate-limit-the-login-endpoint-001",
            "TICKET-rate-limit-the-search-endpoint-001",
        ]);
        assert_eq!(middle, ["…login-endpoint-001", "…search-endpoint-001"]);
    }
}
