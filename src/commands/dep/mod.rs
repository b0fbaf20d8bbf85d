//! `tix dep`: which tickets must be done before which.

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

/// Relate tickets to each other, and show what waits for what
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
    /// Make a ticket depend on another one, or relate to it in another way
    ///
    /// One commit, pushed: on the ticket branch while somebody holds the ticket, else on the trunk. A dependency that would
    /// make a ticket wait for itself is refused with exit code 5.
    Add(Link),
    /// Take a dependency, or another relation, away
    Rm(Link),
    /// Show what a ticket waits for, and what that waits for
    Tree(Tree),
    /// Show the circles in which tickets wait for each other; exit code 1 when there are any
    Cycles(Cycles),
}

#[derive(Debug, clap::Args)]
struct Link {
    /// The ticket [default: the one of this workspace], and the other ticket
    #[arg(value_name = "[TICKET] OTHER", required = true, num_args = 1..=2, add = ids(&Lane::ALL))]
    tickets: Vec<String>,
    /// What the other one is to it
    #[arg(long, value_name = "RELATION", value_enum, default_value = "depends-on")]
    relation: RelationArg,
    /// How long to go on trying while others move the trunk, such as 90s or 2m [default: 60s]
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

/// A relation as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RelationArg {
    /// It must be done before
    #[value(alias = "depends_on")]
    DependsOn,
    /// It cannot be done before
    Blocks,
    /// It is the whole that the ticket is a part of
    #[value(alias = "parent_ticket")]
    Parent,
    /// It has to do with it
    Related,
    /// It says the same
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
