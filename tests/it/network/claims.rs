//! The network breaks once, and the claim comes through all the same.

use super::line::{ID, Line};
use crate::harness::net::{Fault, When};
use crate::harness::no_leftovers;

#[track_caller]
fn comes_through(line: &Line, when: When, fault: Fault) {
    let output = line.activate([(when, fault)]);
    output.success();
    assert_eq!(line.proxy.faulted().len(), 1, "the fault happened: {output}");
    line.assert_first_holds();
    no_leftovers(&line.first);
    line.second.tix(&["activate", ID]).exits(3);
    line.mend();
    line.first.tix(&["release", ID]).success();
    assert_eq!(line.holder(), None);
}

#[test]
fn a_claim_that_was_cut_off_is_sent_again() {
    for line in Line::each() {
        comes_through(&line, When::NthPush(1), Fault::CutBeforeRequest);
    }
    for line in Line::each() {
        comes_through(&line, When::NthPush(1), Fault::CutDuringPack(150));
    }
}

#[test]
fn a_claim_whose_answer_was_lost_is_found_on_the_trunk() {
    for line in Line::each() {
        comes_through(&line, When::NthPush(1), Fault::CutAfterPush);
        let claims = line.sandbox.remote().git(&["log", "--format=%s", "main"]);
        assert_eq!(claims.lines().filter(|line| line.starts_with("claim:")).count(), 1, "{claims}");
    }
}

#[test]
fn a_claim_whose_answer_stalls_is_found_on_the_trunk() {
    for line in Line::each() {
        comes_through(&line, When::NthPush(1), Fault::StallAnswer);
    }
}

#[test]
fn a_branch_that_was_cut_off_is_sent_again() {
    for line in Line::each() {
        comes_through(&line, When::NthPush(2), Fault::CutBeforeRequest);
    }
    for line in Line::each() {
        comes_through(&line, When::NthPush(2), Fault::CutDuringPack(150));
    }
}

#[test]
fn a_branch_whose_answer_was_lost_is_found_on_the_remote() {
    for line in Line::each() {
        comes_through(&line, When::NthPush(2), Fault::CutAfterPush);
    }
}

#[test]
fn a_branch_whose_answer_stalls_is_found_on_the_remote() {
    comes_through(&Line::over_git(), When::NthPush(2), Fault::StallAnswer);
}

#[test]
fn a_release_whose_answer_was_lost_is_found_on_the_trunk() {
    for line in Line::each() {
        line.first.tix(&["activate", ID]).success();
        line.proxy.set_rules([(When::NthPush(1), Fault::CutAfterPush)]);
        line.first.tix(&["release", ID]).success();
        assert_eq!(line.holder(), None);
        no_leftovers(&line.first);
    }
}
