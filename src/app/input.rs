//! Texts that somebody hands in: as an argument, in a file, on standard input.

use std::io::Read;
use std::path::Path;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use crate::error::{Exit, Failure};
use crate::git::signals;
use crate::out::Out;
use crate::text::one_line;

/// The largest file that is taken for a ticket or a text in one: one that is larger is a mistake.
const LARGEST: u64 = 4 << 20;

/// How long a signal goes unnoticed while an answer is awaited.
const LISTEN: Duration = Duration::from_millis(50);

/// What was on standard input: it comes once, and a command that is begun anew wants it again.
static STDIN: OnceLock<Vec<u8>> = OnceLock::new();

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
        Failure::new(Exit::Usage, format!("{} cannot be read: {error}", path.display()))
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

/// The text of a ticket: a file, `-` for standard input, or the text itself. One word that is no file is a file's name with
/// a mistake in it, not a text.
pub fn body_text(dir: &Path, given: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(given);
    let is_text = given.trim().contains(char::is_whitespace) || given.is_empty();
    if given == "-" || !is_text || (!given.contains('\n') && dir.join(path).is_file()) {
        return read_source(dir, path);
    }
    if given.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "--body says nothing"));
    }
    Ok(given.as_bytes().to_vec())
}

fn too_large(what: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("{what} is larger than {} MiB, too large for a ticket", LARGEST >> 20),
    )
}

/// What somebody answers to a question.
pub enum Reply {
    /// Nothing: the default holds.
    Default,
    Text(String),
}

/// Asks on the terminal. Only where somebody sits there: see [`Out::is_interactive`].
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

/// Asks until the answer is yes or no; nothing is a no.
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

/// A text from the command line, where `-` means standard input. It must say something.
pub fn given(text: &str, what: &str) -> Result<String, Failure> {
    let text = if text == "-" {
        let bytes = read_stdin()?;
        String::from_utf8(bytes)
            .map_err(|error| Failure::new(Exit::Usage, format!("standard input: {error}")))?
    } else {
        text.to_owned()
    };
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, format!("{what} says nothing")));
    }
    Ok(text)
}

/// The same on one line, as a commit and a changelog have it.
pub fn line(text: &str, what: &str) -> Result<String, Failure> {
    Ok(one_line(&given(text, what)?))
}
