//! What tickets are to each other: `tix dep` and `tix graph`.

use crate::harness::{Do, On, Place, Sandbox, Shim, Ticket, Untouched, no_leftovers};

fn path(id: &str) -> String {
    format!("tickets/queue/{id}.md")
}

/// A queue of tickets with these keys beside those that every ticket has.
fn queue(tickets: &[(&str, &[(&str, &str)])]) -> Sandbox {
    let sandbox = Sandbox::new();
    let file = |(id, keys): &(&str, &[(&str, &str)])| {
        let ticket = keys.iter().fold(Ticket::new(id), |t, (key, value)| t.key(key, value));
        (path(id), ticket.text())
    };
    sandbox.seed(&tickets.iter().map(file).collect::<Vec<_>>());
    sandbox
}

fn on_trunk(sandbox: &Sandbox, id: &str) -> String {
    String::from_utf8(sandbox.remote().show("main", &path(id))).unwrap()
}

#[test]
fn a_dependency_is_one_line_in_one_file_in_one_commit() {
    let sandbox = queue(&[("TICKET-a", &[]), ("TICKET-b", &[]), ("TICKET-c", &[])]);
    let clone = sandbox.clone_named("a");
    let untouched = Untouched::of(&clone);
    let before = on_trunk(&sandbox, "TICKET-a");
    let receipt = clone.tix(&["dep", "add", "a", "b", "--json"]).success().json();
    assert_eq!((&receipt["operation"], &receipt["outcome"]), (&"dep".into(), &"added".into()));
    assert_eq!(receipt["paths"], serde_json::json!([path("TICKET-a")]));
    let after = on_trunk(&sandbox, "TICKET-a");
    assert_eq!(after.replace("depends_on: [TICKET-b]\n", ""), before);
    assert_eq!(clone.tix(&["next", "--fetch", "--json"]).success().json()["total"], 2);
    let twice = clone.tix(&["dep", "add", "TICKET-a", "TICKET-b", "--json"]).success().json();
    assert_eq!((&twice["outcome"], &twice["commits"]), (&"already".into(), &serde_json::json!([])));
    let told = clone.tix(&["dep", "add", "a", "c", "--relation", "blocks"]);
    assert_eq!(told.success().stdout(), "TICKET-a: TICKET-c is in `blocks` now\n");
    clone.tix(&["dep", "add", "a", "c", "--relation", "parent"]).success();
    assert!(on_trunk(&sandbox, "TICKET-a").contains("\nparent_ticket: TICKET-c\n"));
    for (other, relation) in [("b", "depends_on"), ("c", "blocks"), ("c", "parent")] {
        let gone = clone.tix(&["dep", "rm", "a", other, "--relation", relation]);
        assert!(gone.success().stdout().contains("not in"), "{gone}");
        clone.tix(&["dep", "rm", "a", other, "--relation", relation]).success();
    }
    let text = on_trunk(&sandbox, "TICKET-a");
    assert!(text.contains("\ndepends_on: []\n") && text.contains("\nparent_ticket: null\n"));
    let subjects = sandbox.remote().git(&["log", "--format=%s", "main"]);
    assert_eq!(subjects, "dep: TICKET-a\n".repeat(6) + "seed");
    untouched.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn a_circle_is_refused_when_it_is_made_however_it_is_said() {
    let sandbox = queue(&[
        ("TICKET-a", &[]),
        ("TICKET-b", &[("depends_on", "[TICKET-a]")]),
        ("TICKET-c", &[]),
        ("TICKET-d", &[("blocks", "[c]")]),
    ]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["dep", "add", "d", "b"]).success();
    let output = clone.tix(&["dep", "add", "a", "c"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @r"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-a would wait for itself: TICKET-a -> TICKET-c -> TICKET-d -> TICKET-b -> TICKET-a
    hint: see the cycle: tix show TICKET-c, tix dep tree TICKET-c
    ");
    for (who, whom, relation) in
        [("a", "a", "depends-on"), ("c", "a", "blocks"), ("a", "a", "related")]
    {
        clone.tix(&["dep", "add", who, whom, "--relation", relation]).exits(5);
    }
    for (relation, words) in [
        ("parent", "TICKET-b would be a part of itself: TICKET-b -> TICKET-a -> TICKET-b"),
        ("duplicate-of", "TICKET-b would be a duplicate of itself"),
    ] {
        clone.tix(&["dep", "add", "a", "b", "--relation", relation]).success();
        let round = clone.tix(&["dep", "add", "b", "a", "--relation", relation]);
        assert!(round.exits(5).stderr().contains(words), "{round}");
    }
    clone.tix(&["dep", "cycles", "--fetch"]).success();
}

/// Somebody else closes the circle in the very moment in which we do.
#[test]
fn of_two_who_close_a_circle_together_one_is_refused() {
    let sandbox = queue(&[("TICKET-a", &[]), ("TICKET-b", &[])]);
    let [ours, theirs] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(theirs.tix_command(&["dep", "add", "b", "a"])));
    let output = ours.tix_command(&["dep", "add", "a", "b"]).through(&shim).run();
    assert!(output.exits(5).stderr().contains("TICKET-a -> TICKET-b -> TICKET-a"), "{output}");
    assert!(!on_trunk(&sandbox, "TICKET-a").contains("depends_on"));
}

fn tangle() -> (Sandbox, Place) {
    let sandbox = queue(&[
        (
            "TICKET-a",
            &[("depends_on", "[b, TICKET-c, nowhere]"), ("title", "\"<b>\\\"A\\\" & \\\\ `x`\"")],
        ),
        ("TICKET-b", &[("depends_on", "[TICKET-c]")]),
        ("TICKET-c", &[("depends_on", "[TICKET-d]")]),
        ("TICKET-x", &[("depends_on", "[y]")]),
        ("TICKET-y", &[("blocks", "[TICKET-y]"), ("related", "[TICKET-x]")]),
        ("TICKET-z", &[("blocks", "[y]"), ("depends_on", "[TICKET-x]")]),
        ("TICKET-alone", &[]),
    ]);
    let done = Ticket::new("TICKET-d").key("status", "done").key("title", "D").text();
    sandbox.seed(&[("tickets/completed/TICKET-d.md", done)]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

#[test]
fn a_tree_shows_what_a_ticket_waits_for_and_what_waits_for_it() {
    let (_sandbox, clone) = tangle();
    insta::assert_snapshot!(clone.tix(&["dep", "tree", "b"]).success().stdout(), @r"
    [ ] TICKET-b  queue  Make it work
      [ ] TICKET-c  queue  Make it work
        [x] TICKET-d  completed  D
    ");
    let tree = clone.tix(&["dep", "tree", "a"]);
    let text = tree.success().stdout();
    assert!(text.contains("\n  [ ] nowhere  not on the trunk, or several\n"), "{tree}");
    assert_eq!(text.matches("(see above)").count(), 1, "{tree}");
    assert!(clone.tix(&["dep", "tree", "x"]).success().stdout().contains("(see above)"));
    let json = clone.tix(&["dep", "tree", "TICKET-d", "--reverse", "--json"]).success().json();
    let names: Vec<String> = json["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| format!("{} {}", node["depth"], node["name"].as_str().unwrap()))
        .collect();
    let expected = ["0 TICKET-d", "1 TICKET-c", "2 TICKET-a", "2 TICKET-b", "3 TICKET-a"];
    assert_eq!(names, expected);
}

#[test]
fn circles_that_are_there_are_shown() {
    let (_sandbox, clone) = tangle();
    let output = clone.tix(&["dep", "cycles"]);
    insta::assert_snapshot!(output.exits(1).redacted(), @r"
    exit: 1
    ----- stdout -----
    TICKET-x -> TICKET-y -> TICKET-z -> TICKET-x
    TICKET-y -> TICKET-y
    ----- stderr -----
    ");
    let json = clone.tix(&["dep", "cycles", "--json"]).exits(1).json();
    assert_eq!(json["total"], json["cycles"].as_array().unwrap().len());
    let fine = queue(&[("TICKET-a", &[])]).clone_named("a");
    fine.tix(&["dep", "cycles"]).success();
}

#[test]
fn a_graph_has_every_relation_and_no_title_escapes_from_its_node() {
    let (_sandbox, clone) = tangle();
    insta::assert_snapshot!(clone.tix(&["graph"]).success().stdout(), @r##"
    graph TD
      n0["TICKET-d<br/>D"]:::completed
      n1["TICKET-a<br/>#60;b#62;#34;A#34; #38; #92; #96;x#96;"]:::queue
      n2["TICKET-b<br/>Make it work"]:::queue
      n3["TICKET-c<br/>Make it work"]:::queue
      n4["TICKET-x<br/>Make it work"]:::queue
      n5["TICKET-y<br/>Make it work"]:::queue
      n6["TICKET-z<br/>Make it work"]:::queue
      n7["nowhere"]:::missing
      n2 --> n1
      n3 --> n1
      n7 --> n1
      n3 --> n2
      n0 --> n3
      n5 --> n4
      n5 --> n5
      n5 -. related .-> n4
      n4 --> n6
      n6 --> n5
      classDef queue fill:#e8eefc,stroke:#3b5bdb,color:#1c2541
      classDef completed fill:#dff5e1,stroke:#2b7a36,color:#12351a
      classDef missing fill:#fbe3e4,stroke:#b3261e,color:#4a0f0c,stroke-dasharray:4 3
    "##);
    let dot = clone.tix(&["graph", "--format", "dot"]);
    let text = dot.success().stdout();
    let title = r#"  n1 [label="TICKET-a\n<b>\"A\" & \\ `x`", class="queue", "#;
    assert!(text.starts_with("digraph tickets {\n") && text.contains(title), "{dot}");
    // What is drawn shows the lanes, in the colours that Mermaid uses.
    assert!(text.contains("  node [shape=box, style=\"rounded,filled\"];\n"), "{dot}");
    for (node, colours) in [
        (0, r##"class="completed", fillcolor="#dff5e1", color="#2b7a36", fontcolor="#12351a"];"##),
        (1, r##"class="queue", fillcolor="#e8eefc", color="#3b5bdb", fontcolor="#1c2541"];"##),
        (
            7,
            r##"class="missing", fillcolor="#fbe3e4", color="#b3261e", fontcolor="#4a0f0c", style="rounded,filled,dashed"];"##,
        ),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("  n{node} ["))).unwrap();
        assert!(line.ends_with(colours), "{line}");
    }
    assert!(text.contains("  n5 -> n4 [style=dashed, label=\"related\"];\n"), "{dot}");
    let json = clone.tix(&["graph", "--json", "--all"]).success().json();
    assert_eq!(json["nodes"].as_array().unwrap().len(), 9);
    assert_eq!(json["edges"].as_array().unwrap().len(), 10);
}

#[test]
fn a_relation_of_a_held_ticket_is_written_on_its_branch_and_counts_from_then_on() {
    let sandbox = queue(&[("TICKET-a-001", &[]), ("TICKET-b-001", &[]), ("TICKET-c-001", &[])]);
    let [clone, other] = ["a", "b"].map(|name| sandbox.clone_named(name).on_machine(name));
    clone.tix(&["activate", "a-001"]).success();
    let active = "tickets/active/TICKET-a-001/TICKET-a-001.md";
    let file = |name: &str| String::from_utf8(sandbox.remote().show(name, active)).unwrap();
    let (trunk, before) =
        (sandbox.remote().git(&["rev-parse", "main"]), file("ticket/TICKET-a-001"));
    let receipt = clone.tix(&["dep", "add", "a-001", "b-001", "--json"]).success().json();
    assert_eq!(
        (&receipt["outcome"], &receipt["paths"]),
        (&"added".into(), &serde_json::json!([active]))
    );
    let after = file("ticket/TICKET-a-001");
    assert_eq!(after.replace("depends_on: [TICKET-b-001]\n", ""), before);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), trunk);
    // The workspace follows.
    let workspace = clone.path().join("../a.worktrees/TICKET-a-001");
    assert_eq!(std::fs::read_to_string(workspace.join(active)).unwrap(), after);
    // What the branch says closes a circle as well.
    let circle = clone.tix(&["dep", "add", "b-001", "a-001"]);
    assert!(
        circle.exits(5).stderr().contains("TICKET-b-001 -> TICKET-a-001 -> TICKET-b-001"),
        "{circle}"
    );
    let tree = clone.tix(&["dep", "tree", "a-001"]);
    assert!(tree.success().stdout().contains("\n  [ ] TICKET-b-001  queue"), "{tree}");
    // Somebody else's clone that has not seen the branch yet, at the same place.
    other.tix(&["dep", "add", "a-001", "c-001"]).success();
    assert!(file("ticket/TICKET-a-001").contains("\ndepends_on: [TICKET-b-001, TICKET-c-001]\n"));
    other.tix(&["dep", "rm", "a-001", "b-001"]).success();
    let again = clone.tix(&["dep", "rm", "a-001", "b-001", "--json"]).success().json();
    assert_eq!(again["outcome"], "already");
    clone.tix(&["dep", "add", "b-001", "a-001"]).success();
    [&clone, &other].into_iter().for_each(no_leftovers);
}

/// What `next` leaves out, `activate` refuses by name, whoever of the two says that one waits for the other.
#[test]
fn a_ticket_that_waits_for_another_is_neither_next_nor_claimed_by_name() {
    for keys in [[("b", "depends_on", "[a]")], [("a", "blocks", "[TICKET-b]")]] {
        let sandbox = Sandbox::new();
        let file = |id: &str| {
            let said = keys.iter().filter(|(who, ..)| *who == id);
            let ticket = said
                .fold(Ticket::new(&format!("TICKET-{id}-001")), |ticket, (_, key, value)| {
                    ticket.key(key, value)
                });
            (path(&format!("TICKET-{id}-001")), ticket.text().replace("- [ ]", "- [x]"))
        };
        sandbox.seed(&[file("a"), file("b")]);
        let clone = sandbox.clone_named("a");
        let explained = clone.tix(&["next", "--explain", "--json", "--fetch"]).success().json();
        assert_eq!(
            (&explained["total"], &explained["tickets"][0]["id"]),
            (&1.into(), &"TICKET-a-001".into())
        );
        let refs = sandbox.remote().git(&["for-each-ref"]);
        let output = clone.tix(&["activate", "b"]);
        let name = if keys[0].0 == "b" { "a" } else { "TICKET-a-001" };
        assert_eq!(
            output.exits(5).stderr(),
            format!(
                "error: TICKET-b-001 cannot be claimed: 1 ticket that it depends on is not done\n  \
                 because  it waits for {name}, which is in queue/\n\
                 hint: see everything it waits for: tix dep tree TICKET-b-001\n\
                 hint: if it can be done now anyway: tix activate TICKET-b-001 --anyway\n"
            )
        );
        clone.tix(&["activate", "b", "--dry-run"]).exits(5);
        assert!(clone.tix(&["status", "b", "--json"]).success().json()["next"].is_null());
        assert_eq!(sandbox.remote().git(&["for-each-ref"]), refs);
        clone.tix(&["activate", "b", "--anyway"]).success();
        // Neither is it completed, as long as the other is not on the trunk.
        sandbox.work_on("TICKET-b-001");
        let output = clone.tix(&["complete", "b"]);
        assert!(output.exits(5).stderr().contains("which is in queue/"), "{output}");
        assert!(output.stderr().contains("tix complete TICKET-b-001 --anyway"), "{output}");
        clone.tix(&["complete", "b", "--anyway"]).success();
    }
}

#[test]
fn what_is_done_keeps_nobody_waiting() {
    let sandbox = queue(&[("TICKET-b", &[("depends_on", "[a]")])]);
    let done = Ticket::new("TICKET-a").key("status", "approved").text();
    sandbox.seed(&[("tickets/completed/TICKET-a.md", done)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", "b"]).success();
}
