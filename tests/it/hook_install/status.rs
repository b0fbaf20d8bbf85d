//! `tix hook status`: every word that it has.

use super::*;

#[test]
fn every_state_of_a_hook_has_its_word() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    let hook = dir.join("pre-commit");
    clone.tix(&["hook", "install", "--files"]).success();
    let ours = fs::read_to_string(&hook).unwrap();
    let rows: &[(&str, &dyn Fn(), bool)] = &[
        ("installed", &|| {}, true),
        ("missing", &|| fs::remove_file(&hook).unwrap(), false),
        ("not executable", &|| write_mode(&hook, &ours, 0o644), false),
        ("edited", &|| write_mode(&hook, &format!("{ours}#\n"), 0o755), false),
        ("foreign", &|| write_mode(&hook, "#!/bin/sh\nnpm test\n", 0o755), false),
        ("called", &|| write_mode(&hook, "#!/bin/sh\nexec tix hook git pre-commit\n", 0o755), true),
        ("foreign", &|| write_mode(&hook, "#!/bin/sh\n# tix hook git pre-commit\n", 0o755), false),
        (
            "foreign",
            &|| write_mode(&hook, "#!/bin/sh\nexec tix hook git pre-commit\n", 0o644),
            false,
        ),
        (
            "dangling",
            &|| {
                fs::remove_file(&hook).unwrap();
                symlink("nowhere", &hook).unwrap();
            },
            false,
        ),
        (
            "foreign",
            &|| {
                fs::remove_file(&hook).unwrap();
                fs::create_dir(&hook).unwrap();
            },
            false,
        ),
    ];
    for (word, make, expected) in rows {
        make();
        let (states, in_order) = states(&clone);
        assert_eq!((states["pre-commit"].as_str(), in_order), (*word, *expected));
        assert_eq!(states["pre-push"], "installed");
        let output = clone.tix(&["hook", "status"]);
        output.exits(i32::from(!expected));
        assert!(output.stdout().contains(&format!("pre-commit\t{word}\t")), "{output}");
        assert_eq!(output.stderr().contains("hint: tix hook install"), !expected, "{output}");
    }
}

#[test]
fn what_git_does_not_look_at_is_shadowed() {
    let (_sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--files"]).success();
    for path in [".husky/_", "/nowhere", "/dev/null"] {
        clone.git(&["config", "core.hooksPath", path]);
        let (states, in_order) = states(&clone);
        assert!(!in_order && USUAL.iter().all(|hook| states[*hook] == "shadowed"), "{states:?}");
    }
}

#[test]
fn the_answer_is_one_object_also_when_it_is_no() {
    let (_sandbox, clone) = scene();
    let output = clone.tix(&["hook", "status", "--json"]);
    output.exits(1);
    assert_eq!(output.json()["in_order"], false);
    assert_eq!(output.stderr(), "");
    let outside = clone.at("../outside").tix(&["hook", "status", "--json"]);
    outside.exits(5);
    assert_eq!(outside.json()["schema"], "tix/error@1");
}

/// Settings that a process gives git by its environment, each with the variable that is to be named.
fn environments(path: &str) -> [(&'static str, Vec<(&'static str, String)>); 3] {
    let numbered = |count: &str| {
        vec![
            ("GIT_CONFIG_COUNT", count.to_owned()),
            ("GIT_CONFIG_KEY_0", "core.hooksPath".to_owned()),
            ("GIT_CONFIG_VALUE_0", path.to_owned()),
        ]
    };
    let parameters = ("GIT_CONFIG_PARAMETERS", format!("'core.hookspath'='{path}'"));
    let both = numbered("1").into_iter().chain([("GIT_CONFIG_PARAMETERS", "'a.b'='c'".to_owned())]);
    [
        ("GIT_CONFIG_COUNT", numbered("1")),
        ("GIT_CONFIG_PARAMETERS", vec![parameters]),
        ("GIT_CONFIG_COUNT", both.collect()),
    ]
}

#[test]
fn hooks_that_the_environment_of_the_asking_process_hides_are_shadowed() {
    let (_sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--files"]).success();
    for path in ["", "/dev/null", "/nowhere", "hooks"] {
        for (variable, environment) in environments(path) {
            let there = environment.iter().fold(clone.at("."), |c, (key, value)| c.env(key, value));
            // git does the same with it.
            there.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
            there.git(&["reset", "-q", "--soft", "HEAD~"]);
            let (states, in_order) = states(&there);
            let usual = USUAL.iter().all(|hook| states[*hook] == "shadowed");
            assert!(!in_order && usual, "{path} {variable} {states:?}");
            let told = there.tix(&["hook", "status"]);
            let by = format!(", by the environment of this process: {variable})");
            assert!(told.exits(1).stdout().contains(&by), "{told}");
            let without = format!("env -u {variable} tix hook status");
            assert!(told.stderr().contains(&without), "{told}");
            assert!(!told.stderr().contains("hint: tix hook install"), "{told}");
            let install = there.tix(&["hook", "install", "--files"]);
            let note = format!("note: by the environment of this process ({variable}) git takes");
            assert!(install.success().stdout().contains(&note), "{install}");
            let doctor = there.tix(&["doctor", "--json"]).json();
            let mut findings = doctor["findings"].as_array().unwrap().iter();
            let finding = findings.find(|f| f["check"] == "hooks-missing").unwrap().to_string();
            assert!(finding.contains("keeps git from running the guard's hooks"), "{finding}");
            assert!(finding.contains("warning") && finding.contains(variable), "{finding}");
        }
    }
    assert!(states(&clone).1);
}

#[test]
fn an_environment_that_leads_to_hooks_that_run_the_guard_hides_nothing() {
    let (sandbox, clone) = scene();
    let dir = hooks(&clone);
    let linked = sandbox.root().join("the same hooks");
    clone.tix(&["hook", "install", "--files"]).success();
    symlink(&dir, &linked).unwrap();
    for path in [dir.to_str().unwrap(), linked.to_str().unwrap()] {
        for (_, environment) in environments(path) {
            let there = environment.iter().fold(clone.at("."), |c, (key, value)| c.env(key, value));
            assert!(states(&there).1, "{environment:?}");
        }
    }
    // Of what is not installed nothing is hidden.
    clone.tix(&["hook", "uninstall"]).success();
    let [(_, environment), ..] = environments("/dev/null");
    let there = environment.iter().fold(clone.at("."), |c, (key, value)| c.env(key, value));
    assert_eq!(states(&there).0["pre-commit"], "missing");
    let doctor = there.tix(&["doctor"]);
    assert!(doctor.success().stdout().contains("not installed in this clone"), "{doctor}");
}

#[test]
fn a_file_that_the_environment_names_as_the_users_settings_counts_for_them() {
    let (sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--files"]).success();
    let file = sandbox.root().join("settings");
    fs::write(&file, "[core]\n\thooksPath = /dev/null\n").unwrap();
    let there = clone.env("GIT_CONFIG_GLOBAL", &file);
    let (states, in_order) = states(&there);
    assert!(!in_order && states["pre-push"] == "shadowed", "{states:?}");
    let include = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "include.path"),
        ("GIT_CONFIG_VALUE_0", file.to_str().unwrap()),
    ];
    let there = include.iter().fold(clone.at("."), |c, (key, value)| c.env(key, value));
    assert!(!self::states(&there).1, "by way of a file");
}
