//! What is put aside because a newer tix may understand it, and when the value of a file is the one that counts.

use insta::assert_snapshot;

use super::*;
use crate::config::resolve::MOST_TOLD;

#[test]
fn what_is_put_aside_keeps_nothing_else_from_counting_but_what_loosens_the_rule() {
    let text = "colour: [red]\nlanding: completed\nprotected: [release]\ntrunk: develop\nfont: {size: 1}\n";
    let config = yaml(text.as_bytes()).unwrap();
    assert_eq!(config.not_understood.len(), 2);
    assert_eq!(config.not_understood[1].line, Some(5));
    assert_eq!(config.trunk.as_deref(), Some("develop"));
    assert_eq!(config.protected, ["release"]);
    assert_eq!(config.landing, Landing::None);
    assert_eq!(yaml(b"landing: completed").unwrap().landing, Landing::Completed);
    // The keys of a hostile file are not reported one by one.
    let many: String = (0..10_000).map(|n| format!("key{n}: 1\n")).collect();
    assert_eq!(yaml(many.as_bytes()).unwrap().not_understood.len(), MOST_TOLD);
}

#[test]
fn a_file_says_for_which_versions_it_is() {
    for wanted in [VERSION, ">= 0.1", ">=0.1.0, <9", "*"] {
        let config = yaml(format!("requires: '{wanted}'").as_bytes());
        assert_eq!(config, Ok(Config::default()), "{wanted}");
    }
    // What else it says may be as new as the version, also before the line that says so.
    let newer = "landing: queue\nskip_ci: true\nrequires: '>= 99.3'\ncolour: red\n";
    let config = yaml(newer.as_bytes()).unwrap();
    assert!(config.skip_ci);
    let told: Vec<_> = config.not_understood.iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @"
    HEAD:.tix.yaml:3: it needs tix `>= 99.3`, and this is tix 0.1.0
    HEAD:.tix.yaml:1: `landing` must be none or completed, not the text `queue`
    HEAD:.tix.yaml:4: unknown key `colour`
    ");
    assert_snapshot!(messages(&["requires: newer", "requires: 1", "requires: '>= 99'\nskip_ci: true\nskip_ci: true"]), @"
    HEAD:.tix.yaml:1: `requires` cannot be `newer`: it says no versions, such as `>= 0.3` or `0.3.1`
    HEAD:.tix.yaml:1: `requires` must be versions of tix, such as `>= 0.3`, not the number 1 (in quotes it would be text)
    HEAD:.tix.yaml:3: `skip_ci` is set twice
    ");
    assert_snapshot!(message(git(&[("tix.requires", Some(">= 0.1"))])), @"git config: `tix.requires` can only be set in .tix.yaml");
}

#[test]
fn where_the_worktree_is_set_is_known_while_a_file_has_the_last_word() {
    let file = Some(Yaml { bytes: b"worktree: ~/w/{id}", label: LABEL });
    let home = Some(Path::new("/home/me"));
    let file = Layers { yaml: file, home, ..Layers::default() };
    let shared = |layers: &Layers<'_>| Config::resolve(layers).unwrap().shared_worktree;
    let value = "~/w/{id}".to_owned();
    assert_eq!(shared(&file), Some(SharedWorktree { value, file: LABEL.to_owned() }));
    let git = [("tix.worktree".to_owned(), Some("../{id}".to_owned()))];
    assert_eq!(shared(&Layers { git: &git, ..file }), None);
    for name in ["TIX_WORKTREE", "WORKTREE_BASE"] {
        let env = [(name.to_owned(), OsString::from("/w/{id}"))];
        assert_eq!(shared(&Layers { env: &env, ..file }), None, "{name}");
    }
}

#[test]
fn an_unknown_key_is_put_aside_with_the_nearest() {
    let files = [
        "# a\ntrunk: a\nrequires_queued: true\n",
        "requireQueued: true",
        "reviewers: [main]",
        "'': a",
    ];
    assert_snapshot!(messages(&files), @r"
    HEAD:.tix.yaml:3: unknown key `requires_queued`; did you mean `require_queued`?
    HEAD:.tix.yaml:1: unknown key `requireQueued`; did you mean `require_queued`?
    HEAD:.tix.yaml:1: unknown key `reviewers`; did you mean `review`?
    HEAD:.tix.yaml:1: unknown key ``
    ");
    assert_snapshot!(message(git(&[("tix.requiresqueued", Some("true"))])), @"git config: unknown key `tix.requiresqueued`; did you mean `tix.requireQueued`?");
    assert_snapshot!(message(git(&[("tix.guard.trunk", Some("true"))])), @"git config: unknown key `tix.guard.trunk`");
}
