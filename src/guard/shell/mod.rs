//! Reads command lines of a shell, and runs none of them.
//!
//! A line is parsed, and then gone through as the shell would go through it: in [`walk()`] the ways that `&&`,
//! `||` and `;` leave open are possible [`World`]s, each with its directory and its variables. What a program
//! does is not known here: a [`Machine`] is asked, command by command, and says how the world is afterwards.
//!
//! Nothing is expanded that the line does not say itself: a word whose text depends on a file, on another
//! program or on the environment is a word of which only the beginning is known.

mod backticks;
mod command;
mod lists;
mod script;
mod walk;
mod word;
mod world;
mod wrap;

pub use lists::PATTERN;
pub use script::written;
pub use walk::walk;
pub use word::{OpenWord, ShellWord, Variables, mentions, names_branch};
pub use world::{Certainty, Dir, Machine, Trouble, World, WorldStep};
pub use wrap::{READERS, ShellCall, TALKERS, TEXTS, WRITERS, has};

use shuck_parser::parser::{ParseStatus, Parser, ShellDialect};

/// Longer texts are not parsed: nested braces take quadratic time, and at this length still less than half a
/// second.
const LONGEST: usize = 32 << 10;

/// Texts that may be nested deeper than this are not parsed: the parser takes stack for each level.
const DEEPEST: usize = 100;

/// The syntax tree of a text that is right in one of the shells that agents use.
fn parse(text: &str) -> Result<shuck_ast::File, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    if depth(text) > DEEPEST {
        return Err("it is nested too deeply".to_owned());
    }
    let mut why = String::new();
    for dialect in [ShellDialect::Bash, ShellDialect::Zsh] {
        let result = Parser::with_dialect(text, dialect).parse();
        match result.status {
            ParseStatus::Clean => return Ok(result.file),
            ParseStatus::Recovered | ParseStatus::Fatal => {
                let first = result.diagnostics.into_iter().next();
                why = first.map_or_else(|| "it is not shell syntax".to_owned(), |d| d.message);
            }
        }
    }
    Err(why)
}

/// How deep a text may be nested at most. Quotes are not looked at: what stands in them counts too, and rarely to much.
fn depth(text: &str) -> usize {
    let (mut brackets, mut words, mut row, mut deepest) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut word = String::new();
    for sign in text.chars().chain([' ']) {
        if sign.is_alphanumeric() || matches!(sign, '_' | '!' | '-') {
            word.push(sign);
            continue;
        }
        match word.as_str() {
            "if" | "case" | "while" | "until" | "for" | "select" | "repeat" => words += 1,
            "fi" | "esac" | "done" => words = words.saturating_sub(1),
            // These come before a command, as often as somebody likes.
            "time" | "coproc" | "!" | "function" => row += 4,
            _ => {}
        }
        word.clear();
        match sign {
            '(' | '{' => brackets += 1,
            ')' | '}' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        match sign {
            // Of a list the parser makes a tree, and `f() g() …` is one.
            '&' | '|' | '(' => row += 1,
            '\n' | ';' => row = 0,
            _ => {}
        }
        deepest = deepest.max(brackets + words + row / 4);
    }
    deepest
}

#[cfg(test)]
mod tests;
