//! `tix tick`: tick boxes of a ticket.

use std::cell::Cell;

use crate::app::board;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_known};
use crate::app::here::{here, one_is_missing};
use crate::app::operation::Operation;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, NewText, Refusal};
use crate::out::Out;
use crate::text::{count, one_line, safe};
use crate::ticket::{CheckBox, Lane, TicketId, TooLong};

/// Tick boxes of a ticket
///
/// Name a box by its number, counting all boxes from 1, ticked or not, or by a part of its text that no other box has.
/// The change is committed where the ticket is: on the trunk, or on its ticket branch while somebody holds it.
#[derive(Debug, clap::Args)]
pub struct TickArgs {
    /// The ticket [default: the one of this workspace; any other needs its whole id there], and the boxes
    #[arg(value_name = "[TICKET] BOX", required = true, add = ids(&Lane::ALL))]
    words: Vec<String>,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &TickArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let (ticket, boxes) = split(&args.words, globals, env, out)?;
    let operation = Operation {
        name: "tick",
        outcome: "ticked",
        ticket,
        timeout: args.timeout.as_deref(),
        claim: None,
        expects: None,
    };
    // How many are ticked then, and of how many.
    let progress = Cell::new((0, 0));
    operation.run(
        (globals, env, out),
        |_, act, view| {
            let before = &view.ticket.document;
            let id = &view.ticket.entry.id;
            let all = before.boxes().map_err(|TooLong| Refusal::TooLong { id: id.clone() })?;
            let found = boxes.iter().map(|word| find(id, &all, word));
            let after = before.with_ticks(found.collect::<Result<Vec<_>, Failure>>()?);
            let done = after.boxes().unwrap_or_default().iter().filter(|one| one.ticked).count();
            progress.set((done, all.len()));
            let claim = view.on_trunk.held().claim_id;
            let text = NewText { verb: "tick", before, after: &after, claim: claim.as_deref() };
            Ok(lifecycle::replace(&view.ticket, act, &text)?)
        },
        |_, receipt| {
            let (done, all) = progress.get();
            let id = safe(&receipt.ticket);
            let all = count(all, "box", "boxes");
            match receipt.outcome {
                "already" => {
                    let are = if all == "1 box" { "is" } else { "are" };
                    format!("nothing to tick in {id}: {done} of {all} {are} ticked\n")
                }
                _ => format!("{id}: {done} of {all} ticked\n"),
            }
        },
    )
}

/// The ticket and the boxes. In a workspace the first word is a box, unless it is the whole id of a ticket, or a part of the id
/// of this one and of no box; elsewhere it is the ticket.
fn split<'a>(
    words: &'a [String],
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(Option<&'a str>, &'a [String]), Failure> {
    let Some((first, rest)) = words.split_first() else { return Ok((None, words)) };
    let ctx = Context::open(globals, env, out, None)?;
    if let Some(id) = here(&ctx)?
        && !is_id(&ctx, first)
        && (rest.is_empty() || !is_part_of(&ctx, &id, first))
    {
        return Ok((None, words));
    }
    if !rest.is_empty() {
        return Ok((Some(first), rest));
    }
    Err(one_is_missing(&ctx, first, ("tick", "box")))
}

fn is_id(ctx: &Context<'_>, word: &str) -> bool {
    let Ok(view) = ctx.last_seen() else { return false };
    ["", "TICKET-"].iter().any(|prefix| {
        TicketId::parse(&format!("{prefix}{word}"))
            .is_ok_and(|id| view.snapshot.find_id(&id).is_ok())
    })
}

/// Whether a word names the ticket of this workspace, and none of its boxes.
fn is_part_of(ctx: &Context<'_>, id: &TicketId, word: &str) -> bool {
    let Ok(view) = ctx.last_seen() else { return false };
    let Ok(entry) = find_known(ctx, &view, TicketSearch { query: word, command: "tick" }) else {
        return false;
    };
    let Ok(newest) = board::read_one(ctx, &view, entry) else { return false };
    let boxes = newest.1.boxes().unwrap_or_default();
    entry.id == *id && word.parse::<usize>().is_err() && find(id, &boxes, word).is_err()
}

/// The box that a word names.
fn find<'b>(id: &TicketId, all: &'b [CheckBox], word: &str) -> Result<&'b CheckBox, Failure> {
    if let Ok(number) = word.parse::<usize>() {
        let found = number.checked_sub(1).and_then(|at| all.get(at));
        return found.ok_or_else(|| no_box(id, all, format!("{id} has no box {number}")));
    }
    let sought = one_line(word).to_lowercase();
    let text = |one: &CheckBox| one_line(&one.text).to_lowercase();
    let whole: Vec<&CheckBox> = all.iter().filter(|one| text(one) == sought).collect();
    let part = || all.iter().filter(|one| !sought.is_empty() && text(one).contains(&sought));
    let found = if whole.is_empty() { part().collect() } else { whole };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(no_box(id, all, format!("no box of {id} says `{word}`"))),
        many => Err(no_box(id, all, format!("`{word}` is in {} boxes of {id}", many.len()))),
    }
}

fn no_box(id: &TicketId, all: &[CheckBox], message: String) -> Failure {
    let line = |(at, one): (usize, &CheckBox)| {
        format!("{} [{}] {}", at + 1, if one.ticked { 'x' } else { ' ' }, one_line(&one.text))
    };
    let lines: Vec<String> = all.iter().enumerate().map(line).collect();
    let failure = Failure::new(Exit::Usage, message);
    if lines.is_empty() {
        return failure.hint(format!("it has none; look at it: tix show {id}"));
    }
    failure.fact("boxes", lines.join("\n")).hint(format!("name one by its number: tix tick {id} 1"))
}
