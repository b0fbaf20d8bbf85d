//! What can be wrong with the machine: git missing or old, and places where nothing can be written.

use std::fs;

use insta::assert_snapshot;

use super::{ID, fails, fails_in, seeded};
use crate::harness::{Do, On, Output, Place, Shim};

#[test]
fn a_git_that_is_too_old_is_told_with_what_is_needed() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write_script("../old/git", "#!/bin/sh\necho 'git version 2.30.2'\n");
    let old = sandbox.root().join("old");
    let place = clone.env("PATH", format!("{}:/usr/bin:/bin", old.display()));
    assert_snapshot!(fails(&place, &["activate", "foo-001"], 10).redacted(), @"
    exit: 10
    ----- stdout -----
    ----- stderr -----
    error: git 2.30.2 is too old: tix needs 2.39 or newer
    hint: install a newer git, or put it first on PATH
    ");
}

#[test]
fn a_git_that_is_no_git_is_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write_script("../old/git", "#!/bin/sh\necho 'hello'\n");
    let old = sandbox.root().join("old");
    let place = clone.env("PATH", format!("{}:/usr/bin:/bin", old.display()));
    assert_snapshot!(fails(&place, &["activate", "foo-001"], 10).redacted(), @"
    exit: 10
    ----- stdout -----
    ----- stderr -----
    error: git gave an unexpected answer to `version`: hello
    hint: see which program that is: command -v git
    ");
}

#[test]
fn without_git_there_is_a_word_on_how_to_get_it() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let place = clone.env("PATH", sandbox.fresh_directory("empty"));
    assert_snapshot!(fails(&place, &["activate", "foo-001"], 10).redacted(), @"
    exit: 10
    ----- stdout -----
    ----- stderr -----
    error: cannot start `git`: No such file or directory (os error 2)
    hint: install git 2.39 or newer, or put it on PATH
    ");
}

/// A path through a regular file: nobody can write there, not even root, whom permissions do not stop.
fn unwritable(clone: &Place) -> String {
    clone.write("../wall", "no directory\n");
    clone.path().parent().unwrap().join("wall/inside").to_str().unwrap().to_owned()
}

