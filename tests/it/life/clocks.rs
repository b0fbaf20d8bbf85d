//! Clocks that are wrong: a claim is stale only if more than one of them says so.

use super::takeover::claimed_at;
use super::{BRANCH, ID, bob, queued_with, ready};
use crate::activate::fact;
use crate::harness::net::{Daemon, HttpServer};
use crate::harness::{Place, Sandbox};

const OTHER: &str = "TICKET-bar-001";

/// Bob, and a server for his clone that tells no time.
fn far(sandbox: &Sandbox) -> (Daemon, Place) {
    let daemon = Daemon::start(sandbox.shared().git(), sandbox.root());
    let bob = bob(sandbox);
    bob.git(&["remote", "set-url", "origin", &daemon.url("origin.git")]);
    (daemon, bob)
}

/// Somebody else commits something on the trunk now.
fn others_go_on(sandbox: &Sandbox) {
    let other = sandbox.clone_named("others").as_person("Dan", "dan@example.org");
    other.commit("go on", &[("others.txt", "theirs\n")]);
    other.git(&["push", "-q"]);
}

/// Asks for the ticket, whose last sign is older than any limit by the clock of this machine.
fn reclaim(place: &Place) -> crate::harness::Output {
    place.tix(&["reclaim", ID, "--reason", "it rests"])
}

#[test]
fn a_holder_whose_clock_is_behind_keeps_a_fresh_claim() {
    // The trunk has moved a moment ago by a clock that is right; the claim is dated a year before.
    for settings in ["", "record: trunk\n"] {
        let sandbox = queued_with(settings, &ready(ID));
        let other = sandbox.clone_named("other");
        other.commit("now", &[("now.txt", "now\n")]);
        other.git(&["push", "-q"]);
        let ada = sandbox.clone_named("a").frozen_at("2025-01-01T00:00:00Z");
        ada.tix(&["activate", ID]).success();
        let bob = bob(&sandbox);
        let refused = bob.tix(&["reclaim", ID, "--reason", "it rests", "--json"]);
        assert_eq!(fact(refused.exits(3), "stale after"), "1d", "{settings}");
        bob.git(&["fetch", "-q"]);
        assert_eq!(bob.tix(&["status", ID, "--json"]).success().json()["stale"], false);
    }
}

#[test]
fn whoever_takes_a_ticket_over_is_told_of_its_holders_last_sign() {
    let sandbox = claimed_at("2025-01-01T10:00:00Z");
    let taken = bob(&sandbox).tix(&["reclaim", ID, "--reason", "it rests"]);
    assert!(taken.success().stderr().contains("the last sign of its earlier holder was at 20"));
}

#[test]
fn a_clock_that_alone_calls_a_claim_stale_is_not_believed() {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    sandbox.seed(&[(format!("tickets/queue/{OTHER}.md"), ready(OTHER))]);
    let (_daemon, bob) = far(&sandbox);
    let before = sandbox.remote().git(&["for-each-ref"]);
    insta::assert_snapshot!(reclaim(&bob).exits(3).redacted(), @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: only the clock of this machine says that carol has left TICKET-foo-001
      held by      carol
      since        [TIME]
      claim        [OID]-45
      last sign    [TIME]
      stale after  1d
    hint: if you know that its holder has left: tix reclaim TICKET-foo-001 --even-if-fresh --reason <why>
    hint: or try again once this clone has seen no change for 1d
    ");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    // What the same machine has dated agrees with its clock, whoever committed it.
    bob.commit("mine", &[("mine.txt", "mine\n")]);
    bob.git(&["push", "-q"]);
    sandbox.clone_named("c").tix(&["activate", OTHER]).success();
    reclaim(&bob).exits(3);
    others_go_on(&sandbox);
    reclaim(&bob).success();
}

#[test]
fn somebody_who_knows_better_than_the_clocks_has_the_last_word() {
    let (_daemon, bob) = far(&claimed_at("2025-12-03T12:00:00Z"));
    bob.tix(&["reclaim", ID, "--reason", "she told me", "--force"]).success();
}

#[test]
fn what_a_clone_has_known_for_long_is_a_witness_of_its_own_clock() {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    let (_daemon, bob) = far(&sandbox);
    reclaim(&bob).exits(3);
    // It hears of all that there is, ten days before its clock's now: git dates a reflog by the committer's time.
    for name in ["refs/remotes/origin/main", &BRANCH.replace("heads", "remotes/origin")] {
        bob.git(&["update-ref", "-d", name]);
    }
    bob.frozen_at("2025-12-10T12:00:00Z").git(&["fetch", "-q"]);
    // What the branch got since is new to it, whenever that was committed.
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    sandbox.seed_on(&format!("ticket/{ID}"), &[("more.txt", "hers\n")]);
    reclaim(&bob).exits(3);
    sandbox.remote().git(&["update-ref", BRANCH, &tip]);
    reclaim(&bob).success();
}

#[test]
fn who_was_refused_for_want_of_a_witness_is_one_when_the_time_is_over() {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    let (_daemon, bob) = far(&sandbox);
    let then = bob.frozen_at("2025-12-10T12:00:00Z");
    then.git(&["update-ref", "-d", &BRANCH.replace("heads", "remotes/origin")]);
    then.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    reclaim(&then).exits(3);
    reclaim(&bob).success();
}

#[test]
fn the_clock_of_a_server_that_tells_the_time_is_a_witness() {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    let server = HttpServer::start(sandbox.shared().git(), sandbox.root());
    let bob = bob(&sandbox);
    bob.git(&["remote", "set-url", "origin", &server.url("origin.git")]);
    server.tell_time("Wed, 03 Dec 2025 18:00:00 GMT");
    reclaim(&bob).exits(3);
    server.tell_time("Thu, 04 Dec 2025 18:00:00 GMT");
    reclaim(&bob).success();
}
