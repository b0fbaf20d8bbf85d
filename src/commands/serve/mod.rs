//! `tix serve`: the queue, the writes and their diagnostics in a browser.

mod live;
mod look;
mod open;
mod reads;
mod site;
mod writes;

use std::io;
use std::sync::Arc;

use self::live::CloneWatch;
use self::open::LeadingFile;
use self::reads::Reads;
use self::site::TicketSite;
use crate::app::again::Again;
use crate::app::context::{Context, Globals};
use crate::app::unusable::open_anyway;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::file;
use crate::git::signals;
use crate::lock::Lock;
use crate::out::Out;
use crate::page;
use crate::serve::{Assets, Doors, Sessions, serve};
use crate::ticket::Document;
use crate::trunk::random_token;

/// Show the queue in a browser, and write from there
///
/// Prints an address with a token that opens it once, for one browser. The page shows the board, each ticket, the workers, what every
/// write of this clone did or why it failed, what the doctor finds, and the report; and it creates and changes tickets by the same
/// commands as you would type. It starts no programs, and has no settings.
///
/// Only this machine can reach it, and there is no option to change that: from another machine use `ssh -L`, or give away the
/// page that `tix report` writes. It stays until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The port [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Show everything and write nothing
    #[arg(long)]
    read_only: bool,
    /// Open the address in the browser
    #[arg(long)]
    open: bool,
}

pub fn run(args: &ServeArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let (ctx, unusable) = open_anyway(globals, env, out)?;
    if let Some(failure) = &unusable {
        out.warn(&failure.message);
    }
    let record = ctx.repo.tix_dir().join("serve");
    let _only = only_one(&ctx, &record)?;
    let leading = LeadingFile::of(&ctx);
    let doors = Doors::bind(args.port).map_err(|error| no_door(args.port, &error))?;
    let port = doors.port();
    let sessions = Sessions::new(port, token);
    let address = doors.address();
    if let Err(error) = file::replace(&record, address.as_bytes()) {
        tracing::warn!(%error, "serve");
    }
    let entry = sessions.entry().unwrap_or_default();
    let first = format!("{address}enter?token={entry}");
    out.answer(&format!("{first}\n"));
    out.narrate("it opens once, in one browser; Ctrl-C ends it");
    if args.open {
        leading.open(&ctx, &first, out);
    }
    let again = Again::with(globals).map_err(|error| no_tix(&error))?;
    let reads = Arc::new(Reads::new(again, &ctx));
    let (live, news) = CloneWatch::start(globals, env, Arc::clone(&reads));
    let site = TicketSite::new(&ctx, reads, live.clone(), !args.read_only);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    signals::when_caught(move || {
        stop.send_replace(true);
    });
    drop(ctx);
    let assets = Assets { style: page::STYLE, script: page::SCRIPT };
    let served = serve(doors, Arc::new(site), sessions, assets, news, stopped);
    live.stop();
    file::remove(&record).ok();
    served.map_err(|error| {
        Failure::new(Exit::Incomplete, format!("the page cannot be served: {error}"))
    })
}

/// Four of the tokens that runs have: 256 bits.
fn token() -> String {
    (0..4).map(|_| random_token()).collect()
}

/// A clone has one page at a time: a second one says where the first is.
fn only_one(ctx: &Context<'_>, record: &std::path::Path) -> Result<Lock, Failure> {
    let lock = ctx.repo.tix_dir().join("locks/serve.lock");
    match Lock::try_take(&lock) {
        Ok(Some(lock)) => {
            // That of one which was killed.
            file::remove(record).ok();
            Ok(lock)
        }
        Ok(None) => {
            let failure = Failure::new(Exit::Refused, "the page of this clone is served already");
            let failure = match file::read_own_text(record) {
                Ok(address) => failure.fact("address", address.trim()),
                // It has not got so far.
                Err(_) => failure,
            };
            Err(failure.hint("use that one, or end it first with Ctrl-C where it runs"))
        }
        Err(error) => Err(Failure::new(Exit::Refused, format!("{}: {error}", lock.display()))),
    }
}

fn no_door(port: u16, error: &io::Error) -> Failure {
    let failure =
        Failure::new(Exit::Refused, format!("port {port} of this machine cannot be used: {error}"));
    failure.hint("take a free one: tix serve")
}

/// A ticket's file.
fn document(text: &str) -> Document {
    Document::parse(text.into()).unwrap_or_else(|_| Document::unreadable(text.into()))
}

fn no_tix(error: &io::Error) -> Failure {
    Failure::new(Exit::Git, format!("tix does not know where it is: {error}"))
}
