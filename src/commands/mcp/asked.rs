//! What the arguments of a tool ask for, as command lines of tix. Pure.
//!
//! The schema has been looked at. Here is what a schema cannot say: which arguments go together, and what a text must be.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::input::{KEY_RULE, is_key};
use crate::text::{duration, one_line, pattern};

/// How many tickets a list has when nobody says how many.
const SHOWN: u16 = 20;

/// A command line of tix, without the options that each call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerbCall {
    pub words: Vec<String>,
    /// What it reads from standard input.
    pub input: Option<String>,
    /// Under which name later calls of the same list may mean the ticket that this one makes.
    pub key: Option<String>,
    /// It may take long because it waits for a ticket, and changes nothing while it does.
    pub waits: bool,
    /// Options whose values may be such names.
    pub others: Vec<(&'static str, String)>,
}

impl VerbCall {
    fn new<const N: usize>(words: [&str; N]) -> VerbCall {
        let words = words.map(str::to_owned).into();
        VerbCall { words, input: None, key: None, waits: false, others: Vec::new() }
    }

    fn flag(mut self, given: bool, flag: &str) -> VerbCall {
        self.words.extend(given.then(|| flag.to_owned()));
        self
    }

    /// `--name=value`, so that no value is taken for an option.
    fn option(mut self, name: &str, value: Option<impl ToString>) -> VerbCall {
        self.words.extend(value.map(|value| format!("--{name}={}", value.to_string())));
        self
    }

    /// What is no option, behind `--`.
    fn operands(mut self, operands: impl IntoIterator<Item = String>) -> VerbCall {
        self.words.push("--".to_owned());
        self.words.extend(operands);
        self
    }
}

/// What the arguments of a tool ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In which clone.
    pub repository: Option<PathBuf>,
    /// One after the other; the first that fails ends it.
    pub calls: Vec<VerbCall>,
}

impl Asked {
    pub fn waits(&self) -> bool {
        self.calls.iter().any(|call| call.waits)
    }
}

fn parsed<T: DeserializeOwned>(arguments: Value) -> Result<T, String> {
    serde_json::from_value(arguments).map_err(|error| error.to_string())
}

fn asked(repository: Option<PathBuf>, call: VerbCall) -> Asked {
    Asked { repository, calls: vec![call] }
}

pub fn next(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
    }
    let Arguments { repository } = parsed(arguments)?;
    Ok(asked(repository, VerbCall::new(["next"])))
}

pub fn list(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        lane: Option<String>,
        #[serde(default)]
        ready: bool,
        #[serde(default)]
        mine: bool,
        label: Option<String>,
        text: Option<String>,
        limit: Option<u16>,
        #[serde(default)]
        fetch: bool,
    }
    let given: Arguments = parsed(arguments)?;
    if let Some(Err(error)) = given.text.as_deref().map(pattern) {
        return Err(format!(
            "`text` must be a regular expression: {}",
            one_line(&error.to_string())
        ));
    }
    let call = VerbCall::new(["list"])
        .option("lane", given.lane)
        .flag(given.ready, "--ready")
        .flag(given.mine, "--mine")
        .option("label", given.label)
        .option("text", given.text)
        .option("limit", Some(given.limit.unwrap_or(SHOWN)))
        .flag(given.fetch, "--fetch");
    Ok(asked(given.repository, call))
}

pub fn of_ticket(verb: &str, arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        ticket: Option<String>,
    }
    let Arguments { repository, ticket } = parsed(arguments)?;
    Ok(asked(repository, VerbCall::new([verb]).operands(ticket)))
}

pub fn claim(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        ticket: Option<String>,
        wait: Option<String>,
        #[serde(default)]
        resume: bool,
    }
    let given: Arguments = parsed(arguments)?;
    if let Some(Err(error)) = given.wait.as_deref().map(duration::parse) {
        return Err(format!("`wait`: {error}"));
    }
    if given.wait.is_some() && given.ticket.is_some() {
        return Err("`wait` is for the next ticket: leave `ticket` out".to_owned());
    }
    if given.resume && given.ticket.is_none() {
        return Err("`resume` needs `ticket`".to_owned());
    }
    let waits = given.wait.is_some();
    let call = VerbCall::new(["activate"])
        .flag(given.ticket.is_none(), "--next")
        .option("wait", given.wait)
        .flag(given.resume, "--resume")
        .operands(given.ticket);
    Ok(asked(given.repository, VerbCall { waits, ..call }))
}

