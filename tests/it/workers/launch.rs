//! The ways in which a start goes: before the program, at it, and until it has begun.

use super::*;
use crate::activate::{ACTIVE, BRANCH, fact, hints, key, subjects};
use crate::harness::{Untouched, codes, no_leftovers, together};

/// Nothing is left of a start that failed but the two commits on the trunk, and the next one can begin.
fn given_back(sandbox: &Sandbox, clone: &Place, before: &Untouched, reason: &str) {
    before.assert_same(clone);
    no_leftovers(clone);
    assert_eq!(record(clone), None);
    assert!(!workspace(clone, ID).exists());
    assert_eq!(subjects(sandbox)[..2], [format!("release: {ID}"), format!("claim: {ID}")]);
    let message = sandbox.remote().git(&["log", "-1", "--format=%b", "main"]);
    assert!(message.contains(reason), "{message}");
    assert!(!sandbox.remote().has_ref(BRANCH));
}

#[test]
fn a_start_that_fails_in_any_way_leaves_no_claim_and_no_record_and_the_next_one_is_not_held_off() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let gate = Gate::new(&sandbox.fresh_directory("gate"));
    let before = Untouched::of(&clone);
    let activate = |args: &[&str]| clone.tix(&[&["activate", ID, "--detach"], args].concat());

    // Before the claim.
    clone.write(".git/tix/workers", "in the way\n");
    let remote = Untouched::of(&sandbox.remote());
    assert!(activate(&["--exec", "true"]).exits(5).stderr().contains("workers"));
    remote.assert_same(&sandbox.remote());
    std::fs::remove_file(clone.path().join(".git/tix/workers")).unwrap();

    // Before the program is started.
    let log = clone.path().join(format!(".git/tix/workers/{ID}.log"));
    std::fs::create_dir_all(&log).unwrap();
    let output = activate(&["--json", "--exec", "true"]);
    assert!(output.exits(5).json()["message"].as_str().unwrap().contains("was given back"));
    given_back(&sandbox, &clone, &before, &format!("{ID}.log: "));
    std::fs::remove_dir(log).unwrap();

    // The program cannot be started. A path is one in the workspace, so this is not known before.
    let output = activate(&["--exec", "./missing", "--now"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    its workspace [ROOT]/a.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
    error: TICKET-foo-001: `./missing --now` cannot be started: No such file or directory (os error 2); the ticket was given back to the queue
    hint: a bare name is looked up on PATH, any other path in the workspace
    ");
    given_back(&sandbox, &clone, &before, "`./missing --now` cannot be started");

    // It ends at once, however slow this machine is.
    let output =
        activate(&["--alive-for", "1m", "--exec", "sh", "-c", "echo 'not logged in' >&2; exit 3"]);
    let shown = output.exits(5).redacted();
    assert!(shown.contains("  it said  not logged in\n"), "{shown}");
    assert!(
        shown.contains("with exit code 3; the ticket was given back to the queue\n"),
        "{shown}"
    );
    given_back(&sandbox, &clone, &before, "with exit code 3");

    // It lives and is not ready; then it has to go.
    let waits = format!("echo $$ >'{}/pid'\n{}", sandbox.root().display(), gate.script("slow"));
    let output = activate(&["--require-ready", "150ms", "--exec", "sh", "-c", &waits]);
    assert!(output.exits(5).stderr().contains("did not report within"), "{output}");
    given_back(&sandbox, &clone, &before, "that it is ready");
    // On a slow machine it had to go before it came to this.
    let pid = std::fs::read_to_string(sandbox.root().join("pid")).unwrap_or_default();
    if let Ok(pid) = pid.trim().parse::<u32>() {
        until_gone(&pid.into());
    }

    // It is ready, after all that.
    let output = activate(&["--json", "--exec", "sh", "-c", &ready_until(&gate)]);
    let receipt = output.success().json();
    let written = record(&clone).unwrap();
    assert_eq!(receipt["worker"]["pid"], written["pid"]);
    assert_eq!(receipt["worker"]["state"], "running");
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    assert_eq!(written["claim_id"], claim.as_str());
    assert_eq!(written["session"], receipt["worker"]["session"]);
    assert_eq!(written["workspace"], workspace(&clone, ID).to_str().unwrap());
    no_leftovers(&clone);
}

#[test]
fn in_the_foreground_a_worker_that_ends_at_once_has_the_last_word() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    // Done is done, however fast, and the ticket stays with its holder.
    let output = clone.tix(&["activate", ID, "--exec", "sh", "-c", "echo done; exit 0"]);
    assert_eq!(output.success().stdout(), "done\n");
    assert!(output.stderr().starts_with(&format!("{ID} is yours\n")), "{output}");
    assert_eq!(record(&clone), None);
    assert!(workspace(&clone, ID).exists());
    // Somebody else's claim would be given back; this one was there before.
    let output = clone.tix(&[
        "activate",
        ID,
        "--resume",
        "--alive-for",
        "1m",
        "--exec",
        "sh",
        "-c",
        "exit 4",
    ]);
    assert!(output.exits(4).stderr().contains("with exit code 4\n"), "{output}");
    let output = clone.tix(&["run", ID, "--alive-for", "1m", "--", "sh", "-c", "kill -9 $$"]);
    assert!(output.exits(137).stderr().contains("with signal 9\n"), "{output}");
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    clone.tix(&["release", ID]).success();
    let output = clone.tix(&["activate", ID, "--alive-for", "1m", "--exec", "sh", "-c", "exit 6"]);
    assert!(
        output.exits(6).stderr().contains("the ticket was given back to the queue"),
        "{output}"
    );
    assert_eq!(subjects(&sandbox)[0], format!("release: {ID}"));
}

