//! `tix dep`: relations between tickets.

mod change;
mod look;

use clap::{Subcommand, ValueEnum};
#[cfg(test)]
pub use look::{CyclesJson, TreeJson};

use crate::app::complete::ids;
use crate::app::context::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;
use crate::ticket::{Lane, Relation};

/// Relate tickets, and show which waits for which
///
/// A ticket that depends on another can be neither claimed nor completed before the other one is done. The relations are
/// keys of the front matter: `depends_on`, `blocks`, `parent_ticket`, `related`, `duplicate_of`.
#[derive(Debug, clap::Args)]
pub struct DepArgs {
    #[command(subcommand)]
    verb: DepCommand,
}

#[derive(Debug, Subcommand)]
enum DepCommand {
    /// Make a ticket depend on another one, or relate it in another way
    ///
    /// Pushes one commit: on the ticket branch while somebody holds the ticket, else on the trunk. A dependency that
    /// would make a ticket wait for itself is refused with exit code 5.
    Add(Link),
    /// Remove a dependency or another relation
    Rm(Link),
    /// Show what a ticket waits for and its subtasks, and what those wait for
    Tree(Tree),
    /// Show circles of tickets that wait for each other; exit code 1 if there are any
    Cycles(Cycles),
}

#[derive(Debug, clap::Args)]
struct Link {
    /// The ticket [default: the one of this workspace], and the other ticket
    #[arg(value_name = "[TICKET] OTHER", required = true, num_args = 1..=2, add = ids(&Lane::ALL))]
    tickets: Vec<String>,
    /// How the other ticket relates to it
    #[arg(long, value_name = "RELATION", value_enum, default_value = "depends-on")]
    relation: RelationArg,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Tree {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    ticket: Option<String>,
    /// Show what waits for it instead
    #[arg(long)]
    reverse: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

#[derive(Debug, clap::Args)]
struct Cycles {
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkEdit {
    Add,
    Remove,
}

/// A relation, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RelationArg {
    /// The other ticket must be done first
    #[value(alias = "depends_on")]
    DependsOn,
    /// The other ticket cannot be done before this one
    Blocks,
    /// This ticket is a part of the other
    #[value(alias = "parent_ticket")]
    Parent,
    /// The tickets are related
    Related,
    /// This ticket is a duplicate of the other
    #[value(alias = "duplicate_of")]
    DuplicateOf,
}

impl From<RelationArg> for Relation {
    fn from(kind: RelationArg) -> Relation {
        match kind {
            RelationArg::DependsOn => Relation::DependsOn,
            RelationArg::Blocks => Relation::Blocks,
            RelationArg::Parent => Relation::Parent,
            RelationArg::Related => Relation::Related,
            RelationArg::DuplicateOf => Relation::DuplicateOf,
        }
    }
}

pub fn run(args: &DepArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    match &args.verb {
        DepCommand::Add(link) => change::run(LinkEdit::Add, link, globals, env, out),
        DepCommand::Rm(link) => change::run(LinkEdit::Remove, link, globals, env, out),
        DepCommand::Tree(tree) => look::tree(tree, globals, env, out),
        DepCommand::Cycles(cycles) => look::cycles(cycles, globals, env, out),
    }
}
