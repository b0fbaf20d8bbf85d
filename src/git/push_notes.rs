//! What git records about a push besides its answer.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::exec::GitCall;
use super::push::{PushMode, PushProgress};

/// git's own trace of a push (Documentation/technical/api-trace2.txt): git enters the region `push_refs` after it has
/// received the remote's refs and before it sends anything. Its words and its exit code are the same for a host that
/// does not exist and for an answer that was lost.
pub(super) struct PushTrace(Option<tempfile::NamedTempFile>);

impl PushTrace {
    pub(super) fn begin(dir: Option<&Path>) -> PushTrace {
        let file = |dir| tempfile::Builder::new().prefix("push-").tempfile_in(dir).ok();
        PushTrace(dir.and_then(file))
    }

    /// The call with its trace in this file, which gives it more time once it may have sent something.
    pub(super) fn following(&self, call: GitCall, mode: &PushMode<'_>) -> GitCall {
        let Some(file) = &self.0 else { return call.deadline(mode.answer_by) };
        let path = file.path().to_owned();
        call.env("GIT_TRACE2_EVENT", &path).deadline_or(mode.deadline, mode.answer_by, move || {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            !tells_of_nothing_sent(&text, NotesEnd::Stopped)
        })
    }

    /// How far the push got. An incomplete trace proves nothing.
    pub(super) fn progress(&self, end: NotesEnd) -> PushProgress {
        let text = self.0.as_ref().and_then(|file| {
            // A full disk that keeps out git's next note also keeps out a line of ours.
            let more = || OpenOptions::new().append(true).open(file.path());
            let has_room = || more().and_then(|mut file| file.write_all(&[b'\n'; 4096])).is_ok();
            let text = std::fs::read_to_string(file.path()).ok()?;
            (end == NotesEnd::Written || has_room()).then_some(text)
        });
        if text.is_some_and(|text| tells_of_nothing_sent(&text, end)) {
            PushProgress::BeforeRefs
        } else {
            PushProgress::Sent
        }
    }
}

/// How a complete trace ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NotesEnd {
    /// With git's own last note.
    Written,
    /// Anywhere: tix ended git, which then writes nothing more. git writes each note before the event.
    Stopped,
}

fn tells_of_nothing_sent(trace: &str, end: NotesEnd) -> bool {
    #[derive(serde::Deserialize)]
    struct Event<'t> {
        #[serde(rename = "event")]
        kind: &'t str,
        /// The process: a server on this machine writes into the same file.
        sid: &'t str,
        #[serde(default)]
        label: &'t str,
    }
    // git can be told to leave out such regions. The region before it shows that it was not.
    let (mut pushing, mut asked, mut ended) = (None, false, end == NotesEnd::Stopped);
    for line in trace.lines() {
        let Ok(Event { kind, sid, label }) = serde_json::from_str(line) else { return false };
        let own = *pushing.get_or_insert(sid) == sid;
        if label == "push_refs" {
            return false;
        }
        asked |= own && label == "get_refs_list";
        ended |= own && matches!(kind, "atexit" | "signal");
    }
    asked && ended
}

/// What a server says about itself before a push, from git's trace of the packets (`GIT_TRACE_PACKET`, git(1)).
pub(super) struct ServerGreeting(Option<tempfile::NamedTempFile>);

impl ServerGreeting {
    pub(super) fn begin(mode: &PushMode<'_>) -> ServerGreeting {
        let file = |dir| tempfile::Builder::new().prefix("greeting-").tempfile_in(dir).ok();
        ServerGreeting(mode.notes_in.filter(|_| mode.who_answers).and_then(file))
    }

    pub(super) fn noted(&self, call: GitCall) -> GitCall {
        match &self.0 {
            Some(file) => call.env("GIT_TRACE_PACKET", file.path()),
            None => call,
        }
    }

    pub(super) fn agent(&self) -> Option<String> {
        let bytes = std::fs::read(self.0.as_ref()?.path()).ok()?;
        agent_of(&super::exec::text_of(&bytes))
    }
}

/// The agent in the first line of received refs: `… packet: push< <commit> <ref>\0<capabilities>`. git writes NUL as
/// `\0`, and a server on this machine writes its own side, `receive-pack>`, into the same file.
fn agent_of(notes: &str) -> Option<String> {
    let received = |line: &&str| {
        let actor =
            line.split_once(" packet: ").and_then(|(_, rest)| rest.trim_start().split(' ').next());
        actor.is_some_and(|actor| actor.ends_with('<') && actor != "receive-pack<")
    };
    let greeting = notes.lines().filter(received).find_map(|line| line.split_once("\\0"))?;
    let agent = greeting.1.split_whitespace().find_map(|word| word.strip_prefix("agent="))?;
    Some(agent.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_is_the_one_that_the_server_names() {
        let line =
            |who: &str, text: &str| format!("17:03:06.8 pkt-line.c:86   packet:   {who} {text}\n");
        let greeting = |who: &str, agent: &str| {
            line(who, &format!("0123 refs/heads/main\\0report-status agent={agent} x"))
        };
        let asked = line("push>", "0123 refs/heads/x\\0 agent=git/2.1");
        let own = greeting("receive-pack>", "git/3");
        let service = line("git<", "# service=git-receive-pack");
        assert_eq!(
            agent_of(&format!("{own}{}{asked}", greeting("push<", "JGit/7.1"))).unwrap(),
            "JGit/7.1"
        );
        assert_eq!(
            agent_of(&format!("{service}{}", greeting("git<", "git/2.47.3"))).unwrap(),
            "git/2.47.3"
        );
        let silent = line("git<", "0123 refs/heads/main\\0 report-status atomic");
        assert_eq!(agent_of(&format!("{silent}{}", greeting("git<", "git/2"))), None);
        assert_eq!(agent_of(&asked), None);
        assert_eq!(agent_of(""), None);
    }

    #[test]
    fn only_whole_notes_prove_that_nothing_was_sent() {
        let event =
            |sid: &str, rest: &str| format!(r#"{{"event":{rest},"sid":"{sid}","thread":"main"}}"#);
        let start = event("1", r#""version""#);
        let refs = event("1", r#""region_enter","label":"get_refs_list""#);
        let push = event("1", r#""region_enter","label":"push_refs""#);
        let server = event("1/2", r#""atexit""#);
        let end = event("1", r#""atexit""#);
        let ending = |lines: &[&String], end| {
            let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
            tells_of_nothing_sent(&lines.join("\n"), end)
        };
        let proves = |lines: &[&String]| ending(lines, NotesEnd::Written);
        let stopped = |lines: &[&String]| ending(lines, NotesEnd::Stopped);
        assert!(proves(&[&start, &refs, &server, &end]));
        assert!(!proves(&[&start, &refs, &push, &end]));
        assert!(!proves(&[&start, &end]));
        assert!(!proves(&[&start, &refs]));
        assert!(!proves(&[&start, &refs, &server]));
        assert!(!proves(&[&start, &refs, &"{\"event\":\"ate".to_owned()]));
        assert!(!proves(&[]));
        assert!(stopped(&[&start, &refs]));
        assert!(!stopped(&[&start, &refs, &push]));
        assert!(!stopped(&[&start]));
        assert!(!stopped(&[]));
    }
}
