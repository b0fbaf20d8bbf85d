//! The output of `tix doctor`.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Examination;
use super::fix::{FixReport, planned};
use crate::app::context::Context;
use crate::app::frame::{AsOf, Extent};
use crate::clock;
use crate::doctor::{Check, Finding, RULES, Repair, Severity};
use crate::out::Format;
use crate::text::{count, safe, shell_word};

/// How many findings of one check are shown in full. The rest are listed by ticket only.
const SHOWN: usize = 10;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoctorJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: &'a AsOf,
    /// How many ticket files were checked, including unreadable ones.
    tickets: usize,
    /// Whether there are no errors, as with exit code 0.
    healthy: bool,
    /// How many findings are errors.
    errors: usize,
    /// How many findings are warnings.
    warnings: usize,
    /// Every check, also those that found nothing.
    checks: Vec<CheckJson>,
    #[serde(flatten)]
    extent: Extent,
    /// The findings, the worst first; `total` counts these.
    findings: Vec<FindingJson<'a>>,
    /// What `--fix` did; else empty. The rest of the answer describes the state after it.
    fixed: &'a [FixReport],
    #[serde(skip)]
    found: &'a [Finding],
}

/// A check, and how often it found something.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckJson {
    /// Its name, which never changes.
    name: &'static str,
    /// The severity of its findings; a single finding may be less severe.
    severity: Severity,
    /// What it finds, in words.
    about: &'static str,
    /// What `--fix` does about it; missing if nothing.
    fix: Option<&'static str>,
    /// How many it found.
    findings: usize,
}

/// A finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FindingJson<'a> {
    /// The name of the check.
    check: &'static str,
    /// How bad it is.
    severity: Severity,
    /// The id of its ticket; missing if it has none.
    ticket: Option<&'a str>,
    /// What is wrong, in one sentence.
    message: &'a str,
    /// The facts, each a name and a text; they depend on the check.
    facts: Map<String, Value>,
    /// The ways out; may be empty.
    repairs: Vec<RepairJson<'a>>,
    /// Whether `--fix` does something about it.
    fixable: bool,
    /// What `--fix` does about it, in words; missing if nothing.
    plan: Option<String>,
}

/// A way out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RepairJson<'a> {
    /// What it does, or when to use it.
    why: &'a str,
    /// One line to paste into a POSIX shell.
    command: String,
}

impl<'a> DoctorJson<'a> {
    /// The answer for an examination, and for the fixes of an earlier one.
    pub fn new(seen: &'a Examination, fixed: &'a [FixReport]) -> DoctorJson<'a> {
        let count = |severity| seen.findings.iter().filter(|f| f.severity == severity).count();
        let found = |check: Check| seen.findings.iter().filter(|f| f.check == check).count();
        let checks = RULES.iter().map(|rule| CheckJson {
            name: rule.name,
            severity: rule.severity,
            about: rule.about,
            fix: rule.fix,
            findings: found(rule.check),
        });
        DoctorJson {
            schema: "tix/doctor@1",
            as_of: &seen.as_of,
            tickets: seen.tickets,
            healthy: count(Severity::Error) == 0,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            checks: checks.collect(),
            extent: Extent::all(seen.findings.len()),
            findings: seen.findings.iter().map(finding).collect(),
            fixed,
            found: &seen.findings,
        }
    }
}

fn finding(finding: &Finding) -> FindingJson<'_> {
    let fact =
        |(name, value): &(&'static str, String)| ((*name).to_owned(), Value::from(value.as_str()));
    FindingJson {
        check: finding.check.name(),
        severity: finding.severity,
        ticket: finding.ticket.as_ref().map(crate::ticket::TicketId::as_str),
        message: &finding.message,
        facts: finding.facts.iter().map(fact).collect(),
        repairs: finding
            .repairs
            .iter()
            .map(|r| RepairJson { why: &r.why, command: command(r) })
            .collect(),
        fixable: finding.fix.is_some(),
        plan: finding.fix.as_ref().map(planned),
    }
}

/// The commands as one line to paste.
fn command(repair: &Repair) -> String {
    let line = |words: &Vec<String>| {
        words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    };
    repair.commands.iter().map(line).collect::<Vec<_>>().join(" && ")
}

pub fn tell<'a>(ctx: &Context<'_>, report: &DoctorJson<'a>) {
    if ctx.out.format == Format::Json {
        ctx.out.json(report);
        return;
    }
    let mut text = String::new();
    // They are sorted: a check of which some findings are less bad than others is told of in two places.
    let alike = |a: &Finding, b: &Finding| (a.severity, a.check) == (b.severity, b.check);
    // What was not mended has been told of with the reason.
    let is_told = |finding: &&Finding| report.fixed.iter().any(|fixed| fixed.left(finding));
    let found: Vec<&Finding> = report.found.iter().filter(|finding| !is_told(finding)).collect();
    for same in found.chunk_by(|a, b| alike(a, b)) {
        let (shown, rest) = same.split_at(same.len().min(SHOWN));
        for finding in shown {
            tell_one(ctx, finding, &mut text);
        }
        let name = |f: &&'a Finding| f.ticket.as_ref().map_or(f.message.as_str(), |id| id.as_str());
        let names: Vec<&str> = rest.iter().map(name).collect();
        if let Some(first) = rest.first() {
            let (number, names) = (rest.len(), safe(names.join(" ")));
            let more = format!("and {number} more of {}: {names}\n\n", first.check.name());
            text.push_str(&ctx.out.wrapped(&more));
        }
    }
    let warnings = || count(report.warnings, "warning", "warnings");
    let verdict = match (report.errors, report.warnings) {
        (0, 0) => "healthy".to_owned(),
        (0, _) => format!("healthy, with {}", warnings()),
        (errors, _) => format!("{}, {}", count(errors, "error", "errors"), warnings()),
    };
    text.push_str(&ctx.out.wrapped(&format!(
        "{verdict}: {} on {}, {}\n",
        count(report.tickets, "ticket", "tickets"),
        report.as_of.trunk,
        count(RULES.len(), "check", "checks")
    )));
    ctx.out.answer(&text);
}

fn tell_one(ctx: &Context<'_>, finding: &Finding, text: &mut String) {
    let colour = match finding.severity {
        Severity::Error => "1;31",
        Severity::Warning => "33",
        Severity::Info => "36",
    };
    let label = ctx.out.paint_answer(colour, &format!("{}:", finding.severity.as_str()));
    let mut told = format!("{label} {} [{}]\n", safe(&finding.message), finding.check.name());
    let width = finding.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &finding.facts {
        // Writing to a string cannot fail.
        writeln!(told, "  {name:width$}  {}", safe(clock::for_people(value))).ok();
    }
    // The commands are pasted.
    text.push_str(&ctx.out.wrapped(&told));
    for repair in &finding.repairs {
        text.push_str(&ctx.out.with_command(&repair.why, &command(repair)));
    }
    text.push('\n');
}
