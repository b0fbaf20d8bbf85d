//! Places: the directory of the event, linked worktrees, repositories inside repositories.

use super::listed;
use super::verdicts::{pass, refused, shadowed};
use super::{CODE, all_pass, all_refused, ask, event, seeded, with_code_staged};
use crate::harness::Place;

#[test]
fn the_directory_of_the_event_counts_and_not_the_one_of_the_process() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let work = clone.at("../work");
    let from = |at: &Place, of: &Place| {
        at.tix_command(&["hook", "claude"]).stdin(event(of, "git commit -m x").to_string()).run()
    };
    from(&work, &clone).exits(2);
    from(&clone, &work).success();
    // Without one it is the process's.
    let mut bare = event(&clone, "git commit -m x");
    bare.as_object_mut().unwrap().remove("cwd");
    clone.tix_command(&["hook", "claude"]).stdin(bare.to_string()).run().exits(2);
    work.tix_command(&["hook", "claude"]).stdin(bare.to_string()).run().success();
}

/// The commands that an agent runs have its environment, and git works where that says.
#[test]
fn variables_of_git_name_the_repository_and_its_hooks() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let work = clone.at("../work");
    let to_work = clone.env("GIT_DIR", work.path().join(".git"));
    let commit = |of: &Place, at: &Place| ask(of, "claude", &event(at, "git commit -m x"));
    commit(&to_work, &clone).success();
    commit(&clone.env("GIT_DIR", clone.git_dir()), &work).exits(2);
    // Of two clones one has strict hooks.
    let bare = sandbox.clone_named("bare");
    bare.git(&["branch", "topic", "HEAD"]);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    let pick = "git cherry-pick topic";
    for (here, there, code) in [(&clone, &bare, 2), (&bare, &clone, 0)] {
        let (git_dir, tree) = (there.git_dir(), there.path());
        let only = here.env("GIT_DIR", &git_dir);
        let both = only.env("GIT_WORK_TREE", tree);
        for place in [&only, &both] {
            ask(place, "claude", &event(here, pick)).exits(code);
            // Elsewhere, and without the variables, it is what is there.
            ask(place, "claude", &event(here, &format!("unset GIT_DIR; {pick}"))).exits(2 - code);
        }
        let of_line = [
            format!("GIT_DIR='{}' {pick}", git_dir.display()),
            format!("export GIT_DIR='{}'; {pick}", git_dir.display()),
            format!("git --git-dir='{}' cherry-pick topic", git_dir.display()),
            format!("GIT_DIR='{}' GIT_WORK_TREE='{}' {pick}", git_dir.display(), tree.display()),
        ];
        for line in of_line {
            ask(here, "claude", &event(here, &line)).exits(code);
        }
        // What was found of the one is not remembered of the other.
        ask(here, "claude", &event(here, pick)).exits(2 - code);
    }
}

#[test]
fn linked_worktrees_and_subdirectories_are_judged_by_their_own_branch() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    clone.git(&["switch", "-q", "-c", "aside"]);
    let linked = clone.at(sandbox.root().join("linked"));
    clone.git(&["worktree", "add", "-q", linked.path().to_str().unwrap(), "main"]);
    linked.write("src/l.rs", "l");
    linked.git(&["add", "src/l.rs"]);
    all_refused(&linked, &["git commit -m x"]);
    all_refused(&linked.at("src"), &["git commit -m x"]);
    all_pass(&clone, &["git commit -m x"]);
    all_refused(&clone, &["cd ../linked && git commit -m x", "git -C ../linked/src commit -m x"]);
    let git_dir = linked.git_dir();
    all_refused(&clone, &[&format!("git --git-dir='{}' commit -m x", git_dir.display())]);
}

/// A line that may come to be on another branch, or looks at which one that is, is as uncertain as one whose words are computed.
#[test]
fn what_is_wrong_in_one_way_of_several_is_uncertain() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let lines = listed("doubted: hooks in force let these pass");
    refused(&clone, &lines);
    clone.tix(&["hook", "install", "--files"]).success();
    pass(&clone, &lines);
    refused(&shadowed(&clone), &lines);
    let wrong = ["git stash; git commit -qam x", "git branch --show-current; git commit -qam x"];
    refused(&clone, &wrong.map(str::to_owned));
}

/// What one line sets another one may use, long after.
#[test]
fn settings_of_the_clone_decide_what_a_line_moves() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let fork = clone.at("../fork");
    fork.git(&["init", "-q", "-b", "main", "."]);
    fork.commit("fork", &[("x", "x")]);
    let fine =
        ["git fetch m", "git fetch m topic", "git push m", "git push origin topic", "git fetch"];
    clone.git(&["remote", "add", "m", "../fork"]);
    all_pass(&clone, &fine);
    clone.git(&["config", "remote.m.fetch", "+refs/*:refs/*"]);
    all_refused(
        &clone,
        &["git fetch m", "git fetch m topic", "git fetch --all", "git remote update"],
    );
    all_pass(&clone, &["git fetch", "git fetch origin", "git fetch m -n --dry-run"]);
    clone.git(&["config", "remote.m.mirror", "true"]);
    all_refused(&clone, &["git push m", "git push m topic"]);
    clone.git(&["config", "remote.origin.push", "topic:main"]);
    all_refused(&clone, &["git push origin topic", "git push"]);
    all_pass(&clone, &["git push origin work", "git push origin topic:topic"]);
    let work = clone.at("../work");
    let rebase = "git rebase -f --root";
    all_pass(&work, &[rebase]);
    clone.git(&["config", "rebase.updateRefs", "true"]);
    all_refused(&work, &[rebase]);
    all_pass(&work, &["git rebase main", "git rebase -f --root --no-update-refs"]);
}

#[test]
fn files_of_another_directory_are_not_there_to_be_looked_at() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.at("../stuff").write(CODE, "fn other() {}\n");
    all_pass(&clone, &["git commit -am x", "git --work-tree=. commit -am x"]);
    all_refused(
        &clone,
        &[
            "git --work-tree=../stuff commit -am x",
            "git --work-tree ../stuff commit src/a.rs -m x",
            "GIT_WORK_TREE=../stuff git commit -am x",
        ],
    );
}
