use rustix::process::Signal;

use super::{assert_found, found, healthy, queued};
use crate::harness::{On, Shim, no_leftovers, queue_ticket};

#[test]
fn commits_that_only_the_local_trunk_has_are_counted() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let published = clone.git(&["rev-parse", "main"]);
    let mine = "TICKET-mine-001";
    clone.commit("mine", &[(&queued(mine), &queue_ticket(mine))]);
    let ahead = assert_found(&clone, &["warning trunk-ahead -"]);
    assert_eq!(ahead["findings"][0]["message"], "your local main is ahead of origin/main");
    assert_eq!(ahead["findings"][0]["facts"]["only here"], "1 commit");
    sandbox.seed(&[(queued("TICKET-a-001"), queue_ticket("TICKET-a-001"))]);
    let diverged = assert_found(&clone, &["warning trunk-ahead -"]);
    assert_eq!(diverged["findings"][0]["message"], "your local main has diverged from origin/main");
    assert_eq!(diverged["findings"][0]["facts"]["only there"], "1 commit");
    clone.git(&["update-ref", "refs/heads/main", &published]);
    assert_found(&clone, &[]);
}

#[test]
fn pushes_that_go_elsewhere_are_found_and_the_way_out_works() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let fork = sandbox.bare_clone("fork.git");
    clone.git(&["config", "remote.origin.pushurl", fork.path().to_str().unwrap()]);
    let report = assert_found(&clone, &["error pushes-elsewhere -"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["facts"]["push"], fork.path().to_str().unwrap());
    clone.sh(finding["repairs"][0]["command"].as_str().unwrap()).run().success();
    assert_found(&clone, &[]);
}

/// Whoever clones the remote now has another trunk.
#[test]
fn a_default_branch_that_was_renamed_on_the_server_is_found_and_followed() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let remote = sandbox.remote();
    remote.git(&["branch", "next", "main"]);
    remote.git(&["symbolic-ref", "HEAD", "refs/heads/next"]);
    let report = assert_found(&clone, &["error default-moved -"]);
    let finding = &report["findings"][0];
    let message = "the default branch of origin is next, but this clone uses main";
    assert_eq!(finding["message"], message);
    for repair in &finding["repairs"].as_array().unwrap()[..2] {
        clone.sh(repair["command"].as_str().unwrap()).run().success();
    }
    assert_found(&clone, &[]);
    assert_eq!(clone.tix(&["list", "--json"]).success().json()["trunk"], "origin/next");
    // A trunk that somebody has named follows nothing.
    clone.git(&["remote", "set-head", "origin", "main"]);
    clone.git(&["config", "tix.trunk", "main"]);
    clone.git(&["config", "tix.base", "main"]);
    assert_found(&clone, &[]);
}

