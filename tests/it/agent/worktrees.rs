//! What Claude Code asks besides: for a worktree to start in, to be rid of one, and whether a session may end.

use serde_json::{Value, json};

use super::{ask, seeded};
use crate::harness::{Gate, Output, Place, Sandbox};

fn wants(place: &Place, session: &str, name: &str) -> Output {
    let event = json!({"hook_event_name": "WorktreeCreate", "cwd": place.path(), "session_id": session, "name": name});
    ask(place, "claude", &event)
}

fn gives_up(place: &Place, path: &str) -> Output {
    let event =
        json!({"hook_event_name": "WorktreeRemove", "cwd": place.path(), "worktree_path": path});
    ask(place, "claude", &event)
}

fn ends(place: &Place, session: &str) -> Output {
    let event = json!({"hook_event_name": "Stop", "cwd": place.path(), "session_id": session, "stop_hook_active": false});
    ask(place, "claude", &event)
}

#[test]
fn a_worktree_with_a_tickets_name_is_its_workspace() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let made = wants(&clone, "s1", "TICKET-foo-001");
    let path = made.success().stdout().trim_end().to_owned();
    let here = clone.at(&path);
    assert_eq!(here.git(&["branch", "--show-current"]), "ticket/TICKET-foo-001");
    assert!(here.exists("tickets/active/TICKET-foo-001/TICKET-foo-001.md"));
    // The session that got it gets it again; nobody else does, in this clone or another.
    assert_eq!(wants(&clone, "s1", "TICKET-foo-001").success().stdout().trim_end(), path);
    for (place, session) in [(clone, "s2"), (sandbox.clone_named("other"), "s3")] {
        let lost = wants(&place, session, "TICKET-foo-001");
        assert!(lost.exits(2).stderr().starts_with("held: TICKET-foo-001 is held"), "{lost}");
        assert_eq!(lost.stdout(), "");
    }
}

#[test]
fn a_worktree_for_what_was_claimed_by_hand_is_its_workspace() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "TICKET-foo-001"]).success();
    let path = clone.tix(&["path", "TICKET-foo-001"]);
    let wanted = wants(&clone, "s1", "TICKET-foo-001");
    assert_eq!(wanted.success().stdout().trim_end(), path.success().stdout().trim_end());
    wants(&clone, "s2", "TICKET-foo-001").exits(2);
}

#[test]
fn a_worktree_without_a_name_is_refused() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let event =
        json!({"hook_event_name": "WorktreeCreate", "cwd": clone.path(), "session_id": "s"});
    let refused = ask(&clone, "claude", &event);
    assert!(refused.exits(2).stderr().contains("does not say its name"), "{refused}");
}

#[test]
fn a_worktree_with_any_other_name_is_an_ordinary_one() {
    let plain = Sandbox::new();
    plain.seed(&[("a.txt", "a\n")]);
    for sandbox in [seeded(), plain] {
        let clone = sandbox.clone_named("clone");
        clone.commit("not published", &[("b.txt", "b\n")]);
        clone.write(".git/info/exclude", "secret\n");
        clone.write(".worktreeinclude", "secret\n");
        clone.write("secret", "s\n");
        let path = wants(&clone, "s", "fix/me").success().stdout().trim_end().to_owned();
        assert!(path.ends_with("/.claude/worktrees/fix+me"), "{path}");
        let here = clone.at(&path);
        assert_eq!(here.git(&["branch", "--show-current"]), "worktree-fix+me");
        assert_eq!(here.git(&["rev-parse", "HEAD"]), clone.git(&["rev-parse", "origin/main"]));
        assert_eq!(here.read("secret"), "s\n");
        assert_eq!(wants(&clone, "s", "fix/me").success().stdout().trim_end(), path);
        for name in ["..", "../x", "x y", "", "@", ".git"] {
            assert_eq!(wants(&clone, "s", name).exits(2).stdout(), "", "{name}");
        }
        // Nothing is lost with it.
        here.write("c.txt", "c\n");
        assert!(gives_up(&clone, &path).exits(2).stderr().contains("not committed"));
        here.commit("c", &[("c.txt", "c\n")]);
        gives_up(&clone, &path).success();
        assert!(!here.path().exists() && clone.has_ref("refs/heads/worktree-fix+me"));
        let again = wants(&clone, "s", "fix/me").success().stdout().trim_end().to_owned();
        assert!(clone.at(&again).exists("c.txt"));
        let unused = wants(&clone, "s", "unused").success().stdout().trim_end().to_owned();
        gives_up(&clone, &unused).success();
        assert!(!clone.has_ref("refs/heads/worktree-unused"));
    }
}

