//! `tix list`: which tickets there are.

use clap::ValueEnum;
use serde::Serialize;

use super::shared::board::{self, Board, Card, Damage, Look, Seen};
use super::{Context, Globals};
use crate::clock;
use crate::env::Env;
use crate::error::Failure;
use crate::out::table::Table;
use crate::out::{Format, Out};
use crate::ticket::{Lane, Status};
use crate::workspace;

/// List the tickets on the trunk
///
/// Shows what is waiting (queue) and what is being worked on (active), as of the last fetch: no network is
/// used unless you ask for it with --fetch, and files of your checkout are never looked at. Of a ticket that
/// somebody holds, the progress on its ticket branch is shown, as far as it was pushed and fetched.
///
/// On a terminal the columns are aligned. Piped, the cells are separated by tabs and there is no header:
/// lane, status, holder, age, id, title, and `-` for what a ticket does not say. The age is the time since the
/// ticket was made (queue), claimed (active) or done.
///
/// A file that cannot be read as a ticket is named in a warning and never hides the others.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show these lanes only; several with a comma, or by saying it again [default: queue,active]
    #[arg(long, value_name = "LANE", value_enum, value_delimiter = ',')]
    lane: Vec<Lanes>,
    /// Show tickets of this status only; several with a comma. `blocked` shows what is blocked
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = StatusFilter::parse)]
    status: Vec<StatusFilter>,
    /// Show only what you hold, or what was claimed from this clone
    #[arg(long)]
    mine: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
    /// Show at most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A lane, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lanes {
    /// Waiting for somebody to claim it
    Queue,
    /// Claimed: somebody holds it
    Active,
    /// Done
    Completed,
    /// Closed without being done
    Archive,
    /// Every lane
    All,
}

impl Lanes {
    fn lanes(self) -> &'static [Lane] {
        match self {
            Lanes::Queue => &[Lane::Queue],
            Lanes::Active => &[Lane::Active],
            Lanes::Completed => &[Lane::Completed],
            Lanes::Archive => &[Lane::Archive],
            Lanes::All => &Lane::ALL,
        }
    }
}

/// What `--status` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusFilter {
    Is(Status),
    Blocked,
}

impl StatusFilter {
    fn parse(text: &str) -> Result<StatusFilter, String> {
        match Status::read(text) {
            Some(reading) if reading.blocked => Ok(StatusFilter::Blocked),
            Some(reading) => Ok(StatusFilter::Is(reading.status)),
            None => {
                let known: Vec<_> = Status::ALL.iter().map(|s| s.as_str()).collect();
                Err(format!("a status is one of {}, blocked", known.join(", ")))
            }
        }
    }

    fn fits(self, card: &Card) -> bool {
        match self {
            StatusFilter::Is(status) => card.known == Some(status),
            StatusFilter::Blocked => card.blocked.is_some(),
        }
    }
}

/// Whose tickets are shown.
enum Mine {
    Everybody,
    Held { by: String, clone: Option<String> },
}

impl Mine {
    fn fits(&self, card: &Card) -> bool {
        match self {
            Mine::Everybody => true,
            Mine::Held { by, clone } => {
                let claim = card.claim_id.as_deref().unwrap_or_default();
                card.holder.as_ref() == Some(by)
                    || clone.as_ref().is_some_and(|clone| claim.starts_with(clone.as_str()))
            }
        }
    }
}

/// The answer in JSON.
#[derive(Serialize)]
struct Listing<'a> {
    schema: &'static str,
    trunk: String,
    commit: Option<&'a str>,
    fetched_at: Option<String>,
    returned: usize,
    total: usize,
    truncated: bool,
    tickets: &'a [Card],
    damaged: &'a [Damage],
}

/// Lists the tickets.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let mine = if args.mine {
        Mine::Held { by: ctx.actor()?, clone: workspace::known_clone_id(&ctx.repo) }
    } else {
        Mine::Everybody
    };
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let mut board = board::read(&ctx, seen.view, &lanes(&args.lane))?;
        let wanted = |card: &Card| {
            mine.fits(card) && (args.status.is_empty() || args.status.iter().any(|s| s.fits(card)))
        };
        board.cards.retain(wanted);
        let total = board.cards.len();
        board.cards.truncate(args.limit.unwrap_or(total));
        answer(&ctx, seen, &board, total);
        Ok(())
    })
}

/// The lanes that are asked for.
fn lanes(asked: &[Lanes]) -> Vec<Lane> {
    let asked = if asked.is_empty() { &[Lanes::Queue, Lanes::Active] } else { asked };
    let wanted = |lane: &Lane| asked.iter().any(|lanes| lanes.lanes().contains(lane));
    Lane::ALL.into_iter().filter(wanted).collect()
}

fn answer(ctx: &Context<'_>, seen: &Seen<'_>, board: &Board, total: usize) {
    let returned = board.cards.len();
    match ctx.out.format {
        Format::Json => ctx.out.json(&Listing {
            schema: "tix/list@1",
            trunk: ctx.trunk_label(),
            commit: seen.view.commit().map(crate::names::Oid::as_str),
            fetched_at: seen.at.map(clock::rfc3339),
            returned,
            total,
            truncated: returned < total,
            tickets: &board.cards,
            damaged: &board.damaged,
        }),
        Format::Human => {
            ctx.out.table(&table(ctx, &board.cards));
            if total == 0 {
                ctx.out.narrate("no ticket to show");
            } else if returned < total {
                ctx.out.narrate(&format!("the first {returned} of {total}"));
            }
        }
    }
    for damage in &board.damaged {
        ctx.out.warn(&damage.to_string());
    }
    board::tell_age(ctx, seen, "tix list --fetch");
}

fn table(ctx: &Context<'_>, cards: &[Card]) -> Table<6> {
    let mut table = Table::new(["lane", "status", "holder", "age", "id", "title"]);
    for card in cards {
        let status = match &card.blocked {
            Some(_) => format!("{} (blocked)", card.status),
            None => card.status.clone(),
        };
        table.push([
            card.lane.as_str(),
            &status,
            card.holder.as_deref().unwrap_or_default(),
            &card.age(ctx.now),
            card.id.as_str(),
            card.title.as_deref().unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_of_people_at_work_are_shown_unless_others_are_named() {
        assert_eq!(lanes(&[]), [Lane::Queue, Lane::Active]);
        assert_eq!(lanes(&[Lanes::Archive, Lanes::Queue]), [Lane::Queue, Lane::Archive]);
        assert_eq!(lanes(&[Lanes::Queue, Lanes::All]), Lane::ALL);
    }

    #[test]
    fn a_status_is_asked_for_in_any_of_its_spellings() {
        let in_progress = Ok(StatusFilter::Is(Status::InProgress));
        assert_eq!(StatusFilter::parse("In-Progress"), in_progress);
        assert_eq!(StatusFilter::parse("blocked"), Ok(StatusFilter::Blocked));
        assert!(StatusFilter::parse("opened").unwrap_err().contains("open, queued"));
    }
}
