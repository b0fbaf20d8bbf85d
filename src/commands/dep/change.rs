//! `tix dep add` and `tix dep rm`: one transaction, where the ticket is written.

use std::cell::RefCell;

use super::Link;
use crate::commands::Globals;
use crate::commands::shared::errand::{Errand, run as run_errand};
use crate::commands::shared::find::find_ticket;
use crate::commands::shared::queue::Survey;
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{LinkRequest, LinkVerb, link};
use crate::out::{Out, safe};
use crate::ticket::{Lane, Relation};

/// Changes the relation.
pub(super) fn run(
    verb: LinkVerb,
    args: &Link,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let relation = Relation::from(args.relation);
    let outcome = match verb {
        LinkVerb::Add => "added",
        LinkVerb::Remove => "removed",
    };
    let errand = Errand {
        operation: "dep",
        outcome,
        ticket: Some(&args.id),
        timeout: args.timeout.as_deref(),
    };
    // The other one's whole name, as it was found.
    let named = RefCell::new(String::new());
    run_errand(
        &errand,
        (globals, env, out),
        |ctx, act, scene| {
            let other = find_ticket(ctx, scene.trunk, &args.other)?;
            *named.borrow_mut() = other.id.to_string();
            if scene.on_trunk.entry.lane == Lane::Active {
                act.require(Verb::Edit, &scene.ticket)?;
            }
            let survey = Survey::whole(ctx, scene.trunk)?;
            let request = LinkRequest { verb, relation, other, actor: act.actor };
            Ok(link(&scene.ticket, &request, &survey.known, &scene.trunk.snapshot)?)
        },
        |_, receipt| {
            let (ticket, other, key) = (safe(&receipt.ticket), named.borrow(), relation.key());
            match (receipt.outcome, verb) {
                ("already", _) => format!("nothing to change in {ticket}\n"),
                (_, LinkVerb::Add) => format!("{ticket}: {} is in `{key}` now\n", safe(&other)),
                (_, LinkVerb::Remove) => {
                    format!("{ticket}: {} is not in `{key}` any more\n", safe(&other))
                }
            }
        },
    )
}
