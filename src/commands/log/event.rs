//! The events of a history: those of the commits, and those that only this clone has recorded.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::order::{ClaimOrder, LogPlace, in_order_of_log, places};
use crate::clock;
use crate::git::Logged;
use crate::lifecycle::trailer;
use crate::text::duration;
use crate::ticket::{TicketId, name_of};

/// The source of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum EventSource {
    /// A commit.
    Git,
    /// A receipt of this clone whose commit is not known here.
    Receipt,
    /// A failure in this clone.
    Failure,
    /// A refusal of the guard in this clone.
    Guard,
}

/// Something that was done to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogEvent {
    /// When, to the second: RFC 3339, UTC; missing when a line of the audit log does not say.
    pub(super) at: Option<String>,
    /// What was done, in a word: `claim`, `release`, `note` and so on, as in the subject of the commit; `commit` if tix
    /// did not make it.
    pub(super) operation: String,
    /// The ids of the tickets; the query, if an operation failed before the ticket was found. Empty when none is named.
    pub(super) tickets: Vec<String>,
    /// Who: `Name <mail>`, or their `TIX_ACTOR`; missing when nobody is named.
    pub(super) by: Option<String>,
    /// The new holder of a handed-over ticket; else missing.
    to: Option<String>,
    /// The machine of a claim; else missing.
    pub(super) host: Option<String>,
    /// The id of the claim that was made or worked under; missing if there is none.
    pub(super) claim: Option<String>,
    /// The commit, in full; missing if there is none.
    pub(super) commit: Option<String>,
    /// The branch to which the work of an earlier holder was moved; missing if there was none.
    pub(super) attic: Option<String>,
    /// The paths of the commit below the tickets directory, or those that the audit log names.
    paths: Vec<String>,
    /// The outcome, in a word, as in the receipt; missing when this clone has no receipt.
    outcome: Option<String>,
    /// How many pushes to the trunk it took; missing when this clone does not know.
    pub(super) attempts: Option<u64>,
    /// How long it took, in milliseconds; missing when this clone does not know.
    pub(super) duration_ms: Option<u64>,
    /// The exit code of a failure; else missing.
    pub(super) exit: Option<u64>,
    /// How far a failed operation got, in a word; else missing.
    pub(super) phase: Option<String>,
    /// The reason of a failure or of a refusal by the guard, or that a receipt's commit was never pushed; else missing.
    pub(super) message: Option<String>,
    /// The source of this event.
    source: EventSource,
    #[serde(skip)]
    pub(super) seconds: Option<i64>,
    /// Its line in the audit log, if only that has it.
    #[serde(skip)]
    pub(super) line: Option<usize>,
}

impl LogEvent {
    /// Whether it was tried and not done.
    pub(super) fn has_failed(&self) -> bool {
        self.source == EventSource::Failure
    }

    /// Whether a command found everything as it was to be. What moved no ref has no commit.
    fn changed_nothing(&self) -> bool {
        self.source == EventSource::Receipt
            && self.commit.is_none()
            && self.outcome.as_deref() == Some("already")
    }

    /// Whether `tix activate` took it over within the clone, which only the clone's record shows.
    fn changed_session(&self) -> bool {
        self.source == EventSource::Receipt && self.outcome.as_deref() == Some("taken_over")
    }
}

pub(super) fn of_commit(commit: &Logged) -> LogEvent {
    let first = |key: &str| commit.trailers.get(key).and_then(|values| values.first()).cloned();
    let operation = commit.subject.split_once(": ").map(|(operation, _)| operation);
    let word = |text: &&str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    LogEvent {
        at: DateTime::<Utc>::from_timestamp(commit.at, 0).map(clock::rfc3339),
        operation: operation.filter(word).unwrap_or("commit").to_owned(),
        tickets: commit.trailers.get(trailer::TICKET).cloned().unwrap_or_default(),
        by: first(trailer::ACTOR).or_else(|| Some(commit.author.clone())),
        to: first(trailer::TO),
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
        source: EventSource::Git,
        seconds: Some(commit.at),
        line: None,
    }
}

