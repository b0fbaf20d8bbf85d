//! What open pages are told: that something has happened, and how old what they show is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::seats::Busy;

/// The state of what is shown. A page that comes back is told at once when it has missed something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageEvent {
    /// What tells one state of the clone from another.
    pub state: String,
    /// The trunk's commit in it.
    pub commit: String,
    /// How old the trunk is, in seconds.
    pub age: String,
    /// Why the remote cannot be asked; empty if it can.
    pub away: String,
}

/// Where what is new is told.
pub type PageNews = watch::Receiver<PageEvent>;

/// A comment now and then, so that a closed page is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a stream keeps as long as it runs: one of the few streams, and the seat of its connection.
pub(super) type Held = (OwnedSemaphorePermit, Option<Arc<Busy>>);

/// The events for a page that shows this state.
pub(super) fn stream(
    shown: String,
    news: PageNews,
    stop: watch::Receiver<bool>,
    held: Held,
) -> Response {
    let told = Told { shown, age: None, away: None, news, stop, _held: held, waiting: Vec::new() };
    let events = futures_util::stream::unfold(told, |mut told| async move {
        let event = told.next().await?;
        Some((Ok::<_, Infallible>(event), told))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// What a page was told.
struct Told {
    shown: String,
    age: Option<String>,
    away: Option<String>,
    news: PageNews,
    stop: watch::Receiver<bool>,
    _held: Held,
    waiting: Vec<sse::Event>,
}

impl Told {
    /// The next event; `None` at the end of the server.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.waiting.pop() {
                return Some(event);
            }
            let now = self.news.borrow_and_update().clone();
            if self.away.as_ref() != Some(&now.away) {
                // As JSON: a browser drops an event without data, and "back" is an empty text.
                let why = serde_json::Value::from(now.away.as_str()).to_string();
                self.waiting.push(sse::Event::default().event("away").data(why));
                self.away = Some(now.away);
            }
            if self.age.as_ref() != Some(&now.age) {
                self.waiting.push(sse::Event::default().event("age").data(&now.age));
                self.age = Some(now.age);
            }
            if self.shown != now.state {
                self.waiting
                    .push(sse::Event::default().event("news").id(&now.state).data(now.commit));
                self.shown = now.state;
            }
            if self.waiting.is_empty() {
                tokio::select! {
                    changed = self.news.changed() => changed.ok()?,
                    _ = self.stop.wait_for(|stop| *stop) => return None,
                }
            }
        }
    }
}
