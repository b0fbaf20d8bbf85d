//! The order of the queue, and the reasons.

use proptest::prelude::*;

use super::*;
use crate::lifecycle::EntryNode;
use crate::names::Oid;
use crate::ticket::{Document, FrontMatter};

/// A trunk with these tickets: lane, id, and the lines of the front matter.
fn trunk(tickets: &[(Lane, &str, &str)]) -> (Snapshot, Vec<FrontMatter>) {
    let entry = |(lane, id, _): &(Lane, &str, &str)| TicketEntry {
        id: TicketId::parse(id).unwrap(),
        lane: *lane,
        path: RepoPath::parse(format!("tickets/{lane}/{id}.md")).unwrap(),
        node: EntryNode::File,
        oid: Oid::zero(20),
    };
    let head = |(_, _, text): &(Lane, &str, &str)| {
        let bytes = format!("---\ntitle: x\n{text}\n---\n").into_bytes();
        FrontMatter::of(&Document::parse(bytes).unwrap())
    };
    let entries = tickets.iter().map(entry).collect();
    (Snapshot { entries, odd: Vec::new() }, tickets.iter().map(head).collect())
}

/// The tickets of the queue in order, each with what prevents its claim.
fn verdicts(tickets: &[(Lane, &str, &str)]) -> Vec<(String, String)> {
    let (snapshot, heads) = trunk(tickets);
    let known = |lanes: &[Lane]| {
        let all = snapshot.entries.iter().zip(&heads).filter(|(e, _)| lanes.contains(&e.lane));
        all.map(|(entry, head)| KnownTicket { entry, head: head.clone() }).collect::<Vec<_>>()
    };
    let mut all = known(&[Lane::Queue, Lane::Active]);
    let more = needed(&all, &snapshot);
    all.extend(
        known(&[Lane::Completed, Lane::Archive]).into_iter().filter(|k| more.contains(&k.entry)),
    );
    let show = |verdict: &Prospect<'_>| {
        let why: Vec<String> = verdict.hindrances.iter().map(ToString::to_string).collect();
        (verdict.known.entry.id.to_string(), why.join("; "))
    };
    judge(&all, &snapshot, QueueGate::Open).iter().map(show).collect()
}

fn order(tickets: &[(Lane, &str, &str)]) -> Vec<String> {
    verdicts(tickets).into_iter().map(|(id, _)| id).collect()
}

/// What prevents a claim of the ticket `TICKET-it`.
fn why(it: &str, others: &[(Lane, &str, &str)]) -> String {
    let all = [&[(Lane::Queue, "TICKET-it", it)], others].concat();
    let found = verdicts(&all).into_iter().find(|(id, _)| id == "TICKET-it");
    found.unwrap().1
}

#[test]
fn the_most_urgent_is_first_and_of_equals_the_oldest() {
    let queue = [
        (Lane::Queue, "none", "created: 2020-01-01"),
        (Lane::Queue, "c-002", "priority: P1"),
        (Lane::Queue, "c-001", "priority: P1"),
        (Lane::Queue, "new", "priority: high\ncreated: 2026-01-02 10:00"),
        (Lane::Queue, "old", "priority: P1\ncreated: 2026-01-01T10:00:00Z"),
        (Lane::Queue, "low", "priority: P3\ncreated: 2019-01-01"),
        (Lane::Queue, "odd", "priority: soon\ncreated: 2021-01-01"),
        (Lane::Queue, "urgent", "priority: P0\nblocked: no\ncreated: 2026-02-01"),
    ];
    let expected = ["urgent", "old", "new", "c-001", "c-002", "low", "none", "odd"];
    assert_eq!(order(&queue), expected);
}

#[test]
fn what_cannot_be_claimed_says_why_and_comes_after_all_that_can() {
    let queue = [
        (Lane::Queue, "draft", "priority: P0\nstatus: planning"),
        (Lane::Queue, "blocked", "priority: P0\nblocked: waits for Eve"),
        (Lane::Queue, "strange", "priority: P0\nstatus: opened"),
        (Lane::Queue, "fine", "priority: P3"),
        (Lane::Queue, "twice", ""),
        (Lane::Active, "twice", ""),
    ];
    let found = verdicts(&queue);
    assert_eq!(found[0], ("fine".to_owned(), String::new()));
    let reason = |id: &str| found.iter().find(|(found, _)| found == id).unwrap().1.clone();
    assert_eq!(reason("draft"), "its status is `draft`, not open or queued");
    assert_eq!(reason("strange"), "its status is `opened`, not open or queued");
    assert_eq!(reason("blocked"), "blocked: waits for Eve");
    assert_eq!(reason("twice"), "its id is on the trunk 2 times");
}

