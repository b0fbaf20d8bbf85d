//! One ticket: its text, its story, and what can be done with it by whom.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::card::{of_earlier, worker_class};
use super::form::{Action, action};
use super::{
    Ago, EventValues, Move, PartValues, SeenLines, SeenText, StatusValues, address_of, markdown,
    tokens,
};
use crate::report::priority_words;
use crate::ticket::name_of;

pub struct TicketPage<'a> {
    pub status: &'a StatusValues,
    /// Its text behind the front matter, without the changelog.
    pub body: &'a str,
    pub changelog: &'a str,
    pub parts: &'a [PartValues],
    pub story: &'a [EventValues],
    /// What a form must carry: the session's token and the object id of the ticket's file.
    pub write: Option<(&'a str, &'a str)>,
    pub now: DateTime<Utc>,
}

pub fn ticket(page: &TicketPage<'_>) -> Markup {
    html! {
        div .ticket {
            (facts(page))
            div .words { (words(page)) }
            div .doing {
                @if let Some((csrf, blob)) = page.write { (actions(page.status, csrf, blob)) }
                (open_to(&page.status.moves))
            }
        }
    }
}

/// What people and their work say.
fn words(page: &TicketPage<'_>) -> Markup {
    let StatusValues { missing, changed, .. } = page.status;
    html! {
        article .text aria-label="Text" { (markdown::rendered(page.body)) }
        @if !page.changelog.trim().is_empty() {
            details #changelog .text { summary { "Changelog" } (markdown::rendered(page.changelog)) }
        }
        @if !page.parts.is_empty() {
            section { h2 { "Parts" } ul { @for part in page.parts {
                li { (link(&part.id)) " " (SeenText(&part.lane)) " " bdi { (SeenText(part.title.as_deref().unwrap_or_default())) } }
            } } }
        }
        @if !missing.is_empty() {
            section { h2 { "Still to do" } ul { @for line in missing { li { (SeenText(line)) } } } }
        }
        @if !changed.is_empty() {
            section { h2 { "Changed on its branch" } ul .files { @for file in changed {
                li { code { (SeenText(&file.status)) } " " code { (SeenText(&file.path)) } }
            } } }
        }
        (story(page))
    }
}

fn facts(page: &TicketPage<'_>) -> Markup {
    let StatusValues { ticket, last_sign, stale, .. } = page.status;
    html! {
        dl .facts {
            dt { "id" } dd { code { (SeenText(&ticket.id)) } }
            dt { "state" } dd { (SeenText(&ticket.lane)) ", " (SeenText(&ticket.status)) @if *stale { ", stale" } }
            @if let Some(why) = &ticket.blocked { dt { "blocked" } dd .blocked { (SeenLines(why)) } }
            @if let Some(holder) = &ticket.holder {
                dt { "held by" }
                dd { bdi { (SeenText(name_of(holder))) } @if let Some(at) = &ticket.claimed_at { ", claimed " (Ago(at, page.now)) } }
            }
            @if let Some(at) = last_sign { dt { "last sign" } dd { (Ago(at, page.now)) } }
            @if let Some(at) = &ticket.created { dt { "created" } dd { (Ago(at, page.now)) } }
            @if let Some(priority) = &ticket.priority { dt { "priority" } dd { (SeenText(&priority_words(priority))) } }
            @if !ticket.labels.is_empty() { dt { "labels" } dd { (SeenText(&ticket.labels.join(", "))) } }
            @if let Some(parent) = &ticket.parent_ticket { dt { "part of" } dd { (link(parent)) } }
            @if !ticket.depends_on.is_empty() { dt { "depends on" } dd { @for id in &ticket.depends_on { (link(id)) " " } } }
            @if !ticket.blocks.is_empty() { dt { "blocks" } dd { @for id in &ticket.blocks { (link(id)) " " } } }
            dt { "file" } dd { code { (SeenText(&ticket.path)) } " of " (SeenText(&ticket.source)) }
            (pull_request(page))
            (overlay(page))
        }
    }
}

