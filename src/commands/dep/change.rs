//! `tix dep add` and `tix dep rm`: one transaction.

use super::Link;
use crate::commands::shared::find::find_ticket;
use crate::commands::shared::queue::Survey;
use crate::commands::shared::receipt::{Receipt, record};
use crate::commands::{Context, Globals};
use crate::config::Record;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{Change, Entry, LinkRequest, LinkVerb, link};
use crate::out::{Format, Out, safe};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Run, Stop, View};

/// Why a decision did not become a push.
enum Detour {
    /// It cannot be done.
    No(Box<Failure>),
    /// It is so already.
    Already(TicketId, TicketId),
}

impl<E: Into<Failure>> From<E> for Detour {
    fn from(error: E) -> Detour {
        Detour::No(Box::new(error.into()))
    }
}

/// Changes the relation.
pub(super) fn run(
    verb: LinkVerb,
    args: &Link,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "dep", ..Diary::default() };
    let result = change(&ctx, verb, args, &mut diary);
    let (result, other) = match result {
        Ok((receipt, other)) => (Ok(receipt), other.to_string()),
        Err(failure) => (Err(failure), String::new()),
    };
    let receipt = record(&ctx, "dep", &args.id, &diary, result)?;
    out.clear_progress();
    if out.format == Format::Json {
        out.json(&receipt);
        return Ok(());
    }
    for warning in &receipt.warnings {
        out.warn(warning);
    }
    let (ticket, other) = (safe(&receipt.ticket), safe(&other));
    let key = crate::ticket::Relation::from(args.relation).key();
    let text = match receipt.outcome {
        "already" => format!("nothing to change in {ticket}\n"),
        _ if verb == LinkVerb::Add => format!("{ticket}: {other} is in `{key}` now\n"),
        _ => format!("{ticket}: {other} is not in `{key}` any more\n"),
    };
    out.answer(&text);
    Ok(())
}

fn change(
    ctx: &Context<'_>,
    verb: LinkVerb,
    args: &Link,
    diary: &mut Diary,
) -> Result<(Receipt, TicketId), Failure> {
    let run = Run::begin(&ctx.repo)?;
    let actor = ctx.actor()?;
    let progress = ctx.progress();
    let trunk = ctx.engine(&run, &progress);
    let landed = trunk.transact(diary, |view| {
        let entry = find_ticket(ctx, view, &args.id).map_err(Stop::refuse)?;
        let other = find_ticket(ctx, view, &args.other).map_err(Stop::refuse)?;
        let request = LinkRequest { verb, relation: args.relation.into(), other, actor: &actor };
        let change = decide(ctx, view, entry, &request)?;
        let ids = (entry.id.clone(), other.id.clone());
        match change {
            Some(change) => Ok((change, ids)),
            None => Err(Stop::Refused(Detour::Already(ids.0, ids.1))),
        }
    });
    match landed {
        Ok(landed) => {
            let (id, other) = landed.output.clone();
            let mut receipt = Receipt::new(ctx, "dep", id.as_str(), &actor);
            receipt.outcome = match verb {
                LinkVerb::Add => "added",
                LinkVerb::Remove => "removed",
            };
            receipt.add(&landed);
            Ok((receipt, other))
        }
        Err(Stop::Refused(Detour::Already(id, other))) => {
            let mut receipt = Receipt::new(ctx, "dep", id.as_str(), &actor);
            receipt.outcome = "already";
            Ok((receipt, other))
        }
        Err(Stop::Refused(Detour::No(failure))) => Err(*failure),
        Err(Stop::Trunk(error)) => Err(error.into()),
    }
}

fn decide(
    ctx: &Context<'_>,
    view: &View<'_>,
    entry: &Entry,
    request: &LinkRequest<'_>,
) -> Result<Option<Change>, Stop<Detour>> {
    let ticket = view.require::<Detour>(entry)?;
    if entry.lane == Lane::Active && ctx.record == Record::Branch {
        // Two edits of one front matter would make the merge of the ticket branch conflict.
        let failure = Failure::new(
            Exit::Refused,
            format!("{} is held, and its front matter is written on its branch", entry.id),
        );
        let failure = crate::error::held_facts(failure, &ticket.held()).hint(format!(
            "its holder can write `{}` there; see: tix show {}",
            request.relation.key(),
            entry.id
        ));
        return Err(Stop::refuse(failure));
    }
    let survey = Survey::whole(ctx, view)?;
    link(&ticket, request, &survey.known, &view.snapshot).map_err(Stop::refuse)
}
