//! `tix path`: where the workspace of a ticket is on this machine.

use std::path::Path;

use serde::Serialize;

use crate::app::board::{self, Look, TrunkAsSeen, Workspace};
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::here::seen_or_here;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::{HistoryQuery, HistoryWalk, path_bytes};
use crate::lifecycle::{TicketEntry, trailer};
use crate::out::{Format, Out};
use crate::ticket::{Lane, TicketId};
use crate::workspace::{self, WorkspaceError};

/// Print the path of a ticket's workspace here
///
/// Prints only the path: cd "$(tix path ID)". `tix shell-init` gives your shell a `tix cd ID` that does just that, and a
/// `tix cd` that goes to the main checkout. If this machine has no workspace of the ticket, the exit code is 4 and the
/// message says who holds it and where.
#[derive(Debug, clap::Args)]
pub struct PathArgs {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Active]))]
    id: Option<String>,
    /// Print the path of the main checkout instead
    #[arg(long, conflicts_with = "id")]
    main: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathJson<'a> {
    schema: &'static str,
    /// The id of the ticket; missing with `--main`.
    ticket: Option<&'a TicketId>,
    /// The worktree.
    path: String,
}

pub fn run(args: &PathArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    if args.main {
        answer(out, None, &ctx.repo.root);
        return Ok(());
    }
    board::look(&ctx, Look::LastSeen, |seen| {
        let entry = seen_or_here(&ctx, seen.view, args.id.as_deref(), "release")?;
        let path = match board::workspace(&ctx, &entry.id)? {
            Workspace::At(path) if workspace::is_unlinked(&ctx.repo, &path) => {
                return Err(WorkspaceError::Unlinked { path }.into());
            }
            Workspace::At(path) => path,
            Workspace::Gone(path) => return Err(gone(entry, &path)),
            Workspace::None => return Err(elsewhere(&ctx, seen, entry)),
        };
        answer(out, Some(&entry.id), &path);
        Ok(())
    })
}

fn answer(out: &Out, ticket: Option<&TicketId>, path: &Path) {
    match out.format {
        Format::Json => {
            let path = path.display().to_string();
            out.json(&PathJson { schema: "tix/path@1", ticket, path });
        }
        Format::Human => out.answer_bytes(&[&path_bytes(path), b"\n".as_slice()].concat()),
    }
}

/// The directory was removed, but git still lists the worktree.
fn gone(entry: &TicketEntry, path: &Path) -> Failure {
    let id = &entry.id;
    Failure::new(Exit::NotFound, format!("the workspace of {id} is gone: {}", path.display())).hint(
        format!("its branch is still there; make the workspace again: tix activate --resume {id}"),
    )
}

/// Why there is no workspace here, and where there is one.
fn elsewhere(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, entry: &TicketEntry) -> Failure {
    let id = &entry.id;
    let failure = Failure::new(Exit::NotFound, format!("{id} has no workspace on this machine"));
    let failure = failure.fact("lane", entry.lane.as_str());
    match entry.lane {
        Lane::Queue => {
            return failure.hint(format!("nobody holds it; claim it: tix activate {id}"));
        }
        Lane::Completed | Lane::Archive => {
            return failure.hint(format!("look at it: tix show {id}"));
        }
        Lane::Active => {}
    }
    let card = board::read_one(ctx, seen.view, entry).ok().map(|(card, ..)| card);
    let Some(card) = card else { return failure.hint(format!("look at it: tix log {id}")) };
    let host = card.claim_id.as_deref().and_then(|claim| claimed_on(ctx, seen, claim));
    failure
        .maybe_fact("held by", card.holder)
        .maybe_fact("since", card.claimed_at)
        .maybe_fact("on", host)
        .maybe_fact("worktree", card.worktree)
        .hint(format!("look at it: tix show {id}"))
}

/// The machine of a claim, from its commit. If it cannot be found, the fact is left out.
fn claimed_on(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, claim: &str) -> Option<String> {
    let commits = ctx.repo.history(&HistoryQuery {
        walk: HistoryWalk::From(std::slice::from_ref(seen.view.commit()?), &[]),
        below: Some(&ctx.tickets_dir),
        keys: &[trailer::HOST],
        having: Some((trailer::CLAIM, Some(claim))),
    });
    let commits = commits.inspect_err(|error| tracing::debug!(%error, "history")).ok()?;
    commits.into_iter().find_map(|c| c.trailers.get(trailer::HOST)?.first().cloned())
}
