//! The tools: their names and schemas, and the command lines of tix that they stand for. Pure.
//!
//! A tool stands for one or several verbs of the command line; a role sees the tools of which it may use a verb. None deletes
//! anything or forces anything.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Exit, Failure};

/// How many tickets a list has when nobody says how many.
const SHOWN: u16 = 20;

/// How many tickets one call may write: each is a push.
const MOST_NEW: usize = 50;

/// A command line of tix, without the options that each call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerbCall {
    pub words: Vec<String>,
    /// What it reads from standard input.
    pub input: Option<String>,
    /// Under which name later calls of the same list may mean the ticket that this one makes.
    pub key: Option<String>,
    /// Options whose values may be such names.
    pub others: Vec<(&'static str, String)>,
}

impl VerbCall {
    fn new<const N: usize>(words: [&str; N]) -> VerbCall {
        let words = words.map(str::to_owned).into();
        VerbCall { words, input: None, key: None, others: Vec::new() }
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
    /// It may take long because it waits for a ticket, and changes nothing while it does.
    pub waits: bool,
}

/// Whether the session's role may use a verb.
pub type MayUse<'a> = dyn Fn(&str) -> bool + 'a;

/// A tool of the server.
pub struct Tool {
    pub name: &'static str,
    about: &'static str,
    /// The verbs of the command line that it stands for.
    pub verbs: &'static [&'static str],
    reads_only: bool,
    /// A second call with the same arguments changes nothing more.
    idempotent: bool,
    properties: fn(&MayUse<'_>) -> Value,
    required: &'static [&'static str],
    read: fn(Value) -> serde_json::Result<Asked>,
}

pub static TOOLS: [Tool; 8] = [
    Tool {
        name: "next",
        about: "The ticket to take next, and how many wait",
        verbs: &["next"],
        reads_only: true,
        idempotent: true,
        properties: |_| json!({}),
        required: &[],
        read: next,
    },
    Tool {
        name: "list",
        about: "Tickets that wait or are held",
        verbs: &["list"],
        reads_only: true,
        idempotent: true,
        properties: |_| {
            json!({
                "lane": { "enum": ["queue", "active", "completed", "archive", "all"] },
                "ready": { "type": "boolean", "description": "only what can be claimed now" },
                "mine": { "type": "boolean" },
                "label": text(""),
                "text": text("a regular expression that the ticket's file matches"),
                "limit": { "type": "integer", "minimum": 1, "maximum": 200, "description": "default 20" },
                "fetch": { "type": "boolean", "description": "ask the remote first" },
            })
        },
        required: &[],
        read: list,
    },
    Tool {
        name: "show",
        about: "A ticket's text, holder and workspace",
        verbs: &["show"],
        reads_only: true,
        idempotent: true,
        properties: |_| json!({ "ticket": ticket() }),
        required: &[],
        read: |arguments| of_ticket("show", arguments),
    },
    Tool {
        name: "status",
        about: "What can be done with a ticket now, by whom, and what comes next",
        verbs: &["status"],
        reads_only: true,
        idempotent: true,
        properties: |_| json!({ "ticket": ticket() }),
        required: &[],
        read: |arguments| of_ticket("status", arguments),
    },
    Tool {
        name: "claim",
        about: "Claim a ticket and get a workspace (a git worktree) to work in. Without a ticket: the next one",
        verbs: &["activate"],
        reads_only: false,
        idempotent: false,
        properties: |_| {
            json!({
                "ticket": text("an id, or a unique part of one"),
                "wait": text("how long to wait for a ticket when there is none, such as 10m"),
            })
        },
        required: &[],
        read: claim,
    },
    Tool {
        name: "finish",
        about: "Hand in a ticket that you hold: complete it, submit it for review, or release it. complete and submit want the work \
                committed",
        verbs: &["complete", "submit", "release"],
        reads_only: false,
        idempotent: true,
        properties: |may| {
            json!({
                "how": { "enum": allowed(&["complete", "submit", "release"], may) },
                "ticket": ticket(),
                "reason": text("why it is released"),
                "no_work": text("why a completed ticket needs no commit"),
            })
        },
        required: &["how"],
        read: finish,
    },
    Tool {
        name: "note",
        about: "Write to a ticket: a note, what blocks it, a value (set: key=value), a box that is done (tick: its number or text)",
        verbs: &["note", "block", "unblock", "set", "tick"],
        reads_only: false,
        idempotent: false,
        properties: |may| {
            json!({
                "do": { "enum": allowed(&["note", "block", "unblock", "set", "tick"], may) },
                "text": text("the note, the reason, key=value, or the box"),
                "ticket": ticket(),
            })
        },
        required: &["do"],
        read: note,
    },
    Tool {
        name: "new",
        about: "Write tickets into the queue",
        verbs: &["new"],
        reads_only: false,
        idempotent: false,
        properties: |_| {
            json!({
                "tickets": { "type": "array", "minItems": 1, "maxItems": MOST_NEW, "items": {
                    "type": "object",
                    "properties": {
                        "title": text(""),
                        "body": text("Markdown; requirements as - [ ] boxes"),
                        "priority": { "enum": ["P0", "P1", "P2", "P3"] },
                        "labels": { "type": "array", "items": { "type": "string" } },
                        "depends_on": { "type": "array", "items": { "type": "string" },
                            "description": "ids, or keys of tickets before this one" },
                        "parent": text("an id, or such a key"),
                        "key": text("your own; the same key never makes a second ticket"),
                    },
                    "required": ["title"],
                    "additionalProperties": false,
                } },
            })
        },
        required: &["tickets"],
        read: new,
    },
];