#[test]
fn a_workspace_that_cannot_be_written_stops_it_before_the_lock() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let template = format!("{}/{{id}}", unwritable(&clone));
    clone.git(&["config", "tix.worktree", &template]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace cannot be created in [ROOT]/wall: not a directory
      path  [ROOT]/wall
    hint: free some space, fix the permissions, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn a_repository_in_which_tix_cannot_write_is_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write(".git/tix", "no directory\n");
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    for args in [["activate", "foo-001"], ["new", "A thing"]] {
        let output = clone.tix(&args);
        output.exits(5);
        assert!(output.stderr().contains(".git/tix"), "{output}");
    }
    assert_snapshot!(clone.tix(&["activate", "foo-001"]).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/clone/.git/tix/run: Not a directory (os error 20); nothing changed
    hint: move away what stands in the place of the file or of its directory, and try again
    ");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn an_object_store_that_takes_nothing_is_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    // Every new object is written to a file first; there is no room for one.
    let objects = clone.path().join(".git/objects");
    for n in 0..256 {
        let fan = objects.join(format!("{n:02x}"));
        if !fan.exists() {
            fs::write(fan, "full\n").unwrap();
        }
    }
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let output = clone.tix(&["activate", "foo-001"]);
    assert_ne!(output.code, Some(0), "{output}");
    assert_ne!(output.code, Some(101), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
    assert!(!output.stderr().contains("broken pipe"), "{output}");
}

/// `git gc --prune=now` removes what no ref holds yet: what a run has written and not pushed.
#[test]
fn objects_that_git_removes_beside_a_run_are_written_anew() {
    let hits = [
        On::command("commit-tree").nth(1),
        On::command("push").nth(1),
        On::command("push"),
        On::command("commit-tree").nth(2),
        On::command("worktree").with("add").nth(1),
        On::command("branch").with("--set-upstream-to"),
    ];
    for on in hits {
        let sandbox = seeded();
        let clone = sandbox.clone_named("clone");
        let shim = Shim::new(&sandbox);
        shim.rule(on, Do::Then(clone.sh("git gc -q --prune=now")));
        clone.tix_command(&["activate", "foo-001"]).through(&shim).run().success();
        clone.git(&["fsck", "--no-dangling"]);
    }
}

/// It may have looked at the refs before ours was there.
#[test]
fn an_object_that_is_removed_each_time_is_told_and_nothing_has_changed() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let shim = Shim::new(&sandbox);
    let remove =
        "find .git/objects -type f -mmin -1 -path '*/??/*' -newer .git/tix/clone.json -delete";
    shim.rule(On::command("push"), Do::Then(clone.sh(remove)));
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let output = clone.tix_command(&["activate", "foo-001"]).through(&shim).run();
    assert!(output.exits(7).stderr().contains("gc --prune=now"), "{output}");
    assert!(output.stderr().contains("nothing changed"), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
    clone.tix(&["activate", "foo-001"]).success();
}

/// What the remote-tracking ref holds by then: a gc that began before that removes it all the same.
#[test]
fn a_claim_whose_objects_are_removed_when_it_has_landed_is_set_up() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let objects = clone.common_dir().join("objects");
    let remove = format!(
        "#!/bin/sh\nwhile read old new name; do\nfor o in $new $(git rev-parse $new^{{tree}} $new:tickets); do\n  \
         rm -f '{}'/$(echo $o | sed 's,^..,&/,')\ndone\ndone\nrm -f \"$0\"\n",
        objects.display()
    );
    sandbox.remote().write_script("hooks/post-receive", &remove);
    clone.tix(&["activate", "foo-001"]).success();
    clone.git(&["fsck", "--no-dangling"]);
}

/// It is not there to be looked at, which is another thing than not there.
#[test]
fn a_trunk_whose_trees_are_gone_is_not_taken_for_one_without_tickets() {
    for tree in ["main^{tree}", "main:tickets", "main:tickets/queue"] {
        let sandbox = seeded();
        let clone = sandbox.clone_named("clone");
        let oid = clone.git(&["rev-parse", tree]);
        let object = clone.common_dir().join(format!("objects/{}/{}", &oid[..2], &oid[2..]));
        fs::remove_file(object).unwrap();
        let output = clone.tix(&["activate", "foo-001"]);
        assert!(output.exits(10).stderr().contains(&format!("{oid} is missing")), "{output}");
    }
}

#[test]
fn a_full_disk_here_is_not_taken_for_the_network() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let full =
        "error: unable to write file: No space left on device\nfatal: unpack-objects failed\n";
    let theirs = "remote: fatal: write error: No space left on device\nfatal: early EOF\n";
    let row = |subcommand: &str, stderr: &'static str, exit: i32| {
        let (clone, shim) = (clone.clone().not_up_to_date(), Shim::new(&sandbox));
        shim.rule(On::command(subcommand), Do::Fail { code: 128, stderr });
        shim.rule(On::command("ls-remote"), Do::Fail { code: 128, stderr });
        let output = clone.tix_command(&["activate", "foo-001"]).through(&shim).run();
        output.exits(exit);
        let is_told = output.stderr().contains("error: no space left on this machine");
        assert_eq!(is_told, exit == 5, "{output}");
    };
    row("fetch", full, 5);
    row("commit-tree", full, 5);
    // One that answers question after question, and is gone.
    row("hash-object", full, 5);
    row("fetch", "error: cannot update ref 'refs/x': couldn't write '/x.lock'\n", 5);
    row("fetch", theirs, 6);
}

/// A server whose disk is full protects nothing, and a login is not what is missing.
#[test]
fn a_full_disk_on_the_server_is_told_as_what_it_is() {
    const FULL: &str = "fatal: write error: No space left on device";
    let told = |output: &Output| {
        let text = output.exits(6).stderr();
        assert!(text.contains("error: origin has no space left"), "{output}");
        assert!(text.contains(FULL) && text.contains("to free some, then try again"), "{output}");
    };
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "bar-001"]).success();
    let there = clone.at(clone.tix(&["path", "bar-001"]).success().stdout().trim_end());
    there.tix(&["tick", "1", "2"]).success();
    there.commit("work", &[("work.txt", "1\n")]);
    sandbox.remote().hook("pre-receive", &format!("cat >/dev/null; echo '{FULL}' >&2; exit 1"));
    let old = sandbox.remote().git(&["for-each-ref"]);
    for command in [&["activate", "foo-001"][..], &["new", "Another"], &["note", "foo-001", "x"]] {
        told(&clone.tix(command));
    }
    told(&there.tix(&["complete"]));
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), old);
    // One that is gone in the middle of it.
    let shim = Shim::new(&sandbox);
    let stderr = "remote: fatal: write error: No space left on device\n\
        fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n";
    shim.rule(On::command("push"), Do::Fail { code: 128, stderr });
    told(&clone.tix_command(&["activate", "foo-001"]).through(&shim).run());
}

