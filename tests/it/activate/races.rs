//! Real processes that start together.

use super::{BRANCH, ID, claim_told, many_tickets, one_ticket, subjects, workspace};
use crate::harness::{Output, Place, Sandbox, Untouched, codes, no_leftovers, together};

const FROZEN: &str = "2026-01-02T03:04:05Z";

/// All of them claim the one ticket at once; exactly one may win, and the rest hear who did.
fn one_winner(sandbox: &Sandbox, places: &[Place]) -> Vec<Output> {
    let runs = places.iter().map(|p| p.tix_command(&["activate", ID, "--json"])).collect();
    let outputs = together(sandbox, runs);
    let expected: Vec<i32> = (0..places.len()).map(|n| if n == 0 { 0 } else { 3 }).collect();
    assert_eq!(codes(&outputs), expected, "{outputs:?}");
    assert_eq!(subjects(sandbox), [format!("claim: {ID}")]);
    let winner = outputs.iter().find(|o| o.code == Some(0)).unwrap().json();
    assert_eq!(winner["claim"]["commit"], sandbox.remote().git(&["rev-parse", "main"]));
    for loser in outputs.iter().filter(|o| o.code != Some(0)) {
        assert_eq!(claim_told(sandbox, loser), winner["claim"]["id"].as_str().unwrap(), "{loser}");
    }
    outputs
}

#[test]
fn of_many_clones_on_many_machines_exactly_one_wins() {
    let sandbox = one_ticket();
    let places: Vec<_> = (0..8)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let before: Vec<_> = places.iter().map(Untouched::of).collect();
    let outputs = one_winner(&sandbox, &places);
    for ((place, before), output) in places.iter().zip(&before).zip(&outputs) {
        no_leftovers(place);
        if output.code == Some(3) {
            before.assert_same(place);
        }
    }
}

#[test]
fn of_clones_with_one_identity_and_one_clock_exactly_one_wins() {
    for _ in 0..3 {
        let sandbox = one_ticket();
        let places: Vec<_> = (0..6)
            .map(|n| sandbox.clone_named(&format!("c{n}/same")).on_machine(&format!("m{n}")))
            .map(|place| place.frozen_at(FROZEN))
            .collect();
        one_winner(&sandbox, &places);
    }
}

#[test]
fn of_sixteen_processes_in_one_clone_exactly_one_wins() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").frozen_at(FROZEN);
    let before = Untouched::besides_ticket(&clone, ID);
    one_winner(&sandbox, &vec![clone.clone(); 16]);
    before.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn of_many_worktrees_of_one_clone_exactly_one_wins() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").frozen_at(FROZEN);
    let places: Vec<_> = (0..6).map(|n| clone.worktree(&format!("w{n}"))).collect();
    let before = Untouched::besides_ticket(&clone, ID);
    one_winner(&sandbox, &places);
    before.assert_same(&clone);
    for place in &places {
        no_leftovers(place);
        assert_eq!(place.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn twenty_clones_claiming_twenty_tickets_all_win() {
    let (sandbox, ids) = many_tickets(20);
    let places: Vec<_> = (0..ids.len())
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let claim = |(place, id): (&Place, &String)| place.tix_command(&["activate", id]);
    let outputs = together(&sandbox, places.iter().zip(&ids).map(claim).collect());
    assert_eq!(codes(&outputs), [0; 20], "{outputs:?}");
    let mut expected: Vec<_> = ids.iter().map(|id| format!("claim: {id}")).collect();
    let mut got = subjects(&sandbox);
    expected.sort();
    got.sort();
    assert_eq!(got, expected);
    for (place, id) in places.iter().zip(&ids) {
        no_leftovers(place);
        assert!(workspace(place, id).join(".git").exists());
    }
}

#[test]
fn twenty_four_activations_in_one_clone_all_succeed() {
    let (sandbox, ids) = many_tickets(24);
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let outputs =
        together(&sandbox, ids.iter().map(|id| clone.tix_command(&["activate", id])).collect());
    assert_eq!(codes(&outputs), [0; 24], "{outputs:?}");
    no_leftovers(&clone);
    let branches = clone.git(&[
        "for-each-ref",
        "--format=%(refname:short) %(upstream:short)",
        "refs/heads/ticket",
    ]);
    let expected: Vec<_> = ids.iter().map(|id| format!("ticket/{id} origin/ticket/{id}")).collect();
    assert_eq!(branches.lines().collect::<Vec<_>>(), expected);
    for id in &ids {
        let there = clone.at(workspace(&clone, id));
        assert_eq!(there.git(&["status", "--porcelain"]), "", "{id}");
        assert_eq!(there.git(&["rev-parse", "--abbrev-ref", "HEAD"]), format!("ticket/{id}"));
    }
    let outputs =
        together(&sandbox, ids.iter().map(|id| clone.tix_command(&["release", id])).collect());
    assert_eq!(codes(&outputs), [0; 24], "{outputs:?}");
    no_leftovers(&clone);
    before.assert_same(&clone);
    assert_eq!(sandbox.remote().git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}

#[test]
fn many_claimers_of_few_tickets_share_them_without_a_gap() {
    let (sandbox, ids) = many_tickets(3);
    let places: Vec<_> = (0..4)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let runs = places.iter().flat_map(|p| ids.iter().map(|id| p.tix_command(&["activate", id])));
    let outputs = together(&sandbox, runs.collect());
    assert_eq!(codes(&outputs), [0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3, 3], "{outputs:?}");
}

#[test]
fn claims_and_releases_of_one_ticket_never_leave_two_holders() {
    let sandbox = one_ticket();
    let places: Vec<_> = (0..4)
        .map(|n| {
            let place = sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}"));
            place.as_person(&format!("P{n}"), &format!("p{n}@example.org"))
        })
        .collect();
    // Each wins three times; a ticket that is held is waited for by asking again.
    let script = format!(
        "n=0; while [ $n -lt 3 ]; do\n\
         \"$0\" activate {ID} >out 2>&1; code=$?\n\
         case $code in 0) ;; 3) continue ;; *) cat out; exit $code ;; esac\n\
         mkdir '{root}/inside' || {{ echo 'two holders'; exit 99; }}\n\
         rmdir '{root}/inside'\n\
         \"$0\" release {ID} >out 2>&1 || {{ cat out; exit 98; }}\n\
         n=$((n + 1)); done",
        root = sandbox.root().display()
    );
    let run = |place: &Place| {
        let mut run = place.sh(&script);
        run.args.push(env!("CARGO_BIN_EXE_tix").into());
        run
    };
    let outputs = together(&sandbox, places.iter().map(run).collect());
    assert_eq!(codes(&outputs), [0; 4], "{outputs:?}");
    assert_eq!(subjects(&sandbox).len(), 24);
    assert!(!sandbox.remote().has_ref(BRANCH));
}
