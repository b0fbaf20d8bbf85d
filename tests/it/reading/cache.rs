//! The cache of heads: what is in it, and that nothing depends on it.

use super::{queue_path, seeded};
use crate::harness::{Place, codes, no_leftovers, queue_ticket, together};

fn listed(clone: &Place) -> serde_json::Value {
    let output = clone.tix(&["list", "--lane", "all", "--json"]);
    assert!(output.success().stderr().is_empty(), "{output}");
    output.json()["tickets"].clone()
}

#[test]
fn a_ticket_that_was_read_once_is_not_read_again() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let first = listed(&clone);
    let blob = clone.git(&["rev-parse", "origin/main:tickets/queue/TICKET-login-001.md"]);
    std::fs::remove_file(clone.common_dir().join("objects").join(&blob[..2]).join(&blob[2..]))
        .unwrap();
    clone.tix(&["show", "login"]).exits(10);
    assert_eq!(listed(&clone), first);
}

#[test]
fn the_cache_may_be_missing_damaged_or_impossible() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let first = listed(&clone);
    let file = clone.common_dir().join("tix/cache/heads");
    let whole = clone.read_bytes(&file);
    for bytes in [&b""[..], b"tixhead1", &whole[..whole.len() / 2], &[0; 4096]] {
        clone.write(&file, bytes);
        assert_eq!(listed(&clone), first);
        assert_eq!(clone.read_bytes(&file), whole, "it is written anew");
    }
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    assert_eq!(listed(&clone), first);
    assert_eq!(clone.read_bytes(&file), whole);
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    clone.write(file.parent().unwrap(), "in its place");
    assert_eq!(listed(&clone), first);
}

#[test]
fn a_changed_ticket_is_seen_at_once() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    listed(&clone);
    let changed = queue_ticket("TICKET-login-001").replace("Make it work", "Make it new");
    sandbox.seed(&[(queue_path("TICKET-login-001"), changed)]);
    clone.git(&["fetch", "-q"]);
    assert_eq!(listed(&clone)[0]["title"], "Make it new");
}

#[test]
fn many_may_fill_the_cache_at_once() {
    let sandbox = seeded();
    let tickets: Vec<(String, String)> = (1..=300)
        .map(|n| format!("TICKET-many-{n:03}"))
        .map(|id| (queue_path(&id), queue_ticket(&id)))
        .collect();
    sandbox.seed(&tickets);
    let clone = sandbox.clone_named("a");
    let run = || clone.tix_command(&["list", "--lane", "all", "--json"]);
    let outputs = together(&sandbox, (0..6).map(|_| run()).collect());
    assert_eq!(codes(&outputs), [0; 6], "{outputs:?}");
    let expected = listed(&clone);
    assert_eq!(expected.as_array().unwrap().len(), 303);
    assert!(outputs.iter().all(|output| output.json()["tickets"] == expected));
    no_leftovers(&clone);
}
