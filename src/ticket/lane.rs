//! The directories that hold tickets.

use std::fmt;

use serde::Serialize;

/// A lane: one of the four directories below the tickets directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Lane {
    /// Waiting for somebody to claim it.
    Queue,
    /// Claimed: somebody holds it.
    Active,
    /// The work is done.
    Completed,
    /// Closed without the work being done.
    Archive,
}

impl Lane {
    /// Every lane, in the order in which a ticket passes through them.
    pub const ALL: [Lane; 4] = [Lane::Queue, Lane::Active, Lane::Completed, Lane::Archive];

    /// The name of the directory.
    pub const fn as_str(self) -> &'static str {
        match self {
            Lane::Queue => "queue",
            Lane::Active => "active",
            Lane::Completed => "completed",
            Lane::Archive => "archive",
        }
    }

    /// The lane with exactly this directory name. git's paths are case-sensitive bytes, so this is too.
    pub fn from_dir_name(name: &[u8]) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| lane.as_str().as_bytes() == name)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_found_by_its_own_directory_name_only() {
        for lane in Lane::ALL {
            assert_eq!(Lane::from_dir_name(lane.as_str().as_bytes()), Some(lane));
            assert_eq!(serde_json::to_value(lane).unwrap(), lane.as_str());
        }
        for other in [&b"Queue"[..], b"queue/", b"", b"\xff", b"done"] {
            assert_eq!(Lane::from_dir_name(other), None);
        }
    }
}
