//! The organisation and its teams.

use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::clock::random;
use satchel_core::ids::TeamId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{OrgView, TeamView, present};
use crate::api::body::{Json, Path, Query};
use crate::api::page::PageQuery;
use crate::api::problem::ProblemBody;
use crate::api::{Page, Problem};
use crate::identity::{IdentityError, Session, team};
use crate::state::AppState;
use crate::store::people::Directory;

/// The organisation.
#[utoipa::path(get, operation_id = "get_org", path = "/v1/org", tag = "people", responses((status = 200, description = "The organisation", body = OrgView)))]
pub(super) async fn org(State(app): State<AppState>, _: Session) -> Result<axum::Json<OrgView>, Problem> {
    let org = app.database.read(|tx| tx.org()).await?;
    Ok(axum::Json(OrgView {
        id: org.id,
        name: org.name,
    }))
}

/// All teams, by id.
#[utoipa::path(get, operation_id = "list_teams", path = "/v1/teams", tag = "people", params(PageQuery), responses((status = 200, description = "Teams", body = Page<TeamView>)))]
pub(super) async fn list(
    State(app): State<AppState>,
    _: Session,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<TeamView>>, Problem> {
    let (limit, after) = (page.limit()?, page.after_id()?.map(TeamId::from_bytes));
    let rows = app.database.read(move |tx| tx.teams(after, limit + 1)).await?;
    Ok(axum::Json(Page::cut(
        rows,
        limit,
        |team| team.id.as_bytes().to_vec(),
        TeamView::from,
    )))
}

/// A team to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTeam {
    /// As people will call it.
    name: String,
    /// The team above; absent right under the organisation.
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<TeamId>,
}

/// Add a team (admins).
#[utoipa::path(post, operation_id = "add_team", path = "/v1/teams", tag = "people", request_body = NewTeam, responses(
    (status = 201, description = "Added", body = TeamView),
    (status = 403, description = "Not an admin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team above", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn add(
    State(app): State<AppState>,
    session: Session,
    Json(new): Json<NewTeam>,
) -> Result<(StatusCode, axum::Json<TeamView>), Problem> {
    let now_ms = app.clock.now_ms();
    let id = TeamId::ordered(now_ms, random(&*app.entropy));
    let added = app
        .database
        .write(move |tx| team::add(tx, &session.actor(), id, &new.name, new.parent, now_ms))
        .await?;
    Ok((StatusCode::CREATED, axum::Json(added.into())))
}

/// What is to be changed; an absent field stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamPatch {
    /// Another name.
    name: Option<String>,
    /// Another team above; `null` puts it right under the organisation.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Uuid)]
    #[expect(clippy::option_option, reason = "absent, null and a value are three things here")]
    parent: Option<Option<TeamId>>,
}

/// Rename or move a team, with everything under it (admins).
#[utoipa::path(patch, operation_id = "edit_team", path = "/v1/teams/{id}", tag = "people", params(("id" = String, Path, format = Uuid)), request_body = TeamPatch, responses(
    (status = 200, description = "Changed", body = TeamView),
    (status = 403, description = "Not an admin", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "It would hang under itself", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn edit(
    State(app): State<AppState>,
    session: Session,
    Path(id): Path<TeamId>,
    Json(patch): Json<TeamPatch>,
) -> Result<axum::Json<TeamView>, Problem> {
    let now_ms = app.clock.now_ms();
    let changed = app
        .database
        .write::<_, IdentityError>(move |tx| {
            let mut changed = team::find(tx, id)?;
            if let Some(name) = &patch.name {
                changed = team::rename(tx, &session.actor(), id, name)?;
            }
            if let Some(parent) = patch.parent {
                changed = team::reparent(tx, &session.actor(), id, parent, now_ms)?;
            }
            Ok(changed)
        })
        .await?;
    Ok(axum::Json(changed.into()))
}
