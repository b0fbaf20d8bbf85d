//! The command line: global options and the list of commands.

mod examples;
pub mod help;
#[cfg(test)]
mod json;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod slash;
#[cfg(test)]
mod tests;
pub mod usage;
mod version;

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::env::Shells;

pub use self::version::VersionJson;
use crate::app::context::Globals;
use crate::app::interrupted::by_signal;
use crate::app::settings::with_current_settings;
use crate::app::unknown::OnUnknown;
use crate::app::unusable::OnUnusable;
use crate::app::{command_line, dashboard, role};
use crate::commands;
use crate::env::{self, Env};
use crate::error::{Exit, Failure};
use crate::out::Out;

/// A ticket queue in your git repository
///
/// A ticket is a Markdown file below tickets/. `tix activate` claims it: one commit moves it from queue/ to active/, and
/// the push of that commit is the lock. Exactly one claimer wins, however many machines try.
#[derive(Debug, Parser)]
#[command(name = "tix", version, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<CliCommand>,
    /// The name of the command.
    #[arg(skip)]
    verb: String,
    /// Whether its options allow the network; `None` if it has no such options.
    #[arg(skip)]
    asks: Option<bool>,
}

impl Cli {
    pub fn read() -> Result<Cli, clap::Error> {
        command_line::set(Cli::command);
        #[expect(clippy::disallowed_methods, reason = "this is the one place that parses it")]
        let words = help::resolved(std::env::args_os());
        let mut command = if help::is_wanted(&words) { help::described() } else { Cli::command() };
        let matches = command.try_get_matches_from_mut(words).map_err(help::with_synonym)?;
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        // `tix` alone shows what `tix status` shows.
        let verb = matches.subcommand_name().unwrap_or("status").to_owned();
        Ok(Cli { verb, asks: asks(&matches), ..cli })
    }
}

impl Cli {
    /// Whether its command changes nothing.
    pub fn only_looks(&self) -> bool {
        role::ALWAYS.contains(&self.verb.as_str())
    }

    /// The same command line with another command.
    fn instead(&self, words: Vec<String>) -> Result<Cli, Failure> {
        let words = std::iter::once("tix".to_owned()).chain(words);
        let wrong = |error: clap::Error| Failure::new(Exit::Usage, error.to_string());
        let matches = Cli::command().try_get_matches_from(words).map_err(wrong)?;
        let cli = Cli::from_arg_matches(&matches).map_err(wrong)?;
        let verb = matches.subcommand_name().unwrap_or_default().to_owned();
        Ok(Cli { globals: self.globals.clone(), verb, asks: asks(&matches), ..cli })
    }
}

