//! What a worker gets to know, and what is said of it.

use super::*;
use crate::activate::{ACTIVE, key};

#[test]
fn a_worker_knows_what_it_works_on_and_nothing_of_the_hook_that_tix_ran_in() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let script =
        "env | grep -E '^(TIX|GIT|PLAIN)_' | sort; pwd -P; git rev-parse --abbrev-ref HEAD";
    let place = clone
        .env("GIT_DIR", clone.path().join(".git"))
        .env("GIT_INDEX_FILE", "/nowhere/index")
        .env("GIT_PREFIX", "x/")
        .env("PLAIN_THING", "kept")
        .env("TIX_SESSION", "s-1");
    let output = place.tix(&["run", ID, "--", "sh", "-c", script]);
    let lines: Vec<&str> = output.success().stdout().lines().collect();
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    let path = workspace(&clone, ID).display().to_string();
    let ready = format!("TIX_READY={}/.git/tix/workers/{ID}.ready", clone.path().display());
    for line in [
        "PLAIN_THING=kept",
        &format!("TIX_BRANCH=ticket/{ID}"),
        &format!("TIX_CLAIM_ID={claim}"),
        &ready,
        &format!("TIX_TICKET={ID}"),
        &format!("TIX_WORKSPACE={path}"),
        &path,
        &format!("ticket/{ID}"),
    ] {
        assert!(lines.contains(&line), "{line}\n{output}");
    }
    assert!(lines.iter().any(|line| line.starts_with("TIX_SESSION=worker-")), "{output}");
    let leaked = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"];
    assert!(!lines.iter().any(|l| leaked.iter().any(|name| l.starts_with(name))), "{output}");
}

#[test]
fn a_worker_without_a_session_gets_one_and_is_told_that_the_ticket_is_its_own() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let tix = env!("CARGO_BIN_EXE_tix");
    let script = format!("test -n \"$TIX_SESSION\" && '{tix}' activate \"$TIX_TICKET\"");
    let output = clone.tix(&["activate", ID, "--exec", "sh", "-c", &script]);
    assert!(output.success().stdout().starts_with(&format!("{ID} is yours already\n")), "{output}");
    // Not so for whoever comes without it.
    clone.tix(&["activate", ID]).exits(3);
}

/// What the session has claimed stays its own beside the worker, and what a worker claims is that worker's.
#[test]
fn each_worker_is_a_session_of_its_own() {
    let (sandbox, ids) = crate::activate::many_tickets(3);
    let clone = sandbox.clone_named("a");
    let tix = env!("CARGO_BIN_EXE_tix");
    let session = clone.env("TIX_SESSION", "s-1");
    let mine = |place: &Place| {
        let listed = place.tix(&["list", "--mine", "--json"]).success().json();
        listed["tickets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].clone())
            .collect::<Vec<_>>()
    };
    let work = |place: &Place, id: &str, script: &str| {
        place.tix(&["activate", id, "--exec", "sh", "-c", script]).success();
    };
    let script = format!(
        "'{tix}' activate {} && '{tix}' list --mine --json >../mine && '{tix}' activate \"$TIX_TICKET\"",
        ids[1]
    );
    work(&session, &ids[0], &script);
    let listed = clone.at(workspace(&clone, &ids[0])).read("../mine");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["total"], 2, "{listed}");
    assert_eq!(mine(&session), ids[..1]);
    session.tix(&["release", &ids[1]]).exits(3);
    // The next one is refused both, and hands its own in.
    let refused = |id: &str| format!("'{tix}' release {id}; test $? = 3");
    let script = format!("{} && {} && '{tix}' release", refused(&ids[0]), refused(&ids[1]));
    work(&session, &ids[2], &script);
    assert_eq!(mine(&session), ids[..1]);
    session.tix(&["release", &ids[0]]).success();
    // What was claimed by hand is the worker's alone for as long as it works, and everybody's again.
    let other = format!("TIX_SESSION=other '{tix}' release {}; test $? = 3", ids[0]);
    work(&clone, &ids[0], &other);
    clone.env("TIX_SESSION", "other").tix(&["release", &ids[0]]).success();
}

#[test]
fn the_answers_for_people_and_programs() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let gate = Gate::new(&sandbox.fresh_directory("gate"));
    // Both would be on stdout.
    clone.tix(&["run", ID, "--json", "--", "true"]).exits(2);
    clone.tix(&["activate", ID, "--json", "--exec", "true"]).exits(2);
    clone.tix(&["activate", ID, "--detach"]).exits(2);
    // In no time nothing is proved.
    for option in ["--alive-for", "--require-ready"] {
        let output = clone.tix(&["run", ID, "--detach", option, "0", "--", "true"]);
        assert!(output.exits(2).stderr().contains("it must be longer than 0s"), "{output}");
    }
    let run = ["run", ID, "--json", "--detach", "--alive-for", "1m", "--", "true"];
    let done = clone.tix(&run).success().json();
    assert_eq!((&done["worker"]["state"], &done["worker"]["exit"]), (&"done".into(), &0.into()));
    let script = format!("echo 'see https://u:secret@host/'\n{}", ready_until(&gate));
    let output = clone.tix(&["run", ID, "--detach", "--", "sh", "-c", &script]);
    let pid = record(&clone).unwrap()["pid"].to_string();
    let shown = output.success().redacted().replace(&pid, "[PID]");
    insta::assert_snapshot!(shown, @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 has a worker
      worker     process [PID]
      log        '[ROOT]/a/.git/tix/workers/TICKET-foo-001.log'
    ----- stderr -----
    ");
    let log = clone.read(format!(".git/tix/workers/{ID}.log"));
    assert_eq!(log, "see https://u:secret@host/\n");
    // The program's own words are in the log alone.
    let written = record(&clone).unwrap().to_string();
    assert!(!written.contains("secret"), "{written}");
    let told = clone.tix(&["log", ID]);
    assert!(told.success().stdout().contains("run"), "{told}");
}

#[test]
fn everything_after_exec_is_the_workers() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let args = ["activate", ID, "--exec", "echo", "--json", "-C", "--", "--help", "-q"];
    assert_eq!(clone.tix(&args).success().stdout(), "--json -C -- --help -q\n");
}

#[test]
fn there_must_be_a_workspace_to_work_in() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["run", ID, "--", "true"]);
    insta::assert_snapshot!(output.exits(4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 has no workspace here
    hint: claim it first: tix activate TICKET-foo-001
    ");
    // Taken from this clone behind its back, as far as it knows by now.
    clone.tix(&["activate", ID]).success();
    let other = sandbox.clone_named("b");
    other.tix(&["activate", ID, "--resume", "--no-worktree"]).success();
    other.tix(&["release", ID]).success();
    other.tix(&["activate", ID, "--no-worktree"]).success();
    clone.git(&["fetch", "-q"]);
    let output = clone.tix(&["run", ID, "--", "true"]);
    assert!(output.exits(3).stderr().contains("has ended"), "{output}");
}
