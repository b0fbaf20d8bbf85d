//! Rust files as flat lists of tokens that know their line and the module they stand in.

use std::fs;
use std::path::Path;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The directory of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One Rust file.
pub struct Source {
    /// Relative to the crate, with slashes.
    pub path: String,
    pub tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
    pub text: String,
    pub scope: Rc<Scope>,
}

/// Where in its file a token stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The inline modules around it.
    pub modules: Vec<String>,
    /// Whether it is part of an item under `#[cfg(test)]`, which may be a module in another file.
    pub tests_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// One character; `::` is one token all the same.
    Sign,
    Literal,
}

/// A path as it is written, a `use` tree unfolded: `use a::{b, c::d};` is two of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub scope: Rc<Scope>,
    pub words: Vec<String>,
}

impl Source {
    pub fn parse(path: &str, text: &str) -> Self {
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut flat = Flat::default();
        flat.take(stream, &Rc::new(Scope::default()));
        Self { path: path.to_owned(), tokens: flat.tokens }
    }

    /// All Rust files below these directories of the crate; a directory that is not there has none.
    pub fn below(directories: &[&str]) -> Vec<Self> {
        let mut sources = Vec::new();
        for directory in directories {
            files_below(&root().join(directory), &mut |path| {
                if path.extension().is_some_and(|end| end == "rs") {
                    sources.push(Self::parse(&relative(path), &fs::read_to_string(path).unwrap()));
                }
            });
        }
        mark_test_modules(&mut sources);
        sources
    }

    /// The module that the file is: none for `src/main.rs`, `git::exec` for `src/git/exec.rs`.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        let words = path.split('/').map(str::to_owned);
        words.filter(|word| !["main", "lib", "mod"].contains(&word.as_str())).collect()
    }

    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            let token = &self.tokens[index];
            let starts = index == 0 || self.tokens[index - 1].text != "::";
            // `use<'a>` is part of a type.
            if token.is("use") && !self.is(index + 1, "<") {
                index = self.use_tree(index + 1, &[], &mut mentions);
            } else if token.kind == Kind::Word && starts {
                let (words, next) = self.path_at(index);
                mentions.push(self.mention(index, words));
                index = next;
            } else {
                index += 1;
            }
        }
        mentions
    }

    fn mention(&self, index: usize, words: Vec<String>) -> Mention {
        let Token { line, scope, .. } = self.tokens[index].clone();
        Mention { line, scope, words }
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is(text))
    }

    /// The words joined by `::` from here on, and where they end.
    fn path_at(&self, mut index: usize) -> (Vec<String>, usize) {
        let mut words = vec![self.tokens[index].text.clone()];
        index += 1;
        while self.is(index, "::")
            && self.tokens.get(index + 1).is_some_and(|token| token.kind == Kind::Word)
        {
            words.push(self.tokens[index + 1].text.clone());
            index += 2;
        }
        (words, index)
    }

    /// One branch of a `use` tree; returns where it ends.
    fn use_tree(&self, mut index: usize, before: &[String], mentions: &mut Vec<Mention>) -> usize {
        let start = index;
        let mut words = before.to_vec();
        while let Some(token) = self.tokens.get(index) {
            if token.is("{") {
                index += 1;
                while index < self.tokens.len() && !self.is(index, "}") {
                    index = self.use_tree(index, &words, mentions);
                    index += usize::from(self.is(index, ","));
                }
                return index + 1;
            }
            if token.is(";") || token.is(",") || token.is("}") {
                break;
            }
            if token.is("as") {
                index += 2;
                break;
            }
            if token.kind == Kind::Word || token.is("*") {
                words.push(token.text.clone());
            }
            index += 1;
        }
        mentions.push(self.mention(start, words));
        index
    }
}

/// A file is test code if the file that declares it says so.
fn mark_test_modules(sources: &mut [Source]) {
    let mut declared = Vec::new();
    for source in &*sources {
        for three in source.tokens.windows(3) {
            let scope = &three[0].scope;
            if scope.tests_only && three[0].is("mod") && three[2].is(";") {
                let name = three[1].text.clone();
                declared.push([source.module(), scope.modules.clone(), vec![name]].concat());
            }
        }
    }
    for source in sources {
        if declared.iter().any(|module| source.module().starts_with(module)) {
            for token in &mut source.tokens {
                Rc::make_mut(&mut token.scope).tests_only = true;
            }
        }
    }
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    /// The text between the quotes of a string literal, escapes as they are written.
    pub fn string(&self) -> Option<&str> {
        if self.kind != Kind::Literal {
            return None;
        }
        let text = self.text.trim_start_matches(['b', 'c', 'r']).trim_matches('#');
        text.strip_prefix('"')?.strip_suffix('"')
    }
}

#[derive(Default)]
struct Flat {
    tokens: Vec<Token>,
}

