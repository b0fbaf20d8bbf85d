//! Right, wrong and uncertain: the same line is judged by what is in force where it is run.
//!
//! Hooks that are in force only ever let more pass. So what is harmless is tried without any, in [`super::fine`]; what is
//! wrong with all of them; and what is uncertain everywhere.

use super::{ask, drawn_of, event, listed, refusal, seeded};
use crate::harness::{Place, Sandbox, drawn};

/// How a command that is run for sure is put into a line.
const SURE: [&str; 24] = [
    "{}",
    "time {}",
    "env A=1 {}",
    "sudo -u dev {}",
    "sudo -EHu dev {}",
    "nohup {} &",
    "timeout -k 5 30 {}",
    "nice -n 5 {}",
    "command {}",
    "bash -c '{}'",
    "bash -euo pipefail -c '{}'",
    "sh -ce '{}'",
    "env -i bash -lc '{}'",
    "eval '{}'",
    "( {} )",
    "! {}",
    "if true; then {}; fi",
    "for i in 1; do {}; done",
    "f() { {}; }; f",
    "true && {}",
    "cd src && cd - && {}",
    "bash -s <<'E'\n{}\nE",
    "echo \"made: $({})\"",
    "set -euo pipefail\n{}\n",
];

/// What puts code onto main, or takes something from it, whatever is looked at later.
const WRONG: [&str; 14] = [
    "git commit -m x",
    "git commit -aqm x",
    "git -C . commit -m x",
    "git commit -uno -S -m x",
    "git merge --no-edit topic",
    "git reset --hard topic",
    "git checkout -B main topic",
    "git branch -f main topic",
    "git update-ref refs/heads/main topic",
    "git branch -D main",
    "git push origin topic:main",
    "git push origin $(git rev-parse topic):refs/heads/main",
    "git push -f origin main",
    "git push -q origin -- topic:main",
];

/// What changes files of which nobody knows beforehand what will be in them.
const WRITERS: [&str; 22] = [
    "echo x > src/a.rs",
    "printf 'x\\n' >> src/a.rs",
    "cat > src/a.rs <<< x",
    "sed -i s/a/b/ src/a.rs",
    "perl -pi -e s/a/b/ src/a.rs",
    "tee src/a.rs < /dev/null",
    "cp tickets/queue/TICKET-foo-001.md src/a.rs",
    "mv src/a.rs src/z.rs",
    "rm src/a.rs",
    "curl -so src/a.rs https://example.org/a.rs",
    "patch -p1 < fix.diff",
    "git apply fix.diff",
    "git checkout topic -- src",
    "git restore -s topic src",
    "git stash pop",
    "cargo fmt",
    "make format",
    "npm run build",
    "black .",
    "go generate ./...",
    "python3 tools/generate.py",
    "./update.sh",
];

/// How what was written is committed.
const COMMITS: [&str; 7] = [
    "{} && git commit -am x",
    "{}\ngit commit -a -m x",
    "{} && git commit -qam x && git push -q",
    "{} && git commit -m x src",
    "{} && bash -c 'git commit -am x'",
    "{} && (git commit --all -m x)",
    "if {}; then git commit -am x; fi",
];

/// Programs of which nobody here knows what they do with their words.
const RUNNERS: [&str; 28] = [
    "echo '{}' | sh",
    "printf '%s\\n' 'cd .' '{}' | bash -e",
    "cat <<'E' | bash\n{}\nE",
    "foreman run {}",
    "devbox run -- {}",
    "mamba run -n base {}",
    "nix develop -c {}",
    "nix-shell --run 'cd . && {}'",
    "su - dev -c 'cd \"$PWD\"; {}'",
    "script -qec '{}' /dev/null",
    "flock -w 10 .lock -c '{}'",
    "faketime '2020-01-01' {}",
    "firejail --quiet {}",
    "systemd-inhibit --what=sleep {}",
    "bwrap --bind / / {}",
    "aws-vault exec dev -- {}",
    "dotenv -f .env run {}",
    "retry -t 3 {}",
    "yarn exec {}",
    "npx -c '{}'",
    "pixi run {}",
    "some-tool --exec='{} ; true'",
    "$RUNNER {}",
    "bunx {}",
    "npx -y {}",
    "deno run -A npm:{}",
    "nix run nixpkgs#{}",
    "some-runner pkg:vcs/{}",
];

const RUN: [&str; 5] = [
    "git merge topic",
    "git cherry-pick topic",
    "git reset --hard topic",
    "git push origin topic:main",
    "git update-ref refs/heads/main topic",
];

