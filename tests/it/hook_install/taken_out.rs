//! Taking hooks out: only what is still ours.

use super::*;

#[test]
fn only_what_is_still_ours_is_taken_away() {
    let (_sandbox, clone) = scene();
    let dir = hooks(&clone);
    let mine = "#!/bin/sh\n# mine\n";
    for hook in USUAL {
        write_mode(&dir.join(hook), mine, 0o755);
    }
    clone.tix(&["hook", "install", "--files"]).success();
    // One was changed, one was replaced, one was removed; all have something set aside.
    let changed = fs::read_to_string(dir.join("pre-commit")).unwrap() + "echo more\n";
    fs::write(dir.join("pre-commit"), &changed).unwrap();
    write_mode(&dir.join("pre-merge-commit"), "#!/bin/sh\n# another\n", 0o755);
    fs::remove_file(dir.join("pre-push")).unwrap();
    let before = snapshot(&clone, &dir);
    let output = clone.tix(&["hook", "uninstall"]);
    let text = output.success().stdout();
    assert_eq!(snapshot(&clone, &dir), before);
    assert!(text.contains("somebody has changed it"), "{output}");
    for hook in ["pre-merge-commit", "pre-push"] {
        assert!(
            text.contains(&format!("{hook}.tix-prev is what was there before tix")),
            "{output}"
        );
    }
}

#[test]
fn what_core_hooks_path_hides_is_taken_out_too() {
    let (_sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--files"]).success();
    clone.git(&["config", "core.hooksPath", ".husky/_"]);
    assert_eq!(states(&clone).0["pre-commit"], "shadowed");
    clone.tix(&["hook", "uninstall"]).success();
    assert!(!hooks(&clone).join("pre-commit").exists());
    assert_eq!(states(&clone).0["pre-commit"], "missing");
}
