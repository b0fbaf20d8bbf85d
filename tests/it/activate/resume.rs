//! Going on with a ticket that is one's own.

use super::{
    ACTIVE, BRANCH, ID, claim_of, fact, hints, key, one_ticket, release_by_claim, subjects,
    workspace,
};
use crate::harness::{Do, On, Place, Sandbox, Shim, Untouched, codes, no_leftovers, together};

/// The making of the worktree.
fn set_up() -> On {
    On::command("worktree").with("add")
}

/// The claim stands and nothing else was made: killed right after the push of the claim.
fn claimed_and_killed(sandbox: &Sandbox, clone: &Place) {
    let shim = Shim::new(sandbox);
    shim.rule(On::command("push").nth(1), Do::KillAfter);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "status"), "claimed");
}

#[test]
fn resuming_is_a_push_with_a_new_claim_id() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    let old = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    let receipt = clone.tix(&["activate", ID, "--json"]).success().json();
    assert_eq!(receipt["outcome"], "resumed");
    let new = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    assert_ne!(new, old);
    assert_eq!(receipt["claim"]["id"], new);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID} (resumed)"), format!("claim: {ID}")]);
}

#[test]
fn an_unfinished_claim_of_another_clone_is_held() {
    let sandbox = one_ticket();
    claimed_and_killed(&sandbox, &sandbox.clone_named("a"));
    let other = sandbox.clone_named("b");
    let output = other.tix(&["activate", ID, "--json"]);
    assert!(hints(output.exits(3)).contains("--resume"), "{output}");
    // Whoever says that it is theirs goes on with it; for anybody else it is still held.
    let bob = sandbox.clone_named("c").as_person("Bob", "bob@example.org");
    bob.tix(&["activate", ID, "--resume"]).exits(3);
    other.tix(&["activate", ID, "--resume"]).success();
    assert!(workspace(&other, ID).exists());
}

#[test]
fn a_copied_clone_does_not_take_its_originals_claims_for_its_own() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    clone.sh("cp -R . ../copy").run().success();
    let copy = clone.at(sandbox.root().join("copy"));
    copy.tix(&["activate", ID]).exits(3);
    clone.tix(&["activate", ID]).success();
}

/// The clone as a copy of it finds itself that has its path on a machine of another name, as in a container.
fn in_another_container(clone: &Place) {
    let record = clone.path().join(".git/tix/clone.json");
    let mut known: serde_json::Value = serde_json::from_str(&clone.read(&record)).unwrap();
    known["host"] = "elsewhere".into();
    clone.write(&record, known.to_string());
}

#[test]
fn a_copy_at_the_same_path_on_another_machine_has_none_of_the_claims() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let claim = claim_of(&sandbox);
    in_another_container(&clone);
    let output = clone.tix(&["activate", ID, "--json"]);
    assert!(!output.exits(3).stdout().contains("claimed from this clone"), "{output}");
    for verb in ["release", "complete"] {
        clone.tix(&[verb, ID]).exits(3);
    }
    let report = clone.tix(&["doctor", "--json"]);
    assert!(!report.stdout().contains("tix release"), "{report}");
    assert_eq!(claim_of(&sandbox), claim);
    // A machine that was only renamed goes on when it is told to.
    let hint = hints(&clone.tix(&["release", ID, "--json"]));
    assert!(hint.contains(&format!("tix activate {ID} --resume")), "{hint}");
    clone.tix(&["activate", ID, "--resume"]).success();
    clone.tix(&["release", ID]).success();
}

#[test]
fn the_way_back_from_a_resume_in_another_clone_names_the_claim() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    let other = sandbox.clone_named("b");
    // A branch of that name with work on it is in the way there.
    other.git(&["switch", "-q", "-c", BRANCH.strip_prefix("refs/heads/").unwrap_or(BRANCH)]);
    other.commit("work", &[("work.txt", "1\n")]);
    other.git(&["switch", "-q", "main"]);
    let hints = hints(other.tix(&["activate", ID, "--resume", "--json"]).exits(8));
    let line = hints.split("what is there is kept: tix ").nth(1).unwrap().to_owned();
    assert!(line.contains(&claim_of(&sandbox)), "{line}");
    other.sh(&format!("'{}' {line}", env!("CARGO_BIN_EXE_tix"))).run().success();
}

