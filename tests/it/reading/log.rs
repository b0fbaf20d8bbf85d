use super::{active_path, held, queue_path, seeded};
use crate::harness::{Do, On, Place, Sandbox, Shim, queue_ticket};

const BOB: &str = "Bob Example <bob@example.org>";

/// A history as claims and releases make it, written with plain git.
fn history() -> Sandbox {
    let sandbox = seeded();
    let bob = sandbox.clone_named("bob");
    let trailers =
        |claim: &str| format!("Tix-Ticket: TICKET-login-001\nTix-Claim: {claim}\nTix-Actor: {BOB}");
    let commit = |message: &str, at: u32| {
        let date = format!("2026-01-01T00:00:{at:02}Z");
        let git = bob.env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", date);
        git.git(&["add", "--", "tickets"]);
        git.git(&["commit", "-q", "-m", message]);
    };
    let (queue, active) = (queue_path("TICKET-login-001"), active_path("TICKET-login-001"));
    bob.write(&active, held("TICKET-login-001").text());
    std::fs::remove_file(bob.path().join(&queue)).unwrap();
    commit(&format!("claim: TICKET-login-001\n\n{}\nTix-Host: heron", trailers("c1")), 10);
    std::fs::remove_file(bob.path().join(&active)).unwrap();
    bob.write(&queue, queue_ticket("TICKET-login-001"));
    let reason = "  Tix-Actor: Eve";
    commit(&format!("release: TICKET-login-001\n\n{reason}\n\n{}", trailers("c1")), 20);
    bob.write(&queue, queue_ticket("TICKET-login-001") + "more\n");
    commit("an edit by hand", 30);
    bob.git(&["push", "-q"]);
    bob.git(&["switch", "-q", "-c", "ticket/TICKET-login-001"]);
    bob.write(&queue, queue_ticket("TICKET-login-001") + "even more\n");
    commit(&format!("activate: TICKET-login-001\n\n{}", trailers("c2")), 40);
    bob.git(&["push", "-q", "origin", "HEAD"]);
    sandbox
}

fn told(clone: &Place, args: &[&str]) -> Vec<String> {
    let answer = clone.tix(&[&["log", "--json"], args].concat()).success().json();
    assert_eq!(answer["schema"], "tix/log@1");
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|e| format!("{} {}", e["operation"].as_str().unwrap(), e["source"])).collect()
}

#[test]
fn the_story_is_told_from_git_alone_oldest_first() {
    let sandbox = history();
    let clone = sandbox.clone_named("a");
    let story = ["claim \"git\"", "release \"git\"", "activate \"git\""];
    assert_eq!(told(&clone, &["login"]), story);
    assert_eq!(told(&clone, &[]), story);
    assert_eq!(told(&clone, &["mail"]), [""; 0]);
    let answer = clone.tix(&["log", "login", "--json"]).success().json();
    let claim = &answer["events"][0];
    assert_eq!(claim["at"], "2026-01-01T00:00:10Z");
    assert_eq!(
        (&claim["by"], &claim["host"], &claim["claim"]),
        (&BOB.into(), &"heron".into(), &"c1".into())
    );
    let paths =
        serde_json::json!([active_path("TICKET-login-001"), queue_path("TICKET-login-001")]);
    assert_eq!(claim["paths"], paths);
    // A reason cannot pretend to be a trailer.
    assert_eq!(answer["events"][1]["by"], BOB);
    let output = clone.tix(&["log", "login"]);
    let first = output.success().stdout().lines().nth(1).unwrap();
    let commit = claim["commit"].as_str().unwrap();
    assert_eq!(
        first,
        format!(
            "2026-01-01T00:00:10Z\tclaim\tTICKET-login-001\t{BOB}\t{}\ton heron",
            &commit[..10]
        )
    );
}

#[test]
fn what_only_this_clone_knows_stands_beside_it() {
    let sandbox = history();
    let clone = sandbox.clone_named("a");
    let answer = clone.tix(&["log", "login", "--json"]).success().json();
    let claim = answer["events"][0]["commit"].as_str().unwrap();
    let lines = [
        serde_json::json!({"schema": "tix/failure@1", "operation": "activate", "ticket": "login-001",
            "at": "2026-01-01T00:00:05Z", "exit": 7, "message": "origin\u{1b}[31m cannot be reached"}),
        serde_json::json!({"schema": "tix/receipt@1", "operation": "activate",
            "ticket": "TICKET-login-001", "outcome": "activated", "commits": [claim], "attempts": 3,
            "duration_ms": 71}),
    ];
    let lines: String = lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect();
    clone.write(clone.common_dir().join("tix/audit.jsonl"), format!("half a li\n{lines}{{\"cut"));
    let story = ["activate \"failure\"", "claim \"git\"", "release \"git\"", "activate \"git\""];
    assert_eq!(told(&clone, &["login"]), story);
    let answer = clone.tix(&["log", "login", "--json"]).success().json();
    assert_eq!(
        (&answer["events"][1]["attempts"], &answer["events"][1]["duration_ms"]),
        (&3.into(), &71.into())
    );
    let output = clone.tix(&["log", "login"]);
    let text = output.success().stdout();
    assert!(text.contains("failed (exit 7): origin\\u{1b}[31m cannot be reached"), "{output}");
    assert!(text.contains("\ton heron; 3 attempts; 71 ms\n"), "{output}");
    assert_eq!(told(&clone, &["login", "--limit", "1"]), ["activate \"git\""]);
}