/// Whether the options of the innermost command allow the network.
fn asks(matches: &ArgMatches) -> Option<bool> {
    if let Some((_, inner)) = matches.subcommand() {
        return asks(inner);
    }
    let flag = |name| matches.try_get_one::<bool>(name).ok().flatten().copied();
    let waits = matches.try_contains_id("wait").unwrap_or_default();
    flag("fetch").map(|fetch| fetch || waits).or(flag("offline").map(|offline| !offline))
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    Demo(commands::demo::DemoArgs),
    Init(commands::init::InitArgs),
    New(commands::new::NewArgs),
    Import(commands::import::ImportArgs),
    Export(commands::export::ExportArgs),
    Link(commands::link::LinkArgs),
    Activate(commands::activate::ActivateArgs),
    Run(commands::run::RunArgs),
    Release(commands::release::ReleaseArgs),
    List(commands::list::ListArgs),
    Next(commands::next::NextArgs),
    Show(commands::show::ShowArgs),
    Log(commands::log::LogArgs),
    Dep(commands::dep::DepArgs),
    Graph(commands::graph::GraphArgs),
    Path(commands::path::PathArgs),
    Check(commands::check::CheckArgs),
    Hook(commands::hook::HookArgs),
    Queue(commands::queue::QueueArgs),
    Draft(commands::draft::DraftArgs),
    Set(commands::set::SetArgs),
    Edit(commands::edit::EditArgs),
    Tick(commands::tick::TickArgs),
    Status(commands::status::StatusArgs),
    Note(commands::note::NoteArgs),
    Block(commands::block::BlockArgs),
    Unblock(commands::unblock::UnblockArgs),
    Submit(commands::submit::SubmitArgs),
    Review(commands::review::ReviewArgs),
    Complete(commands::complete::CompleteArgs),
    Pr(commands::pr::PrArgs),
    Handoff(commands::handoff::HandoffArgs),
    Reclaim(commands::reclaim::ReclaimArgs),
    Close(commands::close::CloseArgs),
    Reopen(commands::reopen::ReopenArgs),
    Rework(commands::rework::ReworkArgs),
    Land(commands::land::LandArgs),
    Clean(commands::clean::CleanArgs),
    Archive(commands::archive::ArchiveArgs),
    Trust(commands::trust::TrustArgs),
    Board(commands::board::BoardArgs),
    Report(commands::report::ReportArgs),
    Serve(commands::serve::ServeArgs),
    Doctor(commands::doctor::DoctorArgs),
    Explain(commands::explain::ExplainArgs),
    AgentGuide(commands::agent_guide::AgentGuideArgs),
    Mcp(commands::mcp::McpArgs),
    ShellInit(commands::shell_init::ShellInitArgs),
    Man(commands::man::ManArgs),
    Completions(commands::completions::CompletionsArgs),
    Config(commands::config::ConfigArgs),
    Undo(commands::undo::UndoArgs),
}

/// Completes a command line for a shell: the words after `--` in our own command line.
pub fn complete(shell: &str, env: &Env, out: &Out) {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else { return };
    command_line::set(Cli::command);
    let mut command = Cli::command();
    command.build();
    let mut answer = Vec::new();
    match shell.write_complete(
        &mut command,
        help::completed(env::asked_about()),
        env.current_dir().ok(),
        &mut answer,
    ) {
        Ok(()) => out.answer_bytes(&answer),
        Err(error) => tracing::debug!(%error, "completion"),
    }
}

/// Whether the command line calls a hook. An agent takes exit code 2 as a refusal of its action and the error text as the
/// reason, so a hook never ends with 2 because it was called wrongly.
pub fn is_hook(words: &[OsString]) -> bool {
    commands::hook::is_called_by_program(words)
}

/// Runs the hook that the command line names, if it has the form in which git and agents call hooks, and returns the exit
/// code; `out` makes the printer.
pub fn run_hook(
    words: &[OsString],
    env: &Env,
    out: &dyn Fn() -> Out,
) -> Option<Result<u8, Failure>> {
    commands::hook::direct(words, env, out)
}

/// Runs a command and returns the exit code: 0, or that of a worker.
pub fn run(cli: &Cli, env: &Env, out: &Out) -> Result<u8, Failure> {
    with_current_settings(|| run_once(cli, env, out)).map_err(by_signal)
}

