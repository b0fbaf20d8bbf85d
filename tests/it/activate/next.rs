//! The best ticket there is, for one and for many at once.

use super::{BRANCH, ID, many_tickets, subjects, workspace};
use crate::harness::{
    Do, Gate, On, Output, Place, Sandbox, Shim, Ticket, codes, no_leftovers, queue_ticket, together,
};

fn queued(tickets: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let file = |(id, priority): &(&str, &str)| {
        let ticket = Ticket::new(id).key("priority", priority);
        (format!("tickets/queue/{id}.md"), ticket.text())
    };
    sandbox.seed(&tickets.iter().map(file).collect::<Vec<_>>());
    sandbox
}

/// The tickets that were won, sorted.
fn won(outputs: &[Output]) -> Vec<String> {
    let ticket = |output: &Output| output.json()["ticket"].as_str().unwrap().to_owned();
    let mut tickets: Vec<_> =
        outputs.iter().filter(|output| output.code == Some(0)).map(ticket).collect();
    tickets.sort();
    tickets
}

fn all_take_the_next(sandbox: &Sandbox, places: &[Place]) -> Vec<Output> {
    let run = |place: &Place| place.tix_command(&["activate", "--next", "--json"]);
    together(sandbox, places.iter().map(run).collect())
}

#[test]
fn twelve_machines_get_twelve_tickets_and_nobody_is_told_held() {
    let (sandbox, ids) = many_tickets(12);
    let places: Vec<_> = (0..12)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let outputs = all_take_the_next(&sandbox, &places);
    assert_eq!(codes(&outputs), [0; 12], "{outputs:?}");
    assert_eq!(won(&outputs), ids);
    assert_eq!(subjects(&sandbox).len(), 12);
    for place in &places {
        no_leftovers(place);
    }
}

#[test]
fn twelve_processes_of_one_clone_get_eight_tickets_and_four_hear_that_nothing_is_left() {
    let (sandbox, ids) = many_tickets(8);
    let clone = sandbox.clone_named("a");
    let outputs = all_take_the_next(&sandbox, &vec![clone.clone(); 12]);
    assert_eq!(codes(&outputs), [0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4], "{outputs:?}");
    assert_eq!(won(&outputs), ids);
    let empty = outputs.iter().filter(|output| output.code == Some(4));
    for output in empty {
        assert_eq!(output.json()["outcome"], "empty", "{output}");
    }
    assert!(ids.iter().all(|id| workspace(&clone, id).join(".git").exists()));
    no_leftovers(&clone);
}

#[test]
fn whoever_loses_the_best_ticket_gets_the_one_after_it() {
    let sandbox =
        queued(&[("TICKET-low-001", "P3"), ("TICKET-high-001", "P1"), ("TICKET-top-001", "P0")]);
    let [ours, theirs] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    let shim = Shim::new(&sandbox);
    let faster = theirs.tix_command(&["activate", "--next", "--no-worktree"]);
    shim.rule(On::command("push").nth(1), Do::Then(faster));
    let output = ours.tix_command(&["activate", "--next", "--json"]).through(&shim).run();
    let receipt = output.success().json();
    assert_eq!(receipt["ticket"], "TICKET-high-001", "{output}");
    assert_eq!((&receipt["attempts"], &receipt["warnings"]), (&2.into(), &serde_json::json!([])));
    assert_eq!(subjects(&sandbox), ["claim: TICKET-high-001", "claim: TICKET-top-001"]);
}

#[test]
fn whoever_is_to_try_a_few_only_gives_up_after_those() {
    let sandbox = queued(&[("TICKET-c-001", "P3"), ("TICKET-b-001", "P1"), ("TICKET-a-001", "P0")]);
    let [ours, theirs] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    let ours = ours.not_up_to_date();
    let shim = Shim::new(&sandbox);
    let faster = theirs.tix_command(&["activate", "--next", "--no-worktree"]);
    shim.rule(On::command("push").nth(1), Do::Then(faster));
    let next = |limit| ours.tix_command(&["activate", "--next", "--limit", limit, "--json"]);
    let gave_up = next("1").through(&shim).run().exits(3).json();
    assert_eq!(gave_up["message"], "somebody else was quicker");
    assert_eq!(subjects(&sandbox), ["claim: TICKET-a-001"]);
    no_leftovers(&ours);
    // Nobody is in the way now.
    assert_eq!(next("1").run().success().json()["ticket"], "TICKET-b-001");
    // Nothing left is not the same as having tried enough.
    assert_eq!(next("1").run().success().json()["ticket"], "TICKET-c-001");
    assert_eq!(next("1").run().exits(4).json()["outcome"], "empty");
}

#[test]
fn what_was_lost_before_anybody_looked_is_none_of_the_few() {
    let sandbox = queued(&[("TICKET-b-001", "P1"), ("TICKET-a-001", "P0")]);
    let [ours, theirs] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    theirs.tix(&["activate", "--next", "--no-worktree"]).success();
    let output = ours.tix(&["activate", "--next", "--limit", "1", "--json"]);
    assert_eq!(output.success().json()["ticket"], "TICKET-b-001");
    assert_eq!(output.json()["attempts"], 2, "{output}");
}

