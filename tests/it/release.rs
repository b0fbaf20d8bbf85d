//! Giving a ticket back.

use crate::activate::{
    ACTIVE, BRANCH, ID, QUEUED, claim_of, fact, hints, key, one_ticket, subjects, workspace,
};
use crate::harness::{
    Do, On, Output, Place, Sandbox, Shim, Untouched, codes, no_leftovers, queue_ticket, together,
};

fn held() -> (Sandbox, Place) {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    (sandbox, clone)
}

fn refs(sandbox: &Sandbox) -> String {
    sandbox.remote().git(&["for-each-ref", "--format=%(refname)"])
}

fn attic(output: &Output) -> String {
    output.json()["attic"].as_str().unwrap_or_else(|| panic!("no attic: {output}")).to_owned()
}

#[test]
fn everything_is_as_before_but_the_changelog() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    clone.tix(&["activate", ID]).success();
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    let output = clone.tix(&["release", ID, "--reason", "not today"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is back in the queue
      its workspace [ROOT]/a.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
      its local branch ticket/TICKET-foo-001 was deleted
    ----- stderr -----
    ");
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert!(!workspace(&clone, ID).parent().unwrap().exists());
    assert_eq!(refs(&sandbox), "refs/heads/main");
    let remote = sandbox.remote();
    let text = String::from_utf8(remote.show("main", QUEUED)).unwrap();
    let stamp = text.rsplit("## [").next().unwrap().split(']').next().unwrap().to_owned();
    let expected = queue_ticket(ID).replace(
        "status: open\n",
        "status: open\nclaimed_by: null\nclaimed_at: null\nclaim_id: null\n",
    ) + &format!(
        "\n## [{stamp}] - Creator: released\n- Given back to the queue by Ada Example <ada@example.org>\n\
             - Reason: not today\n"
    );
    assert_eq!(text, expected);
    let message = remote.git(&["log", "-1", "--format=%B", "main"]);
    assert!(message.starts_with(&format!("release: {ID}\n\n  not today\n")), "{message}");
    assert!(message.contains(&format!("Tix-Claim: {claim}")), "{message}");
}

#[test]
fn work_moves_to_the_attic_and_is_offered_to_the_next_holder() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    there.git(&["push", "-q"]);
    let tip = there.git(&["rev-parse", "HEAD"]);
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    let output = clone.tix(&["release", ID, "--json"]);
    assert_eq!(attic(output.success()), format!("attic/{ID}/{claim}"));
    assert_eq!(sandbox.remote().git(&["rev-parse", &attic(&output)]), tip);
    assert!(!sandbox.remote().has_ref(BRANCH));
    assert!(!there.path().exists() && !clone.has_ref(BRANCH));
    assert_eq!(output.json()["warnings"].as_array().unwrap().len(), 0, "{output}");
    let other = sandbox.clone_named("b").as_person("Bob", "bob@example.org");
    let next = other.tix(&["activate", ID]);
    assert!(next.success().stdout().contains(&format!("attic/{ID}/{claim}")), "{next}");
    // And again, the second time with another claim.
    let there = other.at(workspace(&other, ID));
    there.commit("more", &[("more.txt", "1\n")]);
    there.git(&["push", "-q"]);
    let second = other.tix(&["release", ID, "--json"]);
    assert_ne!(attic(second.success()), attic(&output));
}

#[test]
fn from_another_clone_of_the_holder_nothing_of_tix_own_goes_to_the_attic() {
    let (sandbox, _) = held();
    let other = sandbox.clone_named("b");
    let output = other.tix(&["release", ID, "--claim", &claim_of(&sandbox), "--json"]);
    assert!(output.success().json()["attic"].is_null(), "{output}");
    assert_eq!(refs(&sandbox), "refs/heads/main");
}

