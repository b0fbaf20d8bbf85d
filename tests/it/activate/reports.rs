//! What a server reports of a push: believed of programs that are known, and else looked at.

use super::{ACTIVE, BRANCH, ID, QUEUED};
use crate::harness::{Do, On, Sandbox, Shim, queue_ticket};

/// The report on a push of trunk and branch that moved both, from a server that has moved nothing and says nothing of itself.
const MOVED: &str =
    "To x\n \tx:refs/heads/main\t1..2\n*\tx:refs/heads/ticket/TICKET-foo-001\t[new branch]\nDone\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    sandbox
}

fn says_moved() -> Do {
    Do::Replace { stdout: MOVED.into(), code: 0 }
}

#[test]
fn a_claim_that_only_an_unknown_server_says_to_be_there_is_made_again() {
    let sandbox = sandbox();
    let ada = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), says_moved());
    let output = ada.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    let receipt = output.success().json();
    assert_eq!(receipt["attempts"], 2);
    let remote = sandbox.remote();
    let claim = receipt["claim"]["id"].as_str().unwrap();
    for place in ["main", BRANCH] {
        assert!(String::from_utf8(remote.show(place, ACTIVE)).unwrap().contains(claim), "{place}");
    }
}

#[test]
fn nobody_wins_by_the_word_of_a_server_when_the_trunk_says_otherwise() {
    let sandbox = sandbox();
    let (ada, bob) = (sandbox.clone_named("a"), sandbox.clone_named("b").on_machine("bobs"));
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(bob.tix_command(&["activate", ID])));
    shim.rule(On::command("push").nth(1), says_moved());
    let tip = |name: &str| sandbox.remote().git(&["rev-parse", name]);
    let output = ada.tix_command(&["activate", ID]).through(&shim).run();
    assert!(output.exits(3).stderr().contains("is held"));
    let held = tip(BRANCH);
    bob.at(super::workspace(&bob, ID)).tix(&["status"]).success();
    assert_eq!(tip(BRANCH), held);
    shim.outputs()[0].success();
}

#[test]
fn a_known_server_is_believed_and_asked_once_what_it_is() {
    let sandbox = sandbox();
    let ada = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    ada.tix_command(&["activate", ID]).through(&shim).run().success();
    let known = std::fs::read_to_string(ada.path().join(".git/tix/servers.json")).unwrap();
    assert!(known.contains("git/"), "{known}");
    // Of one that was known before, a report alone is enough.
    ada.tix(&["release", ID]).success();
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), says_moved());
    let output = ada.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(
        shim.calls().iter().filter(|call| call.subcommand == "fetch").count(),
        0,
        "{output}"
    );
}
