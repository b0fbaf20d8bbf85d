use super::{ID, assert_found, edit, healthy};
use crate::activate::{claim_of, workspace};
use crate::harness::{Place, Sandbox, Ticket, Untouched};

const BRANCH: &str = "ticket/TICKET-foo-001";

fn held() -> (Sandbox, Place) {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    (sandbox, clone)
}

/// Work on the ticket, pushed.
fn work(clone: &Place) -> Place {
    let there = clone.at(workspace(clone, ID));
    there.commit("work", &[("src/lib.rs", "// work\n")]);
    there.git(&["push", "-q"]);
    there
}

#[test]
fn a_branch_that_was_deleted_is_missed_by_everybody_until_the_ticket_is_given_back() {
    let (sandbox, clone) = held();
    let other = sandbox.clone_named("b");
    sandbox.remote().git(&["branch", "-D", BRANCH]);
    let missing = ["warning claim-without-branch TICKET-foo-001"];
    let report = assert_found(&clone, &missing);
    assert_eq!(report["findings"][0]["repairs"][1]["command"], "tix release TICKET-foo-001");
    assert_found(&other, &missing);
    // What was last fetched cannot tell.
    other.tix(&["doctor", "--offline", "--json"]).success();
    clone.tix(&["release", ID]).success();
    assert_found(&clone, &[]);
}

#[test]
fn a_workspace_that_was_removed_by_hand_is_made_again() {
    let (_sandbox, clone) = held();
    std::fs::remove_dir_all(workspace(&clone, ID)).unwrap();
    let report = assert_found(&clone, &["warning claim-without-workspace TICKET-foo-001"]);
    let repair = report["findings"][0]["repairs"][0]["command"].as_str().unwrap();
    let words: Vec<&str> = repair.split(' ').skip(1).collect();
    clone.tix(&words).success();
    assert_found(&clone, &[]);
}

#[test]
fn a_workspace_without_a_claim_goes_only_when_nothing_is_lost_with_it() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.write("precious.txt", "mine\n");
    // The same person gives it back from another machine.
    sandbox.clone_named("b").tix(&["release", ID, "--claim", &claim_of(&sandbox)]).success();
    let left = ["warning workspace-without-claim TICKET-foo-001"];
    let report = assert_found(&clone, &left);
    assert_eq!(report["findings"][0]["fixable"], true);
    let before = Untouched::of(&there);
    let output = clone.tix(&["doctor", "--fix", "--json"]);
    let fixed = &output.success().json()["fixed"][0];
    assert_eq!(fixed["done"], false, "{output}");
    assert!(fixed["notes"][0].as_str().unwrap().contains("uncommitted changes"));
    before.assert_same(&there);
    std::fs::remove_file(there.path().join("precious.txt")).unwrap();
    let output = clone.tix(&["doctor", "--fix", "--json"]);
    assert_eq!(output.success().json()["fixed"][0]["done"], true, "{output}");
    assert!(!there.path().exists() && !clone.has_ref(&format!("refs/heads/{BRANCH}")));
    assert_found(&clone, &[]);
}

#[test]
fn work_that_has_landed_of_a_ticket_that_has_not_is_found_after_a_merge_and_after_a_squash() {
    // A squash cannot be told from code that somebody committed on the trunk, until its ticket is completed there.
    let squashed = ["info code-on-trunk -"];
    let ways: [(&[&str], &[&str]); 2] = [
        (&["merge", "-q", "--no-edit", "--no-ff"], &[]),
        (&["merge", "-q", "--squash"], &squashed),
    ];
    for (how, code) in ways {
        let (sandbox, clone) = held();
        work(&clone);
        let hand = sandbox.clone_named("hand");
        assert_found(&hand, &[]);
        hand.git(&[how, &[&format!("origin/{BRANCH}")]].concat());
        hand.try_git(&["commit", "-q", "-m", "land"]).code.unwrap();
        hand.git(&["push", "-q"]);
        let merged = ["warning active-but-merged TICKET-foo-001"];
        let report = assert_found(&hand, &[&merged, code].concat());
        let repair = report["findings"][0]["repairs"][1]["command"].as_str().unwrap();
        hand.sh(repair).run().success();
        let path = format!("tickets/completed/{ID}/{ID}.md");
        let text = hand.read(&path).replace("status: in_progress", "status: approved");
        edit(&hand, &[(&path, Some(text))]);
        assert_found(&hand, &[]);
        let left = ["info workspace-without-claim TICKET-foo-001"];
        let calm = assert_found(&clone, &left);
        assert_eq!(calm["healthy"], true);
    }
}

