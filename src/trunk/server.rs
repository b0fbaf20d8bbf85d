//! Transactions on a trunk that a remote holds.

use std::time::{Duration, Instant};

use super::attempt::{
    AttemptFailure, Course, FailedAttempt, Looked, PushState, SeenRefs, Sent, fate_of,
};
use super::backoff::Backoff;
use super::beside::{moved_by, moved_ref};
use super::explain::{still_open, told, too_late, unknown};
use super::fetch::unreachable;
use super::group::{PushGroup, Turn};
use super::judge::{PushVerdict, judge};
use super::seen::note_fetched;
use super::unpublished::{built_before, publication};
use super::{
    Built, Decide, Diary, Landed, Outcome, Stop, Trunk, TrunkError, TrunkStep, View, pruned,
};
use crate::git::{Atomic, GitError, PushProgress, PushReport, RefUpdate, Repo};
use crate::lifecycle::{Change, CommitReach, Decision};
use crate::names::{Oid, RemoteName};

/// How long a push that was sent may wait for its answer after the deadline, and then again for a question about its
/// result: learning it is worth a moment more.
pub(super) const LAST_WORD: Duration = Duration::from_millis(2500);

impl Trunk<'_> {
    pub(super) fn transact_remote<T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Outcome<T, A>, Stop<E>> {
        let mut course = Course::new(self);
        loop {
            let turn = match self.turn(remote, diary, &mut course, decide)? {
                Turn::Own(turn) => turn,
                Turn::Landed(landed) => return Ok(Outcome::Landed(landed)),
            };
            let began = Instant::now();
            let (view, decided) = match self.decide(remote, diary, &mut course, decide)? {
                Looked::Decided(decided) => decided,
                Looked::Ended(outcome) => return Ok(outcome),
                Looked::Failed => {
                    drop(turn);
                    self.pause(&mut course.backoff, began.elapsed());
                    continue;
                }
            };
            let (mine, mut group, verdict, words) =
                match self.attempt(remote, diary, &view, decided, &course) {
                    // Nothing has moved. The commit is written again; the gc that removed it has passed.
                    Err(Stop::Trunk(error @ TrunkError::Pruned { .. })) => {
                        let Course { sent, patience, .. } = &mut course;
                        patience.lose_one(|| told(remote, sent, &view, error))?;
                        continue;
                    }
                    attempt => attempt?,
                };
            let failure = match verdict {
                // Between the view and the landing somebody may have claimed it and ended that claim; a look shows it.
                PushVerdict::Won | PushVerdict::TrunkOnly if mine.is_alone() || !mine.believed => {
                    if !mine.believed {
                        course.atomic = Atomic::No;
                    }
                    course.sent.push(mine);
                    continue;
                }
                PushVerdict::Won | PushVerdict::TrunkOnly => {
                    group.landed(&mine.moved);
                    self.double_groups();
                    return Ok(Outcome::Landed(self.won(remote, diary, mine, course.atomic)));
                }
                PushVerdict::NotAtomic => {
                    course.atomic = Atomic::No;
                    diary.attempts -= 1;
                    continue;
                }
                PushVerdict::Refused(no) if course.sent.is_empty() && group.len() == 0 => {
                    return Err(self.refused(remote, no, words).into());
                }
                other @ (PushVerdict::Refused(_)
                | PushVerdict::Behind
                | PushVerdict::Taken { .. }
                | PushVerdict::Busy(_)
                | PushVerdict::Strange(_)
                | PushVerdict::Unclear) => failure_of(other, mine.parent.as_ref()),
            };
            // A decision on an old view was only a try: nobody else was in the way, and it is time to look.
            let look = !view.is_fetched()
                && (matches!(failure, AttemptFailure::Behind(_)) || mine.fate == PushState::Unsent);
            let failure = mine.named(failure, &view);
            let failed = mine.failed(failure, words, seen(&view), group.len());
            if !failed.is_unclear() || mine.fate == PushState::Unsent {
                group.refused(failed.taken());
            }
            let refused = mine.is_alone() && !failed.is_unclear();
            course.last = Some(self.noted(failed, began.elapsed()));
            if mine.fate != PushState::Unsent && !refused {
                course.sent.push(mine);
            }
            drop(turn);
            if !look {
                self.pause(&mut course.backoff, began.elapsed());
            }
        }
    }

    /// Decides: the first time on the trunk as last seen, if that is enough.
    fn decide<T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        course: &mut Course<T>,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Looked<'_, T, A>, Stop<E>> {
        if std::mem::take(&mut course.untried)
            && let Some(decided) = self.decided_as_last_seen(remote, decide)?
        {
            return Ok(Looked::Decided(decided));
        }
        self.look(remote, diary, course, decide)
    }

    /// Fetches, explains the last attempt, and decides.
    fn look<T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        course: &mut Course<T>,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Looked<'_, T, A>, Stop<E>> {
        let Course { sent, patience, .. } = course;
        if let (true, true, Some(failed)) = (self.deadline.is_over(), sent.is_empty(), &course.last)
            && failed.is_unclear()
        {
            // Nothing was sent, and there is no time to ask again.
            return Err(unreachable(remote, failed.words.clone()).into());
        }
        let began = Instant::now();
        let view = match self.fetch(remote) {
            Ok(view) => view,
            // If the trunk is gone, none of our pushes is on it or can land: each expects it where it was.
            Err(error @ TrunkError::NoTrunk { .. }) => return Err(error.into()),
            Err(error) if sent.is_empty() => return Err(error.into()),
            Err(error) if self.deadline.is_over() => return Err(unknown(remote, &error).into()),
            Err(error) => {
                patience.lose_one(|| unknown(remote, &error))?;
                return Ok(Looked::Failed);
            }
        };
        let settled = self.settle_branches(remote, sent, &view);
        if settled.map_err(|error| told(remote, sent, &view, error))? {
            return self.look(remote, diary, course, decide);
        }
        let landed = self.find_landed(sent, &view);
        if let Some(at) = landed.map_err(|error| told(remote, sent, &view, error))? {
            let mut mine = sent.swap_remove(at);
            if !mine.believed {
                mine.moved = self.standing(remote, &mine);
            }
            let missing = mine.is_alone().then(|| publication(&view, &mine.commit, began));
            let publication = missing.flatten();
            let won = self.won(remote, diary, mine, course.atomic);
            return Ok(Looked::Ended(Outcome::Landed(Landed { publication, ..won })));
        }
        self.take_back_lost(remote, sent);
        if let Some(failed) = course.last.take() {
            let still = seen(&view) == failed.seen;
            course.broke = (still && failed.is_unclear()).then(|| failed.words.clone());
            // It is unknown which change of a group caused an unexplained failure.
            let unexplained = still || matches!(failed.failure, AttemptFailure::Refused(_));
            if failed.others > 0 && unexplained && !failed.is_unclear() && !failed.is_own_ref() {
                self.halve_groups(failed.others);
                return self.decided(remote, diary, course, view, decide);
            }
            let landing = still.then(|| still_open(sent, view.on_remote()));
            self.explain(remote, failed, landing, patience)?;
        }
        self.decided(remote, diary, course, view, decide)
    }

    fn decided<'v, T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &Diary,
        course: &mut Course<T>,
        view: View<'v>,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Looked<'v, T, A>, Stop<E>> {
        let sent = &course.sent;
        if self.deadline.is_over() && !sent.is_empty() {
            return Err(too_late(remote, diary, sent, view.on_remote(), course.broke.take()).into());
        }
        self.require_basis(&view).map_err(|error| told(remote, sent, &view, error))?;
        // An answer may only rest on a view that was just fetched.
        Ok(match decide(&view)? {
            Decision::Push(change, output) => Looked::Decided((view, (change, output))),
            Decision::Answer(answer) => Looked::Ended(Outcome::Answered(answer)),
        })
    }

    /// Commits the change on the view, and pushes it.
    fn attempt<T, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        view: &View<'_>,
        (mut change, output): (Change, T),
        course: &Course<T>,
    ) -> Result<(Sent<T>, PushGroup, PushVerdict, String), Stop<E>> {
        let atomic = course.atomic;
        let writer = self.run.writer()?;
        let guards = self.guard_branches(view, &mut change);
        let built = match built_before(&change, course) {
            Some(built) => Ok(built),
            None => self.build(view, &change, writer),
        };
        let built = built.and_then(|built| self.keep(writer, built.last()).map(|()| built));
        let mut built = built.map_err(|error| pruned::while_built(writer, error))?;
        let group = match atomic {
            Atomic::Yes if change.reach == CommitReach::Trunk => {
                self.gather(view, &change, &built)?
            }
            Atomic::Yes | Atomic::No => PushGroup::none(),
        };
        built.tip = group.tip().unwrap_or(&built.tip).clone();
        diary.attempts += 1;
        diary.commits.extend(built.commits());
        diary.paths.clone_from(&built.paths);
        (self.progress)(TrunkStep::Push(diary.attempts));
        let mut updates = self.all_updates(&built, change.reach, view.on_remote());
        updates.extend(group.refs().cloned());
        let first = match atomic {
            Atomic::Yes => updates.as_slice(),
            Atomic::No => updates.get(..1).unwrap_or_default(),
        };
        let rest = updates.get(first.len()..).unwrap_or_default();
        let alone = change.reach == CommitReach::Refs;
        let taken = if alone {
            // Work that must leave a ticket branch is moved to safety before that branch moves.
            rest.iter().find(|update| !self.push_one(remote, update)).map(not_made)
        } else {
            self.taken_there(remote, rest)
        };
        let (report, told) = match taken {
            Some(_) => (Ok(unsent()), false),
            None => self.push_asking(remote, first, atomic),
        };
        let fate = fate_of(&report, change.reach);
        self.note_fate(fate, diary);
        let mut moved = moved_by(&report);
        self.take_back(remote, first, &moved);
        if alone && !moved.is_empty() {
            moved.extend(rest.iter().map(|update| update.name().clone()));
        }
        let mut mine = Sent {
            commit: built.commit.clone(),
            parent: view.on_remote().cloned(),
            change,
            output,
            built,
            fate,
            moved,
            guards,
            believed: true,
        };
        if let Some(error) = killed_claim(remote, &mine.change, &report) {
            return Err(error.into());
        }
        let (verdict, words) = judged(report, first)?;
        let won = matches!(verdict, PushVerdict::Won | PushVerdict::TrunkOnly);
        mine.believed = told || !won || alone;
        if let Some(error) = pruned::while_pushed(writer, &verdict) {
            return Err(error.into());
        }
        Ok((mine, group, taken.unwrap_or(verdict), words))
    }

    /// Whether a ref is not where tix expects it, if the server cannot move it together with the trunk. Asked before
    /// the trunk moves: a trunk commit whose branch cannot follow would be taken back, and so would the next one, as
    /// long as that leftover branch exists.
    fn taken_there(&self, remote: &RemoteName, rest: &[RefUpdate]) -> Option<PushVerdict> {
        let names: Vec<_> = rest.iter().map(|update| update.name().as_str()).collect();
        if names.is_empty() {
            return None;
        }
        // No answer is no reason to stop: this look only avoids a claim that would have to be given back.
        let there = self.repo.ls_remote(remote, &names, self.deadline.at()).ok()?;
        let wrong = rest.iter().find(|update| {
            !update.expects(there.iter().find(|r| r.name == *update.name()).map(|r| &r.oid))
        })?;
        Some(PushVerdict::Taken { name: wrong.name().clone(), reason: "stale info".to_owned() })
    }

    /// Which of the pushed commits the trunk has, if any. One that made a claim counts only while the claim stands.
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

    /// The trunk moves from exactly the commit that the change was decided on, its parent. If the trunk was deleted or
    /// reset meanwhile, our push does not bring it back, as a mere fast-forward would.
    fn all_updates(
        &self,
        built: &Built,
        reach: CommitReach,
        parent: Option<&Oid>,
    ) -> Vec<RefUpdate> {
        if reach == CommitReach::Refs {
            // The ticket branch is the last of them, and here it takes the trunk's place.
            return built.refs.iter().rev().cloned().collect();
        }
        let (name, to) = (self.branch.clone(), built.tip.clone());
        let trunk = match parent {
            Some(from) => RefUpdate::Move { name, from: from.clone(), to },
            None => RefUpdate::Create { name, to },
        };
        std::iter::once(trunk).chain(built.refs.iter().cloned()).collect()
    }

    /// The change is on the trunk. Now the refs follow that the server did not move with it.
    pub(super) fn won<T>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        mine: Sent<T>,
        atomic: Atomic,
    ) -> Landed<T> {
        diary.landed = true;
        note_fetched(self.repo, remote, &self.stamp);
        if mine.is_alone() {
            self.run.note_claimed();
        } else {
            self.run.note_landed();
            self.tell_others(remote, &mine.built.tip);
        }
        // Without a report the trunk speaks for all refs if they move together.
        let all = mine.moved.is_empty() && atomic == Atomic::Yes;
        let (mut moved, mut left) = (Vec::new(), Vec::new());
        for update in self.all_updates(&mine.built, mine.change.reach, mine.parent.as_ref()) {
            let name = update.name();
            let done = all || *name == self.branch || mine.moved.contains(name);
            if mine.guards.contains(name) {
                // It has prevented claims in the queue while the trunk moved.
                self.push_back(remote, &update);
                continue;
            }
            // A branch is deleted only when its work is safe under its other name.
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
            commits: mine.built.landed_commits(&left),
            commit: mine.commit,
            parent: mine.parent,
            paths: mine.built.paths,
            follow_up: mine.built.follow_up,
            moved,
            left,
            attempts: diary.attempts,
            warnings: Vec::new(),
            publication: None,
        }
    }

    /// Counts what was sent: a connection that never reached a push is not an attempt that somebody could have won.
    fn note_fate(&self, fate: PushState, diary: &mut Diary) {
        match fate {
            PushState::Unsent => diary.attempts = diary.attempts.saturating_sub(1),
            PushState::Open | PushState::Ended => self.run.note_push(),
        }
    }

    /// Extends the deadline by an attempt that was answered. One that stalled says nothing about how long others need.
    fn noted(&self, failed: FailedAttempt, took: Duration) -> FailedAttempt {
        if !failed.is_unclear() {
            self.deadline.note_attempt(took);
        }
        failed
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(u64::from_str_radix(self.run.token(), 16).unwrap_or(1))
    }

    pub(super) fn pause(&self, backoff: &mut Backoff, attempt: Duration) {
        (self.progress)(TrunkStep::Pause);
        std::thread::sleep(backoff.pause(attempt, self.deadline.left()));
    }
}