/// What nobody can look at before it is done.
const UNSEEN: [&str; 29] = [
    "git cherry-pick topic",
    "git cherry-pick -x topic~0",
    "git revert --no-edit HEAD",
    "git am fix.patch",
    "git am < fix.patch",
    "git rebase -i HEAD~1",
    "git rebase -x 'true' HEAD",
    "git pull origin topic",
    "git pull --rebase https://example.org/x.git topic",
    "git pull origin \"$BRANCH\"",
    "git merge \"$BRANCH\"",
    "git merge \"$(cat branch)\"",
    "git fetch origin topic && git merge FETCH_HEAD",
    "git reset --hard \"$(cat commit)\"",
    "git commit -m x -- \"$FILES\"",
    "git commit --patch",
    "git commit --pathspec-from-file=list",
    "git add -A && git commit -m x",
    "git add \"$FILES\" && git commit -m x",
    "git add src/new.rs && git commit -qm x",
    "git rm -q src/a.rs && git commit -m x",
    "git mv src/a.rs src/z.rs; git commit -m x",
    "git merge --squash topic && git commit -m x",
    "git $VERB -m x",
    "eval \"git commit $OPTIONS\"",
    "\"$GIT_PROGRAM\" commit -am x; git cherry-pick topic",
    "git quiltimport --patches p",
    "cd \"$DIR\" && git merge topic",
    "cat commits | xargs -I{} git push origin {}:main",
];

/// From a branch of its own, what brings commits that the line itself makes.
const MADE: [&str; 6] = [
    "git commit --allow-empty -m x",
    "git cherry-pick topic",
    "git revert --no-edit HEAD",
    "git pull origin other",
    "git rebase origin/other",
    "git merge --no-edit origin/main",
];

/// And where they go.
const TOWARDS: [&str; 9] = [
    "git push origin HEAD:main",
    "git push -u origin @:refs/heads/main",
    "git push origin $(git rev-parse HEAD):main",
    "git push origin \"$(git branch --show-current):main\"",
    "git push origin HEAD:$(echo main)",
    "git branch -f main HEAD",
    "git branch -f main",
    "git update-ref refs/heads/main HEAD",
    "git checkout -B main",
];

