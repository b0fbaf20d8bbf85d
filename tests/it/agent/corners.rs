//! Lines in which git is called by something else than the line, and files of git's that a line writes itself.

use super::{all_pass, all_refused, ask, event, seeded, with_code_staged};

#[test]
fn a_commit_is_found_in_what_other_programs_are_told_to_run() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "env -S 'git commit -m x'",
            "env -i -S'git commit' -m x",
            "env A=1 --split-string='git commit -m x'",
            "parallel git commit -m ::: x",
            "parallel -j 2 'git {} -m x' ::: commit",
            "parallel ::: ls 'git commit -m x'",
            "echo 'git commit -m x' | parallel",
            "echo x | xargs -I{} git commit -m {}",
            "echo commit | xargs -I% git % -m x",
            "echo commit -m x | xargs git",
            "watch -n 1 'git commit -m x'",
            "taskset -c 0 git commit -m x",
            "fakeroot git commit -m x",
            "systemd-run --user git commit -m x",
            "uv run git commit -m x",
            "mise exec -- git commit -m x",
            "direnv exec . git commit -m x",
            "npx -y git commit -m x",
            "git bisect run git commit -m x",
            "git bisect run sh -c 'git commit -m x'",
            "\"$GIT\" -C . commit -m x",
            "$(which git) --no-pager commit -m x",
        ],
    );
    all_pass(
        &clone,
        &[
            "env -S 'A=1 git status'",
            "git ls-files | parallel wc -l",
            "parallel git log -1 ::: src tickets",
            "git ls-files | xargs -I{} git log -1 {}",
            "git branch --merged | xargs -n1 git branch -d",
            "watch -n 1 git status",
            "uv run pytest; npx prettier --check .; npm exec -- jest",
            "git bisect start; git bisect run cargo test; git bisect run sh -c 'make test'",
            "\"$TOOL\" --verbose build && git status",
        ],
    );
}

#[test]
fn a_commit_is_found_in_a_text_that_a_shell_is_given_whatever_makes_it() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    all_refused(
        &clone,
        &[
            "bash -c \"$(cat <<'EOF'\ngit commit -m x\nEOF\n)\"",
            "eval \"$(echo git commit -m x)\"",
            "bash <(echo git commit -m x)",
            "source <(echo git commit -m x)",
            ". /dev/stdin <<< 'git commit -m x'",
            "bash /dev/stdin <<< 'git commit -m x'",
            "bash - <<< 'git commit -m x'",
            "sed s/a/b/ <<'E' | bash\ngit commit -m x\nE",
            "echo git commit -m x | tee /dev/null | sh",
            "alias z='git commit'\nz -m x",
            "alias z=git y='z commit'; y -m x",
            "git config alias.z 'commit -m x' && git z",
            "git config set --global alias.Z '!git commit' && git z -m x",
            "git -c include.path=/tmp/x z -m x",
            "HOME=/tmp/x git z -m x",
        ],
    );
    all_pass(
        &clone,
        &[
            "eval \"$(ssh-agent -s)\"; git status",
            "bash -c \"$(cat <<'EOF'\necho hello\nEOF\n)\"",
            "curl -s https://example.org/x | bash",
            "git log --oneline | grep merge | head",
            "source .venv/bin/activate && git status; . \"$HOME/x\"",
            "bash \"$SCRIPT\"; bash deploy.sh",
            "alias ll='ls -la' ls='ls --color'\nll; ls; git status",
            "git config alias.st status && git st",
            "HOME=/tmp/x git status",
        ],
    );
}

