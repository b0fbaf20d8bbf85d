//! Tickets that are parts of others.

use crate::harness::{Place, Sandbox, Ticket, on_terminal};

/// A ticket with three parts: one that is done, one that is held, and one that waits.
fn family() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let basket = Ticket::new("TICKET-basket-001")
        .key("title", "Basket")
        .key("status", "approved")
        .key("parent_ticket", "TICKET-checkout-001");
    sandbox.seed(&[
        ("tickets/completed/TICKET-basket-001.md".to_owned(), basket.text()),
        (".tix.yaml".to_owned(), "record: trunk\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("a");
    clone.write("text.md", "# Requirements\n\nIt works.\n");
    clone.tix(&["new", "Checkout", "--body", "text.md"]).success();
    for part in ["Taxes", "Receipt"] {
        clone.tix(&["new", part, "--parent", "checkout", "--body", "text.md"]).success();
    }
    clone.tix(&["activate", "taxes"]).success();
    (sandbox, clone)
}

#[test]
fn a_new_ticket_knows_the_one_that_it_is_a_part_of() {
    let (sandbox, clone) = family();
    let text = sandbox.remote().git(&["show", "main:tickets/queue/TICKET-receipt-001.md"]);
    assert!(text.contains("\nparent_ticket: TICKET-checkout-001\n"), "{text}");
    let before = sandbox.remote().git(&["rev-parse", "main"]);
    clone.tix(&["new", "Lost", "--parent", "nobody"]).exits(4);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before);
}

#[test]
fn the_list_is_a_tree_with_the_progress_of_each_whole() {
    let (_sandbox, clone) = family();
    clone.tix(&["new", "Round", "--parent", "receipt"]).success();
    let list = clone.tix(&["list", "--tree", "--columns", "title"]);
    let lines: Vec<&str> = list.success().stdout().lines().collect();
    let tree = ["Checkout (1 of 3 done)", "├─ Receipt (0 of 1 done)", "│  └─ Round", "└─ Taxes"];
    assert_eq!(lines, tree);
    // What the list leaves out takes nothing along.
    let few = clone.tix(&["list", "--tree", "--lane", "active", "--columns", "title"]);
    assert_eq!(few.success().stdout(), "Taxes\n");
    let json = clone.tix(&["list", "--tree", "--json"]).success().json();
    let (whole, part) = (&json["tickets"][0], &json["tickets"][1]);
    assert_eq!(whole["title"], "Checkout");
    assert_eq!((&whole["subtasks"]["done"], &whole["subtasks"]["total"]), (&1.into(), &3.into()));
    assert_eq!(
        (&part["title"], &part["parent_ticket"]),
        (&"Receipt".into(), &"TICKET-checkout-001".into())
    );
}

#[test]
fn a_ticket_is_shown_with_its_parts_and_its_whole() {
    let (_sandbox, clone) = family();
    let json = clone.tix(&["show", "checkout", "--json"]).success().json();
    let parts: Vec<_> = json["parts"].as_array().unwrap().iter().collect();
    let said: Vec<(&str, &str)> = parts
        .iter()
        .map(|part| (part["id"].as_str().unwrap(), part["lane"].as_str().unwrap()))
        .collect();
    let expected = [
        ("TICKET-receipt-001", "queue"),
        ("TICKET-taxes-001", "active"),
        ("TICKET-basket-001", "completed"),
    ];
    assert_eq!(said, expected);
    assert_eq!(json["subtasks"]["done"], 1);
    // The ticket is longer than the screen, and nobody is there to leave a pager.
    clone.git(&["config", "core.pager", "cat"]);
    let Some(shown) = on_terminal(&clone, None, "show checkout", "") else { return };
    let text = shown.success().stdout();
    assert!(text.contains("  subtasks   1 of 3 done"), "{shown}");
    assert!(text.contains("├─ TICKET-taxes-001 (in_progress)  Taxes"), "{shown}");
    assert!(text.contains("└─ TICKET-basket-001 (completed)  Basket"), "{shown}");
    let Some(shown) = on_terminal(&clone, None, "show receipt", "") else { return };
    let whole = "  part of    TICKET-checkout-001 (open)  Checkout";
    assert!(shown.success().stdout().contains(whole), "{shown}");
}

#[test]
fn every_view_of_a_ticket_shows_its_parts() {
    let (_sandbox, clone) = family();
    let parts = "\
  subtasks   1 of 3 done
  ├─ TICKET-receipt-001 (open)  Receipt
  ├─ TICKET-taxes-001 (in_progress)  Taxes
  └─ TICKET-basket-001 (completed)  Basket
";
    for args in [&["status", "checkout"][..], &["status", "checkout", "--all"]] {
        let status = clone.tix(args);
        assert!(status.success().stdout().contains(parts), "{status}");
    }
    let json = clone.tix(&["status", "checkout", "--json"]).success().json();
    assert_eq!(json["subtasks"]["done"], 1);
    let part = clone.tix(&["status", "receipt"]);
    let whole = "  part of    TICKET-checkout-001 (open)  Checkout\n";
    assert!(part.success().stdout().contains(whole), "{part}");
    // Piped, the file alone is the answer.
    let shown = clone.tix(&["show", "checkout"]);
    assert!(!shown.success().stdout().contains("TICKET-basket-001"), "{shown}");
    assert!(shown.stderr().contains("subtasks   1 of 3 done\n├─ TICKET-receipt"), "{shown}");
    insta::assert_snapshot!(clone.tix(&["dep", "tree", "checkout"]).success().stdout(), @r"
    [ ] TICKET-checkout-001  queue  Checkout
      [ ] TICKET-receipt-001  queue, subtask  Receipt
      [ ] TICKET-taxes-001  active, subtask  Taxes
      [x] TICKET-basket-001  completed, subtask  Basket
    ");
    insta::assert_snapshot!(clone.tix(&["dep", "tree", "basket", "--reverse"]).success().stdout(), @r"
    [x] TICKET-basket-001  completed  Basket
      [ ] TICKET-checkout-001  queue, parent  Checkout
    ");
    // Of many parts the first ones stand for all.
    clone.tix(&["new", "Refund", "--parent", "checkout"]).success();
    let short = clone.tix(&["status", "checkout"]);
    let cut = "  ├─ TICKET-refund-001 (open)  Refund\n  └─ and 2 more\n";
    assert!(short.success().stdout().contains(cut), "{short}");
    let all = clone.tix(&["status", "checkout", "--all"]);
    assert!(all.success().stdout().contains("  ├─ TICKET-refund-001"), "{all}");
}

#[test]
fn a_graph_has_the_finished_parts_of_what_is_not() {
    let sandbox = Sandbox::new();
    let part = Ticket::new("TICKET-part-001").key("parent_ticket", "TICKET-whole-001");
    sandbox.seed(&[
        ("tickets/queue/TICKET-whole-001.md", Ticket::new("TICKET-whole-001").text()),
        ("tickets/archive/TICKET-part-001.md", part.key("status", "closed").text()),
    ]);
    let clone = sandbox.clone_named("a");
    let graph = clone.tix(&["graph"]);
    assert!(graph.success().stdout().contains(" -. parent_ticket .-> "), "{graph}");
    assert!(graph.stderr().is_empty(), "{graph}");
    // A part that was closed is not one of so many that are done.
    let list = clone.tix(&["list", "--tree", "--columns", "title"]);
    assert_eq!(list.success().stdout(), "Make it work\n");
}

/// It is neither done, as nothing that waits for it can begin, nor is anybody at work on it.
#[test]
fn a_part_that_is_complete_and_not_merged_is_told_as_that() {
    let (sandbox, clone) = family();
    sandbox.seed(&[(".tix.yaml", "record: branch\n")]);
    clone.tix(&["activate", "receipt"]).success();
    clone.tix(&["complete", "receipt", "--no-work", "tried by hand"]).success();
    let list = clone.tix(&["list", "--fetch", "--tree", "--columns", "title"]);
    let whole = "Checkout (1 of 3 done, 1 completed and not merged)\n";
    assert!(list.success().stdout().starts_with(whole), "{list}");
    let json = clone.tix(&["show", "checkout", "--json"]).success().json();
    assert_eq!(json["subtasks"], serde_json::json!({ "done": 1, "unmerged": 1, "total": 3 }));
}

#[test]
fn that_all_parts_are_done_completes_nothing() {
    let (sandbox, clone) = family();
    let done = ["--no-work", "tried by hand"];
    clone.tix(&["complete", "taxes", done[0], done[1]]).success();
    clone.tix(&["activate", "receipt"]).success();
    clone.tix(&["complete", "receipt", done[0], done[1]]).success();
    let list = || clone.tix(&["list", "--tree", "--columns", "lane,status,title"]);
    assert_eq!(list().success().stdout(), "queue\topen\tCheckout (3 of 3 done)\n");
    let whole = |lane: &str| {
        let files = sandbox.remote().files("main");
        files
            .iter()
            .any(|file| file.starts_with(&format!("tickets/{lane}/")) && file.contains("checkout"))
    };
    assert!(whole("queue"));
    clone.tix(&["activate", "checkout"]).success();
    clone.tix(&["complete", "checkout", done[0], done[1]]).success();
    assert!(whole("completed"));
}

#[test]
fn work_is_offered_part_by_part_and_a_whole_by_its_name_alone() {
    let (_sandbox, clone) = family();
    clone.tix(&["set", "checkout", "priority=P0"]).success();
    let next = clone.tix(&["next"]);
    assert!(next.success().stdout().contains("receipt-001"), "{next}");
    let why = clone.tix(&["next", "--explain", "--json"]).success().json();
    let whole = &why["explained"][1]["hindrances"][0];
    assert_eq!(whole["kind"], "subtasks");
    assert_eq!(whole["text"], "its subtasks are open: TICKET-receipt-001, TICKET-taxes-001");
    let waits = clone.tix(&["list", "--blocked", "--columns", "title"]);
    assert_eq!(waits.success().stdout(), "Checkout\n");
    let claimed = clone.tix(&["activate", "--next"]);
    assert!(claimed.success().stdout().contains("TICKET-receipt-001 is yours"), "{claimed}");
    assert!(claimed.stdout().contains("  part of    TICKET-checkout-001\n"), "{claimed}");
    clone.tix(&["activate", "--next"]).exits(4);
    clone.tix(&["activate", "checkout"]).success();
    let done = clone.tix(&["complete", "checkout", "--no-work", "it is settled"]);
    assert!(done.success().stderr().contains("2 of its subtasks are still open: "), "{done}");
    for part in ["TICKET-taxes-001", "TICKET-receipt-001"] {
        assert!(done.stderr().contains(part), "{done}");
    }
    let late = clone.tix(&["new", "Refund", "--parent", "checkout"]);
    let closed = "TICKET-checkout-001 is completed already; its new subtask is open";
    assert!(late.success().stderr().contains(closed), "{late}");
    let late = clone.tix(&["new", "Again", "--parent", "receipt"]);
    assert!(late.success().stderr().is_empty(), "{late}");
}

#[test]
fn a_whole_that_is_not_there_is_told_of() {
    let sandbox = Sandbox::new();
    let part = Ticket::new("TICKET-part-001").key("status", "open");
    let part = part.key("parent_ticket", "TICKET-gone-001");
    sandbox.seed(&[("tickets/queue/TICKET-part-001.md", part.text())]);
    let clone = sandbox.clone_named("a");
    let lost = "part of    TICKET-gone-001, and no single ticket has that name\n";
    let status = clone.tix(&["status", "part"]);
    assert!(status.success().stdout().contains(lost), "{status}");
    let shown = clone.tix(&["show", "part"]);
    assert!(shown.success().stderr().contains(lost), "{shown}");
    let found = clone.tix(&["doctor", "--json"]);
    let found = serde_json::from_str::<serde_json::Value>(found.stdout()).unwrap();
    let found = found["findings"].as_array().unwrap().iter();
    let found: Vec<_> = found.filter(|one| one["check"] == "missing-parent").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    let repair = "tix dep rm --relation parent -- TICKET-part-001 TICKET-gone-001";
    assert_eq!(found[0]["repairs"][0]["command"], repair);
}
