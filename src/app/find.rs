//! Finds the ticket that a query names, and explains where else it may be if it is not found.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::git::{GitError, ObjectKind, Repo};
use crate::lifecycle::machine::{self, Verb};
use crate::lifecycle::{Refusal, TicketEntry, trailer};
use crate::names::{Oid, RepoPath};
use crate::text::{one_line, shell_word};
use crate::ticket::{Lane, Preference, TicketId};
use crate::trunk::View;
use crate::workspace;

/// The query for one ticket.
#[derive(Clone, Copy)]
pub struct TicketSearch<'q> {
    /// What somebody typed.
    pub query: &'q str,
    /// The command that asks: tickets that it cannot act on do not make the query ambiguous.
    pub command: &'q str,
}

/// The one ticket of a trunk that the query names.
pub fn find_ticket<'v>(
    ctx: &Context<'_>,
    view: &'v View<'_>,
    search: TicketSearch<'_>,
) -> Result<&'v TicketEntry, Failure> {
    let query = search.query;
    let refusal = match find_known(ctx, view, search) {
        Ok(entry) => return Ok(entry),
        Err(refusal) => refusal,
    };
    if let Refusal::Ambiguous { matches, .. } = &refusal {
        return match renamed(ctx, view, query, matches)? {
            Some(id) => Ok(view.snapshot.find_id(&id)?),
            None => Err(ambiguous(ctx, view, refusal.clone(), matches)),
        };
    }
    Err(not_found(ctx, view, query, refusal))
}

/// The same, without the search for where else it may be.
pub fn find_known<'v>(
    ctx: &Context<'_>,
    view: &'v View<'_>,
    search: TicketSearch<'_>,
) -> Result<&'v TicketEntry, Refusal> {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut of_holder = false;
    for verb in Verb::ALL {
        if verb.commands().iter().any(|name| name.split(' ').next() == Some(search.command)) {
            lanes.extend(machine::starts_in(verb));
            of_holder |= matches!(
                verb,
                Verb::Release | Verb::Handoff | Verb::Submit | Verb::Complete | Verb::Land
            );
            // What is held can be resumed; and what is complete on its branch is still held on the trunk.
            if matches!(verb, Verb::Claim | Verb::Land | Verb::Reopen) {
                lanes.push(Lane::Active);
            }
        }
    }
    // What is over is seldom written on.
    if matches!(search.command, "note" | "edit" | "set" | "tick") {
        lanes = vec![Lane::Queue, Lane::Active];
    }
    // What is closed is seldom related to anything.
    if search.command == "dep" {
        lanes = vec![Lane::Queue, Lane::Active, Lane::Completed];
    }
    // Found once for all: a short query may fit every ticket there is.
    let known = OnceCell::new();
    let lane_of = |id: &TicketId| -> Option<Lane> {
        let entries = view.snapshot.entries.iter();
        let lanes: &HashMap<&TicketId, Lane> =
            known.get_or_init(|| entries.map(|entry| (&entry.id, entry.lane)).collect());
        lanes.get(id).copied()
    };
    let prefer = Preference {
        likely: &|id| lanes.is_empty() || lane_of(id).is_none_or(|lane| lanes.contains(&lane)),
        // A holder's verb is for what this clone holds, and a claim for what nobody does.
        likelier: &|id| match search.command {
            "activate" => lane_of(id) == Some(Lane::Queue),
            _ => of_holder && !workspace::known_claims(&ctx.repo, id).is_empty(),
        },
    };
    view.snapshot.find(search.query, &prefer)
}

/// Several tickets, each with what distinguishes them.
fn ambiguous(
    ctx: &Context<'_>,
    view: &View<'_>,
    refusal: Refusal,
    matches: &[TicketId],
) -> Failure {
    let entries: Vec<&TicketEntry> =
        view.snapshot.entries.iter().filter(|entry| matches.contains(&entry.id)).collect();
    let mut told: Vec<(&TicketId, Lane, String)> = Vec::new();
    let read = view.heads(&ctx.repo, &entries, |entry, head| {
        let title = head.ok().and_then(|head| head.title).unwrap_or_default();
        told.push((&entry.id, entry.lane, one_line(&title)));
    });
    let mut failure: Failure = refusal.into();
    if let Err(error) = read {
        tracing::debug!(%error, "titles");
        return failure;
    }
    told.sort();
    let width = told.iter().map(|(id, ..)| id.as_str().len()).max().unwrap_or(0);
    let line = |(id, lane, title): &(&TicketId, Lane, String)| {
        format!("{:width$}  {:9}  {title}", id.as_str(), lane.as_str()).trim_end().to_owned()
    };
    failure.facts.retain(|(name, _)| *name != "matches");
    let lines: Vec<String> = told.iter().map(line).collect();
    failure.fact("matches", lines.join("\n"))
}