pub fn finish(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum How {
        Complete,
        Submit,
        Release,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        how: How,
        ticket: Option<String>,
        reason: Option<String>,
        no_work: Option<String>,
    }
    let given: Arguments = parsed(arguments)?;
    let verb = match given.how {
        How::Complete => "complete",
        How::Submit => "submit",
        How::Release => "release",
    };
    if given.reason.is_some() && verb != "release" {
        return Err(format!("`reason` is for release only, not for {verb}"));
    }
    if given.no_work.is_some() && verb != "complete" {
        return Err(format!("`no_work` is for complete only, not for {verb}"));
    }
    let input = given.reason.clone().or_else(|| given.no_work.clone());
    let call = VerbCall::new([verb])
        .option("reason", given.reason)
        .option("no-work", given.no_work)
        .operands(given.ticket);
    Ok(asked(given.repository, VerbCall { input, ..call }))
}

pub fn note(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Do {
        Note,
        Block,
        Unblock,
        Set,
        Tick,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        r#do: Do,
        text: Option<String>,
        ticket: Option<String>,
    }
    let given: Arguments = parsed(arguments)?;
    let is_empty = given.text.as_deref().is_none_or(|text| text.trim().is_empty());
    let needed = match given.r#do {
        Do::Note => "the note",
        Do::Block => "what blocks it",
        Do::Set => "key=value",
        Do::Tick => "the number or the text of the box",
        Do::Unblock => "",
    };
    if is_empty && !needed.is_empty() {
        return Err(format!("`text` is missing: {needed}"));
    }
    // Where a text is the sign for standard input, that is what stands there.
    let input = given.text.clone();
    let both = || given.ticket.clone().into_iter().chain(given.text.clone());
    let call = match given.r#do {
        // A text alone could be taken for a ticket.
        Do::Note if given.ticket.is_none() => VerbCall::new(["note"]).operands(["-".to_owned()]),
        Do::Note => VerbCall::new(["note"]).operands(both()),
        Do::Set => VerbCall::new(["set"]).operands(both()),
        Do::Tick => VerbCall::new(["tick"]).operands(both()),
        Do::Block => VerbCall::new(["block"]).option("reason", given.text).operands(given.ticket),
        Do::Unblock => {
            let reason = given.text.filter(|_| !is_empty);
            VerbCall::new(["unblock"]).option("reason", reason).operands(given.ticket)
        }
    };
    Ok(asked(given.repository, VerbCall { input, ..call }))
}

pub fn new(arguments: Value) -> Result<Asked, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Ticket {
        title: String,
        body: Option<String>,
        priority: Option<String>,
        #[serde(default)]
        labels: Vec<String>,
        #[serde(default)]
        depends_on: Vec<String>,
        parent: Option<String>,
        key: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        tickets: Vec<Ticket>,
    }
    let given: Arguments = parsed(arguments)?;
    for (index, ticket) in given.tickets.iter().enumerate() {
        if ticket.key.as_deref().is_some_and(|key| !is_key(key)) {
            return Err(format!("`tickets[{index}].key`: {KEY_RULE}"));
        }
        let mut before = given.tickets.iter().take(index);
        if let Some(first) = before.position(|other| other.key.is_some() && other.key == ticket.key)
        {
            return Err(format!("`tickets[{index}].key` is already the key of `tickets[{first}]`"));
        }
    }
    let call = |ticket: Ticket| {
        let mut call = VerbCall::new(["new"]).option("priority", ticket.priority);
        for label in ticket.labels {
            call = call.option("label", Some(label));
        }
        call = call.option("key", ticket.key.as_ref());
        call = call.flag(ticket.body.is_some(), "--body=-").operands([ticket.title]);
        let depends = ticket.depends_on.into_iter().map(|other| ("--depends-on", other));
        let others = depends.chain(ticket.parent.map(|other| ("--parent", other))).collect();
        VerbCall { input: ticket.body, key: ticket.key, others, ..call }
    };
    let calls = given.tickets.into_iter().map(call).collect();
    Ok(Asked { repository: given.repository, calls })
}
