//! Texts that are handed to a shell: `sh -c`, `eval`, what is fed to one, and what is printed for one.

use shuck_ast::{Command, Stmt};

use super::word::ShellWord;
use super::world::{Certainty, Dir};
use super::wrap::{ShellCall, Unwrapped, is_known, program, unwrap};
use crate::text::shell_quoted;

/// A text for a shell of its own.
pub struct ShellScript {
    pub text: ShellWord,
    /// What it knows as `$1` and so on.
    pub arguments: Vec<ShellWord>,
    pub env: Vec<(String, ShellWord)>,
    pub dir: Dir,
    pub certainty: Certainty,
}

/// The file that a program's input is.
const STDIN: &str = "/dev/stdin";

pub fn script(call: &ShellCall, text: ShellWord) -> Unwrapped {
    Unwrapped::Script(ShellScript {
        text,
        arguments: Vec::new(),
        env: call.env.clone(),
        dir: call.dir.clone(),
        certainty: call.certainty,
    })
}

/// What the shells of Windows are told to run.
pub fn of_windows(name: &str, arguments: &[ShellWord]) -> Option<ShellWord> {
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

/// `env -S 'a b' c`: the words of a line, which are split much as a shell would.
pub fn split_by_env(arguments: &[ShellWord]) -> Option<ShellWord> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let cluster = ["-S", "-iS", "-vS"].into_iter().find_map(|option| word.strip_prefix(option));
        let joined_on = word.strip_prefix("--split-string=").or(cluster);
        let line = match joined_on {
            Some(line) if !line.is("") => line,
            Some(_) => words.next()?.clone(),
            None if word.is("--split-string") => words.next()?.clone(),
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
pub fn sourced(call: &ShellCall, input: Option<String>) -> Unwrapped {
    let text = match (call.words.get(1), input) {
        (Some(file), Some(input)) if file.is(STDIN) => ShellWord::Known(input),
        (Some(file), _) if file.text().is_none() => ShellWord::unknown(),
        _ => return Unwrapped::Nothing,
    };
    Unwrapped::Here(text)
}

/// GNU parallel runs the command among its words for each one behind `:::`, or for what it reads. Without a command these
/// are lines for a shell.
pub fn parallel(call: &ShellCall, input: Option<String>) -> Unwrapped {
    let is_mark = |word: &ShellWord| word.start().starts_with(":::");
    let end = call.words.iter().position(is_mark).unwrap_or(call.words.len());
    let (before, behind) = call.words.split_at(end);
    let is_command = |word: &&ShellWord| is_known(program(word)) || word.start().contains(' ');
    let command = before.iter().skip(1).skip_while(|word| !is_command(word));
    let words: Vec<ShellWord> = command.cloned().collect();
    if words.is_empty() {
        let lines = behind.iter().filter(|word| !is_mark(word)).map(ShellWord::text);
        let lines = lines.collect::<Option<Vec<_>>>().map(|lines| lines.join("\n"));
        let text = lines.filter(|lines| !lines.is_empty()).or(input);
        return script(call, text.map_or_else(ShellWord::unknown, ShellWord::Known));
    }
    let line = joined(&words).text().map_or_else(|| written(&words), str::to_owned);
    let line = format!("{} \"$unknown\"", line.replace("{}", "\"$unknown\""));
    script(call, ShellWord::Known(line))
}

/// A line of these words; one that is not said in full is a variable that nobody has set.
pub fn written(words: &[ShellWord]) -> String {
    quoted(words).iter().map(ShellWord::start).collect::<Vec<_>>().join(" ")
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
            return ShellWord::begins(text);
        }
    }
    ShellWord::Known(text)
}

/// The script of `sh -c`, or what is fed to a shell that has none.
pub fn script_of(call: &ShellCall, input: Option<String>) -> Unwrapped {
    let mut words = call.words.iter().skip(1).peekable();
    let (mut has_text, mut reads_input) = (false, false);
    while let Some(option) = words.next_if(|word| word.start().starts_with(['-', '+'])) {
        let text = option.start();
        if option.is("--") || option.is("-") {
            break;
        }
        if matches!(text, "--rcfile" | "--init-file") {
            words.next();
        } else if !text.starts_with("--") {
            has_text |= text.starts_with('-') && text.contains('c');
            reads_input |= text.starts_with('-') && text.contains('s');
            // The name of an option of the shell.
            for _ in text.matches(['o', 'O']) {
                words.next();
            }
        } else if let Some(text) = option.strip_prefix("--command=") {
            return script(call, text);
        } else if option.is("--command") {
            has_text = true;
        }
    }
    let text = if has_text {
        let text = words.next().cloned().unwrap_or_else(|| ShellWord::known(""));
        // The next one is its name.
        words.next();
        text
    } else {
        let file = words.next_if(|word| !reads_input && !word.is(STDIN));
        match (file, input) {
            (Some(file), _) if file.text().is_some() => return Unwrapped::Nothing,
            // One that the line writes meanwhile has no name in it.
            (Some(_), _) => ShellWord::unknown(),
            (None, Some(input)) => ShellWord::Known(input),
            (None, None) => return Unwrapped::Nothing,
        }
    };
    let Unwrapped::Script(found) = script(call, text) else { return Unwrapped::Nothing };
    Unwrapped::Script(ShellScript { arguments: words.cloned().collect(), ..found })
}

/// Whether the command is a shell that reads its script from its input.
pub fn reads_a_script(statement: &Stmt, source: &str) -> bool {
    let Command::Simple(command) = &statement.command else { return false };
    let words = std::iter::once(&command.name).chain(&command.args);
    let words: Vec<ShellWord> = words
        .map(|word| word.try_static_text(source).map_or_else(ShellWord::unknown, ShellWord::known))
        .collect();
    let dir = Dir::Aside(0);
    let call = ShellCall { words, env: Vec::new(), dir, certainty: Certainty::Sure };
    matches!(unwrap(call, Some(String::new())), Unwrapped::Script(script) if script.text.is(""))
}

/// What `echo` and `printf` print, where all of it is said.
pub fn told(words: &[ShellWord]) -> Option<String> {
    let (name, arguments) = words.split_first()?;
    let texts: Vec<&str> = arguments.iter().map(ShellWord::text).collect::<Option<_>>()?;
    match name.text()? {
        "echo" => {
            let is_option = |text: &&&str| ["-n", "-e", "-ne", "-en", "-E"].contains(*text);
            let options = texts.iter().take_while(is_option).count();
            let (options, texts) = texts.split_at(options);
            let text = texts.join(" ");
            let is_escaped = options.iter().any(|option| option.contains('e'));
            Some(if is_escaped { text.replace("\\n", "\n") } else { text })
        }
        "printf" => {
            let (format, values) = texts.split_first()?;
            let format = format.replace("\\n", "\n").replace("\\t", "\t");
            let mut printed = String::new();
            let mut values = values.iter();
            // The format is used again as long as there are values.
            loop {
                let mut pieces = format.split("%s");
                printed.push_str(pieces.next().unwrap_or_default());
                for piece in pieces {
                    printed.push_str(values.next().unwrap_or(&""));
                    printed.push_str(piece);
                }
                if values.len() == 0 || !format.contains("%s") {
                    return Some(printed);
                }
            }
        }
        _ => None,
    }
}
