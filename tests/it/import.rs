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
    // The guard of a server lets it through too.
    clone.tix(&["check", "origin/main"]).success();
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

const PLAN: &str = "# Make the schema\n- key: schema\n- priority: P1\n\n- [ ] It is there\n\n# Fill it\n- depends_on: schema, old\n- parent: schema\n";

#[test]
fn a_plan_makes_tickets_that_name_each_other_in_one_commit() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.tix(&["new", "An old one", "--session", "old"]).success();
    clone.write("plan.md", PLAN);
    let before = commits(&sandbox);
    let plan = ["new", "--plan", "plan.md", "--key", "plan 1"];
    let ids = "TICKET-make-the-schema-001\nTICKET-fill-it-001\n";
    assert_eq!(clone.tix(&plan).success().stdout(), ids);
    // The same call again makes nothing.
    assert_eq!(clone.tix(&plan).success().stdout(), ids);
    assert_eq!(commits(&sandbox), before + 1);
    let fill = text(&sandbox, "tickets/queue/TICKET-fill-it-001.md");
    assert!(fill.contains("depends_on: [TICKET-make-the-schema-001, TICKET-old-001]\n"), "{fill}");
    assert!(fill.contains("parent_ticket: TICKET-make-the-schema-001\n"), "{fill}");
    let schema = text(&sandbox, "tickets/queue/TICKET-make-the-schema-001.md");
    assert!(schema.contains("- [ ] It is there") && !schema.contains("imported:"), "{schema}");
    clone.tix(&["doctor"]).success();
    let yaml = "tickets:\n  - title: A\n    depends_on: [nowhere]\n";
    clone.write("plan.yaml", yaml);
    insta::assert_snapshot!(clone.tix(&["new", "--plan", "plan.yaml"]).exits(4).redacted(), @r"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: plan.yaml:3: no ticket matches `nowhere`
      looked on  origin/main
    hint: list the tickets: tix list
    ");
    clone.write("plan.yaml", "- title: A\n  depends_on: a\n- title: B\n  status: done\n");
    insta::assert_snapshot!(clone.tix(&["new", "--plan", "plan.yaml"]).exits(9).redacted(), @r"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: plan.yaml:2: with `a` the tickets would wait for themselves (and 1 mistake more)
    hint: fix the plan and try again: nothing was created
    ");
    assert_eq!(commits(&sandbox), before + 1);
}

#[test]
fn what_was_exported_comes_back_the_same() {
    let sandbox = empty();
    let clone = with_issues(&sandbox, "a");
    clone.tix(&["import", "beads", "--all"]).exits(9);
    clone.tix(&["activate", "wall"]).exits(5);
    clone.tix(&["activate", "mix"]).success();
    let other = Sandbox::new();
    other.seed(&[("tickets/queue/.gitkeep", "")]);
    let there = other.clone_named("b");
    for form in ["csv", "json"] {
        let exported = clone.tix(&["export", "--format", form]).success().stdout().to_owned();
        there.write(format!("export.{form}"), exported);
        let answer =
            there.tix(&["import", &format!("export.{form}"), "--all", "--json"]).success().json();
        let outcome = if form == "csv" { "imported" } else { "already" };
        assert_eq!(answer["outcome"], outcome, "{answer}");
    }
    let path = "tickets/completed/TICKET-lay-the-ground-001.md";
    assert_eq!(String::from_utf8(other.remote().show("main", path)).unwrap(), text(&sandbox, path));
    let mix = String::from_utf8(
        other.remote().show("main", "tickets/queue/TICKET-mix-the-mortar-001.md"),
    )
    .unwrap();
    assert!(mix.contains("status: queued\n") && mix.contains("claimed_by: null\n"), "{mix}");
    there.tix(&["doctor"]).success();
    there.tix(&["activate", "mix"]).success();
    for (form, file) in [("plan", "p.yaml"), ("github", "g.json")] {
        there.write(file, clone.tix(&["export", "--format", form]).success().stdout());
        let answer = there.tix(&["import", file, "--dry-run", "--json"]).success().json();
        assert_eq!(answer["total"], 3, "{answer}");
    }
    clone.tix(&["export", "--format", "csv", "--json"]).exits(2);
}

#[test]
fn folders_of_another_project_come_with_their_names() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.write(
        "old/tickets/queue/TICKET-foo.md",
        "---\n# Metadata\nsequence: {assigned at activation}\nstatus: open\n---\n# Foo\n",
    );
    clone.write("old/tickets/active/bar/TICKET-bar-001.md", "---\nstatus: claimed\nclaimed_by: ann\nclaimed_at: 2025-12-03 19:30\ndepends_on: [TICKET-foo]\n---\n# Bar\n\n# Changelog\n");
    clone.write(
        "old/tickets/active/baz/TICKET-baz-001.md",
        "---\nstatus: approved\nclaimed_by: bob\nbranch: x\n---\n# Baz",
    );
    clone.write("old/tickets/queue/HANDOFF-x.md", "prose\n");
    clone.tix(&["import", "folders", "old"]).exits(9);
    let bar = text(&sandbox, "tickets/queue/TICKET-bar-001.md");
    assert!(
        bar.contains("claimed_by: null\n") && bar.contains("in progress there with ann"),
        "{bar}"
    );
    assert!(bar.contains("- `claimed_at` there: 2025-12-03 19:30\n"), "{bar}");
    let baz = text(&sandbox, "tickets/queue/TICKET-baz-001.md");
    assert!(baz.contains("in progress there with bob"), "{baz}");
    assert!(baz.contains("- `status` there: approved\n- `branch` there: x\n"), "{baz}");
    assert!(text(&sandbox, "tickets/queue/TICKET-foo.md").contains("{assigned at activation}"));
    let before = commits(&sandbox);
    clone.tix(&["import", "folders", "old"]).exits(9);
    assert_eq!(commits(&sandbox), before);
}

