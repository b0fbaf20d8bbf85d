//! What `tix status` says: where a ticket is, which moves are open, to whom, and why the others are not.

use super::{ACTIVE, ID, bob, held_with, queued_with, ready, work};
use crate::activate::{hints, workspace};
use crate::harness::{Output, Place, Untouched, queue_ticket};

/// The moves that whoever asked may make now.
fn open(output: &Output) -> String {
    let json = output.success().json();
    let moves = json["moves"].as_array().unwrap().iter().filter(|m| m["you"] == true);
    moves.map(|m| m["command"].as_str().unwrap()).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_ticket_that_waits() {
    let sandbox = queued_with("", &queue_ticket(ID));
    let ada = sandbox.clone_named("a");
    let before = Untouched::of(&ada);
    insta::assert_snapshot!(ada.tix(&["status", ID, "--all"]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001
      lane       queue
      status     open
      source     origin/main
    open now:
      queue                     anybody
      draft                     anybody
      activate                  anybody
      note                      anybody
      edit                      anybody
      set                       anybody
      tick                      anybody
      block                     anybody
      close                     anybody
    not now:
      unblock                   it is not blocked
      release                   it is in queue/
      handoff                   it is in queue/
      reclaim                   it is in queue/
      submit                    it is in queue/
      review --approve          it is in queue/
      review --request-changes  it is in queue/
      complete                  it is in queue/
      land                      it is in queue/
      archive                   it is in queue/
      reopen                    it is in queue/
      rework                    it is in queue/
    next:
      tix activate TICKET-foo-001
    ----- stderr -----
    ");
    before.assert_same(&ada);
    ada.tix(&["status", "nothing-like-it"]).exits(4);
    // Without a ticket, and elsewhere than in a workspace, it is the dashboard.
    let output = ada.tix(&["status"]);
    assert!(output.success().stdout().contains("foo-001"), "{output}");
}

#[test]
fn a_ticket_that_is_held_from_the_inside_and_from_the_outside() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    let inside = there.at("src").tix(&["status", "--all"]);
    insta::assert_snapshot!(inside.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001
      lane       active
      status     in_progress
      held by    Ada Example <ada@example.org>
      since      [TIME] ([N ms] ago)
      last sign  [N ms] ago
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      source     origin/ticket/TICKET-foo-001
    open now:
      note                      anybody
      edit                      anybody
      set                       anybody
      tick                      anybody
      block                     anybody
      release                   the holder
      handoff                   the holder
      submit                    the holder
      close                     the holder
    not now:
      queue                     it is in active/
      draft                     it is in active/
      activate                  it is in active/
      unblock                   it is not blocked
      reclaim                   it is not stale
      review --approve          its status is `in_progress`
      review --request-changes  its status is `in_progress`
      complete                  its status is `in_progress`
      land                      it is in active/
      archive                   it is in active/
      reopen                    it is in active/
      rework                    it is in active/
    ----- stderr -----
    ");
    let bob = bob(&sandbox);
    insta::assert_snapshot!(open(&bob.tix(&["status", ID, "--json"])), @"note, edit, set, tick, block");
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    insta::assert_snapshot!(open(&bob.tix(&["status", ID, "--fetch", "--json"])), @"note, edit, set, tick, block, unblock, review --request-changes");
    ada.tix(&["unblock", ID]).success();
    insta::assert_snapshot!(open(&bob.tix(&["status", ID, "--fetch", "--json"])), @"note, edit, set, tick, block, review --approve, review --request-changes");
    insta::assert_snapshot!(open(&there.tix(&["status", "--json"])), @"note, edit, set, tick, block, release, handoff, submit, close");
    // In the middle of a rebase there is no branch to go by.
    there.git(&["checkout", "-q", "--detach"]);
    assert_eq!(there.tix(&["status", "--json"]).success().json()["id"], ID);
}

#[test]
fn a_status_that_allows_nothing_is_told_once() {
    let sandbox = queued_with("", &queue_ticket(ID).replace("status: open", "status: done"));
    let ada = sandbox.clone_named("a");
    let output = ada.tix(&["status", ID]);
    let told = "there is nothing you can do with it now: it is `completed`, which is not a status for queue/\n";
    assert!(output.success().stdout().contains(told), "{output}");
    assert!(output.stdout().ends_with(&format!("next: tix set {ID} status=open\n")), "{output}");
    // Nobody has approved it, and everything calls it the same.
    let activate = ada.tix(&["activate", ID]);
    assert!(
        activate.exits(5).stderr().contains(&format!("tix set {ID} status=open")),
        "{activate}"
    );
    for output in [output, activate, ada.tix(&["list"]), ada.tix(&["doctor"]), ada.tix(&[])] {
        let all = format!("{}{}", output.stdout(), output.stderr());
        assert!(all.contains("completed") && !all.contains("approved"), "{output}");
    }
    assert!(ada.tix(&["block", ID, "--reason", "x"]).stderr().contains("status=open"));
}

#[test]
fn what_is_told_instead_is_what_can_be_done() {
    let (_sandbox, _ada, there) = held_with("");
    let refused = there.tix(&["submit"]);
    assert!(!refused.exits(5).stderr().contains("reclaim"), "{refused}");
    let all = there.tix(&["reopen", "--reason", "x"]);
    assert!(all.exits(5).stderr().contains(&format!("tix status {ID} --all")), "{all}");
    let full = there.tix(&["status", "--all"]);
    let (open, not) = full.success().stdout().split_once("not now:").unwrap();
    assert!(!open.contains("reclaim") && not.contains("it is not stale"), "{full}");
}

#[test]
fn nobody_is_said_to_have_approved_what_nobody_reviewed() {
    // What waits for its merge is completed, also where a review has approved it.
    for settings in ["", "review: [critic_review]\n"] {
        let words = "completed";
        let (sandbox, ada, there) = held_with(settings);
        work(&there, "work.txt");
        if !settings.is_empty() {
            there.tix(&["submit"]).success();
            bob(&sandbox).tix(&["review", ID, "--approve"]).success();
        }
        there.tix(&["complete"]).success();
        assert!(
            ada.tix(&["status", ID]).success().stdout().contains(&format!("status     {words}"))
        );
        let list = ada.tix(&["list"]).success().stdout().to_owned();
        assert!(list.contains(words), "{list}");
        assert!(!list.contains("approved"), "{list}");
        // Programs have the word of the file.
        assert_eq!(ada.tix(&["show", ID, "--json"]).success().json()["status"], "approved");
    }
}

#[test]
fn a_ticket_that_is_complete_and_not_merged() {
    let (sandbox, ada, there) = held_with("");
    sandbox.work_on(ID);
    there.tix(&["complete"]).success();
    let output = ada.tix(&["status", ID, "--all"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001
      lane       active, and completed on its branch, which is not merged yet
      status     completed
      held by    Ada Example <ada@example.org>
      since      [TIME] ([N ms] ago)
      last sign  [N ms] ago
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      source     origin/ticket/TICKET-foo-001
    open now:
      note                      anybody
      edit                      anybody
      set                       anybody
      tick                      anybody
      release                   the holder
      close                     the holder
      reopen                    the holder
    not now:
      queue                     it is in completed/
      draft                     it is in completed/
      activate                  it is in completed/
      block                     it is in completed/
      unblock                   it is in completed/
      handoff                   it is in completed/
      reclaim                   it is in completed/
      submit                    it is in completed/
      review --approve          it is in completed/
      review --request-changes  it is in completed/
      complete                  it is in completed/
      land                      this repository lands work by pull request
      archive                   it is in active/
      rework                    it is in active/
    next:
      git switch main && git pull && git merge origin/ticket/TICKET-foo-001 && git push
    ----- stderr -----
    ");
    let json = ada.tix(&["status", ID, "--json"]).success().json();
    assert_eq!(
        (json["schema"].as_str(), json["at"].as_str()),
        (Some("tix/status@1"), Some("completed"))
    );
}

/// What comes next for whoever asks there.
fn next(place: &Place) -> String {
    let json = place.tix(&["status", ID, "--fetch", "--json"]).success().json();
    json["next"].as_str().unwrap_or("-").replace(ID, "IT")
}

#[test]
fn what_comes_next_is_told_from_the_queue_to_the_end() {
    let settings = "landing: completed\nreview: [critic_review]\n";
    let sandbox = queued_with(settings, &queue_ticket(ID));
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    let mut told = String::new();
    let mut tell = |after: &str| {
        told += &format!("{after}: {} | {}\n", next(&ada), next(&bob));
    };
    tell("queued");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    tell("activated");
    work(&there, "work.txt");
    tell("worked");
    let text = std::fs::read_to_string(there.path().join(ACTIVE)).unwrap();
    there.commit("tick the boxes", &[(ACTIVE, &text.replace("- [ ]", "- [x]"))]);
    there.git(&["push", "-q"]);
    tell("ticked");
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    tell("blocked");
    ada.tix(&["unblock", ID]).success();
    there.tix(&["submit"]).success();
    tell("submitted");
    bob.tix(&["review", ID, "--request-changes"]).success();
    tell("sent back");
    work(&there, "more.txt");
    tell("worked");
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    tell("approved");
    there.git(&["pull", "-q", "--rebase"]);
    there.tix(&["complete"]).success();
    tell("completed");
    bob.tix(&["land", ID]).success();
    tell("landed");
    ada.tix(&["clean", ID]).success();
    bob.git(&["fetch", "-q", "--prune"]);
    tell("cleaned");
    insta::assert_snapshot!(told, @"
    queued: tix activate IT | tix activate IT
    activated: - | -
    worked: - | -
    ticked: tix submit IT | -
    blocked: - | -
    submitted: - | -
    sent back: - | -
    worked: tix submit IT | -
    approved: tix complete IT | -
    completed: tix land IT | tix land IT
    landed: tix clean IT | tix clean IT
    cleaned: - | -
    ");
}

#[test]
fn a_workspace_that_is_gone_comes_before_the_work() {
    let (_sandbox, ada, there) = held_with("");
    assert_eq!(next(&ada), "-");
    work(&there, "work.txt");
    assert_eq!(next(&ada), "tix complete IT");
    std::fs::remove_dir_all(there.path()).unwrap();
    assert_eq!(next(&ada), "tix activate IT --resume");
}

/// What a refusal says could be done instead.
fn legal_instead(output: &Output) -> Vec<String> {
    let json = output.exits(5).json();
    let legal = json["details"]["legal now"].as_str();
    let legal = legal.unwrap_or_else(|| panic!("no legal move is named: {output}"));
    legal.split(", ").map(str::to_owned).collect()
}

/// The moves that `tix status` shows as open to the caller.
fn shown_as_open(place: &Place) -> Vec<String> {
    let json = place.tix(&["status", ID, "--fetch", "--all", "--json"]).success().json();
    let moves = json["moves"].as_array().unwrap().iter().filter(|m| m["you"] == true);
    moves.map(|m| m["command"].as_str().unwrap().to_owned()).collect()
}

/// Every verb that a ticket is not open to.
const VERBS: [&[&str]; 19] = [
    &["queue", ID],
    &["draft", ID, "--reason", "x"],
    &["activate", ID],
    &["note", ID, "x"],
    &["set", ID, "priority=P1"],
    &["block", ID, "--reason", "x"],
    &["unblock", ID],
    &["release", ID],
    &["handoff", ID, "--to", "x", "--new-person"],
    &["reclaim", ID, "--reason", "x"],
    &["submit", ID],
    &["review", ID, "--approve"],
    &["review", ID, "--request-changes"],
    &["complete", ID],
    &["land", ID],
    &["close", ID, "--as", "wont_do"],
    &["archive", ID],
    &["reopen", ID, "--reason", "x"],
    &["rework", ID],
];

#[test]
fn every_refused_verb_names_the_moves_that_status_shows() {
    let settings = "landing: completed\nreview: [critic_review]\nreview.self: true\n";
    // What is done first, and the verbs that are legal then or find their work done.
    let states: [(&[&[&str]], &[&str]); 4] = [
        (&[], &["queue", "draft", "activate", "note", "set", "block", "unblock", "close"]),
        (
            &[&["draft", ID, "--reason", "x"]],
            &["queue", "draft", "note", "set", "block", "unblock", "close"],
        ),
        (
            &[&["block", ID, "--reason", "x"]],
            &["queue", "draft", "note", "set", "block", "unblock", "close"],
        ),
        (
            &[&["close", ID, "--as", "wont_do"]],
            &["note", "set", "close", "archive", "reopen", "rework"],
        ),
    ];
    for (before, legal) in states {
        let sandbox = queued_with(settings, &ready(ID));
        let ada = sandbox.clone_named("a");
        for args in before {
            ada.tix(args).success();
        }
        let open = shown_as_open(&ada);
        for args in VERBS.iter().filter(|args| !legal.contains(&args[0])) {
            let output = ada.tix(&[args, &["--json"][..]].concat());
            assert_eq!(legal_instead(&output), open, "{before:?} {args:?}");
        }
    }
    // What only the holder, or only the others, could do is told to nobody else.
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    for place in [bob(&sandbox), ada] {
        let refused = place.tix(&["queue", ID, "--json"]);
        assert_eq!(legal_instead(&refused), shown_as_open(&place));
    }
}

#[test]
fn a_ticket_that_is_complete_on_its_branch_is_still_held_on_the_trunk() {
    let (sandbox, ada, there) = held_with("");
    sandbox.work_on(ID);
    there.tix(&["complete"]).success();
    let open = shown_as_open(&ada);
    assert_eq!(open, ["note", "edit", "set", "tick", "release", "close", "reopen"]);
    for args in [
        &["block", ID, "--reason", "x"][..],
        &["handoff", ID, "--to", "x", "--new-person"],
        &["submit", ID],
    ] {
        let output = ada.tix(&[args, &["--json"]].concat());
        assert_eq!(legal_instead(&output), open, "{args:?}: {output}");
    }
    // What is done to the trunk's copy asks for no claim, so it says where to look.
    for args in [&["rework", ID][..], &["archive", ID]] {
        let output = ada.tix(&[args, &["--json"]].concat());
        assert!(hints(output.exits(5)).contains("tix status"), "{output}");
    }
    ada.tix(&["release", ID, "--reason", "x"]).success();
    assert_eq!(super::story(&sandbox, "main"), format!("claim: {ID}\nrelease: {ID}"));
}

#[test]
fn what_a_ticket_waits_for_is_told_before_somebody_tries() {
    let other = "TICKET-bar-001";
    let waiting =
        ready(ID).replace("status: open", &format!("status: open\ndepends_on: [{other}]"));
    let sandbox = queued_with("", &waiting);
    sandbox.seed(&[(format!("tickets/queue/{other}.md"), ready(other))]);
    let ada = sandbox.clone_named("a");
    let status = |place: &Place| place.tix(&["status", ID]).success().stdout().to_owned();
    let queued = status(&ada);
    assert!(queued.contains(&format!("  waits for  {other}, which is in queue/\n")), "{queued}");
    assert!(!queued.contains("activate") && !queued.contains("next:"), "{queued}");
    ada.tix(&["activate", ID, "--anyway"]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    let held = status(&there);
    assert!(
        held.contains(&format!("  to do      it waits for {other}, which is in queue/\n")),
        "{held}"
    );
    assert!(!held.contains("complete"), "{held}");
    let all = there.tix(&["status", "--all", "--json"]).success().json();
    let complete = all["moves"].as_array().unwrap().iter().find(|m| m["command"] == "complete");
    let complete = complete.unwrap();
    assert_eq!((&complete["legal"], &complete["you"]), (&true.into(), &false.into()));
    assert_eq!(complete["why"], format!("it waits for {other}, which is in queue/"));
    // Nobody has to work on it any more.
    ada.tix(&["activate", other]).success();
    let second = ada.at(workspace(&ada, other));
    work(&second, "other.txt");
    second.tix(&["complete"]).success();
    let waits = format!("it waits for {other}, which is completed, not merged yet");
    assert!(status(&there).contains("which is completed, not merged"), "{}", status(&there));
    assert!(there.tix(&["complete"]).exits(5).stderr().contains(&waits));
}
