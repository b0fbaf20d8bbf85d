//! What a finished command left behind, in one piece: how it ended, its answer, its narration.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The outcome of one command. Displays as exit, stdout and stderr together; see [`Output::redacted`] for snapshots.
#[must_use = "a test that ignores an outcome tests nothing"]
#[derive(Clone)]
pub struct Output {
    pub line: String,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub root: PathBuf,
}

impl Output {
    pub fn new(line: String, status: ExitStatus, streams: [Vec<u8>; 2], root: &Path) -> Self {
        let [stdout, stderr] = streams;
        Self {
            line,
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
            root: root.to_owned(),
        }
    }

    #[track_caller]
    pub fn success(&self) -> &Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "`{}` was to exit {code}:\n{self}", self.line);
        self
    }

    #[track_caller]
    pub fn killed_by(&self, signal: i32) -> &Self {
        assert_eq!(
            self.signal,
            Some(signal),
            "`{}` was to die of signal {signal}:\n{self}",
            self.line
        );
        self
    }

    /// The answer as JSON: exactly one value, nothing after it.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            panic!("`{}` was to answer in JSON ({error}):\n{self}", self.line)
        })
    }

    #[track_caller]
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not UTF-8 ({error}):\n{self}"))
    }

    #[track_caller]
    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr)
            .unwrap_or_else(|error| panic!("stderr is not UTF-8 ({error}):\n{self}"))
    }

    /// The display form with everything replaced that differs from run to run:
    /// the sandbox `[ROOT]`, commits `[OID]`, claim ids `[CLAIM]`, times `[TIME]`, durations `[N ms]`.
    pub fn redacted(&self) -> String {
        redact(&self.to_string(), &self.root)
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => writeln!(f, "exit: {code}")?,
            (None, Some(signal)) => writeln!(f, "signal: {signal}")?,
            (None, None) => writeln!(f, "neither exit nor signal")?,
        }
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            // Lossy is right here: this text is for people and snapshots, and a bad byte must be visible in them.
            let text = String::from_utf8_lossy(bytes);
            let missing_end =
                if text.is_empty() || text.ends_with('\n') { "" } else { "⏎ missing\n" };
            write!(f, "----- {name} -----\n{text}{missing_end}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`\n{self}", self.line)
    }
}

static CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:claim_id: "?|Tix-Claim: |"claim_id":\s*"|"claim":\s*\{\s*"id":\s*")([0-9A-Za-z._-]{6,})"#,
    )
});
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    )
});
// Seven is git's shortest abbreviation. A word of digits only is one too: one abbreviation in thirty has no letter.
static OID: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u:\b)[0-9a-f]{7,64}(?-u:\b)"));
static DURATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?-u:\b)[0-9]+(\.[0-9]+)? (ms|s)(?-u:\b)|("duration_ms":\s*)[0-9]+"#)
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

pub fn redact(text: &str, root: &Path) -> String {
    let root = root.to_str().unwrap();
    let text = text.replace(root, "[ROOT]");
    // A claim id is known by the key it stands at; after that it is replaced wherever it turns up.
    let mut claims: Vec<String> =
        CLAIM.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    claims.sort_by_key(|claim| std::cmp::Reverse(claim.len()));
    let text = claims.iter().fold(text, |text, claim| text.replace(claim, "[CLAIM]"));
    let text = TIME.replace_all(&text, "[TIME]");
    let text = OID.replace_all(&text, "[OID]");
    DURATION
        .replace_all(&text, |found: &Captures<'_>| match found.get(3) {
            Some(key) => format!("{}[N]", key.as_str()),
            None => "[N ms]".to_owned(),
        })
        .into_owned()
}
