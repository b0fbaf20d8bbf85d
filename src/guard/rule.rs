//! The rule over the paths that a commit changes. Pure: it is handed what git found, with renames off.
//!
//! A change is ticket-only when it is not empty and every path, on both sides, is below a lane, named like a ticket,
//! and a regular file that nobody can execute. A rename out of `src/` is two paths, one of them in `src/`; a link, a
//! submodule and a changed mode show in the sides. What the tickets themselves may do is decided in `content`.

use std::collections::BTreeSet;
use std::fmt;

use crate::config;
use crate::git::{Delta, FileMode, Side};
use crate::names::{Oid, RepoPath};
use crate::ticket::{DocumentError, Lane, Status, TicketId};

/// What the guard says of one commit, or of one that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitVerdict {
    /// It changes tickets only, at these paths.
    Tickets(Vec<RepoPath>),
    /// There is nothing in it to judge: a merge that changes nothing of its own, or the message of a ticket commit.
    Nothing,
    /// It may not become part of a protected branch, for these reasons.
    Refused(Vec<Breach>),
}

/// One reason against a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The path; `None` when it is about the commit as a whole.
    pub path: Option<RepoPath>,
    pub why: BreachReason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreachReason {
    /// The commit changes nothing.
    #[error("the commit is empty")]
    Empty,
    #[error("is outside the ticket lanes")]
    Outside,
    /// It is in a lane but not named like a ticket.
    #[error("is in a lane but not named like a ticket: TICKET-*.md, HANDOFF-*.md, .gitkeep")]
    Name,
    /// It is (or was) something else than a plain file.
    #[error("is {0}, and tickets are plain files that cannot be executed")]
    Kind(&'static str),
    /// A ticket is deleted and appears in no lane.
    #[error("is deleted, and appears in no other lane")]
    Vanished,
    /// A new ticket is where only a claim puts one.
    #[error("is new, and only a claim puts a ticket into {0}/")]
    Born(Lane),
    /// No verb takes a ticket this way.
    #[error("moves from {from}/ to {to}/, which no command does")]
    Jump { from: Lane, to: Lane },
    /// One ticket at two places.
    #[error("puts its ticket into a second place in one commit")]
    Twice,
    /// It cannot be read as a ticket.
    #[error("cannot be read as a ticket: {0}")]
    Unreadable(DocumentError),
    /// The status is no word that tix knows.
    #[error("line {line}: {text:?} is not a status")]
    UnknownStatus {
        /// The line, from 1.
        line: usize,
        text: String,
    },
    /// The status belongs in another lane.
    #[error("has the status `{status}`, which is not a status for {lane}/")]
    Misplaced { status: Status, lane: Lane },
    /// Settings that cannot be read: nothing could be judged by them.
    #[error("cannot be read: {0}")]
    Settings(String),
    /// Settings by which nothing would be kept off this branch any more.
    #[error("would remove the protection from {0}")]
    Unguards(String),
    #[error("has contents that are not in the repository")]
    Missing,
}

impl BreachReason {
    /// The name of the rule, for the audit log and for programs.
    pub fn rule(&self) -> &'static str {
        match self {
            BreachReason::Empty => "empty",
            BreachReason::Outside => "outside",
            BreachReason::Name => "name",
            BreachReason::Kind(_) => "kind",
            BreachReason::Vanished => "vanished",
            BreachReason::Born(_) => "born",
            BreachReason::Jump { .. } => "jump",
            BreachReason::Twice => "twice",
            BreachReason::Unreadable(_) | BreachReason::Missing => "unreadable",
            BreachReason::Settings(_) | BreachReason::Unguards(_) => "settings",
            BreachReason::UnknownStatus { .. } | BreachReason::Misplaced { .. } => "status",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{path} {}", self.why),
            None => self.why.fmt(f),
        }
    }
}

/// A ticket's file that a commit changes, all paths of it having passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketDelta {
    /// The file's name without `.md`.
    pub stem: Vec<u8>,
    pub lane: Lane,
    pub path: RepoPath,
    /// The contents before, for each parent.
    pub old: Vec<Option<Oid>>,
    pub new: Option<Oid>,
}

