//! No file above 500 lines, no function above 80.

use std::fs;

use super::source::{Kind, Source, files_below, relative, root};
use super::{Findings, assert_none};

const LINES_OF_A_FILE: usize = 500;
const LINES_OF_A_FUNCTION: usize = 80;

fn long_functions(source: &Source) -> Findings {
    let tokens = &source.tokens;
    let mut findings = Findings::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        // `fn` without a name is a type.
        if !pair[0].is("fn") || pair[1].kind != Kind::Word {
            continue;
        }
        let mut depth = 0_usize;
        let mut body = false;
        for token in &tokens[index + 2..] {
            if token.is("(") || token.is("[") || token.is("{") {
                body |= depth == 0 && token.is("{");
                depth += 1;
            } else if token.is(")") || token.is("]") || token.is("}") {
                depth -= 1;
            }
            if depth == 0 && (token.is(";") || (body && token.is("}"))) {
                let lines = token.line - pair[0].line + 1;
                if lines > LINES_OF_A_FUNCTION {
                    let place = format!("{}:{}", source.path, pair[0].line);
                    findings.push(format!(
                        "{place}: `{}` has {lines} lines: make steps of it",
                        pair[1].text
                    ));
                }
                break;
            }
        }
    }
    findings
}

#[test]
fn no_file_is_long() {
    let mut findings = Findings::new();
    for directory in ["src", "tests", "benches"] {
        files_below(&root().join(directory), &mut |path| {
            if path.extension().is_some_and(|end| end == "rs" || end == "sh") {
                let lines = fs::read_to_string(path).unwrap().lines().count();
                if lines > LINES_OF_A_FILE {
                    findings.push(format!(
                        "{}: {lines} lines: give a part of it a file of its own",
                        relative(path)
                    ));
                }
            }
        });
    }
    assert_none(&findings);
}

#[test]
fn no_function_is_long() {
    let sources = Source::below(&["src", "tests", "benches"]);
    assert_none(&sources.iter().flat_map(long_functions).collect::<Findings>());
}

#[test]
fn a_long_function_is_found_whatever_stands_in_it() {
    let confusing = "'{'; \"}\"; r#\"}\"}\"#; /* } */ // }\n".repeat(90);
    let text = format!(
        "type F = fn(u8) -> u8;\ntrait T {{ fn short(&self); }}\nfn long() {{\n{confusing}}}\nfn after() {{}}"
    );
    let findings = long_functions(&Source::parse("src/x.rs", &text));
    assert_eq!(findings, ["src/x.rs:3: `long` has 92 lines: make steps of it"]);
}
