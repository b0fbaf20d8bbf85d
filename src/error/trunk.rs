//! The failure of a transaction, with its exit code and its ways out.

use super::words::{caused_here, denied, full_there, not_written, remote_words};
use super::{Exit, Failure, address};
use crate::trunk::{MayLand, TrunkError};

impl From<TrunkError> for Failure {
    fn from(error: TrunkError) -> Failure {
        let message = error.to_string();
        if let Some(failure) = full(&error) {
            return failure;
        }
        match error {
            TrunkError::Git(error) => error.into(),
            TrunkError::Unreachable { words, landing, .. } => unreachable(&message, &words, landing),
            TrunkError::Killed { signal, .. } => {
                Failure::new(Exit::Incomplete, format!("{message}, and the claim may have landed"))
                    .fact("git", format!("ended with {signal}"))
                    .hint("run the same command again: it checks whether the claim landed, and continues")
            }
            TrunkError::Denied { words, .. } => denied(&message, &words),
            TrunkError::RemoteRefused { remote, branch, trunk, words, .. } => {
                Failure::new(Exit::RemoteRefused, message)
                    .maybe_fact("remote says", remote_words(&words))
                    .hint(if branch == trunk {
                        format!(
                            "if {remote} protects this branch, keep the tickets on a branch of their own: \
                             tix init --trunk tickets"
                        )
                    } else {
                        format!("{remote} must let you make and delete {}", branch.short())
                    })
            }
            TrunkError::RefTaken { branch, remote, .. } => Failure::new(Exit::Refused, message)
                .hint(format!("see where it is: git ls-remote {remote} {branch}")),
            TrunkError::RefExists { remote, branch } => {
                exists(&message, remote.as_str(), branch.as_str())
            },
            TrunkError::InTheWay { .. } => in_the_way(message),
            TrunkError::Hidden { branch, .. } => hidden(message, branch.short()),
            TrunkError::PushesElsewhere { remote, places } => {
                address::elsewhere(&message, remote.as_str(), &places)
            }
            // A mirror that lags behind.
            TrunkError::TwoFaced { .. } => {
                Failure::new(Exit::Unreachable, format!("{message}; nothing changed"))
                    .hint("try again later; if this persists, ask whoever runs the server")
            }
            TrunkError::NoTrunk { remote, branches, .. } if branches.is_empty() => {
                Failure::new(Exit::Refused, format!("{remote} is empty: no commit has been pushed yet"))
                    .hint(format!("push the first one: git push -u {remote} HEAD"))
            }
            TrunkError::NoTrunk { remote, branches, .. } => Failure::new(Exit::Refused, message)
                .fact("branches", branches.join(", "))
                .hint("say which branch the tickets are on: git config tix.trunk <branch>")
                .hint(format!(
                    "if the remote renamed its default branch: git fetch --prune && git remote set-head {remote} --auto"
                )),
            TrunkError::Outdated { .. } => outdated(&message),
            TrunkError::NoBase { .. } => Failure::new(Exit::Refused, message)
                .hint("say which branch is the base: git config tix.base <branch>"),
            TrunkError::NoLocalTrunk { .. } => Failure::new(Exit::Refused, message).hint(
                "make the first commit, or say which branch the tickets are on: git config tix.trunk <branch>",
            ),
            TrunkError::LocalRefTaken { branch } => Failure::new(Exit::Refused, message)
                .hint(format!("see what it holds: git log {}", branch.short())),
            TrunkError::Conflicts { paths } => {
                let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
                Failure::new(Exit::Refused, format!("{message}; nothing changed"))
                    .fact("conflicts", paths.join("\n"))
            }
            TrunkError::Pruned { .. } => {
                Failure::new(Exit::Unreachable, format!("{message}; nothing changed"))
                    .hint("try again when it is done")
            }
            TrunkError::Contended { .. } => {
                Failure::new(Exit::Contended, format!("{message}; nothing changed"))
                    .hint("try again, or with a longer --timeout")
            }
            TrunkError::Lock { source: None, .. } => Failure::new(Exit::Unreachable, message)
                .hint("another tix in this clone is using it; try again when that one is done"),
            TrunkError::Lock { source: Some(_), .. } => not_written(format!("{message}; nothing changed"), "try again"),
        }
    }
}

/// The failure of a remote whose disk is full, however that ended the push.
fn full(error: &TrunkError) -> Option<Failure> {
    let (TrunkError::Unreachable { remote, words, landing: MayLand::No }
    | TrunkError::Denied { remote, words }
    | TrunkError::RemoteRefused { remote, words, .. }) = error
    else {
        return None;
    };
    let failure = full_there(remote.as_str(), words)?;
    Some(Failure { message: format!("{}; nothing changed", failure.message), ..failure })
}

fn unreachable(message: &str, words: &str, landing: MayLand) -> Failure {
    match (landing, caused_here(words)) {
        (MayLand::No, Some(failure)) => failure,
        (MayLand::No, None) => {
            Failure::new(Exit::Unreachable, format!("{message}; nothing changed"))
                .fact("git", words.trim())
                .hint(if is_nowhere(words) {
                    "see whether its address is right: git remote -v"
                } else {
                    "try again when the network is back"
                })
        }
        (MayLand::Unknown, Some(failure)) => {
            let message = format!("{}, and the last push may have landed", failure.message);
            let failure = Failure { exit: Exit::Incomplete, message, ..failure };
            failure.hint("then run the same command again: it checks whether the push landed")
        }
        (MayLand::Unknown, None) => {
            Failure::new(Exit::Incomplete, format!("{message}, and the last push may have landed"))
                .fact("git", words.trim())
                .hint("when the network is back, run the same command again: it checks whether the push landed")
        }
    }
}

/// Whether git says that there is no repository at an address.
fn is_nowhere(words: &str) -> bool {
    ["does not appear to be a git repository", "does not exist", "not found"]
        .iter()
        .any(|word| words.contains(word))
}

fn exists(message: &str, remote: &str, branch: &str) -> Failure {
    let short = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let fetch = format!("git fetch {remote} {branch}");
    // Not below its own name: git has no room for a branch there as long as this one exists.
    let kept = format!("kept-{}", short.replace('/', "-"));
    Failure::new(Exit::Refused, format!("{message}, which no claim created; nothing changed"))
        .fact("branch", short)
        .hint(format!("see what it holds: {fetch} && git log FETCH_HEAD"))
        .hint(format!(
            "if you may rename it: {fetch} && \
             git push --atomic {remote} FETCH_HEAD:refs/heads/{kept} :{branch}"
        ))
}

fn hidden(message: String, branch: &str) -> Failure {
    Failure::new(Exit::RemoteRefused, message)
        .hint(format!("ask whoever runs the server to show {branch} to pushes (receive.hideRefs)"))
        .hint("or keep the tickets on a branch of their own: tix init --trunk tickets")
}

fn in_the_way(message: String) -> Failure {
    Failure::new(Exit::Refused, message).hint("ask whoever made that branch to rename it").hint(
        "or give ticket branches another name, in the team's .tix.yaml: branch: \"work/{id}\"",
    )
}

fn outdated(message: &str) -> Failure {
    let failure = Failure::new(Exit::Unreachable, format!("{message} meanwhile; nothing changed"));
    Failure { outdated: true, ..failure.hint("run the same command again") }
}
