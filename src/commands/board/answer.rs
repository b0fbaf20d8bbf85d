//! Carries out the action of a key of the board.

use std::io::{self, Read as _};
use std::path::Path;

use super::live::{Live, TaskKind};
use crate::app::board::{self, Look, Workspace};
use crate::app::queue::Survey;
use crate::app::request::{by_request, request_page};
use crate::env;
use crate::error::Failure;
use crate::git::Program;
use crate::git::exec::text_of;
use crate::kanban::{BoardRequest, Prose, ticket_text};
use crate::lifecycle::Subtasks;
use crate::out::screen::Screen;
use crate::text::shell_quoted;
use crate::ticket::{Lane, Status, TicketId, TicketRow};

/// Keys of the front matter that repeat what the heading of the page says.
const KNOWN: [&str; 5] = ["title", "ticket_id", "session_id", "sequence", "claim_id"];

impl Live<'_> {
    pub(super) fn answer(&mut self, request: BoardRequest, screen: &mut Screen) -> io::Result<()> {
        let verb = |verb: &'static str, id: &TicketId| [verb.to_owned(), id.to_string()];
        let (words, what) = match request {
            BoardRequest::None | BoardRequest::Quit => return Ok(()),
            BoardRequest::Fetch => {
                self.fetch();
                return Ok(());
            }
            BoardRequest::Open(id) => {
                self.open(&id);
                return Ok(());
            }
            BoardRequest::Edit(id) => return self.edit(&id, screen),
            BoardRequest::OpenRequest(id) => {
                self.open_request(&id);
                return Ok(());
            }
            BoardRequest::Copy(id) => {
                screen.copy(id.as_str())?;
                self.board.notice = format!("copied {id}");
                return Ok(());
            }
            BoardRequest::Leave(id) => {
                self.leave(&id);
                return Ok(());
            }
            BoardRequest::New(title) => {
                self.begin(TaskKind::Brief, "new ticket", &["new", "--", &title]);
                return Ok(());
            }
            BoardRequest::Activate(id) => (verb("activate", &id), format!("activating {id}")),
            BoardRequest::Release(id) => (verb("release", &id), format!("releasing {id}")),
            BoardRequest::Complete(id) => (verb("complete", &id), format!("completing {id}")),
        };
        self.begin(TaskKind::Long, &what, &words.each_ref().map(String::as_str));
        Ok(())
    }

    fn open(&mut self, id: &TicketId) {
        match self.text(id) {
            Ok((title, text)) => self.board.read(title, text),
            Err(failure) => self.board.notice = failure.message,
        }
    }

    /// A ticket to be read, with its title.
    fn text(&self, id: &TicketId) -> Result<(String, Vec<Prose>), Failure> {
        board::look(self.ctx, Look::LastSeen, |seen| {
            let entry = seen.view.snapshot.find_id(id)?;
            let (row, document, _) = board::read_one(self.ctx, seen.view, entry)?;
            let survey = Survey::whole(self.ctx, seen.view)?;
            let subtasks = Subtasks::of(&survey.known, &seen.view.snapshot);
            let mut said = vec![("lane".to_owned(), row.lane.to_string())];
            said.extend(
                document.said().into_iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())),
            );
            if let Some(progress) = subtasks.progress(id) {
                said.push(("subtasks".to_owned(), progress.to_string()));
            }
            let trunk = self.ctx.trunk_label();
            for part in subtasks.parts(id) {
                let part = part.entry.row(part.head.clone(), trunk.clone());
                let title = part.title.as_deref().unwrap_or_default();
                said.push((
                    String::new(),
                    format!("{} ({}) {title}", part.id, part.status_words()),
                ));
            }
            let title = row.title.as_ref().map(|title| format!("{title}  {id}"));
            let title = title.unwrap_or_else(|| id.to_string());
            Ok((crate::text::safe(title), ticket_text(&said, &text_of(document.body()))))
        })
    }

    /// Lends the terminal to `tix edit`.
    fn edit(&mut self, id: &TicketId, screen: &mut Screen) -> io::Result<()> {
        let tix = match env::current_exe() {
            Ok(tix) => tix,
            Err(error) => {
                self.board.notice = format!("cannot find the tix program: {error}");
                return Ok(());
            }
        };
        let here = self.ctx.dir.display().to_string();
        let words = [tix.display().to_string(), "-C".to_owned(), here];
        let words = words.into_iter().chain(self.globals.as_words()).chain(["edit".to_owned()]);
        let line: Vec<String> = words.map(|word| shell_quoted(&word)).collect();
        let ended = screen.suspend(|| {
            let ended = crate::git::edit(&line.join(" "), Path::new(id.as_str()));
            if !matches!(ended, Ok(true)) {
                self.ctx.out.say("Press enter to go back to the board.\n");
                wait_for_enter();
            }
            ended
        })?;
        self.board.notice = match ended {
            Ok(true) => format!("edited {id}"),
            Ok(false) => format!("{id} was not changed"),
            Err(error) => error.to_string(),
        };
        self.renew();
        Ok(())
    }

    /// Opens the page of the pull request where a browser can be started, and names it in any case.
    fn open_request(&mut self, id: &TicketId) {
        let Ok(branch) = self.ctx.ticket_branch(id) else { return };
        let Some(page) = request_page(self.ctx, &branch) else {
            let waits =
                |row: &TicketRow| row.lane == Lane::Active && row.known == Some(Status::Approved);
            // A merge of less than that would land unfinished work, or none.
            self.board.notice = if self.board.ticket(id).is_some_and(waits) {
                by_request(self.ctx, &branch).unwrap_or_else(|error| error.to_string())
            } else {
                format!("{id} does not wait for a merge")
            };
            return;
        };
        if let Some(opener) = self.ctx.env.opener() {
            let program = Program::new(opener, &self.ctx.dir).args([&page]);
            // Not waited for: it may run for as long as the browser does.
            drop(program.envs(self.ctx.env.inherited()).start());
        }
        self.board.notice = page;
    }

    fn leave(&mut self, id: &TicketId) {
        match board::workspace(self.ctx, id) {
            Ok(Workspace::At(path)) => self.leave_for = Some(path),
            Ok(Workspace::Gone(_) | Workspace::None) => {
                self.board.notice = format!("{id} has no workspace here");
            }
            Err(failure) => self.board.notice = failure.message,
        }
    }
}

/// Waits until somebody presses enter, or until input ends.
fn wait_for_enter() {
    let mut byte = [0];
    while matches!(io::stdin().read(&mut byte), Ok(1)) && !matches!(byte, [b'\n' | b'\r']) {}
}
