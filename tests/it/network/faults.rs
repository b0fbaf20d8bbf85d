//! The network breaks for good: while fetching, while claiming, or between the claim and the end of its set-up.

use std::time::{Duration, Instant};

use super::line::{ACTIVATE, ID, Line, NEW, PATIENT, RELEASE, SHORT, in_time};
use crate::harness::net::{Fault, When};
use crate::harness::{Do, On, Shim, Untouched, at_once, no_leftovers};

const FETCH: When = When::Opening("git-upload-pack");

/// What was seen so long ago is not decided on.
const LONG_AGO: Duration = Duration::from_hours(3);

#[test]
fn a_fetch_that_fails_changes_nothing() {
    at_once(Line::each(), |line| {
        line.first.age(LONG_AGO);
        let before = Untouched::of(&line.first);
        let tip = line.tip();
        for fault in [Fault::CutBeforeRequest, Fault::Stall] {
            let output = line.activate([(FETCH, fault)]);
            output.exits(7);
            assert!(output.stderr().contains("nothing changed"), "{output}");
            assert_eq!(line.tip(), tip);
            before.assert_same(&line.first);
            no_leftovers(&line.first);
        }
        line.assert_all_goes_on();
    });
}

/// Nothing was sent that could be done twice.
#[test]
fn a_fetch_whose_connection_breaks_is_tried_again() {
    for line in Line::each() {
        for command in [&["list", "--fetch"][..], PATIENT] {
            line.first.age(LONG_AGO);
            let cut = [1, 2].map(|nth| (When::Nth(nth), Fault::CutBeforeRequest));
            line.run(command, cut).success();
        }
    }
}

#[test]
fn a_refused_connection_changes_nothing() {
    let line = Line::over_git();
    let before = Untouched::of(&line.first);
    let address = line.proxy.git_url("origin.git");
    let Line { proxy, first, sandbox, .. } = line;
    drop(proxy);
    let output = in_time(first.tix_command(ACTIVATE));
    output.exits(7);
    assert!(output.stderr().contains("nothing changed"), "{output}");
    before.assert_same(&first);
    no_leftovers(&first);
    drop((address, sandbox));
}

#[test]
fn a_claim_that_never_reaches_the_server_changes_nothing() {
    at_once(Line::each(), |line| {
        let before = Untouched::of(&line.first);
        let tip = line.tip();
        for fault in [Fault::CutBeforeRequest, Fault::CutDuringPack(150)] {
            let exit = never_arrives(&line, &fault);
            line.run(PATIENT, [(When::Push, fault)]).exits(exit);
            assert_eq!(line.tip(), tip);
            before.assert_same(&line.first);
            no_leftovers(&line.first);
        }
        line.assert_all_goes_on();
    });
}

/// What a write ends with whose every push is cut. Over `git://` a server that answers every fetch and ends every push before
/// its request is one that lets nobody push: git says nothing else of either. Over HTTP it is a connection that broke.
fn never_arrives(line: &Line, fault: &Fault) -> i32 {
    let lets_nobody_push = line.http.is_none() && matches!(fault, Fault::CutBeforeRequest);
    if lets_nobody_push { 6 } else { 7 }
}

#[test]
fn a_release_and_a_new_ticket_that_never_reach_the_server_change_nothing() {
    at_once(Line::each(), |line| {
        line.first.tix(&["activate", ID]).success();
        for command in [RELEASE, NEW] {
            let before = (Untouched::of(&line.first), line.refs());
            for fault in [Fault::CutBeforeRequest, Fault::CutDuringPack(150)] {
                let exit = never_arrives(&line, &fault);
                line.run(command, [(When::Push, fault)]).exits(exit);
                before.0.assert_same(&line.first);
                assert_eq!(line.refs(), before.1);
                no_leftovers(&line.first);
            }
            line.mend();
            line.first.tix(command).success();
            assert_ne!(line.refs(), before.1);
        }
    });
}

#[test]
fn a_release_and_a_new_ticket_that_stall_may_still_land_and_say_so() {
    at_once([RELEASE, NEW], |command| {
        let line = Line::over_http();
        line.first.tix(&["activate", ID]).success();
        let refs = line.refs();
        line.run(&[command, SHORT].concat(), [(When::Push, Fault::Stall)]).exits(8);
        assert_eq!(line.refs(), refs);
        no_leftovers(&line.first);
        line.mend();
        line.first.tix(command).success();
        assert_ne!(line.refs(), refs);
    });
}

