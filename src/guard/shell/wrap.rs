//! Commands that run other commands: `env`, `sudo`, `xargs`, `parallel`, `sh -c`, `eval` and their like.
//!
//! Of most programs it is not known here how they are called. What they run stands among their words all the same, so it is
//! looked for there: known wrappers run it for sure, any other program maybe.

use super::script::{joined, quoted, script, script_of, sourced};
use super::word::ShellWord;
use super::world::{Certainty, Dir};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCall {
    pub words: Vec<ShellWord>,
    pub env: Vec<(String, ShellWord)>,
    pub dir: Dir,
    pub certainty: Certainty,
}

pub enum Unwrapped {
    Nothing,
    /// The shell goes to another directory.
    ChangeDir(ShellWord),
    Run(ShellCall),
    /// It runs these, each of which may have wrappers of its own.
    Each(Vec<ShellCall>),
    /// A text for this shell.
    Here(ShellWord),
    /// A text for a shell of its own, which the call starts.
    Script(ShellCall, ShellWord),
}

impl Unwrapped {
    /// The one call that is made.
    pub fn call(&self) -> Option<&ShellCall> {
        match self {
            Unwrapped::Run(call) | Unwrapped::Script(call, _) => Some(call),
            Unwrapped::Nothing
            | Unwrapped::ChangeDir(_)
            | Unwrapped::Each(_)
            | Unwrapped::Here(_) => None,
        }
    }
}

/// Programs that run the command among their words, and nothing else.
const WRAPPERS: &str = " - builtin busybox caffeinate chronic chrt command doas env exec fakeroot flock ionice nice nocorrect noglob \
    nohup rtk setsid stdbuf strace sudo taskset time timeout unbuffer xargs ";

/// Programs whose words are texts and names, and that write no file.
pub const READERS: &str = " : [ [[ ack ag alias apropos apt-cache basename cal cat cmp comm complete cut date df diff dig dirname du echo \
    egrep expr false fc fgrep file find free grep hash head help history hostname id info jobs jq kill less locale \
    logger look ls lsof man mkdir mktemp nproc ping print printenv printf ps pwd read readlink realpath rg seq \
    shellcheck shfmt sleep sort stat strings sum tac tail test tix tldr tr tree true tty type uname uniq uptime wait wc whatis whereis \
    which who whoami xxd yes ";

/// Programs whose words are for somebody else, or for another machine.
pub const TALKERS: &str = " apt apt-get awk brew cowsay curl dnf docker fly gawk gh glab heroku kubectl lxc multipass nerdctl notify-send \
    pip pip3 podman say ssh vagrant ";

/// Programs that write or remove the files among their words.
pub const WRITERS: &str =
    " chmod cp dd install ln mkdir mv perl rm rsync sed shred tee touch truncate unlink ";

/// An option or a parameter with one of these words in its name has a text for people, or for another program.
pub const TEXTS: &str = " answer body comment content contents context desc description detail details diff explanation finding \
    findings goal html instructions keywords label log markdown message messages msg name new note notes old patch pattern prompt \
    query question reason replacement search selector sql statement step str strategy string subject summary system task text \
    thought title topic ";

const SHELLS: &str = " sh bash dash zsh ksh ash mksh fish csh tcsh rbash yash ";

/// Others that are taken apart here.
const SPECIAL: &str = " cd chdir popd pushd eval fd find source trap ";

/// Behind one of these, or behind the same with `=`, many programs want a line for a shell.
const LINE_OPTIONS: [&str; 11] = [
    "-c",
    "--command",
    "--run",
    "--exec",
    "--cmd",
    "-e",
    "-x",
    "-S",
    "--split-string",
    "-Command",
    "-command",
];

/// With one of these a text of another language starts a program.
const STARTERS: [&str; 6] = ["system", "popen", "exec", "spawn", "subprocess", "getline"];

/// And with one of these it has a shell run a line.
const LINE_STARTERS: [&str; 8] =
    ["|\"", "| \"", "`git", "!git", "exec=", "shell git", "system git", "syscmd"];

/// The files that a program is told to write its input, or a text among its words, into.
pub fn told_files<'a>(
    name: &str,
    arguments: &'a [ShellWord],
) -> impl Iterator<Item = &'a ShellWord> {
    let (is_tee, is_find) = (name == "tee", name == "find");
    let before = std::iter::once(None).chain(arguments.iter().map(Some));
    let prints = |before: Option<&ShellWord>| before.is_some_and(|b| b.start().starts_with("-fp"));
    let told =
        before.zip(arguments).filter(move |(before, _)| is_tee || is_find && prints(*before));
    told.map(|(_, file)| file)
}

