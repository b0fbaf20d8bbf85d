//! Whether anybody has gone on with a ticket since this clone wrote it.

use serde_json::Value;

use crate::app::context::Context;
use crate::error::{Exit, Failure};
use crate::git::{HistoryQuery, HistoryWalk, Logged};
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::ticket::{Lane, TicketId, name_of};
use crate::trunk::{Run, View};

const KEYS: [&str; 3] = [trailer::TICKET, trailer::ACTOR, trailer::RUN];

/// What this clone wrote.
pub(super) struct OwnWrite {
    commits: Vec<Logged>,
    /// These commits, and where the write left the refs: everything older can be reached from here.
    known: Vec<Oid>,
}

/// Where a ticket's story goes on.
#[derive(Clone, Copy)]
enum Line {
    /// Every operation on a ticket leaves a commit here, or on its branch.
    Trunk,
    /// A branch has older commits that the trunk has not.
    TicketBranch,
}

impl OwnWrite {
    /// The write of a line of the audit log. A commit that git has cleared away is left out.
    pub(super) fn of(ctx: &Context<'_>, line: &Value) -> Result<OwnWrite, Failure> {
        let there = |names: Vec<&str>| {
            let oids = names.into_iter().filter_map(Oid::parse);
            let oids = oids.map(|oid| ctx.objects.resolve(oid.as_str()));
            oids.filter_map(Result::transpose).collect::<Result<Vec<Oid>, _>>()
        };
        let all = |key: &str| line[key].as_array().into_iter().flatten();
        let mut known = there(all("commits").filter_map(Value::as_str).collect())?;
        let commits = commits(ctx, HistoryWalk::Only(&known), None)?;
        known.extend(there(all("pushed").filter_map(|moved| moved["new"].as_str()).collect())?);
        Ok(OwnWrite { commits, known })
    }

    /// Refuses if a ticket's last commit is not one of these, on the trunk or on its branch.
    ///
    /// The command that follows looks at the trunk anew. What somebody writes between the two looks is seen by its own
    /// rules alone; a lease across both would have to be a part of every verb.
    pub(super) fn require_last(
        &self,
        ctx: &Context<'_>,
        view: &View<'_>,
        (operation, id): (&str, &TicketId),
    ) -> Result<(), Failure> {
        let held = view.snapshot.find_id(id).is_ok_and(|entry| entry.lane == Lane::Active);
        let branch = ctx.ticket_branch(id).ok().filter(|_| held);
        let local = branch.as_ref().and_then(|branch| ctx.local_branch(branch));
        let tips = [
            (Line::Trunk, view.commit()),
            (Line::TicketBranch, view.watched().filter(|_| held)),
            (Line::TicketBranch, local),
        ];
        for (which, tip) in tips {
            let Some(tip) = tip else { continue };
            if let Some(newer) = self.newer(ctx, which, tip, id)?.first() {
                return Err(gone_on(ctx, newer, operation, id));
            }
        }
        Ok(())
    }

    /// What was done to the ticket after this write, newest first.
    fn newer(
        &self,
        ctx: &Context<'_>,
        which: Line,
        tip: &Oid,
        id: &TicketId,
    ) -> Result<Vec<Logged>, Failure> {
        let walk = HistoryWalk::Beyond { tip, others: &self.known, since: None };
        let beyond = commits(ctx, walk, Some(id))?;
        // A rebase makes other commits of the same runs.
        if let Some(at) = beyond.iter().position(|commit| self.is_own(commit)) {
            return Ok(beyond.into_iter().take(at).collect());
        }
        let mut on_it = false;
        for commit in &self.commits {
            on_it |= ctx.repo.is_ancestor(&commit.oid, tip)?;
        }
        let first = self.commits.iter().map(|commit| commit.at).min().unwrap_or(i64::MIN);
        let older = |commit: &Logged| match which {
            Line::Trunk => false,
            // Only its time tells whether the branch had it before a write that went to the trunk alone.
            Line::TicketBranch => !on_it && commit.at <= first,
        };
        Ok(beyond.into_iter().filter(|commit| !older(commit)).collect())
    }

    fn is_own(&self, commit: &Logged) -> bool {
        let run = |commit: &Logged| commit.trailers.get(trailer::RUN).cloned().unwrap_or_default();
        !run(commit).is_empty() && self.commits.iter().any(|own| run(own) == run(commit))
    }
}

/// The view that shows it: the trunk as it is now, with the ticket's branch.
pub(super) fn with_branch<T>(
    ctx: &Context<'_>,
    id: Option<&TicketId>,
    read: impl FnOnce(&View<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let progress = ctx.progress();
    let run = Run::begin(&ctx.repo)?;
    let engine = ctx.engine(&run, &progress);
    let engine = match id.and_then(|id| ctx.ticket_branch(id).ok()) {
        Some(branch) => engine.watching(branch),
        None => engine,
    };
    let view = engine.fetch_view()?;
    ctx.out.clear_progress();
    read(&view)
}

/// The commits of a walk that touch the ticket, by what they say or by the files that they change; newest first.
fn commits(
    ctx: &Context<'_>,
    walk: HistoryWalk<'_>,
    id: Option<&TicketId>,
) -> Result<Vec<Logged>, Failure> {
    let below = id.map(|_| &ctx.tickets_dir);
    let query = HistoryQuery { walk, below, keys: &KEYS, having: None };
    let mut found = ctx.repo.history(&query)?;
    found.retain(|commit| id.is_none_or(|id| is_about(commit, id)));
    Ok(found)
}

fn is_about(commit: &Logged, id: &TicketId) -> bool {
    let named = commit.trailers.get(trailer::TICKET).into_iter().flatten();
    let file = format!("{id}.md");
    named.into_iter().any(|name| name == id.as_str())
        || commit.changes.iter().any(|change| change.path.file_name() == file.as_bytes())
}

fn gone_on(ctx: &Context<'_>, newer: &Logged, operation: &str, id: &TicketId) -> Failure {
    let who = newer.trailers.get(trailer::ACTOR).and_then(|all| all.first());
    let who = who.unwrap_or(&newer.author);
    // The caller is not told of themselves as of somebody else.
    let is_caller = *who == ctx.reader();
    let name = match is_caller {
        true if is_of_this_clone(ctx, &newer.oid) => "somebody else in this clone",
        true => "another clone of yours",
        false => name_of(who),
    };
    gone_on_by(name, operation, id)
        .fact("since then", format!("{} ({})", newer.subject, newer.oid.short()))
        .fact("by", who.clone())
        .hint(format!("see what was done: tix log {id}"))
}

/// Whether a write of this clone made the commit.
fn is_of_this_clone(ctx: &Context<'_>, commit: &Oid) -> bool {
    let made = |line: &Value| {
        let mut commits = line["commits"].as_array().into_iter().flatten();
        commits.any(|one| one == commit.as_str())
    };
    ctx.audit().read().iter().any(made)
}

/// The refusal to undo what somebody has gone on with.
pub(super) fn gone_on_by(who: &str, operation: &str, id: &TicketId) -> Failure {
    let message =
        format!("{who} has gone on with {id} since your `tix {operation}`, so it is not undone");
    Failure::new(Exit::Refused, message)
}
