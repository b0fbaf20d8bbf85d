//! Which part of the crate may use which.
//!
//! Data flows one way: commands ask the engine, the engine asks git, and the parts that decide (`ticket`, `lifecycle`,
//! the guard's rule) know nothing of files, clocks, environment or git. The table below is that picture.

use std::collections::BTreeSet;

use super::source::{Mention, Source};
use super::{Findings, assert_none};

/// A module and what it may use besides itself, separated by blanks.
type Row = (&'static str, &'static str);

/// The longest name that fits a file decides; `*` is any one module, so that no command can use another.
const MAY_USE: &[Row] = &[
    // How texts are read and written: what every part may use.
    ("text", ""),
    // Pure values and pure decisions.
    ("names", ""),
    ("ticket", "text"),
    ("lifecycle", "names text ticket"),
    // Of git the values in which it tells of changes, of the configuration the name of its file.
    ("guard::rule", "config git::Delta git::FileMode git::Side names ticket"),
    ("guard::content", "guard::rule lifecycle names ticket"),
    // Reads what agents say, and must never be able to do any of it.
    ("guard::shell", "git::clean_path text"),
    // Of the other parts of the guard what they found, of git what the commits hold that are asked about.
    ("guard::landing", "config git guard lifecycle names ticket"),
    // Reads what other systems wrote, as text that it is given.
    ("import", "lifecycle names text ticket"),
    ("doctor", "lifecycle names text ticket"),
    ("page", "report text ticket"),
    ("report", "ticket"),
    // Serves whatever it is given.
    ("serve", ""),
    ("kanban", "text ticket"),
    // The only doors to the outside.
    ("env", ""),
    ("clock", ""),
    ("file", ""),
    ("lock", ""),
    ("git", "names text"),
    ("audit", "file lock text"),
    ("cache", "file lock"),
    ("config", "text"),
    // What changes things.
    ("trunk", "cache file git lifecycle lock names text ticket"),
    ("workspace", "file git lock names text ticket"),
    // Answers from the repository alone; whoever may ask the remote hands in how.
    ("settings", "config env file git names text"),
    ("guard::install", "git names text"),
    ("guard", "audit clock config env file git names settings text"),
    // The edge.
    ("error", "config env file git guard lifecycle settings text ticket trunk workspace"),
    ("out", "clock env error text"),
    (
        "app",
        "audit clock config env error file git guard import lifecycle lock names out settings text ticket trunk workspace",
    ),
    ("commands::*", FOR_COMMANDS),
    ("commands", FOR_COMMANDS),
    ("cli", "app commands config doctor env error lifecycle out ticket"),
    ("main", "cli env error git::signals out"),
];

/// All of the crate but what stands above; no other command.
const FOR_COMMANDS: &str = "app audit cache clock config doctor env error file git guard import kanban lifecycle lock names out page report serve settings \
                            text ticket trunk workspace";

/// A use of one module by another.
struct Import {
    row: Row,
    target: String,
    place: String,
}

/// The row for a module, and the name of the module that the row makes its own.
fn row_for(module: &[String]) -> Option<(Row, String)> {
    if module.is_empty() {
        return MAY_USE.iter().find(|row| row.0 == "main").map(|row| (*row, "main".to_owned()));
    }
    let length = |row: &Row| row.0.split("::").count();
    let fits = |row: &&Row| {
        let mut pairs = row.0.split("::").zip(module);
        length(row) <= module.len() && pairs.all(|(word, name)| word == "*" || word == name)
    };
    let row = MAY_USE.iter().filter(fits).max_by_key(|row| length(row))?;
    Some((*row, module[..length(row)].join("::")))
}

/// The path from the root of the crate that this one means, if it means one inside the crate.
fn within_crate(
    mention: &Mention,
    module: &[String],
    modules: &BTreeSet<String>,
) -> Option<Vec<String>> {
    let mut here: Vec<String> = module.iter().chain(&mention.scope.modules).cloned().collect();
    let mut words = mention.words.iter().map(String::as_str).peekable();
    match words.next()? {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            here.pop();
            while words.next_if_eq(&"super").is_some() {
                here.pop();
            }
        }
        // In the root itself a module goes by its plain name; a word alone may be anything.
        first if here.is_empty() && modules.contains(first) && words.peek().is_some() => {
            here.push(first.to_owned());
        }
        _ => return None,
    }
    here.extend(words.map(str::to_owned));
    Some(here)
}

