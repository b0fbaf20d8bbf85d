//! Fixes what can be fixed without losing anything.

use std::fmt::Write as _;

use serde::Serialize;

use crate::app::board::Look;
use crate::app::context::Context;
use crate::app::give_back::clear_local;
use crate::app::receipt::{Receipt, record};
use crate::doctor::{Finding, Fix};
use crate::error::{Exit, Failure};
use crate::lifecycle::{Decision, correct_id};
use crate::names::RefName;
use crate::out::Format;
use crate::text::safe;
use crate::ticket::TicketId;
use crate::trunk::{Diary, Run, clear_killed_runs};

/// The result of fixing a finding.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FixReport {
    /// The name of the check.
    check: &'static str,
    /// The id of its ticket; missing if it has none.
    ticket: Option<String>,
    /// What was to be done, as text.
    action: String,
    /// Whether it was done.
    done: bool,
    /// The commits that were made on the trunk, in full; empty if the fix makes none.
    commits: Vec<String>,
    /// Why not, or a remark.
    notes: Vec<String>,
}

impl FixReport {
    /// Whether this fix was not done.
    pub fn left(&self, finding: &Finding) -> bool {
        let ticket = finding.ticket.as_ref().map(TicketId::as_str);
        !self.done && self.check == finding.check.name() && self.ticket.as_deref() == ticket
    }
}

/// How receipts name a fix that makes no commit, and what came of it.
const OPERATION: &str = "doctor";
const REPAIRED: &str = "repaired";

/// Why a fix that needs a push is left out with `--offline`.
const NEEDS_REMOTE: &str =
    "this fix needs a push, and --offline allows none; without it: tix doctor --fix";

/// How `--only` names a finding.
fn named(finding: &Finding) -> String {
    let ticket = finding.ticket.as_ref().map(|id| format!(":{id}"));
    format!("{}{}", finding.check.name(), ticket.unwrap_or_default())
}

/// Shows what will be done, does it, and reports the results; `only` names the findings that count, all if it is empty. A failed fix does not stop the others.
pub fn apply(
    ctx: &Context<'_>,
    look: Look,
    findings: &[Finding],
    only: &[String],
) -> Result<Vec<FixReport>, Failure> {
    let is_meant = |finding: &&Finding| only.is_empty() || only.contains(&named(finding));
    let plan: Vec<(&Finding, &Fix)> = findings
        .iter()
        .filter(is_meant)
        .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
        .collect();
    tell(ctx, &in_words(ctx, look, &plan));
    if plan.is_empty() {
        return Ok(Vec::new());
    }
    let actor = ctx.actor()?;
    let mut all = Vec::new();
    for (finding, fix) in plan {
        let outcome = if is_out_of_reach(ctx, look, fix) {
            left(vec![NEEDS_REMOTE.to_owned()])
        } else {
            let outcome = mend(ctx, fix, &actor);
            outcome.unwrap_or_else(|failure| left(vec![failure.message]))
        };
        let fixed = FixReport {
            check: finding.check.name(),
            ticket: finding.ticket.as_ref().map(ToString::to_string),
            action: action(fix),
            done: outcome.done,
            commits: outcome.commits,
            notes: outcome.notes,
        };
        match ctx.out.format {
            Format::Human => ctx.out.answer(&ctx.out.wrapped(&fixed.in_words())),
            // What was done is a part of the report.
            Format::Json if fixed.done => {
                fixed.notes.iter().for_each(|note| ctx.out.narrate(&safe(note)));
            }
            Format::Json => fixed.notes.iter().for_each(|note| ctx.out.warn(note)),
        }
        all.push(fixed);
    }
    if ctx.out.format == Format::Human {
        ctx.out.answer("\n");
    }
    Ok(all)
}

/// For people the plan is a part of the answer, and is shown before it is carried out. An answer in JSON comes once.
fn tell(ctx: &Context<'_>, plan: &str) {
    match ctx.out.format {
        Format::Human => ctx.out.answer(&ctx.out.wrapped(plan)),
        Format::Json => ctx.out.narrate(plan.trim_end()),
    }
}

fn in_words(ctx: &Context<'_>, look: Look, plan: &[(&Finding, &Fix)]) -> String {
    if plan.is_empty() {
        return "nothing here can be fixed without somebody's decision\n\n".to_owned();
    }
    let within = plan.iter().filter(|(_, fix)| !is_out_of_reach(ctx, look, fix));
    let line = |fix: &Fix| format!("  {}\n", safe(planned(fix)));
    let lines: String = within.map(|(_, fix)| line(fix)).collect();
    if lines.is_empty() { lines } else { format!("what will be done:\n{lines}") }
}

/// Whether it needs the remote, which `--offline` rules out.
fn is_out_of_reach(ctx: &Context<'_>, look: Look, fix: &Fix) -> bool {
    match fix {
        Fix::CorrectId(_) => look == Look::LastSeen && ctx.remote.is_some(),
        Fix::ClearWorkspace(_) | Fix::ClearLeftovers => false,
    }
}

fn mend(ctx: &Context<'_>, fix: &Fix, actor: &str) -> Result<FixOutcome, Failure> {
    match fix {
        Fix::CorrectId(id) => set_id(ctx, id, actor),
        Fix::ClearWorkspace(id) => clear_workspace(ctx, id, actor),
        Fix::ClearLeftovers => clear_leftovers(ctx, actor),
    }
}

