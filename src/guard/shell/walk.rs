//! Goes through a parsed line as a shell would, in every way that it could go.

use std::collections::BTreeMap;
use std::rc::Rc;

use shuck_ast::{
    BinaryCommand, BinaryOp, BuiltinCommand, Command, CompoundCommand, DeclOperand, ForCommand,
    HeredocBodyPart, IfCommand, Redirect, RedirectKind, RedirectTarget, Stmt, StmtSeq,
    StmtTerminator,
};

use super::backticks;
use super::command::{assign, forget};
use super::lists::turns;
use super::script::fed;
use super::word::{self, ShellWord};
use super::world::{BothWorlds, Machine, Trouble, World, Worlds, union};

/// More ways than these are not followed: a line with so many is not one that somebody means.
const WORLDS: usize = 24;
/// How many commands are looked at in all.
const STEPS: usize = 4_000;
/// How deep texts may be handed from shell to shell, and functions call each other.
pub const DEPTH: usize = 8;

/// Goes through a text from the world in which it begins.
pub fn walk<M: Machine>(text: &str, start: World<M::State>, machine: &mut M) {
    let mut walker = Walker {
        machine,
        line: text.to_owned(),
        piped: String::new(),
        functions: BTreeMap::new(),
        aliases: BTreeMap::new(),
        steps: 0,
        depth: 0,
        has_looked: false,
        is_doubtful: false,
        gave_up: false,
    };
    walker.text(text, vec![start]);
}

/// A shell that runs nothing.
pub struct Walker<'m, M: Machine> {
    pub machine: &'m mut M,
    /// All that it was given.
    pub line: String,
    /// What may print the input of the command, as the line has it.
    pub piped: String,
    pub functions: BTreeMap<String, (Rc<str>, Stmt)>,
    pub aliases: BTreeMap<String, ShellWord>,
    steps: usize,
    pub depth: usize,
    /// The line has looked at which branch is checked out, and may do what follows only on the one that it should be.
    pub has_looked: bool,
    /// In another of the ways that the line may go, the command runs elsewhere or otherwise.
    pub is_doubtful: bool,
    gave_up: bool,
}

