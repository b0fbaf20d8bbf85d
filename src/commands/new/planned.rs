//! `tix new --plan`: several tickets that name each other.

use std::collections::HashMap;
use std::path::Path;

use super::with_body;
use crate::app::context::Context;
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::input::read_source;
use crate::app::queue::Survey;
use crate::app::template::{set, template};
use crate::error::{Exit, Failure};
use crate::import::plan::{self, PlannedTicket, cannot_be_new, find_circles, summary};
use crate::import::{RefusedRecord, SourceFile, SourcePlace, place_of};
use crate::lifecycle::{Draft, FreeIds, edges};
use crate::text::one_line;
use crate::ticket::{Relation, SessionId, TicketId, Value, distinct};
use crate::trunk::View;

/// Reads a plan. One mistake refuses all of it: half a plan is none.
pub(super) fn read(ctx: &Context<'_>, path: &Path) -> Result<Vec<PlannedTicket>, Failure> {
    let bytes = read_source(&ctx.dir, path)?;
    let name = path.display().to_string();
    let file = SourceFile::decode(&name, &bytes).map_err(|refused| wrong(&[refused]))?;
    let mut read = plan::read(&file);
    for PlannedTicket { ticket, .. } in &read.tickets {
        let place = ticket.place.clone();
        read.refused.extend(cannot_be_new(ticket).map(|why| RefusedRecord { place, why }));
    }
    if !read.refused.is_empty() {
        read.refused.sort_by_key(|refused| refused.place.line);
        return Err(wrong(&read.refused));
    }
    read.warnings.iter().for_each(|warning| ctx.out.warn(warning));
    Ok(read.tickets)
}

fn wrong(refused: &[RefusedRecord]) -> Failure {
    let failure = Failure::new(Exit::Damaged, summary(refused));
    failure.hint("fix the plan and try again: nothing was created")
}

/// The drafts, with ids that are free on this trunk, so that they can name each other.
pub(super) fn drafts(
    ctx: &Context<'_>,
    view: &View<'_>,
    plan: &[PlannedTicket],
    session: Option<&SessionId>,
) -> Result<Vec<Draft>, Failure> {
    let mut free = FreeIds::of(&view.snapshot);
    let mut ids = Vec::new();
    for PlannedTicket { ticket, .. } in plan {
        let session = session.cloned();
        let session = session.unwrap_or_else(|| SessionId::slug_from_title(&ticket.title));
        let id = free.take(&session, None)?;
        ids.push((session, id));
    }
    let keys: HashMap<&str, &TicketId> =
        plan.iter().zip(&ids).map(|(planned, (_, id))| (planned.ticket.id.as_str(), id)).collect();
    let there = named(ctx, view, plan, &keys)?;
    if !there.is_empty() {
        let survey = Survey::whole(ctx, view)?;
        let mut closing = find_circles(plan, &edges(&survey.known, &view.snapshot), &there);
        closing.sort_by_key(|refused| refused.place.line);
        if !closing.is_empty() {
            return Err(wrong(&closing));
        }
    }
    let mut drafts = Vec::new();
    for (planned, (session, id)) in plan.iter().zip(&ids) {
        let id_of = |name: &str| keys.get(name).copied().or_else(|| there.get(name));
        let document = document(ctx, view, planned, &id_of)?;
        let label = format!("line {} of the plan", planned.ticket.place.line);
        drafts.push(Draft { document, session: session.clone(), wanted: Some(id.clone()), label });
    }
    Ok(drafts)
}

/// The tickets of the trunk that a plan names.
fn named<'p>(
    ctx: &Context<'_>,
    view: &View<'_>,
    plan: &'p [PlannedTicket],
    keys: &HashMap<&str, &TicketId>,
) -> Result<HashMap<&'p str, TicketId>, Failure> {
    let mut there = HashMap::new();
    for planned in plan {
        let relations = planned.ticket.relations.iter().zip(&planned.lines);
        for ((_, name), line) in relations.filter(|((_, name), _)| !keys.contains_key(&**name)) {
            let place = SourcePlace { line: *line, ..planned.ticket.place.clone() };
            there.insert(name.as_str(), existing(ctx, view, name, &place)?);
        }
    }
    Ok(there)
}

fn document<'a>(
    ctx: &Context<'_>,
    view: &View<'_>,
    planned: &PlannedTicket,
    id_of: &dyn Fn(&str) -> Option<&'a TicketId>,
) -> Result<crate::ticket::Document, Failure> {
    let ticket = &planned.ticket;
    let mut document = template(ctx, view)?;
    if !ticket.body.trim().is_empty() {
        document = with_body(&document, ticket.body.as_bytes())?;
    }
    set(&mut document, "title", Value::Text(&one_line(&ticket.title)))?;
    set(&mut document, "status", Value::Text(place_of(ticket.state).1.as_str()))?;
    set(&mut document, "created", ticket.created.as_deref().map_or(Value::Null, Value::Text))?;
    if let Some(priority) = ticket.priority {
        set(&mut document, "priority", Value::Text(&priority.to_string()))?;
    }
    if let Some(why) = &ticket.blocked {
        set(&mut document, "blocked", Value::Text(why))?;
    }
    if !ticket.labels.is_empty() {
        set(&mut document, "labels", Value::List(&distinct(ticket.labels.clone())))?;
    }
    for relation in Relation::ALL {
        let own = ticket.relations.iter().filter(|(of, _)| *of == relation);
        let ids = own.filter_map(|(_, name)| id_of(name));
        let names: Vec<String> = ids.map(ToString::to_string).collect();
        match names.first() {
            None => {}
            Some(_) if relation.is_list() => {
                set(&mut document, relation.key(), Value::List(&names))?;
            }
            Some(name) => set(&mut document, relation.key(), Value::Text(name))?,
        }
    }
    Ok(document)
}

/// A ticket of the trunk that a plan names.
fn existing(
    ctx: &Context<'_>,
    view: &View<'_>,
    query: &str,
    place: &SourcePlace,
) -> Result<TicketId, Failure> {
    match find_ticket(ctx, view, TicketSearch { query, command: "dep" }) {
        Ok(entry) => Ok(entry.id.clone()),
        Err(failure) => {
            let message = format!("{}:{}: {}", place.file, place.line, failure.message);
            Err(Failure { message, ..failure })
        }
    }
}