/// Whether a text may have a program of this name start others.
pub fn may_start(name: &str, text: &str) -> bool {
    // `sed`: the command and the flag `e`, with others or alone.
    let is_run =
        |word: &str| word.contains('e') && word.chars().all(|c| "egpiImM0123456789".contains(c));
    match name {
        "sed" => text.split(|c: char| !c.is_alphanumeric() && c != '-').any(is_run),
        "ssh" => text.contains("Command="),
        "awk" | "gawk" | "perl" => starts(text),
        _ if is_known(name) || has(READERS, name) || has(TALKERS, name) => false,
        _ => starts(text),
    }
}

fn starts(text: &str) -> bool {
    STARTERS.iter().chain(&LINE_STARTERS).any(|starter| text.contains(starter))
}

/// Whether what this program is told is a program in a language of its own, and not mostly a line for the shell.
pub fn is_language(name: &str, text: &str) -> bool {
    !has(" awk gawk sed ssh ", name) && !LINE_STARTERS.iter().any(|starter| text.contains(starter))
}

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
            "pushd"
                if arguments.is_empty()
                    || arguments.iter().any(|word| word.start().starts_with(['-', '+'])) =>
            {
                return Unwrapped::ChangeDir(ShellWord::unknown());
            }
            "cd" | "chdir" | "pushd" | "Set-Location" => {
                return Unwrapped::ChangeDir(target(arguments));
            }
            "popd" => return Unwrapped::ChangeDir(ShellWord::known("-")),
            "eval" => return Unwrapped::Here(joined(arguments)),
            "trap" => {
                let text = arguments.iter().find(|word| !word.is("--")).cloned();
                return Unwrapped::Here(text.unwrap_or_else(|| ShellWord::known("")));
            }
            "find" | "fd" => return Unwrapped::Each(found(&call)),
            "." | "source" => return sourced(&call, input),
            "command" if arguments.first().is_some_and(|a| a.is("-v") || a.is("-V")) => {
                return Unwrapped::Nothing;
            }
            "at" | "batch" => {
                return script(&call, input.map_or_else(ShellWord::filled, ShellWord::Known));
            }
            "parallel"
                if input.is_some()
                    || arguments.iter().all(|word| word.start().starts_with('-')) =>
            {
                return script(&call, input.map_or_else(ShellWord::filled, ShellWord::Known));
            }
            shell if has(SHELLS, shell) => return script_of(&call, input),
            // The lines of a makefile are lines for a shell.
            "make" | "gmake" if arguments.iter().any(is_input) => {
                let pairs = arguments.iter().zip(arguments.iter().skip(1));
                let to = pairs.filter_map(|(word, next)| directory_behind(&name, word, Some(next)));
                call.dir = to.fold(call.dir.clone(), |dir, to| dir.join(&to));
                return script(&call, input.map_or_else(ShellWord::filled, ShellWord::Known));
            }
            _ => match inside(call, &name) {
                Inside::Call(inner) => call = inner,
                Inside::Other(other) => return other,
            },
        }
    }
    // What is left is a line of its own, and one of those may stand inside another only so often.
    Unwrapped::Here(joined(&call.words))
}

/// Whether a word stands for what a program reads.
pub fn is_input(word: &ShellWord) -> bool {
    ["-", "-f-"].iter().any(|input| word.is(input))
        || word.start().starts_with("/dev/")
        || word.written().starts_with("<(")
}

enum Inside {
    Call(ShellCall),
    Other(Unwrapped),
}

/// Whether a name is in a list of them.
pub fn has(list: &str, name: &str) -> bool {
    !name.is_empty() && list.contains(&format!(" {name} "))
}

/// Whether a program of this name means something here.
pub fn is_known(name: &str) -> bool {
    let is_git = ["git", "git.exe"].iter().any(|git| name.eq_ignore_ascii_case(git));
    let lists = [WRAPPERS, WRITERS, SHELLS, SPECIAL, " gh glab hub "];
    is_git || name.starts_with("git-") || lists.iter().any(|list| has(list, name))
}

/// Whether a word names git as runners name what they fetch and start: `npm:git@2`, `nixpkgs#git`.
fn is_package_of_git(word: &ShellWord) -> bool {
    let name = word.text().and_then(|text| text.rsplit([':', '#', '/']).next());
    name.and_then(|name| name.split('@').next()) == Some("git")
}