#[test]
fn a_claim_in_set_up_is_not_renewed_from_another_container() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    in_another_container(&clone);
    let claim = claim_of(&sandbox);
    assert!(hints(clone.tix(&["activate", ID, "--json"]).exits(3)).contains("--resume"));
    clone.tix(&["activate", "--next"]).exits(4);
    assert_eq!(claim_of(&sandbox), claim);
    clone.tix(&["activate", ID, "--resume"]).success();
    assert!(workspace(&clone, ID).exists());
}

#[test]
fn copies_that_share_an_id_do_not_share_a_claim() {
    let sandbox = one_ticket();
    let image = sandbox.clone_named("a");
    // tix was used while the image was built, so all copies have one id.
    image.tix(&["activate", ID, "--dry-run"]).success();
    let copy = sandbox.root().join("copy");
    image.sh(&format!("cp -R . '{}'", copy.display())).run().success();
    claimed_and_killed(&sandbox, &image);
    let claim = claim_of(&sandbox);
    // The copy takes the place of the clone.
    image.sh(&format!("mv \"$PWD\" ../gone && mv '{}' \"$PWD\"", copy.display())).run().success();
    assert!(claim.starts_with(&clone_id(&image)));
    let output = image.tix(&["activate", ID, "--json"]);
    assert!(!output.exits(3).stdout().contains("claimed from this clone"), "{output}");
    image.tix(&["release", ID]).exits(3);
    assert!(!image.tix(&["doctor", "--json"]).stdout().contains("tix release"));
    assert_eq!(claim_of(&sandbox), claim);
}

fn clone_id(clone: &Place) -> String {
    let record = clone.read(clone.path().join(".git/tix/clone.json"));
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["id"].as_str().unwrap().to_owned()
}

#[test]
fn two_processes_that_resume_at_once_do_not_both_win() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    let runs = (0..4).map(|_| clone.tix_command(&["activate", ID])).collect();
    let outputs = together(&sandbox, runs);
    assert_eq!(codes(&outputs), [0, 3, 3, 3], "{outputs:?}");
    assert_eq!(subjects(&sandbox).len(), 2);
    no_leftovers(&clone);
}

#[test]
fn a_release_that_is_late_does_not_land_under_whoever_resumed() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    claimed_and_killed(&sandbox, &clone);
    // The same person gives it back from another clone, and that push is held up on its way.
    let other = sandbox.clone_named("b").on_machine("m2");
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push").nth(1));
    let claim = claim_of(&sandbox);
    let release = other.tix_command(&["release", ID, "--claim", &claim, "--json"]);
    let mut release = release.through(&shim).spawn();
    release.until_at(&gate);
    clone.tix(&["activate", ID]).success();
    gate.open();
    let output = release.wait();
    // It was the claim before that it was to end. The one that holds it now is as it was.
    output.exits(3);
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
    assert!(workspace(&clone, ID).exists());
    assert_eq!(subjects(&sandbox), [format!("claim: {ID} (resumed)"), format!("claim: {ID}")]);
}

#[test]
fn whose_set_up_fails_when_a_resume_elsewhere_has_overtaken_it_is_told_and_leaves_nothing() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").on_machine("m1");
    let other = sandbox.clone_named("b").on_machine("m2");
    let before = Untouched::of(&clone);
    let shim = Shim::new(&sandbox);
    let resume = other.tix_command(&["activate", ID, "--resume"]);
    shim.rule(set_up(), Do::Then(resume));
    shim.rule(set_up(), Do::Fail { code: 128, stderr: "fatal: disk full\n" });
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    shim.outputs()[0].success();
    let holder = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    assert_eq!(fact(output.exits(3), "claim"), holder);
    before.assert_same(&clone);
    assert!(!workspace(&clone, ID).exists());
    assert!(workspace(&other, ID).exists());
}

#[test]
fn whose_set_up_fails_when_it_was_released_from_elsewhere_is_told_and_leaves_nothing() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").on_machine("m1");
    let other = sandbox.clone_named("b").on_machine("m2");
    let before = Untouched::of(&clone);
    let shim = Shim::new(&sandbox);
    shim.rule(set_up(), Do::Then(other.sh(&release_by_claim(&sandbox))));
    shim.rule(set_up(), Do::Fail { code: 128, stderr: "fatal: disk full\n" });
    let output = clone.tix_command(&["activate", ID]).through(&shim).run();
    shim.outputs()[0].success();
    output.exits(3);
    before.assert_same(&clone);
    assert!(!workspace(&clone, ID).exists());
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_ticket_that_is_set_up_is_held_for_its_own_person_too() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    insta::assert_snapshot!(clone.tix(&["activate", ID]).exits(3).redacted(), @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is held from this clone
      held by  Ada Example <ada@example.org>
      since    [TIME]
    hint: if it is yours, add --resume; else: tix activate --next
    ");
    assert_eq!(
        fact(&clone.tix(&["activate", ID, "--json"]), "workspace"),
        workspace(&clone, ID).to_str().unwrap()
    );
    assert_eq!(subjects(&sandbox).len(), 1);
}

