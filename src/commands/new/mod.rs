//! `tix new`: put tickets into the queue.

mod planned;

use std::path::PathBuf;

use crate::app::complete::{ids, labels};
use crate::app::context::{Context, Globals};
use crate::app::editor::{EditedCopy, Editor};
use crate::app::find::{TicketSearch, find_ticket, no_tickets};
use crate::app::input::{KEY_RULE, body_text, is_key, no_title, read_file};
use crate::app::receipt::{Receipt, record};
use crate::app::template::{set, template};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::{GitError, HistoryQuery, HistoryWalk, Logged};
use crate::import::plan::PlannedTicket;
use crate::lifecycle::{self, Decision, Draft, NewTicket, trailer};
use crate::names::Oid;
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{
    Document, Lane, Priority, Relation, SessionId, TicketId, TooLong, Value, distinct,
};
use crate::trunk::{Diary, Landed, Outcome, Run, Trunk, View};

/// Write a ticket into the queue
///
/// The ticket is committed on the trunk and pushed; your checkout is not touched. It is numbered
/// `TICKET-<session>-<NNN>` with the next free number over all lanes, and starts from tickets/TEMPLATE.md if
/// the trunk has one. It is reported as created only when the remote has it.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["title", "from", "edit", "plan"]))]
pub struct NewArgs {
    /// What to do, in one line
    #[arg(value_name = "TITLE", conflicts_with = "from")]
    title: Option<String>,
    /// The session that names the ticket [default: made from the title]
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// How urgent it is: P0 to P9, or urgent, high, medium, low
    #[arg(long, value_name = "PRIORITY")]
    priority: Option<Priority>,
    /// A label; may be given several times
    #[arg(long = "label", value_name = "LABEL", add = labels())]
    labels: Vec<String>,
    /// A ticket that must be completed first; may be given several times
    #[arg(long = "depends-on", value_name = "TICKET", add = ids(&Lane::ALL))]
    depends_on: Vec<String>,
    /// The ticket that this one is a part of
    #[arg(long, value_name = "TICKET", add = ids(&Lane::ALL))]
    parent: Option<String>,
    /// The text of the ticket: a file, - for standard input, or the text itself, if it is more than one word
    #[arg(long, value_name = "TEXT|FILE|-", conflicts_with = "from", allow_hyphen_values = true)]
    body: Option<String>,
    /// Write the ticket in your editor first; if you write nothing, nothing is created
    #[arg(long, conflicts_with = "from")]
    edit: bool,
    /// A ticket file to add as it is; several files make one commit
    #[arg(long, value_name = "FILE", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Several tickets at once: a file, or - for standard input, with a list of tickets in YAML or a heading for each in Markdown.
    /// They name each other by `key`
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["title", "from", "edit", "body", "priority", "labels", "depends_on", "parent"])]
    plan: Option<PathBuf>,
    /// A key of your own: another call with the same key returns the same ticket instead of creating a second one
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Without a key the same command creates another ticket.
fn unclear(args: &NewArgs, mut failure: Failure) -> Failure {
    if failure.exit == Exit::Incomplete && args.key.is_none() && args.from.is_empty() {
        failure.hints = vec![
            "see whether it was created: tix list --fetch --lane queue --sort age".to_owned(),
            "to make the command safe to repeat, give the ticket a key of your own: --key"
                .to_owned(),
        ];
    }
    failure
}

pub fn run(args: &NewArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "new", ..Diary::default() };
    let query = args.title.as_deref().unwrap_or("--from");
    let result = create(&ctx, args, &mut diary).map_err(|failure| unclear(args, failure));
    let receipt = record(&ctx, "new", query, &diary, result)?;
    out.clear_progress();
    if out.format == Format::Json {
        out.json(&receipt);
    }
    if !out.formats().contains(&Format::Human) {
        return Ok(());
    }
    for warning in &receipt.warnings {
        out.warn(warning);
    }
    let ids = if receipt.tickets.is_empty() {
        std::slice::from_ref(&receipt.ticket)
    } else {
        &receipt.tickets
    };
    let verb = if receipt.outcome == "existing" { "was already" } else { "is" };
    // A program gets the ids alone.
    let place = if Out::is_terminal() && !out.is_quiet() {
        format!(" {verb} in the queue on {}", ctx.trunk_label())
    } else {
        String::new()
    };
    out.answer(&ids.iter().map(|id| format!("{}{place}\n", safe(id))).collect::<String>());
    Ok(())
}

