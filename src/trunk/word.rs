//! How far a server's report can be believed.
//!
//! A claim depends on this: a server compares each ref with the commit that the push expects, and reports whether it
//! moved. git does this, and `JGit`. Another program, or one that does not say what it is, may report a ref as moved
//! that somebody else had moved first: dulwich 1.2 ignores the result of its own comparison. Its report is not
//! believed. The trunk, fetched after the push, tells who won; from then on the trunk is pushed alone, and the other
//! refs after it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Trunk;
use super::attempt::Sent;
use super::server::LAST_WORD;
use crate::file;
use crate::git::{Atomic, GitError, PrePush, PushMode, PushReport, RefUpdate};
use crate::names::{RefName, RemoteName};

/// The programs whose reports are believed, by the beginning of their names.
const BELIEVED: [&str; 2] = ["git/", "JGit/"];

/// How often to look again until those who lost have taken back what they moved.
const LOOKS: u32 = 10;

/// How long to wait each time.
const LOOK: Duration = Duration::from_millis(200);

/// The program of the server at each address.
type Servers = BTreeMap<String, String>;

impl Trunk<'_> {
    fn servers_file(&self) -> PathBuf {
        self.repo.tix_dir().join("servers.json")
    }

    fn servers(&self) -> Servers {
        let bytes = file::read_own(&self.servers_file()).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Where pushes go, without credentials.
    fn address(&self, remote: &RemoteName) -> Option<String> {
        self.repo.config.addresses_of(remote.as_str())?.push.into_iter().next()
    }

    /// Pushes, and says whether the server's report is believed. Asks an unknown server what it is.
    pub(super) fn push_asking(
        &self,
        remote: &RemoteName,
        updates: &[RefUpdate],
        atomic: Atomic,
    ) -> (Result<PushReport, GitError>, bool) {
        // A push that is sent gets time to be answered: one that is cut off at once says nothing.
        let (at, now) = (self.deadline.at(), Instant::now());
        let (deadline, answer_by) = (at.max(now + LAST_WORD), at.max(now) + LAST_WORD);
        let (address, mut servers) = (self.address(remote), self.servers());
        let is_known = address.as_ref().is_some_and(|address| servers.contains_key(address));
        let notes_in = Some(self.run.dir());
        let (who_answers, hook) = (!is_known, PrePush::PassedOver);
        let mode = PushMode { atomic, deadline, answer_by, notes_in, who_answers, hook };
        let report = self.repo.push(remote, updates, &mode);
        let agent = report.as_ref().ok().and_then(|report| report.agent.clone());
        let agent = agent.filter(|agent| BELIEVED.iter().any(|start| agent.starts_with(start)));
        let is_believed = is_known || agent.is_some();
        if let (Some(agent), Some(address)) = (agent, address) {
            servers.insert(address, agent);
            let text = serde_json::to_vec(&servers).unwrap_or_default();
            if let Err(error) = file::replace(&self.servers_file(), &text) {
                tracing::debug!(%error, "servers");
            }
        }
        (report, is_believed)
    }

    /// Which refs of a landed change are where it put them. If one is elsewhere, somebody who lost is about to take it
    /// back.
    pub(super) fn standing<T>(&self, remote: &RemoteName, mine: &Sent<T>) -> Vec<RefName> {
        let names: Vec<_> = mine.built.refs.iter().map(|update| update.name().as_str()).collect();
        let mut stand = Vec::new();
        for _ in 0..LOOKS {
            let Ok(there) = self.repo.ls_remote(remote, &names, self.deadline.at()) else { break };
            let at = |update: &&RefUpdate| {
                there.iter().find(|found| found.name == *update.name()).map(|found| &found.oid)
            };
            let (right, wrong): (Vec<_>, Vec<_>) =
                mine.built.refs.iter().partition(|update| at(update) == update.target());
            stand = right.into_iter().map(|update| update.name().clone()).collect();
            if wrong.iter().all(|update| update.expects(at(update))) {
                break;
            }
            std::thread::sleep(LOOK);
        }
        stand
    }

    /// Takes back what pushes moved if the trunk does not have it although it was reported as done.
    pub(super) fn take_back_lost<T>(&self, remote: &RemoteName, sent: &mut Vec<Sent<T>>) {
        for mine in sent.extract_if(.., |mine| !mine.believed) {
            for update in &mine.built.refs {
                self.push_back(remote, update);
            }
        }
    }
}
