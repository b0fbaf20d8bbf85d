//! When the remote was last looked at, according to git's own files.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Repo;
use super::exec::text_of;
use crate::names::{Oid, RefName, RemoteName};

impl Repo {
    /// When git last learnt where a branch of the remote is; `None` when none of its files says so.
    ///
    /// `tip` is what the remote-tracking ref holds. The reflog shows only news, while `FETCH_HEAD` shows every
    /// `git fetch`, even one without news. Its time counts only if it names this branch at this commit: it is also
    /// written for fetches of other branches and remotes.
    pub fn last_fetched(
        &self,
        remote: &RemoteName,
        branch: &RefName,
        tip: &Oid,
    ) -> Option<SystemTime> {
        let tracking = RefName::tracking(remote, branch.short());
        let moved = tracking.and_then(|name| newest_entry(&self.reflog(name.as_str()), |_| true));
        let mut newest = moved.max(self.cloned(remote));
        for file in self.fetch_heads() {
            let at = std::fs::metadata(&file).and_then(|m| m.modified()).ok();
            if at > newest && std::fs::read(&file).is_ok_and(|text| names(&text, branch, tip)) {
                newest = at;
            }
        }
        newest
    }

    /// When git itself last fetched anything: tix leaves neither of these signs.
    pub fn last_fetched_by_git(&self, remote: &RemoteName) -> Option<SystemTime> {
        let heads = self.fetch_heads().into_iter();
        let fetched = heads.filter_map(|file| std::fs::metadata(file).ok()?.modified().ok()).max();
        fetched.max(self.cloned(remote))
    }

    /// When the clone was made. It creates the remote-tracking refs without a reflog.
    fn cloned(&self, remote: &RemoteName) -> Option<SystemTime> {
        newest_entry(&self.reflog(&format!("refs/remotes/{remote}/HEAD")), |message| {
            message.starts_with("clone: ")
        })
    }

    fn reflog(&self, name: &str) -> PathBuf {
        self.common_dir.join("logs").join(name)
    }

    /// Each worktree has its own.
    fn fetch_heads(&self) -> Vec<PathBuf> {
        let linked = std::fs::read_dir(self.common_dir.join("worktrees")).into_iter().flatten();
        let linked = linked.flatten().map(|entry| entry.path());
        let all = std::iter::once(self.common_dir.clone()).chain(linked);
        all.map(|dir| dir.join("FETCH_HEAD")).collect()
    }
}

/// The time of the last entry of a reflog whose message is accepted. Format:
/// `<old> <new> <name> <mail> <seconds> <zone>`, a tab and the message.
fn newest_entry(log: &Path, wanted: impl Fn(&str) -> bool) -> Option<SystemTime> {
    let text = text_of(&std::fs::read(log).ok()?);
    let time = |line: &str| {
        let (who, message) = line.split_once('\t').unwrap_or((line, ""));
        let seconds = who.rsplit(' ').nth(1)?.parse().ok().filter(|_| wanted(message))?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    };
    text.lines().rev().find_map(time)
}

/// Whether a `FETCH_HEAD` says that the branch was at this commit: `<id>`, a tab, `not-for-merge` or nothing, a tab,
/// `branch '<name>' of <url>`.
fn names(fetch_head: &[u8], branch: &RefName, tip: &Oid) -> bool {
    let text = text_of(fetch_head);
    let branch = format!("branch '{}' of ", branch.short());
    text.lines().any(|line| {
        let mut cells = line.splitn(3, '\t');
        cells.next() == Some(tip.as_str()) && cells.nth(1).is_some_and(|c| c.starts_with(&branch))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(digit: &str) -> Oid {
        Oid::parse(&digit.repeat(40)).unwrap()
    }

    #[test]
    fn a_fetch_head_speaks_of_one_branch_at_one_commit() {
        let text = format!(
            "{}\t\tbranch 'main' of /srv/x\n{}\tnot-for-merge\tbranch 'dev' of /srv/x\n",
            oid("1"),
            oid("2")
        );
        let says = |name: &str, at: &str| {
            names(text.as_bytes(), &RefName::branch(name).unwrap(), &oid(at))
        };
        assert!(says("main", "1") && says("dev", "2"));
        assert!(!says("main", "2") && !says("de", "2"));
    }

    #[test]
    fn the_last_entry_of_a_reflog_that_will_do_counts() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let who = format!("{} {} A B <a@b>", oid("0"), oid("1"));
        let text =
            format!("{who} 100 +0000\tclone: from x\n{who} 200 +0100\tremote set-head\nbroken\n");
        std::fs::write(&log, text).unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(newest_entry(&log, |_| true), Some(at(200)));
        assert_eq!(newest_entry(&log, |m| m.starts_with("clone: ")), Some(at(100)));
        assert_eq!(newest_entry(&dir.path().join("none"), |_| true), None);
    }
}
