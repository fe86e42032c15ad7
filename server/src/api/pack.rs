//! `GET /v1/packs` and `GET /v1/packs/{hash}`: what a device that loads many scopes takes instead of rows.

use std::collections::BTreeSet;
use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use satchel_core::ids::MemberId;
use satchel_core::wire::{self, PackHash};
use serde::Deserialize;
use tokio::time::{Duration, Instant, timeout};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use super::body::Query;
use super::session;
use super::sync::MEDIA_TYPE;
use crate::identity::Session;
use crate::relay::pack::{self, Group, LeftOut, Packing};
use crate::relay::{RelayError, Subscription};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::pack::Packs;

/// How long a manifest waits for packs that are being built, before it names those that are there and says that more come.
const BUILD_FOR: Duration = Duration::from_secs(8);
/// A pack that no manifest has named for so long is swept: 30 days.
const UNUSED_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Using a pack is noted once a day.
const NOTED_MS: i64 = 24 * 60 * 60 * 1000;
/// Bytes of packs that are kept; beyond, those go first that were named longest ago.
const KEPT_BYTES: u64 = 4 << 30;

/// What the device takes.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// What the member only reads from above is wanted as rows alone.
    #[serde(default)]
    pub rows: bool,
}

/// The packs of the scopes that the device's member may read, most useful first. Those that are missing are built, once
/// for everybody.
///
/// # Errors
/// The problem to answer with.
#[utoipa::path(
    get, path = "/v1/packs", tag = "sync",
    params(Wish),
    responses(
        (status = 200, description = "A message: a Pack for each, then Manifest.", content_type = "application/vnd.satchel.frames", body = Vec<u8>),
        (status = 401, description = "The token does not hold.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 403, description = "Not a device's token, or a revoked one's.", content_type = "application/problem+json", body = super::problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub async fn manifest(
    State(state): State<AppState>,
    session: Session,
    Query(Wish { rows }): Query<Wish>,
) -> Result<Response, Problem> {
    let member = of_device(&session)?;
    let until = Instant::now() + BUILD_FOR;
    let more = match timeout(BUILD_FOR, state.shelf.building.lock()).await {
        Ok(mut turn) => build_missing(&state, (member, rows), &mut turn, until).await?,
        Err(_) => true,
    };
    let parts = state.clone();
    let (frames, unnoted) = state
        .database
        .read::<_, RelayError>(move |tx| {
            let context = session::context(&parts, tx)?;
            let packs = pack::ready(tx, member, &Subscription::of(tx, member, rows)?)?;
            let unnoted: Vec<PackHash> = packs
                .iter()
                .filter(|pack| context.now_ms.saturating_sub(pack.used_at_ms) > NOTED_MS)
                .map(|pack| pack.hash)
                .collect();
            Ok((pack::manifest(tx, &context, packs, more)?, unnoted))
        })
        .await?;
    if !unnoted.is_empty() {
        let now_ms = state.clock.now_ms();
        state
            .database
            .write::<_, StoreError>(move |tx| unnoted.iter().try_for_each(|hash| tx.touch_pack(*hash, now_ms)))
            .await?;
    }
    let message = wire::encode_bundled(&frames).map_err(RelayError::from)?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], message).into_response())
}

/// A pack, or a part of it (`Range: bytes=N-` or `N-M`). One that holds a scope that the member may not read, that
/// somebody lost access to since, or that is swept, is gone: take a new manifest.
///
/// # Errors
/// The problem to answer with.
#[utoipa::path(
    get, path = "/v1/packs/{hash}", tag = "sync",
    params(("hash" = String, Path, description = "The pack's SHA-256, in hex.")),
    responses(
        (status = 200, description = "The pack.", content_type = "application/vnd.satchel.pack", body = Vec<u8>),
        (status = 206, description = "A part of it.", content_type = "application/vnd.satchel.pack", body = Vec<u8>),
        (status = 401, description = "The token does not hold.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 403, description = "Not a device's token, or a revoked one's.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 410, description = "There is no such pack for this member, or no more.", content_type = "application/problem+json", body = super::problem::ProblemBody),
        (status = 416, description = "The range begins beyond its end.", content_type = "application/problem+json", body = super::problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub async fn fetch(
    State(state): State<AppState>,
    session: Session,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let member = of_device(&session)?;
    let hash: PackHash = hash.parse().map_err(|_| gone())?;
    let known = state
        .database
        .read::<_, StoreError>(move |tx| Ok(tx.pack_for(member, hash)?.is_some()))
        .await?;
    if !known {
        return Err(gone());
    }
    let asked = range(&headers);
    let parts = state.clone();
    let read = tokio::task::spawn_blocking(move || {
        parts
            .shelf
            .read(hash, asked.clone().unwrap_or(0..u64::MAX))
            .map(|read| (read, asked))
    })
    .await;
    let (read, asked) = read.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let Some((bytes, length)) = read else {
        // Its file is lost: the next manifest builds another.
        state
            .database
            .write::<_, StoreError>(move |tx| tx.remove_pack(hash))
            .await?;
        return Err(gone());
    };
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "application/vnd.satchel.pack")
        .header(header::ETAG, format!("\"{hash}\""))
        .header(header::ACCEPT_RANGES, "bytes")
        // The bytes never change, but who may have them does.
        .header(header::CACHE_CONTROL, "private, no-store");
    let response = match asked {
        None => response.body(Body::from(bytes)),
        Some(asked) if asked.start >= length => {
            return Ok((
                [(header::CONTENT_RANGE, format!("bytes */{length}"))],
                Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range"),
            )
                .into_response());
        }
        Some(asked) => {
            let last = asked.start + bytes.len() as u64 - 1;
            response
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_RANGE, format!("bytes {}-{last}/{length}", asked.start))
                .body(Body::from(bytes))
        }
    };
    response.map_err(Problem::internal)
}

