//! Pictures: an SVG for the shapes, which is stretched to whatever room there is, and text beside it, which is not.

use chrono::{DateTime, TimeDelta, Utc};

use super::flow::{Flow, Unit};
use super::html::Html;
use crate::ticket::Lane;

/// Both sides of the drawing; it has no units.
const SIDE: f64 = 1000.0;

/// At most so many words stand below a chart.
const WORDS: usize = 6;

/// One chart.
pub(super) struct Chart<'a> {
    /// Names its parts for a screen reader.
    pub key: &'a str,
    /// How much room it gets.
    pub class: &'a str,
    /// Its heading.
    pub title: &'a str,
    /// What it shows, in a sentence that is as good as the picture.
    pub says: String,
    /// The colours: a class and what it stands for.
    pub legend: &'a [(&'a str, &'a str)],
    /// The marks on the vertical axis: how high (0 to 1), and the word.
    pub marks: Vec<(f64, String)>,
    /// The words below: how far to the right (0 to 1), and the word.
    pub words: Vec<(f64, String)>,
    /// The shapes.
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
            html.raw(&format!("<span class=\"x\" style=\"left:{:.2}%\">", right * 100.0));
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

/// What stands below a chart over these columns.
fn words(flow: &Flow) -> Vec<(f64, String)> {
    let columns = flow.edges.len().saturating_sub(1);
    let step = columns.div_ceil(WORDS).max(1);
    let starts = flow.edges.iter().take(columns).enumerate().step_by(step);
    starts.map(|(n, at)| (float(n) / float(columns.max(1)), column_name(flow.unit, *at))).collect()
}

