//! Why a record is on a device or not.

use axum::extract::State;
use chrono::{DateTime, Utc};
use satchel_core::ids::{DeviceId, DocumentId, ScopeId};
use satchel_core::policy::Access;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::instant;
use crate::api::Problem;
use crate::api::body::Path;
use crate::api::problem::ProblemBody;
use crate::api::session::context;
use crate::identity::{IdentityError, Session};
use crate::relay::{self, RelayError};
use crate::state::AppState;
use crate::store::people::{Directory, Enrolment};

/// What the relay knows of one record and one device; never the record's contents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExplanationView {
    /// `there`, `on-its-way`, `lost`, `no-access`, `revoked`, `waiting` or `unknown` (no such record, or none that the
    /// caller may know of).
    presence: &'static str,
    /// The record's scope.
    #[schema(value_type = Option<String>, format = Uuid)]
    scope: Option<ScopeId>,
    /// What the device's member may do there now: `read`, `write` or `manage`.
    access: Option<&'static str>,
    /// The record's place in the log.
    seq: Option<u64>,
    /// Up to where the device has applied the log, as of its last contact.
    cursor: Option<u64>,
    /// Codes under which pushes of the record by this device wait.
    waits: Vec<String>,
    /// Documents that the device had not handed in at its last contact.
    pending: Option<u32>,
    /// Its last contact.
    contact_at: Option<DateTime<Utc>>,
    /// Its last contact with nothing left to hand in.
    complete_at: Option<DateTime<Utc>>,
}

impl From<relay::Explanation> for ExplanationView {
    fn from(found: relay::Explanation) -> Self {
        Self {
            presence: found.presence.code(),
            scope: found.scope,
            access: found.access.map(|access| match access {
                Access::Read => "read",
                Access::Write => "write",
                Access::Manage => "manage",
            }),
            seq: found.seq,
            cursor: found.cursor,
            waits: found.waits,
            pending: found.pending,
            contact_at: found.contact_at_ms.map(instant),
            complete_at: found.complete_at_ms.map(instant),
        }
    }
}

/// Why a record is on a device or not, for those who answer for the device's member. Of a record outside the caller's
/// reach, and of every private one, it says what it says of one that does not exist.
#[utoipa::path(get, path = "/v1/devices/{id}/documents/{document}/explain", operation_id = "explain_document",
    tag = "devices", params(("id" = String, Path, format = Uuid), ("document" = String, Path, format = Uuid)), responses(
    (status = 200, description = "What is known", body = ExplanationView),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such device", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn explain(
    State(app): State<AppState>,
    session: Session,
    Path((device, document)): Path<(DeviceId, DocumentId)>,
) -> Result<axum::Json<ExplanationView>, Problem> {
    let parts = app.clone();
    let explained = app
        .database
        .read::<_, Problem>(move |tx| {
            let actor = session.actor();
            let owner = tx.device(device)?.ok_or_else(Problem::not_found)?;
            let member = tx.member(owner.member)?.ok_or_else(Problem::not_found)?;
            actor.must_manage_member(tx, &member)?;
            let context = context(&parts, tx)?;
            let may_know = |scope: Option<ScopeId>| match scope {
                None => Ok(actor.is_admin()),
                Some(scope) => match actor.must_manage_scope(tx, scope) {
                    Ok(()) => Ok(true),
                    Err(IdentityError::Store(error)) => Err(RelayError::from(error)),
                    Err(_) => Ok(false),
                },
            };
            Ok(relay::explain(tx, &context, device, document, may_know)?)
        })
        .await?;
    explained
        .map(|found| axum::Json(found.into()))
        .ok_or_else(Problem::not_found)
}
