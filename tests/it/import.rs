//! Bringing tickets of other systems in.

use crate::harness::{Place, Sandbox, Untouched, no_leftovers, together};

const ISSUES: &str = concat!(
    r#"{"id":"bd-1","title":"Lay the ground","status":"closed","closed_at":"2026-01-05T00:00:00Z","priority":1}"#,
    "\n",
    r#"{"id":"bd-2","title":"Build the wall","description":"Stone on stone.","status":"open","priority":0,"created_at":"2026-01-01T10:00:00Z","#,
    r#""labels":["stone"],"dependencies":[{"issue_id":"bd-2","depends_on_id":"bd-1","type":"blocks"},{"issue_id":"bd-2","depends_on_id":"bd-4","type":"blocks"}],"#,
    r##""comments":[{"author":"Bob","text":"# Changelog\n- [ ] a box","created_at":"2026-01-02T10:00:00Z"}]}"##,
    "\n{\"id\":\"bd-3\"}\n",
    r#"{"id":"bd-4","title":"Mix the mortar","status":"in_progress","assignee":"ann","priority":2}"#,
    "\n",
);

fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    sandbox
}

fn with_issues(sandbox: &Sandbox, name: &str) -> Place {
    let clone = sandbox.clone_named(name);
    clone.write(".beads/issues.jsonl", ISSUES);
    clone
}

fn commits(sandbox: &Sandbox) -> usize {
    sandbox.remote().git(&["rev-list", "--count", "main"]).parse().unwrap()
}

fn text(sandbox: &Sandbox, path: &str) -> String {
    String::from_utf8(sandbox.remote().show("main", path)).unwrap()
}

const WALL: &str = "tickets/queue/TICKET-build-the-wall-001.md";

