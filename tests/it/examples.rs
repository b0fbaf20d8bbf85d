//! The help: every command is in it once, with examples that do what they say.

use std::fs;

use crate::harness::{Output, Place, Sandbox, Ticket, drawn};

const OLD: &str = "2025-12-03T12:00:00Z";

/// The lines below `Examples:` in the help of a command.
fn examples(place: &Place, command: &str) -> Vec<String> {
    let help = place.tix(&[command, "--help"]);
    let (_, below) =
        help.success().stdout().split_once("Examples:\n").unwrap_or_else(|| panic!("{help}"));
    let line = |line: &str| line.split("  # ").next().unwrap().trim().to_owned();
    below.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

/// The commands of `tix --help`, from its groups.
fn commands(place: &Place) -> Vec<String> {
    let help = place.tix(&["--help"]);
    let (groups, _) = help.success().stdout().split_once("\nOther words\n").unwrap();
    let named = groups.lines().filter_map(|line| line.strip_prefix("  "));
    named.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// A repository in the middle of its life, with the settings that a command's examples need.
fn world(command: &str) -> (Sandbox, Place, Place) {
    let sandbox = Sandbox::new();
    let settings = match command {
        "submit" | "review" => "review: [critic_review]\n",
        "land" => "landing: completed\n",
        "trust" => "post_activate: 'true'\n",
        _ => "",
    };
    let queued = |id: &str| {
        Ticket::new(id)
            .key("labels", "[api]")
            .body("# Requirements\n\nMake it so.\n\n- [x] It works\n\n# Changelog\n")
    };
    let file =
        |lane: &str, ticket: Ticket, id: &str| (format!("tickets/{lane}/{id}.md"), ticket.text());
    let done = |id: &str| queued(id).key("status", "approved").key("completed_at", OLD);
    let held = queued("TICKET-stale-001").key("status", "in_progress").key("claim_id", "c-1");
    let held = held.key("claimed_by", "Bob <bob@example.org>").key("claimed_at", OLD);
    let mut files = vec![
        ("README.md".to_owned(), "hello\n".to_owned()),
        ("Makefile".to_owned(), "test:\n\t@true\n".to_owned()),
        (".tix.yaml".to_owned(), settings.to_owned()),
    ];
    if command != "init" {
        for id in ["welsh-001", "csv-001", "upload-001"] {
            let id = format!("TICKET-{id}");
            files.push(file("queue", queued(&id), &id));
        }
        let idea = queued("TICKET-idea-001").key("status", "draft");
        files.push(file("queue", idea, "TICKET-idea-001"));
        files.push(file("completed", done("TICKET-old-001"), "TICKET-old-001"));
        files.push(file("active/TICKET-stale-001", held, "TICKET-stale-001"));
        files.push((".gitignore".to_owned(), "/made\n".to_owned()));
    }
    sandbox.seed(&files);
    let clone = sandbox.clone_named("a").env("GIT_EDITOR", "true");
    if command == "init" {
        return (sandbox, clone.clone(), clone);
    }
    clone.tix(&["activate", "upload-001"]).success();
    let path = clone.tix(&["path", "upload-001"]).success().stdout().trim_end().to_owned();
    let there = clone.at(path);
    if !matches!(command, "board" | "list") {
        there.commit("work", &[("work.txt", "done\n")]);
        there.git(&["push", "-q"]);
    }
    (sandbox, clone, there)
}

/// What has to have happened before an example.
fn prepare(command: &str, line: &str, sandbox: &Sandbox, clone: &Place, there: &Place) {
    let bob = || sandbox.clone_named("bob").as_person("Bob", "bob@example.org").on_machine("bob");
    match command {
        "unblock" => {
            let ticket = if line.ends_with("welsh") { "welsh" } else { "upload" };
            clone.tix(&["block", ticket, "--reason", "x"]).success();
        }
        "review" => {
            there.tix(&["submit"]).success();
        }
        "land" if !line.contains("--help") => {
            there.tix(&["complete"]).success();
        }
        // Whether a claim is old is told by what another machine did since.
        "reclaim" => {
            bob().tix(&["new", "Something else"]).success();
        }
        "undo" => {
            clone.tix(&["activate", "welsh"]).success();
        }
        "trust" if line.contains("--revoke") => {
            clone.tix(&["trust"]).success();
        }
        "man" if line.starts_with("man ") => {
            clone.tix(&["man", "man1"]).success();
        }
        _ => {}
    }
}

/// Where somebody would type it.
fn place<'p>(command: &str, line: &str, clone: &'p Place, there: &'p Place) -> Place {
    let named = ["welsh", "upload", "csv"].iter().any(|id| line.contains(id));
    let inside = [
        "status", "show", "path", "note", "block", "unblock", "submit", "complete", "release",
        "edit", "handoff",
    ];
    if inside.contains(&command) && !named { there.clone() } else { clone.clone() }
}

/// Runs an example as a shell does; `tix` is ours.
fn run(command: &str, line: &str) -> Output {
    let (sandbox, clone, there) = world(command);
    prepare(command, line, &sandbox, &clone, &there);
    let here = place(command, line, &clone, &there);
    // Nobody reviews their own work.
    let here = if command == "review" {
        sandbox.clone_named("bob").as_person("Bob", "bob@example.org")
    } else {
        here
    };
    if command == "handoff" {
        sandbox
            .clone_named("bob")
            .as_person("Bob", "bob@example.org")
            .commit("bob", &[("b", "b\n")]);
        sandbox
            .clone_named("b2")
            .as_person("Bob", "bob@example.org")
            .tix(&["note", "stale", "x"])
            .success();
        clone.tix(&["list", "--fetch"]).success();
    }
    let bin = clone.shared().fresh_directory("program");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tix"), bin.join("tix")).unwrap();
    here.sh(&format!("PATH=\"{}:$PATH\"; {line}", bin.display())).run()
}

#[test]
fn every_example_of_the_help_works() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let all: Vec<(String, String)> = commands(&place)
        .into_iter()
        .flat_map(|command| {
            let lines = examples(&place, &command);
            assert!((2..=3).contains(&lines.len()), "{command}: {lines:?}");
            lines.into_iter().map(move |line| (command.clone(), line))
        })
        .collect();
    assert!(all.len() > 80, "{all:?}");
    let mut bad = String::new();
    for (command, line) in &drawn::of(all) {
        // A program that not every machine has.
        let needed = ["fish", "man", "zsh"]
            .into_iter()
            .find(|shell| line.contains(&format!("{shell} -")) || line.ends_with("| source"));
        if needed.is_some() {
            continue;
        }
        let output = run(command, line);
        if output.code != Some(0) {
            bad += &format!("{command}: {line}\n{output}\n");
        }
    }
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn the_help_of_a_command_has_its_own_options_and_not_those_of_all() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let root = place.tix(&["--help"]);
    assert!(root.success().stdout().contains("--no-pager"), "{root}");
    for args in [&["list", "--help"][..], &["list", "-h"], &["dep", "add", "-h"], &["help", "list"]]
    {
        let help = place.tix(args);
        let text = help.success().stdout();
        assert!(!text.contains("--no-pager") && !text.contains("--role"), "{help}");
    }
    // They are taken all the same, and completed.
    place.tix(&["explain", "3", "--no-pager"]).success();
    let page = fs::read_to_string({
        let clone = sandbox.remote().at(sandbox.fresh_directory("pages"));
        clone.tix(&["man", "."]).success();
        clone.path().join("tix.1")
    });
    assert!(page.unwrap().contains("no\\-pager"));
}

