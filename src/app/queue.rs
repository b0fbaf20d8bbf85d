//! The queue for those who look for work: the tickets, the filter, and which ticket is next.

use std::collections::BTreeMap;

use serde::Serialize;

use super::board::{Damage, TrunkAsSeen, progress};
use super::complete::labels;
use super::context::Context;
use super::earlier::Leavings;
use super::frame::AsOf;
use crate::error::{Exit, Failure};
use crate::git::GitError;
use crate::lifecycle::machine::lane_of;
use crate::lifecycle::{
    Hindrance, KnownTicket, Prospect, TicketEntry, UnmetDependency, judge, needed, waits,
};
use crate::names::Oid;
use crate::out::Format;
use crate::ticket::{FrontMatter, Lane, Priority, TicketId, TicketRow};
use crate::trunk::View;

/// The filter on tickets.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct QueueFilter {
    /// Only tickets with this label; of several, with commas or repeated, a ticket must have all
    #[arg(long, value_name = "LABEL", value_delimiter = ',', add = labels())]
    pub label: Vec<String>,
    /// Only tickets of this priority, P0 to P9 or high, medium, low; several with commas
    #[arg(long, value_name = "PRIORITY", value_delimiter = ',')]
    pub priority: Vec<Priority>,
}

impl QueueFilter {
    /// Whether every ticket matches.
    pub fn is_any(&self) -> bool {
        self.label.is_empty() && self.priority.is_empty()
    }

    /// Whether a ticket with these labels and this priority matches.
    pub fn fits(&self, labels: &[String], priority: Option<&str>) -> bool {
        let priority = priority.and_then(Priority::read);
        self.label.iter().all(|label| labels.contains(label))
            && (self.priority.is_empty() || priority.is_some_and(|p| self.priority.contains(&p)))
    }
}

/// The facts for choosing from the queue.
pub struct Survey<'v> {
    /// The tickets of queue and active, and those that they depend on.
    pub known: Vec<KnownTicket<'v>>,
    /// Files that cannot be read. They never hide a ticket.
    pub damaged: Vec<Damage>,
}

impl<'v> Survey<'v> {
    pub fn of(ctx: &Context<'_>, view: &'v View<'_>) -> Result<Survey<'v>, GitError> {
        let mut survey = Survey { known: Vec::new(), damaged: Vec::new() };
        let live = |e: &&TicketEntry| matches!(e.lane, Lane::Queue | Lane::Active);
        let live: Vec<&TicketEntry> = view.snapshot.entries.iter().filter(live).collect();
        survey.read(ctx, view, &live)?;
        let needed = needed(&survey.known, &view.snapshot);
        survey.read(ctx, view, &needed)?;
        survey.damaged.sort();
        Ok(survey)
    }

    /// The same, where the tickets of queue and active have been read.
    pub fn on(
        ctx: &Context<'_>,
        view: &'v View<'_>,
        known: Vec<KnownTicket<'v>>,
    ) -> Result<Survey<'v>, GitError> {
        let mut survey = Survey { known, damaged: Vec::new() };
        let needed = needed(&survey.known, &view.snapshot);
        survey.read(ctx, view, &needed)?;
        Ok(survey)
    }

