//! Words: what the line says of each, and no more.

use std::collections::BTreeMap;

use shuck_ast::{BourneParameterExpansion, StmtSeq, VarRef, WordPart, WordPartNode};

use super::lists::{braces, in_array, listed};

/// A word of a command, after quotes are taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellWord {
    Known(String),
    /// A part of it depends on what the line does not say.
    Open(OpenWord),
}

/// What is known of a word with an unknown part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenWord {
    pub start: String,
    pub end: String,
    /// The word as the line has it: two that are written alike are one, whatever it is.
    pub written: String,
    /// Whether it may become several words: what is computed and stands without quotes.
    pub is_list: bool,
}

impl ShellWord {
    /// A word of which nothing is known.
    pub fn unknown() -> ShellWord {
        ShellWord::Open(OpenWord::default())
    }

    /// A word of which only the beginning is known.
    pub fn begins(start: impl Into<String>) -> ShellWord {
        ShellWord::open(start, "")
    }

    /// A word of which only the beginning and the end are known.
    pub fn open(start: impl Into<String>, end: impl Into<String>) -> ShellWord {
        let (start, end) = (start.into(), end.into());
        ShellWord::Open(OpenWord {
            written: format!("{start}…{end}"), start, end, is_list: false
        })
    }

    /// A word that another command fills in.
    pub fn filled() -> ShellWord {
        ShellWord::open("", "")
    }

    /// Whether all of it is filled in by another command.
    pub fn is_filled(&self) -> bool {
        let is_all_filled = |written: &str| written.chars().all(|sign| sign == '…');
        matches!(self, ShellWord::Open(open) if !open.written.is_empty() && is_all_filled(&open.written))
    }

    /// A word that is said in full.
    pub fn known(text: impl Into<String>) -> ShellWord {
        ShellWord::Known(text.into())
    }

    /// The text, where all of it is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            ShellWord::Known(text) => Some(text),
            ShellWord::Open(_) => None,
        }
    }

    /// How the word begins, as far as that is known.
    pub fn start(&self) -> &str {
        match self {
            ShellWord::Known(text) | ShellWord::Open(OpenWord { start: text, .. }) => text,
        }
    }

    /// How the word ends, as far as that is known.
    pub fn end(&self) -> &str {
        match self {
            ShellWord::Known(text) | ShellWord::Open(OpenWord { end: text, .. }) => text,
        }
    }

    /// The word as the line has it, as far as it is not known.
    pub fn written(&self) -> &str {
        match self {
            ShellWord::Known(text) | ShellWord::Open(OpenWord { written: text, .. }) => text,
        }
    }

    /// Whether it may become several words, of which the line says none.
    pub fn is_list(&self) -> bool {
        matches!(self, ShellWord::Open(open) if open.is_list)
    }

    pub fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// What is left behind a beginning that is known.
    pub fn strip_prefix(&self, prefix: &str) -> Option<ShellWord> {
        match self {
            ShellWord::Known(text) => text.strip_prefix(prefix).map(ShellWord::known),
            ShellWord::Open(open) => {
                let start = open.start.strip_prefix(prefix)?.to_owned();
                let written = open.written.strip_prefix(prefix).unwrap_or(&open.written).to_owned();
                Some(ShellWord::Open(OpenWord { start, written, ..open.clone() }))
            }
        }
    }

    /// The word cut in two at the first `=`.
    pub fn split_assignment(&self) -> Option<(&str, ShellWord)> {
        let (name, _) = self.start().split_once('=')?;
        Some((name, self.strip_prefix(&format!("{name}="))?))
    }
}

/// What is longer, a word or all that the variables hold, is not kept: no line that somebody means comes to that.
pub const LONGEST: usize = 64 << 10;

/// The values of variables that the line itself has set. What a command in `$(…)` prints is known under the text of it.
pub type Variables = BTreeMap<String, ShellWord>;

/// The statement that a `$(…)` is made of, where it is one only: under its text it is known what it prints.
pub fn only_statement(body: &StmtSeq) -> Option<&shuck_ast::Stmt> {
    let [statement] = body.as_slice() else { return None };
    Some(statement)
}

