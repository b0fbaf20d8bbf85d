//! From a path to a page.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::document;
use super::live::CloneWatch;
use super::reads::{Reads, Unread};
use super::writes::{self, FormOutcome};
use crate::app::context::Context;
use crate::git::exec::text_of;
use crate::git::redact;
use crate::page::{
    self, BoardPage, BoardValues, DoctorPage, DoctorValues, Frame, LanePage, Moved, NewForm,
    Notice, SHOWN, Section, StatusValues, TextValues, TicketPage, TicketValues, WorkerRow,
    WorkersPage, WritesPage,
};
use crate::serve::{Site, SiteAnswer, SiteRequest};
use crate::text::safe;
use crate::ticket::{Lane, TicketId};
use crate::{clock, file};

/// How many writes a page of the diagnostics shows.
const WRITES: usize = 100;

/// How many bytes of a worker's log are looked at, and how many lines shown.
const TAIL: (u64, usize) = (16 << 10, 40);

const READ_ONLY: &str = "this page was started with --read-only: write on the command line";

pub struct TicketSite {
    project: String,
    trunk: String,
    reads: Arc<Reads>,
    live: CloneWatch,
    may_write: bool,
}

/// What stands in the main part of a page.
struct View {
    status: u16,
    title: String,
    section: Option<Section>,
    markup: maud::Markup,
}

impl View {
    fn of(section: Section, title: &str, markup: maud::Markup) -> View {
        View { status: 200, title: title.to_owned(), section: Some(section), markup }
    }
}

pub(super) enum NoView {
    NotFound,
    Unread(Unread),
}

impl From<Unread> for NoView {
    fn from(unread: Unread) -> NoView {
        NoView::Unread(unread)
    }
}

impl Site for TicketSite {
    fn answer(&self, request: &SiteRequest) -> SiteAnswer {
        if request.form.is_some() {
            return self.write(request);
        }
        if request.path == "/flow" {
            return self.flow(request);
        }
        let view = self.view(request).unwrap_or_else(|why| not_shown(&why));
        self.page(&view, request)
    }

    fn closed(&self) -> Option<&'static str> {
        (!self.may_write).then_some(READ_ONLY)
    }

    fn welcome(&self) -> String {
        page::welcome()
    }

    fn refusal(&self, status: u16, words: &str) -> String {
        page::refused(status, words)
    }
}

impl TicketSite {
    pub fn new(
        ctx: &Context<'_>,
        reads: Arc<Reads>,
        live: CloneWatch,
        may_write: bool,
    ) -> TicketSite {
        TicketSite { project: ctx.project(), trunk: ctx.trunk_label(), reads, live, may_write }
    }

    fn page(&self, view: &View, request: &SiteRequest) -> SiteAnswer {
        SiteAnswer::Page { status: view.status, html: self.whole(view, request) }
    }

    fn whole(&self, view: &View, request: &SiteRequest) -> String {
        let known = self.live.known();
        let state = self.reads.state();
        let commit = self.reads.commit(&state);
        let frame = Frame {
            project: &self.project,
            trunk: &self.trunk,
            commit: &commit,
            state: &state,
            age: known.age(),
            away: &known.away,
            here: view.section,
            answers_form: request.form.is_some(),
            csrf: self.may_write.then_some(&*request.csrf),
        };
        page::whole(&frame, &view.title, &view.markup)
    }

    fn view(&self, request: &SiteRequest) -> Result<View, NoView> {
        let csrf = Some(request.csrf.as_str()).filter(|_| self.may_write);
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        match (parts.as_slice(), csrf) {
            ([""], _) => Ok(self.board(request)?),
            (["new"], Some(csrf)) => Ok(View {
                status: 200,
                title: "New ticket".to_owned(),
                section: None,
                markup: page::new_form(
                    &NewForm {
                        parent: request.asked("parent").unwrap_or_default(),
                        priorities: &self.priorities(),
                        ..NewForm::default()
                    },
                    csrf,
                ),
            }),
            (["workers"], _) => Ok(self.workers()?),
            (["writes"], _) => Ok(self.writes(request)),
            (["writes", number], _) => self.one_write(number),
            (["doctor"], _) => Ok(self.doctor(request.asked("plan").is_some(), csrf)?),
            (["t", id], _) => self.ticket(id, csrf),
            (["t", id, "edit"], Some(csrf)) => self.edit(id, csrf),
            (["t", id, "tick"], Some(csrf)) => self.tick(id, csrf),
            _ => Err(NoView::NotFound),
        }
    }

