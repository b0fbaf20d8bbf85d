//! What a command does about team settings, as last fetched, that cannot be used: they may have been fixed since.
//!
//! Without settings no transaction can begin that would fetch them, so they are fetched here and the command starts over.

use std::time::{Duration, Instant};

use super::context::{CONFIG_FILE, Context, Globals};
use super::role;
use super::unknown::OnUnknown;
use crate::config::{ConfigError, OnBadValue, Origin};
use crate::env::Env;
use crate::error::Failure;
use crate::git::{Objects, Repo};
use crate::names::{Oid, RefName, RemoteName};
use crate::out::Out;
use crate::settings::SettingsError;
use crate::text::shell_word;
use crate::trunk::{Run, TrunkError};

/// What a command does about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnusable {
    /// It uses no network, and says how to fetch them.
    #[default]
    Tell,
    /// It asks the remote anyway, so it checks whether they have changed.
    Fetch,
    /// It uses no network and says nothing of it: whoever has started it asks the remote all the time.
    Wait,
}

impl OnUnusable {
    /// What the command of this name does. `asks` says whether its options allow the network, if it has such options.
    pub fn of(verb: &str, asks: Option<bool>) -> OnUnusable {
        let asks = asks.unwrap_or_else(|| !verb.is_empty() && !role::ALWAYS.contains(&verb));
        if asks { OnUnusable::Fetch } else { OnUnusable::Tell }
    }

    /// The same, for a command that this may be.
    pub fn told_by(self, env: &Env) -> OnUnusable {
        if self == OnUnusable::Tell && env.is_followed() { OnUnusable::Wait } else { self }
    }

    /// The failure of settings, with a hint if a fetch may help.
    pub fn explain(
        self,
        error: SettingsError,
        (repo, objects): (&Repo, &Objects),
        limit: Duration,
    ) -> Failure {
        let fetched = if let SettingsError::Config(error) = &error {
            FetchedFile::of(error, repo)
        } else {
            None
        };
        let failure = Failure::from(error);
        let Some(file) = fetched.filter(|_| self != OnUnusable::Wait) else { return failure };
        if self == OnUnusable::Fetch {
            match file.is_another_by_now(repo, objects, limit) {
                Ok(true) => return Failure { outdated: true, ..failure },
                Ok(false) => return failure,
                Err(error) => tracing::debug!(%error, "settings"),
            }
        }
        let fetch = format!("git fetch {}", shell_word(file.remote.as_str()));
        failure.hint(format!("if it has been fixed meanwhile, fetch it: {fetch}"))
    }
}

/// Opens the context with whatever can be used of settings that cannot: for a long-lived tix, which waits until they are mended.
/// The failure is theirs.
pub fn open_anyway<'a>(
    globals: &Globals,
    env: &'a Env,
    out: &'a Out,
) -> Result<(Context<'a>, Option<Failure>), Failure> {
    let failure = match Context::open(globals, env, out, None) {
        Ok(ctx) => return Ok((ctx, None)),
        Err(failure) => failure,
    };
    let (on_unknown, on_bad) = (OnUnknown::PassOver, OnBadValue::LeaveOut);
    let globals = Globals { on_unknown, on_bad, ..globals.clone() };
    match Context::open(&globals, env, out, None) {
        Ok(ctx) => Ok((ctx, Some(failure))),
        Err(_) => Err(failure),
    }
}

/// A file of settings that this clone has from its remote.
struct FetchedFile {
    remote: RemoteName,
    branch: RefName,
}

impl FetchedFile {
    fn of(error: &ConfigError, repo: &Repo) -> Option<FetchedFile> {
        let Origin::File(label) = &error.origin else { return None };
        let place = label.strip_suffix(CONFIG_FILE)?.strip_suffix(':')?;
        repo.config.remotes().into_iter().find_map(|remote| {
            let branch = place.strip_prefix(remote)?.strip_prefix('/')?;
            Some(FetchedFile {
                remote: RemoteName::parse(remote)?,
                branch: RefName::branch(branch)?,
            })
        })
    }

    /// Fetches it, and says whether it has changed.
    fn is_another_by_now(
        &self,
        repo: &Repo,
        objects: &Objects,
        limit: Duration,
    ) -> Result<bool, TrunkError> {
        let run = Run::begin(repo)?;
        let private = run.private_ref("settings")?;
        let spec = format!("+{}:{private}", self.branch);
        repo.fetch(&self.remote, &[spec], Instant::now() + limit)?;
        let Some(tracking) = RefName::tracking(&self.remote, self.branch.short()) else {
            return Ok(false);
        };
        let file = |name: &RefName| -> Result<Option<Oid>, TrunkError> {
            let file = objects.read(format!("{name}:{CONFIG_FILE}").as_bytes())?;
            Ok(file.map(|file| file.oid))
        };
        let Some(tip) = objects.resolve(private.as_str())? else { return Ok(false) };
        let is_another = file(&private)? != file(&tracking)?;
        run.note(tracking.clone(), tip, objects.resolve(tracking.as_str())?);
        Ok(is_another)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_used_by_who_uses_it_anyway() {
        let of = |verb, asks| OnUnusable::of(verb, asks) == OnUnusable::Fetch;
        assert!(of("activate", None) && of("list", Some(true)) && of("doctor", Some(true)));
        assert!(!of("list", Some(false)) && !of("doctor", Some(false)) && !of("log", None));
        assert!(!of("dep", Some(false)) && of("dep", None) && !of("", None));
    }
}
