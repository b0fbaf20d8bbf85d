//! Series and figures over the lives of tickets.

use chrono::{DateTime, Datelike, Days, Months, TimeDelta, TimeZone, Utc};

use super::story::{Life, QueueHistory};
use crate::ticket::{Lane, TicketId};

/// The figures of this many recent days are shown separately.
pub const RECENT: TimeDelta = TimeDelta::days(30);

/// The length of a column of the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartUnit {
    Day,
    /// A week, from Monday.
    Week,
    Month,
}

/// A ticket that was worked on and completed.
#[derive(Clone, Debug)]
pub struct CompletedTicket {
    pub id: TicketId,
    pub at: DateTime<Utc>,
    /// Its cycle time: from its first claim to its completion.
    pub took: Option<TimeDelta>,
    /// Its lead time: from its creation to its completion.
    pub lead: TimeDelta,
}

/// The flow of tickets over time.
#[derive(Clone, Debug)]
pub struct TicketFlow {
    /// The length of a column.
    pub unit: ChartUnit,
    pub starts: Vec<DateTime<Utc>>,
    /// The end of the last column so far: its day, week or month is never over yet.
    pub now: DateTime<Utc>,
    /// The number of tickets in each lane at the beginning of each column and now, in the order of [`Lane::ALL`].
    pub lanes: Vec<[usize; 4]>,
    /// The number of completed tickets in each column.
    pub completed: Vec<usize>,
    /// The number of new tickets in each column.
    pub arrived: Vec<usize>,
    /// The completed tickets, oldest first.
    pub done: Vec<CompletedTicket>,
}

/// The median and the 85th percentile of some durations; `None` if there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpread {
    pub median: Option<TimeDelta>,
    /// The 85th percentile: 85 of 100 took no longer.
    pub p85: Option<TimeDelta>,
}

impl TimeSpread {
    pub fn of(times: impl Iterator<Item = TimeDelta>) -> TimeSpread {
        let mut sorted: Vec<TimeDelta> = times.collect();
        sorted.sort_unstable();
        TimeSpread { median: median(&sorted), p85: quantile(&sorted, 0.85) }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub queued: usize,
    pub active: usize,
    /// How many were completed in the last 30 days; the cycle and lead times are theirs.
    pub completed_recently: usize,
    pub cycle: TimeSpread,
    pub lead: TimeSpread,
    /// How long the tickets in progress have been held.
    pub in_progress: TimeSpread,
    pub longest_held: Option<TimeDelta>,
}

impl ChartUnit {
    /// One column for each day up to two months, for each week up to two years, else for each month.
    fn for_span(span: TimeDelta) -> ChartUnit {
        match span.num_days() {
            ..=62 => ChartUnit::Day,
            63..=730 => ChartUnit::Week,
            _ => ChartUnit::Month,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            ChartUnit::Day => "day",
            ChartUnit::Week => "week",
            ChartUnit::Month => "month",
        }
    }

    /// The beginning of the column that contains a moment.
    fn floor(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let day = at.date_naive();
        let first = match self {
            ChartUnit::Day => Some(day),
            ChartUnit::Week => {
                day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
            }
            ChartUnit::Month => day.with_day(1),
        };
        let midnight = first.unwrap_or(day).and_hms_opt(0, 0, 0);
        midnight.map_or(at, |midnight| Utc.from_utc_datetime(&midnight))
    }

    fn next(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            ChartUnit::Day => at.checked_add_days(Days::new(1)),
            ChartUnit::Week => at.checked_add_days(Days::new(7)),
            ChartUnit::Month => at.checked_add_months(Months::new(1)),
        }
    }
}

