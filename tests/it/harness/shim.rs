//! A `git` that obeys the test: it fails on request, kills tix, waits at a gate, or lets somebody else go first.
//!
//! A shim belongs to one run of tix (or to several, if their calls are to be numbered together). It stands first on that
//! run's PATH, so it sees exactly the calls that tix makes itself (and those of a worker that tix starts): git puts its
//! own directory before it for the commands that git starts.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use super::command::Prepared;
use super::gate::{Gate, PAUSE, WAIT};
use super::output::Output;
use super::place::Place;
use super::sandbox::{Sandbox, Shared};

const LIMIT: Duration = Duration::from_mins(1);

/// See the module. Clones are the same shim.
#[derive(Clone)]
pub struct Shim {
    directory: PathBuf,
    shared: Shared,
    rules: Arc<Mutex<Rules>>,
}

#[derive(Default)]
struct Rules {
    count: usize,
    script: String,
    outputs: Vec<(PathBuf, String)>,
}

/// Tries something at every git call of a run: `attempt` is told a number, makes a scene of its own with a rule for the
/// call of that number, runs, checks, and hands back the shim. Ends when a run makes fewer calls than that.
#[track_caller]
pub fn at_every_call(mut attempt: impl FnMut(usize) -> Shim) {
    for number in 1.. {
        assert!(number < 1000, "there is no end to the git calls of this run");
        if attempt(number).calls().len() < number {
            assert!(number > 1, "this run makes no git call at all");
            return;
        }
    }
}

/// One call of git, as tix made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// From 1, in the order of arrival.
    pub number: usize,
    pub pid: u32,
    /// The first word that is not a global option.
    pub subcommand: String,
    pub args: Vec<String>,
}

/// Which calls a rule is about.
#[derive(Clone, Default)]
pub struct On {
    number: Option<usize>,
    subcommand: Option<String>,
    texts: Vec<String>,
    nth: Option<usize>,
    no_conversation: bool,
}

