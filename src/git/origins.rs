//! The configuration, with the file that each setting came from.

use super::GitError;
use super::exec::{Git, text_of};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSetting {
    pub file: Option<String>,
    /// The key, as git writes it.
    pub key: String,
    /// The value; a key without `=` has none.
    pub value: Option<String>,
}

impl Git {
    /// The whole configuration, weakest first, with its files.
    pub fn settings(&self) -> Result<Vec<GitSetting>, GitError> {
        let call = self.call("config").args(["--list", "-z", "--includes", "--show-origin"]);
        parse(&call.run_ok()?)
    }
}

/// Parses pairs of an origin, such as `file:.git/config`, and `<key> LF <value>`.
fn parse(answer: &[u8]) -> Result<Vec<GitSetting>, GitError> {
    let mut words = answer.split(|b| *b == 0).map(text_of);
    let mut settings = Vec::new();
    while let Some(origin) = words.next().filter(|origin| !origin.is_empty()) {
        let unreadable = || GitError::unreadable("config --show-origin", origin.as_bytes());
        let entry = words.next().ok_or_else(unreadable)?;
        let (key, value) = match entry.split_once('\n') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (entry, None),
        };
        let file = origin.strip_prefix("file:").map(str::to_owned);
        settings.push(GitSetting { file, key, value });
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_knows_its_file() {
        let answer =
            b"file:/home/a b/.gitconfig\0user.name\nAda\nLovelace\0command line:\0a.flag\0";
        let found = parse(answer).unwrap();
        assert_eq!(found[0].file.as_deref(), Some("/home/a b/.gitconfig"));
        assert_eq!(found[0].value.as_deref(), Some("Ada\nLovelace"));
        assert_eq!((found[1].file.as_deref(), found[1].value.as_deref()), (None, None));
        assert!(parse(b"file:x\0").unwrap_or_default().len() < 2);
    }
}
