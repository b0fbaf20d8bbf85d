//! The figures of `tix report`, as text and in JSON.

use chrono::TimeDelta;
use serde::Serialize;

use crate::app::board::{Damage, TrunkAsSeen};
use crate::app::cells;
use crate::app::context::Context;
use crate::app::frame::{AsOf, Extent};
use crate::out::Out;
use crate::out::table::{Cell, ColumnSpec, Table};
use crate::report::{
    CutBy, Figures, FlowCut, QueueHistory, ReportedTicket, TicketFlow, cuts, figures,
};
use crate::text::duration;
use crate::ticket::Lane;

/// How many rows a table has.
const ROWS: usize = 12;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Numbers {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    /// The file that the page was written to, in full; missing without `--html`.
    html: Option<String>,
    /// The charts and tables as markup, for the page of `tix serve`; missing otherwise.
    markup: Option<String>,
    /// How many tickets wait in the queue.
    queued: usize,
    /// How many are held.
    active: usize,
    /// How many were completed in the last 30 days.
    completed_30d: usize,
    /// The median cycle time, from the first claim to the completion, of tickets completed in the last 30 days, in
    /// seconds; missing when there are none.
    cycle_median_s: Option<i64>,
    /// The 85th percentile of the same: 85 of 100 took no longer; missing when there are none.
    cycle_p85_s: Option<i64>,
    /// The median lead time, from the creation to the completion, of tickets completed in the last 30 days, in seconds;
    /// missing when there are none.
    lead_median_s: Option<i64>,
    /// The 85th percentile of the same; missing when there are none.
    lead_p85_s: Option<i64>,
    /// The median of how long the held tickets have been held, in seconds; missing when none is held.
    in_progress_median_s: Option<i64>,
    /// How long the ticket that has been held longest has been held, in seconds; missing when none is held.
    longest_held_s: Option<i64>,
    /// The files that cannot be read as tickets, and count in nothing else.
    damaged: Vec<Damage>,
    /// How many open tickets are blocked.
    blocked: usize,
    /// How long the open tickets, and those that were completed in the last 30 days, were blocked, together, in seconds;
    /// from their changelogs, to the minute.
    blocked_s: i64,
    /// The tickets that are held, those that have been held longest first; `total` counts these.
    held: Vec<HeldJson>,
    #[serde(flatten)]
    extent: Extent,
    /// The same figures for each priority.
    by_priority: Vec<CutJson>,
    /// For each holder, of held and of completed tickets.
    by_person: Vec<CutJson>,
    /// For each label; a ticket with several counts for each.
    by_label: Vec<CutJson>,
}

/// Who holds what.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HeldJson {
    /// Its id.
    ticket: String,
    /// Who holds it.
    by: String,
    /// Since when: RFC 3339, UTC.
    since: String,
    /// For how long, in seconds.
    seconds: i64,
}

/// The figures of a group of tickets.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CutJson {
    /// The priority, as in `P1 high`, the person or the label; missing for tickets that have none.
    name: Option<String>,
    /// How many of them wait in the queue.
    queued: usize,
    /// How many are held.
    active: usize,
    /// How many were completed in the last 30 days.
    completed_30d: usize,
    /// The median of the cycle times of those, in seconds; missing when there are none.
    cycle_median_s: Option<i64>,
    /// The 85th percentile of the same; missing when there are none.
    cycle_p85_s: Option<i64>,
    /// The median of their lead times; missing when there are none.
    lead_median_s: Option<i64>,
    /// How long they were blocked, together, in seconds.
    blocked_s: i64,
}

/// The figures, and what they are about.
pub struct FlowReport<'a> {
    pub story: &'a QueueHistory,
    pub tickets: &'a [ReportedTicket<'a>],
    damaged: &'a [Damage],
    flow: TicketFlow,
    numbers: Figures,
}

