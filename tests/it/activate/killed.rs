//! An activation that is ended from outside.

use super::{ACTIVE, ID, one_ticket, workspace};
use crate::harness::{Do, On, Shim, Untouched, at_every_call, no_leftovers};

#[test]
fn killed_anywhere_an_activation_can_be_given_back_by_its_holder() {
    at_every_call(|number| {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        let before = Untouched::besides_ticket(&clone, ID);
        let shim = Shim::new(&sandbox);
        shim.rule(On::call(number).but_no_conversation(), Do::KillAfter);
        let killed = clone.tix_command(&["activate", ID]).through(&shim).run();
        let remote = sandbox.remote();
        if remote.files("main").contains(&ACTIVE.to_owned()) {
            let output = clone.tix(&["release", ID]);
            assert!(!output.success().stderr().contains("kept"), "after call {number}: {output}");
            assert_eq!(
                remote.git(&["for-each-ref", "--format=%(refname)"]),
                "refs/heads/main",
                "{number}"
            );
            assert!(!workspace(&clone, ID).exists(), "after call {number}");
        } else {
            killed.killed_by(9);
        }
        before.assert_same(&clone);
        // Free for anybody else, and for this clone.
        let other = sandbox.clone_named("b");
        other.tix(&["activate", ID]).success();
        other.tix(&["release", ID]).success();
        clone.tix(&["activate", ID]).success();
        no_leftovers(&clone);
        shim
    });
}

#[test]
fn told_to_end_it_ends_and_the_next_run_goes_on() {
    use rustix::process::Signal;
    let unfinished = "stands, and its set-up is not finished";
    let (claim, set_up) = (On::command("push"), On::command("worktree").with("add"));
    for (signal, code, on, said, then) in [
        (Signal::TERM, 143, &set_up, unfinished, "resumed"),
        (Signal::INT, 130, &set_up, unfinished, "resumed"),
        (Signal::INT, 130, &claim, "may have landed", "activated"),
    ] {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        let before = Untouched::besides_ticket(&clone, ID);
        let shim = Shim::new(&sandbox);
        let mut gate = shim.gate(on.clone().nth(1));
        let mut running = clone.tix_command(&["activate", ID]).through(&shim).spawn();
        running.until_at(&gate);
        running.signal(signal);
        gate.open();
        let output = running.wait();
        assert!(
            output.exits(code).stderr().contains(&format!("the claim of {ID} {said}")),
            "{output}"
        );
        assert!(output.stderr().contains(&format!("give it back: tix release {ID}")), "{output}");
        no_leftovers(&clone);
        let again = clone.tix(&["activate", ID, "--json"]);
        assert_eq!(again.success().json()["outcome"], then, "{again}");
        before.assert_same(&clone);
    }
}
