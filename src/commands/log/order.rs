//! The order of what happened within one second, of which git's times know no part. The audit log was written as things
//! happened. What it does not have is in git's order, and what was done under one claim goes before the next claim.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::event::{LogEvent, commits_of, of_line};

/// Puts those that the audit log knows into its order, in the places that they have together: git has no order between a
/// commit of the trunk and one of a ticket branch.
pub(super) fn in_order_of_log(second: &mut [LogEvent], lines: &[Value]) {
    let line_of = |event: &LogEvent| {
        let about = |commit| lines.iter().position(|line| commits_of(line).contains(commit));
        event.line.or_else(|| about(event.commit.as_ref()?))
    };
    let known = second.iter().enumerate();
    let known: Vec<(usize, usize)> =
        known.filter_map(|(place, event)| Some((line_of(event)?, place))).collect();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    let places: Vec<usize> = known.iter().map(|(_, place)| *place).collect();
    put(second, &places, sorted.into_iter().map(|(_, place)| place));
}

/// The claims of each ticket in the order of git: each is a commit of the trunk, on top of the one before.
pub(super) struct ClaimOrder(HashMap<String, usize>);

impl ClaimOrder {
    pub(super) fn of(events: &[LogEvent]) -> ClaimOrder {
        let mut ranks = HashMap::new();
        for event in events {
            let makes_claim = matches!(event.operation.as_str(), "claim" | "handoff" | "reclaim");
            let rank = ranks.len();
            if let Some(claim) = event.claim.clone().filter(|_| makes_claim) {
                ranks.entry(claim).or_insert(rank);
            }
        }
        ClaimOrder(ranks)
    }

    /// Within one second, puts what was done to a ticket under one claim before the next claim: the former may be on the
    /// ticket branch and the latter on the trunk, which then do not know each other.
    pub(super) fn put_in_order(&self, second: &mut [LogEvent]) {
        let mut of_ticket: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, event) in second.iter().enumerate() {
            if let [ticket] = event.tickets.as_slice() {
                of_ticket.entry(ticket.clone()).or_default().push(place);
            }
        }
        for places in of_ticket.into_values() {
            // What names no claim stays with what is before it.
            let mut last = 0;
            let mut sorted: Vec<(usize, usize)> = Vec::new();
            for place in &places {
                let claim = second.get(*place).and_then(|event| event.claim.as_ref());
                last = claim.and_then(|claim| self.0.get(claim).copied()).unwrap_or(last);
                sorted.push((last, *place));
            }
            sorted.sort_unstable();
            put(second, &places, sorted.into_iter().map(|(_, place)| place));
        }
    }
}

/// Puts these events into those places, in this order.
fn put(events: &mut [LogEvent], places: &[usize], order: impl Iterator<Item = usize>) {
    let moved: Vec<LogEvent> = order.filter_map(|from| events.get(from).cloned()).collect();
    for (place, event) in places.iter().zip(moved) {
        if let Some(there) = events.get_mut(*place) {
            *there = event;
        }
    }
}

/// A place in git's order, or just before or after it.
pub(super) type LogPlace = (usize, Ordering);

/// The places of audit-log lines that git does not have. The log is in the order of events, so a line goes before the
/// next known one of the same second, or else after the last.
pub(super) fn places(
    events: &[(LogPlace, LogEvent)],
    known: &HashMap<String, usize>,
    lines: &[Value],
) -> Vec<LogPlace> {
    // A line may tell of two commits, such as a claim and its activation.
    let span = |line: &Value| {
        let commits = commits_of(line);
        let places = commits.iter().filter_map(|oid| known.get(oid).copied());
        (places.clone().min(), places.max())
    };
    let second = |at: usize| events.get(at).and_then(|(_, event)| event.seconds);
    let own = |line: &Value| of_line(line).and_then(|event| event.seconds);
    let all: Vec<_> = lines.iter().map(|line| (span(line), own(line))).collect();
    let near = |seconds: Option<i64>, at: Option<usize>| {
        at.filter(|at| seconds.is_some() && second(*at) == seconds)
    };
    let mut places = vec![(usize::MAX, Ordering::Equal); all.len()];
    let mut last: Option<usize> = None;
    for (entry, to) in all.iter().zip(&mut places) {
        last = near(entry.1, entry.0.1).or(last);
        if let Some(at) = last.filter(|at| second(*at) == entry.1) {
            *to = (at, Ordering::Greater);
        }
    }
    let mut next: Option<usize> = None;
    for (entry, to) in all.iter().zip(&mut places).rev() {
        next = near(entry.1, entry.0.0).or(next);
        if let Some(at) = next.filter(|at| second(*at) == entry.1) {
            *to = (at, Ordering::Less);
        }
    }
    places
}
