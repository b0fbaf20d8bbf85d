//! Commands that run other commands: `env`, `sudo`, `xargs`, `parallel`, `sh -c`, `eval` and their like.

use shuck_ast::{Command, Stmt};

use super::word::ShellWord;
use super::world::Dir;
use crate::text::shell_quoted;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCall {
    pub words: Vec<ShellWord>,
    pub env: Vec<(String, ShellWord)>,
    pub dir: Dir,
}

pub enum Unwrapped {
    Nothing,
    /// The shell goes to another directory.
    ChangeDir(ShellWord),
    Run(ShellCall),
    /// It runs these, each of which may have wrappers of its own.
    Each(Vec<ShellCall>),
    Script {
        text: ShellWord,
        dir: Dir,
        /// In this shell, or in one of its own.
        here: bool,
    },
}

/// How a program is called that runs the command that its arguments end with.
struct Wrapper {
    names: &'static [&'static str],
    /// Options whose value is the next word.
    valued: &'static [&'static str],
    /// How many words stand before the command.
    skip: usize,
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &[
            "command",
            "builtin",
            "nohup",
            "setsid",
            "noglob",
            "nocorrect",
            "-",
            "busybox",
            "toybox",
            "rtk",
            "chronic",
            "unbuffer",
        ],
        valued: &[],
        skip: 0,
    },
    Wrapper { names: &["exec"], valued: &["-a"], skip: 0 },
    Wrapper { names: &["env"], valued: &["-u", "--unset", "-C", "--chdir"], skip: 0 },
    Wrapper { names: &["time"], valued: &["-f", "--format", "-o", "--output"], skip: 0 },
    Wrapper { names: &["nice"], valued: &["-n", "--adjustment"], skip: 0 },
    Wrapper { names: &["ionice"], valued: &["-c", "-n", "-p"], skip: 0 },
    Wrapper { names: &["stdbuf"], valued: &["-i", "-o", "-e"], skip: 0 },
    Wrapper {
        names: &["timeout", "gtimeout"],
        valued: &["-s", "--signal", "-k", "--kill-after"],
        skip: 1,
    },
    Wrapper {
        names: &["sudo", "doas"],
        valued: &[
            "-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D", "--chdir", "-R", "-T", "-U",
            "-r", "-t",
        ],
        skip: 0,
    },
    Wrapper {
        names: &["xargs"],
        valued: &[
            "-I",
            "-n",
            "-P",
            "-L",
            "-d",
            "-E",
            "-s",
            "-a",
            "--max-args",
            "--max-procs",
            "--delimiter",
        ],
        skip: 0,
    },
    Wrapper { names: &["caffeinate"], valued: &["-t", "-w"], skip: 0 },
    Wrapper { names: &["strace", "ltrace"], valued: &["-e", "-o", "-p", "-s"], skip: 0 },
    Wrapper { names: &["flock"], valued: &["-w", "--timeout", "-E"], skip: 1 },
    Wrapper { names: &["chroot", "chrt", "taskset"], valued: &[], skip: 1 },
    Wrapper {
        names: &[
            "dbus-run-session",
            "fakeroot",
            "proxychains",
            "proxychains4",
            "ssh-agent",
            "torsocks",
            "unshare",
            "xvfb-run",
        ],
        valued: &[],
        skip: 0,
    },
    Wrapper { names: &["systemd-run"], valued: &["-p", "-E", "-u", "--unit", "-M"], skip: 0 },
    Wrapper { names: &["runuser"], valued: &["-u", "-g", "-G"], skip: 0 },
    Wrapper { names: &["npx"], valued: &["-p", "--package"], skip: 0 },
];

/// Programs with a subcommand that runs the rest, and how many words stand before that.
const RUNNERS: &[(&str, &str, usize)] = &[
    ("asdf", "exec", 0),
    ("bundle", "exec", 0),
    ("direnv", "exec", 1),
    ("doppler", "run", 0),
    ("hatch", "run", 0),
    ("mise", "exec", 0),
    ("mise", "x", 0),
    ("npm", "exec", 0),
    ("op", "run", 0),
    ("pdm", "run", 0),
    ("perf", "stat", 0),
    ("pipenv", "run", 0),
    ("pnpm", "exec", 0),
    ("poetry", "run", 0),
    ("pyenv", "exec", 0),
    ("rbenv", "exec", 0),
    ("uv", "run", 0),
];