/// What happens at such a call. Of the rules that apply to a call each runs in turn, until one of them ends it.
pub enum Do {
    /// Nothing is done; the call reports failure.
    Fail { code: u8, stderr: &'static str },
    /// Git does its work and says nothing; the call reports failure. A git that stays, such as `cat-file --batch`,
    /// answers one question first.
    FailAfter { code: u8, stderr: &'static str },
    /// Tix is killed (-9) and git never runs.
    KillBefore,
    /// Git does its work and says nothing; then tix is killed (-9). A git that stays answers one question first, so tix
    /// is killed in the midst of what it does with the answer.
    KillAfter,
    /// The call ends by a signal (-9), as if the system had run out of memory, and git never runs.
    Die,
    /// Git does its work and says nothing; then the call ends by a signal (-9).
    DieAfter,
    /// The call ends by a signal (-9), and a moment later tix is told to end (SIGINT): a terminal tells both, in any order.
    DieFirst,
    /// Git does its work and answers; then tix is told to end (SIGINT), and the call stays until tix, which has heard it by
    /// then, ends it. For calls that tix can end: those with a deadline.
    InterruptAfter,
    /// Git does not run; this is its answer.
    Replace { stdout: Vec<u8>, code: u8 },
    /// Something else happens first, for instance another clone's claim; without input. See [`Shim::outputs`].
    Then(Prepared),
}

impl On {
    /// The call with this number, from 1.
    pub fn call(number: usize) -> Self {
        Self { number: Some(number), ..Self::default() }
    }

    /// Every call of this subcommand.
    pub fn command(name: &str) -> Self {
        Self { subcommand: Some(name.to_owned()), ..Self::default() }
    }

    pub fn every_call() -> Self {
        Self::default()
    }

    /// Not the processes that stay and answer question after question: what is done after one of these would come
    /// at the end of the run, and their answers cannot be swallowed without the run hanging.
    pub fn but_no_conversation(mut self) -> Self {
        self.no_conversation = true;
        self
    }

    /// Only if one of the arguments contains this text.
    pub fn with(mut self, text: &str) -> Self {
        self.texts.push(text.to_owned());
        self
    }

    /// Only the nth of the calls that match everything else, from 1.
    pub fn nth(mut self, nth: usize) -> Self {
        self.nth = Some(nth);
        self
    }

    fn shell_condition(self) -> String {
        let mut words = vec!["true".to_owned()];
        words.extend(self.number.map(|number| format!("[ \"$number\" -eq {number} ]")));
        words.extend(
            self.subcommand.as_deref().map(|name| format!("[ \"$sub\" = {} ]", quoted(name))),
        );
        if self.no_conversation {
            words.extend(
                ["--batch", "--stdin-paths"].map(|word| format!("! matches {word} \"$@\"")),
            );
        }
        words.extend(self.texts.iter().map(|text| format!("matches {} \"$@\"", quoted(text))));
        words.join(" && ")
    }
}

impl Shim {
    pub fn new(sandbox: &Sandbox) -> Self {
        let directory = sandbox.fresh_directory("shim");
        for name in ["bin", "calls", "seen", "then"] {
            fs::create_dir(directory.join(name)).unwrap();
        }
        let shim = Self { directory, shared: sandbox.shared().clone(), rules: Arc::default() };
        fs::write(shim.directory.join("rules"), "").unwrap();
        // Only for its FIFO: a process of this run holds it open for as long as it lives.
        drop(Gate::new(&shim.directory.join("alive")));
        let dir = quoted_path(&shim.directory);
        let real = quoted_path(shim.shared.git());
        let head = format!("#!/bin/sh\ndir={dir} real={real} tester={}\n", process::id());
        let tail = "\n. \"$dir/rules\"\nexec \"$real\" \"$@\"\n";
        let script = format!("{head}{}{tail}", include_str!("shim.sh"));
        Place::new(&shim.shared, shim.bin()).write_script("git", &script);
        shim
    }

    pub fn bin(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// Adds a rule; the next call sees it.
    pub fn rule(&self, on: On, action: Do) -> &Self {
        self.add(on, |rule, outputs| self.shell_action(rule, action, outputs));
        self
    }

    /// Makes these calls wait at a new gate.
    pub fn gate(&self, on: On) -> Gate {
        let gate = Gate::new(&self.shared.fresh_directory("gate"));
        let directory = quoted_path(gate.directory());
        self.add(on, |_, _| format!("gate={directory} who=$number\n{WAIT}"));
        gate
    }

    fn add(&self, on: On, action: impl FnOnce(usize, &mut Vec<(PathBuf, String)>) -> String) {
        let mut rules = self.rules.lock().unwrap();
        let rule = rules.count;
        rules.count += 1;
        let mut action = action(rule, &mut rules.outputs);
        if let Some(nth) = on.nth {
            action = format!("count {rule}\nif [ \"$nth\" -eq {nth} ]; then\n{action}\nfi");
        }
        write!(rules.script, "if {}; then\n{action}\nfi\n", on.shell_condition()).unwrap();
        // By a rename, so that a call under way reads the old rules or the new ones.
        let new = self.directory.join("rules.new");
        fs::write(&new, &rules.script).unwrap();
        fs::rename(new, self.directory.join("rules")).unwrap();
    }

    fn shell_action(
        &self,
        rule: usize,
        action: Do,
        outputs: &mut Vec<(PathBuf, String)>,
    ) -> String {
        let work = "work \"$@\"";
        match action {
            Do::Fail { code, stderr } => format!("fail {code} {}", quoted(stderr)),
            Do::FailAfter { code, stderr } => format!("{work}\nfail {code} {}", quoted(stderr)),
            Do::KillBefore => "kill_tix".to_owned(),
            Do::KillAfter => format!("{work}\nkill_tix"),
            Do::Die => "kill -9 $$".to_owned(),
            Do::DieFirst => {
                "{ sleep 0.01; kill -INT \"$PPID\"; } </dev/null >/dev/null 2>&1 9<&- &\nkill -9 $$"
                    .to_owned()
            }
            Do::DieAfter => format!("{work}\nkill -9 $$"),
            Do::InterruptAfter => {
                "\"$real\" \"$@\"\nkill -INT \"$PPID\"\nexec tail -f /dev/null".to_owned()
            }
            Do::Replace { stdout, code } => {
                let file = self.directory.join(format!("then/{rule}.answer"));
                fs::write(&file, stdout).unwrap();
                format!("cat {}\nexit {code}", quoted_path(&file))
            }
            Do::Then(command) => {
                let stem = self.directory.join(format!("then/{rule}"));
                let file = quoted_path(&stem);
                outputs.push((stem, command.line()));
                format!(
                    "(\n{}\n) </dev/null >{file}.\"$number\".stdout 2>{file}.\"$number\".stderr 9<&-\n\
                     printf '%s' \"$?\" >{file}.\"$number\".code",
                    shell_form(&command)
                )
            }
        }
    }

    /// The calls so far. While tix is running, one that is just being written down may be missing.
    pub fn calls(&self) -> Vec<Call> {
        let entries = fs::read_dir(self.directory.join("calls")).unwrap();
        let mut calls: Vec<Call> =
            entries.filter_map(|entry| Call::read(&entry.unwrap().path())).collect();
        calls.sort_by_key(|call| call.number);
        calls
    }

    /// How many of the calls talked to the remote.
    pub fn connections(&self) -> usize {
        self.calls()
            .iter()
            .filter(|call| matches!(call.subcommand.as_str(), "fetch" | "push" | "ls-remote"))
            .count()
    }

    /// What the commands of [`Do::Then`] said, in the order of the rules, then of the calls.
    pub fn outputs(&self) -> Vec<Output> {
        let rules = self.rules.lock().unwrap();
        let mut outputs = Vec::new();
        for (stem, line) in &rules.outputs {
            for call in self.calls() {
                let read =
                    |end: &str| fs::read(format!("{}.{}.{end}", stem.display(), call.number));
                let Ok(code) = read("code") else { continue };
                outputs.push(Output {
                    line: line.clone(),
                    code: Some(String::from_utf8(code).unwrap().parse().unwrap()),
                    signal: None,
                    stdout: read("stdout").unwrap(),
                    stderr: read("stderr").unwrap(),
                    root: self.shared.root().to_owned(),
                });
            }
        }
        outputs
    }

    /// The FIFO that a run through this shim keeps open, on descriptor 9 of tix and of whatever tix starts. A worker that
    /// is to outlive tix closes it (`exec 9>&-`), or the run is not over before the worker is.
    pub fn alive(&self) -> PathBuf {
        self.directory.join("alive/fifo")
    }

    /// Waits for the git processes that a killed tix left running, so that the test looks at what they leave behind.
    #[track_caller]
    pub fn settle(&self) {
        let start = Instant::now();
        while self.somebody_lives() {
            assert!(
                start.elapsed() < LIMIT,
                "some git still runs {LIMIT:?} after tix ended: {:#?}",
                self.calls()
            );
            thread::sleep(PAUSE);
        }
    }

    /// A FIFO that nobody has open for writing is at its end; otherwise it has nothing to read yet.
    fn somebody_lives(&self) -> bool {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut fifo =
            fs::File::from(rustix::fs::open(self.alive(), flags, Mode::empty()).unwrap());
        match fifo.read(&mut [0]) {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => panic!("{}: {error}", self.alive().display()),
        }
    }
}

impl Call {
    fn read(path: &Path) -> Option<Self> {
        let text = String::from_utf8(fs::read(path).unwrap()).unwrap();
        let mut words = text.strip_suffix('\0')?.split('\0').map(str::to_owned);
        Some(Self {
            number: path.file_name()?.to_str()?.parse().unwrap(),
            pid: words.next()?.parse().unwrap(),
            subcommand: words.next()?,
            args: words.collect(),
        })
    }
}

/// The command as shell text that depends on nothing of the environment it is run in.
fn shell_form(command: &Prepared) -> String {
    let mut text = format!("cd {} && exec env -i", quoted_path(&command.directory));
    for (key, value) in &command.variables {
        write!(text, " {}={}", key.to_str().unwrap(), quoted(value.to_str().unwrap())).unwrap();
    }
    let program = command.program.as_os_str();
    for word in std::iter::once(program).chain(command.args.iter().map(AsRef::as_ref)) {
        write!(text, " {}", quoted(word.to_str().unwrap())).unwrap();
    }
    text
}

fn quoted_path(path: &Path) -> String {
    quoted(path.to_str().unwrap())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