/// Requires that pushes go where fetches come from: the fetched trunk counts, and nobody would see a claim that is
/// pushed elsewhere.
pub fn require_one_place(repo: &Repo, remote: &RemoteName) -> Result<(), TrunkError> {
    match repo.push_elsewhere(remote)? {
        None => Ok(()),
        Some(places) => Err(TrunkError::PushesElsewhere { remote: remote.clone(), places }),
    }
}

/// What others may have moved between two looks: the trunk, and the watched branch.
fn seen(view: &View<'_>) -> SeenRefs {
    SeenRefs {
        trunk: view.on_remote().cloned(),
        watched: view.watched().cloned(),
        claims: view.claims.commits.clone(),
    }
}

/// A claim whose push was ended by a signal. The next run of the same command finds it and continues; so this run,
/// where processes are being killed, does nothing more. For any other change the same command would make a second one,
/// such as a note twice, so there this run finds out what happened.
fn killed_claim(
    remote: &RemoteName,
    change: &Change,
    report: &Result<PushReport, GitError>,
) -> Option<TrunkError> {
    let signal = report.as_ref().err()?.killed_by()?.to_owned();
    let (ticket, _) = change.establishes.clone()?;
    Some(TrunkError::Killed { remote: remote.clone(), ticket, signal })
}