/// What a word of the syntax tree comes to.
#[derive(Default)]
pub struct WordReading<'a> {
    /// The words that it becomes: one, unless a variable is split at its blanks.
    pub words: Vec<ShellWord>,
    /// The commands that are run to find its text.
    pub nested: Vec<&'a StmtSeq>,
    /// Parts that are not looked into any further.
    pub opaque: Vec<&'a str>,
}

/// Whether what a command prints is one word by its nature.
fn is_one_word(written: &str) -> bool {
    const PROGRAMS: [&str; 6] = ["basename", "date", "mktemp", "pwd", "tix", "whoami"];
    const OF_GIT: [&str; 8] = [
        "--show-current",
        "commit-tree",
        "describe",
        "merge-base",
        "rev-list",
        "rev-parse",
        "symbolic-ref",
        "write-tree",
    ];
    let inner = written.trim_start_matches("$(").trim_end_matches(')');
    inner.split("||").all(|call| {
        let mut words = call.split_whitespace();
        let first = words.next().unwrap_or_default();
        let prints_one = PROGRAMS.contains(&first) && !call.contains(['"', '\'', '\\'])
            || first == "echo" && words.clone().count() == 1 && !call.contains(['$', '"', '\''])
            || first == "git" && words.any(|word| OF_GIT.contains(&word));
        prints_one && !call.contains([';', '|', '&', '\n'])
    })
}

pub fn read<'a>(
    word: &'a shuck_ast::Word,
    source: &'a str,
    variables: &Variables,
) -> WordReading<'a> {
    let mut reader = WordReader {
        source,
        variables,
        word: OpenWord::default(),
        open: true,
        found: WordReading::default(),
        is_too_long: false,
    };
    reader.whole(&word.parts);
    let WordReader { word: mut text, open, mut found, is_too_long, .. } = reader;
    let value = if is_too_long {
        ShellWord::filled()
    } else if word.has_active_brace_expansion() {
        if let Some(words) = literal(word, source).and_then(|text| braces(&text)) {
            found.words = words
                .into_iter()
                .map(|word| ShellWord::Known(unescaped(&word, Quotes::None)))
                .collect();
            return found;
        }
        text.start.truncate(text.start.find('{').unwrap_or(text.start.len()));
        ShellWord::Open(OpenWord { end: String::new(), is_list: true, ..text })
    } else if open {
        ShellWord::Known(text.start)
    } else {
        ShellWord::Open(text)
    };
    let is_split = |part: &WordPartNode| {
        variable(&part.kind).is_some() || matches!(part.kind, WordPart::CommandSubstitution { .. })
    };
    if let Some(arguments) = arguments(&word.parts, variables) {
        found.words = arguments;
        return found;
    }
    let is_array = is_array(&word.parts);
    found.words = match (value, word.parts.as_slice()) {
        (ShellWord::Open(open), _) if is_array => {
            vec![ShellWord::Open(OpenWord { is_list: true, ..open })]
        }
        // `$COMMAND` and `$(echo git commit)` without quotes become as many words as their value has.
        (value, [part]) if is_split(part) => split(value, variables),
        (value, _) => vec![value],
    };
    found
}

/// The text of a word in which nothing is quoted and nothing computed.
fn literal(word: &shuck_ast::Word, source: &str) -> Option<String> {
    let text = |part: &WordPartNode| {
        let WordPart::Literal(text) = &part.kind else { return None };
        Some(text.as_str(source, part.span).to_owned())
    };
    word.parts.iter().map(text).collect()
}

/// What a word stands for that is `"$@"`, or `$*` without quotes, or all of an array, where the arguments are known.
fn arguments(parts: &[WordPartNode], variables: &Variables) -> Option<Vec<ShellWord>> {
    let [part] = parts else { return None };
    if let WordPart::DoubleQuoted { parts, .. } = &part.kind {
        let [part] = parts.as_slice() else { return None };
        // `"$*"` is one word.
        let (row, _) = row(&part.kind).filter(|(_, sign)| *sign == '@')?;
        return listed(variables, &row);
    }
    let (row, _) = row(&part.kind)?;
    Some(listed(variables, &row)?.into_iter().flat_map(|word| split(word, variables)).collect())
}

/// What the names of a row of words begin with that a part stands for, and `@` or `*`.
fn row(part: &WordPart) -> Option<(String, char)> {
    if let Some(name) = variable(part) {
        let sign = name.chars().next().filter(|_| matches!(name, "@" | "*"))?;
        return Some((String::new(), sign));
    }
    let reference = reference(part)?;
    let selector = reference.subscript.as_deref()?.selector()?;
    Some((in_array(reference.name.as_str()), selector.as_char()))
}

