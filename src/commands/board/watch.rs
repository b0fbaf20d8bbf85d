//! Following the remote while the board is open: a question about one ref from time to time, and a fetch when the answer
//! is new. Neither is waited for, and neither outlives the board.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::live::{another_tix, trunk};
use crate::app::context::{Context, Globals};
use crate::clock;
use crate::error::Failure;
use crate::git::exec::Finished;
use crate::git::{RefQuestion, RunningCall};

/// How long an answer is waited for. One that takes longer is none, and the next question follows.
const PATIENCE: Duration = Duration::from_secs(10);

/// The words with which another tix fetches, and says nothing.
pub const FETCH: [&str; 5] = ["list", "--fetch", "--quiet", "--limit", "0"];

/// What is known of the remote, and what is done to know more.
pub struct Watch {
    /// From the end of one question to the next; `None` asks never.
    every: Option<Duration>,
    doing: Doing,
    freshness: Freshness,
    /// When the remote last answered.
    answered: Option<DateTime<Utc>>,
}

enum Doing {
    /// Since when, if there was anything before.
    Nothing(Option<Instant>),
    Asking(RefQuestion),
    Fetching(RunningCall),
}

/// How what is shown stands to what the remote has.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Freshness {
    /// Nobody has asked yet.
    Unknown,
    /// It is the same, as far as the last answer goes.
    Current,
    /// That cannot be known, and why.
    Away(String),
}

/// Whether there is something new to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchNews {
    Nothing,
    News,
}

impl Watch {
    /// One that asks so often; no time at all is never. The first question comes at once.
    pub fn every(time: Duration) -> Watch {
        Watch {
            every: (!time.is_zero()).then_some(time),
            doing: Doing::Nothing(None),
            freshness: Freshness::Unknown,
            answered: None,
        }
    }

    /// Asks when it is time to, and goes on with what has been answered.
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
                        Doing::Asking(ctx.repo.ask_remote(remote, &ctx.trunk, until))
                    }
                    Some(_) | None => Doing::Nothing(since),
                };
            }
            Doing::Asking(asked) if !asked.is_over() => self.doing = Doing::Asking(asked),
            Doing::Asking(asked) => match asked.answer() {
                Ok(there) if there == trunk(ctx)? => self.is_current(),
                Ok(_) => match another_tix(ctx, globals, &FETCH) {
                    Ok(tix) => self.doing = Doing::Fetching(tix.start()),
                    Err(error) => self.freshness = Freshness::Away(error),
                },
                Err(error) => {
                    tracing::info!(%error, "the remote does not answer");
                    self.freshness = Freshness::Away(away(ctx, "does not answer"));
                }
            },
            Doing::Fetching(tix) if !tix.is_finished() => self.doing = Doing::Fetching(tix),
            Doing::Fetching(tix) => match tix.finish() {
                Ok(Finished { code: Some(0), .. }) => {
                    self.is_current();
                    heard = WatchNews::News;
                }
                Ok(finished) => {
                    tracing::info!(%finished, "the fetch failed");
                    self.freshness = Freshness::Away(away(ctx, "has news that cannot be fetched"));
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
            Doing::Fetching(tix) => tix.stop(),
        }
    }
}

fn away(ctx: &Context<'_>, what: &str) -> String {
    let remote = ctx.remote.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{remote} {what}")
}
