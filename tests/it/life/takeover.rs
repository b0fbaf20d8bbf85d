//! Another holder: the claim gets a new id, and whoever held the ticket until then is fenced off.

use super::{
    ACTIVE, BRANCH, COMPLETED, ID, QUEUED, bob, entries, held_with, queued_with, ready, story,
    text, value, work,
};
use crate::activate::{fact, hints, workspace};
use crate::harness::{Do, On, Place, Sandbox, Shim, Untouched, no_leftovers};

const BOB: &str = "Bob <bob@example.org>";

/// A ticket that Carol claimed in 2025, and worked on the same day.
fn abandoned() -> Sandbox {
    claimed_at("2025-12-03T12:00:00Z")
}

/// A ticket that Carol claimed then, and whose branch has not moved since 2025.
pub fn claimed_at(when: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let claim =
        format!("status: claimed\nclaimed_by: carol\nclaimed_at: {when}\nclaim_id: 0123abcd-45\n");
    let held = ready(ID).replace("status: open\n", &claim);
    let keep = |lane: &str| (format!("tickets/{lane}/.gitkeep"), String::new());
    sandbox.seed(&[(ACTIVE.to_owned(), held.clone()), keep("queue"), keep("active")]);
    sandbox.remote().git(&["branch", &format!("ticket/{ID}"), "main"]);
    let working = held.replace("status: claimed", "status: in_progress");
    let work = ("work.txt", "hers\n");
    sandbox.seed_on(&format!("ticket/{ID}"), &[(ACTIVE, working.as_str()), work]);
    sandbox
}

