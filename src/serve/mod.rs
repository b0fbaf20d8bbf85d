//! A page for one person on the loopback address: the network, and who may come in.
//!
//! It knows no tickets: a [`Site`] answers each request that has passed all checks. Nobody but programs of this machine can reach it,
//! and of those only a browser that was handed the token of the first address. A page of somewhere else that the same browser shows
//! can neither write (`Origin`, the token in each form) nor read under a name of its own (`Host`), and a connection that sends
//! nothing, or sends it slowly, or never ends is closed.

mod accept;
mod admit;
mod doors;
mod events;
mod headers;
mod routes;
mod seats;
mod session;

use std::io;
use std::sync::Arc;

pub use self::doors::Doors;
pub use self::events::{PageEvent, PageNews};
pub use self::session::Sessions;

/// The most bytes of a form: a ticket's text of half a megabyte, with every character escaped.
const LONGEST_FORM: usize = 1 << 20;

/// A request that passed all checks.
pub struct SiteRequest {
    /// Without the question mark and what follows it.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The fields of a form that was sent to be written; `None` when somebody only looks.
    pub form: Option<Vec<(String, String)>>,
    /// What the forms on the answer must carry.
    pub csrf: String,
}

impl SiteRequest {
    /// The first value of a field of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    /// The first value of a field of the form.
    pub fn field(&self, name: &str) -> Option<&str> {
        value(self.form.as_deref()?, name)
    }
}

fn value<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// What a site says.
pub enum SiteAnswer {
    Page {
        status: u16,
        html: String,
    },
    /// A page that has its style within it.
    Styled(String),
    /// Where to look instead.
    SeeOther(String),
}

/// What is served.
pub trait Site: Send + Sync + 'static {
    /// Why no form is taken, if none is.
    fn closed(&self) -> Option<&'static str>;

    /// Answers a request. It may block.
    fn answer(&self, request: &SiteRequest) -> SiteAnswer;

    /// The page that leads a new session to the first view. It goes there by itself: a redirect would not do, because a browser that
    /// was led here by something else than its user, such as a file, does not send a strict cookie along with it.
    fn welcome(&self) -> String;

    /// The page for a request that was not let in: an HTTP status, and what is wrong in words.
    fn refusal(&self, status: u16, words: &str) -> String;
}

/// What every page loads.
pub struct Assets {
    pub style: &'static str,
    pub script: &'static str,
}

/// Serves until `stop` says so; then what is being answered comes to its end.
pub fn serve(
    doors: Doors,
    site: Arc<dyn Site>,
    sessions: Sessions,
    assets: Assets,
    news: PageNews,
    stop: tokio::sync::watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(routes::MOST_ANSWERS)
        .build()?;
    let port = doors.port();
    let served = runtime.block_on(async move {
        let router = routes::router(site, sessions, assets, news, port, stop.clone());
        accept::run(doors.into_listeners(), router, stop).await
    });
    // An answer that is still being made must not hold up the end.
    runtime.shutdown_background();
    served
}
