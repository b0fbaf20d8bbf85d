//! What those hear who come second, and that they hear it before anything happened here.

use super::{ACTIVE, ID, QUEUED, claim_told, fact, hints, key, one_ticket, subjects, workspace};
use crate::harness::{Do, On, Shim, Untouched, no_leftovers};

#[test]
fn the_loser_is_told_who_since_when_from_where_and_what_next() {
    let sandbox = one_ticket();
    let bob = sandbox.clone_named("b").as_person("Bob Example", "bob@example.org");
    let winner = bob.tix(&["activate", ID, "--json"]).success().json();
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let host =
        sandbox.remote().git(&["log", "-1", "--format=%(trailers:key=Tix-Host,valueonly)", "main"]);
    let output = clone.tix(&["activate", ID]);
    let shown =
        output.exits(3).redacted().replace(&format!("from     {}", host.trim()), "from     [HOST]");
    insta::assert_snapshot!(shown, @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is held
      held by  Bob Example <bob@example.org>
      since    [TIME]
      from     [HOST]
      commit   [OID]
    hint: take another ticket: tix activate --next
    ");
    let output = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(fact(output.exits(3), "from"), host.trim());
    assert_eq!(fact(&output, "held by"), "Bob Example <bob@example.org>");
    assert_eq!(fact(&output, "since"), winner["claim"]["at"]);
    assert_eq!(claim_told(&sandbox, &output), winner["claim"]["id"].as_str().unwrap());
    assert_eq!(output.json()["name"], "held");
    before.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn the_same_person_in_another_clone_is_told_how_to_go_on_there() {
    let sandbox = one_ticket();
    sandbox.clone_named("b").tix(&["activate", ID]).success();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID, "--json"]);
    assert!(
        hints(output.exits(3)).contains(&format!("if it is yours: tix activate {ID} --resume")),
        "{output}"
    );
}

#[test]
fn who_loses_between_look_and_push_is_told_at_once_and_has_nothing_here() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").on_machine("m1");
    let bob = sandbox.clone_named("b").on_machine("m2").as_person("Bob", "bob@example.org");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(bob.tix_command(&["activate", ID])));
    let before = Untouched::of(&clone);
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(fact(output.exits(3), "held by"), "Bob <bob@example.org>");
    shim.outputs()[0].success();
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert!(!workspace(&clone, ID).exists());
    // One push, one look at why: the ticket being gone ends it.
    let talks: Vec<_> = shim.calls().into_iter().map(|call| call.subcommand).collect();
    assert_eq!(talks.iter().filter(|t| *t == "push").count(), 1, "{talks:?}");
    assert_eq!(talks.iter().filter(|t| *t == "fetch").count(), 1, "{talks:?}");
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn who_loses_to_the_server_while_both_push_is_told_and_has_nothing_here() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").on_machine("m1");
    let bob = sandbox.clone_named("b").on_machine("m2").as_person("Bob", "bob@example.org");
    // The server has taken the objects of the first and looked at nothing yet, when the second goes all the way.
    let hook = sandbox.fresh_directory("hook");
    let marker = hook.join("first");
    let script = format!(
        "if mkdir '{}' 2>/dev/null; then\n\
         env -u GIT_DIR -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES \
         GIT_CONFIG_GLOBAL='{}' XDG_RUNTIME_DIR='{}' \
         '{}' -C '{}' activate {ID} >'{}' 2>&1\nfi\nexit 0",
        marker.display(),
        sandbox.root().join("home/.gitconfig").display(),
        sandbox.root().join("run").display(),
        env!("CARGO_BIN_EXE_tix"),
        bob.path().display(),
        hook.join("out").display(),
    );
    sandbox.remote().hook("pre-receive", &script);
    let before = Untouched::of(&clone);
    let output = clone.tix(&["activate", ID, "--json"]);
    assert!(output.exits(3).json()["message"].as_str().unwrap().contains(" is held"), "{output}");
    let other = std::fs::read_to_string(hook.join("out")).unwrap();
    assert!(other.starts_with("TICKET-foo-001 is yours"), "{other}");
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn a_ticket_somebody_else_moved_by_hand_is_still_held_by_them() {
    let sandbox = one_ticket();
    let bob = sandbox.clone_named("b");
    bob.at("tickets/active");
    bob.git(&["mv", QUEUED, "tickets/active/TICKET-foo-001.md"]);
    bob.git(&["commit", "-q", "-m", "mine, by hand"]);
    bob.git(&["push", "-q"]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID]);
    assert!(output.exits(3).stderr().contains("is held by somebody who left no name"), "{output}");
}

#[test]
fn a_finished_ticket_cannot_be_claimed() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.at("tickets/completed");
    clone.git(&["mv", QUEUED, "tickets/completed/TICKET-foo-001.md"]);
    clone.git(&["commit", "-q", "-m", "done"]);
    clone.git(&["push", "-q"]);
    let output = clone.tix(&["activate", ID]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is in completed/, not in queue/
      lane  completed
    hint: look at it: tix show TICKET-foo-001
    ");
}

#[test]
fn two_files_with_one_id_are_refused_and_both_named() {
    let sandbox = one_ticket();
    sandbox.seed(&[("tickets/completed/x/TICKET-foo-001.md", "---\nstatus: completed\n---\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID]);
    insta::assert_snapshot!(output.exits(9).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is on the trunk 2 times
      places  tickets/completed/x/TICKET-foo-001.md, tickets/queue/TICKET-foo-001.md
    hint: keep one of them and remove the others
    ");
}

#[test]
fn the_claim_on_the_trunk_is_the_winners_to_the_end() {
    let sandbox = one_ticket();
    let winner = sandbox.clone_named("b").tix(&["activate", ID, "--json"]).success().json();
    for name in ["x", "y", "z"] {
        sandbox.clone_named(name).tix(&["activate", ID]).exits(3);
    }
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claim_id"), winner["claim"]["id"]);
}
