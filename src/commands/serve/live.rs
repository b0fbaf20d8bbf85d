//! Follows the clone and its remote, and tells the open pages.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::watch;

use super::reads::{Reads, Unread};
use crate::app::context::Globals;
use crate::app::unusable::open_anyway;
use crate::app::watch::Watch;
use crate::clock;
use crate::env::Env;
use crate::error::Failure;
use crate::git::signals;
use crate::out::{Format, Narration, Out};
use crate::serve::{PageEvent, PageNews};

/// How often the clone is looked at: the times of a few directories.
const LOOK: Duration = Duration::from_millis(200);

/// How often the remote is asked where the trunk and the ticket branches are, as the board does.
const ASK: Duration = Duration::from_secs(10);

/// How often the age of what is shown is told.
const AGE: Duration = Duration::from_secs(1);

/// What is known of the remote.
#[derive(Clone)]
pub struct CloneWatch {
    known: Arc<Mutex<Known>>,
    stop: Arc<watch::Sender<bool>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Clone, Debug, Default)]
pub struct Known {
    /// When it last answered.
    pub at: Option<DateTime<Utc>>,
    /// Why it cannot be asked; empty if it can.
    pub away: String,
    /// The failure of settings that cannot be used.
    pub unusable: Option<Value>,
}

impl Known {
    /// How old what is shown is; `None` when nobody knows.
    pub fn age(&self) -> Option<TimeDelta> {
        Some((clock::now() - self.at?).max(TimeDelta::zero()))
    }
}

impl CloneWatch {
    /// Follows on a thread of its own.
    pub fn start(globals: &Globals, env: &Env, reads: Arc<Reads>) -> (CloneWatch, PageNews) {
        let (sender, news) = watch::channel(PageEvent::default());
        let (stop, stopped) = watch::channel(false);
        let live =
            CloneWatch { known: Arc::default(), stop: Arc::new(stop), thread: Arc::default() };
        let (known, globals, env) = (Arc::clone(&live.known), globals.clone(), env.clone());
        let follower = Follower { reads, known, sender, stopped, told: Instant::now() };
        let thread = thread::spawn(move || follower.follow(&globals, &env));
        live.thread.lock().unwrap_or_else(PoisonError::into_inner).replace(thread);
        (live, news)
    }

    pub fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it, and what it has asked the remote.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("what followed the clone has broken down");
        }
    }
}

struct Follower {
    reads: Arc<Reads>,
    known: Arc<Mutex<Known>>,
    sender: watch::Sender<PageEvent>,
    stopped: watch::Receiver<bool>,
    /// When the pages were last told.
    told: Instant,
}

impl Follower {
    fn follow(mut self, globals: &Globals, env: &Env) {
        let out = Out::new(Format::Human, Narration::Quiet, env);
        let mut watch = Watch::every(ASK);
        // So that there is something to show when the settings can no longer be read.
        if let Err(Unread::NotRun(error)) = self.reads.board() {
            tracing::warn!(%error, "board");
        }
        while self.goes_on() {
            // Settings may change while the page is open, and those that cannot be used are mended by what comes from the remote.
            match open_anyway(globals, env, &out) {
                Ok((ctx, unusable)) => {
                    self.found(unusable.as_ref());
                    let (until, at) = (Instant::now() + ASK, self.sender.borrow().commit.clone());
                    while Instant::now() < until && self.goes_on() {
                        if let Err(failure) = watch.look(&ctx, globals) {
                            tracing::debug!(message = failure.message, "the remote");
                        }
                        let why = unusable.as_ref().map_or(watch.away(), |found| &found.message);
                        self.tell(why, watch.answered());
                        if self.sender.borrow().commit != at {
                            break;
                        }
                        thread::sleep(LOOK);
                    }
                }
                Err(failure) => {
                    self.found(Some(&failure));
                    self.tell(&failure.message, watch.answered());
                    thread::sleep(LOOK);
                }
            }
        }
        watch.stop();
    }

    /// Keeps what is wrong with the settings.
    fn found(&self, unusable: Option<&Failure>) {
        let unusable = unusable.and_then(|failure| serde_json::to_value(failure.json()).ok());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).unusable = unusable;
    }

    fn goes_on(&self) -> bool {
        !*self.stopped.borrow() && signals::check().is_ok()
    }

    /// Tells the pages what has changed; how old the trunk is once a second.
    fn tell(&mut self, away: &str, answered: Option<DateTime<Utc>>) {
        let now = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            away.clone_into(&mut known.away);
            known.at = known.at.max(answered).max(self.reads.fetched_at());
            known.clone()
        };
        let state = self.reads.state();
        let age = now.age().map(|age| age.num_seconds().to_string()).unwrap_or_default();
        let last = self.sender.borrow().clone();
        let commit =
            if last.state == state { last.commit.clone() } else { self.reads.commit(&state) };
        let event = PageEvent { state, commit, age, away: now.away };
        let is_news = event.state != last.state || event.away != last.away;
        if is_news || (self.told.elapsed() >= AGE && last != event) {
            self.told = Instant::now();
            self.sender.send_replace(event);
        }
    }
}
