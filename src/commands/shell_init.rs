//! `tix shell-init`: what lets a shell follow into a workspace.

use clap::ValueEnum;
use serde::Serialize;

use crate::app::context::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::{Format, Out};

/// Print a shell function that adds `cd ID` to the commands of tix
///
/// A program cannot change the directory of the shell that starts it; a function of the shell can. This one
/// goes to the workspace of a ticket for `tix cd ID` and passes everything else on to tix. Add one line to your
/// shell's start-up file:
///
///   ~/.bashrc                   eval "$(tix shell-init bash)"
///
///   ~/.zshrc                    eval "$(tix shell-init zsh)"
///
///   ~/.config/fish/config.fish  tix shell-init fish | source
#[derive(Debug, clap::Args)]
pub struct ShellInitArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that can be taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// For bash and zsh. `$(…)` takes all line ends from the end of a text, also those that belong to the path;
/// the dot behind them keeps them.
const POSIX: &str = r#"tix() {
    if [ "${1-}" != cd ]; then
        command tix "$@"
        return
    fi
    shift
    case " $* " in
        *' -h '* | *' --help '*)
            command tix path --help
            return
            ;;
    esac
    local dir
    dir=$(command tix path "$@" && printf .) || return
    builtin cd -- "${dir%??}"
}
"#;

const FISH: &str = r#"function tix --wraps tix --description 'a ticket queue in a git repository'
    if test "$argv[1]" != cd
        command tix $argv
        return
    end
    set -e argv[1]
    if contains -- --help $argv; or contains -- -h $argv
        command tix path --help
        return
    end
    set -l dir (command tix path $argv)
    or return
    cd (string join \n -- $dir)
end
"#;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Script {
    schema: &'static str,
    /// What the shell is to read.
    script: &'static str,
}

#[allow(clippy::unnecessary_wraps, reason = "all commands have one form")]
pub fn run(args: &ShellInitArgs, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let script = match args.shell {
        Shell::Bash | Shell::Zsh => POSIX,
        Shell::Fish => FISH,
    };
    match out.format {
        Format::Json => out.json(&Script { schema: "tix/shell-init@1", script }),
        Format::Human => out.answer(script),
    }
    Ok(())
}
