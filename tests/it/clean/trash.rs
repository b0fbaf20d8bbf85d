//! A worktree goes aside before it goes away.

use std::fs;

use serde_json::Value;

use super::{assert_gone, completed, merger, on_trunk, squash, tickets};

const ID: &str = "TICKET-foo-001";
const DAY: i64 = 24 * 3600;

#[test]
fn what_git_ignores_is_kept_for_a_week() {
    let sandbox = tickets(&[ID, "TICKET-bar-001"], "");
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    let there = completed(&clone, ID, &[("work.txt", "1\n")]);
    there.write("secret.ignored", "mine\n");
    squash(&merger, ID);
    let report = clone.tix(&["clean", ID, "--json"]).success().json();
    let trash = report["tickets"][0]["trash"].as_str().unwrap().to_owned();
    assert!(trash.starts_with(clone.common_dir().join("tix/trash").to_str().unwrap()), "{trash}");
    assert_eq!(fs::read_to_string(format!("{trash}/secret.ignored")).unwrap(), "mine\n");
    assert_gone(&sandbox, &clone, ID);
    // Another clean within the week leaves it, one after it does not; the clean of the other ticket goes there too.
    completed(&clone, "TICKET-bar-001", &[("bar.txt", "1\n")]);
    clone.tix(&["clean", ID]).success();
    assert!(fs::exists(&trash).unwrap());
    let note = format!("{trash}.json");
    let age = |seconds: i64| {
        let mut text: Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
        text["at"] = Value::from(text["at"].as_i64().unwrap() - seconds);
        fs::write(&note, text.to_string()).unwrap();
    };
    age(7 * DAY - 3600);
    clone.tix(&["clean", "--merged"]).success();
    assert!(fs::exists(&trash).unwrap(), "an hour is left of the week");
    age(3600);
    clone.tix(&["clean", "--merged", "--dry-run"]).success();
    assert!(fs::exists(&trash).unwrap(), "a dry run");
    clone.tix(&["clean", "--merged"]).success();
    assert!(!fs::exists(&trash).unwrap() && !fs::exists(&note).unwrap());
}

#[test]
fn a_name_that_was_taken_again_meets_nothing_of_before() {
    let sandbox = tickets(&[ID], "");
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    completed(&clone, ID, &[("work.txt", "1\n")]).write("secret.ignored", "1\n");
    squash(&merger, ID);
    clone.tix(&["clean", ID]).success();
    clone.tix(&["reopen", ID, "--reason", "not yet"]).success();
    on_trunk(&merger, &format!("git rm -q {ID}.txt; git commit -q -m 'away with it'"));
    completed(&clone, ID, &[("work.txt", "2\n")]).write("secret.ignored", "2\n");
    squash(&merger, ID);
    clone.tix(&["clean", ID]).success();
    assert_gone(&sandbox, &clone, ID);
    let kept = fs::read_dir(clone.common_dir().join("tix/trash")).unwrap().count();
    assert_eq!(kept, 4, "two worktrees and a note of each");
}
