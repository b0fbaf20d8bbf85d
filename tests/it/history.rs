//! What is kept of a long history: that it is read once, and that no answer depends on it.

use std::fmt::Write as _;
use std::path::PathBuf;

use regex::Regex;

use crate::harness::{
    Call, Output, Place, Sandbox, Shim, codes, no_leftovers, queue_ticket, together,
};

/// The tickets that move; a few more come by merges.
const TICKETS: usize = 4;

const LANES: [&str; 4] = ["queue", "active", "queue", "completed"];

/// A trunk on which tickets move, written by `git fast-import`. Six times two commits are of one second, so that nothing but
/// their order tells them apart.
struct Trunk {
    sandbox: Sandbox,
    commits: usize,
}

impl Trunk {
    fn with(commits: usize) -> Trunk {
        let sandbox = Sandbox::new();
        sandbox.seed(&[("README.md", "# A project\n"), ("tickets/queue/.gitkeep", "")]);
        let mut trunk = Trunk { sandbox, commits: 0 };
        trunk.grow("main", commits);
        trunk
    }

    /// More commits on a branch. Every third is a merge of one that was made two before, which says something of a ticket
    /// and brings another; what stands in the midst of a message is no trailer.
    fn grow(&mut self, branch: &str, commits: usize) {
        let mut script = String::new();
        let mut commit = |mark: usize, on: &str, from: &str, words: [&str; 2], files: &str| {
            let [operation, id] = words;
            let message = format!(
                "{operation}: {id}\n\nTix-Ticket: TICKET-h-000\n\nTix-Ticket: {id}\nTix-Actor: Person {}\n",
                mark % 3
            );
            let when = 1_764_763_300 + mark / 12 * 86_400;
            let who = format!("Ada Example <ada@example.org> {when} +0000");
            let head =
                format!("commit {on}\nmark :{mark}\ncommitter {who}\ndata {}", message.len());
            write!(script, "{head}\n{message}\n{from}\n{files}\n").unwrap();
        };
        let branch = format!("refs/heads/{branch}");
        let first = self.commits;
        let at = |number: usize| match number.checked_sub(first) {
            Some(_) => format!(":{}", 2 * number + 1),
            None => format!("{branch}^0"),
        };
        for number in first..first + commits {
            let id = format!("TICKET-h-{:03}", number % TICKETS);
            let (round, file) = (number / TICKETS, |lane| format!("tickets/{lane}/{id}.md"));
            let before = |now: usize| LANES[(now + LANES.len() - 1) % LANES.len()];
            let mut files = String::new();
            if round > 0 {
                writeln!(files, "D {}", file(before(round))).unwrap();
            }
            let mut put = |path: &str, text: &str| {
                write!(files, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
            };
            put(&file(LANES[round % LANES.len()]), &queue_ticket(&id));
            let parent = number.checked_sub(1).map_or(format!("{branch}^0"), at);
            let mut from = format!("from {parent}");
            if number % 3 == 2 {
                let brought = format!("TICKET-brought-{number:03}");
                put(&format!("tickets/queue/{brought}.md"), &queue_ticket(&brought));
                let text = queue_ticket(&brought);
                let path = format!("tickets/queue/{brought}.md");
                let brings = format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
                let old = format!("from {}", at(number - 2));
                commit(2 * number, "refs/heads/side", &old, ["note", &brought], &brings);
                write!(from, "\nmerge :{}", 2 * number).unwrap();
            }
            commit(2 * number + 1, &branch, &from, ["move", &id], &files);
        }
        self.commits += commits;
        let remote = self.sandbox.remote();
        let import = ["fast-import", "--quiet", "--force"];
        remote.git_command(&import).stdin(script).run().success();
        remote.git(&["update-ref", "-d", "refs/heads/side"]);
    }

    fn fetched_by(&self, clone: &Place) {
        clone.git(&["fetch", "-q", "--prune", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
        assert!(self.sandbox.remote().has_ref("refs/heads/main"));
    }
}

/// An answer in which each number of seconds since something is left out: it grows from one call to the next.
fn without_age(answer: &str) -> String {
    let growing = "\"(in_progress_median_s|longest_held_s|blocked_s|seconds)\":[0-9]+";
    Regex::new(growing).unwrap().replace_all(answer, "\"$1\":").into_owned()
}

/// What a page says of the tickets that are done.
fn completed(page: &str) -> String {
    let rows = page.split("<tr>").filter_map(|row| row.split("</tr>").next());
    rows.filter(|row| row.starts_with("<td>TICKET-")).collect()
}

/// All that is said of the history.
fn answers(clone: &Place) -> Vec<String> {
    let ask = |args: &[&str]| {
        let output = clone.tix(args);
        // 1: there is something to say. 4: there is no such ticket.
        assert!(matches!(output.code, Some(0 | 1 | 4)), "{output}");
        format!("{args:?}\n{}{}", output.stdout(), output.stderr())
    };
    let mut answers = vec![
        without_age(&ask(&["report", "--json"])),
        completed(&ask(&["report", "--html", "-"])),
        ask(&["check", "--json"]),
        ask(&["doctor", "--offline", "--json"]),
    ];
    // One that moves, and one that a merge has brought.
    let ids = ["TICKET-h-001", "TICKET-brought-005"];
    answers.extend(ids.map(|id| ask(&["log", id, "--json"])));
    answers
}

fn caches(clone: &Place) -> [PathBuf; 2] {
    ["lives", "log"].map(|name| clone.common_dir().join("tix/cache").join(name))
}

fn forget(clone: &Place) {
    for file in caches(clone) {
        std::fs::remove_file(file).unwrap();
    }
}

/// What is kept gives the answers that are found without it.
#[track_caller]
fn assert_right(clone: &Place) -> Vec<String> {
    let kept = answers(clone);
    assert_eq!(answers(clone), kept);
    forget(clone);
    let anew = answers(clone);
    for (kept, anew) in kept.iter().zip(&anew) {
        assert_eq!(kept, anew);
    }
    anew
}

#[test]
fn what_was_read_of_the_history_is_not_read_again() {
    let trunk = Trunk::with(20);
    let clone = trunk.sandbox.clone_named("a");
    let first = answers(&clone);
    assert!(first.iter().skip(4).all(|log| log.contains("\"operation\":\"")), "{first:#?}");
    let shim = Shim::new(&trunk.sandbox);
    for args in [["report", "--json"].as_slice(), &["log", "TICKET-h-001", "--json"]] {
        let output = clone.tix_command(args).through(&shim).run();
        let said = without_age(&format!("{args:?}\n{}", output.success().stdout()));
        assert!(first.contains(&said), "{said}");
    }
    let walks = |call: &&Call| {
        matches!(call.subcommand.as_str(), "log" | "rev-list")
            && !call.args.iter().any(|arg| arg == "--no-walk=unsorted")
    };
    let calls = shim.calls();
    assert_eq!(
        calls.iter().filter(walks).map(|call| &call.args).collect::<Vec<_>>(),
        [&[""; 0]; 0]
    );
}

/// Merges bring commits that are neither before nor behind others of their second.
#[test]
fn a_trunk_that_went_on_is_told_of_as_if_it_were_read_at_once() {
    let mut trunk = Trunk::with(7);
    let clone = trunk.sandbox.clone_named("a");
    let mut before = assert_right(&clone);
    for more in [1, 1, 1, 2, 5, 12] {
        trunk.grow("main", more);
        trunk.fetched_by(&clone);
        let now = assert_right(&clone);
        assert_ne!(now, before);
        before = now;
    }
    no_leftovers(&clone);
}

#[test]
fn a_kept_history_may_be_missing_damaged_or_impossible() {
    let trunk = Trunk::with(12);
    let clone = trunk.sandbox.clone_named("a");
    let first = answers(&clone);
    for file in caches(&clone) {
        let whole = clone.read_bytes(&file);
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let other = caches(&clone).into_iter().find(|other| *other != file).unwrap();
        let other = clone.read_bytes(other);
        for bytes in [&b""[..], &whole[..11], &whole[..whole.len() - 1], &flipped, &other] {
            clone.write(&file, bytes);
            assert_eq!(answers(&clone), first);
            assert_eq!(clone.read_bytes(&file), whole, "it is written anew");
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert_eq!(answers(&clone), first);
        std::fs::remove_dir(&file).unwrap();
        assert_eq!(answers(&clone), first);
    }
}

#[test]
fn a_history_that_was_rewritten_is_read_anew() {
    let mut trunk = Trunk::with(12);
    let clone = trunk.sandbox.clone_named("a");
    assert_right(&clone);
    let remote = trunk.sandbox.remote();
    // Set back, set aside for something else, and begun anew.
    remote.git(&["update-ref", "refs/heads/main", "main~3"]);
    trunk.fetched_by(&clone);
    assert_right(&clone);
    trunk.grow("main", 4);
    trunk.fetched_by(&clone);
    assert_right(&clone);
    let tree = remote.git(&["rev-parse", "main~2^{tree}"]);
    let root =
        clone.git(&["commit-tree", &tree, "-m", "move: TICKET-h-001\n\nTix-Ticket: TICKET-h-001"]);
    clone.git(&["push", "-q", "--force", "origin", &format!("{root}:refs/heads/main")]);
    trunk.fetched_by(&clone);
    assert_right(&clone);
    // The commit that it was kept up to is not even here any more.
    trunk.grow("main", 2);
    trunk.fetched_by(&clone);
    assert_right(&clone);
    remote.git(&["update-ref", "refs/heads/main", &root]);
    trunk.fetched_by(&clone);
    clone.git(&["reflog", "expire", "--expire=now", "--all"]);
    clone.git(&["update-ref", "refs/heads/main", &root]);
    clone.git(&["gc", "-q", "--prune=now"]);
    assert_right(&clone);
}

/// Where a trunk was is its line of first parents: one that was merged into another was not that other before.
#[test]
fn a_trunk_that_was_merged_into_another_line_is_read_anew() {
    let mut trunk = Trunk::with(10);
    let remote = trunk.sandbox.remote();
    remote.git(&["branch", "other", "main~6"]);
    trunk.grow("other", 3);
    let clone = trunk.sandbox.clone_named("a");
    assert_right(&clone);
    let tree = clone.git(&["rev-parse", "origin/main^{tree}"]);
    let parents = ["-p", "origin/other", "-p", "origin/main", "-m", "the wrong way round"];
    let merge = clone.git(&[&["commit-tree", &tree], parents.as_slice()].concat());
    clone.git(&["push", "-q", "origin", &format!("{merge}:refs/heads/main")]);
    assert_right(&clone);
    trunk.grow("main", 3);
    trunk.fetched_by(&clone);
    assert_right(&clone);
}

#[test]
fn what_was_kept_of_another_trunk_or_directory_is_not_taken_for_this_one() {
    let mut trunk = Trunk::with(9);
    trunk.sandbox.remote().git(&["branch", "other", "main~4"]);
    trunk.grow("other", 3);
    let clone = trunk.sandbox.clone_named("a");
    let of_main = assert_right(&clone);
    let other = clone.env("TIX_TRUNK", "other");
    let of_other = assert_right(&other);
    assert_ne!(of_other, of_main);
    assert_eq!(answers(&clone), of_main);
    assert_eq!(answers(&other), of_other);
    // The same trunk, read with another directory of tickets in which there is one.
    let id = "TICKET-h-000";
    trunk.sandbox.seed(&[(format!("work/queue/{id}.md"), queue_ticket(id))]);
    trunk.fetched_by(&clone);
    let before = assert_right(&clone);
    let elsewhere = clone.env("TIX_TICKETS_DIR", "work");
    let queued = || elsewhere.tix(&["report", "--json"]).success().json()["queued"].clone();
    assert_eq!(queued(), 1);
    assert_eq!(answers(&clone), before);
    assert_eq!(queued(), 1);
}

/// What a part of the history says is neither kept nor believed later.
#[test]
fn a_history_that_is_not_whole_is_read_each_time() {
    let trunk = Trunk::with(12);
    let shallow = trunk.sandbox.shallow_clone("shallow");
    let whole = trunk.sandbox.clone_named("whole");
    let mut part = answers(&shallow);
    for depth in ["3", "8"] {
        shallow.git(&["fetch", "-q", "--depth", depth]);
        let more = answers(&shallow);
        assert_ne!(more, part);
        assert_eq!(answers(&shallow), more);
        part = more;
    }
    assert!(!caches(&shallow).iter().any(|file| file.exists()));
    shallow.git(&["fetch", "-q", "--unshallow"]);
    let all = assert_right(&shallow);
    let logs = |answers: &[String]| answers.iter().skip(4).cloned().collect::<Vec<_>>();
    let without_time = |answers: &[String]| -> Vec<String> {
        logs(answers).iter().map(|log| log.split("\"events\"").skip(1).collect()).collect()
    };
    assert_eq!(without_time(&all), without_time(&assert_right(&whole)));
    // The other way round: what was kept of the whole says nothing of a part.
    shallow.git(&["fetch", "-q", "--depth", "3"]);
    let cut = answers(&shallow);
    assert_ne!(cut, all);
    forget(&shallow);
    assert_eq!(answers(&shallow), cut);
    // A graft gives a commit other parents, and one clone another past.
    let before = answers(&whole);
    let commits = whole.git(&["rev-parse", "origin/main~2", "origin/main~7"]);
    whole.write(whole.common_dir().join("info/grafts"), commits.replace('\n', " ") + "\n");
    let grafted = answers(&whole);
    assert_ne!(grafted, before);
    forget(&whole);
    assert_eq!(answers(&whole), grafted);
}

#[test]
fn a_replaced_commit_changes_no_answer() {
    let trunk = Trunk::with(9);
    let clone = trunk.sandbox.clone_named("a");
    let before = assert_right(&clone);
    clone.git(&["replace", "--graft", "origin/main~1", "origin/main~5"]);
    assert_eq!(assert_right(&clone), before);
}

#[test]
fn many_may_read_the_history_for_the_first_time_at_once() {
    let mut trunk = Trunk::with(40);
    let clone = trunk.sandbox.clone_named("a");
    for more in [0, 3] {
        trunk.grow("main", more);
        trunk.fetched_by(&clone);
        let questions = [["report", "--json"].as_slice(), &["log", "TICKET-h-001", "--json"]];
        let run = |number: usize| clone.tix_command(questions[number % 2]);
        let outputs = together(&trunk.sandbox, (0..6).map(run).collect());
        assert_eq!(codes(&outputs), [0; 6], "{outputs:?}");
        let said = |output: &Output| without_age(output.success().stdout());
        let expected = questions.map(|args| said(&clone.tix(args)));
        for (number, output) in outputs.iter().enumerate() {
            assert_eq!(said(output), expected[number % 2]);
        }
        assert_right(&clone);
    }
    no_leftovers(&clone);
}