#[test]
fn a_ticket_that_is_gone_keeps_its_story() {
    let sandbox = history();
    let clone = sandbox.clone_named("a");
    clone.git(&["rm", "-q", &queue_path("TICKET-login-001")]);
    clone.git(&["commit", "-q", "-m", "no ticket any more"]);
    clone.git(&["push", "-q"]);
    assert_eq!(told(&clone, &["TICKET-login-001"]).len(), 3);
    clone.tix(&["log", "TICKET-never-001"]).exits(4);
}

#[test]
fn settings_of_the_user_do_not_change_the_story() {
    let sandbox = history();
    let clone = sandbox.clone_named("a");
    for (key, value) in [
        ("log.showSignature", "true"),
        ("log.follow", "true"),
        ("log.date", "relative"),
        ("log.diffMerges", "first-parent"),
        ("grep.patternType", "fixed"),
        ("diff.renames", "copies"),
        ("diff.noprefix", "true"),
        ("diff.orderFile", "/is/not/there"),
        ("color.ui", "always"),
        ("core.abbrev", "5"),
        ("i18n.logOutputEncoding", "ISO-8859-1"),
    ] {
        clone.git(&["config", key, value]);
    }
    assert_eq!(told(&clone, &["login"]).len(), 3);
    for command in ["check", "report", "doctor"] {
        let output = clone.tix(&[command, "--json"]);
        assert!(output.success().json()["schema"].is_string(), "{command}");
    }
}

#[test]
fn a_failure_is_told_of_the_ticket_that_it_was_about_whatever_was_typed() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let full = Do::Fail { code: 128, stderr: "fatal: disk full\n" };
    shim.rule(On::command("worktree").with("add"), full);
    clone.tix_command(&["activate", "login"]).through(&shim).run().exits(5);
    clone.tix(&["release", "login"]).exits(5);
    sandbox.remote().hook("pre-receive", "exit 1");
    clone.tix(&["activate", "login-001"]).exits(6);
    clone.tix(&["note", "login", "hello"]).exits(6);
    let failures = |query: &str| {
        let answer = clone.tix(&["log", query, "--json"]).success().json();
        let events = answer["events"].as_array().unwrap().clone();
        let mut told: Vec<String> = events
            .iter()
            .filter(|event| event["source"] == "failure")
            .map(|event| format!("{} {} {}", event["operation"], event["exit"], event["tickets"]))
            .collect();
        told.sort();
        told
    };
    let tickets = "[\"TICKET-login-001\"]";
    let all = ["\"activate\" 5", "\"activate\" 6", "\"note\" 6", "\"release\" 5"];
    assert_eq!(failures("TICKET-login-001"), all.map(|what| format!("{what} {tickets}")));
    assert_eq!(failures("mail"), [""; 0]);
    // A line that says only what was typed is known by what it came to.
    let line = |ticket: &str, key: &str, value: serde_json::Value| {
        let mut line = serde_json::json!({"schema": "tix/failure@1", "operation": "activate",
            "ticket": ticket, "at": "2026-01-01T00:00:05Z", "exit": 8, "message": "cut off"});
        line[key] = value;
        format!("{line}\n")
    };
    let (path, id) = (active_path("TICKET-login-001"), "TICKET-login-001");
    let lines = [
        line("lo", "paths", serde_json::json!([path])),
        line("lo", "details", serde_json::json!([["held by", BOB], ["ticket", id]])),
        line("lo", "details", serde_json::json!([["held by", id]])),
    ];
    clone.write(clone.common_dir().join("tix/audit.jsonl"), lines.concat());
    assert_eq!(failures(id).len(), 2);
}

#[test]
fn claim_activation_and_release_are_all_told_each_with_its_own_receipt() {
    let sandbox = seeded();
    // All in one second, in which only the ancestry says what came first.
    let clone = sandbox.clone_named("a").frozen_at("2026-01-01T00:00:00Z");
    let claim = clone.tix(&["activate", "login", "--json"]).success().json();
    assert_eq!(told(&clone, &["login"]), ["claim \"git\"", "activate \"git\""]);
    clone.tix(&["activate", "login", "--resume"]).success();
    let release = clone.tix(&["release", "login", "--json"]).success().json();
    let answer = clone.tix(&["log", "login", "--json"]).success().json();
    let of = |event: &serde_json::Value| {
        ["operation", "source", "commit", "outcome", "attempts", "duration_ms"]
            .map(|key| event[key].clone())
    };
    let [claimed, activated, released, already] = [0, 1, 2, 3].map(|n| of(&answer["events"][n]));
    let none = serde_json::Value::Null;
    let [outcome, attempts, took] =
        ["outcome", "attempts", "duration_ms"].map(|k| claim[k].clone());
    assert_eq!(
        claimed,
        ["claim".into(), "git".into(), claim["claim"]["commit"].clone(), outcome, attempts, took]
    );
    // The branch that its commit was on is gone.
    let (commit, receipt) = (claim["commits"][1].clone(), "receipt".into());
    assert_eq!(
        activated,
        ["activate".into(), receipt, commit, none.clone(), none.clone(), none.clone()]
    );
    let [outcome, attempts, took] =
        ["outcome", "attempts", "duration_ms"].map(|k| release[k].clone());
    assert_eq!(
        released,
        ["release".into(), "git".into(), release["commits"][0].clone(), outcome, attempts, took]
    );
    assert_eq!(already[..4], ["activate".into(), "receipt".into(), none, "already".into()]);
    let other = sandbox.clone_named("b");
    assert_eq!(told(&other, &["login"]), ["claim \"git\"", "release \"git\""]);
}
