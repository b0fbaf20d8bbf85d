//! The workspace: when it can be made, when it cannot, and that nothing of anybody else's goes with it.

use super::{ACTIVE, BRANCH, ID, QUEUED, fact, key, many_tickets, one_ticket, subjects, workspace};
use crate::harness::{Do, On, Output, Place, Sandbox, Shim, Untouched, no_leftovers};

const CUT: &str = "fatal: the remote end hung up unexpectedly\n";

/// Nothing happened at all, here or there.
fn refused_before_the_lock(sandbox: &Sandbox, clone: &Place, args: &[&str]) -> Output {
    let (before, remote) = (Untouched::of(clone), Untouched::of(&sandbox.remote()));
    let output = clone.tix(args);
    output.exits(5);
    before.assert_same(clone);
    remote.assert_same(&sandbox.remote());
    no_leftovers(clone);
    output
}

#[test]
fn a_place_that_is_taken_stops_it_before_the_lock() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let path = workspace(&clone, ID);
    clone.at(&path).write("theirs.txt", "mine\n");
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    insta::assert_snapshot!(output.redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace's place is taken: [ROOT]/a.worktrees/TICKET-foo-001 is not empty
      path  [ROOT]/a.worktrees/TICKET-foo-001
    hint: move it away, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    assert_eq!(clone.at(&path).read("theirs.txt"), "mine\n");
    // An empty directory takes no place.
    std::fs::remove_file(path.join("theirs.txt")).unwrap();
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_file_in_the_place_of_the_directory_above_stops_it_before_the_lock() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    std::fs::write(workspace(&clone, ID).parent().unwrap(), "a file\n").unwrap();
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    insta::assert_snapshot!(output.redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace cannot be created in [ROOT]/a.worktrees: not a directory
      path  [ROOT]/a.worktrees
    hint: free some space, fix the permissions, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
}

#[test]
fn a_directory_that_cannot_be_written_stops_it_before_the_lock() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    // Nobody, root included, can make a directory there.
    clone.git(&["config", "tix.worktree", "/proc/self/tix/{id}"]);
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    assert!(output.stderr().contains("git config tix.worktree \".worktrees/{id}\""), "{output}");
    // What the environment says counts for more, so that git's settings would not help.
    let clone = clone.env("WORKTREE_BASE", "/proc/self/tix");
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    insta::assert_snapshot!(output.redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace cannot be created in /proc/self: no file can be created there
      path       /proc/self
      workspace  /proc/self/tix/a/TICKET-foo-001
      setting    WORKTREE_BASE=/proc/self/tix
    hint: free that place, or put workspaces elsewhere: unset WORKTREE_BASE
    ");
    clone.git(&["config", "--unset", "tix.worktree"]);
    clone.env("WORKTREE_BASE", "").tix(&["activate", ID]).success();
}

#[test]
fn a_branch_with_foreign_commits_stops_it_before_the_lock() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.git(&["switch", "-q", "-c", &format!("ticket/{ID}")]);
    clone.commit("work", &[("work.txt", "1\n")]);
    clone.git(&["switch", "-q", "main"]);
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    insta::assert_snapshot!(output.redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is a local branch ticket/TICKET-foo-001 already, with commits that are not on the trunk
      branch  ticket/TICKET-foo-001
      commit  [OID]
    hint: rename it: git branch -m ticket/TICKET-foo-001 ticket/TICKET-foo-001-old
    ");
    // The hint is a command that works and loses nothing.
    clone.git(&["branch", "-m", &format!("ticket/{ID}"), &format!("ticket/{ID}-old")]);
    clone.tix(&["activate", ID]).success();
    assert!(clone.files(&format!("ticket/{ID}-old")).contains(&"work.txt".to_owned()));
}

#[test]
fn a_branch_of_that_name_that_is_checked_out_stops_it_before_the_lock() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.git(&["worktree", "add", "-q", "-b", &format!("ticket/{ID}"), "../mine"]);
    let output = refused_before_the_lock(&sandbox, &clone, &["activate", ID]);
    insta::assert_snapshot!(output.redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the branch ticket/TICKET-foo-001 is already checked out in [ROOT]/mine
      branch  ticket/TICKET-foo-001
      path    [ROOT]/mine
    hint: rename it: git branch -m ticket/TICKET-foo-001 ticket/TICKET-foo-001-old
    ");
}

#[test]
fn worktrees_of_others_whose_disk_is_away_stay_known() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let away = clone.worktree("away");
    std::fs::rename(away.path(), sandbox.root().join("elsewhere")).unwrap();
    clone.tix(&["activate", ID]).success();
    std::fs::remove_dir_all(workspace(&clone, ID)).unwrap();
    clone.tix(&["activate", ID, "--resume"]).success();
    std::fs::remove_dir_all(workspace(&clone, ID)).unwrap();
    clone.tix(&["release", ID]).success();
    std::fs::rename(sandbox.root().join("elsewhere"), away.path()).unwrap();
    assert_eq!(away.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_branch_of_that_name_with_nothing_on_it_is_no_obstacle() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.git(&["branch", "--no-track", &format!("ticket/{ID}")]);
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_set_up_that_fails_gives_the_ticket_back_and_says_why() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("worktree").with("add"),
        Do::Fail { code: 128, stderr: "fatal: disk full\n" },
    );
    let output = clone.tix_command(&["activate", ID]).through(&shim).run();
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git could not create the worktree: fatal: disk full; TICKET-foo-001 was given back to the queue
    hint: try again: tix activate TICKET-foo-001
    ");
    before.assert_same(&clone);
    no_leftovers(&clone);
    let remote = sandbox.remote();
    assert_eq!(subjects(&sandbox), [format!("release: {ID}"), format!("claim: {ID}")]);
    let message = remote.git(&["log", "-1", "--format=%b", "main"]);
    assert!(
        message.contains("the set-up failed: git could not create the worktree: fatal: disk full"),
        "{message}"
    );
    let text = String::from_utf8(remote.show("main", QUEUED)).unwrap();
    assert!(text.contains("Creator: released\n- Given back"), "{text}");
    assert!(text.contains("disk full"), "{text}");
    assert_eq!(remote.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert!(!workspace(&clone, ID).parent().unwrap().exists());
    // Nothing is in the way of the next try.
    clone.tix(&["activate", ID]).success();
}

#[test]
fn of_what_git_says_for_every_file_the_beginning_is_told() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let stderr = "error: 1\nerror: 2\nerror: 3\nerror: 4\n\nerror: 5\nerror: 6\nerror: 7\n";
    shim.rule(On::command("worktree").with("add"), Do::Fail { code: 128, stderr });
    let output = clone.tix_command(&["activate", ID]).through(&shim).run();
    let told = "worktree: error: 1; error: 2; error: 3; error: 4; error: 5; and 2 more lines";
    assert!(output.exits(5).stderr().contains(&format!("{told}; {ID} was given back")), "{output}");
    let message = sandbox.remote().git(&["log", "-1", "--format=%B", "main"]);
    assert!(message.contains(told) && !message.contains("error: 6"), "{message}");
    clone.tix(&["activate", ID]).success();
}

