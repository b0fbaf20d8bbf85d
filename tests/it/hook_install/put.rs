//! Putting hooks where git looks for them.

use super::*;
use crate::harness::together;

/// Puts something where a hook belongs, given the directory.
type Put = fn(&Path);

/// What may stand in the place of `pre-commit`.
const STANDING: &[(&str, Put)] = &[
    ("nothing", |_| {}),
    ("a program", |dir| write_mode(&dir.join("pre-commit"), "#!/bin/sh\nexit 0\n", 0o755)),
    ("a file that may not be executed", |dir| {
        write_mode(&dir.join("pre-commit"), "#!/bin/sh\nexit 1\n", 0o644);
    }),
    ("a link", |dir| {
        write_mode(&dir.join("elsewhere"), "#!/bin/sh\nexit 0\n", 0o755);
        symlink("elsewhere", dir.join("pre-commit")).unwrap();
    }),
    ("a link that leads nowhere", |dir| symlink("nowhere", dir.join("pre-commit")).unwrap()),
    ("a sample", |dir| write_mode(&dir.join("pre-commit.sample"), "#!/bin/sh\nexit 1\n", 0o755)),
    ("no program that sh knows", |dir| write_mode(&dir.join("pre-commit"), "\u{0}\u{1}", 0o755)),
];

#[test]
fn a_clone_is_the_same_to_the_last_byte_after_the_guard_was_put_in_and_taken_out() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    for (name, put) in STANDING {
        fs::remove_dir_all(&dir).ok();
        fs::create_dir(&dir).unwrap();
        put(&dir);
        let before = snapshot(&clone, &dir);
        let output = clone.tix(&["hook", "install", "--files", "--json"]);
        assert_eq!(did(&output).len(), 3, "{name}: {output}");
        assert_eq!(output.json()["schema"], "tix/hook-install@1");
        let installed = snapshot(&clone, &dir);
        for hook in USUAL {
            let (mode, text) = &installed[&dir.join(hook)];
            assert_eq!(mode & 0o777, 0o755, "{name}");
            assert!(text.starts_with(b"#!/bin/sh\n# tix-hook v1 "), "{name}");
        }
        assert!(states(&clone).1, "{name}");

        let again = clone.tix(&["hook", "install", "--files"]);
        assert!(again.success().stdout().starts_with("nothing to do"), "{name}: {again}");
        assert_eq!(snapshot(&clone, &dir), installed, "{name}");

        let output = clone.tix(&["hook", "uninstall", "--json"]);
        assert_eq!(output.success().json()["changed"], true, "{name}");
        assert_eq!(snapshot(&clone, &dir), before, "{name}: {output}");
        let again = clone.tix(&["hook", "uninstall"]);
        assert!(again.success().stdout().starts_with("nothing to do"), "{name}: {again}");
        assert!(!states(&clone).1, "{name}");
    }
}

#[test]
fn a_rehearsal_tells_the_same_and_does_nothing() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    write_mode(&dir.join("pre-push"), "#!/bin/sh\n", 0o755);
    let before = snapshot(&clone, &dir);
    let words = [
        "hook",
        "install",
        "--files",
        "--strict",
        "--agents",
        "claude,codex,gemini,cursor",
        "--json",
    ];
    let rehearsed = clone.tix(&[words.as_slice(), &["--dry-run"]].concat());
    assert_eq!(snapshot(&clone, &dir), before);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    let done = clone.tix(&words);
    assert_eq!(did(&rehearsed), did(&done));
    assert_eq!(rehearsed.json()["agents"], done.json()["agents"]);
    let installed = snapshot(&clone, &dir);
    clone.tix(&["hook", "uninstall", "--dry-run"]).success();
    assert_eq!(snapshot(&clone, &dir), installed);
}

