//! What is wrong, and what helps.

use maud::{Markup, html};

use super::writes::brief;
use super::{DoctorValues, FindingValues, SeenLines, SeenText, WriteValues, address_of, tokens};

pub struct DoctorPage<'a> {
    pub found: &'a DoctorValues,
    /// Whether somebody has asked what the safe repairs would do.
    pub planned: bool,
    /// What the repairs have done that somebody has asked for, each with its number in the diagnostics; `None` if nobody has.
    pub repaired: Option<Vec<(usize, &'a WriteValues)>>,
    pub csrf: Option<&'a str>,
}

pub fn doctor(page: &DoctorPage<'_>) -> Markup {
    let plan: Vec<(&FindingValues, &str)> = page
        .found
        .findings
        .iter()
        .filter_map(|finding| Some((finding, finding.plan.as_deref()?)))
        .collect();
    html! {
        @if let Some(writes) = &page.repaired { (repaired(writes)) }
        @if page.found.findings.is_empty() { p .none { "Nothing is wrong." } }
        ul .findings {
            @for finding in &page.found.findings {
                li .(finding.severity) {
                    p {
                        strong { (finding.severity) } " " code { (finding.check) } " "
                        @if let Some(id) = &finding.ticket { a href=(address_of(id)) { (SeenText(id)) } }
                    }
                    p { (SeenLines(&finding.message)) }
                    @for repair in &finding.repairs {
                        p .hint { @if let Some(why) = &repair.why { (SeenLines(why)) ": " } code { (SeenText(&repair.command)) } }
                    }
                }
            }
        }
        @if let (Some(csrf), false) = (page.csrf, plan.is_empty()) {
            @if page.planned {
                section {
                    h2 { "The safe repairs" }
                    p { "What will be done:" }
                    ul { @for (_, action) in &plan { li { (SeenLines(action)) } } }
                    form method="post" action="/doctor/fix" {
                        (tokens(csrf, None))
                        @for (finding, _) in &plan { input type="hidden" name=(REPAIR) value=(named(finding)); }
                        button { "Repair" }
                    }
                }
            } @else {
                p { a .button.quiet href="/doctor?plan=1" { "Show what the safe repairs would do" } }
            }
        }
    }
}

/// The field of a form that names a repair.
pub const REPAIR: &str = "repair";

/// How `tix doctor --only` names a finding.
fn named(finding: &FindingValues) -> String {
    let ticket = finding.ticket.as_deref().map(|ticket| format!(":{ticket}"));
    format!("{}{}", finding.check, ticket.unwrap_or_default())
}

/// What was repaired and what was not, each with a way to its receipt.
fn repaired(writes: &[(usize, &WriteValues)]) -> Markup {
    html! {
        section role="status" {
            h2 { "What was done" }
            @if writes.is_empty() { p { "There was nothing to repair any more." } }
            ul { @for (number, write) in writes {
                li { (brief(write)) p { a href={ "/writes/" (number) } { "Its receipt" } } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{assert_holds, values};
    use super::*;

    const FOUND: &str = r#"{"schema": "tix/doctor@1", "healthy": false, "findings": [
        {"check": "half-made", "severity": "error", "ticket": "TICKET-a-001", "message": "its <branch> is missing", "plan": "make <it> again",
         "repairs": [{"command": "tix doctor --fix", "why": "makes it \"again\""}]},
        {"check": "lanes", "severity": "warning", "message": "two files"}]}"#;

    fn shown(csrf: Option<&str>, planned: bool) -> String {
        let found: DoctorValues = values(FOUND);
        doctor(&DoctorPage { found: &found, planned, repaired: None, csrf }).into_string()
    }

    #[test]
    fn a_finding_says_what_is_wrong_where_and_what_helps() {
        assert_holds(
            &shown(None, false),
            &[
                "<li class=\"error\"><p><strong>error</strong> <code>half-made</code> <a href=\"/t/TICKET-a-001\">",
                "its &lt;branch&gt; is missing",
                "<p class=\"hint\">makes it &quot;again&quot;: <code>tix doctor --fix</code></p>",
                "<li class=\"warning\">",
            ],
        );
        let found = &DoctorValues::default();
        let well = DoctorPage { found, planned: true, repaired: None, csrf: Some("c") };
        let page = doctor(&well).into_string();
        assert_holds(&page, &["Nothing is wrong."]);
        assert!(!page.contains("<form") && !page.contains("plan=1"), "{page}");
    }

    #[test]
    fn a_repair_is_a_button_only_below_its_plan_and_for_whoever_may_write() {
        let asked = shown(Some("secret"), true);
        assert_holds(
            &asked,
            &[
                "What will be done:</p><ul><li>make &lt;it&gt; again</li></ul>",
                "<form method=\"post\" action=\"/doctor/fix\">",
                "name=\"csrf\" value=\"secret\"",
                "<input type=\"hidden\" name=\"repair\" value=\"half-made:TICKET-a-001\">",
            ],
        );
        let before = shown(Some("secret"), false);
        assert_holds(&before, &["href=\"/doctor?plan=1\""]);
        let reader = shown(None, true);
        assert!(!before.contains("<form") && !reader.contains("<form"), "{before}\n{reader}");
    }

    #[test]
    fn what_was_repaired_and_what_was_not_and_why_stands_above_the_findings() {
        let write = |text: &str| -> WriteValues {
            let common = r#""at": "2026-11-30T11:59:00Z", "operation": "doctor", "attempts": 0, "duration_ms": 1, "trunk": "main""#;
            values(&format!("{{{common}, {text}}}"))
        };
        let done = write(
            r#""ticket": "TICKET-a-001", "outcome": "repaired", "workspace": {"path": "/w/<a>"}, "trash": "/t/<a>"
            , "deleted_here": {"ref": "refs/heads/ticket/<a>", "old": "f62a82169775", "new": null}"#,
        );
        let left = write(
            r#""ticket": "TICKET-b-001", "name": "refused", "message": "it has <changes>", "hints": ["git <move>"]"#,
        );
        let found = &DoctorValues::default();
        let shown = |repaired| {
            let page = DoctorPage { found, planned: false, repaired: Some(repaired), csrf: None };
            doctor(&page).into_string()
        };
        assert_holds(
            &shown(vec![(7, &done), (6, &left)]),
            &[
                "<h2>What was done</h2>",
                "<span class=\"pill good\">repaired</span> TICKET-a-001",
                "<code>/w/&lt;a&gt;</code>, kept for 7 days in <code>/t/&lt;a&gt;</code>",
                "<code>ticket/&lt;a&gt;</code>, deleted",
                "<a href=\"/writes/7\">",
                "<span class=\"pill bad\">failed: refused</span> TICKET-b-001",
                "<p>it has &lt;changes&gt;</p><p class=\"hint\">git &lt;move&gt;</p>",
            ],
        );
        assert_holds(&shown(Vec::new()), &["There was nothing to repair any more."]);
    }
}