/// What a path is, by its name alone.
enum Named {
    Ticket(Lane, Vec<u8>),
    /// What may lie beside tickets.
    Companion,
    /// A file of the set-up, which may appear but not change.
    SetUp,
    Not(BreachReason),
}

/// Judges the paths. `Ok` has the tickets among them; what lies beside tickets has passed with that.
pub fn judge(deltas: &[Delta], tickets_dir: &RepoPath) -> Result<Vec<TicketDelta>, Vec<Breach>> {
    let mut breaches = Vec::new();
    let mut tickets = Vec::new();
    for delta in deltas {
        let breach = |why| Breach { path: Some(delta.path.clone()), why };
        if let Some(what) = sides(delta).find_map(other_than_a_plain_file) {
            // A submodule in `src/` is wrong for the path it is at, before anything else.
            breaches.push(breach(match named(&delta.path, tickets_dir) {
                Named::Not(why) => why,
                Named::Ticket(..) | Named::Companion | Named::SetUp => BreachReason::Kind(what),
            }));
            continue;
        }
        match named(&delta.path, tickets_dir) {
            Named::Ticket(lane, stem) => tickets.push(ticket(delta, lane, stem)),
            Named::Companion => {}
            Named::SetUp if delta.old.iter().all(Option::is_none) => {}
            Named::SetUp => breaches.push(breach(BreachReason::Outside)),
            Named::Not(why) => breaches.push(breach(why)),
        }
    }
    if breaches.is_empty() { Ok(tickets) } else { Err(breaches) }
}

/// Judges what a commit does to tickets, and passes over all else.
pub fn judge_tickets(
    deltas: &[Delta],
    tickets_dir: &RepoPath,
) -> Result<Vec<TicketDelta>, Vec<Breach>> {
    let tickets = deltas.iter().filter(|delta| is_ticket(&delta.path, tickets_dir));
    judge(&tickets.cloned().collect::<Vec<_>>(), tickets_dir)
}

pub fn is_ticket(path: &RepoPath, tickets_dir: &RepoPath) -> bool {
    matches!(named(path, tickets_dir), Named::Ticket(..))
}

/// A ticket that a commit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedTicket {
    pub id: String,
    /// Whether it does so among those that are held.
    pub in_active: bool,
}

/// The tickets that a commit changes, by each of their paths.
pub fn touched(deltas: &[Delta], tickets_dir: &RepoPath) -> Vec<TouchedTicket> {
    let ticket = |delta: &Delta| match named(&delta.path, tickets_dir) {
        Named::Ticket(lane, stem) => Some(TouchedTicket {
            id: String::from_utf8(stem).ok()?,
            in_active: lane == Lane::Active,
        }),
        Named::Companion | Named::SetUp | Named::Not(_) => None,
    };
    deltas.iter().filter_map(ticket).collect()
}

/// The ticket that a commit moves from active to completed, whatever else it changes.
pub fn completes(deltas: &[Delta], tickets_dir: &RepoPath) -> Option<String> {
    let places = |lane: Lane, is_side: fn(&Delta) -> bool| {
        let stem = move |delta: &Delta| match named(&delta.path, tickets_dir) {
            Named::Ticket(found, stem) if found == lane && is_side(delta) => Some(stem),
            Named::Ticket(..) | Named::Companion | Named::SetUp | Named::Not(_) => None,
        };
        deltas.iter().filter_map(stem)
    };
    let left: Vec<Vec<u8>> = places(Lane::Active, |delta| delta.new.is_none()).collect();
    let mut landed = places(Lane::Completed, |delta| delta.new.is_some());
    String::from_utf8(landed.find(|stem| left.contains(stem))?).ok()
}

/// Every side on which something stands.
fn sides(delta: &Delta) -> impl Iterator<Item = FileMode> {
    let all = delta.old.iter().chain(std::iter::once(&delta.new));
    all.filter_map(|side: &Side| side.as_ref().map(|(mode, _)| *mode))
}

fn other_than_a_plain_file(mode: FileMode) -> Option<&'static str> {
    match mode {
        FileMode::File => None,
        FileMode::Executable => Some("executable"),
        FileMode::Symlink => Some("a symbolic link"),
        FileMode::Submodule => Some("a submodule"),
        FileMode::Directory => Some("a directory"),
        FileMode::Other(_) => Some("a file with an unusual mode"),
    }
}

