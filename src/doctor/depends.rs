//! Checks on what tickets wait for.

use std::collections::BTreeSet;

use super::{Check, Facts, Finding, Severity};
use crate::ticket::{Lane, TicketId};

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let entries = facts.tickets.iter().map(|ticket| &ticket.entry);
    let open = entries.filter(|entry| matches!(entry.lane, Lane::Queue | Lane::Active));
    let open: BTreeSet<&TicketId> = open.map(|entry| &entry.id).collect();
    let circles = facts.cycles.iter().filter_map(|circle| cycle(&open, circle));
    // Who is done waits for nobody.
    let waiting = facts.missing.iter().filter(|(id, _)| open.contains(id));
    circles.chain(waiting.map(|(id, name)| missing(id, name))).collect()
}

/// A circle in which one ticket is done holds nobody up.
fn cycle(open: &BTreeSet<&TicketId>, circle: &[TicketId]) -> Option<Finding> {
    let first = circle.first()?;
    let names: Vec<&str> = circle.iter().chain([first]).map(TicketId::as_str).collect();
    let message = format!("{first} waits for itself");
    let finding = Finding::new(Check::DependencyCycle, Some(first), message)
        .fact("circle", names.join(" → "));
    let second = circle.get(1).unwrap_or(first);
    let finding = finding
        .repair("see them all", &["tix", "dep", "cycles"])
        .repair("take one step out", &["tix", "dep", "rm", first.as_str(), second.as_str()]);
    let stuck = circle.iter().all(|id| open.contains(id));
    Some(if stuck { finding } else { finding.only(Severity::Info) })
}

fn missing(id: &TicketId, name: &str) -> Finding {
    let message = format!("{id} waits for `{name}`, which is not one ticket of the trunk");
    let finding = Finding::new(Check::MissingDependency, Some(id), message);
    finding.repair("take it away, or make the ticket", &["tix", "dep", "rm", id.as_str(), name])
}
