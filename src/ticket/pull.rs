//! The pull request of a ticket's branch, as the forge shows it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A pull request; GitLab calls it a merge request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PullRequest {
    /// Its number on the forge.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// How far it is.
    pub state: PullState,
    /// Whether it is a draft.
    pub draft: bool,
}

/// How far a pull request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum PullState {
    /// It can be merged.
    Open,
    /// Its branch is in the base.
    Merged,
    /// It was closed and not merged.
    Closed,
}

/// A pull request as this clone last saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPull {
    #[serde(flatten)]
    pub request: PullRequest,
    /// When it was looked at: RFC 3339, UTC.
    pub seen_at: String,
}

/// The pull request that a ticket names, with what this clone last saw of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedPull {
    /// Its page.
    pub url: String,
    /// Its number on the forge; missing when the address has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// How far it is; missing until `tix pr` has looked in this clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PullState>,
    /// Whether it is a draft; missing until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// When it was looked at: RFC 3339, UTC; missing until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

impl NamedPull {
    /// One of which nothing is known but its page.
    pub fn unseen(url: String) -> NamedPull {
        let number = url.trim_end_matches('/').rsplit('/').next();
        let number = number.and_then(|number| number.parse().ok());
        NamedPull { url, number, state: None, draft: None, seen_at: None }
    }

    /// Adds what was seen, if that is of the same pull request: the ticket may have been given back since, and have another.
    pub fn add(&mut self, seen: SeenPull) {
        let SeenPull { request, seen_at } = seen;
        if request.url == self.url {
            self.number = Some(request.number);
            (self.state, self.draft) = (Some(request.state), Some(request.draft));
            self.seen_at = Some(seen_at);
        }
    }

    /// How far it is, in a word for people.
    pub fn state_words(&self) -> Option<&'static str> {
        self.state.map(|state| words(state, self.draft == Some(true)))
    }
}

fn words(state: PullState, is_draft: bool) -> &'static str {
    match state {
        PullState::Open if is_draft => "draft",
        PullState::Open => "open",
        PullState::Merged => "merged",
        PullState::Closed => "closed",
    }
}

impl fmt::Display for NamedPull {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("pull request")?;
        if let Some(number) = self.number {
            write!(out, " {number}")?;
        }
        self.state_words().map_or(Ok(()), |words| write!(out, " ({words})"))
    }
}

impl PullRequest {
    /// How far it is, in a word for people.
    pub fn state_words(&self) -> &'static str {
        words(self.state, self.draft)
    }
}

impl fmt::Display for PullRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pull request {} ({})", self.number, self.state_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_of_another_pull_request_says_nothing_of_this_one() {
        let mut named = NamedPull::unseen("https://f/acme/shop/pull/7".to_owned());
        assert_eq!(named.to_string(), "pull request 7");
        let request = |number| PullRequest {
            number,
            url: format!("https://f/acme/shop/pull/{number}"),
            state: PullState::Closed,
            draft: false,
        };
        named.add(SeenPull { request: request(6), seen_at: "t".to_owned() });
        assert_eq!(named.to_string(), "pull request 7");
        named.add(SeenPull { request: request(7), seen_at: "t".to_owned() });
        assert_eq!(named.to_string(), "pull request 7 (closed)");
        assert_eq!(NamedPull::unseen("x".to_owned()).to_string(), "pull request");
    }
}
