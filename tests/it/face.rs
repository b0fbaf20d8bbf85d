//! The face of the command line: what `tix` alone says, tables that fit, colours and the pager.

use unicode_width::UnicodeWidthStr as _;

use crate::harness::{Output, Place, Sandbox, Ticket, on_terminal_of};

const BOB: &str = "Bob Example <bob@example.org>";

/// A queue with long names, a ticket of Ada's, a stale one of Bob's, and one that is done and not merged.
fn busy() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let held = |id: &str, status: &str| {
        let ticket = Ticket::new(id)
            .key("title", "Retry an upload after the server said 503, 502 or nothing");
        let ticket = ticket.key("status", status).key("claimed_by", BOB).key("claim_id", "x-1");
        ticket.key("claimed_at", "2025-12-03T12:00:00Z").text()
    };
    let queued = |id: &str, priority: &str| {
        let title = "日本語のとても長いタイトル, and what follows it in the same line";
        Ticket::new(id).key("title", title).key("priority", priority).text()
    };
    sandbox.seed(&[
        (".tix.yaml", "review: [critic_review]\n".to_owned()),
        ("tickets/queue/TICKET-rate-limit-the-public-endpoints-001.md", queued("a", "P2")),
        ("tickets/queue/TICKET-urgent-001.md", queued("a", "P0")),
        ("tickets/queue/TICKET-mine-001.md", queued("a", "P1")),
        ("tickets/queue/TICKET-broken-001.md", "no ticket\n".to_owned()),
        ("tickets/active/TICKET-upload-002/TICKET-upload-002.md", held("a", "in_progress")),
        ("tickets/active/TICKET-review-002/TICKET-review-002.md", held("a", "critic_review")),
    ]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", "mine-001"]).success();
    (sandbox, clone)
}

#[test]
fn alone_tix_says_what_is_yours_what_is_next_and_what_needs_somebody() {
    let (_sandbox, clone) = busy();
    clone.count_connections();
    let output = clone.tix(&[]);
    let text = output.success().stdout();
    assert!(text.lines().count() <= 12, "{output}");
    for words in
        ["yours ", "mine-001", "next ", "urgent-001", "P0", "attention ", "no sign of Bob Example"]
    {
        assert!(text.contains(words), "{words}: {output}");
    }
    assert!(text.contains("waits for a review") && text.contains("a file "), "{output}");
    let json = clone.tix(&["--json"]).success().json();
    let kinds: Vec<_> = json["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["damaged", "stale", "review"]);
    assert_eq!(
        (&json["mine"][0]["id"], &json["next"]["id"]),
        (&"TICKET-mine-001".into(), &"TICKET-urgent-001".into())
    );
    // Outside of a workspace it is what `tix status` says, and inside that is about the ticket.
    assert_eq!(clone.tix(&["status"]).success().stdout(), text);
    let there = clone.at(clone.tix(&["path", "mine-001"]).success().stdout().trim_end());
    assert!(there.tix(&["status"]).success().stdout().starts_with("TICKET-mine-001\n"));
    assert_eq!(clone.connections(), 0, "it asks nobody");
}

#[test]
fn alone_tix_shows_one_of_each_kind_first_and_no_ticket_twice() {
    const LATELY: &str = "2999-12-03T12:00:00Z";
    const LONG_AGO: &str = "2025-12-03T12:00:00Z";
    let sandbox = Sandbox::new();
    let active = |id: &str, by: &str, status: &str, at: &str| {
        let ticket = Ticket::new(id).key("status", status).key("claimed_by", by);
        let text = ticket.key("claim_id", "x-1").key("claimed_at", at).text();
        (format!("tickets/active/{id}/{id}.md"), text)
    };
    let ada = "Ada Example <ada@example.org>";
    let mut files: Vec<_> = (0..9)
        .map(|n| active(&format!("TICKET-old-00{n}"), BOB, "in_progress", LONG_AGO))
        .collect();
    files.push(active("TICKET-merge-001", BOB, "approved", LATELY));
    files.push(active("TICKET-review-001", BOB, "critic_review", LATELY));
    files.push(active("TICKET-done-001", ada, "approved", LATELY));
    files.push(active("TICKET-left-001", ada, "in_progress", LONG_AGO));
    files.push(("tickets/queue/TICKET-bad-001.md".to_owned(), "no ticket\n".to_owned()));
    files.push(("tickets/queue/TICKET-bad-002.md".to_owned(), "no ticket\n".to_owned()));
    files.push((".tix.yaml".to_owned(), "review: [critic_review]\n".to_owned()));
    sandbox.seed(&files);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&[]);
    let lines: Vec<&str> = output.success().stdout().lines().collect();
    let shown = [
        "yours done-001 completed ",
        "left-001 in_progress, stale ",
        "next nothing tix next",
        "attention a file damaged",
        "old-000 stale",
        "merge-001 merge",
        "review-001 review",
        "a file damaged",
        "old-001 stale",
        "old-002 stale",
        "and 6 more all of it: tix doctor",
        "0 in the queue",
    ];
    for (line, words) in lines.iter().zip(shown) {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.starts_with(words), "{words}: {output}");
    }
    assert_eq!(lines.len(), 12, "{output}");
    for id in ["done-001", "left-001", "merge-001", "review-001"] {
        assert_eq!(output.stdout().matches(id).count(), 1, "{id}: {output}");
    }
}

