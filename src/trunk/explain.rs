//! Explains a failed attempt by what the remote shows since.

use std::time::Instant;

use super::attempt::{AttemptFailure, FailedAttempt, PushState, Sent};
use super::judge::{RefusedRef, speaks_of_permission};
use super::patience::Patience;
use super::server::LAST_WORD;
use super::{Diary, MayLand, Stop, Trunk, TrunkError, View};
use crate::git::RefUpdate;
use crate::names::{Oid, RemoteName};

/// How often a server may say "busy" although the trunk has not moved. Under contention the winner's update is often
/// not visible yet when the losers look; a lock left by a crashed server would keep us for ever.
const BUSY_LIMIT: u32 = 12;

impl Trunk<'_> {
    /// Compares the failure of an attempt with the present trunk; an error ends the run.
    ///
    /// `landing` is `None` when the trunk has moved since, else whether a push is still under way.
    pub(super) fn explain<E>(
        &self,
        remote: &RemoteName,
        failed: FailedAttempt,
        landing: Option<MayLand>,
        patience: &mut Patience,
    ) -> Result<(), Stop<E>> {
        let FailedAttempt { failure, words, refs, .. } = failed;
        let Some(landing) = landing else {
            // Somebody else made progress, which explains every failure except a rule of the server.
            return match failure {
                AttemptFailure::Refused(no) => Err(self.refused(remote, no, words).into()),
                AttemptFailure::Behind(_)
                | AttemptFailure::Taken { .. }
                | AttemptFailure::Busy(_)
                | AttemptFailure::Strange(_)
                | AttemptFailure::Unclear => Ok(()),
            };
        };
        match failure {
            AttemptFailure::Refused(no) => Err(self.refused(remote, no, words).into()),
            AttemptFailure::Taken { name, reason } => {
                let (remote, branch) = (remote.clone(), name);
                let made = |update: &RefUpdate| matches!(update, RefUpdate::Create { name, .. } if *name == branch);
                Err(if refs.iter().any(made) {
                    TrunkError::RefExists { remote, branch }.into()
                } else {
                    TrunkError::RefTaken { remote, branch, reason }.into()
                })
            }
            AttemptFailure::Busy(_) | AttemptFailure::Strange(_)
                if let Some(error) = patience.first_look(|| self.in_the_way(remote, &refs)) =>
            {
                Err(error.into())
            }
            AttemptFailure::Busy(no) => {
                patience.busy += 1;
                if patience.busy < BUSY_LIMIT {
                    return Ok(());
                }
                Err(self.refused(remote, no, words).into())
            }
            AttemptFailure::Strange(no) => patience.lose_one(|| self.refused(remote, no, words)),
            AttemptFailure::Unclear if speaks_of_permission(&words) => {
                Err(TrunkError::Denied { remote: remote.clone(), words }.into())
            }
            AttemptFailure::Behind(at) if landing == MayLand::No => {
                patience.lose_one(|| self.two_faced(remote, at.as_ref()))
            }
            AttemptFailure::Behind(_) | AttemptFailure::Unclear => patience.lose_one(|| {
                let remote = remote.clone();
                // The server answers every fetch, and ends every push before it begins.
                if landing == MayLand::No && words.contains("correct access rights") {
                    return TrunkError::Denied { remote, words };
                }
                TrunkError::Unreachable { remote, words, landing }
            }),
        }
    }

    /// The trunk does not move, but every push finds it elsewhere. If the server hides it, pushes find none: our lease
    /// fails before the server is asked, so a second push shows it, as a dry run.
    fn two_faced(&self, remote: &RemoteName, at: Option<&Oid>) -> TrunkError {
        let until = self.deadline.at().max(Instant::now() + LAST_WORD);
        let hidden = at.is_some_and(|at| {
            self.repo.would_make(remote, &self.branch, at, until).is_ok_and(|made| made)
        });
        let (remote, branch) = (remote.clone(), self.branch.clone());
        if hidden {
            return TrunkError::Hidden { remote, branch };
        }
        TrunkError::TwoFaced { remote, branch }
    }

    pub(super) fn refused(&self, remote: &RemoteName, no: RefusedRef, words: String) -> TrunkError {
        TrunkError::RemoteRefused {
            remote: remote.clone(),
            branch: no.name,
            trunk: self.branch.clone(),
            reason: no.reason,
            words,
        }
    }
}

/// An error that ends the run, unless one of its pushes is still under way.
pub(super) fn told<T>(
    remote: &RemoteName,
    sent: &[Sent<T>],
    view: &View<'_>,
    error: TrunkError,
) -> TrunkError {
    match still_open(sent, view.on_remote()) {
        MayLand::No => error,
        MayLand::Unknown => unknown(remote, &error),
    }
}

pub(super) fn unknown(remote: &RemoteName, error: &TrunkError) -> TrunkError {
    let words = match error {
        TrunkError::Unreachable { words, .. } | TrunkError::Denied { words, .. } => words.clone(),
        TrunkError::Git(_)
        | TrunkError::RemoteRefused { .. }
        | TrunkError::RefTaken { .. }
        | TrunkError::RefExists { .. }
        | TrunkError::InTheWay { .. }
        | TrunkError::PushesElsewhere { .. }
        | TrunkError::TwoFaced { .. }
        | TrunkError::Hidden { .. }
        | TrunkError::NoTrunk { .. }
        | TrunkError::NoBase { .. }
        | TrunkError::Outdated { .. }
        | TrunkError::NoLocalTrunk { .. }
        | TrunkError::LocalRefTaken { .. }
        | TrunkError::Conflicts { .. }
        | TrunkError::Pruned { .. }
        | TrunkError::Killed { .. }
        | TrunkError::Contended { .. }
        | TrunkError::Lock { .. } => error.to_string(),
    };
    TrunkError::Unreachable { remote: remote.clone(), words, landing: MayLand::Unknown }
}

/// Whether a push that tix stopped waiting for may still land: it can only while the trunk has not moved.
pub(super) fn still_open<T>(sent: &[Sent<T>], tip: Option<&Oid>) -> MayLand {
    // A claim that is only on its branch is open until a look has confirmed it.
    let open =
        |s: &Sent<T>| s.is_alone() || (s.fate == PushState::Open && s.parent.as_ref() == tip);
    if sent.iter().any(open) { MayLand::Unknown } else { MayLand::No }
}

/// The time is up. A push that is still under way can land only while the trunk has not moved. `broke` is what git said
/// of the last push, if its connection broke and nobody else pushed first.
pub(super) fn too_late<T>(
    remote: &RemoteName,
    diary: &Diary,
    sent: &[Sent<T>],
    tip: Option<&Oid>,
    broke: Option<String>,
) -> TrunkError {
    let remote = remote.clone();
    let landing = still_open(sent, tip);
    match (landing, broke) {
        (MayLand::Unknown, _) => {
            let words = "the remote took the push and gave no answer".to_owned();
            TrunkError::Unreachable { remote, words, landing }
        }
        (MayLand::No, Some(words)) => TrunkError::Unreachable { remote, words, landing },
        (MayLand::No, None) => TrunkError::Contended { attempts: diary.attempts },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_broke_until_the_time_was_up_is_not_taken_for_other_people() {
        let remote = RemoteName::parse("origin").unwrap();
        let told = |broke| too_late::<()>(&remote, &Diary::default(), &[], None, broke);
        let broke = told(Some("fatal: the remote end hung up".to_owned()));
        assert!(matches!(broke, TrunkError::Unreachable { landing: MayLand::No, .. }), "{broke}");
        assert!(matches!(told(None), TrunkError::Contended { .. }));
    }
}