#[test]
fn a_setting_that_is_not_understood_is_told_once() {
    let sandbox = healthy();
    sandbox.seed(&[(".tix.yaml", "requires: '>= 99'\n\nlanding_order: [a]\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["doctor"]);
    insta::assert_snapshot!(output.exits(1).redacted(), @"
    exit: 1
    ----- stdout -----
    error: origin/main:.tix.yaml:1: it needs tix `>= 99`, and this is tix 0.1.0 [unknown-setting]
      see the settings that this tix knows: tix explain config
      see the version of this tix: tix --version

    error: origin/main:.tix.yaml:3: unknown key `landing_order` [unknown-setting]
      see the settings that this tix knows: tix explain config
      see the version of this tix: tix --version

    info: the guard's hooks are not installed in this clone [hooks-missing]
      hooks      pre-commit missing, pre-merge-commit missing, pre-push missing
      directory  [ROOT]/a/.git/hooks
      install them: tix hook install

    2 errors, 0 warnings: 2 tickets on origin/main, 26 checks
    ----- stderr -----
    ");
    let report = assert_found(&clone, &["error unknown-setting -", "error unknown-setting -"]);
    assert_eq!(report["healthy"], false);
}

#[test]
fn code_on_the_trunk_is_put_elsewhere_before_the_push_and_told_of_after_it() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    clone.commit("mine", &[("src/lib.rs", "// mine\n")]);
    let mine = clone.git(&["rev-parse", "main"]);
    let found = ["warning code-on-trunk -", "warning trunk-ahead -"];
    let report = assert_found(&clone, &found);
    let finding = &report["findings"][0];
    assert_eq!(finding["message"], "1 commit on your local main changes more than tickets");
    let commits = finding["facts"]["commits"].as_str().unwrap();
    assert!(commits.ends_with(" mine (src/lib.rs)"), "{commits}");
    let repair = finding["repairs"][1]["command"].as_str().unwrap();
    clone.sh(repair).run().success();
    assert_eq!(clone.git(&["rev-parse", "main-mine"]), mine);
    assert_found(&clone, &[]);
    clone.git(&["push", "-q", "origin", "main-mine:main"]);
    let report = assert_found(&clone, &["info code-on-trunk -"]);
    let mut told = report["findings"].as_array().unwrap().iter();
    let message = &told.find(|f| f["check"] == "code-on-trunk").unwrap()["message"];
    assert_eq!(message, "1 commit of origin/main changes more than tickets");
    assert_eq!(report["healthy"], true);
}

/// Below the tickets too: what is no ticket's name, and a program in the place of a ticket.
#[test]
fn programs_among_the_tickets_of_the_trunk_are_found() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let hand = sandbox.clone_named("hand");
    for (n, change) in [
        "printf 'package main\n' >tickets/queue/exploit.go && git add .",
        "git update-index --chmod=+x tickets/queue/TICKET-foo-001.md",
    ]
    .iter()
    .enumerate()
    {
        hand.sh(&format!("{change} && git commit -qm change && git push -q")).run().success();
        let report = clone.tix(&["doctor", "--json"]).success().json();
        let findings = report["findings"].as_array().unwrap();
        let code = findings.iter().find(|f| f["check"] == "code-on-trunk").unwrap();
        let commits = code["facts"]["commits"].as_str().unwrap();
        assert_eq!(commits.matches(" change (tickets/queue/").count(), n + 1, "{commits}");
    }
}

#[test]
fn what_a_killed_run_left_is_found_and_cleared() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let run = clone.at(clone.common_dir().join("tix/run"));
    let leave = || {
        run.write("00000000deadbeef.lock", "");
        run.write("00000000deadbeef/scratch", "half of it");
        clone.git(&["update-ref", "refs/tix/run/00000000deadbeef/x", "HEAD"]);
    };
    let is_left =
        || run.exists("00000000deadbeef") || clone.has_ref("refs/tix/run/00000000deadbeef/x");
    leave();
    let offline = clone.tix(&["doctor", "--offline", "--json"]);
    assert_eq!(found(offline.success()), ["info leftovers -"], "{offline}");
    assert!(is_left(), "a look alone changes nothing");
    let fixed = clone.tix(&["doctor", "--offline", "--fix", "--json"]);
    assert_eq!(fixed.success().json()["fixed"][0]["done"], true, "{fixed}");
    assert!(!is_left());
    leave();
    assert_found(&clone, &["info leftovers -"]);
    assert!(!is_left(), "a fetch clears it, as that of every command does");
    assert_found(&clone, &[]);
}

/// The fetch of a run outlives it, and writes a private ref when others have cleared up behind that run.
#[test]
fn what_the_fetch_of_a_killed_run_brings_is_found_and_cleared() {
    for by in ["doctor", "next run"] {
        let sandbox = healthy();
        let clone = sandbox.clone_named("a");
        let shim = Shim::new(&sandbox);
        let mut gate = shim.gate(On::command("fetch"));
        let mut killed = clone.tix_command(&["list", "--fetch"]).through(&shim).spawn();
        killed.until_at(&gate);
        killed.signal(Signal::KILL);
        clone.tix(&["list", "--fetch"]).success();
        gate.open();
        // Which waits for its fetch too.
        killed.wait().killed_by(9);
        let refs = clone.git(&["for-each-ref", "refs/tix/run/"]);
        assert!(refs.ends_with("/trunk"), "{refs}");
        if by == "doctor" {
            let offline = clone.tix(&["doctor", "--offline", "--json"]);
            assert_eq!(found(offline.success()), ["info leftovers -"], "{offline}");
            clone.tix(&["doctor", "--offline", "--fix"]).success();
        } else {
            clone.tix(&["list", "--fetch"]).success();
        }
        no_leftovers(&clone);
    }
}

#[test]
fn refs_of_killed_runs_are_found_where_git_keeps_them() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let name = "refs/tix/run/00000000deadbeef/trunk";
    clone.git(&["update-ref", name, "HEAD"]);
    clone.git(&["pack-refs", "--all"]);
    let offline = clone.tix(&["doctor", "--offline", "--json"]);
    assert_eq!(found(offline.success()), ["info leftovers -"], "{offline}");
    assert_found(&clone, &["info leftovers -"]);
    no_leftovers(&clone);
    // git was killed on it: what lies there bars git from the ref, and is none.
    clone.git(&["update-ref", name, "HEAD"]);
    clone.at(clone.common_dir()).write(format!("{name}.lock"), "");
    clone.tix(&["list", "--fetch"]).success();
    no_leftovers(&clone);
    // Somebody else's.
    clone.git(&["update-ref", "refs/tix/run/mine", "HEAD"]);
    assert_found(&clone, &[]);
    assert!(clone.has_ref("refs/tix/run/mine"));
}

