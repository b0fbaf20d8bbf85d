//! The page: one file with everything in it.

use chrono::{DateTime, TimeDelta, Utc};

use super::chart::{self, TimeChart, known};
use super::cut::{CutBy, FlowCut, ReportedTicket, cuts, priority_words};
use super::flow::{Figures, TicketFlow, figures};
use super::html::Html;
use super::story::QueueHistory;
use super::style::STYLE;
use crate::text::duration;
use crate::ticket::{Lane, Priority, Status, TicketRow, name_of};

/// How many held tickets are listed.
const LISTED: usize = 40;

/// How many cards of a lane are shown at first; the others unfold.
const UNFOLDED: usize = 15;

/// How many rows a breakdown has.
const CUTS: usize = 12;

pub struct Page<'a> {
    pub name: &'a str,
    pub trunk: &'a str,
    /// The commit of the trunk, shortened.
    pub commit: &'a str,
    pub now: DateTime<Utc>,
    pub story: &'a QueueHistory,
    /// All tickets that are open or were recently completed.
    pub tickets: &'a [ReportedTicket<'a>],
    pub board: &'a [BoardLane<'a>],
    /// The files that cannot be read as tickets, each with the reason. The figures count them in their lanes.
    pub unreadable: &'a [String],
    /// How long a claim may be quiet before it counts as old.
    pub stale_after: TimeDelta,
}

pub struct BoardLane<'a> {
    pub lane: Lane,
    pub total: usize,
    /// The tickets that are shown. Their texts may contain anything.
    pub rows: Vec<&'a TicketRow>,
}

