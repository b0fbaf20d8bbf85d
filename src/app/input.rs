//! Texts from arguments, files and standard input.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use crate::error::{Exit, Failure};
use crate::git::signals;
use crate::out::Out;
use crate::text::{one_line, shell_word};

/// The largest file that is accepted as a ticket or its text; a larger one is a mistake.
const LARGEST: u64 = 4 << 20;

/// How long a signal may go unnoticed while tix waits for an answer.
const LISTEN: Duration = Duration::from_millis(50);

/// The contents of standard input, kept because it can be read only once and a restarted command needs it again.
static STDIN: OnceLock<Vec<u8>> = OnceLock::new();

/// The failure for a ticket without a title.
pub fn no_title() -> Failure {
    Failure::new(Exit::Usage, "a ticket needs a title").hint("a title has at least one word")
}

/// What a key for new tickets may be: one line of printable text, so that it can be found again in a trailer.
pub const KEY_RULE: &str =
    "a key is one line of at most 200 bytes, without leading, trailing or repeated spaces";

pub fn is_key(key: &str) -> bool {
    let is_line = key.trim() == key && !key.chars().any(char::is_control);
    !key.is_empty() && key.len() <= 200 && is_line && !key.contains("  ")
}

/// Everything on standard input.
pub fn read_stdin() -> Result<Vec<u8>, Failure> {
    if let Some(bytes) = STDIN.get() {
        return Ok(bytes.clone());
    }
    let mut bytes = Vec::new();
    match std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes) {
        Ok(n) if n as u64 <= LARGEST => Ok(STDIN.get_or_init(|| bytes).clone()),
        Ok(_) => Err(too_large("standard input")),
        Err(error) => Err(Failure::new(Exit::Usage, format!("standard input: {error}"))),
    }
}

pub fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        let path = path.display();
        let message = if error.kind() == ErrorKind::NotFound {
            format!("there is no file {path}")
        } else {
            format!("{path} cannot be read: {error}")
        };
        Failure::new(Exit::Usage, message)
    };
    let meta = std::fs::metadata(path).map_err(failed)?;
    if meta.len() > LARGEST {
        return Err(too_large(&path.display().to_string()));
    }
    std::fs::read(path).map_err(failed)
}

/// What is in a file, where `-` means standard input.
pub fn read_source(dir: &Path, path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") { read_stdin() } else { read_file(&dir.join(path)) }
}

/// The text of a ticket: a file, `-` for standard input, or the text itself. One word that names no file is a mistyped
/// file name, not a text.
pub fn body_text(dir: &Path, given: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(given);
    let is_text = given.trim().contains(char::is_whitespace) || given.is_empty();
    if given == "-" || !is_text || (!given.contains('\n') && dir.join(path).is_file()) {
        let as_text = || {
            let word = shell_word(given);
            format!(
                "a single word is taken for a file; as a text: printf '%s\\n' {word} | tix … --body -"
            )
        };
        let is_there = given == "-" || dir.join(path).exists();
        return read_source(dir, path)
            .map_err(|failure| if is_there { failure } else { failure.hint(as_text()) });
    }
    if given.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "--body is empty"));
    }
    Ok(given.as_bytes().to_vec())
}

fn too_large(what: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("{what} is larger than {} MiB, too large for a ticket", LARGEST >> 20),
    )
}

/// The answer to a question.
pub enum Reply {
    /// Nothing: the default holds.
    Default,
    Text(String),
}

/// Asks on the terminal. Only for interactive use: see [`Out::is_interactive`].
pub fn ask(out: &Out, question: &str) -> Result<Reply, Failure> {
    out.ask(question);
    // On a thread of its own, because a read goes on when a signal has come.
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map(|length| (length, line));
        // Nobody hears it when tix was told to end.
        tell.send(read).ok();
    });
    loop {
        signals::check().map_err(Failure::from)?;
        match hear.recv_timeout(LISTEN) {
            Ok(Ok((0, _))) => {
                return Err(Failure::new(Exit::Usage, "no answer, so nothing was done")
                    .hint("take the defaults without being asked: tix init --yes"));
            }
            Ok(Ok((_, line))) if line.trim().is_empty() => return Ok(Reply::Default),
            Ok(Ok((_, line))) => return Ok(Reply::Text(line.trim().to_owned())),
            Ok(Err(error)) => {
                return Err(Failure::new(Exit::Usage, format!("standard input: {error}")));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Failure::new(Exit::Usage, "standard input cannot be read"));
            }
        }
    }
}

/// Asks until the answer is yes or no; an empty answer is a no.
pub fn ask_yes_no(out: &Out, question: &str) -> Result<bool, Failure> {
    loop {
        let Reply::Text(answer) = ask(out, question)? else { return Ok(false) };
        match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => out.ask("Please answer y or n.\n"),
        }
    }
}

/// A text from the command line, where `-` means standard input. It must not be empty.
pub fn given(text: &str, what: &str) -> Result<String, Failure> {
    let text = if text == "-" {
        let bytes = read_stdin()?;
        String::from_utf8(bytes)
            .map_err(|error| Failure::new(Exit::Usage, format!("standard input: {error}")))?
    } else {
        text.to_owned()
    };
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, format!("{what} is empty")));
    }
    Ok(text)
}

/// The same on one line, for a commit and a changelog.
pub fn line(text: &str, what: &str) -> Result<String, Failure> {
    Ok(one_line(&given(text, what)?))
}
