//! The git settings in the environment: `GIT_CONFIG_COUNT` with its keys and values, and `GIT_CONFIG_PARAMETERS`.
//!
//! Containers and CI pass `safe.directory`, `url.*.insteadOf`, credentials and an identity to git in this way. git
//! lists both variables among those that tie a process to one repository, but still passes them on to the git of a
//! submodule (`prepare_submodule_repo_env` in submodule.c): most settings apply to every repository.

use std::ffi::{OsStr, OsString};

use super::exec::text_of;
use super::repo::path_of;

const COUNT: &str = "GIT_CONFIG_COUNT";
const PARAMETERS: &str = "GIT_CONFIG_PARAMETERS";

/// What git inherits from tix's environment, without settings for a single repository.
#[derive(Clone, Debug, Default)]
pub struct InheritedConfig {
    settings: Vec<(OsString, OsString)>,
    /// The same with settings for a single repository, in git's order.
    whole: Vec<(OsString, OsString)>,
    /// The variables in which the two differ.
    left_out_of: Vec<&'static str>,
    /// A variable that git cannot read and must complain about: one of its settings may be the one that matters.
    unreadable: Option<&'static str>,
}

impl InheritedConfig {
    /// Reads the variables whose names begin with `GIT_CONFIG_`; others are ignored.
    pub fn of<'v>(variables: impl IntoIterator<Item = (&'v OsStr, &'v OsStr)>) -> InheritedConfig {
        let variables: Vec<_> = variables.into_iter().collect();
        let value = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        };
        let parameters = value(PARAMETERS);
        let parameters = parameters.map_or(Some(Vec::new()), |text| parse(text.as_encoded_bytes()));
        let mut inherited = InheritedConfig::default();
        // In git's own order: later settings win.
        for (name, settings) in [(COUNT, numbered(value)), (PARAMETERS, parameters)] {
            let Some(settings) = settings else {
                inherited.unreadable = Some(name);
                continue;
            };
            if settings.iter().any(|(key, _)| is_of_one_repository(key)) {
                inherited.left_out_of.push(name);
            }
            inherited.whole.extend(settings);
        }
        let kept = inherited.whole.iter().filter(|(key, _)| !is_of_one_repository(key));
        inherited.settings = kept.cloned().collect();
        inherited
    }

    /// Everything that the environment sets, as the user's own git sees it, and the variables that contain what tix
    /// leaves out. `None` if tix leaves nothing out.
    pub fn of_process(&self) -> Option<(InheritedConfig, Vec<&'static str>)> {
        if self.left_out_of.is_empty() {
            return None;
        }
        let whole = InheritedConfig { settings: self.whole.clone(), ..self.clone() };
        Some((whole, self.left_out_of.clone()))
    }

    /// The variables through which a git process sees these settings.
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        if let Some(name) = self.unreadable {
            // Neither a number nor a quoted setting: git fails and names the variable.
            return vec![(name.into(), "-".into())];
        }
        if self.settings.is_empty() {
            return Vec::new();
        }
        let mut variables = vec![(COUNT.into(), self.settings.len().to_string().into())];
        for (number, (key, value)) in self.settings.iter().enumerate() {
            variables.push((format!("GIT_CONFIG_KEY_{number}").into(), key.clone()));
            variables.push((format!("GIT_CONFIG_VALUE_{number}").into(), value.clone()));
        }
        variables
    }

    /// The settings with accepted keys, as `key=value`.
    pub fn chosen(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.settings.iter().map(|(key, value)| (text(key), text(value)));
        lines.filter(|(key, _)| wanted(key)).map(|(key, value)| format!("{key}={value}")).collect()
    }
}

fn text(word: &OsStr) -> String {
    text_of(word.as_encoded_bytes())
}

/// Whether a setting concerns one repository, which need not be the one that tix works in, or sends its hooks or its
/// index elsewhere: protection depends on the hooks, and tix's own commits on the index. An included file may do any of
/// these.
fn is_of_one_repository(key: &OsStr) -> bool {
    let key = text(key).to_ascii_lowercase();
    let names_one = key.matches('.').count() > 1;
    match key.split('.').next().unwrap_or_default() {
        "include" | "includeif" | "hook" => true,
        "remote" | "branch" => names_one,
        "core" => matches!(key.as_str(), "core.hookspath" | "core.worktree" | "core.bare"),
        _ => false,
    }
}

/// The settings of `GIT_CONFIG_COUNT`; `None` if git would not read them.
fn numbered<'v>(value: impl Fn(&str) -> Option<&'v OsStr>) -> Option<Vec<(OsString, OsString)>> {
    let Some(count) = value(COUNT) else { return Some(Vec::new()) };
    let count: u32 = count.to_str()?.trim_ascii_start().parse().ok()?;
    let pair = |number| {
        let key = value(&format!("GIT_CONFIG_KEY_{number}"))?;
        Some((key.to_owned(), value(&format!("GIT_CONFIG_VALUE_{number}"))?.to_owned()))
    };
    (0..count).map(pair).collect()
}

