//! What this clone has learnt about the default branches of its remotes, in
//! `<common git dir>/tix/default-branches.json`.
//!
//! A remote's answer stays true until the remote changes its mind, so it is recorded: those who may not ask are then
//! sure. What `refs/remotes/<remote>/HEAD` said when the guard first saw it is recorded too, because anybody can point
//! that elsewhere. Every entry adds to what is protected; only a new answer of the remote itself removes a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sources::Sources;
use crate::file;
use crate::git::redact;
use crate::names::{RefName, RemoteName};

const FILE: &str = "default-branches.json";

/// Everything learnt, by remote name; `.`, git's name for it, is the repository itself. A remote that had other
/// addresses has an entry for each: what another repository says takes nothing away from this one.
#[derive(Default, Serialize, Deserialize)]
struct Learnt(BTreeMap<String, Vec<Answers>>);

/// What was learnt of one remote at one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answers {
    url: Option<String>,
    /// What the remote itself said.
    pub asked: Option<String>,
    /// What its HEAD here has said.
    #[serde(default)]
    pub seen: Vec<String>,
}

impl Answers {
    fn at(url: Option<String>) -> Answers {
        Answers { url, ..Answers::default() }
    }

    /// Drops names that cannot be a branch.
    fn checked(mut self) -> Answers {
        let is_branch = |name: &String| RefName::branch(name).is_some();
        self.asked = self.asked.filter(is_branch);
        self.seen.retain(is_branch);
        self
    }
}

/// A file that cannot be read counts as missing.
fn load(sources: &Sources<'_>) -> Learnt {
    let bytes = sources.own(FILE).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// What is known of a remote at its present address, or of the repository itself.
pub(super) fn answers(sources: &Sources<'_>, remote: Option<&RemoteName>) -> Answers {
    let known = load(sources).0.remove(key(remote)).unwrap_or_default();
    let url = url(sources, remote);
    known.into_iter().find(|answers| answers.url == url).unwrap_or_default().checked()
}

/// The branches that were the default elsewhere: of other remotes, including removed ones, of other addresses, or of
/// the repository before it had a remote.
pub(super) fn elsewhere(
    sources: &Sources<'_>,
    homes: &[Option<RemoteName>],
) -> Vec<(Option<RemoteName>, String)> {
    let mut found = Vec::new();
    for (name, known) in load(sources).0 {
        let remote = RemoteName::parse(&name);
        if remote.is_none() && name != "." {
            continue;
        }
        let now = url(sources, remote.as_ref());
        let is_home = homes.contains(&remote);
        for answers in known.into_iter().filter(|answers| !is_home || answers.url != now) {
            let answers = answers.checked();
            let names = answers.asked.into_iter().chain(answers.seen);
            found.extend(names.map(|name| (remote.clone(), name)));
        }
    }
    found
}

/// Records the remote's latest answer, which replaces what its HEAD here has said.
pub(super) fn note_asked(sources: &Sources<'_>, remote: &RemoteName, branch: &str) {
    change(sources, Some(remote), |known| {
        known.asked = Some(branch.to_owned());
        known.seen.clear();
    });
}

/// Records what the remote's HEAD says here, in addition to what is known.
pub(super) fn note_seen(sources: &Sources<'_>, remote: Option<&RemoteName>, branch: &str) {
    change(sources, remote, |known| {
        let mut names = known.asked.iter().chain(&known.seen);
        if !names.any(|name| name == branch) {
            known.seen.push(branch.to_owned());
        }
    });
}

/// Without the file the guard is only less sure, so a failure is not reported.
fn change(sources: &Sources<'_>, remote: Option<&RemoteName>, change: impl FnOnce(&mut Answers)) {
    let mut learnt = load(sources);
    let known = learnt.0.entry(key(remote).to_owned()).or_default();
    let before = known.clone();
    let url = url(sources, remote);
    if let Some(answers) = known.iter_mut().find(|answers| answers.url == url) {
        change(answers);
    } else {
        let mut answers = Answers::at(url);
        change(&mut answers);
        known.push(answers);
    }
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