#[test]
fn a_claim_on_which_nothing_happens_is_stale_until_something_does() {
    let sandbox = healthy();
    let ticket = Ticket::new("TICKET-slow-001")
        .key("status", "in_progress")
        .key("claimed_by", "Bob Example <bob@example.org>")
        .key("claimed_at", "2025-12-04T12:00:00Z")
        .key("claim_id", "0123abcd-4567");
    sandbox.seed(&[("tickets/active/TICKET-slow-001/TICKET-slow-001.md", ticket.text())]);
    let hand = sandbox.clone_named("hand");
    hand.git(&["push", "-q", "origin", "HEAD:refs/heads/ticket/TICKET-slow-001"]);
    let clone = sandbox.clone_named("a");
    let report = assert_found(&clone, &["warning stale-claim TICKET-slow-001"]);
    assert_eq!(report["findings"][0]["facts"]["held by"], "Bob Example <bob@example.org>");
    hand.git(&["commit", "-q", "--allow-empty", "-m", "at it again"]);
    hand.git(&["push", "-q", "origin", "HEAD:refs/heads/ticket/TICKET-slow-001"]);
    assert_found(&clone, &[]);
}

#[test]
fn an_approval_is_outdated_once_other_work_follows_and_not_by_what_tix_writes() {
    let sandbox = healthy();
    sandbox.seed(&[(".tix.yaml", "review: [critic_review]\n")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let there = work(&clone);
    there.tix(&["submit"]).success();
    let bob = sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org");
    bob.tix(&["review", ID, "--approve"]).success();
    clone.tix(&["note", ID, "approved, at last"]).success();
    assert_found(&clone, &[]);
    let more = || {
        there.git(&["pull", "-q", "--rebase"]);
        there.git(&["commit", "-q", "--allow-empty", "-m", "nothing"]);
        let text = there.read("src/lib.rs");
        there.commit("more", &[("src/lib.rs", &format!("{text}// more\n"))]);
        there.git(&["push", "-q"]);
        let report = assert_found(&clone, &["warning approval-outdated TICKET-foo-001"]);
        let repairs = report["findings"][0]["repairs"].as_array().unwrap().clone();
        move |at: usize| repairs[at]["command"].as_str().unwrap().to_owned()
    };
    let words = |repair: &str| repair.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
    let run = |place: &Place, repair: &str| {
        let words = words(repair);
        place.tix(&words.iter().map(String::as_str).collect::<Vec<_>>()).success();
        assert_found(&clone, &[]);
    };
    let repair = more();
    clone.sh(&repair(1)).run().success();
    run(&bob, &repair(2));
    run(&there, &more()(0));
}

#[test]
fn a_repository_that_was_moved_is_joined_again_with_its_workspaces() {
    // Alone; with its workspaces, and under another name than they were made for.
    for (to, with) in [("moved", false), ("elsewhere/a", true), ("elsewhere/b", true)] {
        let (sandbox, clone) = held();
        let mut there = clone.at(workspace(&clone, ID));
        let moved = Place::new(sandbox.shared(), sandbox.root().join(to));
        std::fs::create_dir_all(moved.path().parent().unwrap()).unwrap();
        std::fs::rename(clone.path(), moved.path()).unwrap();
        if with {
            let all = moved.path().with_file_name("a.worktrees");
            std::fs::rename(there.path().parent().unwrap(), &all).unwrap();
            there = moved.at(all.join(ID));
        }
        let report = assert_found(&moved, &["warning claim-without-workspace TICKET-foo-001"]);
        let finding = &report["findings"][0];
        let message = finding["message"].as_str().unwrap();
        assert!(message.contains("the repository was moved"), "{report}");
        let repair = finding["repairs"][0]["command"].as_str().unwrap();
        let resume = ["activate", ID, "--resume"];
        if to != "elsewhere/b" {
            let refused = moved.tix(&resume);
            assert!(refused.exits(5).stderr().contains(repair), "{refused}");
        }
        moved.sh(repair).run().success();
        assert_found(&moved, &[]);
        assert_eq!(there.git(&["status", "--porcelain"]), "");
        moved.tix(&resume).success();
    }
}

#[test]
fn a_copy_of_a_clone_leaves_the_workspaces_of_the_other_to_it() {
    let (_sandbox, clone) = held();
    clone.sh("cp -a . ../copy").run().success();
    let copy = clone.at("../copy");
    let output = copy.tix(&["doctor"]);
    assert!(!output.success().stdout().contains("worktree repair"), "{output}");
    assert!(!output.stdout().contains("was moved"), "{output}");
}
