//! How texts are read and written, in whatever command they stand.

use crate::harness::{Place, Sandbox, Ticket, queue_ticket};

const ID: &str = "TICKET-login-001";

/// One ticket in the queue, under this title.
fn titled(title: &str) -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let ticket = Ticket::new(ID).key("title", &format!("\"{title}\""));
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), ticket.text())]);
    let clone = sandbox.clone_named("clone");
    (sandbox, clone)
}

#[test]
fn every_time_that_is_asked_for_takes_the_same_durations() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (format!("tickets/queue/{ID}.md"), queue_ticket(ID)),
        (".tix.yaml".to_owned(), "timeout: 1h30m\nstale_after: 1w2d\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("clone");
    let commands: [&[&str]; 10] = [
        &["next", "--wait"],
        &["activate", "--next", "--dry-run", "--wait"],
        &["activate", ID, "--dry-run", "--timeout"],
        &["list", "--stale"],
        &["list", "--since"],
        &["archive", "--older-than"],
        &["board", "--plain", "--every"],
        &["note", ID, "a note", "--timeout"],
        &["activate", ID, "--dry-run", "--exec", "true", "--alive-for"],
        &["activate", ID, "--dry-run", "--exec", "true", "--require-ready"],
    ];
    for command in commands {
        let (option, before) = command.split_last().unwrap();
        let run = |time: &str| {
            let option = format!("{option}={time}");
            // What follows --exec is the worker's.
            let at = before.iter().position(|word| *word == "--exec").unwrap_or(before.len());
            let args = [&before[..at], &[option.as_str()], &before[at..]].concat();
            clone.tix(&args)
        };
        for time in ["90", "90s", "10m", "1h30m", "1000ms"] {
            assert_ne!(run(time).code, Some(2), "{command:?} {time}: {}", run(time));
        }
        for time in ["", "soon", "-1", "1.5s", "30m1h", "1h30"] {
            let output = run(time);
            let said = output.exits(2).stderr();
            assert!(
                said.contains("90s, 10m") || said.contains("12h or 3d"),
                "{command:?}: {output}"
            );
        }
    }
}

#[test]
fn nothing_invisible_reaches_a_reader() {
    let hidden = "a\u{200b}b\u{61c}c\u{ad}d\u{202e}e\u{feff}f\u{e0041}g\u{3164}h\u{fe0f}i\u{200d}j";
    let shown = r"a\u{200b}b\u{61c}c\u{ad}d\u{202e}e\u{feff}f\u{e0041}g\u{3164}h\u{fe0f}i\u{200d}j";
    let (_sandbox, clone) = titled(hidden);
    for command in ["list", "next", "board"] {
        let output = clone.tix(&[command]);
        let text = output.success().stdout();
        assert!(text.contains(r"a\u{200b}b"), "{output}");
        assert!(!text.contains(|c: char| hidden.contains(c) && !c.is_ascii()), "{output}");
    }
    let text = clone.tix(&["list"]);
    assert!(text.success().stdout().contains(shown), "{text}");
    // A program gets the title as it is.
    assert_eq!(clone.tix(&["list", "--json"]).success().json()["tickets"][0]["title"], hidden);
    // What is written as a message, a fact or a hint too.
    let error = clone.tix(&["show", "pay\u{ad}pal"]);
    assert!(error.exits(4).stderr().contains(r"pay\u{ad}pal"), "{error}");
}

#[test]
fn pictures_and_scripts_are_shown_as_they_are_written() {
    let title = "👩‍🚀 ❤️ 1️⃣ می‌خواهم 葛󠄀城";
    let (_sandbox, clone) = titled(title);
    for command in ["list", "next", "board"] {
        let output = clone.tix(&[command]);
        assert!(output.success().stdout().contains("👩‍🚀 ❤️ 1️⃣"), "{output}");
    }
    assert!(clone.tix(&["list"]).success().stdout().contains(title));
    clone.tix(&["new", title, "--session", "s"]).success();
    clone.git(&["fetch", "-q"]);
    let file = clone.git(&["show", "origin/main:tickets/queue/TICKET-s-001.md"]);
    assert!(file.contains(&format!("\"{title}\"")), "{file}");
}

#[test]
fn a_line_that_git_advises_can_be_pasted() {
    let (_sandbox, clone) = titled("A thing");
    let output = clone.tix_command(&["list"]).env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").run();
    let said = output.exits(5).stderr();
    let line = said.lines().find(|line| line.contains("git config")).unwrap();
    assert!(line.trim_start().starts_with("git config --global --add safe.directory"), "{output}");
    assert!(!said.contains('\t'), "{output}");
}

#[test]
fn a_path_can_be_pasted_whatever_is_in_it() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), queue_ticket(ID))]);
    for name in ["it's", "a b", "tab\there", "soft\u{ad}hyphen", "-'$(x)\\1"] {
        let clone = sandbox.clone_named(&format!("{name}/clone"));
        let output = clone.tix(&["activate", ID]);
        let line =
            output.success().stdout().lines().find(|line| line.starts_with("  cd ")).unwrap();
        let there =
            clone.command("/usr/bin/env".as_ref(), &["bash", "-c", &format!("{line} && pwd")]);
        let workspace = clone.tix(&["path", ID]);
        assert_eq!(there.run().success().stdout(), workspace.success().stdout(), "{output}");
        clone.tix(&["release", ID]).success();
    }
}
