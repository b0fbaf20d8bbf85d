//! An ask: a change that one process wants another one to push. How its files show who may act on it.
//!
//! A file is `.ask` until somebody takes it, `.taken` until its commit is about to be sent, and `.sent` from then on.
//! `.note` records what was built from it, and `.answer` the result of the push. Whoever renames the file first owns
//! the next step.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Built;
use super::attempt::PushState;
use super::build::BuiltFollowUp;
use crate::file;
use crate::lifecycle::Change;
use crate::lock::Lock;
use crate::names::{Oid, RefName, RepoPath};

/// The commits of one ask, as recorded by whoever pushes them.
#[derive(Clone, Serialize, Deserialize)]
struct SentNote {
    commit: String,
    paths: Vec<Vec<u8>>,
    follow_up: Option<(String, Vec<Vec<u8>>)>,
    /// The trunk commit that it was decided on.
    parent: String,
}

/// What the pusher knows of the result.
#[derive(Serialize, Deserialize)]
pub(super) enum AskAnswer {
    /// It is on the trunk, which is now at this commit, and these refs moved.
    Landed(String, Vec<String>),
    /// It was not pushed, or the push was refused: nothing changed.
    Again,
    /// Like `Again`, but nobody else can push it.
    Alone,
    /// The connection ended without an answer.
    Unclear,
}

/// What happened to this run's own ask.
pub(super) enum AskEnd {
    /// Nothing was sent.
    Unsent,
    /// Nothing was sent, and nobody else can push it.
    Alone,
    Landed(AskedPush),
    /// It was sent, and the result is unknown.
    Unknown(AskedPush, PushState),
}

/// A push of this run's change that another process made.
pub(super) struct AskedPush {
    pub(super) built: Built,
    pub(super) parent: Oid,
    pub(super) moved: Vec<RefName>,
}

/// An ask of this run.
pub(super) struct OpenAsk {
    dir: PathBuf,
    token: String,
    /// Shows that the asker is alive.
    #[allow(dead_code, reason = "it lasts as long as the ask")]
    alive: Lock,
}

impl OpenAsk {
    pub(super) fn put(dir: &Path, token: &str, text: &str) -> io::Result<Option<OpenAsk>> {
        let Some(alive) = Lock::try_take(&dir.join(format!("{token}.lock")))? else {
            return Ok(None);
        };
        let ask = OpenAsk { dir: dir.to_owned(), token: token.to_owned(), alive };
        file::replace(&ask.file("ask"), text.as_bytes())?;
        Ok(Some(ask))
    }

    fn file(&self, state: &str) -> PathBuf {
        self.dir.join(format!("{}.{state}", self.token))
    }

    pub(super) fn is_answered(&self) -> bool {
        self.file("answer").exists()
    }

    /// Withdraws the ask if it was not sent, and says what happened to it if it was.
    pub(super) fn end(self, change: &Change) -> AskEnd {
        let withdrawn = |state| fs::rename(self.file(state), self.file("withdrawn")).is_ok();
        if withdrawn("ask") || withdrawn("taken") {
            return AskEnd::Unsent;
        }
        let answer = file::read_own(&self.file("answer")).ok();
        let answer = answer.and_then(|answer| serde_json::from_slice(&answer).ok());
        let note = file::read_own(&self.file("note")).ok();
        let note = note.and_then(|note| serde_json::from_slice::<SentNote>(&note).ok());
        let push = note.and_then(|note| note.push(change));
        match (answer, push) {
            (Some(AskAnswer::Alone), _) => AskEnd::Alone,
            (Some(AskAnswer::Landed(tip, moved)), Some(mut push)) => {
                push.moved = moved.iter().filter_map(|name| RefName::parse(name)).collect();
                push.built.tip = Oid::parse(&tip).unwrap_or(push.built.tip);
                AskEnd::Landed(push)
            }
            (Some(AskAnswer::Unclear), Some(push)) => AskEnd::Unknown(push, PushState::Ended),
            (None, Some(push)) => AskEnd::Unknown(push, PushState::Open),
            // Refused; or taken but not recorded yet, because the pusher was killed at that moment.
            (Some(AskAnswer::Again), _) | (_, None) => AskEnd::Unsent,
        }
    }
}

impl Drop for OpenAsk {
    fn drop(&mut self) {
        clear(&self.dir, &self.token);
    }
}

impl SentNote {
    fn push(self, change: &Change) -> Option<AskedPush> {
        let paths = |paths: Vec<Vec<u8>>| paths.into_iter().filter_map(RepoPath::parse).collect();
        let follow_up = match self.follow_up {
            Some((commit, changed)) => {
                let reach = change.follow_up.as_ref()?.reach;
                Some(BuiltFollowUp { commit: Oid::parse(&commit)?, paths: paths(changed), reach })
            }
            None => None,
        };
        let commit = Oid::parse(&self.commit)?;
        let built = Built::of(change, commit, paths(self.paths), follow_up);
        Some(AskedPush { built, parent: Oid::parse(&self.parent)?, moved: Vec::new() })
    }
}

pub(super) fn take(dir: &Path, token: &str) -> bool {
    rename(dir, token, "ask", "taken")
}

pub(super) fn rename(dir: &Path, token: &str, from: &str, to: &str) -> bool {
    fs::rename(dir.join(format!("{token}.{from}")), dir.join(format!("{token}.{to}"))).is_ok()
}

pub(super) fn note(dir: &Path, token: &str, built: &Built, parent: &Oid) -> io::Result<()> {
    let bytes = |paths: &[RepoPath]| paths.iter().map(|path| path.as_bytes().to_vec()).collect();
    let note = SentNote {
        commit: built.commit.to_string(),
        paths: bytes(&built.paths),
        follow_up: built
            .follow_up
            .as_ref()
            .map(|next| (next.commit.to_string(), bytes(&next.paths))),
        parent: parent.to_string(),
    };
    file::replace(&dir.join(format!("{token}.note")), &serde_json::to_vec(&note)?)
}

pub(super) fn tell(dir: &Path, token: &str, answer: &AskAnswer) {
    let path = dir.join(format!("{token}.answer"));
    let told = serde_json::to_vec(answer).map_err(io::Error::from);
    if let Err(error) = told.and_then(|told| file::replace(&path, &told)) {
        tracing::debug!(path = %path.display(), %error, "answer");
    }
}

pub(super) fn clear(dir: &Path, token: &str) {
    for state in ["ask", "taken", "sent", "note", "withdrawn", "answer"] {
        fs::remove_file(dir.join(format!("{token}.{state}"))).ok();
    }
}
