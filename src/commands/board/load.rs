//! What the board shows, from the trunk as this clone knows it.

use chrono::{DateTime, Utc};

use crate::app::board::Card;
use crate::app::context::Context;
use crate::clock;
use crate::kanban::{Column, Tile};
use crate::text::{duration, safe};
use crate::ticket::Lane;

/// The line at the top, of what is known as of this moment; nothing is said of the present.
pub fn heading(ctx: &Context<'_>, at: Option<DateTime<Utc>>) -> String {
    let mut text = format!("{}  {}", ctx.repo.name, ctx.trunk_label());
    if let Some(at) = at {
        text.push_str(&format!("  as of {} ago", duration::age(at, clock::now())));
    }
    safe(&text)
}

/// The lanes. What waits and what is held longest stands first, and of what is over the newest.
pub fn columns(ctx: &Context<'_>, cards: &[Card]) -> Vec<Column> {
    let column = |lane: Lane| {
        let mut cards: Vec<&Card> = cards.iter().filter(|card| card.lane == lane).collect();
        cards.sort_by_key(|card| card.since);
        match lane {
            Lane::Queue | Lane::Active => {}
            Lane::Completed | Lane::Archive => cards.reverse(),
        }
        Column { lane, tiles: cards.iter().map(|card| tile(ctx, card)).collect() }
    };
    Lane::ALL.into_iter().map(column).collect()
}

fn tile(ctx: &Context<'_>, card: &Card) -> Tile {
    let shown = |text: &Option<String>| text.as_deref().map(safe);
    Tile {
        id: card.id.to_string(),
        title: shown(&card.title).unwrap_or_default(),
        status: safe(&card.status),
        blocked: shown(&card.blocked),
        priority: shown(&card.priority),
        labels: card.labels.iter().map(|label| safe(label)).collect(),
        holder: shown(&card.holder),
        age: card.age(ctx.now),
    }
}
