//! Times that do not depend on this machine's clock.

use std::time::Instant;

use super::commit::CommitAuthors;
use super::exec::{Git, text_of};
use super::{GitError, Repo};
use crate::names::{Oid, RefName, RemoteName};

/// How many commits to look at.
const COMMITS: &str = "200";

/// Separates the fields of a commit; a NUL ends it.
const VALUES: char = '\u{1f}';

impl Repo {
    /// Whether `from` has a commit in its history that was made elsewhere since `then`, in seconds since 1970.
    ///
    /// A commit names its machine in the trailer `host`, with its domain or without; one without a name was made elsewhere if its committer has another address.
    pub fn has_commit_from_elsewhere(
        &self,
        from: &Oid,
        since: i64,
        host: (&str, &str),
    ) -> Result<bool, GitError> {
        let (key, here) = host;
        let mail = CommitAuthors::here(self)?.committer_mail().unwrap_or_default();
        let format = format!("--format=%ce%x1f%(trailers:key={key},valueonly,separator=%x1f)");
        // As a filter, so that a commit with too early a date does not hide those below it.
        let call = self.log_call().args(["-n", COMMITS, &format]);
        let answer =
            call.arg(format!("--since-as-filter=@{since}")).args([from.as_str(), "--"]).run_ok()?;
        Ok(text_of(&answer).split('\0').any(|commit| match commit.split_once(VALUES) {
            Some((committer, "")) => committer != mail,
            Some((_, hosts)) => {
                hosts.split(VALUES).all(|host| host.split('.').next() != Some(here))
            }
            None => false,
        }))
    }

    /// Where a ref was at a time, in seconds since 1970; `None` if its reflog does not go back that far.
    pub fn ref_then(&self, name: &RefName, then: i64) -> Result<Option<Oid>, GitError> {
        let call =
            self.git().call("log").args(["--walk-reflogs", "--date=unix", "--format=%H %gd"]);
        let answer = call.args([name.as_str(), "--"]).run()?;
        // 128: there is no such ref.
        let entries = if answer.code == Some(0) { text_of(&answer.stdout) } else { String::new() };
        // `<commit> <name>@{<seconds>}`, newest first
        let entry = |line: &str| {
            let (oid, selector) = line.split_once(' ')?;
            let at: i64 = selector.rsplit_once("@{")?.1.strip_suffix('}')?.parse().ok()?;
            (at <= then).then(|| Oid::parse(oid)).flatten()
        };
        Ok(entries.lines().find_map(entry))
    }

    /// The time of the remote's server, in seconds since 1970. Only HTTP tells it (`Date`, RFC 9110 6.6.1): git's own
    /// protocol and ssh cannot.
    pub fn time_of_remote(&self, remote: &RemoteName, deadline: Instant) -> Option<i64> {
        let call = self.question(remote).arg("HEAD").deadline(deadline);
        // git(1): 2 means stderr; the trace leaves out credentials.
        let call = call.env("GIT_TRACE_CURL", "2").env("GIT_TRACE_CURL_NO_DATA", "1");
        let answer = call.env("GIT_TRACE_REDACT", "1").run().ok()?;
        answer.stderr.lines().rev().find_map(date_header)
    }
}

/// A movement of a ref, as its reflog has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedMove {
    pub old: Oid,
    pub new: Oid,
    pub why: String,
}

impl Git {
    /// How a ref has moved since it was there, newest first, as far as its reflog goes back.
    pub fn moves_since(&self, name: &RefName, then: &Oid) -> Result<Vec<NotedMove>, GitError> {
        let call = self.call("log").args(["--walk-reflogs", "--format=%H %gs"]);
        let answer = call.args([name.as_str(), "--"]).run()?;
        // 128: there is no such ref.
        let entries = if answer.code == Some(0) { text_of(&answer.stdout) } else { String::new() };
        let entry = |line: &str| {
            let (oid, why) = line.split_once(' ')?;
            Some((Oid::parse(oid)?, why.to_owned()))
        };
        let entries: Vec<(Oid, String)> = entries.lines().filter_map(entry).collect();
        // What it was at before its first entry, the reflog of git's own files has and git does not show.
        let end = entries.iter().position(|(oid, _)| oid == then).unwrap_or(entries.len());
        let older = entries.iter().skip(1).map(|(oid, _)| oid).chain([then]);
        let moves = entries.iter().zip(older).take(end);
        let noted = |((new, why), old): (&(Oid, String), &Oid)| NotedMove {
            old: old.clone(),
            new: new.clone(),
            why: why.clone(),
        };
        Ok(moves.map(noted).collect())
    }
}

/// The time in a line such as `… <= Recv header: date: Sun, 06 Nov 1994 08:49:37 GMT`.
fn date_header(line: &str) -> Option<i64> {
    let header = line.split_once("<= Recv header: ")?.1;
    let (name, value) = header.split_once(':')?;
    let value = value.trim();
    let date =
        name.eq_ignore_ascii_case("date").then(|| chrono::DateTime::parse_from_rfc2822(value));
    date?.ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_from_what_git_traces_and_nothing_else_is() {
        let at = "18:40:00.1 http.c:829              <= Recv header: ";
        let date = |rest: &str| date_header(&format!("{at}{rest}"));
        assert_eq!(date("Date: Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("date: Sun, 06 Nov 1994 08:49:37 GMT\r"), Some(784_111_777));
        assert_eq!(date("last-modified: Sun, 06 Nov 1994 08:49:37 GMT"), None);
        assert_eq!(date("date: yesterday"), None);
        assert_eq!(date_header("date: Sun, 06 Nov 1994 08:49:37 GMT"), None);
    }
}