impl FixReport {
    fn in_words(&self) -> String {
        let mut text = format!("{} {}", if self.done { "done:" } else { "not done:" }, self.action);
        for commit in &self.commits {
            // Writing to a string cannot fail.
            write!(text, ", commit {commit}").ok();
        }
        text.push('\n');
        for note in &self.notes {
            for line in note.lines() {
                writeln!(text, "  {}", safe(line)).ok();
            }
        }
        text
    }
}

struct FixOutcome {
    done: bool,
    commits: Vec<String>,
    notes: Vec<String>,
}

/// Done if there is no remark: everything that had to stay gets one.
fn left(notes: Vec<String>) -> FixOutcome {
    FixOutcome { done: notes.is_empty(), commits: Vec::new(), notes }
}

fn action(fix: &Fix) -> String {
    match fix {
        Fix::CorrectId(id) => format!("write `ticket_id: {id}` into {id}, and push it"),
        Fix::ClearWorkspace(id) => format!("remove the workspace of {id}"),
        Fix::ClearLeftovers => "remove what killed runs left".to_owned(),
    }
}

/// The action as a plan says it: with what it depends on.
pub fn planned(fix: &Fix) -> String {
    let action = action(fix);
    match fix {
        Fix::ClearWorkspace(_) => {
            format!("{action}, if it is clean and its commits are kept elsewhere")
        }
        Fix::CorrectId(_) | Fix::ClearLeftovers => action,
    }
}

fn set_id(ctx: &Context<'_>, id: &TicketId, actor: &str) -> Result<FixOutcome, Failure> {
    ctx.config.require_understood()?;
    let mut diary = Diary { phase: "correct", ..Diary::default() };
    let result = commit_id(ctx, id, actor, &mut diary);
    let receipt = record(ctx, "correct", id.as_str(), &diary, result)?;
    Ok(FixOutcome { done: true, commits: receipt.commits, notes: receipt.warnings })
}

fn commit_id(
    ctx: &Context<'_>,
    id: &TicketId,
    actor: &str,
    diary: &mut Diary,
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let silent = |_| {};
    let outcome = ctx.engine(&run, &silent).transact(diary, |view| {
        let ticket = view.require::<Failure>(view.snapshot.find_id(id)?)?;
        Ok(Decision::from(correct_id(&ticket, actor)?))
    })?;
    let mut receipt = Receipt::new(ctx, "correct", id.as_str(), actor);
    receipt.outcome = "corrected";
    receipt.add(&outcome.landed());
    Ok(receipt)
}

/// Where the ticket branch is on the remote, as last fetched.
fn published(ctx: &Context<'_>, id: &TicketId) -> Result<Option<crate::names::Oid>, Failure> {
    let Some(branch) = ctx.ticket_branch(id).ok() else { return Ok(None) };
    let name = ctx.remote.as_ref().and_then(|remote| RefName::tracking(remote, branch.short()));
    Ok(match name {
        Some(name) => ctx.objects.resolve(name.as_str())?,
        None => None,
    })
}

fn clear_leftovers(ctx: &Context<'_>, actor: &str) -> Result<FixOutcome, Failure> {
    let diary = Diary { phase: "clear", ..Diary::default() };
    let mut receipt = Receipt::new(ctx, OPERATION, "", actor);
    receipt.outcome = REPAIRED;
    let result = clear_killed_runs(&ctx.repo).map(|()| receipt).map_err(Failure::from);
    let receipt = record(ctx, OPERATION, "", &diary, result)?;
    Ok(FixOutcome { done: true, commits: Vec::new(), notes: receipt.warnings })
}

/// Removes a workspace, or keeps it and says why. The log has a line of either.
fn clear_workspace(ctx: &Context<'_>, id: &TicketId, actor: &str) -> Result<FixOutcome, Failure> {
    let diary = Diary { phase: "clear", ticket: Some(id.clone()), ..Diary::default() };
    let mut receipt = Receipt::new(ctx, OPERATION, id.as_str(), actor);
    receipt.outcome = REPAIRED;
    let (mut notes, mut went) = (Vec::new(), Vec::new());
    let cleared = published(ctx, id).and_then(|at| clear_local(ctx, id, at.as_ref()));
    let result = cleared.and_then(|cleared| {
        notes.clone_from(&cleared.warnings);
        went = cleared.lines(ctx);
        if let Some(why) = cleared.warnings.first() {
            return Err(kept(why));
        }
        cleared.add_to(&mut receipt);
        Ok(receipt)
    });
    match record(ctx, OPERATION, id.as_str(), &diary, result) {
        Ok(_) => Ok(FixOutcome { done: true, commits: Vec::new(), notes: went }),
        // What went before that is told too.
        Err(_) if !notes.is_empty() => Ok(left(went.into_iter().chain(notes).collect())),
        Err(failure) => Err(failure),
    }
}

/// The failure for a workspace that stays: the first line says why, the others are the ways out.
fn kept(why: &str) -> Failure {
    let (message, hints) = why.split_once('\n').unwrap_or((why, ""));
    hints.lines().fold(Failure::new(Exit::Refused, message), Failure::hint)
}
