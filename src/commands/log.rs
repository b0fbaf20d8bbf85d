//! `tix log`: who did what to the tickets, and when.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::shared::board::{self, Look, Seen};
use super::shared::complete::ids;
use super::shared::frame::{AsOf, Extent};
use super::{Context, Globals};
use crate::clock;
use crate::env::Env;
use crate::error::Failure;
use crate::git::{HistoryQuery, Logged, Merges};
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::out::table::Table;
use crate::out::{Format, Out};
use crate::ticket::{Lane, TicketId};

/// The trailers that tell the story.
const KEYS: [&str; 5] =
    [trailer::TICKET, trailer::CLAIM, trailer::ACTOR, trailer::HOST, trailer::ATTIC];

/// Show who did what to a ticket, or to all of them, and when
///
/// The story is told from the commits of the trunk and of the ticket branches, as of the last fetch, so that it
/// is the same in every clone. What only this clone knows stands beside it: attempts that failed, and how often
/// and how long a success was tried for. The oldest comes first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The ticket: its id, the id without TICKET-, a part of it that only one has, or its file
    #[arg(value_name = "ID", add = ids(&Lane::ALL))]
    id: Option<String>,
    /// Show only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// Where an event is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum Source {
    /// A commit.
    Git,
    /// A receipt of this clone, of which no commit is known here.
    Receipt,
    /// A failure in this clone.
    Failure,
    /// A refusal of the guard in this clone.
    Guard,
}

/// Something that was done to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Event {
    /// When, to the second: RFC 3339, UTC; null when a line of the audit log does not say.
    at: Option<String>,
    /// What was done, in a word: `claim`, `release`, `note` and so on as in the subject of the commit; `commit` for
    /// one that tix did not make.
    operation: String,
    /// The ids of the tickets; of a failure what was asked for. Empty when none is named.
    tickets: Vec<String>,
    /// Who: `Name <mail>`, or their `TIX_ACTOR`; null when nobody is named.
    by: Option<String>,
    /// The machine it was done on, of a claim; else null.
    host: Option<String>,
    /// The id of the claim that was made or worked under; null where there is none.
    claim: Option<String>,
    /// The commit, in full; null where there is none.
    commit: Option<String>,
    /// The branch to which the work of an earlier holder was moved; null where there was none.
    attic: Option<String>,
    /// The paths of the commit below the tickets directory, or those that the audit log names.
    paths: Vec<String>,
    /// What it came to, in a word, as in the receipt; null when this clone has no receipt of it.
    outcome: Option<String>,
    /// How many pushes to the trunk it took; null when this clone does not know.
    attempts: Option<u64>,
    /// How long it took, in milliseconds; null when this clone does not know.
    duration_ms: Option<u64>,
    /// The exit code of a failure; else null.
    exit: Option<u64>,
    /// How far a failure came, in a word; else null.
    phase: Option<String>,
    /// What was wrong, of a failure or a refusal of the guard; else null.
    message: Option<String>,
    /// Where this is known from.
    source: Source,
    #[serde(skip)]
    seconds: Option<i64>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Story<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// What was done, the oldest first; with `--limit` the newest of them.
    events: &'a [Event],
}

/// Tells the story.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::LastSeen, |seen| {
        let found = args.id.as_ref().map(|query| board::find(seen, query).map(|e| e.id.clone()));
        let (id, missing) = match (found, &args.id) {
            (Some(Ok(id)), _) => (Some(id), None),
            // A ticket that is not on the trunk any more, or got there not yet, may have a story all the same.
            (Some(Err(failure)), Some(query)) => match TicketId::parse(query) {
                Ok(id) => (Some(id), Some(failure)),
                Err(_) => return Err(failure),
            },
            (_, _) => (None, None),
        };
        let commits = commits(&ctx, seen, id.as_ref())?;
        let lines = ctx.audit().read();
        let events = merge(commits.iter().map(of_commit).collect(), &lines, id.as_ref());
        if let (true, Some(failure)) = (events.is_empty(), missing) {
            return Err(failure);
        }
        answer(&ctx, seen, &events, args.limit);
        Ok(())
    })
}

