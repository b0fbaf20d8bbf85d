//! Finds the ticket if none is named: the one whose workspace the caller is in.

use super::context::Context;
use super::find::{TicketSearch, find_known, find_ticket};
use crate::error::{Exit, Failure};
use crate::lifecycle::{Refusal, TicketEntry};
use crate::text::shell_word;
use crate::ticket::TicketId;
use crate::trunk::{Run, View};
use crate::workspace;

/// The ticket of the branch that is checked out here. In the middle of a rebase none is; then the ticket whose workspace
/// tix made here.
pub fn here(ctx: &Context<'_>) -> Result<Option<TicketId>, Failure> {
    let Some(root) = &ctx.repo.worktree else { return Ok(None) };
    let Some(branch) = ctx.repo.current_branch(&ctx.dir)? else {
        return Ok(workspace::made_at(&ctx.repo, root));
    };
    Ok(ctx.ticket_of(&branch))
}

/// The ticket that is named, or the one of this workspace, for this command.
pub fn named_or_here(
    ctx: &Context<'_>,
    run: &Run,
    query: Option<&str>,
    command: &str,
) -> Result<TicketId, Failure> {
    match query {
        Some(query) => named(ctx, run, TicketSearch { query, command }),
        None => require_here(ctx),
    }
}

/// The same among what was last fetched.
pub fn seen_or_here<'v>(
    ctx: &Context<'_>,
    view: &'v View<'_>,
    query: Option<&str>,
    command: &str,
) -> Result<&'v TicketEntry, Failure> {
    match query {
        Some(query) => find_ticket(ctx, view, TicketSearch { query, command }),
        None => Ok(view.snapshot.find_id(&require_here(ctx)?)?),
    }
}

/// The ticket of this workspace, which must be one.
pub fn require_here(ctx: &Context<'_>) -> Result<TicketId, Failure> {
    here(ctx)?.ok_or_else(|| not_here(ctx))
}

fn not_here(ctx: &Context<'_>) -> Failure {
    Failure::new(Exit::Usage, "this is not the workspace of a ticket, so name the ticket")
        .fact("directory", ctx.dir.display().to_string())
        .hint("see what is yours: tix list --mine")
}

/// Of a command that takes a ticket and something more, one word is given outside of a workspace: names the one that is
/// missing. `more` is what the command takes besides the ticket, such as `text`.
pub fn one_is_missing(ctx: &Context<'_>, word: &str, (command, more): (&str, &str)) -> Failure {
    // What stands on standard input is no ticket.
    if word == "-" {
        return not_here(ctx);
    }
    let search = TicketSearch { query: word, command };
    // Boxes have numbers.
    let known = word.parse::<usize>().is_err()
        && ctx.last_seen().is_ok_and(|view| {
            matches!(find_known(ctx, &view, search), Ok(_) | Err(Refusal::Ambiguous { .. }))
        });
    let word = shell_word(word);
    if known {
        return Failure::new(Exit::Usage, format!("{word} is a ticket, and the {more} is missing"))
            .hint(format!("give both: tix {command} {word} <{more}>"));
    }
    let message = format!(
        "{word} names no ticket, and this is not the workspace of one: name the ticket too"
    );
    Failure::new(Exit::Usage, message)
        .hint(format!("give both: tix {command} <ticket> {word}"))
        .hint("see what is yours: tix list --mine")
}

/// The named ticket: from the trunk as last fetched if it is known there, else after a fetch.
fn named(ctx: &Context<'_>, run: &Run, search: TicketSearch<'_>) -> Result<TicketId, Failure> {
    if let Ok(view) = ctx.last_seen()
        && let Ok(entry) = find_known(ctx, &view, search)
    {
        return Ok(entry.id.clone());
    }
    let silent = |_| {};
    let trunk = ctx.engine(run, &silent);
    let view = trunk.fetch_view()?;
    find_ticket(ctx, &view, search).map(|entry| entry.id.clone())
}