fn unsent() -> PushReport {
    PushReport {
        refs: Vec::new(),
        words: String::new(),
        sent: PushProgress::BeforeRefs,
        agent: None,
    }
}

fn not_made(update: &RefUpdate) -> PushVerdict {
    let reason = "could not be made".to_owned();
    PushVerdict::Taken { name: update.name().clone(), reason }
}

/// What must be explained about a push that moved nothing.
fn failure_of(verdict: PushVerdict, parent: Option<&Oid>) -> AttemptFailure {
    match verdict {
        PushVerdict::Refused(no) => AttemptFailure::Refused(no),
        PushVerdict::Behind => AttemptFailure::Behind(parent.cloned()),
        PushVerdict::Taken { name, reason } => AttemptFailure::Taken { name, reason },
        PushVerdict::Busy(no) => AttemptFailure::Busy(no),
        PushVerdict::Strange(no) => AttemptFailure::Strange(no),
        PushVerdict::Won
        | PushVerdict::TrunkOnly
        | PushVerdict::NotAtomic
        | PushVerdict::Unclear => AttemptFailure::Unclear,
    }
}

/// The verdict on a push, and the words that came with it. A push that was cut off says nothing about what the server
/// did.
fn judged<E>(
    report: Result<PushReport, GitError>,
    updates: &[RefUpdate],
) -> Result<(PushVerdict, String), Stop<E>> {
    match report {
        Ok(report) => Ok((judge(&report, updates), report.words)),
        Err(error) => Ok((PushVerdict::Unclear, cut_off(error)?)),
    }
}

/// The words of a git that was cut off; every other error stays one.
pub(super) fn cut_off(error: GitError) -> Result<String, TrunkError> {
    if error.is_cut_off() { Ok(error.to_string()) } else { Err(error.into()) }
}
