//! `tix unblock`: say that the work can go on.

use crate::app::context::Globals;
use crate::app::errand::{Errand, On, plain, run as run_errand};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle;
use crate::out::Out;

/// Say that a blocked ticket can go on
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    on: On,
    /// What has changed, for the commit and the ticket's changelog
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Takes the flag away.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let errand = Errand::on(&args.on, "unblock", "unblocked");
    run_errand(
        &errand,
        (globals, env, out),
        |_, act, scene| Ok(lifecycle::unblock(&scene.ticket, act, args.reason.as_deref())?),
        plain("is not blocked"),
    )
}
