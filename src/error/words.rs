//! Uses the words of git and of a server: to choose between kinds of failure, or to show them.

use std::path::Path;

use super::{Exit, Failure};
use crate::env::Env;
use crate::file;
use crate::text::shell_word;
use crate::trunk::{LocalCause, remote_has_no_room};

pub(super) fn failed_git(stderr: &str, message: String) -> Failure {
    if stderr.contains("Please tell me who you are")
        || stderr.contains("unable to auto-detect email")
    {
        return Failure::new(
            Exit::Refused,
            "git does not know who you are, so nothing can be committed",
        )
        // In the repository: some agents hide the configuration of the user from the commands they run.
        .hint("git config user.name \"Your Name\"")
        .hint("git config user.email you@example.org");
    }
    caused_here(stderr).unwrap_or_else(|| Failure::new(Exit::Git, message))
}

/// A file that could not be written, and what to do about it before `again`.
pub fn not_written(message: impl Into<String>, again: &str) -> Failure {
    let failure = Failure::new(Exit::Refused, message);
    if is_sandboxed(&failure.message) {
        return in_a_sandbox(failure);
    }
    let is_in_the_way = IN_THE_WAY.iter().any(|words| failure.message.contains(words));
    let way = if is_in_the_way { MOVE_AWAY } else { "free some space or fix the permissions" };
    failure.hint(format!("{way}, and {again}"))
}

/// What is said where a directory stands in the place of a file, or a file in that of a directory.
const IN_THE_WAY: [&str; 2] = ["Is a directory", "Not a directory"];

const MOVE_AWAY: &str = "move away what stands in the place of the file or of its directory";

/// Whether it is no permission that keeps a file from being written: a file system that is read-only here, or a place that the
/// user may write by its permissions. An agent's sandbox says the one or the other.
fn is_sandboxed(words: &str) -> bool {
    let is_denied = |line: &&str| {
        let line = line.to_ascii_lowercase();
        DENIED.iter().any(|denied| line.contains(denied))
    };
    words.contains("Read-only file system")
        || words.lines().filter(is_denied).flat_map(paths_in).any(file::permits_writing)
}

/// What is said of a file that may not be written: EACCES, as landlock answers, and EPERM, as macOS does.
const DENIED: [&str; 3] =
    ["permission denied", "operation not permitted", "insufficient permission"];

/// The paths that a line of git's or of ours names: between quotes, or from a blank to a colon or to the end.
fn paths_in(line: &str) -> impl Iterator<Item = &Path> {
    let parts = line.split(['\'', ':']).map(str::trim).filter(|part| part.contains('/'));
    parts.map(|part| {
        let last = part.rsplit(' ').next().unwrap_or(part);
        Path::new(if part.starts_with('/') { part } else { last })
    })
}

/// Where an agent's sandbox keeps `.git` from being written, as that of Codex does, nobody's permissions are wrong.
fn in_a_sandbox(failure: Failure) -> Failure {
    let failure = failure.hint(
        "if an agent's sandbox prevents that, let the agent run `tix` outside of the sandbox",
    );
    if Env::capture().is_run_by_others_than("codex") { failure } else { by_rule_of_codex(failure) }
}

fn by_rule_of_codex(failure: Failure) -> Failure {
    failure
        .hint("for Codex, in ~/.codex/rules/tix.rules: prefix_rule(pattern=[\"tix\"], decision=\"allow\")")
        .hint("then call tix in a line of its own: another command beside it keeps the whole line in the sandbox")
}

/// A failure whose cause is on this machine, if git's words name one: trying again later does not help.
pub(super) fn caused_here(words: &str) -> Option<Failure> {
    let (exit, message, hint) = match LocalCause::of(words)? {
        LocalCause::NoRoom => {
            (Exit::Refused, "no space left on this machine", "free some space, and try again")
        }
        LocalCause::Hook => (
            Exit::Refused,
            "the reference-transaction hook of this clone refuses refs that tix writes",
            "make it allow refs below refs/tix/ and refs/remotes/; see which file it is: git rev-parse --git-path hooks/reference-transaction",
        ),
        LocalCause::NotWritable => (
            Exit::Refused,
            "a file in this clone cannot be written",
            "fix the permissions, and try again",
        ),
        LocalCause::Corrupt => (
            Exit::Git,
            "a file in this clone is damaged, and git cannot read it",
            "check the repository: git fsck",
        ),
    };
    let failure = Failure::new(exit, message).fact("git", words.trim());
    Some(if is_sandboxed(words) { in_a_sandbox(failure) } else { failure.hint(hint) })
}

