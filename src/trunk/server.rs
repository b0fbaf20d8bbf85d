//! Transactions on a trunk that a remote holds.

use std::time::{Duration, Instant};

use super::attempt::{AttemptFailure, FailedAttempt, PushState, Sent};
use super::backoff::Backoff;
use super::beside::{moved_by, moved_ref};
use super::judge::{PushVerdict, RefusedRef, judge, speaks_of_permission};
use super::patience::Patience;
use super::{
    Built, Decide, Diary, Landed, MayLand, Outcome, Stop, Trunk, TrunkError, TrunkStep, View,
    pruned, queue,
};
use crate::git::{Atomic, GitError, PushReport, RefUpdate, Repo};
use crate::lifecycle::{Change, Decision};
use crate::names::{Oid, RemoteName};

/// How long a question to the remote may take when the deadline has passed but a push was sent whose
/// fate is not known: to learn it is worth a moment more.
pub(super) const LAST_WORD: Duration = Duration::from_secs(5);

/// How often a server may say "busy" although the trunk has not moved. Under contention the winner's
/// update is often not visible yet when the losers look; a lock that a crashed server left behind
/// would keep us for ever.
const BUSY_LIMIT: u32 = 12;

impl Trunk<'_> {
    pub(super) fn transact_remote<T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Outcome<T, A>, Stop<E>> {
        let (mut sent, mut patience) = (Vec::new(), Patience::new(self.tries));
        let mut backoff = self.backoff();
        let (mut atomic, mut broke) = (Atomic::Yes, None);
        let mut last: Option<FailedAttempt> = None;
        loop {
            let turn = self.wait_for_turn(remote);
            let began = Instant::now();
            let view = match self.fetch(remote) {
                Ok(view) => view,
                // A trunk that is gone holds no push of ours either, and none can land: each expects it where it was.
                Err(error @ TrunkError::NoTrunk { .. }) => return Err(error.into()),
                Err(error) if sent.is_empty() => return Err(error.into()),
                Err(error) => {
                    drop(turn);
                    patience.lose_one(|| unknown(remote, &error))?;
                    self.pause(&mut backoff, began.elapsed());
                    continue;
                }
            };
            if let Some(at) = self.find_landed(&sent, &view)? {
                return Ok(Outcome::Landed(self.won(remote, diary, sent.swap_remove(at), atomic)));
            }
            if let Some(failed) = last.take() {
                let still = seen(&view) == failed.seen;
                broke = (still && failed.is_unclear()).then(|| failed.words.clone());
                let landing = still.then(|| still_open(&sent, view.commit()));
                self.explain(remote, failed, landing, &mut patience)?;
            }
            if self.deadline.is_over() && !sent.is_empty() {
                return Err(too_late(remote, diary, &sent, view.commit(), broke).into());
            }
            let told = |error| match still_open(&sent, view.commit()) {
                MayLand::No => error,
                MayLand::Unknown => unknown(remote, &error),
            };
            self.require_basis(&view).map_err(told)?;
            // Only a view that was fetched a moment ago is decided on, so that an answer can be given at once.
            let decided = match decide(&view)? {
                Decision::Push(change, output) => (change, output),
                Decision::Answer(answer) => return Ok(Outcome::Answered(answer)),
            };
            let (mine, verdict, words) = match self.attempt(remote, diary, &view, decided, atomic) {
                // Nothing has moved. It is written anew, and the same gc does not come by twice.
                Err(Stop::Trunk(error @ TrunkError::Pruned { .. })) => {
                    patience.lose_one(|| told(error))?;
                    continue;
                }
                attempt => attempt?,
            };
            let failure = match verdict {
                PushVerdict::Won | PushVerdict::TrunkOnly => {
                    return Ok(Outcome::Landed(self.won(remote, diary, mine, atomic)));
                }
                PushVerdict::NotAtomic => {
                    atomic = Atomic::No;
                    diary.attempts -= 1;
                    continue;
                }
                PushVerdict::Refused(no) if sent.is_empty() => {
                    return Err(self.refused(remote, no, words).into());
                }
                PushVerdict::Refused(no) => AttemptFailure::Refused(no),
                PushVerdict::Behind => AttemptFailure::Behind(mine.parent.clone()),
                PushVerdict::Taken { name, reason } => AttemptFailure::Taken { name, reason },
                PushVerdict::Busy(no) => AttemptFailure::Busy(no),
                PushVerdict::Strange(no) => AttemptFailure::Strange(no),
                PushVerdict::Unclear => AttemptFailure::Unclear,
            };
            last = Some(self.noted(mine.failed(failure, words, seen(&view)), began.elapsed()));
            sent.push(mine);
            drop(turn);
            self.pause(&mut backoff, began.elapsed());
        }
    }

    /// Commits the change on what the view shows, and pushes it.
    fn attempt<T, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        view: &View<'_>,
        (change, output): (Change, T),
        atomic: Atomic,
    ) -> Result<(Sent<T>, PushVerdict, String), Stop<E>> {
        let writer = self.run.writer()?;
        let built = self
            .build(view, &change, writer)
            .and_then(|built| self.keep(writer, &built.commit).map(|()| built));
        let built = built.map_err(|error| pruned::while_built(writer, error))?;
        diary.attempts += 1;
        diary.commits.push(built.commit.clone());
        diary.paths.clone_from(&built.paths);
        (self.progress)(TrunkStep::Push(diary.attempts));
        let updates = self.all_updates(&built, view.commit());
        let first = match atomic {
            Atomic::Yes => updates.as_slice(),
            Atomic::No => updates.get(..1).unwrap_or_default(),
        };
        let rest = updates.get(first.len()..).unwrap_or_default();
        let taken = self.taken_there(remote, rest);
        // A push that is begun gets time to be answered: one that is cut off at once says nothing.
        let until = self.deadline.at().max(Instant::now() + LAST_WORD);
        let report = if taken.is_some() {
            Ok(PushReport { refs: Vec::new(), words: String::new() })
        } else {
            self.repo.push(remote, first, atomic, until)
        };
        self.run.note_push();
        let open = report.as_ref().is_err_and(GitError::is_cut_off);
        let moved = moved_by(&report);
        self.take_back(remote, first, &moved);
        let mine = Sent {
            commit: built.commit.clone(),
            parent: view.commit().cloned(),
            change,
            output,
            built,
            fate: if open { PushState::Open } else { PushState::Ended },
            moved,
        };
        if let Some(error) = killed_claim(remote, &mine.change, &report) {
            return Err(error.into());
        }
        let (verdict, words) = judged(report, first)?;
        if let Some(error) = pruned::while_pushed(writer, &verdict) {
            return Err(error.into());
        }
        Ok((mine, taken.unwrap_or(verdict), words))
    }

    /// Whether a ref that can only follow the trunk, because the server does not move them together, is not
    /// where it must be. Asked before the trunk moves: a trunk commit whose branch cannot follow would be
    /// taken back, and the next one too, for as long as a branch stands there that somebody left behind.
    fn taken_there(&self, remote: &RemoteName, rest: &[RefUpdate]) -> Option<PushVerdict> {
        let names: Vec<_> = rest.iter().map(|update| update.name().as_str()).collect();
        if names.is_empty() {
            return None;
        }
        // No answer is no reason to stop: this look only saves a claim that would have to be given back.
        let there = self.repo.ls_remote(remote, &names, self.deadline.at()).ok()?;
        let wrong = rest.iter().find(|update| {
            let at = there.iter().find(|r| r.name == *update.name()).map(|r| &r.oid);
            match update {
                RefUpdate::Create { .. } => at.is_some(),
                RefUpdate::Move { from, .. } => at != Some(from),
                RefUpdate::Delete { at: expected, .. } => at != Some(expected),
            }
        })?;
        Some(PushVerdict::Taken { name: wrong.name().clone(), reason: "stale info".to_owned() })
    }

    /// Which of the pushed commits the trunk holds, if any. One that made a claim counts only while the
    /// claim stands.
    fn find_landed<T>(
        &self,
        sent: &[Sent<T>],
        view: &View<'_>,
    ) -> Result<Option<usize>, TrunkError> {
        let (Some(tip), false) = (view.commit(), sent.is_empty()) else { return Ok(None) };
        let commits: Vec<_> = sent.iter().map(|mine| &mine.commit).collect();
        let missing = self.repo.not_reachable(&commits, tip)?;
        for (at, mine) in sent.iter().enumerate() {
            if !missing.contains(&mine.commit) && view.stands(mine.change.establishes.as_ref())? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Holds the failure of an attempt against what the trunk shows now; an error ends the run.
    ///
    /// `landing` is `None` when the trunk has moved since, else whether a push is still on its way.
    fn explain<E>(
        &self,
        remote: &RemoteName,
        failed: FailedAttempt,
        landing: Option<MayLand>,
        patience: &mut Patience,
    ) -> Result<(), Stop<E>> {
        let FailedAttempt { failure, words, refs, .. } = failed;
        let Some(landing) = landing else {
            // Somebody else made progress, which explains everything but a rule of the server.
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
                let taken = TrunkError::RefTaken { remote: remote.clone(), branch: name, reason };
                Err(taken.into())
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
                // It answers every fetch, and ends every push before it begins.
                if landing == MayLand::No && words.contains("correct access rights") {
                    return TrunkError::Denied { remote, words };
                }
                TrunkError::Unreachable { remote, words, landing }
            }),
        }
    }

    /// The trunk stays where it is, and every push finds it elsewhere. Where the server hides it, pushes find none: our lease
    /// fails before the server is asked, so it is another push that shows it, one that is only tried.
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

    /// The trunk moves from exactly the commit that the change was decided on, its parent: a trunk that
    /// was deleted or set back meanwhile is not brought back by our push, as a mere fast-forward would do.
    fn all_updates(&self, built: &Built, parent: Option<&Oid>) -> Vec<RefUpdate> {
        let (name, to) = (self.branch.clone(), built.commit.clone());
        let trunk = match parent {
            Some(from) => RefUpdate::Move { name, from: from.clone(), to },
            None => RefUpdate::Create { name, to },
        };
        std::iter::once(trunk).chain(built.refs.iter().cloned()).collect()
    }

    /// The change is on the trunk. What the server did not move together with it follows now.
    fn won<T>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        mine: Sent<T>,
        atomic: Atomic,
    ) -> Landed<T> {
        self.run.note_landed();
        // Without a report the trunk speaks for all refs, if they move together.
        let all = mine.moved.is_empty() && atomic == Atomic::Yes;
        let (mut moved, mut left) = (Vec::new(), Vec::new());
        for update in self.all_updates(&mine.built, mine.parent.as_ref()) {
            let name = update.name();
            let done = all || *name == self.branch || mine.moved.contains(name);
            // A branch is deleted only when what it held is safe under its other name.
            let there = if left.is_empty() {
                done || self.push_one(remote, &update)
            } else {
                done && !self.push_back(remote, &update)
            };
            if there {
                moved.push(moved_ref(&update));
            } else {
                left.push(name.clone());
            }
        }
        diary.paths.clone_from(&mine.built.paths);
        Landed {
            output: mine.output,
            commit: mine.commit,
            parent: mine.parent,
            paths: mine.built.paths,
            moved,
            left,
            attempts: diary.attempts,
            warnings: Vec::new(),
        }
    }

    /// Grows the deadline with an attempt that was answered. One that stalled says nothing of how long others need.
    fn noted(&self, failed: FailedAttempt, took: Duration) -> FailedAttempt {
        if !failed.is_unclear() {
            self.deadline.note_attempt(took);
        }
        failed
    }

    /// Waits for other processes of this machine, and has ready what the transaction needs.
    fn wait_for_turn(&self, remote: &RemoteName) -> Option<crate::lock::Lock> {
        (self.progress)(TrunkStep::Queue);
        let turn = queue::enter(&self.runtime_dir, self.url(remote), self.deadline.at());
        if let Ok(writer) = self.run.writer() {
            writer.warm_up();
        }
        turn
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(u64::from_str_radix(self.run.token(), 16).unwrap_or(1))
    }

    pub(super) fn pause(&self, backoff: &mut Backoff, attempt: Duration) {
        (self.progress)(TrunkStep::Pause);
        std::thread::sleep(backoff.pause(attempt, self.deadline.left()));
    }

    /// The URL that pushes go to, as far as the configuration says; the name stands for itself otherwise.
    fn url<'a>(&'a self, remote: &'a RemoteName) -> &'a str {
        let config = &self.repo.config;
        config.last(&format!("remote.{remote}.url")).unwrap_or(remote.as_str())
    }
}

