//! `tix set`: change keys of a ticket's front matter.

use crate::app::complete::ids;
use crate::app::context::Globals;
use crate::app::operation::{Operation, plain};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, NewValue};
use crate::out::Out;
use crate::ticket::{Document, Lane};

/// The keys that hold lists, also where a ticket does not say so yet.
const LISTS: [&str; 2] = ["labels", "depends_on"];

/// Set keys in the front matter of a ticket
///
/// Every other byte of the file stays as it is. `KEY=` empties a key; a key that holds a list takes its items with commas
/// between them. What tix itself writes (the status, the claim, the review …) changes with what is done to the ticket, and
/// cannot be set; only where the status is none, `status=open` gives it one. While somebody holds the ticket it is written on its ticket branch.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// The ticket [default: the one of this workspace], and keys with their new values: `KEY=VALUE`
    #[arg(value_name = "[TICKET] KEY=VALUE", required = true, add = ids(&Lane::ALL))]
    words: Vec<String>,
    /// How long to go on trying while others write to the ticket, such as 90s or 2m [default: 60s]
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
    };
    operation.run(
        (globals, env, out),
        |_, act, view| {
            let document = &view.ticket.document;
            let settings: Vec<_> = settings
                .iter()
                .map(|(key, value)| ((*key).to_owned(), setting(document, key, value)))
                .collect();
            Ok(lifecycle::set(&view.ticket, act, &settings)?)
        },
        plain("is as you said"),
    )
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

fn setting(document: &Document, key: &str, value: &str) -> NewValue {
    let is_list = LISTS.contains(&key)
        || (document.has(key) && document.text(key).is_none() && !document.list(key).is_empty());
    if is_list {
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        return NewValue::List(items.map(str::to_owned).collect());
    }
    if value.is_empty() { NewValue::Null } else { NewValue::Text(value.to_owned()) }
}
