//! Follows the remote while a board or a page is open: it asks from time to time where the trunk and the ticket branches are, and
//! fetches when one of them has moved. Nothing waits for either, and neither outlives it.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::board::branch_pattern;
use super::context::{Context, Globals};
use crate::error::Failure;
use crate::git::exec::Finished;
use crate::git::{Program, RefQuestion, RefValue, RunningCall};
use crate::names::{Oid, RefName};
use crate::{clock, env};

/// How long to wait for an answer. One that takes longer counts as none, and the next question follows.
const PATIENCE: Duration = Duration::from_secs(10);

/// The arguments with which another tix fetches and prints nothing.
pub const FETCH: [&str; 5] = ["list", "--fetch", "--quiet", "--limit", "0"];

/// What is known of the remote, and what is under way to learn more.
pub struct Watch {
    /// The pause from the end of one question to the next; `None` never asks.
    every: Option<Duration>,
    doing: Doing,
    freshness: Freshness,
    /// When the remote last answered.
    answered: Option<DateTime<Utc>>,
    /// What the last fetch was to bring.
    brought: Option<Moved>,
}

enum Doing {
    /// Since when; `None` before the first question.
    Nothing(Option<Instant>),
    Asking(RefQuestion),
    Fetching(RunningCall, Moved),
}

/// What the remote has and this clone has not: the ticket branches that are elsewhere, each with where it is there, or the trunk.
#[derive(Debug, PartialEq, Eq)]
struct Moved {
    branches: Vec<(RefName, Oid)>,
    trunk: Option<Oid>,
}

/// Whether the board shows what the remote has.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Freshness {
    /// Nobody has asked yet.
    Unknown,
    /// It does, as of the last answer.
    Current,
    /// Nobody knows, and why.
    Away(String),
}

/// Whether the board has something new to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchNews {
    Nothing,
    News,
}

impl Watch {
    /// A watch that asks this often, and never for a zero time. It asks the first question at once.
    pub fn every(time: Duration) -> Watch {
        Watch {
            every: (!time.is_zero()).then_some(time),
            doing: Doing::Nothing(None),
            freshness: Freshness::Unknown,
            answered: None,
            brought: None,
        }
    }

    /// Asks when it is time, and acts on an answer.
    pub fn look(&mut self, ctx: &Context<'_>, globals: &Globals) -> Result<WatchNews, Failure> {
        let before = self.freshness.clone();
        let doing = std::mem::replace(&mut self.doing, Doing::Nothing(Some(Instant::now())));
        let mut heard = WatchNews::Nothing;
        match doing {
            Doing::Nothing(since) => {
                let due = |every| since.is_none_or(|since| since.elapsed() >= every);
                self.doing = match &ctx.remote {
                    Some(remote) if self.every.is_some_and(due) => {
                        let until = Instant::now() + PATIENCE;
                        Doing::Asking(ctx.repo.ask_remote(remote, &patterns(ctx), until))
                    }
                    Some(_) | None => Doing::Nothing(since),
                };
            }
            Doing::Asking(asked) if !asked.is_over() => self.doing = Doing::Asking(asked),
            Doing::Asking(asked) => match asked.answer() {
                Ok(there) => match Moved::of(ctx, there)? {
                    None => self.is_current(),
                    Some(moved) => match another_tix(ctx, globals, &FETCH) {
                        Ok(tix) => self.doing = Doing::Fetching(tix.start(), moved),
                        Err(error) => self.freshness = Freshness::Away(error),
                    },
                },
                Err(error) => {
                    tracing::info!(%error, "the remote does not answer");
                    self.freshness = Freshness::Away(away(ctx, "does not answer"));
                }
            },
            Doing::Fetching(tix, moved) if !tix.is_finished() => {
                self.doing = Doing::Fetching(tix, moved);
            }
            Doing::Fetching(tix, moved) => match tix.finish() {
                // It has left a ticket branch out, and said so by a warning alone.
                Ok(Finished { code: Some(0), .. }) if self.brought.as_ref() == Some(&moved) => {
                    self.freshness =
                        Freshness::Away(away(ctx, "has ticket branches that cannot be fetched"));
                }
                Ok(Finished { code: Some(0), .. }) => {
                    self.is_current();
                    self.brought = Some(moved);
                    heard = WatchNews::News;
                }
                // What came has settings that cannot be used: whoever reads them says so.
                Ok(_) if moved.trunk.is_some() && trunk(ctx)? == moved.trunk => {
                    self.is_current();
                    heard = WatchNews::News;
                }
                Ok(finished) => {
                    tracing::info!(%finished, "the fetch failed");
                    self.freshness =
                        Freshness::Away(away(ctx, "has new commits that cannot be fetched"));
                }
                Err(error) => self.freshness = Freshness::Away(error.to_string()),
            },
        }
        Ok(if self.freshness == before { heard } else { WatchNews::News })
    }

    fn is_current(&mut self) {
        self.freshness = Freshness::Current;
        self.answered = Some(clock::now());
    }

    /// When the remote last answered, if it has since the board was opened.
    pub fn answered(&self) -> Option<DateTime<Utc>> {
        self.answered
    }

    /// Why what is shown may be old.
    pub fn away(&self) -> &str {
        match &self.freshness {
            Freshness::Unknown | Freshness::Current => "",
            Freshness::Away(why) => why,
        }
    }

    /// Ends what is under way.
    pub fn stop(self) {
        match self.doing {
            Doing::Nothing(_) => {}
            Doing::Asking(asked) => asked.stop(),
            Doing::Fetching(tix, _) => tix.stop(),
        }
    }
}

impl Moved {
    /// `None` if the clone has all that the remote has.
    fn of(ctx: &Context<'_>, there: Vec<RefValue>) -> Result<Option<Moved>, Failure> {
        let Some(remote) = &ctx.remote else { return Ok(None) };
        let (on_trunk, others): (Vec<RefValue>, Vec<RefValue>) =
            there.into_iter().partition(|found| found.name == ctx.trunk);
        let on_trunk = on_trunk.into_iter().next().map(|found| found.oid);
        let mut branches = Vec::new();
        for RefValue { name, oid, .. } in others {
            let Some(here) = RefName::tracking(remote, name.short()) else { continue };
            if ctx.objects.resolve(here.as_str())?.as_ref() != Some(&oid) {
                branches.push((name, oid));
            }
        }
        let is_same = on_trunk == trunk(ctx)?;
        Ok((!is_same || !branches.is_empty()).then_some(Moved { branches, trunk: on_trunk }))
    }
}

/// The refs that say what there is to see.
fn patterns(ctx: &Context<'_>) -> Vec<String> {
    let branches = branch_pattern(ctx).map(|pattern| format!("refs/heads/{pattern}"));
    std::iter::once(ctx.trunk.to_string()).chain(branches).collect()
}

fn away(ctx: &Context<'_>, what: &str) -> String {
    let remote = ctx.remote.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{remote} {what}")
}

/// Where the trunk is, as far as this clone knows.
pub fn trunk(ctx: &Context<'_>) -> Result<Option<Oid>, Failure> {
    let name = ctx.last_seen_ref();
    Ok(name.map(|name| ctx.objects.resolve(name.as_str())).transpose()?.flatten())
}

/// Another tix in this clone, or why there is none.
pub fn another_tix(
    ctx: &Context<'_>,
    globals: &Globals,
    words: &[&str],
) -> Result<Program, String> {
    let tix =
        env::current_exe().map_err(|error| format!("cannot find the tix program: {error}"))?;
    let program = Program::new(tix, &ctx.dir).args(globals.as_words()).args(words);
    Ok(program.envs(ctx.env.inherited()))
}