impl Flat {
    fn take(&mut self, stream: TokenStream, scope: &Rc<Scope>) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        // Set by `#[cfg(test)]`, until the item it stands at is over.
        let mut tests_only = scope.tests_only;
        let mut index = 0;
        while index < trees.len() {
            let here = &Rc::new(Scope { tests_only, ..Scope::clone(scope) });
            match &trees[index..] {
                [TokenTree::Punct(sign), TokenTree::Group(group), ..] if sign.as_char() == '#' => {
                    let attribute = group.stream().to_string().replace(' ', "");
                    tests_only |= attribute == "cfg(test)";
                    // A doc comment is an attribute to the compiler; to these checks it is no code.
                    if !attribute.starts_with("doc") {
                        self.group(group, here);
                    }
                    index += 1;
                }
                [TokenTree::Punct(one), TokenTree::Punct(two), ..]
                    if (one.as_char(), two.as_char()) == (':', ':') =>
                {
                    self.push(&trees[index], Kind::Sign, "::".to_owned(), here);
                    index += 1;
                }
                [TokenTree::Group(group), ..] => {
                    let mut scope = Scope::clone(here);
                    scope.modules.extend(inline_module(&trees[..index], group));
                    self.group(group, &Rc::new(scope));
                }
                [tree @ TokenTree::Punct(_), ..] => {
                    self.push(tree, Kind::Sign, tree.to_string(), here);
                }
                [tree @ TokenTree::Ident(_), ..] => {
                    self.push(tree, Kind::Word, tree.to_string(), here);
                }
                [tree @ TokenTree::Literal(_), ..] => {
                    self.push(tree, Kind::Literal, tree.to_string(), here);
                }
                [] => {}
            }
            if ends_item(&trees[index]) {
                tests_only = scope.tests_only;
            }
            index += 1;
        }
    }

    fn group(&mut self, group: &Group, scope: &Rc<Scope>) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        let edge = |line, text: &str| Token {
            line,
            kind: Kind::Sign,
            text: text.to_owned(),
            scope: scope.clone(),
        };
        self.tokens.push(edge(group.span_open().start().line, open));
        self.take(group.stream(), scope);
        self.tokens.push(edge(group.span_close().start().line, close));
    }

    fn push(&mut self, tree: &TokenTree, kind: Kind, text: String, scope: &Rc<Scope>) {
        let line = tree.span().start().line;
        self.tokens.push(Token { line, kind, text, scope: scope.clone() });
    }
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

/// The name of the module whose body this group is.
fn inline_module(before: &[TokenTree], group: &Group) -> Option<String> {
    match before {
        [.., TokenTree::Ident(keyword), TokenTree::Ident(name)]
            if keyword == "mod" && group.delimiter() == Delimiter::Brace =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// Every file below a directory, in the order of their names.
pub fn files_below(directory: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files_below(&path, visit);
        } else {
            visit(&path);
        }
    }
}

pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn paths_and_use_trees_are_unfolded() {
    let text = "use crate::{self, a, b::{c, d as e}, f::*};\nmod inner { fn f() -> impl T + use<> { super::g::<crate::h>(\"crate::no\") } }\n/// crate::doc\nfn g() {}";
    let source = Source::parse("src/x/mod.rs", text);
    let written: Vec<String> =
        source.mentions().iter().map(|mention| mention.words.join("::")).collect();
    for path in [
        "crate::self",
        "crate::a",
        "crate::b::c",
        "crate::b::d",
        "crate::f::*",
        "super::g",
        "crate::h",
    ] {
        assert!(written.iter().any(|mention| mention == path), "{path} in {written:?}");
    }
    assert!(
        !written.iter().any(|mention| mention.contains("no") || mention.contains("doc")),
        "{written:?}"
    );
    let inner =
        source.mentions().into_iter().find(|mention| mention.words == ["super", "g"]).unwrap();
    assert_eq!((inner.line, &inner.scope.modules), (2, &vec!["inner".to_owned()]));
    assert_eq!(source.module(), ["x"]);
}

#[test]
fn test_code_is_known_from_the_rest() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\n#[cfg(test)]\nuse c;\nfn d() {}";
    let source = Source::parse("src/main.rs", text);
    let tests_only =
        |name: &str| source.tokens.iter().find(|token| token.is(name)).unwrap().scope.tests_only;
    assert_eq!(["a", "b", "c", "d"].map(tests_only), [false, true, true, false]);

    let mut sources = [
        Source::parse("src/a/mod.rs", "#[cfg(test)]\nmod proofs;\nmod proofs_not;"),
        Source::parse("src/a/proofs.rs", text),
        Source::parse("src/a/proofs_not.rs", text),
    ];
    mark_test_modules(&mut sources);
    let first = sources.map(|source| source.tokens[1].scope.tests_only);
    assert_eq!(first, [false, true, false]);
}
