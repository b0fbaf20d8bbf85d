//! `tix undo`: undo what this clone did last; for a session, what that session did.
//!
//! It knows which verb undoes which, and looks at the remote first: where somebody has gone on with the ticket, it does
//! nothing and proposes nothing. The verb then decides as usual.

mod since;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use self::since::{OwnWrite, gone_on_by, with_branch};
use crate::app::board;
use crate::app::context::{Context, Globals};
use crate::app::operation::Identity;
use crate::app::role::deciding_session;
use crate::app::worktree;
use crate::env::Env;
use crate::error::{Exit, Failure, go_on_as_yours};
use crate::lifecycle::Refusal;
use crate::lifecycle::machine::Verb;
use crate::names::Oid;
use crate::out::{Format, Out};
use crate::text::{duration, safe, shell_word};
use crate::ticket::{Document, FrontMatter, Lane, Relation, Status, TicketId};
use crate::trunk::View;
use crate::workspace::Session;

/// Undo what this clone wrote last
///
/// It releases a claim, claims a released ticket again, closes a new ticket, reopens a completed or closed one, unblocks a
/// blocked one, and takes back one that was handed over. It first shows the command that it runs. For a value or a text it
/// shows the command that writes the old one, and for what cannot be undone, such as work that has landed, the nearest
/// command.
///
/// In an agent's session it takes back only what that session wrote: it passes over what other sessions of this clone
/// wrote, and what a person did by hand. A person without a session may take back what a session wrote.
///
/// It asks the remote first: if anybody, in this clone or elsewhere, has gone on with the ticket since, it says who and
/// does nothing.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The answer of `--dry-run` in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoJson<'a> {
    schema: &'static str,
    /// The command that would be undone.
    operation: &'a str,
    /// Its ticket.
    ticket: &'a str,
    /// When it ran: RFC 3339, UTC.
    at: &'a str,
    /// The command that undoes it, for a POSIX shell.
    command: String,
}

/// How an operation is undone.
enum WayBack {
    /// By this command, with the ticket after its first word.
    Command(&'static [&'static str]),
    /// A person has to add something: what comes after the ticket.
    Needs(&'static str, String),
    /// By no command: why, and what comes nearest to it, with the ticket after its first word.
    Never(&'static str, NearestWays),
    /// The same, as long as nobody has gone on.
    NotNow(&'static str, NearestWays),
}

/// What each does, its verb, and what follows the ticket.
type NearestWays = &'static [(&'static str, &'static str, &'static str)];

/// What a write found.
struct Before {
    document: Document,
    status: Option<Status>,
    lane: Option<Lane>,
}

const UNDONE: &str = "undone";

const APPROVAL: &str = "review --approve";

/// What leaves a ticket that has ended open: more work, or the same work again.
const AFTER_THE_END: NearestWays = &[
    ("write a new ticket for more work on it", "rework", ""),
    ("put it back into the queue all the same", "reopen", " --reason <why>"),
];

const HANDED_IN: NearestWays = &[
    ("commit more work, and hand that in", "submit", ""),
    ("or a reviewer sends it back", "review", " --request-changes --reason <why>"),
];

const APPROVED: NearestWays =
    &[("ask for changes, which ends all approvals", "review", " --request-changes --reason <why>")];

const SENT_BACK: NearestWays =
    &[("its holder hands the same work in again", "submit", " --anyway")];

const LOST_CLAIM: NearestWays = &[(
    "put it back into the queue, without its claim and its branch",
    "reopen",
    " --reason <why>",
)];

