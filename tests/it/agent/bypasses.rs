//! Ways around a guard that looks at the beginning of a line, and lines that such a guard takes for something else.

use super::{all_pass, all_refused, refusal, seeded, with_code_staged};

#[test]
fn a_commit_is_found_wherever_it_stands_in_a_line() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "git commit -m x",
            "git add src/c.rs && git commit -m x",
            "cd . && git commit -m x",
            "cd src; git commit -m x",
            "git status; git commit -m x",
            "git diff || git commit -m x",
            "true | git commit -m x",
            "(git commit -m x)",
            "{ git commit -m x; }",
            "! git commit -m x",
            "git commit -m x &",
            "if true; then git commit -m x; fi",
            "for i in 1; do git commit -m x; done",
            "echo \"$(git commit -m x)\"",
            "f() { git commit -m x; }; f",
            "git commit -m \"$(cat <<'EOF'\nIt's (a) \"message\" with `signs`\nEOF\n)\"",
            "git commit -F - <<'EOF'\nmessage\nEOF",
        ],
    );
}

#[test]
fn a_commit_is_found_behind_prefixes_and_in_other_shells() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "FOO=1 git commit -m x",
            "env FOO=1 git commit -m x",
            "env -u A -i git commit -m x",
            "command git commit -m x",
            "exec git commit -m x",
            "nohup git commit -m x",
            "time git commit -m x",
            "sudo -u me git commit -m x",
            "timeout 5 git commit -m x",
            "/usr/bin/git commit -m x",
            "\\git commit -m x",
            "'git' \"commit\" -m x",
            "g\"i\"t commit -m x",
            "G=git; $G commit -m x",
            "bash -c 'git commit -m x'",
            "sh -c \"cd src && git commit -m x\"",
            "bash -lc 'exec git commit -m x'",
            "eval 'git commit -m x'",
            "echo 'git commit -m x' | sh",
            "bash <<'E'\ngit commit -m x\nE",
            "echo x | xargs git commit -m",
            "find . -maxdepth 0 -exec git commit -m x \\;",
        ],
    );
}

#[test]
fn options_of_git_itself_hide_no_commit() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let place = clone.path().display();
    all_refused(
        &clone,
        &[
            "git --no-pager commit -m x",
            "git -p commit -m x",
            "git -c user.name=x commit -m x",
            "git -c core.hooksPath=/dev/null commit -m x",
            "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/x git commit -m x",
            "git --git-dir=.git commit -m x",
            "git --git-dir .git --work-tree . commit -m x",
            "GIT_DIR=.git git commit -m x",
            "export GIT_DIR=.git; git commit -m x",
            "git -C src commit -m x",
            "git -C src -C .. commit -m x",
        ],
    );
    // From elsewhere, by its path, which has blanks and a letter outside ASCII.
    let elsewhere = clone.at(sandbox.root().join("tmp"));
    for line in [
        format!("git -C \"{place}\" commit -m x"),
        format!("git --git-dir='{place}/.git' commit -m x"),
        format!("cd '{place}' && git commit -m x"),
        format!("(cd '{place}/src'; git commit -m x)"),
        format!("pushd '{place}'; git commit -m x; popd"),
        format!("env -C '{place}' git commit -m x"),
    ] {
        assert!(refusal(&elsewhere, &line).is_some(), "{line}");
    }
}

#[test]
fn aliases_are_followed() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    clone.git(&["config", "alias.ci", "commit"]);
    clone.git(&["config", "alias.cm", "ci -m x"]);
    clone.git(&["config", "alias.save", "!git add -u && git commit -m x"]);
    clone.git(&["config", "alias.st", "status -sb"]);
    clone.git(&["config", "alias.turn", "turn"]);
    all_refused(
        &clone,
        &["git ci -m x", "git cm", "git save", "git -c alias.x=commit x -m y", "git turn"],
    );
    all_pass(&clone, &["git st", "git unknown-command x"]);
}

#[test]
fn hooks_that_are_switched_off_are_missed() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    clone.git(&["reset", "-q"]);
    clone.write(super::QUEUED, "---\nstatus: open\n---\n\n# New words\n");
    clone.git(&["add", super::QUEUED]);
    all_pass(&clone, &["git commit -m x"]);
    all_refused(
        &clone,
        &[
            "git commit --no-verify -m x",
            "git commit -n -m x",
            "git commit -nm x",
            "git -c core.hooksPath=/dev/null commit -m x",
        ],
    );
}