#[test]
fn words_that_the_holder_added_to_the_ticket_are_work() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.write(ACTIVE, there.read(ACTIVE).replace("[ ] It works", "[x] It works"));
    there.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    there.git(&["push", "-q", "--force"]);
    let other = sandbox.clone_named("b");
    let output = other.tix(&["release", ID, "--claim", &claim_of(&sandbox), "--json"]);
    assert!(sandbox.remote().has_ref(&format!("refs/heads/{}", attic(output.success()))));
}

#[test]
fn a_dirty_workspace_is_kept_and_said_so() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.write("notes.txt", "mine\n");
    let output = clone.tix(&["release", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is back in the queue
    ----- stderr -----
    warning: the workspace [ROOT]/a.worktrees/TICKET-foo-001 was kept: it has uncommitted changes (notes.txt)
    hint: before you claim TICKET-foo-001 here again: git worktree move '[ROOT]/a.worktrees/TICKET-foo-001' '[ROOT]/a.worktrees/TICKET-foo-001-kept' && git branch -m ticket/TICKET-foo-001 kept/TICKET-foo-001
    ");
    assert_eq!(there.read("notes.txt"), "mine\n");
    assert_eq!(there.git(&["symbolic-ref", "HEAD"]), BRANCH);
    assert!(!sandbox.remote().has_ref(BRANCH));
    // It is free for others, and for this clone when the rest is out of the way.
    sandbox.clone_named("b").tix(&["activate", ID]).success();
    let claim = claim_of(&sandbox);
    sandbox.clone_named("c").tix(&["release", ID, "--claim", &claim]).success();
    clone.tix(&["activate", ID]).exits(5);
    std::fs::remove_file(there.path().join("notes.txt")).unwrap();
    clone.tix(&["activate", ID]).success();
}

/// Settings, keys, the output of long builds: nothing else has them.
#[test]
fn what_git_ignores_is_kept_for_a_week_and_the_receipt_says_where() {
    let (_sandbox, clone) = held();
    clone.write(clone.common_dir().join("info/exclude"), ".env\n");
    let there = clone.at(workspace(&clone, ID));
    there.write(".env", "SECRET=1\n");
    let receipt = clone.tix(&["release", ID, "--json"]).success().json();
    assert_eq!(receipt["workspace"]["path"], there.path().to_str().unwrap(), "{receipt}");
    assert_eq!(receipt["deleted_here"]["ref"], BRANCH, "{receipt}");
    let trash = receipt["trash"].as_str().unwrap_or_else(|| panic!("no trash: {receipt}"));
    assert_eq!(std::fs::read_to_string(format!("{trash}/.env")).unwrap(), "SECRET=1\n");
    // The next one that goes takes what is due along.
    let note = format!("{trash}.json");
    let mut text: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&note).unwrap()).unwrap();
    text["at"] = (text["at"].as_i64().unwrap() - 8 * 24 * 3600).into();
    std::fs::write(&note, text.to_string()).unwrap();
    clone.tix(&["activate", ID]).success();
    let closed = clone.tix(&["close", ID, "--reason", "enough", "--json"]).success().json();
    assert!(closed["workspace"]["path"].is_string(), "{closed}");
    assert!(!std::fs::exists(trash).unwrap() && !std::fs::exists(&note).unwrap());
}

/// A changed file that git was told not to look at, one in the directory of a submodule that was not initialised, and one that is
/// written while the release runs.
#[test]
fn what_git_does_not_look_at_is_kept_too() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.write(clone.common_dir().join("info/exclude"), "*.ignored\n");
    clone.write("settings.txt", "the team's\n");
    let submodule = "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub";
    clone
        .sh(&format!("git add settings.txt && {submodule} && git commit -qm seed && git push -q"))
        .run()
        .success();
    for (script, path) in [
        (
            "git update-index --skip-worktree settings.txt; echo mine >> settings.txt",
            "settings.txt",
        ),
        (
            "git update-index --assume-unchanged settings.txt; echo mine >> settings.txt",
            "settings.txt",
        ),
        ("echo mine > sub/notes.txt", "sub/notes.txt"),
    ] {
        clone.tix(&["activate", ID]).success();
        clone.at(workspace(&clone, ID)).sh(script).run().success();
        let receipt = clone.tix(&["release", ID, "--json"]).success().json();
        let kept = clone.read(format!("{}/{path}", receipt["trash"].as_str().unwrap()));
        assert!(kept.contains("mine"), "{script}: {kept}");
    }
    clone.tix(&["activate", ID]).success();
    let shim = Shim::new(&sandbox);
    let there = workspace(&clone, ID);
    let late = clone.sh(&format!("if cd {}; then git status > late.ignored; fi", there.display()));
    shim.rule(On::command("worktree").with("remove"), Do::Then(late));
    clone.tix_command(&["release", ID]).through(&shim).run().success();
    assert!(!there.exists());
    assert_eq!(clone.sh("find . -name late.ignored").run().success().stdout(), "");
}