/// An event that only the audit log has. It is read leniently: a line may come from another version of tix, and may lack
/// anything.
pub(super) fn of_line(line: &Value) -> Option<LogEvent> {
    let source = match text(line, "schema")?.as_str() {
        "tix/receipt@1" => EventSource::Receipt,
        "tix/failure@1" => EventSource::Failure,
        "tix/guard@1" => return of_guard(line),
        _ => return None,
    };
    let number = |key: &str| line.get(key).and_then(Value::as_u64);
    let claim = line.get("claim").unwrap_or(&Value::Null);
    let at = text(line, "at").or_else(|| text(claim, "at"));
    let seconds = at.as_ref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let mut tickets = texts(line, "tickets");
    tickets.extend(text(line, "ticket").filter(|ticket| !tickets.contains(ticket)));
    let unpushed = source == EventSource::Receipt && is_unpushed(line);
    Some(LogEvent {
        seconds: seconds.map(|at| at.timestamp()),
        line: None,
        at,
        operation: text(line, "operation").unwrap_or_else(|| "unknown".to_owned()),
        tickets,
        by: text(line, "by").or_else(|| text(claim, "by")),
        to: None,
        host: None,
        claim: text(claim, "id"),
        // What a failure made is on the remote only where git tells of it, and so is what was not pushed.
        commit: commits_of(line)
            .into_iter()
            .next()
            .filter(|_| source == EventSource::Receipt && !unpushed),
        attic: text(line, "attic"),
        paths: texts(line, "paths"),
        outcome: text(line, "outcome"),
        attempts: number("attempts"),
        duration_ms: number("duration_ms"),
        exit: number("exit"),
        phase: text(line, "phase"),
        message: text(line, "message").or(unpushed.then(|| "not pushed".to_owned())),
        source,
    })
}

/// Whether a line is about commits that stayed in this clone.
fn is_unpushed(line: &Value) -> bool {
    let pushed = line.get("pushed").and_then(Value::as_array);
    pushed.is_some_and(Vec::is_empty) && !texts(line, "commits").is_empty()
}

