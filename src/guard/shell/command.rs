//! Simple commands: their words, their variables, and what they start.

use std::rc::Rc;

use shuck_ast::{ArrayElem, ArrayExpr, AssignmentValue, Command, SimpleCommand, Stmt, StmtSeq};

use super::lists;
use super::script::{self, fed};
use super::walk::{DEPTH, Walker};
use super::word::{self, ShellWord, Variables};
use super::world::{BothWorlds, Certainty, Machine, Trouble, World, Worlds};
use super::wrap::{self, ShellCall, Unwrapped};

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
            worlds = self.within(opaque, worlds);
        }
        for body in reading.nested {
            worlds = self.beside(body, source, worlds);
            self.learn(body, source, &mut worlds);
        }
        worlds
    }

    /// Runs what a part of the line runs that is not gone through itself, as arithmetic is.
    pub fn within(&mut self, opaque: &str, worlds: Worlds<M::State>) -> Worlds<M::State> {
        if !opaque.contains("$(") && !opaque.contains('`') {
            return worlds;
        }
        // In double quotes nothing else is left that runs anything.
        let plain = ["${", "$((", "$["]
            .iter()
            .fold(opaque.to_owned(), |text, sign| text.replace(sign, sign.trim_start_matches('$')));
        let text = format!(": \"{plain}\"");
        self.subshell(worlds, |walker, inner| walker.text(&text, inner)).all()
    }

    /// Keeps what a command prints whose output becomes a part of a word.
    fn learn(&mut self, body: &StmtSeq, source: &Rc<str>, worlds: &mut Worlds<M::State>) {
        let Some(statement) = word::only_statement(body) else { return };
        let text = statement.span.slice(source);
        for world in worlds {
            let Command::Simple(command) = &statement.command else { return };
            let all = std::iter::once(&command.name).chain(&command.args);
            let read = all.flat_map(|one| word::read(one, source, &world.variables).words);
            let parts = read.collect();
            let env = world.variables.get_key_value("TMPDIR");
            let env = env.map(|(name, value)| (name.clone(), value.clone())).into_iter().collect();
            let (dir, certainty) = (world.dir.clone(), world.certainty);
            let call = ShellCall { words: parts, env, dir, certainty };
            let told = script::told(&call.words);
            match told.or_else(|| self.machine.prints(&call, &world.state)) {
                Some(printed) => {
                    let printed = ShellWord::known(printed.trim_end_matches('\n'));
                    world.variables.insert(text.to_owned(), printed);
                }
                None => {
                    world.variables.remove(text);
                }
            }
        }
    }

    /// `A=b`
    pub fn assign(
        &mut self,
        assignment: &shuck_ast::Assignment,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let name = assignment.target.name.as_str().to_owned();
        let mut worlds = worlds;
        if assignment.target.subscript.is_some() {
            worlds = self.within(assignment.target.span.slice(source), worlds);
        }
        let word = match &assignment.value {
            AssignmentValue::Scalar(word) => word,
            AssignmentValue::Compound(list) => {
                return self.assign_array(&name, assignment.append, list, source, worlds);
            }
        };
        let mut worlds = self.nested(word, source, worlds);
        for world in &mut worlds {
            let mut value = one(&word::read(word, source, &world.variables).words);
            // A shell expands it once more where it is a prompt: PS4.
            if value.start().contains(['$', '`']) {
                self.trouble(value.start(), "a shell may run it", &vec![world.clone()]);
            }
            if assignment.append {
                let before = world.variables.get(&name).and_then(ShellWord::text);
                let both = before.zip(value.text()).map(|(before, new)| format!("{before}{new}"));
                value = both.map_or_else(ShellWord::unknown, ShellWord::Known);
            }
            let is_whole = assignment.target.subscript.is_none();
            let held: usize = world.variables.values().map(|value| value.written().len()).sum();
            let value = match is_whole {
                true if held + value.written().len() > word::LONGEST => ShellWord::filled(),
                true => value,
                false => ShellWord::unknown(),
            };
            lists::set_listed(&mut world.variables, &lists::in_array(&name), None);
            world.variables.insert(name.clone(), value);
        }
        worlds
    }

    /// `A=(b c)`
    fn assign_array(
        &mut self,
        name: &str,
        append: bool,
        list: &ArrayExpr,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let mut worlds = worlds;
        let mut is_row = true;
        for element in &list.elements {
            if let ArrayElem::Keyed { key, .. } | ArrayElem::KeyedAppend { key, .. } = element {
                worlds = self.within(key.span().slice(source), worlds);
                is_row = false;
            }
            worlds = self.nested(word_of(element), source, worlds);
        }
        let row = lists::in_array(name);
        for world in &mut worlds {
            let read = |element| word::read(word_of(element), source, &world.variables).words;
            let new: Vec<ShellWord> = list.elements.iter().flat_map(read).collect();
            let before =
                if append { lists::listed(&world.variables, &row) } else { Some(Vec::new()) };
            let all = before.filter(|_| is_row).map(|before| [before, new].concat());
            let held: usize = world.variables.values().map(|value| value.written().len()).sum();
            let all = all.filter(|all| {
                let added: usize = all.iter().map(|word| word.written().len()).sum();
                held + added <= word::LONGEST
            });
            world.variables.insert(name.to_owned(), ShellWord::filled());
            lists::set_listed(&mut world.variables, &row, all);
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
        let was_doubtful = self.is_doubtful;
        self.is_doubtful |= worlds.len() > 1;
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
            let is_heeded = |name: &str| {
                name.starts_with("GIT_") || name.starts_with("TIX_") || world.exports(name)
            };
            let exported = world.variables.iter().filter(|(name, _)| is_heeded(name));
            let env = exported.map(|(n, v)| (n.clone(), v.clone())).chain(env).collect();
            let read = all().flat_map(|one| word::read(one, source, &world.variables).words);
            let parts: Vec<ShellWord> = read.collect();
            let (dir, certainty) = (world.dir.clone(), world.certainty);
            let call = ShellCall { words: parts, env, dir, certainty };
            let said = StatementInput {
                input: fed(statement, source),
                text: statement.span.slice(source),
            };
            let is_test = ["[", "test"]
                .iter()
                .any(|test| call.words.first().is_some_and(|name| name.is(test)));
            flow.add(self.call(call, &said, world));
            self.has_looked |= is_test && self.asks_for_branch();
        }
        self.is_doubtful = was_doubtful;
        flow
    }

    /// Whether the line asks which branch is checked out: what it tests may be that.
    pub fn asks_for_branch(&self) -> bool {
        ["--show-current", "--abbrev-ref", "symbolic-ref"].iter().any(|ask| self.line.contains(ask))
    }

    fn call(
        &mut self,
        call: ShellCall,
        said: &StatementInput<'_>,
        world: World<M::State>,
    ) -> BothWorlds<M::State> {
        let name = call.words.first().map(ShellWord::start).unwrap_or_default();
        let arguments = call.words.get(1..).unwrap_or_default();
        let mut world = world;
        let text = format!("{} {}", self.piped, said.text);
        for file in wrap::told_files(name, arguments) {
            self.machine.write(file, &text, &call.dir, &mut world.state);
        }
        // A subscript is run when it is used, by `test -v` and `read` too.
        for word in arguments.iter().filter(|word| word.start().contains("[$(")) {
            self.trouble(word.start(), "it may be run", &vec![world.clone()]);
        }
        if name == "alias" {
            for (name, text) in arguments.iter().filter_map(ShellWord::split_assignment) {
                self.aliases.insert(name.to_owned(), text);
            }
            return BothWorlds { ok: vec![world], failed: Vec::new() };
        }
        // An alias may begin with its own name, which is then no alias.
        if let Some((name, line)) = self.aliases.remove_entry(name) {
            let rest = script::quoted(arguments);
            let whole = script::joined(&[std::slice::from_ref(&line), &rest].concat());
            let flow = match whole.text() {
                Some(text) => self.text(text, vec![world]),
                None => self.unread(said.text, vec![world]),
            };
            self.aliases.insert(name, line);
            return flow;
        }
        if let Some((source, body)) = self.functions.get(name).cloned() {
            return self.function((name, arguments), &source, &body, world);
        }
        match name {
            "set" => {
                world.set(arguments);
                if let Some(at) = arguments.iter().position(|word| word.is("--")) {
                    let rest = arguments.get(at + 1..).unwrap_or_default().to_vec();
                    lists::set_positional(&mut world.variables, Some(rest));
                }
            }
            "shift" => {
                let count = arguments.first().map_or(Some(1), |word| word.text()?.parse().ok());
                let left = lists::positional(&world.variables).zip(count);
                let left = left.and_then(|(all, count)| Some(all.get(count..)?.to_vec()));
                lists::set_positional(&mut world.variables, left);
            }
            "unset" => {
                for name in arguments.iter().filter_map(ShellWord::text) {
                    lists::set_listed(&mut world.variables, &lists::in_array(name), None);
                    world.variables.remove(name);
                }
            }
            "mapfile" | "read" | "readarray" => {
                for name in arguments.iter().filter_map(ShellWord::text) {
                    forget(std::slice::from_mut(&mut world), name);
                }
                if name != "read" {
                    return self.unwrapped(call, said, world);
                }
            }
            "printf" if arguments.first().is_some_and(|word| word.is("-v")) => {
                if let Some(name) = arguments.get(1).and_then(ShellWord::text) {
                    forget(std::slice::from_mut(&mut world), name);
                }
            }
            _ => return self.unwrapped(call, said, world),
        }
        BothWorlds { ok: vec![world], failed: Vec::new() }
    }

    /// Runs a command that is none of the shell's own words.
    fn unwrapped(
        &mut self,
        call: ShellCall,
        said: &StatementInput<'_>,
        world: World<M::State>,
    ) -> BothWorlds<M::State> {
        let outer = call.clone();
        let unwrapped = wrap::unwrap(call, said.input.clone());
        let mut world = world;
        // `A=<(command) program`: the parser takes the value for the program.
        if outer.words.first().is_some_and(|name| name.written().starts_with("<(")) {
            self.unread(said.text, vec![world.clone()]);
        }
        let is_guess = unwrapped.call().is_some_and(|call| call.certainty == Certainty::Maybe);
        if outer.certainty == Certainty::Sure && is_guess {
            // The program does something of its own besides.
            let words = outer.words.iter().take(1).cloned().collect();
            let step = self.machine.command(&ShellCall { words, ..outer.clone() }, &world.state);
            world.state = step.ok.unwrap_or(world.state);
        }
        let name = outer.words.first().map(wrap::program).unwrap_or_default();
        let fed = said.input.as_deref().unwrap_or_default();
        let text = format!("{} {} {fed}", self.piped, said.text);
        if wrap::may_start(name, &text) {
            let why = "it is put together when it runs".to_owned();
            let is_script = wrap::is_language(name, &text);
            self.troubled(&Trouble { text, why, is_script }, &vec![world.clone()]);
        }
        // Many variables hold what other programs run: BASH_ENV, GIT_EDITOR.
        let is_reader = wrap::has(wrap::READERS, name);
        let given = unwrapped.call().into_iter().flat_map(|call| &call.env);
        for (variable, value) in outer.env.iter().chain(given).filter(|_| !is_reader) {
            let why = format!("{name} may run what ${variable} holds");
            self.trouble(value.written(), &why, &vec![world.clone()]);
        }
        match unwrapped {
            Unwrapped::Nothing => BothWorlds::both(vec![world]),
            Unwrapped::ChangeDir(to) => self.change_dir(&to, world),
            Unwrapped::Run(call) => {
                if is_nameless(&call) {
                    // What it is made of may stand in any order.
                    let line = format!("{0} {0}", self.line);
                    self.unread(&line, vec![world.clone()]);
                }
                let is_sure = !self.is_doubtful && !self.has_looked;
                let certainty = if is_sure { call.certainty } else { Certainty::Maybe };
                let step = self.machine.command(&ShellCall { certainty, ..call }, &world.state);
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
            Unwrapped::Here(text) => match text.text() {
                Some(text) => self.text(text, vec![world]),
                None => self.unread(&self.said_of(&text, said), vec![world]),
            },
            Unwrapped::Script(call, text) => self.script(&call, &text, said, world),
        }
    }

    fn script(
        &mut self,
        shell: &ShellCall,
        script: &ShellWord,
        said: &StatementInput<'_>,
        world: World<M::State>,
    ) -> BothWorlds<M::State> {
        let Some(text) = script.text() else {
            return self.unread(&self.said_of(script, said), vec![world]);
        };
        let is_guess = shell.certainty == Certainty::Maybe;
        if is_guess && super::parse(text).is_err() {
            return BothWorlds::both(vec![world]);
        }
        self.subshell(vec![world], |walker, mut inner| {
            for world in &mut inner {
                world.dir.clone_from(&shell.dir);
                world.certainty = shell.certainty;
                world.variables.extend(shell.env.iter().cloned());
            }
            walker.text(text, inner)
        })
    }

    /// Calls a function. Inside of it its own name is that of a program: one that calls itself is not followed.
    fn function(
        &mut self,
        (name, arguments): (&str, &[ShellWord]),
        source: &Rc<str>,
        body: &Stmt,
        mut world: World<M::State>,
    ) -> BothWorlds<M::State> {
        if self.depth >= DEPTH {
            let (line, worlds) = (self.line.clone(), vec![world]);
            self.trouble(&line, "it is nested too deeply", &worlds);
            return BothWorlds::both(worlds);
        }
        self.depth += 1;
        let called = self.functions.remove_entry(name);
        let outer = lists::positional(&world.variables);
        lists::set_positional(&mut world.variables, Some(arguments.to_vec()));
        let mut flow = self.statement(body, source, vec![world]);
        for world in flow.ok.iter_mut().chain(&mut flow.failed) {
            lists::set_positional(&mut world.variables, outer.clone());
        }
        self.functions.extend(called);
        self.depth -= 1;
        flow
    }

    /// Where to look for what a word holds: what a variable holds stands anywhere in the line, and so does what a shell reads,
    /// if it is not before a pipe.
    fn said_of(&self, word: &ShellWord, said: &StatementInput<'_>) -> String {
        match word.is_filled() {
            true if !self.piped.is_empty() => self.piped.clone(),
            true => self.line.clone(),
            false if word.written().starts_with("${") => self.line.clone(),
            false => said.text.to_owned(),
        }
    }

    /// Something is run that is put together when the line runs. What it may be made of stands in this text.
    fn unread(&mut self, text: &str, worlds: Worlds<M::State>) -> BothWorlds<M::State> {
        self.trouble(text, "it is put together when it runs", &worlds);
        BothWorlds::both(worlds)
    }

    fn change_dir(&mut self, to: &ShellWord, world: World<M::State>) -> BothWorlds<M::State> {
        let variable = match to.text() {
            Some("-") => world.variables.get("OLDPWD").cloned(),
            Some("~") => world.variables.get("HOME").cloned(),
            // A name alone may be found in any of these directories.
            Some(name) if self.line.contains("CDPATH=") && !name.starts_with(['/', '.']) => None,
            _ => Some(to.clone()),
        };
        let dir = world.dir.join(&variable.unwrap_or_else(ShellWord::unknown)).tidied();
        let there = self.machine.is_directory(dir.path(), &world.state);
        let mut ok = world.clone();
        ok.go(dir);
        // The stack of `pushd` is not kept: what `popd` goes back to is not known then either.
        if *to == ShellWord::unknown() {
            ok.variables.insert("OLDPWD".to_owned(), ShellWord::unknown());
        }
        let mut failed = world;
        // What goes back later goes back to here.
        if let Some(here) = failed.variables.get("PWD").cloned() {
            failed.variables.entry("OLDPWD".to_owned()).or_insert(here);
        }
        BothWorlds { ok: vec![ok], failed: if there { Vec::new() } else { vec![failed] } }
    }
}