/// What a program runs that is among its words, if it runs anything.
fn inside(mut call: ShellCall, name: &str) -> Inside {
    let is_wrapper = has(WRAPPERS, name);
    let is_quiet = [READERS, TALKERS, WRITERS].iter().any(|list| has(list, name))
        || !is_wrapper && is_known(name);
    let known = (1..call.words.len()).find(|at| {
        let word = call.words.get(*at).filter(|word| word.text().is_some());
        let inner = word.map(program).filter(|inner| is_known(inner));
        // `npm install` is no call of `install`.
        inner.is_some_and(|inner| is_wrapper || !has(WRITERS, inner))
            || word.is_some_and(is_package_of_git)
    });
    // `$SUDO git …` runs git; anything else that has no name may be git itself.
    let is_nameless = call.words.first().is_some_and(|word| word.text().is_none());
    if is_quiet || is_nameless && known != Some(1) {
        return Inside::Other(Unwrapped::Run(call));
    }
    // A wrapper runs a program here whose name the line does not say.
    let is_open = |word: &ShellWord| word.text().is_none() && !word.start().starts_with('-');
    let open = call.words.iter().position(is_open).filter(|_| is_wrapper && name != "xargs");
    let end = known.or(open).unwrap_or(call.words.len());
    // What a program nobody knows is told of a directory may be where it goes.
    let here = call.dir.clone();
    for at in 1..end {
        let Some(word) = call.words.get(at) else { break };
        if let Some(to) = directory_behind(name, word, call.words.get(at + 1)) {
            call.dir = here.join(&to);
        }
    }
    let lines = if is_wrapper { 1..end } else { 1..call.words.len() };
    let line = lines.into_iter().find_map(|at| Some((at, line_behind(&call, at)?)));
    if let Some((at, line)) = line {
        // The command among the words may be one all the same; what `env` splits goes on behind it.
        let (from, between) = if name == "env" { (at + 1, " ") } else { (end, "\n") };
        let rest = call.words.get(from..).unwrap_or_default();
        let text = joined(&[&[line, ShellWord::known(between)], quoted(rest).as_slice()].concat());
        return Inside::Other(script(&ShellCall { certainty: Certainty::Maybe, ..call }, text));
    }
    let set = call.words.get(1..end).unwrap_or_default().iter().filter_map(assignment);
    call.env.extend(set.collect::<Vec<_>>());
    if end == call.words.len() {
        return Inside::Other(Unwrapped::Run(call));
    }
    if !is_wrapper {
        call.certainty = Certainty::Maybe;
    }
    let sign = place_of_input(call.words.get(..end).unwrap_or_default());
    call.words.drain(..end);
    // `mise x git -- git commit`: the first one is what is to be there.
    let is_option = |word: &ShellWord| word.start().starts_with('-');
    let next = call.words.iter().skip(1).take_while(|word| is_option(word)).count() + 1;
    if call.words.get(next).is_some_and(is_package_of_git) {
        call.words.drain(..next);
    }
    if let Some(word) = call.words.first_mut()
        && is_package_of_git(word)
    {
        *word = ShellWord::known("git");
    }
    // `parallel git commit -m ::: x`
    let list = call.words.iter().position(|word| word.start().starts_with(":::"));
    call.words.truncate(list.unwrap_or(call.words.len()));
    if !put_input(&mut call.words, &sign) && (name == "xargs" || list.is_some()) {
        call.words.push(ShellWord::filled());
    }
    if is_wrapper || call.dir == here {
        return Inside::Call(call);
    }
    let stays = ShellCall { dir: here, ..call.clone() };
    Inside::Other(Unwrapped::Each(vec![call, stays]))
}

/// Where a program goes that has this option, and the next word as its value.
fn directory_behind(name: &str, option: &ShellWord, next: Option<&ShellWord>) -> Option<ShellWord> {
    let (letters, words) = match name {
        "env" => (" -C ", " --chdir "),
        "sudo" => (" -D ", " --chdir "),
        _ if has(WRAPPERS, name) => ("", ""),
        _ => (
            " -C -D -d ",
            " --chdir --cwd --dir --directory --prefix --wd --workdir --working-directory ",
        ),
    };
    if let Some((_, to)) = option.split_assignment().filter(|(option, _)| has(words, option)) {
        return Some(to);
    }
    if has(letters, option.start()) || has(words, option.start()) {
        return next.filter(|next| !next.start().starts_with('-')).cloned();
    }
    let glued = option.start().get(..2).filter(|letter| has(letters, letter));
    glued.and_then(|letter| option.strip_prefix(letter))
}

/// The line for a shell that stands behind an option here. A single word is more likely a command among others.
fn line_behind(call: &ShellCall, at: usize) -> Option<ShellWord> {
    let words = &call.words;
    let option = words.get(at)?;
    let is_line = |word: &ShellWord| word.start().trim().contains([' ', '\n', ';']);
    // Some take it as it is, and some behind the letter.
    let cluster =
        ["-c", "-S", "-iS", "-vS"].iter().find_map(|letters| option.strip_prefix(letters));
    let line = cluster.unwrap_or_else(|| option.clone());
    let joined_on = option.split_assignment().filter(|(name, _)| name.starts_with('-'));
    let before = words.get(at - 1).map(ShellWord::start).unwrap_or_default();
    let (name, value) = joined_on.clone().unwrap_or((before, line.clone()));
    // For these it is a line all the same; and a guess within a guess is none.
    let has_title = !words.first().is_some_and(|word| has(" parallel watch ", program(word)));
    let is_git = || {
        let mut commands = value.start().split(['&', ';', '|', '(', '\n']);
        commands.any(|command| command.trim_start().starts_with("git "))
            && !(has_title && is_for_people(name))
            && call.certainty == Certainty::Sure
    };
    if is_line(&line) && line != *option {
        return Some(line);
    }
    if is_line(&value) && is_git() {
        return Some(value);
    }
    let joined_on = joined_on.filter(|(name, _)| LINE_OPTIONS.contains(name));
    let text = match joined_on {
        Some((_, text)) => text,
        None if is_line_option(option.text()?) => words.get(at + 1)?.clone(),
        None => return None,
    };
    is_line(&text).then_some(text)
}