    fn board(&self, request: &SiteRequest) -> Result<View, Unread> {
        let board = self.reads.board()?;
        let filter = request.asked("q").unwrap_or_default().trim();
        let from: usize =
            request.asked("from").and_then(|from| from.parse().ok()).unwrap_or_default();
        let of = request.asked("lane").and_then(|lane| Lane::from_dir_name(lane.as_bytes()));
        let now = clock::now();
        let lanes = Lane::ALL.into_iter().filter(|lane| of.is_none_or(|of| of == *lane));
        let lanes = lanes.map(|lane| lane_page(&board, lane, filter, (from, of.is_some())));
        let page = BoardPage { filter, lanes: lanes.collect(), damaged: &board.damaged, now };
        Ok(View::of(Section::Board, "Board", page::board(&page)))
    }

    fn ticket(&self, id: &str, csrf: Option<&str>) -> Result<View, NoView> {
        let id = known_id(id)?;
        let mut status: StatusValues = self.reads.values(&["status", &id, "--all"])?;
        let mut text: TextValues = self.reads.values(&["show", &id])?;
        status.ticket.overlay = text.overlay.take();
        // Of its worker the board alone knows.
        let board = self.reads.board()?;
        let row = board.tickets.iter().find(|ticket| ticket.id == status.ticket.id);
        if let Some(worker) = row.and_then(|row| row.overlay.as_ref()?.worker.clone()) {
            status.ticket.overlay.get_or_insert_default().worker = Some(worker);
        }
        let log = self.reads.ask(&["log", &id])?;
        let story = log.get("events").cloned().unwrap_or_default();
        let story: Vec<page::EventValues> = serde_json::from_value(story).unwrap_or_default();
        let document = document(&text.text);
        let (body, changelog) = document.without_changelog();
        let view = TicketPage {
            status: &status,
            body: &body,
            changelog: &changelog,
            parts: &text.parts,
            story: &story,
            write: csrf.zip(text.blob.as_deref()),
            now: clock::now(),
        };
        let title = status.ticket.title.clone().unwrap_or_else(|| id.clone());
        Ok(View { status: 200, title, section: None, markup: page::ticket(&view) })
    }

    fn edit(&self, id: &str, csrf: &str) -> Result<View, NoView> {
        let id = known_id(id)?;
        let text: TextValues = self.reads.values(&["show", &id])?;
        let blob = text.blob.as_deref().unwrap_or_default();
        let markup = page::edit_form(&id, &text_of(document(&text.text).body()), csrf, blob);
        Ok(View { status: 200, title: format!("Edit {id}"), section: None, markup })
    }

    fn tick(&self, id: &str, csrf: &str) -> Result<View, NoView> {
        let id = known_id(id)?;
        let text: TextValues = self.reads.values(&["show", &id])?;
        let document = document(&text.text);
        let boxes = document.boxes().unwrap_or_default();
        let boxes: Vec<_> =
            boxes.into_iter().enumerate().map(|(at, one)| (at + 1, one.ticked, one.text)).collect();
        let blob = text.blob.as_deref().unwrap_or_default();
        Ok(View {
            status: 200,
            title: format!("Tick boxes of {id}"),
            section: None,
            markup: page::boxes(&id, &boxes, csrf, blob),
        })
    }

    fn workers(&self) -> Result<View, Unread> {
        let board = self.reads.board()?;
        let rows = board.tickets.iter().filter_map(|ticket| {
            let worker = ticket.overlay.as_ref()?.worker.as_ref()?;
            let tail = worker
                .log
                .as_deref()
                .and_then(|log| file::tail(Path::new(log), TAIL.0, TAIL.1).ok())
                .map(|end| redact(&text_of(&end)));
            Some(WorkerRow { ticket, worker, tail })
        });
        let page = WorkersPage { workers: rows.collect(), now: clock::now() };
        Ok(View::of(Section::Workers, "Workers", page::workers(&page)))
    }

