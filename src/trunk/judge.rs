//! What the answer to a push means for each ref. Pure.

use super::cause::{LocalCause, remote_has_no_room};
use crate::git::{PushReport, RefOutcome, RefUpdate};
use crate::names::RefName;

/// A ref that the remote refused to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRef {
    pub name: RefName,
    pub reason: String,
}

/// What is known after a push, before anything else is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushVerdict {
    /// Our push moved every ref.
    Won,
    /// Our push moved the trunk, but not every ref that should move with it.
    TrunkOnly,
    /// The remote cannot move several refs at once; nothing was sent.
    NotAtomic,
    /// The remote is not where we expected: somebody was faster. Nothing changed.
    Behind,
    /// A ref other than the trunk is not where tix expects it. Nothing changed.
    Taken { name: RefName, reason: String },
    /// Somebody else holds the ref's lock on the remote, or the remote lost a race of its own.
    Busy(RefusedRef),
    /// The remote refuses, and will refuse again.
    Refused(RefusedRef),
    /// The remote refuses for a reason that tix does not know: it may be a rule or only a matter of time.
    Strange(RefusedRef),
    /// Nothing is known: there is no report, or it does not mention our refs.
    Unclear,
}

/// The reasons by which a server says "I could not lock or move the ref just now": receive-pack's own, and (the last
/// one) that of servers built on `JGit`.
const BUSY: [&str; 6] = [
    "atomic transaction failed",
    "atomic push failure",
    "failed to update ref",
    "incorrect old value provided",
    "cannot lock ref",
    "failed to lock",
];

/// Words in a server's reason that mean a rule, not a temporary state.
const RULE: [&str; 10] = [
    "declined",
    "denied",
    "deny",
    "refusing",
    "prohibited",
    "protected",
    "checked out",
    "unpacker error",
    "not allowed",
    "read-only",
];

/// Judges a report on these updates, the trunk's first.
pub fn judge(report: &PushReport, updates: &[RefUpdate]) -> PushVerdict {
    let lines: Vec<_> = updates.iter().map(|u| report.of(u.name())).collect();
    if lines.iter().all(|line| line.is_some_and(|l| l.outcome == RefOutcome::Done)) {
        return PushVerdict::Won;
    }
    if report.refs.is_empty() {
        // RFC 9110: the content is too large. Nothing was accepted, and it will not get smaller.
        if let (true, Some(first)) = (report.words.contains("HTTP 413"), updates.first()) {
            let (name, reason) = (first.name().clone(), "it is too large (HTTP 413)".to_owned());
            return PushVerdict::Refused(RefusedRef { name, reason });
        }
        // The words decide how the next push is sent; its result is judged like any other.
        let no_atomic = report.words.contains("does not support --atomic");
        return if no_atomic { PushVerdict::NotAtomic } else { PushVerdict::Unclear };
    }
    // A server that moves some refs and refuses others reports on each; the trunk is the first.
    if lines.first().copied().flatten().is_some_and(|line| line.outcome == RefOutcome::Done) {
        return PushVerdict::TrunkOnly;
    }
    let there: Vec<_> =
        lines.iter().flatten().filter(|l| l.outcome == RefOutcome::RefusedThere).collect();
    let says = |words: &[&str], reason: &str| {
        let reason = reason.to_ascii_lowercase();
        words.iter().any(|w| reason.contains(w))
    };
    // If one of several refs is declined, the others fail with it: the declined one has the reason.
    let cause = there.iter().find(|l| says(&RULE, &l.reason));
    let cause = cause.or_else(|| there.iter().find(|l| !says(&BUSY, &l.reason)));
    if let Some(line) = cause.or(there.first()) {
        let no = RefusedRef { name: line.name.clone(), reason: line.reason.clone() };
        let full = remote_has_no_room(&report.words);
        return match (full || says(&RULE, &no.reason), says(&BUSY, &no.reason)) {
            (true, _) => PushVerdict::Refused(no),
            (false, true) => PushVerdict::Busy(no),
            (false, false) => PushVerdict::Strange(no),
        };
    }
    let mut here = lines.iter().flatten().filter(|l| l.outcome == RefOutcome::RefusedHere);
    let first = lines.first().copied().flatten();
    match (first.map(|l| (l.outcome, l.reason.as_str())), here.clone().next()) {
        // git says "atomic push failed" about a ref that was fine by itself; the trunk's own reasons come first.
        (Some((RefOutcome::RefusedHere, reason)), _) if !reason.contains("atomic push failed") => {
            PushVerdict::Behind
        }
        (_, Some(_)) => {
            let taken = here.find(|l| !l.reason.contains("atomic push failed"));
            taken.map_or(PushVerdict::Unclear, |l| PushVerdict::Taken {
                name: l.name.clone(),
                reason: l.reason.clone(),
            })
        }
        // This includes "up to date": somebody else put the ref there, not this push.
        _ => PushVerdict::Unclear,
    }
}

/// Whether the words of a failed connection mean missing permission rather than a network problem.
///
/// git gives the same exit code for both. The words only choose between two failures, never between success and
/// failure. What git itself adds ("Please make sure you have the correct access rights") is a sign of neither: it says
/// so whenever ssh ends early, even for a host that is down.
pub fn speaks_of_permission(words: &str) -> bool {
    const HINTS: [&str; 16] = [
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
        "denied by",
        "repository not found",
        "service not enabled",
        "access denied or repository not exported",
        "detected dubious ownership",
    ];
    if LocalCause::of(words).is_some() {
        return false;
    }
    let words = words.to_ascii_lowercase();
    HINTS.iter().any(|hint| words.contains(hint))
}

