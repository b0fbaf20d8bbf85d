//! Texts of tickets: handed in where no terminal is, in an editor where one is, and the boxes that are ticked.

use super::{BRANCH, ID, bob, held_with, queued_with, ready, story, text, value};
use crate::activate::{ACTIVE, QUEUED, fact, hints, workspace};
use crate::harness::{Do, On, Sandbox, Shim, no_leftovers, on_terminal, queue_ticket};

#[test]
fn without_a_terminal_no_editor_is_opened() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a").env("GIT_EDITOR", "touch opened;");
    let output = ada.tix(&["edit", ID, "--json"]);
    assert_eq!(output.exits(2).json()["schema"], "tix/error@1");
    assert!(hints(&output).contains("--body") && hints(&output).contains("tix tick"), "{output}");
    let new = ada.tix(&["new", "One more", "--edit", "--json"]);
    assert!(hints(new.exits(2)).contains("--body"), "{new}");
    assert_eq!(new.json()["message"], "the editor needs a terminal");
    let word = ada.tix(&["new", "One more", "--body", "word", "--json"]);
    assert!(hints(word.exits(2)).contains("printf '%s\\n' word | tix … --body -"), "{word}");
    assert!(!ada.path().join("opened").exists());
    assert_eq!(story(&sandbox, "main"), "");
    no_leftovers(&ada);
}

#[test]
fn a_text_is_handed_in_as_itself_in_a_file_and_on_standard_input() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let now = || text(&sandbox, "main", QUEUED);
    let (front, log) = (ready(ID), "# Changelog\n\n## [2025-12-03 19:30]");
    let front = front.split("\n# Requirements").next().unwrap();
    ada.tix(&["edit", ID, "--body", "# Do this\n\nand that"]).success();
    assert!(now().starts_with(&format!("{front}\n# Do this\n\nand that\n\n{log}")), "{}", now());
    ada.write("words.md", "From a file\n");
    ada.tix(&["edit", ID, "--body", "words.md"]).success();
    assert!(now().starts_with(&format!("{front}\nFrom a file\n\n{log}")), "{}", now());
    ada.tix_command(&["edit", ID, "--body", "-"]).stdin("- [ ] piped\n").run().success();
    ada.tix(&["edit", ID, "--append", "- [ ] and more"]).success();
    assert!(
        now().starts_with(&format!("{front}\n- [ ] piped\n\n- [ ] and more\n\n{log}")),
        "{}",
        now()
    );
    let again = ada.tix(&["edit", ID, "--from", "-", "--json"]);
    assert_eq!(
        again.exits(9).json()["message"],
        "your text, line 1: a ticket starts with front matter, a line of `---`"
    );
    let same = ada.tix_command(&["edit", ID, "--from", "-", "--json"]).stdin(now()).run();
    assert_eq!(same.success().json()["outcome"], "already");
    // A name with a mistake in it is no text.
    for args in [&["edit", ID, "--body", "word.md"], &["new", "x", "--body", "word.md"]] {
        assert!(ada.tix(args).exits(2).stderr().contains("there is no file "));
    }
    ada.tix(&["edit", ID, "--body", " "]).exits(2);
    ada.tix(&["edit", ID, "--body", "a b", "--append", "c d"]).exits(2);
    assert_eq!(story(&sandbox, "main"), [format!("edit: {ID}").as_str(); 4].join("\n"));
}

