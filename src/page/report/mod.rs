//! The report: one file with everything in it, or the main part of a page.

mod axis;
mod chart;

use chrono::{DateTime, TimeDelta, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::chart::{TimeChart, known};
use super::{CardValues, REPORT_STYLE, SeenText, card};
use crate::report::{
    CutBy, Figures, FlowCut, QueueHistory, ReportedTicket, TicketFlow, cuts, figures,
};
use crate::text::duration;
use crate::ticket::{Lane, TicketRow, name_of};

/// How many held tickets are listed.
const LISTED: usize = 40;

/// How many cards of a lane are shown at first; the others unfold.
const UNFOLDED: usize = 15;

/// How many rows a breakdown has.
const CUTS: usize = 12;

/// It loads nothing and runs nothing, wherever it is put.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub struct ReportPage<'a> {
    pub name: &'a str,
    pub trunk: &'a str,
    /// The commit of the trunk, shortened.
    pub commit: &'a str,
    pub now: DateTime<Utc>,
    pub story: &'a QueueHistory,
    /// All tickets that are open or were recently completed.
    pub tickets: &'a [ReportedTicket<'a>],
    pub board: &'a [ReportedLane<'a>],
    /// The page of a ticket's file where the code is hosted; `None` where there is none.
    pub file_page: &'a dyn Fn(&TicketRow) -> Option<String>,
    /// The files that cannot be read as tickets, each with the reason. The figures count them in their lanes.
    pub unreadable: &'a [String],
    /// How long a claim may be quiet before it counts as old.
    pub stale_after: TimeDelta,
}

pub struct ReportedLane<'a> {
    pub lane: Lane,
    pub total: usize,
    /// The tickets that are shown. Their texts may contain anything.
    pub rows: Vec<&'a TicketRow>,
}

/// The report as a file of its own.
pub fn report(page: &ReportPage<'_>) -> String {
    let title = format!("Tickets of {}", page.name);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (PreEscaped("\n"))
                meta http-equiv="Content-Security-Policy" content=(PreEscaped(POLICY));
                (PreEscaped("\n"))
                title { (SeenText(&title)) }
                style { (PreEscaped(REPORT_STYLE)) }
            }
            body {
                header {
                    h1 { (SeenText(&title)) }
                    p {
                        (SeenText(page.trunk)) " at " code { (page.commit) } ", "
                        (page.now.format("%-d %B %Y, %H:%M UTC").to_string())
                    }
                    nav aria-label="Parts" {
                        @for (anchor, name) in [
                            ("board", "Board"), ("flow", "Flow"), ("held", "In progress"),
                            ("cuts", "By priority, person, label"),
                        ] { a href={ "#" (anchor) } { (name) } }
                    }
                    (unreadable(page))
                }
                main { (board(page)) (flow(page)) }
                footer { (made_from()) }
            }
        }
    }
    .into_string()
}

/// The figures and their charts, for a page that has a board already.
pub fn report_view(page: &ReportPage<'_>) -> Markup {
    html! { (unreadable(page)) (flow(page)) (made_from()) }
}

fn made_from() -> Markup {
    html! {
        p .made {
            "Made by tix from the commits of the trunk and the tickets: a ticket leaves a lane and enters another when a commit \
             of the trunk moves its file, and is claimed and completed when it says so. Time blocked is read from its changelog. \
             Times are UTC."
        }
    }
}

fn unreadable(page: &ReportPage<'_>) -> Markup {
    html! {
        @for file in page.unreadable { p { "Unreadable, and not counted: " code { (SeenText(file)) } } }
    }
}

fn flow(page: &ReportPage<'_>) -> Markup {
    let flow = TicketFlow::of(page.story, page.now);
    let numbers = figures(page.story, &flow, page.now);
    let blocked = page.tickets.iter().map(|ticket| ticket.blocked).sum();
    let cycle = TimeChart {
        key: "cycle",
        title: "Cycle time",
        from: "From the first claim to the completion",
        spread: numbers.cycle,
        took: |done| done.took,
    };
    let lead = TimeChart {
        key: "lead",
        title: "Lead time",
        from: "From the creation to the completion",
        spread: numbers.lead,
        took: |done| Some(done.lead),
    };
    let charts = [
        chart::cumulative_flow(&flow),
        chart::throughput(&flow),
        chart::times(&flow, &cycle),
        chart::times(&flow, &lead),
    ];
    html! {
        div #flow {
            (tiles(&numbers, blocked))
            div .charts { @for chart in &charts { (chart.draw()) } }
        }
        (held(page))
        div #cuts { @for by in CutBy::ALL { (cut(by, &cuts(&flow, page.tickets, by))) } }
    }
}

fn tiles(numbers: &Figures, blocked: TimeDelta) -> Markup {
    let tiles = [
        (numbers.queued.to_string(), "waiting"),
        (numbers.active.to_string(), "in progress"),
        (numbers.completed_recently.to_string(), "completed in 30 days"),
        (known(numbers.cycle.median), "cycle time, median"),
        (known(numbers.cycle.p85), "cycle time, p85"),
        (known(numbers.lead.median), "lead time, median"),
        (known(numbers.in_progress.median), "age in progress, median"),
        (known(Some(blocked).filter(|time| !time.is_zero())), "blocked, all together"),
    ];
    html! {
        ul .tiles { @for (number, words) in &tiles { li { b { (number) } span { (words) } } } }
    }
}

