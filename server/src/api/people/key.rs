//! Keys of integrators.

use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::ids::MemberId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::KeyView;
use crate::api::body::{Json, Path, Query};
use crate::api::page::PageQuery;
use crate::api::problem::ProblemBody;
use crate::api::{Page, Problem};
use crate::identity::{Session, key};
use crate::state::AppState;

/// All keys, by id (admins).
#[utoipa::path(get, operation_id = "list_keys", path = "/v1/keys", tag = "people", params(PageQuery), responses(
    (status = 200, description = "Keys", body = Page<KeyView>),
    (status = 403, description = "Not an admin", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<KeyView>>, Problem> {
    let (limit, after) = (page.limit()?, page.after_id()?);
    let rows = app
        .database
        .read(move |tx| key::list(tx, &session.actor(), after, limit + 1))
        .await?;
    Ok(axum::Json(Page::cut(rows, limit, |row| row.id.to_vec(), KeyView::from)))
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    /// As whom it will act.
    #[schema(value_type = String, format = Uuid)]
    member: MemberId,
    /// What it is for.
    name: String,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewKeyView {
    /// The key.
    key: KeyView,
    /// Its secret: shown now and never again. Sent as `Authorization: Bearer …`.
    secret: String,
}

/// Make a key (admins).
#[utoipa::path(post, operation_id = "create_key", path = "/v1/keys", tag = "people", request_body = NewKey, responses(
    (status = 201, description = "Made", body = NewKeyView),
    (status = 403, description = "Not an admin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such member", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn create(
    State(app): State<AppState>,
    session: Session,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, axum::Json<NewKeyView>), Problem> {
    let now_ms = app.clock.now_ms();
    let entropy = app.entropy.clone();
    let (made, secret) = app
        .database
        .write(move |tx| key::create(tx, &session.actor(), new.member, &new.name, now_ms, &*entropy))
        .await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(NewKeyView {
            key: made.into(),
            secret,
        }),
    ))
}

/// Revoke a key (admins).
#[utoipa::path(delete, operation_id = "revoke_key", path = "/v1/keys/{id}", tag = "people", params(("id" = String, Path, format = Uuid)), responses(
    (status = 204, description = "Revoked"),
    (status = 403, description = "Not an admin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such key", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn revoke(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let now_ms = app.clock.now_ms();
    app.database
        .write(move |tx| key::revoke(tx, &session.actor(), id.as_bytes(), now_ms))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
