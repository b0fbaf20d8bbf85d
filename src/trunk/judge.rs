//! What the answer to a push means, ref by ref. Pure.

use crate::git::{PushReport, RefOutcome, RefUpdate};
use crate::names::RefName;

/// What is known after a push, before anything else is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Our push moved every ref.
    Won,
    /// The remote cannot move several refs at once; nothing was sent.
    NotAtomic,
    /// The remote is not where we thought: somebody was quicker. Nothing changed.
    Behind,
    /// Another ref than the trunk is not where it must be. Nothing changed.
    Taken {
        /// Which ref.
        name: RefName,
        /// The reason in the report.
        reason: String,
    },
    /// The remote holds the ref's lock for somebody else, or lost a race of its own.
    Busy {
        /// The reason in the report.
        reason: String,
    },
    /// The remote refuses, and will again.
    Refused {
        /// The ref that it refuses; the others of the push fail with it.
        name: RefName,
        /// The reason in the report.
        reason: String,
    },
    /// The remote refuses for a reason that tix does not know: a rule or a moment.
    Strange {
        /// The reason in the report.
        reason: String,
    },
    /// Nothing can be said: no report, or one that does not speak of our refs.
    Unclear,
}

/// Reasons with which a server says "I could not lock or move the ref just now": receive-pack's own, and
/// (the last one) that of servers built on `JGit`.
const BUSY: [&str; 6] = [
    "atomic transaction failed",
    "atomic push failure",
    "failed to update ref",
    "incorrect old value provided",
    "cannot lock ref",
    "failed to lock",
];

/// Words in a server's reason that mean a rule, not a moment.
const RULE: [&str; 9] = [
    "declined",
    "denied",
    "deny",
    "refusing",
    "protected",
    "checked out",
    "unpacker error",
    "not allowed",
    "read-only",
];

/// Judges a report on these updates, the trunk's first.
pub fn judge(report: &PushReport, updates: &[RefUpdate]) -> Verdict {
    let lines: Vec<_> = updates.iter().map(|u| report.of(u.name())).collect();
    if lines.iter().all(|line| line.is_some_and(|l| l.outcome == RefOutcome::Done)) {
        return Verdict::Won;
    }
    if report.refs.is_empty() {
        // The one place where words decide, and only how the next push is sent: its result is judged as any.
        let no_atomic = report.words.contains("does not support --atomic");
        return if no_atomic { Verdict::NotAtomic } else { Verdict::Unclear };
    }
    let there: Vec<_> =
        lines.iter().flatten().filter(|l| l.outcome == RefOutcome::RefusedThere).collect();
    let says = |words: &[&str], reason: &str| {
        let reason = reason.to_ascii_lowercase();
        words.iter().any(|w| reason.contains(w))
    };
    // Of several refs one is declined and the others fail with it: the declined one says why.
    if let Some(line) = there.iter().find(|l| says(&RULE, &l.reason)) {
        return Verdict::Refused { name: line.name.clone(), reason: line.reason.clone() };
    }
    if let Some(line) = there.first() {
        let reason = line.reason.clone();
        return if says(&BUSY, &reason) {
            Verdict::Busy { reason }
        } else {
            Verdict::Strange { reason }
        };
    }
    let mut here = lines.iter().flatten().filter(|l| l.outcome == RefOutcome::RefusedHere);
    let first = lines.first().copied().flatten();
    match (first.map(|l| (l.outcome, l.reason.as_str())), here.clone().next()) {
        // git says "atomic push failed" of a ref that was fine by itself; the trunk's own reasons come first.
        (Some((RefOutcome::RefusedHere, reason)), _) if !reason.contains("atomic push failed") => {
            Verdict::Behind
        }
        (_, Some(_)) => {
            let taken = here.find(|l| !l.reason.contains("atomic push failed"));
            taken.map_or(Verdict::Unclear, |l| Verdict::Taken {
                name: l.name.clone(),
                reason: l.reason.clone(),
            })
        }
        // "Up to date" among them: somebody put the ref there, and it was not this push.
        _ => Verdict::Unclear,
    }
}