fn ticket(delta: &Delta, lane: Lane, stem: Vec<u8>) -> TicketDelta {
    let oid = |side: &Side| side.as_ref().map(|(_, oid)| oid.clone());
    TicketDelta {
        stem,
        lane,
        path: delta.path.clone(),
        old: delta.old.iter().map(oid).collect(),
        new: oid(&delta.new),
    }
}

fn named(path: &RepoPath, tickets_dir: &RepoPath) -> Named {
    if path.as_bytes() == config::FILE.as_bytes() {
        return Named::SetUp;
    }
    let rest = path.as_bytes().strip_prefix(tickets_dir.as_bytes());
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix(b"/")) else {
        return Named::Not(BreachReason::Outside);
    };
    if rest == b"TEMPLATE.md" {
        return Named::SetUp;
    }
    let mut parts = rest.split(|b| *b == b'/');
    let lane = parts.next().and_then(Lane::from_dir_name);
    let (Some(lane), Some(name)) = (lane, parts.next_back()) else {
        return Named::Not(BreachReason::Outside);
    };
    let Some(stem) = name.strip_suffix(b".md") else {
        return if name == b".gitkeep" { Named::Companion } else { Named::Not(BreachReason::Name) };
    };
    // tix claims whatever has an id, so the guard must let it; and people give tickets names that are no ids.
    let by_name = stem.len() > b"TICKET-".len() && stem.starts_with(b"TICKET-");
    if by_name || matches!(TicketId::from_file_name(name), Some(Ok(_))) && !is_handoff(stem) {
        Named::Ticket(lane, stem.to_vec())
    } else if is_handoff(stem) {
        Named::Companion
    } else {
        Named::Not(BreachReason::Name)
    }
}

/// A note for whoever takes over lies beside its ticket, and comes and goes with it.
fn is_handoff(stem: &[u8]) -> bool {
    stem.len() > b"HANDOFF-".len() && stem.starts_with(b"HANDOFF-")
}