/// The words that a shell makes of a value without quotes. What is computed may be any number of them.
fn split(value: ShellWord, variables: &Variables) -> Vec<ShellWord> {
    match value {
        ShellWord::Known(text) => {
            let signs = variables.get("IFS").map_or(" \t\n", ShellWord::start);
            let words = text.split(|sign| signs.contains(sign)).filter(|word| !word.is_empty());
            words.map(ShellWord::known).collect()
        }
        ShellWord::Open(open) => {
            let is_computed = open.written.contains("$(") || open.written.contains('`');
            let is_list = is_computed && !is_one_word(&open.written);
            vec![ShellWord::Open(OpenWord { is_list, ..open })]
        }
    }
}

/// Whether a word is all of an array.
fn is_array(parts: &[WordPartNode]) -> bool {
    let [part] = parts else { return false };
    if let WordPart::DoubleQuoted { parts, .. } = &part.kind {
        return is_array(parts);
    }
    reference(&part.kind).is_some_and(VarRef::has_array_selector)
}

/// The variable that a part of a word names, without anything done to its value.
fn reference(part: &WordPart) -> Option<&VarRef> {
    if let WordPart::ArrayAccess(reference) = part {
        return Some(reference);
    }
    let WordPart::Parameter(parameter) = part else { return None };
    let Some(BourneParameterExpansion::Access { reference }) = parameter.bourne() else {
        return None;
    };
    Some(reference)
}

/// The variable whose plain value this is.
fn variable(part: &WordPart) -> Option<&str> {
    if let WordPart::Variable(name) = part {
        return Some(name.as_str());
    }
    let reference = reference(part)?;
    reference.subscript.is_none().then(|| reference.name.as_str())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Double,
}

struct WordReader<'a, 'v> {
    source: &'a str,
    variables: &'v Variables,
    word: OpenWord,
    /// Whether everything so far is known.
    open: bool,
    found: WordReading<'a>,
    is_too_long: bool,
}

impl<'a> WordReader<'a, '_> {
    fn parts(&mut self, parts: &'a [WordPartNode], quotes: Quotes) {
        for part in parts {
            self.part(part, quotes);
        }
    }

    fn whole(&mut self, parts: &'a [WordPartNode]) {
        let Some((first, rest)) = parts.split_first() else { return };
        // `~/` at the beginning, where it is not quoted, stands for the home directory.
        let literal = if let WordPart::Literal(text) = &first.kind {
            text.as_str(self.source, first.span)
        } else {
            ""
        };
        let Some(after) = literal.strip_prefix('~') else {
            self.parts(parts, Quotes::None);
            return;
        };
        if after.is_empty() || after.starts_with('/') {
            self.variable("HOME");
            self.push(&unescaped(after, Quotes::None));
        } else {
            self.unknown(literal);
        }
        self.parts(rest, Quotes::None);
    }

    fn variable(&mut self, name: &str) {
        match self.variables.get(name).cloned() {
            Some(ShellWord::Known(text)) => self.push(&text),
            Some(ShellWord::Open(word)) => {
                self.push(&word.start);
                self.unknown(word.written.strip_prefix(&word.start).unwrap_or(&word.written));
                self.word.end = word.end;
            }
            None => self.unknown(&format!("${{{name}}}")),
        }
    }

    /// A part that the line does not say, as it has it.
    fn unknown(&mut self, written: &str) {
        self.open = false;
        self.word.end.clear();
        if self.has_room_for(written) {
            self.word.written.push_str(written);
        }
    }

    /// Values of variables that are put together grow without an end.
    fn has_room_for(&mut self, text: &str) -> bool {
        self.is_too_long |= self.word.written.len() + text.len() > LONGEST;
        !self.is_too_long
    }

    fn part(&mut self, part: &'a WordPartNode, quotes: Quotes) {
        if let Some(name) = variable(&part.kind) {
            self.variable(name);
            return;
        }
        match &part.kind {
            WordPart::Literal(text) => {
                let text = unescaped(text.as_str(self.source, part.span), quotes);
                self.push(&text);
            }
            WordPart::SingleQuoted { value, .. } => self.push(value.slice(self.source)),
            WordPart::DoubleQuoted { parts, .. } => self.parts(parts, Quotes::Double),
            WordPart::ProcessSubstitution { body, .. } => {
                self.unknown(part.span.slice(self.source));
                self.found.nested.push(body);
            }
            WordPart::CommandSubstitution { body, .. } => {
                let printed = only_statement(body).map(|one| one.span.slice(self.source));
                match printed.and_then(|text| self.variables.get(text)).cloned() {
                    Some(text) => self.push(text.start()),
                    None => self.unknown(part.span.slice(self.source)),
                }
                self.found.nested.push(body);
            }
            WordPart::Variable(_)
            | WordPart::ZshQualifiedGlob(_)
            | WordPart::ArithmeticExpansion { .. }
            | WordPart::Parameter(_)
            | WordPart::ParameterExpansion { .. }
            | WordPart::Length(_)
            | WordPart::ArrayAccess(_)
            | WordPart::ArrayLength(_)
            | WordPart::ArrayIndices(_)
            | WordPart::Substring { .. }
            | WordPart::ArraySlice { .. }
            | WordPart::IndirectExpansion { .. }
            | WordPart::PrefixMatch { .. }
            | WordPart::Transformation { .. } => {
                self.unknown(part.span.slice(self.source));
                self.found.opaque.push(part.span.slice(self.source));
            }
        }
    }

    fn push(&mut self, text: &str) {
        if !self.has_room_for(text) {
            return;
        }
        self.word.written.push_str(text);
        let known = if self.open { &mut self.word.start } else { &mut self.word.end };
        known.push_str(text);
    }
}

