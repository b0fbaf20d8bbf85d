//! Clones in which another program manages the hooks, and hooks directories that others use too.

use super::*;

/// What `git config core.hooksPath`, husky, lefthook, pre-commit and prek leave in a clone: a path, files, and what tix
/// says is to be added where.
struct Managed {
    name: &'static str,
    hooks_path: &'static str,
    file: &'static str,
    /// For pre-commit: the file, and the line.
    told: [&'static str; 2],
    /// The usual hooks that it cannot hand on to the guard.
    cannot: &'static [&'static str],
}

const MANAGED: [Managed; 5] = [
    Managed {
        name: "husky",
        hooks_path: ".husky/_",
        file: ".husky/pre-commit",
        told: [".husky/pre-commit: ", "tix hook git pre-commit \"$@\""],
        cannot: &[],
    },
    Managed {
        name: "lefthook",
        hooks_path: ".lefthook-hooks",
        file: "lefthook.yml",
        told: [
            "lefthook.yml, commands of pre-commit: ",
            "tix: { run: \"tix hook git pre-commit {0}\" }",
        ],
        cannot: &[],
    },
    Managed {
        name: "pre-commit",
        hooks_path: "ci/hooks",
        file: ".pre-commit-config.yaml",
        told: [
            ".pre-commit-config.yaml, in the hooks of - repo: local: ",
            "- { id: tix-pre-commit, name: tix, entry: tix hook git pre-commit, language: system, stages: [pre-commit], \
             always_run: true, pass_filenames: false }",
        ],
        cannot: &["pre-push"],
    },
    Managed {
        name: "prek",
        hooks_path: "ci/hooks",
        file: "prek.toml",
        told: [
            "prek.toml, in the hooks of the repo \"local\": ",
            "{ id = \"tix-pre-commit\", name = \"tix\", entry = \"tix hook git pre-commit\", language = \"system\", \
             stages = [\"pre-commit\"], always_run = true, pass_filenames = false }",
        ],
        cannot: &["pre-push"],
    },
    Managed {
        name: "nobody that is known",
        hooks_path: ".githooks",
        file: ".githooks/pre-commit",
        told: [".githooks/pre-commit: ", "tix hook git pre-commit \"$@\""],
        cannot: &[],
    },
];

#[test]
fn a_relative_hooks_path_is_refused_with_the_line_for_whoever_manages_it() {
    for managed in &MANAGED {
        let (_sandbox, clone) = scene();
        clone.git(&["config", "core.hooksPath", managed.hooks_path]);
        clone.write(managed.file, "#!/bin/sh\n# theirs\n");
        let before = snapshot(&clone, &hooks(&clone));
        let output = clone.tix(&["hook", "install"]);
        output.exits(5);
        let words = output.stderr();
        assert!(words.contains("relative: each worktree has"), "{}: {output}", managed.name);
        let known = managed.name != "nobody that is known";
        let by = words.lines().find_map(|line| line.strip_prefix("  managed by"));
        assert_eq!(by.map(str::trim), known.then_some(managed.name), "{output}");
        let [place, line] = managed.told;
        assert!(
            words.contains(&format!("hint: add to {place}{line}\n")),
            "{}: {output}",
            managed.name
        );
        for hook in managed.cannot {
            let cannot = format!("{} cannot run the guard in {hook}", managed.name);
            assert!(words.contains(&cannot), "{output}");
        }
        assert!(!words.contains("--force"), "{output}");
        assert_eq!(snapshot(&clone, &hooks(&clone)), before);
    }
}