    /// Reads every ticket, the held ones from their branches.
    pub fn whole(ctx: &Context<'_>, view: &'v View<'_>) -> Result<Survey<'v>, Failure> {
        let mut survey = Survey { known: Vec::new(), damaged: Vec::new() };
        let all: Vec<&TicketEntry> = view.snapshot.entries.iter().collect();
        survey.read(ctx, view, &all)?;
        survey.with_progress(ctx)
    }

    /// The parts of tickets, and among them those that are held, whose branches may say that they are parts. Nothing else is
    /// read.
    pub fn parts(ctx: &Context<'_>, view: &'v View<'_>) -> Result<Survey<'v>, Failure> {
        let mut survey = Survey { known: Vec::new(), damaged: Vec::new() };
        let all = view.snapshot.entries.iter();
        let (held, others): (Vec<&TicketEntry>, Vec<&TicketEntry>) =
            all.partition(|entry| entry.lane == Lane::Active);
        survey.read(ctx, view, &held)?;
        view.heads_of_parts(&ctx.repo, &others, |entry, head| {
            survey.known.push(KnownTicket { entry, head });
        })?;
        survey.with_progress(ctx)
    }

    /// The same, with the held tickets as their branches have them.
    fn with_progress(self, ctx: &Context<'_>) -> Result<Survey<'v>, Failure> {
        let mut survey = self;
        // As they come from the cache and from git the order depends on what was read before.
        survey.known.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        survey.damaged.sort();
        let held = |(_, known): &(usize, &KnownTicket<'_>)| known.entry.lane == Lane::Active;
        let (places, asked): (Vec<_>, Vec<_>) = survey
            .known
            .iter()
            .enumerate()
            .filter(held)
            .map(|(at, known)| (at, (known.entry, known.head.claim_id.as_deref())))
            .unzip();
        for newer in progress(ctx, &asked)? {
            let place = places.get(newer.at).and_then(|at| survey.known.get_mut(*at));
            if let Some(known) = place {
                known.head = FrontMatter::of(&newer.document);
            }
        }
        Ok(survey)
    }

    /// What a ticket with this head waits for, as the choice of the next one sees it. It reads only the related ones of
    /// the other tickets.
    pub fn waits(
        ctx: &Context<'_>,
        view: &View<'_>,
        (entry, head): (&TicketEntry, FrontMatter),
    ) -> Result<Vec<Hindrance>, Failure> {
        let live = |e: &&TicketEntry| matches!(e.lane, Lane::Queue | Lane::Active);
        let others = view.snapshot.entries.iter().filter(live).filter(|other| other.id != entry.id);
        let others: Vec<&TicketEntry> = others.collect();
        let known = KnownTicket { entry, head };
        let mut survey = Survey { known: vec![known.clone()], damaged: Vec::new() };
        view.blocking_heads(&ctx.repo, &others, |entry, head| {
            survey.known.push(KnownTicket { entry, head });
        })?;
        if known.head.depends_on.is_empty() && survey.known.len() == 1 {
            return Ok(Vec::new());
        }
        let needed = needed(std::slice::from_ref(&known), &view.snapshot);
        survey.read(ctx, view, &needed)?;
        let mut waits = waits(&known, &survey.known, &view.snapshot);
        find_unmerged(ctx, view, waits.iter_mut())?;
        Ok(waits)
    }

    fn read(
        &mut self,
        ctx: &Context<'_>,
        view: &View<'_>,
        entries: &[&'v TicketEntry],
    ) -> Result<(), GitError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.known.reserve(entries.len());
        view.heads(&ctx.repo, entries, |entry, head| match head {
            Ok(head) => self.known.push(KnownTicket { entry, head }),
            Err(refusal) => self.damaged.push(Damage::of(entry, &refusal)),
        })
    }

    /// The matching tickets of the queue, in the order of `tix next`.
    pub fn judge<'s>(
        &'s self,
        ctx: &Context<'_>,
        view: &'s View<'_>,
        filter: &QueueFilter,
    ) -> Vec<Prospect<'s>>
    where
        'v: 's,
    {
        let mut verdicts = judge(&self.known, &view.snapshot, ctx.gate());
        verdicts.retain(|v| filter.fits(&v.known.head.labels, v.known.head.priority.as_deref()));
        verdicts
    }

    /// The same, and what this clone cannot claim is among the others: `tix activate --next` passes it over.
    pub fn judge_here<'s>(
        &'s self,
        ctx: &Context<'_>,
        view: &'s View<'_>,
        filter: &QueueFilter,
    ) -> Vec<Prospect<'s>>
    where
        'v: 's,
    {
        let mut verdicts = self.judge(ctx, view, filter);
        let leavings = Leavings::of(ctx);
        let mut passed_over = false;
        for verdict in verdicts.iter_mut().take_while(|v| v.hindrances.is_empty()) {
            verdict.hindrances.extend(hindrance_here(&leavings, view, verdict));
            passed_over |= !verdict.hindrances.is_empty();
        }
        if passed_over {
            // Stable, so that both keep their order.
            verdicts.sort_by_key(|verdict| !verdict.hindrances.is_empty());
        }
        verdicts
    }

    /// The first that [`Survey::judge_here`] would name, without a look at what comes behind it.
    pub fn first_here<'s>(&'s self, ctx: &Context<'_>, view: &'s View<'_>) -> Option<Prospect<'s>>
    where
        'v: 's,
    {
        let leavings = Leavings::of(ctx);
        let verdicts = self.judge(ctx, view, &QueueFilter::default()).into_iter();
        let mut claimable = verdicts.take_while(|verdict| verdict.hindrances.is_empty());
        claimable.find(|verdict| hindrance_here(&leavings, view, verdict).is_none())
    }
}

/// Finds out which of the held tickets that others wait for are completed on their branches, so that they wait for their merge
/// and for nobody's work.
fn find_unmerged<'h>(
    ctx: &Context<'_>,
    view: &View<'_>,
    hindrances: impl Iterator<Item = &'h mut Hindrance>,
) -> Result<(), Failure> {
    let mut held: Vec<(&mut UnmetDependency, &TicketEntry)> = Vec::new();
    for hindrance in hindrances {
        if let Hindrance::Waits { why, .. } = hindrance
            && let UnmetDependency::Open(id, Lane::Active) = &*why
            && let Ok(entry) = view.snapshot.find_id(id)
        {
            held.push((why, entry));
        }
    }
    let mut claims: BTreeMap<&TicketId, Option<String>> = BTreeMap::new();
    let once: BTreeMap<&TicketId, &TicketEntry> = held.iter().map(|(_, e)| (&e.id, *e)).collect();
    let once: Vec<&TicketEntry> = once.into_values().collect();
    view.heads(&ctx.repo, &once, |entry, head| {
        claims.insert(&entry.id, head.ok().and_then(|head| head.claim_id));
    })?;
    let asked = held.iter().map(|(_, entry)| {
        let claim = claims.get(&entry.id).and_then(Option::as_deref);
        (*entry, claim)
    });
    for newer in progress(ctx, &asked.collect::<Vec<_>>())? {
        let is_completed = newer.row.known.map(lane_of) == Some(Lane::Completed);
        if let Some((why, _)) = held.get_mut(newer.at).filter(|_| is_completed) {
            **why = UnmetDependency::Unmerged;
        }
    }
    Ok(())
}

/// What keeps this clone from a ticket that others can claim.
fn hindrance_here(
    leavings: &Leavings<'_>,
    view: &View<'_>,
    prospect: &Prospect<'_>,
) -> Option<Hindrance> {
    let KnownTicket { entry, head } = prospect.known;
    let failure = leavings.in_the_way(view, &entry.id, head.session.as_deref())?;
    Some(Hindrance::Here(words(&entry.id, &failure)))
}

/// Why a ticket is or is not next, in JSON.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QueueExplanation {
    /// The ticket.
    pub ticket: TicketRow,
    /// Its place among the tickets that can be claimed, from 1; missing when it cannot.
    pub rank: Option<usize>,
    /// What keeps it from being claimed.
    pub hindrances: Vec<UnclaimableReason>,
}

