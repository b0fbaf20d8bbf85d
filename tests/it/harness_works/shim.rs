use crate::harness::{Do, On, Place, Sandbox, Shim, at_every_call, codes, together};

/// A clone with a commit that is not pushed yet.
fn clone_with_work(sandbox: &Sandbox, name: &str) -> Place {
    sandbox.seed(&[(format!("{name}.txt"), "seed\n")]);
    let clone = sandbox.clone_named(name);
    clone.commit("work", &[("work.txt", name)]);
    clone
}

#[test]
fn calls_are_numbered_and_written_down_with_their_arguments() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    let script = "git rev-parse HEAD && git -C . -c a.b='two words' --no-pager fetch -q origin && git push -q";
    clone.sh(script).through(&shim).run().success();

    let calls = shim.calls();
    let subcommands: Vec<&str> = calls.iter().map(|call| call.subcommand.as_str()).collect();
    assert_eq!(subcommands, ["rev-parse", "fetch", "push"]);
    let numbers: Vec<usize> = calls.iter().map(|call| call.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(
        calls[1].args,
        ["-C", ".", "-c", "a.b=two words", "--no-pager", "fetch", "-q", "origin"]
    );
    assert_eq!(shim.connections(), 2);
}

#[test]
fn concurrent_calls_get_distinct_numbers_and_none_is_lost() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shims = [Shim::new(&sandbox), Shim::new(&sandbox)];
    let script = "for i in 1 2 3 4 5 6 7 8 9 10; do git rev-parse HEAD & done; wait";
    let runs = shims.iter().map(|shim| clone.sh(script).through(shim)).collect();
    assert_eq!(codes(&together(&sandbox, runs)), [0, 0]);
    for shim in &shims {
        let numbers: Vec<usize> = shim.calls().iter().map(|call| call.number).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    }
}

#[test]
fn a_call_without_a_rule_is_git_itself_with_its_pipes() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    let batch = "git cat-file --batch; echo status $?; git no-such-command; echo status $?";
    let output = clone.sh(batch).stdin("HEAD:a.txt\nHEAD:none\n").through(&shim).run();
    let text = output.success().stdout();
    assert!(text.contains(" blob 5\nseed\n\nHEAD:none missing\nstatus 0\n"), "{output}");
    assert!(text.ends_with("status 1\n"), "{output}");
    assert!(output.stderr().contains("'no-such-command' is not a git command"), "{output}");
}

#[test]
fn a_failed_call_does_nothing_and_says_what_it_was_told() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let before = sandbox.remote().git(&["rev-parse", "main"]);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(2), Do::Fail { code: 128, stderr: "fatal: it's dark\n" });
    let output = clone.sh("git push -q --dry-run; git push; echo $?").through(&shim).run();
    assert_eq!(output.success().stdout(), "128\n");
    assert_eq!(output.stderr(), "fatal: it's dark\n");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before);
}

#[test]
fn a_call_that_fails_after_its_work_has_done_it_and_swallows_the_answer() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("push").with("refs/heads/main"),
        Do::FailAfter { code: 1, stderr: "cut off\n" },
    );
    let output =
        clone.sh("git push --porcelain origin HEAD:refs/heads/main; echo $?").through(&shim).run();
    assert_eq!(output.success().stdout(), "1\n");
    assert_eq!(output.stderr(), "cut off\n");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), clone.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_kill_before_a_call_kills_tix_and_the_call_never_runs() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let before = sandbox.remote().git(&["rev-parse", "main"]);
    let shim = Shim::new(&sandbox);
    shim.rule(On::call(2), Do::KillBefore);
    let output = clone.sh("git rev-parse -q HEAD; git push; echo survived").through(&shim).run();
    output.killed_by(9);
    assert!(!output.stdout().contains("survived"), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before);
    assert_eq!(shim.calls().len(), 2);
}

