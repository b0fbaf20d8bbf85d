//! From a request to an answer: the checks, the session, and the site.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{Semaphore, watch};

use super::admit::{EVENTS, Names, Refused, RequestPurpose, admit};
use super::events::{self, PageNews};
use super::headers::{Style, guarded};
use super::session::{Sessions, same};
use super::{Assets, LONGEST_FORM, Site, SiteAnswer, SiteRequest};

/// Answers that are made at once; others wait.
pub(super) const MOST_ANSWERS: usize = 8;

/// Pages that are kept up to date at once. They are fewer than the connections, so that they leave some free.
const MOST_STREAMS: usize = 128;

/// How long a form may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

struct Server {
    site: Arc<dyn Site>,
    sessions: Sessions,
    assets: Assets,
    news: PageNews,
    names: Names,
    stop: watch::Receiver<bool>,
    streams: Arc<Semaphore>,
    answers: Semaphore,
}

pub(super) fn router(
    site: Arc<dyn Site>,
    sessions: Sessions,
    assets: Assets,
    news: PageNews,
    port: u16,
    stop: watch::Receiver<bool>,
) -> Router {
    let server = Server {
        site,
        sessions,
        assets,
        news,
        names: Names::of(port),
        stop,
        streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        answers: Semaphore::new(MOST_ANSWERS),
    };
    Router::new().fallback(answer).with_state(Arc::new(server))
}

async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match server.answer(&head, body).await {
        Ok(response) => response,
        Err((status, words)) => {
            let page = server.site.refusal(status.as_u16(), words);
            server.page(status, page, Style::Linked)
        }
    }
}

impl Server {
    async fn answer(&self, head: &Parts, body: Body) -> Result<Response, Refused> {
        let purpose = admit(&self.names, &head.method, &head.uri, &head.headers)?;
        let path = head.uri.path();
        if purpose == RequestPurpose::Look {
            match path {
                "/style.css" => return Ok(asset("text/css; charset=utf-8", self.assets.style)),
                "/live.js" => {
                    return Ok(asset("text/javascript; charset=utf-8", self.assets.script));
                }
                // HEAD asks what GET would do; it must not use the token up.
                "/enter" if head.method == Method::GET => {
                    return self.enter(head.uri.query().unwrap_or_default());
                }
                _ => {}
            }
        }
        let cookies = head.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let csrf = self.sessions.csrf_of(cookies).ok_or(STRANGER)?;
        let query = fields(head.uri.query().unwrap_or_default().as_bytes())?;
        if purpose == RequestPurpose::Look && path == EVENTS {
            let slot = Arc::clone(&self.streams).try_acquire_owned();
            let slot = slot
                .map_err(|_error| (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open"))?;
            // A browser that comes back says what it heard last.
            let last = head.headers.get("last-event-id").and_then(|last| last.to_str().ok());
            let since = query.iter().find(|(name, _)| name == "since").map(|(_, state)| &**state);
            let shown = last.or(since).unwrap_or_default().to_owned();
            let kept = (slot, head.extensions.get().cloned());
            let response = events::stream(shown, self.news.clone(), self.stop.clone(), kept);
            return Ok(guarded(response, Style::Linked));
        }
        let form = match purpose {
            RequestPurpose::Look => None,
            RequestPurpose::Write => {
                self.site.closed().map_or(Ok(()), |words| Err((StatusCode::FORBIDDEN, words)))?;
                Some(self.form(body, &csrf).await?)
            }
        };
        let request = SiteRequest { path: path.to_owned(), query, form, csrf };
        self.ask_site(request).await
    }

    fn enter(&self, query: &str) -> Result<Response, Refused> {
        let fields = fields(query.as_bytes())?;
        let token = fields.iter().find(|(name, _)| name == "token").map(|(_, token)| token);
        let cookie = token.and_then(|token| self.sessions.enter(token)).ok_or(STRANGER)?;
        let mut response = self.page(StatusCode::OK, self.site.welcome(), Style::Linked);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// The fields of a form that carries the token of its session.
    async fn form(&self, body: Body, csrf: &str) -> Result<Vec<(String, String)>, Refused> {
        if body.size_hint().lower() > LONGEST_FORM as u64 {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "the form is longer than 1 MiB"));
        }
        let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, LONGEST_FORM)).await;
        let bytes = bytes
            .map_err(|_error| (StatusCode::REQUEST_TIMEOUT, "the form did not come in time"))?
            .map_err(|_error| (StatusCode::BAD_REQUEST, "the form was cut off"))?;
        let fields = fields(&bytes)?;
        let given = fields.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.as_str());
        if !given.is_some_and(|given| same(given, csrf)) {
            return Err((
                StatusCode::FORBIDDEN,
                "the form belongs to another session: load the page again",
            ));
        }
        Ok(fields)
    }

    async fn ask_site(&self, request: SiteRequest) -> Result<Response, Refused> {
        const GONE: Refused = (StatusCode::SERVICE_UNAVAILABLE, "tix serve is ending");
        let _turn = self.answers.acquire().await.map_err(|_error| GONE)?;
        let site = Arc::clone(&self.site);
        let answer = tokio::task::spawn_blocking(move || site.answer(&request)).await;
        let answer = answer
            .map_err(|_error| (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made"))?;
        Ok(match answer {
            SiteAnswer::Page { status, html } => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                self.page(status, html, Style::Linked)
            }
            SiteAnswer::Styled(html) => self.page(StatusCode::OK, html, Style::Within),
            SiteAnswer::SeeOther(place) => guarded(see_other(&place), Style::Linked),
        })
    }

    #[expect(clippy::unused_self, reason = "all answers of a server are made here")]
    fn page(&self, status: StatusCode, html: String, style: Style) -> Response {
        guarded((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(), style)
    }
}

const STRANGER: Refused = (
    StatusCode::FORBIDDEN,
    "This browser has no session here. Open the address that `tix serve` printed when it started; it works once, in one browser.",
);

fn asset(kind: &'static str, text: &'static str) -> Response {
    guarded(([(CONTENT_TYPE, kind)], text).into_response(), Style::Linked)
}

fn see_other(place: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// The fields of a query or a form.
fn fields(bytes: &[u8]) -> Result<Vec<(String, String)>, Refused> {
    let text = std::str::from_utf8(bytes);
    let fields = text.ok().and_then(|text| serde_urlencoded::from_str(text).ok());
    let fields: Vec<(String, String)> =
        fields.ok_or((StatusCode::BAD_REQUEST, "the fields cannot be read"))?;
    // No argument of a program and no text of a ticket has one.
    if fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err((StatusCode::BAD_REQUEST, "a field contains a NUL character"));
    }
    Ok(fields)
}