/// Whether what stands behind this option is a text for people, as its name says; a small letter mostly says that, too.
fn is_for_people(option: &str) -> bool {
    let Some(name) = option.strip_prefix('-') else { return false };
    let is_letter = name.len() == 1 && name.chars().all(char::is_lowercase);
    is_letter || name.split('-').any(|word| has(TEXTS, word))
}

fn is_line_option(option: &str) -> bool {
    let is_cluster = |letters: &str| {
        letters.len() < 6
            && letters.ends_with('c')
            && letters.bytes().all(|b| b.is_ascii_lowercase())
    };
    LINE_OPTIONS.contains(&option) || option.strip_prefix('-').is_some_and(is_cluster)
}

/// What `xargs` is told to put its input in the place of.
fn place_of_input(options: &[ShellWord]) -> String {
    let behind = |at: usize, word: &ShellWord| {
        let (_, rest) = word.start().split_once(['I', 'J'])?;
        let rest = Some(rest).filter(|rest| !rest.is_empty());
        rest.or_else(|| Some(options.get(at + 1)?.start())).map(str::to_owned)
    };
    let short = options.iter().enumerate();
    let mut short = short.filter(|(_, word)| word.start().starts_with('-'));
    let sign = short.find_map(|(at, word)| match word.start().strip_prefix("--replace=") {
        Some(sign) => Some(sign.to_owned()),
        None if word.start().starts_with("--") => None,
        None => behind(at, word),
    });
    sign.unwrap_or_else(|| "{}".to_owned())
}

/// Puts what is read into the words where this sign stands. Whether it stands anywhere.
fn put_input(words: &mut [ShellWord], sign: &str) -> bool {
    let mut is_put = false;
    for word in words {
        if let Some((before, _)) = word.start().split_once(sign) {
            let behind = word.end().rsplit_once(sign).map_or("", |(_, behind)| behind);
            *word = ShellWord::open(before, behind);
            is_put = true;
        }
    }
    is_put
}

/// The name of the program, without its directory; where only the beginning is known, that.
pub fn program(word: &ShellWord) -> &str {
    let text = word.start();
    text.rsplit('/').next().unwrap_or(text)
}

/// `A=b` before the command, which the shell has taken away already except behind `env` and `sudo`.
fn take_assignments(call: &mut ShellCall) {
    while let Some(set) = call.words.first().and_then(assignment) {
        call.env.push(set);
        call.words.remove(0);
    }
}

fn assignment(word: &ShellWord) -> Option<(String, ShellWord)> {
    let (name, value) = word.split_assignment()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), value))
}

/// Where `cd` goes.
fn target(arguments: &[ShellWord]) -> ShellWord {
    let mut words = arguments.iter().filter(|word| {
        let text = word.start();
        text == "-" || !text.starts_with('-') || word.text().is_none()
    });
    match words.next() {
        None => ShellWord::known("~"),
        Some(word) => word.clone(),
    }
}

/// The commands behind `find … -exec`.
fn found(call: &ShellCall) -> Vec<ShellCall> {
    let mut calls = Vec::new();
    // What it deletes is below what it is told first.
    if call.words.iter().any(|word| word.is("-delete")) {
        let paths = call.words.iter().skip(1).take_while(|word| !word.start().starts_with('-'));
        let words = std::iter::once(ShellWord::known("rm")).chain(paths.cloned()).collect();
        calls.push(ShellCall { words, ..call.clone() });
    }
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let dir = match word.start() {
            "-execdir" | "-okdir" => call.dir.join(&ShellWord::filled()),
            _ => call.dir.clone(),
        };
        if ["-exec", "-execdir", "-ok", "-okdir", "-x", "-X"].iter().any(|option| word.is(option)) {
            let inner = words.by_ref().take_while(|word| !(word.is(";") || word.is("+")));
            let mut words: Vec<ShellWord> = inner.cloned().collect();
            put_input(&mut words, "{}");
            calls.push(ShellCall { words, dir, ..call.clone() });
        }
    }
    calls
}