#[test]
fn branches_are_known_by_every_name_and_moved_from_every_branch() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    // What is there already is not made anew.
    all_refused(&clone, &["git init . && git commit -m x", "git init \"$PWD\"; git commit -m x"]);
    let lines = [
        "git push origin topic:heads/main",
        "git push . topic:heads/main",
        "git send-pack origin topic:main",
        "git send-pack ../origin.git topic:refs/heads/main",
        "git subtree push --prefix=src origin main",
        "git fetch . topic:heads/production",
        "git pull . topic:production",
        "git update-ref --stdin <<< 'update refs/heads/main topic'",
        "git fast-import <x",
        "git filter-branch --tree-filter x main",
        "git filter-branch --tree-filter x -- --all",
        "git replay --advance main main..topic",
        "git replay --onto topic main~1..main",
    ];
    all_refused(&clone, &lines);
    all_refused(&clone.at("../work"), &lines);
    clone.git(&["switch", "-q", "topic"]);
    all_refused(&clone, &lines);
    all_refused(&clone, &["git pull . topic:main", "git push . HEAD:heads/main"]);
    all_pass(
        &clone,
        &[
            "git init ../fresh && cd ../fresh && git commit -m x",
            "git send-pack --dry-run origin topic:main",
            "git subtree split --prefix=src",
            "git filter-branch --tree-filter x",
            "git replay --onto main main..topic",
            "git push origin 'refs/tags/*' 'refs/heads/top*:refs/heads/mine/*'",
            "git fetch origin '+refs/heads/*:refs/remotes/origin/*'",
            "git pull origin main:main",
        ],
    );
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["reset", "-q", "--hard", "topic"]);
    all_refused(
        &clone,
        &["git push origin 'refs/heads/*'", "git push origin 'refs/heads/m*:refs/heads/m*'"],
    );
}

#[test]
fn the_files_that_git_keeps_branches_in_are_not_written_by_a_line() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let lines = [
        "git rev-parse topic > .git/refs/heads/main",
        "echo $(git rev-parse topic) >| .git/refs/heads/main",
        "cd .git/refs/heads && git rev-parse topic >>../heads/main",
        "cp .git/refs/heads/topic .git/refs/heads/main",
        "git rev-parse topic | tee .git/refs/heads/main",
        "mv .git/refs/heads/topic .git/refs/heads/main",
        "sed -i s/x/y/ .git/packed-refs",
        "rm .git/refs/heads/main",
        "ln -sf topic .git/refs/heads/main",
        "dd if=x of=.git/refs/heads/main",
    ];
    all_refused(&clone, &lines);
    // Whatever is checked out.
    clone.git(&["switch", "-q", "topic"]);
    all_refused(&clone, &lines);
    all_refused(&clone.at("../work"), &["git rev-parse topic >../clone/.git/refs/heads/main"]);
    all_pass(
        &clone,
        &[
            "cp .git/refs/heads/main ../copy; cat .git/refs/heads/main > ../tip",
            "sed -n 1p .git/packed-refs; grep main .git/packed-refs 2>/dev/null",
            "rm -f .git/index.lock; echo x > .git/info/exclude",
            "git rev-parse main > .git/refs/heads/mine",
            "rm .git/refs/heads/mine",
        ],
    );
}

#[test]
fn what_another_program_does_is_not_seen_before_and_told_afterwards() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let unseen = [
        "./script.sh",
        "make release",
        "python3 tools/commit.py",
        "ssh localhost 'git commit -m x'",
        "tmux new-session -d 'git commit -m x'",
        "git submodule foreach 'git -C .. commit -m x'",
        "echo 'commit -m x' | xargs -I{} sh -c 'git {}'",
    ];
    all_pass(&clone, &unseen);
    clone.git(&["commit", "-qm", "code"]);
    for line in ["git commit -m x", "git branch -f main topic", "echo x >.git/refs/heads/main"] {
        let mut event = event(&clone, line);
        event["hook_event_name"] = "PostToolUse".into();
        let told = ask(&clone, "claude", &event);
        assert!(told.success().stdout().contains("1 commit beyond origin/main"), "{line}: {told}");
    }
}

#[test]
fn directories_behind_links_are_judged_by_where_they_lead() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let tmp = clone.at(sandbox.root().join("tmp"));
    tmp.sh("ln -s ../clone/src inside && ln -s ../clone repo && ln -s ../work work && ln -s ../clone/src/a.rs a.rs")
        .run()
        .success();
    clone.sh("ln -s ../work to-work").run().success();
    all_refused(
        &tmp,
        &[
            "cd inside && git commit -m x",
            "git -C inside/.. commit -m x",
            "(cd repo/src && git commit -m x)",
            "cd repo; git commit -m x",
            "git --git-dir=repo/.git commit -m x",
        ],
    );
    all_refused(&tmp.at("inside"), &["git commit -m x"]);
    all_pass(&tmp, &["cd work && git commit -m x", "git -C work commit -m x"]);
    all_pass(&clone, &["cd to-work && git commit -m x", "git -C to-work/src commit -m x"]);
    let write = |path: &str| {
        let mut event = event(&tmp, "");
        event["tool_name"] = "Write".into();
        event["tool_input"] = serde_json::json!({"file_path": path});
        ask(&tmp, "claude", &event).code
    };
    let codes = ["a.rs", "inside/new.rs", "repo/x", "work/x", "x"].map(write);
    assert_eq!(codes, [2, 2, 2, 0, 0].map(Some));
}

