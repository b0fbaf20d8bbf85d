//! Objects that git removes while a run has them in use: `git gc --prune=now` takes what no ref holds yet.

use super::TrunkError;
use super::judge::PushVerdict;
use crate::git::{GitError, ObjectWriter};

/// The same error, unless it says that an object is gone which this run has written.
pub(super) fn while_built(writer: &ObjectWriter, error: TrunkError) -> TrunkError {
    let TrunkError::Git(git) = &error else { return error };
    let words = if matches!(git, GitError::Missing(_)) { Some(git.to_string()) } else { None };
    let words = words.as_deref().or(git.words()).unwrap_or_default();
    named_in(writer, words).unwrap_or(error)
}

/// Why the refs of a push stay where they are, if it is that git does not find an object which this run has written. Where
/// the server has not said that they stay, nothing is concluded.
pub(super) fn while_pushed(
    writer: &ObjectWriter,
    verdict: &PushVerdict,
    words: &str,
) -> Option<TrunkError> {
    let stays = matches!(verdict, PushVerdict::Refused(_) | PushVerdict::Strange(_));
    named_in(writer, words).filter(|_| stays)
}

fn named_in(writer: &ObjectWriter, words: &str) -> Option<TrunkError> {
    Some(TrunkError::Pruned { object: writer.missed_in(words)? })
}
