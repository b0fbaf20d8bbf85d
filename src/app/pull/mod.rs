//! The pull request of a ticket's branch: opened and brought up to date by the program of the forge, and named in the ticket.

mod answer;
mod calls;
mod program;
mod text;

use serde::Serialize;

pub use self::program::ForgeCall;
use super::board::{self, Look};
use super::context::Context;
use super::operation::finish;
use super::receipt::Receipt;
use super::request::{by_request, offered};
use super::work::with_work;
use super::write::{TicketView, write};
use crate::clock;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::git::GitError;
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{self, Act, Already, Decision, Missing};
use crate::names::{Oid, RefName};
use crate::text::count;
use crate::ticket::{FrontMatter, Lane, NamedPull, SeenPull, TicketId};
use crate::trunk::{Diary, Run};
use crate::workspace;

/// What the pull request of a ticket is to say.
struct PullText {
    title: String,
    /// The part of the description that tix writes.
    section: String,
    /// Whether the review of the ticket has something to say yet.
    draft: bool,
    /// The verb that comes before its merge; `None` once it is complete, and while it has work left to do.
    hand_in: Option<Verb>,
    completed: bool,
    branch: RefName,
    tip: Oid,
}

impl PullText {
    fn of(ctx: &Context<'_>, act: &Act<'_>, view: &TicketView<'_>) -> Result<PullText, Failure> {
        let ticket = &view.ticket;
        let id = &ticket.entry.id;
        let is_done = matches!(view.on_trunk.entry.lane, Lane::Completed | Lane::Archive);
        if is_done && ctx.record == RecordPlace::Branch {
            // What was closed is in the archive too, and its work is nowhere.
            if view.on_trunk.entry.lane == Lane::Archive {
                return Err(view.on_trunk.not_active(ctx.policy()).into());
            }
            return Err(Failure::new(Exit::Refused, format!("{id} is on the trunk already"))
                .hint(format!("see what happened to it: tix log {id}")));
        }
        let tip = view.require_tip(act, Verb::Note)?;
        let missing =
            with_work(ctx, id, tip, |work| lifecycle::missing(ticket, ctx.policy(), work));
        let hand_in = with_work(ctx, id, tip, |work| lifecycle::hand_in(ticket, act, work));
        let completed = ticket.entry.lane == Lane::Completed;
        let boxes = ticket.document.boxes().unwrap_or_default();
        Ok(PullText {
            title: text::title(id, FrontMatter::of(&ticket.document).title.as_deref()),
            section: text::section(id, &ticket.entry.path, &boxes),
            // No ticket is complete without its approvals, and its completion may add a file beside it.
            draft: !completed && missing.iter().any(|one| matches!(one, Missing::Approval { .. })),
            hand_in,
            completed,
            branch: view.branch.clone(),
            tip: tip.clone(),
        })
    }
}

/// The short names of the branch that the pull request goes to, and of the one that it comes from.
fn with_branch_names<'n>(ctx: &'n Context<'_>, wanted: &'n PullText) -> (&'n str, &'n str) {
    (ctx.base.short(), wanted.branch.short())
}

/// Opens the pull request of a ticket, or brings the one that is there up to date, and names it in the ticket. Where no program
/// can do that, the receipt says what a person can do. Returns the outcome, in a word.
pub fn bring(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    (id, act): (&TicketId, &Act<'_>),
    receipt: &mut Receipt,
) -> Result<&'static str, Failure> {
    diary.phase = "pull request";
    let mut wanted = None;
    write(ctx, run, diary, id, &mut |view| {
        wanted = Some(PullText::of(ctx, act, view)?);
        Ok(Decision::Answer(Already))
    })?;
    // `write` answers only by way of a view.
    let Some(wanted) = wanted else { return Ok("already") };
    receipt.warnings.extend(unpushed(ctx, &wanted)?);
    let forge = match ForgeCall::find(ctx) {
        Ok(forge) => forge,
        Err(why) => {
            receipt.warnings.push(why);
            receipt.next = by_hand(ctx, id, &wanted)?;
            return Ok("by_hand");
        }
    };
    let again = |failure: Failure| failure.hint(format!("try it again: tix pr {id}"));
    let brought = forge.bring(&wanted).map_err(again)?;
    let seen = SeenPull { request: brought.request, seen_at: clock::rfc3339(ctx.now) };
    workspace::remember_pull(&ctx.repo, id, &seen);
    let url = &seen.request.url;
    let named = write(ctx, run, diary, id, &mut |view| {
        Ok(lifecycle::name_pull_request(&view.ticket, act, url)?)
    })?;
    let outcome = receipt.outcome;
    finish(ctx, diary, id, &named, receipt)?;
    receipt.outcome = outcome;
    receipt.pull_request = Some(seen.request);
    Ok(brought.outcome)
}