#[test]
fn words_that_people_type_are_understood() {
    let (_sandbox, clone, there) = world("");
    assert!(
        clone.tix(&["claim", "welsh"]).success().stdout().starts_with("TICKET-welsh-001 is yours")
    );
    assert!(clone.tix(&["ls"]).success().stdout().contains("TICKET-welsh-001"));
    assert!(clone.tix(&["search", "make it"]).success().stdout().contains("TICKET-old-001"));
    there.tix(&["comment", "seen"]).success();
    assert!(there.tix(&["done", "--json"]).success().json()["operation"] == "complete");
    assert!(clone.tix(&["rm", "csv"]).success().stdout().contains("closed"));
    for (typed, meant) in [
        ("add", "new"),
        ("merge", "land"),
        ("approve", "review"),
        ("serach", "search"),
        ("comlete", "complete"),
        ("finish", "complete"),
    ] {
        let output = clone.tix(&[typed, "x"]);
        let tip = format!("perhaps you mean: tix {meant} x\n");
        assert!(output.exits(2).stderr().contains(&tip), "{output}");
    }
    // Each of several words has to be there.
    assert!(clone.tix(&["search", "work", "make"]).success().stdout().contains("TICKET-old-001"));
    assert_eq!(clone.tix(&["search", "work", "nowhere", "--json"]).success().json()["total"], 0);
    let told = clone.tix(&["note", "welsh", "two", "words"]);
    assert!(told.exits(2).stderr().contains("hint: tix note welsh 'two words'\n"), "{told}");
    let told = there.tix(&["note", "two", "more", "words"]);
    assert!(told.exits(2).stderr().contains("hint: tix note 'two more words'\n"), "{told}");
}

