//! The refusal of a decision, with its exit code, its facts and its ways out.

use super::{Exit, Failure};
use crate::lifecycle::machine::{Illegal, Verb, lane_of};
use crate::lifecycle::{ClaimedWorkspace, Holder, Missing, Refusal, is_given};
use crate::text::{one_line, shell_word};
use crate::ticket::{Lane, Status, TicketId};

/// What a release does to a pull request.
pub const CLOSES_REQUEST: &str = "most servers close a pull request when its branch is deleted";

/// The name of the fact that tells a lost claim from other failures.
pub const LOST_CLAIM: &str = "your claim";

/// Who holds a ticket, and since when: all that somebody needs who only wanted it.
pub fn holder_facts(failure: Failure, held: &Holder) -> Failure {
    // Anybody can have written these, and a fact of several lines would look like several facts.
    let fact = |text: &Option<String>| text.as_deref().map(one_line);
    failure.maybe_fact("held by", fact(&held.by)).maybe_fact("since", fact(&held.at))
}

/// The same with the claim, for those who may have to name it.
pub fn held_facts(failure: Failure, held: &Holder) -> Failure {
    let claim = held.claim_id.as_deref().map(one_line);
    holder_facts(failure, held).maybe_fact("claim", claim)
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let failure = with_facts(Failure::new(exit(&refusal), refusal.to_string()), &refusal);
        hints(&refusal).into_iter().fold(failure, Failure::hint)
    }
}

fn exit(refusal: &Refusal) -> Exit {
    match refusal {
        Refusal::Ambiguous { .. }
        | Refusal::BadQuery { .. }
        | Refusal::OwnedKey { .. }
        | Refusal::BadKey { .. } => Exit::Usage,
        Refusal::Held { .. }
        | Refusal::ClaimNotShown { .. }
        | Refusal::OtherSession { .. }
        | Refusal::ClaimChanged { .. }
        | Refusal::HeldElsewhere { .. }
        | Refusal::Fresh { .. }
        | Refusal::InReview { .. }
        | Refusal::OneClock { .. } => Exit::Held,
        Refusal::NotFound { .. } => Exit::NotFound,
        Refusal::Exists { .. }
        | Refusal::NotHolder { .. }
        | Refusal::NotActive { .. }
        | Refusal::NotInQueue { .. }
        | Refusal::NotClaimable { .. }
        | Refusal::Blocked { .. }
        | Refusal::Illegal { .. }
        | Refusal::NoWork { .. }
        | Refusal::Waits { .. }
        | Refusal::Completed { .. }
        | Refusal::NotCompleted { .. }
        | Refusal::Incomplete { .. }
        | Refusal::OwnWork { .. }
        | Refusal::OtherStage { .. }
        | Refusal::Moved { .. }
        | Refusal::Unchanged { .. }
        | Refusal::Circle { .. }
        | Refusal::NoChangelog { .. }
        | Refusal::TooLong { .. }
        | Refusal::Edited { .. } => Exit::Refused,
        Refusal::Duplicate { .. }
        | Refusal::OddName { .. }
        | Refusal::NotAFile { .. }
        | Refusal::Damaged { .. }
        | Refusal::BadName { .. }
        | Refusal::UnknownStatus { .. } => Exit::Damaged,
    }
}