impl<'a> FlowReport<'a> {
    pub fn of(
        ctx: &Context<'_>,
        story: &'a QueueHistory,
        flow: TicketFlow,
        tickets: &'a [ReportedTicket<'a>],
        damaged: &'a [Damage],
    ) -> FlowReport<'a> {
        let numbers = figures(story, &flow, ctx.now);
        FlowReport { story, tickets, damaged, flow, numbers }
    }

    fn blocked(&self) -> TimeDelta {
        self.tickets.iter().map(|ticket| ticket.blocked).sum()
    }

    /// How many open tickets are blocked.
    fn blocked_now(&self) -> usize {
        let is_open = |lane| matches!(lane, Lane::Queue | Lane::Active);
        let blocked =
            |ticket: &&ReportedTicket<'_>| is_open(ticket.row.lane) && ticket.row.blocked.is_some();
        self.tickets.iter().filter(blocked).count()
    }

    pub fn in_words(&self, ctx: &Context<'_>) -> String {
        let numbers = &self.numbers;
        let lines = [
            ("waiting", numbers.queued.to_string()),
            ("in progress", numbers.active.to_string()),
            ("completed in 30 days", numbers.completed_recently.to_string()),
            ("cycle time, median", span(numbers.cycle.median)),
            ("cycle time, 85th percentile (p85)", span(numbers.cycle.p85)),
            ("lead time, median", span(numbers.lead.median)),
            ("lead time, 85th percentile (p85)", span(numbers.lead.p85)),
            ("age in progress, median", span(numbers.in_progress.median)),
            ("blocked now", self.blocked_now().to_string()),
            ("blocked, all together", some_span(self.blocked())),
        ];
        let mut totals =
            Table::new([ColumnSpec::new("figure"), ColumnSpec::new("value")]).untitled();
        let mut lines = Vec::from(lines);
        if !self.damaged.is_empty() {
            lines.insert(3, ("unreadable, counted nowhere", self.damaged.len().to_string()));
        }
        for (name, value) in lines {
            totals.push([name.to_owned(), value]);
        }
        let mut parts = vec![ctx.out.laid_out(&totals)];
        for by in CutBy::ALL {
            let found = cuts(&self.flow, self.tickets, by);
            if found.iter().any(|cut| cut.name.is_some()) {
                parts.push(in_table(ctx.out, by, &found));
            }
        }
        let held = self.story.held(ctx.now);
        if !held.is_empty() {
            let ticket = ColumnSpec::new("held ticket").cut_to(12).apart();
            let mut table =
                Table::new([ColumnSpec::new("age"), ticket, ColumnSpec::new("by").cut_to(8)]);
            for held in held {
                let age = Cell::new(duration::age(held.since, ctx.now));
                table.push([age, cells::id(held.id.as_str()), cells::person(Some(&held.by))]);
            }
            parts.push(ctx.out.laid_out(&table));
        }
        parts.join("\n")
    }

    pub fn in_json(
        &self,
        ctx: &Context<'_>,
        seen: &TrunkAsSeen<'_>,
        html: Option<String>,
        markup: Option<String>,
    ) -> Numbers {
        let numbers = &self.numbers;
        let held: Vec<HeldJson> = self
            .story
            .held(ctx.now)
            .into_iter()
            .map(|held| HeldJson {
                ticket: held.id.to_string(),
                by: held.by,
                since: crate::clock::rfc3339(held.since),
                seconds: (ctx.now - held.since).num_seconds().max(0),
            })
            .collect();
        let cut = |by| cuts(&self.flow, self.tickets, by).into_iter().map(in_json).collect();
        Numbers {
            schema: "tix/report@1",
            as_of: AsOf::of(ctx, seen),
            html,
            markup,
            queued: numbers.queued,
            active: numbers.active,
            completed_30d: numbers.completed_recently,
            cycle_median_s: seconds(numbers.cycle.median),
            cycle_p85_s: seconds(numbers.cycle.p85),
            lead_median_s: seconds(numbers.lead.median),
            lead_p85_s: seconds(numbers.lead.p85),
            in_progress_median_s: seconds(numbers.in_progress.median),
            longest_held_s: seconds(numbers.longest_held),
            damaged: self.damaged.to_vec(),
            blocked: self.blocked_now(),
            blocked_s: self.blocked().num_seconds(),
            extent: Extent::all(held.len()),
            held,
            by_priority: cut(CutBy::Priority),
            by_person: cut(CutBy::Person),
            by_label: cut(CutBy::Label),
        }
    }
}

fn in_json(cut: FlowCut) -> CutJson {
    CutJson {
        name: cut.name,
        queued: cut.queued,
        active: cut.active,
        completed_30d: cut.completed_recently,
        cycle_median_s: seconds(cut.cycle.median),
        cycle_p85_s: seconds(cut.cycle.p85),
        lead_median_s: seconds(cut.lead.median),
        blocked_s: cut.blocked.num_seconds(),
    }
}

fn seconds(time: Option<TimeDelta>) -> Option<i64> {
    time.map(|time| time.num_seconds())
}

fn span(time: Option<TimeDelta>) -> String {
    time.map_or_else(|| "-".to_owned(), duration::rough)
}

/// The same of a sum, which is empty if there is nothing to add.
fn some_span(time: TimeDelta) -> String {
    span(Some(time).filter(|time| !time.is_zero()))
}

fn in_table(out: &Out, by: CutBy, found: &[FlowCut]) -> String {
    let mut table = Table::new([
        ColumnSpec::new(by.as_str()).cut_to(8),
        ColumnSpec::new("waiting"),
        ColumnSpec::new("active"),
        ColumnSpec::new("done, 30 d").leaves(4),
        ColumnSpec::new("cycle").leaves(5),
        ColumnSpec::new("p85").leaves(1),
        ColumnSpec::new("lead").leaves(2),
        ColumnSpec::new("blocked").leaves(3),
    ]);
    for found in found.iter().take(ROWS) {
        let name = found.name.as_deref().unwrap_or("none").to_owned();
        let counts = [found.queued, found.active, found.completed_recently];
        let times = [found.cycle.median, found.cycle.p85, found.lead.median];
        let cells = counts.map(|count| count.to_string()).into_iter().chain(times.map(span));
        table.push(std::iter::once(name).chain(cells).chain([some_span(found.blocked)]));
    }
    let mut text = out.laid_out(&table);
    if found.len() > ROWS {
        text.push_str(&format!("and {} more\n", found.len() - ROWS));
    }
    text
}