#[test]
fn a_remote_that_does_not_answer_is_a_warning_among_the_others() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    clone.commit("mine", &[("src/lib.rs", "// mine\n")]);
    let (here, away) = (sandbox.root().join("origin.git"), sandbox.root().join("away.git"));
    std::fs::rename(&here, &away).unwrap();
    let report = assert_found(
        &clone,
        &["warning code-on-trunk -", "warning trunk-ahead -", "warning remote-unseen -"],
    );
    assert!(report["findings"][2]["facts"]["because"].as_str().unwrap().contains("origin"));
    std::fs::rename(&away, &here).unwrap();
    assert_found(&clone, &["warning code-on-trunk -", "warning trunk-ahead -"]);
}

#[test]
fn hooks_are_missed_calmly_where_nobody_installed_them_and_loudly_where_they_broke() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let all = || {
        let report = clone.tix(&["doctor", "--json"]).success().json();
        report["findings"].as_array().unwrap().clone()
    };
    let mend = |expected: &str| {
        let found = all();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (&found[0]["check"], &found[0]["severity"]),
            (&"hooks-missing".into(), &expected.into())
        );
        let repair = found[0]["repairs"][0]["command"].as_str().unwrap();
        let words: Vec<&str> = repair.split(' ').skip(1).collect();
        clone.tix(&words).success();
        assert!(all().is_empty());
    };
    mend("info");
    let hook = clone.common_dir().join("hooks/pre-push");
    std::fs::remove_file(&hook).unwrap();
    mend("warning");
}

#[test]
fn hooks_that_git_passes_over_or_that_call_no_tix_are_found_each_by_its_word() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    let hook = clone.common_dir().join("hooks/pre-commit");
    let install = ["hook", "install", "--files"];
    let write = |text: &str| std::fs::write(&hook, text).unwrap();
    let remove = || std::fs::remove_file(&hook).unwrap();
    // The sums over the texts that follow them.
    let old = "#!/bin/sh\n# tix-hook v0 pre-commit af639e4c86018332\n#";
    let gone = "#!/bin/sh\n# tix-hook v1 pre-commit 317b139bd89d0937\ntix='/gone/tix'\n";
    let rows: &[(&str, &dyn Fn())] = &[
        ("pre-commit missing", &remove),
        ("pre-commit not executable", &|| {
            clone.sh("chmod a-x .git/hooks/pre-commit").run().success();
        }),
        ("pre-commit dangling", &|| {
            remove();
            std::os::unix::fs::symlink("nowhere", &hook).unwrap();
        }),
        ("pre-commit outdated (version 0 of 1)", &|| write(old)),
        ("pre-commit outdated (it names a tix that no longer exists: /gone/tix)", &|| write(gone)),
        ("pre-commit edited", &|| write(&format!("{gone}exit 0\n"))),
        ("pre-commit shadowed (git takes its hooks from /nowhere)", &|| {
            clone.git(&["config", "core.hooksPath", "/nowhere"]);
        }),
    ];
    for (words, damage) in rows {
        clone.tix(&install).success();
        assert_found(&clone, &[]);
        damage();
        let report = clone.tix(&["doctor", "--json"]).success().json();
        let found = report["findings"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        let of = |key: &str| found[0][key].as_str().unwrap();
        assert_eq!((of("check"), of("severity")), ("hooks-missing", "warning"), "{words}");
        let told = found[0]["facts"]["hooks"].as_str().unwrap();
        assert!(told.split(", ").any(|told| told == *words), "{words}: {told}");
        // What somebody has changed is not replaced, and a dangling link may be somebody's.
        remove_any(&hook);
    }
}

fn remove_any(path: &std::path::Path) {
    if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
}
