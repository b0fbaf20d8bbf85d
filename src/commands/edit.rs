//! `tix edit`: change the text of a ticket, in an editor or from a given text.

use std::path::PathBuf;

use crate::app::context::{Context, Globals};
use crate::app::editor::{Editor, ticket_text};
use crate::app::expected::ExpectedText;
use crate::app::find::{TicketSearch, find_known};
use crate::app::here::named_or_here;
use crate::app::input::{body_text, given, read_source};
use crate::app::operation::{Identity, OnTicket, answer, finish};
use crate::app::receipt::{Receipt, record};
use crate::app::role;
use crate::app::settings::with_current_settings;
use crate::app::write::{OnDamage, write_or_mend};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, Already, Decision, NewText, Refusal};
use crate::out::Out;
use crate::text::{safe, shell_word};
use crate::ticket::{Document, TicketId, TooLong};
use crate::trunk::{Diary, Run, Unloadable};

/// Change the text of a ticket
///
/// In a terminal this opens the editor that git uses (`GIT_EDITOR`, `core.editor`, `VISUAL`, `EDITOR`) on a copy of the
/// newest text. If somebody else writes to the ticket meanwhile, or if your text is not a readable ticket, nothing is
/// written and your copy is kept. Without a terminal, pass the text with --body, --append or --from.
///
/// The change is committed where the ticket is: on the trunk, or on its ticket branch while somebody holds it. Fix an
/// unreadable ticket in the editor or with --from.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    #[command(flatten)]
    on: OnTicket,
    #[command(flatten)]
    text: EditText,
    #[command(flatten)]
    expected: ExpectedText,
}

/// The source of a text that does not come from an editor.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct EditText {
    /// Replace the text below the front matter: a file, - for standard input, or the text itself, if it is more
    /// than one word. The changelog stays unless the text has one
    #[arg(long, value_name = "TEXT|FILE|-", allow_hyphen_values = true)]
    body: Option<String>,
    /// Add a text before the changelog; - for standard input
    #[arg(long, value_name = "TEXT|-", allow_hyphen_values = true)]
    append: Option<String>,
    /// Replace the whole file, including the front matter; - for standard input
    #[arg(long, value_name = "FILE|-")]
    from: Option<PathBuf>,
}

/// A given text.
enum HandedIn {
    Body(Vec<u8>),
    More(String),
    Whole(Document),
}

impl HandedIn {
    fn read(ctx: &Context<'_>, text: &EditText) -> Result<Option<HandedIn>, Failure> {
        Ok(match (&text.body, &text.append, &text.from) {
            (Some(body), ..) => Some(HandedIn::Body(body_text(&ctx.dir, body)?)),
            (_, Some(more), _) => Some(HandedIn::More(given(more, "--append")?)),
            (_, _, Some(file)) => Some(HandedIn::Whole(ticket_text(read_source(&ctx.dir, file)?)?)),
            (None, None, None) => None,
        })
    }

    /// Only a whole file can fix a ticket whose front matter cannot be read.
    fn on_damage(&self) -> OnDamage {
        match self {
            HandedIn::Whole(_) => OnDamage::Mend,
            HandedIn::Body(_) | HandedIn::More(_) => OnDamage::Refuse,
        }
    }

    fn put_into(&self, before: &Document) -> Result<Document, TooLong> {
        match self {
            HandedIn::Body(body) => before.with_body(body),
            HandedIn::More(more) => before.with_more(more.as_bytes()),
            HandedIn::Whole(document) => Ok(document.clone()),
        }
    }
}

pub fn run(args: &EditArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = open(globals, env, out, args)?;
    let mut diary = Diary { phase: "edit", ..Diary::default() };
    let result = match HandedIn::read(&ctx, &args.text)? {
        Some(text) => put_in(&ctx, args, &mut diary, &text),
        None => edit(&ctx, args, globals, &mut diary),
    };
    let receipt = record(&ctx, "edit", args.on.query(), &diary, result)?;
    let id = safe(&receipt.ticket);
    let text = match receipt.outcome {
        "already" => format!("nothing to change in {id}\n"),
        _ => format!("{id} is edited\n"),
    };
    answer(out, &receipt, &text);
    Ok(())
}

