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
        let output = clone.tix(&["hook", "install", "--files"]);
        output.exits(5);
        let words = output.stderr();
        assert!(words.contains("relative, so each worktree has"), "{}: {output}", managed.name);
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
    let refused = clone.tix(&["hook", "install", "--files"]);
    refused.exits(5);
    for hint in refused.stderr().lines().filter_map(|line| line.strip_prefix("hint: add to ")) {
        let (file, line) = hint.split_once(": ").unwrap();
        clone.write(file, format!("npm test\n{line}\n"));
    }
    assert_eq!(
        did(&clone.tix(&["hook", "install", "--files", "--json"]))
            .into_values()
            .collect::<Vec<_>>(),
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
    assert!(words.contains("calls the guard, but git has nothing that runs it"), "{output}");

    for hook in USUAL {
        clone.write(format!(".husky/{hook}"), format!("tix hook git {hook} \"$@\"\n"));
    }
    clone.write_script("../bin/tix", "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$HOME/guard\"\n");
    clone.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(guarded(&clone), "hook git pre-commit\n");
    clone.git(&["push", "-q", "origin", "HEAD:work"]);
    assert!(guarded(&clone).contains(" refs/heads/work "));
    let agents = clone.tix(&["hook", "install", "--files", "--agents", "codex"]);
    assert!(agents.success().stdout().contains(".codex/hooks.json"), "{agents}");
    drop(sandbox);
}

