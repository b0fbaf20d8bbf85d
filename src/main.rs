//! tix: a ticket queue in your git repository, where the push of a claim is the lock.
mod app;
mod audit;
mod cache;
mod cli;
mod clock;
mod commands;
mod config;
mod doctor;
mod env;
mod error;
mod file;
mod git;
mod guard;
mod import;
mod kanban;
mod lifecycle;
mod lock;
mod names;
mod out;
mod page;
mod report;
mod serve;
mod settings;
mod text;
mod ticket;
mod trunk;
mod workspace;

use std::process::ExitCode;

use cli::Cli;
use env::Env;
use error::Failure;
use out::{Format, Narration, Out};

fn main() -> ExitCode {
    let env = Env::capture();
    let printer = || Out::new(Format::Human, Narration::On, &env);
    if let Some(done) = cli::run_hook(&env::words(), &env, &printer) {
        return ended(done, &printer(), false);
    }
    if let Some(shell) = env.completes_for() {
        cli::complete(shell, &env, &Out::new(Format::Human, Narration::Quiet, &env));
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &env),
    };
    start_log(&env);
    let format = if cli.globals.json { Format::Json } else { Format::Human };
    let narration = if cli.globals.quiet { Narration::Quiet } else { Narration::On };
    let out = Out::new(format, narration, &env).colored(cli.globals.color, &env);
    let out = if cli.globals.no_pager { out } else { out.paged(&env) };
    if let Err(error) = git::signals::listen() {
        tracing::warn!(%error, "signals");
    }
    let outcome = cli::run(&cli, &env, &out);
    ended(outcome, &out, cli.only_looks())
}

/// Reports a failure, and turns the outcome into an exit code.
fn ended(outcome: Result<u8, Failure>, out: &Out, only_looked: bool) -> ExitCode {
    let code = match outcome {
        Ok(code) => code,
        Err(failure) => {
            out.failure(&failure);
            failure.exit.code()
        }
    };
    match out.lost() {
        // A failure has its own code, which says more.
        Some(why) if code == 0 => {
            let message = format!("the answer could not be written: {why}");
            let failure = if only_looked {
                Failure::new(error::Exit::No, message)
            } else {
                Failure::new(error::Exit::Incomplete, message)
                    .hint("changes that were made stand; see them: tix log")
            };
            let words = Out::new(Format::Human, Narration::On, &Env::capture());
            words.failure(&failure);
            ExitCode::from(failure.exit.code())
        }
        Some(_) | None => ExitCode::from(code),
    }
}

/// Help and version are answers; everything else is a wrong command line. With `--json` among the words, the error is
/// JSON too.
fn usage(error: &clap::Error, env: &Env) -> ExitCode {
    let in_json = env::arguments().any(|arg| arg == "--json");
    if in_json && error.kind() == clap::error::ErrorKind::DisplayVersion {
        Out::new(Format::Json, Narration::On, env).json(&cli::VersionJson::OURS);
        return ExitCode::SUCCESS;
    }
    if !error.use_stderr() {
        // Printing help to a closed pipe is not an error.
        error.print().ok();
        return ExitCode::SUCCESS;
    }
    if !in_json && error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    {
        error.print().ok();
    } else {
        let format = if in_json { Format::Json } else { Format::Human };
        let failure = cli::usage::failure(error, env::arguments());
        Out::new(format, Narration::On, env).failure(&failure);
    }
    let exit = if cli::is_hook(&env::words()) { error::Exit::No } else { error::Exit::Usage };
    ExitCode::from(exit.code())
}

/// The log goes to stderr and is off unless `TIX_LOG` asks for it, in the syntax of `EnvFilter`.
fn start_log(env: &Env) {
    let Ok(Some(filter)) = env.log_filter() else { return };
    let filter = tracing_subscriber::EnvFilter::new(filter);
    #[expect(clippy::disallowed_methods, reason = "the log is off unless asked for")]
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second initialisation cannot happen: this is the only one.
    log.try_init().ok();
}
