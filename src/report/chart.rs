//! Pictures: an SVG for the shapes, which is stretched to whatever room there is, and text beside it, which is not.

use chrono::{DateTime, TimeDelta, Utc};

use super::flow::{ChartUnit, RECENT, TicketFlow};
use super::html::Html;
use crate::text::duration;
use crate::ticket::Lane;

/// Both sides of the drawing; it has no units.
const SIDE: f64 = 1000.0;

/// At most so many words stand below a chart.
const WORDS: usize = 6;

/// A word that begins further to the right would be cut off by the edge, or run into the `now` at the end of an axis.
const LAST_WORD: f64 = 0.88;
const LAST_BEFORE_NOW: f64 = 0.82;

pub(super) struct Chart<'a> {
    /// Names its parts for a screen reader.
    pub key: &'a str,
    /// How much room it gets.
    pub class: &'a str,
    pub title: &'a str,
    /// What it shows, in a sentence that is as good as the picture.
    pub says: String,
    /// The colours: a class and what it stands for.
    pub legend: &'a [(&'a str, &'a str)],
    /// The marks on the vertical axis: how high (0 to 1), and the word.
    pub marks: Vec<(f64, String)>,
    /// The words below: how far to the right (0 to 1) each begins; what belongs to the very end ends there.
    pub words: Vec<(f64, String)>,
    pub shapes: Html,
    /// The same in numbers: the heading, and the rows.
    pub heads: &'a [&'a str],
    pub rows: Vec<Vec<String>>,
}

impl Chart<'_> {
    pub(super) fn draw(&self, html: &mut Html) {
        let key = self.key;
        html.raw("<figure class=\"")
            .raw(self.class)
            .raw("\"><figcaption>")
            .element("h2", self.title);
        html.element("p", &self.says);
        if !self.legend.is_empty() {
            html.raw("<ul class=\"legend\">");
            for (class, word) in self.legend {
                html.raw("<li><span class=\"key ")
                    .raw(class)
                    .raw("\"></span>")
                    .text(word)
                    .raw("</li>");
            }
            html.raw("</ul>");
        }
        html.raw("</figcaption><div class=\"plot\">");
        for (height, word) in &self.marks {
            html.raw(&format!("<span class=\"y\" style=\"bottom:{:.2}%\">", height * 100.0));
            html.text(word).raw("</span>");
        }
        html.raw(&format!(
            "<svg viewBox=\"0 0 {SIDE} {SIDE}\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-labelledby=\"{key}-t {key}-d\">"
        ));
        html.element(&format!("title id=\"{key}-t\""), self.title);
        html.element(&format!("desc id=\"{key}-d\""), &self.says);
        for (height, _) in &self.marks {
            let y = up(*height);
            html.raw(&format!("<path class=\"grid\" d=\"M0 {y:.1}H{SIDE}\"/>"));
        }
        html.piece(&self.shapes).raw("</svg>");
        for (right, word) in &self.words {
            let place = match *right {
                end if end >= 1.0 => "right:0".to_owned(),
                left => format!("left:{:.2}%", left * 100.0),
            };
            html.raw(&format!("<span class=\"x\" style=\"{place}\">"));
            html.text(word).raw("</span>");
        }
        html.raw("</div>");
        self.table(html);
        html.raw("</figure>");
    }

    fn table(&self, html: &mut Html) {
        html.raw("<details><summary>In numbers</summary><div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
        for head in self.heads {
            html.element("th scope=\"col\"", head);
        }
        html.raw("</tr></thead><tbody>");
        for row in &self.rows {
            html.raw("<tr>");
            for cell in row {
                html.element("td", cell);
            }
            html.raw("</tr>");
        }
        html.raw("</tbody></table></div></details>");
    }
}

/// The place in the drawing of a height from 0 to 1: there, y grows downwards.
fn up(height: f64) -> f64 {
    SIDE - height * SIDE
}

#[expect(clippy::cast_precision_loss, reason = "numbers of tickets, for a drawing")]
fn float(number: usize) -> f64 {
    number as f64
}

/// How far a moment is on the way between two others.
fn part(from: DateTime<Utc>, to: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    let seconds = |span: TimeDelta| span.as_seconds_f64();
    (seconds(at - from) / seconds(to - from).max(1.0)).clamp(0.0, 1.0)
}

/// The end of an axis that reaches `most`, and the numbers at its marks: at most seven round ones.
fn axis(most: usize) -> (usize, Vec<usize>) {
    let round = (0..18).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_usize.pow(power)));
    let step = round.into_iter().find(|step| most.div_ceil(*step) <= 6).unwrap_or(most);
    let end = most.div_ceil(step).max(1) * step;
    (end, (0..=end).step_by(step).collect())
}

fn marks(most: usize) -> (usize, Vec<(f64, String)>) {
    let (end, numbers) = axis(most);
    (end, numbers.into_iter().map(|n| (float(n) / float(end), n.to_string())).collect())
}