#[test]
fn boxes_are_ticked_by_number_and_by_text() {
    let body = "# What\n\n- [ ] It works\n- [ ] It is tested\n  * [x] here\n- [ ] It is told\n";
    let ticket = crate::harness::Ticket::new(ID).body(body);
    let sandbox = queued_with("", &ticket.text());
    let ada = sandbox.clone_named("a");
    ada.tix(&["tick", "foo", "1", "TOLD"]).success();
    let expected = ticket
        .text()
        .replace("[ ] It works", "[x] It works")
        .replace("[ ] It is told", "[x] It is told");
    assert_eq!(text(&sandbox, "main", QUEUED), expected);
    let again = ada.tix(&["tick", ID, "1", "--json"]).success().json();
    assert_eq!((&again["operation"], &again["outcome"]), (&"tick".into(), &"already".into()));
    insta::assert_snapshot!(ada.tix(&["tick", ID, "it"]).exits(2).redacted(), @r"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: `it` is in 3 boxes of TICKET-foo-001
      boxes  1 [x] It works
             2 [ ] It is tested
             3 [x] here
             4 [x] It is told
    hint: name one by its number: tix tick TICKET-foo-001 1
    ");
    ada.tix(&["tick", ID, "5"]).exits(2);
    ada.tix(&["tick", ID]).exits(2);
    assert_eq!(story(&sandbox, "main"), format!("tick: {ID}"));
}

#[test]
fn in_a_workspace_the_words_are_boxes_wherever_the_ticket_is() {
    for settings in ["", "trunk: tickets\n"] {
        let sandbox = Sandbox::new();
        let other = "TICKET-it-001";
        sandbox.seed(&[(".tix.yaml", settings), ("src/main.rs", "fn main() {}\n")]);
        let trunk = if settings.is_empty() { "main" } else { "tickets" };
        let other_path = format!("tickets/queue/{other}.md");
        let files = [(QUEUED, queue_ticket(ID)), (other_path.as_str(), queue_ticket(other))];
        if trunk == "main" {
            sandbox.seed(&files);
        } else {
            sandbox.seed_on(trunk, &files);
        }
        let ada = sandbox.clone_named("a");
        ada.tix(&["activate", ID]).success();
        let there = ada.at(workspace(&ada, ID));
        let branch = if trunk == "main" { BRANCH } else { trunk };
        there.tix(&["tick", "it", "works"]).exits(2);
        there.tix(&["tick", "It works"]).success();
        there.tix(&["tick", "1", "2"]).success();
        there.tix(&["edit", "--append", "- [ ] One more"]).success();
        let now = text(&sandbox, branch, ACTIVE);
        assert!(!now.contains("[ ] It") && now.contains("- [ ] One more\n\n# Changelog"), "{now}");
        // Another ticket is named by its whole id.
        there.tix(&["tick", "it-001", "1"]).success();
        assert!(text(&sandbox, trunk, &other_path).contains("[x] It works"));
        assert!(text(&sandbox, trunk, &other_path).contains("[ ] It is tested"));
        let open = there.tix(&["complete", "--no-work", "words only"]);
        assert!(open.exits(5).stderr().contains("One more"), "{open}");
        there.tix(&["tick", "3"]).success();
        there.tix(&["complete", "--no-work", "words only"]).success();
    }
}

#[test]
fn a_damaged_ticket_is_mended_where_it_is() {
    let broken = ready(ID).replacen("---\n", "", 1);
    let sandbox = queued_with("", &broken);
    let ada = sandbox.clone_named("a");
    let told = ada.tix(&["edit", ID, "--json"]);
    let ways = hints(told.exits(2));
    assert!(ways.contains("--from <file>") && !ways.contains("--body"), "{told}");
    for args in [&["tick", ID, "1"][..], &["edit", ID, "--append", "a b"], &["set", ID, "a=b"]] {
        let output = ada.tix(args);
        assert!(output.exits(9).stderr().contains(&format!("tix edit {QUEUED}")), "{output}");
    }
    ada.write("mended.md", ready(ID).replace("status: open", "status: in_progress"));
    let misplaced = ada.tix(&["edit", ID, "--from", "mended.md"]);
    assert!(misplaced.exits(5).stderr().contains("is not a status for queue/"), "{misplaced}");
    ada.write("mended.md", ready(ID));
    ada.tix(&["edit", ID, "--from", "mended.md"]).success();
    assert_eq!(text(&sandbox, "main", QUEUED), ready(ID));
    ada.tix(&["activate", ID]).success();
}

#[test]
fn a_damaged_copy_on_the_ticket_branch_is_mended_with_its_claim() {
    let (sandbox, ada, there) = held_with("");
    let sound = there.read(ACTIVE);
    there.commit("break it", &[(ACTIVE, &sound.replacen("---\n", "", 1))]);
    there.git(&["push", "-q"]);
    ada.tix(&["note", ID, "a word"]).exits(9);
    let claim = value(&sound, "claim_id").unwrap();
    there.write("../mended.md", sound.replace(&claim, "another"));
    let other = there.tix(&["edit", "--from", "../mended.md"]);
    assert!(other.exits(2).stderr().contains("`claim_id` is written by tix itself"), "{other}");
    there.write("../mended.md", &sound);
    there.tix(&["edit", "--from", "../mended.md"]).success();
    assert_eq!(text(&sandbox, BRANCH, ACTIVE), sound);
    ada.tix(&["note", ID, "a word"]).success();
}

#[test]
fn on_a_terminal_edit_takes_what_the_editor_wrote() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let editor = "sed -i -e 's/It works/It flies/' -e 's/^title:.*/title: Fly/'";
    let edit = format!("edit {ID}");
    let vi = |editor: &str, args: &str| on_terminal(&ada.env("GIT_EDITOR", editor), None, args, "");
    let Some(output) = vi(editor, &edit) else { return };
    output.success();
    let expected = ready(ID).replace("It works", "It flies").replace("Make it work", "Fly");
    assert_eq!(text(&sandbox, "main", QUEUED), expected);
    let json = format!("{edit} --json");
    let same = vi("true", &json).unwrap();
    assert_eq!(same.success().json()["outcome"], "already");
    assert!(std::fs::read_dir(ada.path().join(".git/tix/edit")).unwrap().next().is_none());
    for (editor, exit, words) in [
        ("false", 5, "the editor failed"),
        ("sed -i 's/^status:.*/status: closed/'", 2, "`status` is written by tix itself"),
        ("sed -i 's/^status:.*/claim_id: x/'", 2, "is written by tix itself"),
        ("sed -i 1d", 9, "your text, line 1"),
    ] {
        let output = vi(editor, &json).unwrap();
        assert!(output.exits(exit).json()["message"].as_str().unwrap().contains(words), "{output}");
        let kept = fact(&output, "your text");
        assert!(std::path::Path::new(&kept).is_file(), "{editor}: {output}");
    }
    let new = vi("sed -i 's/^title:.*/title: Dig a well/'", "new --edit").unwrap();
    assert!(new.success().stdout().contains("TICKET-dig-a-well-001"), "{new}");
    for nothing in ["true", "truncate -s 0"] {
        for args in ["new --edit --json", "new 'Some title' --edit --json"] {
            let output = vi(nothing, args).unwrap();
            let told = output.exits(5).stdout().contains("nothing was written, so no ticket was");
            assert!(told && !output.stdout().contains("your text"), "{output}");
        }
    }
    // A text that was given is one, whether or not anybody adds to it.
    let given = vi("true", "new 'Given' --edit --body '- [ ] given'").unwrap();
    assert!(given.success().stdout().contains("TICKET-given-001"), "{given}");
    let made = text(&sandbox, "main", "tickets/queue/TICKET-given-001.md");
    assert!(made.contains("\n- [ ] given\n"), "{made}");
    let emptied = vi("truncate -s 0", "new 'Given' --edit --body '- [ ] given' --json").unwrap();
    assert!(emptied.exits(5).stdout().contains("nothing was written"), "{emptied}");
    let untitled = vi("sed -i 's/^status:.*/status: draft/'", "new --edit --json").unwrap();
    assert!(!fact(untitled.exits(2), "your text").is_empty(), "{untitled}");
    assert_eq!(
        story(&sandbox, "main"),
        format!("edit: {ID}\nnew: TICKET-dig-a-well-001\nnew: TICKET-given-001")
    );
}

