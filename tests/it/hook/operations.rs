//! Every command that can move a protected branch: which of them the hooks hear of, and what becomes of the branch.

use super::{DEFAULT, STRICT, guard, main_of, project};
use crate::harness::{Place, Sandbox};

/// What becomes of main.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Main {
    /// It moves, and the command succeeds.
    Moves,
    /// It stays, and the command succeeds: it was about something else.
    Stays,
    /// It stays, the command fails, and the words say why.
    Refused(&'static str),
}

use Main::{Moves, Refused, Stays};

const TICKETS_ONLY: Main = Refused("main takes ticket commits only");
const DELETION: Main = Refused("main is protected and cannot be deleted");
const REWRITE: Main = Refused("main is published, and its history cannot be rewritten");

/// A script, and what becomes of main with the default hooks and with the strict ones.
struct Row(&'static str, &'static str, Main, Main);

/// In every scene main is checked out and as published, `feature` has one code commit more, `tickets-only` one ticket
/// commit more, and the patch of `feature` is in `../feature.patch`.
const CODE: &[Row] = &[
    Row("commit -a", "echo x >>README.md; git commit -qam x", TICKETS_ONLY, TICKETS_ONLY),
    Row(
        "commit PATH",
        "echo x >>README.md; git commit -qm x README.md",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "commit -i",
        "echo x >>README.md; git commit -qm x -i README.md",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row("commit -p", "echo x >>README.md; echo y | git commit -qpm x", TICKETS_ONLY, TICKETS_ONLY),
    Row(
        "commit --amend",
        "echo x >>README.md; git commit -qa --amend -m x",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "commit --allow-empty",
        "git commit -q --allow-empty -m x",
        Refused("the commit is empty"),
        Refused("the commit is empty"),
    ),
    Row(
        "commit --fixup",
        "echo x >>README.md; git commit -qa --fixup HEAD",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "cherry-pick -n, commit",
        "git cherry-pick -n feature; git commit -qm x",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "merge --squash, commit",
        "git merge -q --squash feature; git commit -qm x",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "commit --no-verify",
        "echo x >>README.md; git commit -qam x --no-verify",
        Moves,
        TICKETS_ONLY,
    ),
    Row("merge, fast-forward", "git merge -q feature", Moves, TICKETS_ONLY),
    Row("pull --ff-only", "git pull -q --ff-only . feature", Moves, TICKETS_ONLY),
    Row("cherry-pick --ff", "git cherry-pick --ff feature", Moves, TICKETS_ONLY),
    Row("merge --no-ff", "git merge -q --no-ff -m x feature", TICKETS_ONLY, TICKETS_ONLY),
    Row(
        "merge --no-ff --no-verify",
        "git merge -q --no-ff --no-verify -m x feature",
        Moves,
        TICKETS_ONLY,
    ),
    Row(
        "merge with a conflict, commit",
        "git checkout -q -b both feature; sed -i s/open/queued/ tickets/queue/TICKET-foo-001.md; git commit -qam both; git checkout -q main; git merge -q tickets-only; git merge -q both || true; sed -i '/^[<=>]/d; /draft/d' tickets/queue/TICKET-foo-001.md; git add .; git commit -qm m",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row("cherry-pick", "git cherry-pick feature", Moves, TICKETS_ONLY),
    Row("revert", "git revert --no-edit HEAD", Moves, TICKETS_ONLY),
    Row("rebase", "git merge -q tickets-only; git rebase -q feature", Moves, TICKETS_ONLY),
    Row(
        "rebase --apply",
        "git merge -q tickets-only; git rebase -q --apply feature",
        Moves,
        TICKETS_ONLY,
    ),
    Row("am", "git am -q ../feature.patch", Moves, TICKETS_ONLY),
    Row(
        "am --no-verify",
        "git am -h 2>&1 | grep -q no-verify && skip=--no-verify; git am -q $skip ../feature.patch",
        Moves,
        TICKETS_ONLY,
    ),
    Row("reset --soft", "git reset -q --soft feature", Moves, TICKETS_ONLY),
    Row("reset --hard", "git reset -q --hard feature", Moves, TICKETS_ONLY),
    Row("update-ref", "git update-ref refs/heads/main feature", Moves, TICKETS_ONLY),
    Row(
        "update-ref --stdin",
        "echo update refs/heads/main $(git rev-parse feature) | git update-ref --stdin",
        Moves,
        TICKETS_ONLY,
    ),
    Row(
        "commit-tree and update-ref",
        "git update-ref refs/heads/main $(git commit-tree -m x -p HEAD 'feature^{tree}')",
        Moves,
        TICKETS_ONLY,
    ),
    Row("branch -f", "git checkout -q feature; git branch -f main feature", Moves, TICKETS_ONLY),
    Row("branch -M", "git checkout -q feature; git branch -M feature main", Moves, Refused("main")),
    Row("checkout -B", "git checkout -q -B main feature", Moves, TICKETS_ONLY),
    Row(
        "worktree add -B",
        "git checkout -q feature; git worktree add -q -f -B main ../\"w $$\" feature",
        Moves,
        TICKETS_ONLY,
    ),
    Row(
        "fetch . feature:main",
        "git checkout -q feature; git fetch -q . feature:main",
        Moves,
        TICKETS_ONLY,
    ),
    Row(
        "push . feature:main",
        "git checkout -q feature; git push -q . feature:main",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "fast-import",
        "printf 'reset refs/heads/main\\nfrom %s\\n' $(git rev-parse feature) | git fast-import --quiet",
        Moves,
        TICKETS_ONLY,
    ),
    Row("branch -D", "git checkout -q feature; git branch -q -D main", Moves, DELETION),
    Row(
        "branch -D of a packed one",
        "git checkout -q feature; git pack-refs --all; git branch -q -D main",
        Moves,
        DELETION,
    ),
    Row(
        "update-ref -d",
        "git checkout -q feature; git update-ref -d refs/heads/main",
        Moves,
        DELETION,
    ),
    Row("branch -m", "git branch -m main elsewhere", Moves, DELETION),
    Row(
        "amend of what is published",
        "git merge -q tickets-only; git update-ref refs/remotes/origin/main main; sed -i s/draft/queued/ tickets/queue/TICKET-foo-001.md; git commit -qa --amend -m y",
        Moves,
        REWRITE,
    ),
    // What no hook hears of; the server's does.
    Row(
        "core.hooksPath",
        "echo x >>README.md; git -c core.hooksPath=/dev/null commit -qam x",
        Moves,
        Moves,
    ),
];

const TICKETS: &[Row] = &[
    Row(
        "commit -a",
        "sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; git commit -qam x",
        Moves,
        Moves,
    ),
    Row(
        "commit PATH beside staged code",
        "echo x >>README.md; git add .; sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; git commit -qm x tickets",
        Moves,
        Moves,
    ),
    Row(
        "commit -i",
        "sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; git commit -qm x -i tickets",
        Moves,
        Moves,
    ),
    Row(
        "commit -p beside other changes",
        "echo x >>README.md; sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; printf 'n\\ny\\n' | git commit -qpm x",
        Moves,
        Moves,
    ),
    Row(
        "a new one, and one that moves",
        "cp tickets/queue/TICKET-foo-001.md tickets/queue/TICKET-new-001.md; mkdir tickets/archive; git mv tickets/queue/TICKET-bar-001.md tickets/archive; sed -i 's/open/closed/' tickets/archive/*; git add .; git commit -qm x",
        Moves,
        Moves,
    ),
    Row(
        "amended, also its message alone",
        "git merge -q tickets-only; git commit -q --amend -m x; sed -i 's/draft/queued/' tickets/queue/TICKET-foo-001.md; git commit -qa --amend --no-edit",
        Moves,
        Moves,
    ),
    Row("merge, fast-forward", "git merge -q tickets-only", Moves, Moves),
    Row("merge --no-ff", "git merge -q --no-ff -m x tickets-only", Moves, Moves),
    Row(
        "cherry-pick, revert",
        "git cherry-pick tickets-only; git revert --no-edit HEAD",
        Moves,
        Moves,
    ),
    Row(
        "merge with a conflict, commit",
        "git checkout -q -b other; sed -i s/open/queued/ tickets/queue/TICKET-foo-001.md; git commit -qam both; git checkout -q main; git merge -q tickets-only; git merge -q other || true; sed -i '/^[<=>]/d; /draft/d' tickets/queue/TICKET-foo-001.md; git add .; git commit -qm m",
        Moves,
        Moves,
    ),
    Row("am", "git format-patch -q --stdout main..tickets-only | git am -q", Moves, Moves),
    Row(
        "reset",
        "git reset -q --hard tickets-only; git reset -q --hard origin/main^0; git reset -q --hard tickets-only",
        Moves,
        Moves,
    ),
];

/// In these scenes somebody else has merged code on the remote, which is published with that.
const PUBLISHED: &[Row] = &[
    Row("fetch", "git fetch -q", Stays, Stays),
    Row("pull, fast-forward", "git pull -q", Moves, Moves),
    Row(
        "pull into own ticket commits",
        "git merge -q tickets-only; git pull -q --no-rebase --no-edit",
        Moves,
        Moves,
    ),
    Row(
        "pull --rebase of own ticket commits",
        "git merge -q tickets-only; git pull -q --rebase",
        Moves,
        Moves,
    ),
    Row(
        "reset to the remote's branch",
        "git fetch -q; git merge -q tickets-only; git reset -q --hard origin/main",
        Moves,
        Moves,
    ),
    Row(
        "merge of a branch that holds what is published",
        "git fetch -q; git branch x origin/main; git merge -q --no-ff -m x x",
        Moves,
        Moves,
    ),
    Row("gc", "git merge -q tickets-only; git gc -q --prune=now", Moves, Moves),
    Row("pack-refs", "git pack-refs --all --prune; git pack-refs --all --prune", Stays, Stays),
    Row(
        "work elsewhere",
        "git checkout -q feature; echo y >>src/new.rs; git commit -qam y; git rebase -q main; git stash -q || true; git tag t; git branch other; git branch -m other another; git branch -D another",
        Stays,
        Stays,
    ),
    Row(
        "a new branch from main with code",
        "git switch -q -c main-x; echo y >>README.md; git commit -qam y; git merge -q feature -m z; git push -q origin main-x",
        Stays,
        Stays,
    ),
    Row(
        "worktree add",
        "git worktree add -q -b z ../\"w $$\"; cd ../\"w $$\"; echo y >>README.md; git commit -qam y",
        Stays,
        Stays,
    ),
    Row(
        "detached HEAD",
        "git checkout -q --detach; echo y >>README.md; git commit -qam y; git checkout -q main",
        Stays,
        Stays,
    ),
];

/// A clone whose branches are as the tables say. The hooks are installed last.
fn scene(sandbox: &Sandbox, name: &str, hooks: &[&str]) -> Place {
    let clone = sandbox.clone_named(name);
    let script = "git checkout -q -b feature; echo 'fn x() {}' >src/new.rs; git add .; git commit -qm code; \
        git format-patch -q --stdout main..feature >../feature.patch; \
        git checkout -q -b tickets-only main; sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; \
        git commit -qam ticket; git checkout -q main";
    clone.sh(&format!("set -e; {script}")).run().success();
    guard(&clone, hooks);
    clone
}

/// `publish` is what somebody else does after the clone was made.
#[track_caller]
fn hold(rows: &[Row], hooks: &[&str], pick: fn(&Row) -> Main, publish: fn(&Sandbox, usize)) {
    let sandbox = project();
    let mut wrong = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let clone = scene(&sandbox, &format!("clone {number}"), hooks);
        publish(&sandbox, number);
        let before = main_of(&clone);
        let output = clone.sh(&format!("set -e; {}", row.1)).run();
        let after = clone.try_git(&["rev-parse", "--verify", "-q", "refs/heads/main"]);
        let moved = after.stdout().trim() != before;
        let expected = pick(row);
        let fits = match expected {
            Moves => moved && output.code == Some(0),
            Stays => !moved && output.code == Some(0),
            // A script may have moved main by ticket commits before the one that is refused.
            Refused(words) => {
                let code =
                    ["diff", "--quiet", &before, "refs/heads/main", "--", "src", "README.md"];
                clone.try_git(&code).code == Some(0)
                    && output.code != Some(0)
                    && output.stderr().contains(words)
            }
        };
        if !fits {
            wrong.push(format!("{}: expected {expected:?}, moved: {moved}\n{output}", row.0));
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn nothing(_: &Sandbox, _: usize) {}

fn merge_code(sandbox: &Sandbox, number: usize) {
    sandbox.seed(&[(format!("src/{number}.rs"), "code\n")]);
}

#[test]
fn code_and_the_default_hooks() {
    hold(CODE, DEFAULT, |row| row.2, nothing);
}

#[test]
fn code_and_the_strict_hooks() {
    hold(CODE, STRICT, |row| row.3, nothing);
}

#[test]
fn tickets_pass_the_default_hooks() {
    hold(TICKETS, DEFAULT, |row| row.2, nothing);
}

#[test]
fn tickets_pass_the_strict_hooks() {
    hold(TICKETS, STRICT, |row| row.3, nothing);
}

#[test]
fn what_is_published_passes_the_default_hooks() {
    hold(PUBLISHED, DEFAULT, |row| row.2, merge_code);
}

#[test]
fn what_is_published_passes_the_strict_hooks() {
    hold(PUBLISHED, STRICT, |row| row.3, merge_code);
}