#[test]
fn undo_takes_back_what_this_clone_did_last_and_says_so_first() {
    let (sandbox, clone, there) = world("");
    let undo = || clone.tix(&["undo"]);
    let active = "tickets/active/TICKET-welsh-001/TICKET-welsh-001.md".to_owned();
    let on_trunk = |path: &String| sandbox.remote().files("main").contains(path);
    clone.tix(&["activate", "welsh"]).success();
    let plan = clone.tix(&["undo", "--dry-run", "--json"]).success().json();
    assert_eq!(
        (&plan["operation"], &plan["ticket"]),
        (&"activate".into(), &"TICKET-welsh-001".into())
    );
    assert!(on_trunk(&active));
    let output = undo();
    assert!(
        output.success().stderr().contains("ago) with: tix release TICKET-welsh-001"),
        "{output}"
    );
    assert!(!on_trunk(&active));
    // What takes back is taken back too.
    undo().success();
    assert!(on_trunk(&active));
    clone.tix(&["block", "csv", "--reason", "x"]).success();
    undo().success();
    assert!(!clone.tix(&["list"]).stdout().contains("blocked"));
    there.tix(&["complete"]).success();
    undo().success();
    assert!(clone.tix(&["status", "upload"]).success().stdout().contains("in_progress"));
    // Where the way is not known, the verb is named, and nothing happens.
    // What was no draft before is made none.
    clone.tix(&["queue", "csv"]).success();
    let refused = undo();
    assert!(refused.exits(5).stderr().contains("tix draft TICKET-csv-001 --reason"), "{refused}");
    clone.tix(&["dep", "add", "csv", "welsh"]).success();
    let refused = undo();
    assert!(
        refused.exits(5).stderr().contains("tix dep rm TICKET-csv-001 TICKET-welsh-001"),
        "{refused}"
    );
    // Somebody else has gone on.
    clone.tix(&["release", "welsh"]).success();
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    bob.tix(&["activate", "welsh"]).success();
    assert!(undo().exits(5).stderr().contains("Bob has gone on with TICKET-welsh-001"));
    assert!(sandbox.clone_named("new").tix(&["undo"]).exits(4).stderr().contains("nothing yet"));
}

/// The last line of a refused undo is a command that writes what was there before.
#[test]
fn undo_of_a_value_or_a_text_is_the_command_that_writes_the_old_one() {
    let (sandbox, clone, there) = world("");
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    let refused = |place: &Place| place.tix(&["undo"]).exits(5).stderr().to_owned();
    let undo = || refused(&clone);
    let back = |place: &Place, line: &str| {
        let told = refused(place);
        let command = told.trim_end().rsplit("what was there: ").next().unwrap();
        assert!(command.contains(line), "{told}");
        let tix = format!(
            "PATH=\"{}:$PATH\"",
            std::path::Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap().display()
        );
        place.sh(&format!("{tix}; {command}")).run().success();
    };
    let text = |id: &str| clone.tix(&["show", id, "--fetch"]).success().stdout().to_owned();
    let before = text("csv");
    clone.tix(&["set", "csv", "priority=P1", "labels=a,b", "title=It's another"]).success();
    clone.tix(&["set", "csv", "priority=P3", "labels=c d"]).success();
    back(&clone, "tix set TICKET-csv-001 ");
    let now = text("csv");
    assert!(now.contains("\npriority: P1\n") && now.contains("\nlabels: [a, b]\n"), "{now}");
    assert_ne!(now, before);
    // A value that was none is none again.
    clone.tix(&["set", "csv", "owner=Eve"]).success();
    back(&clone, "| tix edit TICKET-csv-001 --from -");
    assert_eq!(text("csv"), now);
    for args in [&["note", "csv", "a word"][..], &["edit", "csv", "--append", "- [ ] more"]] {
        clone.tix(args).success();
        back(&clone, "| tix edit TICKET-csv-001 --from -");
        assert_eq!(text("csv"), now);
    }
    let held = text("upload");
    there.tix(&["note", "half way"]).success();
    back(&there, "| tix edit TICKET-upload-001 --from -");
    assert_eq!(text("upload"), held);
    clone.tix(&["dep", "add", "csv", "welsh", "--relation", "related"]).success();
    back(&clone, "tix dep rm TICKET-csv-001 TICKET-welsh-001 --relation related");
    // Nobody is told to write over what somebody else has written since.
    for (own, theirs) in [
        (&["set", "csv", "priority=P2"][..], &["set", "csv", "priority=P0"][..]),
        (&["note", "csv", "a word"], &["note", "csv", "another"]),
    ] {
        clone.tix(own).success();
        bob.tix(theirs).success();
        let told = undo();
        assert!(told.contains("Bob has gone on with TICKET-csv-001"), "{told}");
        assert!(!told.contains("puts back") && !told.contains("nearest"), "{told}");
    }
}