#[test]
fn a_dependency_is_done_when_it_is_completed_and_in_no_other_case() {
    let on_a = "depends_on: [a]";
    assert_eq!(why(on_a, &[]), "it waits for a, which is not on the trunk");
    let cases = [
        (Lane::Queue, "status: done", "it waits for a, which is in queue/"),
        (Lane::Active, "status: approved", "it waits for a, which is in active/"),
        (Lane::Completed, "status: completed", ""),
        (Lane::Completed, "", ""),
        (Lane::Completed, "status: in_progress", "it waits for a, which is in completed/"),
        (Lane::Completed, "status: what", "it waits for a, which is in completed/"),
        (Lane::Archive, "status: approved", ""),
        (Lane::Archive, "status: closed\nresolution: Done", ""),
        (Lane::Archive, "status: closed\ncompleted_at: 2026-01-01", ""),
        (Lane::Archive, "status: closed", "it waits for a, which was closed without being done"),
        (
            Lane::Archive,
            "status: closed\nresolution: wont_do\ncompleted_at: 2026-01-01",
            "it waits for a, which was closed without being done",
        ),
    ];
    for (lane, text, expected) in cases {
        assert_eq!(why(on_a, &[(lane, "TICKET-a-001", text)]), expected, "{lane} {text}");
    }
}

#[test]
fn a_name_that_means_several_tickets_is_not_done_and_an_exact_one_is_none_of_them() {
    let done = |id| (Lane::Completed, id, "status: approved");
    assert_eq!(
        why("depends_on: [a]", &[done("TICKET-a-001"), done("TICKET-a-002")]),
        "it waits for a, which may be any of TICKET-a-001, TICKET-a-002"
    );
    let exact = [done("TICKET-a-001"), (Lane::Queue, "TICKET-a-001-002", "")];
    assert_eq!(why("depends_on: [TICKET-a-001]", &exact), "");
    assert_eq!(why("depends_on: tickets/queue/TICKET-a-001.md", &exact), "");
}

#[test]
fn a_ticket_that_blocks_another_is_waited_for_until_it_has_ended() {
    let blocks = "blocks: [it]";
    assert_eq!(
        why("", &[(Lane::Active, "TICKET-b", blocks)]),
        "it waits for TICKET-b, which is in active/"
    );
    assert_eq!(why("", &[(Lane::Completed, "TICKET-b", blocks)]), "");
    let both = why("depends_on: [b]", &[(Lane::Queue, "TICKET-b", blocks)]);
    assert_eq!(both, "it waits for b, which is in queue/");
}

#[test]
fn a_whole_is_not_offered_while_a_part_of_it_is_open() {
    let part_of = "parent_ticket: it";
    let held = (Lane::Active, "TICKET-b", part_of);
    let queued = (Lane::Queue, "TICKET-c", part_of);
    assert_eq!(why("", &[queued, held]), "its subtasks are open: TICKET-c, TICKET-b");
    let over = [
        (Lane::Completed, "TICKET-b", part_of),
        (Lane::Archive, "TICKET-c", "status: closed\nparent_ticket: it"),
    ];
    assert_eq!(why("", &over), "");
    let approved = (Lane::Active, "TICKET-b", "status: approved\nparent_ticket: it");
    assert_eq!(why("", &[approved]), "", "its work is done, and needs a merge");
    assert_eq!(why(part_of, &[]), "", "a part of itself is none");
    let many = ["TICKET-a", "TICKET-b", "TICKET-c", "TICKET-d", "TICKET-e"];
    let many = many.map(|id| (Lane::Queue, id, part_of));
    assert_eq!(why("", &many), "its subtasks are open: TICKET-a, TICKET-b, TICKET-c and 2 more");
}

proptest! {
    #[test]
    fn every_ticket_of_the_queue_is_judged_once_whatever_they_say_of_each_other(
        links in proptest::collection::vec((0..4_usize, 0..8_usize, 0..8_usize, 0..4_usize), 1..8)
    ) {
        let texts: Vec<(Lane, String, String)> = links
            .iter()
            .enumerate()
            .map(|(n, (lane, needs, blocks, urgent))| {
                let text = format!("depends_on: [t{needs}]\nblocks: [t{blocks}]\npriority: P{urgent}");
                (Lane::ALL[*lane], format!("t{n}"), text)
            })
            .collect();
        let tickets: Vec<_> = texts.iter().map(|(l, id, t)| (*l, id.as_str(), t.as_str())).collect();
        let found = verdicts(&tickets);
        let queued = tickets.iter().filter(|(lane, ..)| *lane == Lane::Queue).count();
        prop_assert_eq!(found.len(), queued);
        let first_bad = found.iter().position(|(_, why)| !why.is_empty()).unwrap_or(queued);
        prop_assert!(found[first_bad..].iter().all(|(_, why)| !why.is_empty()));
    }
}
