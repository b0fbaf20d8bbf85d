//! Which branches are protected.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::names::RefName;

/// The names of the protected branches, without `refs/heads/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected(BTreeSet<String>);

impl Protected {
    /// These branches. Names may come from anywhere: one that is not a branch protects nothing and does no harm.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Protected {
        let names = names.into_iter().map(str::trim).filter(|name| !name.is_empty());
        Protected(names.map(str::to_owned).collect())
    }

    /// Whether this is one of them. Where file names ignore case, `refs/heads/Main` is the file of `main`.
    pub fn contains(&self, branch: &RefName) -> bool {
        let Some(name) = branch.as_str().strip_prefix("refs/heads/") else { return false };
        self.0.contains(name)
            || cfg!(any(target_os = "macos", windows))
                && self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_branch_of_exactly_this_name_is_protected() {
        let protected = Protected::of(["main", " release/1 ", "", "a..b"]);
        let is = |name: &str| protected.contains(&RefName::parse(name).unwrap());
        assert!(is("refs/heads/main") && is("refs/heads/release/1"));
        for other in
            ["refs/heads/main-x", "refs/heads/x/main", "refs/tags/main", "refs/remotes/o/main"]
        {
            assert!(!is(other), "{other}");
        }
    }
}
