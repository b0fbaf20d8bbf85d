use insta::assert_snapshot;
use proptest::prelude::*;

use super::keys::{DefaultValue, describe};
use super::*;

mod newer;

const LABEL: &str = "HEAD:.tix.yaml";

fn yaml(bytes: &[u8]) -> Result<Config, ConfigError> {
    Config::resolve(&Layers { yaml: Some(Yaml { bytes, label: LABEL }), ..Layers::default() })
}

fn git(pairs: &[(&str, Option<&str>)]) -> Result<Config, ConfigError> {
    let pairs: Vec<_> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect();
    Config::resolve(&Layers { git: &pairs, ..Layers::default() })
}

fn env(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let pairs: Vec<_> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), OsString::from(value))).collect();
    let home = Some(Path::new("/home/me"));
    Config::resolve(&Layers { env: &pairs, home, ..Layers::default() })
}

/// The error, or what was put aside.
fn message(result: Result<Config, ConfigError>) -> String {
    result.and_then(|config| config.require_understood()).unwrap_err().to_string()
}

fn messages(files: &[&str]) -> String {
    let lines: Vec<_> = files.iter().map(|text| message(yaml(text.as_bytes()))).collect();
    lines.join("\n")
}

#[test]
fn without_any_layer_the_defaults_hold() {
    assert_eq!(Config::resolve(&Layers::default()), Ok(Config::default()));
}

#[test]
fn the_table_of_keys_shows_the_defaults_that_hold() {
    for key in describe() {
        if let DefaultValue::Fixed(value) = key.default {
            let text = format!(
                "{}: {}",
                key.name,
                if value.contains('{') && value != "{}" {
                    format!("'{value}'")
                } else {
                    value.to_owned()
                }
            );
            assert_eq!(yaml(text.as_bytes()), Ok(Config::default()), "{text}");
        }
    }
}

/// Each file in `tests/data/settings` holds an attack or an accident. The first word of its name says whether it can be
/// read as settings.
#[test]
fn every_file_of_the_corpus_is_taken_or_refused_with_its_place() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/settings");
    let mut count = 0;
    for file in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let read = yaml(&std::fs::read(file.path()).unwrap());
        let read = read.and_then(|config| config.require_understood());
        assert_eq!(read.is_ok(), name.starts_with("good-"), "{name}: {read:?}");
        count += 1;
        let Err(error) = read else { continue };
        let message = error.to_string();
        assert!(message.starts_with(LABEL), "{name}: {message}");
        assert!(!message.contains(char::is_control), "{name}: {message:?}");
        assert!(message.len() < 1000, "{name}: {message}");
    }
    assert!(count >= 60, "the corpus has shrunk to {count} files");
}

#[test]
fn a_file_without_settings_is_fine() {
    for text in
        ["", "\n", "# nothing\n", "---\n", "\u{feff}", "\u{feff}# nothing", "{}", "---\n...\n"]
    {
        assert_eq!(yaml(text.as_bytes()), Ok(Config::default()), "{text:?}");
    }
}