/// A table of figures, a row for each priority, person or label.
fn cut(by: CutBy, rows: &[FlowCut]) -> Markup {
    const HEADS: [&str; 7] = [
        "waiting",
        "in progress",
        "completed, 30 d",
        "cycle time, median",
        "p85",
        "lead time, median",
        "blocked",
    ];
    let most = rows.iter().map(FlowCut::size).max().unwrap_or(1).max(1);
    let heading = format!("By {}", by.as_str());
    html! {
        section .cut {
            h2 { (heading) }
            @if rows.is_empty() {
                p .none { "There are no open or lately completed tickets." }
            } @else {
                div .scroll tabindex="0" role="region" aria-label=(heading) {
                    table {
                        thead { tr {
                            th scope="col" { (by.as_str()) }
                            @for head in HEADS { th scope="col" { (head) } }
                        } }
                        tbody { @for row in rows.iter().take(CUTS) { (cut_row(row, most)) } }
                    }
                }
                (more(rows.len(), CUTS))
            }
        }
    }
}

fn cut_row(row: &FlowCut, most: usize) -> Markup {
    let counts = [
        (row.queued, "c-queue"),
        (row.active, "c-active"),
        (row.completed_recently, "c-completed"),
    ];
    let blocked = Some(row.blocked).filter(|time| !time.is_zero());
    html! {
        tr {
            th scope="row" {
                bdi { (SeenText(row.name.as_deref().unwrap_or("none"))) }
                span .share {
                    @for (count, class) in counts {
                        span class=(class) style={ "width:" (100 * count / most) "%" } {}
                    }
                }
            }
            @for (count, _) in counts { td { (count) } }
            @for time in [row.cycle.median, row.cycle.p85, row.lead.median, blocked] { td { (known(time)) } }
        }
    }
}

fn held(page: &ReportPage<'_>) -> Markup {
    let all = page.story.held(page.now);
    let limit = duration::exact(page.stale_after);
    let old = all.iter().filter(|held| page.now - held.since > page.stale_after).count();
    let longest = all.first().map_or(TimeDelta::zero(), |held| page.now - held.since);
    let rows = || page.board.iter().flat_map(|lane| &lane.rows);
    html! {
        section .held #held {
            h2 { "Age of work in progress" }
            @if all.is_empty() {
                p .none { "Nobody holds a ticket." }
            } @else {
                p { "Who holds what, and since when. " (old) " of " (all.len()) " longer than " (limit) "." }
                table {
                    thead { tr { @for head in ["ticket", "holder", "for"] { th scope="col" { (head) } } } }
                    tbody {
                        @for held in all.iter().take(LISTED) {
                            @let time = (page.now - held.since).max(TimeDelta::zero());
                            @let row = rows().find(|row| row.id == held.id);
                            @let title = row.and_then(|row| row.title.as_deref()).unwrap_or_default();
                            @let by = row.and_then(|row| row.holder.as_deref()).unwrap_or(&held.by);
                            @let part = 100.0 * time.as_seconds_f64() / longest.as_seconds_f64().max(1.0);
                            @let class = if time > page.stale_after { "bar old" } else { "bar" };
                            tr {
                                td { bdi { (SeenText(title)) } code { (SeenText(held.id.as_str())) } }
                                td { bdi { (SeenText(name_of(by))) } }
                                td .time {
                                    (duration::rough(time))
                                    span class=(class) style=(format!("width:{part:.1}%")) {}
                                }
                            }
                        }
                    }
                }
                (more(all.len(), LISTED))
            }
        }
    }
}

fn board(page: &ReportPage<'_>) -> Markup {
    html! {
        div #board class="scroll board" tabindex="0" role="region" aria-label="Board" {
            @for lane in page.board {
                @let (shown, folded) = lane.rows.split_at(lane.rows.len().min(UNFOLDED));
                section class={ "lane " (lane.lane.as_str()) } {
                    h2 { (lane.lane.as_str()) small { (lane.total) } }
                    @if lane.rows.is_empty() { p .none { "nothing here" } }
                    (cards(page, shown))
                    @if !folded.is_empty() {
                        details {
                            summary { (lane.total - shown.len()) " more" }
                            (cards(page, folded))
                            (more(lane.total, lane.rows.len()))
                        }
                    }
                }
            }
        }
    }
}

fn cards(page: &ReportPage<'_>, rows: &[&TicketRow]) -> Markup {
    let values = |row| CardValues::of_row(row, &row.age(page.now), (page.file_page)(row));
    html! {
        ul .cards { @for row in rows { (card(&values(row))) } }
    }
}

fn more(total: usize, shown: usize) -> Markup {
    html! { @if total > shown { p .more { "and " (total - shown) " more" } } }
}
