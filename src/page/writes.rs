//! The diagnostics: what every write of this clone did, or why it could not be done.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{Ago, MovedValues, SeenLines, SeenText, WriteValues, address_of};
use crate::ticket::name_of;

pub struct WritesPage<'a> {
    /// The newest first, each with its number.
    pub writes: Vec<(usize, &'a WriteValues)>,
    pub only_failed: bool,
    /// The address of the older ones.
    pub more: Option<String>,
    pub now: DateTime<Utc>,
}

pub fn writes(page: &WritesPage<'_>) -> Markup {
    html! {
        nav .tabs aria-label="Which writes" {
            a href="/writes" aria-current=[(!page.only_failed).then_some("true")] { "All" }
            a href="/writes?failed=1" aria-current=[page.only_failed.then_some("true")] { "Failed" }
        }
        @if page.writes.is_empty() { p .none { "nothing here" } }
        @else {
            section .writes {
                div .scroll tabindex="0" role="region" aria-label="Writes" {
                    table {
                        thead { tr {
                            @for head in ["when", "outcome", "operation", "ticket", "who", "paths", "attempts", "took"] {
                                th scope="col" { (head) }
                            }
                        } }
                        tbody { @for (number, write) in &page.writes { (row(*number, write, page.now)) } }
                    }
                }
                @if let Some(more) = &page.more { p .more { a href=(more) { "Older" } } }
            }
        }
    }
}

fn row(number: usize, write: &WriteValues, now: DateTime<Utc>) -> Markup {
    let ticket = write.ticket.strip_prefix("TICKET-").unwrap_or(&write.ticket);
    html! {
        tr {
            td { a href={ "/writes/" (number) } { (Ago(&write.at, now)) } }
            td { (pill(write)) }
            td { (SeenText(&write.operation)) }
            td .long {
                (SeenText(ticket))
                @if let Some(line) = write.message.as_deref().and_then(|message| message.lines().next()) { p { (SeenText(line)) } }
            }
            td { bdi { (SeenText(name_of(by(write)))) } }
            td .count { (write.paths.len()) }
            td .count { (write.attempts) }
            td { (write.duration_ms) " ms" }
        }
    }
}

/// Nobody is asked before it is known what is to be done.
fn by(write: &WriteValues) -> &str {
    write.by.as_deref().unwrap_or("not recorded")
}

/// What came of a write, in a few lines.
pub(super) fn brief(write: &WriteValues) -> Markup {
    html! {
        p { (pill(write)) " " (SeenText(&write.ticket)) }
        @for line in write.message.as_deref().unwrap_or_default().lines() { p { (SeenText(line)) } }
        @for hint in &write.hints { p .hint { (SeenLines(hint)) } }
        dl .receipt { (what_went(write)) }
    }
}

fn pill(write: &WriteValues) -> Markup {
    let class = if write.outcome.is_some() { "pill good" } else { "pill bad" };
    html! { span class=(class) { (outcome(write)) } }
}

/// A failure says so in words, not by its colour alone.
fn outcome(write: &WriteValues) -> Markup {
    html! {
        @match (&write.outcome, &write.name) {
            (Some(outcome), _) => (SeenText(outcome)),
            (None, Some(name)) => { "failed: " (SeenText(name)) }
            (None, None) => "failed",
        }
    }
}

