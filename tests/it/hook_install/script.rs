//! What the scripts do when git runs them.

use super::*;

/// Installs, with another program for tix and a user's own hook before each.
fn chained(clone: &Place, own: &str) {
    let dir = hooks(clone);
    for hook in STRICT {
        clone.write_script(dir.join(hook), &format!("#!/bin/sh\n{own}\n"));
    }
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    pretend_tix(clone, &dir);
}

/// Runs a hook as git would: from the root of the worktree, by its path.
fn run(clone: &Place, hook: &str, args: &[&str], stdin: &str) -> Output {
    clone.command(&hooks(clone).join(hook), args).stdin(stdin).run()
}

#[test]
fn the_hook_that_was_there_runs_first_and_is_told_the_same() {
    let (_sandbox, clone) = scene();
    chained(
        &clone,
        "{ echo \"own $# $1|$2\"; cat; } >>\"$HOME/guard\"; echo \"$X\" >>\"$HOME/guard\"",
    );
    let clone = clone.env("X", "inherited");
    let line = "refs/heads/a 1 refs/heads/b 2\n";
    // Larger than any pipe, and with line ends at its end that a shell would like to drop.
    let much = line.repeat(20_000) + "\n\n";
    for (hook, args, stdin) in [
        ("pre-push", ["origin", "a  b"], line),
        ("pre-push", ["origin", "*"], ""),
        ("pre-push", ["origin", "$(id)"], &much),
        ("reference-transaction", ["prepared", ""], &much),
        ("prepare-commit-msg", ["a file", "message"], ""),
    ] {
        run(&clone, hook, &args, stdin).success();
        let [first, second] = args;
        let expected = format!(
            "own 2 {first}|{second}\n{stdin}inherited\nhook git {hook} {first} {second}\n{stdin}"
        );
        assert!(guarded(&clone) == expected, "{hook} {args:?}");
    }
    run(&clone, "pre-commit", &[], "").success();
    assert_eq!(guarded(&clone), "own 0 |\ninherited\nhook git pre-commit\n");
}

#[test]
fn its_failure_is_the_answer_and_so_is_the_guards() {
    let (_sandbox, clone) = scene();
    chained(&clone, "exit ${OWN_EXIT:-0}");
    for (hook, args) in [("pre-commit", &[][..]), ("pre-push", &["origin", "url"])] {
        let failing = clone.env("OWN_EXIT", "7");
        run(&failing, hook, args, "x\n").exits(7);
        assert_eq!(guarded(&clone), "", "the guard is not asked any more");
        // It reads none of its stdin, of which there is more than a pipe holds.
        let refusing = clone.env("GUARD_EXIT", "1");
        run(&refusing, hook, args, &"x\n".repeat(100_000)).exits(1);
        assert!(guarded(&clone).starts_with(&format!("hook git {hook}")));
        let output = run(&clone, hook, args, &"x\n".repeat(100_000));
        assert_eq!(output.success().stderr(), "");
        guarded(&clone);
    }
}

#[test]
fn git_runs_both() {
    let (_sandbox, clone) = scene();
    chained(&clone, "echo \"own ${0##*/}\" >>\"$HOME/guard\"");
    let linked = clone.worktree("linked");
    guarded(&clone);
    for place in [&clone, &linked] {
        place.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        let ran = guarded(&clone);
        let found: Vec<_> = ran.lines().filter(|line| line.contains("pre-commit")).collect();
        assert_eq!(found, ["own pre-commit.tix-prev", "hook git pre-commit"]);
        assert!(ran.contains("hook git prepare-commit-msg"), "{ran}");
        assert!(ran.contains("hook git reference-transaction prepared\n"), "{ran}");
        assert!(!ran.contains("reference-transaction committed"), "too late to refuse: {ran}");
        place.git(&["push", "-q", "origin", "HEAD:refs/heads/pushed"]);
        let ran = guarded(&clone);
        assert!(ran.contains("own pre-push.tix-prev\nhook git pre-push origin "), "{ran}");
        assert!(ran.contains(" refs/heads/pushed "), "{ran}");
        place.git(&["push", "-q", "origin", ":refs/heads/pushed"]);
        guarded(&clone);
        let refused = place.env("GUARD_EXIT", "1").try_git(&["commit", "--allow-empty", "-m", "y"]);
        refused.exits(1);
        guarded(&clone);
    }
}

#[test]
fn what_git_would_pass_over_is_passed_over() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.tix(&["hook", "install", "--files"]).success();
    pretend_tix(&clone, &dir);
    let aside = dir.join("pre-commit.tix-prev");
    let rows: &[&dyn Fn()] = &[
        &|| write_mode(&aside, "#!/bin/sh\nexit 1\n", 0o644),
        &|| symlink("nowhere", &aside).unwrap(),
        &|| fs::create_dir(&aside).unwrap(),
    ];
    for put in rows {
        put();
        run(&clone, "pre-commit", &[], "").success();
        assert_eq!(guarded(&clone), "hook git pre-commit\n");
        fs::remove_file(&aside).or_else(|_| fs::remove_dir(&aside)).unwrap();
    }
}

