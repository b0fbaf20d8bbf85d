//! `tix demo`.

use std::fs;

use crate::harness::{Do, On, Place, Sandbox, Shim};

/// A directory that is in no repository.
fn nowhere(sandbox: &Sandbox) -> Place {
    sandbox.remote().at(sandbox.fresh_directory("nowhere"))
}

fn temporary_files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.root().join("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned()).collect()
}

#[test]
fn it_shows_a_claim_and_two_races_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let output = nowhere(&sandbox).tix(&["demo", "--racers", "3"]);
    let text = output.success().stdout();
    for part in [
        "1. One clone takes a ticket",
        "gone from  tickets/queue/TICKET-hello-001.md",
        "now in     tickets/active/TICKET-hello-001/TICKET-hello-001.md",
        "claim: TICKET-hello-001",
        "ticket/TICKET-hello-001",
        "2. 3 clones race for one ticket",
        "won, exit 0",
        "1 claim commit on the remote",
        "3. 3 clones take 3 tickets at once",
        "TICKET-each-003  won",
        "every ticket was claimed exactly once",
    ] {
        assert!(text.contains(part), "{part:?} is missing:\n{output}");
    }
    assert_eq!(text.matches("held by clone-").count(), 2, "{output}");
    assert!(!text.contains('\x1b') && output.stderr.is_empty(), "{output}");
    assert_eq!(temporary_files(&sandbox), [""; 0]);
}

#[test]
fn its_figures_are_there_as_json() {
    let sandbox = Sandbox::new();
    let json = nowhere(&sandbox).tix(&["demo", "--racers", "2", "--json"]).success().json();
    assert_eq!((&json["schema"], &json["clones"]), (&"tix/demo@1".into(), &2.into()));
    assert_eq!(json["activate"]["ticket"], "TICKET-hello-001");
    assert_eq!(json["activate"]["attempts"], 1);
    assert_eq!(
        (&json["race"]["claims"], json["race"]["told"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    let won = json["each"]["won"].as_array().unwrap();
    assert_eq!(won.len(), 2);
    let pushes: u64 = won.iter().map(|won| won["attempts"].as_u64().unwrap()).sum();
    assert_eq!(json["each"]["attempts"], pushes);
    assert!(json["sandbox"].is_null());
}

#[test]
fn nothing_of_the_user_plays_a_part() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    let clone = sandbox.clone_named("ada");
    clone.write(".tix.yaml", "trunk: nowhere\n");
    fs::write(
        sandbox.root().join("home/.gitconfig"),
        "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n[core]\n\thooksPath = /nonexistent\n[url \"x:\"]\n\tinsteadOf = /\n",
    )
    .unwrap();
    let clone = clone.env("GIT_DIR", "/nonexistent").env("GIT_INDEX_FILE", "/nonexistent/index");
    let clone = clone
        .env("TIX_TRUNK", "nowhere")
        .env("TIX_SESSION", "one")
        .env("WORKTREE_BASE", "/nonexistent");
    clone.tix(&["demo", "--racers", "2"]).success();
    assert_eq!(temporary_files(&sandbox), [""; 0]);
}

#[test]
fn a_kept_sandbox_is_named_and_is_there() {
    let sandbox = Sandbox::new();
    let output = nowhere(&sandbox).tix(&["demo", "--racers", "2", "--keep"]);
    let line = output.success().stdout().lines().last().unwrap().to_owned();
    let command = line.strip_prefix("The sandbox is kept: ").unwrap();
    let script = format!("{command} && git -C origin.git log --format=%s main");
    let log = nowhere(&sandbox).sh(&script).run();
    let claims = log.success().stdout().lines().filter(|line| line.starts_with("claim: ")).count();
    assert_eq!(claims, 4);
}

#[test]
fn a_broken_promise_is_told_and_ends_with_one() {
    let sandbox = Sandbox::new();
    let shim = Shim::new(&sandbox);
    let look = On::command("for-each-ref").with("lstrip=2");
    shim.rule(look, Do::Replace { stdout: Vec::new(), code: 0 });
    let output = nowhere(&sandbox).tix_command(&["demo", "--racers", "2"]).through(&shim).run();
    output.exits(1);
    assert!(output.stderr().contains("did not go as promised"), "{output}");
    assert!(
        output.stderr().contains("the remote has no branch ticket/TICKET-hello-001"),
        "{output}"
    );
    assert!(!output.stdout().contains("As promised"), "{output}");
    assert_eq!(temporary_files(&sandbox), [""; 0]);
}

#[test]
fn the_number_of_racers_has_bounds() {
    let sandbox = Sandbox::new();
    for racers in ["1", "33", "x"] {
        nowhere(&sandbox).tix(&["demo", "--racers", racers]).exits(2);
    }
}

#[test]
fn a_signal_ends_all_clones_and_clears_the_sandbox() {
    let sandbox = Sandbox::new();
    let shim = Shim::new(&sandbox);
    let gate = shim.gate(On::command("push"));
    let mut demo = nowhere(&sandbox).tix_command(&["demo", "--racers", "2"]).through(&shim).spawn();
    demo.until_at(&gate);
    demo.signal(rustix::process::Signal::TERM);
    demo.wait().exits(143);
    assert_eq!(temporary_files(&sandbox), [""; 0]);
}
