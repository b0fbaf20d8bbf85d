//! Shell completion of words that only the repository knows.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap::FromArgMatches;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::command_line;
use super::context::{Context, Globals};
use super::unknown::OnUnknown;
use crate::env::{self, Env};
use crate::lifecycle::TicketEntry;
use crate::out::{Format, Narration, Out};
use crate::ticket::{Lane, TicketId};
use crate::trunk::View;

/// Completes the ids of tickets in these lanes.
pub fn ids(lanes: &'static [Lane]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let Some(current) = current.to_str() else { return Vec::new() };
        look(|_, view| fitting_ids(view, lanes, current))
    })
}

/// Completes the labels that tickets of the queue have.
pub fn labels() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(current) = current.to_str() else { return Vec::new() };
        look(|ctx, view| fitting_labels(ctx, view, current))
    })
}

/// Completion shows no errors: if the trunk cannot be read, there is nothing to offer.
fn look(
    offer: impl FnOnce(&Context<'_>, &View<'_>) -> Vec<CompletionCandidate>,
) -> Vec<CompletionCandidate> {
    let env = Env::capture();
    let out = Out::new(Format::Human, Narration::Quiet, &env);
    let globals = Globals { on_unknown: OnUnknown::PassOver, ..options(&env) };
    let Ok(ctx) = Context::open(&globals, &env, &out, None) else { return Vec::new() };
    let Ok(view) = ctx.last_seen() else { return Vec::new() };
    offer(&ctx, &view)
}

/// The global options that are already on the line. The rest of a line that is still being written is seldom right, and
/// does not matter.
fn options(env: &Env) -> Globals {
    let line =
        command_line::description().ignore_errors(true).try_get_matches_from(env::asked_about());
    let globals = line.and_then(|line| Globals::from_arg_matches(&line));
    let mut globals = globals.unwrap_or_default();
    // The shell hands the words on as they are typed.
    let below_home = globals.dir.as_ref().and_then(|dir| dir.strip_prefix("~").ok());
    if let (Some(rest), Some(home)) = (below_home, env.home()) {
        globals.dir = Some(home.join(rest));
    }
    globals
}

fn fitting_ids(view: &View<'_>, lanes: &[Lane], current: &str) -> Vec<CompletionCandidate> {
    let fitting = |id: &TicketId| {
        let short = id.as_str().strip_prefix("TICKET-").filter(|short| short.starts_with(current));
        let whole = id.as_str().starts_with(current).then_some(id.as_str());
        whole.or(short).map(str::to_owned)
    };
    let entries = view.snapshot.entries.iter().filter(|entry| lanes.contains(&entry.lane));
    let candidate = |(text, lane): (String, Lane)| {
        CompletionCandidate::new(text).help(Some(lane.as_str().into()))
    };
    entries.filter_map(|e| Some((fitting(&e.id)?, e.lane))).map(candidate).collect()
}

fn fitting_labels(ctx: &Context<'_>, view: &View<'_>, current: &str) -> Vec<CompletionCandidate> {
    let queue = |entry: &&TicketEntry| entry.lane == Lane::Queue;
    let entries: Vec<&TicketEntry> = view.snapshot.entries.iter().filter(queue).collect();
    let mut labels: BTreeSet<String> = BTreeSet::new();
    let read = view.heads(&ctx.repo, &entries, |_, head| {
        labels.extend(head.into_iter().flat_map(|head| head.labels));
    });
    if let Err(error) = read {
        tracing::debug!(%error, "labels");
    }
    let fitting = labels.into_iter().filter(|label| label.starts_with(current));
    fitting.map(CompletionCandidate::new).collect()
}
