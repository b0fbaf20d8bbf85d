//! One verb on one ticket, from the command line to the answer: find the ticket, decide, write, update the workspace,
//! write the receipt, answer.

use super::complete::ids;
use super::context::{Context, Globals};
use super::follow::{MadeChange, follow};
use super::here::named_or_here;
use super::interrupted::typed;
use super::receipt::{Receipt, record};
use super::role::deciding_session;
use super::write::{Home, TicketView, Written, write};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{Act, ClaimProof, Decision};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run};
use crate::workspace::{self, Session};

/// Who acts: what [`Act`] borrows from.
pub struct Identity {
    pub actor: String,
    pub clone_id: String,
    typed: String,
    proof: OwnedProof,
}

/// What [`ClaimProof`] borrows from.
enum OwnedProof {
    Named(String),
    Recorded { claims: Vec<String>, workspace: Option<String>, of_another: Option<String> },
}

impl OwnedProof {
    fn recorded(ctx: &Context<'_>, id: &TicketId, session: Option<&Session>) -> OwnedProof {
        let record = workspace::load(&ctx.repo, id);
        let of_another = record.as_ref().and_then(|record| record.claim_of_another(session));
        OwnedProof::Recorded {
            claims: workspace::known_claims(&ctx.repo, id),
            of_another: of_another.map(str::to_owned),
            workspace: record.map(|record| record.claim_id),
        }
    }
}

impl Identity {
    /// The caller, with the claim that they name, or else with what this clone knows about the ticket.
    pub fn of(ctx: &Context<'_>, id: &TicketId, named: Option<&str>) -> Result<Identity, Failure> {
        let proof = match named {
            Some(claim) => OwnedProof::Named(claim.to_owned()),
            None => OwnedProof::recorded(ctx, id, deciding_session(ctx)?.as_ref()),
        };
        Ok(Identity { proof, ..Identity::without_claim(ctx)? })
    }

    /// The same for whoever only looks, and may be nobody whom git knows.
    pub fn reading(ctx: &Context<'_>, id: &TicketId) -> Identity {
        // A session whose name cannot be read is told so by what it would do.
        let session = deciding_session(ctx).ok().flatten();
        Identity::reading_in(ctx, id, session.as_ref())
    }

    /// The same in a session that is not that of this process.
    pub fn reading_in(ctx: &Context<'_>, id: &TicketId, session: Option<&Session>) -> Identity {
        let proof = OwnedProof::recorded(ctx, id, session);
        // A clone that has none yet gets it with its first claim.
        let clone_id = workspace::known_clone_id(&ctx.repo).unwrap_or_default();
        Identity { actor: ctx.reader(), clone_id, typed: typed(), proof }
    }

    /// The caller, for the claim that this run has made.
    pub fn under(ctx: &Context<'_>, claim: &str) -> Result<Identity, Failure> {
        let proof = OwnedProof::Named(claim.to_owned());
        Ok(Identity { proof, ..Identity::without_claim(ctx)? })
    }

    /// The caller, for what needs no claim.
    pub fn without_claim(ctx: &Context<'_>) -> Result<Identity, Failure> {
        let clone_id = workspace::clone_id(&ctx.repo, crate::trunk::random_token)?;
        let proof = OwnedProof::Recorded { claims: Vec::new(), workspace: None, of_another: None };
        Ok(Identity { actor: ctx.actor()?, clone_id, typed: typed(), proof })
    }

    /// The same, in the form that decisions take.
    pub fn act<'a>(&'a self, ctx: &'a Context<'_>) -> Act<'a> {
        Act {
            actor: &self.actor,
            at: ctx.now,
            proof: match &self.proof {
                OwnedProof::Named(claim) => ClaimProof::Named(claim),
                OwnedProof::Recorded { claims, workspace, of_another } => ClaimProof::Recorded {
                    claims,
                    workspace: workspace.as_deref(),
                    of_another: of_another.as_deref(),
                },
            },
            typed: &self.typed,
            policy: ctx.policy(),
            branches: ctx,
        }
    }
}

pub struct Operation<'a> {
    /// The command, as receipts name it.
    pub name: &'static str,
    /// The outcome, in one word.
    pub outcome: &'static str,
    /// The ticket; `None` for the one of this workspace.
    pub ticket: Option<&'a str>,
    /// The command's own `--timeout`.
    pub timeout: Option<&'a str>,
    /// The claim that is named.
    pub claim: Option<&'a str>,
    /// What the ticket's file must be.
    pub expects: Option<&'a str>,
}

/// The claim that a holder's verb is for.
#[derive(Debug, clap::Args)]
pub struct NamedClaim {
    /// The claim by which you hold the ticket, if this clone or this session did not make it; `tix show` prints it as
    /// `claim_id`
    #[arg(long = "claim", value_name = "CLAIM")]
    claim: Option<String>,
}

impl NamedClaim {
    pub fn id(&self) -> Option<&str> {
        self.claim.as_deref()
    }
}

