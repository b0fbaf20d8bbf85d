//! Two sessions in one clone: the clone holds what each of them has claimed, and each counts only its own.

use serde_json::Value;

use super::{many_tickets, workspace};
use crate::harness::{Place, Sandbox};

/// A clone, the same in two sessions that hold a ticket each, and the tickets.
struct TwoSessions {
    clone: Place,
    one: Place,
    two: Place,
    ids: Vec<String>,
    _sandbox: Sandbox,
}

fn two_sessions() -> TwoSessions {
    let (sandbox, ids) = many_tickets(2);
    let clone = sandbox.clone_named("a");
    // As agents tell their commands.
    let one = clone.env("CLAUDE_CODE_SESSION_ID", "one");
    let two = clone.env("CODEX_THREAD_ID", "two");
    one.tix(&["activate", &ids[0]]).success();
    two.tix(&["activate", &ids[1]]).success();
    TwoSessions { clone, one, two, ids, _sandbox: sandbox }
}

/// What `tix list --mine` lists, which is what `tix` alone shows as the caller's.
fn mine(place: &Place) -> Vec<String> {
    let ids = |answer: &Value, key: &str| -> Vec<String> {
        let rows = answer[key].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let listed = ids(&place.tix(&["list", "--mine", "--json"]).success().json(), "tickets");
    assert_eq!(ids(&place.tix(&["--json"]).success().json(), "mine"), listed);
    listed
}

#[test]
fn each_session_counts_only_what_it_holds() {
    let TwoSessions { clone, one, two, ids, .. } = two_sessions();
    assert_eq!(mine(&one), ids[..1]);
    assert_eq!(mine(&two), ids[1..]);
    assert_eq!(mine(&clone), ids);
    let status = two.tix(&["status", &ids[0]]);
    let shown = status.success().stdout();
    assert!(shown.contains("in another session of this clone\n"), "{status}");
    assert!(!shown.contains("complete") && !shown.contains("next: "), "{status}");
    let id = ids[0].as_str();
    let way = format!("\nif it is yours, go on with it: tix activate {id} --resume\n");
    for words in [&["status", id][..], &["status", id, "--all"]] {
        let status = two.tix(words);
        assert!(status.success().stdout().ends_with(&way), "{status}");
    }
    let own = one.tix(&["status", &ids[0]]);
    assert!(!own.success().stdout().contains("another session"), "{own}");
    assert!(!own.stdout().contains("--resume"), "{own}");
    let told = |place: &Place| {
        place.tix(&["status", id, "--json"]).success().json()["in_another_session"].clone()
    };
    assert_eq!([&one, &two, &clone].map(told), [false, true, false].map(Value::from));
    // What a person claims by hand is every session's.
    clone.tix(&["activate", &ids[0], "--resume"]).success();
    assert_eq!(mine(&two), ids);
}

#[test]
fn what_the_same_person_claimed_in_another_clone_is_not_a_sessions_own() {
    let (sandbox, ids) = many_tickets(2);
    let clone = sandbox.clone_named("a");
    sandbox.clone_named("b").tix(&["activate", &ids[1]]).success();
    let one = clone.env("TIX_SESSION", "one");
    one.tix(&["activate", &ids[0]]).success();
    assert_eq!(mine(&one), ids[..1]);
    assert_eq!(mine(&clone), ids);
    let id = ids[1].as_str();
    let status = one.tix(&["status", id]);
    let way = format!("\nif it is yours, go on with it: tix activate {id} --resume\n");
    assert!(status.success().stdout().ends_with(&way), "{status}");
    assert!(status.stdout().contains(", from another clone\n"), "{status}");
    let taken = one.tix(&["activate", id, "--resume"]);
    let told = format!("{id} is yours now: it was held from another clone of yours\n");
    assert!(taken.success().stdout().starts_with(&told), "{taken}");
    let status = one.tix(&["status", id]);
    assert!(!status.success().stdout().contains("another clone"), "{status}");
}

#[test]
fn what_another_session_holds_needs_one_step_to_become_ones_own() {
    let TwoSessions { clone, one, two, ids, .. } = two_sessions();
    let id = ids[0].as_str();
    let way = format!("if it is yours, go on with it: tix activate {id} --resume");
    let there = two.at(workspace(&clone, id));
    let verbs: [&[&str]; 7] = [
        &["release"],
        // There is no review here, and no other way that is free.
        &["submit"],
        &["handoff", "--to", "Ada Example <ada@example.org>"],
        &["complete", "--no-work", "nothing"],
        &["handoff", "--to", "Bob <bob@example.org>"],
        &["close", "--as", "wont_do", "--reason", "why"],
        &["run", "--", "true"],
    ];
    for verb in verbs {
        let output = there.tix(verb);
        assert!(output.exits(3).stderr().contains(&way), "{verb:?} {output}");
    }
    let reclaimed = two.tix(&["reclaim", id, "--reason", "why"]);
    let why = format!("{id} is held by another session of this clone");
    let told = reclaimed.exits(3).stderr();
    assert!(told.contains(&why) && told.contains(&way), "{reclaimed}");
    // Anybody may write a note.
    there.tix(&["note", "seen"]).success();
    let taken = two.tix(&["activate", id, "--resume"]);
    let told = format!("{id} was in another session of this clone, and is in this one now\n");
    assert!(taken.success().stdout().starts_with(&told), "{taken}");
    let log = two.tix(&["log", id]);
    assert!(log.success().stdout().contains("from another session of this clone"), "{log}");
    let again = two.tix(&["activate", id, "--resume"]);
    assert!(again.success().stdout().starts_with(&format!("{id} is yours already\n")), "{again}");
    assert_eq!(mine(&two), ids);
    one.tix(&["release", id]).exits(3);
    there.tix(&["run", "--", "true"]).success();
    two.tix(&["release", id]).success();
    // A person without a session keeps what they may do.
    clone.tix(&["release", &ids[1]]).success();
}

/// It cannot resume, and works on what the session of its orchestrator has claimed.
#[test]
fn a_role_that_cannot_take_over_is_not_shut_out() {
    let (sandbox, ids) = many_tickets(2);
    let clone = sandbox.clone_named("a");
    let settings = "roles: {coder: [note, run, complete, submit, release]}\n";
    clone.commit("roles", &[(".tix.yaml", settings)]);
    clone.git(&["push", "-q"]);
    let one = clone.env("TIX_SESSION", "one");
    let coder = clone.env("TIX_SESSION", "two").env("TIX_ROLE", "coder");
    for id in &ids {
        one.tix(&["activate", id]).success();
    }
    assert_eq!(mine(&coder), ids);
    let there = coder.at(workspace(&clone, &ids[0]));
    there.tix(&["run", "--", "true"]).success();
    let status = there.tix(&["status"]);
    assert!(!status.success().stdout().contains("another session"), "{status}");
    there.tix(&["release"]).success();
    // Whoever could take it over has to.
    let other = clone.env("TIX_SESSION", "two");
    other.tix(&["release", &ids[1]]).exits(3);
}

/// It is the session's from then on, so that no second one goes on with it beside the first.
#[test]
fn a_session_goes_on_with_what_was_claimed_by_hand() {
    let (sandbox, ids) = many_tickets(1);
    let clone = sandbox.clone_named("a");
    let id = ids[0].as_str();
    clone.tix(&["activate", id]).success();
    let path = workspace(&clone, id);
    let one = clone.env("TIX_SESSION", "one");
    let again = one.tix(&["activate", id, "--json"]).success().json();
    assert_eq!(
        (&again["outcome"], path.to_str()),
        (&"already".into(), again["workspace"]["path"].as_str())
    );
    one.tix(&["activate", id]).success();
    clone.env("TIX_SESSION", "two").tix(&["activate", id]).exits(3);
    // Without a session, another agent may be at work on it.
    clone.tix(&["activate", id]).exits(3);
    // A server that was told of no session learns no more than it knew, and takes nothing away.
    clone.env("_TIX_MADE_UP_SESSION", "1").tix(&["activate", id]).success();
    one.tix(&["activate", id]).success();
    // A name counts as made up by who gives it, and not by how it reads.
    for name in ["two", "mcp-1"] {
        clone.env("TIX_SESSION", name).tix(&["activate", id]).exits(3);
    }
}
