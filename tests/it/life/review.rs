//! Submitting and reviewing: what is said is bound to a commit.

use super::{ACTIVE, BRANCH, ID, bob, entries, held_with, story, text, value, work};
use crate::activate::{fact, hints};
use crate::harness::{Do, On, Output, Shim};

const STAGES: &str = "review: [critic_review, expediter_review]\n";

fn outcome(output: &Output) -> String {
    output.success().json()["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn work_goes_through_all_stages_and_back() {
    let (sandbox, ada, there) = held_with(STAGES);
    let (critic, expediter) = (bob(&sandbox).env("TIX_ACTOR", "carol"), bob_again(&sandbox));
    work(&there, "work.txt");
    let submitted = there.git(&["rev-parse", "HEAD"]);
    insta::assert_snapshot!(there.at("src").tix(&["submit"]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is at critic_review
    next:
      tix review TICKET-foo-001 --approve
    ----- stderr -----
    ");
    let now = text(&sandbox, BRANCH, ACTIVE);
    assert_eq!(value(&now, "submitted").unwrap(), submitted);
    critic
        .tix(&["review", ID, "--request-changes", "--notes", "what of the door?\nand the key"])
        .success();
    ada.tix(&["note", ID, "the door is done"]).success();
    let status = there.tix(&["status"]).success().stdout().to_owned();
    assert!(status.contains("and the key\ncommit the changes, then: tix submit\n"), "{status}");
    work(&there, "door.txt");
    there.tix(&["submit"]).success();
    critic.tix(&["review", ID, "--approve"]).success();
    expediter.tix(&["review", ID, "--approve", "--stage", "expediter_review"]).success();
    let listed =
        || ada.tix(&["list", "--fetch", "--columns", "status"]).success().stdout().to_owned();
    assert_eq!(listed(), "approved\n");
    there.tix(&["complete"]).success();
    assert_eq!(listed(), "completed\n");
    let now = text(&sandbox, BRANCH, super::COMPLETED);
    insta::assert_snapshot!(entries(&now).join("\n"), @"
    Creator: created
    Creator: activated
    Creator: submitted
    Critic: changes_requested
    Creator: note
    Creator: submitted
    Critic: approved
    Expediter: approved
    Creator: completed
    ");
    insta::assert_snapshot!(story(&sandbox, BRANCH), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    add work.txt
    submit: TICKET-foo-001
    review: TICKET-foo-001 (changes_requested)
    note: TICKET-foo-001
    add door.txt
    submit: TICKET-foo-001
    review: TICKET-foo-001 (approved)
    review: TICKET-foo-001 (approved)
    complete: TICKET-foo-001
    ");
    let message = sandbox.remote().git(&["log", "-1", "--format=%B", "--grep=review:", BRANCH]);
    let tip = sandbox.remote().git(&["log", "-1", "--format=%P", "--grep=review:", BRANCH]);
    assert!(message.contains(&format!("Tix-Commit: {tip}")), "{message}");
}

#[test]
fn what_a_review_asks_for_is_shown_until_the_work_has_changed() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    let bob = bob(&sandbox);
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--request-changes", "--reason", "what of the door?\nand the key"])
        .success();
    ada.tix(&["note", ID, "what door?"]).success();
    let status = there.tix(&["status"]);
    let told = "changes requested:\n  what of the door?\n  and the key\n";
    assert!(status.success().stdout().contains(told), "{status}");
    let again = there.tix(&["submit", "--json"]);
    assert!(hints(again.exits(5)).contains("tix status"), "{again}");
    there.tix(&["submit", "--anyway"]).success();
    bob.tix(&["review", ID, "--request-changes", "--notes", "the door"]).success();
    work(&there, "door.txt");
    there.tix(&["submit"]).success();
    let status = there.tix(&["status", "--json"]).success().json();
    assert_eq!(status["changes_requested"], serde_json::json!([]));
    bob.tix(&["review", ID, "--approve"]).success();
    ada.git(&["fetch", "-q"]);
    let list = ada.tix(&["list", "--lane", "active"]);
    assert!(list.success().stdout().contains("approved"), "{list}");
}

fn bob_again(sandbox: &crate::harness::Sandbox) -> crate::harness::Place {
    sandbox.clone_named("c").on_machine("third").as_person("Bob", "bob@example.org")
}

#[test]
fn an_approval_is_void_when_the_branch_has_moved_and_not_when_tix_wrote_to_it() {
    let (sandbox, ada, there) = held_with("review: critic_review\n");
    let bob = bob(&sandbox);
    work(&there, "work.txt");
    // What is missing is the review alone: it is asked for, or waited for.
    let missing = |hint: &str| {
        let refused = there.tix(&["complete", "--json"]);
        assert_eq!(hints(refused.exits(5)), hint, "{refused}");
    };
    missing(&format!("hand in what is on the branch for review: tix submit {ID}"));
    there.tix(&["submit"]).success();
    missing(&format!("it waits for critic_review to review it: tix status {ID}"));
    bob.tix(&["review", ID, "--approve"]).success();
    let approved = sandbox.remote().git(&["rev-parse", &format!("{BRANCH}^")]);
    ada.tix(&["note", ID, "approved, at last"]).success();
    work(&there, "more.txt");
    let output = there.tix(&["complete", "--json"]);
    assert!(fact(output.exits(5), "review").contains(&approved[..10]), "{output}");
    missing(&format!("hand in what is on the branch for review: tix submit {ID}"));
    // Nobody can say yes to what was not submitted, unless they say that they have seen it.
    let unseen = bob.tix(&["review", ID, "--approve", "--json"]);
    assert!(hints(unseen.exits(5)).contains("tix submit"), "{unseen}");
    there.tix(&["submit"]).success();
    assert_eq!(value(&text(&sandbox, BRANCH, ACTIVE), "approvals"), None);
    work(&there, "and more.txt");
    let tip = there.git(&["rev-parse", "HEAD"]);
    bob.tix(&["review", ID, "--approve"]).exits(5);
    bob.tix(&["review", ID, "--approve", "--commit", &approved]).exits(5);
    bob.tix(&["review", ID, "--approve", "--commit", "HEAD"]).exits(2);
    bob.tix(&["review", ID, "--approve", "--commit", &tip]).success();
    ada.tix(&["note", ID, "once more"]).success();
    there.tix(&["complete"]).success();
}

#[test]
fn nobody_reviews_their_own_work_unless_the_team_allows_it() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    let output = ada.tix(&["review", ID, "--approve"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: Ada Example <ada@example.org> holds TICKET-foo-001, and nobody reviews their own work
    hint: somebody else can approve it: tix review TICKET-foo-001 --approve
    hint: to allow it, set `review.self: true` in the team's .tix.yaml
    ");
    ada.tix(&["review", ID, "--request-changes"]).exits(5);
    // Nobody allows it for themselves, or does without a review.
    ada.env("TIX_REVIEW_SELF", "true").tix(&["review", ID, "--approve"]).exits(5);
    for args in [["review", ""], ["review.self", "true"]] {
        let output = ada.tix(&["config", "set", args[0], args[1]]);
        assert!(output.exits(5).stderr().contains("a setting of the whole team"), "{output}");
    }
    let shared = "review: [critic_review]\nreview.self: true\n";
    sandbox.seed(&[(".tix.yaml", shared.to_owned())]);
    ada.tix(&["review", ID, "--approve"]).success();
    there.tix(&["complete"]).success();
}

#[test]
fn an_approval_names_the_stage_after_it() {
    let (sandbox, _, there) = held_with(STAGES);
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    let told = bob(&sandbox).tix(&["review", ID, "--approve"]);
    let words = "is approved by you, and waits for expediter_review\n";
    assert!(told.success().stdout().contains(words), "{told}");
}

#[test]
fn what_is_said_twice_is_said_once() {
    let (sandbox, _, there) = held_with(STAGES);
    let bob = bob(&sandbox);
    work(&there, "work.txt");
    let submit = || outcome(&there.tix(&["submit", "--json"]));
    assert_eq!([submit(), submit()], ["submitted", "already"]);
    let approve = |stage: &[&str]| {
        outcome(&bob.tix(&[&["review", ID, "--approve", "--json"], stage].concat()))
    };
    assert_eq!([approve(&[]), approve(&[])], ["approved", "already"]);
    // One person speaks for the second stage too only by saying so.
    let again = bob.tix(&["review", ID, "--approve"]);
    let hint = "tix review TICKET-foo-001 --approve --stage expediter_review\n";
    assert!(again.success().stdout().ends_with(hint), "{again}");
    there.tix(&["complete"]).exits(5);
    assert_eq!(approve(&["--stage", "expediter_review"]), "approved");
    there.tix(&["complete"]).success();
}

#[test]
fn submit_wants_everything_committed_and_pushes_it() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    there.write("staged.txt", "1\n");
    there.git(&["add", "staged.txt"]);
    there.write("src/main.rs", "fn main() { x() }\n");
    there.write("new.txt", "1\n");
    let output = ada.tix(&["submit", ID]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace of TICKET-foo-001 has uncommitted changes
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      staged     staged.txt
      changed    src/main.rs
      untracked  new.txt
    hint: look at them: git -C '[ROOT]/a.worktrees/TICKET-foo-001' status
    hint: commit what belongs to the ticket, and let git ignore the rest
    ");
    there.git(&["add", "src", "new.txt"]);
    there.git(&["commit", "-q", "-m", "work"]);
    sandbox.clone_named("c").tix(&["note", ID, "from elsewhere"]).success();
    let output = there.tix(&["submit"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is at critic_review
      1 commit was pushed to origin
    next:
      tix review TICKET-foo-001 --approve
    ----- stderr -----
    ");
    // Work that was sent back has changed when there is a commit, pushed or not.
    bob(&sandbox).tix(&["review", ID, "--request-changes", "--reason", "a bug"]).success();
    assert!(there.tix(&["submit"]).exits(5).stderr().contains("--anyway"));
    there.git(&["pull", "-q"]);
    there.commit("mend it", &[("new.txt", "2\n")]);
    there.tix(&["submit"]).success();
    assert_eq!(sandbox.remote().show(BRANCH, "new.txt"), b"2\n");
    assert_eq!(value(&text(&sandbox, BRANCH, ACTIVE), "status").unwrap(), "critic_review");
}

#[test]
fn without_stages_there_is_nothing_to_submit_to() {
    let (sandbox, ada, there) = held_with("");
    let output = there.tix(&["submit"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 cannot be submitted: this repository has no review stages
      legal now  note, edit, set, tick, block, release, handoff, complete, close
    hint: complete it without a review: tix complete TICKET-foo-001
    ");
    ada.tix(&["review", ID, "--approve"]).exits(5);
    ada.tix(&["review", ID]).exits(2);
    let bob = bob(&sandbox);
    bob.tix(&["submit", ID]).exits(5);
}

#[test]
fn a_push_between_the_look_and_the_approval_is_not_approved() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    let bob = bob(&sandbox);
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    there.commit("sneaky", &[("more.txt", "1\n")]);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(there.git_command(&["push", "-q"])));
    let output = bob.tix_command(&["review", ID, "--approve"]).through(&shim).run();
    assert!(output.exits(5).stderr().contains("has moved since it was submitted"), "{output}");
    assert_eq!(value(&text(&sandbox, BRANCH, ACTIVE), "approvals"), None);
}

#[test]
fn on_a_trunk_of_its_own_the_review_speaks_of_the_ticket_branch() {
    let sandbox = crate::harness::Sandbox::new();
    let settings = "trunk: tickets\nreview: [critic_review]\n";
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", settings)]);
    sandbox.seed_on("tickets", &[(super::QUEUED, super::ready(ID))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(crate::activate::workspace(&ada, ID));
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    bob(&sandbox).tix(&["review", ID, "--approve"]).success();
    // A refusal lists what is possible, and goes by what is committed here, pushed or not.
    let legal = || {
        let refusal = there.tix(&["reopen", "--reason", "x", "--json"]).exits(5).json();
        refusal["details"]["legal now"].as_str().unwrap_or_default().to_owned()
    };
    assert!(legal().contains("complete"), "{}", legal());
    work(&there, "more.txt");
    assert!(!legal().contains("complete"), "{}", legal());
    there.tix(&["complete"]).exits(5);
    there.tix(&["submit"]).success();
    sandbox.clone_named("c").env("TIX_ACTOR", "carol").tix(&["review", ID, "--approve"]).success();
    there.tix(&["complete"]).success();
    insta::assert_snapshot!(story(&sandbox, "tickets"), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    submit: TICKET-foo-001
    review: TICKET-foo-001 (approved)
    submit: TICKET-foo-001
    review: TICKET-foo-001 (approved)
    complete: TICKET-foo-001
    ");
    assert_eq!(story(&sandbox, BRANCH), "add work.txt\nadd more.txt");
}

#[test]
fn status_tells_of_the_approval_that_a_commit_has_made_void() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    bob(&sandbox).tix(&["review", ID, "--approve"]).success();
    there.git(&["fetch", "-q"]);
    let status = || there.tix(&["status", "--json"]).success().json();
    let can = |json: &serde_json::Value| json["moves"].to_string().contains("\"complete\"");
    let approved = status();
    assert_eq!(approved["next"], "tix complete TICKET-foo-001");
    assert!(can(&approved));
    work(&there, "more.txt");
    let moved = status();
    assert_eq!(moved["next"], "tix submit TICKET-foo-001");
    assert!(!can(&moved));
    let all = there.tix(&["status", "--all"]);
    assert!(all.success().stdout().contains("and the branch has moved since"), "{all}");
    there.tix(&["submit"]).success();
}
