//! `POST /v1/sync`: one exchange. The bytes are those of `docs/protocol.md`.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use satchel_core::wire::{self, Frame, WireError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use super::body::Bytes;
use super::session::{self, HandIn};
use crate::identity::Session;
use crate::relay::{self, Foresight, RelayError, Sender, Unanswerable};
use crate::state::AppState;

/// How many pushes are looked at on one view of the log: enough to be worth a thread, few enough that others get theirs.
const PUSHES_AT_ONCE: usize = 32;

/// The media type of a message.
pub const MEDIA_TYPE: &str = "application/vnd.satchel.frames";

/// One exchange: the device's pushes are durable when the answer is sent.
///
/// # Errors
/// The problem to answer with.
#[utoipa::path(
    post, path = "/v1/sync", tag = "sync",
    request_body(content = Vec<u8>, content_type = "application/vnd.satchel.frames", description = "A message: Hello, then Pushes."),
    responses(
        (status = 200, description = "A message: Welcome, receipts, batches.", content_type = "application/vnd.satchel.frames", body = Vec<u8>),
        (status = 400, description = "The bytes are no message.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 401, description = "The token does not hold.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 413, description = "The message is larger than this relay takes.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 503, description = "The relay was restored from a backup and waits for an admin (`restored`).", content_type = "application/problem+json", body = super::problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub async fn sync(
    State(state): State<AppState>,
    HandIn(session): HandIn,
    Bytes(body): Bytes,
) -> Result<Response, Problem> {
    let question = wire::decode(&body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, refusal(error)).detail(error.to_string()))?;
    let answer = message(&answer(&state, &session, question).await?).map_err(RelayError::from)?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], answer).into_response())
}

/// Answers one message of a device, in batches.
///
/// # Errors
/// The problem to answer with.
pub async fn answer(state: &AppState, session: &Session, question: Vec<Frame>) -> Result<Vec<Vec<Frame>>, Problem> {
    let sender = Sender::of(session).ok_or_else(|| {
        Problem::forbidden().detail("Only a device syncs; an integrator's key reads and writes records.")
    })?;
    let token_s = token_s(session, state.clock.now_ms());
    let question = Arc::new(question);
    let foresight = foresee(state, &question).await?;
    let parts = state.clone();
    let decided = state
        .database
        .write::<_, RelayError>(move |tx| {
            let context = session::context(&parts, tx)?;
            relay::exchange(tx, &context, sender, token_s, Arc::unwrap_or_clone(question), foresight)
        })
        .await?;
    let answer = match decided {
        Ok(answer) => answer,
        Err(Unanswerable::NoHello) => {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad-message").detail("A message begins with Hello."));
        }
        Err(Unanswerable::Restored) => return Err(Problem::restored()),
    };
    let parts = state.clone();
    let batches = state
        .database
        .read::<_, RelayError>(move |tx| {
            let context = session::context(&parts, tx)?;
            answer.complete(tx, &context, sender)
        })
        .await?;
    Ok(batches)
}

/// Batches as one message, each compressed for itself.
///
/// # Errors
/// Where a frame is larger than a message may be.
pub fn message(batches: &[Vec<Frame>]) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    for batch in batches {
        bytes.extend(wire::encode_bundled(batch)?);
    }
    Ok(bytes)
}

/// Looks at the pushes of a message before the writer's turn, on as many cores as there are.
async fn foresee(state: &AppState, frames: &Arc<Vec<Frame>>) -> Result<Foresight, Problem> {
    let count = relay::count_pushes(frames);
    let limits = session::limits(state);
    let parts = (0..count).step_by(PUSHES_AT_ONCE).map(|first| {
        let frames = Arc::clone(frames);
        let places = first..first + PUSHES_AT_ONCE;
        state
            .database
            .read::<_, RelayError>(move |tx| Foresight::of(tx, limits, &frames, places))
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut parts = stream::iter(parts).buffer_unordered(cores);
    let mut foresight = Foresight::default();
    while !foresight.is_full()
        && let Some(part) = parts.try_next().await?
    {
        foresight.extend(part);
    }
    Ok(foresight)
}

/// The code under which bytes that are no message here are refused.
pub fn refusal(error: WireError) -> &'static str {
    match error {
        WireError::NeedsNewer => "needs-newer",
        WireError::Truncated | WireError::Malformed | WireError::TooLarge => "bad-message",
    }
}

/// Seconds for which a session still holds.
#[must_use]
pub fn token_s(session: &Session, now_ms: i64) -> u32 {
    let left_ms = session
        .expires_at_ms
        .map_or(i64::MAX, |until| until.saturating_sub(now_ms));
    u32::try_from(left_ms.max(0) / 1000).unwrap_or(u32::MAX)
}

/// The routes of this file; a message may have this many bytes.
pub(super) fn routes(exchange_bytes: u32) -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sync))
        .layer(DefaultBodyLimit::max(exchange_bytes as usize))
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