fn with_facts(failure: Failure, refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::NotFound { nearest, .. } => failure.maybe_fact("nearest", listed(nearest)),
        Refusal::Ambiguous { matches, .. } => failure.maybe_fact("matches", listed(matches)),
        Refusal::Duplicate { paths, .. } => failure.maybe_fact("places", listed(paths)),
        Refusal::OddName { path, .. } | Refusal::NoChangelog { path, .. } => {
            failure.fact("path", path.to_string())
        }
        Refusal::Held { held, .. }
        | Refusal::NotHolder { held, .. }
        | Refusal::ClaimNotShown { held, .. }
        | Refusal::OtherSession { held, .. }
        | Refusal::HeldElsewhere { held, .. } => held_facts(failure, held),
        Refusal::Fresh { held, last, stale_after, .. }
        | Refusal::OneClock { held, last, stale_after, .. } => {
            held_facts(failure, held).fact("last sign", last).fact("stale after", stale_after)
        }
        Refusal::ClaimChanged { held, expected, .. } => {
            held_facts(failure, held).fact(LOST_CLAIM, one_line(expected))
        }
        Refusal::InReview { held, stage, .. } => {
            held_facts(failure, held).fact("stage", stage.as_str())
        }
        Refusal::NotInQueue { lane, legal, .. } | Refusal::NotActive { lane, legal, .. } => {
            instead(failure.fact("lane", lane.as_str()), legal)
        }
        Refusal::NotClaimable { need, legal, .. } => instead(failure.fact("needs", *need), legal),
        Refusal::NotCompleted { held, legal, .. } => instead(holder_facts(failure, held), legal),
        Refusal::Blocked { legal, .. } | Refusal::Illegal { legal, .. } => instead(failure, legal),
        Refusal::Completed { .. } => failure.fact("besides", CLOSES_REQUEST),
        Refusal::Waits { waits, .. } => {
            let waits: Vec<String> = waits.iter().map(ToString::to_string).collect();
            failure.fact("because", waits.join("\n"))
        }
        Refusal::OtherStage { at, .. } => failure.fact("stage", *at),
        Refusal::Moved { known, tip, .. } => {
            failure.fact("commit", known.to_string()).fact("branch", tip.to_string())
        }
        Refusal::Unchanged { commit, .. } => failure.fact("commit", commit.to_string()),
        Refusal::Incomplete { missing, .. } => {
            let of_kind = |kind: &str| {
                let all = missing.iter().filter(|one| one.kind() == kind);
                let all: Vec<String> = all.map(ToString::to_string).collect();
                (!all.is_empty()).then(|| all.join("\n"))
            };
            let kinds = Missing::KINDS.into_iter().map(|(kind, _)| kind);
            kinds.fold(failure, |failure, kind| failure.maybe_fact(kind, of_kind(kind)))
        }
        Refusal::BadQuery { .. }
        | Refusal::NotAFile { .. }
        | Refusal::Damaged { .. }
        | Refusal::BadName { .. }
        | Refusal::Exists { .. }
        | Refusal::UnknownStatus { .. }
        | Refusal::TooLong { .. }
        | Refusal::NoWork { .. }
        | Refusal::OwnWork { .. }
        | Refusal::Circle { .. }
        | Refusal::OwnedKey { .. }
        | Refusal::BadKey { .. }
        | Refusal::Edited { .. } => failure,
    }
}

fn listed(things: &[impl ToString]) -> Option<String> {
    let things: Vec<_> = things.iter().map(ToString::to_string).collect();
    (!things.is_empty()).then(|| things.join(", "))
}

/// Adds the commands that are possible now; none if the status is unknown. Whether somebody can take it over depends on the
/// time and not on its state.
fn instead(failure: Failure, legal: &[Verb]) -> Failure {
    let legal = legal.iter().filter(|verb| **verb != Verb::Reclaim);
    let commands: Vec<_> = legal.flat_map(|verb| verb.commands()).copied().collect();
    let some = (!commands.is_empty()).then(|| commands.join(", "));
    failure.maybe_fact("legal now", some)
}

/// Whether a status is one of a ticket in the queue.
fn waits(status: &str) -> bool {
    Status::read(status).is_some_and(|reading| lane_of(reading.status) == Lane::Queue)
}

fn not_claimable(id: &TicketId, status: &str) -> Vec<String> {
    match Status::read(status) {
        Some(_) if waits(status) => vec![format!("look at it: tix show {id}")],
        Some(_) => vec![belongs_in(id, Lane::Queue)],
        None => no_status(id),
    }
}

fn belongs_in(id: &TicketId, lane: Lane) -> String {
    let usual = Status::usual_in(lane);
    format!("if it belongs in {lane}/, give it a status of that lane: tix set {id} status={usual}")
}

fn no_status(id: &TicketId) -> Vec<String> {
    vec![format!("give it a status that tix knows: tix set {id} status=open")]
}

fn fresh(id: &TicketId) -> Vec<String> {
    let ask = format!("ask its holder to hand it over: tix handoff {id} --to <you>");
    vec![ask, OTHERS.to_owned()]
}

fn in_review(id: &TicketId) -> Vec<String> {
    vec![
        format!("review it: tix review {id} --approve"),
        format!(
            "to take it over all the same, which withdraws the submission: tix reclaim {id} --even-if-fresh --reason <why>"
        ),
    ]
}

fn one_clock(id: &TicketId, stale_after: &str) -> Vec<String> {
    vec![
        format!(
            "if you know that its holder has left: tix reclaim {id} --even-if-fresh --reason <why>"
        ),
        format!("or try again once this clone has seen no change for {stale_after}"),
    ]
}