/// What pre-commit and prek write, as far as it matters here: it runs `<hook>.legacy` with the same arguments and stdin before
/// its own checks, and refuses to be run by one.
const BEHIND: &str = r#"#!/bin/sh
# File generated by NAME: https://example.org
# ID: 0123456789abcdef0123456789abcdef
[ -z "${NAMED_LEGACY-}" ] || { echo 'NAME runs itself' >&2; exit 1; }
legacy=${0%/*}/EVENT.legacy
[ ! -x "$legacy" ] || NAMED_LEGACY=1 "$legacy" "$@" || exit
echo NAME >>"$HOME/guard"
"#;

/// A manager that moves other programs' hooks aside when it installs its own.
struct Mover {
    name: &'static str,
    /// What a hook that it finds gets behind its name.
    suffix: &'static str,
    /// By which it knows its own.
    mark: &'static str,
    script: &'static str,
}

const PRE_COMMIT: Mover = Mover {
    name: "pre-commit",
    suffix: ".legacy",
    mark: "generated by pre-commit:",
    script: BEHIND,
};
const PREK: Mover =
    Mover { name: "prek", suffix: ".legacy", mark: "generated by prek:", script: BEHIND };
const LEFTHOOK: Mover = Mover {
    name: "lefthook",
    suffix: ".old",
    mark: "call_lefthook",
    script: "#!/bin/sh\n[ \"$LEFTHOOK\" != 0 ] || exit 0\ncall_lefthook() { echo NAME >>\"$HOME/guard\"; }\ncall_lefthook run EVENT \"$@\"\n",
};

impl Mover {
    fn text(&self, hook: &str) -> String {
        let text = self.script.replace("EVENT", hook);
        let variable = format!("{}_LEGACY", self.name.to_uppercase().replace('-', "_"));
        text.replace("NAMED_LEGACY", &variable).replace("NAME", self.name)
    }

    fn install(&self, dir: &Path, hook: &str) {
        let (path, moved) = (dir.join(hook), dir.join(format!("{hook}{}", self.suffix)));
        let found = fs::read_to_string(&path);
        if found.is_ok_and(|text| !text.contains(self.mark)) {
            // lefthook stops here, the others write over what is there.
            assert!(
                self.suffix == ".legacy" || !moved.exists(),
                "{} is in the way",
                moved.display()
            );
            fs::rename(&path, moved).unwrap();
        }
        write_mode(&path, &self.text(hook), 0o755);
    }

    fn uninstall(&self, dir: &Path, hook: &str) {
        let path = dir.join(hook);
        if fs::read_to_string(&path).is_ok_and(|text| text.contains(self.mark)) {
            fs::remove_file(&path).unwrap();
            fs::rename(dir.join(format!("{hook}{}", self.suffix)), &path).ok();
        }
    }
}

/// Tries to commit code where it belongs and where it does not. Whether the guard kept it off, and what else ran there.
fn tried(clone: &Place, work: &Place) -> (bool, String) {
    let code = |place: &Place| {
        place.write("src/new.rs", "fn f() {}\n");
        place.git(&["add", "src/new.rs"]);
        let output = place.try_git(&["commit", "-q", "-m", "code"]);
        if output.code == Some(0) {
            place.git(&["reset", "-q", "--soft", "HEAD~"]);
        }
        output
    };
    let refused = code(clone);
    clone.git(&["reset", "-q"]);
    guarded(clone);
    let output = code(work);
    assert_eq!(output.code, Some(0), "code belongs on that branch: {output}");
    let kept_off = refused.code == Some(1) && refused.stderr().contains("src/new.rs");
    (kept_off, guarded(clone))
}

#[test]
fn a_manager_that_runs_our_hook_may_be_installed_at_any_time_and_as_often_as_anybody_likes() {
    for (manager, first) in
        [(&PRE_COMMIT, "manager"), (&PRE_COMMIT, "tix"), (&PREK, "manager"), (&PREK, "tix")]
    {
        let (_sandbox, clone) = scene();
        let (dir, work) = (hooks(&clone), clone.worktree("work"));
        let both = (true, format!("{}\n", manager.name));
        for round in 0..3 {
            if first == "manager" {
                manager.install(&dir, "pre-commit");
            }
            clone.tix(&["hook", "install", "--files"]).success();
            if first == "tix" {
                manager.install(&dir, "pre-commit");
            }
            assert_eq!(tried(&clone, &work), both, "{} {first} {round}", manager.name);
            assert_eq!(states(&clone).0["pre-commit"], "installed");
            let before = snapshot(&clone, &dir);
            let again = clone.tix(&["hook", "install", "--files"]);
            assert!(again.success().stdout().starts_with("nothing to do"), "{again}");
            assert!(again.stdout().contains(&format!("which {} runs", manager.name)), "{again}");
            assert_eq!(snapshot(&clone, &dir), before);
        }
        // Each of the two goes without the other, and comes back.
        manager.uninstall(&dir, "pre-commit");
        assert_eq!(tried(&clone, &work), (true, String::new()));
        assert!(states(&clone).1);
        manager.install(&dir, "pre-commit");
        clone.tix(&["hook", "uninstall"]).success();
        assert_eq!(tried(&clone, &work), (false, both.1.clone()));
        manager.uninstall(&dir, "pre-commit");
        assert!(!dir.join("pre-commit").exists() && !dir.join("pre-commit.legacy").exists());
    }
}

#[test]
fn a_users_own_hook_runs_once_behind_a_manager_and_is_back_in_the_end() {
    let (_sandbox, clone) = scene();
    let (dir, work) = (hooks(&clone), clone.worktree("work"));
    write_mode(&dir.join("pre-commit"), "#!/bin/sh\necho own >>\"$HOME/guard\"\n", 0o755);
    let own = snapshot(&clone, &dir);
    PREK.install(&dir, "pre-commit");
    let before = snapshot(&clone, &dir);
    let output = clone.tix(&["hook", "install", "--files"]);
    let words =
        "pre-commit.legacy; what was there runs first, as pre-commit.tix-prev, which prek runs";
    assert!(output.success().stdout().contains(words), "{output}");
    assert_eq!(tried(&clone, &work), (true, "own\nprek\n".to_owned()));
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), before);

    clone.tix(&["hook", "install", "--files"]).success();
    PREK.uninstall(&dir, "pre-commit");
    assert_eq!(tried(&clone, &work), (true, "own\n".to_owned()));
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), own);
}

/// A tix of before put its script before the manager's, which it then ran.
#[test]
fn hooks_that_were_put_the_wrong_way_round_are_told_and_mended() {
    for (manager, users_own) in [(&PRE_COMMIT, None), (&PREK, None), (&PRE_COMMIT, Some("own\n"))] {
        let wrong = || {
            let (sandbox, clone) = scene();
            let dir = hooks(&clone);
            clone.tix(&["hook", "install", "--files"]).success();
            write_mode(&dir.join("pre-commit.tix-prev"), &manager.text("pre-commit"), 0o755);
            if users_own.is_some() {
                let own = "#!/bin/sh\necho own >>\"$HOME/guard\"\n";
                write_mode(&dir.join("pre-commit.legacy"), own, 0o755);
            }
            (sandbox, clone, dir)
        };
        let all = format!("{}{}\n", users_own.unwrap_or_default(), manager.name);
        let told = |clone: &Place, words: &str| {
            let status = clone.tix(&["hook", "status"]);
            assert!(status.exits(1).stdout().contains("pre-commit\toutdated\t"), "{status}");
            assert!(status.stdout().contains(words), "{status}");
        };
        let (_sandbox, clone, dir) = wrong();
        let work = clone.worktree("work");
        told(&clone, "would stop every commit after");
        assert_eq!(
            did(&clone.tix(&["hook", "install", "--files", "--json"]))["pre-commit"],
            "replaced"
        );
        assert_eq!(tried(&clone, &work), (true, all.clone()), "before it was installed again");
        assert!(states(&clone).1);
        clone.tix(&["hook", "uninstall"]).success();
        assert_eq!(fs::read_to_string(dir.join("pre-commit")).unwrap(), manager.text("pre-commit"));
        assert_eq!(dir.join("pre-commit.legacy").exists(), users_own.is_some());

        // Installed again, the manager has lost a hook of the user's that it had moved: its own doing.
        for mend in ["install", "uninstall"] {
            let (_sandbox, clone, dir) = wrong();
            let work = clone.worktree("work");
            manager.install(&dir, "pre-commit");
            clone.try_git(&["commit", "-q", "--allow-empty", "-m", "x"]).exits(1);
            told(&clone, "stops every commit because of that");
            assert_eq!(
                did(&clone.tix(&["hook", mend, "--json"]))["pre-commit"],
                if mend == "install" { "replaced" } else { "removed" }
            );
            let left = (mend == "install", format!("{}\n", manager.name));
            assert_eq!(tried(&clone, &work), left, "{mend}");
            assert!(!dir.join("pre-commit.tix-prev").exists());
        }
    }
}

#[test]
fn what_a_manager_would_not_write_over_itself_is_kept() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.tix(&["hook", "install", "--files"]).success();
    for (manager, install) in [(&PRE_COMMIT, 0), (&LEFTHOOK, 5)] {
        // As somebody would write it who calls the program from a script of his own.
        let own =
            manager.text("pre-commit").replace("# ID: ", "# by hand: ").replace("LEFTHOOK", "OFF");
        write_mode(&dir.join("pre-commit.tix-prev"), &own, 0o755);
        write_mode(&dir.join("pre-commit"), &manager.text("pre-commit"), 0o755);
        for (args, code) in [
            (&["install", "--files"][..], install),
            (&["uninstall"], 0),
            (&["install", "--files"], install),
        ] {
            clone.tix(&[&["hook"], args].concat()).exits(code);
        }
        assert_eq!(fs::read_to_string(dir.join("pre-commit.tix-prev")).unwrap(), own);
    }
}

#[test]
fn of_two_managers_that_move_each_other_both_run_and_no_circle_stops_a_commit() {
    let (_sandbox, clone) = scene();
    let (dir, work) = (hooks(&clone), clone.worktree("work"));
    PRE_COMMIT.install(&dir, "pre-commit");
    clone.tix(&["hook", "install", "--files"]).success();
    // It moves the other's over ours.
    PREK.install(&dir, "pre-commit");
    let (states, in_order) = states(&clone);
    assert!(!in_order && states["pre-commit"] == "foreign", "{states:?}");
    clone.tix(&["hook", "install", "--files"]).success();
    let (kept_off, ran) = tried(&clone, &work);
    assert!(kept_off && ran.contains("prek") && ran.contains("pre-commit"), "{ran}");
    PRE_COMMIT.install(&dir, "pre-commit");
    clone.tix(&["hook", "install", "--files"]).success();
    assert!(tried(&clone, &work).0);
}

#[test]
fn lefthook_may_take_our_place_again_and_again() {
    let (_sandbox, clone) = scene();
    let (dir, work) = (hooks(&clone), clone.worktree("work"));
    for round in 0..3 {
        LEFTHOOK.install(&dir, "pre-commit");
        let (states, in_order) = states(&clone);
        assert!(!in_order && states["pre-commit"] == "foreign", "{round}: {states:?}");
        assert_eq!(tried(&clone, &work), (false, "lefthook\n".to_owned()));
        assert_eq!(
            did(&clone.tix(&["hook", "install", "--files", "--json"]))["pre-commit"],
            "written"
        );
        assert_eq!(tried(&clone, &work), (true, "lefthook\n".to_owned()), "{round}");
        assert!(!dir.join("pre-commit.old").exists(), "lefthook would stop at it");
    }
    LEFTHOOK.install(&dir, "pre-commit");
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(tried(&clone, &work), (false, "lefthook\n".to_owned()));
    LEFTHOOK.uninstall(&dir, "pre-commit");
    assert!(!dir.join("pre-commit").exists(), "ours does not come back");
    assert!(!dir.join("pre-commit.tix-prev").exists());
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
    let output = clone.tix(&["hook", "install", "--files"]);
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
    assert_eq!(did(&clone.tix(&["hook", "install", "--files", "--json"]))["pre-commit"], "called");
    assert!(!dir.join("pre-commit.tix-prev").exists());
}

#[test]
fn an_absolute_hooks_path_of_this_clone_is_used() {
    let (sandbox, clone) = scene();
    let dir = sandbox.root().join("hooks of mine");
    clone.git(&["config", "core.hooksPath", dir.to_str().unwrap()]);
    let before = snapshot(&clone, &dir);
    clone.tix(&["hook", "install", "--files"]).success();
    assert!(dir.join("pre-commit").exists() && !hooks(&clone).join("pre-commit").exists());
    assert!(states(&clone).1 && states(&clone.worktree("linked")).1);
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(snapshot(&clone, &dir), before);

    clone.git(&["config", "--unset", "core.hooksPath"]);
    clone.git(&["config", "extensions.worktreeConfig", "true"]);
    clone.git(&["config", "--worktree", "core.hooksPath", dir.to_str().unwrap()]);
    let output = clone.tix(&["hook", "install", "--files"]);
    assert!(output.success().stdout().contains("for this worktree alone"), "{output}");
    assert!(!states(&clone).1 && !states(&clone.at("../linked")).1);
    let status = clone.tix(&["hook", "status"]).stdout().to_owned();
    assert!(status.contains("pre-push\tinstalled\t"), "{status}");
    assert!(status.contains("linked (pre-commit missing, pre-merge-commit missing"), "{status}");
}

#[test]
fn a_directory_for_all_repositories_takes_hooks_only_on_demand() {
    let (sandbox, clone) = scene();
    let dir = sandbox.root().join("everybody's hooks");
    clone.git(&["config", "--global", "core.hooksPath", dir.to_str().unwrap()]);
    let refused = clone.tix(&["hook", "install", "--files"]);
    refused.exits(5);
    assert!(refused.stderr().contains("tix hook install --shared"), "{refused}");
    assert!(!dir.exists());
    clone.tix(&["hook", "install", "--files", "--shared"]).success();
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
    clone.tix(&["hook", "install", "--files", "--shared"]).success();
    clone.tix(&["hook", "uninstall", "--shared"]).success();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn hooks_that_are_switched_off_stay_off() {
    let (_sandbox, clone) = scene();
    clone.git(&["config", "core.hooksPath", "/dev/null"]);
    let output = clone.tix(&["hook", "install", "--files"]);
    output.exits(5);
    assert!(output.stderr().contains("that switches all hooks off"), "{output}");
}