/// The commits that tell of tickets, oldest first.
fn commits(
    ctx: &Context<'_>,
    seen: &Seen<'_>,
    id: Option<&TicketId>,
) -> Result<Vec<Logged>, Failure> {
    let mut from: Vec<Oid> = seen.view.commit().cloned().into_iter().collect();
    let mut patterns = Vec::new();
    match id {
        Some(id) => {
            if let Some(branch) = board::progress_ref(ctx, id) {
                from.extend(ctx.objects.resolve(branch.as_str())?);
            }
        }
        None => patterns.extend(board::progress_pattern(ctx)),
    }
    let mut commits = ctx.repo.history(&HistoryQuery {
        from: &from,
        patterns: &patterns,
        below: &ctx.tickets_dir,
        keys: &KEYS,
        having: Some((trailer::TICKET, id.map(TicketId::as_str))),
        merges: Merges::Within,
    })?;
    commits.reverse();
    Ok(commits)
}

fn of_commit(commit: &Logged) -> Event {
    let first = |key: &str| commit.trailers.get(key).and_then(|values| values.first()).cloned();
    let operation = commit.subject.split_once(": ").map(|(operation, _)| operation);
    let word = |text: &&str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    Event {
        at: DateTime::<Utc>::from_timestamp(commit.at, 0).map(clock::rfc3339),
        operation: operation.filter(word).unwrap_or("commit").to_owned(),
        tickets: commit.trailers.get(trailer::TICKET).cloned().unwrap_or_default(),
        by: first(trailer::ACTOR).or_else(|| Some(commit.author.clone())),
        host: first(trailer::HOST),
        claim: first(trailer::CLAIM),
        commit: Some(commit.oid.to_string()),
        attic: first(trailer::ATTIC),
        paths: commit.changes.iter().map(|change| change.path.to_string()).collect(),
        outcome: None,
        attempts: None,
        duration_ms: None,
        exit: None,
        phase: None,
        message: None,
        source: Source::Git,
        seconds: Some(commit.at),
    }
}

/// An event that only the audit log tells of. Read leniently: a line may come from another version of
/// tix, and what it does not say is not there.
fn of_line(line: &Value) -> Option<Event> {
    let source = match text(line, "schema")?.as_str() {
        "tix/receipt@1" => Source::Receipt,
        "tix/failure@1" => Source::Failure,
        "tix/guard@1" => return of_guard(line),
        _ => return None,
    };
    let number = |key: &str| line.get(key).and_then(Value::as_u64);
    let claim = line.get("claim").unwrap_or(&Value::Null);
    let at = text(line, "at").or_else(|| text(claim, "at"));
    let seconds = at.as_ref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let mut tickets = texts(line, "tickets");
    tickets.extend(text(line, "ticket").filter(|ticket| !tickets.contains(ticket)));
    Some(Event {
        seconds: seconds.map(|at| at.timestamp()),
        at,
        operation: text(line, "operation").unwrap_or_else(|| "unknown".to_owned()),
        tickets,
        by: text(line, "by").or_else(|| text(claim, "by")),
        host: None,
        claim: text(claim, "id"),
        commit: commits_of(line).into_iter().next(),
        attic: text(line, "attic"),
        paths: texts(line, "paths"),
        outcome: text(line, "outcome"),
        attempts: number("attempts"),
        duration_ms: number("duration_ms"),
        exit: number("exit"),
        phase: text(line, "phase"),
        message: text(line, "message"),
        source,
    })
}