#[test]
fn tickets_come_in_one_commit_with_their_relations_and_what_is_refused_is_named() {
    let sandbox = empty();
    let clone = with_issues(&sandbox, "a");
    let before = (Untouched::of(&clone), commits(&sandbox));
    let planned = clone.tix(&["import", "--dry-run"]);
    assert_eq!(commits(&sandbox), before.1);
    let output = clone.tix(&["import"]);
    insta::assert_snapshot!(output.exits(9).redacted(), @r"
    exit: 9
    ----- stdout -----
    left	-	bd-1	Lay the ground
    created	TICKET-build-the-wall-001	bd-2	Build the wall
    created	TICKET-mix-the-mortar-001	bd-4	Mix the mortar
    ----- stderr -----
    warning: refused .beads/issues.jsonl:3: it has no title
    3 tickets from beads: 2 created, 1 ended there, left out (--all brings them), 1 refused
    ");
    assert_eq!(planned.exits(9).stdout(), output.stdout());
    assert_eq!(commits(&sandbox), before.1 + 1);
    before.0.assert_same(&clone);
    no_leftovers(&clone);
    let wall = text(&sandbox, WALL);
    let (front, changelog) = wall.split_once("# Changelog\n\n").unwrap();
    insta::assert_snapshot!(front, @r#"
    ---
    # Metadata
    ticket_id: TICKET-build-the-wall-001
    session_id: build-the-wall
    sequence: "001"
    title: Build the wall
    status: open
    priority: P0
    created: "2026-01-01T10:00:00Z"
    labels: [stone]
    depends_on: [TICKET-mix-the-mortar-001]
    imported:
      mark: x364eae5e145-x2fa86b1f5e
      source: beads
      id: bd-2
      status: open
      depends_on: [bd-1]
    ---

    Stone on stone.
    "#);
    let comment = "## [2026-01-02 10:00] - Bob: commented\n- At: 2026-01-02T10:00:00Z\n\n> # Changelog\n> - [ ] a box\n\n## [";
    assert!(changelog.starts_with(comment), "{wall}");
    assert!(
        text(&sandbox, "tickets/queue/TICKET-mix-the-mortar-001.md").contains("status: queued\n")
    );
    assert!(
        text(&sandbox, "tickets/queue/TICKET-mix-the-mortar-001.md")
            .contains("in progress there with ann")
    );
    clone.tix(&["doctor"]).success();
    clone.tix(&["activate", "mix"]).success();
}

#[test]
fn a_second_run_changes_nothing_and_all_brings_the_rest() {
    let sandbox = empty();
    let clone = with_issues(&sandbox, "a");
    clone.tix(&["import", "beads"]).exits(9);
    let before = commits(&sandbox);
    let answer = clone.tix(&["import", "beads", "--json"]).exits(9).json();
    assert_eq!((&answer["outcome"], commits(&sandbox)), (&"already".into(), before));
    assert_eq!(answer["tickets"][1]["outcome"], "unchanged");
    let answer = clone.tix(&["import", "beads", "--all", "--json"]).exits(9).json();
    assert_eq!(answer["tickets"][0]["outcome"], "created");
    // Now the first dependency has a ticket too.
    assert_eq!(answer["tickets"][1]["outcome"], "updated");
    let wall = text(&sandbox, WALL);
    assert!(
        wall.contains("depends_on: [TICKET-lay-the-ground-001, TICKET-mix-the-mortar-001]\n"),
        "{wall}"
    );
    assert_eq!(wall.matches(": commented\n").count(), 1, "{wall}");
    assert!(
        text(&sandbox, "tickets/completed/TICKET-lay-the-ground-001.md").contains("completed_at: ")
    );
    clone.tix(&["doctor"]).success();
}

#[test]
fn a_changed_source_updates_what_nobody_has_touched_and_names_the_rest() {
    let sandbox = empty();
    let clone = with_issues(&sandbox, "a");
    clone.tix(&["import", "beads"]).exits(9);
    clone.tix(&["note", "wall", "Seen."]).success();
    clone.tix(&["set", "mix", "priority=P1"]).success();
    let changed =
        ISSUES.replace("Stone on stone.", "Brick on brick.").replace("Mix the", "Stir the");
    clone.write(".beads/issues.jsonl", changed);
    let answer = clone.tix(&["import", "beads", "--json"]).exits(9).json();
    assert_eq!(answer["tickets"][1]["outcome"], "updated");
    assert_eq!(answer["tickets"][2]["outcome"], "touched");
    let wall = text(&sandbox, WALL);
    assert!(wall.contains("Brick on brick.") && wall.contains("Seen."), "{wall}");
    assert!(
        text(&sandbox, "tickets/queue/TICKET-mix-the-mortar-001.md").contains("title: Mix the")
    );
}

#[test]
fn strict_imports_nothing_where_a_record_is_refused() {
    let sandbox = empty();
    let clone = with_issues(&sandbox, "a");
    let before = commits(&sandbox);
    let output = clone.tix(&["import", "beads", "--strict", "--json"]);
    assert_eq!(output.exits(9).json()["outcome"], "refused");
    assert_eq!(commits(&sandbox), before);
    clone.write(".beads/issues.jsonl", ISSUES.replace("{\"id\":\"bd-3\"}\n", ""));
    clone.tix(&["import", "beads", "--strict"]).success();
}

#[test]
fn two_clones_that_import_at_once_make_each_ticket_once() {
    let sandbox = empty();
    let places = [with_issues(&sandbox, "a"), with_issues(&sandbox, "b")];
    let command = |place: &Place| place.tix_command(&["import", "beads", "--json"]);
    let outputs = together(&sandbox, places.iter().map(command).collect());
    let mut outcomes: Vec<String> = outputs
        .iter()
        .map(|output| output.exits(9).json()["outcome"].as_str().unwrap().to_owned())
        .collect();
    outcomes.sort();
    assert_eq!(outcomes, ["already", "imported"]);
    let tree = sandbox.remote().git(&["ls-tree", "-r", "--name-only", "main", "tickets/queue"]);
    assert_eq!(tree.matches("/TICKET-").count(), 2, "{tree}");
}

#[test]
fn a_source_is_recognised_and_several_are_listed() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.tix(&["import"]).exits(4);
    clone.write(".beads/issues.jsonl", ISSUES);
    clone.write(".tickets/ab-1.md", "---\nid: ab-1\nstatus: open\n---\n# One\n");
    insta::assert_snapshot!(clone.tix(&["import"]).exits(2).redacted(), @r"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: there are several sources: beads, wedow
    hint: tix import beads
    hint: tix import wedow
    ");
    clone.tix(&["import", ".tickets/ab-1.md"]).exits(4);
    clone.tix(&["import", "wedow", ".tickets"]).success();
    clone.tix(&["import", "beadz"]).exits(2);
    clone.tix(&["import", "beads", "nowhere"]).exits(2);
}