#[test]
fn alone_tix_names_what_is_damaged_in_any_lane() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        ("tickets/queue/TICKET-fine-001.md", Ticket::new("TICKET-fine-001").text()),
        ("tickets/completed/TICKET-bad-001.md", "no ticket\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("a");
    let told = clone.tix(&[]);
    let text = told.success().stdout();
    assert!(text.contains("damaged  tickets/completed/TICKET-bad-001.md"), "{told}");
    assert!(text.contains("1 in the queue, 0 active"), "{told}");
    clone.tix(&["doctor", "--offline"]).exits(1);
}

#[test]
fn alone_tix_names_tickets_that_wait_for_each_other() {
    let waits = |id: &str, on: &str| {
        let ticket = Ticket::new(id).key("depends_on", &format!("[{on}]"));
        (format!("tickets/queue/{id}.md"), ticket.text())
    };
    let done = Ticket::new("TICKET-g-001").key("status", "approved");
    let done = done.key("depends_on", "[TICKET-f-001]");
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        waits("TICKET-d-001", "TICKET-e-001"),
        waits("TICKET-e-001", "TICKET-d-001"),
        // A circle with a finished ticket in it blocks nobody.
        waits("TICKET-f-001", "TICKET-g-001"),
        ("tickets/completed/TICKET-g-001.md".to_owned(), done.text()),
    ]);
    let clone = sandbox.clone_named("a");
    let json = clone.tix(&["--json"]).success().json();
    let told = json["attention"].as_array().unwrap();
    let told: Vec<_> = told.iter().map(|one| (&one["kind"], &one["ticket"])).collect();
    assert_eq!(told, [(&"dependency-cycle".into(), &"TICKET-d-001".into())], "{json}");
    let output = clone.tix(&["status"]);
    assert!(output.success().stdout().contains("waits for itself"), "{output}");
    clone.tix(&["doctor", "--offline"]).exits(1);
}