/// What the guard refused, or was told to let pass. What it allowed is told by git itself.
fn of_guard(line: &Value) -> Option<Event> {
    let verdict = text(line, "verdict").filter(|verdict| verdict != "allowed")?;
    let at = text(line, "at");
    let seconds = at.as_ref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let paths = texts(line, "paths");
    let stem = |path: &String| Some(path.rsplit('/').next()?.strip_suffix(".md")?.to_owned());
    let name_of = |key: &str| {
        text(line, key).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
    };
    let rule = text(line, "rule").unwrap_or_default();
    Some(Event {
        seconds: seconds.map(|at| at.timestamp()),
        at,
        operation: "guard".to_owned(),
        tickets: paths.iter().filter_map(stem).filter(|name| name.starts_with("TICKET-")).collect(),
        by: text(line, "by"),
        host: None,
        claim: None,
        commit: text(line, "commit"),
        attic: None,
        paths,
        message: Some(format!("{} on {} {verdict}: {rule}", name_of("hook"), name_of("branch"))),
        outcome: Some(verdict),
        attempts: None,
        duration_ms: None,
        exit: None,
        phase: None,
        source: Source::Guard,
    })
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The commits that a line tells of, the claim's first.
fn commits_of(line: &Value) -> Vec<String> {
    let claim = line.get("claim").and_then(|claim| text(claim, "commit"));
    claim.into_iter().chain(text(line, "commit")).chain(texts(line, "commits")).collect()
}

/// Puts the events of the audit log among those of git, by time. A receipt that tells of a commit which
/// is known adds what it knows to that event.
fn merge(mut events: Vec<Event>, lines: &[Value], id: Option<&TicketId>) -> Vec<Event> {
    let known = events.iter().enumerate().filter_map(|(at, e)| Some((e.commit.clone()?, at)));
    let known: HashMap<String, usize> = known.collect();
    for line in lines {
        let Some(event) = of_line(line) else { continue };
        if id.is_some_and(|id| !event.tickets.iter().any(|name| means(name, id))) {
            continue;
        }
        let told = commits_of(line).iter().find_map(|oid| known.get(oid).copied());
        match told.and_then(|at| events.get_mut(at)) {
            Some(known) if event.source == Source::Receipt => {
                known.outcome = event.outcome;
                known.attempts = event.attempts;
                known.duration_ms = event.duration_ms;
            }
            Some(_) | None => events.push(event),
        }
    }
    // Stable, so that commits of one second keep git's order. What has no time stands at the end.
    events.sort_by_key(|event| event.seconds.unwrap_or(i64::MAX));
    events
}

/// Whether words of a command line mean this ticket for certain: its id, the id without `TICKET-`, or its
/// file.
fn means(words: &str, id: &TicketId) -> bool {
    let file = words.rsplit('/').next().unwrap_or_default();
    let name = file.strip_suffix(".md").unwrap_or(file);
    let short = id.as_str().strip_prefix("TICKET-").unwrap_or(id.as_str());
    name == id.as_str() || name == short
}

fn answer(ctx: &Context<'_>, seen: &Seen<'_>, events: &[Event], limit: Option<usize>) {
    let total = events.len();
    let skipped = total.saturating_sub(limit.unwrap_or(total));
    let shown = events.get(skipped..).unwrap_or_default();
    match ctx.out.format {
        Format::Json => ctx.out.json(&Story {
            schema: "tix/log@1",
            as_of: AsOf::of(ctx, seen),
            extent: Extent::new(shown.len(), total),
            events: shown,
        }),
        Format::Human => {
            ctx.out.table(&table(shown));
            if total == 0 {
                ctx.out.narrate("nothing has happened yet");
            } else if skipped > 0 {
                ctx.out.narrate(&format!("the newest {} of {total}", shown.len()));
            }
        }
    }
    board::tell_age(ctx, seen, "tix list --fetch");
}

fn table(events: &[Event]) -> Table {
    let mut table = Table::new(["when", "what", "ticket", "who", "commit", "more"]);
    for event in events {
        let commit = event.commit.as_deref().and_then(|oid| oid.get(..10)).unwrap_or_default();
        table.push([
            event.at.as_deref().unwrap_or_default(),
            &event.operation,
            &event.tickets.join(","),
            event.by.as_deref().unwrap_or_default(),
            commit,
            &more(event),
        ]);
    }
    table
}

/// What else there is to say, in a few words.
fn more(event: &Event) -> String {
    let mut words = Vec::new();
    match (event.source, event.exit, &event.message) {
        (Source::Failure, Some(exit), Some(message)) => {
            words.push(format!("failed (exit {exit}): {message}"));
        }
        (Source::Failure, _, message) => {
            words.push(format!("failed: {}", message.as_deref().unwrap_or("no word of why")));
        }
        (Source::Guard, _, message) => words.extend(message.clone()),
        (Source::Git | Source::Receipt, ..) => {}
    }
    words.extend(event.phase.as_ref().map(|phase| format!("while: {phase}")));
    words.extend(event.host.as_ref().map(|host| format!("on {host}")));
    words.extend(event.attempts.filter(|n| *n > 1).map(|n| format!("{n} attempts")));
    words.extend(event.duration_ms.map(|ms| format!("{ms} ms")));
    words.extend(event.attic.as_ref().map(|attic| format!("earlier work: {attic}")));
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn claim(digit: &str, at: i64) -> Event {
        let trailers = BTreeMap::from([(trailer::TICKET, vec!["TICKET-a-001".to_owned()])]);
        of_commit(&Logged {
            oid: Oid::parse(&digit.repeat(40)).unwrap(),
            at,
            author: "Ada <ada@example.org>".into(),
            subject: "claim: TICKET-a-001".into(),
            trailers,
            changes: Vec::new(),
        })
    }

    #[test]
    fn a_receipt_of_a_known_commit_becomes_a_part_of_it() {
        let line = json!({"schema": "tix/receipt@1", "operation": "activate", "ticket": "TICKET-a-001",
            "claim": {"commit": "1".repeat(40)}, "commits": ["2".repeat(40)], "attempts": 3,
            "outcome": "activated", "duration_ms": 70});
        let events = merge(vec![claim("2", 20), claim("1", 10)], &[line], None);
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].commit.as_deref(), Some("1".repeat(40).as_str()));
        assert_eq!((events[0].attempts, events[0].duration_ms), (Some(3), Some(70)));
        assert_eq!(events[1].attempts, None);
    }

    #[test]
    fn what_git_does_not_know_is_told_at_its_time() {
        let failure = json!({"schema": "tix/failure@1", "operation": "activate", "ticket": "a-001",
            "at": "1970-01-01T00:00:15Z", "exit": 7, "message": "origin cannot be reached"});
        let receipt = json!({"schema": "tix/receipt@1", "operation": "new", "ticket": "TICKET-a-001",
            "at": "1970-01-01T00:00:05Z", "commits": ["9".repeat(40)]});
        let id = TicketId::parse("TICKET-a-001").unwrap();
        let lines = [failure, receipt];
        let events = merge(vec![claim("1", 10), claim("2", 20)], &lines, Some(&id));
        let told: Vec<_> = events.iter().map(|e| (e.operation.as_str(), e.source)).collect();
        let git = Source::Git;
        assert_eq!(
            told,
            [
                ("new", Source::Receipt),
                ("claim", git),
                ("activate", Source::Failure),
                ("claim", git)
            ]
        );
        assert_eq!(more(&events[2]), "failed (exit 7): origin cannot be reached");
    }

    #[test]
    fn lines_of_other_tickets_and_of_other_kinds_are_passed_over() {
        let id = TicketId::parse("TICKET-a-001").unwrap();
        let lines = [
            json!({"schema": "tix/failure@1", "ticket": "TICKET-a-0011"}),
            json!({"schema": "tix/receipt@1", "ticket": 7}),
            json!({"schema": "tix/guard@1", "ticket": "TICKET-a-001"}),
            json!(["tix/failure@1"]),
        ];
        assert_eq!(merge(Vec::new(), &lines, Some(&id)), []);
        assert_eq!(merge(Vec::new(), &lines, None).len(), 2);
    }

    #[test]
    fn a_refusal_of_the_guard_is_told_with_the_tickets_that_it_was_about() {
        let line = |verdict: &str| {
            json!({"schema": "tix/guard@1", "verdict": verdict, "hook": "pre-push", "branch": "main",
                "rule": "jump", "paths": ["tickets/queue/TICKET-a-001.md", "src/x.md"]})
        };
        let id = TicketId::parse("TICKET-a-001").unwrap();
        let events = merge(Vec::new(), &[line("refused"), line("allowed")], Some(&id));
        assert_eq!(events.len(), 1);
        assert_eq!(more(&events[0]), "pre-push on main refused: jump");
        let lost = json!({"schema": "tix/guard@1", "verdict": "refused", "hook": "claude", "branch": "",
            "rule": "undecided", "paths": []});
        let events = merge(Vec::new(), &[lost], None);
        assert_eq!(more(&events[0]), "claude on unknown refused: undecided");
    }

    #[test]
    fn a_subject_that_is_not_of_tix_is_a_commit() {
        let mut logged = claim("1", 1);
        assert_eq!(logged.operation, "claim");
        logged = of_commit(&Logged {
            oid: Oid::parse(&"1".repeat(40)).unwrap(),
            at: 1,
            author: "Ada <ada@example.org>".into(),
            subject: "Fix: \x1b[31mthe thing".into(),
            trailers: BTreeMap::new(),
            changes: Vec::new(),
        });
        assert_eq!(logged.operation, "commit");
        assert_eq!(logged.by.as_deref(), Some("Ada <ada@example.org>"));
    }
}