    fn writes(&self, request: &SiteRequest) -> View {
        let only_failed = request.asked("failed").is_some();
        let from: usize =
            request.asked("from").and_then(|from| from.parse().ok()).unwrap_or_default();
        let all = self.reads.writes();
        let total = all.len();
        let fit: Vec<_> = all
            .iter()
            .enumerate()
            .filter(|(_, write)| !only_failed || write.outcome.is_none())
            .collect();
        let shown = fit.iter().skip(from).take(WRITES);
        let shown = shown.map(|(at, write)| (total - at, *write));
        let failed = if only_failed { "failed=1&" } else { "" };
        let more =
            (fit.len() > from + WRITES).then(|| format!("/writes?{failed}from={}", from + WRITES));
        let page = WritesPage { writes: shown.collect(), only_failed, more, now: clock::now() };
        View::of(Section::Writes, "Diagnostics", page::writes(&page))
    }

    /// A write by its number, counted from the oldest that the log has.
    fn one_write(&self, number: &str) -> Result<View, NoView> {
        let all = self.reads.writes();
        let number: usize = number.parse().ok().ok_or(NoView::NotFound)?;
        let at = all.len().checked_sub(number).ok_or(NoView::NotFound)?;
        let write = all.get(at).ok_or(NoView::NotFound)?;
        let title = format!("{} {}", write.operation, write.ticket);
        Ok(View::of(Section::Writes, title.trim(), page::write(write, clock::now())))
    }

    fn doctor(&self, planned: bool, csrf: Option<&str>) -> Result<View, Unread> {
        let found: DoctorValues = self.reads.values(&["doctor", "--offline"])?;
        let plan: Vec<String> = if planned { plan_of(&found) } else { Vec::new() };
        let page = DoctorPage { found: &found, plan: &plan, csrf };
        Ok(View::of(Section::Doctor, "Doctor", page::doctor(&page)))
    }

    /// The priorities that tickets have, and those that most projects use.
    fn priorities(&self) -> Vec<String> {
        let board = self.reads.board().ok();
        let used = board.iter().flat_map(|board| &board.tickets);
        // What a reader would not see is not proposed.
        let used = used.filter_map(|ticket| ticket.priority.clone());
        let used = used.filter(|priority| safe(priority) == *priority);
        let all: BTreeSet<String> =
            used.chain(["P0", "P1", "P2", "P3"].map(str::to_owned)).collect();
        all.into_iter().collect()
    }

    /// The report within our own frame. Its charts have their measures in style attributes.
    fn flow(&self, request: &SiteRequest) -> SiteAnswer {
        let report = match self.reads.ask(&["report", "--markup"]) {
            Ok(report) => report,
            Err(unread) => return self.page(&not_shown(&unread.into()), request),
        };
        let markup = report.get("markup").and_then(Value::as_str).unwrap_or_default();
        let view = View::of(Section::Flow, "Flow", maud::PreEscaped(markup.to_owned()));
        SiteAnswer::Styled(self.whole(&view, request))
    }

    /// What was typed into a form that could not be done, so that it is not lost.
    fn typed(&self, request: &SiteRequest) -> maud::Markup {
        let field = |name: &str| request.field(name).unwrap_or_default();
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["new"] => {
                let form = NewForm {
                    title: field("title"),
                    body: field("body"),
                    priority: field("priority"),
                    labels: field("labels"),
                    parent: field("parent"),
                    depends_on: field("depends_on"),
                    priorities: &self.priorities(),
                };
                page::new_form(&form, &request.csrf)
            }
            ["t", id, "edit"] => page::edit_form(id, field("text"), &request.csrf, field("blob")),
            _ => page::typed(&[field("text"), field("reason")]),
        }
    }

    fn write(&self, request: &SiteRequest) -> SiteAnswer {
        let view = match writes::write(&self.reads, request) {
            FormOutcome::Done(place) => return SiteAnswer::SeeOther(place),
            FormOutcome::Moved { id, yours, now } => View {
                status: 409,
                title: "The ticket has moved".to_owned(),
                section: None,
                markup: page::moved(&Moved { id: &id, yours: yours.as_deref(), now: &now }),
            },
            FormOutcome::Failed { status, data, again } => {
                let mut view = View { status, ..failure_view(&data, &again) };
                view.markup.0.push_str(&self.typed(request).0);
                view
            }
            FormOutcome::NotFound => not_shown(&NoView::NotFound),
            FormOutcome::NotRun(error) => not_shown(&NoView::Unread(Unread::NotRun(error))),
        };
        self.page(&view, request)
    }
}

