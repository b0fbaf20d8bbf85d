//! The help: every command is in it once, with examples that do what they say.

use std::fs;

use crate::forge::{gh, on_forge};
use crate::harness::{Output, Place, Sandbox, Ticket, drawn};

const OLD: &str = "2025-12-03T12:00:00Z";

/// The lines below `Examples:` in the help of a command.
fn examples(place: &Place, command: &str) -> Vec<String> {
    let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    let help = place.tix(&words);
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

/// The commands below one that people type; those for hooks and agents take their input from these.
fn nested(place: &Place, command: &str) -> Vec<String> {
    let help = place.tix(&[command, "--help"]);
    let below = help.success().stdout().split_once("\nCommands:\n");
    let Some((_, below)) = below else { return Vec::new() };
    let (below, _) = below.split_once("\n\n").unwrap();
    let names = below.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.trim().split(' ').next().unwrap());
    let by_machine = |name: &&str| {
        ["help", "claude", "codex", "gemini", "cursor", "qwen", "copilot", "git", "opencode"]
            .contains(name)
    };
    names.filter(|name| !by_machine(name)).map(|name| format!("{command} {name}")).collect()
}

/// A repository in the middle of its life, with the settings that a command's examples need.
pub fn world(command: &str) -> (Sandbox, Place, Place) {
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
        "import" => {
            clone.write(".beads/issues.jsonl", "{\"id\":\"shop-1\",\"title\":\"Say hello\"}\n");
        }
        "dep" if line.starts_with("tix dep rm") => {
            let added = line.replacen(" rm ", " add ", 1);
            clone.tix(&added.split(' ').skip(1).collect::<Vec<_>>()).success();
        }
        "hook" if line.starts_with("tix hook status") => {
            clone.tix(&["hook", "install"]).success();
        }
        "trust" if line.contains("--revoke") => {
            clone.tix(&["trust"]).success();
        }
        "link" | "pr" => {
            on_forge(clone, "github.com");
            gh(clone);
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
        "edit", "handoff", "pr",
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
    // It ends when it is told to.
    let line = if command == "serve" {
        format!(
            "{line} >address & served=$!; until grep -q enter address; do sleep 0.1; done; kill $served; wait $served"
        )
    } else {
        line.to_owned()
    };
    here.sh(&format!("PATH=\"{}:$PATH\"; {line}", bin.display())).run()
}

#[test]
fn every_example_of_the_help_works() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let all: Vec<(String, String)> = commands(&place)
        .into_iter()
        .flat_map(|command| {
            let below = nested(&place, &command);
            std::iter::once(command).chain(below)
        })
        .flat_map(|command| {
            let lines = examples(&place, &command);
            assert!((2..=3).contains(&lines.len()), "{command}: {lines:?}");
            lines.into_iter().map(move |line| (command.clone(), line))
        })
        .collect();
    assert!(all.len() > 110, "{all:?}");
    let mut bad = String::new();
    for (command, line) in &drawn::of(all) {
        // A program that not every machine has.
        let needed = ["fish", "man", "zsh"]
            .into_iter()
            .find(|shell| line.contains(&format!("{shell} -")) || line.ends_with("| source"));
        if needed.is_some() {
            continue;
        }
        let output = run(command.split(' ').next().unwrap(), line);
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
    for args in [&["search", "--help"][..], &["help", "search"]] {
        assert!(clone.tix(args).success().stdout().contains("tix list"), "{args:?}");
    }
    assert!(clone.tix(&["help", "rm"]).success().stdout().contains("tix close"));
    assert!(clone.tix(&["search"]).success().stdout().contains("TICKET-old-001"));
    assert!(clone.tix(&["search", "make it"]).success().stdout().contains("TICKET-old-001"));
    there.tix(&["comment", "seen"]).success();
    assert!(there.tix(&["done", "--json"]).success().json()["operation"] == "complete");
    assert!(clone.tix(&["rm", "csv"]).success().stdout().contains("closed"));
    for (typed, meant) in [
        ("add x", "new x"),
        ("merge x", "land x"),
        ("approve x", "review x --approve"),
        ("serach x", "search x"),
        ("comlete x", "complete x"),
        ("finish x", "complete x"),
        ("reject x", "review x --request-changes --reason=<why>"),
        ("stat x", "status x"),
        ("open x", "show x"),
        ("assign x two", "handoff x --to=two"),
        ("assign x", "handoff x --to=<who>"),
        ("find x", "search x"),
        ("grep x", "search x"),
        ("revert", "undo"),
        ("redo", "undo"),
        ("metrics", "report"),
        ("stats", "report"),
        ("progress", "report"),
        ("restore", "undo"),
        ("tree", "list --tree"),
        ("mine", "list --mine"),
        ("resume x", "activate x --resume"),
        ("kanban", "board"),
        ("todo", "list"),
        ("ready", "next"),
        ("lock x", "activate x"),
        // Of those that are only like a word, one that writes is a slip of one letter.
        ("statsu x", "status x"),
        ("closse x", "close x"),
        ("clozze x", ""),
        ("archives x", "archive x"),
        ("archivess x", ""),
    ] {
        let output = clone.tix(&typed.split(' ').collect::<Vec<_>>());
        let tip = format!("perhaps you mean: tix {meant}\n");
        assert_eq!(output.exits(2).stderr().contains(&tip), !meant.is_empty(), "{output}");
        assert_eq!(output.stderr().contains("perhaps"), !meant.is_empty(), "{output}");
    }
    let found =
        |words: &[&str]| clone.tix(&[&["search"], words].concat()).success().stdout().to_owned();
    assert!(found(&["--lane", "completed", "MAKE IT"]).contains("TICKET-old-001"));
    assert!(!found(&["--lane", "queue", "make it"]).contains("TICKET-old-001"));
    // Each of several words has to be there.
    assert!(clone.tix(&["search", "work", "make"]).success().stdout().contains("TICKET-old-001"));
    assert_eq!(clone.tix(&["search", "work", "nowhere", "--json"]).success().json()["total"], 0);
    let told = clone.tix(&["note", "welsh", "two", "words"]);
    assert!(told.exits(2).stderr().contains("hint: tix note welsh 'two words'\n"), "{told}");
    let told = there.tix(&["note", "two", "more", "words"]);
    assert!(told.exits(2).stderr().contains("hint: tix note 'two more words'\n"), "{told}");
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
    assert_eq!(get(&clone, "review"), "[] from default");
    assert_eq!(clone.tix(&["config", "get", "review"]).success().stdout(), "");
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
    let misspelt = clone.tix(&["config", "set", "stale_afterr", "3d"]);
    assert!(misspelt.exits(2).stderr().contains("did you mean `stale_after`?"), "{misspelt}");
    let remote = clone.tix(&["config", "set", "remote", "nosuch"]);
    assert!(
        remote.exits(2).stderr().contains("no remote named `nosuch`\n  remotes  origin\n"),
        "{remote}"
    );
    clone.tix(&["config", "set", "remote", "origin"]).success();
    clone.git(&["config", "tix.remote", "nosuch"]);
    let hint = "undo that: git config --unset tix.remote";
    assert!(clone.tix(&["list"]).exits(5).stderr().contains(hint));
    // What is wrong is shown with its source, and mended.
    let list = clone.tix(&["config", "list"]);
    assert!(list.success().stdout().contains("remote\tnosuch\tgit config tix.remote\n"), "{list}");
    assert_eq!(list.stderr(), "warning: there is no remote named `nosuch`\n");
    assert_eq!(get(&clone, "remote"), "nosuch from git config tix.remote");
    clone.tix(&["config", "set", "remote", "origin"]).success();
    clone.tix(&["list"]).success();
    clone.git(&["config", "--unset", "tix.remote"]);
    for (place, hint) in [
        (clone.env("TIX_REMOTE", "nosuch"), "it is set by TIX_REMOTE"),
        (sandbox.clone_named("file"), "it is set by `remote` in origin/main:.tix.yaml"),
    ] {
        if hint.contains("yaml") {
            sandbox.seed(&[(".tix.yaml", "remote: nosuch\n")]);
            place.git(&["pull", "-q"]);
        }
        let output = place.tix(&["list"]);
        assert!(output.exits(5).stderr().contains(hint), "{output}");
        place.tix(&["config", "list"]).success();
    }
    clone.git(&["pull", "-q"]);
    sandbox.seed(&[(".tix.yaml", "stale_after: 2d\nlanding: completed\n")]);
    clone.git(&["pull", "-q"]);
    // What the help says for a key with an underscore.
    let set = clone.tix(&["config", "set", "skip_ci", "true"]);
    assert!(set.success().stdout().starts_with("git config tix.skipCi is now true"), "{set}");
    clone.git(&["config", "--unset", "tix.skipCi"]);
    assert_eq!(clone.git(&["config", "tix.staleAfter"]), "3d");
}
