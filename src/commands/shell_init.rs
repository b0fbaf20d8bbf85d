//! `tix shell-init`: shell functions that change into a workspace.

use clap::ValueEnum;
use serde::Serialize;

use crate::app::context::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::{Format, Out};

/// Print a shell function that adds `cd ID` to tix
///
/// A program cannot change the directory of the shell that starts it, but a shell function can. With this function `tix
/// cd ID` goes to the workspace of a ticket, `tix cd` alone to the main checkout, and `tix activate --cd` to the
/// workspace that it makes. Everything else is passed on to tix. Add one line to your shell's start-up file:
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

/// A supported shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// For bash and zsh. `$(…)` strips all line ends from the end of a text, even those of the path; the dot after them keeps
/// them.
const POSIX: &str = r#"tix() {
    local dir follow='' verb="${1-}" word
    for word in "$@"; do
        shift
        case "$verb $word" in
            'activate --cd' | 'claim --cd' | 'start --cd') follow=yes ;;
            *) set -- "$@" "$word" ;;
        esac
    done
    if [ -n "$follow" ]; then
        dir=$(command tix --quiet "$@" && printf .) || return
    elif [ "${1-}" != cd ]; then
        command tix "$@"
        return
    elif [ "$#" = 1 ]; then
        dir=$(command tix path --main && printf .) || return
    else
        shift
        case " $* " in
            *' -h '* | *' --help '*)
                command tix path --help
                return
                ;;
        esac
        dir=$(command tix path "$@" && printf .) || return
    fi
    builtin cd -- "${dir%??}"
}
"#;

const FISH: &str = r#"function tix --wraps tix --description 'a ticket queue in a git repository'
    set -l dir
    if contains -- "$argv[1]" activate claim start; and contains -- --cd $argv
        set dir (command tix --quiet (string match --invert -- --cd $argv))
        or return
    else if test "$argv[1]" != cd
        command tix $argv
        return
    else if test (count $argv) = 1
        set dir (command tix path --main)
        or return
    else
        set -e argv[1]
        if contains -- --help $argv; or contains -- -h $argv
            command tix path --help
            return
        end
        set dir (command tix path $argv)
        or return
    end
    cd (string join \n -- $dir)
end
"#;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Script {
    schema: &'static str,
    /// The text for the shell.
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
