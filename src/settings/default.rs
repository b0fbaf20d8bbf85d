//! The branch that pull requests go to: the default branch of the remote, or of a repository without one.

use super::remembered;
use super::sources::{Sources, seen_ref};
use super::{Ask, SettingsError};
use crate::config::Config;
use crate::git::{HeadTarget, RefValue};
use crate::names::{RefName, RemoteName};

/// The usual names of a default branch.
const USUAL: [&str; 2] = ["main", "master"];

/// A branch that is, or was, the default of a remote, as far as this clone knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownDefault {
    pub name: String,
    pub how: DefaultSource,
    /// Whether the branch was fetched.
    pub fetched: bool,
}

/// Who says so, most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DefaultSource {
    /// `refs/remotes/<remote>/HEAD`
    Head,
    /// The remote, when it was last asked.
    Asked,
    /// One of these two, when the guard looked at it.
    Seen,
    /// A default branch of another remote or address, or a branch that may be something else.
    Other,
}

impl KnownDefault {
    /// Whether the remote itself says so, and it is not just something that was true once.
    pub fn is_sure(&self) -> bool {
        match self.how {
            DefaultSource::Head | DefaultSource::Seen => self.fetched,
            DefaultSource::Asked => true,
            DefaultSource::Other => false,
        }
    }
}

/// All that this clone knows of a remote's default branch without asking, most trusted first.
pub(super) fn known(
    sources: &Sources<'_>,
    remote: &RemoteName,
) -> Result<Vec<KnownDefault>, SettingsError> {
    let head = sources.remote_head(remote)?.map(|name| (name, DefaultSource::Head));
    let answers = remembered::answers(sources, Some(remote));
    let asked = answers.asked.map(|name| (name, DefaultSource::Asked));
    let seen = answers.seen.into_iter().map(|name| (name, DefaultSource::Seen));
    let mut all: Vec<KnownDefault> = Vec::new();
    for (name, how) in head.into_iter().chain(asked).chain(seen) {
        let fetched = match all.iter().find(|known| known.name == name) {
            Some(known) => known.fetched,
            None => is_fetched(sources, Some(remote), &name)?,
        };
        all.push(KnownDefault { name, how, fetched });
    }
    Ok(all)
}

/// The default branch. `local` is everything that is configured outside of `.tix.yaml`.
pub(super) fn branch(
    sources: &Sources<'_>,
    remote: Option<&RemoteName>,
    local: &Config,
    ask: Option<Ask<'_>>,
) -> Result<String, SettingsError> {
    let Some(remote) = remote else { return of_repository(sources) };
    let known = known(sources, remote)?;
    if let Some(sure) = known.iter().find(|known| known.is_sure() && known.fetched) {
        return Ok(sure.name.clone());
    }
    if let (Some(trunk), Some(base)) = (&local.trunk, &local.base) {
        tracing::debug!(trunk, base, "both are named: nothing is left to be found out");
        return Ok(base.clone());
    }
    let answer = ask.map(|ask| ask(remote, &["HEAD"]));
    if let Some(Ok(refs)) = &answer
        && let Some(name) = head_of(refs)
    {
        remembered::note_asked(sources, remote, name);
        return Ok(name.to_owned());
    }
    // The remote once named it, but a clone of another branch never fetched it: it may have a new name by now.
    if let Some(sure) = known.into_iter().find(KnownDefault::is_sure) {
        return Ok(sure.name);
    }
    if let Some(guess) = guess(sources, remote)? {
        return Ok(guess);
    }
    if let (Some(ask), Some(Ok(_))) = (ask, &answer)
        && ask(remote, &[]).is_ok_and(|refs| refs.is_empty())
    {
        // Nothing exists yet, so the first branch that is pushed becomes the default.
        return of_repository(sources);
    }
    match (&local.trunk, answer) {
        (Some(trunk), _) => Ok(trunk.clone()),
        (None, None) => Err(SettingsError::NotAsked(remote.clone())),
        (None, Some(Ok(_))) => Err(SettingsError::NoDefault(remote.clone())),
        (None, Some(Err(error))) => {
            let words = error.words().unwrap_or_default().trim().to_owned();
            Err(SettingsError::NoAnswer { remote: remote.clone(), words })
        }
    }
}