#[test]
fn hooks_that_call_each_other_in_a_circle_come_to_an_end() {
    let (_sandbox, clone) = scene();
    let own = "echo \"own ${0##*/}\" >>\"$HOME/guard\"; exec \"$(dirname \"$0\")/HOOK\" \"$@\"";
    for hook in ["pre-commit", "pre-push"] {
        clone.hook(hook, &own.replace("HOOK", hook));
    }
    clone.tix(&["hook", "install", "--files"]).success();
    pretend_tix(&clone, &hooks(&clone));
    for hook in ["pre-commit", "pre-push"] {
        run(&clone, hook, &[], "x\n").success();
        let ran = guarded(&clone);
        assert_eq!(ran.matches("own").count(), 1, "{ran}");
        assert!(ran.contains(&format!("hook git {hook}")), "{ran}");
        run(&clone.env("GUARD_EXIT", "1"), hook, &[], "x\n").exits(1);
        guarded(&clone);
    }
}

/// The shells that a `/bin/sh` may be, as far as this machine has them.
fn shells() -> Vec<PathBuf> {
    let names = ["/bin/sh", "/usr/bin/dash", "/bin/bash", "/usr/bin/ksh", "/usr/bin/busybox"];
    names.map(PathBuf::from).into_iter().filter(|path| path.exists()).collect()
}

#[test]
fn without_tix_a_protected_branch_takes_nothing_and_every_other_branch_does() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.tix(&["hook", "install", "--files", "--strict", "--trunk", "it's-the-trunk"]).success();
    point_at(&dir, Path::new("/nowhere/tix"));
    let line = |branch: &str| format!("refs/heads/x 1 refs/heads/{branch} 2\n");
    let rows: Vec<(&str, &str, String, bool)> = ["main", "master", "production", "it's-the-trunk"]
        .into_iter()
        .flat_map(|branch| {
            [
                ("pre-commit", branch, String::new(), false),
                ("pre-merge-commit", branch, String::new(), false),
                ("prepare-commit-msg", branch, String::new(), false),
                ("pre-push", "work", line("a") + &line(branch), false),
                ("reference-transaction", branch, line(branch), true),
            ]
        })
        .chain([
            ("pre-commit", "main-x", String::new(), true),
            ("pre-commit", "x/main", String::new(), true),
            ("pre-commit", "", String::new(), true),
            ("prepare-commit-msg", "work", String::new(), true),
            ("pre-push", "main", line("main-x") + &line("work"), true),
            ("pre-push", "main", String::new(), true),
        ])
        .collect();
    for shell in shells() {
        let shell_args: &[&str] = if shell.ends_with("busybox") { &["sh"] } else { &[] };
        for (hook, branch, stdin, passes) in &rows {
            let head = if branch.is_empty() {
                clone.git(&["rev-parse", "HEAD"])
            } else {
                format!("ref: refs/heads/{branch}")
            };
            // Switching would run hooks.
            fs::write(clone.common_dir().join("HEAD"), format!("{head}\n")).unwrap();
            let script = dir.join(hook);
            let args = [shell_args, &[script.to_str().unwrap(), "prepared"]].concat();
            let output = clone.command(&shell, &args).stdin(stdin).run();
            let row = format!("{} {hook} on {branch:?}: {output}", shell.display());
            assert_eq!(output.code, Some(i32::from(!passes)), "{row}");
            let words = output.stderr();
            if *passes {
                let warns = USUAL.contains(hook);
                assert_eq!(words.contains("warning: tix is not installed"), warns, "{row}");
            } else {
                assert!(words.contains("tix, which would look, is not installed"), "{row}");
                assert!(words.contains("hint: install tix, or "), "{row}");
            }
            let off = clone.env("TIX_GUARD", "off").command(&shell, &args).stdin(stdin).run();
            let told = off.success().stderr().contains("TIX_GUARD=off, so nothing was checked");
            assert_eq!(told, *hook != "reference-transaction", "{off}");
            fs::write(clone.common_dir().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        }
    }
}

#[test]
fn a_tix_that_moved_is_found_on_the_path() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    clone.tix(&["hook", "install", "--files"]).success();
    pretend_tix(&clone, &dir);
    point_at(&dir, Path::new("/nowhere/tix"));
    run(&clone, "pre-commit", &[], "").success();
    assert_eq!(guarded(&clone), "hook git pre-commit\n");
}

