//! The page: one file with everything in it.

use chrono::{DateTime, TimeDelta, Utc};

use super::chart::{self, known};
use super::flow::{Figures, TicketFlow, figures};
use super::html::Html;
use super::story::QueueHistory;
use super::style::STYLE;
use crate::text::duration;
use crate::ticket::{Lane, TicketRow, name_of};

/// How many of those that are held are listed.
const LISTED: usize = 40;

pub struct Page<'a> {
    pub name: &'a str,
    pub trunk: &'a str,
    /// The commit it was at, shortened.
    pub commit: &'a str,
    pub now: DateTime<Utc>,
    pub story: &'a QueueHistory,
    pub board: &'a [BoardLane<'a>],
    /// How long nothing may happen on a claim before it counts as old.
    pub stale_after: TimeDelta,
}

pub struct BoardLane<'a> {
    pub lane: Lane,
    pub total: usize,
    /// Those that are shown. Every text may be anything.
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
    html.raw("</p></header>\n<main>\n");
    tiles(&mut html, &numbers);
    html.raw("<div class=\"charts\">\n");
    for chart in [
        chart::cumulative_flow(&flow),
        chart::throughput(&flow),
        chart::cycle_time(&flow, numbers.median),
    ] {
        chart.draw(&mut html);
        html.raw("\n");
    }
    html.raw("</div>\n");
    held(&mut html, page);
    board(&mut html, page);
    html.raw(
        "</main>\n<footer><p>Made by tix from the commits of the trunk and nothing else: a lane is left and entered \
         when a commit moves the ticket's file. Times are UTC.</p></footer>\n</body>\n</html>\n",
    );
    html.into_string()
}

fn tiles(html: &mut Html, numbers: &Figures) {
    let tiles = [
        (numbers.queued.to_string(), "waiting in the queue"),
        (numbers.active.to_string(), "being worked on"),
        (numbers.completed_recently.to_string(), "completed in 30 days"),
        (known(numbers.median), "middle cycle time, 30 days"),
        (known(numbers.most), "85 of 100 took no longer"),
        (known(numbers.longest_held), "held longest"),
    ];
    html.raw("<ul class=\"tiles\">");
    for (number, words) in tiles {
        html.raw("<li>").element("b", &number).element("span", words).raw("</li>");
    }
    html.raw("</ul>\n");
}

fn held(html: &mut Html, page: &Page<'_>) {
    let all = page.story.held();
    html.raw("<section class=\"held\">").element("h2", "Who holds what, and for how long");
    if all.is_empty() {
        html.element("p class=\"none\"", "Nobody holds a ticket.").raw("</section>\n");
        return;
    }
    let limit = duration::exact(page.stale_after);
    let old = all.iter().filter(|held| page.now - held.since > page.stale_after).count();
    html.element("p", &format!("Held for longer than {limit}: {old} of {}.", all.len()));
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
        html.raw("<tr><td>").element("code", held.id.as_str()).element("bdi", title);
        html.raw("</td><td>").element("bdi", name_of(by));
        html.raw("</td><td class=\"time\">").text(&duration::rough(time));
        html.raw(&format!("<span class=\"{class}\" style=\"width:{part:.1}%\"></span></td></tr>"));
    }
    html.raw("</tbody></table>");
    more(html, all.len(), LISTED);
    html.raw("</section>\n");
}

fn board(html: &mut Html, page: &Page<'_>) {
    html.raw("<div class=\"board\">\n");
    for lane in page.board {
        html.raw(&format!("<section class=\"lane {}\"><h2>", lane.lane)).text(lane.lane.as_str());
        html.element("small", &lane.total.to_string()).raw("</h2>");
        if lane.rows.is_empty() {
            html.element("p class=\"none\"", "nothing here");
        }
        html.raw("<ul class=\"cards\">");
        for row in &lane.rows {
            card(html, row, page.now);
        }
        html.raw("</ul>");
        more(html, lane.total, lane.rows.len());
        html.raw("</section>\n");
    }
    html.raw("</div>\n");
}

fn card(html: &mut Html, row: &TicketRow, now: DateTime<Utc>) {
    html.raw("<li class=\"card\">").element("div class=\"id\"", row.id.as_str());
    if let Some(title) = &row.title {
        html.raw("<div class=\"title\">").element("bdi", title).raw("</div>");
    }
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
    html.raw("<div class=\"badges\">").element("span", row.status_words());
    if let Some(why) = &row.blocked {
        html.element("span class=\"blocked\"", &format!("blocked: {why}"));
    }
    for badge in row.priority.iter().chain(&row.labels) {
        html.element("span", badge);
    }
    html.raw("</div></li>");
}

fn more(html: &mut Html, total: usize, shown: usize) {
    if total > shown {
        html.element("p class=\"more\"", &format!("and {} more", total - shown));
    }
}