impl<M: Machine> Walker<'_, M> {
    /// Goes through a text of its own.
    pub fn text(&mut self, text: &str, worlds: Worlds<M::State>) -> BothWorlds<M::State> {
        if self.depth >= DEPTH {
            self.trouble(text, "it is nested too deeply", &worlds);
            return BothWorlds::both(worlds);
        }
        let text = &*backticks::in_parentheses(text);
        match super::parse(text) {
            Ok(file) => {
                self.depth += 1;
                let flow = self.sequence(&file.body, &Rc::from(text), worlds);
                self.depth -= 1;
                flow
            }
            Err(why) => {
                self.trouble(text, &why, &worlds);
                BothWorlds::both(worlds)
            }
        }
    }

    pub fn trouble(&mut self, text: &str, why: &str, worlds: &Worlds<M::State>) {
        let trouble = Trouble { text: text.to_owned(), why: why.to_owned(), is_script: false };
        self.troubled(&trouble, worlds);
    }

    pub fn troubled(&mut self, trouble: &Trouble, worlds: &Worlds<M::State>) {
        for world in worlds {
            self.machine.trouble(trouble, &world.dir, &world.state);
        }
    }

    fn sequence(
        &mut self,
        body: &StmtSeq,
        source: &Rc<str>,
        mut worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        let mut flow = BothWorlds::both(worlds.clone());
        for statement in body.iter() {
            flow = self.statement(statement, source, worlds);
            flow.failed.retain(|world| !world.ends_on_failure());
            worlds = union(flow.ok.clone(), flow.failed.clone());
        }
        flow
    }

    pub fn statement(
        &mut self,
        statement: &Stmt,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        self.steps += 1;
        if self.steps > STEPS || worlds.len() > WORLDS {
            if !self.gave_up {
                self.gave_up = true;
                self.trouble(source, "it has too many branches", &worlds);
            }
            return BothWorlds::none();
        }
        let mut worlds = worlds;
        for redirect in &statement.redirects {
            worlds = self.redirect(redirect, statement, source, worlds);
        }
        let in_background = matches!(statement.terminator, Some(StmtTerminator::Background(_)));
        let flow = if in_background {
            self.subshell(worlds, |walker, inner| walker.command(statement, source, inner))
        } else {
            self.command(statement, source, worlds)
        };
        if statement.negated { BothWorlds { ok: flow.failed, failed: flow.ok } } else { flow }
    }

    fn redirect(
        &mut self,
        redirect: &Redirect,
        statement: &Stmt,
        source: &Rc<str>,
        mut worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let heredoc = match &redirect.target {
            RedirectTarget::Word(word) => {
                worlds = self.nested(word, source, worlds);
                if writes(redirect.kind) {
                    let text = self.with_piped(statement, source);
                    for world in &mut worlds {
                        let targets = word::read(word, source, &world.variables).words;
                        for target in targets.into_iter().filter(|to| is_file(redirect.kind, to)) {
                            self.machine.write(&target, &text, &world.dir, &mut world.state);
                        }
                    }
                }
                return worlds;
            }
            RedirectTarget::Heredoc(heredoc) => heredoc,
        };
        for (part, span) in heredoc.body.parts_with_spans() {
            match part {
                HeredocBodyPart::Literal(_) | HeredocBodyPart::Variable(_) => {}
                HeredocBodyPart::CommandSubstitution { body, .. } => {
                    worlds = self.beside(body, source, worlds);
                }
                HeredocBodyPart::ArithmeticExpansion { .. } | HeredocBodyPart::Parameter(_) => {
                    worlds = self.within(span.slice(source), worlds);
                }
            }
        }
        worlds
    }

    /// The text of a statement, with what is piped to it and fed to it.
    fn with_piped(&self, statement: &Stmt, source: &Rc<str>) -> String {
        let fed = fed(statement, source).unwrap_or_default();
        format!("{} {} {fed}", self.piped, statement.span.slice(source))
    }

    /// Runs a body in a subshell whose end nobody asks about.
    pub fn beside(
        &mut self,
        body: &StmtSeq,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> Worlds<M::State> {
        let run = |walker: &mut Self, inner| walker.sequence(body, source, inner);
        let behind = self.subshell(worlds.clone(), run).all();
        // A body that ends its subshell leaves no world behind, but the line goes on.
        if behind.is_empty() { worlds } else { behind }
    }

    /// What is done there changes neither directory nor variables here.
    pub fn subshell(
        &mut self,
        worlds: Worlds<M::State>,
        run: impl Fn(&mut Self, Worlds<M::State>) -> BothWorlds<M::State>,
    ) -> BothWorlds<M::State> {
        let mut flow = BothWorlds::none();
        for world in worlds {
            let World { dir, variables, certainty, .. } = world.clone();
            let outside = |inner: Worlds<M::State>| {
                let back = |w: World<M::State>| World {
                    dir: dir.clone(),
                    variables: variables.clone(),
                    certainty,
                    state: w.state,
                };
                union(Vec::new(), inner.into_iter().map(back).collect())
            };
            let inner = run(self, vec![world]);
            // `exit` ends the subshell only: there is a world behind it.
            flow.add(BothWorlds { ok: outside(inner.ok), failed: outside(inner.failed) });
        }
        flow
    }

    fn command(
        &mut self,
        statement: &Stmt,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        match &statement.command {
            Command::Simple(command) => self.simple(command, statement, source, worlds),
            Command::Builtin(command) => match command {
                // What stands behind them is not run in this world.
                BuiltinCommand::Exit(_) | BuiltinCommand::Return(_) => BothWorlds::none(),
                BuiltinCommand::Break(_) | BuiltinCommand::Continue(_) => BothWorlds::both(worlds),
            },
            Command::Decl(clause) => {
                let mut worlds = worlds;
                // With these the variable holds something else than it is given: `-n`, the value of another one.
                let is_other = |flag: &str| flag.contains(['n', 'i', 'l', 'u']);
                let flags = clause.operands.iter().filter_map(|operand| match operand {
                    DeclOperand::Flag(word) => Some(word.span.slice(source)),
                    DeclOperand::Dynamic(_) | DeclOperand::Name(_) | DeclOperand::Assignment(_) => {
                        None
                    }
                });
                let is_other = flags.into_iter().any(is_other);
                for operand in &clause.operands {
                    worlds = match operand {
                        DeclOperand::Assignment(assignment) => {
                            let mut worlds = self.assign(assignment, source, worlds);
                            let name = assignment.target.name.as_str();
                            if is_other {
                                forget(&mut worlds, name);
                            }
                            for world in &mut worlds {
                                world.export(name);
                            }
                            worlds
                        }
                        DeclOperand::Dynamic(word) | DeclOperand::Flag(word) => {
                            self.trouble(word.span.slice(source), "it may be run", &worlds);
                            self.nested(word, source, worlds)
                        }
                        DeclOperand::Name(_) => worlds,
                    };
                }
                BothWorlds { ok: worlds, failed: Vec::new() }
            }
            Command::Binary(binary) => self.binary(binary, source, worlds),
            Command::Compound(compound) => self.compound(compound, source, worlds),
            Command::Function(function) => {
                // One that is called git passes on to git what it is told.
                for name in function.static_names().filter(|name| name.as_str() != "git") {
                    let body = (source.clone(), (*function.body).clone());
                    self.functions.insert(name.as_str().to_owned(), body);
                }
                BothWorlds { ok: worlds, failed: Vec::new() }
            }
            Command::AnonymousFunction(function) => self.statement(&function.body, source, worlds),
        }
    }

    fn binary(
        &mut self,
        binary: &BinaryCommand,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        match binary.op {
            BinaryOp::And => {
                let left = self.statement(&binary.left, source, worlds);
                let mut flow = self.statement(&binary.right, source, left.ok);
                flow.failed = union(flow.failed, left.failed);
                flow
            }
            BinaryOp::Or => {
                let left = self.statement(&binary.left, source, worlds);
                let mut flow = self.statement(&binary.right, source, left.failed);
                flow.ok = union(flow.ok, left.ok);
                flow
            }
            BinaryOp::Pipe | BinaryOp::PipeAll => {
                let left = |walker: &mut Self, inner| walker.statement(&binary.left, source, inner);
                let between = self.subshell(worlds, left).all();
                let text = self.with_piped(&binary.left, source);
                let outer = std::mem::replace(&mut self.piped, text);
                let flow = self.subshell(between, |walker, inner| {
                    walker.statement(&binary.right, source, inner)
                });
                self.piped = outer;
                let is_searched = binary.right.span.slice(source).contains("grep ");
                self.has_looked |= is_searched && self.asks_for_branch();
                flow
            }
        }
    }

    fn compound(
        &mut self,
        compound: &CompoundCommand,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        match compound {
            CompoundCommand::BraceGroup(body) => self.sequence(body, source, worlds),
            CompoundCommand::Subshell(body) => {
                self.subshell(worlds, |walker, inner| walker.sequence(body, source, inner))
            }
            CompoundCommand::If(command) => self.branches(command, source, worlds),
            CompoundCommand::For(command) => {
                let over = command.words.iter().flatten();
                let worlds = over.fold(worlds, |worlds, word| self.nested(word, source, worlds));
                self.for_each(command, source, worlds)
            }
            CompoundCommand::While(command) => {
                self.repeat(&[&command.condition, &command.body], source, worlds)
            }
            CompoundCommand::Until(command) => {
                self.repeat(&[&command.condition, &command.body], source, worlds)
            }
            CompoundCommand::Foreach(command) => self.repeat(&[&command.body], source, worlds),
            CompoundCommand::Select(command) => {
                let over = command.words.iter();
                let worlds = over.fold(worlds, |worlds, word| self.nested(word, source, worlds));
                self.repeat(&[&command.body], source, worlds)
            }
            CompoundCommand::Repeat(command) => self.repeat(&[&command.body], source, worlds),
            CompoundCommand::ArithmeticFor(command) => {
                let parts = [command.init_span, command.condition_span, command.step_span];
                let parts = parts.iter().flatten().map(|span| span.slice(source));
                let worlds = parts.fold(worlds, |worlds, part| self.within(part, worlds));
                self.repeat(&[&command.body], source, worlds)
            }
            CompoundCommand::Case(command) => {
                let worlds = self.nested(&command.word, source, worlds);
                self.has_looked |= self.asks_for_branch();
                let bodies: Vec<&StmtSeq> = command.cases.iter().map(|case| &case.body).collect();
                self.repeat(&bodies, source, worlds)
            }
            CompoundCommand::Time(command) => match &command.command {
                Some(timed) => self.statement(timed, source, worlds),
                None => BothWorlds::both(worlds),
            },
            CompoundCommand::Coproc(command) => self
                .subshell(worlds, |walker, inner| walker.statement(&command.body, source, inner)),
            CompoundCommand::Always(command) => {
                self.repeat(&[&command.body, &command.always_body], source, worlds)
            }
            CompoundCommand::Arithmetic(command) => {
                BothWorlds::both(self.within(command.span.slice(source), worlds))
            }
            CompoundCommand::Conditional(command) => {
                let asked = BothWorlds::both(self.within(command.span.slice(source), worlds));
                self.has_looked |= self.asks_for_branch();
                asked
            }
        }
    }

    fn branches(
        &mut self,
        command: &IfCommand,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        let first = (&command.condition, &command.then_branch);
        let others = command.elif_branches.iter().map(|(condition, body)| (condition, body));
        let mut flow = BothWorlds::none();
        let mut rest = worlds;
        for (condition, body) in std::iter::once(first).chain(others) {
            let asked = self.sequence(condition, source, rest);
            flow.add(self.sequence(body, source, asked.ok));
            rest = asked.failed;
        }
        match &command.else_branch {
            Some(body) => flow.add(self.sequence(body, source, rest)),
            None => flow.ok = union(flow.ok, rest),
        }
        flow
    }

    fn for_each(
        &mut self,
        command: &ForCommand,
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        let names = command.targets.iter().filter_map(|target| target.name.as_ref());
        let names: Vec<&str> = names.map(shuck_ast::Name::as_str).collect();
        let mut all = worlds.clone();
        for world in worlds {
            let over = command.words.iter().flatten();
            let read = over.flat_map(|one| word::read(one, source, &world.variables).words);
            let over: Vec<ShellWord> = read.collect();
            let mut next = vec![world];
            for turn in turns(&over) {
                for name in &names {
                    // Several variables share the words.
                    let value = if names.len() == 1 { turn.clone() } else { ShellWord::unknown() };
                    assign(&mut next, name, &value);
                }
                next = self.sequence(&command.body, source, next).all();
                // Worlds that differ in this alone are one behind the loop.
                for name in &names {
                    forget(&mut next, name);
                }
                all = union(all, next.clone());
            }
        }
        BothWorlds::both(all)
    }

    /// Bodies that are run or not, in any order that matters: twice, because the second time may begin where the first one ended.
    fn repeat(
        &mut self,
        bodies: &[&StmtSeq],
        source: &Rc<str>,
        worlds: Worlds<M::State>,
    ) -> BothWorlds<M::State> {
        let mut all = worlds;
        for body in bodies.iter().chain(bodies) {
            let behind = self.sequence(body, source, all.clone()).all();
            all = union(all, behind);
        }
        BothWorlds::both(all)
    }
}

/// Whether a redirection to this word leaves a file behind: `2>&1` and `>/dev/null` do not.
fn is_file(kind: RedirectKind, target: &ShellWord) -> bool {
    let Some(text) = target.text() else { return true };
    let is_number = || text == "-" || text.trim_end_matches('-').parse::<u32>().is_ok();
    let is_descriptor = kind == RedirectKind::DupOutput && is_number();
    let is_device = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(&text);
    !is_descriptor && !is_device && !text.starts_with("/dev/fd/")
}

fn writes(kind: RedirectKind) -> bool {
    match kind {
        RedirectKind::Output
        | RedirectKind::Clobber
        | RedirectKind::Append
        | RedirectKind::ReadWrite
        | RedirectKind::DupOutput
        | RedirectKind::OutputBoth => true,
        RedirectKind::Input
        | RedirectKind::HereDoc
        | RedirectKind::HereDocStrip
        | RedirectKind::HereString
        | RedirectKind::DupInput => false,
    }
}
