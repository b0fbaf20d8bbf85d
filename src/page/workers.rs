//! The programs that were started in workspaces.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::card::{of_earlier, worker_class};
use super::{Ago, SeenText, TicketValues, WorkerValues, address_of};
use crate::ticket::name_of;

pub struct WorkersPage<'a> {
    pub workers: Vec<WorkerRow<'a>>,
    pub now: DateTime<Utc>,
}

pub struct WorkerRow<'a> {
    pub ticket: &'a TicketValues,
    pub worker: &'a WorkerValues,
    /// The last lines of what it wrote; `None` where it writes to a terminal, or nothing can be read.
    pub tail: Option<String>,
}

pub fn workers(page: &WorkersPage<'_>) -> Markup {
    html! {
        @if page.workers.is_empty() {
            p .none { "No worker of this clone is known on this machine. " code { "tix run ID -- COMMAND" } " starts one." }
        }
        @for row in &page.workers {
            section .worker {
                h2 { a href=(address_of(&row.ticket.id)) { bdi { (SeenText(row.ticket.title.as_deref().unwrap_or(&row.ticket.id))) } } }
                p {
                    span class={ "pill " (worker_class(&row.worker.state)) } { (SeenText(&row.worker.state)) }
                    (of_earlier(row.worker))
                    @if let Some(since) = &row.worker.since { ", started " (Ago(since, page.now)) }
                    @if let Some(pid) = row.worker.pid { ", process " (pid) }
                    @if let Some(host) = &row.worker.host { " on " (SeenText(host)) }
                }
                (whose(row))
                @if let Some(command) = &row.worker.command { p { code { (SeenText(&command.join(" "))) } } }
                @if let Some(tail) = &row.tail {
                    pre .tail tabindex="0" role="region" aria-label={ "The end of the log of " (SeenText(&row.ticket.id)) } {
                        @for line in tail.lines() { (SeenText(line)) "\n" }
                    }
                }
            }
        }
    }
}

/// Who has the ticket, if that is not whom the worker was started for.
fn whose(row: &WorkerRow<'_>) -> Markup {
    let holder = row.ticket.holder.as_deref().filter(|_| row.ticket.lane == "active");
    html! {
        @match holder {
            Some(holder) if row.worker.earlier => p { bdi { (SeenText(name_of(holder))) } " holds the ticket now." },
            None if row.ticket.lane != "active" => p { "Its ticket is in " (SeenText(&row.ticket.lane)) "/ now." },
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{NOW, assert_holds, ticket};
    use super::*;

    #[test]
    fn a_worker_shows_its_state_its_command_and_the_end_of_its_log() {
        let ticket = ticket(
            r#"{"id": "TICKET-a-001", "lane": "active", "status": "in_progress", "path": "p", "source": "s",
                "overlay": {"worker": {"state": "stale", "pid": 7, "host": "loom", "since": "2026-11-30T11:55:00Z",
                "command": ["sh", "-c", "<b>"]}}}"#,
        );
        let worker = ticket.overlay.as_ref().unwrap().worker.as_ref().unwrap();
        let tail = Some("one\n\u{1b}[31m<script>\n".to_owned());
        let page =
            WorkersPage { workers: vec![WorkerRow { ticket: &ticket, worker, tail }], now: NOW };
        let page = workers(&page).into_string();
        assert_holds(
            &page,
            &[
                "class=\"pill blocked\">stale<",
                ">5 min ago</time>, process 7 on loom",
                "<code>sh -c &lt;b&gt;</code>",
                "one\n\\u{1b}[31m&lt;script&gt;\n</pre>",
            ],
        );
        for (lane, holder, words) in [
            (
                "active",
                r#""Bob <b@x>""#,
                "live</span>, on an earlier claim, process 7</p><p><bdi>Bob</bdi> holds the ticket now.</p>",
            ),
            (
                "queue",
                "null",
                "live</span>, on an earlier claim, process 7</p><p>Its ticket is in queue/ now.</p>",
            ),
        ] {
            let ticket = super::super::test::ticket(&format!(
                r#"{{"id": "TICKET-a-001", "lane": "{lane}", "holder": {holder}, "status": "open", "path": "p", "source": "s",
                    "overlay": {{"worker": {{"state": "live", "earlier": true, "pid": 7}}}}}}"#,
            ));
            let worker = ticket.overlay.as_ref().unwrap().worker.as_ref().unwrap();
            let rows = vec![WorkerRow { ticket: &ticket, worker, tail: None }];
            let page = workers(&WorkersPage { workers: rows, now: NOW }).into_string();
            assert_holds(&page, &[words]);
        }
        let none = workers(&WorkersPage { workers: Vec::new(), now: NOW }).into_string();
        assert_holds(&none, &["No worker of this clone is known on this machine."]);
    }
}
