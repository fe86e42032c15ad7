//! Members, and the invites of their devices.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use satchel_core::clock::random;
use satchel_core::ids::{DeviceId, MemberId, TeamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{MemberView, RoleName, instant, present};
use crate::api::body::{Json, Path, Query};
use crate::api::page::PageQuery;
use crate::api::problem::ProblemBody;
use crate::api::{Page, Problem};
use crate::identity::{IdentityError, Session, invite as invites, member};
use crate::state::AppState;
use crate::store::people::Directory;
use crate::{identity, qr};

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    /// The member.
    member: MemberView,
    /// The device; absent for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    device: Option<DeviceId>,
    /// When the token ends; absent for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
}

/// Who the caller is.
#[utoipa::path(get, operation_id = "get_session", path = "/v1/session", tag = "people", responses((status = 200, description = "The caller", body = SessionView)))]
pub(super) async fn session(State(app): State<AppState>, session: Session) -> Result<axum::Json<SessionView>, Problem> {
    let found = app.database.read(move |tx| member::find(tx, session.member)).await?;
    Ok(axum::Json(SessionView {
        member: found.into(),
        device: session.device,
        expires_at: session.expires_at_ms.map(instant),
    }))
}

/// All members, by id, those who left included.
#[utoipa::path(get, operation_id = "list_members", path = "/v1/members", tag = "people", params(PageQuery), responses((status = 200, description = "Members", body = Page<MemberView>)))]
pub(super) async fn list(
    State(app): State<AppState>,
    _: Session,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<MemberView>>, Problem> {
    let (limit, after) = (page.limit()?, page.after_id()?.map(MemberId::from_bytes));
    let rows = app.database.read(move |tx| tx.members(after, limit + 1)).await?;
    Ok(axum::Json(Page::cut(
        rows,
        limit,
        |row| row.id.as_bytes().to_vec(),
        MemberView::from,
    )))
}

/// One member.
#[utoipa::path(get, operation_id = "get_member", path = "/v1/members/{id}", tag = "people", params(("id" = String, Path, format = Uuid)), responses(
    (status = 200, description = "The member", body = MemberView),
    (status = 404, description = "No such member", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get(
    State(app): State<AppState>,
    _: Session,
    Path(id): Path<MemberId>,
) -> Result<axum::Json<MemberView>, Problem> {
    let found = app.database.read(move |tx| member::find(tx, id)).await?;
    Ok(axum::Json(found.into()))
}

/// A member to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMember {
    /// The name.
    name: String,
    /// What the person will be.
    role: RoleName,
    /// The team; only an admin may have none.
    #[schema(value_type = Option<String>, format = Uuid)]
    team: Option<TeamId>,
    /// Language tag, such as `zh-CN`.
    locale: String,
    /// IANA name of the time zone, such as `Asia/Shanghai`.
    time_zone: String,
}

/// Add a member (admins; managers add reps under their team).
#[utoipa::path(post, operation_id = "add_member", path = "/v1/members", tag = "people", request_body = NewMember, responses(
    (status = 201, description = "Added", body = MemberView),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A value cannot be accepted", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn add(
    State(app): State<AppState>,
    session: Session,
    Json(new): Json<NewMember>,
) -> Result<(StatusCode, axum::Json<MemberView>), Problem> {
    let now_ms = app.clock.now_ms();
    let id = MemberId::ordered(now_ms, random(&*app.entropy));
    let new = member::NewMember {
        name: new.name,
        role: new.role.into(),
        team: new.team,
        locale: new.locale,
        time_zone: new.time_zone,
    };
    let added = app
        .database
        .write(move |tx| member::add(tx, &session.actor(), id, &new, now_ms))
        .await?;
    Ok((StatusCode::CREATED, axum::Json(added.into())))
}

/// What is to be changed; an absent field stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberPatch {
    /// Another name.
    name: Option<String>,
    /// Another role.
    role: Option<RoleName>,
    /// Another team, or `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Uuid)]
    #[expect(clippy::option_option, reason = "absent, null and a value are three things here")]
    team: Option<Option<TeamId>>,
    /// Another language.
    locale: Option<String>,
    /// Another time zone.
    time_zone: Option<String>,
    /// False when the person leaves, true when he is back.
    active: Option<bool>,
}

/// Change a member. One who leaves loses every grant, and his devices and keys are revoked.
#[utoipa::path(patch, operation_id = "edit_member", path = "/v1/members/{id}", tag = "people", params(("id" = String, Path, format = Uuid)), request_body = MemberPatch, responses(
    (status = 200, description = "Changed", body = MemberView),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such member", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "The last admin", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn edit(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<MemberId>,
    Json(patch): Json<MemberPatch>,
) -> Result<axum::Json<MemberView>, Problem> {
    let now_ms = app.clock.now_ms();
    let patch = member::MemberPatch {
        name: patch.name,
        role: patch.role.map(Into::into),
        team: patch.team,
        locale: patch.locale,
        time_zone: patch.time_zone,
        active: patch.active,
    };
    let changed = app
        .database
        .write(move |tx| member::edit(tx, &session.actor(), id, &patch, now_ms))
        .await?;
    Ok(axum::Json(changed.into()))
}

/// An invite, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InviteView {
    /// For typing.
    code: String,
    /// For tapping.
    link: String,
    /// For scanning: the link as a QR code, an SVG document.
    qr_svg: String,
    /// Until when it can be used.
    expires_at: DateTime<Utc>,
}

/// Invite one device of a member.
#[utoipa::path(post, operation_id = "invite_device", path = "/v1/members/{id}/invites", tag = "people", params(("id" = String, Path, format = Uuid)), responses(
    (status = 201, description = "The invite; its code is never shown again", body = InviteView),
    (status = 403, description = "Not within the caller's reach", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such member", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn invite(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<MemberId>,
) -> Result<(StatusCode, axum::Json<InviteView>), Problem> {
    let now_ms = app.clock.now_ms();
    let (url, lifetime_h) = (app.config.relay_url(), app.config.invite_lifetime_h);
    let entropy = app.entropy.clone();
    let made: identity::invite::Invitation = app
        .database
        .write::<_, IdentityError>(move |tx| {
            invites::create(tx, &session.actor(), id, &url, lifetime_h, now_ms, &*entropy)
        })
        .await?;
    let qr_svg = qr::svg(&made.link).map_err(Problem::internal)?;
    let view = InviteView {
        code: made.code,
        link: made.link,
        qr_svg,
        expires_at: instant(made.expires_at_ms),
    };
    Ok((StatusCode::CREATED, axum::Json(view)))
}
