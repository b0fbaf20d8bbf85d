//! From a form to a command: the same verbs as on the command line, in a child each, and nothing but these.

use std::ffi::OsString;
use std::io;

use serde_json::{Value, json};

use super::document;
use super::reads::{Reads, Unread};
use crate::app::again::AgainAnswer;
use crate::app::expected::FILE_NOW;
use crate::env::{COMPARE, EXPECTS};
use crate::git::exec::text_of;
use crate::page::{self, TextValues};
use crate::serve::SiteRequest;
use crate::ticket::TicketId;

/// What a form came to.
pub enum FormOutcome {
    /// It is written; the address of its receipt.
    Done(String),
    /// The ticket is another since the form was shown; nothing was written.
    Moved {
        id: String,
        yours: Option<String>,
        now: String,
    },
    /// The command has failed; the object of the failure, and where the form was.
    Failed {
        status: u16,
        data: Value,
        again: String,
    },
    NotFound,
    NotRun(io::Error),
}

/// A command, and what it reads.
struct Verb {
    words: Vec<String>,
    input: Option<String>,
}

impl Verb {
    fn of(words: &[&str]) -> Verb {
        Verb { words: words.iter().map(ToString::to_string).collect(), input: None }
    }

    fn option(mut self, name: &str, value: &str) -> Verb {
        if !value.trim().is_empty() {
            self.words.push(format!("--{name}={}", value.trim()));
        }
        self
    }

    /// An option for each part between commas.
    fn each(self, name: &str, values: &str) -> Verb {
        values.split(',').fold(self, |verb, value| verb.option(name, value))
    }

    fn reading(mut self, text: &str) -> Verb {
        // Browsers end lines with CR LF.
        self.input = Some(text.replace("\r\n", "\n"));
        self
    }

    /// What follows is no option, whatever it begins with.
    fn about(mut self, words: &[&str]) -> Verb {
        self.words.push("--".to_owned());
        self.words.extend(words.iter().map(ToString::to_string));
        self
    }
}

pub fn write(reads: &Reads, request: &SiteRequest) -> FormOutcome {
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    let field = |name: &str| request.field(name).unwrap_or_default();
    match parts.as_slice() {
        ["new"] => {
            let verb = Verb::of(&["new"])
                .option("priority", field("priority"))
                .each("label", field("labels"))
                .option("parent", field("parent"))
                .each("depends-on", field("depends_on"));
            let body = field("body");
            let verb =
                if body.trim().is_empty() { verb } else { verb.option("body", "-").reading(body) };
            run(reads, &verb.about(&[field("title")]), None, "/new")
        }
        ["doctor", "fix"] => repair(reads, request),
        ["t", id, verb] => match TicketId::parse(id) {
            Ok(id) => on_ticket(reads, request, id.as_str(), verb),
            Err(_) => FormOutcome::NotFound,
        },
        _ => FormOutcome::NotFound,
    }
}

/// The safe repairs that the form has shown, and no others. Each writes a receipt of its own, so the answer is the doctor's page with
/// all of them, and with the plan of what is left. Whoever presses twice waits, and finds nothing more to do.
fn repair(reads: &Reads, request: &SiteRequest) -> FormOutcome {
    let _alone = reads.repairs();
    let since = reads.writes().len();
    let shown = request.form.iter().flatten().filter(|(name, _)| name == page::REPAIR);
    let only: Vec<&str> = shown.map(|(_, repair)| repair.as_str()).collect();
    let again = format!("/doctor?since={since}&plan=1");
    if only.is_empty() {
        return FormOutcome::Done(again);
    }
    let verb = Verb::of(&["doctor", "--fix"]);
    let verb = only.into_iter().fold(verb, |verb, repair| verb.option("only", repair));
    run(reads, &verb, None, &again)
}

/// Nothing was done, because the form does not say enough. It is kept like every write that failed.
fn incomplete(reads: &Reads, (verb, id): (&str, &str), message: &str) -> FormOutcome {
    let data = json!({ "exit": 2, "name": "usage", "message": message });
    reads.keep_failure((verb, id), &data, reads.writes().len());
    FormOutcome::Failed { status: 422, data, again: format!("/t/{id}") }
}

