//! `tix init`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Output, Place, Sandbox, Untouched, no_leftovers, on_terminal};

const OF_TICKETS: [&str; 5] = [
    "tickets/TEMPLATE.md",
    "tickets/active/.gitkeep",
    "tickets/archive/.gitkeep",
    "tickets/completed/.gitkeep",
    "tickets/queue/.gitkeep",
];
const SETTINGS: &str = ".tix.yaml";

/// A remote with one commit of code.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    sandbox
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn all() -> BTreeSet<String> {
    OF_TICKETS.into_iter().chain([SETTINGS]).map(str::to_owned).collect()
}

fn of_tickets() -> BTreeSet<String> {
    OF_TICKETS.map(str::to_owned).into()
}

/// Runs the git commands that tix told of, as they are.
fn follow(place: &Place, output: &Output) {
    for command in texts_in_order(&output.json()["next"]) {
        if command.starts_with("git ") {
            place.sh(&command).run().success();
        }
    }
}

fn texts_in_order(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn is_unchanged(output: &Output) {
    let json = output.success().json();
    assert_eq!((&json["created"], &json["commit"]), (&json!([]), &Value::Null), "{output}");
}

#[test]
fn the_files_are_written_and_nothing_is_staged() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let (index, head) = (clone.git(&["ls-files", "--stage"]), clone.git(&["rev-parse", "HEAD"]));
    let output = clone.tix(&["init", "--json"]);
    let json = output.success().json();
    assert_eq!(json["schema"], "tix/init@1");
    assert_eq!(texts(&json["created"]), all());
    assert_eq!((&json["existing"], &json["pushed"]), (&json!([]), &json!(false)));
    for path in all() {
        assert!(clone.exists(&path), "{path}");
    }
    assert_eq!(clone.git(&["ls-files", "--stage"]), index);
    assert_eq!(clone.git(&["rev-parse", "HEAD"]), head);
    assert!(clone.read("tickets/TEMPLATE.md").starts_with("---\n"));
    no_leftovers(&clone);
}

#[test]
fn the_commands_that_are_told_commit_and_push_these_files_only() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.write("mine.txt", "not to be committed\n");
    clone.write("staged.txt", "not now\n");
    clone.git(&["add", "--", "staged.txt"]);
    let output = clone.tix(&["init", "--json"]);
    follow(&clone, &output);
    let on_remote: BTreeSet<String> = sandbox.remote().files("main").into_iter().collect();
    let mut wanted = all();
    wanted.insert("src/main.rs".to_owned());
    assert_eq!(on_remote, wanted);
    let again = clone.tix(&["init", "--json"]);
    is_unchanged(&again);
    assert!(texts(&again.json()["next"]).iter().all(|line| !line.starts_with("git ")), "{again}");
}

#[test]
fn the_commands_work_from_any_directory() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada's clone");
    let inside = clone.at("src/deep");
    follow(&inside, &inside.tix(&["init", "--json"]));
    assert!(sandbox.remote().files("main").contains(&SETTINGS.to_owned()));
    assert!(!clone.exists("src/deep/tickets"));
}

#[test]
fn a_second_run_changes_nothing_and_tells_again_what_is_left_to_do() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let first = clone.tix(&["init", "--json"]);
    let before = Untouched::of(&clone);
    let second = clone.tix(&["init", "--json"]);
    is_unchanged(&second);
    assert_eq!(texts(&second.json()["existing"]), all());
    assert_eq!(first.json()["next"], second.json()["next"]);
    before.assert_same(&clone);
    assert!(clone.tix(&["init"]).success().stdout().starts_with("nothing to do"));
}

#[test]
fn a_file_that_is_there_is_left_as_it_is() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.write("tickets/TEMPLATE.md", "my own\n");
    clone.write(SETTINGS, "skip_ci: true\n");
    let json = clone.tix(&["init", "--json"]).success().json();
    let mine: BTreeSet<String> = ["tickets/TEMPLATE.md", SETTINGS].map(str::to_owned).into();
    assert_eq!(texts(&json["existing"]), mine);
    assert_eq!(clone.read("tickets/TEMPLATE.md"), "my own\n");
    assert_eq!(clone.read(SETTINGS), "skip_ci: true\n");
}