/// The ticket that a verb is about, and how long it may take.
#[derive(Debug, clap::Args)]
pub struct OnTicket {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    pub ticket: Option<String>,
    /// How long to keep trying while others write to the ticket, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

impl OnTicket {
    /// What was typed, for the log.
    pub fn query(&self) -> &str {
        self.ticket.as_deref().unwrap_or_default()
    }
}

impl<'a> Operation<'a> {
    pub fn on(on: &'a OnTicket, name: &'static str, outcome: &'static str) -> Operation<'a> {
        let (ticket, timeout) = (on.ticket.as_deref(), on.timeout.as_deref());
        Operation { name, outcome, ticket, timeout, claim: None, expects: None }
    }

    /// Runs it. It calls `decide` on each view of the ticket, and `say` for the answer, which may add warnings.
    pub fn run(
        &self,
        around: (&Globals, &Env, &Out),
        decide: impl FnMut(&Context<'_>, &Act<'_>, &TicketView<'_>) -> Result<Decision, Failure>,
        say: impl Fn(&Context<'_>, &mut Receipt) -> String,
    ) -> Result<(), Failure> {
        self.run_after(around, |_, _, _, _| Ok(()), decide, say)
    }

    /// The same after `first`, which may add to the receipt.
    pub fn run_after(
        &self,
        (globals, env, out): (&Globals, &Env, &Out),
        mut first: impl FnMut(
            &Context<'_>,
            &Act<'_>,
            (&Run, &TicketId),
            &mut Receipt,
        ) -> Result<(), Failure>,
        mut decide: impl FnMut(&Context<'_>, &Act<'_>, &TicketView<'_>) -> Result<Decision, Failure>,
        say: impl Fn(&Context<'_>, &mut Receipt) -> String,
    ) -> Result<(), Failure> {
        let ctx = Context::open(globals, env, out, self.timeout)?.expecting(self.expects);
        let mut diary = Diary { phase: self.name, ..Diary::default() };
        let result = self.perform(&ctx, &mut diary, &mut first, &mut decide);
        let query = self.ticket.unwrap_or_default();
        let mut receipt = record(&ctx, self.name, query, &diary, result)?;
        let text = say(&ctx, &mut receipt);
        answer(out, &receipt, &text);
        Ok(())
    }

    fn perform(
        &self,
        ctx: &Context<'_>,
        diary: &mut Diary,
        first: &mut impl FnMut(
            &Context<'_>,
            &Act<'_>,
            (&Run, &TicketId),
            &mut Receipt,
        ) -> Result<(), Failure>,
        decide: &mut impl FnMut(&Context<'_>, &Act<'_>, &TicketView<'_>) -> Result<Decision, Failure>,
    ) -> Result<Receipt, Failure> {
        let run = Run::begin(&ctx.repo)?;
        let id = named_or_here(ctx, &run, self.ticket, self.name)?;
        diary.ticket = Some(id.clone());
        let identity = Identity::of(ctx, &id, self.claim)?;
        let act = identity.act(ctx);
        let mut receipt = Receipt::new(ctx, self.name, id.as_str(), act.actor);
        receipt.outcome = self.outcome;
        first(ctx, &act, (&run, &id), &mut receipt)?;
        let written = write(ctx, &run, diary, &id, &mut |view| decide(ctx, &act, view))?;
        finish(ctx, diary, &id, &written, &mut receipt)?;
        Ok(receipt)
    }
}

/// Adds the outcome of a write to its receipt, and updates the workspace.
pub fn finish(
    ctx: &Context<'_>,
    diary: &mut Diary,
    id: &TicketId,
    written: &Written,
    receipt: &mut Receipt,
) -> Result<(), Failure> {
    // What was done before may have been cut off before the workspace followed.
    let (tip, change) = match written {
        Outcome::Answered(tip) => {
            receipt.outcome = "already";
            (tip.as_ref(), MadeChange::Nothing)
        }
        Outcome::Landed(landed) => {
            receipt.add(landed);
            ((landed.output == Home::Branch).then_some(&landed.commit), MadeChange::Made)
        }
    };
    let Some(tip) = tip else { return Ok(()) };
    diary.phase = "follow";
    let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    // The write stands, whatever becomes of the workspace.
    match follow(ctx, &branch, tip, change) {
        Ok(warning) => receipt.warnings.extend(warning),
        Err(failure) => receipt.warnings.push(failure.message),
    }
    Ok(())
}

pub fn answer(out: &Out, receipt: &Receipt, text: &str) {
    out.clear_progress();
    for format in out.formats() {
        match format {
            Format::Json => out.json(receipt),
            Format::Human => {
                receipt.warnings.iter().for_each(|warning| out.warn(warning));
                out.answer(text);
            }
        }
    }
}

/// The answer of most verbs: the ticket and its state now.
pub fn plain(what: &'static str) -> impl Fn(&Context<'_>, &mut Receipt) -> String {
    move |_, receipt| answer_next(receipt, what, None)
}

/// The same with the next command.
pub fn answer_next(receipt: &Receipt, what: &str, next: Option<&str>) -> String {
    let already = if receipt.outcome == "already" { " already" } else { "" };
    let next = next.map_or_else(String::new, |next| format!("next:\n  {next}\n"));
    format!("{} {}{already}\n{next}", safe(&receipt.ticket), safe(what))
}
