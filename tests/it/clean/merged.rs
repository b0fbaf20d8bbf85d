//! Every way in which work gets into the trunk is seen, and nothing else is taken for one.

use std::collections::BTreeMap;

use super::{assert_gone, completed, leavings, lines, merger, on_trunk, squash, tickets};
use crate::activate::workspace;
use crate::harness::{Sandbox, Shim, Untouched, no_leftovers};

/// A ticket, what happens to it on the trunk, and what the proof is called.
const WAYS: [(&str, &str, &str); 6] = [
    ("TICKET-ff-001", "git merge -q --ff-only origin/ticket/ID", "merge"),
    ("TICKET-merge-001", "git merge -q --no-ff -m merge origin/ticket/ID", "merge"),
    (
        "TICKET-squash-001",
        "git merge -q --squash origin/ticket/ID; git commit -q -m squash",
        "squash",
    ),
    (
        "TICKET-rebase-001",
        "git commit -q --allow-empty -m other; git cherry-pick $(git rev-list --reverse HEAD..origin/ticket/ID)",
        "rebase",
    ),
    (
        "TICKET-later-001",
        "git merge -q --squash origin/ticket/ID; git commit -q -m squash; \
         git rm -q TICKET-later-001.txt; git commit -q -m 'and away with it'",
        "squash",
    ),
    (
        "TICKET-archived-001",
        "git merge -q --squash origin/ticket/ID; git commit -q -m squash; \
         git mv tickets/completed/ID/ID.md tickets/archive/ID.md; git commit -q -m 'archive: ID'",
        "squash",
    ),
];

#[test]
fn whatever_way_the_work_came_into_the_trunk_all_of_it_goes_at_once() {
    let open = "TICKET-open-001";
    let mut ids: Vec<&str> = WAYS.iter().map(|(id, ..)| *id).collect();
    ids.push(open);
    let sandbox = tickets(&ids, "");
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    for (id, script, _) in WAYS {
        completed(&clone, id, &[("work.txt", id)]);
        on_trunk(&merger, &script.replace("ID", id));
    }
    clone.tix(&["activate", open]).success();
    let before = Untouched::besides_ticket(&clone, ids[0]);
    let planned = clone.tix(&["clean", "--merged", "--dry-run", "--json"]);
    let outcome = |output: &crate::harness::Output| -> BTreeMap<String, [String; 2]> {
        let json = output.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let entries = json["tickets"].as_array().unwrap().iter();
        entries.map(|e| (text(&e["ticket"]), [text(&e["outcome"]), text(&e["proof"])])).collect()
    };
    let expected = |word: &str| {
        let mut all: BTreeMap<String, [String; 2]> = WAYS
            .iter()
            .map(|(id, _, proof)| ((*id).to_owned(), [word.to_owned(), (*proof).to_owned()]))
            .collect();
        all.insert(open.to_owned(), ["not_merged".to_owned(), String::new()]);
        all
    };
    assert_eq!(outcome(planned.success()), expected("planned"));
    assert!(ids.iter().all(|id| !leavings(&sandbox, &clone, id).is_empty()), "a dry run");
    let shim = Shim::new(&sandbox);
    let cleaned = clone.tix_command(&["clean", "--merged", "--json"]).through(&shim).run();
    assert_eq!(outcome(cleaned.success()), expected("cleaned"));
    let pushes = shim.calls().iter().filter(|call| call.subcommand == "push").count();
    assert_eq!(pushes, 1, "all branches go in one push");
    for (id, ..) in WAYS {
        assert_gone(&sandbox, &clone, id);
    }
    assert!(
        workspace(&clone, open).exists()
            && sandbox.remote().has_ref(&format!("refs/heads/ticket/{open}"))
    );
    no_leftovers(&clone);
    drop(before);
    // Said again of one: there is nothing left. Said again of all: the open one alone is looked at.
    assert_eq!(
        clone.tix(&["clean", ids[0]]).success().stdout(),
        format!("{} is clean already\n", ids[0])
    );
    let again = clone.tix(&["clean", "--merged"]);
    assert_eq!(again.success().stdout(), "");
    assert!(again.stderr().contains("1 ticket is not merged: TICKET-open-001"), "{again}");
    let log = clone.tix(&["log", ids[0], "--json"]);
    assert!(log.success().stdout().contains("\"clean\""), "{log}");
}

