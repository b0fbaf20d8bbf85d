//! From a path to a page.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Value;

use super::document;
use super::live::CloneWatch;
use super::look::{PageLook, is_missing};
use super::reads::{Reads, Unread};
use super::writes::{self, FormOutcome};
use crate::app::context::Context;
use crate::git::exec::text_of;
use crate::git::redact;
use crate::page::{
    self, BoardPage, BoardValues, DoctorPage, DoctorValues, Frame, FrameAge, LanePage, Moved,
    NewForm, Notice, SHOWN, Section, StatusValues, TextValues, TickBox, TicketPage, TicketValues,
    WorkerRow, WorkersPage, WritesPage,
};
use crate::serve::{Site, SiteAnswer, SiteRequest};
use crate::text::safe;
use crate::ticket::{CheckBox, Lane, TicketId};
use crate::{clock, file};

/// How many writes a page of the diagnostics shows.
const WRITES: usize = 100;

/// The operations of what the doctor repairs.
const REPAIRS: [&str; 2] = ["doctor", "correct"];

/// How many bytes of a worker's log are looked at, and how many lines shown.
const TAIL: (u64, usize) = (16 << 10, 40);

const READ_ONLY: &str = "this page was started with --read-only: write on the command line";

pub struct TicketSite {
    project: String,
    trunk: String,
    has_remote: bool,
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
        let look = PageLook::at(&self.reads);
        let shown = self.view(&look, request);
        let mut view = shown.unwrap_or_else(|why| not_shown(&why, &request.path));
        // One that cannot be shown says why itself.
        if view.status == 200 {
            view.markup = self.below_failure(look, view.markup);
        }
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
        let (project, trunk) = (ctx.project(), ctx.trunk_label());
        TicketSite { project, trunk, has_remote: ctx.remote.is_some(), reads, live, may_write }
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
            now: clock::now(),
            age: match known.age() {
                _ if !self.has_remote => FrameAge::Local,
                None => FrameAge::Unknown,
                Some(age) => FrameAge::Known(age),
            },
            away: &known.away,
            here: view.section,
            answers_form: request.form.is_some(),
            csrf: self.may_write.then_some(&*request.csrf),
        };
        page::whole(&frame, &view.title, &view.markup)
    }

    fn view(&self, look: &PageLook<'_>, request: &SiteRequest) -> Result<View, NoView> {
        let csrf = Some(request.csrf.as_str()).filter(|_| self.may_write);
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        match (parts.as_slice(), csrf) {
            ([""], _) => Ok(board(look, request)?),
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
            (["workers"], _) => Ok(workers(look)?),
            (["writes"], _) => Ok(self.writes(request)),
            (["writes", number], _) => self.one_write(number),
            (["doctor"], _) => Ok(self.doctor(look, request, csrf)?),
            (["t", id], _) => ticket(look, id, csrf),
            (["t", id, "edit"], Some(csrf)) => edit(look, id, csrf),
            (["t", id, "tick"], Some(csrf)) => tick(look, id, csrf),
            _ => Err(NoView::NotFound),
        }
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

    fn doctor(
        &self,
        look: &PageLook<'_>,
        request: &SiteRequest,
        csrf: Option<&str>,
    ) -> Result<View, Unread> {
        let found = match look.ask(&["doctor", "--offline"]) {
            Ok(found) => found,
            // It cannot even begin: that is its finding.
            Err(Unread::Failed(data)) => {
                look.fails_by(data);
                return Ok(View::of(Section::Doctor, "Doctor", maud::Markup::default()));
            }
            Err(unread) => return Err(unread),
        };
        let found = DoctorValues::deserialize(&*found);
        let found = found.map_err(|error| Unread::NotRun(io::Error::other(error)))?;
        let writes = self.reads.writes();
        let since: Option<usize> = request.asked("since").and_then(|since| since.parse().ok());
        let numbered = writes.iter().enumerate().map(|(at, write)| (writes.len() - at, write));
        let repaired = since.map(|since| {
            let new = numbered.take_while(|(number, _)| *number > since);
            new.filter(|(_, write)| REPAIRS.contains(&write.operation.as_str())).collect()
        });
        let planned = request.asked("plan").is_some();
        let page = DoctorPage { found: &found, planned, repaired, csrf };
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
        let look = PageLook::at(&self.reads);
        let report = match look.ask(&["report", "--markup"]) {
            Ok(report) => report,
            Err(unread) => return self.page(&not_shown(&unread.into(), &request.path), request),
        };
        let markup = report.get("markup").and_then(Value::as_str).unwrap_or_default();
        let markup = self.below_failure(look, maud::PreEscaped(markup.to_owned()));
        let view = View::of(Section::Flow, "Flow", markup);
        SiteAnswer::Styled(self.whole(&view, request))
    }

    /// What is shown, below why it is not the newest, or what is wrong with the settings that it does without.
    fn below_failure(&self, look: PageLook<'_>, shown: maud::Markup) -> maud::Markup {
        match (look.into_failure(), self.live.known().unusable) {
            (Some(failure), _) if !shown.0.is_empty() => {
                maud::html! { (page::outdated(&failed(&failure))) (shown) }
            }
            (Some(failure), _) | (None, Some(failure)) => {
                maud::html! { (failed(&failure)) (shown) }
            }
            (None, None) => shown,
        }
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
            ["t", id, "tick"] => {
                let form = request.form.iter().flatten();
                let chosen: Vec<&str> =
                    form.filter(|(name, _)| name == "box").map(|(_, box_)| box_.as_str()).collect();
                // What cannot be read now has been told.
                let text = PageLook::at(&self.reads).values(&["show", id]);
                text.map(|text| {
                    page::boxes(id, &boxes(&text, &chosen), &request.csrf, field("blob"))
                })
                .unwrap_or_default()
            }
            ["t", id, verb] => {
                let tokens = (request.csrf.as_str(), field("blob"));
                let text = ["text", "reason"].map(field).concat();
                page::action_again(id, (verb, field("verdict")), &text, tokens)
            }
            _ => maud::Markup::default(),
        }
    }

    fn write(&self, request: &SiteRequest) -> SiteAnswer {
        let view = match writes::write(&self.reads, request) {
            FormOutcome::Done(place) => return SiteAnswer::SeeOther(place),
            FormOutcome::Moved { id, yours, now } => View {
                status: 409,
                title: "The ticket has changed".to_owned(),
                section: None,
                markup: page::moved(&Moved { id: &id, yours: yours.as_deref(), now: &now }),
            },
            FormOutcome::Failed { status, data, again } => View {
                status,
                title: failed_title(&request.path),
                section: None,
                markup: maud::html! { (failed(&data)) (self.typed(request)) p { a href=(again) { "Back" } } },
            },
            FormOutcome::NotFound => not_shown(&NoView::NotFound, &request.path),
            FormOutcome::NotRun(error) => {
                not_shown(&NoView::Unread(Unread::NotRun(error)), &request.path)
            }
        };
        self.page(&view, request)
    }
}

