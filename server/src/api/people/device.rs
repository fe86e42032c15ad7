//! Devices: listed and revoked.

use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::ids::{DeviceId, MemberId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::DeviceView;
use crate::api::body::{Path, Query};
use crate::api::page::PageQuery;
use crate::api::problem::ProblemBody;
use crate::api::{Page, Problem};
use crate::identity::{IdentityError, Session, device};
use crate::state::AppState;
use crate::store::people::Enrolment;

/// Whose devices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeviceQuery {
    /// Of this member; of the caller where absent.
    #[param(value_type = Option<String>, format = Uuid)]
    member: Option<MemberId>,
    /// Of everybody (admins).
    #[serde(default)]
    all: bool,
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// Rows wanted, 1 to 200; 50 where absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Devices: one's own, a member's, or all.
#[utoipa::path(get, operation_id = "list_devices", path = "/v1/devices", tag = "devices", params(DeviceQuery), responses(
    (status = 200, description = "Devices", body = Page<DeviceView>),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Query(query): Query<DeviceQuery>,
) -> Result<axum::Json<Page<DeviceView>>, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (limit, after) = (page.limit()?, page.after_id()?.map(DeviceId::from_bytes));
    let of = if query.all {
        None
    } else {
        Some(query.member.unwrap_or(session.member))
    };
    let rows = app
        .database
        .read::<_, IdentityError>(move |tx| {
            let mut rows = Vec::new();
            for device in device::list(tx, &session.actor(), of, after, limit + 1)? {
                let wipe = tx.wipe_receipt(device.id)?;
                rows.push((device, wipe));
            }
            Ok(rows)
        })
        .await?;
    Ok(axum::Json(Page::cut(
        rows,
        limit,
        |(row, _)| row.id.as_bytes().to_vec(),
        DeviceView::from,
    )))
}

/// Revoke a device: its tokens die at once, and it may only hand in what it still holds.
#[utoipa::path(delete, operation_id = "revoke_device", path = "/v1/devices/{id}", tag = "devices", params(("id" = String, Path, format = Uuid)), responses(
    (status = 204, description = "Revoked"),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such device", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn revoke(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode, Problem> {
    let now_ms = app.clock.now_ms();
    app.database
        .write(move |tx| device::revoke(tx, &session.actor(), id, now_ms))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