#[test]
fn one_ticket_that_is_cleaned_leaves_everything_else_as_it_was() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    let clone = sandbox.clone_named("a");
    clone.git(&["switch", "-q", "-c", "feature"]);
    clone.write("lines.txt", lines(&[(1, "mine")]));
    let before = Untouched::of(&clone);
    let tip = completed(&clone, id, &[("work.txt", "1\n")]).git(&["rev-parse", "HEAD"]);
    squash(&merger(&sandbox), id);
    let output = clone.tix(&["clean", id]);
    let text = output.success().stdout();
    let line = format!("  branch     ticket/{id} at {tip}");
    assert!(text.contains(line.get(..48).unwrap()), "{output}");
    assert!(
        text.contains(
            ", its changes are in origin/main
  workspace  "
        ),
        "{output}"
    );
    assert!(text.contains("kept       for 7 days in "), "{output}");
    before.assert_same(&clone);
    assert_gone(&sandbox, &clone, id);
    no_leftovers(&clone);
}

#[test]
fn what_the_remote_has_deleted_already_is_cleaned_here() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    let clone = sandbox.clone_named("a");
    completed(&clone, id, &[("work.txt", "1\n")]);
    let merger = merger(&sandbox);
    squash(&merger, id);
    merger.git(&["push", "-q", "origin", "--delete", &format!("ticket/{id}")]);
    assert!(leavings(&sandbox, &clone, id).len() > 3);
    clone.tix(&["clean", id]).success();
    assert_gone(&sandbox, &clone, id);
}

#[test]
fn a_clone_without_the_workspace_cleans_the_remote_and_the_holder_the_rest() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    let (clone, other) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    completed(&clone, id, &[("work.txt", "1\n")]);
    squash(&merger(&sandbox), id);
    other.tix(&["clean", "--merged"]).success();
    assert!(!sandbox.remote().has_ref(&format!("refs/heads/ticket/{id}")));
    assert!(workspace(&clone, id).exists());
    clone.tix(&["clean", "--merged"]).success();
    assert_gone(&sandbox, &clone, id);
}

/// The trunk after a squash, and one more commit on the branch: is it in the trunk?
#[test]
fn a_commit_that_was_made_after_the_merge_keeps_the_branch_whatever_it_is_about() {
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("TICKET-new-001", &[("new.txt", "new\n")]),
        ("TICKET-blank-001", &[("work-TICKET-blank-001.txt", "some\n  work\n")]),
        ("TICKET-back-001", &[("lines.txt", "1\n")]),
        ("TICKET-undone-001", &[("TICKET-undone-001.txt", "")]),
    ];
    let ids: Vec<&str> = cases.iter().map(|(id, _)| *id).collect();
    let sandbox = tickets(&ids, "");
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    for (id, after) in cases {
        let there = completed(&clone, id, &[(&format!("work-{id}.txt"), "some\nwork\n")]);
        squash(&merger, id);
        there.commit("one more", after);
        let output = clone.tix(&["clean", id, "--json"]);
        let json = output.exits(5).json();
        let reason = &json["tickets"][0]["reason"];
        assert_eq!(json["tickets"][0]["outcome"], "not_merged", "{output}");
        assert!(reason["details"]["newest"].as_str().unwrap().contains("one more"), "{output}");
        assert!(reason["message"].as_str().unwrap().contains(" here holds work"), "{output}");
        there.git(&["push", "-q"]);
        let output = clone.tix(&["clean", id]);
        assert!(output.exits(5).stderr().contains("on the remote holds work"), "{output}");
        assert!(leavings(&sandbox, &clone, id).len() > 4, "nothing has gone");
    }
    assert_eq!(clone.tix(&["clean", "--merged"]).success().stdout(), "");
}

#[test]
fn a_squash_beside_other_changes_to_the_same_files_is_one() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    completed(&clone, id, &[("lines.txt", &lines(&[(6, "six")]))]);
    merger.git(&["pull", "-q"]);
    merger.commit("before", &[("lines.txt", &lines(&[(3, "three")]))]);
    merger.git(&["push", "-q", "origin", "HEAD:main"]);
    squash(&merger, id);
    merger.commit("after", &[("lines.txt", &lines(&[(6, "seven"), (9, "nine")]))]);
    merger.git(&["push", "-q", "origin", "HEAD:main"]);
    clone.tix(&["clean", id]).success();
    assert_gone(&sandbox, &clone, id);
}