impl TicketFlow {
    /// The flow from the first ticket to now.
    pub fn of(story: &QueueHistory, now: DateTime<Utc>) -> TicketFlow {
        let begin = story.begin().unwrap_or(now).min(now);
        let unit = ChartUnit::for_span(now - begin);
        let after = |start: &DateTime<Utc>| unit.next(*start).filter(|next| *next <= now);
        let starts: Vec<_> = std::iter::successors(Some(unit.floor(begin)), after).collect();
        // What a clock that runs ahead has written belongs to the last column.
        let column = |at: DateTime<Utc>| starts.partition_point(|s| *s <= at).saturating_sub(1);
        let count = |moments: &mut dyn Iterator<Item = DateTime<Utc>>| {
            let mut counts = vec![0; starts.len()];
            for at in moments {
                if let Some(slot) = counts.get_mut(column(at)) {
                    *slot += 1;
                }
            }
            counts
        };
        let mut done: Vec<CompletedTicket> =
            story.lives.iter().filter_map(|(id, life)| of_done(id, life)).collect();
        done.sort_by_key(|done| done.at);
        let lives = story.lives.values();
        let then = starts.iter().map(|start| in_lanes(story, |life| life.lane_at(*start)));
        TicketFlow {
            unit,
            now,
            lanes: then.chain(Some(in_lanes(story, Life::lane))).collect(),
            completed: count(&mut done.iter().map(|done| done.at)),
            arrived: count(&mut lives.filter_map(|life| life.stays.first()).map(|stay| stay.since)),
            done,
            starts,
        }
    }
}

fn of_done(id: &TicketId, life: &Life) -> Option<CompletedTicket> {
    let at = life.finished()?;
    let took = life.started().filter(|started| *started <= at).map(|started| at - started);
    let lead = (at - life.stays.first()?.since).max(TimeDelta::zero());
    Some(CompletedTicket { id: id.clone(), at, took, lead })
}

fn in_lanes(story: &QueueHistory, lane: impl Fn(&Life) -> Option<Lane>) -> [usize; 4] {
    let lanes = story.lives.values().filter_map(lane).collect::<Vec<_>>();
    Lane::ALL.map(|lane| lanes.iter().filter(|other| **other == lane).count())
}

/// The value in the middle, or the mean of the two there.
fn median(sorted: &[TimeDelta]) -> Option<TimeDelta> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if !sorted.len().is_multiple_of(2) {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

/// The value that this fraction of the values does not exceed.
fn quantile(sorted: &[TimeDelta], part: f64) -> Option<TimeDelta> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list of tickets"
    )]
    let place = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied()
}

impl TicketFlow {
    /// The tickets that were completed in the last 30 days.
    pub fn recent(&self) -> impl Iterator<Item = &CompletedTicket> + Clone {
        self.done.iter().filter(|done| self.now - done.at <= RECENT)
    }
}

