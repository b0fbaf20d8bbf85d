//! `tix mcp`: the verbs of a ticket's life as tools of an agent, over the Model Context Protocol on standard input and output.

mod asked;
mod call;
mod install;
mod message;
mod schema;
mod server;
mod tools;
mod words;

#[cfg(test)]
pub use self::install::McpInstallJson;
use self::server::ServerSettings;
use crate::app::again::Again;
use crate::app::context::{Context, Globals};
use crate::app::role;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::Out;
use crate::trunk::random_token;

/// Serve the tickets to an agent as tools of MCP
///
/// An agent starts it and talks to it on standard input and output. The agent's settings need only `tix mcp`, and `tix mcp
/// install` writes that into them. Each call works in the clone that it names, else in `CLAUDE_PROJECT_DIR`, else in the
/// directory that the server was started in.
///
/// With a role (--role, `TIX_ROLE`) the server lists the tools that the role may use in its own repository, or all tools if
/// it cannot tell. Each call is checked against the roles of the repository that it works in.
#[derive(Debug, clap::Args)]
pub struct McpArgs {
    #[command(subcommand)]
    command: Option<McpCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum McpCommand {
    Install(install::McpInstallArgs),
    Uninstall(install::McpUninstallArgs),
}

pub fn run(args: &McpArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    match &args.command {
        Some(McpCommand::Install(args)) => install::install(args, globals, env, out),
        Some(McpCommand::Uninstall(args)) => install::uninstall(args, globals, env, out),
        None => serve(globals, env, out),
    }
}

fn serve(globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let again = Again::with(globals).map_err(|error| {
        Failure::new(Exit::Git, format!("tix cannot find its own program: {error}"))
    })?;
    let start = match (&globals.dir, env.project_dir()) {
        (Some(dir), _) => dir.clone(),
        (None, Some(dir)) => dir.to_owned(),
        (None, None) => env
            .current_dir()
            .map_err(|error| {
                Failure::new(Exit::NotFound, format!("no working directory: {error}"))
            })?
            .to_owned(),
    };
    let here = env.current_dir().map_or_else(|_| start.clone(), |here| here.join(&start));
    // A server that stood in a workspace would keep `tix clean` from removing it.
    let home = Context::open(globals, env, out, None).ok().map(|ctx| ctx.repo.common_dir.clone());
    if let Some(home) = &home {
        std::env::set_current_dir(home).ok();
    }
    let is_named = env.session().ok().flatten().is_some();
    let station = ServerSettings {
        again,
        session: (!is_named).then(random_token),
        home: home.unwrap_or_else(|| here.clone()),
        directory: here,
    };
    let globals = Globals { dir: Some(station.directory.clone()), ..globals.clone() };
    // The list is no promise: a call is judged by the roles of its own repository, and a role that is wrong is told there.
    let allowed = || role::allowed(&globals, env, out).ok().flatten();
    server::serve(&station, &allowed, out)
        // The client has gone: there is nobody to tell.
        .or_else(
            |error| {
                if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
            },
        )
        .map_err(|error| {
            Failure::new(Exit::Incomplete, format!("the client cannot be reached: {error}"))
        })
}
