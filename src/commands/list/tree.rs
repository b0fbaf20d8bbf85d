//! The list as a tree: subtasks below the tickets that they are parts of.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::context::Context;
use crate::app::queue::Survey;
use crate::error::Failure;
use crate::lifecycle::Subtasks;
use crate::ticket::{TicketId, TicketRow};
use crate::trunk::View;

/// The order of the subtasks of one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeOrder {
    /// That of `tix next` and of every other view.
    OfNext,
    /// That of the rows, which somebody has chosen.
    OfRows,
}

/// These rows, each below the ticket that it is a part of if that is among them, with its depth. The rows that
/// stand below none keep their order. Each shows how many of its parts are done, even if the list leaves some out.
pub(super) fn grown(
    ctx: &Context<'_>,
    view: &View<'_>,
    mut rows: Vec<TicketRow>,
    order: TreeOrder,
) -> Result<(Vec<TicketRow>, Vec<usize>), Failure> {
    let survey = Survey::whole(ctx, view)?;
    let subtasks = Subtasks::of(&survey.known, &view.snapshot);
    for row in &mut rows {
        row.subtasks = subtasks.progress(&row.id);
    }
    let ids: Vec<TicketId> = rows.iter().map(|row| row.id.clone()).collect();
    let listed: BTreeSet<&TicketId> = ids.iter().collect();
    let mut below: BTreeMap<&TicketId, Vec<&TicketId>> = BTreeMap::new();
    let mut tops = Vec::new();
    for id in &ids {
        match subtasks.parent(id).filter(|parent| listed.contains(parent)) {
            Some(parent) => below.entry(parent).or_default().push(id),
            None => tops.push(id),
        }
    }
    if order == TreeOrder::OfNext {
        for (parent, parts) in &mut below {
            let order = subtasks.parts(parent);
            parts.sort_by_key(|id| order.iter().position(|part| part.entry.id == **id));
        }
    }
    let mut rows: BTreeMap<TicketId, TicketRow> =
        rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let (mut tree, mut depths) = (Vec::new(), Vec::new());
    let mut left: Vec<(&TicketId, usize)> = tops.into_iter().rev().map(|id| (id, 0)).collect();
    // Tickets that are parts of each other stand below none. `tix doctor` names such a circle; here they are shown.
    let mut rest = ids.iter();
    while let Some((id, depth)) = left.pop().or_else(|| rest.next().map(|id| (id, 0))) {
        let Some(row) = rows.remove(id) else { continue };
        tree.push(row);
        depths.push(depth);
        let parts = below.get(id).into_iter().flatten().rev();
        left.extend(parts.map(|part| (*part, depth + 1)));
    }
    Ok((tree, depths))
}

/// Draws the tree before the titles, and the progress of the parts after them.
pub(super) fn draw(rows: &mut [TicketRow], depths: &[usize]) {
    for (at, row) in rows.iter_mut().enumerate() {
        let depth = depths.get(at).copied().unwrap_or(0);
        // Not the last one below its parent: another stands as deep before anything stands higher.
        let goes_on = |depth: usize| {
            depths.iter().skip(at + 1).find(|other| **other <= depth) == Some(&depth)
        };
        let sign = match depth {
            0 => "",
            _ if goes_on(depth) => "├─ ",
            _ => "└─ ",
        };
        let title = row.title.as_deref().unwrap_or(row.id.as_str());
        let progress = row.subtasks.map(|progress| format!(" ({progress})")).unwrap_or_default();
        let above = (1..depth).map(|depth| if goes_on(depth) { "│  " } else { "   " });
        let indent: String = above.collect();
        row.title = Some(format!("{indent}{sign}{title}{progress}"));
    }
}
