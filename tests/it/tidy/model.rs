//! The model of the claim names the functions that its steps stand for; they exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::source::{files_below, relative, root};
use super::{Findings, assert_none};

const MODEL: &str = "tests/model/claim.pml";

/// What stands between backticks and has the form `module::name`, with its line.
fn named(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let spans = (1..).zip(text.lines()).flat_map(|(number, line)| {
        line.split('`').skip(1).step_by(2).map(move |span| (number, span))
    });
    spans.filter_map(|(number, span)| {
        let (module, name) = span.split_once("::")?;
        Some((number, module, name))
    })
}

/// Every module with every function in it or below it, and with every module right below it, as `module::name`.
fn known(files: &[(String, String)]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (path, text) in files {
        let Some(path) = path.strip_suffix(".rs") else { continue };
        let path = path.strip_suffix("/mod").unwrap_or(path);
        let modules: Vec<&str> = path.split('/').skip(1).collect();
        for pair in modules.windows(2) {
            known.insert(format!("{}::{}", pair[0], pair[1]));
        }
        let functions = text.split("fn ").skip(1);
        let functions = functions.filter_map(|rest| rest.split(['(', '<']).next());
        for name in functions {
            known.extend(modules.iter().map(|module| format!("{module}::{name}")));
        }
    }
    known
}

fn unknown(model: &str, known: &BTreeSet<String>) -> Findings {
    let unknown = named(model)
        .filter(|(_, module, name)| !known.contains(&format!("{module}::{name}")))
        .map(|(line, module, name)| format!("{MODEL}:{line}: there is no `{module}::{name}`"));
    unknown.collect()
}

#[test]
fn the_model_names_functions_that_exist() {
    let mut files = Vec::new();
    files_below(&root().join("src"), &mut |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        files.push((relative(path), text));
    });
    let model = fs::read_to_string(root().join(MODEL)).unwrap();
    assert!(named(&model).count() > 15, "the model names what its steps stand for");
    assert_none(&unknown(&model, &known(&files)));
}

#[test]
fn a_name_that_nothing_has_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = [
        file("src/a/mod.rs", "pub fn there<T>(t: T) {}"),
        file("src/a/b.rs", "fn below() {}"),
        file("src/c.rs", ""),
    ];
    let model = "/* `a::there`, `a::below`, `b::below`, `a::b`\n `c::below` `a::gone` and a::quiet, `none` */";
    let line = |what: &str| format!("{MODEL}:2: there is no `{what}`");
    assert_eq!(unknown(model, &known(&files)), [line("c::below"), line("a::gone")]);
}
