use super::{ID, assert_found, edit, found, healthy, queued};
use crate::harness::{Do, On, Sandbox, Shim, Ticket, queue_ticket};

/// A fault: the file it is in, what it says, what is found, and what it says when it is mended.
type Fault = (&'static str, String, &'static str, Option<String>);

fn faults() -> Vec<Fault> {
    let ticket = |id: &str| Ticket::new(id);
    let good = Some(queue_ticket("TICKET-x-001"));
    let path = "tickets/queue/TICKET-x-001.md";
    vec![
        (
            path,
            "no front matter\n".to_owned(),
            "error unreadable-ticket TICKET-x-001",
            good.clone(),
        ),
        (
            "tickets/archive/TICKET-foo-001.md",
            queue_ticket(ID),
            "error duplicate-id TICKET-foo-001",
            None,
        ),
        (
            path,
            ticket("TICKET-x-001").key("status", "in_progress").text(),
            "error lane-mismatch TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("status", "nearly").text(),
            "error lane-mismatch TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("title", "{Brief description of work}").text(),
            "warning placeholder TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("claimed_at", "2025-12-03 19:29").text(),
            "warning claimed-before-created TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("depends_on", "[TICKET-gone-001]").text(),
            "warning missing-dependency TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("depends_on", "[x-001]").text(),
            "error dependency-cycle TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("title", "\"{Brief description}\"").text(),
            "warning placeholder TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            queue_ticket("TICKET-x-001").replace("- [ ] It works", "- [ ] {criterion}"),
            "warning placeholder TICKET-x-001",
            good.clone(),
        ),
        (
            path,
            ticket("TICKET-x-001").key("parent_ticket", "x-001").text(),
            "warning relation-cycle TICKET-x-001",
            good.clone(),
        ),
        (path, ticket("TICKET-y-001").text(), "warning id-mismatch TICKET-x-001", good),
    ]
}

#[test]
fn each_fault_of_a_file_is_found_alone_and_gone_when_it_is_mended() {
    let sandbox = healthy();
    let (clone, hand) = (sandbox.clone_named("a"), sandbox.clone_named("hand"));
    for (path, text, expected, mended) in faults() {
        edit(&hand, &[(path, Some(text))]);
        // The two places of one id do not agree about the lane either; that is said of each.
        let report = clone.tix(&["doctor", "--json"]);
        assert_eq!(found(&report)[0], expected, "{report}");
        let findings = report.json()["findings"].as_array().unwrap().clone();
        for finding in findings.iter().filter(|f| f["severity"] != "info") {
            assert!(!finding["repairs"].as_array().unwrap().is_empty(), "no way out: {finding}");
        }
        edit(&hand, &[(path, mended)]);
        assert_found(&clone, &[]);
    }
}

#[test]
fn a_file_whose_name_is_no_id_is_found_and_so_is_the_commit_that_brought_it() {
    let sandbox = healthy();
    let (clone, hand) = (sandbox.clone_named("a"), sandbox.clone_named("hand"));
    edit(&hand, &[("tickets/queue/a b.md", Some(queue_ticket("TICKET-b-001")))]);
    assert_found(&clone, &["error unreadable-ticket -", "info code-on-trunk -"]);
    edit(&hand, &[("tickets/queue/a b.md", None)]);
    assert_found(&clone, &["info code-on-trunk -"]);
}

