//! The pager, for an answer that does not fit on the screen.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Shows a text in a pager; whether it did. The pager is a line of shell, as git keeps it.
pub fn show(pager: &str, text: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "no program of git's, and on the person's own terminal"
    )]
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    // git-config(1), core.pager: where these are not set, git sets them.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if !crate::env::has(name) {
            command.env(name, value);
        }
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Whoever leaves the pager before the end has read enough.
        input.write_all(text.as_bytes()).ok();
    }
    // 127: the shell found no such program, so nobody has read anything.
    child.wait().is_ok_and(|status| status.code() != Some(127))
}
