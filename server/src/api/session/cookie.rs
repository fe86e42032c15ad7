//! The cookie of a browser's session, and what keeps other pages from using it.

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::api::Problem;
use crate::state::AppState;

/// Sent by our page with everything that changes something. Another site's page cannot add it without asking first, and
/// the relay answers no such question.
pub(in crate::api) const ASKED_BY_PAGE: HeaderName = HeaderName::from_static("x-satchel-page");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Over https the browser itself holds the name to this host, this path and secure connections.
const SECURE_NAME: &str = "__Host-satchel";
/// For a relay on one's own machine: browsers keep the other name over https only.
const PLAIN_NAME: &str = "satchel";

fn is_secure(app: &AppState) -> bool {
    app.config.relay_url().starts_with("https://")
}

fn name(app: &AppState) -> &'static str {
    if is_secure(app) { SECURE_NAME } else { PLAIN_NAME }
}

/// What the browser's cookie holds.
pub(in crate::api) fn read(app: &AppState, headers: &HeaderMap) -> Option<String> {
    let name = name(app);
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The header that sets the cookie, for so many seconds; none take it away.
///
/// # Errors
/// Where the token cannot stand in a header, which ours always can.
pub(in crate::api) fn set(app: &AppState, token: &str, seconds: i64) -> Result<HeaderValue, Problem> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let text = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}",
        name(app)
    );
    HeaderValue::try_from(text).map_err(Problem::internal)
}

/// Passes only what our own page asks for. The cookie is not sent with other sites' requests in the first place
/// (`SameSite=Strict`); this holds against pages on other names of the same site, against old browsers and mistakes:
/// `Sec-Fetch-Site` and `Origin` must not name another place, and what changes something carries our header.
///
/// # Errors
/// A problem that says what was wanting.
pub(in crate::api) fn check_origin(app: &AppState, parts: &Parts) -> Result<(), Problem> {
    let refused = |detail| Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "cross-site").detail(detail));
    let headers = &parts.headers;
    let is_safe = matches!(parts.method, Method::GET | Method::HEAD);
    match headers.get(&SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
        None | Some(b"same-origin") => {}
        // Somebody typed the address.
        Some(b"none") if is_safe => {}
        Some(_) => return refused("The request comes from another site's page."),
    }
    if let Some(origin) = headers.get(ORIGIN)
        && !origin.to_str().is_ok_and(|origin| is_ours(app, origin, headers))
    {
        return refused("The request comes from another site's page.");
    }
    if !is_safe && headers.get(&ASKED_BY_PAGE).is_none() {
        return refused("A browser's session changes something only with the header `x-satchel-page`.");
    }
    Ok(())
}

/// Whether an origin is the one under which this relay is known, or the one that was asked.
fn is_ours(app: &AppState, origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let asked = origin.split_once("://").map(|(_, host)| host);
    // A public address may have a path; an origin has none.
    let public = app.config.relay_url();
    let public = public.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    origin == public || (asked.is_some() && asked == host)
}