/// What a person does where no program opens the pull request: nobody merges what is not pushed, or not complete.
fn by_hand(
    ctx: &Context<'_>,
    id: &TicketId,
    wanted: &PullText,
) -> Result<Option<String>, GitError> {
    if wanted.completed && unpushed(ctx, wanted)?.is_some() {
        return Ok(Some(format!(
            "tix complete {id}    # it pushes the commits that are only here"
        )));
    }
    if let Some(page) = offered(ctx, &wanted.branch) {
        return Ok(Some(page));
    }
    if wanted.completed {
        return by_request(ctx, &wanted.branch).map(Some);
    }
    let command = wanted.hand_in.and_then(Verb::command).unwrap_or("status");
    Ok(Some(format!("tix {command} {id}    # the ticket is not complete yet")))
}

/// A ticket and the pull request that it names.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PullOfTicket {
    /// The ticket.
    pub ticket: TicketId,
    /// Its pull request.
    pub pull_request: NamedPull,
    /// Whether it was among those that were looked at: each program shows a page of the newest ones.
    pub seen: bool,
}

/// Looks at the pull requests that held tickets name, however many there are, in one call of the forge's program.
pub fn refresh(ctx: &Context<'_>) -> Result<Vec<PullOfTicket>, Failure> {
    let forge = ForgeCall::find(ctx).map_err(|why| Failure::new(Exit::Refused, why))?;
    let rows = board::look(ctx, Look::LastSeen, |seen| {
        Ok(board::read(ctx, seen.view, &[Lane::Active])?.rows)
    })?;
    let held: Vec<TicketId> = rows.iter().map(|row| row.id.clone()).collect();
    workspace::keep_pulls(&ctx.repo, &held);
    let named = rows.into_iter().filter_map(|row| Some((row.id, row.pull_request?)));
    let named: Vec<(TicketId, NamedPull)> = named.collect();
    // Where no ticket names one, nobody is asked.
    let found = if named.is_empty() { Vec::new() } else { forge.newest()? };
    let seen_at = clock::rfc3339(ctx.now);
    let look = |(ticket, mut pull_request): (TicketId, NamedPull)| {
        let found = found.iter().find(|found| found.request.url == pull_request.url);
        if let Some(found) = found {
            let seen = SeenPull { request: found.request.clone(), seen_at: seen_at.clone() };
            workspace::remember_pull(&ctx.repo, &ticket, &seen);
            pull_request.add(seen);
        }
        PullOfTicket { ticket, pull_request, seen: found.is_some() }
    };
    Ok(named.into_iter().map(look).collect())
}

/// The lines about the pull request in an answer for people.
pub fn in_words(receipt: &Receipt) -> String {
    let Some(request) = &receipt.pull_request else { return String::new() };
    format!("  {request}: {}\n", crate::text::safe(&request.url))
}

/// A warning about commits that the forge does not have.
fn unpushed(ctx: &Context<'_>, wanted: &PullText) -> Result<Option<String>, GitError> {
    let Some(local) = ctx.objects.resolve(wanted.branch.as_str())? else { return Ok(None) };
    let (ahead, _) = ctx.repo.ahead_behind(&local, &wanted.tip)?;
    Ok((ahead > 0).then(|| {
        let commits = count(ahead, "commit here is", "commits here are");
        format!("{commits} not pushed, and not in the pull request: git push")
    }))
}
