use proptest::prelude::*;
use std::path::{Component, Path};

use super::*;

fn fields(session: Option<&'static str>) -> Fields<'static> {
    Fields { id: "TICKET-foo-001", session, repo: "shop" }
}

#[test]
fn the_defaults_are_what_the_table_of_keys_says() {
    for (template, text, purpose) in [
        (Template::default_branch(), "ticket/{id}", Purpose::Branch),
        (Template::default_active_dir(), "{id}", Purpose::ActiveDir),
        (Template::default_worktree(), "../{repo}.worktrees/{id}", Purpose::Worktree),
    ] {
        assert_eq!(Template::parse(text, purpose).as_ref(), Ok(&template));
        assert_eq!(template.to_string(), text);
    }
}

#[test]
fn fields_are_filled_in() {
    let worktree = Template::parse("/w/{repo}/{session}-{id}", Purpose::Worktree).unwrap();
    assert_eq!(worktree.expand(&fields(Some("s"))).unwrap(), "/w/shop/s-TICKET-foo-001");
    let default = Template::default_worktree().expand(&fields(None)).unwrap();
    assert_eq!(default, "../shop.worktrees/TICKET-foo-001");
}

#[test]
fn a_template_that_no_ticket_can_use_is_refused_when_it_is_read() {
    for (text, purpose) in [
        ("ticket/", Purpose::Branch),
        ("ticket/{id}{id}", Purpose::Branch),
        ("ticket/{session}/{id}", Purpose::Branch),
        ("../{id}", Purpose::Branch),
        ("-{id}", Purpose::Branch),
        ("a b/{id}", Purpose::Branch),
        ("{id}.lock", Purpose::Branch),
        ("refs/heads/{id}", Purpose::Branch),
        ("", Purpose::ActiveDir),
        ("{repo}", Purpose::ActiveDir),
        ("../{id}", Purpose::ActiveDir),
        ("/{id}", Purpose::ActiveDir),
        ("{id}/", Purpose::ActiveDir),
        (".git/{id}", Purpose::ActiveDir),
        ("a\\{id}", Purpose::ActiveDir),
        ("../{repo}", Purpose::Worktree),
        ("a/../{id}", Purpose::Worktree),
        ("{id}/..", Purpose::Worktree),
        ("-{id}", Purpose::Worktree),
        ("{id}\0", Purpose::Worktree),
        ("{ID}", Purpose::Worktree),
        ("{id", Purpose::Worktree),
        ("id}/{id}", Purpose::Worktree),
    ] {
        assert!(Template::parse(text, purpose).is_err(), "{text:?}");
    }
}

#[test]
fn a_worktree_may_lie_beside_above_or_anywhere() {
    for text in [
        "{id}",
        ".worktrees/{id}",
        "../{id}",
        "../../w/{id}",
        "/w//{id}",
        "./{id}",
        "../{repo}..{id}",
    ] {
        let template = Template::parse(text, Purpose::Worktree).unwrap();
        template.expand(&fields(None)).unwrap();
    }
}

#[test]
fn a_hostile_session_is_refused_and_not_repaired() {
    let template = Template::parse("{session}/{id}", Purpose::ActiveDir).unwrap();
    for session in [
        "../../escape",
        "..",
        ".",
        "",
        "a/b",
        "/etc",
        "-rf",
        "a\0b",
        "a\nb",
        "\u{1b}[2J",
        ".git",
        ".. ",
    ] {
        let error = template.expand(&fields(Some(session))).unwrap_err();
        assert!(
            matches!(error, TemplateError::BadValue { field: TemplateField::Session, .. }),
            "{session:?}"
        );
        assert_eq!(error.to_string().chars().find(|c| c.is_control()), None);
    }
}

#[test]
fn values_that_are_harmless_apart_may_not_be_harmful_together() {
    let branch = Template::parse("t/{id}.x", Purpose::Branch).unwrap();
    let id = Fields { id: "a.", session: None, repo: "r" };
    assert!(branch.expand(&id).is_err());
    let active = Template::parse(".g{session}", Purpose::ActiveDir).unwrap();
    let error = active.expand(&fields(Some("it"))).unwrap_err();
    assert_eq!(error.to_string(), "`.git` is not a usable name: `.git` is git's own");
}

#[test]
fn a_ticket_without_a_session_cannot_use_a_template_with_one() {
    let template = Template::parse("{session}", Purpose::ActiveDir).unwrap();
    let error = template.expand(&fields(None)).unwrap_err();
    assert_eq!(error.to_string(), "the ticket has no session to put into it");
}

#[test]
fn braces_in_a_fixed_directory_are_no_fields() {
    let template = Template::parse_below("/home/{me}/", "{repo}/{id}").unwrap();
    assert_eq!(template.expand(&fields(None)).unwrap(), "/home/{me}/shop/TICKET-foo-001");
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop::sample::select(vec![Purpose::Branch, Purpose::ActiveDir, Purpose::Worktree])
}

/// Arbitrary texts, and texts of parts that are dangerous in a path.
fn hostile() -> impl Strategy<Value = String> {
    let bits =
        vec!["..", ".", "/", "\\", "-", "a", ".git", ".lock", " ", "\0", "\n", "@{", "{", "}", "~"];
    let made =
        prop::collection::vec(prop::sample::select(bits), 0..6).prop_map(|bits| bits.concat());
    prop_oneof![made, any::<String>()]
}

fn template() -> impl Strategy<Value = String> {
    let bits = vec!["{id}", "{session}", "{repo}", "..", "/", ".", "-", "a", ".g", "it"];
    prop::collection::vec(prop::sample::select(bits), 0..8).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in hostile(), purpose in purpose()) {
        drop(Template::parse(&text, purpose));
    }

    #[test]
    fn nothing_that_is_filled_in_leaves_the_place_that_the_template_names(
        text in template(), purpose in purpose(), id in hostile(), session in hostile(), repo in hostile(),
    ) {
        let Ok(template) = Template::parse(&text, purpose) else { return Ok(()) };
        let Ok(name) = template.expand(&Fields { id: &id, session: Some(&session), repo: &repo }) else {
            return Ok(());
        };
        prop_assert!(!name.starts_with('-'));
        prop_assert!(!name.chars().any(char::is_control));
        // As many steps up as the template itself begins with, and none after.
        let ups = |path: &str| {
            let parts = Path::new(path).components().skip_while(|part| matches!(part, Component::RootDir | Component::CurDir));
            parts.take_while(|part| *part == Component::ParentDir).count()
        };
        let fixed = text.split('{').next().unwrap().rsplit_once('/').map_or("", |(whole, _)| whole);
        prop_assert_eq!(ups(&name), ups(fixed));
        let below = Path::new(&name).components().filter(|part| *part == Component::ParentDir).count();
        prop_assert_eq!(below, ups(fixed));
        if purpose != Purpose::Worktree {
            prop_assert!(Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))));
        }
    }
}
