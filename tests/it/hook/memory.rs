//! What the guard remembers of a repository, and when it forgets.
#![allow(clippy::disallowed_methods, reason = "the age of files is told by the system's clock")]

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::{DEFAULT, QUEUED, assert_refused, guarded, project, ticket};
use crate::harness::{Place, Sandbox, Shim};

/// Makes every file that the memory rests on older than its time stamp can be wrong about.
fn settle(clone: &Place) {
    let past = SystemTime::now() - Duration::from_secs(10);
    let mut waiting = vec![clone.path().to_owned(), clone.path().join("../home")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            // Some belong to nobody who may write: objects.
            let file = File::options().append(true).open(path);
            file.map(|file| file.set_modified(past).unwrap()).ok();
        }
    }
}

/// How many gits a pre-commit hook starts here.
fn gits(clone: &Place, sandbox: &Sandbox) -> usize {
    let shim = Shim::new(sandbox);
    let hook = clone.tix_command(&["hook", "git", "pre-commit"]).through(&shim);
    let output = hook.run();
    assert!(matches!(output.code, Some(0 | 1)), "{output}");
    shim.calls().len()
}

/// A first look: with it the guard writes down which branch is the default, which is news to what it remembers besides.
fn first_look(clone: &Place, sandbox: &Sandbox) {
    settle(clone);
    gits(clone, sandbox);
    assert!(clone.exists(".git/tix/default-branches.json"));
    settle(clone);
}

/// An entry for the index with contents that are in a pack.
fn packed_ticket(clone: &Place) -> String {
    let oid = clone.git(&["rev-parse", "HEAD:tickets/queue/TICKET-bar-001.md"]);
    format!("100644,{oid},{QUEUED}")
}

#[test]
fn the_second_time_no_git_is_asked_where_nothing_is_protected() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "work"]);
    first_look(&clone, &sandbox);
    assert!(gits(&clone, &sandbox) > 0);
    assert_eq!(gits(&clone, &sandbox), 0);
    clone.git(&["switch", "-q", "main"]);
    clone.write(QUEUED, ticket("draft"));
    clone.git(&["add", "."]);
    // The question about the index is all that is left.
    assert_eq!(gits(&clone, &sandbox), 1);
    // Safe to delete, and safe to be anything.
    for text in ["", "{", "null", "{\"key\":[]}"] {
        clone.write(".git/tix/guard.json", text);
        assert!(gits(&clone, &sandbox) > 1, "{text}");
    }
    fs::remove_file(clone.path().join(".git/tix/guard.json")).unwrap();
    assert!(gits(&clone, &sandbox) > 1);
    assert_eq!(gits(&clone, &sandbox), 1);
    // A ticket that lies in a pack is read by git.
    clone.git(&["repack", "-q", "-a", "-d"]);
    clone.git(&["reset", "-q"]);
    clone.git(&["rm", "-q", "--cached", QUEUED]);
    clone.git(&["update-index", "--add", "--cacheinfo", &packed_ticket(&clone)]);
    settle(&clone);
    gits(&clone, &sandbox);
    assert_eq!(gits(&clone, &sandbox), 2);
}

/// Everything that can change the answer changes it, at once.
#[test]
fn it_forgets_with_every_change_that_matters() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "work"]);
    let remembered = || {
        first_look(&clone, &sandbox);
        gits(&clone, &sandbox);
        gits(&clone, &sandbox) == 0
    };
    let publish = || {
        sandbox.seed(&[("x", "x\n")]);
    };
    let nothing = || {};
    let changes: [(&str, &dyn Fn()); 8] = [
        ("git config tix.protected a", &nothing),
        ("git config --global tix.protected a", &nothing),
        ("git fetch -q", &publish),
        ("rm .git/tix/default-branches.json", &nothing),
        ("git remote set-head origin -d", &nothing),
        ("git pack-refs --all", &nothing),
        ("echo 'protected: [b]' >.tix.yaml", &nothing),
        ("git config include.path more", &nothing),
    ];
    for (change, before) in changes {
        assert!(remembered(), "before: {change}");
        before();
        clone.sh(change).run().success();
        assert!(gits(&clone, &sandbox) > 0, "{change}");
    }
    // The file that is included and was not there.
    assert!(remembered());
    clone.write(".git/more", "[tix]\n\tprotected = c\n");
    assert!(gits(&clone, &sandbox) > 0);
    // Another environment is another question.
    assert!(remembered());
    for (key, value) in
        [("CLAUDE_PROTECTED_BRANCHES", "x"), ("TIX_TRUNK", "y"), ("GIT_CONFIG_GLOBAL", "/dev/null")]
    {
        assert!(gits(&clone.env(key, value), &sandbox) > 0, "{key}");
    }
    // What git is told for one call is another question only where it speaks of what is protected.
    let told = |setting: &str| clone.env("GIT_CONFIG_PARAMETERS", format!("'{setting}'='x'"));
    assert!(remembered());
    for setting in ["safe.directory", "http.extraHeader", "core.editor"] {
        assert_eq!(gits(&told(setting), &sandbox), 0, "{setting}");
    }
    assert!(gits(&told("tix.trunk"), &sandbox) > 0);
}

#[test]
fn what_changed_just_now_is_not_relied_on() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "work"]);
    first_look(&clone, &sandbox);
    assert!(gits(&clone, &sandbox) > 0);
    // A file of the future is one whose time stamp says nothing.
    let config = File::options().append(true).open(clone.path().join(".git/config")).unwrap();
    config.set_modified(SystemTime::now() + Duration::from_mins(1)).unwrap();
    assert!(gits(&clone, &sandbox) > 0);
    assert!(gits(&clone, &sandbox) > 0);
}

#[test]
fn a_branch_that_becomes_protected_is_guarded_from_that_moment() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "live"]);
    settle(&clone);
    clone.commit("code", &[("README.md", "1\n")]);
    settle(&clone);
    clone.commit("code", &[("README.md", "2\n")]);
    sandbox.seed(&[(".tix.yaml", "protected: [live]\n")]);
    clone.git(&["fetch", "-q"]);
    clone.write("README.md", "3\n");
    assert_refused(&clone.try_git(&["commit", "-qam", "x"]), "live takes ticket commits only");
}