/// `landed` tells whether the trunk has the work of a completed ticket.
fn way_back(operation: &str, before: Option<&Before>, landed: bool) -> WayBack {
    let status = before.and_then(|before| before.status);
    let lane = before.and_then(|before| before.lane);
    let needs = |verb, rest: &str| WayBack::Needs(verb, rest.to_owned());
    match operation {
        "activate" => WayBack::Command(&["release", "--reason", UNDONE]),
        "release" => WayBack::Command(&["activate"]),
        "new" | "rework" => WayBack::Command(&["close", "--as", "wont_do", "--reason", UNDONE]),
        "complete" if landed => WayBack::Never("its work has landed", AFTER_THE_END),
        "land" => WayBack::Never("its work has landed", AFTER_THE_END),
        "archive" => {
            WayBack::Never("no command takes a ticket out of archive/ as it was", AFTER_THE_END)
        }
        "close" if lane == Some(Lane::Active) => {
            WayBack::Never("it ended the claim, and no command brings that back", LOST_CLAIM)
        }
        "submit" => WayBack::NotNow("no command takes work out of a review", HANDED_IN),
        APPROVAL => WayBack::NotNow("no command takes an approval away alone", APPROVED),
        "review" => WayBack::NotNow("its holder has it again", SENT_BACK),
        "complete" | "close" => WayBack::Command(&["reopen", "--reason", UNDONE]),
        "block" => match before.and_then(|before| before.document.text("blocked")) {
            Some(reason) => WayBack::Needs("block", format!("--reason {}", shell_word(&reason))),
            None => WayBack::Command(&["unblock"]),
        },
        "handoff" => WayBack::Command(&["reclaim", "--reason", UNDONE]),
        "queue" if status == Some(Status::Draft) => {
            WayBack::Command(&["draft", "--reason", UNDONE])
        }
        "queue" => needs("draft", "--reason <why>"),
        // Nobody had queued it.
        "draft" if status == Some(Status::Open) => needs("queue", ""),
        "draft" => WayBack::Command(&["queue"]),
        "unblock" => needs("block", "--reason <why>"),
        "reclaim" => needs("handoff", "--to <whom>"),
        "reopen" if lane == Some(Lane::Completed) && status == Some(Status::Approved) => {
            needs("complete", "")
        }
        "reopen" => needs("close", "--as <how>"),
        "set" => needs("set", "<key>=<value>"),
        "dep" | "dep add" | "dep rm" => needs("dep", ""),
        "edit" | "note" | "tick" => needs("edit", ""),
        _ => needs("log", ""),
    }
}

/// The words of the command that undoes the last write; `None` if they were only to be shown.
pub fn plan(
    args: &UndoArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<Option<Vec<String>>, Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let lines = ctx.audit().read();
    let session = deciding_session(&ctx)?;
    let mut writes = lines.iter().rev().filter(|line| is_write(line)).peekable();
    let who = if writes.peek().is_some() { "session" } else { "clone" };
    let Some(last) = writes.find(|line| is_to_undo(line, session.as_ref())) else {
        let message = format!("this {who} has written nothing yet");
        return Err(Failure::new(Exit::NotFound, message).hint("see what others did: tix log"));
    };
    let text = |key: &str| last[key].as_str().unwrap_or_default();
    let (operation, ticket, at) = (text("operation"), text("ticket"), text("at"));
    let is_approval = operation == "review" && text("outcome") == "approved";
    let operation = if is_approval { APPROVAL } else { operation };
    let words = words_of(&ctx, last, operation, ticket)?;
    let mut command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    command.insert(1.min(command.len()), ticket.to_owned());
    let line = command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
    let line = format!("tix {line}");
    if args.dry_run && out.format == Format::Json {
        out.json(&UndoJson { schema: "tix/undo@1", operation, ticket, at, command: line });
        return Ok(None);
    }
    let ago = chrono::DateTime::parse_from_rfc3339(at).ok();
    let ago = ago.map(|at| format!(" ({} ago)", duration::age(at.to_utc(), ctx.now)));
    let said =
        format!("undoing `tix {operation} {ticket}`{} with: {line}", ago.unwrap_or_default());
    if args.dry_run {
        out.answer(&format!("{}\n", safe(&said)));
        return Ok(None);
    }
    out.narrate(&safe(&said));
    Ok(Some(command))
}