#[test]
fn a_stalled_claim_may_still_land_where_it_was_sent_and_says_so() {
    at_once(Line::each(), |line| {
        let before = Untouched::of(&line.first);
        let output = line.activate([(When::Push, Fault::Stall)]);
        // Over `git://` the server has not yet said where its refs are.
        let (exit, words) =
            if line.http.is_some() { (8, "may have landed") } else { (7, "nothing changed") };
        assert!(output.exits(exit).stderr().contains(words), "{output}");
        assert_eq!(line.holder(), None);
        before.assert_same(&line.first);
        no_leftovers(&line.first);
        line.assert_all_goes_on();
    });
}

/// Less than what a run took that gave each of its questions a moment of its own when the time was up.
const SOON: Duration = Duration::from_secs(12);

#[test]
fn a_server_that_says_nothing_is_not_waited_for_when_the_time_is_up() {
    at_once([PATIENT, RELEASE, NEW], |command| {
        let line = Line::over_git();
        if command == RELEASE {
            line.first.tix(PATIENT).success();
        }
        let refs = line.refs();
        let began = Instant::now();
        let output = line.run(&[command, SHORT].concat(), [(When::Always, Fault::Stall)]);
        assert!(output.exits(7).stderr().contains("nothing changed"), "{output}");
        assert!(began.elapsed() < SOON, "{:?}\n{output}", began.elapsed());
        assert_eq!(line.refs(), refs);
        no_leftovers(&line.first);
        line.mend();
        line.first.tix(command).success();
    });
}

#[test]
fn a_push_that_was_sent_has_one_more_moment_for_all_that_is_asked_of_it() {
    let line = Line::over_git();
    let rules = [(When::Nth(1), Fault::StallAnswer), (When::From(2), Fault::Stall)];
    let began = Instant::now();
    let output = line.activate(rules);
    assert!(output.exits(8).stderr().contains("may have landed"), "{output}");
    assert!(began.elapsed() < SOON, "{:?}\n{output}", began.elapsed());
    line.holder().expect("it has");
    line.assert_all_goes_on();
}

/// The time grows with attempts that are answered. One that stalls would make itself wait forty times as long.
#[test]
fn a_stalled_push_gets_no_more_time_than_the_settings_give_it() {
    let line = Line::over_http();
    line.first.git(&["config", "tix.timeout", "2s"]);
    let output = line.run(PATIENT, [(When::Push, Fault::Stall)]);
    assert!(output.exits(8).stderr().contains("may have landed"), "{output}");
}

#[test]
fn a_claim_whose_remote_is_gone_afterwards_may_have_landed() {
    let line = Line::over_git();
    // The push that lands, and from then on nothing.
    let rules = [(When::Nth(1), Fault::CutAfterPush), (When::From(2), Fault::CutBeforeRequest)];
    let output = line.run(PATIENT, rules);
    output.exits(8);
    assert!(output.stderr().contains("may have landed"), "{output}");
    line.holder().expect("it has");
    line.assert_all_goes_on();
}

#[test]
fn a_claim_whose_set_up_fails_when_it_cannot_be_given_back_is_incomplete() {
    at_once([Fault::CutBeforeRequest, Fault::Stall], |fault| {
        let line = Line::over_git();
        let shim = Shim::new(&line.sandbox);
        let full = Do::Fail { code: 128, stderr: "fatal: disk full\n" };
        shim.rule(On::command("worktree").with("add"), full);
        line.proxy.set_rules([(When::From(2), fault)]);
        let output = in_time(line.first.tix_command(ACTIVATE).through(&shim));
        output.exits(8);
        assert!(output.stderr().contains(&format!("tix activate {ID}")), "{output}");
        let holder = line.holder().expect("the claim stands");
        assert!(holder.starts_with(&line.clone_id()), "{holder}");
        line.mend();
        line.first.tix(&["release", ID]).success();
        assert_eq!(line.holder(), None);
        line.assert_all_goes_on();
    });
}

#[test]
fn a_branch_that_cannot_be_pushed_gives_the_ticket_back() {
    // The claim gets through, the branch does not, and then all is well again.
    let line = Line::over_git().one_by_one();
    let before = Untouched::of(&line.first);
    let first = line.branch_push();
    let rules = [0, 1, 2, 3].map(|n| (When::NthPush(first + n), Fault::CutBeforeRequest));
    let output = line.run(PATIENT, rules);
    output.exits(7);
    assert!(output.stderr().contains("was given back"), "{output}");
    assert_eq!(line.holder(), None);
    before.assert_same(&line.first);
    no_leftovers(&line.first);
    line.assert_all_goes_on();
}

#[test]
fn a_slow_network_is_only_slow() {
    at_once(Line::each(), |line| {
        line.proxy.set(Fault::Slow(Duration::from_millis(40)));
        line.first.tix(&["activate", ID]).success();
        line.assert_first_holds();
        line.first.tix(&["release", ID]).success();
        assert_eq!(line.holder(), None);
    });
}
