//! tix on a terminal of its own, made by `script` of util-linux.

use super::{Output, Place, Shim};

/// Runs tix with these arguments, which the shell reads, on a terminal of 24 rows and 110 columns, with these keys typed
/// ahead; `None` where no `script` can make a terminal. What it wrote to either output is in `stdout`.
pub fn on_terminal(place: &Place, shim: Option<&Shim>, args: &str, keys: &str) -> Option<Output> {
    if !place.sh("script --version").run().stdout().contains("util-linux") {
        eprintln!("no `script` of util-linux here: nothing was tested on a terminal");
        return None;
    }
    // The shell becomes tix, so that its number is tix's. The keys are pressed when the terminal passes on each of them,
    // as tix has it too.
    let tix = env!("CARGO_BIN_EXE_tix");
    let line = format!(
        "stty rows 24 cols 110 raw -echo; echo $$ >tix.new; mv tix.new tix.pid; exec '{tix}' {args}"
    );
    let pressed = "rm -f tix.pid; { until [ -e tix.pid ]; do :; done; printf %b \"$KEYS\"; } | script -qec \"$LINE\" /dev/null";
    let script = place.sh(pressed).env("TERM", "xterm").env("KEYS", keys).env("LINE", line);
    Some(match shim {
        Some(shim) => script.through(shim).run(),
        None => script.run(),
    })
}