/// As on a full disk: a file that is written gets its beginning, then an error.
#[test]
fn without_room_for_the_checkout_the_ticket_is_given_back() {
    let sandbox = one_ticket();
    sandbox.seed(&[("big", "all the same\n".repeat(100_000))]);
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let tix = env!("CARGO_BIN_EXE_tix");
    // In units of 512 bytes or of 1024, as the shell likes: room for everything but the large file.
    let output =
        clone.sh(&format!("trap '' XFSZ; ulimit -f 512; exec '{tix}' activate {ID}")).run();
    let words = output.exits(5).stderr();
    assert!(words.contains("error: git could not create the worktree: "), "{output}");
    assert!(words.contains("big") && words.contains("was given back to the queue"), "{output}");
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert_eq!(subjects(&sandbox), [format!("release: {ID}"), format!("claim: {ID}")]);
    assert_eq!(sandbox.remote().git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert!(!workspace(&clone, ID).parent().unwrap().exists());
    // There is room again.
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_branch_that_cannot_be_pushed_takes_everything_back() {
    let sandbox = one_ticket();
    sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let shim = Shim::new(&sandbox);
    // All pushes of the branch alone fail; those of the claim and of the release go through.
    shim.rule(On::command("push").with(":refs/heads/main"), Do::Then(sandbox.remote().sh("true")));
    let branch = || On::command("push").with(&format!(":{BRANCH}")).nth(2);
    for _ in 0..4 {
        shim.rule(branch(), Do::Fail { code: 128, stderr: CUT });
    }
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    let message = output.exits(7).json()["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with(&format!("{ID} was given back to the queue")), "{output}");
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert_eq!(sandbox.remote().git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert_eq!(subjects(&sandbox), [format!("release: {ID}"), format!("claim: {ID}")]);
}

/// Runs an activation whose upstream cannot be set when the worktree is there; this happens in the clone before.
fn fails_after(sandbox: &Sandbox, clone: &Place, script: &str) -> Output {
    let shim = Shim::new(sandbox);
    let broken = || Do::Fail { code: 4, stderr: "error: read-only\n" };
    shim.rule(On::command("branch").with("--set-upstream-to"), broken());
    shim.rule(
        On::command("config").with(&format!("branch.ticket/{ID}.remote")),
        Do::Then(clone.sh(script)),
    );
    shim.rule(On::command("config").with(&format!("branch.ticket/{ID}.merge")), broken());
    clone.tix_command(&["activate", ID]).through(&shim).run()
}

#[test]
fn a_set_up_that_fails_keeps_what_git_ignores_for_a_week_and_says_where() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let script = format!("echo .env > .git/info/exclude; echo SECRET=1 > ../a.worktrees/{ID}/.env");
    let output = fails_after(&sandbox, &clone, &script);
    assert!(
        output.exits(10).stderr().contains("is kept for 7 days in .git/tix/trash/"),
        "{output}"
    );
    assert_eq!(clone.sh("cat .git/tix/trash/*/.env").run().success().stdout(), "SECRET=1\n");
    no_leftovers(&clone);
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_set_up_that_fails_leaves_what_somebody_has_made_of_its_workspace() {
    for script in [
        format!("cd ../a.worktrees/{ID} && git switch -q -c mine"),
        format!("cd ../a.worktrees/{ID} && git commit -q --allow-empty -m mine"),
        format!("git worktree move ../a.worktrees/{ID} ../mine"),
    ] {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        let output = fails_after(&sandbox, &clone, &script);
        output.exits(10);
        let at = if script.contains("move") { "../mine" } else { &format!("../a.worktrees/{ID}") };
        let head = clone.sh(&format!("git -C {at} rev-parse --verify HEAD")).run();
        head.success();
    }
}

#[test]
fn a_worktree_that_somebody_made_in_the_place_of_the_workspace_stays() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.write(clone.common_dir().join("info/exclude"), ".env\n");
    let shim = Shim::new(&sandbox);
    let there = format!("../a.worktrees/{ID}");
    let made = format!("git worktree add -q -b mine {there} && echo SECRET=1 > {there}/.env");
    shim.rule(On::command("worktree").with("add"), Do::Then(clone.sh(&made)));
    let output = clone.tix_command(&["activate", ID]).through(&shim).run();
    output.exits(5);
    assert_eq!(clone.read(format!("{there}/.env")), "SECRET=1\n");
}

#[test]
fn the_claim_can_be_kept_although_the_set_up_failed() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("worktree").with("add"),
        Do::Fail { code: 128, stderr: "fatal: disk full\n" },
    );
    let output = clone.tix_command(&["activate", ID, "--keep-claim"]).through(&shim).run();
    let claim = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    let shown = output.exits(8).redacted().replace(&claim, "[CLAIM]");
    insta::assert_snapshot!(shown, @"
    exit: 8
    ----- stdout -----
    ----- stderr -----
    error: git could not create the worktree: fatal: disk full
      claim  [OID]-[OID]
    hint: the claim is kept; finish it: tix activate TICKET-foo-001
    hint: or give it back: tix release TICKET-foo-001
    ");
    let text = String::from_utf8(sandbox.remote().show("main", ACTIVE)).unwrap();
    assert!(text.contains("disk full"), "{text}");
    sandbox.clone_named("b").tix(&["activate", ID]).exits(3);
    let again = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
}

#[test]
fn when_the_ticket_cannot_even_be_given_back_the_claim_stands_and_can_be_finished() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let full = Do::Fail { code: 128, stderr: "fatal: disk full\n" };
    shim.rule(On::command("worktree").with("add"), full);
    for _ in 0..9 {
        shim.rule(On::command("push").nth(2), Do::Fail { code: 128, stderr: CUT });
    }
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(fact(output.exits(8), "claim"), key(&sandbox.remote(), "main", ACTIVE, "claim_id"));
    let again = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
}

#[test]
fn what_somebody_wrote_into_a_workspace_that_failed_is_kept() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let path = workspace(&clone, ID);
    let shim = Shim::new(&sandbox);
    let write = clone.sh(&format!("echo mine >'{}/notes.txt'", path.display()));
    let upstream = || On::command("branch").with("--set-upstream-to");
    shim.rule(upstream(), Do::Then(write));
    shim.rule(upstream(), Do::Fail { code: 128, stderr: "fatal: no\n" });
    shim.rule(On::command("config").with("branch."), Do::Fail { code: 4, stderr: "error: no\n" });
    let output = clone.tix_command(&["activate", ID]).through(&shim).run();
    assert_ne!(output.code, Some(0), "{output}");
    assert_eq!(clone.at(&path).read("notes.txt"), "mine\n");
}

