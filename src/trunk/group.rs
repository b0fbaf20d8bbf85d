//! Puts the claims of one clone's processes into one push, as databases do with their commits (group commit).
//!
//! Only one process of a machine works on a remote at a time. A process that waits for its turn leaves an ask; the one
//! that has the turn takes the asks of its own clone along, each as a separate commit, in one atomic push. So
//! thirty-two agents behind a slow network wait for two pushes, not for thirty-two.
//!
//! Nobody relies on a push only because it was asked for. An ask is a file that is renamed: `.ask` until somebody takes
//! it, `.taken` until its commit is about to be sent, `.sent` from then on. Whoever renames it first owns it, so a
//! waiter can withdraw until the moment its commit leaves. A sent ask ends in one of two ways. Either the pusher's
//! report names it; then that is as good as the waiter's own report. Or there is no report, because the pusher was
//! killed or does not know; then it is like a push of the waiter whose answer was lost, and [`Trunk::transact`] finds
//! out as it does for those.
//!
//! An unexplained failure may be the fault of one ask. The clone's next group is then half as large, until each ask is
//! alone and gets its own answer; each group that lands lets the next one be twice as large.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::ask::{AskAnswer, AskEnd, AskedPush, OpenAsk, clear, note, rename, take, tell};
use super::attempt::{Course, FailedAttempt, PushState, Sent};
use super::{Built, Decide, Diary, Landed, Stop, Trunk, TrunkError, View};
use crate::file;
use crate::git::{Atomic, CommitAuthors, ObjectWriter, RefUpdate};
use crate::lifecycle::{Change, FileEdit};
use crate::lock::Lock;
use crate::names::{Oid, RefName, RemoteName, RepoPath};

/// How many asks go into one push besides the pusher's own change. A push of a hundred refs takes no longer than one.
const LARGEST: usize = 100;

/// The file that holds the limit, while it is lower.
const LIMIT: &str = "limit";

/// What an operation provides so that it can be pushed as one of several.
pub trait Grouped {
    /// The last decision of this run, for another process to decide again; `None` when nobody else can push it.
    fn ask(&self) -> Option<String>;