/// What happened to it, the last first.
fn story(page: &TicketPage<'_>) -> Markup {
    html! {
        section {
            h2 { "Story" }
            ol .story reversed { @for event in page.story.iter().rev() {
                li {
                    strong { (SeenText(&event.operation)) }
                    @if let Some(outcome) = event.outcome.as_ref().filter(|said| **said != event.operation) { ": " (SeenText(outcome)) }
                    @if let Some(by) = &event.by { " by " bdi { (SeenText(name_of(by))) } }
                    ", " (Ago(&event.at, page.now))
                    @if let Some(commit) = &event.commit { ", " code { (SeenText(commit.get(..9).unwrap_or(commit))) } }
                }
            } }
        }
    }
}

fn link(id: &str) -> Markup {
    html! {
        @if id.starts_with("TICKET-") { a href=(address_of(id)) { (SeenText(id)) } } @else { (SeenText(id)) }
    }
}

fn pull_request(page: &TicketPage<'_>) -> Markup {
    let Some(pull) = &page.status.ticket.pull_request else { return Markup::default() };
    let name = pull.number.map_or_else(|| pull.url.clone(), |number| number.to_string());
    html! {
        dt { "pull request" }
        dd {
            // What a ticket says need not be an address of the web.
            @if pull.url.starts_with("https://") {
                a rel="noopener noreferrer" href=(pull.url) { (SeenText(&name)) }
            } @else { (SeenText(&name)) }
            @if let Some(words) = pull.state_words() { ", " (words) }
            @if let Some(at) = &pull.seen_at { ", seen " (Ago(at, page.now)) }
        }
    }
}

/// What its branch, its workspace and its worker say.
fn overlay(page: &TicketPage<'_>) -> Markup {
    let Some(overlay) = &page.status.ticket.overlay else { return Markup::default() };
    html! {
        @if let Some(branch) = &overlay.branch {
            dt { "branch" }
            dd {
                code { (SeenText(&branch.source)) } ", " (branch.ahead) " ahead, last commit "
                (Ago(&branch.last_activity, page.now))
            }
        }
        @if let Some(workspace) = &overlay.workspace {
            dt { "workspace" } dd { code { (SeenText(&workspace.source)) } @if !workspace.present { ", gone" } }
        }
        @if let Some(worker) = &overlay.worker {
            dt { "worker" } dd { a href="/workers" { span class={ "pill " (worker_class(&worker.state)) } { (SeenText(&worker.state)) } } (of_earlier(worker)) }
        }
    }
}