#[test]
fn the_work_of_others_survives_byte_for_byte() {
    let (sandbox, ids) = many_tickets(3);
    let clone = sandbox.clone_named("a");
    clone.commit("base", &[("a.txt", "1\n"), ("b.txt", "1\n")]);
    clone.git(&["switch", "-q", "-c", "feature"]);
    clone.write("a.txt", "staged\n");
    clone.git(&["add", "a.txt"]);
    clone.write("a.txt", "changed again\n");
    clone.write("untracked.txt", "u\n");
    clone.git(&["update-index", "--assume-unchanged", "b.txt"]);
    clone.write("b.txt", "hidden\n");
    clone.tix(&["activate", &ids[0]]).success();
    let theirs = clone.at(workspace(&clone, &ids[0]));
    theirs.write("work.txt", "w\n");
    theirs.git(&["add", "work.txt"]);
    theirs.write("more.txt", "m\n");
    let (here, there) =
        (Untouched::besides_ticket(&clone, &ids[1]), Untouched::besides_ticket(&theirs, &ids[1]));
    clone.tix(&["activate", &ids[1]]).success();
    clone.tix(&["release", &ids[1]]).success();
    theirs.tix(&["activate", &ids[1]]).success();
    theirs.tix(&["release", &ids[1]]).success();
    here.assert_same(&clone);
    there.assert_same(&theirs);
    no_leftovers(&clone);
}

