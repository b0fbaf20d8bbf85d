//! Several land at once, while others claim.

use super::{ID, LANDING, OTHER, active, completed, done, project, story};
use crate::harness::{Sandbox, codes, queue_ticket, together};

#[test]
fn two_land_at_once_while_others_claim_and_all_of_it_is_there() {
    let sandbox = project(LANDING);
    let more = ["TICKET-x-001", "TICKET-y-001"];
    sandbox.seed(&more.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    let place = |name: &str| sandbox.clone_named(name).on_machine(name);
    let (one, two, three) = (place("one"), place("two"), place("three"));
    completed(&one, ID);
    completed(&two, OTHER);
    let outputs = together(
        &sandbox,
        vec![
            one.tix_command(&["land", ID]),
            two.tix_command(&["land", OTHER, "--squash"]),
            three.tix_command(&["activate", more[0]]),
            three.tix_command(&["activate", more[1]]),
        ],
    );
    assert_eq!(codes(&outputs), [0, 0, 0, 0], "{outputs:#?}");
    let files = sandbox.remote().files("main");
    for path in [done(ID), done(OTHER), active(more[0]), active(more[1])] {
        assert!(files.contains(&path), "no {path} in {files:#?}");
    }
    for id in [ID, OTHER] {
        assert!(files.contains(&format!("src/{id}.rs")), "{files:#?}");
    }
}

#[test]
fn one_ticket_lands_once() {
    let sandbox: Sandbox = project(LANDING);
    let places: Vec<_> =
        ["a", "b", "c"].iter().map(|name| sandbox.clone_named(name).on_machine(name)).collect();
    completed(&places[0], ID);
    let outputs =
        together(&sandbox, places.iter().map(|place| place.tix_command(&["land", ID])).collect());
    assert_eq!(codes(&outputs), [0, 0, 0], "{outputs:#?}");
    let landed = story(&sandbox).iter().filter(|s| **s == format!("complete: {ID}")).count();
    assert_eq!(landed, 1);
}
