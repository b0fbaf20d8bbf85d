//! Says what was done when tix was told to end, and how to go on. One place for all commands that write.

use super::receipt::Receipt;
use crate::env;
use crate::error::{Exit, Failure};
use crate::git::signals;
use crate::text::shell_word;
use crate::trunk::Diary;

/// Commands whose second run does more: repeating them does not finish the first run.
const ONCE: [&str; 6] = ["edit", "handoff", "new", "note", "review", "rework"];

/// The result of an operation, which says what was done if a signal cut off the steps after a push. An activation knows
/// from its record whether it finished, and a worker has its own.
pub fn told(
    operation: &str,
    diary: &Diary,
    result: Result<Receipt, Failure>,
) -> Result<Receipt, Failure> {
    let told = match &result {
        Err(failure) if failure.exit == Exit::Git => signals::check_late(),
        _ => signals::check(),
    };
    match (result, told) {
        (Ok(receipt), Err(interrupted))
            if diary.landed && !["activate", "run"].contains(&operation) =>
        {
            let failure = Failure::from(interrupted);
            Err(what_stands(operation, diary, Some(&receipt.ticket), failure))
        }
        (Err(failure), _) if matches!(failure.exit, Exit::Signal(_)) => {
            let ticket = diary.ticket.as_ref().map(ToString::to_string);
            Err(what_stands(operation, diary, ticket.as_deref(), failure))
        }
        // As in `by_signal`, and more is known here.
        (Err(failure), Err(interrupted)) if failure.exit == Exit::Git => {
            let ticket = diary.ticket.as_ref().map(ToString::to_string);
            Err(what_stands(operation, diary, ticket.as_deref(), Failure::from(interrupted)))
        }
        (result, _) => result,
    }
}

/// A failure of git after tix was told to end counts as that end: a terminal's signal also ends git, perhaps first.
pub fn by_signal(failure: Failure) -> Failure {
    if failure.exit != Exit::Git {
        return failure;
    }
    match signals::check_late() {
        Err(interrupted) => interrupted.into(),
        Ok(()) => failure,
    }
}

fn what_stands(operation: &str, diary: &Diary, ticket: Option<&str>, failure: Failure) -> Failure {
    if !diary.landed && diary.attempts == 0 {
        return more(failure, "nothing changed");
    }
    if let ("activate", Some(id)) = (operation, ticket) {
        let stands =
            if diary.landed { "stands, and its set-up is not finished" } else { "may have landed" };
        return more(failure, &format!("the claim of {id} {stands}"))
            .hint(format!("go on with it: tix activate {id}"))
            .hint(format!("or give it back: tix release {id}"));
    }
    let look = match ticket {
        Some(id) => format!("tix status {id} --fetch"),
        None => "tix list --fetch".to_owned(),
    };
    if !diary.landed {
        return more(failure, "the last push may have landed")
            .hint(format!("see whether it has: {look}"))
            .hint(format!("if it has not, run the same command again: {}", typed()));
    }
    let failure = more(failure, "its change stands").hint(format!("look at it: {look}"));
    if ONCE.contains(&operation) {
        return failure;
    }
    failure.hint(format!("finish the rest in this clone: {}", typed()))
}

fn more(failure: Failure, stands: &str) -> Failure {
    let message = format!("{}; {stands}", failure.message);
    Failure { message, ..failure }
}

/// The command as it was typed.
pub fn typed() -> String {
    let words = env::arguments().map(|word| format!(" {}", shell_word(&word)));
    format!("tix{}", words.collect::<String>())
}
