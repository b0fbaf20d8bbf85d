//! What may stand in one place only (or two): starting a process, printing, reading the environment. And what may stand nowhere:
//! the git arguments that touch a user's checkout.

use super::source::{Kind, Source};
use super::{Findings, assert_none};

/// Git arguments that would touch the user's checkout, take in what nobody named, or overwrite somebody's history.
const NEVER_TO_GIT: [&str; 7] =
    ["stash", "--hard", "clean", "checkout", "switch", "--all", "--force"];
/// Likewise, after `"add"`.
const NEVER_TO_ADD: [&str; 2] = [".", "-A"];
const SPEAKS_TO_GIT: [&str; 3] = ["git", "trunk", "workspace"];

const PRINTERS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Git and what belongs to it is started in one file. What people ask tix to start for them is not git's: it gets another
/// environment, the terminal, and no deadline.
const STARTERS: [&str; 2] = ["src/git/exec.rs", "src/workspace/spawn.rs"];

fn misplaced_processes(source: &Source) -> Findings {
    if STARTERS.contains(&source.path.as_str()) {
        return Findings::new();
    }
    let found = source.tokens.windows(3).filter(|three| {
        !three[0].scope.tests_only
            && three[0].is("Command")
            && three[1].is("::")
            && three[2].is("new")
    });
    found
        .map(|three| {
            format!(
                "{}:{}: only {} start processes",
                source.path,
                three[0].line,
                STARTERS.join(" and ")
            )
        })
        .collect()
}

fn misplaced_printing(source: &Source) -> Findings {
    if source.module().first().is_some_and(|top| top == "out") {
        return Findings::new();
    }
    let mut findings = Findings::new();
    for (index, token) in source.tokens.iter().enumerate() {
        let follows = |offset: usize, text: &str| {
            source.tokens.get(index + offset).is_some_and(|next| next.is(text))
        };
        let printer =
            token.kind == Kind::Word && PRINTERS.contains(&token.text.as_str()) && follows(1, "!");
        // A method of that name sets up a child's pipe; the function takes nothing.
        let method = index > 0 && source.tokens[index - 1].is(".");
        let stream = (token.is("stdout") || token.is("stderr"))
            && follows(1, "(")
            && follows(2, ")")
            && !method;
        if (printer || stream) && !token.scope.tests_only {
            findings.push(format!(
                "{}:{}: `{}`: only src/out.rs prints",
                source.path, token.line, token.text
            ));
        }
    }
    findings
}

fn misplaced_environment(source: &Source) -> Findings {
    let module = source.module();
    if module.first().is_some_and(|top| top == "env") {
        return Findings::new();
    }
    let reads_arguments = module.is_empty() || module == ["cli"];
    let mut findings = Findings::new();
    for mention in source.mentions() {
        let Some(rest) = mention.words.strip_prefix(&["std".to_owned(), "env".to_owned()]) else {
            continue;
        };
        let arguments = rest.first().is_some_and(|name| name == "args" || name == "args_os");
        if !(mention.scope.tests_only || arguments && reads_arguments) {
            let words = mention.words.join("::");
            findings.push(format!(
                "{}:{}: `{words}`: only src/env.rs reads the environment",
                source.path, mention.line
            ));
        }
    }
    findings
}

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

#[track_caller]
fn check(rule: fn(&Source) -> Findings) {
    let sources = Source::below(&["src"]);
    assert_none(&sources.iter().flat_map(rule).collect::<Findings>());
}

#[test]
fn only_two_files_start_processes() {
    check(misplaced_processes);
}

#[test]
fn only_one_module_prints() {
    check(misplaced_printing);
}

#[test]
fn only_one_module_reads_the_environment() {
    check(misplaced_environment);
}

#[test]
fn git_is_never_told_to_touch_a_checkout() {
    check(dangerous_arguments);
}

/// How many findings each rule has in a file.
fn count(path: &str, text: &str) -> [usize; 4] {
    let source = Source::parse(path, text);
    [misplaced_processes, misplaced_printing, misplaced_environment, dangerous_arguments]
        .map(|rule| rule(&source).len())
}

#[test]
fn each_rule_finds_what_it_is_for() {
    let processes = "fn f() { std::process::Command::new(\"x\"); Command::new(y); }";
    assert_eq!(count("src/git/mod.rs", processes), [2, 0, 0, 0]);
    assert_eq!(count("src/workspace/mod.rs", processes), [2, 0, 0, 0]);
    assert_eq!(STARTERS.map(|path| count(path, processes)), [[0; 4]; 2]);

    let printing =
        "fn f() { println!(); io::stderr().lock(); std::io::stdout(); c.stdout(p); c.stdout(); }";
    assert_eq!(count("src/commands/list.rs", printing), [0, 3, 0, 0]);
    assert_eq!(count("src/out.rs", printing), [0; 4]);

    let environment = "use std::{env::{self, var}, fs}; fn f() { std::env::args_os(); crate::env::x(); env!(\"A\") }";
    assert_eq!(count("src/lock.rs", environment), [0, 0, 3, 0]);
    assert_eq!(count("src/main.rs", environment), [0, 0, 2, 0]);
    assert_eq!(count("src/env.rs", environment), [0; 4]);

    let arguments = "// \"stash\"\nfn f() { g([\"stash\", \"add\", \".\", \"reset\", \"--hard\", \".\", \"--force-with-lease=x:\"]) }";
    assert_eq!(count("src/trunk/push.rs", arguments), [0, 0, 0, 3]);
    assert_eq!(count("src/commands/clean.rs", arguments), [0; 4]);
}

#[test]
fn code_under_test_may_do_what_the_product_may_not() {
    let text = "#[cfg(test)]\nmod tests { use std::env; fn f() { Command::new(x); println!(); git([\"checkout\"]) } }";
    assert_eq!(count("src/git/mod.rs", text), [0; 4]);
}