fn on_ticket(reads: &Reads, request: &SiteRequest, id: &str, verb: &str) -> FormOutcome {
    let field = |name: &str| request.field(name).unwrap_or_default();
    let fields = request.form.iter().flatten();
    // A browser asks for it too, and whoever sends a form without one does not.
    if let Some((name, words)) = page::required_field(verb, field("verdict"))
        && field(name).trim().is_empty()
    {
        let message = format!("The field `{words}` is empty: nothing was written.");
        return incomplete(reads, (verb, id), &message);
    }
    let verb = match verb {
        "edit" => Verb::of(&["edit", "--body=-"]).reading(field("text")).about(&[id]),
        "tick" => {
            let boxes = fields.filter(|(name, _)| name == "box").map(|(_, number)| number.as_str());
            let boxes: Vec<&str> = boxes.filter(|number| number.parse::<u32>().is_ok()).collect();
            if boxes.is_empty() {
                let message = "No box was chosen: nothing was written.";
                return incomplete(reads, ("tick", id), message);
            }
            Verb::of(&["tick"]).about(&[&[id], boxes.as_slice()].concat())
        }
        "note" => Verb::of(&["note"]).about(&[id, "-"]).reading(field("text")),
        "block" | "reclaim" | "draft" | "queue" | "unblock" | "release" => {
            Verb::of(&[verb]).option("reason", field("reason")).about(&[id])
        }
        "review" if field("verdict") == "approve" => {
            Verb::of(&["review", "--approve"]).about(&[id])
        }
        "review" if field("verdict") == "changes" => Verb::of(&["review", "--request-changes"])
            .option("reason", field("reason"))
            .about(&[id]),
        _ => return FormOutcome::NotFound,
    };
    let yours = ["text", "reason"].iter().find_map(|name| request.field(name));
    let yours = yours.filter(|text| !text.trim().is_empty());
    let expected = Expected { id, blob: field("blob"), yours };
    run(reads, &verb, Some(&expected), &format!("/t/{id}"))
}

/// What the form was shown for.
struct Expected<'f> {
    id: &'f str,
    /// The object id of the ticket's file.
    blob: &'f str,
    yours: Option<&'f str>,
}

impl Expected<'_> {
    /// The ticket as it is, with what was to be written to it.
    fn moved(&self, reads: &Reads) -> Result<FormOutcome, Unread> {
        // It has been fetched by what found out that it has moved.
        let words = ["show", self.id].map(str::to_owned);
        let answer = reads.run(&words, None, Vec::new()).map_err(Unread::NotRun)?;
        if answer.has_failed() {
            return Err(Unread::Failed(answer.data));
        }
        let now = serde_json::from_value(answer.data);
        let now: TextValues = now.map_err(|error| Unread::NotRun(io::Error::other(error)))?;
        Ok(FormOutcome::Moved {
            id: self.id.to_owned(),
            yours: self.yours.map(str::to_owned),
            now: match self.yours {
                Some(_) => text_of(document(&now.text).body()),
                None => now.text,
            },
        })
    }
}

fn run(reads: &Reads, verb: &Verb, expected: Option<&Expected<'_>>, again: &str) -> FormOutcome {
    let mut variables: Vec<(OsString, OsString)> = vec![(COMPARE.into(), "1".into())];
    if let Some(expected) = expected {
        // A form of ours has all of the id. One without it expects nothing that exists.
        let is_whole = matches!(expected.blob.len(), 40 | 64);
        let blob = if is_whole { expected.blob } else { "none" };
        variables.push((EXPECTS.into(), blob.into()));
    }
    let before = reads.writes().len();
    let answer = match reads.run(&verb.words, verb.input.as_deref(), variables) {
        Ok(answer) => answer,
        Err(error) => return FormOutcome::NotRun(error),
    };
    if !answer.has_failed() {
        return FormOutcome::Done(receipt(reads, &answer, before, again));
    }
    let operation = verb.words.first().map(String::as_str).unwrap_or_default();
    let about = verb.words.last().map(String::as_str).unwrap_or_default();
    let about = expected.map_or(about, |expected| expected.id);
    reads.keep_failure((operation, about), &answer.data, before);
    let has_moved = answer.data.get("details").and_then(|facts| facts.get(FILE_NOW)).is_some();
    if let Some(expected) = expected.filter(|_| has_moved) {
        return expected.moved(reads).unwrap_or_else(|unread| unread_as_written(unread, again));
    }
    FormOutcome::Failed { status: 422, data: answer.data, again: again.to_owned() }
}

fn unread_as_written(unread: Unread, again: &str) -> FormOutcome {
    match unread {
        Unread::Failed(data) => FormOutcome::Failed { status: 503, data, again: again.to_owned() },
        Unread::NotRun(error) => FormOutcome::NotRun(error),
    }
}

/// The address of the receipt of what was just written; the audit log may have got other lines meanwhile.
fn receipt(reads: &Reads, answer: &AgainAnswer, before: usize, again: &str) -> String {
    let text = |key: &str| answer.data.get(key).and_then(Value::as_str).unwrap_or_default();
    let writes = reads.writes();
    let new = writes.len().saturating_sub(before.min(writes.len()));
    let is_ours = |write: &&crate::page::WriteValues| {
        write.operation == text("operation")
            && write.ticket == text("ticket")
            && write.at == text("at")
    };
    match writes.iter().take(new.max(1)).position(|write| is_ours(&write)) {
        Some(at) => format!("/writes/{}", writes.len() - at),
        None => again.to_owned(),
    }
}