#[test]
fn something_else_in_the_place_of_a_directory_stops_it_before_anything_is_written() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    std::os::unix::fs::symlink("elsewhere", clone.path().join("tickets")).unwrap();
    clone.at("elsewhere");
    let before = Untouched::of(&clone);
    let output = clone.tix(&["init"]);
    output.exits(5);
    assert!(output.stderr().contains("tickets/queue/.gitkeep cannot be created"), "{output}");
    before.assert_same(&clone);

    sandbox.seed(&[("tickets", "a file\n")]);
    let output = sandbox.clone_named("bob").tix(&["init", "--commit"]);
    output.exits(5);
    assert_eq!(sandbox.remote().show("main", "tickets"), b"a file\n");
}

#[test]
fn with_commit_the_trunk_gets_the_files_and_the_checkout_is_untouched() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.git(&["branch", "-q", "--no-track", "feature"]);
    clone.write("src/main.rs", "changed\n");
    let before = Untouched::of(&clone);
    let output = clone.tix(&["init", "--commit", "--json"]);
    let json = output.success().json();
    before.assert_same(&clone);
    assert_eq!(texts(&json["created"]), all());
    assert_eq!(json["pushed"], json!(true));
    let remote = sandbox.remote();
    assert_eq!(json["commit"], json!(remote.git(&["rev-parse", "main"])));
    let message = remote.git(&["log", "-1", "--format=%B", "main"]);
    let begins = "init: tickets\n\nTix-Actor: Ada Example <ada@example.org>\n";
    assert!(message.starts_with(begins), "{message}");
    assert!(texts(&json["next"]).contains("git pull"), "{output}");
    clone.git(&["pull", "-q"]);
    assert!(clone.exists("tickets/queue/.gitkeep"));
    is_unchanged(&clone.tix(&["init", "--commit", "--json"]));
    no_leftovers(&clone);
}

#[test]
fn files_that_would_stop_the_pull_are_named() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.tix(&["init"]).success();
    let output = clone.tix(&["init", "--commit"]);
    let text = output.success().stdout();
    assert!(text.contains("once they are moved away: ") && text.contains(SETTINGS), "{output}");
}

#[test]
fn what_the_trunk_has_is_not_written_again_into_an_old_checkout() {
    let sandbox = sandbox();
    let [old, new] = ["old", "new"].map(|name| sandbox.clone_named(name));
    new.tix(&["init", "--commit"]).success();
    old.git(&["fetch", "-q"]);
    let before = Untouched::of(&old);
    let output = old.tix(&["init", "--json"]);
    is_unchanged(&output);
    before.assert_same(&old);
    assert!(texts(&output.json()["next"]).contains("git pull"), "{output}");
}

#[test]
fn of_several_that_commit_at_once_one_does() {
    let sandbox = sandbox();
    let clones = ["a", "b", "c"].map(|name| sandbox.clone_named(name));
    let run = |place: &Place| place.tix_command(&["init", "--commit", "--json"]);
    let outputs = crate::harness::together(&sandbox, clones.iter().map(run).collect());
    let made = outputs.iter().filter(|o| o.success().json()["commit"].is_string()).count();
    assert_eq!(made, 1);
    assert_eq!(sandbox.remote().git(&["rev-list", "--count", "main"]), "2");
}

#[test]
fn a_bare_repository_takes_them_as_a_commit_only() {
    let sandbox = sandbox();
    let bare = sandbox.bare_clone("bare.git");
    bare.tix(&["init"]).exits(5);
    bare.tix(&["init", "--trunk", "tickets"]).exits(5);
    bare.tix(&["init", "--commit"]).success();
    assert!(sandbox.remote().files("main").contains(&SETTINGS.to_owned()));
    assert!(!sandbox.remote().has_ref("refs/heads/tickets"));
}

#[test]
fn without_a_remote_the_checked_out_trunk_moves_along() {
    let sandbox = sandbox();
    let clone = sandbox.local_repository("ada");
    let json = clone.tix(&["init", "--commit", "--json"]).success().json();
    assert_eq!(json["pushed"], json!(false));
    assert_eq!(json["commit"], json!(clone.git(&["rev-parse", "HEAD"])));
    assert!(clone.exists("tickets/queue/.gitkeep"));
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
}