/// Each part in each form, or what a plain run draws of that.
fn each<'l>(forms: &'l [&'l str], parts: &'l [&'l str]) -> impl Iterator<Item = String> + 'l {
    drawn::cells(forms, parts).map(|(form, part)| form.replace("{}", part))
}

/// A clone on main, with a branch `topic` that has a commit of code, and with `work`, a worktree on a branch of its own.
pub fn clone_of(sandbox: &Sandbox) -> Place {
    let clone = sandbox.clone_named("clone");
    clone.git(&["switch", "-q", "-c", "topic"]);
    clone.commit("code", &[("src/topic.rs", "topic\n")]);
    clone.git(&["switch", "-q", "main"]);
    clone.worktree("work");
    clone
}

/// The environment in which Gemini CLI runs its commands.
pub fn shadowed(place: &Place) -> Place {
    place
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "core.hooksPath")
        .env("GIT_CONFIG_VALUE_0", "/dev/null")
}

#[track_caller]
fn expect(place: &Place, lines: &[String], passes: impl Fn(Option<String>) -> bool, what: &str) {
    let odd: Vec<&String> = lines.iter().filter(|line| !passes(refusal(place, line))).collect();
    assert!(odd.is_empty(), "{what}, and these {} are not: {odd:#?}", odd.len());
}

#[track_caller]
pub fn pass(place: &Place, lines: &[String]) {
    expect(place, lines, |refusal| refusal.is_none(), "all pass here");
}

#[track_caller]
pub fn refused(place: &Place, lines: &[String]) {
    expect(place, lines, |refusal| refusal.is_some(), "all are refused here");
}

#[test]
fn what_is_wrong_is_refused_although_hooks_are_in_force() {
    let sandbox = seeded();
    let clone = super::with_code_staged(&sandbox);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    let lines: Vec<String> = each(&SURE, &WRONG).collect();
    assert!(SURE.len() * WRONG.len() >= 300);
    refused(&clone, &lines);
}

#[test]
fn what_is_written_first_is_uncertain() {
    let lines: Vec<String> = each(&COMMITS, &WRITERS).collect();
    on_main(&lines);
}

#[test]
fn what_an_unknown_program_may_run_is_uncertain() {
    let lines: Vec<String> = each(&RUNNERS, &RUN).collect();
    on_main(&lines);
}

#[test]
fn what_cannot_be_looked_at_is_uncertain() {
    let lines: Vec<String> = UNSEEN.iter().map(|line| (*line).to_owned()).collect();
    on_main(&lines);
}

/// Lines that are uncertain on main, and nobody's business elsewhere.
#[track_caller]
fn on_main(lines: &[String]) {
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    refused(&clone, lines);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    pass(&clone, lines);
    refused(&shadowed(&clone), lines);
    pass(&clone.at(sandbox.root().join("tmp")), lines);
}

#[test]
fn uncertain_lines_pass_on_a_branch_of_ones_own() {
    let sandbox = seeded();
    let work = clone_of(&sandbox).at("../work");
    let lines: Vec<String> = each(&COMMITS, &WRITERS)
        .chain(UNSEEN.map(str::to_owned))
        .filter(|line| !line.starts_with("cd ") && !line.ends_with(":main"))
        .collect();
    pass(&work, &lines);
}

#[test]
fn commits_that_a_line_makes_are_not_there_to_be_looked_at() {
    let towards = drawn::cells(&MADE, &TOWARDS).flat_map(|(made, to)| {
        [
            "git switch -qc z && {m} && {t}",
            "git checkout -b z; {m}; {t}",
            "bash -ec 'git switch -c z\n{m}\n{t}'",
        ]
        .map(|form| form.replace("{m}", made).replace("{t}", to))
    });
    let lines: Vec<String> = towards.collect();
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    // It is towards main, wherever it begins.
    refused(&clone, &lines);
    refused(&clone.at("../work"), &lines);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    pass(&clone.at("../work"), &lines);
    refused(&shadowed(&clone), &lines);
}

#[test]
fn the_usual_hooks_hear_of_commits_and_pushes_and_of_nothing_else() {
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    basic_hooks(&clone);
    let commit = "cargo fmt && git commit -am x";
    let push = "git switch -c z && git commit --allow-empty -m x && git push origin HEAD:main";
    pass(&clone, &[commit, push].map(str::to_owned));
    let moves = [
        "git cherry-pick topic",
        "foreman run git merge topic",
        "git switch -c z && git commit --allow-empty -m x && git branch -f main HEAD",
        "cargo fmt && git commit --no-verify -am x",
        "eval \"git commit $OPTIONS\"",
    ];
    refused(&clone, &moves.map(str::to_owned));
    let words = refusal(&clone, moves[0]).unwrap();
    assert!(words.contains("No git hook in force here"), "{words}");
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    pass(&clone, &moves.map(str::to_owned));
}

/// The three usual hooks, as a person would put them there.
fn basic_hooks(clone: &Place) {
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    for hook in ["prepare-commit-msg", "reference-transaction"] {
        std::fs::remove_file(clone.path().join(".git/hooks").join(hook)).unwrap();
    }
}

#[test]
fn a_line_that_goes_past_the_hooks_is_heard_by_none() {
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    let write = "cargo fmt && git commit -am x";
    pass(&clone, &[write.to_owned()]);
    pass(
        &clone,
        &["ls .git/hooks; git cherry-pick topic", "find . -name x -delete; git cherry-pick topic"]
            .map(str::to_owned),
    );
    refused(&clone, &listed("past strict hooks"));
    // Gemini CLI sees to it by itself, for the commands that it runs.
    let mut gemini = event(&clone, write);
    gemini["hook_event_name"] = "BeforeTool".into();
    gemini["tool_name"] = "run_shell_command".into();
    let output = ask(&clone, "gemini", &gemini);
    output.exits(2);
    assert!(output.stderr().contains("This agent turns git's hooks off"), "{output}");
}

#[test]
fn what_the_usual_hooks_do_not_hear_of_is_refused_however_it_is_put() {
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    basic_hooks(&clone);
    refused(&clone, &listed("past the usual hooks"));
}

#[test]
fn hooks_that_are_taken_away_are_missed_although_they_were_remembered() {
    let sandbox = seeded();
    let clone = clone_of(&sandbox);
    let line = ["git cherry-pick topic".to_owned()];
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    for _ in 0..3 {
        pass(&clone, &line);
    }
    let hook = clone.path().join(".git/hooks/reference-transaction");
    let text = std::fs::read(&hook).unwrap();
    std::fs::remove_file(&hook).unwrap();
    refused(&clone, &line);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    pass(&clone, &line);
    std::fs::write(&hook, [text.as_slice(), b"exit 0\n"].concat()).unwrap();
    refused(&clone, &line);
    clone.git(&["config", "core.hooksPath", "/dev/null"]);
    refused(&clone, &["cargo fmt && git commit -am x".to_owned()]);
}

#[test]
fn lines_that_agents_have_tried_are_refused_where_no_hook_will_look() {
    let sandbox = seeded();
    let clone = super::with_code_staged(&sandbox);
    let lines = drawn_of("main", 150);
    refused(&clone, &lines);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    refused(&shadowed(&clone), &lines);
    let (_, outside): (Vec<String>, _) =
        lines.into_iter().partition(|line| line.contains("../clone"));
    pass(&clone.at(sandbox.root().join("tmp")), &outside);
}

/// What the trunk's remote has is published; what another place has is not. A path tells nothing of an address in the network.
#[test]
fn a_pull_of_the_trunk_is_right_from_where_the_trunk_is() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
    pass(
        &clone,
        &lines(&["git pull https://example.org/x.git main", "git pull ../origin.git main"]),
    );
    refused(&clone, &lines(&["git pull ../clone2 main", "git pull ../work main"]));
    clone.git(&["remote", "set-url", "origin", "https://example.org/a/b.git"]);
    pass(&clone, &lines(&["git pull git@example.org:a/b.git main", "git pull origin main"]));
    refused(
        &clone,
        &lines(&[
            "git pull https://example.org/x.git main",
            "git pull ../origin.git main",
            "git fetch https://example.org/x.git main:main",
        ]),
    );
    // A fork: the trunk comes from upstream.
    clone.git(&["remote", "rename", "origin", "upstream"]);
    clone.git(&["remote", "add", "origin", "https://example.org/me/b.git"]);
    clone.git(&["config", "tix.remote", "upstream"]);
    pass(&clone, &lines(&["git pull", "git pull upstream main"]));
    clone.git(&["remote", "add", "other", "https://example.org/you/b.git"]);
    refused(&clone, &lines(&["git pull other main", "git -c branch.main.remote=other pull"]));
}