/// The verbs that are a button, each with the command that must be open to whoever looks.
static ACTIONS: [(&str, Action<'static>); 9] = [
    ("note", Action { field: Some(("text", "A note")), ..Action::of("note", "Note") }),
    ("queue", Action::of("queue", "Let it be claimed")),
    (
        "draft",
        Action {
            field: Some(("reason", "What is missing")),
            ..Action::of("draft", "Make it a draft")
        },
    ),
    ("block", Action { field: Some(("reason", "What blocks it")), ..Action::of("block", "Block") }),
    ("unblock", Action::of("unblock", "Unblock")),
    ("release", Action::of("release", "Give back to the queue")),
    (
        "reclaim",
        Action {
            field: Some(("reason", "Why it is taken over")),
            ..Action::of("reclaim", "Take it over")
        },
    ),
    (
        "review --approve",
        Action { fixed: Some(("verdict", "approve")), ..Action::of("review", "Approve") },
    ),
    (
        "review --request-changes",
        Action {
            field: Some(("reason", "What has to change")),
            fixed: Some(("verdict", "changes")),
            ..Action::of("review", "Request changes")
        },
    ),
];

/// What can be done, as far as it is open to whoever looks.
fn actions(status: &StatusValues, csrf: &str, blob: &str) -> Markup {
    let id = status.ticket.id.as_str();
    let may = |command: &str| status.moves.iter().any(|m| m.command == command && m.legal && m.you);
    html! {
        section .actions {
            h2 { "What you can do" }
            p .links {
                @if may("edit") { a .button.quiet href={ (address_of(id)) "/edit" } { "Edit the text" } }
                @if may("tick") && !status.missing.is_empty() { a .button.quiet href={ (address_of(id)) "/tick" } { "Tick boxes" } }
            }
            @for (_, one) in ACTIONS.iter().filter(|(command, _)| may(command)) { (action(id, one, "", csrf, blob)) }
        }
    }
}

/// The form of a verb again, with what was typed into it. `fixed` is the field that goes along as it is.
pub fn action_again(id: &str, verb: (&str, &str), typed: &str, tokens: (&str, &str)) -> Markup {
    let (csrf, blob) = tokens;
    html! {
        @if let Some(one) = action_of(verb.0, verb.1) {
            section .actions { h2 { "Try again" } (action(id, one, typed, csrf, blob)) }
        }
    }
}

/// The name and the words of the field that the form of a verb must fill.
pub fn required_field(verb: &str, fixed: &str) -> Option<(&'static str, &'static str)> {
    action_of(verb, fixed)?.field
}

fn action_of(verb: &str, fixed: &str) -> Option<&'static Action<'static>> {
    let is_it =
        |one: &&Action<'_>| one.verb == verb && one.fixed.map_or("", |(_, value)| value) == fixed;
    ACTIONS.iter().map(|(_, one)| one).find(is_it)
}

pub struct TickBox {
    pub number: usize,
    pub ticked: bool,
    /// Whether it was chosen in a form that could not be done.
    pub chosen: bool,
    pub text: String,
}

pub fn boxes(id: &str, boxes: &[TickBox], csrf: &str, blob: &str) -> Markup {
    html! {
        form .write method="post" action={ (address_of(id)) "/tick" } {
            (tokens(csrf, Some(blob)))
            @for one in boxes {
                label .box {
                    input type="checkbox" name="box" value=(one.number) checked[one.ticked || one.chosen] disabled[one.ticked];
                    " " (SeenText(&one.text))
                }
            }
            p .none { "A ticked box stays ticked here. To untick it, " a href={ (address_of(id)) "/edit" } { "edit the text" } "." }
            div .row { button { "Tick" } a href=(address_of(id)) { "Back to the ticket" } }
        }
    }
}

/// Who may do what, and why not.
fn open_to(moves: &[Move]) -> Markup {
    html! {
        details #moves .moves {
            summary { "Who may do what" }
            div .scroll tabindex="0" role="region" aria-label="Who may do what" {
                table {
                    thead { tr { @for head in ["command", "who", "now"] { th scope="col" { (head) } } } }
                    tbody { @for one in moves {
                        tr {
                            th scope="row" { code { (SeenText(&one.command)) } }
                            td { (SeenText(&one.by)) }
                            td {
                                @match (&one.why, one.you) {
                                    (Some(why), _) => { "no: " (SeenLines(why)) }
                                    (None, true) => "yes, you too",
                                    (None, false) => "yes",
                                }
                            }
                        }
                    } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{NOW, assert_holds, values};
    use super::*;

    const STATUS: &str = r#"{"id": "TICKET-a-001", "lane": "active", "status": "in_progress", "holder": "Ada <ada@example.org>",
        "claimed_at": "2026-11-30T10:00:00Z", "title": "Weave", "priority": "P1", "labels": ["loom"], "depends_on": ["TICKET-b-001"],
        "parent_ticket": "<nobody>", "path": "tickets/active/TICKET-a-001.md", "source": "origin/ticket/TICKET-a-001",
        "overlay": {"branch": {"source": "origin/ticket/TICKET-a-001", "ahead": 3, "last_activity": "2026-11-30T11:30:00Z"},
            "workspace": {"source": "/w/<a>", "present": false}, "worker": {"state": "live"}},
        "pull_request": {"number": 7, "url": "https://f/7?<", "state": "open", "draft": true, "seen_at": "2026-11-30T11:30:00Z"},
        "last_sign": "2026-11-30T11:30:00Z", "stale": true, "missing": ["line 28: [ ] <empty>"],
        "moves": [{"command": "note", "legal": true, "by": "anybody", "you": true},
            {"command": "edit", "legal": true, "by": "anybody", "you": true},
            {"command": "tick", "legal": true, "by": "anybody", "you": true},
            {"command": "draft", "legal": true, "by": "anybody", "you": true},
            {"command": "release", "legal": true, "by": "the holder", "you": false},
            {"command": "queue", "legal": false, "by": "anybody", "you": false, "why": "it is in active/"},
            {"command": "review --approve", "legal": true, "by": "anybody but the holder", "you": true}],
        "changed": [{"status": "A", "path": "src/<x>.rs"}]}"#;

    fn shown(write: Option<(&str, &str)>) -> String {
        let story: Vec<EventValues> = values(
            r#"[{"at": "2026-11-30T10:00:00Z", "operation": "new", "by": "Ada <a@b>", "commit": "f62a821697759", "outcome": "created"},
                {"at": "2026-11-30T11:00:00Z", "operation": "<claim>", "by": null, "commit": null, "outcome": null}]"#,
        );
        let parts: Vec<PartValues> =
            values(r#"[{"id": "TICKET-c-001", "lane": "queue", "title": "<p>"}]"#);
        let (body, changelog) = ("# Aim\n<script>x</script>", "## created\n");
        let status = &values(STATUS);
        ticket(&TicketPage {
            status,
            body,
            changelog,
            parts: &parts,
            story: &story,
            write,
            now: NOW,
        })
        .into_string()
    }

    #[test]
    fn a_ticket_shows_its_text_its_story_and_its_progress() {
        let page = shown(None);
        assert_holds(
            &page,
            &[
                "<dd>active, in_progress, stale</dd>",
                "<bdi>Ada</bdi>, claimed <time",
                "<dd>P1 high</dd>",
                "<a href=\"/t/TICKET-b-001\">",
                "<dd>&lt;nobody&gt;</dd>",
                ", 3 ahead, last commit <time datetime=\"2026-11-30T11:30:00Z\" title=\"30 November 2026, 11:30:00 UTC\">30 min ago",
                "<code>/w/&lt;a&gt;</code>, gone",
                "href=\"https://f/7?&lt;\">7</a>, draft, seen <time",
                "<h2>Aim</h2>",
                "&lt;script&gt;",
                "<summary>Changelog</summary><h2>created</h2>",
                "<a href=\"/t/TICKET-c-001\">",
                "line 28: [ ] &lt;empty&gt;",
                "<code>A</code> <code>src/&lt;x&gt;.rs</code>",
                "<strong>new</strong>: created by <bdi>Ada</bdi>",
                "<code>f62a82169</code>",
                "<td>no: it is in active/</td>",
            ],
        );
        assert!(page.find("&lt;claim&gt;") < page.find("<strong>new"), "the last first: {page}");
        assert!(
            !page.contains("<form") && !page.contains("<script") && !page.contains("a@b"),
            "{page}"
        );
    }

    #[test]
    fn the_forms_are_those_of_what_the_reader_may_do_and_carry_the_tokens() {
        let page = shown(Some(("secret", "f00d")));
        assert_holds(
            &page,
            &[
                "action=\"/t/TICKET-a-001/note\"",
                "href=\"/t/TICKET-a-001/edit\"",
                "href=\"/t/TICKET-a-001/tick\"",
                ">Approve<",
                "What is missing",
            ],
        );
        assert!(
            !page.contains("/release\"")
                && !page.contains("/queue\"")
                && !page.contains("Request changes"),
            "{page}"
        );
        let forms = page.matches("<form").count();
        assert_eq!(page.matches("name=\"csrf\" value=\"secret\"").count(), forms);
        assert_eq!(page.matches("name=\"blob\" value=\"f00d\"").count(), forms);
    }
}
