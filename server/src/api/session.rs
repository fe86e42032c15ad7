//! Who is behind a request: `Authorization: Bearer …`, or a browser's cookie; looked up in the database each time.

pub(super) mod cookie;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Problem;
use crate::identity::{Session, browser, session};
use crate::relay::{Context, Limits, Store, restore};
use crate::state::AppState;
use crate::store::StoreError;

/// A session that may belong to a revoked device: for the routes where such a device hands in what it holds. Every other
/// route takes a [`Session`], which refuses one. A browser's cookie is no way in here: a page never speaks the devices'
/// protocol.
#[derive(Debug, Clone, Copy)]
pub struct HandIn(pub Session);

impl FromRequestParts<AppState> for HandIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let bearer = bearer(parts)
            .ok_or_else(|| Problem::signed_out().detail("Send `Authorization: Bearer …` with a token or a key."))?;
        find(app, bearer).await.map(Self)
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Ok(Witnessed::from_request_parts(parts, app).await?.session)
    }
}

/// What shows who is behind a request, to be looked at again by an answer that goes on.
#[derive(Clone)]
pub(super) enum Witness {
    /// A device's token or an integrator's key.
    Bearer(String),
    /// What a browser's cookie holds.
    Cookie(String),
}

/// A session together with what shows it.
pub(super) struct Witnessed {
    /// Who is behind the request.
    pub(super) session: Session,
    /// What shows it.
    pub(super) witness: Witness,
}

impl FromRequestParts<AppState> for Witnessed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let witness = match (bearer(parts), cookie::read(app, &parts.headers)) {
            (Some(bearer), _) => Witness::Bearer(bearer),
            (None, Some(token)) => {
                cookie::check_origin(app, parts)?;
                Witness::Cookie(token)
            }
            (None, None) => {
                return Err(
                    Problem::signed_out().detail("Send `Authorization: Bearer …`, or sign in to the dashboard.")
                );
            }
        };
        let session = witness.session(app).await?;
        Ok(Self { session, witness })
    }
}

impl Witness {
    /// Who this shows now.
    ///
    /// # Errors
    /// A problem where the session is over, and where it may do nothing but hand in.
    pub(super) async fn session(&self, app: &AppState) -> Result<Session, Problem> {
        let session = match self {
            Self::Bearer(bearer) => find(app, bearer.clone()).await?,
            Self::Cookie(token) => find_browser(app, token.clone()).await?,
        };
        if session.revoked {
            return Err(Problem::forbidden().detail("The device was revoked: it may only hand in what it holds."));
        }
        Ok(session)
    }
}

fn bearer(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn find_browser(app: &AppState, token: String) -> Result<Session, Problem> {
    let now_ms = app.clock.now_ms();
    let found = app.database.read::<_, StoreError>(move |tx| {
        if restore::is_closed(tx)? {
            return Ok(Err(Problem::restored()));
        }
        Ok(Ok(browser::find(tx, &token, now_ms)?))
    });
    found
        .await??
        .ok_or_else(|| Problem::signed_out().detail("The browser's session is over: sign in again."))
}

/// The session of a token or key, also for a frame that renews a live connection's.
///
/// # Errors
/// A problem where it is unknown, expired or revoked, and where the relay serves nobody.
pub async fn find(app: &AppState, bearer: String) -> Result<Session, Problem> {
    let now_ms = app.clock.now_ms();
    let found = app.database.read::<_, StoreError>(move |tx| {
        if restore::is_closed(tx)? {
            return Ok(Err(Problem::restored()));
        }
        Ok(Ok(session::find(tx, &bearer, now_ms)?))
    });
    found
        .await??
        .ok_or_else(|| Problem::signed_out().detail("The token or key is unknown, expired or revoked."))
}

/// What the relay knows while it answers, within a transaction: the moment, and the sizes that the operator set.
///
/// # Errors
/// Where the database fails.
pub fn context<'a>(app: &'a AppState, store: &dyn Store) -> Result<Context<'a>, StoreError> {
    Ok(Context::read(store, app.clock.now_ms(), &*app.entropy)?.within(limits(app)))
}

/// The sizes that the operator set.
pub(super) fn limits(app: &AppState) -> Limits {
    let settings = app.config.limits;
    Limits::new(settings.document_bytes, settings.batch_bytes)
}

/// Where a request comes from, for counting failures: never logged, never stored.
#[derive(Debug, Clone)]
pub(super) struct Source(pub(super) String);

impl FromRequestParts<AppState> for Source {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip().to_string());
        let forwarded = if app.config.trust_forwarded_for {
            let header = parts.headers.get_all("x-forwarded-for").iter().next_back();
            header
                .and_then(|value| value.to_str().ok()?.rsplit(',').next())
                .map(|last| last.trim().to_owned())
        } else {
            None
        };
        Ok(Self(forwarded.or(peer).unwrap_or_else(|| "here".into())))
    }
}

/// Passes only what our own page asks for, signed in or not.
pub(super) struct FromPage;

impl FromRequestParts<AppState> for FromPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        cookie::check_origin(app, parts).map(|()| Self)
    }
}
