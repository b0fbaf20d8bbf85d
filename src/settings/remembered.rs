//! What this clone has learnt of the default branches of its remotes, in `<common git dir>/tix/default-branches.json`.
//!
//! A remote's answer stays true until the remote changes its mind, so it is written down: those who may not ask are sure from
//! then on. So is what `refs/remotes/<remote>/HEAD` said when the guard first saw it, because anybody can point that
//! elsewhere. Whatever stands here adds to what is protected; only a new answer of the remote itself takes a name out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sources::Sources;
use crate::file;
use crate::git::redact;
use crate::names::{RefName, RemoteName};

const FILE: &str = "default-branches.json";

/// All that was learnt, by the names of the remotes; `.`, as git calls it, is the repository itself.
#[derive(Default, Serialize, Deserialize)]
struct Learnt(BTreeMap<String, Answers>);

/// What was learnt of one remote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answers {
    /// The address that it was learnt of: under another one the name of the remote means another repository.
    url: Option<String>,
    /// What the remote itself said.
    pub asked: Option<String>,
    /// What its HEAD here has said.
    #[serde(default)]
    pub seen: Vec<String>,
}

impl Answers {
    /// Whether this is about the remote as it is now, as far as its address tells.
    pub fn is_of(&self, sources: &Sources<'_>, remote: &RemoteName) -> bool {
        self.url == url(sources, Some(remote))
    }

    /// Without what cannot be a branch.
    fn checked(mut self) -> Answers {
        let is_branch = |name: &String| RefName::branch(name).is_some();
        self.asked = self.asked.filter(is_branch);
        self.seen.retain(is_branch);
        self
    }
}

/// A file that cannot be read says nothing, as if it were not there.
fn load(sources: &Sources<'_>) -> Learnt {
    let bytes = sources.own(FILE).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// What is known of a remote, or of the repository itself.
pub(super) fn answers(sources: &Sources<'_>, remote: Option<&RemoteName>) -> Answers {
    load(sources).0.remove(key(remote)).unwrap_or_default().checked()
}

/// The branches that were the default of remotes which are gone, or of the repository before it had a remote.
pub(super) fn of_others(sources: &Sources<'_>) -> Vec<(Option<RemoteName>, String)> {
    let there = sources.remotes();
    let mut found = Vec::new();
    for (name, answers) in load(sources).0 {
        let remote = RemoteName::parse(&name);
        let is_here = if name == "." { there.is_empty() } else { there.contains(&name.as_str()) };
        if !is_here && (remote.is_some() || name == ".") {
            let answers = answers.checked();
            let names = answers.asked.into_iter().chain(answers.seen);
            found.extend(names.map(|name| (remote.clone(), name)));
        }
    }
    found
}

/// Writes down what the remote has just answered, in place of everything that was known of it.
pub(super) fn note_asked(sources: &Sources<'_>, remote: &RemoteName, branch: &str) {
    let answers = Answers {
        url: url(sources, Some(remote)),
        asked: Some(branch.to_owned()),
        seen: Vec::new(),
    };
    change(sources, Some(remote), |known| *known = answers);
}

/// Writes down what the remote's HEAD says here, beside what is known already.
pub(super) fn note_seen(sources: &Sources<'_>, remote: Option<&RemoteName>, branch: &str) {
    let url = url(sources, remote);
    change(sources, remote, |known| {
        // What another address has said still protects, and is no word of this one.
        if known.seen.is_empty() && known.asked.is_none() {
            known.url = url;
        }
        let is_known =
            known.asked.as_deref() == Some(branch) || known.seen.iter().any(|n| n == branch);
        if !is_known {
            known.seen.push(branch.to_owned());
        }
    });
}

/// Without the file the guard only is less sure, so that a failure is not worth a word.
fn change(sources: &Sources<'_>, remote: Option<&RemoteName>, change: impl FnOnce(&mut Answers)) {
    let mut learnt = load(sources);
    let known = learnt.0.entry(key(remote).to_owned()).or_default();
    let before = known.clone();
    change(known);
    if *known == before {
        return;
    }
    let text = serde_json::to_vec_pretty(&learnt).unwrap_or_default();
    if let Err(error) = file::replace(&sources.own_path(FILE), &text) {
        tracing::debug!(%error, "{FILE}");
    }
}

fn key(remote: Option<&RemoteName>) -> &str {
    remote.map_or(".", RemoteName::as_str)
}

fn url(sources: &Sources<'_>, remote: Option<&RemoteName>) -> Option<String> {
    sources.config.last(&format!("remote.{}.url", remote?)).map(redact)
}