#[test]
fn alone_tix_names_an_id_that_two_files_have_once() {
    let sandbox = Sandbox::new();
    let text = Ticket::new("TICKET-a-001").text();
    sandbox.seed(&[
        ("tickets/queue/TICKET-a-001.md", text.clone()),
        ("tickets/archive/TICKET-a-001.md", text),
    ]);
    let json = sandbox.clone_named("a").tix(&["--json"]).success().json();
    let told: Vec<_> =
        json["attention"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    let paths = "tickets/archive/TICKET-a-001.md, tickets/queue/TICKET-a-001.md";
    assert_eq!(told, [&format!("TICKET-a-001 exists 2 times: {paths}")], "{json}");
}

#[test]
fn alone_tix_names_a_status_that_does_not_fit_its_lane() {
    let sandbox = Sandbox::new();
    let done = Ticket::new("TICKET-odd-001").key("status", "done").text();
    sandbox.seed(&[("tickets/queue/TICKET-odd-001.md", done)]);
    let clone = sandbox.clone_named("a");
    let one = clone.tix(&["--json"]).success().json()["attention"][0].clone();
    assert_eq!((&one["kind"], &one["ticket"]), (&"lane-mismatch".into(), &"TICKET-odd-001".into()));
    let output = clone.tix(&[]);
    assert!(output.success().stdout().contains("belongs in completed/"), "{output}");
    // One status has one word, wherever it is told.
    let told = |args: &[&str]| {
        let output = clone.tix(args);
        format!("{}{}", output.stdout(), output.stderr())
    };
    for (args, words) in [
        (&["list"][..], "queue\tcompleted\t"),
        (&[], "its status `completed`"),
        (&["doctor", "--offline"], "its status `completed`"),
        (&["next", "--explain"], "its status is `completed`"),
        (&["activate", "odd-001"], "its status is `completed`"),
        (&["status", "odd-001"], "it is `completed`"),
        (&["set", "odd-001", "status=open"], "status: completed → open"),
    ] {
        assert!(told(args).contains(words), "{args:?}: {}", told(args));
    }
}

#[test]
fn alone_tix_succeeds_where_nothing_is_set_up_and_says_the_way() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "x\n")]);
    let nowhere = sandbox.remote().at(sandbox.fresh_directory("no repository"));
    assert!(nowhere.tix(&[]).success().stdout().contains("not in a git repository"));
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&[]);
    assert!(output.success().stdout().contains("hint: set it up: tix init"), "{output}");
    assert_eq!(clone.tix(&["status"]).success().stdout(), output.stdout());
    clone.tix(&["status", "foo-001"]).exits(4);
    let json = clone.tix(&["--json"]).success().json();
    assert_eq!(
        (json["schema"].as_str(), json["hints"][0].as_str()),
        (Some("tix/no-dashboard@1"), Some("set it up: tix init"))
    );
}

/// Without the colours.
fn plain(output: &Output) -> String {
    let text = output.stdout().replace('\r', "");
    regex::Regex::new("\u{1b}\\[[0-9;]*[mK]").unwrap().replace_all(&text, "").into_owned()
}

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    let (_sandbox, clone) = busy();
    clone.tix(&["dep", "add", "urgent-001", "rate-limit"]).success();
    let columns = "list --columns lane,status,holder,age,id,title,priority,labels,depends-on,source,path,worker";
    let commands = [
        "",
        "list",
        columns,
        "next",
        "next --explain",
        "log",
        "dep tree urgent-001",
        "hook status",
        "report",
        "explain",
        "explain states",
        "explain config",
        "explain doctor",
        "explain gate",
        "show rate-limit",
        "show mine-001",
        "status mine-001",
        "status rate-limit --all",
    ];
    for width in [40, 57, 80, 200] {
        for command in commands {
            let line = format!("--no-pager --color always {command} 2>/dev/null");
            let Some(output) = on_terminal_of(&clone, width, &line) else { return };
            let text = plain(&output);
            assert!(!text.is_empty(), "{output}");
            // What comes next is pasted, so it is one line.
            let pasted = |line: &&str| line.starts_with("next: ") || line.starts_with("  tix ");
            for line in text.lines().filter(|line| !pasted(line)) {
                assert!(line.trim_end().width() <= width, "{width}: {line:?}: {output}");
            }
        }
    }
}

#[test]
fn a_warning_fits_the_terminal_and_the_command_below_it_is_one_line() {
    let (sandbox, clone) = busy();
    let there = clone.at(crate::activate::workspace(&clone, "TICKET-mine-001"));
    there.commit("not pushed", &[("more.txt", "1\n")]);
    sandbox.clone_named("b").tix(&["note", "mine", "from elsewhere"]).success();
    let Some(output) = on_terminal_of(&there, 60, "note half-way") else { return };
    let text = plain(&output);
    let (_, told) = text.split_once("warning:").unwrap();
    let (warning, command) = told.split_once("hint:").unwrap();
    let widest = warning.lines().map(|line| line.trim_end().width()).max();
    assert!(widest <= Some(60) && warning.lines().count() > 1, "{output}");
    assert!(command.lines().next().unwrap().trim_end().ends_with("pull --rebase"), "{output}");
}

