//! `tix check`: which commits of a protected branch broke the rule.

use serde::Serialize;

use crate::app::context::{Context, Globals, working_dir};
use crate::app::frame::Extent;
use crate::app::unknown::OnUnknown;
use crate::config::RequestsLand;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::LazyFetch;
use crate::guard::{Breach, Checked, CommitVerdict, Guarded, JudgedCommit, RECENT, Scope};
use crate::names::{Oid, RefName};
use crate::out::{Format, Out};
use crate::text::{count, safe};

/// Find the commits of a protected branch that broke the rule
///
/// Without RANGE it checks what the local trunk has beyond its remote, each commit as in a push; if there is nothing, the
/// last 200 commits of the trunk.
///
/// With RANGE it checks the first parents of the end of the range, back to what the range leaves out, or without a
/// beginning to the first ticket; v1.0..main, for instance, is what main was at since v1.0. The last 200 are counted in
/// the same way. A merge may bring in any commits, because that is how pull requests land, unless the merge itself
/// changed something. A commit that moves a ticket from active to completed passes as the squash of a ticket branch, and
/// the commits that a rebase of that branch put before it pass with it; where `record: trunk` keeps the progress off the
/// ticket branches, neither does. Other squashed or rebased pull requests look like commits made by hand, and are listed
/// unless `.tix.yaml` says `check: squash` or `check: rebase`. Commits older than the first ticket are not checked. None
/// of this changes what the hooks allow.
///
/// Exit code 1 means that there are such commits.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The commits, as a git range
    #[arg(value_name = "RANGE")]
    range: Option<String>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckReport<'a> {
    schema: &'static str,
    /// The commits that were checked, as a git range; a name alone means the last ones of this branch.
    range: &'a str,
    /// How many commits were judged.
    checked: usize,
    #[serde(flatten)]
    extent: Extent,
    /// The commits that broke the rule.
    findings: Vec<BrokenCommit<'a>>,
}

/// A commit that broke the rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BrokenCommit<'a> {
    /// Which commit, in full.
    commit: &'a str,
    /// The first line of its message.
    subject: &'a str,
    /// Each way in which it broke the rule.
    breaches: Vec<BreachJson>,
}

/// Why.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BreachJson {
    /// The path; missing if it is about the whole commit.
    path: Option<String>,
    /// Which rule, in a word.
    rule: &'static str,
    /// What is wrong, in words.
    why: String,
}

pub fn run(args: &CheckArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let dir = working_dir(globals, env)?;
    let Some(guarded) = Guarded::at(&dir, env, LazyFetch::On)? else {
        return Err(Failure::new(Exit::Refused, "there are no tickets here")
            .hint("go to your repository, or name it: tix -C <directory> check"));
    };
    let mut found = look(&guarded, args, globals, RequestsLand::Merged)?;
    if !found.1.broken.is_empty() {
        let land = requests_land(globals, env, out);
        if land != RequestsLand::Merged {
            found = look(&guarded, args, globals, land)?;
        }
    }
    let (range, checked) = found;
    answer(&range, &checked, out);
    if checked.broken.is_empty() { Ok(()) } else { Err(Failure::answered(Exit::No)) }
}

/// The checked commits, as a git range, and the findings.
fn look(
    guarded: &Guarded,
    args: &CheckArgs,
    globals: &Globals,
    land: RequestsLand,
) -> Result<(String, Checked), Failure> {
    let Some(range) = &args.range else { return of_trunk(guarded, globals, land) };
    let end = end_of(guarded, range)?;
    Ok((range.clone(), guarded.check(Scope::Range(range, &end), land)?))
}

/// How the team's pull requests land, according to its settings. Without settings, nothing is passed over.
fn requests_land(globals: &Globals, env: &Env, out: &Out) -> RequestsLand {
    let globals = Globals { on_unknown: OnUnknown::PassOver, ..globals.clone() };
    match Context::open(&globals, env, out, None) {
        Ok(ctx) => ctx.config.check,
        Err(failure) => {
            tracing::debug!(message = failure.message, "settings");
            RequestsLand::Merged
        }
    }
}

