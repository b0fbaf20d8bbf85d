//! What is wrong, and what helps.

use maud::{Markup, html};

use super::{DoctorValues, SeenLines, SeenText, address_of, tokens};

pub struct DoctorPage<'a> {
    pub found: &'a DoctorValues,
    /// What the safe repairs would do, when they were asked for; empty before.
    pub plan: &'a [String],
    pub csrf: Option<&'a str>,
}

pub fn doctor(page: &DoctorPage<'_>) -> Markup {
    let fixable = page.found.findings.iter().any(|finding| finding.fixable);
    html! {
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
                        p .hint { code { (SeenText(&repair.command)) } @if let Some(why) = &repair.why { " " (SeenLines(why)) } }
                    }
                }
            }
        }
        @if let (Some(csrf), true) = (page.csrf, fixable) {
            @if page.plan.is_empty() {
                p { a .button.quiet href="/doctor?plan=1" { "Show what the safe repairs would do" } }
            } @else {
                section {
                    h2 { "The safe repairs" }
                    ul { @for action in page.plan { li { (SeenLines(action)) } } }
                    form method="post" action="/doctor/fix" { (tokens(csrf, None)) button { "Repair" } }
                }
            }
        }
        @if !page.found.fixed.is_empty() {
            section { h2 { "Repaired" } ul {
                @for fixed in &page.found.fixed { li { (SeenLines(&fixed.action)) @if !fixed.done { ": not done" } } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{assert_holds, values};
    use super::*;

    const FOUND: &str = r#"{"schema": "tix/doctor@1", "healthy": false, "findings": [
        {"check": "half-made", "severity": "error", "ticket": "TICKET-a-001", "message": "its <branch> is missing", "fixable": true,
         "repairs": [{"command": "tix doctor --fix", "why": "makes it \"again\""}]},
        {"check": "lanes", "severity": "warning", "message": "two files"}],
        "fixed": [{"action": "removed <x>", "done": false}]}"#;

    fn shown(csrf: Option<&str>, plan: &[&str]) -> String {
        let found: DoctorValues = values(FOUND);
        let plan: Vec<String> = plan.iter().map(ToString::to_string).collect();
        doctor(&DoctorPage { found: &found, plan: &plan, csrf }).into_string()
    }

    #[test]
    fn a_finding_says_what_is_wrong_where_and_what_helps() {
        assert_holds(
            &shown(None, &[]),
            &[
                "<li class=\"error\"><p><strong>error</strong> <code>half-made</code> <a href=\"/t/TICKET-a-001\">",
                "its &lt;branch&gt; is missing",
                "<p class=\"hint\"><code>tix doctor --fix</code> makes it &quot;again&quot;</p>",
                "<li class=\"warning\">",
                "removed &lt;x&gt;: not done",
            ],
        );
        let well = DoctorValues::default();
        let page = doctor(&DoctorPage { found: &well, plan: &[], csrf: Some("c") }).into_string();
        assert_holds(&page, &["Nothing is wrong."]);
        assert!(!page.contains("<form") && !page.contains("plan=1"), "{page}");
    }

    #[test]
    fn a_repair_is_a_button_only_below_its_plan_and_for_whoever_may_write() {
        let asked = shown(Some("secret"), &["half-made: <again>"]);
        assert_holds(
            &asked,
            &[
                "half-made: &lt;again&gt;",
                "<form method=\"post\" action=\"/doctor/fix\">",
                "name=\"csrf\" value=\"secret\"",
            ],
        );
        let before = shown(Some("secret"), &[]);
        assert_holds(&before, &["href=\"/doctor?plan=1\""]);
        let reader = shown(None, &["half-made: again"]);
        assert!(!before.contains("<form") && !reader.contains("<form"), "{before}\n{reader}");
    }
}
