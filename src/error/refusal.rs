//! What a decision said no to, with its exit code and its way out.

use super::{Exit, Failure};
use crate::lifecycle::machine::{Illegal, Verb};
use crate::lifecycle::{Held, Missing, Obstacle, Refusal};
use crate::text::{one_line, shell_word};
use crate::ticket::TicketId;

/// The facts about a holder.
pub fn held_facts(failure: Failure, held: &Held) -> Failure {
    // Anybody can have written them, and a fact of several lines would look like several facts.
    let fact = |text: &Option<String>| text.as_deref().map(one_line);
    failure
        .maybe_fact("held by", fact(&held.by))
        .maybe_fact("since", fact(&held.at))
        .maybe_fact("claim", fact(&held.claim_id))
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let message = refusal.to_string();
        match refusal {
            Refusal::NotFound { nearest, .. } => {
                let failure = Failure::new(Exit::NotFound, message);
                if nearest.is_empty() {
                    return failure.hint("see what there is: tix list");
                }
                let names: Vec<_> = nearest.iter().map(ToString::to_string).collect();
                failure.fact("nearest", names.join(", ")).hint("see what there is: tix list")
            }
            Refusal::OddName { path, .. } => Failure::new(Exit::Damaged, message)
                .fact("path", path.to_string())
                .hint("see how to mend it: tix doctor"),
            Refusal::Ambiguous { matches, .. } => {
                let names: Vec<_> = matches.iter().map(ToString::to_string).collect();
                Failure::new(Exit::Usage, message)
                    .fact("matches", names.join(", "))
                    .hint("name one of them in full")
            }
            Refusal::BadQuery { .. } => {
                Failure::new(Exit::Usage, message).hint("see what there is: tix list")
            }
            Refusal::Held { id, held, .. } => held_facts(Failure::new(Exit::Held, message), &held)
                .fact("ticket", id.to_string())
                .hint("take another ticket: tix list --lane queue"),
            Refusal::NotInQueue { id, lane, legal } | Refusal::NotActive { id, lane, legal } => {
                instead(Failure::new(Exit::Refused, message).fact("lane", lane.as_str()), &legal)
                    .hint(format!("look at it: tix show {id}"))
            }
            Refusal::NotClaimable { need, id, legal, .. } => {
                instead(Failure::new(Exit::Refused, message).fact("needs", need), &legal)
                    .hint(format!("look at it: tix show {id}"))
            }
            Refusal::NotHolder { id, held, .. } => {
                held_facts(Failure::new(Exit::Refused, message), &held)
                    .hint(format!("only its holder can do that; look at it: tix status {id}"))
            }
            Refusal::ClaimChanged { id, held, .. } => {
                held_facts(Failure::new(Exit::Held, message), &held).hint(format!(
                    "somebody took it over or gave it back meanwhile; look at it: tix log {id}"
                ))
            }
            Refusal::NotAFile { path, .. } => Failure::new(Exit::Damaged, message).hint(format!(
                "put a regular file in its place: git rm -r -- {}",
                shell_word(&path.to_string())
            )),
            Refusal::Damaged { path, .. } => Failure::new(Exit::Damaged, message)
                .hint(format!("mend the file and push it: {path}")),
            Refusal::Duplicate { paths, .. } => {
                let places: Vec<_> = paths.iter().map(ToString::to_string).collect();
                Failure::new(Exit::Damaged, message)
                    .fact("places", places.join(", "))
                    .hint("keep one of them and remove the others")
            }
            Refusal::Circle { path, .. } => {
                let second = path.get(1).map_or("", TicketId::as_str);
                Failure::new(Exit::Refused, message)
                    .hint(format!("see what leads back: tix show {second}, tix dep tree {second}"))
            }
            Refusal::BadName { .. } => Failure::new(Exit::Damaged, message),
            Refusal::Obstacle(obstacle) => obstacle.into(),
            Refusal::Blocked { id, legal, .. } => {
                instead(Failure::new(Exit::Refused, message), &legal)
                    .hint(format!("look at it: tix show {id}"))
            }
            Refusal::Exists { id, .. } => {
                Failure::new(Exit::Refused, message).hint(format!("look at it: tix show {id}"))
            }
        }
    }
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Failure {
        let message = obstacle.to_string();
        match obstacle {
            Obstacle::Illegal { id, legal, why, verb } => illegal(&id, verb, why, &legal, message),
            Obstacle::UnknownStatus { id, .. } => {
                Failure::new(Exit::Damaged, message).hint(format!("look at it: tix show {id}"))
            }
            Obstacle::OwnWork { id, .. } => Failure::new(Exit::Refused, message)
                .hint(format!("somebody else can: tix review {id} --approve"))
                .hint("a team that allows it sets `review.self: true` in its .tix.yaml"),
            Obstacle::OtherStage { id, at, .. } => Failure::new(Exit::Refused, message)
                .fact("stage", at)
                .hint(format!("look at it: tix status {id}")),
            Obstacle::Moved { id, known, tip, since } => Failure::new(Exit::Refused, message)
                .fact("commit", known.to_string())
                .fact("branch", tip.to_string())
                .hint(format!("see what is new: git diff {} {}", known.short(), tip.short()))
                .hint(match since {
                    "submitted" => format!("its holder submits it again: tix submit {id}"),
                    _ => format!("look at it as it is now: tix status {id}"),
                }),
            Obstacle::NoWork { id } => Failure::new(Exit::Refused, message)
                .hint(format!("make its branch and workspace: tix activate {id}")),
            Obstacle::NotCompleted { id, legal } => {
                instead(Failure::new(Exit::Refused, message), &legal)
                    .hint(format!("its holder completes it: tix complete {id}"))
            }
            Obstacle::Incomplete { id, missing } => {
                let failure = Failure::new(Exit::Refused, message);
                let of_kind = |kind: &str| {
                    let all = missing.iter().filter(|one| one.kind() == kind);
                    let all: Vec<String> = all.map(ToString::to_string).collect();
                    (!all.is_empty()).then(|| all.join("\n"))
                };
                Missing::KINDS
                    .into_iter()
                    .fold(failure, |failure, kind| failure.maybe_fact(kind, of_kind(kind)))
                    .hint(format!("look at the ticket: tix show {id}"))
            }
            Obstacle::Fresh { id, held, stale_after, .. } => {
                held_facts(Failure::new(Exit::Held, message), &held)
                    .fact("stale after", stale_after)
                    .hint(format!("ask its holder to hand it over: tix handoff {id} --to <you>"))
                    .hint("take another ticket: tix list --lane queue")
            }
            Obstacle::NoChangelog { path } => Failure::new(Exit::Refused, message)
                .fact("path", path.to_string())
                .hint("add the heading to the ticket: tix edit <ticket>"),
            Obstacle::OwnedKey { verb, .. } => {
                let command = verb.and_then(Verb::command);
                let failure = Failure::new(Exit::Usage, message);
                match command {
                    Some(command) => failure.hint(format!("use: tix {command}")),
                    None => failure.hint("it changes with what is done: tix status <ticket>"),
                }
            }
            Obstacle::BadKey { .. } => Failure::new(Exit::Usage, message).hint(
                "a key is made of letters, digits, `_` and `-`: tix set <ticket> <key>=<value>",
            ),
            Obstacle::Edited { id } => Failure::new(Exit::Refused, message)
                .hint(format!("look at what is new: tix show {id}")),
        }
    }
}

