//! Hooks in the configuration, which git runs since 2.54. The git of the tests may be older; then a shim says that it is
//! not, and a shell does with the configured command what git would do.

use super::*;
use crate::harness::{Do, On, Shim};

/// A shim under which git says that it is this version.
fn git_of_version(sandbox: &Sandbox, version: &str) -> Shim {
    let shim = Shim::new(sandbox);
    let stdout = format!("git version {version}\n").into_bytes();
    shim.rule(On::command("version"), Do::Replace { stdout, code: 0 });
    shim
}

fn tix(clone: &Place, shim: &Shim, args: &[&str]) -> Output {
    clone.tix_command(args).through(shim).run()
}

fn configured(clone: &Place) -> Vec<String> {
    let names = clone.try_git(&["config", "--local", "--name-only", "--get-regexp", "^hook\\."]);
    names.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn a_newer_git_gets_entries_of_its_configuration_and_loses_them_to_the_last_byte() {
    let (sandbox, clone) = scene();
    let new = git_of_version(&sandbox, "2.54.0");
    clone.git(&["config", "core.hooksPath", ".husky/_"]);
    let before = snapshot(&clone, &hooks(&clone));
    let output = tix(&clone, &new, &["hook", "install", "--json"]);
    assert_eq!(output.success().json()["form"], "config");
    let names = configured(&clone);
    let expected =
        USUAL.map(|hook| ["command", "event"].map(|key| format!("hook.tix-{hook}.{key}")));
    assert_eq!(names, expected.concat());
    assert_eq!(clone.git(&["config", "hook.tix-pre-push.event"]), "pre-push");
    let installed = snapshot(&clone, &hooks(&clone));
    assert_eq!(installed.len(), before.len(), "no file: the guard would run twice");

    let again = tix(&clone, &new, &["hook", "install"]);
    assert!(again.success().stdout().starts_with("nothing to do"), "{again}");
    assert!(again.stdout().contains("tix hook install --files"), "{again}");
    assert_eq!(snapshot(&clone, &hooks(&clone)), installed);
    let status = tix(&clone.worktree("linked"), &new, &["hook", "status", "--json"]);
    assert_eq!(status.success().json()["in_order"], true);

    tix(&clone, &new, &["hook", "uninstall"]).success();
    clone.git(&["worktree", "remove", "../linked"]);
    assert_eq!(snapshot(&clone, &hooks(&clone)), before);
}

#[test]
fn the_command_is_written_first_and_removed_last() {
    let (sandbox, clone) = scene();
    let new = git_of_version(&sandbox, "2.54.0");
    // An event without a command would stop every commit.
    let after = |args: &[&str], subcommand: On| {
        let shim = git_of_version(&sandbox, "2.54.0");
        shim.rule(subcommand, Do::KillBefore);
        clone.tix_command(args).through(&shim).run().killed_by(9);
        configured(&clone)
    };
    let command = "hook.tix-pre-commit.command";
    let setting = On::command("config").with("hook.tix-pre-commit.event");
    assert_eq!(after(&["hook", "install"], setting), [command]);
    let status = tix(&clone, &new, &["hook", "status", "--json"]).json();
    assert_eq!(status["hooks"][0]["state"], "outdated");
    tix(&clone, &new, &["hook", "install"]).success();
    assert_eq!(configured(&clone).len(), 6);
    let removing = On::command("config").with(command).with("--unset-all");
    assert_eq!(
        after(&["hook", "uninstall"], removing)
            .iter()
            .filter(|name| name.contains("pre-commit"))
            .collect::<Vec<_>>(),
        [command]
    );
    tix(&clone, &new, &["hook", "uninstall"]).success();
    assert_eq!(configured(&clone), [""; 0]);
}

#[test]
fn git_calls_the_configured_command_with_its_arguments_and_input() {
    let (sandbox, clone) = scene();
    let new = git_of_version(&sandbox, "3.0.1");
    tix(&clone, &new, &["hook", "install", "--strict"]).success();
    clone.write_script(
        "../bin/tix",
        "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$HOME/guard\"\nexit ${GUARD_EXIT:-0}\n",
    );
    // run-command.c: with arguments, `sh -c '<command> "$@"' <command> <arguments>`.
    let run = |hook: &str, place: &Place, found: &str| {
        let command = clone.git(&["config", &format!("hook.tix-{hook}.command")]);
        let command = command.replace(env!("CARGO_BIN_EXE_tix"), found);
        let line = format!("{command} \"$@\"");
        let args = ["-c", &line, &command, "prepared", "a  b"];
        place.command(Path::new("/bin/sh"), &args).stdin("x y refs/heads/main z\n").run()
    };
    let other = clone.path().parent().unwrap().join("bin/tix");
    for (place, found) in [(&clone, other.to_str().unwrap()), (&clone, "/nowhere/tix")] {
        for hook in STRICT {
            run(hook, place, found).success();
            assert_eq!(
                guarded(&clone),
                format!("hook git {hook} prepared a  b\nx y refs/heads/main z\n")
            );
            run(hook, &place.env("GUARD_EXIT", "1"), found).exits(1);
            guarded(&clone);
        }
    }
    fs::remove_file(&other).unwrap();
    for (hook, code) in STRICT.iter().zip([1, 1, 1, 1, 0]) {
        run(hook, &clone, "/nowhere/tix").exits(code);
    }
}

#[test]
fn the_guard_is_never_there_in_both_forms() {
    let (sandbox, clone) = scene();
    let [old, new] = ["2.53.0", "2.54.0"].map(|version| git_of_version(&sandbox, version));
    let form = |shim: &Shim, args: &[&str]| {
        let args = [&["hook", "install", "--json"], args].concat();
        tix(&clone, shim, &args).success().json()["form"].as_str().unwrap().to_owned()
    };
    let forms = || (hooks(&clone).join("pre-commit").exists(), !configured(&clone).is_empty());
    assert_eq!(form(&new, &[]), "config");
    assert_eq!(forms(), (false, true));
    let status = tix(&clone, &old, &["hook", "status", "--json"]);
    assert_eq!(
        status.exits(1).json()["hooks"][0]["state"],
        "shadowed",
        "this git reads none of it"
    );
    assert_eq!(form(&old, &[]), "files");
    assert_eq!(forms(), (true, false));
    assert_eq!(form(&new, &[]), "files", "the older git is still about");
    assert_eq!(forms(), (true, false));
    tix(&clone, &new, &["hook", "uninstall"]).success();
    assert_eq!(form(&new, &["--files"]), "files");
    assert_eq!(forms(), (true, false));
}

#[test]
fn what_somebody_configured_by_hand_stays() {
    let (sandbox, clone) = scene();
    let new = git_of_version(&sandbox, "2.54.0");
    let state =
        || tix(&clone, &new, &["hook", "status", "--json"]).json()["hooks"][0]["state"].clone();
    clone.git(&["config", "hook.tix-pre-commit.command", "tix hook git pre-commit"]);
    clone.git(&["config", "hook.tix-pre-commit.event", "pre-commit"]);
    let by_hand = configured(&clone);
    let did = did(&tix(&clone, &new, &["hook", "install", "--json"]));
    assert_eq!((did["pre-commit"].as_str(), did["pre-push"].as_str()), ("unchanged", "written"));
    assert_eq!(state(), "called");
    clone.git(&["config", "hook.tix-pre-commit.enabled", "false"]);
    assert_eq!(state(), "off");
    clone.git(&["config", "--unset", "hook.tix-pre-commit.enabled"]);
    tix(&clone, &new, &["hook", "uninstall"]).success();
    assert_eq!(configured(&clone), by_hand);
    clone.git(&["config", "hook.tix-pre-commit.command", "make check"]);
    assert_eq!(state(), "edited");
    let refused = tix(&clone, &new, &["hook", "install"]);
    refused.exits(5);
    assert!(
        refused.stderr().contains("hook.tix-pre-commit.command is not what tix wrote"),
        "{refused}"
    );
}

#[test]
fn an_environment_hides_configured_hooks_only_where_it_switches_them_off_or_changes_them() {
    let (sandbox, clone) = scene();
    let new = git_of_version(&sandbox, "2.55.0");
    tix(&clone, &new, &["hook", "install"]).success();
    let with = |key: &str, value: &str| {
        let setting =
            [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", key), ("GIT_CONFIG_VALUE_0", value)];
        let there = setting.iter().fold(clone.at("."), |c, (key, value)| c.env(key, value));
        let status = tix(&there, &new, &["hook", "status", "--json"]).json();
        status["hooks"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(with("core.hooksPath", "/dev/null"), "installed");
    assert_eq!(with("hook.tix-pre-commit.enabled", "false"), "off");
    assert_eq!(with("hook.pre-commit.enabled", "false"), "off");
    assert_eq!(with("hook.tix-pre-commit.command", "true"), "shadowed");
    assert_eq!(with("hook.tix-pre-push.command", "true"), "installed");
}