#[test]
fn a_wrong_ticket_id_is_mended_unless_somebody_holds_the_ticket() {
    let sandbox = healthy();
    let wrong = |id: &str| Ticket::new(id).key("ticket_id", "ID-0022").text();
    sandbox.seed(&[
        (queued("TICKET-x-001"), wrong("TICKET-x-001")),
        (queued("TICKET-held-001"), wrong("TICKET-held-001")),
    ]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install"]).success();
    clone.tix(&["activate", "TICKET-held-001"]).success();
    let both = ["warning id-mismatch TICKET-held-001", "warning id-mismatch TICKET-x-001"];
    assert_found(&clone, &both);
    // Without the remote nothing can be pushed, and nothing is.
    let remote = sandbox.remote();
    let tip = || remote.git(&["rev-parse", "main"]);
    let before = tip();
    let offline = clone.tix(&["doctor", "--fix", "--offline"]);
    insta::assert_snapshot!(offline.success().redacted(), @r"
    exit: 0
    ----- stdout -----
    not done: write `ticket_id: TICKET-x-001` into TICKET-x-001, and push it
      this fix needs a push, and --offline allows none; without it: tix doctor --fix

    warning: TICKET-held-001 calls itself `ID-0022` [id-mismatch]
      file  tickets/active/TICKET-held-001/TICKET-held-001.md
      fix   once nobody holds it

    healthy, with 2 warnings: 4 tickets on origin/main, 26 checks
    ----- stderr -----
    ");
    let json = clone.tix(&["doctor", "--fix", "--offline", "--json"]).success().json();
    assert_eq!(
        (&json["fixed"][0]["done"], json["fixed"].as_array().unwrap().len()),
        (&false.into(), 1)
    );
    assert_eq!(tip(), before);
    // Quiet or not, the plan is a part of the answer, and so is what was done.
    let output = clone.tix(&["doctor", "--fix", "--quiet"]);
    insta::assert_snapshot!(output.success().redacted(), @r"
    exit: 0
    ----- stdout -----
    what will be done:
      write `ticket_id: TICKET-x-001` into TICKET-x-001, and push it
    done: write `ticket_id: TICKET-x-001` into TICKET-x-001, and push it, commit [OID]

    warning: TICKET-held-001 calls itself `ID-0022` [id-mismatch]
      file  tickets/active/TICKET-held-001/TICKET-held-001.md
      fix   once nobody holds it

    healthy, with 1 warning: 4 tickets on origin/main, 26 checks
    ----- stderr -----
    ");
    assert!(output.stdout().contains(&format!(", commit {}\n", tip())), "{output}");
    let text = String::from_utf8(remote.show("main", &queued("TICKET-x-001"))).unwrap();
    assert_eq!(text, queue_ticket("TICKET-x-001"), "nothing but the one value has changed");
    let subject = remote.git(&["log", "-1", "--format=%s", "main"]);
    assert_eq!(subject, "correct: TICKET-x-001 (ticket_id)");
    let log = clone.tix(&["log", "TICKET-x-001"]);
    assert!(log.success().stdout().contains("correct"), "{log}");
}

/// Keys of tickets: which ticket, which key, which value.
type Keys = &'static [(&'static str, &'static str, &'static str)];

/// What the doctor prints can be pasted, whatever the names in the tickets are.
#[test]
fn a_relation_that_means_nothing_or_goes_round_is_taken_away_by_the_printed_command() {
    let sandbox = healthy();
    sandbox.seed(&["a", "b", "bb-001", "bb-002"].map(|s| {
        let id = format!("TICKET-{s}");
        (queued(&id), queue_ticket(&id))
    }));
    let (clone, hand) = (sandbox.clone_named("a"), sandbox.clone_named("hand"));
    let faults: [(&str, Keys); 10] = [
        ("missing-dependency", &[("a", "depends_on", "[TICKET-gone-001]")]),
        ("missing-dependency", &[("a", "depends_on", "[bb]")]),
        ("missing-dependency", &[("a", "depends_on", "[\"--help\"]")]),
        ("missing-dependency", &[("a", "depends_on", "[\"-x; touch pwned\"]")]),
        ("dependency-cycle", &[("a", "depends_on", "[a]")]),
        ("dependency-cycle", &[("a", "depends_on", "[b]"), ("b", "depends_on", "[TICKET-a]")]),
        ("dependency-cycle", &[("a", "blocks", "[b]"), ("b", "blocks", "[TICKET-a]")]),
        // Both say that the first waits for the second.
        (
            "dependency-cycle",
            &[("a", "depends_on", "[b]"), ("b", "depends_on", "[a]"), ("b", "blocks", "[a]")],
        ),
        ("relation-cycle", &[("a", "parent_ticket", "b"), ("b", "parent_ticket", "a")]),
        ("relation-cycle", &[("a", "duplicate_of", "b"), ("b", "duplicate_of", "TICKET-a")]),
    ];
    for (check, keys) in faults {
        let with = |short: &str| {
            let ticket = Ticket::new(&format!("TICKET-{short}"));
            let own = keys.iter().filter(|(id, ..)| *id == short);
            own.fold(ticket, |ticket, (_, key, value)| ticket.key(key, value)).text()
        };
        let files = ["a", "b"].map(|short| (queued(&format!("TICKET-{short}")), with(short)));
        let files: Vec<(&str, Option<String>)> =
            files.iter().map(|(path, text)| (path.as_str(), Some(text.clone()))).collect();
        edit(&hand, &files);
        let report = clone.tix(&["doctor", "--json"]);
        let findings = report.json()["findings"].as_array().unwrap().clone();
        let of_check: Vec<_> = findings.iter().filter(|f| f["check"] == check).collect();
        assert_eq!(of_check.len(), 1, "{keys:?}: {report}");
        let repair = of_check[0]["repairs"][0]["command"].as_str().unwrap();
        let tix = env!("CARGO_BIN_EXE_tix");
        clone.sh(&format!("tix() {{ '{tix}' \"$@\"; }}\n{repair}")).run().success();
        assert!(!clone.exists("pwned"), "{repair}");
        assert_found(&clone, &[]);
    }
}

#[test]
fn the_plan_is_shown_before_it_is_carried_out() {
    let sandbox = healthy();
    let wrong = Ticket::new("TICKET-x-001").key("ticket_id", "ID-0022").text();
    sandbox.seed(&[(queued("TICKET-x-001"), wrong)]);
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push"), Do::KillBefore);
    let killed = clone.tix_command(&["doctor", "--fix"]).through(&shim).run();
    let plan =
        "what will be done:\n  write `ticket_id: TICKET-x-001` into TICKET-x-001, and push it\n";
    assert_eq!(killed.killed_by(9).stdout(), plan);
}

#[test]
fn the_worst_is_told_first_whatever_check_finds_it() {
    let sandbox = healthy();
    // A status in the wrong lane is an error where it hinders somebody, and a warning where all is over.
    let over = Ticket::new("TICKET-over-001").key("status", "in_progress").text();
    let asking = Ticket::new("TICKET-x-001").key("depends_on", "[x-001]").text();
    sandbox.seed(&[
        ("tickets/completed/TICKET-over-001/TICKET-over-001.md".to_owned(), over),
        (queued("TICKET-x-001"), asking),
        (queued("TICKET-y-001"), Ticket::new("TICKET-y-001").key("status", "approved").text()),
    ]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install"]).success();
    let expected = [
        "error lane-mismatch TICKET-y-001",
        "error dependency-cycle TICKET-x-001",
        "warning lane-mismatch TICKET-over-001",
    ];
    let text = clone.tix(&["doctor"]);
    let heads = text.exits(1).stdout().lines().filter(|line| line.ends_with(']'));
    let told: Vec<String> = heads
        .map(|line| {
            let (severity, rest) = line.split_once(": ").unwrap();
            let check = rest.rsplit_once('[').unwrap().1.trim_end_matches(']');
            format!("{severity} {check}")
        })
        .collect();
    let words = |line: &&str| line.rsplit_once(' ').unwrap().0.to_owned();
    assert_eq!(told, expected.iter().map(words).collect::<Vec<_>>(), "{text}");
    assert_found(&clone, &expected);
}

#[test]
fn among_a_thousand_tickets_ten_damaged_ones_hide_nothing() {
    let sandbox = Sandbox::new();
    let mut files: Vec<(String, String)> = (0..1000)
        .map(|n| format!("TICKET-t{n}-001"))
        .map(|id| (queued(&id), queue_ticket(&id)))
        .collect();
    for (n, (_, text)) in files.iter_mut().enumerate().take(10) {
        *text = match n % 2 {
            0 => "not a ticket\n".to_owned(),
            _ => "---\nstatus: open\n".to_owned(),
        };
    }
    let hostile = Ticket::new("TICKET-z-001").key("ticket_id", "\"\\e[2J\\nhint: rm -rf .\"");
    files.push((queued("TICKET-z-001"), hostile.text()));
    sandbox.seed(&files);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["doctor", "--json"]);
    let all = found(&output);
    let unreadable = all.iter().filter(|f| f.starts_with("error unreadable-ticket")).count();
    assert_eq!((unreadable, all.len()), (10, 11), "{output}");
    assert_eq!(all[10], "warning id-mismatch TICKET-z-001");
    // A person is not shown a page for each, and no text of a ticket is a line of its own.
    let text = clone.tix(&["doctor"]);
    assert!(text.exits(1).stdout().contains("TICKET-z-001 calls itself `\\u{1b}[2J"), "{text}");
    assert!(!text.stdout().contains("\nhint:"), "{text}");
}
