//! What lands, and as what.

use super::{ID, LANDING, OTHER, active, completed, done, lines, main_of, project, story, worked};
use crate::activate::workspace;
use crate::harness::{Do, On, Shim, Untouched, no_leftovers};

#[test]
fn a_merge_has_the_branch_behind_it_and_touches_no_checkout() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    clone.git(&["switch", "-q", "-c", "feature"]);
    clone.write("lines.txt", lines(1, "mine"));
    let there = completed(&clone, ID);
    let (before, tip) = (main_of(&sandbox.remote()), there.git(&["rev-parse", "HEAD"]));
    let same = Untouched::besides_ticket(&clone, ID);
    let output = clone.tix(&["land", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is on origin/main
    next:
      tix clean TICKET-foo-001
    ----- stderr -----
    ");
    same.assert_same(&clone);
    no_leftovers(&clone);
    let remote = sandbox.remote();
    assert_eq!(remote.git(&["log", "-1", "--format=%P", "main"]), format!("{before} {tip}"));
    let files = remote.files("main");
    assert!(files.contains(&done(ID)) && !files.contains(&active(ID)));
    assert!(files.contains(&format!("src/{ID}.rs")));
    assert_eq!(remote.show("main", &done(ID)), remote.show(&tip, &done(ID)));
    let message = remote.git(&["log", "-1", "--format=%B", "main"]);
    let trailers: Vec<_> =
        message.lines().filter_map(|line| line.split_once(": ")).map(|(key, _)| key).collect();
    assert_eq!(
        trailers,
        ["complete", "Tix-Ticket", "Tix-Claim", "Tix-Actor", "Tix-Commit", "Tix-Run"]
    );
    let again = there.tix(&["land", "--json"]).success().json();
    assert_eq!((again["outcome"].as_str(), again["attempts"].as_u64()), (Some("already"), Some(0)));
    let log = clone.tix(&["log", ID]).success().stdout().to_owned();
    assert!(log.contains("complete"), "{log}");
    let next = again["next"].as_str().unwrap();
    clone.tix(&next.split(' ').skip(1).collect::<Vec<_>>()).success();
    assert!(!workspace(&clone, ID).exists());
}

#[test]
fn a_squash_is_one_commit_and_clean_knows_it_again() {
    let sandbox = project(&format!("{LANDING}skip_ci: true\n"));
    let clone = sandbox.clone_named("a");
    let there = worked(&clone, ID);
    let receipt = there.tix(&["complete", "--json"]).success().json();
    assert_eq!(receipt["next"], format!("tix land {ID}"));
    let before = main_of(&sandbox.remote());
    let receipt = there.tix(&["land", "--squash", "--json"]).success().json();
    assert_eq!(receipt["outcome"], "landed");
    let mut paths = vec![active(ID), done(ID), format!("src/{ID}.rs")];
    paths.sort();
    let mut told: Vec<&str> =
        receipt["paths"].as_array().unwrap().iter().filter_map(|p| p.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, paths);
    let remote = sandbox.remote();
    let log = remote.git(&["log", "-1", "--format=%P %s", "main"]);
    // What is to be built and tested is not kept from being built and tested.
    assert_eq!(log, format!("{before} complete: {ID}"));
    let report = clone.tix(&["clean", ID, "--json"]).success().json();
    assert_eq!(report["tickets"][0]["proof"], "squash");
}

#[test]
fn the_merge_is_made_anew_when_the_trunk_moves() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    completed(&clone, ID);
    let other = sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(other.tix_command(&["activate", OTHER])));
    let output = clone.tix_command(&["land", ID, "--json"]).through(&shim).run();
    assert_eq!(output.success().json()["attempts"], 2, "{output}");
    assert_eq!(story(&sandbox)[..2], [format!("complete: {ID}"), format!("claim: {OTHER}")]);
    let files = sandbox.remote().files("main");
    assert!(files.contains(&active(OTHER)) && files.contains(&done(ID)), "{files:#?}");
}

#[test]
fn a_lost_answer_is_a_landing_all_the_same() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    completed(&clone, ID);
    let shim = Shim::new(&sandbox);
    let cut = Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" };
    shim.rule(On::command("push").nth(1), cut);
    let output = clone.tix_command(&["land", ID, "--json"]).through(&shim).run();
    assert_eq!(output.success().json()["outcome"], "landed");
    assert_eq!(story(&sandbox).iter().filter(|s| s.starts_with("complete")).count(), 1);
}

#[test]
fn what_changed_on_both_sides_is_named_and_nothing_changes() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    let there = worked(&clone, ID);
    there.commit("six", &[("lines.txt", &lines(6, "six"))]);
    there.git(&["push", "-q"]);
    there.tix(&["complete"]).success();
    sandbox.seed(&[("lines.txt", lines(6, "sechs"))]);
    let before = (main_of(&sandbox.remote()), there.git(&["rev-parse", "HEAD"]));
    let output = clone.tix(&["land", ID]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the branch conflicts with the trunk; nothing changed
      conflicts  lines.txt
    hint: in its workspace, merge the trunk and resolve the conflict: git merge origin/main
    hint: then push it, and land again: tix land TICKET-foo-001
    ");
    assert_eq!((main_of(&sandbox.remote()), there.git(&["rev-parse", "HEAD"])), before);
    no_leftovers(&clone);
    // The way out that it names.
    there.git(&["fetch", "-q"]);
    there.try_git(&["merge", "-q", "origin/main"]).exits(1);
    there.write("lines.txt", lines(6, "both"));
    there.git(&["commit", "-q", "-a", "--no-edit"]);
    there.git(&["push", "-q"]);
    clone.tix(&["land", ID]).success();
    assert_eq!(sandbox.remote().show("main", "lines.txt"), lines(6, "both").as_bytes());
}

#[test]
fn a_ticket_without_a_worktree_lands_and_so_does_one_that_was_taken_over() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID, "--no-worktree"]).success();
    sandbox.work_on(ID);
    clone.tix(&["complete", ID]).success();
    let bob = sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org");
    bob.tix(&["land", ID]).success();
    // The work of one, completed by the other; the trunk has a claim of its own on the way.
    let there = worked(&clone, OTHER);
    bob.tix(&["reclaim", OTHER, "--reason", "away", "--force"]).success();
    bob.tix(&["complete", OTHER]).success();
    // Whoever held it before may land it as anybody may: it is the new holder's completion that lands.
    there.tix(&["land", "--squash"]).success();
    let again = bob.tix(&["land", OTHER, "--json"]).success().json();
    assert_eq!(again["outcome"], "already");
    let files = sandbox.remote().files("main");
    assert!(files.contains(&done(ID)) && files.contains(&done(OTHER)), "{files:#?}");
}

#[test]
fn a_local_trunk_takes_it_in_and_its_checkout_follows() {
    let sandbox = project(LANDING);
    let place = sandbox.local_repository("a");
    place.write("untracked.txt", "mine\n");
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("src/work.rs", "1\n")]);
    there.tix(&["complete"]).success();
    place.tix(&["land", ID]).success();
    assert!(place.exists(done(ID)) && !place.exists(active(ID)) && place.exists("src/work.rs"));
    assert_eq!(place.git(&["status", "--porcelain"]), "?? untracked.txt");
    assert_eq!(place.git(&["log", "-1", "--format=%s"]), format!("complete: {ID}"));
    place.tix(&["clean", ID]).success();
    assert!(!there.path().exists());
}
