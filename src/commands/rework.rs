//! `tix rework`: a new ticket for more work on a ticket that has ended.

use crate::app::context::{Context, Globals};
use crate::app::here::seen_or_here;
use crate::app::operation::{Identity, OnTicket, answer};
use crate::app::receipt::{Receipt, record};
use crate::app::template::{set, template};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, Decision, Draft, NewTicket, Ticket, session_of};
use crate::out::Out;
use crate::text::safe;
use crate::ticket::{SessionId, TicketId, Value};
use crate::trunk::{Diary, Run, View};

/// Write a ticket for more work on one that has ended
///
/// The new ticket has the same session and the next free number, names the old one in `parent_ticket`, and waits in the
/// queue. The old one stays as it is.
#[derive(Debug, clap::Args)]
pub struct ReworkArgs {
    #[command(flatten)]
    on: OnTicket,
    /// What to do, in one line [default: "Rework: " and the title of the old ticket]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What is wrong, for the commit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub fn run(args: &ReworkArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.on.timeout.as_deref())?;
    let mut diary = Diary { phase: "rework", ..Diary::default() };
    let result = rework(&ctx, args, &mut diary);
    let receipt = record(&ctx, "rework", args.on.query(), &diary, result)?;
    answer(out, &receipt, &format!("{}\n", safe(&receipt.ticket)));
    Ok(())
}

fn rework(ctx: &Context<'_>, args: &ReworkArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let identity = Identity::without_claim(ctx)?;
    let act = identity.act(ctx);
    let queue = ctx.queue_dir()?;
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress);
    let mut about = None;
    let outcome = engine.transact(diary, |view| {
        let entry = seen_or_here(ctx, view, args.on.ticket.as_deref(), "rework")?;
        about = Some(entry.id.clone());
        let parent = view.require(entry)?;
        lifecycle::require_ended(&parent, &act)?;
        let draft = draft(ctx, view, &parent, args)?;
        let request = NewTicket {
            drafts: std::slice::from_ref(&draft),
            actor: act.actor,
            key: None,
            at: ctx.now,
            role: crate::app::ROLE,
            queue: &queue,
        };
        let (change, ids) = lifecycle::create(&view.snapshot, &request)?;
        let change = lifecycle::as_rework(change, &parent.entry.id, args.reason.as_deref());
        Ok(Decision::Push(change, ids))
    });
    diary.ticket = about;
    let landed = outcome.map_err(Failure::from)?.landed();
    let id = landed.output.first().map_or("", TicketId::as_str);
    let mut receipt = Receipt::new(ctx, "rework", id, act.actor);
    receipt.outcome = "created";
    receipt.add(&landed);
    Ok(receipt)
}

fn draft(
    ctx: &Context<'_>,
    view: &View<'_>,
    parent: &Ticket<'_>,
    args: &ReworkArgs,
) -> Result<Draft, Failure> {
    let id = &parent.entry.id;
    let session = session_of(parent);
    let session = SessionId::parse(&session).map_err(|error| {
        Failure::new(Exit::Damaged, format!("the session `{}` of {id}: {error}", safe(&session)))
    })?;
    let given = args.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let title = given.map_or_else(
        || format!("Rework: {}", parent.document.title().unwrap_or_else(|| id.to_string())),
        str::to_owned,
    );
    let mut document = template(ctx, view)?;
    set(&mut document, "title", Value::Text(&title))?;
    set(&mut document, "status", Value::Text("open"))?;
    set(&mut document, "created", Value::Null)?;
    set(&mut document, "parent_ticket", Value::Text(id.as_str()))?;
    if let Some(priority) = parent.document.text("priority") {
        set(&mut document, "priority", Value::Text(&priority))?;
    }
    Ok(Draft { document, session, wanted: None, label: "the template".to_owned() })
}