#[test]
fn a_killed_release_has_lost_nothing_that_git_ignores() {
    let (sandbox, clone) = held();
    clone.write(clone.common_dir().join("info/exclude"), ".env\n");
    clone.at(workspace(&clone, ID)).write(".env", "SECRET=1\n");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("worktree").with("remove"), Do::KillBefore);
    clone.tix_command(&["release", ID]).through(&shim).run().killed_by(9);
    assert!(!workspace(&clone, ID).exists());
    clone.tix(&["release", ID]).success();
    assert!(!clone.has_ref(BRANCH));
    assert_eq!(clone.sh("cat .git/tix/trash/*/.env").run().success().stdout(), "SECRET=1\n");
    no_leftovers(&clone);
}

#[test]
fn commits_that_were_never_pushed_are_kept_and_said_so() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let tip = there.git(&["rev-parse", "HEAD"]);
    let output = clone.tix(&["release", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is back in the queue
    ----- stderr -----
    warning: the local branch ticket/TICKET-foo-001 was kept: it has unpushed commits
    hint: see them: git log ticket/TICKET-foo-001
    hint: before you claim TICKET-foo-001 here again: git worktree move '[ROOT]/a.worktrees/TICKET-foo-001' '[ROOT]/a.worktrees/TICKET-foo-001-kept' && git branch -m ticket/TICKET-foo-001 kept/TICKET-foo-001
    ");
    assert_eq!(there.git(&["rev-parse", BRANCH]), tip);
    assert!(there.exists("work.txt"));
    assert_eq!(refs(&sandbox), "refs/heads/main");
    // They are in the way of another claim here, which loses nothing of them.
    clone.tix(&["activate", ID]).exits(5);
    assert_eq!(there.git(&["rev-parse", BRANCH]), tip);
}

#[test]
fn what_a_release_kept_makes_room_by_the_command_that_is_named() {
    let (_sandbox, clone) = held();
    let path = workspace(&clone, ID);
    let there = clone.at(&path);
    let kept = |end: &str| clone.at(path.with_file_name(format!("{ID}-kept{end}")));
    let make_room = || {
        let release = clone.tix(&["release", ID, "--json"]).success().json();
        let warning = release["warnings"][0].as_str().unwrap();
        let (_, command) = warning.split_once(" here again: ").unwrap();
        // Whoever has missed it then is told the same now.
        let output = clone.tix(&["activate", ID, "--json"]);
        let hint = hints(output.exits(5));
        assert_eq!(hint, format!("move its contents elsewhere: {command}"), "{output}");
        clone.sh(command).run().success();
        assert_eq!(clone.tix(&["activate", ID, "--json"]).success().json()["outcome"], "activated");
    };
    there.write("notes.txt", "mine\n");
    make_room();
    assert_eq!(kept("").read("notes.txt"), "mine\n");
    assert!(!there.exists("notes.txt"));
    there.commit("work", &[("work.txt", "1\n")]);
    make_room();
    assert!(clone.files(&format!("kept/{ID}-2")).contains(&"work.txt".to_owned()));
    assert_eq!(kept("-2").git(&["symbolic-ref", "--short", "HEAD"]), format!("kept/{ID}-2"));
    assert_eq!(kept("").git(&["symbolic-ref", "--short", "HEAD"]), format!("kept/{ID}"));
    // With the branch out of its workspace there is only its name to free.
    there.commit("more", &[("more.txt", "1\n")]);
    clone.git(&["worktree", "remove", path.to_str().unwrap()]);
    let release = clone.tix(&["release", ID, "--json"]).success().json();
    let warning = release["warnings"][0].as_str().unwrap();
    let command = format!("git branch -m ticket/{ID} kept/{ID}-3");
    assert!(warning.ends_with(&format!(" here again: {command}")), "{warning}");
    clone.sh(&command).run().success();
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_workspace_in_which_one_stands_is_kept() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    let output = there.at("src").tix(&["release", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is back in the queue
    ----- stderr -----
    warning: the workspace was kept, because you are in it; remove it from elsewhere: tix -C '[ROOT]/a' doctor --fix
    ");
    assert!(there.exists("src/main.rs"));
    assert!(!sandbox.remote().has_ref(BRANCH));
    // Who claims it from there again is told how to leave, and the hint works.
    let output = there.tix(&["activate", ID, "--json"]);
    let hint = hints(output.exits(5));
    let command = hint.strip_prefix("it is empty; remove it: ").unwrap();
    there.sh(command).run().success();
    assert!(!there.path().exists());
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_workspace_removed_by_hand_is_no_obstacle() {
    let (sandbox, clone) = held();
    std::fs::remove_dir_all(workspace(&clone, ID)).unwrap();
    clone.tix(&["release", ID]).success();
    assert_eq!(refs(&sandbox), "refs/heads/main");
    assert!(!clone.has_ref(BRANCH));
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_foreign_ticket_is_refused() {
    let (sandbox, _) = held();
    let bob = sandbox.clone_named("b").as_person("Bob", "bob@example.org");
    let before = Untouched::of(&bob);
    let output = bob.tix(&["release", ID, "--json"]);
    assert_eq!(fact(output.exits(5), "held by"), "Ada Example <ada@example.org>");
    let output = bob.tix(&["release", ID]);
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    insta::assert_snapshot!(output.exits(5).redacted().replace(&claim, "[CLAIM]"), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is held by Ada Example <ada@example.org>, not by Bob <bob@example.org>
      held by  Ada Example <ada@example.org>
      since    [TIME]
      claim    [OID]-[OID]
    hint: only its holder can do that; look at it: tix status TICKET-foo-001
    ");
    before.assert_same(&bob);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn a_claim_of_this_clone_can_be_given_back_under_another_name() {
    let (_sandbox, clone) = held();
    clone.env("TIX_ACTOR", "somebody else").tix(&["release", ID]).success();
}

#[test]
fn what_nobody_holds_cannot_be_given_back() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["release", ID]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: nobody holds TICKET-foo-001: it is in queue/
      lane       queue
      legal now  queue, draft, activate, note, edit, set, tick, block, close
    hint: look at it: tix show TICKET-foo-001
    ");
    clone.tix(&["release", "nothing-here"]).exits(4);
    assert_eq!(subjects(&sandbox), [""; 0]);
}

#[test]
fn giving_back_twice_at_once_is_done_once() {
    let (sandbox, clone) = held();
    let runs = (0..3).map(|_| clone.tix_command(&["release", ID])).collect();
    let outputs = together(&sandbox, runs);
    let ended = outputs.iter().filter(|o| o.code == Some(0)).count();
    assert!(ended >= 1, "{outputs:?}");
    assert!(codes(&outputs).iter().all(|code| [0, 5].contains(code)), "{outputs:?}");
    assert_eq!(subjects(&sandbox), [format!("release: {ID}"), format!("claim: {ID}")]);
    no_leftovers(&clone);
}

#[test]
fn a_release_whose_answer_was_lost_is_found() {
    let (sandbox, clone) = held();
    let shim = Shim::new(&sandbox);
    let cut = Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" };
    shim.rule(On::command("push").nth(1), cut);
    clone.tix_command(&["release", ID]).through(&shim).run().success();
    assert_eq!(subjects(&sandbox), [format!("release: {ID}"), format!("claim: {ID}")]);
    assert_eq!(refs(&sandbox), "refs/heads/main");
    assert!(!workspace(&clone, ID).exists());
}

#[test]
fn other_peoples_pushes_meanwhile_are_retried() {
    let (sandbox, clone) = held();
    let other = sandbox.clone_named("b").on_machine("m2");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(other.tix_command(&["new", "Another"])));
    let output = clone.tix_command(&["release", ID, "--json"]).through(&shim).run();
    assert_eq!(output.success().json()["attempts"], 2);
}

#[test]
fn work_that_is_pushed_in_the_middle_of_a_release_is_kept_in_the_attic() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(there.git_command(&["push", "-q"])));
    let output = clone.tix_command(&["release", ID, "--json"]).through(&shim).run();
    let attic = attic(output.success());
    assert!(sandbox.remote().files(&attic).contains(&"work.txt".to_owned()));
}

#[test]
fn the_late_push_of_an_earlier_holder_does_not_shut_the_next_one_out() {
    let (sandbox, clone) = held();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let claim = claim_of(&sandbox);
    sandbox.clone_named("b").tix(&["release", ID, "--claim", &claim]).success();
    // Whoever does not know of the release pushes, and so makes the branch anew.
    there.git(&["push", "-q"]);
    let tip = there.git(&["rev-parse", "HEAD"]);
    let next = sandbox.clone_named("c").as_person("Bob", "bob@example.org");
    let output = next.tix(&["activate", ID, "--json"]);
    let kept = attic(output.success());
    assert_eq!(sandbox.remote().git(&["rev-parse", &kept]), tip);
    let text = next.at(workspace(&next, ID)).git(&["status", "--porcelain"]);
    assert_eq!(text, "");
}

#[test]
fn a_workspace_with_a_submodule_is_moved_by_the_commands_that_are_shown() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let (allow, inner) = ("protocol.file.allow=always", sandbox.local_repository("inner"));
    inner.commit("one", &[("lib.c", "1\n")]);
    let url = inner.path().to_str().unwrap().to_owned();
    clone.git(&["-c", allow, "submodule", "--quiet", "add", &url, "vendor/in side"]);
    clone.git(&["commit", "-q", "-m", "a submodule"]);
    clone.git(&["push", "-q"]);
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    there.git(&["-c", allow, "submodule", "--quiet", "update", "--init"]);
    let module = there.at("vendor/in side");
    module.git(&["checkout", "-q", "-b", "fix"]);
    module.commit("nowhere else", &[("lib.c", "2\n")]);
    let fix = module.git(&["rev-parse", "HEAD"]);
    module.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    let output = clone.tix(&["release", ID]);
    let words = output.success().stderr();
    assert!(words.contains("it has a submodule, whose commits may exist nowhere else"), "{output}");
    let commands = words.split("here again: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    clone.sh(&commands).run().success();
    let kept = clone.at(format!("{}-kept", there.path().display()));
    assert_eq!(kept.git(&["status", "--porcelain"]), "");
    assert_eq!(kept.at("vendor/in side").git(&["rev-parse", "fix"]), fix);
    clone.tix(&["activate", ID]).success();
}

/// Interrupted before its push, an activation names `release` as a way out. There is nothing to give back then.
#[test]
fn a_claim_that_never_landed_leaves_nothing_to_give_back() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::KillBefore);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let before = refs(&sandbox);
    let output = clone.tix(&["release", ID]);
    assert_eq!(output.success().stdout(), "TICKET-foo-001 is in the queue already\n");
    assert_eq!(refs(&sandbox), before);
    // Somebody who never tried is told, as before.
    sandbox.clone_named("b").tix(&["release", ID]).exits(5);
}
