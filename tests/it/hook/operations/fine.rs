//! What may happen to main, and what is none of its business.

use super::Main::{Moves, Stays};
use super::Row;

/// Ticket commits.
pub const TICKETS: &[Row] = &[
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
pub const PUBLISHED: &[Row] = &[
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
