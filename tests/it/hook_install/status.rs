//! `tix hook status`: every word that it has.

use super::*;

#[test]
fn every_state_of_a_hook_has_its_word() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    let hook = dir.join("pre-commit");
    clone.tix(&["hook", "install"]).success();
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
    clone.tix(&["hook", "install"]).success();
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