#[test]
fn the_same_session_gets_the_same_path_again_and_another_session_does_not() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let mine = clone.env("TIX_SESSION", "s-1");
    let first = mine.tix(&["activate", ID, "--json"]).success().json();
    let again = mine.tix(&["activate", ID, "--json"]).success().json();
    assert_eq!(again["outcome"], "already");
    assert_eq!(again["claim"]["id"], first["claim"]["id"]);
    assert_eq!(again["claim"]["commit"], first["claim"]["commit"]);
    assert_eq!(again["workspace"], first["workspace"]);
    clone.env("TIX_SESSION", "s-2").tix(&["activate", ID]).exits(3);
    clone.tix(&["activate", ID]).exits(3);
    assert_eq!(subjects(&sandbox).len(), 1);
    let output = mine.tix(&["activate", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is yours already
      title      Make it work
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      ticket     tickets/active/TICKET-foo-001/TICKET-foo-001.md
      to do      [ ] It works
                 [ ] It is tested
    next:
      cd '[ROOT]/a.worktrees/TICKET-foo-001'
      tix complete    # when it is done
      tix release     # to give it back
    ----- stderr -----
    ");
}

#[test]
fn resume_makes_a_lost_worktree_again_with_its_work() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let path = workspace(&clone, ID);
    let there = clone.at(&path);
    there.commit("work", &[("work.txt", "1\n")]);
    std::fs::remove_dir_all(&path).unwrap();
    clone.tix(&["activate", ID]).exits(3);
    assert!(!path.exists());
    clone.tix(&["activate", ID, "--resume"]).success();
    assert_eq!(there.read("work.txt"), "1\n");
    // In the workspace no command needs an id.
    there.tix(&["activate", "--resume"]).success();
    assert!(clone.tix(&["activate", "--resume"]).exits(2).stderr().contains("name the ticket"));
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    assert_eq!(subjects(&sandbox).len(), 1);
}

#[test]
fn something_else_in_the_place_of_a_lost_worktree_is_not_taken_for_it() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let path = workspace(&clone, ID);
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::write(&path, "mine\n").unwrap();
    let output = clone.tix(&["activate", ID, "--resume"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace's place is taken: [ROOT]/a.worktrees/TICKET-foo-001 is not a directory
      path  [ROOT]/a.worktrees/TICKET-foo-001
    hint: move it away, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    let finding = &clone.tix(&["doctor", "--json"]).json()["findings"][0];
    assert_eq!(
        finding["message"].as_str().unwrap(),
        format!(
            "{ID} is held by this clone, but something else is in the place of its workspace: {}",
            path.display()
        )
    );
    let repair = finding["repairs"][0]["command"].as_str().unwrap();
    let (away, again) = repair.split_once(" && ").unwrap();
    assert_eq!(again, format!("tix activate {ID} --resume"));
    clone.sh(away).run().success();
    clone.tix(&["activate", ID, "--resume"]).success();
    assert!(path.join(".git").exists());
    let kept = path.with_file_name(format!("{ID}-kept"));
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine\n");
}

#[test]
fn resume_in_another_clone_of_the_holder_takes_the_work_along() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    there.git(&["push", "-q"]);
    let other = sandbox.clone_named("b");
    let output = other.tix(&["activate", ID, "--resume"]);
    output.success();
    let path = workspace(&other, ID);
    assert!(output.stdout().contains(path.to_str().unwrap()), "{output}");
    assert_eq!(
        other.at(path).git(&["status", "-sb"]),
        format!("## ticket/{ID}...origin/ticket/{ID}")
    );
    assert!(workspace(&other, ID).join("work.txt").exists());
}