/// Each pair is what this clone did and what somebody else did then.
#[test]
fn undo_takes_back_nothing_that_somebody_has_gone_on_with() {
    for (own, theirs) in [
        (
            &[&["new", "Fresh"][..]][..],
            &[&["note", "fresh", "mine now"][..], &["set", "fresh", "priority=P0"]][..],
        ),
        (
            &[&["block", "csv", "--reason", "x"]],
            &[&["unblock", "csv"], &["block", "csv", "--reason", "their own"]],
        ),
        (
            &[&["draft", "csv", "--reason", "x"]],
            &[&["queue", "csv"], &["draft", "csv", "--reason", "their own"]],
        ),
        (
            &[&["close", "csv", "--as", "wont_do", "--reason", "x"]],
            &[
                &["reopen", "csv", "--reason", "y"],
                &["close", "csv", "--as", "duplicate:welsh", "--reason", "their own"],
            ],
        ),
        (
            &[
                &["activate", "csv", "--no-worktree"],
                &["handoff", "csv", "--to", "bob@example.org"],
            ],
            &[&["activate", "csv", "--no-worktree"]],
        ),
    ] {
        let (sandbox, clone, _there) = world("");
        let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
        for args in own {
            clone.tix(args).success();
        }
        for args in theirs {
            bob.tix(args).success();
        }
        let before = sandbox.remote().git(&["rev-parse", "main"]);
        for args in [&["undo", "--dry-run"][..], &["undo"]] {
            let refused = clone.tix(args);
            assert!(
                refused.exits(5).stderr().contains("Bob has gone on with TICKET-"),
                "{refused}"
            );
        }
        assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before);
    }
}

/// Older commits of the ticket branch are nobody's going on, and neither is a rebase; a file that was edited is.
#[test]
fn undo_knows_the_commits_of_the_ticket_branch() {
    let (_sandbox, clone, there) = world("");
    there.tix(&["note", "half way"]).success();
    there.tix(&["handoff", "--to", "bob@example.org"]).success();
    clone.tix(&["undo"]).success();
    assert!(clone.tix(&["status", "upload"]).success().stdout().contains("in_progress"));
    // The trunk moves on, and a branch is rebased onto it.
    let (sandbox, _clone, there) = world("");
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    there.tix(&["note", "a second"]).success();
    bob.tix(&["new", "Something else"]).success();
    there.git(&["fetch", "-q"]);
    there.git(&["rebase", "-q", "origin/main"]);
    there.git(&["push", "-q", "--force"]);
    let shown = there.tix(&["undo"]);
    assert!(shown.exits(5).stderr().contains("| tix edit TICKET-upload-001 --from -"), "{shown}");
    there
        .sh("echo by hand >>tickets/active/TICKET-upload-001/TICKET-upload-001.md")
        .run()
        .success();
    there.git(&["commit", "-qam", "more"]);
    let refused = there.tix(&["undo"]);
    assert!(refused.exits(5).stderr().contains("has gone on with TICKET-upload-001"), "{refused}");
}