fn column_name(unit: Unit, at: DateTime<Utc>) -> String {
    let format = match unit {
        Unit::Day | Unit::Week => "%-d %b",
        Unit::Month => "%b %Y",
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
pub(super) fn cumulative_flow(flow: &Flow) -> Chart<'static> {
    let of = |row: &[usize; 4], lane: Lane| {
        Lane::ALL.iter().zip(row).find(|(other, _)| **other == lane).map_or(0, |(_, n)| *n)
    };
    let most = flow.lanes.iter().map(|row| row.iter().sum()).max().unwrap_or(0);
    let (end, marks) = marks(most);
    let last = float(flow.lanes.len().saturating_sub(1).max(1));
    let mut shapes = Html::default();
    let mut below = vec![0; flow.lanes.len()];
    for (lane, class, _) in STACK {
        let tops: Vec<usize> =
            flow.lanes.iter().zip(&below).map(|(row, under)| under + of(row, lane)).collect();
        let point = |(n, height): (usize, &usize)| {
            format!("{:.1} {:.1}", float(n) / last * SIDE, up(float(*height) / float(end)))
        };
        let upper: Vec<String> = tops.iter().enumerate().map(point).collect();
        let lower: Vec<String> = below.iter().enumerate().map(point).rev().collect();
        let path = format!("M{}L{}Z", upper.join("L"), lower.join("L"));
        shapes.raw(&format!("<path class=\"area {class}\" d=\"{path}\"/>"));
        below = tops;
    }
    let now = flow.lanes.last().copied().unwrap_or_default();
    let count = |lane| of(&now, lane);
    let row = |(edge, row): (&DateTime<Utc>, &[usize; 4])| {
        let mut cells = vec![day(*edge)];
        cells.extend(row.iter().map(ToString::to_string));
        cells
    };
    Chart {
        key: "flow",
        class: "chart wide",
        title: "Cumulative flow",
        says: format!(
            "How many tickets were in each lane at the beginning of each {}; now {} wait, {} are worked on and {} \
             are completed.",
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
        words: words(flow),
        shapes,
        heads: &["from", "queue", "active", "completed", "archive"],
        rows: flow.edges.iter().zip(&flow.lanes).map(row).collect(),
    }
}

/// How many tickets came and how many were completed.
pub(super) fn throughput(flow: &Flow) -> Chart<'static> {
    let both = || flow.arrived.iter().zip(&flow.completed).enumerate();
    let most = flow.arrived.iter().chain(&flow.completed).copied().max().unwrap_or(0);
    let (end, marks) = marks(most);
    let wide = SIDE / float(flow.completed.len().max(1));
    let mut shapes = Html::default();
    for (n, (arrived, completed)) in both() {
        let name = flow.edges.get(n).map(|edge| column_name(flow.unit, *edge)).unwrap_or_default();
        for (count, class, word, shift) in
            [(arrived, "c-queue", "new", 0.12), (completed, "c-completed", "completed", 0.5)]
        {
            if *count == 0 {
                continue;
            }
            let high = float(*count) / float(end) * SIDE;
            let left = (float(n) + shift) * wide;
            shapes.raw(&format!(
                "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\">",
                SIDE - high,
                wide * 0.38
            ));
            shapes.element("title", &format!("{name}: {count} {word}")).raw("</rect>");
        }
    }
    let total: usize = flow.completed.iter().sum();
    let row = |(n, (arrived, completed)): (usize, (&usize, &usize))| {
        let from = flow.edges.get(n).map(|edge| day(*edge)).unwrap_or_default();
        vec![from, arrived.to_string(), completed.to_string()]
    };
    Chart {
        key: "throughput",
        class: "chart",
        title: "Throughput",
        says: format!(
            "New and completed tickets in each {}; {total} completed in all, at most {} in one {}.",
            flow.unit.as_str(),
            flow.completed.iter().max().unwrap_or(&0),
            flow.unit.as_str()
        ),
        legend: &[("c-queue", "new"), ("c-completed", "completed")],
        marks,
        words: words(flow),
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
pub(super) fn cycle_time(flow: &Flow, middle: Option<TimeDelta>) -> Chart<'static> {
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
    let (begin, end) = match (flow.edges.first(), flow.edges.last()) {
        (Some(begin), Some(end)) => (*begin, *end),
        (_, _) => (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH),
    };
    let mut shapes = Html::default();
    if let Some(middle) = middle {
        let y = up(height(middle.num_seconds()));
        shapes.raw(&format!("<path class=\"middle\" d=\"M0 {y:.1}H{SIDE}\"/>"));
    }
    for (done, took) in &timed {
        let (x, y) = (part(begin, end, done.at) * SIDE, up(height(*took)));
        // A line of no length with round ends stays a circle, however the drawing is stretched.
        shapes.raw(&format!("<path class=\"dot\" d=\"M{x:.1} {y:.1}h.01\">"));
        let text = format!("{}: {}, completed {}", done.id, span(done.took), day(done.at));
        shapes.element("title", &text).raw("</path>");
    }
    let says = match (timed.len(), middle) {
        (0, _) => "No ticket has been claimed and completed yet.".to_owned(),
        (_, Some(middle)) => format!(
            "From the first claim to the completion, a dot for each ticket; the line is the middle of the last 30 \
             days, {}.",
            span(Some(middle))
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
        words: words(flow),
        shapes,
        heads: &["ticket", "completed", "took"],
        rows: timed
            .iter()
            .rev()
            .map(|(done, _)| vec![done.id.to_string(), day(done.at), span(done.took)])
            .collect(),
    }
}

/// A length of time in the two units that matter, or a dash for none.
pub(super) fn span(time: Option<TimeDelta>) -> String {
    let Some(time) = time else { return "–".to_owned() };
    let (days, hours, minutes) = (time.num_days(), time.num_hours() % 24, time.num_minutes() % 60);
    match (days, time.num_hours(), time.num_minutes()) {
        (14.., ..) => format!("{days} d"),
        (1.., ..) if hours > 0 => format!("{days} d {hours} h"),
        (1.., ..) => format!("{days} d"),
        (_, 1.., _) if minutes > 0 => format!("{hours} h {minutes} min"),
        (_, 1.., _) => format!("{hours} h"),
        (_, _, 1..) => format!("{minutes} min"),
        (..) => format!("{} s", time.num_seconds().max(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_marks_and_reaches_the_most() {
        assert_eq!(axis(0), (1, vec![0, 1]));
        assert_eq!(axis(3), (3, vec![0, 1, 2, 3]));
        assert_eq!(axis(7), (8, vec![0, 2, 4, 6, 8]));
        assert_eq!(axis(42), (50, vec![0, 10, 20, 30, 40, 50]));
        assert_eq!(axis(110), (120, vec![0, 20, 40, 60, 80, 100, 120]));
        assert_eq!(axis(21_000), (25_000, vec![0, 5_000, 10_000, 15_000, 20_000, 25_000]));
    }

    #[test]
    fn a_length_of_time_has_the_units_that_matter() {
        let spans = [5, 61, 3_600, 3_660, 86_400, 90_000, 20 * 86_400]
            .map(|seconds| span(Some(TimeDelta::seconds(seconds))));
        assert_eq!(spans, ["5 s", "1 min", "1 h", "1 h 1 min", "1 d", "1 d 1 h", "20 d"]);
    }
}