/// The words of the command that undoes a line of the audit log, without the ticket. Fails where it is not undone.
fn words_of(
    ctx: &Context<'_>,
    last: &Value,
    operation: &str,
    ticket: &str,
) -> Result<&'static [&'static str], Failure> {
    let several = last["tickets"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut ids: Vec<TicketId> = several.filter_map(|id| TicketId::parse(id).ok()).collect();
    if ids.is_empty() {
        ids.extend(TicketId::parse(ticket).ok());
    }
    let [id, more @ ..] = ids.as_slice() else { return Err(about_no_ticket(last, operation)) };
    let own = OwnWrite::of(ctx, last)?;
    with_branch(ctx, Some(id).filter(|_| more.is_empty()), |view| {
        let found = found_by(ctx, last);
        let way = way_back(operation, found.as_ref(), has_landed(ctx, view, last, id));
        // That work has landed is no other person's doing, and the way on is the same whoever merged it.
        if let WayBack::Never(why, ways) = way {
            return Err(never(operation, id, why, ways));
        }
        for id in &ids {
            own.require_last(ctx, view, (operation, id))?;
        }
        if operation == "complete"
            && let Some(failure) = only_here(ctx, view, last, id)?
        {
            return Err(failure);
        }
        match way {
            WayBack::Command(words) if more.is_empty() => {
                require_verb(ctx, view, words, (operation, id))?;
                Ok(words)
            }
            WayBack::Command(words) => {
                let verb = words.first().unwrap_or(&"log");
                Err(no_way(operation, "several tickets", verb, "<ticket>"))
            }
            WayBack::Needs(verb, rest) => {
                let exact = match verb {
                    "set" | "edit" => old_value(ctx, view, last, operation),
                    "dep" => old_relation(ctx, last, id),
                    _ => None,
                };
                if let Some(line) = exact {
                    let hint = format!("this puts back what was there: {line}");
                    return Err(cannot(operation, ticket).hint(hint));
                }
                let (verb, rest) = match verb {
                    "dep" => ("log", String::new()),
                    verb => (verb, rest),
                };
                Err(no_way(operation, ticket, verb, format!("{id} {rest}").trim()))
            }
            WayBack::Never(why, ways) | WayBack::NotNow(why, ways) => {
                Err(never(operation, id, why, ways))
            }
        }
    })
}

/// Refuses where another session of this clone holds the ticket now, and the way back is its holder's alone: to go on in another
/// session leaves no commit.
fn require_verb(
    ctx: &Context<'_>,
    view: &View<'_>,
    words: &[&str],
    (operation, id): (&str, &TicketId),
) -> Result<(), Failure> {
    let verb = Verb::ALL.into_iter().find(|verb| verb.command() == words.first().copied());
    let (Some(verb), Ok(entry)) = (verb, view.snapshot.find_id(id)) else { return Ok(()) };
    let ticket = view.require::<Refusal>(entry)?;
    match Identity::of(ctx, id, None)?.act(ctx).require(verb, &ticket) {
        Err(Refusal::OtherSession { .. }) => {
            Err(gone_on_by("another session of this clone", operation, id).hint(go_on_as_yours(id)))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether the trunk has got the work of a ticket that was completed on its branch.
fn has_landed(ctx: &Context<'_>, view: &View<'_>, line: &Value, id: &TicketId) -> bool {
    let trunk = format!("refs/heads/{}", ctx.trunk.short());
    let pushed = line["pushed"].as_array().into_iter().flatten();
    let direct = pushed.into_iter().any(|moved| moved["ref"].as_str() == Some(&trunk));
    let entry = view.snapshot.find_id(id);
    !direct && entry.is_ok_and(|entry| matches!(entry.lane, Lane::Completed | Lane::Archive))
}

/// The refusal where a completion was not pushed: all verbs go by what the remote has.
fn only_here(
    ctx: &Context<'_>,
    view: &View<'_>,
    line: &Value,
    id: &TicketId,
) -> Result<Option<Failure>, Failure> {
    let (Some(remote), Ok(branch)) = (&ctx.remote, ctx.ticket_branch(id)) else { return Ok(None) };
    let written = first_commit(line).and_then(Oid::parse);
    let direct = line["pushed"].as_array().is_some_and(|all| !all.is_empty());
    let (Some(commit), Some(there), Some(here), false) =
        (written, view.watched(), ctx.local_branch(&branch), direct)
    else {
        return Ok(None);
    };
    // It may have been taken back, and pushed since.
    let is_known = ctx.objects.resolve(commit.as_str())?.is_some();
    if !is_known || !ctx.repo.is_ancestor(&commit, here)? || ctx.repo.is_ancestor(&commit, there)? {
        return Ok(None);
    }
    let failure = Failure::new(
        Exit::Refused,
        format!(
            "tix cannot undo `complete` of {id}: it is not pushed, and `tix reopen` starts from what is"
        ),
    );
    let name = shell_word(branch.short());
    let failure = failure.hint(format!("push it, and undo it then: git push {remote} {name}"));
    let at = worktree::with_branch(ctx, &branch)?.filter(|_| *here == commit);
    Ok(Some(match at {
        Some(at) => {
            let at = shell_word(&at.path.display().to_string());
            failure.hint(format!(
                "or take its commit back: git -C {at} reset --keep {}^",
                commit.short()
            ))
        }
        None => failure,
    }))
}

/// The refusal where no ticket is named, as `tix init` names none.
fn about_no_ticket(line: &Value, operation: &str) -> Failure {
    let failure = Failure::new(
        Exit::Refused,
        format!("tix does not undo `{operation}`: it is not about one ticket"),
    );
    match first_commit(line).and_then(Oid::parse) {
        Some(commit) => failure.hint(format!("see what it wrote: git show {}", commit.short())),
        None => failure,
    }
}

/// The commit and the file of a write of one file.
fn written(line: &Value) -> Option<(&str, &str)> {
    Some((first_commit(line)?, line.get("paths")?.get(0)?.as_str()?))
}

fn first_commit(line: &Value) -> Option<&str> {
    line.get("commits")?.get(0)?.as_str()
}

/// The ticket as a commit has it.
fn text_at(ctx: &Context<'_>, commit: &str, path: &str) -> Option<Document> {
    let file = ctx.objects.read(format!("{commit}:{path}").as_bytes()).ok()??;
    Document::parse(file.data).ok()
}

/// The ticket as the write found it; `None` if it made the ticket, or git has cleared it away.
fn found_by(ctx: &Context<'_>, line: &Value) -> Option<Before> {
    let commit = first_commit(line)?;
    let mut paths = line["paths"].as_array()?.iter().filter_map(Value::as_str);
    let (path, document) =
        paths.find_map(|path| Some((path, text_at(ctx, &format!("{commit}^"), path)?)))?;
    let below = path.as_bytes().strip_prefix(ctx.tickets_dir.as_bytes())?;
    let directory = below.split(|byte| *byte == b'/').find(|part| !part.is_empty());
    let status = document.status().ok().map(|reading| reading.status);
    Some(Before { lane: directory.and_then(Lane::from_dir_name), status, document })
}

/// The command that puts back one relation to one other ticket.
fn old_relation(ctx: &Context<'_>, line: &Value, id: &TicketId) -> Option<String> {
    let (commit, path) = written(line)?;
    let (old, new) = (text_at(ctx, &format!("{commit}^"), path)?, text_at(ctx, commit, path)?);
    let (old, new) = (FrontMatter::of(&old), FrontMatter::of(&new));
    let mut ways = Vec::new();
    for relation in Relation::ALL {
        let (had, has) = (relation.names(&old), relation.names(&new));
        let gone = had.iter().filter(|name| !has.contains(name)).map(|name| ("add", name));
        let came = has.iter().filter(|name| !had.contains(name)).map(|name| ("rm", name));
        ways.extend(gone.chain(came).map(|(verb, name)| (verb, relation, name.clone())));
    }
    let [(verb, relation, other)] = ways.as_slice() else { return None };
    let kind = match relation.option() {
        None => String::new(),
        Some(word) => format!(" --relation {word}"),
    };
    Some(format!("tix dep {verb} {id} {}{kind}", shell_word(other)))
}

/// The command that writes the old value over this one; `None` if another is there, as one that was not pushed yet.
fn old_value(ctx: &Context<'_>, view: &View<'_>, line: &Value, operation: &str) -> Option<String> {
    let (commit, path) = written(line)?;
    let (old, new) = (text_at(ctx, &format!("{commit}^"), path)?, text_at(ctx, commit, path)?);
    let id = TicketId::parse(line["ticket"].as_str()?).ok()?;
    let (_, now, _) = board::read_one(ctx, view, view.snapshot.find_id(&id).ok()?).ok()?;
    let from = shell_word(&format!("{}^:{path}", Oid::parse(commit)?.short()));
    // Somebody may write to it before the command is pasted.
    let written = ctx.objects.read(format!("{commit}:{path}").as_bytes()).ok()??.oid;
    let expects =
        if now == new { format!(" --expects {}", written.short()) } else { String::new() };
    let whole = (now == new).then(|| format!("git show {from} | tix edit {id} --from -{expects}"));
    if operation != "set" {
        return whole;
    }
    let keys: BTreeSet<String> =
        old.said().into_iter().chain(new.said()).map(|(key, _)| key).collect();
    let value = |document: &Document, key: &str| {
        document.text(key).unwrap_or_else(|| document.list(key).join(","))
    };
    let changed = keys.iter().filter(|key| value(&old, key) != value(&new, key));
    let changed: Vec<&String> = changed.collect();
    if changed.is_empty() || changed.iter().any(|key| value(&now, key) != value(&new, key)) {
        return None;
    }
    // Whether a key had no value or was not there, no setting says.
    if let (Some(whole), true) = (whole, changed.iter().any(|key| value(&old, key).is_empty())) {
        return Some(whole);
    }
    let settings = changed.iter().map(|key| shell_word(&format!("{key}={}", value(&old, key))));
    Some(format!("tix set {id} {}{expects}", settings.collect::<Vec<_>>().join(" ")))
}

/// Whether a line of the audit log records a write.
fn is_write(line: &Value) -> bool {
    let made = |key: &str| line[key].as_array().is_some_and(|all| !all.is_empty());
    line["schema"] == "tix/receipt@1" && made("commits") && line["outcome"] != "already"
}

/// Whether it is the caller's to undo: for a session what it wrote itself, for a person without one all that the clone wrote. What a
/// person wrote by hand is no agent's to take back.
fn is_to_undo(line: &Value, session: Option<&Session>) -> bool {
    session.is_none_or(|session| session.given().is_some_and(|name| line["session"] == name))
}

fn never(operation: &str, id: &TicketId, why: &str, ways: NearestWays) -> Failure {
    let message = format!("tix cannot undo `{operation}` of {id}: {why}");
    let hint = |(what, verb, rest): &(&str, &str, &str)| format!("{what}: tix {verb} {id}{rest}");
    ways.iter().map(hint).fold(Failure::new(Exit::Refused, message), Failure::hint)
}

fn cannot(operation: &str, ticket: &str) -> Failure {
    let message = format!("tix cannot undo `{operation}` of {ticket} by itself");
    Failure::new(Exit::Refused, message)
}

fn no_way(operation: &str, ticket: &str, verb: &str, rest: &str) -> Failure {
    cannot(operation, ticket)
        .hint(format!("the nearest command: tix {verb} {rest}").trim_end().to_owned())
}