/// Asks the remote, unless it has already answered: anybody can change its HEAD here. Records what is known, so that it
/// stays known when somebody points `refs/remotes/<remote>/HEAD` elsewhere. Without a remote, records what this
/// repository has now.
pub fn settle(
    sources: &Sources<'_>,
    remote: Option<&RemoteName>,
    ask: Ask<'_>,
) -> Result<(), SettingsError> {
    let Some(remote) = remote else {
        match of_repository(sources) {
            Ok(name) => remembered::note_seen(sources, None, &name),
            Err(SettingsError::NoLocalDefault) => {}
            Err(error) => return Err(error),
        }
        return Ok(());
    };
    let known = known(sources, remote)?;
    if known.first().is_some_and(|first| first.how == DefaultSource::Asked) {
        return Ok(());
    }
    if let Some(name) = ask(remote, &["HEAD"]).ok().as_deref().and_then(head_of) {
        remembered::note_asked(sources, remote, name);
    } else if let Some(first) = known.first() {
        remembered::note_seen(sources, Some(remote), &first.name);
    }
    Ok(())
}

/// The branch of a remote's HEAD, from its answer to `git ls-remote --symref`.
fn head_of(refs: &[RefValue]) -> Option<&str> {
    Some(refs.iter().find_map(|r| r.symref.as_ref())?.short())
}

/// A guess from what exists: the only usual name that the remote has. A bare clone has no remote-tracking refs, and its
/// HEAD is where the remote's was.
fn guess(sources: &Sources<'_>, remote: &RemoteName) -> Result<Option<String>, SettingsError> {
    let mut there = Vec::new();
    for name in USUAL {
        if is_fetched(sources, Some(remote), name)? {
            there.push(name.to_owned());
        }
    }
    let has_refspec = sources.config.last(&format!("remote.{remote}.fetch")).is_some();
    match (there.len(), there.pop()) {
        (1, only) => Ok(only),
        (0, _) if sources.is_bare() && !has_refspec => Ok(match sources.main_head()? {
            HeadTarget::Branch(head) if sources.commit(&head)?.is_some() => {
                Some(head.short().to_owned())
            }
            HeadTarget::Branch(_) | HeadTarget::Commit(_) | HeadTarget::Unknown => None,
        }),
        (_, _) => Ok(None),
    }
}

/// Without a remote: the HEAD of a bare repository; else the user's name for new branches, `main` or `master`, if it
/// exists; else what the main worktree has checked out, or the only branch.
pub(super) fn of_repository(sources: &Sources<'_>) -> Result<String, SettingsError> {
    let head = match sources.main_head()? {
        HeadTarget::Branch(head) => Some(head),
        HeadTarget::Commit(_) | HeadTarget::Unknown => None,
    };
    if let (true, Some(head)) = (sources.is_bare(), &head) {
        return Ok(head.short().to_owned());
    }
    for name in own_names(sources) {
        if is_fetched(sources, None, name)? {
            return Ok(name.to_owned());
        }
    }
    if let Some(head) = &head
        && sources.commit(head)?.is_some()
    {
        return Ok(head.short().to_owned());
    }
    let branches = sources.local_branches()?;
    let name = match (branches.as_slice(), &head) {
        // The first commit will create it.
        ([], Some(head)) => head,
        ([only], _) => only,
        (_, _) => return Err(SettingsError::NoLocalDefault),
    };
    Ok(name.short().to_owned())
}

/// Possible names for the default branch of a repository without a remote.
pub(super) fn own_names<'s>(sources: &'s Sources<'_>) -> impl Iterator<Item = &'s str> {
    sources.config.last("init.defaultbranch").into_iter().chain(USUAL)
}

/// Whether the branch exists; a remote's, as last fetched.
pub(super) fn is_fetched(
    sources: &Sources<'_>,
    remote: Option<&RemoteName>,
    name: &str,
) -> Result<bool, SettingsError> {
    match seen_ref(remote, name) {
        Some(name) => Ok(sources.commit(&name)?.is_some()),
        None => Ok(false),
    }
}

/// What else may be the default branch if nobody says which it is: the branch checked out here, and the one that it
/// follows.
pub(super) fn suspects(sources: &Sources<'_>) -> Result<Vec<RefName>, SettingsError> {
    let HeadTarget::Branch(head) = sources.head()? else { return Ok(Vec::new()) };
    let upstream = sources.config.last(&format!("branch.{}.merge", head.short()));
    let upstream = upstream.and_then(RefName::parse);
    let mut suspects = vec![head];
    suspects.extend(upstream.filter(|upstream| !suspects.contains(upstream)));
    Ok(suspects)
}
