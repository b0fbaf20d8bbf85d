//! What to say when a ticket is not where it was looked for.

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::lifecycle::Refusal;
use crate::ticket::TicketId;
use crate::trunk::View;

/// The failure for a query that found nothing on the trunk. A ticket that is only in the user's own
/// checkout is the most frequent reason, and has a way out of its own.
pub fn not_found(ctx: &Context<'_>, view: &View<'_>, query: &str, refusal: Refusal) -> Failure {
    let nothing = matches!(refusal, Refusal::NotFound { .. });
    let failure: Failure = refusal.into();
    if !nothing {
        return failure;
    }
    let trunk = ctx.trunk_label();
    if let Some(file) = only_local(ctx, query) {
        let word = super::shell_word(&file);
        return Failure::new(Exit::NotFound, format!("{file} is not on {trunk} yet"))
            .hint(format!("put it there: tix new --from {word}"))
            .hint(format!("or commit it and push it to {}", ctx.trunk.short()));
    }
    if !view.has_tickets {
        return Failure::new(
            Exit::NotFound,
            format!("{trunk} has no directory {}/", ctx.tickets_dir),
        )
        .hint("set it up: tix init");
    }
    failure.fact("looked on", trunk)
}

/// The file of the user's checkout that a query means: a path, or an id in the checkout's queue.
fn only_local(ctx: &Context<'_>, query: &str) -> Option<String> {
    let direct = ctx.dir.join(query);
    if direct.is_file() && direct.extension().is_some_and(|e| e == "md") {
        return Some(query.to_owned());
    }
    let root = ctx.repo.worktree.as_ref()?;
    ["", "TICKET-"].iter().find_map(|prefix| {
        let id = TicketId::parse(&format!("{prefix}{query}")).ok()?;
        let path = queued_path(ctx, &id);
        root.join(&path).is_file().then_some(path)
    })
}

/// Where a ticket's file is in the queue, as people write it.
pub fn queued_path(ctx: &Context<'_>, id: &TicketId) -> String {
    format!("{}/queue/{id}.md", ctx.tickets_dir)
}