#[test]
fn tix_may_lie_anywhere() {
    let (_sandbox, clone) = scene();
    let odd = clone.at("../it's \"a\" $(odd) `path` \\ \n*").path().canonicalize().unwrap();
    let tix = odd.join("tix");
    // By a child, for the reason that `write_program` gives.
    clone
        .sh(&format!("cp '{}' \"$TIX\"", env!("CARGO_BIN_EXE_tix")))
        .env("TIX", &tix)
        .run()
        .success();
    clone.command(&tix, &["hook", "install", "--files", "--strict"]).run().success();
    assert!(states(&clone).1);
    clone.write_script(&tix, "#!/bin/sh\necho \"$@\" >>\"$HOME/guard\"\n");
    for hook in STRICT {
        run(&clone, hook, &["prepared"], "x y z\n").success();
        assert_eq!(guarded(&clone), format!("hook git {hook} prepared\n"));
    }
    fs::remove_file(&tix).unwrap();
    assert_eq!(states(&clone).0["pre-commit"], "outdated");
}

#[test]
fn the_script_for_a_server_needs_nothing_but_a_path() {
    let (sandbox, clone) = scene();
    let script = |hook: &str| {
        let output = clone.tix(&["hook", "print", hook]);
        let text = output.success().stdout().to_owned();
        assert!(
            text.starts_with("#!/bin/sh\n") && text.contains(&format!("hooks/{hook}")),
            "{text}"
        );
        // Of the two it is the one on the PATH that counts, and here there is none.
        let (own, gone) = (env!("CARGO_BIN_EXE_tix"), "/nowhere/tix");
        assert!(text.contains(&format!("|| tix='{own}'\n")), "{text}");
        text.replace(own, gone)
    };
    clone.tix(&["hook", "print", "post-commit"]).exits(2);
    let server = sandbox.remote();
    server.write_script("hooks/update", &script("update"));
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    let refused = clone.try_git(&["push", "origin", "HEAD:main", "HEAD:work"]);
    refused.exits(1);
    assert!(refused.stderr().contains("this server has no tix that would look"), "{refused}");
    assert!(!refused.stderr().contains("hint: install tix, or"), "{refused}");
    assert!(server.has_ref("refs/heads/work"));

    fs::remove_file(server.path().join("hooks/update")).unwrap();
    server.write_script("hooks/pre-receive", &script("pre-receive"));
    clone.try_git(&["push", "origin", "HEAD:main", "HEAD:other"]).exits(1);
    assert!(!server.has_ref("refs/heads/other"), "all or nothing");
    clone.git(&["push", "-q", "origin", "HEAD:other"]);

    clone.write_script("../bin/tix", "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$HOME/guard\"\n");
    clone.git(&["push", "-q", "origin", "HEAD:main"]);
    let ran = guarded(&clone);
    assert!(
        ran.starts_with("hook git pre-receive\n") && ran.contains(" refs/heads/main\n"),
        "{ran}"
    );
}

/// What a web server starts may have no PATH at all, or one that leads to neither tix nor git.
#[test]
fn the_script_for_a_server_finds_the_tix_that_printed_it_without_a_path() {
    let (sandbox, clone) = scene();
    let server = sandbox.remote();
    let seed = clone.git(&["rev-parse", "main"]);
    clone.commit("a ticket", &[("tickets/queue/TICKET-a-001.md", "---\nstatus: open\n---\n# A\n")]);
    let ticket = clone.git(&["rev-parse", "HEAD"]);
    clone.commit("code", &[("src/x.rs", "x\n")]);
    let code = clone.git(&["rev-parse", "HEAD"]);
    clone.git(&["push", "-q", "origin", "HEAD:work"]);
    for hook in ["pre-receive", "update"] {
        let script = clone.tix(&["hook", "print", hook]).success().stdout().to_owned();
        server.write_script(format!("hooks/{hook}"), &script);
        for path in ["", "PATH= ", "PATH=/nowhere "] {
            let run = |new: &str| {
                let call = if hook == "update" {
                    format!("refs/heads/main {seed} {new} </dev/null")
                } else {
                    format!("<<.\n{seed} {new} refs/heads/main\n.\n")
                };
                let line = format!("exec env -i {path}GIT_DIR=. \"$PWD/hooks/{hook}\" {call}");
                server.sh(&line).run()
            };
            // The last of them leads to no git: git itself puts its own directory before it.
            if path != "PATH=/nowhere " {
                run(&ticket).success();
                let refused = run(&code);
                assert!(
                    refused.exits(1).stderr().contains("src/x.rs is outside the ticket lanes"),
                    "{refused}"
                );
            }
        }
        // The same as git starts it, for somebody who pushes.
        let git = clone.sh("command -v git").run().success().stdout().trim().to_owned();
        for path in ["PATH=", "PATH=/nowhere"] {
            let pack = format!("env -i {path} '{git}' receive-pack");
            let push = |what: &str| {
                let to = format!("{what}:main");
                clone.try_git(&["push", "-q", "--receive-pack", &pack, "origin", &to])
            };
            let refused = push("HEAD");
            assert!(
                refused.exits(1).stderr().contains("src/x.rs is outside the ticket lanes"),
                "{refused}"
            );
            push("HEAD^").success();
            server.git(&["update-ref", "refs/heads/main", &seed]);
        }
        fs::remove_file(server.path().join("hooks").join(hook)).unwrap();
    }
}
