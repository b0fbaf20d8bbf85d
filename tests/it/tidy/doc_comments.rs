//! Doc comments: every file says what it is for, and no comment only repeats the name below it.

use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{files_below, relative, root};
use super::{Findings, assert_none};

/// Words that say nothing beside a name.
const FILLERS: [&str; 50] = [
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "does", "each", "for",
    "from", "has", "have", "how", "if", "in", "into", "is", "it", "its", "itself", "of", "on",
    "one", "or", "so", "that", "the", "their", "them", "there", "these", "they", "this", "those",
    "to", "was", "were", "what", "when", "where", "which", "who", "whose", "why", "with",
];
/// The doc comments of these are the help or the description in a schema.
const DERIVES: [&str; 5] = ["Args", "JsonSchema", "Parser", "Subcommand", "ValueEnum"];

/// Lower case words; a name is split at its capitals.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut small = false;
    for sign in text.chars() {
        if sign.is_uppercase() && small {
            spaced.push(' ');
        }
        small = sign.is_lowercase();
        spaced.extend(sign.to_lowercase());
    }
    let words = spaced.split(|sign: char| !sign.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `moved` and `moves` both stand for `move`.
fn is_in(word: &str, name: &[String]) -> bool {
    FILLERS.contains(&word)
        || name.iter().any(|one| one.starts_with(word) || one.len() > 3 && word.starts_with(one))
}

/// An item, a field or a variant as far as it was read: the doc comments, the other attributes, and the words of the code.
#[derive(Default)]
struct Item {
    docs: Vec<(usize, String)>,
    attributes: Vec<String>,
    name: Vec<String>,
}

impl Item {
    fn judge(&mut self, described: bool, findings: &mut Vec<(usize, String)>) {
        let Item { docs, name, .. } = std::mem::take(self);
        if let ([(line, text)], false) = (docs.as_slice(), described)
            && words(text).iter().all(|word| is_in(word, &name))
        {
            findings.push((*line, text.trim().to_owned()));
        }
    }

    fn is_described(&self) -> bool {
        self.attributes.iter().any(|word| DERIVES.contains(&word.as_str()))
    }
}

fn identifiers(stream: TokenStream, into: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(name) => into.push(name.to_string()),
            TokenTree::Group(group) => identifiers(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The text of `#[doc = "…"]`, which is what a doc comment is to the compiler.
fn doc_of(attribute: TokenStream) -> Option<String> {
    let trees: Vec<TokenTree> = attribute.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(name), _, TokenTree::Literal(text)] if name == "doc" => {
            Some(text.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

fn repetitions(stream: TokenStream, described: bool, findings: &mut Vec<(usize, String)>) {
    let mut item = Item::default();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match (&tree, trees.peek()) {
            (TokenTree::Punct(sign), Some(TokenTree::Group(group))) if sign.as_char() == '#' => {
                match doc_of(group.stream()) {
                    Some(text) => item.docs.push((group.span_open().start().line, text)),
                    None => identifiers(group.stream(), &mut item.attributes),
                }
                trees.next();
            }
            (TokenTree::Punct(sign), _) if [',', ';'].contains(&sign.as_char()) => {
                item.judge(described, findings);
            }
            (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => {
                let inside = described || item.is_described();
                item.judge(inside, findings);
                repetitions(group.stream(), inside, findings);
            }
            (TokenTree::Group(group), _) => {
                let mut inside = Vec::new();
                identifiers(group.stream(), &mut inside);
                item.name.extend(inside.iter().flat_map(|name| words(name)));
            }
            (TokenTree::Ident(name), _) => item.name.extend(words(&name.to_string())),
            (TokenTree::Punct(_) | TokenTree::Literal(_), _) => {}
        }
    }
    item.judge(described, findings);
}

fn repetitions_in(text: &str) -> Vec<(usize, String)> {
    let mut findings = Vec::new();
    repetitions(text.parse().unwrap(), false, &mut findings);
    findings
}

fn every_file(look: &mut dyn FnMut(String, &str)) {
    files_below(&root().join("src"), &mut |path| {
        if path.extension().is_some_and(|end| end == "rs") {
            look(relative(path), &fs::read_to_string(path).unwrap());
        }
    });
}

#[test]
fn no_doc_comment_only_repeats_a_name() {
    let mut findings = Findings::new();
    every_file(&mut |path, text| {
        let found = repetitions_in(text).into_iter();
        findings.extend(found.map(|(line, doc)| {
            format!("{path}:{line}: `{doc}` says no more than the name: delete it")
        }));
    });
    assert_none(&findings);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut findings = Findings::new();
    every_file(&mut |path, text| {
        // Of these the name says it.
        if !(text.starts_with("//!") || path.ends_with("/tests.rs")) {
            findings.push(format!("{path}:1: what is this file for? (`//!`)"));
        }
    });
    assert_none(&findings);
}

#[test]
fn a_comment_is_a_repetition_when_every_word_of_it_is_in_the_code_below() {
    let text = "
/// A worker.
pub struct Worker {
    /// Which ref.
    pub name: RefName,
    /// The commits that it moved.
    #[serde(skip)]
    pub moved_commits: Vec<Oid>,
    /// The line, from 1.
    pub line: usize,
    /// Where it was,
    /// and where it is.
    pub at: u8,
}
/// Reads one word.
fn read(word: &str) -> HashMap<u8, u8> { 0 }
/// `None` while it runs.
fn exit() {}
#[derive(clap::Args)]
pub struct Args {
    /// The ticket
    ticket: String,
}
/// The answer.
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Answer { /** The id. */ id: Id }
enum Word { /// All of it.
    All }
";
    let lines: Vec<usize> = repetitions_in(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 4, 6, 15, 27]);
}