#[test]
fn a_ticket_that_somebody_works_on_is_not_taken() {
    let (sandbox, _, there) = held_with("");
    let bob = bob(&sandbox);
    let before = Untouched::of(&bob);
    let output = bob.tix(&["reclaim", ID, "--reason", "I want it"]);
    let claim = value(&text(&sandbox, "main", ACTIVE), "claim_id").unwrap();
    insta::assert_snapshot!(output.exits(3).redacted().replace(&claim, "[CLAIM]"), @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: Ada Example <ada@example.org> works on TICKET-foo-001, and has not left it
      held by      Ada Example <ada@example.org>
      since        [TIME]
      claim        [OID]-[OID]
      last sign    [TIME]
      stale after  1d
    hint: ask its holder to hand it over: tix handoff TICKET-foo-001 --to <you>
    hint: take another ticket: tix list --lane queue
    ");
    assert!(!output.stderr().contains("--force"));
    before.assert_same(&bob);
    bob.tix(&["reclaim", ID]).exits(2);
    bob.tix(&["handoff", ID, "--to", BOB, "--new-person"]).exits(5);
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
}

#[test]
fn an_old_claim_with_a_young_commit_is_not_stale() {
    let sandbox = abandoned();
    let carol = sandbox.clone_named("c");
    carol.git(&["checkout", "-q", &format!("ticket/{ID}")]);
    carol.commit("go on", &[("more.txt", "hers\n")]);
    carol.git(&["push", "-q"]);
    let bob = bob(&sandbox);
    assert_eq!(bob.tix(&["status", ID, "--json"]).success().json()["stale"], false);
    let before = sandbox.remote().git(&["for-each-ref"]);
    let output = bob.tix(&["reclaim", ID, "--reason", "she has left", "--json"]);
    assert_eq!(fact(output.exits(3), "since"), "2025-12-03T12:00:00Z");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    bob.tix(&["reclaim", ID, "--reason", "she told me", "--force"]).success();
}

#[test]
fn how_long_a_ticket_must_be_left_alone_is_a_setting() {
    // Thirty hours ago, as a commit that is made now has it.
    let clock = Sandbox::new().local_repository("clock");
    clock.commit("now", &[("now.txt", "now\n")]);
    let now: i64 = clock.git(&["log", "-1", "--format=%ct"]).parse().unwrap();
    let ago = chrono::DateTime::from_timestamp(now - 30 * 3600, 0).unwrap();
    let sandbox = claimed_at(&ago.to_rfc3339());
    let bob = bob(&sandbox);
    let stale = || {
        bob.git(&["fetch", "-q"]);
        bob.tix(&["status", ID, "--json"]).success().json()["stale"].clone()
    };
    let reclaim = || bob.tix(&["reclaim", ID, "--reason", "she has left", "--json"]);
    // Longer than the default, which is a day.
    assert_eq!(stale(), true);
    sandbox.seed(&[(".tix.yaml", "stale_after: 2d\n")]);
    // Bob has not fetched them: those of the trunk count.
    assert_eq!(fact(reclaim().exits(3), "stale after"), "2d");
    assert_eq!(stale(), false);
    sandbox.seed(&[(".tix.yaml", "stale_after: 29h\n")]);
    assert_eq!(stale(), true);
    assert_eq!(reclaim().success().json()["outcome"], "reclaimed");
}

/// A clock that jumped after the claim was fetched makes it look old to whoever asks that clock.
#[test]
#[cfg(target_os = "linux")]
fn a_clock_that_jumped_lately_confirms_nothing() {
    let clock = Sandbox::new().clone_named("clock");
    clock.commit("now", &[("now.txt", "now\n")]);
    let now: i64 = clock.git(&["log", "-1", "--format=%ct"]).parse().unwrap();
    let ago = chrono::DateTime::from_timestamp(now - 30 * 3600, 0).unwrap();
    let sandbox = claimed_at(&ago.to_rfc3339());
    let bob = bob(&sandbox);
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    let uptime: i64 = read("/proc/uptime").split('.').next().unwrap().parse().unwrap();
    let (boot, offset) = (read("/proc/sys/kernel/random/boot_id"), now - uptime);
    let jumped = |hours: i64| {
        let steps = format!("1 {}\n{} {offset}\n", offset - hours * 3600, uptime - 2);
        bob.write(".git/tix/clock", format!("{}\n{steps}", boot.trim()));
        bob.tix(&["reclaim", ID, "--reason", "she has left"])
    };
    let refused = jumped(29);
    assert!(refused.exits(3).stderr().contains("--even-if-fresh"), "{refused}");
    // Less than matters beside a day.
    jumped(1).success();
}

#[test]
fn the_receipt_of_a_takeover_has_every_commit_that_it_made() {
    let sandbox = abandoned();
    // So that it is merged into the trunk too.
    sandbox.seed(&[("README.md", "more\n")]);
    let bob = bob(&sandbox);
    let remote = sandbox.remote();
    let [trunk, branch] = ["main", BRANCH].map(|name| remote.git(&["rev-parse", name]));
    let receipt = bob.tix(&["reclaim", ID, "--reason", "she has left", "--json"]).success().json();
    let range = ["rev-list", "main", BRANCH, "--not", &trunk, &branch];
    let mut made: Vec<String> = remote.git(&range).lines().map(str::to_owned).collect();
    made.sort();
    let commits = receipt["commits"].as_array().unwrap().iter();
    let mut told: Vec<&str> = commits.filter_map(|commit| commit.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, made, "{receipt}");
    assert_eq!(made.len(), 3, "the change, and its merges into trunk and branch");
}

#[test]
fn a_stale_ticket_changes_hands_and_its_work_stays() {
    let sandbox = abandoned();
    let bob = bob(&sandbox);
    let status = |key: &str| bob.tix(&["status", ID, "--json"]).success().json()[key].clone();
    assert_eq!(
        (status("stale"), status("next")),
        (true.into(), format!("tix reclaim {ID} --reason <why>").into())
    );
    let output = bob.tix(&["reclaim", ID, "--reason", "she has left"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is yours
    next:
      tix activate TICKET-foo-001 --resume
    ----- stderr -----
    the last sign of its earlier holder was at [TIME]
    ");
    let (trunk, branch) = (text(&sandbox, "main", ACTIVE), text(&sandbox, BRANCH, ACTIVE));
    for now in [&trunk, &branch] {
        assert_eq!(value(now, "claimed_by").unwrap(), BOB);
        assert_eq!(entries(now).last().unwrap(), "Creator: taken_over");
    }
    assert_eq!(value(&trunk, "claim_id"), value(&branch, "claim_id"));
    assert_eq!(value(&branch, "status").unwrap(), "in_progress");
    let next = output.stdout().lines().last().unwrap().trim().to_owned();
    assert_eq!(next, format!("tix activate {ID} --resume"));
    assert_eq!(status("next"), next);
    bob.tix(&["activate", ID, "--resume"]).success();
    let there = bob.at(workspace(&bob, ID));
    assert!(there.exists("work.txt"));
    there.tix(&["complete"]).success();
    no_leftovers(&bob);
    let graph =
        sandbox.remote().git(&["log", "--first-parent", "--reverse", "--format=%s", BRANCH]);
    insta::assert_snapshot!(graph, @"
    seed
    seed
    Merge reclaim: TICKET-foo-001
    complete: TICKET-foo-001
    ");
}

/// Whoever comes back after somebody else took the ticket, with what they would try.
fn assert_fenced(there: &Place) {
    let head = there.git(&["rev-parse", "HEAD"]);
    for verb in [
        &["complete"][..],
        &["submit"],
        &["complete", "--no-push"],
        &["handoff", ID, "--to", "x", "--new-person"],
    ] {
        let output = there.tix(&[verb, &["--json"]].concat());
        let words = output.exits(3).json()["message"].as_str().unwrap().to_owned();
        assert!(words.contains("under another claim than yours"), "{verb:?}: {output}");
    }
    assert_eq!(there.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn the_old_holder_is_fenced_off_before_and_after_they_hear_of_it() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    // Somebody of the same name, in another clone: only the claim tells them apart.
    let other = sandbox.clone_named("c").on_machine("third");
    other.tix(&["reclaim", ID, "--reason", "back from holiday", "--even-if-fresh"]).success();
    assert_fenced(&there);
    there.git(&["pull", "-q"]);
    assert_fenced(&there);
    assert_eq!(value(&there.read(ACTIVE), "status").unwrap(), "in_progress");
    // The new holder has everything.
    other.tix(&["activate", ID, "--resume"]).success();
    let here = other.at(workspace(&other, ID));
    work(&here, "more.txt");
    here.tix(&["submit"]).success();
    ada.tix(&["activate", ID]).exits(3);
}

/// Unpushed work of a claim that is over does not belong on the branch of the next holder.
#[test]
fn who_lost_the_ticket_is_not_told_to_push_to_its_branch() {
    let (sandbox, _, there) = held_with("");
    let bob = bob(&sandbox);
    there.commit("unpushed", &[("mine.txt", "mine\n")]);
    bob.tix(&["reclaim", ID, "--reason", "x", "--even-if-fresh"]).success();
    bob.tix(&["activate", ID, "--resume"]).success();
    let told = there.tix(&["block", ID, "--reason", "no key"]);
    let words = told.success().stderr();
    assert!(
        words.contains("Bob holds the ticket now") && !words.contains("pull --rebase"),
        "{told}"
    );
    let command =
        words.split("under a name of their own: ").nth(1).unwrap().lines().next().unwrap();
    there.sh(command).run().success();
    assert_eq!(there.git(&["log", "-1", "--format=%s", &format!("kept/ticket/{ID}")]), "unpushed");
}

#[test]
fn a_takeover_takes_back_what_a_review_said() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    let bob = bob(&sandbox);
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    bob.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    let now = text(&sandbox, BRANCH, ACTIVE);
    assert_eq!((value(&now, "approvals"), value(&now, "submitted")), (None, None));
    bob.tix(&["complete", ID]).exits(5);
}

#[test]
fn a_handoff_in_one_clone_moves_the_workspace_from_one_agent_to_the_other() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.write("notes.txt", "mine\n");
    ada.tix(&["handoff", ID, "--to", "agent-2", "--new-person", "--reason", "the night shift"])
        .success();
    assert_eq!(
        ada.tix(&["handoff", ID, "--to", "agent-2", "--new-person", "--json"]).success().json()["outcome"],
        "already"
    );
    std::fs::remove_file(there.path().join("notes.txt")).unwrap();
    assert_eq!(
        there.git(&["status", "--porcelain", "--branch"]),
        format!("## ticket/{ID}...origin/ticket/{ID}")
    );
    there.tix(&["complete"]).exits(5);
    let second = ada.env("TIX_ACTOR", "agent-2");
    let receipt = second.tix(&["activate", ID, "--resume", "--json"]).success().json();
    assert_eq!(receipt["workspace"]["path"], there.path().to_str().unwrap());
    there.env("TIX_ACTOR", "agent-2").tix(&["complete"]).success();
    assert_eq!(value(&text(&sandbox, BRANCH, COMPLETED), "claimed_by").unwrap(), "agent-2");
}

#[test]
fn an_unfinished_claim_can_be_taken_over_and_set_up() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("worktree").with("add"), Do::KillBefore);
    ada.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let bob = bob(&sandbox);
    bob.tix(&["reclaim", ID, "--reason", "it was killed", "--force"]).success();
    bob.tix(&["activate", ID, "--resume"]).success();
    assert_eq!(
        {
            sandbox.work_on(ID);
            bob.at(workspace(&bob, ID)).tix(&["complete", "--json"])
        }
        .success()
        .json()["outcome"],
        "completed"
    );
}

#[test]
fn of_several_takeovers_at_once_one_wins() {
    let sandbox = abandoned();
    let places: Vec<_> = (0..4)
        .map(|n| {
            sandbox
                .clone_named(&format!("c{n}"))
                .on_machine(&format!("m{n}"))
                .env("TIX_ACTOR", format!("agent-{n}"))
        })
        .collect();
    let runs =
        places.iter().map(|p| p.tix_command(&["reclaim", ID, "--reason", "stale"])).collect();
    let outputs = crate::harness::together(&sandbox, runs);
    assert_eq!(crate::harness::codes(&outputs), [0, 3, 3, 3], "{outputs:?}");
    let (trunk, branch) = (text(&sandbox, "main", ACTIVE), text(&sandbox, BRANCH, ACTIVE));
    assert_eq!(value(&trunk, "claim_id"), value(&branch, "claim_id"));
}

#[test]
fn a_note_that_is_pushed_meanwhile_is_kept() {
    let (sandbox, ada, _) = held_with("");
    let bob = bob(&sandbox);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(ada.tix_command(&["note", ID, "wait for me"])));
    let output = bob
        .tix_command(&["reclaim", ID, "--reason", "x", "--force", "--json"])
        .through(&shim)
        .run();
    assert_eq!(output.success().json()["attempts"], 2);
    assert!(text(&sandbox, BRANCH, ACTIVE).contains("wait for me"));
}

