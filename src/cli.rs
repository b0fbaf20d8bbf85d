//! The command line: global options and the list of commands.

#[cfg(test)]
mod json;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::env::Shells;

use crate::app::context::Globals;
use crate::app::interrupted::by_signal;
use crate::app::settings::with_current_settings;
use crate::app::unknown::OnUnknown;
use crate::app::unusable::OnUnusable;
use crate::app::{command_line, role};
use crate::commands;
use crate::env::{self, Env};
use crate::error::Failure;
use crate::out::Out;

/// A ticket queue in your git repository
///
/// A ticket is a Markdown file below tickets/. `tix activate` claims it: one commit moves it from queue/ to
/// active/, and the push of that commit is the lock. Exactly one claimer wins, on any number of machines.
#[derive(Debug, Parser)]
#[command(name = "tix", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Start with `tix demo` to watch a claim and a race, or `tix init` in your repository."
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: CliCommand,
    /// The name of the command.
    #[arg(skip)]
    verb: String,
    /// Whether its options ask for the network, where it has such options.
    #[arg(skip)]
    asks: Option<bool>,
}

impl Cli {
    pub fn read() -> Result<Cli, clap::Error> {
        command_line::set(Cli::command);
        let mut command = Cli::command();
        #[expect(clippy::disallowed_methods, reason = "this is the one place that parses it")]
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        let verb = matches.subcommand_name().unwrap_or_default().to_owned();
        Ok(Cli { verb, asks: asks(&matches), ..cli })
    }
}

impl Cli {
    /// Whether its command changes nothing.
    pub fn only_looks(&self) -> bool {
        role::ALWAYS.contains(&self.verb.as_str())
    }
}

/// What the options of the innermost command say of the network.
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
    #[command(display_order = 1)]
    Demo(commands::demo::DemoArgs),
    #[command(display_order = 2)]
    Init(commands::init::InitArgs),
    #[command(display_order = 5)]
    New(commands::new::NewArgs),
    #[command(display_order = 10)]
    Activate(commands::activate::ActivateArgs),
    #[command(display_order = 15)]
    Run(commands::run::RunArgs),
    #[command(display_order = 20)]
    Release(commands::release::ReleaseArgs),
    #[command(display_order = 10)]
    List(commands::list::ListArgs),
    #[command(display_order = 9)]
    Next(commands::next::NextArgs),
    #[command(display_order = 11)]
    Show(commands::show::ShowArgs),
    #[command(display_order = 12)]
    Log(commands::log::LogArgs),
    #[command(display_order = 14)]
    Dep(commands::dep::DepArgs),
    #[command(display_order = 15)]
    Graph(commands::graph::GraphArgs),
    #[command(display_order = 13)]
    Path(commands::path::PathArgs),
    #[command(display_order = 81)]
    Check(commands::check::CheckArgs),
    #[command(display_order = 80)]
    Hook(commands::hook::HookArgs),
    #[command(display_order = 6)]
    Queue(commands::queue::QueueArgs),
    #[command(display_order = 6)]
    Draft(commands::draft::DraftArgs),
    #[command(display_order = 7)]
    Set(commands::set::SetArgs),
    #[command(display_order = 7)]
    Edit(commands::edit::EditArgs),
    #[command(display_order = 8)]
    Tick(commands::tick::TickArgs),
    #[command(display_order = 12)]
    Status(commands::status::StatusArgs),
    #[command(display_order = 14)]
    Note(commands::note::NoteArgs),
    #[command(display_order = 15)]
    Block(commands::block::BlockArgs),
    #[command(display_order = 15)]
    Unblock(commands::unblock::UnblockArgs),
    #[command(display_order = 16)]
    Submit(commands::submit::SubmitArgs),
    #[command(display_order = 17)]
    Review(commands::review::ReviewArgs),
    #[command(display_order = 18)]
    Complete(commands::complete::CompleteArgs),
    #[command(display_order = 21)]
    Handoff(commands::handoff::HandoffArgs),
    #[command(display_order = 22)]
    Reclaim(commands::reclaim::ReclaimArgs),
    #[command(display_order = 23)]
    Close(commands::close::CloseArgs),
    #[command(display_order = 24)]
    Reopen(commands::reopen::ReopenArgs),
    #[command(display_order = 25)]
    Rework(commands::rework::ReworkArgs),
    #[command(display_order = 19)]
    Land(commands::land::LandArgs),
    #[command(display_order = 20)]
    Clean(commands::clean::CleanArgs),
    #[command(display_order = 26)]
    Archive(commands::archive::ArchiveArgs),
    #[command(display_order = 85)]
    Trust(commands::trust::TrustArgs),
    #[command(display_order = 14)]
    Board(commands::board::BoardArgs),
    #[command(display_order = 15)]
    Report(commands::report::ReportArgs),
    #[command(display_order = 60)]
    Doctor(commands::doctor::DoctorArgs),
    #[command(display_order = 61)]
    Explain(commands::explain::ExplainArgs),
    #[command(display_order = 62)]
    AgentGuide(commands::agent_guide::AgentGuideArgs),
    #[command(display_order = 91)]
    ShellInit(commands::shell_init::ShellInitArgs),
    #[command(display_order = 92)]
    Man(commands::man::ManArgs),
    #[command(display_order = 90)]
    Completions(commands::completions::CompletionsArgs),
}

