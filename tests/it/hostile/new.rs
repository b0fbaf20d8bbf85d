//! New tickets under names that mean harm.

use std::collections::BTreeMap;

use super::{corpus, history_is_clean, is_harmless};
use crate::harness::{Place, Sandbox, Untouched, no_leftovers};

fn cloned() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "# Example\n"), ("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("clone");
    (sandbox, clone)
}

#[test]
fn a_session_names_a_ticket_as_it_is_or_is_refused_by_its_name() {
    let (sandbox, clone) = cloned();
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let before = Untouched::of(&clone);
    for [verdict, session] in &corpus("names") {
        // No argument of a program has one.
        if session.contains('\0') {
            continue;
        }
        let tip = sandbox.remote().git(&["rev-parse", "main"]);
        let output = clone.tix(&["new", "One", &format!("--session={session}")]);
        is_harmless(&output);
        // With its number it is to be a ticket's, too.
        if verdict != "bad" && session.len() < 90 {
            let id = output.success().stdout().trim();
            assert!(id.starts_with(&format!("TICKET-{session}-00")), "{session:?}: {output}");
            continue;
        }
        output.exits(2);
        let shown: String =
            session.chars().take_while(|c| c.is_ascii_graphic() || *c == ' ').collect();
        assert!(output.stderr().contains(&format!("`{shown}")), "{session:?}: {output}");
        assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), tip, "{session:?}");
    }
    history_is_clean(&sandbox, &old);
    before.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn a_title_comes_back_as_it_was_given_or_is_refused() {
    let (sandbox, clone) = cloned();
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let before = Untouched::of(&clone);
    let titles = corpus("titles");
    let mut made = BTreeMap::new();
    for [title] in &titles {
        let output = clone.tix(&["new", "--session=x", "--", title]);
        is_harmless(&output);
        let id = output.success().stdout().trim();
        let path = format!("tickets/queue/{id}.md");
        let text = String::from_utf8(sandbox.remote().show("main", &path)).unwrap();
        let inner = text.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap();
        let keys: serde_yaml::Mapping = serde_yaml::from_str(inner).unwrap();
        assert_eq!(keys["title"].as_str(), Some(title.trim()), "{text}");
        assert_eq!(keys["status"].as_str(), Some("open"), "{text}");
        is_harmless(&clone.tix(&["show", id]));
        made.insert(id.to_owned(), title.trim());
    }
    let list = clone.tix(&["list", "--json"]).success().json();
    for ticket in list["tickets"].as_array().unwrap() {
        assert_eq!(ticket["title"], made[ticket["id"].as_str().unwrap()], "{ticket}");
    }
    // For programs: columns, which no title adds to.
    let list = clone.tix(&["list"]);
    let rows: Vec<&str> = list.success().stdout().lines().collect();
    assert_eq!(rows.len(), titles.len(), "{list}");
    for row in rows {
        assert_eq!(row.split('\t').count(), 6, "{row:?}");
        assert!(!row.contains(|c: char| c.is_control() && c != '\t'), "{row:?}");
    }
    history_is_clean(&sandbox, &old);
    before.assert_same(&clone);
    no_leftovers(&clone);
}

/// What is no text at all reaches no ticket.
#[test]
fn words_that_are_no_text_are_refused() {
    let (sandbox, clone) = cloned();
    let tip = sandbox.remote().git(&["rev-parse", "main"]);
    for line in [
        "new $(printf 'a\\377b')",
        "new One --session=$(printf 'a\\377b')",
        "show $(printf '\\200')",
        "activate $(printf '\\360\\237\\230')",
    ] {
        let mut command = clone.sh(&format!("\"$0\" {line}"));
        command.args.push(env!("CARGO_BIN_EXE_tix").into());
        let output = command.run();
        is_harmless(&output);
        output.exits(2);
    }
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), tip);
}