/// An id in a path; anything else is none of our pages.
fn known_id(id: &str) -> Result<String, NoView> {
    TicketId::parse(id).ok().map(|id| id.to_string()).ok_or(NoView::NotFound)
}

fn not_shown(why: &NoView) -> View {
    match why {
        NoView::NotFound => {
            let notice = Notice {
                name: "not found",
                message: "There is no such page.",
                hints: &[],
                on: ("/", "To the board"),
            };
            View {
                status: 404,
                title: "Not found".to_owned(),
                section: None,
                markup: page::notice(&notice),
            }
        }
        NoView::Unread(Unread::Failed(data)) => {
            let view = failure_view(data, "/");
            let is_missing = data.get("exit").and_then(Value::as_u64) == Some(4);
            View { status: if is_missing { 404 } else { 503 }, ..view }
        }
        NoView::Unread(Unread::NotRun(error)) => {
            let message = format!("tix cannot be run: {error}");
            let notice = Notice {
                name: "not read",
                message: &message,
                hints: &[],
                on: ("/", "To the board"),
            };
            View {
                status: 503,
                title: "Not read".to_owned(),
                section: None,
                markup: page::notice(&notice),
            }
        }
    }
}

/// The page of a failure, from its object.
fn failure_view(data: &Value, again: &str) -> View {
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    let hints = data.get("hints").and_then(Value::as_array).into_iter().flatten();
    let hints: Vec<String> = hints.filter_map(Value::as_str).map(str::to_owned).collect();
    let facts = data.get("details").and_then(Value::as_object).into_iter().flatten();
    let facts = facts.filter_map(|(name, fact)| Some(format!("\n{name}: {}", fact.as_str()?)));
    let message = format!("{}{}", text("message"), facts.collect::<String>());
    let notice =
        Notice { name: text("name"), message: &message, hints: &hints, on: (again, "Back") };
    View { status: 422, title: "Not done".to_owned(), section: None, markup: page::notice(&notice) }
}

fn lane_page<'b>(
    board: &'b BoardValues,
    lane: Lane,
    filter: &str,
    (from, alone): (usize, bool),
) -> LanePage<'b> {
    let fits = |ticket: &&TicketValues| ticket.lane == lane.as_str() && contains(ticket, filter);
    let fit: Vec<&TicketValues> = board.tickets.iter().filter(fits).collect();
    let from = if alone { from } else { 0 };
    let cards = fit.iter().skip(from).take(SHOWN).copied();
    let next = from + SHOWN;
    let query = page::query(&[("q", filter), ("lane", lane.as_str()), ("from", &next.to_string())]);
    LanePage {
        name: lane.as_str(),
        total: fit.len(),
        cards: cards.collect(),
        more: (fit.len() > next).then(|| format!("/?{query}")),
    }
}

/// Whether all words of the filter stand somewhere in what the card says.
fn contains(ticket: &TicketValues, filter: &str) -> bool {
    let texts = [
        Some(&ticket.id),
        ticket.title.as_ref(),
        ticket.holder.as_ref(),
        Some(&ticket.status),
        ticket.priority.as_ref(),
    ];
    let all: Vec<String> =
        texts.into_iter().flatten().chain(&ticket.labels).map(|text| text.to_lowercase()).collect();
    filter.to_lowercase().split_whitespace().all(|word| all.iter().any(|text| text.contains(word)))
}

fn plan_of(found: &DoctorValues) -> Vec<String> {
    let fixable = found.findings.iter().filter(|finding| finding.fixable);
    fixable
        .map(|finding| match &finding.ticket {
            Some(id) => format!("{}: {id}: {}", finding.check, finding.message),
            None => format!("{}: {}", finding.check, finding.message),
        })
        .collect()
}
