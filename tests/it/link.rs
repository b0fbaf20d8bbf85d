//! Tickets mirrored as issues, by the stand-in for `gh` that `forge` has.

use std::fs;
use std::path::PathBuf;

use crate::activate::hints;
use crate::forge::{gh, issue, on_forge, told};
use crate::harness::{Place, Sandbox, Ticket};

const OTHER: &str = "TICKET-bar-001";
const ID: &str = "TICKET-foo-001";

fn linked() -> (Sandbox, Place, PathBuf) {
    let sandbox = Sandbox::new();
    let file = |id: &str| (format!("tickets/queue/{id}.md"), Ticket::new(id).text());
    sandbox.seed(&[file(ID), file(OTHER)]);
    let clone = sandbox.clone_named("a");
    on_forge(&clone, "github.com");
    let state = gh(&clone);
    (sandbox, clone, state)
}

/// What a run did with the tickets, in the order of their ids.
fn outcomes(clone: &Place) -> Vec<String> {
    let answer = clone.tix(&["link", "github", "--json"]).success().json();
    let tickets = answer["tickets"].as_array().unwrap().clone();
    let mut all: Vec<String> = tickets
        .iter()
        .map(|one| {
            format!("{} {}", one["ticket"].as_str().unwrap(), one["outcome"].as_str().unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn issues_follow_the_tickets_and_a_second_run_changes_nothing() {
    let (_sandbox, clone, state) = linked();
    clone.tix(&["link", "github", "--dry-run"]).success();
    assert!(!state.join("issue-1").exists());
    assert_eq!(outcomes(&clone), [format!("{OTHER} created"), format!("{ID} created")]);
    assert_eq!(outcomes(&clone), [format!("{OTHER} unchanged"), format!("{ID} unchanged")]);
    let number = if told(&state, "issue-1/body").contains(ID) { 1 } else { 2 };
    let of = |what: &str| format!("issue-{number}/{what}");
    assert!(told(&state, &of("body")).contains("- [ ] It works"));
    // What people add stays.
    let body = told(&state, &of("body"));
    fs::write(state.join(of("body")), format!("{body}\nHello")).unwrap();
    clone.tix(&["activate", ID]).success();
    assert_eq!(outcomes(&clone), [format!("{OTHER} unchanged"), format!("{ID} updated")]);
    let body = told(&state, &of("body"));
    assert!(body.contains("held by ") && body.ends_with("\nHello"), "{body}");
    clone.tix(&["release", ID]).success();
    clone.tix(&["close", ID, "--as", "wont_do"]).success();
    assert_eq!(outcomes(&clone), [format!("{OTHER} unchanged"), format!("{ID} closed")]);
    assert_eq!(
        (told(&state, &of("state")), told(&state, &of("reason"))),
        ("CLOSED".to_owned(), "not planned".to_owned())
    );
    // A ticket that is reopened reopens no issue.
    clone.tix(&["reopen", ID, "--reason", "after all"]).success();
    assert_eq!(outcomes(&clone), [format!("{OTHER} unchanged"), format!("{ID} unchanged")]);
    assert_eq!(told(&state, &of("state")), "CLOSED");
    assert!(!state.join("issue-3").exists());
}

/// Each step fails once, before its work or after it; the next run does what is left, and makes nothing twice.
#[test]
fn a_run_that_was_cut_short_is_finished_by_the_next() {
    for step in ["issue list", "issue create", "issue edit", "issue close"] {
        for fails in [step.to_owned(), format!("{step}, after its work")] {
            let (_sandbox, clone, state) = linked();
            let changes: &[&[&str]] = match step {
                "issue edit" => &[&["set", ID, "title=New"], &["set", OTHER, "title=Newer"]],
                "issue close" => {
                    &[&["close", ID, "--as", "wont_do"], &["close", OTHER, "--as", "wont_do"]]
                }
                _ => &[],
            };
            if !changes.is_empty() {
                outcomes(&clone);
            }
            for change in changes {
                clone.tix(change).success();
            }
            fs::write(state.join("fail"), &fails).unwrap();
            let output = clone.tix(&["link", "github", "--json"]);
            let hint = if step == "issue list" {
                ""
            } else {
                "what is left, the next run does: tix link github"
            };
            assert_eq!(hints(output.exits(6)), hint, "{fails}");
            fs::remove_file(state.join("fail")).unwrap();
            outcomes(&clone);
            let again = outcomes(&clone);
            assert!(again.iter().all(|one| one.ends_with(" unchanged")), "{fails}: {again:?}");
            assert!(state.join("issue-2").exists() && !state.join("issue-3").exists(), "{fails}");
            for number in [1, 2] {
                let body = told(&state, &format!("issue-{number}/body"));
                let title = told(&state, &format!("issue-{number}/title"));
                assert_eq!(step == "issue edit", title.starts_with("New"), "{fails}: {body}");
                let is = told(&state, &format!("issue-{number}/state"));
                assert_eq!(is, if step == "issue close" { "CLOSED" } else { "OPEN" }, "{fails}");
            }
        }
    }
}

#[test]
fn issues_become_tickets_once_and_those_that_mirror_one_never() {
    let (_sandbox, clone, state) = linked();
    outcomes(&clone);
    issue(&state, "Bake bread", "- [ ] It smells");
    let import = || clone.tix(&["link", "github", "--import", "--json"]).success().json();
    let planned = clone.tix(&["link", "github", "--import", "--dry-run", "--json"]);
    assert_eq!(planned.success().json()["tickets"][0]["outcome"], "created");
    // What fails changes nothing.
    fs::write(state.join("fail"), "issue list").unwrap();
    clone.tix(&["link", "github", "--import"]).exits(6);
    fs::remove_file(state.join("fail")).unwrap();
    let came = import();
    assert_eq!((came["outcome"].as_str(), came["total"].as_u64()), (Some("imported"), Some(1)));
    assert_eq!(came["tickets"][0]["ticket"], "TICKET-bake-bread-001");
    assert_eq!(import()["outcome"], "already");
    // Nor does the ticket of an issue get an issue.
    let done = outcomes(&clone);
    assert!(done.iter().all(|one| one.ends_with(" unchanged")) && done.len() == 2, "{done:?}");
    // What has ended here stays so, whatever the issue says.
    clone.tix(&["close", "bake", "--as", "wont_do"]).success();
    assert_eq!(import()["outcome"], "already");
    assert_eq!(clone.tix(&["show", "bake", "--json"]).success().json()["lane"], "archive");
}

#[test]
fn elsewhere_than_on_github_nothing_is_linked() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), Ticket::new(ID).text())]);
    let output = sandbox.clone_named("a").tix(&["link", "github", "--json"]);
    assert_eq!(output.exits(5).json()["message"], "origin is not on a forge");
}

