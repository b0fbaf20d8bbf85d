//! Checks on the relations between tickets.

use std::collections::BTreeSet;

use super::{Check, Circle, Finding, RepoFacts, Severity};
use crate::lifecycle::RelationOrder;
use crate::ticket::{Lane, Relation, TicketId};

pub(super) fn findings(facts: &RepoFacts) -> Vec<Finding> {
    let entries = facts.tickets.iter().map(|ticket| &ticket.entry);
    let open = entries.filter(|entry| matches!(entry.lane, Lane::Queue | Lane::Active));
    let open: BTreeSet<&TicketId> = open.map(|entry| &entry.id).collect();
    let circles = facts.cycles.iter().filter_map(|circle| cycle(&open, circle));
    // Who is done waits for nobody.
    let waiting = facts.missing.iter().filter(|(id, ..)| open.contains(id));
    circles.chain(waiting.map(|(id, relation, name)| missing(id, *relation, name))).collect()
}

/// A circle with a completed ticket in it blocks nobody.
fn cycle(open: &BTreeSet<&TicketId>, circle: &Circle) -> Option<Finding> {
    let first = circle.tickets.first()?;
    let names: Vec<&str> = circle.tickets.iter().chain([first]).map(TicketId::as_str).collect();
    let (check, what) = match circle.order {
        RelationOrder::Waiting => (Check::DependencyCycle, "waits for itself"),
        RelationOrder::Parts => (Check::RelationCycle, "is a part of itself"),
        RelationOrder::Duplicates => (Check::RelationCycle, "is a duplicate of itself"),
    };
    let finding = Finding::new(check, Some(first), format!("{first} {what}"))
        .fact("circle", names.join(" → "));
    let steps: Vec<Vec<&str>> =
        circle.first_step.iter().map(|(id, relation, name)| remove(id, *relation, name)).collect();
    let steps: Vec<&[&str]> = steps.iter().map(Vec::as_slice).collect();
    let finding = finding.repair_with("remove one of these relations", &steps);
    let stuck = circle.tickets.iter().all(|id| open.contains(id));
    Some(if stuck { finding } else { finding.only(Severity::Info) })
}

fn missing(id: &TicketId, relation: Relation, name: &str) -> Finding {
    let (check, what) = match relation {
        Relation::Parent => (Check::MissingParent, "is a part of"),
        Relation::DependsOn | Relation::Blocks | Relation::Related | Relation::DuplicateOf => {
            (Check::MissingDependency, "waits for")
        }
    };
    let message = format!("{id} {what} `{name}`, and no single ticket on the trunk has that name");
    let finding = Finding::new(check, Some(id), message);
    finding.repair("remove it, or create the ticket", &remove(id, relation, name))
}

/// The command that removes exactly this name, which may begin with a dash.
fn remove<'a>(id: &'a TicketId, relation: Relation, name: &'a str) -> Vec<&'a str> {
    let kind = relation.option().map(|word| ["--relation", word]);
    let kind = kind.as_ref().map_or(&[][..], |kind| kind);
    [&["tix", "dep", "rm"], kind, &["--", id.as_str(), name]].concat()
}
