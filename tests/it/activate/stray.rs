//! A ticket branch on the remote whose ticket nobody holds.

use super::{BRANCH, ID, fact, hints, many_tickets, one_ticket, workspace};

#[test]
fn a_branch_that_somebody_made_from_the_trunk_bars_nobody() {
    let sandbox = one_ticket();
    let remote = sandbox.remote();
    remote.git(&["update-ref", BRANCH, "main"]);
    sandbox.seed(&[("more.txt", "more")]);
    let receipt = sandbox.clone_named("a").tix(&["activate", ID, "--json"]).success().json();
    assert_eq!(receipt["outcome"], "activated");
    assert!(remote.git(&["log", "--format=%s", BRANCH]).starts_with("activate: "));
    assert_eq!(remote.git(&["for-each-ref", "refs/heads/attic"]), "");
}

#[test]
fn somebody_elses_commits_are_left_where_they_are() {
    let sandbox = one_ticket();
    sandbox.seed_on(BRANCH.trim_start_matches("refs/heads/"), &[("own.txt", "own")]);
    let before = sandbox.remote().git(&["rev-parse", BRANCH]);
    sandbox.clone_named("a").tix(&["activate", ID]).exits(5);
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), before);
}

#[test]
fn a_branch_that_no_claim_made_is_named_with_either_lock_and_the_ways_out_work() {
    for lock in ["trunk", "branch"] {
        let sandbox = one_ticket();
        sandbox.seed(&[(".tix.yaml", format!("lock: {lock}\n"))]);
        let clone = sandbox.clone_named("a");
        sandbox.seed_on(&format!("ticket/{ID}"), &[("own.txt", "own")]);
        let own = sandbox.remote().git(&["rev-parse", BRANCH]);
        let refused = clone.tix(&["activate", ID, "--json"]);
        assert_eq!(refused.exits(5).json()["details"]["branch"], format!("ticket/{ID}"), "{lock}");
        assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), own);
        for hint in hints(&refused).lines() {
            let (_, command) = hint.split_once(": ").unwrap();
            clone.sh(command).run().success();
        }
        let kept = format!("refs/heads/kept-ticket-{ID}");
        assert_eq!(sandbox.remote().git(&["rev-parse", &kept]), own);
        clone.tix(&["activate", ID]).success();
    }
}

#[test]
fn the_next_one_is_taken_where_a_branch_leaves_no_room_for_the_first() {
    let (sandbox, ids) = many_tickets(3);
    sandbox.seed_on(&format!("ticket/{}/more", ids[0]), &[("x", "x")]);
    let receipt = sandbox.clone_named("a").tix(&["activate", "--next", "--json"]).success().json();
    assert_eq!(receipt["ticket"], ids[1].as_str());
}

#[test]
fn two_trunks_do_not_give_two_holders_of_one_ticket() {
    let sandbox = one_ticket();
    let remote = sandbox.remote();
    let (old, new) = (sandbox.clone_named("old"), sandbox.clone_named("new"));
    remote.git(&["branch", "-m", "main", "renamed"]);
    remote.git(&["symbolic-ref", "HEAD", "refs/heads/renamed"]);
    new.git(&["fetch", "-q", "--prune"]);
    new.git(&["remote", "set-head", "origin", "--auto"]);
    // A clone that has not heard of it has pushed the old name again.
    remote.git(&["branch", "main", "renamed"]);
    old.tix(&["activate", ID]).success();
    let held = remote.git(&["rev-parse", BRANCH]);
    let refused = new.tix(&["activate", ID, "--json"]);
    let message = refused.exits(5).json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("claimed on origin/main") && message.contains("origin/renamed"),
        "{refused}"
    );
    assert_eq!(remote.git(&["rev-parse", BRANCH]), held);
    assert_eq!(fact(&refused, "held by"), "");
}

#[test]
fn after_the_trunk_was_set_back_work_is_kept_and_the_ticket_can_be_claimed() {
    let sandbox = one_ticket();
    let remote = sandbox.remote();
    let before = remote.git(&["rev-parse", "main"]);
    let (ada, bob) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    there.commit("work", &[("work.txt", "work")]);
    there.git(&["push", "-q"]);
    let work = remote.git(&["rev-parse", BRANCH]);
    remote.git(&["update-ref", "refs/heads/main", &before]);
    bob.tix(&["activate", ID]).success();
    assert!(remote.git(&["for-each-ref", "refs/heads/attic"]).contains(&work));
}

#[test]
fn a_commit_that_arrives_late_twice_is_put_aside_twice() {
    let sandbox = one_ticket();
    let remote = sandbox.remote();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let late = remote.git(&["rev-parse", BRANCH]);
    for n in 0..2 {
        clone.tix(&["release", ID]).success();
        remote.git(&["update-ref", BRANCH, &late]);
        let receipt = clone.tix(&["activate", ID, "--json"]).success().json();
        let branch = receipt["workspace"]["commit"].as_str().unwrap();
        assert_eq!(remote.git(&["rev-parse", BRANCH]), branch);
        let aside = remote.git(&["for-each-ref", "--format=%(objectname)", "refs/heads/attic"]);
        assert_eq!(aside.lines().collect::<Vec<_>>(), vec![late.as_str(); n + 1]);
    }
}