/// What stands below a chart with a place of the same width for each column.
fn column_words(flow: &TicketFlow) -> Vec<(f64, String)> {
    let wide = 1.0 / float(flow.starts.len().max(1));
    words(flow, |n, _| float(n) * wide, LAST_WORD)
}

/// What stands below a chart of the time from the first column to now.
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
    let starts = flow.starts.iter().enumerate().step_by(step);
    let words = starts.map(|(n, at)| (place(n, *at), column_name(flow.unit, *at)));
    words.filter(|(place, _)| *place <= last).collect()
}

/// How far a moment is on the way from the first column to now.
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

/// The lanes from the bottom of the picture: what is done stays done, and lies below.
const STACK: [(Lane, &str, &str); 4] = [
    (Lane::Archive, "c-archive", "archive"),
    (Lane::Completed, "c-completed", "completed"),
    (Lane::Active, "c-active", "active"),
    (Lane::Queue, "c-queue", "queue"),
];

/// How many tickets were where, over time.
pub(super) fn cumulative_flow(flow: &TicketFlow) -> Chart<'static> {
    let of = |row: &[usize; 4], lane: Lane| {
        Lane::ALL.iter().zip(row).find(|(other, _)| **other == lane).map_or(0, |(_, n)| *n)
    };
    let most = flow.lanes.iter().map(|row| row.iter().sum()).max().unwrap_or(0);
    let (end, marks) = marks(most);
    let moments: Vec<DateTime<Utc>> = flow.starts.iter().copied().chain(Some(flow.now)).collect();
    let mut shapes = Html::default();
    let mut below = vec![0; flow.lanes.len()];
    for (lane, class, _) in STACK {
        let tops: Vec<usize> =
            flow.lanes.iter().zip(&below).map(|(row, under)| under + of(row, lane)).collect();
        let point = |(at, height): (&DateTime<Utc>, &usize)| {
            format!("{:.1} {:.1}", when(flow, *at) * SIDE, up(float(*height) / float(end)))
        };
        let upper: Vec<String> = moments.iter().zip(&tops).map(point).collect();
        let lower: Vec<String> = moments.iter().zip(&below).map(point).rev().collect();
        let path = format!("M{}L{}Z", upper.join("L"), lower.join("L"));
        shapes.raw(&format!("<path class=\"area {class}\" d=\"{path}\"/>"));
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
        class: "chart wide",
        title: "Cumulative flow",
        says: format!(
            "How many tickets were in each lane at the beginning of each {}, and now: {} in the queue, {} in work, {} \
             completed.",
            flow.unit.as_str(),
            count(Lane::Queue),
            count(Lane::Active),
            count(Lane::Completed)
        ),
        legend: &[
            ("c-queue", "queue"),
            ("c-active", "active"),
            ("c-completed", "completed"),
            ("c-archive", "archive"),
        ],
        marks,
        words: time_words(flow),
        shapes,
        heads: &["at", "queue", "active", "completed", "archive"],
        rows: names.zip(&flow.lanes).map(row).collect(),
    }
}

/// How many tickets came and how many were completed.
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
    let mut shapes = Html::default();
    for (n, (arrived, completed)) in both() {
        let from = name(n, &|start| column_name(flow.unit, start));
        let part = if is_last(n) { " part" } else { "" };
        for (count, class, word, shift) in
            [(arrived, "c-queue", "new", 0.12), (completed, "c-completed", "completed", 0.5)]
        {
            if *count == 0 {
                continue;
            }
            let high = float(*count) / float(end) * SIDE;
            let left = (float(n) + shift) * wide;
            shapes.raw(&format!(
                "<rect class=\"{class}{part}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\">",
                SIDE - high,
                wide * 0.38
            ));
            shapes.element("title", &format!("{from}: {count} {word}")).raw("</rect>");
        }
    }
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
        legend: &[
            ("c-queue", "new"),
            ("c-completed", "completed"),
            ("part c-queue", "new until now"),
            ("part c-completed", "completed until now"),
        ],
        marks,
        words: column_words(flow),
        shapes,
        heads: &["from", "new", "completed"],
        rows: both().map(row).collect(),
    }
}

/// The marks of an axis on which each step is several times the one before: cycle times go from minutes to months.
const TIMES: [(i64, &str); 9] = [
    (60, "1 min"),
    (600, "10 min"),
    (3_600, "1 h"),
    (6 * 3_600, "6 h"),
    (86_400, "1 d"),
    (7 * 86_400, "1 week"),
    (30 * 86_400, "30 d"),
    (120 * 86_400, "120 d"),
    (480 * 86_400, "480 d"),
];