fn open<'a>(
    globals: &Globals,
    env: &'a Env,
    out: &'a Out,
    args: &EditArgs,
) -> Result<Context<'a>, Failure> {
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    Ok(ctx.expecting(args.expected.object()))
}

fn put_in(
    ctx: &Context<'_>,
    args: &EditArgs,
    diary: &mut Diary,
    text: &HandedIn,
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.on.ticket.as_deref(), "edit")?;
    replace(ctx, (&run, text.on_damage()), diary, &id, |before| {
        let after = text.put_into(before).map_err(|TooLong| Refusal::TooLong { id: id.clone() })?;
        Ok((before.clone(), after))
    })
}

fn edit(
    ctx: &Context<'_>,
    args: &EditArgs,
    globals: &Globals,
    diary: &mut Diary,
) -> Result<Receipt, Failure> {
    let editor = Editor::find(ctx, &without_editor(ctx, args.on.ticket.as_deref()))?;
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.on.ticket.as_deref(), "edit")?;
    let before = newest(ctx, &run, &id)?;
    drop(run);
    let copy = editor.open(ctx, id.as_str(), before.as_bytes())?;
    // However long it took: the write has its own time, and settings of its own.
    let written = with_current_settings(|| {
        role::check("edit", globals, ctx.env, ctx.out)?;
        let ctx = open(globals, ctx.env, ctx.out, args)?;
        let after = copy.document()?;
        let run = Run::begin(&ctx.repo)?;
        replace(&ctx, (&run, OnDamage::Mend), diary, &id, |_| Ok((before.clone(), after.clone())))
    });
    written.map_err(|failure| copy.keep(failure))
}

/// What needs no editor. A ticket that cannot be read takes only a whole file.
fn without_editor(ctx: &Context<'_>, ticket: Option<&str>) -> Vec<String> {
    let named = ticket.map_or_else(String::new, |id| format!(" {}", shell_word(id)));
    let whole = format!("put a whole file in its place: tix edit{named} --from <file>");
    let is_damaged = ticket.is_some_and(|query| {
        let Ok(view) = ctx.last_seen() else { return false };
        let Ok(entry) = find_known(ctx, &view, TicketSearch { query, command: "edit" }) else {
            return false;
        };
        matches!(view.read(entry), Err(Unloadable::Refused(_)))
    });
    if is_damaged {
        return vec![whole];
    }
    vec![
        format!("replace the text: tix edit{named} --body <file>"),
        format!("add to it: tix edit{named} --append <text>"),
        format!("tick a box: tix tick{named} <number>"),
        whole,
    ]
}

/// The newest text, wherever it is written.
fn newest(ctx: &Context<'_>, run: &Run, id: &TicketId) -> Result<Document, Failure> {
    let mut newest = None;
    // A look is a write that finds nothing to do.
    write_or_mend(ctx, (run, OnDamage::Mend), &mut Diary::default(), id, &mut |view| {
        newest = Some(view.ticket.document.clone());
        Ok(Decision::Answer(Already))
    })?;
    newest.ok_or_else(|| Failure::new(Exit::NotFound, format!("{id} has no text")))
}

/// Writes the text that `texts` makes from the newest one; `texts` also returns the text that it started from.
fn replace(
    ctx: &Context<'_>,
    run: (&Run, OnDamage),
    diary: &mut Diary,
    id: &TicketId,
    texts: impl Fn(&Document) -> Result<(Document, Document), Failure>,
) -> Result<Receipt, Failure> {
    diary.ticket = Some(id.clone());
    let identity = Identity::of(ctx, id, None)?;
    let act = identity.act(ctx);
    let written = write_or_mend(ctx, run, diary, id, &mut |view| {
        let (before, after) = texts(&view.ticket.document)?;
        let claim = view.on_trunk.held().claim_id;
        let text =
            NewText { verb: "edit", before: &before, after: &after, claim: claim.as_deref() };
        Ok(lifecycle::replace(&view.ticket, &act, &text)?)
    })?;
    let mut receipt = Receipt::new(ctx, "edit", id.as_str(), act.actor);
    receipt.outcome = "edited";
    finish(ctx, diary, id, &written, &mut receipt)?;
    Ok(receipt)
}