fn completed(id: &TicketId) -> Vec<String> {
    vec![
        format!("see how it gets to the trunk: tix status {id}"),
        format!(
            "continue it, and keep its branch and its pull request: tix reopen {id} --reason <why>"
        ),
        format!("give it up anyway, and say why: tix release {id} --reason <why>"),
    ]
}

fn incomplete(id: &TicketId, missing: &[Missing]) -> Vec<String> {
    if missing.iter().all(|one| matches!(one, Missing::Approval { .. })) {
        let asked = missing.iter().find_map(|one| {
            if let Missing::Approval { stage, asked: true, .. } = one { Some(stage) } else { None }
        });
        return vec![match asked {
            Some(stage) => format!("it waits for {stage} to review it: tix status {id}"),
            None => format!("hand in what is on the branch for review: tix submit {id}"),
        }];
    }
    let any = |test: fn(&Missing) -> bool| missing.iter().any(test);
    let mut hints = vec![if any(|one| matches!(one, Missing::TooLong(_))) {
        shorten(id)
    } else {
        format!("look at the ticket: tix show {id}")
    }];
    // By its text: what is missing is told by lines, and boxes are counted.
    match missing.iter().find_map(Missing::open_box).map(str::trim) {
        Some("") => hints.push(format!("fill in or remove the empty box: tix edit {id}")),
        Some(text) => {
            hints.push(format!("tick what is done: tix tick {id} {}", shell_word(text)));
        }
        None => {}
    }
    if any(|one| matches!(one, Missing::Commits)) {
        hints.push(format!(
            "commit the work in its workspace, or say why there is none: tix complete {id} --no-work <why>"
        ));
    }
    if any(|one| matches!(one, Missing::Dependency(_))) {
        hints.push(format!("if it is done anyway: tix complete {id} --anyway"));
    }
    hints
}

fn damaged(path: &str) -> Vec<String> {
    let path = shell_word(path);
    vec![
        format!("fix it in your editor: tix edit {path}"),
        format!("or put a whole file in its place: tix edit {path} --from <file>"),
    ]
}

fn unchanged(id: &TicketId) -> Vec<String> {
    vec![
        format!("see what was asked for: tix status {id}"),
        format!("if the review should look again all the same: tix submit {id} --anyway"),
    ]
}

fn moved(id: &TicketId, since: &str, (known, tip): (&str, &str)) -> Vec<String> {
    vec![
        format!("see what is new: git diff {known} {tip}"),
        match since {
            "submitted" => format!("its holder submits it again: tix submit {id}"),
            _ => format!("look at it as it is now: tix status {id}"),
        },
    ]
}

