//! REST for records, for people who integrate: the same patches, the same policy, the same conflicts as on a device.
//!
//! Everything here goes over the table of kinds; the routes name a collection, never a kind.

mod change;
mod edit;
mod event;
mod explain;
mod history;
mod list;
pub mod openapi;
mod path;
mod quarantine;
mod undecided;
mod view;

use axum::routing::{get, post};
use satchel_core::schema::{self, Kind, ViolationCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use super::problem::Violation;
use crate::relay::WriteError;
use crate::state::AppState;

/// The routes. Those of the kinds are described by [`openapi`], kind by kind.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .route("/v1/changes", get(change::list))
        .route("/v1/undecided", get(undecided::list))
        .route("/v1/{collection}", get(list::list).post(edit::create))
        .route(
            "/v1/{collection}/{id}",
            get(history::get).patch(edit::edit).delete(edit::archive),
        )
        .route("/v1/{collection}/{id}/restore", post(edit::restore))
        .route("/v1/{collection}/{id}/history", get(history::history))
        .route("/v1/{collection}/{id}/versions/{version}", get(history::version))
        .route("/v1/{collection}/{id}/conflicts", get(history::conflicts))
        .route("/v1/{collection}/{id}/conflicts/resolve", post(edit::resolve))
        .routes(routes!(event::follow))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::accept))
        .routes(routes!(quarantine::drop_it))
        .routes(routes!(explain::explain))
}

/// What to answer where a record was not written.
fn problem(kind: &Kind, error: WriteError) -> Problem {
    match error {
        WriteError::NotFound => Problem::not_found(),
        WriteError::Exists => Problem::conflict("exists").detail("The id is taken."),
        WriteError::Denied(denied) => Problem::forbidden().detail(denied.to_string()),
        WriteError::Invalid(violations) => Problem::invalid(violations.iter().map(violation).collect()),
        WriteError::UnknownVersion => Problem::new(axum::http::StatusCode::PRECONDITION_FAILED, "unknown-version")
            .detail("If-Match names a version that the record does not have."),
        WriteError::NoParent => Problem::invalid(vec![Violation {
            field: kind.parent().map_or_else(String::new, |field| field.name.to_owned()),
            code: "no_such_record".into(),
            limit: None,
            detail: "there is no such record for the caller".into(),
        }]),
        WriteError::NoConflict => Problem::conflict("no-conflict").detail("Nothing stands beside the field's value."),
        WriteError::Relay(error) => error.into(),
    }
}

fn violation(found: &schema::Violation) -> Violation {
    let (code, detail) = match found.code {
        ViolationCode::Required => ("required", "must be filled"),
        ViolationCode::TooLong => ("too_long", "longer, or more elements, than the limit"),
        ViolationCode::TooSmall => ("too_small", "below the limit"),
        ViolationCode::TooLarge => ("too_large", "above the limit"),
        ViolationCode::Malformed => ("malformed", "not of the field's type or form"),
        ViolationCode::UnknownChoice => ("unknown_choice", "a code that is not in the list"),
        ViolationCode::UnknownField => ("unknown_field", "there is no field of this name"),
        ViolationCode::Fixed => ("fixed", "fixed when the record was made"),
        ViolationCode::WrongOperation => ("wrong_operation", "the field is not edited in this form"),
        ViolationCode::Inconsistent => ("inconsistent", "does not fit the other fields"),
        ViolationCode::NotAllowed => ("not_allowed", "not allowed from the present state"),
    };
    Violation {
        field: found.field.clone(),
        code: code.into(),
        limit: found.limit,
        detail: detail.into(),
    }
}