/// What keeps a ticket from being claimed, in JSON.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnclaimableReason {
    /// `blocked`, `status`, `duplicate` or `dependency`; `here` if something in this clone is in the way.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

impl QueueExplanation {
    /// The verdict on a ticket at this place of the list, from 0.
    pub fn of(at: usize, verdict: &Prospect<'_>, ticket: TicketRow) -> QueueExplanation {
        let reason = |h: &Hindrance| UnclaimableReason { kind: h.kind(), text: h.to_string() };
        QueueExplanation {
            ticket,
            rank: verdict.hindrances.is_empty().then_some(at + 1),
            hindrances: verdict.hindrances.iter().map(reason).collect(),
        }
    }

    /// A ticket that can be claimed, but not from this clone.
    pub fn passed_over(ticket: TicketRow, failure: &Failure) -> QueueExplanation {
        let text = words(&ticket.id, failure);
        let hindrances = vec![UnclaimableReason { kind: "here", text }];
        QueueExplanation { ticket, rank: None, hindrances }
    }
}

/// A failure in one line, and the command that names the way out.
fn words(id: &TicketId, failure: &Failure) -> String {
    format!("{}; see the way out: tix activate {id}", failure.message)
}

/// The choice, in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Choice {
    schema: &'static str,
    /// `found` or `empty`
    outcome: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    /// How many are in `tickets`.
    returned: usize,
    /// How many can be claimed.
    total: usize,
    /// Whether `tickets`, or `explained` if requested, leaves some out.
    truncated: bool,
    /// The tickets that can be claimed, the next one first.
    pub tickets: Vec<TicketRow>,
    /// The matching tickets of the queue, those that can be claimed first; missing without `--explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<Vec<QueueExplanation>>,
    /// The files of the queue, and of what it depends on, that cannot be read.
    damaged: Vec<Damage>,
}

