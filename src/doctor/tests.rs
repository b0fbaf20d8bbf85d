use std::collections::BTreeSet;

use chrono::{TimeDelta, TimeZone, Utc};

use super::*;
use crate::lifecycle::{Awaited, EntryNode, TicketEntry};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Document, FrontMatter, Lane, Status, TicketId};

const HELD: &str = "status: in_progress\nclaimed_by: Ada\nclaimed_at: 2025-12-03T12:00:00Z\nclaim_id: 0123abcd-1\nbranch: ticket/TICKET-a-001\n";

fn ticket(lane: Lane, keys: &str) -> TicketFacts {
    let id = TicketId::parse("TICKET-a-001").unwrap();
    let path = RepoPath::parse(format!("tickets/{lane}/{id}.md")).unwrap();
    let oid = Oid::parse(&"a".repeat(40)).unwrap();
    let entry = TicketEntry { id, lane, path, node: EntryNode::File, oid };
    let document = Document::parse(format!("---\n{keys}---\n").into_bytes()).unwrap();
    let contents = Ok(FrontMatter::of(&document));
    TicketFacts { entry, contents }
}

/// One ticket that this clone holds, with its workspace and its branch, an hour after the claim.
fn held() -> RepoFacts {
    let ticket = ticket(Lane::Active, HELD);
    let id = ticket.entry.id.clone();
    let claimed = Utc.with_ymd_and_hms(2025, 12, 3, 12, 0, 0).unwrap();
    let tip = BranchTip {
        oid: Oid::parse(&"b".repeat(40)).unwrap(),
        at: claimed,
        merged: false,
        is_claim: false,
        same_file: false,
    };
    let name = RefName::branch("ticket/TICKET-a-001").unwrap();
    let worktree = Some(WorktreeFacts { path: "/w".into(), place: WorkspacePlace::Worktree });
    RepoFacts {
        trunk: "origin/main".to_owned(),
        tickets: vec![ticket],
        branches: vec![BranchFacts {
            id: id.clone(),
            name,
            exists: Some(true),
            tip: Some(tip),
            awaited: Awaited::Holder,
            review: None,
        }],
        workspaces: vec![WorkspaceFacts {
            id,
            worktree,
            claim_id: Some("0123abcd-1".to_owned()),
            wants_worktree: true,
            finished: true,
            ended: None,
        }],
        own_claims: vec!["0123abcd-1".to_owned()],
        now: claimed + TimeDelta::hours(1),
        stale_after: TimeDelta::hours(24),
        ..RepoFacts::default()
    }
}

fn names(facts: &RepoFacts) -> Vec<&'static str> {
    examine(facts).iter().map(|finding| finding.check.name()).collect()
}

/// What is found when one thing is otherwise than it should be.
fn found(change: impl FnOnce(&mut RepoFacts)) -> Vec<&'static str> {
    let mut facts = held();
    change(&mut facts);
    names(&facts)
}

fn tip(facts: &mut RepoFacts) -> &mut BranchTip {
    facts.branches[0].tip.as_mut().unwrap()
}

#[test]
fn every_check_has_one_rule_and_a_name_that_can_be_a_word_of_a_script() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    let checks: BTreeSet<_> = RULES.iter().map(|rule| rule.check).collect();
    assert_eq!((names.len(), checks.len()), (RULES.len(), RULES.len()));
    let kebab = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    assert!(names.iter().all(|name| kebab(name)), "{names:?}");
    assert!(RULES.is_sorted_by_key(|rule| rule.severity), "the worst come first");
}

#[test]
fn a_held_ticket_in_order_is_in_order() {
    assert_eq!(found(|_| ()), [""; 0]);
}

#[test]
fn merged_work_is_told_from_a_claim_and_from_work_under_way() {
    let merged = ["active-but-merged"];
    assert_eq!(found(|facts| tip(facts).merged = true), merged);
    // A squash brings the ticket's file and not the commit.
    assert_eq!(found(|facts| tip(facts).same_file = true), merged);
    let claim = found(|facts| {
        tip(facts).merged = true;
        tip(facts).same_file = true;
        tip(facts).is_claim = true;
    });
    assert_eq!(claim, [""; 0]);
    // A branch that nobody has worked on yet, where the progress is written on the trunk.
    let before = found(|facts| {
        tip(facts).merged = true;
        tip(facts).at -= TimeDelta::hours(1);
    });
    assert_eq!(before, [""; 0]);
}