/// The verdict over a whole commit, from what was found in it.
pub fn verdict(deltas: &[Delta], breaches: Vec<Breach>) -> CommitVerdict {
    if !breaches.is_empty() {
        return CommitVerdict::Refused(breaches);
    }
    let paths: BTreeSet<RepoPath> = deltas.iter().map(|delta| delta.path.clone()).collect();
    CommitVerdict::Tickets(paths.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dir() -> RepoPath {
        RepoPath::parse("tickets").unwrap()
    }

    const ONES: &str = "1111111111111111111111111111111111111111";

    fn side(mode: FileMode) -> Side {
        Oid::parse(ONES).map(|oid| (mode, oid))
    }

    fn delta(path: &str, old: Side, new: Side) -> Delta {
        Delta { path: RepoPath::parse(path).unwrap(), old: vec![old], new }
    }

    fn added(path: &str) -> Delta {
        delta(path, None, side(FileMode::File))
    }

    fn rules(deltas: &[Delta]) -> Vec<&'static str> {
        judge(deltas, &dir())
            .map_or_else(|all| all.iter().map(|b| b.why.rule()).collect(), |_| Vec::new())
    }

    #[test]
    fn tickets_and_what_lies_beside_them_pass() {
        for path in [
            "tickets/queue/TICKET-a-001.md",
            "tickets/active/TICKET-a-001/TICKET-a-001.md",
            "tickets/queue/deep/er/TICKET-a b.md",
            "tickets/queue/TICKET-日本.md",
            "tickets/completed/x/HANDOFF-a-001.md",
            "tickets/archive/.gitkeep",
            "tickets/active/x/.gitkeep",
            "tickets/queue/0022.md",
        ] {
            assert_eq!(rules(&[added(path)]), [""; 0], "{path}");
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        for (path, rule) in [
            ("src/main.rs", "outside"),
            ("tickets/queue", "outside"),
            ("tickets/TICKET-a-001.md", "outside"),
            ("tickets/Queue/TICKET-a-001.md", "outside"),
            ("tickets/done/TICKET-a-001.md", "outside"),
            ("x/tickets/queue/TICKET-a-001.md", "outside"),
            ("tickets2/queue/TICKET-a-001.md", "outside"),
            ("TICKET-a-001.md", "outside"),
            ("tickets/queue/exploit.go", "name"),
            ("tickets/queue/TICKET-a.md.sh", "name"),
            ("tickets/queue/ticket a.md", "name"),
            ("tickets/queue/README.md", "name"),
            ("tickets/queue/.gitattributes", "name"),
            ("tickets/queue/.md", "name"),
        ] {
            assert_eq!(rules(&[added(path)]), [rule], "{path}");
            assert_eq!(
                rules(&[delta(path, side(FileMode::File), None)]),
                [rule],
                "{path}, deleted"
            );
        }
    }

    #[test]
    fn files_of_the_set_up_may_appear_and_not_change() {
        for path in [".tix.yaml", "tickets/TEMPLATE.md"] {
            assert_eq!(rules(&[added(path)]), [""; 0]);
            assert_eq!(
                rules(&[delta(path, side(FileMode::File), side(FileMode::File))]),
                ["outside"]
            );
            assert_eq!(rules(&[delta(path, side(FileMode::File), None)]), ["outside"]);
        }
    }

    #[test]
    fn the_squash_of_a_ticket_branch_is_known_by_the_ticket_that_it_completes() {
        let gone = delta("tickets/active/A/TICKET-a.md", side(FileMode::File), None);
        let there = added("tickets/completed/A/TICKET-a.md");
        let code = added("src/x.rs");
        let all = [gone.clone(), code.clone(), there.clone()];
        assert_eq!(completes(&all, &dir()).as_deref(), Some("TICKET-a"));
        assert_eq!(completes(&[gone, code.clone()], &dir()), None);
        assert_eq!(completes(&[there, code], &dir()), None);
    }

    const MODES: [FileMode; 4] =
        [FileMode::Executable, FileMode::Symlink, FileMode::Submodule, FileMode::Other(0o100_664)];

    #[test]
    fn anything_but_a_plain_file_is_refused_on_every_side() {
        for mode in MODES {
            let path = "tickets/queue/TICKET-a-001.md";
            let plain = side(FileMode::File);
            assert_eq!(rules(&[delta(path, None, side(mode))]), ["kind"]);
            assert_eq!(rules(&[delta(path, side(mode), plain.clone())]), ["kind"]);
            assert_eq!(rules(&[delta(path, side(mode), None)]), ["kind"]);
            let merge = Delta { old: vec![plain.clone(), side(mode)], ..delta(path, None, plain) };
            assert_eq!(rules(&[merge]), ["kind"]);
        }
    }

    fn path() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("tickets".to_owned()),
            Just("queue".to_owned()),
            Just("active".to_owned()),
            Just("TICKET-a-001.md".to_owned()),
            Just(".gitkeep".to_owned()),
            "[a-zA-Z.-]{1,6}",
        ];
        proptest::collection::vec(part, 1..5).prop_map(|parts| parts.join("/"))
    }

    proptest! {
        #[test]
        fn no_path_outside_of_the_lanes_passes(path in path()) {
            let Some(parsed) = RepoPath::parse(path.as_str()) else { return Ok(()) };
            let passes = judge(&[Delta { path: parsed, old: vec![None], new: side(FileMode::File) }], &dir()).is_ok();
            let parts: Vec<&str> = path.split('/').collect();
            let below = parts.len() > 2 && parts[0] == "tickets" && Lane::from_dir_name(parts[1].as_bytes()).is_some();
            let end = path.rsplit('/').next().unwrap();
            let named = end == ".gitkeep" || end.rsplit_once('.').is_some_and(|(_, end)| end == "md");
            prop_assert!(!passes || below && named, "{path}");
        }

        #[test]
        fn one_bad_path_among_any_number_of_good_ones_is_found(before in 0_usize..20, after in 0_usize..20) {
            let good = |n: usize| added(&format!("tickets/queue/TICKET-a-{n:03}.md"));
            let mut deltas: Vec<Delta> = (0..before).map(good).collect();
            deltas.push(delta("src/x", side(FileMode::File), None));
            deltas.extend((before..before + after).map(good));
            prop_assert_eq!(rules(&deltas), ["outside"]);
        }
    }
}
