//! `tix note`: add an entry to a ticket's changelog.

use crate::app::ROLE;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::here::{here, one_is_missing};
use crate::app::input::given;
use crate::app::operation::{Operation, plain};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, ChangelogText};
use crate::out::Out;
use crate::text::shell_word;
use crate::ticket::Lane;

/// Add an entry to a ticket's changelog
///
/// The entry has the form `## [time] - Creator: note`, and each line of the text becomes an item of its list. While
/// somebody holds the ticket it is written on its ticket branch.
#[derive(Debug, clap::Args)]
pub struct NoteArgs {
    /// The ticket [default: the one of this workspace], and what to write, or - for standard input
    #[arg(value_name = "[TICKET] TEXT", required = true, add = ids(&Lane::ALL))]
    words: Vec<String>,
    /// The kind of entry, one word
    #[arg(long = "type", value_name = "WORD", default_value = "note")]
    kind: String,
    /// The author of the entry, one word
    #[arg(long = "as", value_name = "WORD", default_value = ROLE)]
    speaker: String,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &NoteArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let (ticket, text) = match args.words.as_slice() {
        [ticket, text] => (Some(ticket.as_str()), text.as_str()),
        [text] => {
            let ctx = Context::open(globals, env, out, None)?;
            if here(&ctx)?.is_none() {
                return Err(one_is_missing(&ctx, text, ("note", "text")));
            }
            (None, text.as_str())
        }
        [] => (None, ""),
        words => return Err(unquoted(&Context::open(globals, env, out, None)?, words)?),
    };
    let text = given(text, "the note")?;
    let operation = Operation {
        name: "note",
        outcome: "noted",
        ticket,
        timeout: args.timeout.as_deref(),
        claim: None,
        expects: None,
    };
    operation.run(
        (globals, env, out),
        |_, act, view| {
            let lines = text.lines().map(str::to_owned).collect();
            let story = ChangelogText { role: &args.speaker, kind: &args.kind, lines };
            Ok(lifecycle::note(&view.ticket, act, &story)?.into())
        },
        plain("has the note"),
    )
}

/// The failure for a text of several words that the shell has taken apart.
fn unquoted(ctx: &Context<'_>, words: &[String]) -> Result<Failure, Failure> {
    let failure = Failure::new(Exit::Usage, "the text of a note is one argument: quote it");
    Ok(match words {
        [ticket, text @ ..] if here(ctx)?.is_none() => {
            failure.hint(format!("tix note {} {}", shell_word(ticket), shell_word(&text.join(" "))))
        }
        words => failure.hint(format!("tix note {}", shell_word(&words.join(" ")))),
    })
}
