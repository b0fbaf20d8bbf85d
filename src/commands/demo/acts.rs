//! The acts of the demo, and the checks that the remote is as tix promises.

use std::time::Instant;

use serde::Serialize;

use super::sandbox::{self, CloneOutcome, Sandbox, SandboxState, name};
use crate::error::Failure;

/// The ticket of the first act.
pub const HELLO: &str = "TICKET-hello-001";
/// The ticket that everybody wants.
pub const RACE: &str = "TICKET-race-001";

/// The ticket that a clone takes when each takes its own.
pub fn own(clone: usize) -> String {
    format!("TICKET-each-{clone:03}")
}

pub fn tickets(clones: usize) -> Vec<(String, String)> {
    let each = (1..=clones).map(|n| (own(n), format!("Work for clone {n}")));
    let first = [(HELLO, "Say hello"), (RACE, "The one that everybody wants")];
    first.map(|(id, title)| (id.to_owned(), title.to_owned())).into_iter().chain(each).collect()
}

/// What was not as promised.
pub type BrokenPromise = Vec<String>;

/// One clone took one ticket.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirstClaim {
    /// Which ticket.
    pub ticket: String,
    /// Where it was on the remote.
    pub from: String,
    /// Where it is now.
    pub to: String,
    /// The claim on the remote's trunk.
    pub claim_commit: String,
    /// The ticket branch on the remote.
    pub branch: String,
    /// The worktree of that branch.
    pub worktree: String,
    /// How often the trunk was pushed.
    pub attempts: u64,
    /// How long it took.
    pub duration_ms: u64,
}

/// All clones wanted one ticket.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Race {
    /// Which ticket.
    pub ticket: String,
    /// Who has it.
    pub winner: String,
    /// The clones that lost.
    pub told: Vec<String>,
    /// How many claims of it are on the remote's trunk.
    pub claims: usize,
    /// How long it took until all had their answer.
    pub duration_ms: u64,
}

/// Each clone took its own ticket.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RaceResult {
    /// Which clone got which ticket, with how many pushes.
    pub won: Vec<WonTicket>,
    /// How many pushes to the trunk that were, together.
    pub attempts: u64,
    /// How long it took until all had their answer.
    pub duration_ms: u64,
}

/// A ticket that a clone won.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WonTicket {
    /// The clone.
    pub clone: String,
    /// Its ticket.
    pub ticket: String,
    /// How often it pushed to the trunk.
    pub attempts: u64,
}

/// One clone takes a ticket.
pub fn first(sandbox: &Sandbox, broken: &mut BrokenPromise) -> Result<FirstClaim, Failure> {
    let before = sandbox.look(1)?;
    let (outcomes, duration_ms) = all_at_once(sandbox, &[(1, HELLO.to_owned())])?;
    let after = sandbox.look(1)?;
    for outcome in &outcomes {
        expect_exit(broken, outcome, 0);
    }
    expect_claim(&after, HELLO, &[1], broken);
    let answer = outcomes.first().map(|outcome| outcome.answer.clone()).unwrap_or_default();
    let text = |pointer: &str| {
        answer.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let place = |state: &SandboxState| paths_of(state, HELLO).first().copied().cloned();
    Ok(FirstClaim {
        ticket: HELLO.to_owned(),
        from: place(&before).unwrap_or_default(),
        to: place(&after).unwrap_or_default(),
        claim_commit: claims_of(&after, HELLO).first().copied().cloned().unwrap_or_default(),
        branch: text("/workspace/branch"),
        worktree: text("/workspace/path"),
        attempts: attempts_of(outcomes.first()),
        duration_ms,
    })
}

pub fn race(sandbox: &Sandbox, clones: usize, broken: &mut BrokenPromise) -> Result<Race, Failure> {
    let wishes: Vec<_> = (1..=clones).map(|clone| (clone, RACE.to_owned())).collect();
    let (outcomes, duration_ms) = all_at_once(sandbox, &wishes)?;
    let state = sandbox.look(clones)?;
    let of_exit = |exit: i32| -> Vec<usize> {
        outcomes.iter().filter(|o| o.exit == exit).map(|o| o.clone).collect()
    };
    let (winners, told) = (of_exit(0), of_exit(3));
    if winners.len() != 1 {
        broken.push(format!("{} clones won {RACE} instead of one", winners.len()));
    }
    let holder = winners.first().map(|clone| sandbox::title(*clone)).unwrap_or_default();
    for outcome in outcomes.iter().filter(|o| o.exit != 0) {
        expect_exit(broken, outcome, 3);
        let told = outcome.answer.pointer("/details/held by").and_then(|by| by.as_str());
        if !told.is_some_and(|by| by.starts_with(&format!("{holder} <"))) {
            broken.push(format!("{} was not told that {holder} has {RACE}", name(outcome.clone)));
        }
    }
    expect_claim(&state, RACE, &winners, broken);
    Ok(Race {
        ticket: RACE.to_owned(),
        winner: winners.first().map(|clone| name(*clone)).unwrap_or_default(),
        told: told.into_iter().map(name).collect(),
        claims: claims_of(&state, RACE).len(),
        duration_ms,
    })
}

/// Each clone takes a ticket of its own, all at once.
pub fn each(
    sandbox: &Sandbox,
    clones: usize,
    broken: &mut BrokenPromise,
) -> Result<RaceResult, Failure> {
    let wishes: Vec<_> = (1..=clones).map(|clone| (clone, own(clone))).collect();
    let (outcomes, duration_ms) = all_at_once(sandbox, &wishes)?;
    let state = sandbox.look(clones)?;
    let mut won = Vec::new();
    for (outcome, (clone, ticket)) in outcomes.iter().zip(wishes) {
        expect_exit(broken, outcome, 0);
        expect_claim(&state, &ticket, &[clone], broken);
        won.push(WonTicket { clone: name(clone), ticket, attempts: attempts_of(Some(outcome)) });
    }
    Ok(RaceResult { attempts: won.iter().map(|won| won.attempts).sum(), won, duration_ms })
}

/// Starts `tix activate` in every clone and waits for all, in their order.
fn all_at_once(
    sandbox: &Sandbox,
    wishes: &[(usize, String)],
) -> Result<(Vec<CloneOutcome>, u64), Failure> {
    let began = Instant::now();
    let running: Vec<_> = wishes
        .iter()
        .map(|(clone, ticket)| (*clone, sandbox.start_activate(*clone, ticket)))
        .collect();
    // All are waited for before the first failure is looked at: none may outlive the sandbox.
    let outcomes: Vec<_> =
        running.into_iter().map(|(clone, running)| Sandbox::outcome(clone, running)).collect();
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let outcomes: Result<Vec<_>, _> = outcomes.into_iter().collect();
    Ok((outcomes?, took))
}

fn attempts_of(outcome: Option<&CloneOutcome>) -> u64 {
    outcome.and_then(|o| o.answer.pointer("/claim/attempts")?.as_u64()).unwrap_or_default()
}

fn claims_of<'s>(state: &'s SandboxState, ticket: &str) -> Vec<&'s String> {
    let claim = format!("claim: {ticket}");
    state.commits.iter().filter(|(_, subject)| *subject == claim).map(|(id, _)| id).collect()
}