fn create(ctx: &Context<'_>, args: &NewArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    args.key.as_deref().map(checked_key).transpose()?;
    let files = read_files(ctx, &args.from)?;
    let body = args.body.as_deref().map(|text| body_text(&ctx.dir, text)).transpose()?;
    let plan = args.plan.as_deref().map(|path| planned::read(ctx, path)).transpose()?;
    let run = Run::begin(&ctx.repo)?;
    let progress = ctx.progress();
    let trunk = ctx.engine(&run, &progress);
    let mut written = None;
    if args.edit {
        let editor =
            Editor::find(ctx, &["give the text: tix new <title> --body <file>".to_owned()])?;
        let view = trunk.fetch_view()?;
        let draft = draft_of_title(ctx, args, &view, body.as_deref())?;
        let copy = editor.open(ctx, draft.session.as_str(), draft.document.as_bytes())?;
        // As `git commit` does with the template of a message, and not with a message that was given.
        let template = body.is_none().then(|| draft.document.as_bytes());
        if copy.is_unwritten(template)? {
            let message = "nothing was written, so no ticket was created";
            return Err(Failure::new(Exit::Refused, message));
        }
        written = Some(copy);
    }
    let edited = written.as_ref().map(EditedCopy::document).transpose();
    let result = edited.and_then(|edited| {
        let source = DraftSource {
            files: &files,
            body: body.as_deref(),
            edited: edited.as_ref(),
            plan: plan.as_deref(),
        };
        put(ctx, args, (diary, &trunk), &source)
    });
    result.map_err(|failure| match written {
        Some(copy) => copy.keep(failure),
        None => failure,
    })
}

/// The sources of the new tickets.
struct DraftSource<'a> {
    files: &'a [TicketFile],
    body: Option<&'a [u8]>,
    /// The text from the editor.
    edited: Option<&'a Document>,
    plan: Option<&'a [PlannedTicket]>,
}

impl DraftSource<'_> {
    fn drafts(
        &self,
        ctx: &Context<'_>,
        args: &NewArgs,
        view: &View<'_>,
    ) -> Result<Vec<Draft>, Failure> {
        if let Some(document) = self.edited {
            return Ok(vec![draft_of_edited(args, document)?]);
        }
        if let Some(plan) = self.plan {
            let session = args.session.as_deref().map(session_id).transpose()?;
            return planned::drafts(ctx, view, plan, session.as_ref());
        }
        if self.files.is_empty() {
            return Ok(vec![draft_of_title(ctx, args, view, self.body)?]);
        }
        self.files.iter().map(|file| draft_of_file(args, file)).collect()
    }
}

