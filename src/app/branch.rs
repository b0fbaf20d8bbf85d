//! Pushes a ticket branch and determines afterwards where it is; sets its upstream.

use std::time::{Duration, Instant};

use super::context::Context;
use crate::error::{Exit, Failure, full_there, remote_words};
use crate::git::{GitError, PushMode, PushReport, RefOutcome, RefUpdate, Repo};
use crate::lock::Lock;
use crate::names::{RefName, RemoteName};

/// How long a push may take when the command's own time is nearly up: the claim already stands, and leaving it half done
/// is worse than being late.
const AT_LEAST: Duration = Duration::from_secs(10);

/// How long the steps after that may take: one question where the ref is now, and one last push.
const OVERTIME: Duration = Duration::from_secs(5);

/// How long other processes of this clone may keep the configuration file.
const CONFIG_PATIENCE: Duration = Duration::from_secs(20);

/// Sets the upstream of a ticket branch, one process of this clone at a time.
pub fn set_upstream(repo: &Repo, branch: &RefName, remote: &RemoteName) -> Result<(), Failure> {
    let lock = config_lock(repo);
    let result = repo.set_upstream(branch, remote);
    drop(lock);
    Ok(result?)
}

/// Forgets the upstream of a ticket branch that is gone.
pub fn forget_upstream(repo: &Repo, branch: &RefName) -> Result<(), Failure> {
    let lock = config_lock(repo);
    let result = repo.forget_upstream(branch);
    drop(lock);
    Ok(result?)
}

/// It is tried even without the lock, which only makes a collision unlikely.
fn config_lock(repo: &Repo) -> Option<Lock> {
    let path = repo.tix_dir().join("locks/config.lock");
    Lock::take(&path, Instant::now() + CONFIG_PATIENCE).ok().flatten()
}

/// How the branch got to where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchPush {
    Moved,
    /// It was already there; perhaps from an earlier push of ours whose answer was lost.
    Already,
}

/// Moves one ref of the remote. It retries temporary failures, and after an unclear answer asks the remote where the ref is.
pub fn push_branch(
    ctx: &Context<'_>,
    remote: &RemoteName,
    update: &RefUpdate,
) -> Result<BranchPush, Failure> {
    let name = update.name();
    let mut tries = u32::from(ctx.config.claim_attempts);
    let end = (ctx.started + ctx.config.timeout).max(Instant::now() + AT_LEAST);
    loop {
        let until = end.max(Instant::now() + OVERTIME);
        let report =
            ctx.repo.push(remote, std::slice::from_ref(update), &PushMode::one_by_one(until));
        let (words, reason) = match outcome(report, update)? {
            Ok(()) => return Ok(BranchPush::Moved),
            Err(why) => why,
        };
        tries = tries.saturating_sub(1);
        if Instant::now() >= end {
            tries = tries.min(1);
        }
        let until = end.max(Instant::now() + OVERTIME);
        let there = ctx.repo.ls_remote(remote, &[name.as_str()], until);
        let at = match there {
            Ok(refs) => refs.into_iter().find(|r| r.name == *name).map(|r| r.oid),
            Err(_) if tries > 0 && Instant::now() < end => continue,
            Err(error) => {
                return Err(Failure::new(Exit::Unreachable, format!("{remote} cannot be reached"))
                    .fact("git", error.words().unwrap_or(&words).trim()));
            }
        };
        if at.as_ref() == update.target() {
            return Ok(BranchPush::Already);
        }
        let as_expected = match update {
            RefUpdate::Move { from, .. } => at.as_ref() == Some(from),
            RefUpdate::Delete { at: expected, .. } => at.as_ref() == Some(expected),
            RefUpdate::Create { .. } => at.is_none(),
        };
        if !as_expected {
            let what = match update {
                RefUpdate::Create { .. } => "already exists",
                RefUpdate::Move { .. } | RefUpdate::Delete { .. } => "was moved by somebody else",
            };
            let message = format!("{} on {remote} {what}", name.short());
            return Err(Failure::new(Exit::Refused, message)
                .maybe_fact("it is at", at.map(|oid| oid.to_string())));
        }
        if (reason.is_some() || tries == 0)
            && let Some(failure) = full_there(remote.as_str(), &words)
        {
            return Err(failure);
        }
        if let Some(reason) = reason {
            let message = format!("{remote} refuses the push to {}: {reason}", name.short());
            return Err(Failure::new(Exit::RemoteRefused, message)
                .maybe_fact("remote says", remote_words(&words)));
        }
        if tries == 0 {
            let message = format!("{remote} did not answer the push to {}", name.short());
            return Err(Failure::new(Exit::Unreachable, message).fact("git", words.trim()));
        }
    }
}

type PushRefusal = (String, Option<String>);

/// Done, or the text and (if the remote gave one) the reason.
fn outcome(
    report: Result<PushReport, GitError>,
    update: &RefUpdate,
) -> Result<Result<(), PushRefusal>, Failure> {
    match report {
        Ok(report) => {
            let line = report.of(update.name()).cloned();
            Ok(match line {
                Some(line) if line.outcome == RefOutcome::Done => Ok(()),
                Some(line) if line.outcome == RefOutcome::RefusedThere => {
                    Err((report.words, Some(line.reason)))
                }
                _ => Err((report.words, None)),
            })
        }
        Err(error) if error.is_cut_off() => Ok(Err((error.to_string(), None))),
        Err(error) => Err(error.into()),
    }
}