#[test]
fn a_review_has_stages_and_rules() {
    let text = "review: [critic_review, expediter_review]\nreview.self: true\nstale_after: 7d\n";
    let config = yaml(text.as_bytes()).unwrap();
    assert_eq!(config.review, [Stage::Critic, Stage::Expediter]);
    assert!(config.review_self);
    assert_eq!(config.stale_after, Duration::from_hours(24 * 7));
    // No clone switches the review of the team off.
    for (key, value) in [("tix.review", ""), ("tix.review.self", "true")] {
        let refused = git(&[(key, Some(value))]).unwrap_err().to_string();
        assert!(refused.contains("can only be set in .tix.yaml"), "{refused}");
    }
    let config = env(&[("TIX_REVIEW", "critic_review"), ("TIX_REVIEW_SELF", "1")]).unwrap();
    assert_eq!((config.review, config.review_self), (Vec::new(), false));
    assert_eq!(yaml(b"review: []").unwrap().review, []);
    assert_snapshot!(messages(&["review: [qa]", "review: [critic_review, critic_review]", "review: {self: true}", "trunk: [a]"]), @"
    HEAD:.tix.yaml:1: `review` must be a list of stages: critic_review, expediter_review, not the text `qa`
    HEAD:.tix.yaml:1: `review` cannot be `critic_review`: a stage can be there once
    HEAD:.tix.yaml:1: `review` must be a list of stages: critic_review, expediter_review, not a mapping (a text that begins with a brace needs quotes)
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not a list
    ");
}

#[test]
fn every_key_can_be_set_in_a_file() {
    let text = "\u{feff}trunk: tickets\r\nbase: develop\r\nrecord: branch\r\nremote: up\r\n\
        tickets_dir: docs/tickets/\r\nskip_ci: true\r\nrequire_queued: true\r\nclaim_attempts: 5\r\n\
        branch: work/{id}\r\nactive_dir: \"{session}/{id}\"\r\nworktree: /w/{repo}/{id}\r\ntimeout: 2m\r\n\
        post_activate:\r\n  - npm ci\r\n  - make\r\nroles: {coder: [run, release], reader: []}\r\n";
    let config = yaml(text.as_bytes()).unwrap();
    assert_eq!(config.trunk.as_deref(), Some("tickets"));
    assert_eq!(config.base.as_deref(), Some("develop"));
    assert_eq!(config.record, Some(RecordPlace::Branch));
    assert_eq!(config.remote.as_deref(), Some("up"));
    assert_eq!(config.tickets_dir, "docs/tickets");
    assert!(config.skip_ci && config.require_queued);
    assert_eq!(config.claim_attempts, 5);
    assert_eq!(config.branch.to_string(), "work/{id}");
    assert_eq!(config.active_dir.to_string(), "{session}/{id}");
    assert_eq!(config.worktree.to_string(), "/w/{repo}/{id}");
    assert_eq!(config.timeout, Duration::from_mins(2));
    assert_eq!(config.post_activate, ["npm ci", "make"]);
    assert_eq!(config.roles["coder"], ["run", "release"]);
    assert!(config.roles["reader"].is_empty());
}

#[test]
fn commands_are_the_agreement_of_everyone() {
    let one = yaml(b"post_activate: npm ci, or not").unwrap();
    assert_eq!(one.post_activate, ["npm ci, or not"]);
    assert_snapshot!(message(git(&[("tix.postactivate", Some("rm"))])), @"git config: `tix.postactivate` can only be set in .tix.yaml");
    assert_eq!(env(&[("TIX_POST_ACTIVATE", "rm")]), Ok(Config::default()));
    assert_snapshot!(
        messages(&["post_activate: 1", "post_activate:\n  - a\n  - ''", "post_activate: [[a]]", "post_activate: {a: b}"]),
        @"
    HEAD:.tix.yaml:1: `post_activate` must be a list of shell commands, not the number 1 (in quotes it would be text)
    HEAD:.tix.yaml:1: `post_activate` cannot be `a; `: a command needs at least one word, without NUL bytes
    HEAD:.tix.yaml:1: `post_activate` must be a list of shell commands, not a list with items that are not text
    HEAD:.tix.yaml:1: `post_activate` must be a list of shell commands, not a mapping (a text that begins with a brace needs quotes)
    "
    );
}

#[test]
fn roles_are_a_mapping_of_names_to_commands() {
    assert_eq!(yaml(b"roles: {a: run}").unwrap().roles["a"], ["run"]);
    assert_eq!(yaml(b"roles: {}"), Ok(Config::default()));
    assert_snapshot!(
        messages(&["roles: coder", "roles: [coder]", "roles: {a: 1}", "roles: {a: {b: c}}", "roles: {'': []}", "roles: {a: [], a: []}"]),
        @r#"
    HEAD:.tix.yaml:1: `roles` must be a mapping of roles to lists of commands of tix, not the text `coder`
    HEAD:.tix.yaml:1: `roles` must be a mapping of roles to lists of commands of tix, not a list
    HEAD:.tix.yaml:1: `roles` must be a mapping of roles to lists of commands of tix, not a mapping to values that are not text
    HEAD:.tix.yaml:1: `roles` must be a mapping of roles to lists of commands of tix, not a mapping to values that are not text
    HEAD:.tix.yaml:1: `roles` cannot be ``: a role needs a name
    HEAD:.tix.yaml:1:8: cannot be read as YAML: roles: duplicate entry with key "a"
    "#
    );
}

#[test]
fn a_stronger_layer_wins() {
    let git = [
        ("user.name".to_owned(), Some("N".to_owned())),
        ("tix.trunk".to_owned(), Some("global".to_owned())),
        ("tix.trunk".to_owned(), Some("local".to_owned())),
        ("tix.remote".to_owned(), Some("g".to_owned())),
    ];
    let env = [("TIX_REMOTE".to_owned(), OsString::from("e"))];
    let mut layers = Layers {
        yaml: Some(Yaml { bytes: b"trunk: y\nbase: y\nremote: y\ntimeout: 10", label: LABEL }),
        git: &git,
        env: &env,
        ..Layers::default()
    };
    let config = Config::resolve(&layers).unwrap();
    let names = (config.trunk.as_deref(), config.base.as_deref(), config.remote.as_deref());
    assert_eq!(names, (Some("local"), Some("y"), Some("e")));
    layers.flags = Flags { remote: Some("f"), timeout: Some("3s"), ..Flags::default() };
    let config = Config::resolve(&layers).unwrap();
    assert_eq!(config.remote.as_deref(), Some("f"));
    assert_eq!(config.timeout, Duration::from_secs(3));
}

#[test]
fn git_may_spell_a_key_in_its_own_way() {
    for key in ["tix.requirequeued", "tix.require-queued"] {
        assert!(git(&[(key, Some("on"))]).unwrap().require_queued, "{key}");
        assert!(git(&[(key, None)]).unwrap().require_queued, "{key}");
    }
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let names = [
        "ACTOR",
        "SESSION",
        "LOG",
        "ROLE",
        "TEST_GIT",
        "TICKET",
        "WORKSPACE",
        "BRANCH",
        "CLAIM_ID",
        "READY",
        "OF_TOMORROW",
        "",
    ];
    for name in names {
        assert_eq!(env(&[(&format!("TIX_{name}"), "x y")]), Ok(Config::default()), "{name}");
    }
    assert_eq!(env(&[("TIX_TRUNK", ""), ("WORKTREE_BASE", "")]), Ok(Config::default()));
}

#[test]
fn worktree_base_is_a_directory_for_the_worktrees_of_every_repository() {
    let worktree = |pairs: &[(&str, &str)]| env(pairs).unwrap().worktree.to_string();
    assert_eq!(worktree(&[("WORKTREE_BASE", "/w/")]), "/w/{repo}/{id}");
    assert_eq!(worktree(&[("WORKTREE_BASE", "/")]), "/{repo}/{id}");
    assert_eq!(worktree(&[("WORKTREE_BASE", "~")]), "/home/me/{repo}/{id}");
    assert_eq!(worktree(&[("WORKTREE_BASE", "~/w//x")]), "/home/me/w//x/{repo}/{id}");
    let both = [("TIX_WORKTREE", "../{id}"), ("WORKTREE_BASE", "/w")];
    assert_eq!(worktree(&both), "../{id}");
    assert_eq!(worktree(&[("TIX_WORKTREE", "~/{id}")]), "/home/me/{id}");
}

#[test]
fn a_home_that_is_not_known_is_an_error_where_it_is_needed() {
    let error = message(yaml(b"worktree: ~/w/{id}"));
    assert_snapshot!(error, @"HEAD:.tix.yaml:1: `worktree` cannot be `~/w/{id}`: it begins with `~/`, and the home directory is not known or not UTF-8");
    assert_snapshot!(message(env(&[("WORKTREE_BASE", "~you/w")])), @"environment: `WORKTREE_BASE` cannot be `~you/w`: it begins with `~`, of which only `~/` is expanded");
}

#[test]
fn progress_is_recorded_on_the_trunk_where_that_is_a_branch_of_its_own() {
    let record = |text: &str| yaml(text.as_bytes()).unwrap().record_for("main");
    assert_eq!(record(""), RecordPlace::Branch);
    assert_eq!(record("trunk: main"), RecordPlace::Branch);
    assert_eq!(record("trunk: tickets"), RecordPlace::Trunk);
    assert_eq!(record("base: develop"), RecordPlace::Trunk);
    assert_eq!(record("trunk: develop\nbase: develop"), RecordPlace::Branch);
    assert_eq!(record("trunk: tickets\nrecord: branch"), RecordPlace::Branch);
    assert_eq!(record("record: trunk"), RecordPlace::Trunk);
}

#[test]
fn a_value_of_the_wrong_type_is_told_apart_from_what_is_expected() {
    let files = [
        "skip_ci: maybe",
        "skip_ci: 'true'",
        "\nclaim_attempts: 21",
        "claim_attempts: 1.5",
        "claim_attempts: 123456789012345678901234567890",
        "trunk: 2024",
        "trunk: true",
        "skip_ci: true\ntrunk:\nbase: a",
        "trunk: [a, b]",
        "trunk:\n  a: b",
        "active_dir: {id}",
        "trunk: !x a",
        "record: both",
        "timeout: 0",
    ];
    assert_snapshot!(messages(&files), @r"
    HEAD:.tix.yaml:1: `skip_ci` must be true or false, not the text `maybe`
    HEAD:.tix.yaml:1: `skip_ci` must be true or false, not the text `true`
    HEAD:.tix.yaml:2: `claim_attempts` must be a whole number from 1 to 20, not the number 21
    HEAD:.tix.yaml:1: `claim_attempts` must be a whole number from 1 to 20, not a fraction
    HEAD:.tix.yaml:1:17: cannot be read as YAML: claim_attempts: invalid type: integer `123456789012345678901234567890` as u128, expected any YAML value
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not the number 2024 (in quotes it would be text)
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not the boolean true (in quotes it would be text)
    HEAD:.tix.yaml:2: `trunk` must be a branch name, not an empty value
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not a list
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not a mapping (a text that begins with a brace needs quotes)
    HEAD:.tix.yaml:1: `active_dir` must be a template for directories, not a mapping (a text that begins with a brace needs quotes)
    HEAD:.tix.yaml:1: `trunk` must be a branch name, not a value with a tag
    HEAD:.tix.yaml:1: `record` must be `branch` or `trunk`, not the text `both`
    HEAD:.tix.yaml:1: `timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not the number 0
    ");
    assert_snapshot!(message(git(&[("tix.claimattempts", Some("many"))])), @"git config: `tix.claimattempts` must be a whole number from 1 to 20, not `many`");
    assert_snapshot!(message(git(&[("tix.trunk", None)])), @"git config: `tix.trunk` must be a branch name, not a key without a value");
    assert_snapshot!(message(env(&[("TIX_TIMEOUT", "soon")])), @"environment: `TIX_TIMEOUT` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `soon`");
}

#[test]
fn a_value_that_cannot_be_used_is_an_error_that_says_why() {
    let files = [
        "trunk: a b",
        "trunk: refs/heads/main",
        "tickets_dir: ../tickets",
        "branch: ticket/id",
        "branch: ticket/{name}",
        "active_dir: '{id'",
        "active_dir: \"\\e[31m{id}\"",
        "worktree: a/../../{id}",
    ];
    assert_snapshot!(messages(&files), @r"
    HEAD:.tix.yaml:1: `trunk` cannot be `a b`: it contains a blank or one of ~ ^ : ? * [ \
    HEAD:.tix.yaml:1: `trunk` cannot be `refs/heads/main`: a branch name is written without `refs/heads/`
    HEAD:.tix.yaml:1: `tickets_dir` cannot be `../tickets`: a part of it is `.` or `..`
    HEAD:.tix.yaml:1: `branch` cannot be `ticket/id`: it must contain {id}, or two tickets would get the same name
    HEAD:.tix.yaml:1: `branch` cannot be `ticket/{name}`: it may contain {id}, not `{name}`
    HEAD:.tix.yaml:1: `active_dir` cannot be `{id`: it has an unmatched `{` or `}`
    HEAD:.tix.yaml:1: `active_dir` cannot be `\u{1b}[31m{id}`: `\u{1b}[31mTICKET-1` is not a usable name: it contains a control character
    HEAD:.tix.yaml:1: `worktree` cannot be `a/../../{id}`: `a/../../TICKET-1` is not a usable name: a part of it is `.` or `..`
    ");
    assert_snapshot!(message(env(&[("TIX_TRUNK", "-f")])), @"environment: `TIX_TRUNK` cannot be `-f`: it starts with `-`");
}

#[test]
fn a_branch_cannot_be_a_directory_of_branches() {
    assert_snapshot!(messages(&["trunk: ticket"]), @"HEAD:.tix.yaml: `trunk` cannot be `ticket` beside the ticket branches `ticket/{id}`: git cannot have a branch `a` beside `a/b`");
    assert!(yaml(b"trunk: ticket\nbranch: work/{id}").is_ok());
    assert!(yaml(b"trunk: tickets").is_ok());
    assert!(git(&[("tix.branch", Some("main/{id}")), ("tix.base", Some("main"))]).is_err());
}

#[test]
fn a_key_that_stands_twice_is_an_error() {
    assert_snapshot!(messages(&["trunk: a\nbase: b\ntrunk: a\n", "trunk: a\n'trunk': a\n"]), @r"
    HEAD:.tix.yaml:3: `trunk` is set twice
    HEAD:.tix.yaml:2: `trunk` is set twice
    ");
}

#[test]
fn what_is_not_yaml_is_an_error_with_line_and_column() {
    let files = [
        "trunk: a\nbase: b: c\n",
        "trunk: [a\n",
        "trunk: a\n\tbase: b\n",
        "trunk: *a\n",
        "? [a]\n: b\n",
        "@",
        "\u{feff}@",
        "unknown: a\nbase: \"b",
    ];
    assert_snapshot!(messages(&files), @r"
    HEAD:.tix.yaml:2:8: cannot be read as YAML: mapping values are not allowed in this context
    HEAD:.tix.yaml:2:1: cannot be read as YAML: did not find expected ',' or ']', while parsing a flow sequence
    HEAD:.tix.yaml:2:1: cannot be read as YAML: found a tab character that violates indentation, while scanning a plain scalar
    HEAD:.tix.yaml:1:8: cannot be read as YAML: unknown anchor
    HEAD:.tix.yaml:1:3: cannot be read as YAML: invalid type: sequence, expected a string
    HEAD:.tix.yaml:1:1: cannot be read as YAML: found character that cannot start any token, while scanning for the next token
    HEAD:.tix.yaml:1:1: cannot be read as YAML: found character that cannot start any token, while scanning for the next token
    HEAD:.tix.yaml:2:9: cannot be read as YAML: found unexpected end of stream, while scanning a quoted scalar
    ");
}

#[test]
fn a_file_that_is_no_mapping_is_an_error() {
    let files =
        ["- trunk: a\n", "\ntrunk\n", "5", "1.5", "true", "!x {}", "trunk: a\n---\ntrunk: b\n"];
    assert_snapshot!(messages(&files), @r"
    HEAD:.tix.yaml:1: must be a mapping of keys to values, not a list
    HEAD:.tix.yaml:2: must be a mapping of keys to values, not a text
    HEAD:.tix.yaml:1: must be a mapping of keys to values, not a number
    HEAD:.tix.yaml:1: must be a mapping of keys to values, not a number
    HEAD:.tix.yaml:1: must be a mapping of keys to values, not a boolean
    HEAD:.tix.yaml:1: must be a mapping of keys to values, not a value with a tag
    HEAD:.tix.yaml: must be a mapping of keys to values, not several documents
    ");
}

#[test]
fn a_file_that_is_no_text_is_an_error_with_its_line() {
    assert_snapshot!(message(yaml(b"# a\n# \xff\n")), @"HEAD:.tix.yaml:2: it is not UTF-8 text");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_an_error_only_where_it_is_a_setting() {
    use std::os::unix::ffi::OsStringExt as _;
    let resolve = |name: &str| {
        let pairs = [(name.to_owned(), OsString::from_vec(vec![0xff]))];
        Config::resolve(&Layers { env: &pairs, ..Layers::default() })
    };
    assert_snapshot!(message(resolve("TIX_TRUNK")), @"environment: `TIX_TRUNK` is not UTF-8 text");
    assert!(resolve("TIX_OF_TOMORROW").is_ok());
}

#[test]
fn an_anchor_may_be_used_and_a_merge_key_is_no_setting() {
    let config = yaml(b"trunk: &name tickets\nbase: *name\n").unwrap();
    assert_eq!(config.base.as_deref(), Some("tickets"));
    assert_snapshot!(message(yaml(b"<<: {trunk: a}\n")), @"HEAD:.tix.yaml:1: unknown key `<<`");
}

#[test]
fn the_commented_file_sets_nothing_but_a_chosen_trunk() {
    assert_eq!(yaml(commented_yaml(ChosenSettings::default()).as_bytes()), Ok(Config::default()));
    let config = yaml(
        commented_yaml(ChosenSettings { trunk: Some("tickets"), ..ChosenSettings::default() })
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(config, Config { trunk: Some("tickets".to_owned()), ..Config::default() });
}

#[test]
fn every_line_of_the_commented_file_can_be_uncommented() {
    let keys: Vec<_> = describe().iter().map(|key| format!("# {}: ", key.name)).collect();
    let text = commented_yaml(ChosenSettings::default());
    let lines = text.lines().filter(|line| keys.iter().any(|key| line.starts_with(key)));
    let bare: Vec<_> = lines.map(|line| line.trim_start_matches("# ")).collect();
    assert_eq!(bare.len(), describe().len());
    let config = yaml(bare.join("\n").as_bytes()).unwrap();
    let found = Config { trunk: None, base: None, record: None, remote: None, ..config };
    assert_eq!(found, Config::default());
}

#[test]
fn the_commented_file_explains_each_key_in_a_line() {
    let text =
        commented_yaml(ChosenSettings { trunk: Some("tickets"), ..ChosenSettings::default() });
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let end: Vec<_> = text.split("\n\n").skip(2).take(2).collect();
    assert_snapshot!(end.join("\n\n"), @r"
    # The branch whose history is the truth about tickets; the push that moves it is the lock.
    # Default: the remote's default branch.
    trunk: tickets

    # The branch that work starts from and pull requests go to.
    # Default: the remote's default branch.
    # base: main
    ");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_every_error_is_one_printable_line(bytes: Vec<u8>) {
        if let Err(error) = yaml(&bytes).and_then(|config| config.require_understood()) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn no_text_makes_it_panic_and_every_error_is_one_printable_line(
        text in "((trunk|skip_ci|branch|worktree|timeout|[a-z]{1,4}|\"\\\\e\\\\n\")(: |:|\n)|[-?*&!|>'\"%@{}\\[\\],#~ \n\t]|[0-9]{1,40}|\\PC){0,12}",
    ) {
        if let Err(error) = yaml(text.as_bytes()).and_then(|config| config.require_understood()) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn no_value_of_a_key_makes_it_panic(place in 0..describe().len(), value: String) {
        let key = &describe()[place];
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        let in_file = yaml(format!("{}: {quoted}", key.name).as_bytes());
        let in_git = git(&[(&key.git_name().to_lowercase(), Some(&value))]);
        for error in [in_file.err(), in_git.err()].into_iter().flatten() {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        }
    }
}

#[test]
fn protected_branches_are_a_list_or_a_text_of_names() {
    let of = |text: &str| yaml(text.as_bytes()).unwrap().protected;
    assert_eq!(of(""), ["main", "master", "production"]);
    assert_eq!(of("protected: [main, release/1]"), ["main", "release/1"]);
    assert_eq!(of("protected: []"), [""; 0]);
    assert_eq!(of("protected: main, dev live"), ["main", "dev", "live"]);
    assert_eq!(git(&[("tix.protected", Some("a,b"))]).unwrap().protected, ["a", "b"]);
    let errors = messages(&[
        "protected: [main, 1]",
        "protected:\n- a\n- b..c",
        "protected: {a: b}",
        "protected: true",
        "skip_ci: [true]",
    ]);
    assert_snapshot!(errors, @"
    HEAD:.tix.yaml:1: `protected` must be a list of branch names, not a list with items that are not text
    HEAD:.tix.yaml:1: `protected` cannot be `b..c`: it contains `..` or `@{`
    HEAD:.tix.yaml:1: `protected` must be a list of branch names, not a mapping (a text that begins with a brace needs quotes)
    HEAD:.tix.yaml:1: `protected` must be a list of branch names, not the boolean true (in quotes it would be text)
    HEAD:.tix.yaml:1: `skip_ci` must be true or false, not a list
    ");
}