/// What stands behind its options is a line for a shell.
const WATCH: Wrapper = Wrapper { names: &["watch"], valued: &["-n", "--interval"], skip: 0 };

const SHELLS: [&str; 12] =
    ["sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "fish", "csh", "tcsh", "rbash", "yash"];

/// The file that a program's input is.
const STDIN: &str = "/dev/stdin";

/// How often one wrapper may stand inside another.
const DEPTH: usize = 16;

/// Takes wrapper after wrapper away. `input` is what the line feeds to the command.
pub fn unwrap(mut call: ShellCall, input: Option<String>) -> Unwrapped {
    for _ in 0..DEPTH {
        take_assignments(&mut call);
        // zsh: the path of the program.
        if let Some(program) = call.words.first_mut()
            && let Some(name) = program.strip_prefix("=")
        {
            *program = name;
        }
        let Some(first) = call.words.first() else { return Unwrapped::Nothing };
        let name = program(first).to_owned();
        let arguments = call.words.get(1..).unwrap_or_default();
        match name.as_str() {
            "cd" | "chdir" | "pushd" => return Unwrapped::ChangeDir(target(arguments)),
            "popd" => return Unwrapped::ChangeDir(ShellWord::unknown()),
            "eval" => {
                return Unwrapped::Script { text: joined(arguments), dir: call.dir, here: true };
            }
            "trap" => {
                let text = arguments.first().cloned().unwrap_or_else(|| ShellWord::known(""));
                return Unwrapped::Script { text, dir: call.dir, here: true };
            }
            "find" | "fd" => return Unwrapped::Each(found(&call)),
            "." | "source" => return sourced(&call, input),
            "parallel" => return parallel(&call, input),
            "watch" => {
                inside(&mut call, &name, &WATCH);
                return Unwrapped::Script { text: joined(&call.words), dir: call.dir, here: false };
            }
            "env" if let Some(text) = split_by_env(arguments) => {
                return Unwrapped::Script { text, dir: call.dir, here: false };
            }
            "command" if arguments.first().is_some_and(|a| a.is("-v") || a.is("-V")) => {
                return Unwrapped::Nothing;
            }
            "su" | "script" => return script_of(&call, input, "-c"),
            _ if let Some(text) = of_windows(&name, arguments) => {
                return Unwrapped::Script { text, dir: call.dir, here: false };
            }
            shell if SHELLS.contains(&shell) => return script_of(&call, input, "c"),
            wrapper => {
                if let Some(wrapper) = WRAPPERS.iter().find(|w| w.names.contains(&wrapper)) {
                    inside(&mut call, &name, wrapper);
                } else if !runs(&mut call, &name) {
                    return Unwrapped::Run(call);
                }
            }
        }
    }
    Unwrapped::Run(call)
}

/// The name of the program, without its directory; where only the beginning is known, that.
fn program(word: &ShellWord) -> &str {
    let text = word.start();
    text.rsplit('/').next().unwrap_or(text)
}

/// `A=b` before the command, which the shell has taken away already except behind `env` and `sudo`.
fn take_assignments(call: &mut ShellCall) {
    while let Some((name, value)) = call.words.first().and_then(|w| {
        let (name, value) = w.split_assignment()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), value))
    }) {
        call.env.push((name, value));
        call.words.remove(0);
    }
}

/// Takes the wrapper and its options away.
fn inside(call: &mut ShellCall, name: &str, wrapper: &Wrapper) {
    let mut at = 1;
    let mut replaced = None;
    while let Some(word) = call.words.get(at).filter(|word| word.start().starts_with('-')) {
        at += 1;
        if word.is("--") {
            break;
        }
        let (option, value) = match word.split_assignment() {
            Some((option, value)) => (option.to_owned(), Some(value)),
            None => (word.start().to_owned(), None),
        };
        let value = match value {
            Some(value) => Some(value),
            None if wrapper.valued.contains(&option.as_str()) => {
                at += 1;
                call.words.get(at - 1).cloned()
            }
            None => None,
        };
        let goes = matches!(
            (name, option.as_str()),
            ("env", "-C" | "--chdir") | ("sudo", "-D" | "--chdir")
        );
        if let (true, Some(value)) = (goes, &value) {
            call.dir = call.dir.join(value);
        }
        if name == "xargs"
            && let Some(sign) = option.strip_prefix("-I")
        {
            let next = value.as_ref().and_then(ShellWord::text);
            replaced = Some(sign).filter(|sign| !sign.is_empty()).or(next).map(str::to_owned);
        }
    }
    // `env A=b` and `sudo A=b` come before the words that are skipped; no wrapper has both.
    at = (at + wrapper.skip).min(call.words.len());
    call.words.drain(..at);
    match replaced {
        // What it reads comes into the words where this stands.
        Some(sign) if !sign.is_empty() => {
            for word in &mut call.words {
                if let Some((before, _)) = word.start().split_once(&sign) {
                    *word = ShellWord::Begins(before.to_owned());
                }
            }
        }
        _ if name == "xargs" => call.words.push(ShellWord::unknown()),
        _ => {}
    }
}