#[test]
fn sentences_break_where_the_terminal_ends() {
    let (_sandbox, clone) = busy();
    for (width, args, words) in [
        (40, "config set landing none", "error: `landing` is a setting of the"),
        (60, "next --label nowhere", "no ticket that matches can be claimed on"),
        (40, "--no-pager doctor --offline", "install them:"),
        (40, "--no-pager", "lists the"),
    ] {
        let Some(output) = on_terminal_of(&clone, width, args) else { return };
        let text = plain(&output);
        assert!(text.contains(words), "{output}");
        // What is pasted is one line.
        let sentence = |line: &&str| !line.starts_with("hint: ") && !line.starts_with("    ");
        for line in text.lines().filter(sentence) {
            assert!(line.trim_end().width() <= width, "{width}: {line:?}: {output}");
        }
    }
}

#[test]
fn the_way_out_of_an_empty_queue_makes_no_column_wider() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/TICKET-a-001.md", Ticket::new("a").key("title", "One").text())]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", "a-001"]).success();
    let output = clone.tix(&[]);
    let lines: Vec<&str> = output.success().stdout().lines().collect();
    assert_eq!(lines[0].find("One"), lines[1].find("tix next"), "{output}");
    assert!(lines[1].starts_with("next   nothing"), "{output}");
}

#[test]
fn the_facts_of_a_failure_and_the_answer_of_a_claim_fit_every_terminal() {
    let sandbox = Sandbox::new();
    let ticket = |number: u8| {
        let id = format!("TICKET-rewrite-the-framework-00{number}");
        let title = "Rewrite the framework from scratch, with everything that was there before";
        (format!("tickets/queue/{id}.md"), Ticket::new(&id).key("title", title).text())
    };
    sandbox.seed(&[ticket(1), ticket(2)]);
    let clone = sandbox.clone_named("a");
    clone.git(&["config", "tix.worktree", "../w/{id}"]);
    for (args, words) in [
        ("activate rewrite", "matches  TICKET-rewrite-the-framework-001"),
        (
            "activate TICKET-rewrite-the-framework-003",
            "nearest    TICKET-rewrite-the-framework-001",
        ),
        ("activate TICKET-rewrite-the-framework-001", "TICKET-rewrite-the-framework-001 is yours"),
    ] {
        let Some(output) = on_terminal_of(&clone, 60, args) else { return };
        let text = plain(&output);
        assert!(text.contains(words), "{output}");
        // What is pasted is one line.
        let fitted = |line: &&str| line.starts_with("  ") && !line.starts_with("  cd ");
        for line in text.lines().filter(fitted) {
            assert!(line.trim_end().width() <= 60, "{line:?}: {output}");
        }
    }
}

#[test]
fn people_read_names_and_ages_and_programs_all_of_it_in_utc() {
    let (_sandbox, clone) = busy();
    let piped = clone.tix(&["log", "mine-001"]);
    let lines: Vec<&str> = piped.success().stdout().lines().collect();
    assert_eq!(lines[0], "when\twhat\tticket\twho\tcommit\tmore");
    assert!(
        lines[1].contains("Z\tclaim\tTICKET-mine-001\tAda Example <ada@example.org>\t"),
        "{piped}"
    );
    let Some(output) = on_terminal_of(&clone, 110, "log mine-001") else { return };
    let text = plain(&output);
    assert!(
        text.starts_with("WHEN ")
            && text.contains(" ago  claim ")
            && text.contains("  mine-001  Ada Example  "),
        "{text}"
    );
    // What was refused is not told as done, however narrow the terminal is.
    clone.tix(&["complete", "mine-001"]).exits(5);
    let narrow = on_terminal_of(&clone, 40, "log mine-001").unwrap();
    let text = plain(&narrow);
    assert_eq!(text.matches("complete").count(), text.matches("complete failed").count(), "{text}");
    assert!(text.contains("complete failed"), "{text}");
    // Whom a ticket was handed to.
    clone.tix(&["handoff", "mine-001", "--to", BOB]).success();
    let log = clone.tix(&["log", "mine-001"]);
    assert!(log.success().stdout().contains("\tto Bob Example; "), "{log}");
}

