//! The lanes side by side.

use chrono::{DateTime, Utc};
use maud::{Markup, Render as _, html};

use super::card::unusual;
use super::{Ago, CardValues, DamageValues, SeenText, TicketValues, address_of, card};
use crate::ticket::name_of;

/// How many cards of a lane a page shows; the others are found by the filter, or on further pages.
pub const SHOWN: usize = 50;

pub struct BoardPage<'a> {
    /// What the tickets are filtered by; empty for all.
    pub filter: &'a str,
    pub lanes: Vec<LanePage<'a>>,
    pub damaged: &'a [DamageValues],
    pub now: DateTime<Utc>,
}

pub struct LanePage<'a> {
    pub name: &'a str,
    /// How many tickets of the lane fit the filter.
    pub total: usize,
    /// The tickets shown.
    pub cards: Vec<&'a TicketValues>,
    /// The address of the next ones, if there are more.
    pub more: Option<String>,
}

pub fn board(page: &BoardPage<'_>) -> Markup {
    html! {
        form .filter method="get" action="/" role="search" {
            label for="q" { "Filter" }
            input #q type="search" name="q" value=(page.filter) placeholder="words, labels, people" autocomplete="off";
            button { "Filter" }
            @if !page.filter.is_empty() { a href="/" { "Show all" } }
        }
        @if !page.damaged.is_empty() {
            section .error aria-labelledby="damaged" {
                h2 #damaged { "Files that cannot be read" }
                ul { @for file in page.damaged { li { code { (SeenText(&file.path)) } ": " (SeenText(&file.why)) } } }
            }
        }
        div .board.alone[page.lanes.len() == 1] {
            @for lane in &page.lanes {
                section class={ "lane " (lane.name) } aria-labelledby=(lane.name) {
                    h2 id=(lane.name) { (lane.name) " " small { (lane.total) } }
                    @if lane.cards.is_empty() { p .none { "nothing here" } }
                    ul .cards { @for ticket in &lane.cards { (card(&of_ticket(ticket, page.now))) } }
                    @if let Some(more) = &lane.more {
                        p .more { a href=(more) { "Show more of " (lane.total) " in " (lane.name) } }
                    }
                    @if page.lanes.len() == 1 { p .more { a href="/" { "All lanes" } } }
                }
            }
        }
    }
}

fn of_ticket(ticket: &TicketValues, now: DateTime<Utc>) -> CardValues<'_> {
    let worker = ticket.overlay.as_ref().and_then(|overlay| overlay.worker.as_ref());
    let since = ticket.claimed_at.as_deref().or(ticket.created.as_deref());
    CardValues {
        id: &ticket.id,
        title: ticket.title.as_deref(),
        address: Some(address_of(&ticket.id)),
        holder: ticket.holder.as_deref().map(name_of),
        age: since.map(|at| Ago(at, now).render()).unwrap_or_default(),
        priority: ticket.priority.as_deref(),
        status: unusual(&ticket.status, &ticket.lane),
        blocked: ticket.blocked.as_deref(),
        pull: ticket.pull_request.as_ref().map(ToString::to_string),
        worker,
        labels: &ticket.labels,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{NOW, assert_holds, ticket};
    use super::*;

    fn shown(text: &str, filter: &str) -> String {
        let ticket = ticket(text);
        let lane = |name| LanePage { name, total: 0, cards: Vec::new(), more: None };
        let active = LanePage {
            total: 51,
            cards: vec![&ticket],
            more: Some("/?lane=active&from=50".to_owned()),
            ..lane("active")
        };
        let damage =
            DamageValues { path: "tickets/x.md".to_owned(), why: "no <front> matter".to_owned() };
        let lanes = vec![lane("queue"), active];
        board(&BoardPage { filter, lanes, damaged: &[damage], now: NOW }).into_string()
    }

    #[test]
    fn a_card_says_who_holds_it_since_when_and_whether_its_worker_lives() {
        let page = shown(
            r#"{"id": "TICKET-a-001", "lane": "active", "status": "in_progress", "holder": "Ada <ada@example.org>",
                "claimed_at": "2026-11-30T11:00:00Z", "title": "Weave", "priority": "P0", "blocked": "no thread",
                "labels": ["loom"], "path": "p", "source": "s", "pull_request": {"url": "https://f/7", "number": 7, "state": "merged"}, "overlay": {"worker": {"state": "live"}}}"#,
            "",
        );
        assert_holds(
            &page,
            &[
                "<li class=\"card p0\">",
                "href=\"/t/TICKET-a-001\"><bdi>Weave</bdi>",
                "<bdi>Ada</bdi> · <time datetime=\"2026-11-30T11:00:00Z\" title=\"30 November 2026, 11:00:00 UTC\">1 h ago",
                ">P0 critical<",
                ">blocked: no thread<",
                ">pull request 7 (merged)<",
                "class=\"live\">worker live<",
                ">loom<",
                "Show more of 51 in active",
                "tickets/x.md</code>: no &lt;front&gt; matter",
            ],
        );
        assert!(!page.contains("in_progress") && !page.contains("example.org"), "{page}");
    }

    #[test]
    fn what_people_wrote_stays_text() {
        let page = shown(
            r#"{"id": "TICKET-a-001", "lane": "active", "status": "<i>", "holder": "<b>\"x", "title": "<script>\u202e",
                "labels": ["\" onmouseover=\"x"], "path": "p", "source": "s"}"#,
            "\"><script>",
        );
        assert!(
            !page.contains("<script") && !page.contains("<i>") && !page.contains("\u{202e}"),
            "{page}"
        );
        assert_holds(&page, &["value=\"&quot;&gt;&lt;script&gt;\"", "&lt;script&gt;\\u{202e}"]);
        assert!(!page.contains("\" onmouseover"), "{page}");
    }
}
