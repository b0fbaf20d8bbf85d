//! Killed before and after every git call that an activation makes.

use super::{ACTIVE, BRANCH, ID, key, one_ticket, workspace};
use crate::harness::{Do, On, Sandbox, Shim, Untouched, at_every_call, no_leftovers};

/// After a kill: nobody is shut out, nothing of the user's changed, and the same command finishes it.
fn recovers(sandbox: &Sandbox, shim: &Shim, what: &str) {
    let clone = sandbox.clone_named("a");
    let before = Untouched::besides_ticket(&clone, ID);
    let killed = clone.tix_command(&["activate", ID]).through(shim).run();
    before.assert_same(&clone);
    let claimed = sandbox.remote().files("main").contains(&ACTIVE.to_owned());
    let again = clone.tix(&["activate", ID, "--json"]);
    if killed.code == Some(0) {
        again.exits(3);
        return;
    }
    killed.killed_by(9);
    let expected = if claimed { "resumed" } else { "activated" };
    assert_eq!(again.success().json()["outcome"], expected, "{what}: {again}");
    before.assert_same(&clone);
    no_leftovers(&clone);
    let remote = sandbox.remote();
    assert_eq!(key(&remote, BRANCH, ACTIVE, "status"), "in_progress", "{what}");
    assert_eq!(key(&remote, BRANCH, ACTIVE, "claim_id"), key(&remote, "main", ACTIVE, "claim_id"));
    let there = clone.at(workspace(&clone, ID));
    assert_eq!(
        there.git(&["status", "--porcelain=v2", "--branch"]).lines().skip(2).collect::<Vec<_>>(),
        [format!("# branch.upstream origin/ticket/{ID}").as_str(), "# branch.ab +0 -0",],
        "{what}"
    );
    assert_eq!(there.git(&["rev-parse", "HEAD"]), remote.git(&["rev-parse", BRANCH]));
    // And it can be given back, as if nothing had happened.
    clone.tix(&["release", ID]).success();
    assert!(!remote.has_ref(BRANCH), "{what}");
    assert_eq!(remote.git(&["for-each-ref", "refs/heads/attic"]), "", "{what}");
    before.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn killed_before_any_git_call_an_activation_is_finished_by_the_same_command() {
    at_every_call(|number| {
        let sandbox = one_ticket();
        let shim = Shim::new(&sandbox);
        shim.rule(On::call(number), Do::KillBefore);
        recovers(&sandbox, &shim, &format!("before call {number}"));
        shim
    });
}

#[test]
fn killed_after_any_git_call_an_activation_is_finished_by_the_same_command() {
    at_every_call(|number| {
        let sandbox = one_ticket();
        let shim = Shim::new(&sandbox);
        shim.rule(On::call(number).but_no_conversation(), Do::KillAfter);
        recovers(&sandbox, &shim, &format!("after call {number}"));
        shim
    });
}

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
        sandbox.clone_named("b").tix(&["activate", ID]).success();
        sandbox.clone_named("b2").tix(&["release", ID]).success();
        clone.tix(&["activate", ID]).success();
        no_leftovers(&clone);
        shim
    });
}

#[test]
fn a_release_that_is_killed_anywhere_is_finished_by_the_same_command() {
    for kill in [false, true] {
        at_every_call(|number| {
            let sandbox = one_ticket();
            let clone = sandbox.clone_named("a");
            let before = Untouched::besides_ticket(&clone, ID);
            clone.tix(&["activate", ID]).success();
            let shim = Shim::new(&sandbox);
            let on = On::call(number).but_no_conversation();
            shim.rule(on, if kill { Do::KillAfter } else { Do::KillBefore });
            let killed = clone.tix_command(&["release", ID]).through(&shim).run();
            if killed.code != Some(0) {
                killed.killed_by(9);
                let again = clone.tix(&["release", ID, "--json"]);
                if again.code != Some(0) {
                    assert_eq!(
                        again.exits(5).json()["message"],
                        format!("nobody holds {ID}: it is in queue/")
                    );
                }
            }
            assert_eq!(
                sandbox.remote().git(&["for-each-ref", "--format=%(refname)"]),
                "refs/heads/main"
            );
            // Whatever is left here stops nobody.
            let again = clone.tix(&["activate", ID]);
            assert_eq!(again.code, Some(0), "call {number}, after: {kill}: {again}");
            clone.tix(&["release", ID]).success();
            before.assert_same(&clone);
            no_leftovers(&clone);
            shim
        });
    }
}

#[test]
fn told_to_end_it_ends_and_the_next_run_goes_on() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        let before = Untouched::besides_ticket(&clone, ID);
        let shim = Shim::new(&sandbox);
        let mut gate = shim.gate(On::command("push").nth(2));
        let mut running = clone.tix_command(&["activate", ID]).through(&shim).spawn();
        running.until_at(&gate);
        running.signal(signal);
        gate.open();
        let output = running.wait();
        output.exits(code);
        no_leftovers(&clone);
        let again = clone.tix(&["activate", ID, "--json"]);
        assert_eq!(again.success().json()["outcome"], "resumed", "{again}");
        before.assert_same(&clone);
    }
}