#[test]
fn the_lines_that_were_told_are_all_it_takes() {
    let (sandbox, clone) = scene();
    clone.git(&["config", "core.hooksPath", ".husky/_"]);
    // As husky 9 writes it.
    let stub = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"";
    clone.write_script(".husky/_/h", "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\nexit $?\n");
    for hook in USUAL {
        clone.write_script(format!(".husky/_/{hook}"), stub);
    }
    let refused = clone.tix(&["hook", "install"]);
    refused.exits(5);
    for hint in refused.stderr().lines().filter_map(|line| line.strip_prefix("hint: add to ")) {
        let (file, line) = hint.split_once(": ").unwrap();
        clone.write(file, format!("npm test\n{line}\n"));
    }
    assert_eq!(
        did(&clone.tix(&["hook", "install", "--json"])).into_values().collect::<Vec<_>>(),
        ["called"; 3]
    );
    let (states, in_order) = states(&clone);
    assert!(in_order && states["pre-push"] == "called", "{states:?}");
    // husky's own scripts are not committed, so a new worktree has none.
    let fresh = clone.worktree("fresh");
    for hook in USUAL {
        fresh.write(format!(".husky/{hook}"), clone.read(format!(".husky/{hook}")));
    }
    let output = fresh.tix(&["hook", "status"]);
    let words = output.exits(1).stdout();
    assert!(words.contains("calls the guard, and git finds nothing that runs it"), "{output}");

    for hook in USUAL {
        clone.write(format!(".husky/{hook}"), format!("tix hook git {hook} \"$@\"\n"));
    }
    clone.write_script("../bin/tix", "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$HOME/guard\"\n");
    clone.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(guarded(&clone), "hook git pre-commit\n");
    clone.git(&["push", "-q", "origin", "HEAD:work"]);
    assert!(guarded(&clone).contains(" refs/heads/work "));
    let agents = clone.tix(&["hook", "install", "--agents", "codex"]);
    assert!(agents.success().stdout().contains(".codex/hooks.json"), "{agents}");
    drop(sandbox);
}

/// What pre-commit and prek write, as far as it matters here: it runs `<hook>.legacy` with the same arguments and stdin.
const PRE_COMMIT: &str = "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n\
    echo 'theirs' >>\"$HOME/guard\"\nlegacy=$(dirname \"$0\")/HOOK.legacy\n\
    [ ! -x \"$legacy\" ] || \"$legacy\" \"$@\" || exit\n";

#[test]
fn pre_commit_may_come_before_us_and_after_us() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    let theirs = PRE_COMMIT.replace("HOOK", "pre-push");
    clone.write_script(dir.join("pre-push"), &theirs);
    let before = snapshot(&clone, &dir);
    clone.tix(&["hook", "install"]).success();
    pretend_tix(&clone, &dir);
    clone.git(&["push", "-q", "origin", "HEAD:refs/heads/a"]);
    let ran = guarded(&clone);
    assert!(
        ran.starts_with("theirs\nhook git pre-push origin ")
            && ran.ends_with(" refs/heads/a 0000000000000000000000000000000000000000\n"),
        "{ran}"
    );
    // The pretended tix changed the texts.
    for hook in USUAL {
        fs::remove_file(dir.join(hook)).unwrap();
    }
    clone.tix(&["hook", "install"]).success();
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), before);

    // The other order: theirs puts ours aside as `.legacy`, and a user's own was put aside by us before.
    write_mode(
        &dir.join("pre-push"),
        "#!/bin/sh\ncat >/dev/null; echo own >>\"$HOME/guard\"\n",
        0o755,
    );
    let before = snapshot(&clone, &dir);
    clone.tix(&["hook", "install"]).success();
    let legacy = dir.join("pre-push.legacy");
    fs::rename(dir.join("pre-push"), &legacy).unwrap();
    clone.write_script(dir.join("pre-push"), &theirs);
    let states = states(&clone);
    assert!(states.1 && states.0["pre-push"] == "installed", "{states:?}");
    let unchanged = snapshot(&clone, &dir);
    let output = clone.tix(&["hook", "install"]);
    assert!(
        output.success().stdout().contains("pre-push.legacy, which pre-commit runs"),
        "{output}"
    );
    assert_eq!(snapshot(&clone, &dir), unchanged);

    let ours = fs::read_to_string(&legacy).unwrap();
    let tix = clone.path().parent().unwrap().join("bin/tix");
    let pretended = ours.replace(env!("CARGO_BIN_EXE_tix"), tix.to_str().unwrap());
    write_program(&legacy, &pretended);
    clone.git(&["push", "-q", "origin", "HEAD:refs/heads/b"]);
    let ran = guarded(&clone);
    assert!(ran.starts_with("theirs\nown\nhook git pre-push origin "), "{ran}");
    assert_eq!(ran.matches("hook git").count(), 1, "{ran}");
    write_program(&legacy, &ours);

    // Theirs goes on to run what was there before us; when they leave too, all is as it was.
    clone.tix(&["hook", "uninstall"]).success();
    fs::rename(&legacy, dir.join("pre-push")).unwrap();
    assert_eq!(snapshot(&clone, &dir), before);
}