/// Whether words of a failed connection speak of permission rather than of the network.
///
/// git gives the same exit code for both. The words only choose between two failures, never between
/// success and failure. "Please make sure you have the correct access rights and the repository exists"
/// is no such word: git says it whenever ssh ends early, a cable that is pulled included.
pub fn speaks_of_permission(words: &str) -> bool {
    const HINTS: [&str; 14] = [
        "authentication failed",
        "permission denied",
        "could not read username",
        "could not read password",
        "access denied",
        "error: 401",
        "error: 403",
        "not authorized",
        "unauthorized",
        "forbidden",
        "host key verification failed",
        // GitHub says so of a repository that it does not show to us.
        "repository not found",
        "service not enabled",
        "access denied or repository not exported",
    ];
    let words = words.to_ascii_lowercase();
    HINTS.iter().any(|hint| words.contains(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::PushedRef;
    use crate::names::Oid;

    fn report(lines: &[(&str, RefOutcome, &str)]) -> Verdict {
        let oid = Oid::parse(&"1".repeat(40)).unwrap();
        let name = |n: &str| RefName::branch(n).unwrap();
        let updates = [
            RefUpdate::Move { name: name("main"), from: oid.clone(), to: oid.clone() },
            RefUpdate::Create { name: name("ticket/T"), to: oid },
        ];
        let refs = lines
            .iter()
            .map(|(n, outcome, reason)| PushedRef {
                name: name(n),
                outcome: *outcome,
                reason: (*reason).to_owned(),
            })
            .collect();
        judge(&PushReport { refs, words: String::new() }, &updates)
    }

    use RefOutcome::{Done, RefusedHere, RefusedThere, UpToDate};

    #[test]
    fn only_refs_that_our_push_moved_are_a_win() {
        assert_eq!(report(&[("main", Done, ""), ("ticket/T", Done, "")]), Verdict::Won);
        assert_eq!(report(&[("main", UpToDate, ""), ("ticket/T", UpToDate, "")]), Verdict::Unclear);
        assert_eq!(report(&[("main", UpToDate, ""), ("ticket/T", Done, "")]), Verdict::Unclear);
        assert_eq!(report(&[("main", Done, "")]), Verdict::Unclear);
        assert_eq!(report(&[]), Verdict::Unclear);
    }

    #[test]
    fn a_trunk_that_moved_before_we_connected_is_a_lost_race() {
        let lines =
            [("main", RefusedHere, "fetch first"), ("ticket/T", RefusedHere, "atomic push failed")];
        assert_eq!(report(&lines), Verdict::Behind);
    }

    #[test]
    fn a_trunk_that_moved_while_we_pushed_is_busy() {
        let lines = [
            ("main", RefusedThere, "atomic transaction failed"),
            ("ticket/T", RefusedThere, "atomic transaction failed"),
        ];
        assert!(matches!(report(&lines), Verdict::Busy { .. }));
    }

    #[test]
    fn a_branch_that_exists_is_taken() {
        let lines =
            [("main", RefusedHere, "atomic push failed"), ("ticket/T", RefusedHere, "stale info")];
        let name = RefName::branch("ticket/T").unwrap();
        assert_eq!(report(&lines), Verdict::Taken { name, reason: "stale info".into() });
    }

    #[test]
    fn a_rule_of_the_server_is_final_whichever_ref_it_names() {
        for reason in [
            "pre-receive hook declined",
            "protected branch hook declined",
            "branch is currently checked out",
        ] {
            let lines =
                [("main", RefusedThere, reason), ("ticket/T", RefusedThere, "atomic push failure")];
            let name = RefName::branch("main").unwrap();
            assert_eq!(
                report(&lines),
                Verdict::Refused { name, reason: reason.into() },
                "{reason}"
            );
        }
    }

    #[test]
    fn a_reason_that_nobody_knows_is_neither_a_rule_nor_a_race() {
        let lines =
            [("main", RefusedThere, "moon phase"), ("ticket/T", RefusedThere, "moon phase")];
        assert_eq!(report(&lines), Verdict::Strange { reason: "moon phase".into() });
    }

    #[test]
    fn permission_is_told_from_the_network() {
        assert!(speaks_of_permission("fatal: Authentication failed for 'https://x'"));
        assert!(speaks_of_permission("git@host: Permission denied (publickey)."));
        assert!(!speaks_of_permission("fatal: unable to access: Could not resolve host: x"));
        assert!(!speaks_of_permission(
            "ssh: Could not resolve hostname x: Name or service not known\n\
             fatal: Could not read from remote repository.\n\n\
             Please make sure you have the correct access rights\nand the repository exists."
        ));
    }
}