/// The text without the backslashes that quote. The parser leaves them in.
fn unescaped(text: &str, quotes: Quotes) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            plain.push(sign);
            continue;
        }
        match (signs.next(), quotes) {
            (Some('\n'), _) => {}
            (Some(next), Quotes::None)
            | (Some(next @ ('$' | '`' | '"' | '\\')), Quotes::Double) => plain.push(next),
            (Some(next), Quotes::Double) => plain.extend(['\\', next]),
            (None, _) => plain.push('\\'),
        }
    }
    plain
}

/// The words of a text that nobody could read, without quotes, and with what `printf` makes of two signs.
fn plain(text: &str) -> String {
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    let text: String = text.chars().filter(|sign| !matches!(sign, '\\' | '"' | '\'')).collect();
    // What a line has between its words, if it says so.
    let between = text.split_once("IFS=").and_then(|(_, rest)| rest.chars().next());
    between
        .filter(|sign| !sign.is_alphanumeric())
        .map_or(text.clone(), |sign| text.replace(sign, " "))
}

fn is_between_words(sign: char) -> bool {
    !sign.is_alphanumeric() && !matches!(sign, '_' | '-' | '.' | '/')
}

/// Whether a text names this branch, as one of this clone or of the other side: `origin/main` is neither.
pub fn names_branch(text: &str, branch: &str) -> bool {
    plain(text)
        .split(is_between_words)
        .map(|word| word.trim_start_matches('-'))
        .any(|word| word.strip_prefix("refs/heads/").unwrap_or(word) == branch)
}

/// Whether a text that nobody could read has the word `git`, and behind it one of these words.
pub fn mentions(text: &str, verbs: &[&str]) -> bool {
    let plain = plain(text);
    let mut words = plain.split(is_between_words);
    words.any(|word| word.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("git")))
        && words.any(|word| verbs.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_cannot_be_read_is_searched_for_git_and_a_verb_behind_it() {
        for text in ["(git commit", "x | /usr/bin/git -C y push", "g\"i\"t \\commit", "GIT commit"]
        {
            assert!(mentions(text, &["commit", "push"]), "{text}");
        }
        for text in ["commit git", "git status", "legit commit", "github commit", "git committed"] {
            assert!(!mentions(text, &["commit", "push"]), "{text}");
        }
    }

    #[test]
    fn backslashes_quote_as_in_a_shell() {
        assert_eq!(unescaped(r"\git\ x", Quotes::None), "git x");
        assert_eq!(unescaped(r#"a\"b\n\$"#, Quotes::Double), r#"a"b\n$"#);
        assert_eq!(unescaped("a\\\nb\\", Quotes::None), "ab\\");
    }
}
