//! Names that reach git, parsed once at the edge.
//!
//! Plain values: nothing here reads a file, the environment or git. Every name has been checked when it was made, so no
//! later code asks again whether it could be read as an option or leave its directory.

use std::fmt;

/// A git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(String);

impl Oid {
    /// Parses an id as git prints it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Oid> {
        let right_length = matches!(text.len(), 40 | 64);
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (right_length && hex).then(|| Oid(text.to_owned()))
    }

    /// The id from its 20 or 32 raw bytes in a tree object.
    pub fn from_raw(raw: &[u8]) -> Option<Oid> {
        if !matches!(raw.len(), 20 | 32) {
            return None;
        }
        // By hand, because a lane has thousands of them: `format!` takes twenty times as long.
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        let mut text = Vec::with_capacity(raw.len() * 2);
        for byte in raw {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        String::from_utf8(text).ok().map(Oid)
    }

    /// The raw bytes, as in a tree object.
    pub fn to_raw(&self) -> Vec<u8> {
        let nibble = |b: u8| match b {
            b'0'..=b'9' => b - b'0',
            other => other - b'a' + 10,
        };
        self.0
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| match *pair {
                [high, low] => nibble(high) << 4 | nibble(low),
                _ => 0,
            })
            .collect()
    }

    /// The id of all zeros, which is git's "no object"; `raw_len` is 20 or 32.
    pub fn zero(raw_len: usize) -> Oid {
        Oid("0".repeat(raw_len * 2))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// Whether this is the id of all zeros, git's "no object".
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// A full ref name such as `refs/heads/main`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

impl RefName {
    /// Parses a full ref name; `None` when git would refuse it. The rules are those of git-check-ref-format(1).
    pub fn parse(text: &str) -> Option<RefName> {
        let forbidden = |c: char| {
            c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
        };
        let ok = text.starts_with("refs/")
            && !text.ends_with('/')
            && !text.ends_with('.')
            && !text.contains("..")
            && !text.contains("@{")
            && !text.contains(forbidden)
            && text.split('/').count() >= 3
            && text.split('/').all(|part| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && std::path::Path::new(part).extension() != Some("lock".as_ref())
            });
        ok.then(|| RefName(text.to_owned()))
    }

    /// `refs/heads/<branch>`. Refuses a branch that begins with `-`, as git does.
    pub fn branch(name: &str) -> Option<RefName> {
        if name.starts_with('-') || name == "HEAD" {
            return None;
        }
        RefName::parse(&format!("refs/heads/{name}"))
    }

    pub fn tracking(remote: &RemoteName, branch: &str) -> Option<RefName> {
        RefName::parse(&format!("refs/remotes/{remote}/{branch}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name people use: without `refs/heads/` or `refs/remotes/`.
    pub fn short(&self) -> &str {
        self.0
            .strip_prefix("refs/heads/")
            .or_else(|| self.0.strip_prefix("refs/remotes/"))
            .unwrap_or(&self.0)
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a configured remote, such as `origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteName(String);

impl RemoteName {
    /// Parses a remote's name; `None` when it could be read as an option, or cannot be part of a ref name.
    pub fn parse(text: &str) -> Option<RemoteName> {
        let ok =
            !text.starts_with('-') && RefName::parse(&format!("refs/remotes/{text}/x")).is_some();
        ok.then(|| RemoteName(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path inside the repository: bytes, `/` between components, relative, no `.`/`..`/empty component.
///
/// Bytes, because a file name need not be UTF-8. The components are checked, so no path built from a ticket can name
/// anything outside the tree that it is written to, nor `.git`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Parses a path; `None` when a component is empty, `.`, `..` or `.git` in any case, or contains NUL.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Option<RepoPath> {
        let bytes = bytes.into();
        bytes.split(|b| *b == b'/').all(is_component).then_some(RepoPath(bytes))
    }

    /// The path of `name` in this directory; `None` when `name` is not a valid component.
    pub fn child(&self, name: &[u8]) -> Option<RepoPath> {
        let path = || RepoPath([self.as_bytes(), b"/", name].concat());
        (is_component(name) && !name.contains(&b'/')).then(path)
    }

    /// This path with one or more components appended.
    pub fn join(&self, more: &str) -> Option<RepoPath> {
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(more.as_bytes());
        RepoPath::parse(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The components, outermost first.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/')
    }

    pub fn file_name(&self) -> &[u8] {
        self.components().last().unwrap_or_default()
    }
}

/// Whether this may stand between two slashes of a path.
fn is_component(part: &[u8]) -> bool {
    !matches!(part, b"" | b"." | b"..") && !part.eq_ignore_ascii_case(b".git") && !part.contains(&0)
}

impl fmt::Display for RepoPath {
    /// UTF-8 as it is; other bytes as `\xNN`, so that two different paths never look alike.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_survives_the_way_through_raw_bytes() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        let oid = Oid::parse(text).unwrap();
        assert_eq!(Oid::from_raw(&oid.to_raw()), Some(oid));
        assert_eq!(Oid::parse("0123"), None);
        assert_eq!(Oid::parse(&text.to_uppercase()), None);
    }

    #[test]
    fn ref_names_follow_gits_rules() {
        for good in ["main", "ticket/TICKET-foo-001", "a.b", "日本"] {
            assert!(RefName::branch(good).is_some(), "{good}");
        }
        for bad in ["-x", "a..b", "a.lock", "a b", "a/", ".a", "a~1", "a@{b", "", "HEAD", "a\nb"] {
            assert!(RefName::branch(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn repo_paths_never_leave_their_tree() {
        for bad in ["", "/a", "a/../b", "a//b", ".git/config", "a/.GIT/x", "a/.", "a/"] {
            assert!(RepoPath::parse(bad).is_none(), "{bad:?}");
        }
        let path = RepoPath::parse(b"tickets/\xff x.md".to_vec()).unwrap();
        assert_eq!(path.to_string(), "tickets/\\xff x.md");
        assert_eq!(path.file_name(), b"\xff x.md");
        assert_eq!(path.child(b"y").unwrap().as_bytes(), b"tickets/\xff x.md/y");
        for bad in ["", ".", "..", ".Git", "a/b", "a\0"] {
            assert!(path.child(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }
}
