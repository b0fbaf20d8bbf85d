//! The network breaks once, and the claim comes through all the same.

use super::line::{ACTIVATE, ID, Line, PATIENT, RELEASE};
use crate::harness::net::{Fault, When};
use crate::harness::{at_once, no_leftovers};

#[track_caller]
fn comes_through(line: &Line, when: When, fault: Fault) {
    let command = if matches!(fault, Fault::StallAnswer) { ACTIVATE } else { PATIENT };
    let output = line.run(command, [(when, fault)]);
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
    at_once(Line::each(), |line| {
        comes_through(&line, When::NthPush(1), Fault::CutBeforeRequest);
    });
    at_once(Line::each(), |line| {
        comes_through(&line, When::NthPush(1), Fault::CutDuringPack(150));
    });
}

#[test]
fn a_claim_whose_answer_was_lost_is_found_on_the_trunk() {
    at_once(Line::each(), |line| {
        comes_through(&line, When::NthPush(1), Fault::CutAfterPush);
        assert_eq!(line.count("claim: "), 1);
    });
}

#[test]
fn a_claim_whose_answer_stalls_is_found_on_the_trunk() {
    at_once(Line::each(), |line| {
        comes_through(&line, When::NthPush(1), Fault::StallAnswer);
    });
}

#[test]
fn a_branch_that_was_cut_off_is_sent_again() {
    at_once(Line::each().map(Line::one_by_one), |line| {
        comes_through(&line, When::NthPush(line.branch_push()), Fault::CutBeforeRequest);
    });
    at_once(Line::each().map(Line::one_by_one), |line| {
        comes_through(&line, When::NthPush(line.branch_push()), Fault::CutDuringPack(150));
    });
}

#[test]
fn a_branch_whose_answer_was_lost_is_found_on_the_remote() {
    at_once(Line::each().map(Line::one_by_one), |line| {
        comes_through(&line, When::NthPush(line.branch_push()), Fault::CutAfterPush);
    });
}

#[test]
fn a_branch_whose_answer_stalls_is_found_on_the_remote() {
    let line = Line::over_git().one_by_one();
    comes_through(&line, When::NthPush(line.branch_push()), Fault::StallAnswer);
}

#[test]
fn a_release_and_a_new_ticket_come_through_a_network_that_breaks_once() {
    at_once(Line::each(), |line| {
        for fault in [Fault::CutBeforeRequest, Fault::CutDuringPack(150), Fault::CutAfterPush] {
            line.mend();
            line.first.tix(&["activate", ID]).success();
            let new = ["new", "Bar", "--session", "bar"];
            for (command, made) in [(RELEASE, "release: "), (&new, "new: ")] {
                let (before, faults) = (line.count(made), line.proxy.faulted().len());
                line.run(command, [(When::NthPush(1), fault.clone())]).success();
                assert_eq!(line.proxy.faulted().len(), faults + 1, "the fault happened");
                assert_eq!(line.count(made), before + 1, "it was done once");
                no_leftovers(&line.first);
            }
            assert_eq!(line.holder(), None);
        }
    });
}
