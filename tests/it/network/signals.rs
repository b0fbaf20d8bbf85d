//! Interrupted while a server keeps tix waiting.

use rustix::process::Signal;

use super::line::{Line, PATIENT};
use crate::harness::net::{Fault, When};
use crate::harness::{Shim, Untouched, at_once};

/// Waiting for the run's end waits for every git process of it too, so none is left behind that still pushes. What the run
/// had no time to clear, the next one clears.
fn interrupted(line: &Line, when: When, fault: Fault, signal: Signal) {
    let shim = Shim::new(&line.sandbox);
    let faults = line.proxy.faulted().len();
    line.proxy.set_rules([(when, fault)]);
    let run = line.first.tix_command(&["activate", super::line::ID]).through(&shim).spawn();
    line.proxy.wait_faulted(faults + 1);
    run.signal(signal);
    run.wait().exits(128 + signal.as_raw());
}

/// Each way to be ended, over each transport; every one has a scene of its own.
fn each_signal() -> impl Iterator<Item = (Line, Signal)> {
    let signals = [Signal::INT, Signal::TERM].into_iter();
    signals.flat_map(|signal| Line::each().map(|line| (line, signal)))
}

#[test]
fn interrupted_while_fetching_nothing_has_changed() {
    at_once(each_signal(), |(line, signal)| {
        let before = Untouched::of(&line.first);
        interrupted(&line, When::Nth(1), Fault::Stall, signal);
        assert_eq!(line.holder(), None);
        before.assert_same(&line.first);
        line.assert_all_goes_on();
    });
}

#[test]
fn interrupted_while_claiming_the_claim_is_found_again_or_never_was() {
    for fault in [Fault::Stall, Fault::StallAnswer] {
        at_once(each_signal(), |(line, signal)| {
            let before = Untouched::of(&line.first);
            interrupted(&line, When::NthPush(1), fault.clone(), signal);
            let landed = matches!(fault, Fault::StallAnswer);
            assert_eq!(line.holder().is_some(), landed);
            before.assert_same(&line.first);
            line.assert_all_goes_on();
        });
    }
}

#[test]
fn interrupted_while_pushing_the_branch_the_claim_is_taken_up_again() {
    at_once(each_signal(), |(line, signal)| {
        interrupted(&line, When::NthPush(2), Fault::Stall, signal);
        let holder = line.holder().expect("the claim stands");
        assert!(holder.starts_with(&line.clone_id()), "{holder}");
        line.mend();
        line.first.tix(PATIENT).success();
        line.assert_all_goes_on();
    });
}
