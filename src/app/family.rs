//! What a ticket is a part of, and what is a part of it.

use serde::Serialize;

use super::board::{self, TrunkAsSeen};
use super::context::Context;
use super::queue::Survey;
use crate::error::Failure;
use crate::lifecycle::{KnownTicket, Subtasks};
use crate::text::safe;
use crate::ticket::{Lane, TicketId, TicketRow};

pub struct TicketFamily {
    parent: Option<TicketRow>,
    /// The name that it gives its parent, if no single ticket has it.
    lost_parent: Option<String>,
    parts: Vec<TicketRow>,
}

/// A part of a ticket.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubtaskJson {
    /// Its id.
    id: TicketId,
    /// The lane it is in.
    lane: Lane,
    /// Its status, as in the ticket.
    status: String,
    /// What it is about; missing when it does not say.
    title: Option<String>,
}

impl TicketFamily {
    /// The family of a ticket; how far its parts are is written into its row.
    pub fn of(
        ctx: &Context<'_>,
        seen: &TrunkAsSeen<'_>,
        row: &mut TicketRow,
    ) -> Result<TicketFamily, Failure> {
        let (view, label) = (seen.view, ctx.trunk_label());
        let survey = Survey::parts(ctx, view)?;
        let subtasks = Subtasks::of(&survey.known, &view.snapshot);
        let of = |known: &KnownTicket<'_>| known.entry.row(known.head.clone(), label.clone());
        row.subtasks = subtasks.progress(&row.id);
        let parts = subtasks.parts(&row.id).iter().map(|known| of(known)).collect();
        let parent = match subtasks.parent(&row.id).map(|id| view.snapshot.find_id(id)) {
            Some(Ok(entry)) => board::read_one(ctx, view, entry).ok().map(|read| read.0),
            Some(Err(_)) | None => None,
        };
        let named = row.parent_ticket.clone();
        let lost_parent = named.filter(|_| subtasks.parent(&row.id).is_none());
        Ok(TicketFamily { parent, lost_parent, parts })
    }

    pub fn in_json(&self) -> Vec<SubtaskJson> {
        let part = |row: &TicketRow| SubtaskJson {
            id: row.id.clone(),
            lane: row.lane,
            status: row.status.clone(),
            title: row.title.clone(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Its lines: the whole, how far the parts are, and so many of them. A line that says how many more there are stands
    /// for two at least.
    pub fn lines(&self, row: &TicketRow, most: usize) -> Vec<String> {
        let lost = self.lost_parent.as_ref();
        let lost = lost.map(|name| format!("{}, and no single ticket has that name", safe(name)));
        let whole = self.parent.as_ref().map(line_of).or(lost);
        let whole = whole.into_iter().map(|whole| ("part of", whole));
        let progress = row.subtasks.map(|progress| ("subtasks", progress.to_string()));
        let mut lines: Vec<String> =
            whole.chain(progress).map(|(name, value)| format!("{name:9}  {value}")).collect();
        let shown =
            if self.parts.len() <= most.saturating_add(1) { self.parts.len() } else { most };
        let more = self.parts.len() - shown;
        let mut parts: Vec<String> = self.parts.iter().take(shown).map(line_of).collect();
        parts.extend((more > 0).then(|| format!("and {more} more")));
        for (at, part) in parts.iter().enumerate() {
            let sign = if at + 1 == parts.len() { "└─" } else { "├─" };
            lines.push(format!("{sign} {part}"));
        }
        lines
    }
}

fn line_of(row: &TicketRow) -> String {
    let title = row.title.as_deref().map(safe).unwrap_or_default();
    format!("{} ({})  {title}", row.id, safe(row.status_words()))
}
