//! Simple commands: their words, their variables, and what they start.

use std::rc::Rc;

use shuck_ast::{AssignmentValue, Command, RedirectTarget, SimpleCommand, Stmt};

use super::walk::{DEPTH, Walker};
use super::word::{self, ShellWord, Variables};
use super::world::{BothWorlds, Dir, Machine, World, Worlds};
use super::wrap::{self, ShellCall, Unwrapped};

/// A loop over more words than these is not gone through word by word.
const TURNS: usize = 5;

/// With one of these a word stands for the names of files.
const PATTERN: [char; 3] = ['*', '?', '['];

/// What a statement says beside its words.
struct StatementInput<'a> {
    /// What it feeds to its command.
    input: Option<String>,
    text: &'a str,
}

impl<M: Machine> Walker<'_, M> {
    /// Runs what a word has to run to know its text.
    pub fn nested(
        &mut self,
        word: &shuck_ast::Word,
        source: &Rc<str>,
        mut worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let reading = word::read(word, source, &Variables::new());
        for opaque in reading.opaque {
            self.trouble(opaque, "it is not looked into", &worlds);
        }
        for body in reading.nested {
            worlds = self.beside(body, source, worlds);
        }
        worlds
    }

    /// `A=b`
    pub fn assign(
        &mut self,
        assignment: &shuck_ast::Assignment,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let name = assignment.target.name.as_str().to_owned();
        let AssignmentValue::Scalar(word) = &assignment.value else {
            let mut worlds = worlds;
            self.trouble(assignment.span.slice(source), "it is not looked into", &worlds);
            forget(&mut worlds, &name);
            return worlds;
        };
        let mut worlds = self.nested(word, source, worlds);
        for world in &mut worlds {
            let value = one(&word::read(word, source, &world.variables).words);
            let known = !assignment.append && assignment.target.subscript.is_none();
            world.variables.insert(name.clone(), if known { value } else { ShellWord::unknown() });
        }
        worlds
    }

    /// A simple command: its words, and what they come to.
    pub fn simple(
        &mut self,
        command: &SimpleCommand,
        statement: &Stmt,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        let all = || std::iter::once(&command.name).chain(&command.args);
        let mut worlds = worlds;
        for word in all() {
            worlds = self.nested(word, source, worlds);
        }
        let is_assignment = command.args.is_empty()
            && command.name.try_static_text(source).is_some_and(|name| name.is_empty())
            && !command.assignments.is_empty();
        if is_assignment {
            for assignment in &command.assignments {
                worlds = self.assign(assignment, source, worlds);
            }
            return BothWorlds::both(worlds);
        }
        let mut flow = BothWorlds::none();
        for world in worlds {
            let mut variables = vec![world.clone()];
            for assignment in &command.assignments {
                variables = self.assign(assignment, source, variables);
            }
            let env = command.assignments.iter().filter_map(|assignment| {
                let name = assignment.target.name.as_str();
                let value = variables.first()?.variables.get(name)?;
                Some((name.to_owned(), value.clone()))
            });
            let exported = world.variables.iter().filter(|(name, _)| name.starts_with("GIT_"));
            let env = exported.map(|(n, v)| (n.clone(), v.clone())).chain(env).collect();
            let read = all().flat_map(|one| word::read(one, source, &world.variables).words);
            let call = ShellCall { words: read.collect(), env, dir: world.dir.clone() };
            let said = StatementInput {
                input: fed(statement, source),
                text: statement.span.slice(source),
            };
            flow.add(self.call(call, &said, world));
        }
        flow
    }

    fn call(
        &mut self,
        call: ShellCall,
        said: &StatementInput<'_>,
        world: World<M::State>,
    ) -> BothWorlds<M::State> {
        let name = call.words.first().map(ShellWord::start).unwrap_or_default();
        let arguments = call.words.get(1..).unwrap_or_default();
        if name == "alias" {
            for (name, text) in arguments.iter().filter_map(ShellWord::split_assignment) {
                self.aliases.insert(name.to_owned(), text);
            }
            return BothWorlds { ok: vec![world], failed: Vec::new() };
        }
        // An alias may begin with its own name, which is then no alias.
        if let Some(line) = self.aliases.remove(name) {
            let whole =
                wrap::joined(&[std::slice::from_ref(&line), &wrap::quoted(arguments)].concat());
            let name = name.to_owned();
            let flow = match whole.text() {
                Some(text) => self.text(text, vec![world]),
                None => self.unread(said, vec![world]),
            };
            self.aliases.insert(name, line);
            return flow;
        }
        if let Some((source, body)) = self.functions.get(name).cloned() {
            if self.depth >= DEPTH {
                return BothWorlds::both(vec![world]);
            }
            self.depth += 1;
            let flow = self.statement(&body, &source, vec![world]);
            self.depth -= 1;
            return flow;
        }
        if name == "set" {
            let mut world = world;
            world.set(arguments);
            return BothWorlds { ok: vec![world], failed: Vec::new() };
        }
        match wrap::unwrap(call, said.input.clone()) {
            Unwrapped::Nothing => BothWorlds::both(vec![world]),
            Unwrapped::ChangeDir(to) => self.change_dir(&to, world),
            Unwrapped::Run(call) => {
                let step = self.machine.run(&call, &world.state);
                let to = |state| World { state, ..world.clone() };
                let (ok, failed) = (step.ok.map(to), step.failed.map(to));
                BothWorlds { ok: ok.into_iter().collect(), failed: failed.into_iter().collect() }
            }
            Unwrapped::Each(calls) => {
                let mut worlds = vec![world];
                for call in calls {
                    let mut next = BothWorlds::none();
                    for world in worlds {
                        let said = StatementInput { input: None, text: said.text };
                        next.add(self.call(call.clone(), &said, world));
                    }
                    worlds = next.all();
                }
                BothWorlds::both(worlds)
            }
            Unwrapped::Script { text, dir, here } => {
                let Some(text) = text.text() else { return self.unread(said, vec![world]) };
                if here {
                    return self.text(text, vec![world]);
                }
                self.subshell(vec![world], |walker, mut inner| {
                    for world in &mut inner {
                        world.dir.clone_from(&dir);
                    }
                    walker.text(text, inner)
                })
            }
        }
    }

    /// A text for a shell that nobody knows yet. What it may be made of stands in the statement.
    fn unread(
        &mut self,
        said: &StatementInput<'_>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        self.trouble(said.text, "it is put together when it runs", &worlds);
        BothWorlds::both(worlds)
    }

    fn change_dir(&mut self, to: &ShellWord, world: World<M::State>) -> BothWorlds<M::State> {
        let dir = world.dir.join(to);
        let there = match &dir {
            Dir::At(path) => self.machine.is_directory(path),
            Dir::Aside(_) => true,
            Dir::Unknown => false,
        };
        let ok = World { dir, ..world.clone() };
        BothWorlds { ok: vec![ok], failed: if there { Vec::new() } else { vec![world] } }
    }
}

