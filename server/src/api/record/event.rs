//! `GET /v1/events`: what changed, as it happens, for a page: the feed of `/v1/changes` as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use super::change::{self, Feed};
use crate::api::Problem;
use crate::api::body::Query;
use crate::api::problem::ProblemBody;
use crate::api::session::{Witness, Witnessed};
use crate::relay::RelayError;
use crate::state::AppState;

/// Records in one event.
const AT_ONCE: usize = 50;
/// Between two events: a busy day is told in a few large ones.
const PAUSE: Duration = Duration::from_millis(250);
/// So often somebody who hears nothing is told that we are there, and looked at again.
const QUIET: Duration = Duration::from_secs(15);
/// Sent by a browser that connects again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// `next_after` of the feed; from now on where absent. `Last-Event-ID` says the same, and goes before.
    after: Option<u64>,
}

/// What changed for the caller, as it happens: an event named `hello` with the seq after which it begins as its id, then
/// events named `changes`, each a part of the feed of `/v1/changes`, its id
/// the `next_after`. The stream ends when the session does, and when the relay stops.
#[utoipa::path(get, operation_id = "follow_changes", path = "/v1/events", tag = "records", params(EventQuery), responses(
    (status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String),
    (status = 406, description = "The caller does not accept `text/event-stream`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn follow(
    State(app): State<AppState>,
    Witnessed { witness, .. }: Witnessed,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepts = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("text/event-stream"));
    if !headers.get_all(ACCEPT).iter().any(accepts) {
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable").detail("Accept `text/event-stream`."));
    }
    let last = headers
        .get(&LAST_EVENT_ID)
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let seqs = app.database.watch_seq();
    let after = last.or(query.after).unwrap_or_else(|| *seqs.borrow());
    let follower = Follower {
        shutdown: app.shutdown.subscribe(),
        app,
        witness,
        seqs,
        after,
        is_greeted: false,
        waits: false,
    };
    let events = stream::unfold(follower, Follower::next);
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(QUIET))
        .into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of the nginx family hold answers back otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Somebody who listens.
struct Follower {
    app: AppState,
    witness: Witness,
    seqs: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    after: u64,
    /// It was told where it begins.
    is_greeted: bool,
    /// Everything up to `after` was told: there is nothing to do before the log grows.
    waits: bool,
}

impl Follower {
    /// The next event; none where the stream is over.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if !self.is_greeted {
            self.is_greeted = true;
            let hello = Event::default().event("hello").id(self.after.to_string()).data("{}");
            return Some((Ok(hello), self));
        }
        loop {
            if self.waits {
                tokio::select! {
                    changed = self.seqs.changed() => changed.ok()?,
                    _ = self.shutdown.wait_for(|stopping| *stopping) => return None,
                    () = tokio::time::sleep(QUIET) => {}
                }
                tokio::time::sleep(PAUSE).await;
            }
            self.seqs.mark_unchanged();
            // The session is looked up each time: a member who has left, or signed out, hears nothing more.
            let session = self.witness.session(&self.app).await.ok()?;
            let after = self.after;
            let feed = self
                .app
                .database
                .read::<_, RelayError>(move |tx| change::feed(tx, session, after, AT_ONCE))
                .await
                .ok()?;
            self.after = feed.next_after;
            self.waits = !feed.more;
            if !feed.items.is_empty() {
                return Some((Ok(event(&feed)?), self));
            }
        }
    }
}

fn event(feed: &Feed) -> Option<Event> {
    let event = Event::default().event("changes").id(feed.next_after.to_string());
    event.json_data(feed).ok()
}
