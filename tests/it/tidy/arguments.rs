//! The git arguments that touch a user's checkout stand nowhere. What may stand in one place only, such as starting a
//! process, is clippy's: see `clippy.toml`.

use super::source::Source;
use super::{Findings, assert_none};

/// Git arguments that would touch the user's checkout, take in what nobody named, or overwrite somebody's history.
const NEVER_TO_GIT: [&str; 7] =
    ["stash", "--hard", "clean", "checkout", "switch", "--all", "--force"];
/// Likewise, after `"add"`.
const NEVER_TO_ADD: [&str; 2] = [".", "-A"];
const SPEAKS_TO_GIT: [&str; 3] = ["git", "trunk", "workspace"];

fn dangerous_arguments(source: &Source) -> Findings {
    if !source.module().first().is_some_and(|top| SPEAKS_TO_GIT.contains(&top.as_str())) {
        return Findings::new();
    }
    let mut findings = Findings::new();
    let mut before = "";
    for token in source.tokens.iter().filter(|token| !token.scope.tests_only) {
        if let Some(text) = token.string() {
            if NEVER_TO_GIT.contains(&text) || (before == "add" && NEVER_TO_ADD.contains(&text)) {
                findings.push(format!(
                    "{}:{}: `{text}` is never given to git",
                    source.path, token.line
                ));
            }
            before = text;
        } else if !token.is(",") {
            before = "";
        }
    }
    findings
}

#[test]
fn git_is_never_told_to_touch_a_checkout() {
    assert_none(
        &Source::below(&["src"]).iter().flat_map(dangerous_arguments).collect::<Findings>(),
    );
}

#[test]
fn a_dangerous_argument_is_found_where_git_is_spoken_to() {
    let text = "// \"stash\"\nfn f() { g([\"stash\", \"add\", \".\", \"reset\", \"--hard\", \".\", \"--force-with-lease=x:\"]) }";
    let count = |path, text| dangerous_arguments(&Source::parse(path, text)).len();
    assert_eq!(count("src/trunk/push.rs", text), 3);
    assert_eq!(count("src/commands/clean.rs", text), 0);
    let under_test = "#[cfg(test)]\nmod tests { fn f() { git([\"checkout\"]) } }";
    assert_eq!(count("src/git/mod.rs", under_test), 0);
}