/// What git ignores is nobody's to lose either, and an operation that is under way has work that no branch has yet.
#[test]
fn nothing_is_lost_with_a_worktree_that_goes() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write(".git/info/exclude", "notes\n");
    let path = wants(&clone, "s", "spike").success().stdout().trim_end().to_owned();
    let here = clone.at(&path);
    here.commit("kept", &[("k.txt", "k\n")]);
    here.write("notes", "mine\n");
    here.git(&["bisect", "start"]);
    assert!(gives_up(&here, &path).exits(2).stderr().contains("unfinished git operation"));
    here.git(&["bisect", "reset"]);
    gives_up(&here, &path).success();
    assert!(!here.path().exists() && clone.has_ref("refs/heads/worktree-spike"));
    assert!(!clone.git(&["worktree", "list"]).contains("spike"));
    assert_eq!(clone.sh("cat .git/tix/trash/spike-*/notes").run().success().stdout(), "mine\n");
}

#[test]
fn a_worktree_with_commits_on_no_branch_stays_and_a_branch_without_any_goes() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let path = wants(&clone, "s", "spike").success().stdout().trim_end().to_owned();
    let here = clone.at(&path);
    here.git(&["checkout", "-q", "--detach"]);
    here.commit("nowhere", &[("n.txt", "n\n")]);
    assert!(gives_up(&clone, &path).exits(2).stderr().contains("on no branch"));
    assert!(here.exists("n.txt"));
    // The trunk went on since the clone's own branch was there.
    let old = wants(&clone, "s", "old").success().stdout().trim_end().to_owned();
    sandbox.seed(&[("later.txt", "l\n")]);
    clone.git(&["fetch", "-q"]);
    gives_up(&clone, &old).success();
    let new = wants(&clone, "s", "old").success().stdout().trim_end().to_owned();
    assert!(clone.at(&new).exists("later.txt"));
}

#[test]
fn who_goes_on_with_a_ticket_has_it_in_the_session() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    wants(&clone, "s1", "TICKET-foo-001").success();
    let held = wants(&clone, "s2", "TICKET-foo-001");
    assert!(held.exits(2).stderr().contains("start the agent there: cd "), "{held}");
    let begins = |session: &str| {
        let path = clone.path().parent().unwrap().join("clone.worktrees/TICKET-foo-001");
        let there = clone.at(path);
        let event = json!({ "session_id": session, "hook_event_name": "SessionStart", "cwd": there.path() });
        let told = ask(&there, "claude", &event);
        told.success().stdout().contains("`tix activate TICKET-foo-001 --resume`")
    };
    assert_eq!(["s1", "s2"].map(begins), [false, true]);
    let second = clone.env("TIX_SESSION", "s2");
    second.tix(&["activate", "foo", "--resume"]).success();
    second.tix(&["activate", "foo"]).success();
    ends(&clone, "s1").success();
    ends(&clone, "s2").exits(2);
}

#[test]
fn a_workspace_outlives_the_session_that_started_in_it() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let path = wants(&clone, "s", "TICKET-foo-001").success().stdout().trim_end().to_owned();
    assert_eq!(gives_up(&clone, &path).success().stderr(), "");
    assert!(clone.at(&path).exists("tickets"));
}

#[test]
fn a_session_that_ends_with_a_ticket_is_told_once() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let path = wants(&clone, "s", "TICKET-foo-001").success().stdout().trim_end().to_owned();
    ends(&clone, "another").success();
    let told = ends(&clone.at(&path), "s");
    assert!(told.exits(2).stderr().contains("still holds the ticket TICKET-foo-001"), "{told}");
    ends(&clone.at(&path), "s").success();
    // Given back and claimed again, it is another matter.
    clone.tix(&["release", "foo", "--reason", "x"]).success();
    wants(&clone, "s", "TICKET-foo-001").success();
    ends(&clone, "s").exits(2);
}

