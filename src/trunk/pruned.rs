//! Objects that git removes while a run uses them: `git gc --prune=now` takes what no ref holds yet.

use super::judge::PushVerdict;
use super::{Run, Trunk, TrunkError};
use crate::git::{GitError, LocalEdit, ObjectWriter};
use crate::names::{Oid, RefName};

/// How often to do something in all when its objects vanish. From the second time on a ref holds them, so only a gc
/// that began before that removes them.
const TIMES: u32 = 4;

/// Does something that depends on objects of this run; if they vanish, writes them again and repeats it.
pub fn with_objects<T, E: From<TrunkError>>(
    run: &Run,
    mut work: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut left = TIMES;
    loop {
        let error = match work() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        left -= 1;
        match run.writer().and_then(|writer| Ok(writer.restore()?)) {
            Ok(Some(_)) if left > 0 => {}
            Ok(Some(object)) => return Err(TrunkError::Pruned { object }.into()),
            Ok(None) | Err(_) => return Err(error),
        }
    }
}

/// The same error, unless an object that this run wrote is gone.
pub(super) fn while_built(writer: &ObjectWriter, error: TrunkError) -> TrunkError {
    let TrunkError::Git(_) = &error else { return error };
    lost(writer).unwrap_or(error)
}

/// Why the refs of a push did not move, if the cause is a vanished object that this run wrote. Concludes nothing unless
/// the server has said that they did not move.
pub(super) fn while_pushed(writer: &ObjectWriter, verdict: &PushVerdict) -> Option<TrunkError> {
    let stays = matches!(verdict, PushVerdict::Refused(_) | PushVerdict::Strange(_));
    if stays { lost(writer) } else { None }
}

/// If git cannot even say what exists, something else is wrong, and the error at hand says what.
fn lost(writer: &ObjectWriter) -> Option<TrunkError> {
    // A gc that is still running removes directories while they are written to.
    let restored = (0..TIMES).find_map(|_| writer.restore().ok());
    Some(TrunkError::Pruned { object: restored?? })
}

impl Trunk<'_> {
    /// Keeps a commit of this run by a ref until the run ends, if git has removed some of its objects before. Doing so
    /// each time would cost every command a process.
    pub(super) fn keep(&self, writer: &ObjectWriter, commit: &Oid) -> Result<(), TrunkError> {
        if !writer.has_lost() {
            return Ok(());
        }
        let name = format!("{}/made", self.run.private_prefix());
        let name = RefName::parse(&name).ok_or(GitError::Missing(name))?;
        let edit = LocalEdit::Set { name, to: commit.clone(), from: None };
        self.repo.update_refs(&[edit], "tix: hold what is being pushed")?;
        Ok(())
    }
}