impl Tool {
    pub fn named(name: &str) -> Option<&'static Tool> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// As a client reads it; `may` tells which verbs the session's role may use.
    pub fn describe(&self, may: &MayUse<'_>) -> Value {
        let mut properties = (self.properties)(may);
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("repository".to_owned(), json!({ "type": "string" }));
        }
        json!({
            "name": self.name,
            "description": self.about,
            "inputSchema": {
                "type": "object",
                "properties": properties,
                "required": self.required,
                "additionalProperties": false,
            },
            "annotations": {
                "readOnlyHint": self.reads_only,
                "destructiveHint": false,
                "idempotentHint": self.reads_only || self.idempotent,
                "openWorldHint": false,
            },
        })
    }

    /// What its arguments ask for; the error names what is wrong with them.
    pub fn read(&self, arguments: Value) -> Result<Asked, String> {
        (self.read)(arguments).map_err(|error| format!("{}: {error}", self.name))
    }
}

/// What a call with wrong arguments is told.
pub fn usage(why: String) -> Failure {
    Failure::new(Exit::Usage, why).hint("call it again as the tool's inputSchema says")
}

fn text(about: &str) -> Value {
    if about.is_empty() {
        json!({ "type": "string" })
    } else {
        json!({ "type": "string", "description": about })
    }
}

fn ticket() -> Value {
    text("default: the one of this workspace")
}

fn allowed<'a>(verbs: &[&'a str], may: &MayUse<'_>) -> Vec<&'a str> {
    verbs.iter().copied().filter(|verb| may(verb)).collect()
}

fn asked(repository: Option<PathBuf>, call: VerbCall) -> Asked {
    Asked { repository, calls: vec![call], waits: false }
}

fn next(arguments: Value) -> serde_json::Result<Asked> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
    }
    let Arguments { repository } = serde_json::from_value(arguments)?;
    Ok(asked(repository, VerbCall::new(["next"])))
}

fn list(arguments: Value) -> serde_json::Result<Asked> {
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
    let given: Arguments = serde_json::from_value(arguments)?;
    let call = VerbCall::new(["list"])
        .option("lane", given.lane)
        .flag(given.ready, "--ready")
        .flag(given.mine, "--mine")
        .option("label", given.label)
        .option("text", given.text)
        .option("limit", Some(given.limit.unwrap_or(SHOWN).clamp(1, 200)))
        .flag(given.fetch, "--fetch");
    Ok(asked(given.repository, call))
}

fn of_ticket(verb: &str, arguments: Value) -> serde_json::Result<Asked> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        ticket: Option<String>,
    }
    let Arguments { repository, ticket } = serde_json::from_value(arguments)?;
    Ok(asked(repository, VerbCall::new([verb]).operands(ticket)))
}

fn claim(arguments: Value) -> serde_json::Result<Asked> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        repository: Option<PathBuf>,
        ticket: Option<String>,
        wait: Option<String>,
    }
    let given: Arguments = serde_json::from_value(arguments)?;
    let waits = given.wait.is_some();
    let call = VerbCall::new(["activate"])
        .flag(given.ticket.is_none(), "--next")
        .option("wait", given.wait)
        .operands(given.ticket);
    Ok(Asked { waits, ..asked(given.repository, call) })
}

fn finish(arguments: Value) -> serde_json::Result<Asked> {
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
    let given: Arguments = serde_json::from_value(arguments)?;
    let verb = match given.how {
        How::Complete => "complete",
        How::Submit => "submit",
        How::Release => "release",
    };
    // A verb that does not know an option says so.
    let call = VerbCall::new([verb])
        .option("reason", given.reason)
        .option("no-work", given.no_work)
        .operands(given.ticket);
    Ok(asked(given.repository, call))
}

fn note(arguments: Value) -> serde_json::Result<Asked> {
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
    let given: Arguments = serde_json::from_value(arguments)?;
    let both = || given.ticket.clone().into_iter().chain(given.text.clone());
    let call = match given.r#do {
        Do::Note => VerbCall::new(["note"]).operands(both()),
        Do::Set => VerbCall::new(["set"]).operands(both()),
        Do::Tick => VerbCall::new(["tick"]).operands(both()),
        Do::Block => VerbCall::new(["block"]).option("reason", given.text).operands(given.ticket),
        Do::Unblock => VerbCall::new(["unblock"]).operands(given.ticket),
    };
    Ok(asked(given.repository, call))
}

fn new(arguments: Value) -> serde_json::Result<Asked> {
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
    let given: Arguments = serde_json::from_value(arguments)?;
    let count = given.tickets.len();
    if !(1..=MOST_NEW).contains(&count) {
        let why =
            format!("`tickets` has 1 to {MOST_NEW} tickets, not {count}; nothing was written");
        return Err(serde::de::Error::custom(why));
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
    Ok(Asked { repository: given.repository, calls, waits: false })
}
