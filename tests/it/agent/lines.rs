//! Places: the directory of the event, linked worktrees, repositories inside repositories.

use super::verdicts::{listed, pass, refused, shadowed};
use super::{all_pass, all_refused, ask, event, seeded, with_code_staged};

#[test]
fn the_directory_of_the_event_counts_and_not_the_one_of_the_process() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let work = clone.at("../work");
    let from = |at: &crate::harness::Place, of: &crate::harness::Place| {
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

#[test]
fn variables_of_git_in_the_environment_of_the_hook_name_no_repository() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let other =
        clone.env("GIT_DIR", sandbox.root().join("work/.git")).env("GIT_INDEX_FILE", "/nowhere");
    ask(&other, "claude", &event(&clone, "git commit -m x")).exits(2);
    ask(&other, "claude", &event(&clone.at("../work"), "git commit -m x")).success();
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
