//! What waits for a decision: seen and decided by those who answer for its scope.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use satchel_core::ids::{DeviceId, DocumentId, MemberId, ScopeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::instant;
use crate::api::body::{Path, Query};
use crate::api::page::PageQuery;
use crate::api::problem::ProblemBody;
use crate::api::session::context;
use crate::api::{Page, Problem};
use crate::identity::{IdentityError, Session};
use crate::relay::{self, Accepted, Context, RelayError, Store, Waiting};
use crate::state::AppState;
use crate::store::log::{Log, Parked};

/// A push that was not let in and waits: what and whose, never its contents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineView {
    /// Number in order of arrival.
    number: i64,
    /// The record.
    #[schema(value_type = String, format = Uuid)]
    id: DocumentId,
    /// Its kind; may be unknown to this version.
    kind: String,
    /// Its scope, where it can be told.
    #[schema(value_type = Option<String>, format = Uuid)]
    scope: Option<ScopeId>,
    /// Who pushed it.
    #[schema(value_type = String, format = Uuid)]
    member: MemberId,
    /// From which device.
    #[schema(value_type = String, format = Uuid)]
    device: DeviceId,
    /// Why it waits.
    code: String,
    /// The record whose arrival it waits for.
    #[schema(value_type = Option<String>, format = Uuid)]
    awaits: Option<DocumentId>,
    /// When it arrived.
    received_at: DateTime<Utc>,
}

/// What waits, where the caller may decide about it.
fn visible(
    store: &dyn Store,
    context: &Context<'_>,
    session: Session,
    parked: &Parked,
) -> Result<Option<QuarantineView>, RelayError> {
    let actor = session.actor();
    let (allowed, scope) = match relay::waiting(store, context, parked)? {
        Waiting::Private => (false, None),
        Waiting::Somewhere => (actor.is_admin(), None),
        Waiting::In(scope) => match actor.must_manage_scope(store, scope) {
            Ok(()) => (true, Some(scope)),
            Err(IdentityError::Store(error)) => return Err(error.into()),
            Err(_) => (false, None),
        },
    };
    Ok(allowed.then(|| QuarantineView {
        number: parked.number,
        id: parked.document,
        kind: parked.kind.clone(),
        scope,
        member: parked.member,
        device: parked.device,
        code: parked.code.clone(),
        awaits: parked.awaits,
        received_at: instant(parked.received_at_ms),
    }))
}

/// What waits in the caller's reach, oldest first. A private record is never among it.
#[utoipa::path(get, path = "/v1/quarantine", operation_id = "list_quarantine", tag = "quarantine", params(PageQuery),
    responses((status = 200, description = "What waits", body = Page<QuarantineView>)))]
pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<QuarantineView>>, Problem> {
    let limit = page.limit()?;
    let after = page
        .after()?
        .map(|bytes| <[u8; 8]>::try_from(bytes).map(i64::from_be_bytes));
    let after = after.transpose().map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed").detail("The cursor is not one of this relay's.")
    })?;
    let parts = app.clone();
    let rows = app
        .database
        .read::<_, RelayError>(move |tx| {
            let context = context(&parts, tx)?;
            let (mut rows, mut after) = (Vec::new(), after.unwrap_or(0));
            loop {
                let batch = tx.all_parked(after, limit + 1)?;
                let Some(last) = batch.last() else { return Ok(rows) };
                after = last.number;
                for parked in &batch {
                    rows.extend(visible(tx, &context, session, parked)?);
                    if rows.len() > limit {
                        return Ok(rows);
                    }
                }
            }
        })
        .await?;
    let key = |row: &QuarantineView| row.number.to_be_bytes().to_vec();
    Ok(axum::Json(Page::cut(rows, limit, key, |row| row)))
}

/// Runs a decision about what the caller may decide about; anything else is not there.
async fn decide<T: Send + 'static>(
    app: &AppState,
    session: Session,
    number: i64,
    decide: impl FnOnce(&mut dyn Store, &Context<'_>) -> Result<Option<T>, RelayError> + Send + 'static,
) -> Result<T, Problem> {
    let parts = app.clone();
    let decided = app
        .database
        .write::<_, RelayError>(move |tx| {
            let context = context(&parts, tx)?;
            let Some(parked) = tx.parked(number)? else {
                return Ok(None);
            };
            if visible(tx, &context, session, &parked)?.is_none() {
                return Ok(None);
            }
            decide(tx, &context)
        })
        .await?;
    decided.ok_or_else(Problem::not_found)
}

/// Let something in that waits. It must still pass every check but that of permission, which is given by this.
#[utoipa::path(post, path = "/v1/quarantine/{number}/accept", operation_id = "accept_quarantine", tag = "quarantine",
    params(("number" = i64, Path)), responses(
    (status = 204, description = "It is in the log"),
    (status = 404, description = "Nothing of this number waits for the caller", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "It cannot enter; it goes on waiting", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn accept(
    State(app): State<AppState>,
    session: Session,
    Path(number): Path<i64>,
) -> Result<StatusCode, Problem> {
    let outcome = decide(&app, session, number, move |tx, context| {
        relay::decide(tx, context, number)
    })
    .await?;
    match outcome {
        Accepted::In { .. } | Accepted::Duplicate => Ok(StatusCode::NO_CONTENT),
        Accepted::Held(_) => Err(Problem::conflict("held").detail("The record that it hangs on is not here.")),
        Accepted::NeedsDependencies => {
            Err(Problem::conflict("needs-dependencies").detail("It builds on something that is not here."))
        }
        Accepted::Barred(code) | Accepted::Denied { code, .. } => {
            Err(Problem::conflict(code).detail("It does not pass the checks of a push."))
        }
        Accepted::Dropped(_) => Err(Problem::conflict("builds-on-dropped").detail("Some of it was dropped before.")),
    }
}

/// Drop something that waits. Its author keeps sight of the edit.
#[utoipa::path(post, path = "/v1/quarantine/{number}/drop", operation_id = "drop_quarantine", tag = "quarantine",
    params(("number" = i64, Path)), responses(
    (status = 204, description = "Dropped"),
    (status = 404, description = "Nothing of this number waits for the caller", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn drop_it(
    State(app): State<AppState>,
    session: Session,
    Path(number): Path<i64>,
) -> Result<StatusCode, Problem> {
    decide(&app, session, number, move |tx, _| relay::drop_parked(tx, number)).await?;
    Ok(StatusCode::NO_CONTENT)
}