#[test]
fn a_program_that_is_not_there_costs_no_claim() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let (before, remote) = (Untouched::of(&clone), Untouched::of(&sandbox.remote()));
    let output = clone.tix(&["activate", ID, "--exec", "no-such-agent", "--json"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is no program `no-such-agent` on PATH; nothing was claimed
    hint: name a program on PATH, or a path in the workspace such as ./agent
    ");
    before.assert_same(&clone);
    remote.assert_same(&sandbox.remote());
}

#[test]
fn the_claim_can_be_kept_although_its_worker_did_not_begin() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let start = ["activate", ID, "--keep-claim", "--detach", "--alive-for", "1m"];
    let output = clone.tix(&[start.as_slice(), &["--json", "--exec", "false"]].concat());
    assert!(hints(output.exits(8)).contains(&format!("tix run {ID} -- <command>")), "{output}");
    assert_eq!(record(&clone), None);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    clone.tix(&["run", ID, "--", "true"]).success();
}

#[test]
fn work_of_a_worker_that_failed_at_once_is_kept() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let script = "echo mine >notes.txt; exit 1";
    let output = clone.tix(&["activate", ID, "--alive-for", "1m", "--exec", "sh", "-c", script]);
    assert!(output.exits(1).stderr().contains("was kept: it has uncommitted changes"), "{output}");
    assert_eq!(clone.at(workspace(&clone, ID)).read("notes.txt"), "mine\n");
    assert_eq!(subjects(&sandbox)[0], format!("release: {ID}"));
}

#[test]
fn of_two_starts_at_once_one_worker_comes() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let gate = Gate::new(&sandbox.fresh_directory("gate"));
    let run = || {
        let script = ready_until(&gate);
        clone.tix_command(&["run", ID, "--detach", "--json", "--", "sh", "-c", &script])
    };
    let outputs = together(&sandbox, vec![run(), run(), run()]);
    assert_eq!(codes(&outputs), [0, 3, 3], "{outputs:?}");
    let pid = record(&clone).unwrap()["pid"].clone();
    for output in &outputs {
        match output.code {
            Some(0) => assert_eq!(output.json()["worker"]["pid"], pid),
            _ => assert_eq!(fact(output, "process"), pid.to_string()),
        }
    }
    gate.wait_for(1);
    assert_eq!(gate.arrivals(), 1);
    no_leftovers(&clone);
}

#[test]
fn while_a_worker_is_being_started_a_lock_holds_others_off_and_no_record() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = format!("{}\n>\"$TIX_READY\"\n", gate.script("first"));
    let args = ["run", ID, "--detach", "--require-ready", "60s", "--", "sh", "-c", &script];
    let mut first = clone.tix_command(&args).spawn();
    first.until_at(&gate);
    assert_eq!(record(&clone), None);
    let second = clone.tix_command(&["run", ID, "--detach", "--", "true"]).env("TIX_TIMEOUT", "1");
    insta::assert_snapshot!(second.run().exits(3).redacted(), @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001: another tix in this clone is starting a worker
    hint: try again in a moment: tix run TICKET-foo-001 -- <command>
    ");
    gate.open();
    first.wait().success();
}

/// As at any other time, the claim stands: everything but the worker is there.
#[test]
fn told_to_end_before_a_detached_worker_has_begun_tix_ends_it_and_keeps_the_claim() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = format!("echo $$ >'{}/pid'\n{}", sandbox.root().display(), gate.script("slow"));
    let start = ["activate", ID, "--detach", "--require-ready", "1m", "--exec", "sh", "-c"];
    let mut run = clone.tix_command(&[start.as_slice(), &[&script]].concat()).spawn();
    run.until_at(&gate);
    run.signal(rustix::process::Signal::TERM);
    let output = run.wait();
    assert!(output.exits(143).stderr().contains(&format!("tix release {ID}")), "{output}");
    let pid = std::fs::read_to_string(sandbox.root().join("pid")).unwrap();
    until_gone(&pid.trim().parse::<u32>().unwrap().into());
    assert_eq!(record(&clone), None);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    no_leftovers(&clone);
}
