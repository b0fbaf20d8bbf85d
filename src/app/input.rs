//! Texts that somebody hands in: as an argument, in a file, on standard input.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Exit, Failure};
use crate::text::one_line;

/// The largest file that is taken for a ticket or a text in one: one that is larger is a mistake.
const LARGEST: u64 = 4 << 20;

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
