//! A file above 500 lines or a function above 80 is a question: cut it where a reader would, or say here why it is whole.

use std::fs;

use super::source::{Kind, Source, files_below, relative, root};
use super::{Findings, assert_none};

const LINES_OF_A_FILE: usize = 500;
const LINES_OF_A_FUNCTION: usize = 80;

/// What is long, by path or `path::function`, and why it stays so: one story that would only be harder to follow in parts.
const LONG: &[(&str, &str)] = &[];

/// A file or a function, and how many lines it has.
type Length = (String, usize);

fn long_functions(source: &Source) -> Vec<Length> {
    let tokens = &source.tokens;
    let mut long = Vec::new();
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
                    long.push((format!("{}::{}", source.path, pair[1].text), lines));
                }
                break;
            }
        }
    }
    long
}

/// What is long without a reason, and what has a reason and is not long.
fn unanswered(long: &[Length], reasons: &[(&str, &str)]) -> Findings {
    let has_reason = |name: &str| reasons.iter().any(|(of, _)| *of == name);
    let without = long.iter().filter(|(name, _)| !has_reason(name)).map(|(name, lines)| {
        format!(
            "{name}: {lines} lines: cut it where a reader would, or say why not in LONG of tests/it/tidy/sizes.rs"
        )
    });
    let is_long = |name: &str| long.iter().any(|(of, _)| of == name);
    let idle = reasons
        .iter()
        .filter(|(name, _)| !is_long(name))
        .map(|(name, _)| format!("LONG: `{name}` is not long, or not there: take it out"));
    without.chain(idle).collect()
}

#[test]
fn what_is_long_says_why() {
    let mut long: Vec<Length> = Vec::new();
    for directory in ["src", "tests", "benches"] {
        files_below(&root().join(directory), &mut |path| {
            if path.extension().is_some_and(|end| end == "rs" || end == "sh") {
                let lines = fs::read_to_string(path).unwrap().lines().count();
                if lines > LINES_OF_A_FILE {
                    long.push((relative(path), lines));
                }
            }
        });
    }
    let sources = Source::below(&["src", "tests", "benches"]);
    long.extend(sources.iter().flat_map(long_functions));
    assert_none(&unanswered(&long, LONG));
}

#[test]
fn a_long_function_is_found_whatever_stands_in_it() {
    let confusing = "'{'; \"}\"; r#\"}\"}\"#; /* } */ // }\n".repeat(90);
    let text = format!(
        "type F = fn(u8) -> u8;\ntrait T {{ fn short(&self); }}\nfn long() {{\n{confusing}}}\nfn after() {{}}"
    );
    let long = long_functions(&Source::parse("src/x.rs", &text));
    assert_eq!(long, [("src/x.rs::long".to_owned(), 92)]);
}

#[test]
fn a_reason_is_asked_for_and_taken_back() {
    let long = [("src/x.rs".to_owned(), 501), ("src/x.rs::long".to_owned(), 81)];
    let findings = unanswered(&long, &[("src/x.rs", "one table"), ("src/y.rs", "was long once")]);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("src/x.rs::long: 81 lines: "), "{findings:?}");
    assert!(findings[1].starts_with("LONG: `src/y.rs` is not long"), "{findings:?}");
    assert!(
        unanswered(&long, &[("src/x.rs", "one table"), ("src/x.rs::long", "a list")]).is_empty()
    );
}
