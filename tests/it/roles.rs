//! Roles: what an agent may do that says what it is.

use crate::activate::{ID, QUEUED, one_ticket, subjects};
use crate::harness::{Sandbox, Ticket};

#[test]
fn a_role_does_its_own_part_and_can_always_look() {
    let sandbox = one_ticket();
    sandbox.seed(&[(".tix.yaml", "roles: {boss: [activate, release], coder: [run]}\n")]);
    let clone = sandbox.clone_named("a");
    let coder = clone.env("TIX_ROLE", "coder");
    insta::assert_snapshot!(coder.tix(&["activate", ID]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the role `coder` may not use `tix activate`
      roles that may  boss
      this one may    run
    hint: leave it to one of them
    ");
    assert_eq!(subjects(&sandbox), [""; 0]);
    // The option is stronger than the variable, and without either there is no limit.
    coder.tix(&["activate", ID, "--role", "boss"]).success();
    for look in [["list"].as_slice(), &["show", ID], &["log", ID], &["path", ID]] {
        coder.tix(look).success();
    }
    coder.tix(&["run", ID, "--", "true"]).success();
    coder.tix(&["release", ID]).exits(5);
    let unknown = clone.tix(&["release", ID, "--role", "bos", "--json"]);
    assert_eq!(unknown.exits(2).json()["details"]["nearest"], "boss");
    clone.tix(&["release", ID]).success();
}

#[test]
fn roles_that_share_the_work_keep_to_their_parts() {
    let roles = "roles: {intake: [set], orchestrator: [activate, release], coder: [note, complete], reviewer: [note, review]}\n";
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, Ticket::new(ID).text()), (".tix.yaml", roles.to_owned())]);
    let clone = sandbox.clone_named("a");
    let role = |name| clone.env("TIX_ROLE", name);
    // One that is no command, in whatever role, would be told at once.
    role("intake").tix(&["set", ID, "priority=P1"]).success();
    role("orchestrator").tix(&["activate", ID]).success();
    role("coder").tix(&["note", ID, "half of it"]).success();
    role("reviewer").tix(&["note", ID, "looks good"]).success();
    for (who, args, may) in [
        ("coder", &["release", ID][..], "orchestrator"),
        ("reviewer", &["complete", ID], "coder"),
        ("orchestrator", &["review", ID, "--approve"], "reviewer"),
        ("intake", &["activate", ID], "orchestrator"),
    ] {
        let refused = role(who).tix(&[args, &["--json"]].concat());
        assert_eq!(refused.exits(5).json()["details"]["roles that may"], may, "{who} {args:?}");
    }
}
