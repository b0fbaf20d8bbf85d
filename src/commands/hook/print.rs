//! `tix hook print`.

use serde::Serialize;

use crate::app::hooks;
use crate::error::Failure;
use crate::guard::install::hook::Hook;
use crate::out::{Format, Out};

/// Print the script of a hook, to install by hand, as on a server
///
/// On a server of your own, install the guard as pre-receive: what it refuses, no clone can push. The comments of the
/// script say where to put it. It looks for tix on the PATH of the account that receives the push, then at the path of
/// the tix that printed it, because a web server often has no PATH for its programs.
#[derive(Debug, clap::Args)]
pub struct HookPrintArgs {
    /// The hook: pre-receive, or update to check each ref by itself
    #[arg(value_name = "HOOK")]
    hook: Hook,
}

/// The answer in JSON.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Printed {
    /// The hook.
    hook: &'static str,
    schema: &'static str,
    /// The whole file.
    script: String,
}

#[allow(clippy::unnecessary_wraps, reason = "all commands have one form")]
pub fn run(args: &HookPrintArgs, out: &Out) -> Result<(), Failure> {
    let script = hooks::by_hand(args.hook);
    match out.format {
        Format::Json => {
            out.json(&Printed { hook: args.hook.name(), schema: "tix/hook-print@1", script });
        }
        Format::Human => out.answer(&script),
    }
    Ok(())
}