fn paths_of<'s>(state: &'s SandboxState, ticket: &str) -> Vec<&'s String> {
    let file = format!("/{ticket}.md");
    state.tickets.iter().filter(|path| path.ends_with(&file)).collect()
}

fn expect_exit(broken: &mut BrokenPromise, outcome: &CloneOutcome, exit: i32) {
    if outcome.exit != exit {
        let said = outcome.answer.pointer("/message").and_then(|message| message.as_str());
        broken.push(format!(
            "{} ended with {} and not {exit}: {}",
            name(outcome.clone),
            outcome.exit,
            said.unwrap_or("it won")
        ));
    }
}

/// One claim commit on the remote, the file once and in the lane of active tickets, the branch there too,
/// and a worktree of it with the holder and nobody else.
fn expect_claim(state: &SandboxState, ticket: &str, holders: &[usize], broken: &mut BrokenPromise) {
    let claims = claims_of(state, ticket).len();
    if claims != 1 {
        broken.push(format!("the remote has {claims} claims of {ticket} instead of one"));
    }
    let paths = paths_of(state, ticket);
    if !matches!(paths.as_slice(), [path] if path.starts_with("tickets/active/")) {
        broken.push(format!("{ticket} is not once in active/ on the remote: {paths:?}"));
    }
    let branch = format!("ticket/{ticket}");
    if !state.branches.contains(&branch) {
        broken.push(format!("the remote has no branch {branch}"));
    }
    for (clone, branches) in (1..).zip(&state.worktrees) {
        let has = branches.contains(&branch);
        if has != holders.contains(&clone) {
            let words = if has { "has a worktree for" } else { "has no worktree for" };
            broken.push(format!("{} {words} {ticket}", name(clone)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed() -> SandboxState {
        SandboxState {
            tickets: vec!["tickets/active/T-1/T-1.md".to_owned()],
            commits: vec![("abc".to_owned(), "claim: T-1".to_owned())],
            branches: vec!["ticket/T-1".to_owned()],
            worktrees: vec![vec!["main".to_owned()], vec!["ticket/T-1".to_owned()]],
        }
    }

    fn broken(state: &SandboxState, holders: &[usize]) -> BrokenPromise {
        let mut broken = BrokenPromise::new();
        expect_claim(state, "T-1", holders, &mut broken);
        broken
    }

    #[test]
    fn a_claim_as_promised_breaks_nothing() {
        assert_eq!(broken(&claimed(), &[2]), BrokenPromise::new());
    }

    #[test]
    fn every_broken_promise_is_told() {
        assert_eq!(broken(&claimed(), &[1]).len(), 2);
        let twice =
            SandboxState { commits: [claimed().commits, claimed().commits].concat(), ..claimed() };
        assert_eq!(broken(&twice, &[2]), ["the remote has 2 claims of T-1 instead of one"]);
        let queued = SandboxState { tickets: vec!["tickets/queue/T-1.md".to_owned()], ..claimed() };
        assert_eq!(broken(&queued, &[2]).len(), 1);
        assert_eq!(broken(&SandboxState::default(), &[]).len(), 3);
    }
}