#[test]
fn before_the_first_commit_it_says_what_to_do() {
    let sandbox = Sandbox::new();
    let clone = sandbox.clone_named("ada");
    for words in [["init", "--commit"].as_slice(), &["init", "--trunk", "tickets"]] {
        let output = clone.tix(words);
        output.exits(5);
        assert!(output.stderr().contains("no commit"), "{output}");
        assert!(output.stderr().contains("hint:"), "{output}");
    }
    assert!(!clone.exists("tickets") && !clone.exists(SETTINGS));
    follow(&clone, &clone.tix(&["init", "--json"]));
    assert_eq!(sandbox.remote().files("main").into_iter().collect::<BTreeSet<_>>(), all());

    let alone = sandbox.local_repository("alone").at("new");
    alone.git(&["init", "-q"]);
    alone.tix(&["init", "--commit"]).exits(5);
    follow(&alone, &alone.tix(&["init", "--json"]));
    assert_eq!(alone.files("main").into_iter().collect::<BTreeSet<_>>(), all());
}

#[test]
fn a_trunk_of_its_own_is_a_branch_without_history_that_holds_tickets_only() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let head = clone.git(&["rev-parse", "HEAD"]);
    let output = clone.tix(&["init", "--trunk", "tickets", "--json"]);
    let json = output.success().json();
    assert_eq!(texts(&json["created"]), all());
    assert_eq!((&json["trunk"], &json["pushed"]), (&json!("origin/tickets"), &json!(true)));
    let remote = sandbox.remote();
    assert_eq!(remote.files("tickets").into_iter().collect::<BTreeSet<_>>(), of_tickets());
    assert_eq!(remote.git(&["rev-list", "--count", "tickets"]), "1");
    assert_eq!(remote.git(&["rev-parse", "main"]), head);
    assert!(clone.read(SETTINGS).lines().any(|line| line == "trunk: tickets"));
    assert!(!clone.exists("tickets"));
    assert_eq!(clone.git(&["status", "--porcelain"]), "?? .tix.yaml");

    let before = Untouched::of(&clone);
    for words in [["init", "--json", "--trunk", "tickets"].as_slice(), &["init", "--json"]] {
        is_unchanged(&clone.tix(words));
    }
    before.assert_same(&clone);
    follow(&clone, &output);
    // Somebody merges the pull request.
    remote.git(&["update-ref", "refs/heads/main", "refs/heads/tix-settings"]);
    let there = sandbox.clone_named("bob").tix(&["init", "--json"]).success().json();
    assert_eq!((&there["created"], &there["trunk"]), (&json!([]), &json!("origin/tickets")));
    no_leftovers(&clone);
}

#[test]
fn a_branch_with_other_files_is_not_taken_for_tickets() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.git(&["push", "-q", "origin", "HEAD:dev"]);
    let before = Untouched::of(&clone);
    for args in [&["init", "--trunk", "dev"][..], &["init", "--trunk", "dev", "--commit"]] {
        let output = clone.tix(args);
        let told = output.exits(5).stderr();
        assert!(told.contains("origin/dev already holds other files"), "{output}");
        assert!(told.contains("tix init --trunk <branch>"), "{output}");
    }
    before.assert_same(&clone);
    assert_eq!(sandbox.remote().files("dev"), ["src/main.rs"]);
    // The way for a team that works there.
    clone.write(SETTINGS, "base: dev\ntrunk: dev\n");
    clone.tix(&["init"]).success();
    assert!(clone.exists("tickets/queue/.gitkeep"));
}

#[test]
fn a_trunk_of_its_own_can_be_committed_whole() {
    let sandbox = sandbox();
    let bare = sandbox.bare_clone("bare.git");
    bare.tix(&["init", "--trunk", "tickets", "--commit"]).success();
    let remote = sandbox.remote();
    assert_eq!(remote.files("tickets").into_iter().collect::<BTreeSet<_>>(), of_tickets());
    assert_eq!(remote.files("main"), [SETTINGS, "src/main.rs"]);
}