fn hints(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::NotFound { .. } | Refusal::BadQuery { .. } => {
            vec!["list the tickets: tix list".to_owned()]
        }
        Refusal::Ambiguous { .. } => vec!["give the full id of one of them".to_owned()],
        Refusal::Duplicate { .. } => vec!["keep one of them and remove the others".to_owned()],
        Refusal::OddName { .. } => vec!["see how to repair it: tix doctor".to_owned()],
        Refusal::NotAFile { path, .. } => {
            vec![format!(
                "put a regular file in its place: git rm -r -- {}",
                shell_word(&path.to_string())
            )]
        }
        Refusal::Damaged { path, .. } => damaged(&path.to_string()),
        Refusal::BadName { .. } => Vec::new(),
        Refusal::Exists { id, .. }
        | Refusal::NotActive { id, .. }
        | Refusal::NotInQueue { id, .. }
        | Refusal::Blocked { id, .. } => vec![format!("look at it: tix show {id}")],
        Refusal::NotClaimable { id, status, .. } => not_claimable(id, status),
        Refusal::UnknownStatus { id, .. } => no_status(id),
        Refusal::Held { .. } => vec![OTHERS.to_owned()],
        Refusal::NotHolder { id, .. } => {
            vec![format!("only its holder can do that; look at it: tix status {id}")]
        }
        Refusal::ClaimNotShown { id, typed, workspace, held } => {
            not_shown(id, typed, *workspace, held)
        }
        Refusal::OtherSession { id, .. } => vec![go_on_as_yours(id)],
        Refusal::ClaimChanged { id, .. } => {
            vec![format!("see who took it over or gave it back: tix log {id}")]
        }
        Refusal::HeldElsewhere { id, .. } => {
            vec![format!("go on with it here: tix activate {id} --resume")]
        }
        Refusal::Fresh { id, .. } => fresh(id),
        Refusal::InReview { id, .. } => in_review(id),
        Refusal::OneClock { id, stale_after, .. } => one_clock(id, stale_after),
        Refusal::Illegal { id, verb, why, legal } => vec![illegal(id, *verb, *why, legal)],
        Refusal::NoWork { id } => {
            vec![format!("create its branch and workspace: tix activate {id}")]
        }
        Refusal::Waits { id, .. } => vec![
            format!("see everything it waits for: tix dep tree {id}"),
            format!("if it can be done now anyway: tix activate {id} --anyway"),
        ],
        Refusal::Completed { id } => completed(id),
        Refusal::NotCompleted { id, .. } => {
            vec![format!("its holder can complete it: tix complete {id}")]
        }
        Refusal::Incomplete { id, missing } => incomplete(id, missing),
        Refusal::TooLong { id } => vec![shorten(id)],
        Refusal::OwnWork { id, .. } => vec![
            format!("somebody else can approve it: tix review {id} --approve"),
            "to allow it, set `review.self: true` in the team's .tix.yaml".to_owned(),
        ],
        Refusal::OtherStage { id, .. } => vec![format!("look at it: tix status {id}")],
        Refusal::Moved { id, since, known, tip } => moved(id, since, (known.short(), tip.short())),
        Refusal::Unchanged { id, .. } => unchanged(id),
        Refusal::Circle { path, .. } => {
            let second = path.get(1).map_or("", TicketId::as_str);
            vec![format!("see the cycle: tix show {second}, tix dep tree {second}")]
        }
        Refusal::NoChangelog { id, .. } => {
            vec![format!("add the heading at the end of the ticket: tix edit {id}")]
        }
        Refusal::OwnedKey { command, .. } => vec![match command {
            Some(command) => format!("use: tix {command}"),
            None => "commands change it; see the possible ones: tix status <ticket>".to_owned(),
        }],
        Refusal::BadKey { .. } => vec![
            "a key is made of letters, digits, `_` and `-`: tix set <ticket> <key>=<value>"
                .to_owned(),
        ],
        Refusal::Edited { id } => vec![format!("see what is new: tix show {id}")],
    }
}

/// How a session goes on with what another one of the same clone holds.
pub fn go_on_as_yours(id: &TicketId) -> String {
    format!("if it is yours, go on with it: tix activate {id} --resume")
}

fn not_shown(
    id: &TicketId,
    typed: &str,
    workspace: ClaimedWorkspace,
    held: &Holder,
) -> Vec<String> {
    if held.claim_id.as_deref().is_some_and(is_given) {
        return vec![format!("go on with it: tix activate {id}")];
    }
    let claim = shell_word(held.claim_id.as_deref().unwrap_or_default());
    let here = match workspace {
        ClaimedWorkspace::None => None,
        ClaimedWorkspace::Here => Some(format!(
            "if this clone is not a copy, but was moved or its machine renamed, continue: tix activate {id} --resume"
        )),
    };
    let named = format!("if the claim is your own session's, name it: {typed} --claim {claim}");
    here.into_iter().chain([named]).collect()
}

fn shorten(id: &TicketId) -> String {
    format!("move logs and data from the ticket into files of their own: tix edit {id}")
}

const OTHERS: &str = "take another ticket: tix list --lane queue";

fn illegal(id: &TicketId, verb: Verb, why: Illegal, legal: &[Verb]) -> String {
    match (why, verb) {
        (Illegal::NoStages, Verb::Submit) if legal.contains(&Verb::Complete) => {
            format!("complete it without a review: tix complete {id}")
        }
        (Illegal::Misplaced(_, lane), _) => belongs_in(id, lane),
        (Illegal::Blocked, _) => format!("once nothing blocks it: tix unblock {id}"),
        (Illegal::Unfinished, _) => format!(
            "try again in a moment; if the set-up was interrupted, its holder can finish it: tix activate {id}"
        ),
        (
            Illegal::Lane(_)
            | Illegal::Status(_)
            | Illegal::NoStages
            | Illegal::NotBlocked
            | Illegal::ByRequest
            | Illegal::Landed,
            _,
        ) => format!("see who may do what, and why not: tix status {id} --all"),
    }
}
