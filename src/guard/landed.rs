//! What of a history came by pull requests, as far as that can be told from the history alone.
//!
//! This is for `tix check` and `tix doctor`, which look at what is published already. No hook asks it, and no push is judged by
//! it: whoever can push could write every one of these signs by hand.

use super::commits::JudgedCommit;
use super::rule::{BreachReason, CommitVerdict, TouchedTicket};
use crate::config::RequestsLand;

/// Takes the refusals back of commits, newest first and as the branch was at them, that came by pull requests: those that complete
/// a ticket, those that a rebase of its branch has put before that, and with `land` the rest of what changes nothing but code.
pub fn let_pass(judged: &mut [JudgedCommit], land: RequestsLand) {
    let mut passed: Vec<usize> = Vec::new();
    for (at, commit) in judged.iter().enumerate() {
        if let Some(id) = &commit.completes {
            passed.push(at);
            passed.extend(rebased(judged, at, id));
        } else if land != RequestsLand::Merged && is_code(commit) {
            passed.push(at);
        }
    }
    for at in passed {
        if let Some(commit) = judged.get_mut(at) {
            commit.verdict = CommitVerdict::Nothing;
        }
    }
}

/// The commits of code that a rebase has put on the branch together with the one that completes this ticket.
///
/// A ticket branch begins with a commit of tix that changes the ticket, so the run goes back to the oldest commit of this ticket
/// without a gap, and what stands before that is nobody's work on it. Where all that was looked at is one run, it begins earlier.
fn rebased(judged: &[JudgedCommit], end: usize, id: &str) -> Vec<usize> {
    let older = judged.iter().enumerate().skip(end + 1);
    let run: Vec<(usize, &JudgedCommit)> =
        older.take_while(|(_, commit)| may_belong(commit, id)).collect();
    let is_whole = end + run.len() + 1 == judged.len();
    let first = run.iter().rposition(|(_, commit)| !commit.touched.is_empty());
    let length = if is_whole { run.len() } else { first.map_or(0, |first| first + 1) };
    run.into_iter().take(length).filter(|(_, c)| is_code(c)).map(|(at, _)| at).collect()
}

/// Whether a commit may be one of this ticket's branch. Its claim is not: that stands on the trunk before. A merge is one if
/// its subject names the ticket, as that of a branch here and on the remote does; any other brings in what is of elsewhere.
fn may_belong(commit: &JudgedCommit, id: &str) -> bool {
    let of_ticket = |ticket: &TouchedTicket| ticket.in_active && ticket.id == id;
    let is_own = !commit.is_merge || names(&commit.subject, id);
    is_own && commit.completes.is_none() && commit.touched.iter().all(of_ticket)
}

/// Whether this id stands in the text, and not as a part of another one.
fn names(text: &str, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + id.len()..));
        let before = before.and_then(|text| text.chars().next_back());
        let after = after.and_then(|text| text.chars().next());
        !before.into_iter().chain(after).any(char::is_alphanumeric)
    })
}

/// Whether all that is wrong with a commit is that it changes code.
fn is_code(commit: &JudgedCommit) -> bool {
    let CommitVerdict::Refused(breaches) = &commit.verdict else { return false };
    commit.beside.is_empty() && breaches.iter().all(|b| matches!(b.why, BreachReason::Outside))
}