/// A failure whose cause is that the remote's disk is full, if the remote says so.
pub fn full_there(remote: &str, words: &str) -> Option<Failure> {
    let failure = || Failure::new(Exit::RemoteRefused, format!("{remote} has no space left"));
    remote_has_no_room(words).then(|| {
        failure()
            .maybe_fact("remote says", remote_words(words))
            .hint("ask whoever runs the server to free some, then try again")
    })
}

/// The remote answers, but lets in nobody, or not this user.
pub fn denied(message: &str, words: &str) -> Failure {
    let failure = Failure::new(Exit::RemoteRefused, message).fact("git", words.trim());
    // git suggests a command, and a server could put another one in its place.
    let owned = words.lines().find_map(|line| {
        let (_, path) = line.split_once("dubious ownership in repository at '")?;
        path.strip_suffix('\'')
    });
    match owned {
        Some(path) => failure.hint(format!(
            "on the machine that has it, whoever opens it must trust its owner: git config --global --add safe.directory {}",
            shell_word(path)
        )),
        None => failure.hint("check your login: git ls-remote"),
    }
}

/// The server's own words: the `remote:` lines, or everything if there are none, without what git adds to every failed
/// push.
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
    fn what_keeps_a_file_from_being_written_decides_what_helps() {
        let hints = |failure: Failure| failure.hints.join("; ");
        for words in ["x: Is a directory (os error 21)", "x/y: Not a directory (os error 20)"] {
            assert!(hints(not_written(words, "try again")).starts_with(MOVE_AWAY), "{words}");
        }
        let full = not_written("x: No space left on device", "try again");
        assert_eq!(hints(full), "free some space or fix the permissions, and try again");
        let words = "fatal: Unable to create '.git/index.lock': Read-only file system";
        for failure in [not_written(words, "try again"), caused_here(words).unwrap()] {
            let hints = hints(failure);
            assert!(hints.contains("outside of the sandbox"), "{hints}");
        }
        let rule = hints(by_rule_of_codex(Failure::new(Exit::Refused, words)));
        assert!(rule.contains("prefix_rule(pattern=[\"tix\"]"), "{rule}");
        assert!(rule.contains("tix in a line of its own"), "{rule}");
    }

    #[cfg(unix)]
    #[test]
    fn a_place_that_the_user_owns_and_may_not_write_is_in_a_sandbox() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let git = dir.path().join(".git");
        std::fs::create_dir(&git).unwrap();
        let at = git.display();
        let words = [
            format!("fatal: Unable to create '{at}/index.lock': Permission denied"),
            format!(
                "error: cannot lock ref 'refs/x/y': Unable to create '{at}/refs/x/y.lock': Operation not permitted"
            ),
            format!(
                "error: insufficient permission for adding an object to repository database {at}/objects"
            ),
            format!("{at}/tix/locks/x.lock: Permission denied (os error 13); nothing changed"),
        ];
        for (mode, is_told) in [(0o755, true), (0o555, false)] {
            std::fs::set_permissions(&git, std::fs::Permissions::from_mode(mode)).unwrap();
            for words in &words {
                let failures = caused_here(words).into_iter().chain([not_written(words, "again")]);
                for failure in failures {
                    let hints = failure.hints.join("; ");
                    let told = hints.contains("outside of the sandbox");
                    assert_eq!(told, is_told, "{mode:o} {words}: {hints}");
                    assert_eq!(hints.contains("fix the permissions"), !is_told, "{words}");
                }
            }
        }
        assert!(words[..3].iter().all(|words| caused_here(words).is_some()));
    }

    #[test]
    fn the_words_of_the_server_are_told_from_those_of_git() {
        let words = "To x\nremote: error: GH006: Protected branch\nremote: \nerror: failed to push";
        assert_eq!(remote_words(words).unwrap(), "error: GH006: Protected branch");
        assert_eq!(remote_words("fatal: x\n").unwrap(), "fatal: x");
        assert_eq!(remote_words("To /x\nerror: failed to push some refs to '/x'\n"), None);
    }
}