/// How much of a choice is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The tickets that can be claimed.
    Ready,
    Reasons,
}

impl Choice {
    pub fn of(
        ctx: &Context<'_>,
        seen: &TrunkAsSeen<'_>,
        filter: &QueueFilter,
        detail: Detail,
        limit: usize,
    ) -> Result<Choice, Failure> {
        let survey = Survey::of(ctx, seen.view)?;
        let mut verdicts = survey.judge_here(ctx, seen.view, filter);
        if detail == Detail::Reasons {
            let shown = verdicts.iter_mut().take(limit);
            find_unmerged(ctx, seen.view, shown.flat_map(|verdict| &mut verdict.hindrances))?;
        }
        Ok(Choice::among(ctx, seen, (&verdicts, &survey.damaged), detail, limit))
    }

    /// The choice among what has been judged.
    pub fn among(
        ctx: &Context<'_>,
        seen: &TrunkAsSeen<'_>,
        (verdicts, damaged): (&[Prospect<'_>], &[Damage]),
        detail: Detail,
        limit: usize,
    ) -> Choice {
        let total = verdicts.iter().filter(|v| v.hindrances.is_empty()).count();
        let source = ctx.trunk_label();
        let row = |v: &Prospect<'_>| v.known.entry.row(v.known.head.clone(), source.clone());
        let tickets: Vec<TicketRow> = verdicts.iter().take(total.min(limit)).map(row).collect();
        let explain = |(at, verdict)| QueueExplanation::of(at, verdict, row(verdict));
        let (explained, unexplained) = match detail {
            Detail::Ready => (None, 0),
            Detail::Reasons => (
                Some(verdicts.iter().enumerate().take(limit).map(explain).collect()),
                verdicts.len().saturating_sub(limit),
            ),
        };
        Choice {
            schema: "tix/next@1",
            outcome: if total == 0 { "empty" } else { "found" },
            as_of: AsOf::of(ctx, seen),
            returned: tickets.len(),
            total,
            truncated: tickets.len() < total || unexplained > 0,
            tickets,
            explained,
            damaged: damaged.to_vec(),
        }
    }

    /// Leaves out tickets that cannot be claimed from here, and names them.
    pub fn pass_over(&mut self, passed: Vec<QueueExplanation>) {
        if passed.is_empty() {
            return;
        }
        self.total = self.total.saturating_sub(passed.len());
        self.truncated = self.tickets.len() < self.total;
        self.outcome = if self.total == 0 { "empty" } else { "found" };
        self.explained.get_or_insert_default().extend(passed);
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many are shown, where these are not all.
    pub fn extent(&self) -> Option<String> {
        let shown = self.tickets.len();
        (shown < self.total).then(|| format!("{shown} of {} that can be claimed", self.total))
    }

    /// The trunk that the choice was made on.
    pub fn commit(&self) -> Option<Oid> {
        self.as_of.commit.as_deref().and_then(Oid::parse)
    }

    /// Reports what could not be read.
    pub fn warn(&self, ctx: &Context<'_>) {
        for damage in &self.damaged {
            ctx.out.warn(&damage.to_string());
        }
    }

    /// The result of a command that found nothing to do: the answer in JSON, text for people, and the exit code.
    pub fn ended_empty(&self, ctx: &Context<'_>, filter: &QueueFilter) -> Failure {
        ctx.out.clear_progress();
        self.warn(ctx);
        for format in ctx.out.formats() {
            match format {
                Format::Json => ctx.out.json(self),
                Format::Human => {
                    for passed in self.explained.iter().flatten() {
                        for reason in &passed.hindrances {
                            let text = &reason.text;
                            ctx.out.warn(&format!("{} was passed over: {text}", passed.ticket.id));
                        }
                    }
                    let matching = if filter.is_any() { "" } else { "that matches " };
                    let what = format!("no ticket {matching}can be claimed");
                    // What was explained is not explained by the same command again.
                    let more = match self.explained.as_deref() {
                        None => "; see why: tix next --explain",
                        Some([]) => "; see what is in progress: tix list --lane active",
                        Some(_) => "",
                    };
                    ctx.out.narrate(&format!("{what} on {}{more}", self.as_of.trunk));
                }
            }
        }
        Failure::answered(Exit::NotFound)
    }
}