fn run_once(cli: &Cli, env: &Env, out: &Out) -> Result<u8, Failure> {
    let on_unknown = OnUnknown::of(&cli.verb);
    let on_unusable = OnUnusable::of(&cli.verb, cli.asks);
    let globals = &Globals { on_unknown, on_unusable, ..cli.globals.clone() };
    // Here and nowhere else, by the command's own name: a new command needs nothing for it.
    role::check(&cli.verb, globals, env, out)?;
    let Some(command) = &cli.command else {
        return dashboard::run(globals, env, out).map(|()| 0);
    };
    match command {
        CliCommand::Activate(args) => return commands::activate::run(args, globals, env, out),
        CliCommand::Run(args) => return commands::run::run(args, globals, env, out),
        CliCommand::Demo(args) => commands::demo::run(args, globals, env, out),
        CliCommand::Init(args) => commands::init::run(args, globals, env, out),
        CliCommand::New(args) => commands::new::run(args, globals, env, out),
        CliCommand::Export(args) => commands::export::run(args, globals, env, out),
        CliCommand::Link(args) => commands::link::run(args, globals, env, out),
        CliCommand::Import(args) => commands::import::run(args, globals, env, out),
        CliCommand::Release(args) => commands::release::run(args, globals, env, out),
        CliCommand::List(args) => commands::list::run(args, globals, env, out),
        CliCommand::Next(args) => commands::next::run(args, globals, env, out),
        CliCommand::Show(args) => commands::show::run(args, globals, env, out),
        CliCommand::Log(args) => commands::log::run(args, globals, env, out),
        CliCommand::Dep(args) => commands::dep::run(args, globals, env, out),
        CliCommand::Graph(args) => commands::graph::run(args, globals, env, out),
        CliCommand::Path(args) => commands::path::run(args, globals, env, out),
        CliCommand::Check(args) => commands::check::run(args, globals, env, out),
        CliCommand::Hook(args) => commands::hook::run(args, globals, env, out),
        CliCommand::Queue(args) => commands::queue::run(args, globals, env, out),
        CliCommand::Draft(args) => commands::draft::run(args, globals, env, out),
        CliCommand::Set(args) => commands::set::run(args, globals, env, out),
        CliCommand::Edit(args) => commands::edit::run(args, globals, env, out),
        CliCommand::Tick(args) => commands::tick::run(args, globals, env, out),
        CliCommand::Status(args) => commands::status::run(args, globals, env, out),
        CliCommand::Note(args) => commands::note::run(args, globals, env, out),
        CliCommand::Block(args) => commands::block::run(args, globals, env, out),
        CliCommand::Unblock(args) => commands::unblock::run(args, globals, env, out),
        CliCommand::Submit(args) => commands::submit::run(args, globals, env, out),
        CliCommand::Review(args) => commands::review::run(args, globals, env, out),
        CliCommand::Complete(args) => commands::complete::run(args, globals, env, out),
        CliCommand::Pr(args) => commands::pr::run(args, globals, env, out),
        CliCommand::Handoff(args) => commands::handoff::run(args, globals, env, out),
        CliCommand::Reclaim(args) => commands::reclaim::run(args, globals, env, out),
        CliCommand::Close(args) => commands::close::run(args, globals, env, out),
        CliCommand::Reopen(args) => commands::reopen::run(args, globals, env, out),
        CliCommand::Rework(args) => commands::rework::run(args, globals, env, out),
        CliCommand::Land(args) => commands::land::run(args, globals, env, out),
        CliCommand::Clean(args) => commands::clean::run(args, globals, env, out),
        CliCommand::Archive(args) => commands::archive::run(args, globals, env, out),
        CliCommand::Trust(args) => commands::trust::run(args, globals, env, out),
        CliCommand::Board(args) => commands::board::run(args, globals, env, out),
        CliCommand::Report(args) => commands::report::run(args, globals, env, out),
        CliCommand::Serve(args) => commands::serve::run(args, globals, env, out),
        CliCommand::Doctor(args) => commands::doctor::run(args, globals, env, out),
        CliCommand::Explain(args) => commands::explain::run(args, globals, env, out),
        CliCommand::AgentGuide(args) => commands::agent_guide::run(args, globals, env, out),
        CliCommand::Mcp(args) => commands::mcp::run(args, globals, env, out),
        CliCommand::ShellInit(args) => commands::shell_init::run(args, globals, env, out),
        CliCommand::Man(args) => commands::man::run(args, globals, env, out),
        CliCommand::Config(args) => commands::config::run(args, globals, env, out),
        CliCommand::Undo(args) => {
            let Some(words) = commands::undo::plan(args, globals, env, out)? else { return Ok(0) };
            return run_once(&cli.instead(words)?, env, out);
        }
        CliCommand::Completions(args) => commands::completions::run(args, globals, env, out),
    }
    .map(|()| 0)
}
