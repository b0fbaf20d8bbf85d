//! What a shell is told of how a line can go on, and the manual.

use crate::harness::{Place, Sandbox, Ticket, queue_ticket};

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
    let cases: [(&str, &[&str]); 7] = [
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
}

#[test]
fn bash_completes_with_the_script_that_it_is_given() {
    let (_sandbox, clone) = seeded();
    if clone.sh("command -v bash").run().code != Some(0) {
        eprintln!("no bash here: nothing was tested with it");
        return;
    }
    let script = clone.tix(&["completions", "bash"]);
    clone.write("tix.bash", script.success().stdout());
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap();
    let line = format!(
        "PATH='{}':$PATH; source tix.bash; COMP_WORDS=(tix activate logo); COMP_CWORD=2; COMP_TYPE=9\n\
         _clap_complete_tix tix logo activate; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        directory.display()
    );
    let output = clone.command("/usr/bin/env".as_ref(), &["bash", "-c", &line]).run();
    assert_eq!(output.success().stdout().trim(), "logout-001", "{output}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
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
    let listed = clone.tix(&["--help"]);
    let commands = listed.success().stdout().split_once("Commands:\n").unwrap().1;
    let lines = commands.lines().take_while(|line| line.starts_with("  "));
    // What does not fit goes on in lines that are indented further.
    for line in lines.filter(|line| !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        assert!(name == "help" || clone.exists(format!("pages/man1/tix-{name}.1")), "{name}");
    }
    clone.write("file", "");
    clone.tix(&["man", "file/x"]).exits(5);
}