#[test]
fn a_user_hook_that_fails_after_every_checkout_does_not_leave_half_a_claim() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.hook("post-checkout", "exit 1");
    let before = Untouched::besides_ticket(&clone, ID);
    let output = clone.tix(&["activate", ID]);
    before.assert_same(&clone);
    no_leftovers(&clone);
    let held = sandbox.remote().files("main").contains(&ACTIVE.to_owned());
    assert_eq!(held, output.code == Some(0), "{output}");
    assert_eq!(held, workspace(&clone, ID).exists());
}

#[test]
fn a_worktree_that_another_git_is_just_making_is_no_obstacle() {
    let words = "fatal: failed to read .git/worktrees/TICKET-bar-001/commondir: Success\n";
    for action in
        [Do::Fail { code: 128, stderr: words }, Do::FailAfter { code: 128, stderr: words }]
    {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        let shim = Shim::new(&sandbox);
        // As git is when it dies behind the making of the branch.
        let made = matches!(action, Do::FailAfter { .. });
        let on = if made { On::command("branch") } else { On::command("worktree").with("add") };
        shim.rule(on.nth(1), action);
        shim.rule(On::command("fetch").nth(1), Do::Fail { code: 128, stderr: words });
        clone.tix_command(&["activate", ID]).through(&shim).run().success();
        assert!(workspace(&clone, ID).is_dir());
        no_leftovers(&clone);
    }
}

#[test]
fn a_workspace_in_the_repository_is_none_of_its_files() {
    let (sandbox, ids) = many_tickets(2);
    let clone = sandbox.clone_named("a");
    clone.write(".git/info/exclude", "*.tmp");
    clone.git(&["config", "tix.worktree", ".work[er]/{id}"]);
    for id in &ids {
        clone.tix(&["activate", id]).success();
    }
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    assert_eq!(clone.read(".git/info/exclude"), "*.tmp\n/.work\\[er]/\n");
    clone.git(&["add", "-A"]);
    assert_eq!(clone.git(&["ls-files", ".work[er]"]), "");
    assert!(clone.exists(".work[er]/TICKET-many-001/tickets"));
}