#[test]
fn no_program_that_a_repository_names_is_run() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let mark = sandbox.root().join("ran");
    let program = sandbox.root().join("tmp/program");
    std::fs::write(&program, format!("#!/bin/sh\necho $0 >> '{}'\n", mark.display())).unwrap();
    clone.sh("chmod +x ../tmp/program").run().success();
    let quoted = format!("'{}'", program.display());
    for key in
        ["core.fsmonitor", "filter.x.clean", "filter.x.process", "diff.x.textconv", "diff.external"]
    {
        clone.git(&["config", key, &quoted]);
    }
    clone.git(&["config", "filter.x.required", "true"]);
    clone.hook("post-index-change", &quoted);
    clone.write(".git/info/attributes", "* filter=x diff=x\n");
    // Only its time differs: git would note that in the index.
    clone.sh("find . -name .git -prune -o -type f -exec touch -d 2001-01-01 {} +").run().success();
    clone.write("src/a.rs", "changed\n");
    let tmp = clone.at(sandbox.root().join("tmp"));
    all_refused(&tmp, &["git -C ../clone commit -am x", "cd ../clone && git commit -m x src"]);
    all_pass(&tmp, &["git -C ../clone commit -m x", "git -C ../clone push"]);
    let mut write = event(&tmp, "");
    write["tool_name"] = "Write".into();
    write["tool_input"] = serde_json::json!({"file_path": clone.path().join("src/a.rs")});
    ask(&tmp, "claude", &write).exits(2);
    let mut start = event(&clone, "");
    start["hook_event_name"] = "SessionStart".into();
    ask(&clone, "claude", &start).success();
    assert!(!mark.exists(), "{}", std::fs::read_to_string(mark).unwrap());
    // These settings are such that git itself runs them; this one it would have to understand.
    clone.git(&["config", "--unset", "filter.x.process"]);
    clone.git(&["config", "--unset", "filter.x.required"]);
    clone.git(&["status"]);
    assert!(mark.exists());
}

#[test]
fn a_pipe_in_the_place_of_a_file_keeps_nobody() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["list"]).success();
    let event = event(&clone, "git push origin main").to_string();
    let files = clone.sh("cd .git/tix && find . -type f ! -name '*.lock'").run();
    let files: Vec<String> = files.success().stdout().lines().map(str::to_owned).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let path = clone.path().join(".git/tix").join(&file);
        let text = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        clone.sh(&format!("mkfifo '{}'", path.display())).run().success();
        for command in ["list", "log", "doctor", "hook claude"] {
            let line = format!("printf '%s' '{event}' | timeout 20 tix {command} > /dev/null 2>&1");
            let code = clone.sh(&line).run().code;
            assert!(code != Some(124) && code != Some(101), "tix {command} with {file}: {code:?}");
        }
        // Whoever writes it anew may have taken the pipe away.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn a_line_without_end_is_answered_in_time() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let began = std::time::Instant::now();
    let pushes: String = (0..199).map(|n| format!("git push -o {n} origin topic:main; ")).collect();
    let merges: String = (0..199).map(|n| format!("git merge -m {n} origin/main && ")).collect();
    all_refused(
        &clone,
        &[
            &format!("{}git commit -m x", "time ".repeat(1000)),
            &format!("{}git commit -m x", "coproc ".repeat(3000)),
            &format!("{}git commit -m x{}", "( ".repeat(1000), " )".repeat(1000)),
            &pushes,
            &format!("{merges}git commit -m x"),
        ],
    );
    assert!(began.elapsed() < std::time::Duration::from_secs(25), "{:?}", began.elapsed());
}