#[test]
fn tickets_without_times_keep_the_order_of_their_source() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.write("todo.txt", "Zip it\nYawn\nApply\n");
    clone.tix(&["import", "todotxt"]).success();
    let order = |clone: &Place| {
        let rows = clone.tix(&["list", "--ready", "--json"]).success().json();
        let rows = rows["tickets"].as_array().unwrap().clone();
        rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order(&clone), ["Zip it", "Yawn", "Apply"]);
    clone.write("plan.md", "# Next\n# Before\n");
    clone.tix(&["new", "--plan", "plan.md"]).success();
    let order = order(&clone);
    let place = |title: &str| order.iter().position(|one| one == title).unwrap();
    assert!(place("Next") < place("Before"), "{order:?}");
}

#[test]
fn circles_are_cut_and_relations_that_lead_nowhere_are_kept_and_named() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let issue = |id: &str, other: &str| {
        format!(
            r#"{{"id":"{id}","title":"{id}","dependencies":[{{"issue_id":"{id}","depends_on_id":"{other}","type":"blocks"}}]}}"#
        )
    };
    let lines =
        [issue("a-1", "a-2"), issue("a-2", "a-1"), issue("a-3", "a-9"), issue("a-1", "a-3")];
    clone.write(".beads/issues.jsonl", lines.join("\n"));
    let output = clone.tix(&["import", "beads"]);
    insta::assert_snapshot!(output.exits(9).stderr(), @r"
    warning: refused .beads/issues.jsonl:4: a-1 is in .beads/issues.jsonl:1 already
    warning: a-2: `depends_on: a-1` would close a circle; it is kept below `imported:`
    warning: a-3: `depends_on: a-9` leads to nothing in the source; it is kept below `imported:`
    3 tickets from beads: 3 created, 1 refused
    ");
    let second = text(&sandbox, "tickets/queue/TICKET-a-2-001.md");
    assert!(
        second.contains("  depends_on: [a-1]\n") && !second.contains("\ndepends_on"),
        "{second}"
    );
    clone.tix(&["doctor"]).success();
    clone.tix(&["dep", "cycles"]).success();
}

#[test]
fn what_has_ended_in_the_source_since_ends_here_if_nobody_has_touched_it() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let issue = r#"{"id":"a-1","title":"One","status":"open"}"#;
    clone.write(".beads/issues.jsonl", issue);
    clone.tix(&["import"]).success();
    clone.write(".beads/issues.jsonl", issue.replace("open", "closed"));
    let answer = clone.tix(&["import", "--json"]).success().json();
    assert_eq!(answer["tickets"][0]["outcome"], "updated");
    assert!(text(&sandbox, "tickets/completed/TICKET-one-001.md").contains("status: approved\n"));
    let tree = sandbox.remote().git(&["ls-tree", "-r", "--name-only", "main", "tickets/queue"]);
    assert_eq!(tree, "tickets/queue/.gitkeep");
    let answer = clone.tix(&["import", "--json"]).success().json();
    assert_eq!(answer["outcome"], "already");
    clone.tix(&["doctor"]).success();
}

/// A file of a source with one ticket of this title.
type FileOf<'a> = &'a dyn Fn(&str) -> String;