/// The value of this variable is not known any more.
pub fn forget<S>(worlds: &mut Worlds<S>, variable: &str) {
    assign(worlds, variable, &ShellWord::unknown());
}

pub fn assign<S>(worlds: &mut Worlds<S>, variable: &str, value: &ShellWord) {
    for world in worlds {
        world.variables.insert(variable.to_owned(), value.clone());
    }
}

/// What the variable of a loop over these words stands for, turn by turn. Where they are not all known, or many, the
/// directory that all of them name, twice, because the second turn may begin where the first one ended.
pub fn turns(words: &[ShellWord]) -> Vec<ShellWord> {
    let is_said = |word: &ShellWord| word.text().is_some_and(|text| !text.contains(PATTERN));
    if (1..=TURNS).contains(&words.len()) && words.iter().all(is_said) {
        return words.to_vec();
    }
    vec![shared_directory(words); 2]
}

/// How words begin that name something in one directory; nothing where they do not, and of options.
fn shared_directory(words: &[ShellWord]) -> ShellWord {
    let directory = |word: &ShellWord| {
        let solid = word.start().split(PATTERN).next().unwrap_or_default();
        let (directory, _) = solid.rsplit_once('/').filter(|_| !solid.starts_with('-'))?;
        Some(format!("{directory}/"))
    };
    let Some((first, rest)) = words.split_first() else { return ShellWord::unknown() };
    let is_shared = |dir: &String| rest.iter().all(|word| directory(word).as_ref() == Some(dir));
    directory(first).filter(is_shared).map_or_else(ShellWord::unknown, ShellWord::Begins)
}

fn one(words: &[ShellWord]) -> ShellWord {
    let texts: Option<Vec<&str>> = words.iter().map(ShellWord::text).collect();
    match (words, texts) {
        ([word], _) => word.clone(),
        (_, Some(texts)) => ShellWord::Known(texts.join(" ")),
        (_, None) => ShellWord::unknown(),
    }
}

/// What a here-document or a here-string of the command holds, where all of it is known.
pub fn fed(statement: &Stmt, source: &str) -> Option<String> {
    statement.redirects.iter().rev().find_map(|redirect| match &redirect.target {
        RedirectTarget::Heredoc(heredoc) => Some(heredoc.body.render(source)),
        RedirectTarget::Word(word) => {
            let string = redirect.kind == shuck_ast::RedirectKind::HereString;
            word.try_static_text(source).filter(|_| string).map(std::borrow::Cow::into_owned)
        }
    })
}

/// What the command prints, where it prints what it is told.
pub fn printed(statement: &Stmt, source: &str) -> Option<String> {
    let Command::Simple(command) = &statement.command else { return None };
    let name = command.name.try_static_text(source)?;
    match name.as_ref() {
        "echo" | "printf" => {
            let words = command.args.iter().map(|word| {
                word::read(word, source, &Variables::new())
                    .words
                    .first()
                    .map_or_else(String::new, |word| word.start().to_owned())
            });
            Some(words.collect::<Vec<_>>().join(" "))
        }
        "cat" => fed(statement, source),
        _ => None,
    }
}