/// What the shells of Windows are told to run.
fn of_windows(name: &str, arguments: &[ShellWord]) -> Option<ShellWord> {
    let lower = name.to_ascii_lowercase();
    let is_option = |word: &ShellWord, options: &[&str]| {
        options.contains(&word.start().to_ascii_lowercase().as_str())
    };
    let options: &[&str] = match lower.strip_suffix(".exe").unwrap_or(&lower) {
        "iex" | "invoke-expression" => return Some(joined(arguments)),
        "cmd" => &["/c", "/k"],
        "powershell" | "pwsh" => &["-c", "-command"],
        _ => return None,
    };
    let at = arguments.iter().position(|word| is_option(word, options))?;
    Some(joined(arguments.get(at + 1..).unwrap_or_default()))
}

/// Takes a program with a subcommand that runs the rest away. Says whether it is one.
fn runs(call: &mut ShellCall, name: &str) -> bool {
    let is_this = |(program, subcommand, _): &&(&str, &str, usize)| {
        *program == name && call.words.get(1).is_some_and(|word| word.is(subcommand))
    };
    let Some((.., skip)) = RUNNERS.iter().find(is_this) else { return false };
    call.words.remove(0);
    inside(call, name, &Wrapper { names: &[], valued: &[], skip: *skip });
    true
}

/// `env -S 'a b' c`: the words of a line, which are split much as a shell would.
fn split_by_env(arguments: &[ShellWord]) -> Option<ShellWord> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let joined_on = word.strip_prefix("--split-string=").or_else(|| word.strip_prefix("-S"));
        let line = match joined_on {
            Some(line) if !line.is("") => line,
            _ if word.is("-S") || word.is("--split-string") => words.next()?.clone(),
            // Options, and variables.
            _ if word.start().starts_with('-') || word.split_assignment().is_some() => continue,
            _ => return None,
        };
        let rest: Vec<ShellWord> = words.cloned().collect();
        return Some(joined(&[&[line], quoted(&rest).as_slice()].concat()));
    }
    None
}

/// Words as they are written so that a shell reads just these.
pub fn quoted(words: &[ShellWord]) -> Vec<ShellWord> {
    let one =
        |word: &ShellWord| word.text().map_or_else(|| "\"$unknown\"".to_owned(), shell_quoted);
    words.iter().map(one).map(ShellWord::Known).collect()
}

/// `. file`: a file, which nobody reads here, unless it is what the line feeds to it, or a part of the line writes it.
fn sourced(call: &ShellCall, input: Option<String>) -> Unwrapped {
    let text = match (call.words.get(1), input) {
        (Some(file), Some(input)) if file.is(STDIN) => ShellWord::Known(input),
        (Some(file), _) if file.text().is_none() => ShellWord::unknown(),
        _ => return Unwrapped::Nothing,
    };
    Unwrapped::Script { text, dir: call.dir.clone(), here: true }
}