/// The ticket of a family that had the requested name before its claim gave it a sequence, according to the last commit
/// that touched the old file.
fn renamed(
    ctx: &Context<'_>,
    view: &View<'_>,
    query: &str,
    matches: &[TicketId],
) -> Result<Option<TicketId>, Failure> {
    let Some(tip) = view.commit() else { return Ok(None) };
    let name = query.rsplit('/').next().unwrap_or(query);
    let name = name.strip_suffix(".md").unwrap_or(name);
    for prefix in ["", "TICKET-"] {
        let Ok(old) = TicketId::parse(&format!("{prefix}{name}")) else { continue };
        let path = queued_path(ctx, &old);
        let Some((_, message)) = ctx.repo.last_commit_of(tip, path.as_bytes())? else { continue };
        let mut tickets = message.lines().filter_map(|line| line.strip_prefix("Tix-Ticket: "));
        let known = |text: &str| matches.iter().find(|id| id.as_str() == text).cloned();
        if let Some(id) = tickets.find_map(known) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The commit that made a claim, and its message: among the commits that name the claim, the one that also names the
/// machine. Without a claim id, the last commit that touched the ticket.
pub fn claim_commit(
    repo: &Repo,
    trunk: &Oid,
    path: &RepoPath,
    claim_id: Option<&str>,
) -> Result<Option<(Oid, String)>, GitError> {
    let words = claim_id.map(|id| format!("{}: {id}", trailer::CLAIM));
    let host = format!("{}: ", trailer::HOST);
    let words: Vec<&str> = match &words {
        Some(claim) => vec![claim, &host],
        None => Vec::new(),
    };
    repo.last_commit_with(trunk, path.as_bytes(), &words)
}

/// The failure for a query that found nothing on the trunk. A ticket that is only in the user's own checkout is the most
/// frequent reason, and gets its own hint.
fn not_found(ctx: &Context<'_>, view: &View<'_>, query: &str, refusal: Refusal) -> Failure {
    let nothing = matches!(refusal, Refusal::NotFound { .. });
    let failure: Failure = refusal.into();
    if !nothing {
        return failure;
    }
    let trunk = ctx.trunk_label();
    if let Some(file) = only_local(ctx, query) {
        let word = shell_word(&file);
        return Failure::new(Exit::NotFound, format!("{file} is not on {trunk} yet"))
            .hint(format!("add it: tix new --from {word}"))
            .hint(format!("or commit it and push it to {}", ctx.trunk.short()));
    }
    if !view.has_tickets {
        return no_tickets(ctx);
    }
    failure.fact("looked on", trunk)
}

/// The file of the user's checkout that a query names: a path, or an id in the checkout's queue.
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

/// How many branches are searched for tickets.
const BRANCHES: usize = 100;

/// There are no tickets on the trunk. They may be on another branch that this checkout does not know about, because the
/// settings that name it are not merged yet.
pub fn no_tickets(ctx: &Context<'_>) -> Failure {
    let message = format!("{} has no directory {}/", ctx.trunk_label(), ctx.tickets_dir);
    let failure = Failure::new(Exit::NotFound, message);
    match elsewhere(ctx) {
        Some(branch) => failure.hint(format!(
            "the tickets are on {branch}; until .tix.yaml here says so: git config tix.trunk {}",
            shell_word(&branch)
        )),
        None => failure.hint("set it up: tix init"),
    }
}

/// A branch of the remote, as last fetched, that has a queue.
fn elsewhere(ctx: &Context<'_>) -> Option<String> {
    let pattern = format!("refs/remotes/{}/", ctx.remote.as_ref()?);
    let refs = ctx.repo.refs(&[&pattern]).ok()?;
    let branches = refs.iter().filter_map(|r| r.name.as_str().strip_prefix(pattern.as_str()));
    let branches: Vec<&str> = branches.filter(|name| *name != "HEAD").take(BRANCHES).collect();
    let queue = format!("{}/{}", ctx.tickets_dir, Lane::Queue);
    let trees: Vec<Vec<u8>> =
        branches.iter().map(|name| format!("{pattern}{name}:{queue}").into_bytes()).collect();
    let mut found = None;
    let seen = ctx.objects.read_many(&trees, |at, object| {
        if object.kind == ObjectKind::Tree && found.is_none() {
            found = branches.get(at).map(|name| (*name).to_owned());
        }
    });
    seen.ok().and(found)
}