#[test]
fn a_kill_after_a_call_kills_tix_when_the_work_is_done() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push"), Do::KillAfter);
    let output = clone.sh("git push; echo survived").through(&shim).run();
    output.killed_by(9);
    assert_eq!(output.stdout(), "");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), clone.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_killed_run_is_over_when_its_last_git_is() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::call(2), Do::KillBefore);
    clone.hook("pre-push", "sleep 0.2; touch hook-ran");
    // The push runs beside tix; its output goes nowhere, so that only the shim knows of it.
    let script = "git push -q >push.log 2>&1 & until [ -e \"$CALLS/1\" ]; do :; done; git rev-parse HEAD; echo survived";
    let calls = shim.bin().with_file_name("calls");
    clone.sh(script).env("CALLS", calls).through(&shim).run().killed_by(9);
    assert!(clone.exists("hook-ran"));
}

#[test]
fn a_gate_holds_a_call_until_the_test_opens_it_and_nobody_after_that() {
    let sandbox = Sandbox::new();
    let [slow, quick] = ["a", "b"].map(|name| clone_with_work(&sandbox, name));
    slow.git(&["pull", "-q", "--rebase"]);
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push"));
    let mut running = slow.sh("git push -q; echo $?; git push -q; echo $?").through(&shim).spawn();
    running.until_at(&gate);
    quick.git(&["push", "-q"]);
    gate.open();
    let output = running.wait();
    assert_eq!(output.success().stdout(), "1\n1\n");
    assert!(output.stderr().contains("fetch first"), "{output}");
    assert_eq!(gate.arrivals(), 2);
}

#[test]
fn somebody_else_can_go_first_and_their_answer_is_kept() {
    let sandbox = Sandbox::new();
    let [slow, quick] = ["a", "b"].map(|name| clone_with_work(&sandbox, name));
    slow.git(&["pull", "-q", "--rebase"]);
    let shim = Shim::new(&sandbox);
    let other = quick.sh("pwd && git push -q && echo \"it's $WORD\"").env("WORD", "do ne");
    shim.rule(On::command("push").nth(1), Do::Then(other));
    let output = slow.sh("WORD=mine; export WORD; git push -q; echo $?").through(&shim).run();
    assert_eq!(output.success().stdout(), "1\n");
    let others = shim.outputs();
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].success().stdout(), format!("{}\nit's do ne\n", quick.path().display()));
    // The other's git did not go through this shim.
    assert_eq!(shim.calls().len(), 1);
}

#[test]
fn an_answer_can_be_replaced() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    let answer = Do::Replace { stdout: b"git version 1.8.0\n\0\xff".to_vec(), code: 0 };
    shim.rule(On::every_call().with("--version"), answer);
    let output =
        clone.sh("git --version && git rev-parse --is-bare-repository").through(&shim).run();
    assert_eq!(output.success().stdout, b"git version 1.8.0\n\0\xfffalse\n");
}

#[test]
fn rules_run_in_order_until_one_ends_the_call() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    let first = Do::Then(clone.sh("echo first"));
    shim.rule(On::command("push"), first)
        .rule(On::command("push"), Do::Fail { code: 5, stderr: "" })
        .rule(On::command("push"), Do::Fail { code: 6, stderr: "" });
    let output = clone.sh("git push; echo $?").through(&shim).run();
    assert_eq!(output.success().stdout(), "5\n");
    assert_eq!(shim.outputs().len(), 1);
}

#[test]
fn the_test_itself_is_never_killed() {
    let sandbox = Sandbox::new();
    let clone = clone_with_work(&sandbox, "a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::every_call(), Do::KillBefore);
    let output = clone.sh("exec git push").through(&shim).run();
    output.exits(97);
}

#[test]
fn every_call_has_its_turn() {
    let mut survivors = Vec::new();
    at_every_call(|number| {
        let sandbox = Sandbox::new();
        let clone = clone_with_work(&sandbox, "a");
        let shim = Shim::new(&sandbox);
        shim.rule(On::call(number), Do::KillBefore);
        let script = "git rev-parse -q HEAD; git fetch -q; git push -q; echo end";
        survivors.push(clone.sh(script).through(&shim).run().code);
        shim
    });
    assert_eq!(survivors, [None, None, None, Some(0)]);
}
