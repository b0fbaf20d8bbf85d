//! What a commit on a protected branch would hold, and which commits may be made there.

use super::{CODE, QUEUED, all_pass, all_refused, refusal, seeded};
use crate::harness::queue_ticket;

#[test]
fn ticket_commits_pass_and_others_are_named() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write("tickets/queue/TICKET-grün 1.md", queue_ticket("TICKET-x-001"));
    clone.write("tickets/active/.gitkeep", "");
    clone.git(&["add", "tickets"]);
    let commits = [
        "git commit -m x",
        "git commit",
        "git -c x.y=z commit -m x",
        "git commit -m x && git push",
    ];
    all_pass(&clone, &commits);
    // What is changed and not staged goes with `-a` only.
    clone.write(CODE, "fn changed() {}\n");
    all_pass(&clone, &commits);
    all_refused(
        &clone,
        &[
            "git commit -am x",
            "git commit -a -m x",
            "git commit --all",
            "git commit -m x src/a.rs",
            "git commit -m x .",
            "git commit -i -m x src",
        ],
    );
    all_pass(&clone, &["git commit -m x tickets/queue", "git commit -m x -- tickets"]);
    clone.git(&["add", CODE]);
    let words = refusal(&clone, "git commit -m x").unwrap();
    assert!(words.contains("- src/a.rs is outside the ticket lanes"), "{words}");
    assert!(words.contains("tix activate <ticket>"), "{words}");
    // `commit PATH` takes that path only.
    all_pass(&clone, &["git commit -m x tickets/queue"]);
}

#[test]
fn what_a_line_stages_first_decides() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write(QUEUED, queue_ticket("TICKET-foo-001").replace("Make it work", "Make it fast"));
    clone.write("src/new.rs", "x");
    all_pass(
        &clone,
        &[
            "git add tickets/queue/TICKET-foo-001.md && git commit -m x",
            "git add tickets/queue && git commit -m x && git push",
            "git add tickets/queue/*.md; git commit -m x",
            "cd tickets && git add queue && git commit -m x",
            "git mv tickets/queue/TICKET-foo-001.md tickets/active/ && git commit -m x",
        ],
    );
    all_refused(
        &clone,
        &[
            "git add . && git commit -m x",
            "git add -A && git commit -m x",
            "git add -u && git commit -m x",
            "git add src/new.rs && git commit -m x",
            "git add tickets/queue src && git commit -m x",
            "git add tickets/../src/new.rs && git commit -m x",
            "git add \"$FILES\" && git commit -m x",
            "git add :/ && git commit -m x",
            "git stash pop && git commit -m x",
            "git checkout HEAD~0 -- src && git commit -m x",
            "git reset --soft HEAD~0 && git add src && git commit -m x",
        ],
    );
    let words = refusal(&clone, "git add -A && git commit -m x").unwrap();
    assert!(words.contains("as two commands"), "{words}");
}

#[test]
fn an_amend_is_judged_as_the_commit_that_it_makes() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
    clone.commit("tickets", &[("tickets/queue/TICKET-b-001.md", &queue_ticket("TICKET-b-001"))]);
    all_pass(&clone, &["git commit --amend --no-edit", "git commit --amend -m better"]);
    clone.commit("code", &[("src/c.rs", "c")]);
    all_refused(&clone, &["git commit --amend --no-edit", "git push"]);
    clone.write(QUEUED, queue_ticket("TICKET-foo-001").replace("Make it work", "Make it fast"));
    clone.git(&["add", QUEUED]);
    all_refused(&clone, &["git commit --amend --no-edit"]);
}

#[test]
fn the_rule_itself_is_the_same() {
    let sandbox = seeded();
    for (name, make, words) in [
        ("a rename out of src", "git mv src/a.rs tickets/queue/TICKET-a-001.md", "src/a.rs"),
        ("a link", "ln -s /etc/passwd tickets/queue/TICKET-l-001.md", "a symbolic link"),
        ("a mode", "chmod +x tickets/queue/TICKET-foo-001.md", "executable"),
        ("another file", "echo >tickets/queue/exploit.go", "not named like a ticket"),
        ("a deletion", "git rm -q tickets/queue/TICKET-foo-001.md", "is deleted"),
    ] {
        let clone = sandbox.clone_named(&name.replace(' ', "-"));
        clone.sh(&format!("{make} && git add -A")).run().success();
        let said = refusal(&clone, "git commit -m x").unwrap_or_else(|| panic!("{name} passes"));
        assert!(said.contains(words), "{name}: {said}");
    }
}