/// What can be done to the ticket as it is; of one whose status is no status that cannot be said.
fn instead(failure: Failure, legal: &[Verb]) -> Failure {
    let commands: Vec<_> = legal.iter().flat_map(|verb| verb.commands()).copied().collect();
    let some = (!commands.is_empty()).then(|| commands.join(", "));
    failure.maybe_fact("legal now", some)
}

/// What cannot be done now, with what can.
fn illegal(id: &TicketId, verb: Verb, why: Illegal, legal: &[Verb], message: String) -> Failure {
    let failure = instead(Failure::new(Exit::Refused, message), legal);
    match (why, verb) {
        (Illegal::NoStages, Verb::Submit) => {
            failure.hint(format!("complete it without a review: tix complete {id}"))
        }
        (Illegal::Blocked, _) => {
            failure.hint(format!("when the way is free: tix unblock {id}"))
        }
        (Illegal::Unfinished, _) => failure.hint(format!(
            "try again in a moment; a set-up that was interrupted is finished by its holder: tix activate {id}"
        )),
        (
            Illegal::Lane(_)
            | Illegal::Status(_)
            | Illegal::Misplaced(..)
            | Illegal::NoStages
            | Illegal::NotBlocked
            | Illegal::ByRequest
            | Illegal::Landed,
            _,
        ) => failure.hint(format!("see who may do what, and why not: tix status {id}")),
    }
}