/// What the guard refused, or was told to allow. What it allowed by itself is in git.
fn of_guard(line: &Value) -> Option<LogEvent> {
    let verdict = text(line, "verdict").filter(|verdict| verdict != "allowed")?;
    let at = text(line, "at");
    let seconds = at.as_ref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let paths = texts(line, "paths");
    let stem = |path: &String| Some(path.rsplit('/').next()?.strip_suffix(".md")?.to_owned());
    let name_of = |key: &str| {
        text(line, key).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
    };
    let rule = text(line, "rule").unwrap_or_default();
    Some(LogEvent {
        seconds: seconds.map(|at| at.timestamp()),
        line: None,
        at,
        operation: "guard".to_owned(),
        tickets: paths.iter().filter_map(stem).filter(|name| name.starts_with("TICKET-")).collect(),
        by: text(line, "by"),
        to: None,
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
        source: EventSource::Guard,
    })
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The commits of a line. For a claim, the claim's commit comes first, because it was the purpose; the claim that any
/// other line names is older.
pub(super) fn commits_of(line: &Value) -> Vec<String> {
    let claim =
        line.get("claim").filter(|_| is_claim(line)).and_then(|claim| text(claim, "commit"));
    claim.into_iter().chain(text(line, "commit")).chain(texts(line, "commits")).collect()
}

/// Whether a line is the receipt of a claim that was made.
fn is_claim(line: &Value) -> bool {
    let is = |key: &str, words: &[&str]| {
        line.get(key).and_then(Value::as_str).is_some_and(|text| words.contains(&text))
    };
    is("operation", &["activate"]) && is("outcome", &["activated", "resumed"])
}

/// Whether a commit of a line moved a branch that was there, as the merge of a take-over does: no activation is it.
fn moved_on(line: &Value, commit: &str) -> bool {
    let pushed = line.get("pushed").and_then(Value::as_array);
    let to = |one: &&Value| one.get("new").and_then(Value::as_str) == Some(commit);
    let found = pushed.into_iter().flatten().find(to);
    found.is_some_and(|one| one.get("old").is_some_and(Value::is_string))
}

/// Inserts the events of the audit log among those of git, by time. A receipt about a known commit adds its details to
/// that event.
pub(super) fn merge(
    events: Vec<LogEvent>,
    lines: &[Value],
    id: Option<&TicketId>,
) -> Vec<LogEvent> {
    let claims = ClaimOrder::of(&events);
    let known = events.iter().enumerate().filter_map(|(at, e)| Some((e.commit.clone()?, at)));
    let known: HashMap<String, usize> = known.collect();
    let activations = events.iter().filter(|event| event.operation == "activate");
    let activated: HashSet<String> = activations.filter_map(|event| event.claim.clone()).collect();
    // Each with its place among those of one second.
    let mut events: Vec<(LogPlace, LogEvent)> =
        events.into_iter().enumerate().map(|(at, event)| ((at, Ordering::Equal), event)).collect();
    let places = places(&events, &known, lines);
    for ((number, line), beside) in lines.iter().enumerate().zip(places) {
        let Some(event) = of_line(line) else { continue };
        let event = LogEvent { line: Some(number), ..event };
        if id.is_some_and(|id| !is_about(&event, line, id)) {
            continue;
        }
        let commits = commits_of(line);
        let place = commits.iter().find_map(|oid| known.get(oid).copied());
        let place = place.filter(|_| event.source == EventSource::Receipt);
        let Some((at, told)) = place.and_then(|at| events.get_mut(at)) else {
            events.push((beside, event));
            continue;
        };
        told.outcome.clone_from(&event.outcome);
        told.attempts = event.attempts;
        told.duration_ms = event.duration_ms;
        let gone = commits.into_iter().find(|oid| !known.contains_key(oid));
        let gone = gone.filter(|oid| is_claim(line) && !moved_on(line, oid));
        if let Some(gone) =
            gone.filter(|_| !event.claim.as_ref().is_some_and(|c| activated.contains(c)))
        {
            let second = (*at, set_up(event, told, gone));
            events.push(second);
        }
    }
    // Stable, so that commits of one second keep git's order. What has no time stands at the end.
    events.sort_by_key(|(at, event)| (event.seconds.unwrap_or(i64::MAX), *at));
    let mut events: Vec<LogEvent> = events.into_iter().map(|(_, event)| event).collect();
    for second in events.chunk_by_mut(|one, next| one.seconds == next.seconds) {
        in_order_of_log(second, lines);
        claims.put_in_order(second);
    }
    events
}

/// The activation that followed a claim. Its commit disappeared with the ticket branch, so only the receipt of both has
/// it. The claim's time is the nearest known one, and keeps the two together.
fn set_up(receipt: LogEvent, claim: &LogEvent, commit: String) -> LogEvent {
    LogEvent {
        at: claim.at.clone(),
        seconds: claim.seconds,
        commit: Some(commit),
        attic: None,
        paths: Vec::new(),
        outcome: None,
        attempts: None,
        duration_ms: None,
        ..receipt
    }
}

/// Whether an event of the audit log is about this ticket. A failure has only the typed query if the ticket was not found
/// yet; then the query decides.
fn is_about(event: &LogEvent, line: &Value, id: &TicketId) -> bool {
    if event.tickets.iter().any(|name| means(name, id)) {
        return true;
    }
    let details = line.get("details").and_then(Value::as_array).into_iter().flatten();
    let named = |pair: &Value| {
        let part = |at: usize| pair.get(at).and_then(Value::as_str);
        part(0) == Some("ticket") && part(1) == Some(id.as_str())
    };
    event.source == EventSource::Failure
        && (event.paths.iter().any(|path| means(path, id)) || details.into_iter().any(named))
}

/// Whether the words of a command line certainly name this ticket: its id, the id without `TICKET-`, or its file.
fn means(words: &str, id: &TicketId) -> bool {
    let file = words.rsplit('/').next().unwrap_or_default();
    let name = file.strip_suffix(".md").unwrap_or(file);
    let short = id.as_str().strip_prefix("TICKET-").unwrap_or(id.as_str());
    name == id.as_str() || name == short
}

/// The details, in a few words.
pub(super) fn more(event: &LogEvent) -> String {
    let mut words = Vec::new();
    match (event.source, event.exit, &event.message) {
        (EventSource::Failure, Some(exit), Some(message)) => {
            words.push(format!("failed (exit {exit}): {message}"));
        }
        (EventSource::Failure, _, Some(message)) => words.push(format!("failed: {message}")),
        (EventSource::Failure, _, None) => words.push("failed (no reason recorded)".to_owned()),
        (EventSource::Guard | EventSource::Receipt, _, message) => words.extend(message.clone()),
        (EventSource::Git, ..) => {}
    }
    words.extend(event.changed_nothing().then(|| "nothing changed".to_owned()));
    words.extend(event.changed_session().then(|| "from another session of this clone".to_owned()));
    words.extend(event.phase.as_ref().map(|phase| format!("while: {phase}")));
    words.extend(event.to.as_ref().map(|to| format!("to {}", name_of(to))));
    words.extend(event.host.as_ref().map(|host| format!("on {host}")));
    words.extend(event.attempts.filter(|n| *n > 1).map(|n| format!("{n} attempts")));
    words.extend(event.duration_ms.map(|ms| duration::took(Duration::from_millis(ms))));
    words.extend(event.attic.as_ref().map(|attic| format!("earlier work: {attic}")));
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Oid;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn claim(digit: &str, at: i64) -> LogEvent {
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
        let git = EventSource::Git;
        assert_eq!(
            told,
            [
                ("new", EventSource::Receipt),
                ("claim", git),
                ("activate", EventSource::Failure),
                ("claim", git)
            ]
        );
        assert_eq!(more(&events[2]), "failed (exit 7): origin cannot be reached");
    }

    #[test]
    fn what_happened_in_one_second_stands_in_the_order_of_the_audit_log() {
        let receipt = |digit: &str| {
            json!({"schema": "tix/receipt@1", "operation": "claim", "ticket": "TICKET-a-001",
            "at": "1970-01-01T00:00:10Z", "commits": [digit.repeat(40)]})
        };
        let failure = |message: &str| {
            json!({"schema": "tix/failure@1", "operation": "activate", "ticket": "TICKET-a-001",
            "at": "1970-01-01T00:00:10Z", "exit": 7, "message": message, "commits": ["9".repeat(40)]})
        };
        let lines =
            [failure("first"), receipt("1"), failure("second"), receipt("2"), failure("third")];
        let events = merge(vec![claim("1", 10), claim("2", 10)], &lines, None);
        let told: Vec<_> =
            events.iter().map(|e| e.message.clone().or(e.commit.clone()).unwrap()).collect();
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        assert_eq!(told, ["first", &one, "second", &two, "third"]);
        // A commit that was made and never pushed is none of the ticket's.
        assert!(events.iter().all(|e| e.commit.as_deref() != Some("9".repeat(40).as_str())));
    }

    /// git tells the commits of the trunk and those of a ticket branch one after the other.
    #[test]
    fn commits_of_one_second_stand_in_the_order_of_the_audit_log() {
        let receipt = |digit: &str| {
            json!({"schema": "tix/receipt@1", "operation": "note", "ticket": "TICKET-a-001",
            "at": "1970-01-01T00:00:10Z", "commits": [digit.repeat(40)]})
        };
        let git = [("5", 9), ("3", 10), ("4", 10), ("1", 10), ("2", 10), ("6", 11)];
        let git = git.map(|(digit, at)| claim(digit, at)).to_vec();
        let lines = ["6", "1", "2", "3"].map(receipt);
        let told = merge(git, &lines, None);
        let told: String = told.iter().filter_map(|e| e.commit.as_ref()?.chars().next()).collect();
        assert_eq!(told, "514236");
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
