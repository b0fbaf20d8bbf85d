//! What a request must be before anybody looks at it.
//!
//! `Host` must be one of our own names: a page under a name that was made to lead here (DNS rebinding) has its own. A form must say by
//! `Origin` that it comes from us: a cookie alone does not tell, because browsers count all ports of a machine as one site, and
//! `Sec-Fetch-Site`, where it is sent, must agree.

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode, Uri};

/// Why a request is refused: the status, and what is wrong.
pub(super) type Refused = (StatusCode, &'static str);

/// The names by which a server is called.
#[derive(Clone)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn of(port: u16) -> Names {
        // Browsers leave out the port that `http` means.
        let port = if port == 80 { String::new() } else { format!(":{port}") };
        Names(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}{port}")).into())
    }
}

/// Whether somebody wants to look or to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPurpose {
    Look,
    Write,
}

pub(super) fn admit(
    names: &Names,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<RequestPurpose, Refused> {
    let host = only(headers, HOST.as_str())
        .ok_or((StatusCode::MISDIRECTED_REQUEST, "the request must name one host"))?;
    if uri.authority().is_some() || !names.0.iter().any(|name| name == host) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "this server does not go by that name"));
    }
    // hyper follows it where there is a length too; nothing that we serve needs it.
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err((
            StatusCode::NOT_IMPLEMENTED,
            "no request with a Transfer-Encoding is accepted",
        ));
    }
    let site =
        if headers.contains_key(SITE) { Some(only(headers, SITE).ok_or(FOREIGN)?) } else { None };
    if *method == Method::GET || *method == Method::HEAD {
        // A link may lead here from anywhere; what a page of somewhere else loads may not. Nobody goes to the events, and another
        // page with frames of them could take all places.
        let navigates = uri.path() != EVENTS
            && headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
        return match site {
            None | Some("same-origin" | "none") => Ok(RequestPurpose::Look),
            Some(_) if navigates => Ok(RequestPurpose::Look),
            Some(_) => Err(FOREIGN),
        };
    }
    if *method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are served"));
    }
    // hyper has refused two that differ.
    if headers.get_all(CONTENT_LENGTH).iter().nth(1).is_some() {
        return Err((StatusCode::BAD_REQUEST, "the request has more than one Content-Length"));
    }
    let origin = only(headers, ORIGIN.as_str()).ok_or(FOREIGN)?;
    if origin.strip_prefix("http://") != Some(host) || !matches!(site, None | Some("same-origin")) {
        return Err(FOREIGN);
    }
    let kind = only(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "only forms of this page are accepted"));
    }
    Ok(RequestPurpose::Write)
}

const FOREIGN: Refused = (StatusCode::FORBIDDEN, "the request comes from another page");

const SITE: &str = "sec-fetch-site";

/// Where pages hear of news.
pub(super) const EVENTS: &str = "/events";

/// The value of a header that occurs once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn status(method: &str, uri: &str, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let method = method.parse().unwrap();
        match admit(&Names::of(7), &method, &uri.parse().unwrap(), &map) {
            Ok(RequestPurpose::Look) => 1,
            Ok(RequestPurpose::Write) => 2,
            Err((status, _)) => status.as_u16(),
        }
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for host in ["127.0.0.1:7", "localhost:7", "[::1]:7"] {
            assert_eq!(status("GET", "/", &[("host", host)]), 1, "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:8",
            "evil.example:7",
            "127.0.0.1:7.evil",
            "0.0.0.0:7",
            "127.0.0.1:7, x",
        ] {
            assert_eq!(status("GET", "/", &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status("GET", "/", &[]), 421);
        let twice = [("host", "localhost:7"), ("host", "localhost:7")];
        assert_eq!(status("GET", "/", &twice), 421);
        let whole = "http://localhost:7/";
        assert_eq!(status("GET", whole, &[("host", "localhost:7")]), 421);
        assert_eq!(Names::of(80).0, ["127.0.0.1", "localhost", "[::1]"]);
    }

    #[test]
    fn another_page_may_lead_here_and_load_nothing() {
        let look_at = |path, site, mode| {
            let headers =
                [("host", "localhost:7"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            status("GET", path, &headers)
        };
        let look = |site, mode| look_at("/", site, mode);
        for mode in ["navigate", "cors"] {
            assert_eq!(look_at("/events?since=1", "same-site", mode), 403, "{mode}");
            assert_eq!(look_at("/events", "same-origin", mode), 1, "{mode}");
        }
        for site in ["same-origin", "none", "same-site", "cross-site"] {
            assert_eq!(look(site, "navigate"), 1, "{site}");
        }
        for mode in ["cors", "no-cors", "websocket"] {
            assert_eq!((look("same-origin", mode), look("same-site", mode)), (1, 403), "{mode}");
            assert_eq!(look("cross-site", mode), 403, "{mode}");
        }
        let twice =
            [("host", "localhost:7"), ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
        assert_eq!(status("GET", "/", &twice), 403);
    }

    #[test]
    fn a_form_says_that_it_is_ours() {
        let good =
            [("host", "localhost:7"), ("origin", "http://localhost:7"), ("content-type", FORM)];
        let with = |name: &'static str, value: &'static str| {
            let mut headers = good.to_vec();
            headers.retain(|(other, _)| *other != name);
            headers.push((name, value));
            status("POST", "/new", &headers)
        };
        assert_eq!(status("POST", "/new", &good), 2);
        assert_eq!(with("content-type", "application/x-www-form-urlencoded; charset=utf-8"), 2);
        assert_eq!(with("sec-fetch-site", "same-origin"), 2);
        // Another port and another name of this machine are other pages.
        for origin in [
            "null",
            "",
            "http://localhost:8",
            "http://127.0.0.1:7",
            "https://localhost:7",
            "http://localhost:7/",
            "http://evil.example",
        ] {
            assert_eq!(with("origin", origin), 403, "{origin}");
        }
        for site in ["same-site", "cross-site", "none"] {
            assert_eq!(with("sec-fetch-site", site), 403, "{site}");
        }
        for kind in [
            "",
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain; application/x-www-form-urlencoded",
        ] {
            assert_eq!(with("content-type", kind), 415, "{kind}");
        }
        assert_eq!(with("transfer-encoding", "chunked"), 501);
        for at in 0..good.len() {
            let mut headers = good.to_vec();
            let (name, _) = headers.remove(at);
            assert!(status("POST", "/new", &headers) > 400, "without {name}");
            let twice = [&good[..], &good[at..=at]].concat();
            assert!(status("POST", "/new", &twice) > 400, "{name} twice");
        }
        let lengths = [&good[..], &[("content-length", "3"), ("content-length", "3")]].concat();
        assert_eq!(status("POST", "/new", &lengths), 400);
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post"] {
            assert_eq!(status(method, "/new", &good), 405, "{method}");
        }
    }
}
