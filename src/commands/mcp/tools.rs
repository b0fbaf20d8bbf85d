//! The tools: their names and schemas, and the command lines of tix that they stand for. Pure.
//!
//! A tool stands for one or several verbs of the command line; a role sees the tools of which it may use a verb. None deletes
//! anything or forces anything.

use serde_json::{Value, json};

use super::asked::{self, Asked};
use super::schema;

/// How many tickets one call may write: each is a push.
const MOST_NEW: usize = 50;

/// How many words of one kind a new ticket has.
const MOST_WORDS: usize = 50;

/// The most characters of an id, a name or a pattern.
const LONGEST_WORD: usize = 1000;

/// The same of a text: 128 KiB, which is what Linux takes as one argument, hold it in any script.
const LONGEST_TEXT: usize = 30_000;

/// Whether the session's role may use a verb.
pub type MayUse<'a> = dyn Fn(&str) -> bool + 'a;

/// A tool of the server.
pub struct Tool {
    pub name: &'static str,
    about: &'static str,
    /// The verbs of the command line that it stands for.
    pub verbs: &'static [&'static str],
    reads_only: bool,
    properties: fn(&MayUse<'_>) -> Value,
    required: &'static [&'static str],
    read: fn(Value) -> Result<Asked, String>,
}

pub static TOOLS: [Tool; 8] = [
    Tool {
        name: "next",
        about: "The ticket to take next, and how many wait",
        verbs: &["next"],
        reads_only: true,
        properties: |_| json!({}),
        required: &[],
        read: asked::next,
    },
    Tool {
        name: "list",
        about: "Tickets in the queue, and those that somebody holds",
        verbs: &["list"],
        reads_only: true,
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
        read: asked::list,
    },
    Tool {
        name: "show",
        about: "A ticket's text, holder and workspace",
        verbs: &["show"],
        reads_only: true,
        properties: |_| json!({ "ticket": ticket() }),
        required: &[],
        read: |arguments| asked::of_ticket("show", arguments),
    },
    Tool {
        name: "status",
        about: "Which moves are possible with a ticket now, who can make them, and what to do next",
        verbs: &["status"],
        reads_only: true,
        properties: |_| json!({ "ticket": ticket() }),
        required: &[],
        read: |arguments| asked::of_ticket("status", arguments),
    },
    Tool {
        name: "claim",
        about: "Claim a ticket and get a workspace (a git worktree) to work in. Without a ticket: the next one",
        verbs: &["activate"],
        reads_only: false,
        properties: |_| {
            json!({
                "ticket": text("an id, or a unique part of one"),
                "wait": text("how long to wait for the next one when there is none, such as 10m"),
                "resume": { "type": "boolean", "description": "go on with a ticket of yours that another session holds" },
            })
        },
        required: &[],
        read: asked::claim,
    },
    Tool {
        name: "finish",
        about: "Finish a ticket that you hold: complete it, submit it for review, or release it. Commit the work before you complete or \
                submit it",
        verbs: &["complete", "submit", "release"],
        reads_only: false,
        properties: |may| {
            json!({
                "how": { "enum": allowed(&["complete", "submit", "release"], may) },
                "ticket": ticket(),
                "reason": long("for release: why"),
                "no_work": long("for complete: why it needs no commit"),
            })
        },
        required: &["how"],
        read: asked::finish,
    },
    Tool {
        name: "note",
        about: "Write to a ticket: a note, what blocks it, a value (set: key=value), a box that is done (tick: its number or text)",
        verbs: &["note", "block", "unblock", "set", "tick"],
        reads_only: false,
        properties: |may| {
            json!({
                "do": { "enum": allowed(&["note", "block", "unblock", "set", "tick"], may) },
                "text": long("the note, the reason, key=value, or the box; unblock needs none"),
                "ticket": ticket(),
            })
        },
        required: &["do"],
        read: asked::note,
    },
    Tool {
        name: "new",
        about: "Write tickets into the queue",
        verbs: &["new"],
        reads_only: false,
        properties: |_| {
            json!({
                "tickets": { "type": "array", "minItems": 1, "maxItems": MOST_NEW, "items": {
                    "type": "object",
                    "properties": {
                        "title": { "type": "string", "minLength": 1, "maxLength": LONGEST_WORD },
                        "body": { "type": "string", "description": "Markdown; requirements as - [ ] boxes" },
                        "priority": { "enum": ["P0", "P1", "P2", "P3"] },
                        "labels": { "type": "array", "maxItems": MOST_WORDS, "items": text("") },
                        "depends_on": { "type": "array", "maxItems": MOST_WORDS, "items": text(""),
                            "description": "ids, or keys of tickets before this one" },
                        "parent": text("an id or such a key"),
                        "key": text("a name of your own; the same key never makes a second ticket"),
                    },
                    "required": ["title"],
                    "additionalProperties": false,
                } },
            })
        },
        required: &["tickets"],
        read: asked::new,
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
            let repository = json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_WORD });
            properties.insert("repository".to_owned(), repository);
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
                // What was finished may have been claimed anew, and a second call would finish that.
                "idempotentHint": self.reads_only,
                "openWorldHint": false,
            },
        })
    }

    /// What its arguments ask for; the error names what is wrong with them. A role restricts what a call may do, not what it may
    /// say: the answer tells who may.
    pub fn read(&self, arguments: Value) -> Result<Asked, String> {
        let of_all = self.describe(&|_| true);
        let schema = of_all.get("inputSchema").unwrap_or(&Value::Null);
        let asked = schema::check(schema, &arguments, "").and_then(|()| (self.read)(arguments));
        asked.map_err(|error| format!("{}: {error}", self.name))
    }
}

fn text(about: &str) -> Value {
    of_length(LONGEST_WORD, about)
}

fn long(about: &str) -> Value {
    of_length(LONGEST_TEXT, about)
}

fn of_length(most: usize, about: &str) -> Value {
    if about.is_empty() {
        json!({ "type": "string", "maxLength": most })
    } else {
        json!({ "type": "string", "maxLength": most, "description": about })
    }
}

fn ticket() -> Value {
    text("default: the one of this workspace")
}

fn allowed<'a>(verbs: &[&'a str], may: &MayUse<'_>) -> Vec<&'a str> {
    verbs.iter().copied().filter(|verb| may(verb)).collect()
}
