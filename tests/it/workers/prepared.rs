//! Fills a new workspace with more than its files: ignored files that it needs, and the team's commands.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use rustix::process::Signal;

use super::*;
use crate::activate::{BRANCH, subjects};
use crate::harness::{Output, no_leftovers, queue_ticket};

/// A clone of a remote that shares this `.tix.yaml`, with one ticket.
fn sharing(config: &str) -> (Sandbox, Place) {
    let sandbox = one_ticket();
    sandbox.seed(&[(".tix.yaml", config)]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

fn warnings(output: &Output) -> String {
    output.json()["warnings"].to_string()
}

#[test]
fn the_commands_of_the_repository_run_once_they_are_trusted_and_not_when_they_change() {
    let (sandbox, clone) = sharing("post_activate:\n  - echo \"$TIX_TICKET\" >made\n  - pwd -P\n");
    let path = workspace(&clone, ID);
    let activate = |args: &[&str]| clone.tix(&[&["activate", ID, "--json"], args].concat());
    let release = || {
        clone.tix(&["release", ID]).success();
        assert!(!path.exists(), "what the commands made is nobody's work");
    };

    let output = activate(&[]);
    assert!(warnings(output.success()).contains("trust them: tix trust"), "{output}");
    assert!(!path.join("made").exists());
    release();

    insta::assert_snapshot!(clone.tix(&["trust", "--show"]).redacted(), @r#"
    exit: 0
    ----- stdout -----
    this clone does not trust the post_activate commands of .tix.yaml:
      echo "$TIX_TICKET" >made
      pwd -P
    ----- stderr -----
    "#);
    assert!(warnings(activate(&[]).success()).contains("tix trust"));
    release();
    let trusted = clone.tix(&["trust"]);
    assert!(trusted.success().stdout().starts_with("this clone trusts the"), "{trusted}");
    let output = activate(&[]);
    assert_eq!(warnings(output.success()), "[]");
    assert_eq!(clone.at(&path).read("made"), format!("{ID}\n"));
    // What they say is narration: stdout is the answer.
    assert!(output.stderr().contains(&format!("\n{}\n", path.display())), "{output}");
    // Its workspace having been removed by hand, the same is made anew.
    std::fs::remove_dir_all(&path).unwrap();
    clone.tix(&["activate", ID, "--resume"]).success();
    assert_eq!(clone.at(&path).read("made"), format!("{ID}\n"));
    release();
    // Not without a workspace to run in.
    activate(&["--no-worktree"]).success();
    release();

    // Somebody pushes another command.
    sandbox.seed(&[(".tix.yaml", "post_activate: touch evil\n")]);
    clone.git(&["fetch", "-q"]);
    assert!(warnings(activate(&[]).success()).contains("tix trust"));
    assert!(!path.join("evil").exists());
    release();
    // The other clone's trust is its own.
    clone.tix(&["trust"]).success();
    let other = sandbox.clone_named("b");
    assert!(warnings(other.tix(&["activate", ID, "--json"]).success()).contains("tix trust"));
    let revoked = clone.tix(&["trust", "--revoke", "--json"]).success().json();
    assert_eq!(revoked["trusted"], false);
    no_leftovers(&clone);
}

#[test]
fn what_the_commands_made_counts_for_work_when_somebody_has_changed_it() {
    let (_sandbox, clone) =
        sharing("post_activate: mkdir -p out; echo 1 >out/a; echo 1 >'out/b c'\n");
    clone.tix(&["trust"]).success();
    let is_dirty = || {
        let rows = clone.tix(&["list", "--lane", "active", "--columns", "dirty", "--json"]);
        rows.success().json()["tickets"][0]["overlay"]["workspace"]["dirty"].clone()
    };
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    assert_eq!(there.read("out/b c"), "1\n");
    assert_eq!(is_dirty(), false);
    there.write("out/a", "2\n");
    assert_eq!(is_dirty(), true);
    let released = clone.tix(&["release", ID]);
    assert!(released.success().stderr().contains("uncommitted changes (out/a)"), "{released}");
    assert_eq!((there.read("out/a"), there.read("out/b c")), ("2\n".into(), "1\n".into()));
}

#[test]
fn a_command_that_fails_is_reported_and_never_undoes_the_claim() {
    let (sandbox, clone) =
        sharing("post_activate:\n  - echo broken >&2; exit 3\n  - touch later\n");
    clone.tix(&["trust"]).success();
    let output = clone.tix(&["activate", ID]);
    let path = workspace(&clone, ID);
    assert!(output.success().stderr().contains("\nbroken\n"), "{output}");
    assert!(output.stderr().contains("ended with exit code 3"), "{output}");
    assert!(!path.join("later").exists());
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    assert!(sandbox.remote().has_ref(BRANCH));
}

#[test]
fn there_is_nothing_to_trust_without_commands() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    insta::assert_snapshot!(clone.tix(&["trust"]).exits(4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: there is nothing to trust: .tix.yaml has no post_activate, and keeps worktrees beside this clone
    hint: tix reads .tix.yaml from the branch that pull requests go to, as last fetched: git fetch
    ");
    clone.tix(&["trust", "--revoke"]).success();
}

#[test]
fn ignored_files_that_match_are_copied_and_nothing_else_is() {
    let sandbox = one_ticket();
    sandbox.seed(&[
        (".gitignore", ".env*\nsecrets/\nbuild/\nlinked/\n"),
        (".worktreeinclude", ".env*\n!.env.local\nsecrets/\nnotes.txt\nlinked/\nno such/\n"),
        ("tracked.env", "t\n"),
        // Where the main worktree has a directory, the branch has a link that leads out.
        ("linked", "x\n"),
    ]);
    let clone = sandbox.clone_named("a");
    clone.write(".env", "KEY=1\n");
    std::fs::set_permissions(clone.path().join(".env"), std::fs::Permissions::from_mode(0o600))
        .unwrap();
    clone.write(".env.local", "not this\n");
    clone.write("secrets/deep/a key", "k\n");
    symlink("a key", clone.path().join("secrets/deep/link")).unwrap();
    clone.write("build/big", "b\n");
    // It matches, and git does not ignore it: it may be work that was not added yet.
    clone.write("notes.txt", "n\n");
    std::fs::remove_file(clone.path().join("linked")).unwrap();
    clone.write("linked/inside", "x\n");
    let output = clone.tix(&["activate", ID, "--json"]);
    let there = clone.at(workspace(&clone, ID));
    assert_eq!(there.read(".env"), "KEY=1\n");
    let mode = std::fs::metadata(there.path().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(there.read("secrets/deep/a key"), "k\n");
    assert_eq!(there.read("secrets/deep/link"), "k\n");
    assert!(there.path().join("secrets/deep/link").is_symlink());
    for path in [".env.local", "build", "notes.txt"] {
        assert!(!there.exists(path), "{path}");
    }
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    // What cannot be copied is said, and is no reason to fail.
    let told = warnings(output.success());
    assert!(told.contains("could not copy 1 file of .worktreeinclude: linked/inside ("), "{told}");
    assert_eq!(there.read("linked"), "x\n");
}

#[test]
fn a_file_that_is_in_the_workspace_already_is_not_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (format!("tickets/queue/{ID}.md"), queue_ticket(ID)),
        (".env".to_owned(), "from the branch\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("a");
    // Here it is no longer tracked, and ignored.
    clone.git(&["rm", "-q", "--cached", ".env"]);
    clone.write(".git/info/exclude", ".env\n");
    clone.write(".worktreeinclude", ".env\n");
    clone.write(".env", "mine\n");
    clone.tix(&["activate", ID]).success();
    assert_eq!(clone.at(workspace(&clone, ID)).read(".env"), "from the branch\n");
}

#[test]
fn a_run_that_ended_in_the_midst_of_a_command_is_resumed_with_all_of_them() {
    let (sandbox, clone) = sharing("post_activate: echo ran >>made && . \"$STEP\"\n");
    clone.write(".git/info/exclude", "made\n");
    clone.tix(&["trust"]).success();
    for signal in [Signal::KILL, Signal::TERM] {
        let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
        let step = sandbox.fresh_directory("step").join("step");
        std::fs::write(&step, gate.script("step")).unwrap();
        let place = clone.env("STEP", &step);
        let mut run = place.tix_command(&["activate", ID]).spawn();
        run.until_at(&gate);
        run.signal(signal);
        if signal == Signal::KILL {
            gate.open();
            run.wait().killed_by(9);
        } else {
            // The step gets the signal too, and the way is not taken back: it is gone on with.
            run.wait().exits(143);
            gate.open();
        }
        let output = place.tix(&["activate", ID, "--json"]);
        assert_eq!(output.success().json()["outcome"], "resumed");
        assert_eq!(clone.at(workspace(&clone, ID)).read("made"), "ran\n");
        clone.tix(&["release", ID]).success();
    }
}