/// The numbers at the top of the page.
pub fn figures(story: &QueueHistory, flow: &TicketFlow, now: DateTime<Utc>) -> Figures {
    let count = |lane| story.lives.values().filter(|life| life.lane() == Some(lane)).count();
    let held: Vec<TimeDelta> =
        story.held(now).iter().map(|held| (now - held.since).max(TimeDelta::zero())).collect();
    Figures {
        queued: count(Lane::Queue),
        active: count(Lane::Active),
        completed_recently: flow.recent().count(),
        cycle: TimeSpread::of(flow.recent().filter_map(|done| done.took)),
        lead: TimeSpread::of(flow.recent().map(|done| done.lead)),
        longest_held: held.first().copied(),
        in_progress: TimeSpread::of(held.into_iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::{LaneChange, TrunkCommit};
    use super::*;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 12, day, 12, 0, 0).unwrap()
    }

    /// Ticket n arrives on day n, is claimed a day later, and completed n days after that; three of them.
    fn story() -> QueueHistory {
        let mut steps = Vec::new();
        for n in 1..=3 {
            let id = TicketId::parse(&format!("TICKET-a-00{n}")).unwrap();
            let step = |at, changes: Vec<LaneChange>| TrunkCommit { at, by: "Ada".into(), changes };
            let (came, went) = (LaneChange::Came, LaneChange::Went);
            steps.push(step(day(n), vec![came(id.clone(), Lane::Queue)]));
            let claim = vec![came(id.clone(), Lane::Active), went(id.clone(), Lane::Queue)];
            steps.push(step(day(n + 1), claim));
            let done = vec![came(id.clone(), Lane::Completed), went(id, Lane::Active)];
            steps.push(step(day(n + 1 + n), done));
        }
        steps.sort_by_key(|step| step.at);
        let mut story = QueueHistory::default();
        for step in &steps {
            story.replay(step);
        }
        story
    }

    #[test]
    fn columns_count_what_happened_in_them() {
        let flow = TicketFlow::of(&story(), day(8));
        assert_eq!((flow.unit, flow.starts.len(), flow.lanes.len()), (ChartUnit::Day, 8, 9));
        assert_eq!(flow.arrived, [1, 1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(flow.completed, [0, 0, 1, 0, 1, 0, 1, 0]);
        assert_eq!(flow.lanes[0], [0; 4]);
        // The morning of the fourth: the first is done, the second is held, the third has just come.
        assert_eq!(flow.lanes[3], [1, 1, 1, 0]);
        assert_eq!(flow.lanes[8], [0, 0, 3, 0]);
        let total: usize = flow.lanes[8].iter().sum();
        assert_eq!(total, flow.arrived.iter().sum::<usize>(), "nothing is lost on the way");
    }

    #[test]
    fn the_last_column_ends_now_and_nothing_is_said_of_what_is_to_come() {
        // A Friday, and a Monday just after midnight; the columns are weeks.
        for now in [(20, 15, 0), (23, 0, 0)] {
            let now = Utc.with_ymd_and_hms(2026, 11, now.0, now.1, now.2, 0).unwrap();
            let mut story = story();
            let late = TicketId::parse("TICKET-b-001").unwrap();
            // Written by a clock that runs ahead: it is on the trunk, so it is there now.
            let since = now + TimeDelta::minutes(5);
            let stay =
                super::super::story::Stay { since, lane: Some(Lane::Queue), by: "Ada".into() };
            story.lives.insert(late, Life { stays: vec![stay], ..Life::default() });
            let flow = TicketFlow::of(&story, now);
            assert_eq!((flow.unit, flow.now), (ChartUnit::Week, now));
            assert!(flow.starts.iter().all(|start| *start <= now), "{:?}", flow.starts);
            let last = *flow.starts.last().unwrap();
            assert!(now - last < TimeDelta::days(7), "{last}");
            let before = flow.lanes[flow.lanes.len() - 2];
            assert_eq!((before, *flow.lanes.last().unwrap()), ([0, 0, 3, 0], [1, 0, 3, 0]));
            assert_eq!(flow.arrived.iter().sum::<usize>(), 4);
            assert_eq!(flow.arrived.last(), Some(&1));
        }
    }

    #[test]
    fn a_median_is_in_the_middle() {
        let of = |hours: &[i64]| {
            TimeSpread::of(hours.iter().map(|h| TimeDelta::hours(*h))).median.map(|m| m.num_hours())
        };
        assert_eq!(
            (of(&[]), of(&[4]), of(&[13, 21]), of(&[9, 1, 2])),
            (None, Some(4), Some(17), Some(2))
        );
        assert_eq!(of(&[1, 2, 4, 50]), Some(3));
    }

    #[test]
    fn figures_are_about_the_last_thirty_days() {
        let story = story();
        let of = |now| figures(&story, &TicketFlow::of(&story, now), now);
        let now = of(day(8));
        assert_eq!((now.queued, now.active, now.completed_recently), (0, 0, 3));
        let days = |n| Some(TimeDelta::days(n));
        assert_eq!(now.cycle, TimeSpread { median: days(2), p85: days(3) });
        // Each had waited for a day before.
        assert_eq!(now.lead, TimeSpread { median: days(3), p85: days(4) });
        assert_eq!(now.in_progress, TimeSpread::default());
        let later = of(day(8) + TimeDelta::days(100));
        assert_eq!((later.completed_recently, later.cycle.median), (0, None));
    }

    #[test]
    fn an_empty_history_has_one_empty_column() {
        let flow = TicketFlow::of(&QueueHistory::default(), day(8));
        assert_eq!((flow.completed.as_slice(), flow.lanes.len()), ([0].as_slice(), 2));
    }

    #[test]
    fn long_histories_have_longer_columns() {
        let ends = |days| TicketFlow::of(&story(), day(8) + TimeDelta::days(days));
        assert_eq!((ends(300).unit, ends(3000).unit), (ChartUnit::Week, ChartUnit::Month));
        assert!(ends(300).starts.iter().all(|start| start.weekday() == chrono::Weekday::Mon));
    }
}
