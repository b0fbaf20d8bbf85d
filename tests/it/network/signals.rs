//! Interrupted while a server keeps tix waiting.

use std::time::Duration;

use insta::{allow_duplicates, assert_snapshot};
use rustix::process::Signal;

use super::line::{ID, Line, NEW, PATIENT, RELEASE};
use crate::harness::net::{Fault, When};
use crate::harness::{
    Call, Do, On, Output, Place, Sandbox, Shim, Untouched, at_once, no_leftovers, queue_ticket,
};

/// Waiting for the run's end waits for every git process of it too, so none is left behind that still pushes. What the run
/// had no time to clear, the next one clears.
fn interrupted(line: &Line, when: When, fault: Fault, signal: Signal) {
    let output = interrupted_at(line, &["activate", ID], (when, fault), signal);
    output.exits(128 + signal.as_raw());
}

fn interrupted_at(line: &Line, args: &[&str], rule: (When, Fault), signal: Signal) -> Output {
    let shim = Shim::new(&line.sandbox);
    let faults = line.proxy.faulted().len();
    line.proxy.set_rules([rule]);
    let run = line.first.tix_command(args).through(&shim).spawn();
    line.proxy.wait_faulted(faults + 1);
    run.signal(signal);
    run.wait()
}

/// The server has the push of each of these, and its answer never comes.
#[test]
fn interrupted_at_any_write_it_says_what_stands_and_two_ways_on() {
    let rows: [&[&str]; 5] = [
        &["activate", ID],
        RELEASE,
        &["new", "Bar", "--session", "bar"],
        &["set", ID, "priority=P1"],
        &["close", ID, "--as", "wont_do"],
    ];
    let mut all = String::new();
    for command in rows {
        let line = Line::over_git();
        if command == RELEASE {
            line.first.tix(PATIENT).success();
        }
        let refs = line.refs();
        let stall = (When::NthPush(1), Fault::StallAnswer);
        let output = interrupted_at(&line, command, stall, Signal::INT);
        assert_ne!(line.refs(), refs, "it has landed");
        let (_, told) = output.exits(130).stderr().split_once("error: ").unwrap();
        all += told;
    }
    assert_snapshot!(all, @"
    interrupted by signal 2; the claim of TICKET-foo-001 may have landed
    hint: go on with it: tix activate TICKET-foo-001
    hint: or give it back: tix release TICKET-foo-001
    interrupted by signal 2; the last push may have landed
    hint: see whether it has: tix status TICKET-foo-001 --fetch
    hint: if it has not, run the same command again: tix release TICKET-foo-001
    interrupted by signal 2; the last push may have landed
    hint: see whether it has: tix list --fetch
    hint: if it has not, run the same command again: tix new Bar --session bar
    interrupted by signal 2; the last push may have landed
    hint: see whether it has: tix status TICKET-foo-001 --fetch
    hint: if it has not, run the same command again: tix set TICKET-foo-001 'priority=P1'
    interrupted by signal 2; the last push may have landed
    hint: see whether it has: tix status TICKET-foo-001 --fetch
    hint: if it has not, run the same command again: tix close TICKET-foo-001 --as wont_do
    ");
}

/// git has its answer when the signal comes, so what it wrote is known.
#[test]
fn interrupted_behind_its_push_it_says_that_the_change_stands() {
    let rows: [(&[&str], &str); 3] = [
        (RELEASE, "finish the rest in this clone: tix release"),
        (&["close", ID, "--as", "wont_do"], "finish the rest in this clone: tix close"),
        (NEW, "look at it: tix status TICKET-bar-001 --fetch"),
    ];
    for (command, way) in rows {
        let (sandbox, clone, shim) = with_dying_pushes(On::command("push"), Do::InterruptAfter);
        if command == RELEASE {
            clone.tix(PATIENT).success();
        }
        let before = sandbox.remote().git(&["for-each-ref"]);
        let output = clone.tix_command(command).through(&shim).run();
        let told = output.exits(130).stderr();
        assert!(told.contains("its change stands") && told.contains(way), "{output}");
        assert_ne!(sandbox.remote().git(&["for-each-ref"]), before);
    }
}

/// A clone with its ticket in the queue, and a shim whose pushes end by a signal in this way.
fn with_dying_pushes(on: On, action: Do) -> (Sandbox, Place, Shim) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), queue_ticket(ID))]);
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(on, action);
    (sandbox, clone, shim)
}

