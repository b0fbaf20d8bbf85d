//! `tix dep add` and `tix dep rm`: one transaction, where the ticket is written.

use std::cell::RefCell;

use super::{Link, LinkEdit};
use crate::app::context::Globals;
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::operation::Operation;
use crate::app::queue::Survey;
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{LinkChange, LinkRequest, link};
use crate::out::Out;
use crate::text::safe;
use crate::ticket::{FrontMatter, Lane, Relation};

pub(super) fn run(
    way: LinkEdit,
    args: &Link,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let (ticket, other) = match args.tickets.as_slice() {
        [ticket, other, ..] => (Some(ticket.as_str()), other),
        [other] => (None, other),
        [] => return Ok(()),
    };
    let relation = Relation::from(args.relation);
    let outcome = match way {
        LinkEdit::Add => "added",
        LinkEdit::Remove => "removed",
    };
    let timeout = args.timeout.as_deref();
    let operation = Operation { name: "dep", outcome, ticket, timeout, claim: None, expects: None };
    let sought = TicketSearch { query: other, command: "dep" };
    // The other one's whole name, as it was found.
    let named = RefCell::new(String::new());
    operation.run(
        (globals, env, out),
        |ctx, act, view| {
            // A name that stands there goes, also where it means no ticket, or several.
            let there = relation.names(&FrontMatter::of(&view.ticket.document)).contains(other);
            let change = match way {
                LinkEdit::Remove if there => LinkChange::RemoveName(other),
                LinkEdit::Remove => LinkChange::Remove(find_ticket(ctx, view.trunk, sought)?),
                LinkEdit::Add => LinkChange::Add(find_ticket(ctx, view.trunk, sought)?),
            };
            *named.borrow_mut() = match change {
                LinkChange::Add(other) | LinkChange::Remove(other) => other.id.to_string(),
                LinkChange::RemoveName(name) => name.to_owned(),
            };
            if view.on_trunk.entry.lane == Lane::Active {
                act.require(Verb::Edit, &view.ticket)?;
            }
            // Only what is added can close a circle.
            let survey = match way {
                LinkEdit::Add => Some(Survey::whole(ctx, view.trunk)?),
                LinkEdit::Remove => None,
            };
            let all = survey.as_ref().map(|survey| survey.known.as_slice()).unwrap_or_default();
            let request = LinkRequest { change, relation, actor: act.actor };
            Ok(link(&view.ticket, &request, all, &view.trunk.snapshot)?)
        },
        |_, receipt| {
            let (ticket, other, key) = (safe(&receipt.ticket), named.borrow(), relation.key());
            match (receipt.outcome, way) {
                ("already", _) => format!("nothing to change in {ticket}\n"),
                (_, LinkEdit::Add) => {
                    format!("{ticket}: {} is in `{key}` now\n", safe(other.as_str()))
                }
                (_, LinkEdit::Remove) => {
                    format!("{ticket}: {} is not in `{key}` any more\n", safe(other.as_str()))
                }
            }
        },
    )
}