/// The trunk is what is fetched. A push that goes elsewhere is a claim that nobody sees.
pub fn require_one_place(repo: &Repo, remote: &RemoteName) -> Result<(), TrunkError> {
    match repo.push_elsewhere(remote)? {
        None => Ok(()),
        Some(places) => Err(TrunkError::PushesElsewhere { remote: remote.clone(), places }),
    }
}

/// What others can have moved between two looks: the trunk, and the branch that is watched.
fn seen(view: &View<'_>) -> [Option<Oid>; 2] {
    [view.commit().cloned(), view.watched().cloned()]
}

/// A claim whose push was ended by a signal. The next run of the same command finds it and goes on with it, so this one, in a
/// place where processes are being killed, does nothing more. Of every other change the same command would make a second
/// one, a note twice for instance, so there this run finds out what became of it.
fn killed_claim(
    remote: &RemoteName,
    change: &Change,
    report: &Result<PushReport, GitError>,
) -> Option<TrunkError> {
    let signal = report.as_ref().err()?.killed_by()?.to_owned();
    let (ticket, _) = change.establishes.clone()?;
    Some(TrunkError::Killed { remote: remote.clone(), ticket, signal })
}

/// The verdict on a push and the words that came with it. A push that was cut off says
/// nothing of what the server did.
fn judged<E>(
    report: Result<PushReport, GitError>,
    updates: &[RefUpdate],
) -> Result<(PushVerdict, String), Stop<E>> {
    match report {
        Ok(report) => Ok((judge(&report, updates), report.words)),
        Err(error) => Ok((PushVerdict::Unclear, cut_off(error)?)),
    }
}

/// A git that was cut off, as words; every other error stays one.
pub(super) fn cut_off(error: GitError) -> Result<String, TrunkError> {
    if error.is_cut_off() { Ok(error.to_string()) } else { Err(error.into()) }
}

fn unknown(remote: &RemoteName, error: &TrunkError) -> TrunkError {
    let words = match error {
        TrunkError::Unreachable { words, .. } | TrunkError::Denied { words, .. } => words.clone(),
        TrunkError::Git(_)
        | TrunkError::RemoteRefused { .. }
        | TrunkError::RefTaken { .. }
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

/// Whether a push that tix stopped waiting for may still land: it can only where the trunk is as it was.
fn still_open<T>(sent: &[Sent<T>], tip: Option<&Oid>) -> MayLand {
    let open = |s: &Sent<T>| s.fate == PushState::Open && s.parent.as_ref() == tip;
    if sent.iter().any(open) { MayLand::Unknown } else { MayLand::No }
}

/// The time is up. A push that is still on its way can land only while the trunk is where it was. `broke` is what git said of
/// the last push, where its connection broke and nobody else's came first.
fn too_late<T>(
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