#[test]
fn on_a_trunk_of_its_own_a_takeover_is_one_commit_there() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on("tickets", &[(QUEUED, ready(ID))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    let bob = bob(&sandbox);
    bob.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
    assert!(hints(there.tix(&["complete", "--json"]).exits(3)).contains("tix log"));
    bob.tix(&["activate", ID, "--resume"]).success();
    bob.at(workspace(&bob, ID)).tix(&["complete"]).success();
    insta::assert_snapshot!(story(&sandbox, "tickets"), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    reclaim: TICKET-foo-001
    complete: TICKET-foo-001
    ");
}

#[test]
fn without_a_remote_the_workspace_comes_along() {
    let sandbox = queued_with("", &ready(ID));
    let place = sandbox.local_repository("a");
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let second = place.env("TIX_ACTOR", "agent-2");
    let output = second.tix(&["reclaim", ID, "--reason", "x", "--json"]);
    assert!(!fact(output.exits(3), "stale after").is_empty());
    second.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    assert_eq!(value(&there.read(ACTIVE), "claimed_by").unwrap(), "agent-2");
    there.env("TIX_ACTOR", "agent-2").tix(&["complete"]).success();
    place.git(&["merge", "-q", &format!("ticket/{ID}")]);
    assert!(place.exists(COMPLETED));
}

#[test]
fn nobody_takes_over_what_they_hold() {
    let (sandbox, ada, there) = held_with("");
    let before = sandbox.remote().git(&["for-each-ref"]);
    for args in [&["--reason", "x"][..], &["--reason", "x", "--even-if-fresh"]] {
        let output = ada.tix(&[&["reclaim", ID], args].concat());
        assert!(
            output.success().stdout().starts_with("TICKET-foo-001 is yours already\n"),
            "{output}"
        );
    }
    // In another clone the way on is another one.
    let output = sandbox.clone_named("other").tix(&["reclaim", ID, "--reason", "x", "--json"]);
    let message = output.exits(3).json()["message"].to_string();
    assert!(message.contains("you hold TICKET-foo-001, from another clone"), "{output}");
    assert_eq!(hints(&output), format!("go on with it here: tix activate {ID} --resume"));
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
}