#[test]
fn undo_reopens_no_work_that_has_landed() {
    let (_sandbox, clone, there) = world("land");
    let refused = |why: &str| {
        let told = clone.tix(&["undo"]);
        assert!(told.exits(5).stderr().contains(why), "{told}");
        assert!(told.stderr().contains("tix rework TICKET-upload-001"), "{told}");
        assert!(told.stderr().contains("tix reopen TICKET-upload-001 --reason"), "{told}");
    };
    there.tix(&["complete"]).success();
    let branch = "origin/ticket/TICKET-upload-001";
    clone.git(&["fetch", "-q"]);
    clone.git(&["pull", "-q", "--ff-only"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "Merge upload", branch]);
    clone.git(&["push", "-q"]);
    refused("its work has landed");
    clone.tix(&["archive", "upload"]).success();
    refused("no command takes a ticket out of archive/");
}

#[test]
fn undo_of_what_is_about_no_ticket_shows_what_was_written() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "hello\n")]);
    let clone = sandbox.clone_named("clone");
    clone.tix(&["init", "--commit", "--yes"]).success();
    let told = clone.tix(&["undo"]);
    let hint = told.exits(5).stderr().trim_end().rsplit("see what it wrote: ").next().unwrap();
    clone.sh(hint).run().success();
    assert!(told.stderr().contains("tix does not undo `init`"), "{told}");
}

/// What a verb would not put back as it was is said, and not done.
#[test]
fn undo_names_the_nearest_command_where_the_state_was_another() {
    let (_sandbox, clone, there) = world("");
    let nearest = |hint: &str| {
        let told = clone.tix(&["undo"]);
        assert!(told.exits(5).stderr().contains(hint), "{told}");
    };
    clone.tix(&["draft", "csv", "--reason", "x"]).success();
    nearest("tix queue TICKET-csv-001");
    clone.tix(&["block", "welsh", "--reason", "the first"]).success();
    clone.tix(&["block", "welsh", "--reason", "the second"]).success();
    nearest("tix block TICKET-welsh-001 --reason 'the first'");
    there.tix(&["close", "--as", "wont_do", "--reason", "x"]).success();
    nearest("without its claim and its branch: tix reopen TICKET-upload-001 --reason <why>");
}

#[test]
fn config_shows_and_mends_what_is_wrong_with_the_settings() {
    let (_sandbox, clone, _there) = world("");
    clone.git(&["config", "tix.staleafter", "xyz"]);
    clone.tix(&["list"]).exits(9);
    for args in [&["config", "list"][..], &["config", "get", "stale_after"]] {
        let output = clone.tix(args);
        assert!(output.success().stdout().contains("xyz"), "{output}");
        assert!(output.stderr().contains("warning: git config: `tix.staleafter`"), "{output}");
    }
    let set = clone.tix(&["config", "set", "stale_after", "2d"]);
    assert!(set.success().stderr().is_empty(), "{set}");
    clone.tix(&["list"]).success();
}

#[test]
fn config_tells_where_each_setting_comes_from_and_sets_those_of_the_clone() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (".tix.yaml", "stale_after: 2d\nlanding: completed\n"),
        ("tickets/queue/.gitkeep", ""),
    ]);
    let clone = sandbox.clone_named("a");
    let get = |place: &Place, key: &str| {
        let json = place.tix(&["config", "get", key, "--json"]).success().json();
        let one = &json["settings"][0];
        let text = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
        format!("{} from {}", text("value"), text("source"))
    };
    assert_eq!(get(&clone, "stale_after"), "2d from .tix.yaml on main");
    assert_eq!(get(&clone, "trunk"), "main from default");
    clone.tix(&["config", "set", "stale_after", "3d"]).success();
    assert_eq!(clone.git(&["config", "tix.staleAfter"]), "3d");
    assert_eq!(get(&clone, "tix.staleAfter"), "3d from git config tix.staleAfter");
    assert_eq!(get(&clone.env("TIX_STALE_AFTER", "4d"), "stale_after"), "4d from TIX_STALE_AFTER");
    assert_eq!(clone.tix(&["config", "get", "stale_after"]).success().stdout(), "3d\n");
    let list = clone.tix(&["config", "list"]);
    assert!(list.success().stdout().contains("landing\tcompleted\t.tix.yaml on main\n"), "{list}");
    let shared = clone.tix(&["config", "set", "landing", "none"]);
    assert!(shared.exits(5).stderr().contains("by pull request"), "{shared}");
    clone.tix(&["config", "set", "stale_after", "soon"]).exits(2);
    clone.tix(&["config", "set", "stale_afterr", "3d"]).exits(2);
    assert_eq!(clone.git(&["config", "tix.staleAfter"]), "3d");
}