/// The worker finishes it, and is itself told.
#[test]
fn a_session_that_ends_while_a_worker_is_on_its_ticket_is_not_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = format!(">\"$TIX_READY\"\n{}", gate.script("$$"));
    let own = clone.env("TIX_SESSION", "s");
    own.tix(&["activate", "foo", "--detach", "--exec", "sh", "-c", &script]).success();
    ends(&own, "s").success();
    let worker: Value =
        serde_json::from_str(&clone.read(".git/tix/workers/TICKET-foo-001.json")).unwrap();
    let worker = worker["session"].as_str().unwrap();
    ends(&clone.env("TIX_SESSION", worker), "s").exits(2);
    gate.open();
}

#[test]
fn a_session_that_ends_with_nothing_left_to_do_is_not_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    ends(&clone, "s").success();
    wants(&clone, "s", "TICKET-foo-001").success();
    clone.tix(&["block", "foo", "--reason", "waits"]).success();
    ends(&clone, "s").success();
    clone.tix(&["unblock", "foo"]).success();
    clone.tix(&["tick", "foo", "1", "2"]).success();
    clone.tix(&["complete", "foo", "--no-work", "it was done"]).success();
    ends(&clone, "s").success();
    ends(&clone.at(sandbox.root().join("tmp")), "s").success();
}

/// A session whose context was cut short in the main checkout has nowhere else to read it.
#[test]
fn a_session_outside_of_its_workspace_hears_what_it_holds() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let path = wants(&clone, "s1", "TICKET-foo-001").success().stdout().trim_end().to_owned();
    let told = |session: &str| {
        let event = json!({
            "session_id": session, "hook_event_name": "SessionStart", "source": "compact", "cwd": clone.path(),
        });
        ask(&clone, "claude", &event).success().stdout().to_owned()
    };
    let held = told("s1");
    assert!(held.contains("This session holds the ticket TICKET-foo-001"), "{held}");
    assert!(held.contains(&format!("Work on it is done in {path}.")), "{held}");
    assert!(!told("s2").contains("This session holds"));
    clone.tix(&["release", "foo", "--reason", "x"]).success();
    assert!(!told("s1").contains("This session holds"));
}

/// Only what the session or this clone holds is called its own: in the workspace of a ticket that somebody else holds by now,
/// nothing is committed.
#[test]
fn a_session_in_a_workspace_hears_who_holds_its_ticket_now() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let path = wants(&clone, "s1", "TICKET-foo-001").success().stdout().trim_end().to_owned();
    let told = |place: &Place, cwd: &str, session: &str| {
        let event = json!({
            "session_id": session, "hook_event_name": "SessionStart", "source": "compact", "cwd": cwd,
        });
        let told = ask(place, "claude", &event).success().stdout().to_owned();
        assert!(told.chars().count() <= 600, "{told}");
        told
    };
    let is_told = |session: &str, words: [&str; 2]| {
        let told = told(&clone, &path, session);
        assert!(told.contains("nothing is committed here"), "{told}");
        assert!(words.iter().all(|words| told.contains(words)), "{told}");
    };
    assert!(told(&clone, &path, "s1").contains("work on it is committed here"));
    let resume = "`tix activate TICKET-foo-001 --resume`";
    is_told("s2", ["another session holds", resume]);
    let other = sandbox.clone_named("other");
    other.tix(&["activate", "foo", "--resume"]).success();
    clone.git(&["fetch", "-q"]);
    is_told("s1", ["Ada Example holds from another clone", resume]);
    other.tix(&["handoff", "foo", "--to", "Bob <bob@example.org>"]).success();
    clone.git(&["fetch", "-q"]);
    is_told("s1", ["Bob holds now", "`tix list`"]);
    // Any session of Bob's may go on with it, wherever it stands.
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    let free = told(&bob, bob.path().to_str().unwrap(), "s3");
    let words = "was handed over to Bob: `tix activate TICKET-foo-001`";
    assert!(free.contains(words), "{free}");
    bob.tix(&["activate", "foo"]).success();
    let free = told(&bob, bob.path().to_str().unwrap(), "s3");
    assert!(!free.contains("handed over"), "{free}");
}
