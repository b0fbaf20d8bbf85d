//! Transactions on a trunk without a remote: a compare-and-swap on the local branch.

use std::path::PathBuf;
use std::time::Duration;

use super::{Decide, Diary, Landed, MovedRef, Stop, Trunk, TrunkError, View};
use crate::git::{LocalEdit, RefUpdate};
use crate::lifecycle::Change;
use crate::names::Oid;

/// How long the lock of the local trunk is waited for. It is held for milliseconds.
const LOCK_LIMIT: Duration = Duration::from_mins(1);

/// A worktree that is to follow the trunk, written down before the trunk moves: if tix is killed
/// between the two, the next run finishes it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Following {
    worktree: PathBuf,
    from: String,
    to: String,
}

impl Trunk<'_> {
    pub(super) fn transact_local<T, E>(
        &self,
        diary: &mut Diary,
        decide: Decide<'_, T, E>,
    ) -> Result<Landed<T>, Stop<E>> {
        let lock = self.lock("trunk", LOCK_LIMIT)?;
        let mut warnings: Vec<String> = self.finish_following()?.into_iter().collect();
        let landed = loop {
            let view = self.local_view()?;
            let (change, output) = decide(&view)?;
            let built = self.build(&view, &change, self.run.writer()?)?;
            diary.attempts += 1;
            diary.commits.push(built.commit.clone());
            diary.paths.clone_from(&built.paths);
            let followers = self.followers(view.commit(), &built.commit)?;
            self.write_following(followers.as_ref())?;
            let edits = self.edits(&change, view.commit(), &built.commit);
            if self.repo.update_refs(&edits, &format!("tix: {}", change.subject))? {
                // From here on the change stands, whatever becomes of the checkout.
                warnings.extend(followers.and_then(|note| self.follow(&note)));
                let moved = moved(&edits);
                break Landed {
                    output,
                    commit: built.commit,
                    parent: view.commit().cloned(),
                    paths: built.paths,
                    moved,
                    left: Vec::new(),
                    attempts: diary.attempts,
                    warnings,
                };
            }
            self.write_following(None)?;
            // Not ours to explain when the trunk itself stayed: then one of the other refs is taken.
            if self.local_view()?.commit() == view.commit() {
                return Err(self.taken(&change)?.into());
            }
        };
        drop(lock);
        Ok(landed)
    }

    /// The trunk as the local branch has it.
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
                Ok(view)
            }
            None => Err(TrunkError::NoLocalTrunk { branch: self.branch.clone() }),
        }
    }

    fn edits(&self, change: &Change, from: Option<&Oid>, to: &Oid) -> Vec<LocalEdit> {
        let trunk =
            LocalEdit::Set { name: self.branch.clone(), to: to.clone(), from: from.cloned() };
        let rest = Trunk::updates(change, to).into_iter().map(|update| match update {
            RefUpdate::Create { name, to } => LocalEdit::Set { name, to, from: None },
            RefUpdate::Move { name, from, to } => LocalEdit::Set { name, to, from: Some(from) },
            RefUpdate::Delete { name, at } => LocalEdit::Delete { name, at: Some(at) },
        });
        std::iter::once(trunk).chain(rest).collect()
    }

    fn taken(&self, change: &Change) -> Result<TrunkError, TrunkError> {
        for update in Trunk::updates(change, &Oid::zero(self.repo.format.raw_len())) {
            let now = self.objects.resolve(update.name().as_str())?;
            let wanted = match &update {
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

    /// The worktree that has the trunk checked out, if one does.
    fn followers(&self, from: Option<&Oid>, to: &Oid) -> Result<Option<Following>, TrunkError> {
        let Some(from) = from else { return Ok(None) };
        let worktrees = self.repo.worktrees()?;
        let on_trunk = |w: &&crate::git::Worktree| {
            w.branch.as_ref() == Some(&self.branch) && w.head.as_ref() == Some(from) && !w.prunable
        };
        Ok(worktrees.iter().find(on_trunk).map(|w| Following {
            worktree: w.path.clone(),
            from: from.to_string(),
            to: to.to_string(),
        }))
    }

    fn following_file(&self) -> PathBuf {
        self.repo.tix_dir().join("following.json")
    }

    fn write_following(&self, following: Option<&Following>) -> Result<(), TrunkError> {
        let path = self.following_file();
        let written = match following {
            Some(following) => {
                let json = serde_json::to_vec(following).map_err(std::io::Error::from);
                json.and_then(|json| std::fs::write(&path, json))
            }
            None => match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        written.map_err(|source| TrunkError::Lock { path, source: Some(source) })
    }

    /// Moves the noted worktree along; a warning when something there would be lost.
    fn finish_following(&self) -> Result<Option<String>, TrunkError> {
        let path = self.following_file();
        let Ok(json) = std::fs::read(&path) else { return Ok(None) };
        let note: Option<Following> = serde_json::from_slice(&json).ok();
        let to = note.as_ref().and_then(|note| Oid::parse(&note.to));
        let tip = self.objects.resolve(self.branch.as_str())?;
        let landed = match (to, &tip) {
            (Some(to), Some(tip)) => self.repo.is_ancestor(&to, tip)?,
            _ => false,
        };
        // A note of a run that was killed before the trunk moved is void.
        let Some(note) = note.filter(|_| landed) else {
            self.write_following(None)?;
            return Ok(None);
        };
        Ok(self.follow(&note))
    }

    /// Moves a worktree along, and forgets the note of it. When git cannot say whether it could, the note
    /// stays for the next run: the trunk has moved, so this is no reason to fail.
    fn follow(&self, note: &Following) -> Option<String> {
        let branch = self.branch.short();
        let place = note.worktree.display();
        let (Some(from), Some(to)) = (Oid::parse(&note.from), Oid::parse(&note.to)) else {
            return None;
        };
        let moved = self.repo.move_along(&note.worktree, &from, &to).map_err(TrunkError::from);
        match moved.and_then(|moved| self.write_following(None).map(|()| moved)) {
            Ok(true) => None,
            Ok(false) => Some(format!(
                "{place} has {branch} checked out and was left as it is, because changes there would be lost; \
                 its `git status` shows the tickets as they were"
            )),
            Err(error) => Some(format!(
                "{place} has {branch} checked out and has not followed it yet ({error}); the next tix does it"
            )),
        }
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
