//! Roles: what an agent may do that says what it is.

use crate::activate::{ID, one_ticket, subjects};

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