#[test]
fn a_hook_of_the_clone_that_refuses_refs_is_not_taken_for_the_network() {
    let rows: [&[&str]; 4] = [
        &["list", "--fetch"],
        &["new", "Another", "--session", "bar"],
        &["note", "foo-001", "hello"],
        &["activate", "foo-001"],
    ];
    for command in rows {
        let sandbox = seeded();
        let clone = sandbox.clone_named("clone").not_up_to_date();
        clone.hook("reference-transaction", "exit 1");
        let old = sandbox.remote().git(&["for-each-ref"]);
        let output = clone.tix(command);
        assert!(output.exits(5).stderr().contains("the reference-transaction hook"), "{output}");
        assert_eq!(sandbox.remote().git(&["for-each-ref"]), old);
    }
}

/// Every try ends the same way, so nothing is tried again later.
#[test]
fn a_hook_that_refuses_refs_is_named_also_where_a_claim_may_have_landed() {
    let sandbox = seeded();
    sandbox.seed(&[(".tix.yaml", "lock: branch\n")]);
    let clone = sandbox.clone_named("clone");
    clone.hook("reference-transaction", "exit 1");
    let output = clone.tix(&["activate", "foo-001"]);
    assert!(output.exits(8).stderr().contains("the reference-transaction hook"), "{output}");
}

#[test]
fn a_remote_of_another_user_lets_nobody_in_who_does_not_trust_its_owner() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    // git's own switch for its tests; the clone is trusted, and the remote is not.
    let clone = clone
        .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", clone.path());
    for command in [&["list", "--fetch"][..], &["activate", "foo-001"], &["new", "Another"]] {
        let output = clone.tix(command);
        let trust = format!("safe.directory '{}'\n", sandbox.remote().path().display());
        assert!(output.exits(6).stderr().ends_with(&trust), "{output}");
    }
}

#[test]
fn a_damaged_clone_is_not_taken_for_the_network() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone").not_up_to_date();
    sandbox.seed(&[("more.txt", "more")]);
    clone.write(".git/refs/heads/lost", format!("{}\n", "1".repeat(40)));
    let output = clone.tix(&["list", "--fetch"]);
    assert!(output.exits(10).stderr().contains("git fsck"), "{output}");
}

/// Without it nothing can be claimed, and nothing was.
#[test]
fn an_id_of_the_clone_that_cannot_be_written_stops_before_the_claim() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write(".git/tix/clone.json/in-the-way", "");
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let output = clone.tix(&["activate", "foo-001"]);
    output.exits(5);
    assert!(output.stderr().contains("move away what stands in the place"), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn an_audit_log_that_cannot_be_written_stops_nobody() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.at(".git/tix/audit.jsonl");
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["release", "foo-001"]).success();
}

#[test]
fn an_answer_that_cannot_be_written_is_told_and_no_lie_about_the_claim() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let tix = env!("CARGO_BIN_EXE_tix");
    if fs::exists("/dev/full").unwrap() {
        let output = clone.sh(&format!("'{tix}' activate foo-001 >/dev/full")).run();
        assert!(output.exits(8).stderr().contains("the answer could not be written"), "{output}");
        assert!(clone.has_ref(&format!("refs/heads/ticket/{ID}")));
        for args in ["list", "list --json", "list --jsonl", "show foo-001", "path foo-001", "log"] {
            let output = clone.sh(&format!("'{tix}' {args} >/dev/full")).run();
            assert!(output.exits(1).stderr().contains("the answer could not"), "{args}: {output}");
        }
        // An answer of no keeps its code.
        clone.sh(&format!("'{tix}' show nothing --json >/dev/full")).run().exits(4);
    }
    let closed = clone.sh(&format!("'{tix}' activate bar-001 | true")).run();
    closed.success();
}