#[test]
fn resume_in_another_clone_before_anything_was_done_takes_the_ticket_there() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let other = sandbox.clone_named("b");
    // Nothing in it tells whether the set-up elsewhere came to its end.
    let receipt = other.tix(&["activate", ID, "--resume", "--json"]).success().json();
    assert_eq!(
        (&receipt["outcome"], &receipt["claim"]["id"]),
        (&"resumed".into(), &claim_of(&sandbox).into())
    );
    // One of the two holds it, and the other hears so.
    clone.tix(&["complete", ID]).exits(3);
    clone.tix(&["release", ID]).exits(3);
    assert!(workspace(&clone, ID).exists());
    other.tix(&["release", ID]).success();
}

#[test]
fn work_in_an_unfinished_set_up_is_never_thrown_away() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("branch").with("--set-upstream-to"), Do::KillBefore);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let path = workspace(&clone, ID);
    let there = clone.at(&path);
    there.write("notes.txt", "mine\n");
    let output = clone.tix(&["activate", ID]);
    insta::assert_snapshot!(output.exits(8).redacted(), @"
    exit: 8
    ----- stdout -----
    ----- stderr -----
    error: the set-up of TICKET-foo-001 was not finished, but its workspace has changes
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      changes    notes.txt
    hint: look at them: git -C '[ROOT]/a.worktrees/TICKET-foo-001' status
    hint: or give TICKET-foo-001 back; what is there is kept: tix release TICKET-foo-001
    ");
    assert_eq!(there.read("notes.txt"), "mine\n");
    there.commit("work", &[("notes.txt", "mine\n")]);
    let output = clone.tix(&["activate", ID]);
    insta::assert_snapshot!(output.exits(8).redacted(), @"
    exit: 8
    ----- stdout -----
    ----- stderr -----
    error: the set-up of TICKET-foo-001 was not finished, but its branch ticket/TICKET-foo-001 holds commits
      branch  ticket/TICKET-foo-001
      commit  [OID]
    hint: keep them under another name: git branch -m ticket/TICKET-foo-001 ticket/TICKET-foo-001-kept
    hint: or give TICKET-foo-001 back; what is there is kept: tix release TICKET-foo-001
    ");
    assert_eq!(there.read("notes.txt"), "mine\n");
    // Giving it back keeps the work here too, and frees the ticket.
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
    assert_eq!(there.read("notes.txt"), "mine\n");
    sandbox.clone_named("b").tix(&["activate", ID]).success();
}

#[test]
fn a_run_that_waited_for_a_killed_one_sees_what_that_one_left() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").not_up_to_date();
    // The second has read the branches already, when the first makes one and dies.
    let (first, second) = (Shim::new(&sandbox), Shim::new(&sandbox));
    let mut gate = second.gate(On::command("fetch"));
    let mut waiting = clone.tix_command(&["activate", ID]).through(&second).spawn();
    waiting.until_at(&gate);
    first.rule(On::command("branch").with("--set-upstream-to"), Do::KillAfter);
    let run =
        clone.env("XDG_RUNTIME_DIR", sandbox.fresh_directory("run")).tix_command(&["activate", ID]);
    run.through(&first).run().killed_by(9);
    gate.open();
    waiting.wait().success();
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
    // The next run to begin clears away what the killed one left.
    clone.tix(&["release", ID]).success();
    no_leftovers(&clone);
}

#[test]
fn a_run_that_began_while_the_ticket_was_held_here_takes_it_when_it_is_given_back() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("fetch"));
    let mut waiting = clone.tix_command(&["activate", ID]).through(&shim).spawn();
    waiting.until_at(&gate);
    clone.env("XDG_RUNTIME_DIR", sandbox.fresh_directory("run")).tix(&["release", ID]).success();
    gate.open();
    waiting.wait().success();
}

/// Nothing is left to do on it, so nobody is told to complete it.
#[test]
fn what_is_complete_on_its_branch_is_told_so() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    there.tix(&["tick", "1", "2"]).success();
    there.tix(&["complete", "--no-work", "looked"]).success();
    let again = clone.tix(&["activate", ID, "--resume"]);
    let told = again.success().stdout();
    assert!(told.starts_with(&format!("{ID} is yours, and complete\n")), "{again}");
    assert!(!told.contains("tix complete") && told.contains("\n  tix status "), "{again}");
    let receipt = clone.tix(&["activate", ID, "--resume", "--json"]).success().json();
    assert_eq!(receipt["task"]["completed"], true);
    there.tix(&["reopen", "--reason", "more to do"]).success();
    let again = clone.tix(&["activate", ID, "--resume"]);
    assert!(again.success().stdout().contains("  tix complete    # when it is done\n"), "{again}");
}