#[test]
fn lines_towards_main_are_refused_where_no_hook_will_look() {
    let sandbox = seeded();
    let clone = super::with_code_staged(&sandbox);
    clone.git(&["push", "-q", "origin", "topic:other"]);
    let fresh = sandbox.clone_named("fresh");
    fresh.git(&["switch", "-q", "-c", "fresh"]);
    fresh.write("src/b.rs", "fn b() {}\n");
    fresh.git(&["add", "src/b.rs"]);
    let lines = drawn_of("fresh", 50);
    refused(&fresh, &lines);
    fresh.tix(&["hook", "install", "--files", "--strict"]).success();
    refused(&shadowed(&fresh), &lines);
}

/// What a line does not say may be the worktree beside this one that has main checked out.
#[test]
fn what_is_not_said_may_be_about_any_worktree_of_the_clone() {
    let sandbox = seeded();
    let clone = super::with_code_staged(&sandbox);
    clone.git(&["push", "-q", "origin", "topic:other"]);
    clone.git(&["fetch", "-q"]);
    sandbox.clone_named("fresh").git(&["switch", "-q", "-c", "fresh"]);
    let work = clone.at("../work");
    let lines = drawn_of("work", 300);
    refused(&work, &lines);
    // Wherever it leads, the hooks of the clone look at it.
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    let is_heard = |line: &str| line.contains("(cat f)") && !line.contains("push");
    let heard: Vec<String> = listed("work").into_iter().filter(|line| is_heard(line)).collect();
    assert!(heard.len() >= 10, "{heard:#?}");
    pass(&work, &drawn::of(heard));
    refused(&shadowed(&work), &lines);
}

/// A directory of hooks that leads nowhere hides none that the configuration names, which git runs since 2.54.
#[test]
fn hooks_in_the_configuration_are_in_force_wherever_the_directory_leads() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["hook", "install"]).success();
    let are_files = clone.common_dir().join("hooks/pre-commit").exists();
    let lines = ["cargo fmt && git commit -am x".to_owned()];
    if are_files {
        refused(&shadowed(&clone), &lines);
    } else {
        pass(&shadowed(&clone), &lines);
    }
    // Gemini CLI does the same to each command.
    let mut gemini = event(&clone, &lines[0]);
    gemini["hook_event_name"] = "BeforeTool".into();
    gemini["tool_name"] = "run_shell_command".into();
    ask(&clone, "gemini", &gemini).exits(if are_files { 2 } else { 0 });
    pass(&clone, &lines);
}