fn is_below(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every use of one part of the crate by another. A module without a row is reported once, not with all it uses.
fn imports(source: &Source, modules: &BTreeSet<String>) -> Vec<Import> {
    let module = source.module();
    let Some((row, own)) = row_for(&module) else { return Vec::new() };
    let mut imports = Vec::new();
    for mention in source.mentions() {
        let Some(target) = within_crate(&mention, &module, modules) else {
            continue;
        };
        // Without a module of the crate it is `pub(crate)`, the crate's name, or something in the root.
        if !target.first().is_some_and(|first| modules.contains(first) || first == "*") {
            continue;
        }
        let target = target.join("::");
        let inside = is_below(&target, &own);
        let whole_root = module.is_empty() && target == "*";
        // What `commands` itself defines serves all commands; another command is another module.
        let parent = own.rsplit_once("::").map_or("", |(parent, _)| parent);
        let item = target.split("::").take(2).collect::<Vec<_>>().join("::");
        let of_parent =
            row.0.ends_with('*') && is_below(&target, parent) && !modules.contains(&item);
        if !(inside || whole_root || of_parent) {
            let place = format!("{}:{}", source.path, mention.line);
            imports.push(Import { row, target, place });
        }
    }
    imports
}

fn forbidden(import: &Import) -> Option<String> {
    let Import { row: (name, allowed), target, place } = import;
    if allowed.split(' ').any(|module| is_below(target, module)) {
        return None;
    }
    let allowed = if allowed.is_empty() { "nothing of the crate" } else { *allowed };
    Some(format!(
        "{place}: `{name}` may not use `{target}`, only {allowed}. Pass it in as a value, or move the code to a module \
         that may; if the picture has changed, change MAY_USE in tests/it/tidy/imports.rs"
    ))
}

/// Every module of the crate that is a file, by its path.
fn known_modules(sources: &[Source]) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for module in sources.iter().map(Source::module) {
        modules.extend((1..=module.len()).map(|length| module[..length].join("::")));
    }
    modules
}

#[test]
fn no_module_uses_what_it_may_not() {
    let sources = Source::below(&["src"]);
    let modules = known_modules(&sources);
    let findings = sources
        .iter()
        .flat_map(|source| imports(source, &modules))
        .filter_map(|import| forbidden(&import));
    assert_none(&findings.collect::<Findings>());
}

#[test]
fn every_module_has_a_row() {
    let sources = Source::below(&["src"]);
    let without = sources.iter().filter(|source| row_for(&source.module()).is_none());
    let findings = without
        .map(|source| format!("{}: has no row in MAY_USE: give its module one", source.path));
    assert_none(&findings.collect::<Findings>());
}

/// What nobody needs is taken back. A permission of or for a module that is not there yet waits for it.
#[test]
fn the_table_permits_nothing_that_nobody_needs() {
    let sources = Source::below(&["src"]);
    let modules = known_modules(&sources);
    let used: Vec<Import> = sources.iter().flat_map(|source| imports(source, &modules)).collect();
    let mut findings = Findings::new();
    let is_there = |name: &str| name == "main" || modules.contains(name.trim_end_matches("::*"));
    for (name, allowed) in MAY_USE.iter().filter(|row| is_there(row.0)) {
        // Each command needs some of the list, together they need it all.
        let top = |name: &str| name.trim_end_matches("::*").to_owned();
        let same_list = |import: &&Import| top(import.row.0) == top(name);
        for module in allowed.split_terminator(' ').filter(|module| is_there(module)) {
            if !used.iter().filter(same_list).any(|import| is_below(&import.target, module)) {
                findings.push(format!(
                    "MAY_USE: `{name}` does not use `{module}`: take it out of the row"
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn a_forbidden_import_is_found_however_it_is_written() {
    let files = ["commands/list", "commands/show", "git", "ticket", "trunk", "guard", "out"];
    let files = files.map(|file| Source::parse(&format!("src/{file}.rs"), ""));
    let modules = known_modules(&files);
    let found = |path: &str, text: &str| {
        let imports = imports(&Source::parse(path, text), &modules);
        imports
            .iter()
            .filter_map(forbidden)
            .map(|finding| finding[..finding.find(',').unwrap()].to_owned())
            .collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(
        found("src/ticket/id.rs", "use crate::ticket::Lane;\nuse super::status;\nuse std::fmt;"),
        none
    );
    assert_eq!(
        found("src/ticket/id.rs", "use super::super::git::Oid;"),
        ["src/ticket/id.rs:1: `ticket` may not use `git::Oid`"]
    );
    let nested = "use crate::{ticket::Id, git::{self, exec}};";
    assert_eq!(found("src/guard/rule.rs", nested).len(), 2);
    assert_eq!(found("src/trunk/mod.rs", nested), none);
    assert_eq!(
        found("src/guard/rule.rs", "use super::hooks;"),
        ["src/guard/rule.rs:1: `guard::rule` may not use `guard::hooks`"]
    );
    let inline = "mod tests {\n use super::*;\n fn f() { super::super::trunk::go() } }";
    assert_eq!(found("src/git.rs", inline), ["src/git.rs:3: `git` may not use `trunk::go`"]);
    assert_eq!(
        found("src/commands/list.rs", "fn f() { vec![crate::commands::show::run()] }").len(),
        1
    );
    let fine = "use crate::{git, trunk, out}; use super::Context; fn f() { super::list::g() }";
    assert_eq!(found("src/commands/list.rs", fine), none);
    assert_eq!(
        found("src/main.rs", "mod git;\nmod out;\nfn main() { out::say(git::version()) }"),
        ["src/main.rs:3: `main` may not use `git::version`"]
    );
    assert_eq!(found("src/ticket.rs", "pub(crate) fn f() {}\nuse super::*;").len(), 1);
}
