//! What a shell is told of how a line can go on, and the manual.

use crate::harness::{Place, Sandbox, Ticket, notes, queue_ticket};

fn seeded() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let held = Ticket::new("TICKET-mail-001").key("status", "in_progress").text();
    sandbox.seed(&[
        ("tickets/queue/TICKET-login-001.md".to_owned(), queue_ticket("TICKET-login-001")),
        ("tickets/queue/TICKET-logout-001.md".to_owned(), queue_ticket("TICKET-logout-001")),
        ("tickets/active/TICKET-mail-001/TICKET-mail-001.md".to_owned(), held),
    ]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

/// What fish would offer for this line.
fn offered(place: &Place, line: &str) -> Vec<String> {
    let words: Vec<&str> = ["--"].into_iter().chain(line.split(' ')).collect();
    let output = place.tix_command(&words).env("_TIX_COMPLETE", "fish").run();
    assert!(output.success().stderr().is_empty(), "{output}");
    let first = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    output.stdout().lines().map(first).collect()
}

#[test]
fn ids_of_the_right_lanes_are_completed_in_full_and_without_their_beginning() {
    let (sandbox, clone) = seeded();
    let cases: [(&str, &[&str]); 9] = [
        ("tix cd mail", &["mail-001"]),
        ("tix claim logi", &["login-001"]),
        ("tix activate TICKET-log", &["TICKET-login-001", "TICKET-logout-001"]),
        ("tix activate logi", &["login-001"]),
        ("tix activate mail", &[]),
        ("tix release TICKET-", &["TICKET-mail-001"]),
        ("tix show mail", &["mail-001"]),
        ("tix dep add login-001 logo", &["logout-001"]),
        ("tix acti", &["activate"]),
    ];
    for (line, expected) in cases {
        assert_eq!(offered(&clone, line), expected, "{line}");
    }
    assert!(offered(&clone, "tix list --sort pri").contains(&"priority".to_owned()));
    // Where there is nothing to look at, nothing is offered, and nothing is said.
    let nowhere = clone.at(sandbox.fresh_directory("plain"));
    assert_eq!(offered(&nowhere, "tix activate log"), [""; 0]);
    // The options that stand on the line already count, wherever they stand, and however much is missing behind them.
    clone.git(&["remote", "rename", "origin", "upstream"]);
    clone.git(&["remote", "add", "other", "/nowhere"]);
    clone.git(&["remote", "add", "origin", "/nowhere"]);
    let there = clone.path().file_name().unwrap().to_str().unwrap();
    let home = nowhere.env("HOME", clone.path().parent().unwrap());
    let cases = [
        (&clone, "tix --remote upstream show mail".to_owned(), "mail-001"),
        (&clone, "tix dep add --remote=upstream login-001 logo".to_owned(), "logout-001"),
        (&nowhere, format!("tix -C ../{there} --remote upstream show mail"), "mail-001"),
        (&nowhere, format!("tix -qC../{there} --remote upstream dep add logo"), "logout-001"),
        (
            &nowhere,
            format!("tix block -C ../{there} --remote upstream --reason x mail"),
            "mail-001",
        ),
        (&home, format!("tix -C ~/{there} --remote upstream show mail"), "mail-001"),
    ];
    for (place, line, expected) in cases {
        assert_eq!(offered(place, &line), [expected], "{line}");
    }
    assert_eq!(offered(&clone, "tix --remote other show mail"), [""; 0]);
    assert_eq!(offered(&nowhere, "tix show mail"), [""; 0]);
}

#[test]
fn labels_topics_and_words_are_completed() {
    let sandbox = Sandbox::new();
    let labelled = |id: &str, labels: &str| Ticket::new(id).key("labels", labels).text();
    sandbox.seed(&[
        ("tickets/queue/TICKET-a.md", labelled("TICKET-a", "[ui, urgent]")),
        ("tickets/queue/TICKET-b.md", labelled("TICKET-b", "[ui, small]")),
        ("tickets/completed/TICKET-c.md", labelled("TICKET-c", "[unused]")),
    ]);
    let clone = sandbox.clone_named("a");
    let cases: [(&str, &[&str]); 8] = [
        ("tix next --label u", &["ui", "urgent"]),
        ("tix activate --next --label u", &["ui", "urgent"]),
        ("tix list --label small,ur", &["small,urgent"]),
        ("tix new --label s", &["small"]),
        ("tix explain exi", &["exit-codes"]),
        ("tix explain depends", &["depends_on"]),
        ("tix explain request", &["request-changes"]),
        ("tix explain frob", &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(offered(&clone, line), expected, "{line}");
    }
    let mut topics = offered(&clone, "tix explain ");
    topics.retain(|word| !word.starts_with('-'));
    assert!(topics.contains(&"states".to_owned()) && topics.len() < 20, "{topics:?}");
    for word in topics {
        clone.tix(&["explain", &word]).success();
    }
}

/// What each shell is told to do with its script, as if somebody pressed the key behind `tix LINE`; it prints what it
/// would offer.
const SHELLS: [(&str, &[&str], &str); 3] = [
    (
        "bash",
        &["--norc", "-c"],
        "source script.bash; COMP_WORDS=(tix LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_TYPE=9\n\
         _clap_complete_tix tix \"${COMP_WORDS[COMP_CWORD]}\" x; printf '%s\\n' \"${COMPREPLY[@]}\"",
    ),
    (
        // Of the machinery of zsh only the two functions that the script calls. It loads a file `_tix` when it is needed for
        // the first time, and that time counts.
        "zsh",
        &["-f", "-c"],
        "compdef() {}; _describe() { print -rl -- \"${(@P)3}\" }\n\
         mv script.zsh _tix; fpath=($PWD); autoload -Uz _tix; words=(tix LINE); CURRENT=${#words}; _tix",
    ),
    ("fish", &["-c"], "source script.fish; complete --do-complete 'tix LINE'"),
];

#[test]
fn each_shell_completes_with_the_script_that_it_is_given() {
    let (sandbox, clone) = seeded();
    let nowhere = clone.at(sandbox.fresh_directory("plain"));
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap();
    let with_tix = "PATH=\"$1:$PATH\"; shift; exec \"$@\"";
    let start = ["-c", with_tix, "sh", programs.to_str().unwrap()];
    let there = clone.path().file_name().unwrap().to_str().unwrap();
    for (shell, options, line) in SHELLS {
        let script = clone.tix(&["completions", shell]);
        nowhere.write(format!("script.{shell}"), script.success().stdout());
        if clone.sh(&format!("command -v {shell}")).run().code != Some(0) {
            notes::skipped(shell);
            continue;
        }
        let words = format!("-C ../{there} activate logo");
        let line = line.replace("LINE", &words);
        let args = [&start, &[shell][..], options, &[line.as_str()]].concat();
        let output = nowhere.command("/bin/sh".as_ref(), &args).run();
        let offered = output.success().stdout().trim();
        // zsh and fish show the lane beside it.
        assert_eq!(offered.split([':', '\t']).next(), Some("logout-001"), "{shell}: {output}");
    }
    for shell in ["elvish", "powershell"] {
        let script = clone.tix(&["completions", shell]);
        assert!(script.success().stdout().contains("_TIX_COMPLETE"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let (_sandbox, clone) = seeded();
    clone.tix(&["man", "pages/man1"]).success();
    for page in ["tix.1", "tix-activate.1", "tix-dep-add.1"] {
        let text = clone.read(format!("pages/man1/{page}"));
        assert!(text.contains(".TH") && text.contains(".SH SYNOPSIS"), "{page}");
    }
    let page = clone.read("pages/man1/tix-show.1");
    assert!(page.contains(".SH SYNOPSIS\ntix show [OPTIONS] [TICKET]\n"), "{page}");
    let listed = clone.tix(&["--help"]);
    let (groups, _) = listed.success().stdout().split_once("\nOther words\n").unwrap();
    for line in groups.lines().filter(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().unwrap();
        assert!(clone.exists(format!("pages/man1/tix-{name}.1")), "{name}");
    }
    clone.write("file", "");
    clone.tix(&["man", "file/x"]).exits(5);
}