fn board(look: &PageLook<'_>, request: &SiteRequest) -> Result<View, Unread> {
    let board = look.board()?;
    let filter = request.asked("q").unwrap_or_default().trim();
    let from: usize = request.asked("from").and_then(|from| from.parse().ok()).unwrap_or_default();
    let of = request.asked("lane").and_then(|lane| Lane::from_dir_name(lane.as_bytes()));
    let now = clock::now();
    let lanes = Lane::ALL.into_iter().filter(|lane| of.is_none_or(|of| of == *lane));
    let lanes = lanes.map(|lane| lane_page(&board, lane, filter, (from, of.is_some())));
    let page = BoardPage { filter, lanes: lanes.collect(), damaged: &board.damaged, now };
    Ok(View::of(Section::Board, "Board", page::board(&page)))
}

fn ticket(look: &PageLook<'_>, id: &str, csrf: Option<&str>) -> Result<View, NoView> {
    let id = known_id(id)?;
    let mut status: StatusValues = look.values(&["status", &id, "--all"])?;
    let mut text: TextValues = look.values(&["show", &id])?;
    status.ticket.overlay = text.overlay.take();
    // Of its worker the board alone knows.
    let board = look.board()?;
    let row = board.tickets.iter().find(|ticket| ticket.id == status.ticket.id);
    if let Some(worker) = row.and_then(|row| row.overlay.as_ref()?.worker.clone()) {
        status.ticket.overlay.get_or_insert_default().worker = Some(worker);
    }
    let log = look.ask(&["log", &id])?;
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

fn edit(look: &PageLook<'_>, id: &str, csrf: &str) -> Result<View, NoView> {
    let id = known_id(id)?;
    let text: TextValues = look.values(&["show", &id])?;
    let blob = text.blob.as_deref().unwrap_or_default();
    let markup = page::edit_form(&id, &text_of(document(&text.text).body()), csrf, blob);
    Ok(View { status: 200, title: format!("Edit {id}"), section: None, markup })
}

fn tick(look: &PageLook<'_>, id: &str, csrf: &str) -> Result<View, NoView> {
    let id = known_id(id)?;
    let text: TextValues = look.values(&["show", &id])?;
    let blob = text.blob.as_deref().unwrap_or_default();
    let markup = page::boxes(&id, &boxes(&text, &[]), csrf, blob);
    Ok(View { status: 200, title: format!("Tick boxes of {id}"), section: None, markup })
}

/// The boxes of a ticket, with those that were chosen already.
fn boxes(text: &TextValues, chosen: &[&str]) -> Vec<TickBox> {
    let boxes = document(&text.text).boxes().unwrap_or_default();
    let boxes = boxes.into_iter().enumerate().map(|(at, CheckBox { ticked, text, .. })| {
        let number = at + 1;
        TickBox { number, ticked, chosen: chosen.contains(&&*number.to_string()), text }
    });
    boxes.collect()
}

fn workers(look: &PageLook<'_>) -> Result<View, Unread> {
    let board = look.board()?;
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

/// An id in a path; anything else is none of our pages.
fn known_id(id: &str) -> Result<String, NoView> {
    TicketId::parse(id).ok().map(|id| id.to_string()).ok_or(NoView::NotFound)
}

/// The page in place of one that cannot be shown.
fn not_shown(why: &NoView, path: &str) -> View {
    let (status, title, name, message) = match why {
        NoView::NotFound => (404, "Not found", "not found", "There is no such page.".to_owned()),
        NoView::Unread(Unread::Failed(data)) => {
            let (section, title) = Section::of_path(path).unzip();
            let status = if is_missing(data) { 404 } else { 503 };
            let title = title.unwrap_or("Not shown").to_owned();
            let markup = maud::html! { (failed(data)) p { a href="/" { "To the board" } } };
            return View { status, title, section, markup };
        }
        NoView::Unread(Unread::NotRun(error)) => {
            (503, "tix cannot be run", "no answer", error.to_string())
        }
    };
    let notice = Notice { name, message: &message, hints: &[], on: ("/", "To the board") };
    View { status, title: title.to_owned(), section: None, markup: page::notice(&notice) }
}

/// The failure in an object, for people.
fn failed(data: &Value) -> maud::Markup {
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    let hints = data.get("hints").and_then(Value::as_array).into_iter().flatten();
    let hints: Vec<String> = hints.filter_map(Value::as_str).map(str::to_owned).collect();
    let facts = data.get("details").and_then(Value::as_object).into_iter().flatten();
    let facts = facts.filter_map(|(name, fact)| Some(format!("\n{name}: {}", fact.as_str()?)));
    page::failure(
        text("name"),
        &format!("{}{}", text("message"), facts.collect::<String>()),
        &hints,
    )
}

/// The title of the page that answers a form which could not be done.
fn failed_title(path: &str) -> String {
    match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["new"] => "Failed: new ticket".to_owned(),
        ["t", id, verb] => format!("Failed: {verb} {id}"),
        _ => "Failed: repair".to_owned(),
    }
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