/// The routes of this file.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(manifest)).routes(routes!(fetch))
}

fn of_device(session: &Session) -> Result<MemberId, Problem> {
    match session.device {
        Some(_) => Ok(session.member),
        None => Err(Problem::forbidden().detail("Only a device takes packs; an integrator's key reads records.")),
    }
}

/// One answer for whatever is not to be had: it tells nobody which packs there are.
fn gone() -> Problem {
    Problem::new(StatusCode::GONE, "pack-gone").detail("Take a new manifest.")
}

/// The one range that is asked for. Anything but `bytes=N-` and `bytes=N-M` is answered with the whole, as HTTP allows.
fn range(headers: &HeaderMap) -> Option<Range<u64>> {
    let text = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    let (first, last) = text.split_once('-')?;
    let first: u64 = first.trim().parse().ok()?;
    let end = match last.trim() {
        "" => u64::MAX,
        last => last.parse::<u64>().ok()?.checked_add(1)?,
    };
    (first < end).then_some(first..end)
}

/// Builds what is missing, most useful first, until there is no more or the time is over; says whether there is more.
async fn build_missing(
    state: &AppState,
    (member, rows): (MemberId, bool),
    left_out: &mut LeftOut,
    until: Instant,
) -> Result<bool, Problem> {
    let known = left_out.clone();
    let plan = state
        .database
        .read::<_, RelayError>(move |tx| {
            let subscription = Subscription::of(tx, member, rows)?;
            pack::plan(tx, Packing::default(), member, &subscription, &known)
        })
        .await?;
    if !plan.outdated.is_empty() {
        let outdated = plan.outdated;
        state
            .database
            .write::<_, StoreError>(move |tx| outdated.iter().try_for_each(|hash| tx.remove_pack(*hash)))
            .await?;
    }
    let mut missing = plan.missing.into_iter();
    let mut built = 0_u32;
    for group in missing.by_ref() {
        build(state, group, left_out).await?;
        built += 1;
        if Instant::now() >= until {
            break;
        }
    }
    if built > 0 {
        sweep(state).await?;
    }
    Ok(missing.next().is_some())
}

async fn build(state: &AppState, group: Group, left_out: &mut LeftOut) -> Result<(), Problem> {
    let now_ms = state.clock.now_ms();
    let built = state
        .database
        .read::<_, RelayError>(move |tx| pack::build(tx, &group, now_ms))
        .await?;
    left_out.extend(built.left_out.iter().map(|scope| (*scope, built.seq)));
    let Some((pack, bytes)) = built.pack else { return Ok(()) };
    let (parts, hash) = (state.clone(), pack.hash);
    tokio::task::spawn_blocking(move || parts.shelf.put(hash, &bytes))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    // Where access changed meanwhile it is not kept, and its file is swept.
    state
        .database
        .write::<_, StoreError>(move |tx| tx.put_pack(&pack))
        .await?;
    Ok(())
}

/// Forgets packs that nobody wants, and deletes files that are not named any more. The caller holds the turn.
async fn sweep(state: &AppState) -> Result<(), Problem> {
    let unused_since_ms = state.clock.now_ms().saturating_sub(UNUSED_MS);
    let kept = state
        .database
        .write::<_, StoreError>(move |tx| {
            let all = tx.all_packs()?;
            let mut bytes: u64 = all.iter().map(|(_, bytes, _)| bytes).sum();
            let mut kept = BTreeSet::new();
            for (hash, size, used_at_ms) in all {
                if used_at_ms < unused_since_ms || bytes > KEPT_BYTES {
                    tx.remove_pack(hash)?;
                    bytes -= size;
                } else {
                    kept.insert(hash);
                }
            }
            Ok(kept)
        })
        .await?;
    let parts = state.clone();
    tokio::task::spawn_blocking(move || parts.shelf.sweep(&kept))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)
}