#[test]
fn a_protected_main_is_told_of_and_the_tickets_have_their_branch() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let script = "while read old new ref; do test \"$ref\" != refs/heads/main || exit 1; done";
    sandbox.remote().hook("pre-receive", script);
    let output = clone.tix(&["init", "--commit"]);
    output.exits(6);
    assert!(output.stderr().contains("tix init --trunk tickets"), "{output}");
    clone.tix(&["init", "--trunk", "tickets"]).success();
    assert!(sandbox.remote().has_ref("refs/heads/tickets"));
}

#[test]
fn of_several_that_begin_a_trunk_at_once_one_does() {
    let sandbox = sandbox();
    let clones = ["a", "b", "c"].map(|name| sandbox.clone_named(name));
    let run = |place: &Place| {
        let person =
            place.as_person("Ada Example", &format!("{}@example.org", place.path().display()));
        person.tix_command(&["init", "--trunk", "tickets", "--json"])
    };
    let outputs = crate::harness::together(&sandbox, clones.iter().map(run).collect());
    let made = outputs.iter().filter(|o| o.success().json()["commit"].is_string()).count();
    assert_eq!(made, 1);
    assert_eq!(sandbox.remote().git(&["rev-list", "--count", "tickets"]), "1");
}

#[test]
fn without_a_remote_a_trunk_of_its_own_is_a_local_branch() {
    let sandbox = sandbox();
    let clone = sandbox.local_repository("ada");
    let json = clone.tix(&["init", "--trunk", "tickets", "--json"]).success().json();
    assert_eq!(json["pushed"], json!(false));
    assert_eq!(clone.files("tickets").into_iter().collect::<BTreeSet<_>>(), of_tickets());
    assert_eq!(clone.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    is_unchanged(&clone.tix(&["init", "--trunk", "tickets", "--json"]));
}

#[test]
fn settings_that_do_not_name_the_trunk_are_kept_and_told_of() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    clone.write(SETTINGS, "skip_ci: true\n");
    let output = clone.tix(&["init", "--trunk", "tickets"]);
    assert!(output.success().stdout().contains("add the line `trunk: tickets`"), "{output}");
    assert_eq!(clone.read(SETTINGS), "skip_ci: true\n");
}

#[test]
fn nobody_commits_without_a_name() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let nobody = clone.env("GIT_CONFIG_GLOBAL", "/dev/null").env("EMAIL", "");
    let nobody = nobody.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "user.useConfigOnly");
    let output = nobody.env("GIT_CONFIG_VALUE_0", "true").tix(&["init", "--commit"]);
    output.exits(5);
    assert!(output.stderr().contains("git config user.name"), "{output}");
    assert_eq!(sandbox.remote().files("main"), ["src/main.rs"]);
}

/// The settings of a file that are not commented out.
fn settings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn it_says_what_claims_do_to_the_branch_of_the_tickets() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let told = clone.tix(&["init", "--commit"]);
    let note = "each claim is a commit that is pushed to origin/main; if CI runs for each push there, `skip_ci: true`";
    assert!(told.success().stdout().contains(note), "{told}");
    let again = clone.tix(&["init", "--commit"]);
    assert!(!again.success().stdout().contains("skip_ci"), "{again}");
}

#[test]
fn what_it_asks_on_a_terminal_can_be_said_by_options_where_there_is_none() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let output = clone.tix(&["init", "--skip-ci", "--review", "-q"]);
    let made: BTreeSet<String> = output.success().stdout().lines().map(str::to_owned).collect();
    assert_eq!(made, all(), "a quiet answer is the paths alone");
    assert_eq!(settings(&clone.read(SETTINGS)), ["skip_ci: true", "review: [critic_review]"]);
    let plain = sandbox.clone_named("bob");
    plain.tix(&["init", "--yes"]).success();
    assert_eq!(settings(&plain.read(SETTINGS)), [""; 0]);
}