#[test]
fn every_command_that_moves_a_protected_branch_is_known() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "git merge topic",
            "git merge --no-ff -m x topic",
            "git merge --ff-only topic",
            "git pull origin topic",
            "git pull . topic",
            "git cherry-pick topic",
            "git revert HEAD",
            "git rebase topic",
            "git rebase -i HEAD~1",
            "git am x.patch",
            "git reset --hard topic",
            "git reset --soft topic",
            "git reset topic",
            "git update-ref refs/heads/main topic",
            "git update-ref HEAD topic",
            "git update-ref -d refs/heads/main",
            "git update-ref --stdin",
            "git branch -f main topic",
            "git branch -M topic main",
            "git branch -m elsewhere",
            "git branch -D main",
            "git branch -f production topic",
            "git checkout -B main topic",
            "git switch -C main topic",
            "git switch --force-create main topic",
            "git worktree add -f -B main ../x topic",
            "git fetch . topic:main",
            "git fetch origin +topic:main",
            "git symbolic-ref refs/heads/main refs/heads/topic",
            "git filter-branch --tree-filter x",
            "git checkout topic && git rebase topic main",
        ],
    );
}

#[test]
fn every_push_that_moves_a_protected_branch_is_known() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "git push origin topic:main",
            "git push origin topic:refs/heads/main",
            "git push origin +topic:main",
            "git push -f origin main",
            "git push --force-with-lease origin main",
            "git push origin :main",
            "git push --delete origin main",
            "git push --mirror",
            "git push . topic:main",
            "git push other topic:main",
            "git push --no-verify origin main",
            "git switch topic && git push origin HEAD:main",
            "git checkout topic; git push origin HEAD:production",
        ],
    );
    let topic = clone.worktree("pushing");
    topic.git(&["reset", "-q", "--hard", "topic"]);
    all_refused(
        &topic,
        &["git push origin HEAD:main", "git push origin @:main", "git push origin pushing:main"],
    );
    topic.git(&["config", "push.default", "upstream"]);
    topic.git(&["branch", "-q", "--set-upstream-to=origin/main"]);
    all_refused(&topic, &["git push"]);
    // Commits that somebody has made past all of this.
    clone.git(&["reset", "-q", "--hard", "topic"]);
    topic.git(&["config", "--unset", "push.default"]);
    all_refused(
        &clone,
        &[
            "git push",
            "git push origin",
            "git push origin HEAD",
            "git push origin main",
            "git push --all",
            "git push $X",
        ],
    );
}

#[test]
fn what_only_looks_like_it_passes() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_pass(
        &clone,
        &[
            "git status",
            "git --no-pager log --oneline -3 | head",
            "git diff --staged",
            "git add -A",
            "git commit --dry-run",
            "echo git commit -m x",
            "grep -rn 'git commit' .",
            "cat > notes.md <<'EOF'\nrun git commit -m x\nEOF",
            "gh pr create --title x --body 'please `git merge` this'",
            "# git commit",
            "command -v git && which git",
            "git fetch origin",
            "git fetch origin main:main",
            "git pull",
            "git pull --rebase",
            "git pull origin main",
            "git pull --ff-only origin main",
            "git merge origin/main",
            "git merge --abort",
            "git reset --hard origin/main",
            "git reset HEAD src/b.rs",
            "git reset",
            "git rebase origin/main",
            "git stash && git stash pop",
            "git branch new-one",
            "git branch -D topic",
            "git push origin topic",
            "git push -u origin HEAD:refs/heads/mine",
            "git push",
            "git push --force origin topic",
            "git push origin --tags",
            "git tag v1 && git push origin v1",
            "git worktree add ../y -b y",
            "git log ${N:-3}",
            "tix activate foo-001",
        ],
    );
}

#[test]
fn the_way_out_is_open() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_pass(
        &clone,
        &[
            "git switch -c mine && git commit -m x",
            "git checkout -b mine && git add -A && git commit -m x && git push -u origin mine",
            "git checkout topic && git merge --no-edit origin/main",
            "git checkout -b mine\ngit add -A\ngit commit -m x\ngit push -u origin mine",
            "git checkout -b mine 2>/dev/null || git checkout mine; git commit -m x",
            "git branch mine && git checkout mine && git commit -m x",
            "set -e; git switch topic; git commit -am x",
            "git switch topic && git commit -am x",
            "git worktree add ../new -b new && cd ../new && git commit -am x",
            "git worktree add .claude/x -b x2; cd .claude/x && git commit -am x",
            "cd ../work && git commit -m x",
            "git -C ../work commit -m x",
            "cd \"$(tix path foo-001)\" && git commit -m x",
            "tix activate foo-001 && cd \"$(tix path foo-001)\" && git commit -am x && git push",
            "git clone . ../copy && cd ../copy && git commit -m x",
            "mkdir ../fresh && cd ../fresh && git init && git commit -m x",
        ],
    );
    // It may fail, and then the commit is on main.
    all_refused(
        &clone,
        &[
            "git switch topic; git commit -m x",
            "git switch topic || git commit -m x",
            "git switch -c topic; git commit -m x",
            "cd ../not-there; git commit -m x",
            "git switch topic && git switch main && git commit -m x",
            "git switch topic && git switch - && git commit -m x",
            "cd \"$SOMEWHERE\" && git commit -m x",
        ],
    );
}

