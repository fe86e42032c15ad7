//! REST for people: organisation, teams, members, devices, who holds which record, keys.

mod browser;
mod device;
mod enrol;
mod key;
mod member;
mod scope;
mod team;
mod token;
mod view;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use super::problem::Violation;
use crate::identity::IdentityError;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(enrol::enrol))
        .routes(routes!(token::challenge))
        .routes(routes!(token::token))
        .routes(routes!(browser::sign_in))
        .routes(routes!(browser::make_link))
        .routes(routes!(member::session, browser::sign_out))
        .routes(routes!(team::org))
        .routes(routes!(team::list, team::add))
        .routes(routes!(team::edit))
        .routes(routes!(member::list, member::add))
        .routes(routes!(member::get, member::edit))
        .routes(routes!(member::invite))
        .routes(routes!(device::list))
        .routes(routes!(device::revoke))
        .routes(routes!(scope::get))
        .routes(routes!(scope::assign, scope::unassign))
        .routes(routes!(scope::hand_over))
        .routes(routes!(key::list, key::create))
        .routes(routes!(key::revoke))
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let text = error.to_string();
        match error {
            IdentityError::NotFound(_) => Self::not_found().detail(text),
            IdentityError::Forbidden(_) => Self::forbidden().detail(text),
            IdentityError::Invalid(violations) => Self::invalid(
                violations
                    .into_iter()
                    .map(|violation| Violation {
                        field: violation.field.into(),
                        // Written like the codes of a record's fields.
                        code: violation.code.replace('-', "_"),
                        limit: None,
                        detail: violation.detail.into(),
                    })
                    .collect(),
            ),
            IdentityError::Conflict(code, _) => Self::new(StatusCode::CONFLICT, code).detail(text),
            IdentityError::Unproven(_) => Self::new(StatusCode::UNAUTHORIZED, "not-proven").detail(text),
            IdentityError::Throttled(seconds) => Self::new(StatusCode::TOO_MANY_REQUESTS, "throttled")
                .retry_after_s(seconds)
                .detail(text),
            IdentityError::Store(error) => error.into(),
        }
    }
}