#[test]
fn whatever_cannot_be_set_aside_stops_it_before_anything_is_written() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    let last = dir.join("pre-push");
    let rows: &[(&str, &dyn Fn(), &str)] = &[
        ("a directory", &|| fs::create_dir(&last).unwrap(), "a directory"),
        (
            "two hooks",
            &|| {
                write_mode(&last, "#!/bin/sh\n# mine\n", 0o755);
                write_mode(&dir.join("pre-push.tix-prev"), "#!/bin/sh\n# older\n", 0o755);
            },
            "one was set aside for it before",
        ),
        (
            "a changed script of ours",
            &|| {
                clone.tix(&["hook", "install", "--files"]).success();
                let text = fs::read_to_string(&last).unwrap();
                clone.tix(&["hook", "uninstall"]).success();
                write_mode(&last, &format!("{text}echo more\n"), 0o755);
            },
            "somebody has changed what tix wrote there",
        ),
    ];
    for (name, put, words) in rows {
        // git may have been built without templates, which the directory comes from.
        fs::remove_dir_all(&dir).ok();
        fs::create_dir(&dir).unwrap();
        put();
        let before = snapshot(&clone, &dir);
        let output = clone.tix(&["hook", "install", "--files"]);
        output.exits(5);
        assert!(output.stderr().contains(words), "{name}: {output}");
        assert!(output.stderr().contains("hint: "), "{name}: {output}");
        assert!(output.stderr().contains("pre-push"), "{name}: {output}");
        assert_eq!(snapshot(&clone, &dir), before, "{name}");
    }
}

/// Permissions do not hold root back, but in these places nobody can make a file.
#[test]
fn a_directory_that_takes_no_file_is_told_and_nothing_is_lost() {
    let (_sandbox, clone) = scene();
    let file = clone.path().join("a file");
    fs::write(&file, "text\n").unwrap();
    for place in [file.as_path(), Path::new("/proc/hooks")] {
        clone.git(&["config", "core.hooksPath", place.to_str().unwrap()]);
        let before = snapshot(&clone, &hooks(&clone));
        let output = clone.tix(&["hook", "install", "--files"]);
        output.exits(5);
        assert!(output.stderr().contains(place.to_str().unwrap()), "{output}");
        assert_eq!(snapshot(&clone, &hooks(&clone)), before);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "text\n");
}

#[test]
fn an_older_script_is_replaced_a_newer_one_kept_and_a_lost_permission_given_back() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.tix(&["hook", "install", "--files"]).success();
    let installed = snapshot(&clone, &dir);
    // The sums over the texts that follow them.
    write_mode(
        &dir.join("pre-commit"),
        "#!/bin/sh\n# tix-hook v0 pre-commit af639e4c86018332\n#",
        0o755,
    );
    let newer = "#!/bin/sh\n# tix-hook v99 pre-push 70659eff\n#";
    write_mode(&dir.join("pre-push"), newer, 0o755);
    fs::set_permissions(dir.join("pre-merge-commit"), fs::Permissions::from_mode(0o644)).unwrap();
    let (states, in_order) = states(&clone);
    assert_eq!(states["pre-commit"], "outdated");
    assert_eq!(states["pre-push"], "installed");
    assert_eq!(states["pre-merge-commit"], "not executable");
    assert!(!in_order);

    let did = did(&clone.tix(&["hook", "install", "--files", "--json"]));
    assert_eq!(did["pre-commit"], "replaced");
    assert_eq!(did["pre-merge-commit"], "replaced");
    assert_eq!(did["pre-push"], "unchanged");
    assert_eq!(fs::read_to_string(dir.join("pre-push")).unwrap(), newer);
    fs::write(dir.join("pre-push"), &installed[&dir.join("pre-push")].1).unwrap();
    assert_eq!(snapshot(&clone, &dir), installed);
}