/// Whether nothing says what is run: `"$@"`, `"${words[@]}"`, `$command`.
fn is_nameless(call: &ShellCall) -> bool {
    let mut words = call.words.iter();
    let is_open = words.next().is_some_and(|name| name.text().is_none() && name.start().is_empty());
    is_open && words.next().is_none_or(|next| next.text().is_none_or(|text| text.starts_with('-')))
}

/// The value of this variable is not known any more.
pub fn forget<S>(worlds: &mut [World<S>], variable: &str) {
    assign(worlds, variable, &ShellWord::filled());
}

pub fn assign<S>(worlds: &mut [World<S>], variable: &str, value: &ShellWord) {
    for world in worlds {
        lists::set_listed(&mut world.variables, &lists::in_array(variable), None);
        world.variables.insert(variable.to_owned(), value.clone());
    }
}

fn word_of(element: &ArrayElem) -> &shuck_ast::Word {
    match element {
        ArrayElem::Sequential(value)
        | ArrayElem::Keyed { value, .. }
        | ArrayElem::KeyedAppend { value, .. } => &value.word,
    }
}

fn one(words: &[ShellWord]) -> ShellWord {
    let texts: Option<Vec<&str>> = words.iter().map(ShellWord::text).collect();
    match (words, texts) {
        ([word], _) => word.clone(),
        (_, Some(texts)) => ShellWord::Known(texts.join(" ")),
        (_, None) => ShellWord::unknown(),
    }
}
