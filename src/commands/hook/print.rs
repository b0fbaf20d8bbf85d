//! `tix hook print`.

use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::commands::shared::hooks;
use crate::error::{Exit, Failure};
use crate::guard::install::hook::Hook;
use crate::out::{Format, Out};

/// Print the script of a hook, for a server
///
/// On a server of your own the guard belongs into pre-receive: what it refuses there no clone gets in. The
/// comments of the script say where to put it. It looks for tix on the PATH of whoever receives the push.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The hook: pre-receive, or update to judge each ref by itself
    #[arg(value_name = "HOOK", value_parser = PossibleValuesParser::new(Hook::ALL.map(Hook::name)))]
    hook: String,
}

/// Prints it.
pub fn run(args: &Args, out: &Out) -> Result<(), Failure> {
    let hook = Hook::parse(&args.hook)
        .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no hook {}", args.hook)))?;
    let script = hooks::for_server(hook);
    match out.format {
        Format::Json => out.json(&json!({
            "schema": "tix/hook-print@1", "hook": hook.name(), "script": script,
        })),
        Format::Human => out.answer(&script),
    }
    Ok(())
}
