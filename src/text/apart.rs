//! Shortens texts that must stay different, such as ids.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use super::width::{cut, width};

/// The texts, each at most this wide. What distinguishes them stays: the ends of a long one, or, if several have the same
/// ends, the part where they start to differ.
pub fn cut_apart(texts: &[&str], room: usize) -> Vec<String> {
    let ends: Vec<String> = texts.iter().map(|text| both_ends(text, room)).collect();
    let mut alike: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (text, ends) in texts.iter().zip(&ends) {
        alike.entry(ends).or_default().insert(text);
    }
    let short = |(text, ends): (&&str, &String)| {
        let alike = alike.get(ends.as_str());
        // In their order the one that has most in common is beside it.
        let before =
            alike.and_then(|all| all.range::<str, _>((Unbounded, Excluded(*text))).next_back());
        let after = alike.and_then(|all| all.range::<str, _>((Excluded(*text), Unbounded)).next());
        let common = before.into_iter().chain(after).map(|other| common_prefix(text, other)).max();
        match common.and_then(|common| text.get(common..)) {
            None => ends.clone(),
            Some(rest) => cut(&format!("…{rest}"), room),
        }
    };
    texts.iter().zip(&ends).map(short).collect()
}

/// The text without its middle, if it is too long. Of ASCII, as an id is, every byte is a column.
fn both_ends(text: &str, room: usize) -> String {
    if width(text) <= room || room < 3 || !text.is_ascii() {
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
        let ids = |all: &[&str]| cut_apart(all, 20);
        assert_eq!(ids(&["mail-001"]), ["mail-001"]);
        let ends = ids(&["rate-limit-the-public-001", "rate-limit-the-public-002"]);
        assert_eq!(ends, ["rate-limit…ublic-001", "rate-limit…ublic-002"]);
        // Both ends are the same; a text that stands there twice is one.
        let login = "rate-limit-the-login-endpoint-001";
        let middle = ids(&[login, "rate-limit-the-search-endpoint-001", login]);
        assert_eq!(middle, ["…login-endpoint-001", "…search-endpoint-001", "…login-endpoint-001"]);
    }
}
