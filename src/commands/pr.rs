//! `tix pr`: the pull request of a ticket.

use serde::Serialize;

use crate::app::cells;
use crate::app::context::{Context, Globals};
use crate::app::frame::Extent;
use crate::app::here::named_or_here;
use crate::app::operation::{Identity, OnTicket, answer, answer_next};
use crate::app::pull::{self, PullOfTicket};
use crate::app::receipt::{Receipt, record};
use crate::env::Env;
use crate::error::Failure;
use crate::out::table::{Cell, ColumnSpec, Table};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::trunk::{Diary, Run};

/// Open or update the pull request of a ticket
///
/// It is opened by the program of the forge, which must be on the PATH and logged in: `gh` for GitHub, `glab` for GitLab,
/// `tea` for Gitea and Forgejo. Where there is none, tix prints the address at which the forge offers it. tix itself has no
/// token and asks for none.
///
/// The title is the ticket's. The description names the ticket and its boxes, between two marks; what people write around
/// them stays, and so does a title that they change. While a stage of the review has not approved what is on the branch, the
/// pull request is a draft. Run it again after changes: there is one pull request however often it runs, and its address is
/// kept in the ticket as `pull_request`.
///
/// What it saw is shown by `tix list`, `tix status`, `tix` and both boards, which ask nobody; --refresh looks again for all
/// held tickets.
#[derive(Debug, clap::Args)]
pub struct PrArgs {
    #[command(flatten)]
    on: OnTicket,
    /// Look at the pull requests of all held tickets, in one call, and open or change none
    #[arg(long, conflicts_with = "ticket")]
    refresh: bool,
}

/// The answer of `--refresh` in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PullsJson {
    schema: &'static str,
    #[serde(flatten)]
    extent: Extent,
    /// The held tickets that name a pull request, by id.
    tickets: Vec<PullOfTicket>,
}

pub fn run(args: &PrArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    if args.refresh {
        show(out, pull::refresh(&ctx)?);
        return Ok(());
    }
    let mut diary = Diary { phase: "pr", ..Diary::default() };
    let result = bring(&ctx, args, &mut diary);
    let receipt = record(&ctx, "pr", args.on.query(), &diary, result)?;
    answer(out, &receipt, &in_words(&receipt));
    Ok(())
}

fn show(out: &Out, tickets: Vec<PullOfTicket>) {
    for one in tickets.iter().filter(|one| !one.seen) {
        let id = &one.ticket;
        out.warn(&format!("the pull request of {id} is not among the newest ones: tix pr {id}"));
    }
    for format in out.formats() {
        match format {
            Format::Json => {}
            Format::Human if tickets.is_empty() => {
                out.narrate("no held ticket names a pull request");
            }
            Format::Human => {
                let columns = [
                    ColumnSpec::new("pull request"),
                    ColumnSpec::new("id").apart(),
                    ColumnSpec::new("address").cut_to(12).leaves(1),
                ];
                let mut table = Table::new(columns);
                for one in &tickets {
                    let pull = &one.pull_request;
                    let (words, url) = (Cell::new(pull.to_string()), Cell::new(&*pull.url));
                    table.push([words, cells::id(one.ticket.as_str()), url]);
                }
                out.table(&table);
            }
        }
    }
    if out.format == Format::Json {
        let extent = Extent::all(tickets.len());
        out.json(&PullsJson { schema: "tix/pulls@1", extent, tickets });
    }
}

fn bring(ctx: &Context<'_>, args: &PrArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.on.ticket.as_deref(), "pr")?;
    diary.ticket = Some(id.clone());
    let identity = Identity::of(ctx, &id, None)?;
    let act = identity.act(ctx);
    let mut receipt = Receipt::new(ctx, "pr", id.as_str(), act.actor);
    receipt.outcome = pull::bring(ctx, &run, diary, (&id, &act), &mut receipt)?;
    Ok(receipt)
}

/// Human-readable output: what became of the pull request, and its page; or what to do by hand.
fn in_words(receipt: &Receipt) -> String {
    let what = match receipt.outcome {
        "opened" => "has a pull request now",
        "updated" => "has its pull request up to date now",
        "by_hand" => "needs its pull request opened by hand",
        _ => {
            return format!("{} has its pull request\n{}", receipt.ticket, pull::in_words(receipt));
        }
    };
    let next = receipt.next.as_deref().map(safe);
    answer_next(receipt, what, next.as_deref()) + &pull::in_words(receipt)
}