/// The code branch of a trunk of its own carries no ticket, so that patches are all there is to compare.
#[test]
fn with_a_trunk_of_its_own_patches_are_compared_to_the_last_blank() {
    let ways = [
        (
            "TICKET-squash-001",
            "git merge -q --squash origin/ticket/ID; git commit -q -m squash",
            "squash",
        ),
        (
            "TICKET-rebase-001",
            "git commit -q --allow-empty -m other; git cherry-pick $(git rev-list --reverse HEAD..origin/ticket/ID)",
            "rebase",
        ),
        (
            "TICKET-blank-001",
            "git merge -q --squash origin/ticket/ID; printf 'some\\n  work\\n' >work-ID.txt; git commit -qa -m squash",
            "",
        ),
    ];
    let sandbox = Sandbox::new();
    sandbox.seed(&[("lines.txt", lines(&[])), (".tix.yaml", "trunk: tickets\n".to_owned())]);
    let files: Vec<_> = ways
        .iter()
        .map(|(id, ..)| {
            let text = crate::harness::queue_ticket(id).replace("- [ ]", "- [x]");
            (format!("tickets/queue/{id}.md"), text)
        })
        .collect();
    sandbox.seed_on("tickets", &files);
    let (clone, merger) = (sandbox.clone_named("a"), merger(&sandbox));
    for (id, script, proof) in ways {
        completed(&clone, id, &[(&format!("work-{id}.txt"), "some\nwork\n")]);
        on_trunk(&merger, &script.replace("ID", id));
        // Whoever looks at the newest state only does not find it any more.
        on_trunk(&merger, &format!("printf 'other\\n' >work-{id}.txt; git commit -qa -m other"));
        let output = clone.tix(&["clean", id, "--json"]);
        let json = if proof.is_empty() { output.exits(5) } else { output.success() }.json();
        assert_eq!(json["tickets"][0]["proof"].as_str().unwrap_or_default(), proof, "{output}");
    }
}

#[test]
fn a_merge_driver_that_keeps_one_side_proves_nothing() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    sandbox.seed(&[(".gitattributes", "lines.txt merge=ours\n")]);
    let clone = sandbox.clone_named("a");
    let there = completed(&clone, id, &[("work.txt", "1\n")]);
    let merger = merger(&sandbox);
    squash(&merger, id);
    merger.commit("theirs", &[("lines.txt", &lines(&[(2, "two")]))]);
    merger.git(&["push", "-q", "origin", "HEAD:main"]);
    clone.git(&["config", "merge.ours.driver", "true"]);
    there.commit("after the merge", &[("lines.txt", &lines(&[(7, "seven")]))]);
    there.git(&["push", "-q"]);
    clone.tix(&["clean", id]).exits(5);
}

#[test]
fn without_a_remote_the_local_trunk_is_what_counts() {
    let id = "TICKET-foo-001";
    let sandbox = tickets(&[id], "");
    let place = sandbox.local_repository("a");
    completed_here(&place, id);
    place.tix(&["clean", id]).exits(5);
    place
        .sh(&format!("git merge -q --squash ticket/{id} && git commit -q -m squash"))
        .run()
        .success();
    place.tix(&["clean", id]).success();
    assert_gone(&sandbox, &place, id);
}

fn completed_here(place: &crate::harness::Place, id: &str) {
    place.tix(&["activate", id]).success();
    let there = place.at(workspace(place, id));
    there.commit("work", &[("work.txt", "1\n")]);
    there.tix(&["complete"]).success();
}

#[test]
fn a_merge_that_was_not_pushed_is_told_as_that() {
    let sandbox = tickets(&["TICKET-foo-001"], "");
    let ada = sandbox.clone_named("a");
    completed(&ada, "TICKET-foo-001", &[("work.txt", "1\n")]);
    ada.git(&["pull", "-q"]);
    ada.git(&["merge", "-q", "--no-ff", "-m", "Merge", "ticket/TICKET-foo-001"]);
    let push = "push it: git push origin main\n";
    let swept = ada.tix(&["clean", "--merged"]);
    let told = "1 ticket is merged here only: TICKET-foo-001\n";
    assert!(swept.success().stderr().contains(&format!("{told}{push}")), "{swept}");
    let named = ada.tix(&["clean", "foo"]);
    let told = "TICKET-foo-001 is merged into main here, which is not pushed\n";
    assert!(named.exits(5).stderr().contains(told), "{named}");
    assert!(named.stderr().contains(push), "{named}");
    ada.git(&["push", "-q", "origin", "main"]);
    let swept = ada.tix(&["clean", "--merged"]);
    assert!(swept.success().stdout().contains("TICKET-foo-001 is cleaned\n"), "{swept}");
}