#[test]
fn what_is_elsewhere_or_in_a_loop_is_followed_back() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let place = clone.path().display();
    all_refused(
        &clone,
        &[
            &format!("cd \"$(tix path x)\" && cd '{place}' && git commit -m x"),
            "cd \"$(tix path x)\" && cd ../clone && git commit -m x",
            "cd \"$(tix path x)\" && cd src/../../clone && git commit -m x",
            "W=$(tix path x); git -C \"$W\" -C ../clone commit -m x",
            "cd \"$(mktemp -d -p .)\" && git commit -m x",
            "cd $(mktemp -d ./x.XXX) && git commit -m x",
            "TMPDIR=.; d=$(mktemp -d); cd \"$d\" && git commit -m x",
            "export TMPDIR=$PWD; cd \"$(mktemp -d)\" && git commit -m x",
            "for d in .. .; do (cd \"$d\" && git commit -m x); done",
            "for d in ../work src; do git -C $d commit -m x; done",
            "for b in topic main; do git branch -D $b; done",
            "for verb in status commit; do git $verb -m x; done",
            "for f in tickets/queue/*.md src/*.rs; do git add $f; done; git commit -m x",
            "for f in tickets/queue/../../src/*; do git add $f; done; git commit -m x",
            "git add -A tickets src && git commit -m x",
            "git add -e tickets && git commit -m x",
            "git commit -m --help",
            "git rebase -m topic main",
            "git rebase -x make topic main",
        ],
    );
}

#[test]
fn other_branches_are_free() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let lines = [
        "git commit -m x",
        "git commit -am x",
        "git merge topic",
        "git commit --no-verify -m x",
        "git reset --hard HEAD~1",
    ];
    clone.git(&["switch", "-q", "-c", "main-x"]);
    all_pass(&clone, &lines);
    clone.git(&["switch", "-q", "--detach"]);
    all_pass(&clone, &lines);
    all_pass(&clone.at("../work"), &lines);
    all_refused(
        &clone.at("../work"),
        &["git -C ../clone switch main && git -C ../clone commit -m x"],
    );
    // A branch that others name too, with commas and blanks between the names.
    clone.git(&["switch", "-q", "main-x"]);
    let named = clone.env("CLAUDE_PROTECTED_BRANCHES", "main,main-x live");
    all_refused(&named, &["git commit -m x"]);
    clone.git(&["switch", "-q", "-c", "live"]);
    all_refused(&named, &["git commit -m x"]);
    all_pass(&clone, &["git commit -m x"]);
}

#[test]
fn a_line_that_cannot_be_read_is_refused_where_it_may_move_a_protected_branch() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let long = format!("git commit -m '{}'", "x".repeat(40_000));
    let often: String = (0..300).map(|n| format!("git merge -m {n} origin/main; ")).collect();
    all_refused(
        &clone,
        &[
            "git commit -m 'x",
            "git commit -m x (",
            "git $VERB -m x",
            "eval \"git commit $X\"",
            "echo ${A:-$(git commit -m x)}",
            &long,
            &often,
        ],
    );
    all_pass(&clone, &["git status (", "echo 'git", "ls ("]);
    all_pass(&clone.at("../work"), &["git commit -m 'x", "git $VERB -m x"]);
}

#[test]
fn a_repository_without_tickets_is_none_of_its_business() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let bare = clone.at(sandbox.root().join("plain"));
    bare.git(&["init", "-q", "-b", "main"]);
    bare.write("a", "a");
    bare.git(&["add", "a"]);
    all_pass(&bare, &["git commit -m x", "git push -f origin main", "git commit -m 'x"]);
    all_pass(&clone.at(sandbox.root().join("tmp")), &["git commit -m x", "git commit -m 'x"]);
    all_pass(&clone, &[&format!("cd '{}' && git commit -m x", bare.path().display())]);
}