#[test]
fn of_two_that_may_be_tried_the_second_is_claimed() {
    let sandbox = queued(&[("TICKET-b-001", "P1"), ("TICKET-a-001", "P0")]);
    let [ours, theirs] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    let shim = Shim::new(&sandbox);
    let faster = theirs.tix_command(&["activate", "--next", "--no-worktree"]);
    shim.rule(On::command("push").nth(1), Do::Then(faster));
    let two = ours.tix_command(&["activate", "--next", "--limit", "2", "--json"]).through(&shim);
    assert_eq!(two.run().success().json()["ticket"], "TICKET-b-001");
}

#[test]
fn a_ticket_that_cannot_be_claimed_from_here_is_passed_over_and_named() {
    let sandbox = queued(&[("TICKET-b-001", "P2"), (ID, "P0")]);
    // On the remote, and nobody's claim: somebody's own branch.
    sandbox.seed_on("ticket/TICKET-foo-001", &[("README.md", "work\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", "--next", "--json"]);
    let receipt = output.success().json();
    assert_eq!(receipt["ticket"], "TICKET-b-001");
    let warning = receipt["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("TICKET-foo-001 would have been next, but was passed over"),
        "{warning}"
    );
    let empty = clone.tix(&["activate", "--next", "--json"]).exits(4).json();
    assert_eq!((&empty["outcome"], &empty["total"]), (&"empty".into(), &0.into()));
    let passed = &empty["explained"][0];
    assert_eq!((&passed["ticket"]["id"], &passed["rank"]), (&ID.into(), &serde_json::Value::Null));
    assert_eq!(passed["hindrances"][0]["kind"], "here");
    let told = clone.tix(&["activate", "--next"]);
    assert!(told.exits(4).stderr().contains("TICKET-foo-001 was passed over: "), "{told}");
    assert_eq!(sandbox.remote().git(&["log", "-1", "--format=%s", BRANCH]), "seed");
    // Here: its workspace's place is taken.
    sandbox.seed(&[("tickets/queue/TICKET-c-001.md", queue_ticket("TICKET-c-001"))]);
    sandbox.seed(&[("tickets/queue/TICKET-d-001.md", queue_ticket("TICKET-d-001"))]);
    clone.write(workspace(&clone, "TICKET-c-001").join("mine"), "");
    let output = clone.tix(&["activate", "--next", "--json"]);
    assert_eq!(output.success().json()["ticket"], "TICKET-d-001", "{output}");
    assert_eq!(output.json()["warnings"].as_array().unwrap().len(), 3, "{output}");
}

#[test]
fn whoever_waits_waits_on_where_nothing_can_be_claimed_from_here() {
    let sandbox = queued(&[(ID, "P0")]);
    let clone = sandbox.clone_named("a");
    clone.write(workspace(&clone, ID).join("mine"), "");
    let later = "tickets/queue/TICKET-later-001.md";
    let shim = Shim::new(&sandbox);
    // It comes while the remote is asked whether there is news.
    let come = sandbox.clone_named("b").tix_command(&["new", "Later"]);
    shim.rule(On::command("ls-remote").nth(1), Do::Then(come));
    let wait = clone.tix_command(&["activate", "--next", "--wait", "60s", "--json"]);
    let output = wait.through(&shim).run();
    assert_eq!(output.success().json()["ticket"], "TICKET-later-001", "{output}");
    assert!(!sandbox.remote().files("main").contains(&later.to_owned()));
    assert_eq!(clone.tix(&["activate", "--next", "--wait", "10ms"]).code, Some(4));
}

#[test]
fn the_choice_can_be_looked_at_and_narrowed() {
    let sandbox = queued(&[("TICKET-low-001", "P3"), ("TICKET-high-001", "P1")]);
    let clone = sandbox.clone_named("a");
    let plan = clone.tix(&["activate", "--next", "--dry-run", "--json"]).success().json();
    assert_eq!(plan["ticket"], "TICKET-high-001");
    let output = clone.tix(&["activate", "--next", "--priority", "P3", "--json"]);
    assert_eq!(output.success().json()["ticket"], "TICKET-low-001");
    clone.tix(&["activate", "--next", "--label", "none"]).exits(4);
    for wrong in [
        &["activate"][..],
        &["activate", "x", "--next"],
        &["activate", "x", "--label", "y"],
        &["activate", "x", "--limit", "1"],
        &["activate", "x", "--wait", "1"],
        &["activate", "--next", "--limit", "0"],
    ] {
        clone.tix(wrong).exits(2);
    }
    assert_eq!(subjects(&sandbox), ["claim: TICKET-low-001"]);
}

#[test]
fn a_claim_of_this_clone_that_was_never_set_up_is_not_forgotten() {
    let sandbox = queued(&[("TICKET-b-001", "P2"), ("TICKET-c-001", "P3"), (ID, "P0")]);
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::KillAfter);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let warning = format!(
        "{ID} is claimed from this clone, but its set-up never finished; go on with it: \
         tix activate {ID} --resume"
    );
    let next = |place: &Place| place.tix(&["activate", "--next", "--json"]);
    let receipt = next(&clone).success().json();
    assert_eq!(receipt["warnings"], serde_json::json!([&warning]));
    // Another clone has nothing to do with it.
    let other = sandbox.clone_named("b");
    let receipt = next(&other).success().json();
    assert_eq!(
        (&receipt["ticket"], &receipt["warnings"]),
        (&"TICKET-c-001".into(), &serde_json::json!([]))
    );
    let output = next(&clone);
    assert!(output.exits(4).stderr().contains(&format!("warning: {warning}\n")), "{output}");
    // The command works, and then nothing is said of it.
    clone.tix(&["activate", ID, "--resume"]).success();
    assert!(!next(&clone).exits(4).stderr().contains("never finished"));
}

