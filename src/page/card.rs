//! A ticket as a card of the board.

use maud::{Markup, html};

use super::{SeenLines, SeenText, WorkerValues};
use crate::report::priority_words;
use crate::ticket::{Lane, Priority, Status, TicketRow, name_of};

/// What a card says, wherever it was read.
pub struct CardValues<'a> {
    pub id: &'a str,
    pub title: Option<&'a str>,
    /// The page of the ticket, if there is one.
    pub address: Option<String>,
    /// The name of whoever holds it.
    pub holder: Option<&'a str>,
    /// How long it has been in its state.
    pub age: Markup,
    pub priority: Option<&'a str>,
    /// Its status, unless the lane says it already.
    pub status: Option<&'a str>,
    pub blocked: Option<&'a str>,
    /// Its pull request.
    pub pull: Option<String>,
    pub worker: Option<&'a WorkerValues>,
    pub labels: &'a [String],
}

impl<'a> CardValues<'a> {
    /// Of a row, which may have a page.
    pub fn of_row(row: &'a TicketRow, age: &str, address: Option<String>) -> CardValues<'a> {
        CardValues {
            id: row.id.as_str(),
            title: row.title.as_deref(),
            address,
            holder: row.holder.as_deref().map(name_of),
            age: html! { (age) },
            priority: row.priority.as_deref(),
            status: (row.known != Some(Status::usual_in(row.lane))).then(|| row.status_words()),
            blocked: row.blocked.as_deref(),
            pull: row.pull_request.as_ref().map(ToString::to_string),
            worker: None,
            labels: &row.labels,
        }
    }
}

/// A status as it is written, unless it is the usual one of its lane.
pub(super) fn unusual<'s>(status: &'s str, lane: &str) -> Option<&'s str> {
    let lane = Lane::ALL.into_iter().find(|one| one.as_str() == lane);
    let usual = lane.map(|lane| Status::usual_in(lane).as_str());
    (usual != Some(status)).then_some(status)
}

/// The class of a priority; those without a name all look alike.
fn urgency(priority: Option<&str>) -> &'static str {
    let priority = priority.and_then(Priority::read);
    match priority.and_then(Priority::word) {
        Some("critical") => "p0",
        Some("high") => "p1",
        Some("medium") => "p2",
        Some(_) | None => "p3",
    }
}

pub fn card(card: &CardValues<'_>) -> Markup {
    let urgency = urgency(card.priority);
    let id = card.id.strip_prefix("TICKET-").unwrap_or(card.id);
    html! {
        li class={ "card " (urgency) } {
            @match (&card.address, card.title) {
                (Some(address), title) => {
                    a .title href=(address) { bdi { (SeenText(title.unwrap_or(id))) } }
                }
                (None, Some(title)) => { div .title { bdi { (SeenText(title)) } } }
                (None, None) => {}
            }
            div .id { (SeenText(id)) }
            @if card.holder.is_some() || !card.age.0.is_empty() {
                div .who {
                    @if let Some(holder) = card.holder {
                        bdi { (SeenText(holder)) }
                        @if !card.age.0.is_empty() { " · " }
                    }
                    (card.age)
                }
            }
            @let worker = card.worker.map(|worker| worker.state.as_str());
            @let told = [card.priority, card.status, card.blocked, worker, card.pull.as_deref()];
            @if told.iter().any(Option::is_some) || !card.labels.is_empty() { div .badges {
                @if let Some(priority) = card.priority { span .(urgency) { (SeenText(&priority_words(priority))) } }
                @if let Some(status) = card.status { span { (SeenText(status)) } }
                @if let Some(why) = card.blocked { span .blocked { "blocked: " (SeenLines(why)) } }
                @if let Some(pull) = &card.pull { span { (SeenText(pull)) } }
                @if let Some(worker) = card.worker { span class=(worker_class(&worker.state)) { "worker " (SeenText(&worker.state)) (of_earlier(worker)) } }
                @for label in card.labels { span { (SeenText(label)) } }
            } }
        }
    }
}

/// What a worker's state lacks: the board, the ticket and the workers say it alike.
pub(super) fn of_earlier(worker: &WorkerValues) -> &'static str {
    if worker.earlier { ", on an earlier claim" } else { "" }
}

pub(super) fn worker_class(state: &str) -> &'static str {
    match state {
        "live" | "starting" => "live",
        "stale" => "blocked",
        _ => "soft",
    }
}
