//! Which names are acceptable, before git or the file system sees them.
//!
//! git has the last word about its names. These are its own rules (git-check-ref-format(1)), applied early so that a
//! bad name is reported with its line.

use crate::text::has_hidden;

/// Common file systems hold path components of up to 255 bytes; git writes `<name>.lock` beside a ref, and tix puts
/// temporary names beside its own.
const LONGEST_COMPONENT: usize = 240;

/// Why `name` cannot be a branch name; `None` when it can.
pub fn ref_problem(name: &str) -> Option<&'static str> {
    if name.starts_with("refs/") {
        return Some("a branch name is written without `refs/heads/`");
    }
    if name.starts_with('-') {
        return Some("it starts with `-`");
    }
    if name == "HEAD" || name == "@" {
        return Some("git has another meaning for it");
    }
    if name.contains("..") || name.contains("@{") {
        return Some("it contains `..` or `@{`");
    }
    if let Some(problem) = text_problem(name) {
        return Some(problem);
    }
    if name.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        return Some("it contains a blank or one of ~ ^ : ? * [ \\");
    }
    if name.ends_with('.') {
        return Some("it ends with a dot");
    }
    name.split('/').find_map(ref_component_problem)
}

fn ref_component_problem(component: &str) -> Option<&'static str> {
    if component.is_empty() {
        Some("it starts or ends with `/`, or has two in a row")
    } else if component.starts_with('.') {
        Some("a part of it starts with a dot")
    } else if component.as_bytes().ends_with(b".lock") {
        Some("a part of it ends with `.lock`")
    } else if component.len() > LONGEST_COMPONENT {
        Some("it is too long")
    } else {
        None
    }
}

/// Why `component` cannot be one harmless name in a directory; `None` when it can.
pub fn component_problem(component: &str) -> Option<&'static str> {
    if component.is_empty() {
        Some("a part of it is empty")
    } else if component == "." || component == ".." {
        Some("a part of it is `.` or `..`")
    } else if component.contains(['/', '\\']) {
        Some("it contains a slash or a backslash")
    } else if component.starts_with('-') {
        Some("a part of it starts with `-`")
    } else if component.eq_ignore_ascii_case(".git") {
        Some("`.git` is git's own")
    } else if component.ends_with(['.', ' ']) {
        // Windows drops these, so that two names become one and `.. ` becomes `..`.
        Some("a part of it ends with a dot or a blank")
    } else if component.len() > LONGEST_COMPONENT {
        Some("it is too long")
    } else {
        text_problem(component)
    }
}

/// Why `text` cannot be shown and given to git as it is; `None` when it can. Invisible characters make two names look
/// like one, and a file system that ignores them reads `.g\u{200c}it` as `.git` (CVE-2014-9390).
pub fn text_problem(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        Some("it contains a control character")
    } else if has_hidden(text) {
        Some("it contains an invisible character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_takes_are_taken() {
        for name in ["main", "tickets", "ticket/TICKET-foo-001", "チケット", "a.b", "a@b", "@a"]
        {
            assert_eq!(ref_problem(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_git_refuses_are_refused() {
        let refused = [
            "", "/", "a/", "/a", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a..b", "a b",
            "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{b", "@", "HEAD", "-a", "a\n",
            "a\u{7f}",
        ];
        for name in refused {
            assert!(ref_problem(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn a_full_ref_name_is_not_a_branch_name() {
        assert!(ref_problem("refs/heads/main").unwrap().contains("without `refs/heads/`"));
    }

    #[test]
    fn names_that_mean_something_to_a_file_system_are_refused() {
        let long = "x".repeat(241);
        let refused = [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "-a",
            ".git",
            ".GIT",
            ".. ",
            "a.",
            "a\0",
            "\u{1b}[0m",
            ".g\u{200c}it",
            &long,
        ];
        for name in refused {
            assert!(component_problem(name).is_some(), "{name:?}");
        }
        for name in ["a", ".dotfiles", "a b", "日本", "a..b"] {
            assert_eq!(component_problem(name), None, "{name:?}");
        }
    }
}