#[test]
fn whoever_takes_the_next_hears_what_this_clone_holds_already() {
    let sandbox = queued(&[("TICKET-b-001", "P2"), ("TICKET-c-001", "P3"), (ID, "P0")]);
    let clone = sandbox.clone_named("a");
    let next = |place: &Place| place.tix(&["activate", "--next", "--json"]).success().json();
    let told = |place: &Place| next(place)["warnings"].clone();
    assert_eq!(told(&clone), serde_json::json!([]));
    assert_eq!(
        told(&clone),
        serde_json::json!([format!(
            "{ID} is held from this clone too; go on with it: tix activate {ID} --resume"
        )])
    );
    let output = clone.tix(&["activate", "--next"]);
    assert!(output.success().stderr().contains(
        "warning: 2 other tickets are held from this clone; see them: tix list --mine\n"
    ));
}

#[test]
fn a_session_that_takes_the_next_hears_what_it_holds_itself() {
    let sandbox = queued(&[("TICKET-b-001", "P2"), ("TICKET-c-001", "P3"), (ID, "P0")]);
    let one = sandbox.clone_named("a").env("TIX_SESSION", "one");
    let next = || one.tix(&["activate", "--next", "--json"]).success().json()["warnings"].clone();
    assert_eq!(next(), serde_json::json!([]));
    let told = format!("{ID} is yours too; go on with it: tix activate {ID}");
    assert_eq!(next(), serde_json::json!([told]));
    let told = "2 other tickets are yours; see them: tix list --mine";
    assert_eq!(next(), serde_json::json!([told]));
}

/// What another session holds, what waits for a merge, and what a worker works on, is not left over.
#[test]
fn only_what_is_left_over_is_told() {
    let (sandbox, ids) = many_tickets(5);
    let (clone, other) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    let told = |place: &Place| {
        place.tix(&["activate", "--next", "--json"]).success().json()["warnings"].clone()
    };
    let none = serde_json::json!([]);
    assert_eq!(told(&clone.env("TIX_SESSION", "one")), none);
    assert_eq!(told(&clone.env("TIX_SESSION", "two")), none);
    assert_eq!(told(&other), none);
    let there = other.at(workspace(&other, &ids[2]));
    there.tix(&["tick", "1", "2"]).success();
    there.tix(&["complete", "--no-work", "looked"]).success();
    assert_eq!(told(&other), none);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let wait = gate.script("worker");
    let worker = ["--detach", "--alive-for", "1ms", "--", "sh", "-c", &wait];
    other.tix(&[&["run", ids[3].as_str()][..], &worker].concat()).success();
    assert_eq!(told(&other), none);
    gate.open();
}

#[test]
fn what_the_next_claim_passes_over_is_recommended_by_nobody() {
    let sandbox = queued(&[("TICKET-b-001", "P2"), (ID, "P0")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    clone.at(workspace(&clone, ID)).write("notes.txt", "mine\n");
    clone.tix(&["release", ID]).success();
    let next = clone.tix(&["next", "--json"]).success().json();
    assert_eq!((&next["tickets"][0]["id"], &next["total"]), (&"TICKET-b-001".into(), &1.into()));
    let alone = clone.tix(&["--json"]).success().json();
    assert_eq!(alone["next"]["id"], "TICKET-b-001");
    let told = clone.tix(&["next", "--explain"]);
    let why = "an earlier workspace of TICKET-foo-001 is still there";
    assert!(told.success().stdout().contains(why), "{told}");
    let plan = clone.tix(&["activate", "--next", "--dry-run", "--json"]).success().json();
    assert_eq!(plan["ticket"], "TICKET-b-001");
    // Nothing is in the way of others.
    let others = sandbox.clone_named("b").tix(&["next", "--json"]).success().json();
    assert_eq!(others["tickets"][0]["id"], ID);
    let receipt = clone.tix(&["activate", "--next", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-b-001");
    let nothing = clone.tix(&["next"]);
    assert!(nothing.exits(4).stderr().contains("see why: tix next --explain"), "{nothing}");
}