/// How long each completed ticket took.
pub(super) fn cycle_time(flow: &TicketFlow, middle: Option<TimeDelta>) -> Chart<'static> {
    let timed: Vec<_> =
        flow.done.iter().filter_map(|done| Some((done, done.took?.num_seconds().max(1)))).collect();
    let least = timed.iter().map(|(_, took)| *took).min().unwrap_or(60);
    let most = timed.iter().map(|(_, took)| *took).max().unwrap_or(86_400);
    let bottom = TIMES.iter().rposition(|(seconds, _)| *seconds <= least).unwrap_or(0);
    let top = TIMES.iter().position(|(seconds, _)| *seconds >= most).unwrap_or(TIMES.len() - 1);
    let shown = TIMES.get(bottom..=top.max(bottom + 1)).unwrap_or(&TIMES);
    #[expect(clippy::cast_precision_loss, reason = "seconds of at most years, for a drawing")]
    let log = |seconds: i64| (seconds.max(1) as f64).ln();
    let ends = (shown.first().map_or(60, |(s, _)| *s), shown.last().map_or(86_400, |(s, _)| *s));
    let height =
        |seconds: i64| ((log(seconds) - log(ends.0)) / (log(ends.1) - log(ends.0))).clamp(0.0, 1.0);
    let mut shapes = Html::default();
    if let Some(middle) = middle {
        let (x, y) = (when(flow, flow.now - RECENT) * SIDE, up(height(middle.num_seconds())));
        shapes.raw(&format!("<path class=\"middle\" d=\"M{x:.1} {y:.1}H{SIDE}\"/>"));
    }
    for (done, took) in &timed {
        let (x, y) = (when(flow, done.at) * SIDE, up(height(*took)));
        // A line of no length with round ends stays a circle, however the drawing is stretched.
        shapes.raw(&format!("<path class=\"dot\" d=\"M{x:.1} {y:.1}h.01\">"));
        let text = format!("{}: {}, completed {}", done.id, known(done.took), day(done.at));
        shapes.element("title", &text).raw("</path>");
    }
    let says = match (timed.len(), middle) {
        (0, _) => "No ticket has been claimed and completed yet.".to_owned(),
        (_, Some(middle)) => format!(
            "From the first claim to the completion, a dot for each ticket; the line is the middle of the last 30 \
             days, {}.",
            duration::rough(middle)
        ),
        (_, None) => "From the first claim to the completion, a dot for each ticket.".to_owned(),
    };
    Chart {
        key: "cycle",
        class: "chart",
        title: "Cycle time",
        says,
        legend: &[],
        marks: shown.iter().map(|(s, word)| (height(*s), (*word).to_owned())).collect(),
        words: time_words(flow),
        shapes,
        heads: &["ticket", "completed", "took"],
        rows: timed
            .iter()
            .rev()
            .map(|(done, _)| vec![done.id.to_string(), day(done.at), known(done.took)])
            .collect(),
    }
}

/// A length of time, or a dash for none.
pub(super) fn known(time: Option<TimeDelta>) -> String {
    time.map_or_else(|| "–".to_owned(), duration::rough)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::super::story::{Life, QueueHistory, Stay};
    use super::*;
    use crate::ticket::TicketId;

    #[test]
    fn an_axis_has_few_round_marks_and_reaches_the_most() {
        assert_eq!(axis(0), (1, vec![0, 1]));
        assert_eq!(axis(3), (3, vec![0, 1, 2, 3]));
        assert_eq!(axis(7), (8, vec![0, 2, 4, 6, 8]));
        assert_eq!(axis(42), (50, vec![0, 10, 20, 30, 40, 50]));
        assert_eq!(axis(110), (120, vec![0, 20, 40, 60, 80, 100, 120]));
        assert_eq!(axis(21_000), (25_000, vec![0, 5_000, 10_000, 15_000, 20_000, 25_000]));
    }

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
        story.lives.insert(TicketId::parse("TICKET-a-001").unwrap(), Life { stays });
        TicketFlow::of(&story, at(11, 20))
    }

    fn drawn(chart: &Chart<'_>) -> String {
        let mut html = Html::default();
        chart.draw(&mut html);
        html.into_string()
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
        assert!(page.contains("<span class=\"x\" style=\"right:0\">now</span>"), "{page}");
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

    #[test]
    fn the_middle_is_drawn_over_the_days_that_it_speaks_of() {
        let flow = flow();
        let line = |flow: &TicketFlow| {
            let page = drawn(&cycle_time(flow, Some(TimeDelta::days(2))));
            let (_, path) = page.split_once("class=\"middle\" d=\"M").unwrap();
            path.split(' ').next().unwrap().parse::<f64>().unwrap()
        };
        // 142.5 of the 172.5 days since the first of June.
        assert!((line(&flow) - 826.1).abs() < 0.1, "{}", line(&flow));
        let short = TicketFlow { starts: vec![at(11, 15)], ..flow };
        assert!(line(&short).abs() < 0.1, "it does not leave the picture");
    }
}
