//! Charts: an SVG for the shapes, which stretches to the available space, and text beside it, which does not.

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::axis::{TimeAxis, axis};
use crate::page::SeenText;
use crate::report::{ChartUnit, CompletedTicket, RECENT, TicketFlow, TimeSpread};
use crate::text::duration;
use crate::ticket::Lane;

/// Both sides of the drawing; it has no units.
const SIDE: f64 = 1000.0;

/// The greatest number of labels below a chart.
const WORDS: usize = 6;

/// A label whose middle is further right would be cut off by the edge, or overlap the `now` at the end of an axis.
const LAST_WORD: f64 = 0.96;
const LAST_BEFORE_NOW: f64 = 0.85;

pub(super) struct Chart<'a> {
    /// Names its parts for a screen reader.
    pub key: &'a str,
    /// Its size.
    pub class: &'a str,
    pub title: &'a str,
    /// A sentence that describes the chart for people who cannot see it.
    pub says: String,
    /// The legend: classes and their meanings. A line is named here and not beside it, where its name would hide dots.
    pub legend: Vec<(&'a str, String)>,
    /// The marks on the vertical axis: height (0 to 1) and label.
    pub marks: Vec<(f64, String)>,
    /// The labels below, with the horizontal position (0 to 1) of their middles; a label at the very end is right-aligned.
    pub words: Vec<(f64, String)>,
    pub shapes: Markup,
    /// The same as a table: the heading and the rows.
    pub heads: &'a [&'a str],
    pub rows: Vec<Vec<String>>,
}

