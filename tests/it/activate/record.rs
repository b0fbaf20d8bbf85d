//! Progress that is written on the trunk, and a trunk that is a branch of its own.

use super::{ACTIVE, BRANCH, ID, QUEUED, claim_told, key, one_ticket, workspace};
use crate::harness::{
    Do, On, Place, Sandbox, Shim, Untouched, codes, no_leftovers, queue_ticket, together,
};

/// A remote whose `main` holds code only, beside an orphan branch `tickets`.
fn orphan_trunk() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on(
        "tickets",
        &[(QUEUED, queue_ticket(ID)), ("tickets/active/.gitkeep", String::new())],
    );
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

fn history(sandbox: &Sandbox, branch: &str) -> Vec<String> {
    let log = sandbox.remote().git(&["log", "--format=%s", branch]);
    log.lines().filter(|line| *line != "seed").map(str::to_owned).collect()
}

#[test]
fn on_a_trunk_of_its_own_the_ticket_branch_starts_at_the_base_and_never_holds_the_ticket() {
    let (sandbox, clone) = orphan_trunk();
    let main = sandbox.remote().git(&["rev-parse", "main"]);
    let before = Untouched::besides_ticket(&clone, ID);
    let receipt = clone.tix(&["activate", ID, "--json"]).success().json();
    before.assert_same(&clone);
    no_leftovers(&clone);
    let remote = sandbox.remote();
    assert_eq!(history(&sandbox, "tickets"), [format!("activate: {ID}"), format!("claim: {ID}")]);
    assert_eq!(key(&remote, "tickets", ACTIVE, "status"), "in_progress");
    assert_eq!(key(&remote, "tickets", ACTIVE, "branch"), format!("ticket/{ID}"));
    assert_eq!(remote.git(&["rev-parse", BRANCH]), main);
    assert_eq!(remote.git(&["rev-parse", "main"]), main);
    assert_eq!(receipt["workspace"]["commit"], main);
    let there = clone.at(workspace(&clone, ID));
    assert!(there.exists("src/main.rs") && !there.exists("tickets"));
    assert_eq!(there.git(&["status", "-sb"]), format!("## ticket/{ID}...origin/ticket/{ID}"));
}

#[test]
fn on_a_trunk_of_its_own_losers_hear_the_same_and_races_have_one_winner() {
    let (sandbox, clone) = orphan_trunk();
    let winner = clone.tix(&["activate", ID, "--json"]).success().json();
    let bob = sandbox.clone_named("b").as_person("Bob", "bob@example.org");
    let output = bob.tix(&["activate", ID, "--json"]);
    let details = output.exits(3).json()["details"].clone();
    assert_eq!(claim_told(&sandbox, &output), winner["claim"]["id"].as_str().unwrap());
    assert!(details["from"].is_string(), "{output}");
    clone.tix(&["release", ID]).success();
    let places: Vec<_> = (0..4)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let runs = places.iter().map(|p| p.tix_command(&["activate", ID])).collect();
    assert_eq!(codes(&together(&sandbox, runs)), [0, 3, 3, 3]);
}

#[test]
fn on_a_trunk_of_its_own_a_release_frees_the_name_and_keeps_the_work() {
    let (sandbox, clone) = orphan_trunk();
    let before = Untouched::of(&clone);
    clone.tix(&["activate", ID]).success();
    clone.tix(&["release", ID]).success();
    before.assert_same(&clone);
    let refs =
        |sandbox: &Sandbox| sandbox.remote().git(&["for-each-ref", "--format=%(refname:short)"]);
    assert_eq!(refs(&sandbox), "main\ntickets");
    assert_eq!(key(&sandbox.remote(), "tickets", QUEUED, "status"), "open");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    there.git(&["push", "-q"]);
    let receipt = clone.tix(&["release", ID, "--json"]).success().json();
    let attic = receipt["attic"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.remote().files(&attic), [".tix.yaml", "src/main.rs", "work.txt"]);
    assert!(!there.path().exists());
    let again = clone.tix(&["activate", ID]);
    assert!(again.success().stdout().contains(&attic), "{again}");
}

#[test]
fn progress_can_be_written_on_the_trunk_that_pull_requests_go_to() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.git(&["config", "tix.record", "trunk"]);
    let before = Untouched::besides_ticket(&clone, ID);
    clone.tix(&["activate", ID]).success();
    before.assert_same(&clone);
    let remote = sandbox.remote();
    assert_eq!(history(&sandbox, "main"), [format!("activate: {ID}"), format!("claim: {ID}")]);
    assert_eq!(key(&remote, "main", ACTIVE, "status"), "in_progress");
    // The ticket branch does not touch the ticket: nothing there can conflict with the trunk's copy.
    let base = remote.git(&["merge-base", "main", BRANCH]);
    assert_eq!(remote.git(&["diff", "--name-only", &base, BRANCH]), "");
    clone.tix(&["activate", ID]).exits(3);
    clone.tix(&["release", ID]).success();
    assert_eq!(key(&remote, "main", QUEUED, "status"), "open");
    assert!(!remote.has_ref(BRANCH));
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_base_that_does_not_exist_is_named() {
    let (_sandbox, clone) = orphan_trunk();
    clone.git(&["config", "tix.base", "develop"]);
    clone.git(&["config", "tix.trunk", "tickets"]);
    let output = clone.tix(&["activate", ID]);
    assert!(output.exits(5).stderr().contains("develop"), "{output}");
}

#[test]
fn without_a_remote_a_trunk_of_its_own_works_too() {
    let (sandbox, _) = orphan_trunk();
    let place = sandbox.clone_named("alone");
    place.git(&["branch", "-q", "--no-track", "tickets", "origin/tickets"]);
    place.git(&["remote", "remove", "origin"]);
    let before = Untouched::besides_ticket(&place, ID);
    let main = place.git(&["rev-parse", "main"]);
    place.tix(&["activate", ID]).success();
    assert_eq!(place.git(&["rev-parse", BRANCH]), main);
    assert_eq!(key(&place, "tickets", ACTIVE, "status"), "in_progress");
    place.tix(&["release", ID]).success();
    assert!(!workspace(&place, ID).exists() && !place.has_ref(BRANCH));
    drop(before);
    no_leftovers(&place);
}

#[test]
fn a_trunk_that_moves_before_the_push_gets_claim_and_progress_together() {
    let (sandbox, clone) = orphan_trunk();
    let other = sandbox.clone_named("b").on_machine("m2");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(other.tix_command(&["new", "Another"])));
    clone.tix_command(&["activate", ID]).through(&shim).run().success();
    shim.outputs()[0].success();
    assert_eq!(key(&sandbox.remote(), "tickets", ACTIVE, "status"), "in_progress");
    let (activate, claim) = (format!("activate: {ID}"), format!("claim: {ID}"));
    let new = "new: TICKET-another-001".to_owned();
    assert_eq!(history(&sandbox, "tickets"), [activate, claim, new]);
}