pub fn render(page: &Page<'_>) -> String {
    let flow = TicketFlow::of(page.story, page.now);
    let numbers = figures(page.story, &flow, page.now);
    let mut html = Html::default();
    html.raw(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    html.element("title", &format!("Tickets of {}", page.name));
    html.raw("\n<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n<header>");
    html.element("h1", &format!("Tickets of {}", page.name));
    html.raw("<p>").text(page.trunk).raw(" at ").element("code", page.commit);
    html.raw(", ").text(&page.now.format("%-d %B %Y, %H:%M UTC").to_string());
    html.raw("</p>\n<nav>");
    for (anchor, name) in [
        ("board", "Board"),
        ("flow", "Flow"),
        ("held", "In progress"),
        ("cuts", "By priority, person, label"),
    ] {
        html.element(&format!("a href=\"#{anchor}\""), name);
    }
    html.raw("</nav>");
    for file in page.unreadable {
        html.raw("<p>").text("Unreadable, and not counted: ").element("code", file).raw("</p>");
    }
    html.raw("</header>\n<main>\n");
    board(&mut html, page);
    let blocked = page.tickets.iter().map(|ticket| ticket.blocked).sum();
    html.raw("<div id=\"flow\">\n");
    tiles(&mut html, &numbers, blocked);
    html.raw("<div class=\"charts\">\n");
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
    for chart in [
        chart::cumulative_flow(&flow),
        chart::throughput(&flow),
        chart::times(&flow, &cycle),
        chart::times(&flow, &lead),
    ] {
        chart.draw(&mut html);
        html.raw("\n");
    }
    html.raw("</div></div>\n");
    held(&mut html, page);
    html.raw("<div id=\"cuts\">\n");
    for by in CutBy::ALL {
        cut(&mut html, by, &cuts(&flow, page.tickets, by));
    }
    html.raw("</div>\n");
    html.raw(
        "</main>\n<footer><p>Made by tix from the commits of the trunk: a ticket leaves a lane and enters another when a \
         commit moves its file. Time blocked is read from the changelogs of the tickets. Times are UTC.</p></footer>\n\
         </body>\n</html>\n",
    );
    html.into_string()
}

fn tiles(html: &mut Html, numbers: &Figures, blocked: TimeDelta) {
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
    html.raw("<ul class=\"tiles\">");
    for (number, words) in tiles {
        html.raw("<li>").element("b", &number).element("span", words).raw("</li>");
    }
    html.raw("</ul>\n");
}

/// A table of figures, a row for each priority, person or label.
fn cut(html: &mut Html, by: CutBy, rows: &[FlowCut]) {
    html.raw("<section class=\"cut\">").element("h2", &format!("By {}", by.as_str()));
    if rows.is_empty() {
        html.element("p class=\"none\"", "There are no open or lately completed tickets.");
        html.raw("</section>\n");
        return;
    }
    html.raw("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    for head in [
        by.as_str(),
        "waiting",
        "in progress",
        "completed, 30 d",
        "cycle time, median",
        "p85",
        "lead time, median",
        "blocked",
    ] {
        html.element("th scope=\"col\"", head);
    }
    html.raw("</tr></thead><tbody>");
    let most = rows.iter().map(FlowCut::size).max().unwrap_or(1).max(1);
    for row in rows.iter().take(CUTS) {
        html.raw("<tr><th scope=\"row\">");
        html.element("bdi", row.name.as_deref().unwrap_or("none"));
        html.raw("<span class=\"share\">");
        for (count, class) in [
            (row.queued, "c-queue"),
            (row.active, "c-active"),
            (row.completed_recently, "c-completed"),
        ] {
            let part = 100 * count / most;
            html.raw(&format!("<span class=\"{class}\" style=\"width:{part}%\"></span>"));
        }
        html.raw("</span></th>");
        for count in [row.queued, row.active, row.completed_recently] {
            html.element("td", &count.to_string());
        }
        let blocked = Some(row.blocked).filter(|time| !time.is_zero());
        for time in [row.cycle.median, row.cycle.p85, row.lead.median, blocked] {
            html.element("td", &known(time));
        }
        html.raw("</tr>");
    }
    html.raw("</tbody></table></div>");
    more(html, rows.len(), CUTS);
    html.raw("</section>\n");
}

fn held(html: &mut Html, page: &Page<'_>) {
    let all = page.story.held();
    html.raw("<section class=\"held\" id=\"held\">").element("h2", "Age of work in progress");
    if all.is_empty() {
        html.element("p class=\"none\"", "Nobody holds a ticket.").raw("</section>\n");
        return;
    }
    let limit = duration::exact(page.stale_after);
    let old = all.iter().filter(|held| page.now - held.since > page.stale_after).count();
    let of = all.len();
    html.element(
        "p",
        &format!("Who holds what, and since when. {old} of {of} longer than {limit}."),
    );
    html.raw("<table><thead><tr>");
    for head in ["ticket", "holder", "for"] {
        html.element("th scope=\"col\"", head);
    }
    html.raw("</tr></thead><tbody>");
    let longest = all.first().map_or(TimeDelta::zero(), |held| page.now - held.since);
    let rows = || page.board.iter().flat_map(|lane| &lane.rows);
    for held in all.iter().take(LISTED) {
        let time = (page.now - held.since).max(TimeDelta::zero());
        let row = rows().find(|row| row.id == held.id);
        let title = row.and_then(|row| row.title.as_deref()).unwrap_or_default();
        let by = row.and_then(|row| row.holder.as_deref()).unwrap_or(&held.by);
        let part = 100.0 * time.as_seconds_f64() / longest.as_seconds_f64().max(1.0);
        let class = if time > page.stale_after { "bar old" } else { "bar" };
        html.raw("<tr><td>").element("bdi", title).element("code", held.id.as_str());
        html.raw("</td><td>").element("bdi", name_of(by));
        html.raw("</td><td class=\"time\">").text(&duration::rough(time));
        html.raw(&format!("<span class=\"{class}\" style=\"width:{part:.1}%\"></span></td></tr>"));
    }
    html.raw("</tbody></table>");
    more(html, all.len(), LISTED);
    html.raw("</section>\n");
}

fn board(html: &mut Html, page: &Page<'_>) {
    html.raw("<div class=\"scroll board\" id=\"board\" tabindex=\"0\">\n");
    for lane in page.board {
        html.raw(&format!("<section class=\"lane {}\"><h2>", lane.lane)).text(lane.lane.as_str());
        html.element("small", &lane.total.to_string()).raw("</h2>");
        if lane.rows.is_empty() {
            html.element("p class=\"none\"", "nothing here");
        }
        let (shown, folded) = lane.rows.split_at(lane.rows.len().min(UNFOLDED));
        cards(html, shown, page.now);
        if !folded.is_empty() {
            html.raw("<details>").element("summary", &format!("{} more", lane.total - shown.len()));
            cards(html, folded, page.now);
            more(html, lane.total, lane.rows.len());
            html.raw("</details>");
        }
        html.raw("</section>\n");
    }
    html.raw("</div>\n");
}

fn cards(html: &mut Html, rows: &[&TicketRow], now: DateTime<Utc>) {
    html.raw("<ul class=\"cards\">");
    for row in rows {
        card(html, row, now);
    }
    html.raw("</ul>");
}

/// The class of a priority; those without a name all look alike.
fn urgency(row: &TicketRow) -> &'static str {
    let priority = row.priority.as_deref().and_then(Priority::read);
    match priority.and_then(Priority::word) {
        Some("critical") => "p0",
        Some("high") => "p1",
        Some("medium") => "p2",
        Some(_) | None => "p3",
    }
}

fn card(html: &mut Html, row: &TicketRow, now: DateTime<Utc>) {
    let urgency = urgency(row);
    html.raw(&format!("<li class=\"card {urgency}\">"));
    if let Some(title) = &row.title {
        html.raw("<div class=\"title\">").element("bdi", title).raw("</div>");
    }
    let id = row.id.as_str();
    html.element("div class=\"id\"", id.strip_prefix("TICKET-").unwrap_or(id));
    let age = row.age(now);
    let who: Vec<&str> = row
        .holder_name()
        .into_iter()
        .chain([age.as_str()])
        .filter(|word| !word.is_empty())
        .collect();
    if !who.is_empty() {
        html.raw("<div class=\"who\">").element("bdi", &who.join(" · ")).raw("</div>");
    }
    html.raw("<div class=\"badges\">");
    if let Some(priority) = &row.priority {
        html.element(&format!("span class=\"{urgency}\""), &priority_words(priority));
    }
    // What the lane says already is not said again.
    if row.known != Some(Status::usual_in(row.lane)) {
        html.element("span", row.status_words());
    }
    if let Some(why) = &row.blocked {
        html.element("span class=\"blocked\"", &format!("blocked: {why}"));
    }
    for badge in &row.labels {
        html.element("span", badge);
    }
    html.raw("</div></li>");
}

fn more(html: &mut Html, total: usize, shown: usize) {
    if total > shown {
        html.element("p class=\"more\"", &format!("and {} more", total - shown));
    }
}
