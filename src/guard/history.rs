//! What a branch holds already: the rule over history, for audits and CI.

use super::commits::{self, JudgedCommit, NewCommit};
use super::{CommitVerdict, GuardError, Guarded, landed};
use crate::config::{self, Config, Layers, RecordPlace, RequestsLand, Yaml};
use crate::git::{LineEnd, Objects, Walk};
use crate::names::Oid;

/// How many commits are looked at when nobody says which.
pub const RECENT: usize = 200;

#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// What this branch has beyond the remote of the tickets: judged as a push of it would be, commit by commit.
    Unpublished(&'a Oid),
    /// The newest that this branch was at, up to this many.
    Recent(&'a Oid, usize),
    /// Those that a branch was at, in git's words for a range, which leads to this commit.
    Range(&'a str, &'a Oid),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub commits: usize,
    /// Those that broke the rule, newest first.
    pub broken: Vec<JudgedCommit>,
}

/// Where the commit is that the first ticket came with.
enum Adoption {
    /// Among those that are not judged.
    Earlier,
    With(Oid),
    Never,
}

impl Guarded {
    /// Judges the commits of a branch.
    ///
    /// Along the commits that the branch was at (the first parents) a merge counts for what it changes itself, so
    /// that a merged pull request passes; and so does what else came by one, as `land` and the history say. What is not
    /// published is judged as it would be pushed. Commits from before there were tickets are not judged.
    pub fn check(&self, scope: Scope<'_>, land: RequestsLand) -> Result<Checked, GuardError> {
        let (asked, tip, limit) = match scope {
            Scope::Unpublished(tip) => (tip.as_str(), tip, None),
            Scope::Recent(tip, limit) => (tip.as_str(), tip, Some(limit)),
            Scope::Range(range, tip) => (range, tip, None),
        };
        let (walk, mut known) = match scope {
            Scope::Unpublished(_) => (Walk::All, self.shared(self.trunk().as_ref())?),
            Scope::Recent(..) | Scope::Range(..) => (Walk::FirstParents, Vec::new()),
        };
        let adoption = match scope {
            Scope::Unpublished(_) => self.adoption_beyond(&known, tip)?,
            Scope::Recent(..) | Scope::Range(..) => self.adoption_within(asked, tip, limit)?,
        };
        match adoption {
            Adoption::Earlier => {}
            Adoption::With(commit) => known.push(commit),
            Adoption::Never => return Ok(Checked { commits: 0, broken: Vec::new() }),
        }
        let mut judged = if let (Scope::Unpublished(tip), Some(trunk)) = (scope, self.trunk()) {
            self.judge_gain(&trunk, tip.as_str(), &known)?
        } else {
            let new = NewCommit { tips: &[asked], known: &known, walk, limit };
            commits::judge(self.reader(), self.tickets_dir(), new)?
        };
        let commits = judged.len();
        if walk == Walk::FirstParents {
            self.only_of_branches(&mut judged)?;
            landed::let_pass(&mut judged, land);
        }
        let is_broken = |commit: &JudgedCommit| matches!(commit.verdict, CommitVerdict::Refused(_));
        Ok(Checked { commits, broken: judged.into_iter().filter(is_broken).collect() })
    }

    /// Takes from the commits that complete a ticket those that no ticket branch can have brought: under the settings that
    /// came with them progress is written to the trunk, so what stands beside it there is nobody's work on the ticket.
    fn only_of_branches(&self, judged: &mut [JudgedCommit]) -> Result<(), GuardError> {
        let is_refused =
            |commit: &JudgedCommit| matches!(commit.verdict, CommitVerdict::Refused(_));
        if !judged.iter().any(is_refused) {
            return Ok(());
        }
        let objects = Objects::open_with(self.git())?;
        for commit in judged.iter_mut().filter(|commit| commit.completes.is_some()) {
            let settings =
                objects.read(format!("{}:{}", commit.commit, config::FILE).as_bytes())?;
            if !self.record_on_branch(settings.as_ref().map(|settings| settings.data.as_slice())) {
                commit.completes = None;
            }
        }
        Ok(())
    }

    /// Whether these settings have progress written to ticket branches. Settings that say nothing readable prove nothing. A commit
    /// without any is of a team that has none, or of a trunk of its own, whose settings are with the code.
    fn record_on_branch(&self, settings: Option<&[u8]>) -> bool {
        let protection = &self.facts.protection;
        let default = protection.default.as_deref().or(protection.trunk.as_deref());
        let yaml = settings.map(|bytes| Yaml { bytes, label: config::FILE });
        let Ok(config) = Config::resolve(&Layers { yaml, ..Layers::default() }) else {
            return false;
        };
        let trunk = if yaml.is_none() { protection.trunk.clone() } else { config.trunk.clone() };
        let config = Config { trunk, ..config };
        config.record_for(default.unwrap_or_default()) == RecordPlace::Branch
    }

    /// What is published had its first ticket before anything that is not: a history that was rewritten from its beginning
    /// has another first one, which is no beginning.
    fn adoption_beyond(&self, published: &[Oid], tip: &Oid) -> Result<Adoption, GuardError> {
        for commit in published {
            if self.git().has_touched(commit, &self.adopted_with())? {
                return Ok(Adoption::Earlier);
            }
        }
        self.first_of(tip, None)
    }

    /// No more of the history is read than the commits that are to be judged, as long as there were tickets before them.
    fn adoption_within(
        &self,
        asked: &str,
        tip: &Oid,
        limit: Option<usize>,
    ) -> Result<Adoption, GuardError> {
        match self.git().line_end(asked, limit)? {
            LineEnd::Empty => Ok(Adoption::Never),
            LineEnd::Several | LineEnd::Root => self.first_of(tip, None),
            LineEnd::Before(older) if self.git().has_touched(&older, &self.adopted_with())? => {
                Ok(Adoption::Earlier)
            }
            LineEnd::Before(older) => self.first_of(tip, Some(&older)),
        }
    }

    fn first_of(&self, tip: &Oid, since: Option<&Oid>) -> Result<Adoption, GuardError> {
        let first = self.git().first_to_touch(tip, since, &self.adopted_with())?;
        Ok(first.map_or(Adoption::Never, Adoption::With))
    }

    /// What a project that uses tix has.
    fn adopted_with(&self) -> [&[u8]; 2] {
        [self.tickets_dir().as_bytes(), config::FILE.as_bytes()]
    }
}