#[test]
fn a_claim_is_stale_when_neither_it_nor_its_branch_is_young() {
    let late = |facts: &mut RepoFacts| facts.now += TimeDelta::hours(25);
    assert_eq!(found(late), ["stale-claim"]);
    let active = found(|facts| {
        late(facts);
        tip(facts).at = facts.now;
    });
    assert_eq!(active, [""; 0]);
    for awaited in [Awaited::Reviewer(Status::CriticReview), Awaited::Merge] {
        let waits = found(|facts| {
            late(facts);
            facts.branches[0].awaited = awaited;
        });
        assert_eq!(waits, [""; 0]);
    }
}

#[test]
fn a_claim_that_says_nothing_of_its_time_is_stale_unless_its_branch_could_not_be_asked() {
    let silent = |exists| {
        found(move |facts| {
            let silent = HELD.replace("claimed_at: 2025-12-03T12:00:00Z\n", "");
            facts.tickets = vec![ticket(Lane::Active, &silent)];
            facts.branches[0].exists = exists;
            facts.branches[0].tip = None;
        })
    };
    assert!(silent(Some(false)).contains(&"stale-claim"));
    assert!(!silent(None).contains(&"stale-claim"));
}

#[test]
fn of_branches_that_nobody_could_ask_about_nothing_is_said() {
    let unknown = |exists| {
        move |facts: &mut RepoFacts| {
            facts.branches[0].exists = exists;
            facts.branches[0].tip = None;
        }
    };
    assert_eq!(found(unknown(Some(false))), ["claim-without-branch"]);
    assert_eq!(found(unknown(None)), [""; 0]);
}

#[test]
fn a_workspace_is_missed_only_where_one_was_wanted() {
    let missing = ["claim-without-workspace"];
    assert_eq!(found(|facts| facts.workspaces.clear()), missing);
    assert_eq!(found(|facts| facts.workspaces[0].finished = false), missing);
    for place in [WorkspacePlace::Nothing, WorkspacePlace::Other, WorkspacePlace::Unlinked] {
        let not_there = |facts: &mut RepoFacts| {
            facts.workspaces[0].worktree.as_mut().unwrap().place = place;
        };
        assert_eq!(found(not_there), missing);
    }
    let without = found(|facts| {
        facts.workspaces[0].worktree = None;
        facts.workspaces[0].wants_worktree = false;
    });
    assert_eq!(without, [""; 0]);
    // Another clone's claim has its workspace there.
    let elsewhere = found(|facts| {
        facts.workspaces.clear();
        facts.own_claims.clear();
    });
    assert_eq!(elsewhere, [""; 0]);
}

#[test]
fn a_workspace_outlives_its_claim() {
    let leftover = ["workspace-without-claim"];
    assert_eq!(found(|facts| facts.tickets[0] = ticket(Lane::Queue, "status: open\n")), leftover);
    assert_eq!(found(|facts| facts.tickets.clear()), leftover);
    let taken_over = found(|facts| facts.workspaces[0].claim_id = Some("0123abcd-0".to_owned()));
    assert_eq!(taken_over, leftover);
    // A worktree that somebody made by hand for a ticket that is held.
    assert_eq!(found(|facts| facts.workspaces[0].claim_id = None), [""; 0]);
}

#[test]
fn a_worker_that_ended_unseen_is_told_of_as_long_as_its_claim_stands() {
    let of_claim = |claim: &str| {
        let worker = WorkerFacts {
            claim_id: claim.to_owned(),
            pid: 7,
            since: "2025-12-03T12:00:00Z".to_owned(),
            command: "agent".to_owned(),
            log: None,
        };
        found(|facts| facts.workspaces[0].ended = Some(worker))
    };
    assert_eq!(of_claim("0123abcd-1"), ["stale-worker"]);
    assert_eq!(of_claim("0123abcd-0"), [""; 0]);
}

#[test]
fn what_is_over_is_told_more_calmly() {
    let severity = |lane, keys: &str| {
        let facts = RepoFacts { tickets: vec![ticket(lane, keys)], ..held() };
        let facts = RepoFacts { workspaces: Vec::new(), branches: Vec::new(), ..facts };
        examine(&facts).iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(severity(Lane::Queue, "status: approved\n"), [Severity::Error]);
    assert_eq!(severity(Lane::Completed, "status: draft\n"), [Severity::Warning]);
    let times = "created: 2025-12-03 12:00\nclaimed_at: 2025-12-03 11:00\n";
    assert_eq!(severity(Lane::Queue, times), [Severity::Warning]);
    assert_eq!(severity(Lane::Archive, times), [Severity::Info]);
}