/// The system ends git when memory runs out, before the server has the push or after it.
#[test]
fn a_claim_whose_push_a_signal_ends_may_have_landed_and_the_same_command_finds_out() {
    for (action, landed) in [(Do::Die, false), (Do::DieAfter, true)] {
        let (sandbox, clone, shim) = with_dying_pushes(On::command("push").nth(1), action);
        let before = sandbox.remote().git(&["for-each-ref"]);
        let first = clone.tix_command(PATIENT).through(&shim).run();
        allow_duplicates!(assert_snapshot!(first.exits(8).stderr(), @"
        error: git was killed while it pushed the claim of TICKET-foo-001 to origin, and the claim may have landed
          git  ended with signal: 9 (SIGKILL)
        hint: run the same command again: it checks whether the claim landed, and continues
        "));
        let last = shim.calls().iter().rposition(|call| call.subcommand == "push").unwrap();
        let asked = |call: &Call| matches!(call.subcommand.as_str(), "fetch" | "ls-remote");
        assert!(!shim.calls().iter().skip(last).any(asked), "{:#?}", shim.calls());
        assert_eq!(sandbox.remote().git(&["for-each-ref"]) != before, landed);
        clone.tix(PATIENT).success();
        no_leftovers(&clone);
    }
}

/// Nothing else is found again by the same command, which would do it twice.
#[test]
fn any_other_push_that_a_signal_ends_is_found_out() {
    let rows: [&[&str]; 3] = [NEW, RELEASE, &["note", ID, "a word"]];
    for args in rows {
        for (action, landed) in [(Do::Die, false), (Do::DieAfter, true)] {
            let (sandbox, clone, shim) = with_dying_pushes(On::command("push").nth(1), action);
            if matches!(args, ["release" | "note", ..]) {
                clone.tix(PATIENT).success();
            }
            let before = sandbox.remote().git(&["for-each-ref"]);
            clone.tix_command(args).through(&shim).run().success();
            let sent = shim.calls().iter().filter(|call| call.subcommand == "push").count();
            assert_ne!(sandbox.remote().git(&["for-each-ref"]), before, "{args:?}");
            assert!(landed || sent > 1, "{args:?}: {sent} pushes");
        }
    }
}

#[test]
fn a_push_that_a_signal_ends_may_have_landed_as_long_as_nothing_else_is_known() {
    let (_sandbox, clone, shim) = with_dying_pushes(On::command("push"), Do::DieAfter);
    shim.rule(On::command("fetch"), Do::Die);
    shim.rule(On::command("ls-remote"), Do::Die);
    let output = clone.tix_command(NEW).through(&shim).run();
    output.exits(8);
    assert!(output.stderr().contains("the last push may have landed"), "{output}");
    clone.tix(NEW).success();
}

/// Each way to be ended, over each transport; every one has a scene of its own.
fn each_signal() -> impl Iterator<Item = (Line, Signal)> {
    let signals = [Signal::INT, Signal::TERM].into_iter();
    signals.flat_map(|signal| Line::each().map(|line| (line, signal)))
}

/// Ctrl-C reaches git and tix, and git may be gone before tix has heard it.
#[test]
fn a_git_that_the_signal_has_ended_first_is_an_interruption() {
    for args in [["activate", ID].as_slice(), &["list"]] {
        for command in ["cat-file", "rev-parse", "for-each-ref"] {
            let sandbox = Sandbox::new();
            sandbox.seed(&[(format!("tickets/queue/{ID}.md"), queue_ticket(ID))]);
            let clone = sandbox.clone_named("a");
            let shim = Shim::new(&sandbox);
            shim.rule(On::command(command).nth(1), Do::DieFirst);
            let output = clone.tix_command(args).through(&shim).run();
            assert!(output.exits(130).stderr().contains("interrupted by signal 2"), "{output}");
        }
    }
}

#[test]
fn interrupted_while_fetching_nothing_has_changed() {
    at_once(each_signal(), |(line, signal)| {
        line.first.age(Duration::from_hours(3));
        let before = Untouched::of(&line.first);
        interrupted(&line, When::Opening("git-upload-pack"), Fault::Stall, signal);
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
        let line = line.one_by_one();
        interrupted(&line, When::NthPush(line.branch_push()), Fault::Stall, signal);
        assert_eq!((line.count("claim: "), line.count("release: ")), (1, 0));
        line.mend();
        line.first.tix(PATIENT).success();
        line.assert_all_goes_on();
    });
}