/// Answers a shell that asks how a command line can go on: what stands behind `--` in ours.
pub fn complete(shell: &str, env: &Env, out: &Out) {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else { return };
    command_line::set(Cli::command);
    let mut command = Cli::command();
    command.build();
    let mut answer = Vec::new();
    match shell.write_complete(
        &mut command,
        env::asked_about(),
        env.current_dir().ok(),
        &mut answer,
    ) {
        Ok(()) => out.answer_bytes(&answer),
        Err(error) => tracing::debug!(%error, "completion"),
    }
}

/// Whether the command line is a hook's. To an agent the exit code 2 is a refusal of what it wants to do, with the words of
/// the error for a reason, so a hook never ends with it because it was called wrongly.
pub fn is_hook(words: &[OsString]) -> bool {
    commands::hook::is_called_by_program(words)
}

/// Runs the hook that the command line names, if it names one as git and agents do, and gives the exit code; `out` makes
/// the printer.
pub fn run_hook(
    words: &[OsString],
    env: &Env,
    out: &dyn Fn() -> Out,
) -> Option<Result<u8, Failure>> {
    commands::hook::direct(words, env, out)
}

/// Runs a command; what it gives is the exit code, which is 0 but for the end of a worker.
pub fn run(cli: &Cli, env: &Env, out: &Out) -> Result<u8, Failure> {
    with_current_settings(|| run_once(cli, env, out)).map_err(by_signal)
}

fn run_once(cli: &Cli, env: &Env, out: &Out) -> Result<u8, Failure> {
    let on_unknown = OnUnknown::of(&cli.verb);
    let on_unusable = OnUnusable::of(&cli.verb, cli.asks);
    let globals = &Globals { on_unknown, on_unusable, ..cli.globals.clone() };
    // Here and nowhere else, by the command's own name: a new command needs nothing for it.
    role::check(&cli.verb, globals, env, out)?;
    match &cli.command {
        CliCommand::Activate(args) => return commands::activate::run(args, globals, env, out),
        CliCommand::Run(args) => return commands::run::run(args, globals, env, out),
        CliCommand::Demo(args) => commands::demo::run(args, globals, env, out),
        CliCommand::Init(args) => commands::init::run(args, globals, env, out),
        CliCommand::New(args) => commands::new::run(args, globals, env, out),
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
        CliCommand::Doctor(args) => commands::doctor::run(args, globals, env, out),
        CliCommand::Explain(args) => commands::explain::run(args, globals, env, out),
        CliCommand::AgentGuide(args) => commands::agent_guide::run(args, globals, env, out),
        CliCommand::ShellInit(args) => commands::shell_init::run(args, globals, env, out),
        CliCommand::Man(args) => commands::man::run(args, globals, env, out),
        CliCommand::Completions(args) => commands::completions::run(args, globals, env, out),
    }
    .map(|()| 0)
}