/// The commit at the end of a range.
fn end_of(guarded: &Guarded, range: &str) -> Result<Oid, Failure> {
    // git would take it for an option.
    let ends = if range.starts_with('-') { None } else { guarded.git().ends_of(range)? };
    ends.and_then(|ends| ends.into_iter().next()).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{range}` names no commits here"))
            .hint("give a range such as origin/main..main, or the name of a branch")
    })
}

/// What the trunk has beyond its remote, or else its last commits.
fn of_trunk(
    guarded: &Guarded,
    globals: &Globals,
    land: RequestsLand,
) -> Result<(String, Checked), Failure> {
    let trunk = match &globals.trunk {
        Some(name) => RefName::branch(name),
        None => guarded.trunk(),
    };
    let trunk = trunk
        .ok_or_else(|| Failure::new(Exit::Usage, "the trunk's name is not a valid branch name"))?;
    let remote = globals.remote.as_deref().or(guarded.remote());
    let label = remote.map(|remote| format!("{remote}/{}", trunk.short()));
    let local = guarded.git().commit_of(trunk.as_str())?;
    let published: Option<Oid> = match &label {
        Some(label) => guarded.git().commit_of(&format!("refs/remotes/{label}"))?,
        None => None,
    };
    if let (Some(local), Some(_), Some(label)) = (&local, &published, &label) {
        let ahead = guarded.check(Scope::Unpublished(local), land)?;
        if ahead.commits > 0 {
            return Ok((format!("{label}..{}", trunk.short()), ahead));
        }
    }
    let (tip, name) = match (published, label, local) {
        (Some(tip), Some(label), _) => (tip, label),
        (_, _, Some(tip)) => (tip, trunk.short().to_owned()),
        (_, label, None) => {
            let name = label.unwrap_or_else(|| trunk.short().to_owned());
            return Err(Failure::new(Exit::Refused, format!("{name} does not exist here"))
                .hint("fetch it: git fetch"));
        }
    };
    Ok((name, guarded.check(Scope::Recent(&tip, RECENT), land)?))
}

fn answer(range: &str, checked: &Checked, out: &Out) {
    let findings: Vec<BrokenCommit<'_>> = checked.broken.iter().map(finding).collect();
    match out.format {
        Format::Json => out.json(&CheckReport {
            schema: "tix/check@1",
            range,
            checked: checked.commits,
            extent: Extent::all(findings.len()),
            findings,
        }),
        Format::Human => {
            let mut text = String::new();
            for (finding, judged) in findings.iter().zip(&checked.broken) {
                text.push_str(&format!("{} {}\n", judged.commit.short(), safe(finding.subject)));
                for reason in &finding.breaches {
                    let path = reason.path.iter().map(|path| format!("{path} "));
                    let line = path.chain([reason.why.clone()]).collect::<String>();
                    text.push_str(&format!("    {}\n", safe(&line)));
                }
            }
            out.answer(&text);
            let (broken, all) = (checked.broken.len(), count(checked.commits, "commit", "commits"));
            out.narrate(&match broken {
                0 => format!("{all} of {range} checked: none broke the rule"),
                _ => format!("{broken} of {all} of {range} broke the rule"),
            });
        }
    }
}

fn finding(judged: &JudgedCommit) -> BrokenCommit<'_> {
    let breaches = match &judged.verdict {
        CommitVerdict::Refused(breaches) => breaches.iter().map(reason).collect(),
        CommitVerdict::Tickets(_) | CommitVerdict::Nothing => Vec::new(),
    };
    BrokenCommit { commit: judged.commit.as_str(), subject: &judged.subject, breaches }
}

fn reason(breach: &Breach) -> BreachJson {
    BreachJson {
        path: breach.path.as_ref().map(ToString::to_string),
        rule: breach.why.rule(),
        why: breach.why.to_string(),
    }
}