#[test]
fn edit_keeps_the_text_when_somebody_else_was_quicker() {
    let sandbox = queued_with("", &ready(ID));
    let (ada, bob) = (sandbox.clone_named("a"), super::bob(&sandbox));
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(bob.tix_command(&["set", ID, "priority=P1"])));
    let ada = ada.env("GIT_EDITOR", "sed -i 's/It works/It flies/'");
    let Some(output) = on_terminal(&ada, Some(&shim), &format!("edit {ID} --json"), "") else {
        return;
    };
    assert!(output.exits(5).json()["message"].as_str().unwrap().contains("has changed while"));
    let kept = std::fs::read_to_string(fact(&output, "your text")).unwrap();
    assert!(kept.contains("It flies"));
    let now = text(&sandbox, "main", QUEUED);
    assert!(now.contains("priority: P1") && now.contains("It works"));
}

/// Between the hint and whoever pastes it others may write, which the command must not undo.
#[test]
fn the_command_that_undo_names_writes_over_nobody() {
    for own in [&["note", ID, "mine"][..], &["set", ID, "priority=P2"]] {
        let sandbox = queued_with("", &ready(ID));
        let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
        ada.tix(own).success();
        let told = ada.tix(&["undo"]).exits(5).stderr().to_owned();
        let command = told.trim_end().rsplit("what was there: ").next().unwrap().to_owned();
        let tix = std::path::Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap().display();
        let paste = || ada.sh(&format!("PATH=\"{tix}:$PATH\"; {command}")).run();
        bob.tix(&["note", ID, "Bob's word"]).success();
        let refused = paste();
        assert!(
            refused.exits(5).stderr().contains("somebody has written to"),
            "{command}: {refused}"
        );
        assert!(text(&sandbox, "main", QUEUED).contains("Bob's word"));
    }
}

#[test]
fn edit_and_set_write_only_to_the_text_that_they_expect() {
    let (sandbox, ada, there) = held_with("");
    let now = || sandbox.remote().git(&["rev-parse", &format!("{BRANCH}:{ACTIVE}")]);
    let looked_at = now();
    ada.tix(&["set", ID, "priority=P1", "--expects", &looked_at]).success();
    let edit =
        |object: &str| there.tix(&["edit", "--append", "more", "--expects", object, "--json"]);
    let refused = edit(&looked_at);
    assert_eq!(fact(refused.exits(5), "file_now"), now());
    edit("beef?").exits(2);
    edit(&now()[..12]).success();
}