/// A version of gh that tells no relations takes none away, and one that tells them is asked.
#[test]
fn relations_of_issues_come_and_stay() {
    let (sandbox, clone, state) = linked();
    issue(&state, "Bake bread", "Soon.");
    issue(&state, "Buy flour", "Now.");
    let blocked = |number: &str| state.join(format!("issue-{number}/blockers"));
    fs::write(blocked("1"), r#"{"number":2,"url":"https://github.com/acme/shop/issues/2"}"#)
        .unwrap();
    let import = |args: &[&str]| {
        clone.tix(&[&["link", "github", "--import", "--json"], args].concat()).success().json()
    };
    assert_eq!(import(&[])["outcome"], "imported");
    let bread = || {
        let file = sandbox.remote().show("main", "tickets/queue/TICKET-bake-bread-001.md");
        String::from_utf8(file).unwrap()
    };
    let depends = "depends_on: [TICKET-buy-flour-001]\n";
    assert!(bread().contains(depends), "{}", bread());
    fs::write(state.join("old"), "").unwrap();
    assert_eq!(import(&[])["outcome"], "already");
    fs::write(state.join("issue-1/body"), "Later.").unwrap();
    assert_eq!(import(&[])["tickets"][0]["outcome"], "updated");
    assert!(bread().contains("Later.") && bread().contains(depends), "{}", bread());
    // Nor does it go away because the other issue is closed and not asked for.
    fs::remove_file(state.join("old")).unwrap();
    fs::write(state.join("issue-2/state"), "CLOSED").unwrap();
    assert_eq!(import(&[])["outcome"], "already");
    fs::remove_file(blocked("1")).unwrap();
    assert_eq!(import(&[])["tickets"][0]["outcome"], "updated");
    assert!(!bread().contains("depends_on"), "{}", bread());
    // What came in as ended does not go on because the issue does.
    assert_eq!(import(&["--all"])["outcome"], "imported");
    fs::write(state.join("issue-2/state"), "OPEN").unwrap();
    for all in [&[][..], &["--all"]] {
        let answer = import(all);
        assert_eq!(answer["outcome"], "already", "{answer}");
        assert!(answer["warnings"][0].as_str().unwrap().contains("tix reopen"), "{answer}");
    }
}
