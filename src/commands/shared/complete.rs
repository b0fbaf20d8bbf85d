//! The ids that a shell completes.

use std::ffi::OsStr;

use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::context::{Context, Globals};
use crate::env::Env;
use crate::out::{Format, Narration, Out};
use crate::ticket::{Lane, TicketId};

/// Completes the ids of tickets in these lanes.
pub fn ids(lanes: &'static [Lane]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| candidates(lanes, current))
}

/// Whoever presses a key to complete a word wants no error message: where the trunk cannot be read there is nothing
/// to offer. The options before the word, such as `-C`, are not looked at.
fn candidates(lanes: &[Lane], current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let env = Env::capture();
    let out = Out::new(Format::Human, Narration::Quiet, &env);
    let globals = Globals::default();
    let Ok(ctx) = Context::open(&globals, &env, &out, None) else { return Vec::new() };
    let Ok(view) = ctx.last_seen() else { return Vec::new() };
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
