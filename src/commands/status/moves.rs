//! The moves of a ticket, and who can make them.

use serde::Serialize;

use crate::app::next_step::TicketAsSeen;
use crate::app::role;
use crate::error::Failure;
use crate::lifecycle::Hindrance;
use crate::lifecycle::machine::{self, Mover, Verb};

/// One move, and whether it is open.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MoveJson {
    /// The command, without `tix`.
    pub command: &'static str,
    /// Whether the ticket is open to this move now.
    pub legal: bool,
    /// Who may make it.
    pub by: &'static str,
    /// Whether the caller may make it now.
    pub you: bool,
    /// Why it is not open, or not to the caller; missing if it is.
    pub why: Option<String>,
}

/// Every move, and whether it is open; `is_unpushed` if the ticket is complete on this machine alone.
pub(super) fn moves(
    seen: &TicketAsSeen<'_>,
    waits: &[Hindrance],
    is_unpushed: bool,
) -> Result<Vec<MoveJson>, Failure> {
    let TicketAsSeen { ctx, act, ticket, stale, .. } = *seen;
    let situation = ticket.situation()?;
    let policy = ctx.policy();
    let unapproved = match machine::allows(Verb::Complete, situation, policy) {
        Ok(_) => seen.missing_approval()?,
        Err(_) => None,
    };
    let one = |(verb, command): (Verb, &'static str)| {
        let legal = match machine::allows(verb, situation, policy) {
            Ok(_) if verb == Verb::Reclaim && !stale => Err("it is not stale".to_owned()),
            // It starts from what the remote has.
            Ok(_) if verb == Verb::Reopen && is_unpushed => {
                Err("its completion is not pushed".to_owned())
            }
            allowed => allowed.map_err(|illegal| illegal.to_string()),
        };
        let why = match &legal {
            Err(why) => Some(why.clone()),
            Ok(_) if matches!(verb, Verb::Claim | Verb::Complete) && !waits.is_empty() => {
                waits.first().map(ToString::to_string)
            }
            Ok(_) if verb == Verb::Reclaim && act.require_holder(ticket).is_ok() => {
                Some("you hold it".to_owned())
            }
            Ok(_) => {
                let refusal = act.require(verb, ticket).err().map(|refusal| refusal.to_string());
                let unapproved = unapproved.as_ref().filter(|_| verb == Verb::Complete);
                refusal.or(unapproved.map(ToString::to_string))
            }
        };
        let first = |command: &str| command.split(' ').next().unwrap_or_default().to_owned();
        let why = why.or_else(|| role::objection(ctx, &first(command)));
        let by = match machine::who(verb, situation, policy) {
            Mover::Anybody => "anybody",
            Mover::Holder => "the holder",
            Mover::Others => "anybody but the holder",
        };
        MoveJson { command, legal: legal.is_ok(), by, you: why.is_none(), why }
    };
    let commands = |verb: Verb| verb.commands().iter().map(move |command| (verb, *command));
    Ok(Verb::ALL.into_iter().flat_map(commands).map(one).collect())
}