/// Ids such as `1` say nothing without their project.
#[test]
fn projects_of_one_source_stay_apart_and_each_is_known_again() {
    let task = |title: &str| format!(r#"{{"tasks":[{{"id":1,"title":"{title}"}}]}}"#);
    let rows: [(&str, &str, FileOf<'_>); 6] = [
        ("markdown", "one.md", &|title| format!("# {title}\n")),
        ("hal", "docs/tickets/0001-x.md", &|title| format!("- **Title**: {title}\n")),
        ("backlog", "backlog/tasks/task-1 - x.md", &|title| {
            format!("---\nid: task-1\ntitle: {title}\n---\n")
        }),
        ("taskmaster", ".taskmaster/tasks/tasks.json", &task),
        ("plan", "plan.yaml", &|title| format!("tickets:\n  - key: a\n    title: {title}\n")),
        ("github", "issues.json", &|title| format!(r#"[{{"number":1,"title":"{title}"}}]"#)),
    ];
    for (source, file, text) in rows {
        let sandbox = empty();
        let clone = sandbox.clone_named("a");
        for project in ["one", "two"] {
            clone.write(format!("{project}/{file}"), text(&format!("Do {project}")));
        }
        for outcome in ["created", "unchanged"] {
            for project in ["one", "two"] {
                let answer = clone.tix(&["import", source, project, "--json"]).success().json();
                assert_eq!(answer["tickets"][0]["outcome"], outcome, "{source}: {answer}");
            }
        }
        let one = self::text(&sandbox, "tickets/queue/TICKET-do-one-001.md");
        assert!(one.contains("  project: one\n"), "{one}");
        // The place below the project means the same.
        if file.starts_with(['.', 'b', 'd']) {
            let place = format!("one/{}", file.split('/').next().unwrap());
            let answer = clone.tix(&["import", source, &place, "--json"]).success().json();
            assert_eq!(answer["outcome"], "already", "{source}: {answer}");
        }
    }
}

#[test]
fn an_export_of_issues_gives_each_ticket_the_same_number_whatever_else_is_in_it() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    for title in ["Bravo", "Charlie"] {
        clone.tix(&["new", title]).success();
    }
    let other = empty();
    let there = other.clone_named("b");
    let carry = || {
        there.write("g.json", clone.tix(&["export", "--format", "github"]).success().stdout());
        let answer = there.tix(&["import", "github", "g.json", "--json"]).success().json();
        let rows = answer["tickets"].as_array().unwrap().clone();
        let row = |row: &serde_json::Value| {
            format!("{} {}", row["outcome"], row["title"]).replace('"', "")
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(carry(), ["created Bravo", "created Charlie"]);
    clone.tix(&["new", "Alpha"]).success();
    assert_eq!(carry(), ["created Alpha", "unchanged Bravo", "unchanged Charlie"]);
}

#[test]
fn a_circle_through_tickets_that_are_there_is_cut_or_refused() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.tix(&["new", "Old"]).success();
    clone.write("plan.md", "# New\n- depends_on: old\n- blocks: old\n");
    let output = clone.tix(&["new", "--plan", "plan.md", "--json"]);
    let message = "plan.md:3: with `old` the tickets would wait for themselves";
    assert_eq!(output.exits(9).json()["message"], message);
    // An update closes none either.
    let issue = |more: &str| {
        format!(
            "{{\"id\":\"a-1\",\"title\":\"One\"{more}}}\n{{\"id\":\"a-2\",\"title\":\"Two\"}}\n"
        )
    };
    clone.write(".beads/issues.jsonl", issue(""));
    clone.tix(&["import", "beads"]).success();
    clone.tix(&["dep", "add", "two-001", "one-001"]).success();
    clone.write(
        ".beads/issues.jsonl",
        issue(r#","dependencies":[{"depends_on_id":"a-2","type":"blocks"}]"#),
    );
    let answer = clone.tix(&["import", "beads", "--json"]).success().json();
    assert_eq!(answer["tickets"][0]["outcome"], "updated");
    let warning = "a-1: `depends_on: a-2` would close a circle; it is kept below `imported:`";
    assert_eq!(answer["warnings"][0], warning);
    assert!(text(&sandbox, "tickets/queue/TICKET-one-001.md").contains("  depends_on: [a-2]\n"));
    clone.tix(&["dep", "cycles"]).success();
    // As a source a plan has no other rule than the rest.
    clone.write("circle.yaml", "- title: A\n  depends_on: b\n- title: B\n  depends_on: a\n");
    let answer = clone.tix(&["import", "plan", "circle.yaml", "--json"]).success().json();
    assert_eq!((answer["total"].as_u64(), &answer["refused"]), (Some(2), &serde_json::json!([])));
    assert!(answer["warnings"][0].as_str().unwrap().contains("close a circle"), "{answer}");
}