#[test]
fn on_a_terminal_it_asks_four_questions_once() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let answers = "tickets\\ny\\nwhat\\nyes\\n\\n";
    let Some(output) = on_terminal(&clone, None, "init", answers) else { return };
    let told = output.success().stdout();
    // One of the three twice, because what was said is neither.
    assert_eq!(told.matches("[y/N]").count(), 4, "{told}");
    assert!(
        told.contains("a branch of its own") && told.contains("Please answer y or n."),
        "{told}"
    );
    let expected = ["trunk: tickets", "skip_ci: true", "review: [critic_review]"];
    assert_eq!(settings(&clone.read(SETTINGS)), expected);
    // The progress was wiped before the answer.
    assert!(told.contains("\x1b[Kcommitted and pushed to origin/tickets"), "{told:?}");
    assert!(sandbox.remote().files("tickets").contains(&"tickets/queue/.gitkeep".to_owned()));
    assert!(!clone.path().join(".git/hooks/pre-push").exists());
    // It is set up: nobody is asked again.
    let again = on_terminal(&clone, None, "init", "").unwrap();
    assert!(!again.success().stdout().contains("[y/N]"), "{again}");
    // Nothing is the default, and the end of the input is no answer at all.
    let other = sandbox.clone_named("bob");
    on_terminal(&other, None, "init", "\\n\\n\\n\\n").unwrap().success();
    assert_eq!(settings(&other.read(SETTINGS)), [""; 0]);
    let yes = sandbox.clone_named("eve");
    let output = on_terminal(&yes, None, "init --yes", "").unwrap();
    assert!(!output.success().stdout().contains("[y/N]"), "{output}");
}

#[test]
fn on_a_terminal_it_asks_only_for_what_no_option_says_and_again_for_what_is_no_branch() {
    let sandbox = sandbox();
    let clone = sandbox.clone_named("ada");
    let answers = "zz~^\\ntickets\\n";
    let Some(output) = on_terminal(&clone, None, "init --skip-ci --review --hooks", answers) else {
        return;
    };
    let told = output.success().stdout();
    assert!(told.contains("cannot be the name of a branch") && !told.contains("[y/N]"), "{told}");
    let expected = ["trunk: tickets", "skip_ci: true", "review: [critic_review]"];
    assert_eq!(settings(&clone.read(SETTINGS)), expected);
    let other = sandbox.clone_named("bob");
    let output = on_terminal(&other, None, "init", "\\nn\\n\\n\\n").unwrap();
    let told = output.success().stdout();
    assert!(told.contains("a commit that is pushed to") && !told.contains("skip_ci"), "{told}");
}

#[test]
fn an_empty_repository_is_told_of_before_anything_is_asked() {
    let sandbox = Sandbox::new();
    let clone = sandbox.clone_named("a");
    let empty = "origin/main has no commit yet";
    let Some(refused) = on_terminal(&clone, None, "init --commit", "") else { return };
    assert!(refused.exits(5).stdout().contains(empty), "{refused}");
    assert!(!refused.stdout().contains("[y/N]"), "{refused}");
    let output = on_terminal(&clone, None, "init", "\\n\\n\\n").unwrap();
    let said = output.success().stdout();
    assert!(said.find(empty) < said.find("[y/N]") && said.contains(empty), "{output}");
    assert!(!said.contains("Which branch?"), "{output}");
}

#[test]
fn yes_and_no_are_no_names_of_a_branch() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "hello\n")]);
    let clone = sandbox.clone_named("a");
    let answers = "n\\nYes\\n\\n\\n\\n\\n";
    let Some(output) = on_terminal(&clone, None, "init --commit", answers) else { return };
    let said = output.success().stdout();
    assert_eq!(said.matches("That is not a branch: name one, or Return for main.").count(), 2);
    assert_eq!(sandbox.remote().git(&["branch", "--format=%(refname)"]).trim(), "refs/heads/main");
}

#[test]
fn a_checkout_with_commits_of_its_own_is_told_how_to_join_the_new_one() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "hello\n")]);
    let clone = sandbox.clone_named("a");
    clone.commit("own", &[("own.txt", "1\n")]);
    let output = clone.tix(&["init", "--commit"]);
    let pull = output.success().stdout().lines().find(|line| line.contains("git pull"));
    clone.sh(pull.unwrap()).run().success();
    assert!(clone.path().join(".tix.yaml").exists() && clone.path().join("own.txt").exists());
}