/// One write, with all that is known of it.
pub fn write(write: &WriteValues, now: DateTime<Utc>) -> Markup {
    let is_ticket = write.ticket.starts_with("TICKET-");
    html! {
        @if write.outcome.is_none() {
            section .error role="alert" {
                h2 { "Failed: " (SeenText(write.name.as_deref().unwrap_or("no reason recorded"))) }
                @for line in write.message.as_deref().unwrap_or_default().lines() { p { (SeenText(line)) } }
                @if !write.details.is_empty() {
                    ul { @for (name, detail) in &write.details { li { (SeenText(name)) ": " (SeenLines(detail)) } } }
                }
                @for hint in &write.hints { p .hint { (SeenLines(hint)) } }
                @if let Some(phase) = write.phase.as_ref().filter(|phase| **phase != write.operation && phase.as_str() != BEGIN) {
                    p { "It failed in this step: " (SeenText(phase)) "." }
                }
            }
        }
        dl .receipt {
            dt { "operation" } dd { (SeenText(&write.operation)) " " (pill(write)) }
            @if !write.ticket.is_empty() {
                dt { "ticket" }
                dd { @if is_ticket { a href=(address_of(&write.ticket)) { (SeenText(&write.ticket)) } } @else { (SeenText(&write.ticket)) } }
            }
            dt { "who, when" } dd { bdi { (SeenText(by(write))) } ", " (Ago(&write.at, now)) }
            (what_landed(write))
            (what_went(write))
            dt { "attempts" } dd { (write.attempts) ", " (write.duration_ms) " ms" }
            dt { "your checkout" }
            @let is_same = write.untouched.as_ref().is_some_and(|found| found.changed.is_empty() && found.unknown.is_empty());
            dd .good[is_same] { (untouched(write)) }
            @if !write.followed.is_empty() { dt { "brought up to date" } dd { (list(&write.followed)) } }
            @if !write.warnings.is_empty() {
                dt { "warnings" } dd { ul { @for warning in &write.warnings { li { (SeenLines(warning)) } } } }
            }
        }
    }
}

/// The phase of what failed before it began.
const BEGIN: &str = "begin";

/// What it removed from this clone.
fn what_went(write: &WriteValues) -> Markup {
    let path = write.workspace.as_ref().and_then(|workspace| workspace.path.as_ref());
    html! {
        @if let (Some(path), Some(trash)) = (path, &write.trash) {
            dt { "workspace" }
            dd { code { (SeenText(path)) } ", kept for 7 days in " code { (SeenText(trash)) } }
        }
        @if let Some(gone) = &write.deleted_here {
            dt { "local branch" }
            dd {
                code { (SeenText(gone.name.strip_prefix("refs/heads/").unwrap_or(&gone.name))) }
                ", deleted; it was at " code { (SeenText(short(gone.old.as_deref()))) }
            }
        }
    }
}

/// Where it went and what it changed, or what was tried.
fn what_landed(write: &WriteValues) -> Markup {
    let stands = write.outcome.is_some() || write.landed;
    html! {
        dt { "branch" } dd { (branches(write)) }
        @if stands || write.commits.is_empty() {
            dt { "commits" } dd { (list(&write.commits)) }
            dt { "paths" } dd { (list(&write.paths)) }
        } @else {
            dt { "tried commits" } dd { (list(&write.commits)) }
            dt { "their paths" } dd { (list(&write.paths)) }
        }
        @if write.outcome.is_some() {
            dt { @if write.remote.is_some() { "pushed" } @else { "moved, in this clone" } }
            dd {
                @if write.pushed.is_empty() { "nothing" }
                @else {
                    ul { @for moved in &write.pushed {
                        li {
                            code { (SeenText(&moved.name)) } ": "
                            code { (short(moved.old.as_deref())) } " → " code { (short(moved.new.as_deref())) }
                        }
                    } }
                }
            }
        }
    }
}

/// The branches that have its commits; of one that made none the trunk, which it looked at.
fn branches(write: &WriteValues) -> Markup {
    let short = |name: &'_ str| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
    // The trunk may have got commits of others in the same push.
    let has_them = |moved: &&MovedValues| {
        moved
            .new
            .as_ref()
            .is_some_and(|new| write.commits.contains(new) || short(&moved.name) == write.trunk)
    };
    let mut names: Vec<String> =
        write.pushed.iter().filter(has_them).map(|moved| short(&moved.name)).collect();
    if names.is_empty() {
        names.push(write.trunk.clone());
    }
    html! {
        @for (at, name) in names.iter().enumerate() {
            @if at > 0 { ", " }
            code { @if let Some(remote) = &write.remote { (SeenText(remote)) "/" } (SeenText(name)) }
        }
    }
}

fn list(entries: &[String]) -> Markup {
    html! {
        @if entries.is_empty() { "none" }
        @else { ul { @for entry in entries { li { code { (SeenText(entry)) } } } } }
    }
}

fn short(commit: Option<&str>) -> &str {
    commit.map_or("none", |commit| commit.get(..9).unwrap_or(commit))
}

