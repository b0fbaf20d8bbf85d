//! Texts that are handed to a shell: `sh -c`, `eval`, what is fed to one, and what is printed for one.

use shuck_ast::{RedirectTarget, Stmt};

use super::word::ShellWord;
use super::wrap::{ShellCall, Unwrapped, is_input};
use crate::text::shell_quoted;

pub fn script(call: &ShellCall, text: ShellWord) -> Unwrapped {
    Unwrapped::Script(call.clone(), text)
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
        (Some(file), Some(input)) if is_input(file) => ShellWord::Known(input),
        (Some(file), None) if is_input(file) => ShellWord::filled(),
        (Some(file), _) if file.text().is_none() => ShellWord::unknown(),
        _ => return Unwrapped::Run(call.clone()),
    };
    Unwrapped::Here(text)
}

/// A line of these words; one that is not said in full is a variable that nobody has set.
pub fn written(words: &[ShellWord]) -> String {
    quoted(words).iter().map(ShellWord::start).collect::<Vec<_>>().join(" ")
}

/// Words with a blank between each two.
pub fn joined(words: &[ShellWord]) -> ShellWord {
    if let [word] = words {
        return word.clone();
    }
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
            // It only says whether it could.
            if text.starts_with('-') && text.contains('n') {
                return Unwrapped::Nothing;
            }
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
        words.next().cloned().unwrap_or_else(|| ShellWord::known(""))
    } else {
        let file = words.next_if(|word| !reads_input && !is_input(word));
        match (file, input) {
            (Some(file), _) if file.text().is_some() => return Unwrapped::Run(call.clone()),
            // One that the line writes meanwhile has no name in it.
            (Some(file), _) if file.is_filled() => file.clone(),
            (Some(_), _) => ShellWord::unknown(),
            (None, Some(input)) => ShellWord::Known(input),
            (None, None) => ShellWord::filled(),
        }
    };
    script(call, text)
}

/// What `echo` prints, where all of it is said.
pub fn told(words: &[ShellWord]) -> Option<String> {
    let (name, arguments) = words.split_first()?;
    joined(arguments.strip_prefix(&[ShellWord::known("-n")]).unwrap_or(arguments))
        .text()
        .filter(|_| name.is("echo"))
        .map(str::to_owned)
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