fn put(
    ctx: &Context<'_>,
    args: &NewArgs,
    (diary, trunk): (&mut Diary, &Trunk<'_>),
    source: &DraftSource<'_>,
) -> Result<Receipt, Failure> {
    let actor = ctx.actor()?;
    let queue = ctx.queue_dir()?;
    let key = args.key.as_deref().map(checked_key).transpose()?;
    let mut closed_parent = None;
    // The answer are the tickets of an earlier call with the same key.
    let outcome = trunk.transact(diary, |view| {
        if let (Some(key), Some(tip)) = (key, view.commit())
            && let Some(ids) = tickets_with_key(ctx, tip, key)?
        {
            return Ok(Decision::Answer(ids));
        }
        // Nobody puts tickets into a repository that has not been set up for them.
        if !view.has_tickets {
            return Err(no_tickets(ctx).into());
        }
        let drafts = with_options(ctx, source.drafts(ctx, args, view)?, args, view)?;
        let request = NewTicket {
            drafts: &drafts,
            actor: &actor,
            key,
            at: ctx.now,
            role: crate::app::ROLE,
            queue: &queue,
        };
        let (change, ids) = lifecycle::create(&view.snapshot, &request)?;
        closed_parent = args.parent.as_deref().and_then(|parent| warn_of_closed(ctx, view, parent));
        Ok(Decision::Push(change, ids))
    })?;
    Ok(match outcome {
        Outcome::Landed(landed) => {
            let mut made = receipt(ctx, &actor, "created", &landed.output, Some(&landed));
            made.warnings.extend(closed_parent);
            made
        }
        Outcome::Answered(ids) => receipt(ctx, &actor, "existing", &ids, None),
    })
}

/// The warning that a parent is over already.
fn warn_of_closed(ctx: &Context<'_>, view: &View<'_>, query: &str) -> Option<String> {
    let parent = find_ticket(ctx, view, TicketSearch { query, command: "dep" }).ok()?;
    let word = match parent.lane {
        Lane::Queue | Lane::Active => return None,
        Lane::Completed => "completed",
        Lane::Archive => "archived",
    };
    Some(format!("{} is {word} already; its new subtask is open", parent.id))
}

/// The tickets that an earlier call with the same key made.
fn tickets_with_key(
    ctx: &Context<'_>,
    tip: &Oid,
    key: &str,
) -> Result<Option<Vec<TicketId>>, GitError> {
    let commits = ctx.repo.history(&HistoryQuery {
        walk: HistoryWalk::From(std::slice::from_ref(tip), &[]),
        below: Some(&ctx.tickets_dir),
        keys: &[trailer::KEY, trailer::TICKET],
        having: Some((trailer::KEY, Some(key))),
    })?;
    let values = |commit: &Logged, name| commit.trailers.get(name).cloned().unwrap_or_default();
    // A line of the message may look like the trailer; the trailer itself decides.
    let made = commits.iter().find(|commit| values(commit, trailer::KEY).iter().any(|k| k == key));
    Ok(made.map(|commit| {
        values(commit, trailer::TICKET).iter().filter_map(|id| TicketId::parse(id).ok()).collect()
    }))
}

fn receipt(
    ctx: &Context<'_>,
    actor: &str,
    outcome: &'static str,
    ids: &[TicketId],
    landed: Option<&Landed<Vec<TicketId>>>,
) -> Receipt {
    let first = ids.first().map_or("", TicketId::as_str);
    let mut receipt = Receipt::new(ctx, "new", first, actor);
    receipt.outcome = outcome;
    if ids.len() > 1 {
        receipt.tickets = ids.iter().map(ToString::to_string).collect();
    }
    if let Some(landed) = landed {
        receipt.add(landed);
    }
    receipt
}

fn checked_key(key: &str) -> Result<&str, Failure> {
    if is_key(key) {
        Ok(key)
    } else {
        Err(Failure::new(Exit::Usage, KEY_RULE).hint("tix new --help"))
    }
}

/// A file that was given with `--from`.
struct TicketFile {
    label: String,
    stem: Option<String>,
    bytes: Vec<u8>,
}

fn read_files(ctx: &Context<'_>, paths: &[PathBuf]) -> Result<Vec<TicketFile>, Failure> {
    let read = |path: &PathBuf| {
        Ok(TicketFile {
            label: path.display().to_string(),
            stem: path.file_stem().and_then(|s| s.to_str()).map(str::to_owned),
            bytes: read_file(&ctx.dir.join(path))?,
        })
    };
    paths.iter().map(read).collect()
}

fn draft_of_title(
    ctx: &Context<'_>,
    args: &NewArgs,
    view: &View<'_>,
    body: Option<&[u8]>,
) -> Result<Draft, Failure> {
    let title = args.title.as_deref().unwrap_or_default().trim();
    // In the editor it gets one.
    if title.is_empty() && !args.edit {
        return Err(no_title());
    }
    let session = session_of(args, title)?;
    let mut document = template(ctx, view)?;
    if let Some(body) = body {
        document = with_body(&document, body)?;
    }
    set(&mut document, "title", Value::Text(title))?;
    set(&mut document, "status", Value::Text("open"))?;
    set(&mut document, "created", Value::Null)?;
    Ok(Draft { document, session, wanted: None, label: "the template".to_owned() })
}

fn session_of(args: &NewArgs, title: &str) -> Result<SessionId, Failure> {
    match &args.session {
        Some(session) => session_id(session),
        None => Ok(SessionId::slug_from_title(title)),
    }
}

/// A text from an editor; its title names the ticket.
fn draft_of_edited(args: &NewArgs, document: &Document) -> Result<Draft, Failure> {
    // A heading of the template is none.
    let title = document.text("title").ok_or_else(no_title)?;
    let session = session_of(args, &title)?;
    let label = "your text".to_owned();
    Ok(Draft { document: document.clone(), session, wanted: None, label })
}

/// The document with another body. Every ticket that tix makes has a changelog.
fn with_body(document: &Document, body: &[u8]) -> Result<Document, Failure> {
    let too_long = |error: TooLong| Failure::new(Exit::Usage, error.to_string());
    let document = document.with_body(body).map_err(too_long)?;
    if document.has_changelog() {
        return Ok(document);
    }
    document.with_more(b"# Changelog").map_err(too_long)
}

fn draft_of_file(args: &NewArgs, source: &TicketFile) -> Result<Draft, Failure> {
    let label = source.label.clone();
    let document = match Document::parse(source.bytes.clone()) {
        Ok(document) => document,
        Err(error) if error.kind == crate::ticket::DocumentErrorKind::NoFrontMatter => {
            // Plain Markdown: a front matter is put before it, and its first heading is the title.
            let mut bytes = b"---\n# Metadata\nticket_id: null\nsession_id: null\nsequence: null\nstatus: open\ncreated: null\n---\n\n".to_vec();
            bytes.extend_from_slice(&source.bytes);
            let mut document = parse(bytes, &label)?;
            let title = document.title();
            let title = title.as_deref().or(source.stem.as_deref()).unwrap_or("untitled");
            set(&mut document, "title", Value::Text(title))?;
            document
        }
        Err(error) => {
            return Err(Failure::new(
                Exit::Damaged,
                format!("{label}:{}: {}", error.line, error.kind),
            )
            .hint("fix the file and try again"));
        }
    };
    let named = source.stem.as_deref().and_then(|stem| TicketId::parse(stem).ok());
    let named = named.filter(|id| id.as_str().starts_with("TICKET-"));
    let wanted = named.clone().filter(|id| id.sequence().is_some() && args.session.is_none());
    let session = match (&args.session, document.text("session_id"), &named) {
        (Some(session), ..) => session_id(session)?,
        (None, Some(session), _) => session_id(&session)?,
        (None, None, Some(id)) => session_id(id.session())?,
        (None, None, None) => {
            SessionId::slug_from_title(document.title().as_deref().unwrap_or_default())
        }
    };
    Ok(Draft { document, session, wanted, label })
}

/// Applies the options to every draft.
fn with_options(
    ctx: &Context<'_>,
    drafts: Vec<Draft>,
    args: &NewArgs,
    view: &View<'_>,
) -> Result<Vec<Draft>, Failure> {
    let find = |query: &String| {
        let found = find_ticket(ctx, view, TicketSearch { query, command: "dep" });
        found.map(|entry| entry.id.to_string())
    };
    let depends_on = distinct(args.depends_on.iter().map(find).collect::<Result<Vec<_>, _>>()?);
    let parent = args.parent.as_ref().map(find).transpose()?;
    let apply = |mut draft: Draft| {
        if let Some(priority) = args.priority {
            set(&mut draft.document, "priority", Value::Text(&priority.to_string()))?;
        }
        if let Some(parent) = &parent {
            set(&mut draft.document, Relation::Parent.key(), Value::Text(parent))?;
        }
        if !args.labels.is_empty() {
            set(&mut draft.document, "labels", Value::List(&distinct(args.labels.clone())))?;
        }
        if !depends_on.is_empty() {
            set(&mut draft.document, "depends_on", Value::List(&depends_on))?;
        }
        Ok(draft)
    };
    drafts.into_iter().map(apply).collect()
}

fn session_id(text: &str) -> Result<SessionId, Failure> {
    SessionId::parse(text).map_err(|error| {
        Failure::new(Exit::Usage, format!("`{}` cannot name a session: {error}", safe(text)))
            .hint("use letters, digits, `.`, `_` and `-`: tix new --session <name> …")
    })
}

fn parse(bytes: Vec<u8>, label: &str) -> Result<Document, Failure> {
    Document::parse(bytes).map_err(|error| {
        Failure::new(Exit::Damaged, format!("{label}:{}: {}", error.line, error.kind))
    })
}
