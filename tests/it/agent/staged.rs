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

/// On a main on which nothing is staged and whose last commit is published code, as after each pull request.
#[test]
fn what_would_be_committed_is_looked_for_where_nothing_is_staged_yet() {
    let sandbox = seeded();
    sandbox.seed(&[(CODE, "fn merged() {}\n")]);
    let clone = super::verdicts::clone_of(&sandbox);
    let refused = [
        "git submodule add ../lib.git lib && git commit -qm x",
        "git submodule --quiet add -b main ../lib.git lib; git commit -qm x && git push",
        "git commit --amend -m x",
        "git commit --amend --no-edit --signoff",
        "git commit --amend -a --no-edit",
        "git rebase -f HEAD~1",
        "git rebase --signoff HEAD~1",
        "tix activate foo && cd ../clone.worktrees/TICKET-foo-001 && git commit -qam x && git push origin HEAD:main",
        "tix activate foo; git -C ../clone.worktrees/TICKET-foo-001 push origin ticket/TICKET-foo-001:main",
        "tix activate --next && cd ../clone.worktrees/x && git merge topic && git push origin HEAD:main",
        "make worktree && cd ../w7 && git push origin topic:main",
    ];
    let passed = [
        "tix activate foo && cd ../clone.worktrees/TICKET-foo-001 && git commit -qam x && git push",
        "tix activate TICKET-foo-001 && cd ../clone.worktrees/TICKET-foo-001 && git commit -qam x && git push -u origin HEAD",
        "git submodule update --init && git submodule status",
        "git rebase origin/main",
    ];
    let shadowed = super::verdicts::shadowed(&clone);
    for place in [&clone, &shadowed] {
        for line in refused {
            assert!(refusal(place, line).is_some(), "{line}");
        }
        for line in passed {
            assert_eq!(refusal(place, line), None, "{line}");
        }
    }
    // Where git's hooks will look, they see which branch it is.
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    assert_eq!(refusal(&clone, refused[7]), None);
}