fn untouched(write: &WriteValues) -> Markup {
    html! {
        @match &write.untouched {
            None => "was not compared",
            Some(compared) if compared.changed.is_empty() => {
                "was not touched: " (compared.compared.join(", ")) " are the same as before"
            }
            Some(compared) if compared.followed => {
                "followed, because this write moved the branch that is checked out: " (compared.changed.join(", "))
            }
            Some(compared) => { strong { "changed meanwhile: " (compared.changed.join(", ")) } }
        }
        @if let Some(found) = &write.untouched {
            @if !found.unknown.is_empty() {
                "; not compared, because there are too many or they cannot be read: " (found.unknown.join(", "))
            }
            @if !found.compared.iter().chain(&found.unknown).any(|part| part == "files") {
                "; files were not compared, as with every command that is not run from this page"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{NOW, assert_holds, values};
    use super::*;

    const DONE: &str = r#"{"schema": "tix/receipt@1", "at": "2026-11-30T11:59:00Z", "attempts": 2, "by": "Ada <ada@example.org>",
        "commits": ["f62a821697759991ec5e20a879658fdaccfc9f61"], "duration_ms": 133, "operation": "edit", "outcome": "edited",
        "paths": ["tickets/queue/TICKET-a-001.md"], "pushed": [{"new": "f62a821697759991ec5e20a879658fdaccfc9f61", "old": null, "ref": "refs/heads/main"}],
        "remote": "origin", "ticket": "TICKET-a-001", "trunk": "main", "warnings": ["mind the <gap>\nand the door"],
        "untouched": {"compared": ["HEAD", "index"], "changed": []}}"#;

    const FAILED: &str = r#"{"schema": "tix/failure@1", "at": "2026-11-30T11:00:00Z", "attempts": 0, "by": "<b>Eve",
        "commits": [], "details": [["looked on", "<origin>"]], "duration_ms": 25, "exit": 4, "message": "no ticket matches `<x>`",
        "name": "not found", "operation": "activate", "paths": [], "phase": "claim", "remote": "origin", "ticket": "<x>",
        "trunk": "main", "hints": ["tix list"]}"#;

    #[test]
    fn a_write_says_where_it_went_what_it_took_and_that_the_checkout_was_left_alone() {
        let page = write(&values(DONE), NOW).into_string();
        assert_holds(
            &page,
            &[
                "<code>origin/main</code>",
                "<code>f62a821697759991ec5e20a879658fdaccfc9f61</code>",
                "<code>tickets/queue/TICKET-a-001.md</code>",
                "<code>refs/heads/main</code>: <code>none</code> → <code>f62a82169</code>",
                "2, 133 ms",
                "was not touched: HEAD, index are the same as before; files were not compared",
                "mind the &lt;gap&gt;<br>and the door",
                "href=\"/t/TICKET-a-001\"",
                "1 min ago",
            ],
        );
        assert!(!page.contains("role=\"alert\"") && !page.contains("local branch"), "{page}");
        let from_page = DONE.replace("\"index\"]", "\"index\", \"files\"]");
        let page = write(&values(&from_page), NOW).into_string();
        assert!(!page.contains("not compared"), "{page}");
    }

    #[test]
    fn a_release_names_the_workspace_and_the_branch_that_went_and_where_to() {
        let released = DONE.replace(
            "\"warnings\"",
            "\"workspace\": {\"branch\": \"b\", \"path\": \"/w/<a>\", \"commit\": \"c\"}, \"trash\": \"/t/<a>\",
             \"deleted_here\": {\"ref\": \"refs/heads/ticket/a\", \"old\": \"f62a821697\", \"new\": null}, \"warnings\"",
        );
        assert_holds(
            &write(&values(&released), NOW).into_string(),
            &[
                "<dt>workspace</dt><dd><code>/w/&lt;a&gt;</code>, kept for 7 days in <code>/t/&lt;a&gt;</code></dd>",
                "<dt>local branch</dt><dd><code>ticket/a</code>, deleted; it was at <code>f62a82169</code></dd>",
            ],
        );
    }

    #[test]
    fn what_failed_before_it_began_says_neither_a_step_nor_that_git_knows_nobody() {
        let usage = FAILED
            .replace("\"by\": \"<b>Eve\",", "")
            .replace("\"phase\": \"claim\"", "\"phase\": \"begin\"");
        let page = write(&values(&usage), NOW).into_string();
        assert_holds(&page, &["<bdi>not recorded</bdi>"]);
        assert!(!page.contains("in this step") && !page.contains("nobody that git"), "{page}");
    }

    #[test]
    fn a_write_to_a_held_ticket_says_that_it_went_to_the_ticket_branch_and_what_followed() {
        let held = DONE
            .replace("refs/heads/main", "refs/heads/ticket/TICKET-a-001")
            .replace("\"warnings\"", "\"followed\": [\"/w/<a>\"], \"warnings\"");
        let page = write(&values(&held), NOW).into_string();
        assert_holds(
            &page,
            &[
                "<dt>branch</dt><dd><code>origin/ticket/TICKET-a-001</code></dd>",
                "<dt>brought up to date</dt><dd><ul><li><code>/w/&lt;a&gt;</code>",
            ],
        );
        assert!(!page.contains("origin/main"), "{page}");
    }

    #[test]
    fn without_a_remote_the_checkout_follows_and_nothing_is_pushed() {
        let local = DONE
            .replace("\"remote\": \"origin\", ", "")
            .replace("\"changed\": []", "\"changed\": [\"HEAD\", \"index\"], \"followed\": true");
        let page = write(&values(&local), NOW).into_string();
        assert_holds(
            &page,
            &[
                "<dt>branch</dt><dd><code>main</code></dd>",
                "<dt>moved, in this clone</dt>",
                "followed, because this write moved the branch that is checked out: HEAD, index; files were",
            ],
        );
        assert!(!page.contains("meanwhile") && !page.contains("pushed"), "{page}");
    }

    #[test]
    fn a_failed_one_claims_no_commit_that_is_not_there() {
        let tried = FAILED.replace("\"commits\": []", "\"commits\": [\"f62a82\"]");
        let page = write(&values(&tried), NOW).into_string();
        assert_holds(&page, &["<dt>tried commits</dt>"]);
        for claim in ["<dt>commits</dt>", "<dt>paths</dt>", "<dt>pushed</dt>"] {
            assert!(!page.contains(claim), "{claim}: {page}");
        }
        let stands = tried.replace("\"exit\": 4", "\"exit\": 4, \"landed\": true");
        assert_holds(&write(&values(&stands), NOW).into_string(), &["<dt>commits</dt>"]);
    }

    #[test]
    fn a_failed_one_says_why_and_what_helps() {
        let page = write(&values(FAILED), NOW).into_string();
        assert_holds(
            &page,
            &[
                "role=\"alert\"",
                "Failed: not found",
                "no ticket matches `&lt;x&gt;`",
                "looked on: &lt;origin&gt;",
                "<p class=\"hint\">tix list</p>",
                "It failed in this step: claim.",
                "was not compared",
            ],
        );
        assert!(!page.contains("href=\"/t/"), "{page}");
    }

    #[test]
    fn the_list_has_the_newest_first_and_says_failed_in_words() {
        let (done, failed): (WriteValues, WriteValues) = (values(DONE), values(FAILED));
        let page = |only_failed| WritesPage {
            writes: vec![(2, &done), (1, &failed)],
            only_failed,
            more: Some("/writes?from=100".to_owned()),
            now: NOW,
        };
        let all = writes(&page(false)).into_string();
        assert_holds(
            &all,
            &[
                "<a href=\"/writes/2\"><time datetime=\"2026-11-30T11:59:00Z\"",
                "<span class=\"pill bad\">failed: not found</span>",
                "<a href=\"/writes\" aria-current=\"true\">All</a>",
                "href=\"/writes?from=100\"",
                "&lt;b&gt;Eve",
                "<p>no ticket matches `&lt;x&gt;`</p>",
            ],
        );
        assert_holds(
            &writes(&page(true)).into_string(),
            &["<a href=\"/writes?failed=1\" aria-current=\"true\">"],
        );
    }
}