/// GNU parallel makes lines for a shell, of its arguments up to `:::` and of each one behind it. Where there are none of
/// the first kind, the others are lines.
fn parallel(call: &ShellCall, input: Option<String>) -> Unwrapped {
    const VALUED: [&str; 12] = [
        "-j",
        "--jobs",
        "-a",
        "--arg-file",
        "--colsep",
        "-C",
        "-I",
        "-n",
        "-N",
        "-L",
        "--delay",
        "--wd",
    ];
    let mut words = call.words.iter().skip(1).peekable();
    while let Some(option) = words.next_if(|word| word.start().starts_with('-')) {
        if VALUED.iter().any(|valued| option.is(valued)) {
            words.next();
        }
    }
    let is_mark = |word: &&ShellWord| word.start().starts_with(":::");
    let line: Vec<ShellWord> = words.by_ref().take_while(|word| !is_mark(word)).cloned().collect();
    let text = match (line.is_empty(), input) {
        (true, Some(input)) => ShellWord::Known(input),
        (true, None) => {
            let lines: Option<Vec<&str>> =
                words.filter(|word| !is_mark(word)).map(ShellWord::text).collect();
            lines.map_or_else(ShellWord::unknown, |lines| ShellWord::Known(lines.join("\n")))
        }
        (false, _) => match joined(&line) {
            ShellWord::Known(line) => {
                // The arguments stand where the signs for them are, or at the end.
                ShellWord::Known(format!("{} \"$unknown\"", line.replace("{}", "\"$unknown\"")))
            }
            unknown @ (ShellWord::Begins(_) | ShellWord::Place(_)) => unknown,
        },
    };
    Unwrapped::Script { text, dir: call.dir.clone(), here: false }
}

/// Where `cd` goes.
fn target(arguments: &[ShellWord]) -> ShellWord {
    let mut words = arguments.iter().filter(|word| {
        let text = word.start();
        text == "-" || !text.starts_with('-') || word.text().is_none()
    });
    match words.next() {
        None => ShellWord::unknown(),
        // Where it came from; and `pushd +1`.
        Some(word) if word.is("-") || word.start().starts_with('+') => ShellWord::unknown(),
        Some(word) => word.clone(),
    }
}

/// Words with a blank between each two.
pub fn joined(words: &[ShellWord]) -> ShellWord {
    let mut text = String::new();
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(word.start());
        if word.text().is_none() {
            return ShellWord::Begins(text);
        }
    }
    ShellWord::Known(text)
}

/// The script of `sh -c`, or what is fed to a shell that has none.
fn script_of(call: &ShellCall, input: Option<String>, option: &str) -> Unwrapped {
    let arguments = call.words.get(1..).unwrap_or_default();
    let dir = call.dir.clone();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.start();
        let cluster = text.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        if cluster.is_some_and(|letters| letters.ends_with(option.trim_start_matches('-'))) {
            // Options may stand between `-c` and the text.
            let text = words.find(|word| !word.start().starts_with('-'));
            let text = text.cloned().unwrap_or_else(|| ShellWord::known(""));
            return Unwrapped::Script { text, dir, here: false };
        }
        if text == "-o" || text == "+o" || text == "--rcfile" || text == "--init-file" {
            words.next();
        } else if word.is(STDIN) || word.is("-") {
            break;
        } else if !text.starts_with(['-', '+']) {
            // A file, which nobody reads here; one that the line writes meanwhile has no name in it.
            return match word.text() {
                Some(_) => Unwrapped::Nothing,
                None => Unwrapped::Script { text: ShellWord::unknown(), dir, here: false },
            };
        }
    }
    match input {
        Some(text) => Unwrapped::Script { text: ShellWord::Known(text), dir, here: false },
        None => Unwrapped::Nothing,
    }
}

/// The commands behind `find … -exec`.
fn found(call: &ShellCall) -> Vec<ShellCall> {
    let mut calls = Vec::new();
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        if ["-exec", "-execdir", "-ok", "-okdir", "-x", "-X"].iter().any(|option| word.is(option)) {
            let inner = words.by_ref().take_while(|word| !(word.is(";") || word.is("+")));
            calls.push(ShellCall { words: inner.cloned().collect(), ..call.clone() });
        }
    }
    calls
}

/// Whether the command is a shell that reads its script from its input.
pub fn reads_a_script(statement: &Stmt, source: &str) -> bool {
    let Command::Simple(command) = &statement.command else { return false };
    let words = std::iter::once(&command.name).chain(&command.args);
    let words: Vec<ShellWord> = words
        .map(|word| word.try_static_text(source).map_or_else(ShellWord::unknown, ShellWord::known))
        .collect();
    let call = ShellCall { words, env: Vec::new(), dir: Dir::Unknown };
    matches!(unwrap(call, Some(String::new())), Unwrapped::Script { text, here: false, .. } if text.is(""))
}