#[test]
fn people_read_times_of_their_own_place_and_programs_utc() {
    let (sandbox, clone) = busy();
    let there = sandbox.clone_named("there").as_person("Bob Example", "bob@example.org");
    let new_york = |args: &[&str]| there.tix_command(args).env("TZ", "America/New_York").run();
    let refused = new_york(&["activate", "mine-001"]);
    let since = |text: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with("since")).unwrap();
        line.to_owned()
    };
    let line = since(refused.exits(3).stderr());
    assert!(line.contains("-05:00") || line.contains("-04:00"), "{refused}");
    let line = since(new_york(&["status", "mine-001", "--all"]).success().stdout());
    assert!(line.contains("-05:00") || line.contains("-04:00"), "{line}");
    let error = new_york(&["activate", "mine-001", "--json"]).exits(3).stdout().to_owned();
    assert!(
        !error.contains("-05:00") && !error.contains("-04:00") && error.contains("Z\""),
        "{error}"
    );
    clone.tix(&["run", "mine-001", "--detach", "--alive-for", "1ms", "--", "sleep", "5"]).success();
    let worker = clone.tix_command(&["status", "mine-001"]).env("TZ", "America/New_York").run();
    let line = worker.success().stdout().lines().find(|line| line.contains("worker")).unwrap();
    assert!(line.contains("-05:00") || line.contains("-04:00"), "{worker}");
    // Where the clock on the wall is UTC, it is written as ever.
    let line = since(there.tix(&["status", "mine-001", "--all"]).success().stdout());
    assert!(line.contains("Z ") || line.ends_with('Z'), "{line}");
}

#[test]
fn colours_are_shown_where_they_are_wanted() {
    let (_sandbox, clone) = busy();
    let colored = |args: &[&str], variables: &[(&str, &str)]| {
        let start = clone.tix_command(&[&["doctor", "--offline"], args].concat());
        let command =
            variables.iter().fold(start, |command, (key, value)| command.env(key, *value));
        command.run().stdout().contains("\u{1b}[")
    };
    assert!(!colored(&[], &[]) && !colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]) && !colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    let piped = clone.tix(&["--color", "always", "list"]);
    assert!(piped.success().stdout().contains("\t\u{1b}[36min_progress\u{1b}[0m\t"), "{piped}");
    let Some(output) = on_terminal_of(&clone, 110, "list") else { return };
    assert!(output.success().stdout().contains("\u{1b}[36min_progress"), "{output}");
}

#[test]
fn an_answer_longer_than_the_screen_goes_to_the_pager_that_git_would_use() {
    let sandbox = Sandbox::new();
    let long: Vec<_> = (0..40)
        .map(|n| (format!("tickets/queue/TICKET-n-{n:03}.md"), Ticket::new("x").text()))
        .collect();
    sandbox.seed(&long);
    let clone = sandbox.clone_named("a");
    let seen = |variables: &[(&str, &str)], args: &str| {
        let place =
            variables.iter().fold(clone.clone(), |place, (key, value)| place.env(key, *value));
        on_terminal_of(&place, 80, args).map(|output| output.success().stdout().to_owned())
    };
    let mark = "sed s/^/PAGED:/";
    let Some(paged) = seen(&[("GIT_PAGER", mark), ("PAGER", "false")], "list") else { return };
    assert_eq!(paged.matches("PAGED:").count(), 41, "{paged}");
    assert!(seen(&[("PAGER", mark)], "list").unwrap().contains("PAGED:"));
    // What fits is not paged, and neither is what a program reads.
    for args in ["list --limit 5", "--no-pager list", "list --json"] {
        assert!(!seen(&[("PAGER", mark)], args).unwrap().contains("PAGED:"), "{args}");
    }
    clone.git(&["config", "core.pager", "sed s/^/CONFIGURED:/"]);
    assert!(seen(&[("PAGER", mark)], "list").unwrap().contains("CONFIGURED:"));
    // One that is not there hides nothing.
    assert!(seen(&[("GIT_PAGER", "no-such-pager 2>/dev/null")], "list").unwrap().contains("n-039"));
}
