//! `tix edit`: change the text of a ticket in an editor.

use std::io::Write as _;
use std::path::Path;

use crate::app::context::{Context, Globals};
use crate::app::here::named_or_here;
use crate::app::input::read_file;
use crate::app::operation::{Identity, OnTicket, answer, finish, plain};
use crate::app::receipt::{Receipt, record};
use crate::app::role;
use crate::app::settings::with_current_settings;
use crate::app::write::write;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, Already, Decision};
use crate::out::Out;
use crate::ticket::{Document, TicketId};
use crate::trunk::{Diary, Run};

/// Change the text of a ticket in your editor
///
/// The editor is the one that git uses (`GIT_EDITOR`, `core.editor`, `VISUAL`, `EDITOR`), on a copy of the newest text. What comes
/// back is committed where the ticket is: on the trunk, or on its ticket branch while somebody holds it. If somebody else
/// wrote to the ticket meanwhile, or if the text cannot be read as a ticket, nothing is written, and your copy is kept.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    #[command(flatten)]
    on: OnTicket,
}

pub fn run(args: &EditArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let mut diary = Diary { phase: "edit", ..Diary::default() };
    let result = edit(&ctx, args, globals, &mut diary);
    let receipt = record(&ctx, "edit", args.on.query(), &diary, result)?;
    answer(out, &receipt, &plain("is as you wrote it")(&ctx, &receipt));
    Ok(())
}

fn edit(
    ctx: &Context<'_>,
    args: &EditArgs,
    globals: &Globals,
    diary: &mut Diary,
) -> Result<Receipt, Failure> {
    let Some(editor) = ctx.repo.editor()? else {
        return Err(Failure::new(Exit::Refused, "git knows no editor here")
            .hint("name one: git config --global core.editor <command>"));
    };
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, args.on.ticket.as_deref(), "edit")?;
    diary.ticket = Some(id.clone());
    let before = newest(ctx, &run, &id)?;
    let copy = copy_of(ctx, &id, &before)?;
    ctx.out.clear_progress();
    let kept = |failure: Failure, copy: tempfile::NamedTempFile| match copy.keep() {
        Ok((_, path)) => failure.fact("your text", path.display().to_string()),
        Err(error) => failure.fact("your text", error.to_string()),
    };
    drop(run);
    if !crate::git::edit(&editor, copy.path()).map_err(Failure::from)? {
        let failure =
            Failure::new(Exit::Refused, "the editor ended with a failure; nothing changed");
        return Err(kept(failure, copy));
    }
    // However long it took: the write has its own time, and settings of its own.
    let written = with_current_settings(|| {
        role::check("edit", globals, ctx.env, ctx.out)?;
        let ctx = Context::open(globals, ctx.env, ctx.out, args.on.timeout.as_deref())?;
        put_back(&ctx, diary, &id, (&before, copy.path()))
    });
    // The editor is not opened a second time for what it has given.
    written.map_err(|failure| Failure { outdated: false, ..kept(failure, copy) })
}

/// The newest text there is, wherever it is written.
fn newest(ctx: &Context<'_>, run: &Run, id: &TicketId) -> Result<Document, Failure> {
    let mut newest = None;
    // A look is a write that finds nothing to do.
    write(ctx, run, &mut Diary::default(), id, &mut |view| {
        newest = Some(view.ticket.document.clone());
        Ok(Decision::Answer(Already))
    })?;
    newest.ok_or_else(|| Failure::new(Exit::NotFound, format!("{id} has no text")))
}

/// A file of its own for each call, with the ticket's name, below the repository's own directory: it outlives the call if
/// the text must be kept.
fn copy_of(
    ctx: &Context<'_>,
    id: &TicketId,
    document: &Document,
) -> Result<tempfile::NamedTempFile, Failure> {
    let dir = ctx.repo.tix_dir().join("edit");
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Refused, format!("{}: {error}", dir.display()))
            .hint("nothing changed; free some space or fix the permissions, and try again")
    };
    std::fs::create_dir_all(&dir).map_err(failed)?;
    let mut copy = tempfile::Builder::new()
        .prefix(&format!("{id}-"))
        .suffix(".md")
        .tempfile_in(&dir)
        .map_err(failed)?;
    copy.write_all(document.as_bytes()).map_err(failed)?;
    Ok(copy)
}

fn put_back(
    ctx: &Context<'_>,
    diary: &mut Diary,
    id: &TicketId,
    (before, copy): (&Document, &Path),
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    // By its path: editors put another file in its place.
    let after = Document::parse(read_file(copy)?).map_err(|error| {
        Failure::new(Exit::Damaged, format!("your text, line {}: {}", error.line, error.kind))
    })?;
    let identity = Identity::of(ctx, id, None)?;
    let act = identity.act(ctx);
    let written = write(ctx, &run, diary, id, &mut |view| {
        Ok(lifecycle::replace(&view.ticket, &act, before, &after)?)
    })?;
    let mut receipt = Receipt::new(ctx, "edit", id.as_str(), act.actor);
    receipt.outcome = "edited";
    finish(ctx, diary, id, &written, &mut receipt)?;
    Ok(receipt)
}
