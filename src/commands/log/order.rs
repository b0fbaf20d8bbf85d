//! The order of what happened within one second: git's times are no finer, and the audit log was written as things happened.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;

use super::event::{LogEvent, commits_of, of_line};

/// Puts those that the audit log knows into its order, in the places that they have together: git has no order between a
/// commit of the trunk and one of a ticket branch.
pub(super) fn in_order_of_log(second: &mut [LogEvent], lines: &[Value]) {
    let line_of = |event: &LogEvent| {
        let commit = event.commit.as_ref()?;
        lines.iter().position(|line| commits_of(line).contains(commit))
    };
    let known = second.iter().enumerate();
    let known: Vec<(usize, usize)> =
        known.filter_map(|(place, event)| Some((line_of(event)?, place))).collect();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    let told: Vec<LogEvent> =
        sorted.iter().filter_map(|(_, place)| second.get(*place).cloned()).collect();
    for ((_, place), event) in known.iter().zip(told) {
        if let Some(there) = second.get_mut(*place) {
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
    let place = |line: &Value| commits_of(line).iter().find_map(|oid| known.get(oid).copied());
    let second = |at: usize| events.get(at).and_then(|(_, event)| event.seconds);
    let own = |line: &Value| of_line(line).and_then(|event| event.seconds);
    let all: Vec<(Option<usize>, Option<i64>)> =
        lines.iter().map(|line| (place(line), own(line))).collect();
    let near = |seconds: Option<i64>, (at, _): &(Option<usize>, Option<i64>)| {
        at.filter(|at| seconds.is_some() && second(*at) == seconds)
    };
    let mut places = vec![(usize::MAX, Ordering::Equal); all.len()];
    let mut last: Option<usize> = None;
    for (entry, to) in all.iter().zip(&mut places) {
        last = near(entry.1, entry).or(last);
        if let Some(at) = last.filter(|at| second(*at) == entry.1) {
            *to = (at, Ordering::Greater);
        }
    }
    let mut next: Option<usize> = None;
    for (entry, to) in all.iter().zip(&mut places).rev() {
        next = near(entry.1, entry).or(next);
        if let Some(at) = next.filter(|at| second(*at) == entry.1) {
            *to = (at, Ordering::Less);
        }
    }
    places
}