/// The settings of `GIT_CONFIG_PARAMETERS`: `'key'='value'`, or `'key=value'` as older gits write it, separated by
/// blanks. `None` if git would not read them. See `parse_config_env_list` in config.c.
fn parse(mut rest: &[u8]) -> Option<Vec<(OsString, OsString)>> {
    let mut settings = Vec::new();
    while !rest.is_empty() {
        let (word, after) = unquote(rest)?;
        let (key, value) = match after {
            [b'=', quoted @ ..] if quoted.starts_with(b"'") => {
                let (value, after) = unquote(quoted)?;
                rest = after;
                (word, Some(value))
            }
            [b'=', after @ ..] => {
                rest = after;
                (word, None)
            }
            after => {
                rest = after;
                let mut parts = word.splitn(2, |byte| *byte == b'=');
                let key = parts.next().unwrap_or_default().trim_ascii().to_vec();
                (key, parts.next().map(<[u8]>::to_vec))
            }
        };
        if rest.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return None;
        }
        rest = rest.trim_ascii_start();
        // A key alone means true: git-config(1).
        let value = value.unwrap_or_else(|| b"true".to_vec());
        settings.push((path_of(&key).into(), path_of(&value).into()));
    }
    Some(settings)
}

/// A word in single quotes, and the rest. A quote or `!` in it is outside of the quotes, after a backslash.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"'")?;
    let mut word = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\'')?;
        word.extend(rest.get(..end)?);
        rest = rest.get(end + 1..)?;
        match rest {
            [b'\\', escaped @ (b'\'' | b'!'), b'\'', after @ ..] => {
                word.push(*escaped);
                rest = after;
            }
            _ => return Some((word, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> Vec<String> {
        let variables =
            variables.iter().map(|(name, value)| (OsStr::new(*name), OsStr::new(*value)));
        let inherited = InheritedConfig::of(variables).variables();
        inherited
            .into_iter()
            .map(|(name, value)| format!("{}={}", text(&name), text(&value)))
            .collect()
    }

    fn parameters(text: &str) -> Vec<String> {
        told(&[(PARAMETERS, text)]).into_iter().filter(|line| !line.starts_with(COUNT)).collect()
    }

    #[test]
    fn both_ways_are_read_in_gits_order() {
        let numbered =
            [(COUNT, "1"), ("GIT_CONFIG_KEY_0", "credential.helper"), ("GIT_CONFIG_VALUE_0", "")];
        let all = [&numbered[..], &[(PARAMETERS, "'user.name'='Ada'")]].concat();
        insta::assert_snapshot!(told(&all).join("\n"), @r"
        GIT_CONFIG_COUNT=2
        GIT_CONFIG_KEY_0=credential.helper
        GIT_CONFIG_VALUE_0=
        GIT_CONFIG_KEY_1=user.name
        GIT_CONFIG_VALUE_1=Ada
        ");
        assert_eq!(told(&[]), [""; 0]);
    }

    #[test]
    fn every_form_of_a_parameter_is_read() {
        let text = r"'a.b'='it'\''s '\!'  =x' 'c.d'=  'e.f=g=h' 'i.j'";
        insta::assert_snapshot!(parameters(text).join("\n"), @r"
        GIT_CONFIG_KEY_0=a.b
        GIT_CONFIG_VALUE_0=it's !  =x
        GIT_CONFIG_KEY_1=c.d
        GIT_CONFIG_VALUE_1=true
        GIT_CONFIG_KEY_2=e.f
        GIT_CONFIG_VALUE_2=g=h
        GIT_CONFIG_KEY_3=i.j
        GIT_CONFIG_VALUE_3=true
        ");
    }

    #[test]
    fn what_concerns_one_repository_is_left_out() {
        let left_out = [
            "core.hooksPath",
            "CORE.WORKTREE",
            "core.bare",
            "include.path",
            "includeIf.gitdir:/x.path",
            "hook.x.command",
            "remote.origin.url",
            "branch.a.b.merge",
        ];
        for key in left_out {
            assert_eq!(parameters(&format!("'{key}'='x'")), [""; 0], "{key}");
            assert_eq!(parameters(&format!("' {key} =x'")), [""; 0], "{key}");
        }
        for key in ["core.sshCommand", "remote.pushDefault", "url.x.insteadOf", "tix.remote"] {
            assert_eq!(parameters(&format!("'{key}'='x'")).len(), 2, "{key}");
        }
    }

    #[test]
    fn what_git_cannot_read_is_left_to_git_to_name() {
        let key = ("GIT_CONFIG_KEY_0", "a.b");
        for count in ["x", "-1", "1"] {
            assert_eq!(told(&[(COUNT, count), key]), ["GIT_CONFIG_COUNT=-"], "{count}");
        }
        for text in ["a.b=c", "'a.b", "'a.b'x", "'a.b'='c'd", "'a.b'=c"] {
            assert_eq!(told(&[(PARAMETERS, text)]), ["GIT_CONFIG_PARAMETERS=-"], "{text}");
        }
    }
}
