//! What git and a server said, where it chooses between kinds of failure or is shown.

use super::{Exit, Failure};

pub(super) fn failed_git(stderr: &str, message: String) -> Failure {
    if stderr.contains("Please tell me who you are")
        || stderr.contains("unable to auto-detect email")
    {
        return Failure::new(
            Exit::Refused,
            "git does not know who you are, so nothing can be committed",
        )
        .hint("git config --global user.name \"Your Name\"")
        .hint("git config --global user.email you@example.org");
    }
    if speak_of_no_room(stderr) {
        return no_room(stderr);
    }
    Failure::new(Exit::Git, message)
}

/// Whether git's words speak of a full disk here; one of the remote is spoken of by the remote.
pub(super) fn speak_of_no_room(words: &str) -> bool {
    let mut here = words.lines().filter(|line| !line.starts_with("remote:"));
    here.any(|line| {
        line.contains("No space left on device") || line.contains("Disk quota exceeded")
    })
}

/// To try again later makes no room.
pub(super) fn no_room(words: &str) -> Failure {
    Failure::new(Exit::Refused, "no space left on this machine")
        .fact("git", words.trim())
        .hint("make room, and try again")
}

/// What the server itself said: the `remote:` lines, or everything when there are none, without what git
/// adds to every failed push.
pub fn remote_words(words: &str) -> Option<String> {
    let of_git = |line: &&str| line.starts_with("To ") || line.starts_with("error: failed to push");
    let lines = || words.lines().map(str::trim);
    let said: Vec<_> = lines().filter_map(|line| line.strip_prefix("remote:")).collect();
    let said = if said.is_empty() { lines().filter(|l| !of_git(l)).collect() } else { said };
    let said: Vec<_> = said.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_server_are_told_from_those_of_git() {
        let words = "To x\nremote: error: GH006: Protected branch\nremote: \nerror: failed to push";
        assert_eq!(remote_words(words).unwrap(), "error: GH006: Protected branch");
        assert_eq!(remote_words("fatal: x\n").unwrap(), "fatal: x");
        assert_eq!(remote_words("To /x\nerror: failed to push some refs to '/x'\n"), None);
    }
}
