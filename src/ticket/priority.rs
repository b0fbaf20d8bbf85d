//! How urgent a ticket is.

use std::fmt;
use std::str::FromStr;

/// A priority: `P0` is the most urgent. Tickets without one sort after all that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// Parses `P0` to `P9`, the digit alone, or the words people use instead, in any case. None for anything else.
    pub fn read(text: &str) -> Option<Priority> {
        let word = text.trim().to_ascii_lowercase();
        let level = match word.as_str() {
            "critical" | "urgent" | "blocker" | "highest" => 0,
            "high" => 1,
            "medium" | "normal" => 2,
            "low" => 3,
            "lowest" => 4,
            other => match other.strip_prefix('p').unwrap_or(other).as_bytes() {
                [digit @ b'0'..=b'9'] => digit - b'0',
                _ => return None,
            },
        };
        Some(Priority(level))
    }

    /// How urgent that is, where people have a word for it.
    pub fn word(self) -> Option<&'static str> {
        ["critical", "high", "medium", "low", "lowest"].get(usize::from(self.0)).copied()
    }
}

/// A text that is no priority, and which texts are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a priority is P0 to P9, or urgent, high, medium, low")]
pub struct NoPriority;

impl FromStr for Priority {
    type Err = NoPriority;

    fn from_str(text: &str) -> Result<Priority, NoPriority> {
        Priority::read(text).ok_or(NoPriority)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "P{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_digits_are_read_and_sort_by_urgency() {
        let read = |text| Priority::read(text).map(|p| p.to_string()).unwrap_or_default();
        assert_eq!(["P0", "p1", "2", " High ", "urgent"].map(read), ["P0", "P1", "P2", "P1", "P0"]);
        assert_eq!(["", "p", "p10", "soon", "P-1", "[1]"].map(read), [""; 6]);
        assert!(Priority::read("P0") < Priority::read("low"));
        let word = |text| Priority::read(text).and_then(Priority::word);
        assert_eq!(["P0", "2", "P7"].map(word), [Some("critical"), Some("medium"), None]);
    }
}
