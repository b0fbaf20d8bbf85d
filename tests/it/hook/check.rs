//! `tix check`: which commits broke the rule.

use super::{ACTIVE, ID, QUEUED, project, ticket};
use crate::harness::{Call, Output, Place, Sandbox, Shim};

fn subjects(output: &Output) -> Vec<String> {
    let json = output.json();
    assert_eq!(json["schema"], "tix/check@1");
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(json["total"], findings.len());
    findings.iter().map(|f| f["subject"].as_str().unwrap().to_owned()).collect()
}

fn check(place: &Place, range: &[&str]) -> Output {
    place.tix(&[&["check", "--json"], range].concat())
}

/// A trunk with a bit of everything: from before the tickets, by tix, by hand, and by pull requests of three kinds.
fn history() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "1\n")]);
    sandbox.seed(&[("src/main.rs", "2\n")]);
    sandbox.seed(&[(QUEUED, ticket("open")), ("README.md", "adopted\n".to_owned())]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    clone.git(&["pull", "-q"]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("inside of a pull request", &[("src/pr.rs", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request", "work"]);
    // The squash of a ticket branch: code, and the ticket completed.
    clone.git(&["rm", "-q", ACTIVE]);
    clone.write("tickets/completed/TICKET-foo-001/TICKET-foo-001.md", ticket("approved"));
    clone.write("src/feature.rs", "x\n");
    clone.git(&["add", "."]);
    clone.git(&["commit", "-qm", "Squash of a ticket"]);
    clone.git(&["push", "-q"]);
    (sandbox, clone)
}

#[test]
fn a_history_of_merges_ticket_commits_and_squashed_tickets_is_fine() {
    let (_sandbox, clone) = history();
    let output = check(&clone, &[]);
    assert_eq!(subjects(output.success()), [""; 0]);
    assert_eq!(output.json()["range"], "origin/main");
    // The claim, the merge, the squash; not what is older than the tickets, nor what a merge brought.
    assert_eq!(output.json()["checked"], 3);
    let text = clone.tix(&["check"]);
    assert_eq!(text.success().stderr(), "3 commits of origin/main checked: none broke the rule\n");
}

#[test]
fn every_commit_that_broke_the_rule_is_found_with_its_paths() {
    let (_sandbox, clone) = history();
    clone.commit("Code by hand", &[("src/hand.rs", "x\n")]);
    clone.git(&["switch", "-q", "-c", "more", "HEAD~1"]);
    clone.commit("not first parent", &[("src/more.rs", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["merge", "-q", "--no-ff", "--no-commit", "more"]);
    clone.write("src/evil.rs", "x\n");
    clone.git(&["add", "."]);
    clone.git(&["commit", "-qm", "Merge with a surprise"]);
    clone.git(&["commit", "-q", "--allow-empty", "-m", "Empty"]);
    let before = clone.git(&["rev-parse", "origin/main"]);
    // Not published: judged as the push would be, commit by commit.
    let all = ["Empty", "Merge with a surprise", "not first parent", "Code by hand"];
    let output = check(&clone, &[]);
    let mut found = subjects(output.exits(1));
    found.sort();
    let mut expected = all.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(output.json()["range"], "origin/main..main");
    // Published: what the branch was at.
    clone.git(&["push", "-q"]);
    let at = ["Empty", "Merge with a surprise", "Code by hand"];
    assert_eq!(subjects(check(&clone, &[]).exits(1)), at);
    assert_eq!(subjects(check(&clone, &[&format!("{before}..main")]).exits(1)), at);
    assert_eq!(subjects(check(&clone, &["main~1..main"]).exits(1)), ["Empty"]);
    let output = clone.tix(&["check"]);
    insta::assert_snapshot!(output.exits(1).redacted(), @"
    exit: 1
    ----- stdout -----
    [OID] Empty
        the commit is empty
    [OID] Merge with a surprise
        src/evil.rs is outside the ticket lanes
    [OID] Code by hand
        src/hand.rs is outside the ticket lanes
    ----- stderr -----
    3 of 6 commits of origin/main broke the rule
    ");
}

/// A ticket that is claimed, worked on and completed on its branch, which a rebase then puts on main; before it stands a commit by
/// hand, if one is wanted.
fn rebased(by_hand: bool) -> (Sandbox, Place) {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(crate::activate::workspace(&clone, ID));
    there.commit("one", &[("src/one.rs", "x\n")]);
    there.git(&["push", "-q"]);
    clone.tix(&["tick", ID, "1", "2"]).success();
    there.commit("two", &[("src/two.rs", "x\n")]);
    there.tix(&["complete"]).success();
    clone.git(&["pull", "-q"]);
    if by_hand {
        clone.commit("Code by hand", &[("src/hand.rs", "x\n")]);
    }
    clone.git(&["push", "-q"]);
    clone.tix(&["new", "Another"]).success();
    clone.git(&["pull", "-q"]);
    let run = format!("git cherry-pick $(git merge-base main ticket/{ID})..ticket/{ID}");
    clone.sh(&run).run().success();
    clone.git(&["push", "-q"]);
    (sandbox, clone)
}

#[test]
fn a_ticket_branch_that_was_rebased_is_that_tickets_work() {
    for by_hand in [false, true] {
        let (_sandbox, clone) = rebased(by_hand);
        let found = if by_hand { vec!["Code by hand"] } else { Vec::new() };
        assert_eq!(subjects(&check(&clone, &[])), found);
        // Of a part of the run as of all of it.
        assert_eq!(subjects(&check(&clone, &["main~1..main"])), [""; 0]);
        assert_eq!(subjects(&check(&clone, &["main~3..main"])), [""; 0]);
        // Code that comes after it is nobody's work on it.
        clone.commit("Later", &[("src/later.rs", "x\n")]);
        clone.git(&["push", "-q"]);
        assert_eq!(subjects(&check(&clone, &["main~1..main"])), ["Later"]);
        let doctor = clone.tix(&["doctor", "--json"]).json();
        let findings = doctor["findings"].as_array().unwrap();
        let code = findings.iter().find(|f| f["check"] == "code-on-trunk").unwrap();
        let count = if by_hand { "2 commits" } else { "1 commit" };
        assert!(code["message"].as_str().unwrap().starts_with(count), "{code}");
    }
}

/// Where progress is on the trunk, code between the claim and the completion is nobody's work, whatever the branch holds.
#[test]
fn with_progress_on_the_trunk_no_completion_covers_code_that_was_pushed_to_it() {
    for settings in ["record: trunk\n", "trunk: tickets\nbase: main\n"] {
        let sandbox = project();
        sandbox.seed(&[(".tix.yaml", settings.to_owned())]);
        let clone = sandbox.clone_named("a");
        let trunk = if settings.starts_with("trunk") { "tickets" } else { "main" };
        if trunk == "tickets" {
            // As `tix init` makes it: without code, and without the settings, which are with the code.
            clone.git(&["switch", "-q", "--orphan", "tickets"]);
            clone.git(&["checkout", "-q", "main", "--", "tickets"]);
            clone.git(&["commit", "-qm", "tickets"]);
            clone.git(&["push", "-q", "-u", "origin", "tickets"]);
        }
        clone.tix(&["activate", ID]).success();
        clone.git(&["pull", "-q"]);
        clone.commit("Code by hand", &[("src/hand.rs", "x\n")]);
        clone.git(&["push", "-q"]);
        let there = clone.at(crate::activate::workspace(&clone, ID));
        there.commit("one", &[("src/one.rs", "x\n")]);
        there.tix(&["tick", "1", "2"]).success();
        there.tix(&["complete"]).success();
        clone.git(&["fetch", "-q"]);
        let range = format!("origin/{trunk}~4..origin/{trunk}");
        assert_eq!(subjects(&check(&clone, &[&range])), ["Code by hand"], "{settings}");
        assert_eq!(subjects(&check(&clone, &[])), ["Code by hand"], "{settings}");
    }
}

/// As on README's day with a note: the branch has a merge of what was written to it from elsewhere, and is fast-forwarded to.
#[test]
fn a_merge_in_the_run_of_a_ticket_is_its_work_if_it_is_of_its_branch() {
    for foreign in [false, true] {
        let sandbox = project();
        let clone = sandbox.clone_named("a");
        clone.tix(&["activate", ID]).success();
        let there = clone.at(crate::activate::workspace(&clone, ID));
        there.tix(&["tick", "1", "2"]).success();
        there.commit("one", &[("src/one.rs", "x\n")]);
        there.tix(&["note", "half way"]).success();
        if foreign {
            there.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
            there.commit("two", &[("src/two.rs", "x\n")]);
            there.git(&["checkout", "-q", &format!("ticket/{ID}")]);
            there.git(&["merge", "-q", "--no-ff", "-m", "Merge something else", "side"]);
        }
        there.tix(&["complete"]).success();
        clone.git(&["pull", "-q"]);
        clone.git(&["merge", "-q", "--ff-only", &format!("origin/ticket/{ID}")]);
        clone.git(&["push", "-q"]);
        let found = if foreign { vec!["one"] } else { Vec::new() };
        assert_eq!(subjects(&check(&clone, &[])), found);
        let doctor = clone.tix(&["doctor", "--json"]).json();
        let findings = doctor["findings"].as_array().unwrap();
        assert_eq!(findings.iter().any(|f| f["check"] == "code-on-trunk"), foreign, "{doctor}");
    }
}

#[test]
fn a_team_that_squashes_or_rebases_says_so_and_no_push_is_judged_by_it() {
    for way in ["squash", "rebase"] {
        let (sandbox, clone) = rebased(true);
        sandbox.seed(&[(".tix.yaml", format!("check: {way}\n"))]);
        clone.git(&["pull", "-q", "--rebase"]);
        assert_eq!(subjects(check(&clone, &[]).success()), [""; 0]);
        let doctor = clone.tix(&["doctor", "--json"]).json();
        let findings = doctor["findings"].as_array().unwrap();
        assert!(findings.iter().all(|f| f["check"] != "code-on-trunk"), "{doctor}");
        // What is wrong with tickets is told all the same, and so is what was not pushed yet.
        clone.tix(&["hook", "install"]).success();
        clone.sh("git rm -q tickets/queue/TICKET-another-001.md && echo x >more && git add . && git commit -qnm Vanished").run().success();
        let output = check(&clone, &[]);
        assert_eq!(subjects(output.exits(1)), ["Vanished"]);
        assert!(clone.git_command(&["push", "-q"]).run().code != Some(0));
        clone.git(&["push", "-q", "--no-verify"]);
        assert_eq!(subjects(check(&clone, &[]).exits(1)), ["Vanished"]);
        clone.sh("echo x >code && git add . && git commit -qnm Code").run().success();
        assert_eq!(subjects(check(&clone, &[]).exits(1)), ["Code"]);
        assert!(clone.git_command(&["push", "-q"]).run().code != Some(0));
    }
}

/// A stream for `git fast-import` that puts commits on the remote's main: two of code, and so many of a ticket behind
/// them that the newer of the two is the 200th from the end. One of them merges a branch with commits of its own, which
/// main was never at.
fn long_history(sandbox: &Sandbox) {
    let mut stream = String::new();
    let mut commit = |branch: &str, subject: &str, from: &str, path: &str, text: &str| {
        let (subject_length, length) = (subject.len(), text.len());
        stream.push_str(&format!(
            "commit refs/heads/{branch}\ncommitter A <a@example.org> 1700000000 +0000\n\
             data {subject_length}\n{subject}\n{from}M 100644 inline {path}\ndata {length}\n{text}\n"
        ));
    };
    let first = "from refs/heads/main^0\n";
    commit("side", "of the side", first, "src/side.rs", "1");
    commit("side", "of the side too", "", "src/side.rs", "2");
    commit("main", "code, the 201st", first, "src/a.rs", "x");
    commit("main", "code, the 200th", "", "src/b.rs", "x");
    for number in 2..200 {
        let text = format!("{}\nAnd {number}.\n", ticket("open"));
        commit("main", "a ticket", "", QUEUED, &text);
    }
    commit("main", "merge", "merge refs/heads/side\n", "src/side.rs", "2");
    sandbox.remote().git_command(&["fast-import", "--quiet"]).stdin(stream).run().success();
}

#[test]
fn without_a_range_it_judges_what_is_not_published_or_else_the_last_200_of_the_trunk() {
    let sandbox = project();
    long_history(&sandbox);
    let clone = sandbox.clone_named("a");
    let judged = |range: &[&str]| {
        let output = check(&clone, range);
        let json = output.json();
        let (range, checked) = (json["range"].as_str().unwrap(), json["checked"].as_u64().unwrap());
        (range.to_owned(), checked, subjects(&output))
    };
    let told = |range: &str, checked: u64, subjects: &[&str]| {
        (range.to_owned(), checked, subjects.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(judged(&[]), told("origin/main", 200, &["code, the 200th"]));
    // What is checked out, and where main is here, has no say in it.
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.git(&["branch", "-q", "-D", "main"]);
    assert_eq!(judged(&[]), told("origin/main", 200, &["code, the 200th"]));
    clone.git(&["switch", "-q", "main"]);
    // What a range is judged by is the same, however long it is.
    let both = ["code, the 200th", "code, the 201st"];
    assert_eq!(judged(&["main"]), told("main", 201, &both));
    assert_eq!(judged(&["main~199..main"]), told("main~199..main", 199, &[]));
    // Not published: that alone, and every commit of it.
    clone.commit("a ticket here", &[(QUEUED, &ticket("draft"))]);
    assert_eq!(judged(&[]), told("origin/main..main", 1, &[]));
    clone.commit("code here", &[("src/here.rs", "x\n")]);
    assert_eq!(judged(&[]), told("origin/main..main", 2, &["code here"]));
    clone.git(&["switch", "-q", "-c", "side", "origin/main"]);
    clone.commit("code beside", &[("src/beside.rs", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "merge here", "side"]);
    let (_, checked, mut found) = judged(&[]);
    found.sort();
    assert_eq!((checked, found), (4, vec!["code beside".to_owned(), "code here".to_owned()]));
}

#[test]
fn it_reads_no_more_of_a_long_history_than_it_judges() {
    let sandbox = project();
    long_history(&sandbox);
    let clone = sandbox.clone_named("a");
    for (range, bound) in [([].as_slice(), "--max-count="), (&["main~9..main"], "main~9..main")] {
        let shim = Shim::new(&sandbox);
        let args = [&["check"], range].concat();
        assert!(matches!(clone.tix_command(&args).through(&shim).run().code, Some(0 | 1)));
        let is_walk = |call: &Call| ["log", "rev-list"].contains(&&*call.subcommand);
        // What a push would bring ends at what is published.
        let beyond = |call: &Call| call.args.windows(2).any(|a| a[0] == "--not" && a[1] != "--");
        let is_bound = |call: &Call| call.args.iter().any(|arg| arg.contains(bound));
        let calls: Vec<Call> = shim.calls().into_iter().filter(is_walk).collect();
        assert!(calls.iter().any(is_bound), "{calls:#?}");
        assert!(calls.iter().all(|call| is_bound(call) || beyond(call)), "{calls:#?}");
    }
}

/// The first ticket is what a history is judged from, whether it is still there or not.
#[test]
fn tickets_that_were_away_for_a_while_do_not_begin_anew() {
    let (_sandbox, clone) = history();
    clone.git(&["rm", "-q", "-r", "tickets"]);
    clone.git(&["commit", "-qm", "Away"]);
    clone.commit("Code by hand", &[("src/hand.rs", "x\n")]);
    clone.commit("Back", &[(QUEUED, &ticket("open"))]);
    clone.git(&["push", "-q"]);
    assert_eq!(subjects(check(&clone, &["main~2..main"]).exits(1)), ["Code by hand"]);
    assert_eq!(subjects(check(&clone, &["main~1..main"]).success()), [""; 0]);
}

#[test]
fn ranges_that_mean_nothing_and_places_without_tickets_are_told() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    for range in ["nowhere", "main..nowhere", "--all", "-x"] {
        let output = clone.tix(&["check", "--", range]);
        assert!(output.exits(2).stderr().contains("names no commits here"), "{output}");
    }
    clone.tix(&["check", "HEAD~0..HEAD"]).success();
    let sandbox = Sandbox::new();
    sandbox.seed(&[("x", "x\n")]);
    let output = sandbox.clone_named("b").tix(&["check"]);
    assert!(output.exits(5).stderr().contains("there are no tickets here"), "{output}");
}

#[test]
fn it_looks_at_a_shallow_clone_and_at_a_server_as_far_as_they_go() {
    let (sandbox, clone) = history();
    clone.commit("Code by hand", &[("src/hand.rs", "x\n")]);
    clone.git(&["push", "-q"]);
    sandbox.shallow_clone("shallow").tix(&["check"]).success();
    assert_eq!(subjects(check(&sandbox.remote(), &[]).exits(1)), ["Code by hand"]);
    let local = sandbox.local_repository("local");
    assert_eq!(subjects(check(&local, &[]).exits(1)), ["Code by hand"]);
}