impl Chart<'_> {
    pub(super) fn draw(&self) -> Markup {
        let key = self.key;
        html! {
            figure class=(self.class) {
                figcaption {
                    h2 { (self.title) }
                    p { (self.says) }
                    @if !self.legend.is_empty() {
                        ul .legend {
                            @for (class, word) in &self.legend {
                                li { span class={ "key " (class) } {} (word) }
                            }
                        }
                    }
                }
                div .plot {
                    @for (height, word) in &self.marks {
                        span .y style=(format!("bottom:{:.2}%", height * 100.0)) { (word) }
                    }
                    svg viewBox=(format!("0 0 {SIDE} {SIDE}")) preserveAspectRatio="none" role="img"
                        aria-labelledby={ (key) "-t " (key) "-d" } {
                        title id={ (key) "-t" } { (self.title) }
                        desc id={ (key) "-d" } { (self.says) }
                        @for (height, _) in &self.marks {
                            path class="grid" d=(format!("M0 {:.1}H{SIDE}", up(*height))) {}
                        }
                        (self.shapes)
                    }
                    @for (right, word) in &self.words {
                        @let (class, place) = match *right {
                            end if end >= 1.0 => ("x end", "right:0".to_owned()),
                            at => ("x", format!("left:{:.2}%", at * 100.0)),
                        };
                        span class=(class) style=(place) { (word) }
                    }
                }
                (self.table())
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            details id={ (self.key) "-n" } {
                summary { "In numbers" }
                div .scroll tabindex="0" role="region" aria-label={ (self.title) " in numbers" } {
                    table {
                        thead { tr { @for head in self.heads { th scope="col" { (head) } } } }
                        tbody {
                            @for row in &self.rows { tr { @for cell in row { td { (SeenText(cell)) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// The y coordinate of a height from 0 to 1; y grows downwards.
fn up(height: f64) -> f64 {
    SIDE - height * SIDE
}

#[expect(clippy::cast_precision_loss, reason = "numbers of tickets, for a drawing")]
fn float(number: usize) -> f64 {
    number as f64
}

/// The position of a moment between two others, from 0 to 1.
fn part(from: DateTime<Utc>, to: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    let seconds = |span: TimeDelta| span.as_seconds_f64();
    (seconds(at - from) / seconds(to - from).max(1.0)).clamp(0.0, 1.0)
}

fn marks(most: usize) -> (usize, Vec<(f64, String)>) {
    let (end, numbers) = axis(most);
    (end, numbers.into_iter().map(|n| (float(n) / float(end), n.to_string())).collect())
}

/// The labels below a chart with columns of equal width.
fn column_words(flow: &TicketFlow) -> Vec<(f64, String)> {
    let wide = 1.0 / float(flow.starts.len().max(1));
    words(flow, |n, _| (float(n) + 0.5) * wide, LAST_WORD)
}

/// The labels below a chart of the time from the first column to now.
fn time_words(flow: &TicketFlow) -> Vec<(f64, String)> {
    let mut words = words(flow, |_, at| when(flow, at), LAST_BEFORE_NOW);
    words.push((1.0, "now".to_owned()));
    words
}

fn words(
    flow: &TicketFlow,
    place: impl Fn(usize, DateTime<Utc>) -> f64,
    last: f64,
) -> Vec<(f64, String)> {
    let step = flow.starts.len().div_ceil(WORDS).max(1);
    let starts = flow.starts.iter().enumerate().map(|(n, at)| (place(n, *at), at));
    let within: Vec<_> = starts.filter(|(place, _)| *place <= last).collect();
    // From the end, so that the space before it is the shortest and not the longest.
    let mut words: Vec<_> = within.into_iter().rev().step_by(step).collect();
    words.reverse();
    words.into_iter().map(|(place, at)| (place, column_name(flow.unit, *at))).collect()
}

/// The position of a moment between the first column and now, from 0 to 1.
fn when(flow: &TicketFlow, at: DateTime<Utc>) -> f64 {
    part(flow.starts.first().copied().unwrap_or(flow.now), flow.now, at)
}

fn column_name(unit: ChartUnit, at: DateTime<Utc>) -> String {
    let format = match unit {
        ChartUnit::Day | ChartUnit::Week => "%-d %b",
        ChartUnit::Month => "%b %Y",
    };
    at.format(format).to_string()
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The lanes from the bottom of the chart: completed tickets stay completed, so they come lowest.
const STACK: [(Lane, &str, &str); 4] = [
    (Lane::Archive, "c-archive", "archive"),
    (Lane::Completed, "c-completed", "completed"),
    (Lane::Active, "c-active", "active"),
    (Lane::Queue, "c-queue", "queue"),
];

/// The number of tickets in each lane over time.
pub(super) fn cumulative_flow(flow: &TicketFlow) -> Chart<'static> {
    let of = |row: &[usize; 4], lane: Lane| {
        Lane::ALL.iter().zip(row).find(|(other, _)| **other == lane).map_or(0, |(_, n)| *n)
    };
    let most = flow.lanes.iter().map(|row| row.iter().sum()).max().unwrap_or(0);
    let (end, marks) = marks(most);
    let moments: Vec<DateTime<Utc>> = flow.starts.iter().copied().chain(Some(flow.now)).collect();
    let mut areas = Vec::new();
    let mut below = vec![0; flow.lanes.len()];
    for (lane, class, _) in STACK {
        let tops: Vec<usize> =
            flow.lanes.iter().zip(&below).map(|(row, under)| under + of(row, lane)).collect();
        let point = |(at, height): (&DateTime<Utc>, &usize)| {
            format!("{:.1} {:.1}", when(flow, *at) * SIDE, up(float(*height) / float(end)))
        };
        let upper: Vec<String> = moments.iter().zip(&tops).map(point).collect();
        let lower: Vec<String> = moments.iter().zip(&below).map(point).rev().collect();
        areas.push((class, format!("M{}L{}Z", upper.join("L"), lower.join("L"))));
        below = tops;
    }
    let now = flow.lanes.last().copied().unwrap_or_default();
    let count = |lane| of(&now, lane);
    let names = flow.starts.iter().map(|start| day(*start)).chain(Some("now".to_owned()));
    let row = |(name, row): (String, &[usize; 4])| {
        std::iter::once(name).chain(row.iter().map(ToString::to_string)).collect()
    };
    Chart {
        key: "flow",
        class: "chart",
        title: "Cumulative flow",
        says: format!(
            "How many tickets were in each lane at the beginning of each {}, and now: {} in the queue, {} in progress, \
             {} completed.",
            flow.unit.as_str(),
            count(Lane::Queue),
            count(Lane::Active),
            count(Lane::Completed)
        ),
        legend: STACK.iter().rev().map(|(_, class, word)| (*class, (*word).to_owned())).collect(),
        marks,
        words: time_words(flow),
        shapes: html! { @for (class, path) in &areas { path class={ "area " (class) } d=(path) {} } },
        heads: &["at", "queue", "active", "completed", "archive"],
        rows: names.zip(&flow.lanes).map(row).collect(),
    }
}

/// The numbers of new and of completed tickets.
pub(super) fn throughput(flow: &TicketFlow) -> Chart<'static> {
    let both = || flow.arrived.iter().zip(&flow.completed).enumerate();
    let most = flow.arrived.iter().chain(&flow.completed).copied().max().unwrap_or(0);
    let (end, marks) = marks(most);
    let wide = SIDE / float(flow.completed.len().max(1));
    let unit = flow.unit.as_str();
    let is_last = |n: usize| n + 1 == flow.starts.len();
    let name = |n: usize, write: &dyn Fn(DateTime<Utc>) -> String| {
        let start = flow.starts.get(n).map(|start| write(*start)).unwrap_or_default();
        if is_last(n) { format!("{start} to now") } else { start }
    };
    let bar = |n: usize, (count, class, word, shift): (usize, &str, &str, f64)| {
        let from = name(n, &|start| column_name(flow.unit, start));
        let part = if is_last(n) { " part" } else { "" };
        let high = float(count) / float(end) * SIDE;
        let place = |at: f64| format!("{at:.1}");
        let (left, top) = (place((float(n) + shift) * wide), place(SIDE - high));
        html! {
            rect class={ (class) (part) } x=(left) y=(top) width=(place(wide * 0.38)) height=(place(high)) {
                title { (from) ": " (count) " " (word) }
            }
        }
    };
    let bars = both().flat_map(|(n, (arrived, completed))| {
        let pair =
            [(*arrived, "c-queue", "new", 0.12), (*completed, "c-completed", "completed", 0.5)];
        pair.into_iter().filter(|(count, ..)| *count > 0).map(move |one| (n, one))
    });
    let shapes = html! { @for (n, one) in bars { (bar(n, one)) } };
    let total: usize = flow.completed.iter().sum();
    let row = |(n, (arrived, completed)): (usize, (&usize, &usize))| {
        vec![name(n, &day), arrived.to_string(), completed.to_string()]
    };
    Chart {
        key: "throughput",
        class: "chart",
        title: "Throughput",
        says: format!(
            "New and completed tickets in each {unit}; {total} completed in all, at most {} in one {unit}. This \
             {unit} is not over yet: its bars are pale.",
            flow.completed.iter().max().unwrap_or(&0),
        ),
        legend: [
            ("c-queue", "new"),
            ("c-completed", "completed"),
            ("part c-queue", "new until now"),
            ("part c-completed", "completed until now"),
        ]
        .map(|(class, word)| (class, word.to_owned()))
        .into(),
        marks,
        words: column_words(flow),
        shapes,
        heads: &["from", "new", "completed"],
        rows: both().map(row).collect(),
    }
}

/// The data of a chart of times: its start and end points, and how long the tickets took.
pub(super) struct TimeChart<'a> {
    pub(super) key: &'a str,
    pub(super) title: &'a str,
    pub(super) from: &'a str,
    pub(super) spread: TimeSpread,
    pub(super) took: fn(&CompletedTicket) -> Option<TimeDelta>,
}

/// How long each completed ticket took.
pub(super) fn times<'a>(flow: &TicketFlow, what: &TimeChart<'a>) -> Chart<'a> {
    let timed: Vec<(&CompletedTicket, i64)> = flow
        .done
        .iter()
        .filter_map(|done| Some((done, (what.took)(done)?.num_seconds().max(1))))
        .collect();
    let axis = TimeAxis::around(timed.iter().map(|(_, took)| *took));
    let mut lines = Vec::new();
    let mut legend = Vec::new();
    for (time, class, key, name) in [
        (what.spread.median, "median", "line median", "median"),
        (what.spread.p85, "p85", "line p85", "p85"),
    ] {
        let Some(time) = time else { continue };
        let height = axis.height(time.num_seconds());
        let (x, y) = (when(flow, flow.now - RECENT) * SIDE, up(height));
        lines.push((class, format!("M{x:.1} {y:.1}H{SIDE}")));
        legend.push((key, format!("{name} {}", duration::rough(time))));
    }
    // A line of no length with round ends stays a circle, however the drawing is stretched.
    let dot = |done: &CompletedTicket, took: i64| {
        let (x, y) = (when(flow, done.at) * SIDE, up(axis.height(took)));
        format!("M{x:.1} {y:.1}h.01")
    };
    let shapes = html! {
        @for (class, path) in &lines { path class=(class) d=(path) {} }
        @for (done, took) in &timed {
            path class="dot" d=(dot(done, *took)) {
                title { (SeenText(done.id.as_str())) ": " (known((what.took)(done))) ", completed " (day(done.at)) }
            }
        }
    };
    let from = what.from;
    let says = match (timed.len(), what.spread) {
        (0, _) => "No ticket has been completed yet.".to_owned(),
        (_, TimeSpread { median: Some(median), p85: Some(p85) }) => format!(
            "{from}, a dot for each ticket. Of the last 30 days the median is {}, and the 85th percentile (p85) {}.",
            duration::rough(median),
            duration::rough(p85)
        ),
        (_, _) => format!("{from}, a dot for each ticket."),
    };
    Chart {
        key: what.key,
        class: "chart",
        title: what.title,
        says,
        legend,
        marks: axis.marks(),
        words: time_words(flow),
        shapes,
        heads: &["ticket", "completed", "took"],
        rows: timed
            .iter()
            .rev()
            .map(|(done, _)| vec![done.id.to_string(), day(done.at), known((what.took)(done))])
            .collect(),
    }
}

/// A duration, or a dash for none.
pub(super) fn known(time: Option<TimeDelta>) -> String {
    time.map_or_else(|| "–".to_owned(), duration::rough)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::report::{Life, QueueHistory, Stay};
    use crate::ticket::TicketId;

    fn at(month: u32, day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, month, day, 12, 0, 0).unwrap()
    }

    /// A ticket since June, completed after two days in November; looked at on Friday the 20th.
    fn flow() -> TicketFlow {
        let stay = |since, lane| Stay { since, lane: Some(lane), by: "Ada".into() };
        let stays = vec![
            stay(at(6, 1), Lane::Queue),
            stay(at(11, 15), Lane::Active),
            stay(at(11, 17), Lane::Completed),
        ];
        let mut story = QueueHistory::default();
        story
            .lives
            .insert(TicketId::parse("TICKET-a-001").unwrap(), Life { stays, ..Life::default() });
        TicketFlow::of(&story, at(11, 20))
    }

    fn drawn(chart: &Chart<'_>) -> String {
        chart.draw().into_string()
    }

    #[test]
    fn the_flow_ends_now() {
        let flow = flow();
        let chart = cumulative_flow(&flow);
        let rows = &chart.rows;
        assert_eq!(rows[rows.len() - 2], ["2026-11-16", "0", "1", "0", "0"]);
        assert_eq!(rows[rows.len() - 1], ["now", "0", "0", "1", "0"]);
        assert!(rows.iter().all(|row| row[0] == "now" || row[0].as_str() <= "2026-11-20"));
        assert!(chart.says.contains("each week, and now: 0 in the queue"), "{}", chart.says);
        // Friday noon is two thirds of the week, not all of it: the step before the end is shorter than the others.
        let page = drawn(&chart);
        assert!(page.contains("L973.9 "), "{page}");
        assert!(page.contains("<span class=\"x end\" style=\"right:0\">now</span>"), "{page}");
    }

    #[test]
    fn the_week_that_is_not_over_is_marked() {
        let chart = throughput(&flow());
        assert_eq!(chart.rows.last().unwrap(), &["2026-11-16 to now", "0", "1"]);
        assert!(chart.says.ends_with("This week is not over yet: its bars are pale."));
        let page = drawn(&chart);
        let shapes: Vec<&str> = page.split("<rect ").skip(1).collect();
        assert_eq!(shapes.len(), 2, "{page}");
        assert!(shapes[0].starts_with("class=\"c-queue\""), "{page}");
        assert!(shapes[1].starts_with("class=\"c-completed part\""), "{page}");
        assert!(shapes[1].contains("16 Nov to now: 1 completed"), "{page}");
    }

    fn cycle_times(flow: &TicketFlow, median: Option<TimeDelta>) -> Chart<'static> {
        let spread = TimeSpread { median, p85: median };
        let (key, title, from) = ("cycle", "Cycle time", "From the first claim to the completion");
        times(flow, &TimeChart { key, title, from, spread, took: |done| done.took })
    }

    #[test]
    fn the_median_is_drawn_and_named_over_the_days_that_it_speaks_of() {
        let flow = flow();
        let line = |flow: &TicketFlow| {
            let page = drawn(&cycle_times(flow, Some(TimeDelta::days(2))));
            assert!(
                page.contains("<span class=\"key line median\"></span>median 2 d</li>")
                    && page.contains("<span class=\"key line p85\"></span>p85 2 d</li>"),
                "{page}"
            );
            let (_, path) = page.split_once("class=\"median\" d=\"M").unwrap();
            path.split(' ').next().unwrap().parse::<f64>().unwrap()
        };
        // 142.5 of the 172.5 days since the first of June.
        assert!((line(&flow) - 826.1).abs() < 0.1, "{}", line(&flow));
        let short = TicketFlow { starts: vec![at(11, 15)], ..flow };
        assert!(line(&short).abs() < 0.1, "it does not leave the picture");
    }

    #[test]
    fn the_last_word_before_the_end_is_there_for_any_number_of_columns() {
        for days in 2_u32..62 {
            let after = |n: u32| at(9, 1) + TimeDelta::days(n.into());
            let starts: Vec<_> = (0..days).map(after).collect();
            let flow = TicketFlow { starts, now: after(days), ..flow() };
            let column = 1.0 / f64::from(days);
            for words in [time_words(&flow), column_words(&flow)] {
                let before = words.iter().rev().map(|(place, _)| *place).find(|place| *place < 1.0);
                let gap = 1.0 - before.unwrap();
                assert!(gap <= 0.15 + column + 1e-9, "{days}: {words:?}");
                let first = words.first().unwrap().0;
                assert!(first <= column * f64::from(days.div_ceil(6)), "{days}: {words:?}");
                assert!(words.len() <= WORDS + 1, "{days}: {words:?}");
            }
        }
    }
}
