//! `tix set`: change keys of a ticket's front matter.

use std::cell::RefCell;

use crate::app::complete::ids;
use crate::app::context::Globals;
use crate::app::expected::ExpectedText;
use crate::app::input::no_title;
use crate::app::operation::Operation;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, NewValue};
use crate::out::Out;
use crate::text::{one_line, safe};
use crate::ticket::{Document, Lane, NoPriority, Priority, Status, distinct};

/// The keys that are lists, even if a ticket does not have them yet.
const LISTS: [&str; 2] = ["labels", "depends_on"];

/// Set keys in the front matter of a ticket
///
/// Every other byte of the file stays as it is. `KEY=` empties a key; separate the items of a list with commas. You
/// cannot set what tix writes itself (the status, the claim, the review …). The one exception is a ticket whose status is
/// unknown or belongs in another lane: give it one of its lane, such as `status=open` in queue/. While somebody holds the ticket, the change goes to its ticket branch.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// The ticket [default: the one of this workspace], and keys with their new values: `KEY=VALUE`
    #[arg(value_name = "[TICKET] KEY=VALUE", required = true, add = ids(&Lane::ALL))]
    words: Vec<String>,
    #[command(flatten)]
    expected: ExpectedText,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &SetArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let (ticket, settings) = match args.words.as_slice() {
        // No id has a `=`.
        [ticket, rest @ ..] if !ticket.contains('=') && !rest.is_empty() => (Some(ticket), rest),
        all => (None, all),
    };
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|text| split(text)).collect::<Result<_, _>>()?;
    let operation = Operation {
        name: "set",
        outcome: "set",
        ticket: ticket.map(String::as_str),
        timeout: args.timeout.as_deref(),
        claim: None,
        expects: args.expected.object(),
    };
    // What changes, and the keys that tix does nothing with, as of the last view.
    let (changes, unread) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    operation.run(
        (globals, env, out),
        |_, act, view| {
            let document = &view.ticket.document;
            let settings: Vec<_> = settings
                .iter()
                .map(|(key, value)| Ok(((*key).to_owned(), setting(document, key, value)?)))
                .collect::<Result<_, Failure>>()?;
            *changes.borrow_mut() =
                settings.iter().map(|(key, value)| change(document, key, value)).collect();
            let new = settings.iter().map(|(key, _)| key.clone());
            *unread.borrow_mut() =
                new.filter(|key| !document.has(key) && !lifecycle::is_read(key)).collect();
            Ok(lifecycle::set(&view.ticket, act, &settings)?)
        },
        |_, receipt| {
            for key in unread.borrow().iter() {
                let nearest = lifecycle::nearest_key(key);
                let meant = nearest.map(|key| format!("; did you mean `{key}`?"));
                receipt.warnings.push(format!(
                    "`{key}` is new in {}, and tix does nothing with it{}",
                    receipt.ticket,
                    meant.unwrap_or_default()
                ));
            }
            format!("{}: {}\n", safe(&receipt.ticket), changes.borrow().join(", "))
        },
    )
}

/// A value on one line of an answer; the status in the word that it has everywhere.
fn shown(document: &Document, key: &str) -> String {
    if key == lifecycle::STATUS
        && let Some(known) = document.text(key).and_then(|text| Status::read(&text))
    {
        return known.status.words(&[]).to_owned();
    }
    let list = document.list(key);
    match document.text(key) {
        Some(text) => safe(one_line(&text)),
        None if list.is_empty() => "-".to_owned(),
        None => safe(one_line(&list.join(", "))),
    }
}

/// The change that a setting makes, as text.
fn change(document: &Document, key: &str, value: &NewValue) -> String {
    let new = match value {
        NewValue::Null => "-".to_owned(),
        NewValue::Text(text) => safe(one_line(text)),
        NewValue::List(items) if items.is_empty() => "-".to_owned(),
        NewValue::List(items) => safe(one_line(&items.join(", "))),
    };
    let old = shown(document, key);
    if old == new {
        return format!("{key} is already {new}");
    }
    format!("{key}: {old} → {new}")
}

fn split(text: &str) -> Result<(&str, &str), Failure> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(Failure::new(Exit::Usage, format!("`{text}` is not KEY=VALUE"))
            .hint("for instance: tix set <ticket> priority=P1"));
    };
    let key = key.trim();
    // Whether that may be set depends on the ticket.
    if key != lifecycle::STATUS {
        lifecycle::check_key(key)?;
    }
    Ok((key, value.trim()))
}

fn setting(document: &Document, key: &str, value: &str) -> Result<NewValue, Failure> {
    let is_list = LISTS.contains(&key)
        || (document.has(key) && document.text(key).is_none() && !document.list(key).is_empty());
    if is_list {
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        let items = items.map(str::to_owned).collect();
        // A list of somebody's own may hold an item twice.
        return Ok(NewValue::List(if LISTS.contains(&key) { distinct(items) } else { items }));
    }
    if value.is_empty() && key == "title" {
        return Err(no_title());
    }
    if value.is_empty() {
        return Ok(NewValue::Null);
    }
    if key == "priority" {
        let priority: Priority = value
            .parse()
            .map_err(|NoPriority| Failure::new(Exit::Usage, format!("`{value}`: {NoPriority}")))?;
        return Ok(NewValue::Text(priority.to_string()));
    }
    Ok(NewValue::Text(value.to_owned()))
}
