//! Who is behind a request: `Authorization: Bearer …`, looked up in the database each time.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Problem;
use crate::identity::{Session, session};
use crate::relay::{Context, Limits, Store, restore};
use crate::state::AppState;
use crate::store::StoreError;

/// A session that may belong to a revoked device: for the routes where such a device hands in what it holds. Every other
/// route takes a [`Session`], which refuses one.
#[derive(Debug, Clone, Copy)]
pub struct HandIn(pub Session);

impl FromRequestParts<AppState> for HandIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned())
            .ok_or_else(|| Problem::signed_out().detail("Send `Authorization: Bearer …` with a token or a key."))?;
        find(app, bearer).await.map(Self)
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let HandIn(session) = HandIn::from_request_parts(parts, app).await?;
        if session.revoked {
            return Err(Problem::forbidden().detail("The device was revoked: it may only hand in what it holds."));
        }
        Ok(session)
    }
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