#[test]
fn it_works_from_every_worktree_and_directory_and_in_a_bare_repository() {
    let (sandbox, clone) = scene();
    let worktree = clone.worktree("linked");
    for place in [worktree.clone(), worktree.at("tickets"), clone.at("src")] {
        place.tix(&["hook", "install", "--files"]).success();
        assert!(states(&clone).1 && states(&place).1);
        assert!(hooks(&clone).join("pre-commit").exists());
        place.tix(&["hook", "uninstall"]).success();
    }
    let bare = sandbox.bare_clone("bare.git");
    bare.tix(&["hook", "install", "--files"]).success();
    assert!(states(&bare).1 && bare.exists("hooks/pre-push"));
    let output = bare.tix(&["hook", "install", "--files", "--agents", "claude"]);
    output.exits(5);
    assert!(output.stderr().contains("bare"), "{output}");
    bare.tix(&["hook", "uninstall"]).success();
    assert!(!bare.exists("hooks/pre-push"));
}

#[test]
fn a_hook_is_set_aside_once_however_many_install_at_once() {
    let (sandbox, clone) = scene();
    let mine = "#!/bin/sh\n# mine\n";
    write_mode(&hooks(&clone).join("pre-commit"), mine, 0o755);
    let runs = (0..4).map(|_| clone.tix_command(&["hook", "install", "--files"])).collect();
    for output in together(&sandbox, runs) {
        output.success();
    }
    assert_eq!(fs::read_to_string(hooks(&clone).join("pre-commit.tix-prev")).unwrap(), mine);
    assert!(states(&clone).1);
}

#[test]
fn the_strict_hooks_stay_until_all_are_taken_out() {
    let (_sandbox, clone) = scene();
    let names = |output: &Output| did(output).into_keys().collect::<Vec<_>>();
    assert_eq!(names(&clone.tix(&["hook", "install", "--files", "--json"])), USUAL);
    assert_eq!(names(&clone.tix(&["hook", "install", "--files", "--strict", "--json"])), STRICT);
    assert_eq!(names(&clone.tix(&["hook", "install", "--files", "--json"])), STRICT);
    fs::remove_file(hooks(&clone).join("reference-transaction")).unwrap();
    assert!(!states(&clone).1, "of the strict ones one is left");
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(names(&clone.tix(&["hook", "install", "--files", "--json"])), USUAL);
}

#[test]
fn init_installs_them_too() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    let clone = sandbox.clone_named("clone");
    let output = clone.tix(&["init", "--hooks", "--trunk", "tickets", "--json"]);
    let created = output.success().json()["created"].to_string();
    let file = hooks(&clone).join("pre-commit");
    for hook in USUAL {
        let place = if file.exists() {
            format!("hooks/{hook}\"")
        } else {
            format!("git config hook.tix-{hook}\"")
        };
        assert!(created.contains(&place), "{output}");
    }
    assert!(states(&clone).1);
    let text = fs::read_to_string(file)
        .unwrap_or_else(|_| clone.git(&["config", "hook.tix-pre-commit.command"]));
    assert!(text.contains("refs/heads/tickets"), "{text}");
    let again = clone.tix(&["init", "--hooks", "--trunk", "tickets", "--json"]).success().json();
    assert_eq!(again["created"], serde_json::json!([]));
}

/// Killed between the two renames, a run leaves the hook set aside and nothing in its place.
#[test]
fn an_interrupted_run_is_finished_by_the_next() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    write_mode(
        &dir.join("pre-push"),
        "#!/bin/sh\ncat >/dev/null; echo own >>\"$HOME/guard\"\n",
        0o755,
    );
    let before = snapshot(&clone, &dir);
    fs::rename(dir.join("pre-push"), dir.join("pre-push.tix-prev")).unwrap();
    assert_eq!(did(&clone.tix(&["hook", "install", "--files", "--json"]))["pre-push"], "written");
    pretend_tix(&clone, &dir);
    clone.git(&["push", "-q", "origin", "HEAD:refs/heads/a"]);
    assert!(guarded(&clone).starts_with("own\nhook git pre-push origin "));
    for hook in USUAL {
        fs::remove_file(dir.join(hook)).unwrap();
    }
    clone.tix(&["hook", "install", "--files"]).success();
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), before);
}
