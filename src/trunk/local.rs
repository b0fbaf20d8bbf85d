//! Transactions on a trunk without a remote: a compare-and-swap on the local branch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Built, Decide, Diary, Landed, MovedRef, Outcome, Stop, Trunk, TrunkError, View};
use crate::file;
use crate::git::{GitError, LocalEdit, RefUpdate};
use crate::lifecycle::Decision;
use crate::names::Oid;

/// How often tix asks a worktree that refuses to follow, and the pause between two tries.
const FOLLOW_TRIES: u32 = 3;
const FOLLOW_PAUSE: Duration = Duration::from_millis(30);

/// How long to wait for the lock of the local trunk. It is held for milliseconds.
const LOCK_LIMIT: Duration = Duration::from_mins(1);

/// A worktree that must follow its branch, recorded before the branch moves: if tix is killed between the two, the next
/// run finishes it.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Following {
    branch: String,
    worktree: PathBuf,
    from: String,
    to: String,
}

impl Trunk<'_> {
    pub(super) fn transact_local<T, A, E>(
        &self,
        diary: &mut Diary,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Outcome<T, A>, Stop<E>> {
        let lock = self.lock("trunk", LOCK_LIMIT)?;
        let mut warnings = self.finish_following()?;
        let landed = loop {
            let view = self.local_view()?;
            self.require_basis(&view)?;
            let (change, output) = match decide(&view)? {
                Decision::Push(change, output) => (change, output),
                Decision::Answer(answer) => return Ok(Outcome::Answered(answer)),
            };
            let built = self.build(&view, &change, self.run.writer()?)?;
            diary.attempts += 1;
            diary.commits.extend(built.commits());
            diary.paths.clone_from(&built.paths);
            let edits = self.edits(&built, view.commit());
            let followers = self.followers(&edits)?;
            self.write_following(&followers)?;
            if self.repo.update_refs(&edits, &format!("tix: {}", change.subject))? {
                self.run.note_landed();
                diary.landed = true;
                // From here on the change stands, whatever happens to the checkout.
                warnings.extend(self.follow_all(&followers));
                let moved = moved(&edits);
                break Landed {
                    output,
                    commits: built.commits().collect(),
                    commit: built.commit,
                    parent: view.commit().cloned(),
                    paths: built.paths,
                    follow_up: built.follow_up,
                    moved,
                    left: Vec::new(),
                    attempts: diary.attempts,
                    warnings,
                    publication: None,
                };
            }
            self.write_following(&[])?;
            // If the trunk itself did not move, one of the other refs is taken.
            if self.local_view()?.commit() == view.commit() {
                return Err(self.taken(&built)?.into());
            }
        };
        drop(lock);
        Ok(Outcome::Landed(landed))
    }

    pub(super) fn local_view(&self) -> Result<View<'_>, TrunkError> {
        match self.objects.resolve(self.branch.as_str())? {
            Some(tip) => {
                let mut view = self.view_of(&tip)?;
                if let Some(branch) = &self.watch {
                    view.watched = self.objects.resolve(branch.as_str())?;
                }
                if let Some(base) = &self.base {
                    view.base = self.objects.resolve(base.as_str())?;
                }
                if let Some(basis) = &self.basis {
                    let tip = self.objects.resolve(basis.branch.as_str())?;
                    view.outdated = self.has_changed(basis, tip.as_ref())?;
                }
                Ok(view)
            }
            None => Err(TrunkError::NoLocalTrunk { branch: self.branch.clone() }),
        }
    }

    fn edits(&self, built: &Built, from: Option<&Oid>) -> Vec<LocalEdit> {
        let (name, to) = (self.branch.clone(), built.tip.clone());
        let trunk = LocalEdit::Set { name, to, from: from.cloned() };
        let rest = built.refs.iter().cloned().map(|update| match update {
            RefUpdate::Create { name, to } => LocalEdit::Set { name, to, from: None },
            RefUpdate::Move { name, from, to } => LocalEdit::Set { name, to, from: Some(from) },
            RefUpdate::Delete { name, at } => LocalEdit::Delete { name, at: Some(at) },
        });
        std::iter::once(trunk).chain(rest).collect()
    }

    fn taken(&self, built: &Built) -> Result<TrunkError, TrunkError> {
        for update in &built.refs {
            let now = self.objects.resolve(update.name().as_str())?;
            let wanted = match update {
                RefUpdate::Create { .. } => None,
                RefUpdate::Move { from, .. } => Some(from.clone()),
                RefUpdate::Delete { at, .. } => Some(at.clone()),
            };
            if now != wanted {
                return Ok(TrunkError::LocalRefTaken { branch: update.name().clone() });
            }
        }
        Ok(TrunkError::LocalRefTaken { branch: self.branch.clone() })
    }

    /// The worktrees that have one of these refs checked out.
    fn followers(&self, edits: &[LocalEdit]) -> Result<Vec<Following>, TrunkError> {
        let worktrees = self.repo.worktrees()?;
        let mut followers = Vec::new();
        for edit in edits {
            let LocalEdit::Set { name, to, from: Some(from) } = edit else { continue };
            let there = worktrees.iter().filter(|w| {
                w.branch.as_ref() == Some(name) && w.head.as_ref() == Some(from) && !w.prunable
            });
            followers.extend(there.map(|w| Following {
                branch: name.to_string(),
                worktree: w.path.clone(),
                from: from.to_string(),
                to: to.to_string(),
            }));
        }
        Ok(followers)
    }

    fn following_file(&self) -> PathBuf {
        self.repo.tix_dir().join("following.json")
    }

    fn write_following(&self, following: &[Following]) -> Result<(), TrunkError> {
        let path = self.following_file();
        let written = if following.is_empty() {
            file::remove(&path)
        } else {
            let json = serde_json::to_vec(following).map_err(std::io::Error::from);
            json.and_then(|json| file::replace(&path, &json))
        };
        written.map_err(|source| TrunkError::Lock { path, source: Some(source) })
    }

    /// Updates the recorded worktrees; returns a warning for each where something would be lost.
    fn finish_following(&self) -> Result<Vec<String>, TrunkError> {
        let path = self.following_file();
        let Ok(json) = file::read_own(&path) else { return Ok(Vec::new()) };
        let noted: Vec<Following> = serde_json::from_slice(&json).unwrap_or_default();
        let mut due = Vec::new();
        for note in noted {
            let tip = self.objects.resolve(&note.branch)?;
            // The run was killed before the branch moved, so its note is void.
            if let (Some(to), Some(tip)) = (Oid::parse(&note.to), &tip)
                && self.repo.is_ancestor(&to, tip)?
            {
                due.push(note);
            }
        }
        if due.is_empty() {
            self.write_following(&[])?;
        }
        Ok(self.follow_all(&due))
    }

    /// Updates one worktree. A refusal may only mean that another git has the index locked for the milliseconds of its
    /// own command. A worktree left behind shows the change the wrong way round, so tix asks again.
    fn move_along(&self, worktree: &Path, from: &Oid, to: &Oid) -> Result<bool, GitError> {
        for _ in 1..FOLLOW_TRIES {
            if self.repo.move_along(worktree, from, to)? {
                return Ok(true);
            }
            std::thread::sleep(FOLLOW_PAUSE);
        }
        self.repo.move_along(worktree, from, to)
    }

    /// Updates worktrees, and removes their records. When git cannot say whether it succeeded, the record stays for the
    /// next run: the branch has moved, so this is no reason to fail.
    fn follow_all(&self, notes: &[Following]) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut open = Vec::new();
        for note in notes {
            let branch = note.branch.strip_prefix("refs/heads/").unwrap_or(&note.branch);
            let place = note.worktree.display();
            let (Some(from), Some(to)) = (Oid::parse(&note.from), Oid::parse(&note.to)) else {
                continue;
            };
            match self.move_along(&note.worktree, &from, &to) {
                Ok(true) => {}
                Ok(false) => warnings.push(format!(
                    "{place} has {branch} checked out, and tix left its files alone because changes there would be lost. Its `git status` shows this write backwards, and whoever commits that undoes it. When your changes are safe elsewhere, update it with `git restore --staged --worktree -- {tickets}`",
                    tickets = self.tickets_dir
                )),
                Err(error) => {
                    open.push(note.clone());
                    warnings.push(format!(
                        "{place} has {branch} checked out, and its files could not be updated ({error}); the next tix command updates them"
                    ));
                }
            }
        }
        if let (false, Err(error)) = (notes.is_empty(), self.write_following(&open)) {
            tracing::debug!(%error, "following");
        }
        warnings
    }
}

fn moved(edits: &[LocalEdit]) -> Vec<MovedRef> {
    let moved = |edit: &LocalEdit| match edit {
        LocalEdit::Set { name, to, from } => {
            MovedRef { name: name.clone(), old: from.clone(), new: Some(to.clone()) }
        }
        LocalEdit::Delete { name, at } => {
            MovedRef { name: name.clone(), old: at.clone(), new: None }
        }
    };
    edits.iter().map(moved).collect()
}
