//! Pushes that land after tix has given up on them.

use super::line::{ID, Line, PATIENT, in_time};
use crate::harness::net::{Fault, Gate, When};
use crate::harness::{Do, On, Shim, at_once, no_leftovers};

/// A claim of the first clone is on its way, and tix has given up waiting for it.
fn held_claim(line: &Line) -> Gate {
    let gate = Gate::new();
    let output = line.activate([(When::NthPush(1), Fault::DelayRequest(gate.clone()))]);
    gate.wait_held();
    output.exits(8);
    assert_eq!(line.holder(), None);
    gate
}

fn land(gate: &Gate) {
    gate.open();
    gate.wait_answered();
}

/// A release of the first clone is on its way, and tix has given up waiting for it.
fn held_release(line: &Line) -> Gate {
    let gate = Gate::new();
    line.proxy.set_rules([(When::NthPush(1), Fault::DelayRequest(gate.clone()))]);
    let output = in_time(line.first.tix_command(&["release", ID, "--timeout", "2s"]));
    gate.wait_held();
    output.exits(8);
    line.holder().expect("it has not landed");
    gate
}

#[test]
fn a_claim_that_landed_late_is_recognised_by_its_clone() {
    at_once(Line::each(), |line| {
        let gate = held_claim(&line);
        land(&gate);
        let late = line.holder().expect("it has landed");
        assert!(late.starts_with(&line.clone_id()), "{late}");
        line.second.tix(&["activate", ID]).exits(3);
        line.first.tix(PATIENT).success();
        line.assert_first_holds();
        assert_ne!(line.holder(), Some(late), "the claim was renewed");
        no_leftovers(&line.first);
    });
}

#[test]
fn a_claim_that_lands_after_somebody_else_claimed_is_rejected() {
    at_once(Line::each(), |line| {
        let gate = held_claim(&line);
        line.second.tix(&["activate", ID]).success();
        let holder = line.holder();
        land(&gate);
        assert_eq!(line.holder(), holder, "the late push moved nothing");
        line.first.tix(PATIENT).exits(3);
        assert_eq!(line.holder(), holder);
    });
}

#[test]
fn a_claim_that_lands_after_its_own_clone_claimed_again_is_rejected() {
    at_once(Line::each(), |line| {
        let gate = held_claim(&line);
        line.first.tix(PATIENT).success();
        let holder = line.holder();
        land(&gate);
        assert_eq!(line.holder(), holder, "the late push moved nothing");
        line.assert_first_holds();
    });
}

#[test]
fn a_release_that_lands_after_its_clone_resumed_is_rejected() {
    at_once(Line::each(), |line| {
        // Killed between the claim and the workspace.
        let shim = Shim::new(&line.sandbox);
        shim.rule(On::command("worktree").with("add"), Do::KillBefore);
        line.first.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
        let gate = held_release(&line);
        line.first.tix(PATIENT).success();
        let holder = line.holder();
        land(&gate);
        assert_eq!(line.holder(), holder, "the late release took nothing away");
        line.assert_first_holds();
    });
}

#[test]
fn a_release_that_may_still_land_is_not_talked_over() {
    at_once(Line::each(), |line| {
        line.first.tix(&["activate", ID]).success();
        let gate = held_release(&line);
        line.first.tix(&["activate", ID, "--resume", "--timeout", "2s"]).exits(8);
        land(&gate);
        assert_eq!(line.holder(), None, "it has landed");
        line.first.tix(&["release", ID]).success();
        line.assert_all_goes_on();
    });
}

#[test]
fn a_release_that_was_overtaken_is_rejected() {
    at_once(Line::each(), |line| {
        line.first.tix(&["activate", ID]).success();
        let gate = held_release(&line);
        // The trunk goes on, so the release no longer fits.
        line.sandbox.seed(&[("elsewhere.txt", "more\n")]);
        line.first.tix(&["activate", ID, "--resume"]).success();
        land(&gate);
        line.assert_first_holds();
    });
}
