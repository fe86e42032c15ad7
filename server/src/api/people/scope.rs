//! Whose a record is.

use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::ids::{MemberId, ScopeId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ScopeView;
use crate::api::Problem;
use crate::api::body::{Json, Path};
use crate::api::problem::ProblemBody;
use crate::identity::assignment::{self, Handover};
use crate::identity::{Actor, IdentityError, Session, access, scope};
use crate::state::AppState;
use crate::store::People;
use crate::store::people::Tree;

/// One scope that the caller may read.
#[utoipa::path(get, operation_id = "get_scope", path = "/v1/scopes/{id}", tag = "people", params(("id" = String, Path, format = Uuid)), responses(
    (status = 200, description = "The scope", body = ScopeView),
    (status = 404, description = "No such scope for the caller", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<ScopeId>,
) -> Result<axum::Json<ScopeView>, Problem> {
    let view = app
        .database
        .read::<_, IdentityError>(move |tx| {
            let allowed = access::can(tx, session.member, id)?.ok_or(IdentityError::NotFound("scope"))?;
            let found = tx.scope(id)?.ok_or(IdentityError::NotFound("scope"))?;
            Ok(ScopeView::new(&found, scope::assignees(tx, id)?, allowed))
        })
        .await?;
    Ok(axum::Json(view))
}

/// Assign a record to one more member. Doing it twice changes nothing.
#[utoipa::path(put, operation_id = "assign_scope", path = "/v1/scopes/{id}/assignees/{member}", tag = "people",
    params(("id" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid)), responses(
    (status = 204, description = "Assigned"),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such scope or member", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn assign(
    State(app): State<AppState>,
    session: Session,
    Path((id, member)): Path<(ScopeId, MemberId)>,
) -> Result<StatusCode, Problem> {
    set_assigned(&app, session, id, member, assignment::assign).await
}

/// Take a record from a member. Doing it twice changes nothing.
#[utoipa::path(delete, operation_id = "unassign_scope", path = "/v1/scopes/{id}/assignees/{member}", tag = "people",
    params(("id" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid)), responses(
    (status = 204, description = "Not assigned any more"),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such scope", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn unassign(
    State(app): State<AppState>,
    session: Session,
    Path((id, member)): Path<(ScopeId, MemberId)>,
) -> Result<StatusCode, Problem> {
    set_assigned(&app, session, id, member, assignment::unassign).await
}

/// [`assignment::assign`] or [`assignment::unassign`].
type Assign = fn(&mut dyn People, &Actor, ScopeId, MemberId, i64) -> Result<(), IdentityError>;

async fn set_assigned(
    app: &AppState,
    session: Session,
    id: ScopeId,
    member: MemberId,
    assign: Assign,
) -> Result<StatusCode, Problem> {
    let now_ms = app.clock.now_ms();
    app.database
        .write(move |tx| assign(tx, &session.actor(), id, member, now_ms))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A handover.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandoverRequest {
    /// Who gives it; absent takes it from everybody it is assigned to.
    #[schema(value_type = Option<String>, format = Uuid)]
    from: Option<MemberId>,
    /// Who takes it.
    #[schema(value_type = String, format = Uuid)]
    to: MemberId,
    /// Leave it under the team where it hangs, instead of moving it to the new holder's.
    #[serde(default)]
    keep_team: bool,
}

/// Hand a record over, in one step.
#[utoipa::path(post, operation_id = "hand_over_scope", path = "/v1/scopes/{id}/handover", tag = "people", params(("id" = String, Path, format = Uuid)), request_body = HandoverRequest, responses(
    (status = 204, description = "Handed over"),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such scope or member", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "The giver does not hold it, or the taker has left", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn hand_over(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<ScopeId>,
    Json(request): Json<HandoverRequest>,
) -> Result<StatusCode, Problem> {
    let now_ms = app.clock.now_ms();
    let handover = Handover {
        from: request.from,
        to: request.to,
        keep_team: request.keep_team,
    };
    app.database
        .write(move |tx| assignment::hand_over(tx, &session.actor(), id, &handover, now_ms))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
