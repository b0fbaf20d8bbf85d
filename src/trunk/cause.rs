//! Tells a cause on this machine that ended a call to the remote from a remote that does not answer. Pure.
//!
//! git's exit code is the same for both. Its words only choose between two failures, never between success and failure.

/// What is wrong here, so that another try would fail the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalCause {
    NoRoom,
    /// A hook of this clone refuses refs that tix writes.
    Hook,
    /// A file in the clone cannot be written.
    NotWritable,
    /// A file in the clone can no longer be read.
    Corrupt,
}

/// What git says of each: strings from refs.c, object-file.c, packfile.c, lockfile.c and strerror(3).
const WORDS: [(LocalCause, &[&str]); 4] = [
    // A ref that could be locked but not written means that there is no room.
    (LocalCause::NoRoom, &["no space left on device", "disk quota exceeded", "couldn't write"]),
    (LocalCause::Hook, &["aborted by hook", "aborted by the reference-transaction hook"]),
    (
        LocalCause::NotWritable,
        &["read-only file system", "insufficient permission for adding an object"],
    ),
    (
        LocalCause::Corrupt,
        &[
            "is corrupt",
            "bad object ",
            "does not point to a valid object",
            "inflate: data stream error",
            "index file corrupt",
            "is far too short to be a packfile",
        ],
    ),
];

/// What git was doing when it said "permission denied", if it means the clone and not the remote.
const WRITES: [&str; 5] = [
    "unable to create",
    "unable to write",
    "cannot lock ref",
    "unable to append",
    "failed to write",
];

/// Whether the remote's own words say that it has no space left.
pub fn remote_has_no_room(words: &str) -> bool {
    let theirs = words.lines().filter_map(|line| line.trim_start().strip_prefix("remote:"));
    let full = WORDS.iter().filter(|(cause, _)| *cause == LocalCause::NoRoom);
    let mut full = full.flat_map(|(_, words)| *words);
    let theirs: Vec<String> = theirs.map(str::to_ascii_lowercase).collect();
    full.any(|text| theirs.iter().any(|line| line.contains(text)))
}

impl LocalCause {
    /// The cause that git's own words name; what the remote says is about the remote.
    pub fn of(words: &str) -> Option<LocalCause> {
        let here: Vec<String> = words
            .lines()
            .filter(|line| !line.starts_with("remote:"))
            .map(str::to_ascii_lowercase)
            .collect();
        let says = |text: &str| here.iter().any(|line| line.contains(text));
        let named = WORDS.iter().find(|(_, words)| words.iter().any(|text| says(text)));
        let denied = |line: &String| {
            let denied = ["permission denied", "operation not permitted", "read-only file system"];
            denied.iter().any(|text| line.contains(text))
                && WRITES.iter().any(|text| line.contains(text))
        };
        let denied = || here.iter().any(denied).then_some(LocalCause::NotWritable);
        named.map(|(cause, _)| *cause).or_else(denied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_here_is_told_from_what_is_wrong_there() {
        for (words, cause) in [
            ("error: unable to write file: No space left on device", Some(LocalCause::NoRoom)),
            (
                "error: cannot update ref 'refs/tix/run/1/main': couldn't write '/x/.git/refs/tix/run/1/main.lock'",
                Some(LocalCause::NoRoom),
            ),
            ("fatal: ref updates aborted by hook", Some(LocalCause::Hook)),
            (
                "fatal: in 'prepared' phase, update aborted by the reference-transaction hook",
                Some(LocalCause::Hook),
            ),
            (
                "error: cannot lock ref 'refs/x': Unable to create '/x/.git/refs/x.lock': Permission denied",
                Some(LocalCause::NotWritable),
            ),
            (
                "error: insufficient permission for adding an object to repository database .git/objects",
                Some(LocalCause::NotWritable),
            ),
            (
                "fatal: loose object 1234 (stored in .git/objects/12/34) is corrupt",
                Some(LocalCause::Corrupt),
            ),
            ("fatal: bad object refs/heads/x", Some(LocalCause::Corrupt)),
            ("remote: fatal: write error: No space left on device\nfatal: early EOF", None),
            ("git@host: Permission denied (publickey).\nfatal: Could not read from remote", None),
            ("fatal: unable to access 'http://x/': Could not resolve host: x", None),
        ] {
            assert_eq!(LocalCause::of(words), cause, "{words}");
        }
    }
}
