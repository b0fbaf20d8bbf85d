//! Ways for code to get onto main, and for main to go away.

use super::Main::{Moves, Refused};
use super::{DELETION, REWRITE, Row, TICKETS_ONLY};

/// What would put code on main, or take something away from it. In every scene main is checked out and as published, `feature` has one code commit more, `tickets-only` one ticket
/// commit more, and the patch of `feature` is in `../feature.patch`.
pub const CODE: &[Row] = &[
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
        "git merge -q tickets-only; git merge -q both || true; $take_theirs; git add .; git commit -qm m",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row("revert -n, commit", "git revert -n HEAD; git commit -qm x", TICKETS_ONLY, TICKETS_ONLY),
    Row(
        "pull, diverged",
        "git merge -q tickets-only; git pull -q --no-rebase --no-edit . feature",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "pull --rebase, diverged",
        "git merge -q tickets-only; git pull -q --rebase . feature",
        Moves,
        TICKETS_ONLY,
    ),
    Row(
        "merge --continue",
        "git merge -q tickets-only; git merge -q both || true; $take_theirs; git add .; GIT_EDITOR=true git merge --continue",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "cherry-pick --continue",
        "git merge -q tickets-only; git cherry-pick both || true; $take_theirs; git add .; GIT_EDITOR=true git cherry-pick --continue",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "revert --continue",
        "git merge -q tickets-only; git revert --no-edit HEAD~1 || true; git add .; GIT_EDITOR=true git revert --continue",
        TICKETS_ONLY,
        TICKETS_ONLY,
    ),
    Row(
        "am --continue",
        "git merge -q tickets-only; git am -q ../both.patch || true; echo x >>README.md; git add .; git am --continue",
        Moves,
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
    Row("branch -M", "git checkout -q feature; git branch -M feature main", Moves, DELETION),
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
        "fetch origin +feature:main",
        "git push -q origin feature; git checkout -q feature; git fetch -q origin +feature:main",
        Moves,
        TICKETS_ONLY,
    ),
    // It keeps the words of the hook to itself.
    Row(
        "filter-branch",
        "FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --tree-filter 'echo x >>README.md' main",
        Moves,
        Refused("Could not rewrite refs/heads/main"),
    ),
    // git 2.44 brought it. Some write down for `update-ref` what they would do, newer ones do it.
    Row(
        "replay",
        "git replay -h >/dev/null 2>&1 || test $? = 129 || exit 77; git replay --advance main main..feature >../\"r $$\"; git update-ref --stdin <../\"r $$\"",
        Moves,
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
    // What no hook of the clone hears of.
    Row(
        "core.hooksPath",
        "echo x >>README.md; git -c core.hooksPath=/dev/null commit -qam x",
        Moves,
        Moves,
    ),
    Row(
        "core.hooksPath in the environment",
        "echo x >>README.md; GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git commit -qam x",
        Moves,
        Moves,
    ),
    Row(
        "a ref that is written by hand",
        "git rev-parse feature >.git/refs/heads/main",
        Moves,
        Moves,
    ),
];
