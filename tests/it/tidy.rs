//! Checks over the source tree: what a reviewer would say twice is said here once.
//!
//! Every check reads text and returns findings, one line each with the file, the line and what to do. So each is
//! tried on samples too: a check that finds nothing may just be broken.

mod arguments;
mod command_lines;
mod dependencies;
mod doc_comments;
mod docs;
mod imports;
mod model;
mod sizes;
mod source;
mod type_names;

/// What a check has to say, as `file:line: words`.
type Findings = Vec<String>;

#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} to put right:\n{}", findings.len(), findings.join("\n"));
}
