//! `tix demo`: a claim and two races before your eyes, in a sandbox.

mod acts;
mod sandbox;

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use acts::{FirstClaim, Race, RaceResult};
use sandbox::Sandbox;

use crate::app::context::Globals;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::{count, duration, shell_word};

/// Watch a race for tickets in a sandbox
///
/// Makes a bare remote and clones of it in a temporary directory, claims a ticket, lets all clones race for one ticket
/// and then claim one each, and checks on the remote with git that every ticket was claimed exactly once. It needs only
/// git and does not use your repositories or configuration. It ends with 1 if anything was not as promised.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// How many clones race
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(2..=32))]
    racers: u8,
    /// Keep the sandbox, to look around in it
    #[arg(long)]
    keep: bool,
}

/// Bold, green, yellow, dim: SGR codes.
const BOLD: &str = "1";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";

/// How many clones are shown by name. Arbitrary: what a glance takes in.
const LISTED: usize = 12;

pub fn run(args: &DemoArgs, _globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let clones = usize::from(args.racers);
    out.progress("making a sandbox …");
    let sandbox = Sandbox::make(env, clones, &acts::tickets(clones))?;
    let played = play(&sandbox, clones, out);
    let place = if args.keep { Some(sandbox.keep()) } else { None };
    let played = match &place {
        Some(place) => {
            played.map_err(|failure| failure.fact("sandbox", place.display().to_string()))
        }
        None => played.map_err(|failure| failure.hint("look at it: tix demo --keep")),
    };
    let (first, race, each) = played?;
    if out.format == Format::Json {
        out.json(&Played {
            schema: "tix/demo@1",
            clones,
            activate: first,
            race,
            each,
            sandbox: place.map(|place| place.display().to_string()),
        });
        return Ok(());
    }
    let mut end = out.paint_answer(GREEN, "As promised: every ticket was claimed exactly once.");
    end.push('\n');
    if let Some(place) = place {
        let word = shell_word(&place.display().to_string());
        writeln!(end, "The sandbox is kept: cd {word}").ok();
    }
    out.answer(&out.wrapped(&end));
    Ok(())
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Played {
    schema: &'static str,
    /// How many clones there were.
    clones: usize,
    /// One claim.
    activate: FirstClaim,
    /// All want one ticket.
    race: Race,
    /// Each wants a ticket of its own.
    each: RaceResult,
    /// Where the sandbox is kept; missing when it is gone.
    sandbox: Option<String>,
}

fn play(
    sandbox: &Sandbox,
    clones: usize,
    out: &Out,
) -> Result<(FirstClaim, Race, RaceResult), Failure> {
    let show = |text: &str| {
        out.clear_progress();
        if out.format == Format::Human {
            out.answer(&out.wrapped(text));
        }
    };
    let mut broken = Vec::new();
    show(&format!(
        "A sandbox: a bare repository as the remote, {clones} clones of it as {clones} machines, {} tickets in the queue.\n\n",
        clones + 2
    ));
    out.progress("one clone takes a ticket …");
    let first = acts::first(sandbox, &mut broken)?;
    show(&of_first(&first, sandbox, out));
    out.progress("all clones race for one ticket …");
    let race = acts::race(sandbox, clones, &mut broken)?;
    show(&of_race(&race, clones, out));
    out.progress("each clone takes its own ticket …");
    let each = acts::each(sandbox, clones, &mut broken)?;
    show(&of_each(&each, clones, out));
    out.clear_progress();
    if broken.is_empty() {
        return Ok((first, race, each));
    }
    let failure = Failure::new(Exit::No, "the demo did not go as promised");
    Err(broken.into_iter().fold(failure, |failure, what| failure.fact("broken", what)))
}

fn heading(out: &Out, text: &str) -> String {
    format!("{}\n\n", out.paint_answer(BOLD, text))
}

fn of_first(first: &FirstClaim, sandbox: &Sandbox, out: &Out) -> String {
    let FirstClaim { ticket, from, to, claim_commit, branch, .. } = first;
    let root = sandbox.root().display().to_string();
    let worktree = first.worktree.strip_prefix(&root).unwrap_or(&first.worktree);
    let mut text = heading(out, "1. One clone takes a ticket");
    let line = |text: &mut String, label: &str, value: &str| {
        // Writing to a string cannot fail.
        writeln!(text, "     {} {value}", out.paint_answer(DIM, &format!("{label:10}"))).ok();
    };
    writeln!(text, "   $ tix activate {ticket}\n\n   On the remote, in one commit:").ok();
    line(&mut text, "gone from", from);
    line(&mut text, "now in", &out.paint_answer(GREEN, to));
    line(&mut text, "commit", &format!("{claim_commit} claim: {ticket}"));
    text.push_str("   The push of that commit was the lock. Only then were made:\n");
    line(&mut text, "branch", branch);
    line(&mut text, "worktree", worktree.trim_start_matches('/'));
    writeln!(text, "   {}, {}.\n", took(first.duration_ms), pushes(first.attempts)).ok();
    text
}

fn of_race(race: &Race, clones: usize, out: &Out) -> String {
    let mut text = heading(out, &format!("2. {clones} clones race for one ticket"));
    writeln!(text, "   $ tix activate {}     in all {clones} at once\n", race.ticket).ok();
    writeln!(text, "     {:10}{}", race.winner, out.paint_answer(GREEN, "won, exit 0")).ok();
    let told = out.paint_answer(YELLOW, &format!("held by {}, exit 3", race.winner));
    if race.told.len() > LISTED {
        let others = format!("{} others", race.told.len());
        writeln!(text, "     {others:10}{told}").ok();
    } else {
        for clone in &race.told {
            writeln!(text, "     {clone:10}{told}").ok();
        }
    }
    writeln!(
        text,
        "   {} on the remote, and no branch or worktree with those who lost. {}.\n",
        count(race.claims, "claim commit", "claim commits"),
        took(race.duration_ms)
    )
    .ok();
    text
}

fn of_each(each: &RaceResult, clones: usize, out: &Out) -> String {
    let mut text = heading(out, &format!("3. {clones} clones take {clones} tickets at once"));
    text.push_str("   Each push moves the branch under all others; they fetch and try again.\n\n");
    for won in each.won.iter().take(LISTED) {
        let attempts = out.paint_answer(GREEN, &format!("won, {}", pushes(won.attempts)));
        writeln!(text, "     {:10}{}  {attempts}", won.clone, won.ticket).ok();
    }
    if let Some(more) = each.won.len().checked_sub(LISTED).filter(|more| *more > 0) {
        writeln!(text, "     and {more} more").ok();
    }
    writeln!(
        text,
        "   {} claims with {} pushes. {}.\n",
        each.won.len(),
        each.attempts,
        took(each.duration_ms)
    )
    .ok();
    text
}

fn pushes(attempts: u64) -> String {
    count(attempts, "push to main", "pushes to main")
}

fn took(duration_ms: u64) -> String {
    duration::took(Duration::from_millis(duration_ms))
}