/// Whether the words of a failed fetch mean that a connection existed and broke, so that another one may well work.
/// They only decide whether to ask the same question again.
pub fn speaks_of_a_break(words: &str) -> bool {
    const HINTS: [&str; 9] = [
        "connection reset",
        "connection was reset",
        "connection closed",
        "hung up unexpectedly",
        "early eof",
        "unexpected disconnect",
        "broken pipe",
        "empty reply",
        "unexpected eof",
    ];
    let words = words.to_ascii_lowercase();
    // A server with too many connections hangs up without a word, and then git has nothing else to say.
    let silent = words.trim_start().starts_with("fatal: could not read from remote repository");
    !speaks_of_permission(&words) && (silent || HINTS.iter().any(|hint| words.contains(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::PushProgress;
    use crate::git::push::PushedRef;
    use crate::names::Oid;

    fn report(lines: &[(&str, RefOutcome, &str)]) -> PushVerdict {
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
        judge(
            &PushReport { refs, words: String::new(), sent: PushProgress::Sent, agent: None },
            &updates,
        )
    }

    fn no(branch: &str, reason: &str) -> RefusedRef {
        RefusedRef { name: RefName::branch(branch).unwrap(), reason: reason.to_owned() }
    }

    use RefOutcome::{Done, RefusedHere, RefusedThere, UpToDate};

    #[test]
    fn only_refs_that_our_push_moved_are_a_win() {
        assert_eq!(report(&[("main", Done, ""), ("ticket/T", Done, "")]), PushVerdict::Won);
        assert_eq!(
            report(&[("main", UpToDate, ""), ("ticket/T", UpToDate, "")]),
            PushVerdict::Unclear
        );
        assert_eq!(report(&[("main", UpToDate, ""), ("ticket/T", Done, "")]), PushVerdict::Unclear);
        assert_eq!(report(&[]), PushVerdict::Unclear);
    }

    #[test]
    fn a_trunk_that_moved_alone_is_told_from_one_that_did_not() {
        let refused = ("ticket/T", RefusedThere, "deny updating a hidden ref");
        assert_eq!(report(&[("main", Done, ""), refused]), PushVerdict::TrunkOnly);
        assert_eq!(report(&[("main", Done, "")]), PushVerdict::TrunkOnly);
        let refused = ("main", RefusedThere, "deny updating a hidden ref");
        let verdict = report(&[refused, ("ticket/T", Done, "")]);
        assert_eq!(verdict, PushVerdict::Refused(no("main", "deny updating a hidden ref")));
    }

    #[test]
    fn a_trunk_that_moved_before_we_connected_is_a_lost_race() {
        let lines =
            [("main", RefusedHere, "fetch first"), ("ticket/T", RefusedHere, "atomic push failed")];
        assert_eq!(report(&lines), PushVerdict::Behind);
    }

    #[test]
    fn a_trunk_that_moved_while_we_pushed_is_busy() {
        let lines = [
            ("main", RefusedThere, "atomic transaction failed"),
            ("ticket/T", RefusedThere, "atomic transaction failed"),
        ];
        assert!(matches!(report(&lines), PushVerdict::Busy(_)));
    }

    #[test]
    fn a_branch_that_exists_is_taken() {
        let lines =
            [("main", RefusedHere, "atomic push failed"), ("ticket/T", RefusedHere, "stale info")];
        let name = RefName::branch("ticket/T").unwrap();
        assert_eq!(report(&lines), PushVerdict::Taken { name, reason: "stale info".into() });
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
            assert_eq!(report(&lines), PushVerdict::Refused(no("main", reason)), "{reason}");
        }
    }

    #[test]
    fn a_reason_that_nobody_knows_is_neither_a_rule_nor_a_race() {
        let lines =
            [("main", RefusedThere, "moon phase"), ("ticket/T", RefusedThere, "moon phase")];
        assert_eq!(report(&lines), PushVerdict::Strange(no("main", "moon phase")));
    }

    #[test]
    fn the_ref_that_was_refused_is_named_and_not_the_one_that_failed_with_it() {
        let lines = [
            ("main", RefusedThere, "atomic push failure"),
            ("ticket/T", RefusedThere, "deletion prohibited"),
        ];
        assert_eq!(report(&lines), PushVerdict::Refused(no("ticket/T", "deletion prohibited")));
    }

    #[test]
    fn permission_is_told_from_the_network() {
        assert!(speaks_of_permission("fatal: Authentication failed for 'https://x'"));
        assert!(speaks_of_permission("git@host: Permission denied (publickey)."));
        assert!(speaks_of_permission("fatal: detected dubious ownership in repository at '/x'"));
        assert!(!speaks_of_permission(
            "error: cannot lock ref 'x': Unable to create 'x.lock': Permission denied"
        ));
        assert!(!speaks_of_permission("fatal: unable to access: Could not resolve host: x"));
        let down = "ssh: connect to host x port 22: Connection refused\n\
                    fatal: Could not read from remote repository.\n\n\
                    Please make sure you have the correct access rights\nand the repository exists.";
        assert!(!speaks_of_permission(down));
        // The server is down or refuses us: asking again changes nothing.
        assert!(!speaks_of_a_break(down));
        assert!(!speaks_of_a_break("Connection closed by x\nPermission denied (publickey)"));
        assert!(speaks_of_a_break("fatal: the remote end hung up unexpectedly"));
        assert!(speaks_of_a_break(
            "fatal: Could not read from remote repository.\n\nPlease make sure"
        ));
    }
}