#[test]
fn lefthook_is_chained_and_told_how_to_stay() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.write("lefthook.yml", "pre-commit:\n  commands: {}\n");
    clone.write_script(
        dir.join("pre-commit"),
        "#!/bin/sh\ncall_lefthook()\n{\n:\n}\ncall_lefthook run \"pre-commit\" \"$@\"\n",
    );
    let output = clone.tix(&["hook", "install"]);
    let line =
        "in lefthook.yml, commands of pre-commit: tix: { run: \"tix hook git pre-commit {0}\" }";
    assert!(output.success().stdout().contains(line), "{output}");
    assert!(dir.join("pre-commit.tix-prev").exists());
    clone.tix(&["hook", "uninstall"]).success();
    // With the line in its configuration there is nothing to be put beside it.
    clone.write(
        "lefthook.yml",
        "pre-commit:\n  commands:\n    tix: { run: \"tix hook git pre-commit {0}\" }\n",
    );
    assert_eq!(did(&clone.tix(&["hook", "install", "--json"]))["pre-commit"], "called");
    assert!(!dir.join("pre-commit.tix-prev").exists());
}

#[test]
fn an_absolute_hooks_path_of_this_clone_is_used() {
    let (sandbox, clone) = scene();
    let dir = sandbox.root().join("hooks of mine");
    clone.git(&["config", "core.hooksPath", dir.to_str().unwrap()]);
    let before = snapshot(&clone, &dir);
    clone.tix(&["hook", "install"]).success();
    assert!(dir.join("pre-commit").exists() && !hooks(&clone).join("pre-commit").exists());
    assert!(states(&clone).1 && states(&clone.worktree("linked")).1);
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), before);

    clone.git(&["config", "--unset", "core.hooksPath"]);
    clone.git(&["config", "extensions.worktreeConfig", "true"]);
    clone.git(&["config", "--worktree", "core.hooksPath", dir.to_str().unwrap()]);
    let output = clone.tix(&["hook", "install"]);
    assert!(output.success().stdout().contains("for this worktree alone"), "{output}");
    assert!(states(&clone).1 && !states(&clone.at("../linked")).1);
}

#[test]
fn a_directory_for_all_repositories_takes_hooks_only_on_demand() {
    let (sandbox, clone) = scene();
    let dir = sandbox.root().join("everybody's hooks");
    clone.git(&["config", "--global", "core.hooksPath", dir.to_str().unwrap()]);
    let refused = clone.tix(&["hook", "install"]);
    refused.exits(5);
    assert!(refused.stderr().contains("tix hook install --shared"), "{refused}");
    assert!(!dir.exists());
    clone.tix(&["hook", "install", "--shared"]).success();
    assert!(states(&clone).1);
    let output = clone.tix(&["hook", "uninstall"]);
    assert!(output.success().stdout().contains("tix hook uninstall --shared"), "{output}");
    assert!(dir.join("pre-commit").exists());

    // Without tix it holds back repositories with tickets, and no others.
    point_at(&dir, Path::new("/nowhere/tix"));
    let other = sandbox.local_repository("other");
    other.git(&["rm", "-q", "-r", "tickets"]);
    other.try_git(&["commit", "-q", "-m", "x"]).exits(1);
    other.git(&["commit", "-q", "-m", "x", "--no-verify"]);
    other.git(&["commit", "-q", "-m", "y", "--allow-empty"]);
    clone.try_git(&["commit", "-q", "-m", "y", "--allow-empty"]).exits(1);
    for hook in USUAL {
        fs::remove_file(dir.join(hook)).unwrap();
    }
    clone.tix(&["hook", "install", "--shared"]).success();
    clone.tix(&["hook", "uninstall", "--shared"]).success();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn hooks_that_are_switched_off_stay_off() {
    let (_sandbox, clone) = scene();
    clone.git(&["config", "core.hooksPath", "/dev/null"]);
    let output = clone.tix(&["hook", "install"]);
    output.exits(5);
    assert!(output.stderr().contains("that switches all hooks off"), "{output}");
}