    /// What another process's ask means on this view; `None` when that process must do it itself.
    fn change(&self, view: &View<'_>, ask: &str) -> Option<AskedChange>;
}

/// A change that another process asked for.
pub struct AskedChange {
    pub change: Change,
    pub authors: CommitAuthors,
}

/// The asks that go along in a push; until there is an answer, their result is unknown.
pub(super) struct PushGroup {
    dir: PathBuf,
    members: Vec<GroupMember>,
    answered: bool,
}

struct GroupMember {
    token: String,
    built: Built,
}

impl PushGroup {
    pub(super) fn none() -> PushGroup {
        PushGroup { dir: PathBuf::new(), members: Vec::new(), answered: true }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn refs(&self) -> impl Iterator<Item = &RefUpdate> {
        self.members.iter().flat_map(|member| &member.built.refs)
    }

    pub(super) fn tip(&self) -> Option<&Oid> {
        self.members.last().map(|member| &member.built.tip)
    }

    /// The push is on the trunk. `moved` are all refs that the report names.
    pub(super) fn landed(&mut self, moved: &[RefName]) {
        let Some(tip) = self.tip().map(ToString::to_string) else { return };
        let moved: Vec<String> = moved.iter().map(ToString::to_string).collect();
        self.answer(|_| AskAnswer::Landed(tip.clone(), moved.clone()));
    }

    /// Nothing moved. `taken` is a ref that was in the way: the ask that wanted it must go alone.
    pub(super) fn refused(&mut self, taken: Option<&RefName>) {
        self.answer(|member| {
            let is_taken = |update: &RefUpdate| Some(update.name()) == taken;
            if member.built.refs.iter().any(is_taken) { AskAnswer::Alone } else { AskAnswer::Again }
        });
    }

    fn answer(&mut self, answer: impl Fn(&GroupMember) -> AskAnswer) {
        self.answered = true;
        for member in &self.members {
            tell(&self.dir, &member.token, &answer(member));
        }
    }
}

impl Drop for PushGroup {
    fn drop(&mut self) {
        if !self.answered {
            self.answer(|_| AskAnswer::Unclear);
        }
    }
}

/// How a run gets its change pushed.
#[allow(clippy::large_enum_variant, reason = "there is one for each attempt")]
pub(super) enum Turn<T> {
    /// It pushes itself; without the lock if its turn did not come in time.
    Own(Option<Lock>),
    /// Another process has pushed it.
    Landed(Landed<T>),
}

impl Trunk<'_> {
    /// Waits for a turn, or until the process that has it has pushed this run's ask.
    pub(super) fn turn<T, A, E>(
        &self,
        remote: &RemoteName,
        diary: &mut Diary,
        course: &mut Course<T>,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Turn<T>, Stop<E>> {
        if self.branches.is_some() {
            // No other process is waiting.
            if let Ok(writer) = self.run.writer() {
                writer.warm_up();
            }
            return Ok(Turn::Own(None));
        }
        // A push that may still land is this run's own business.
        let is_open = |mine: &Sent<T>| mine.fate == PushState::Open;
        let unclear = course.last.as_ref().is_some_and(FailedAttempt::is_unclear);
        while self.grouped.is_some() && !unclear && !course.sent.iter().any(is_open) {
            if let Some(turn) = self.free_turn(remote) {
                return Ok(Turn::Own(Some(turn)));
            }
            let decided = self.decided_to_ask(remote, decide)?;
            let Some((_, (change, output))) = decided else { break };
            let Some(ask) = self.put_ask() else { break };
            let turn = self.wait_for_turn(remote, || !ask.is_answered());
            let answered = ask.is_answered();
            let (push, fate) = match ask.end(&change) {
                AskEnd::Unsent if answered && turn.is_none() => continue,
                AskEnd::Unsent if turn.is_none() => return Ok(Turn::Own(None)),
                AskEnd::Unsent | AskEnd::Alone if turn.is_some() => return Ok(Turn::Own(turn)),
                AskEnd::Unsent | AskEnd::Alone => break,
                AskEnd::Landed(push) => (push, None),
                AskEnd::Unknown(push, fate) => (push, Some(fate)),
            };
            self.run.note_push();
            diary.attempts += 1;
            diary.commits.extend(push.built.commits());
            let AskedPush { built, parent, moved } = push;
            let mine = Sent {
                believed: true,
                commit: built.commit.clone(),
                parent: Some(parent),
                change,
                output,
                built,
                fate: fate.unwrap_or(PushState::Ended),
                moved,
                guards: Vec::new(),
            };
            if fate.is_none() {
                return Ok(Turn::Landed(self.won(remote, diary, mine, Atomic::Yes)));
            }
            course.untried = false;
            course.sent.push(mine);
            return Ok(Turn::Own(turn));
        }
        Ok(Turn::Own(self.wait_for_turn(remote, || true)))
    }

    fn group_dir(&self) -> PathBuf {
        self.repo.tix_dir().join("group")
    }

    /// Leaves an ask for the process that has the turn.
    fn put_ask(&self) -> Option<OpenAsk> {
        let text = self.grouped?.ask()?;
        match OpenAsk::put(&self.group_dir(), self.run.token(), &text) {
            Ok(ask) => ask,
            Err(error) => {
                tracing::debug!(%error, "ask");
                None
            }
        }
    }

    /// Builds what others ask for on top of this run's commit.
    pub(super) fn gather(
        &self,
        view: &View<'_>,
        own: &Change,
        built: &Built,
    ) -> Result<PushGroup, TrunkError> {
        let (Some(grouped), Some(parent)) = (self.grouped, view.on_remote()) else {
            return Ok(PushGroup::none());
        };
        let dir = self.group_dir();
        let mut asks = asks(&dir, self.run.token());
        asks.truncate(limit(&dir));
        let mut group = PushGroup { dir, members: Vec::new(), answered: false };
        let mut touched = Touched::of(own);
        for ask in asks {
            if !take(&group.dir, &ask.token) {
                continue;
            }
            let asked = grouped.change(view, &ask.text).filter(|asked| touched.add(&asked.change));
            let below = group.tip().unwrap_or(&built.tip).clone();
            let made = asked.map(|asked| self.build_asked(&below, &asked)).transpose();
            match made {
                Ok(Some(built)) => group.members.push(GroupMember { token: ask.token, built }),
                Ok(None) => tell(&group.dir, &ask.token, &AskAnswer::Alone),
                Err(error) => {
                    tell(&group.dir, &ask.token, &AskAnswer::Alone);
                    return Err(error);
                }
            }
        }
        group.send(parent);
        Ok(group)
    }

    fn build_asked(&self, below: &Oid, asked: &AskedChange) -> Result<Built, TrunkError> {
        let writer: &ObjectWriter = self.run.writer()?;
        self.build_on(below, &asked.change, &asked.authors, writer)
    }

    /// A push has landed: the next group may be larger again.
    pub(super) fn double_groups(&self) {
        let dir = self.group_dir();
        if self.grouped.is_some() && dir.join(LIMIT).exists() {
            set_limit(&dir, limit(&dir).saturating_mul(2).max(1));
        }
    }

    /// A group of this size was refused without explanation: the next one is smaller.
    pub(super) fn halve_groups(&self, size: usize) {
        set_limit(&self.group_dir(), size / 2);
    }
}

struct FoundAsk {
    token: String,
    text: String,
}

/// The asks of other living processes. Removes what dead ones left.
fn asks(dir: &Path, own: &str) -> Vec<FoundAsk> {
    let (mut found, mut dead) = (Vec::new(), BTreeSet::new());
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(token) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if token == own || token == LIMIT || token.starts_with("tmp-") {
            continue;
        }
        if !Lock::is_held(&dir.join(format!("{token}.lock"))).unwrap_or(true) {
            dead.insert(token.to_owned());
        } else if path.extension().is_some_and(|state| state == "ask")
            && let Ok(text) = file::read_own_text(&path)
        {
            found.push(FoundAsk { token: token.to_owned(), text });
        }
    }
    for token in dead {
        // A run may just have started, between creating its file and its lock. Only the holder of the lock works on its
        // files.
        if let Ok(Some(_lock)) = Lock::try_take(&dir.join(format!("{token}.lock"))) {
            clear(dir, &token);
        }
    }
    found
}

/// How many asks may go along; the maximum if nothing was refused recently.
fn limit(dir: &Path) -> usize {
    let limit = file::read_own_text(&dir.join(LIMIT)).ok();
    limit.and_then(|limit| limit.trim_end().parse().ok()).unwrap_or(LARGEST)
}

fn set_limit(dir: &Path, limit: usize) {
    let path = dir.join(LIMIT);
    let set = match limit {
        LARGEST.. => file::remove(&path),
        less => file::replace(&path, less.to_string().as_bytes()),
    };
    if let Err(error) = set {
        tracing::debug!(path = %path.display(), %error, "limit");
    }
}

impl PushGroup {
    /// From now on they may be sent. An ask that is withdrawn at this moment drops out, with all commits on top of it.
    fn send(&mut self, parent: &Oid) {
        for at in 0..self.members.len() {
            let Some(member) = self.members.get(at) else { return };
            if note(&self.dir, &member.token, &member.built, parent).is_ok()
                && rename(&self.dir, &member.token, "taken", "sent")
            {
                continue;
            }
            // Their commits are built on the one that is gone.
            for left in self.members.split_off(at) {
                tell(&self.dir, &left.token, &AskAnswer::Again);
            }
            return;
        }
    }
}

/// The files and refs that the changes of a group touch: no two changes may share one.
struct Touched {
    paths: BTreeSet<RepoPath>,
    refs: BTreeSet<RefName>,
}

impl Touched {
    fn of(change: &Change) -> Touched {
        let mut touched = Touched { paths: BTreeSet::new(), refs: BTreeSet::new() };
        touched.add(change);
        touched
    }

    /// Adds a change; says whether it shares nothing with the others.
    fn add(&mut self, change: &Change) -> bool {
        let mut free = true;
        for edit in &change.edits {
            match edit {
                FileEdit::Add { path, .. } => free &= self.paths.insert(path.clone()),
                FileEdit::Move { from, to, .. } => {
                    free &= self.paths.insert(from.clone());
                    free &= from == to || self.paths.insert(to.clone());
                }
            }
        }
        for edit in &change.refs {
            free &= self.refs.insert(edit.name().clone());
        }
        free
    }
}
