use super::{assert_found, found, healthy, queued};
use crate::harness::queue_ticket;

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
