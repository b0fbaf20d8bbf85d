//! tix on a terminal of its own, made by `script` of util-linux.

use std::fs;
use std::path::PathBuf;

use super::{Gate, Output, Place, Running, Shim, notes};

/// Runs tix with these arguments, which the shell reads, on a terminal of 24 rows and 110 columns, with these keys typed
/// ahead; `None` where no `script` can make a terminal. What it wrote to either output is in `stdout`.
pub fn on_terminal(place: &Place, shim: Option<&Shim>, args: &str, keys: &str) -> Option<Output> {
    start_on_terminal(place, shim, args).map(|terminal| terminal.press(keys))
}

/// The same on a terminal with so many columns, where no key is pressed.
pub fn on_terminal_of(place: &Place, columns: usize, args: &str) -> Option<Output> {
    start_sized(place, None, args, columns).map(|terminal| terminal.press(""))
}

/// tix on a terminal, where nobody has pressed a key yet.
pub struct Terminal {
    running: Running,
    keys: PathBuf,
    gate: Gate,
}

impl Terminal {
    /// Presses these keys, all that will ever be pressed, and waits for the end.
    #[track_caller]
    pub fn press(mut self, keys: &str) -> Output {
        fs::write(&self.keys, keys).unwrap();
        self.gate.open();
        self.running.wait()
    }
}

/// The same, for keys that are to be pressed when something has happened.
pub fn start_on_terminal(place: &Place, shim: Option<&Shim>, args: &str) -> Option<Terminal> {
    start_sized(place, shim, args, 110)
}

fn start_sized(place: &Place, shim: Option<&Shim>, args: &str, columns: usize) -> Option<Terminal> {
    if !place.sh("script --version").run().stdout().contains("util-linux") {
        notes::skipped("script");
        return None;
    }
    // The shell becomes tix, so that its number is tix's. The keys are pressed when the terminal passes on each of them,
    // as tix has it too.
    let tix = env!("CARGO_BIN_EXE_tix");
    let line = format!(
        "stty rows 24 cols {columns} raw -echo; echo $$ >tix.new; mv tix.new tix.pid; exec '{tix}' {args}"
    );
    let gate = Gate::new(&place.shared().fresh_directory("keys"));
    let keys = gate.directory().join("pressed");
    let pressed = format!(
        "rm -f tix.pid; {{ until [ -e tix.pid ]; do :; done; {} printf %b \"$(cat '{}')\"; }} | \
         script -qec \"$LINE\" /dev/null",
        gate.script("keys"),
        keys.display()
    );
    let script = place.sh(&pressed).env("TERM", "xterm").env("LINE", line);
    let running = match shim {
        Some(shim) => script.through(shim).spawn(),
        None => script.spawn(),
    };
    Some(Terminal { running, keys, gate })
}
