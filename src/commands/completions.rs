//! `tix completions`: print a shell's completion script.

use clap_complete::env::Shells;
use serde::Serialize;

use crate::app::context::Globals;
use crate::env::{self, Env};
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};

/// Print the completion script of a shell
///
/// The script completes commands, options and ticket ids: it asks tix, which looks at the trunk as last fetched. Put it
/// where your shell looks for completions, for instance:
///
///   tix completions bash > ~/.local/share/bash-completion/completions/tix
///
///   tix completions zsh > ~/.zfunc/_tix
///
///   tix completions fish > ~/.config/fish/completions/tix.fish
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Completions<'a> {
    schema: &'static str,
    /// The shell: `bash`, `elvish`, `fish`, `powershell` or `zsh`.
    shell: String,
    /// The text for the shell.
    script: &'a str,
}

/// Appended to the script for zsh. As a file `_tix` it is loaded when a line is completed for the first time, and does
/// not complete that line without this call.
const ZSH_FIRST: &str = r#"
if [ "$funcstack[1]" = "_tix" ]; then
    _clap_dynamic_completer_tix "$@"
fi
"#;

pub fn run(
    args: &CompletionsArgs,
    _globals: &Globals,
    _env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let shell = args.shell.to_string();
    let written = shells
        .completer(&shell)
        .map(|shell| shell.write_registration(env::COMPLETE, "tix", "tix", "tix", &mut script));
    if args.shell == clap_complete::Shell::Zsh {
        script.extend(ZSH_FIRST.as_bytes());
    }
    let script = String::from_utf8(script);
    let (Some(Ok(())), Ok(script)) = (written, script) else {
        return Err(Failure::new(Exit::Refused, format!("there is no script for {shell}")));
    };
    match out.format {
        Format::Json => {
            out.json(&Completions { schema: "tix/completions@1", shell, script: &script });
        }
        Format::Human => out.answer(&script),
    }
    Ok(())
}
