//! HTTP: routes, bodies in and out, problem documents. Decides nothing; asks [`crate::identity`] and the relay.

pub mod body;
mod health;
pub mod insight;
pub mod pack;
pub mod page;
mod people;
pub mod problem;
pub mod record;
pub mod session;
pub mod sync;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::{Json, Router, middleware};
use satchel_core::domain;
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

pub use page::Page;
pub use problem::Problem;

use crate::state::AppState;
use crate::telemetry::request;

#[derive(OpenApi)]
#[openapi(info(
    title = "Satchel relay",
    description = "Records, people and devices of one sales organisation. Errors are RFC 9457 problem documents."
), modifiers(&Bearer), security(("bearer" = [])))]
struct Document;

/// How a caller shows who he is: with a device's token or an integrator's key.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", scheme);
    }
}

/// The whole HTTP surface of the relay, for a listener or for a test in the same process.
pub fn app(state: AppState) -> Router {
    let (router, described) = routes(state.config.limits.exchange_bytes).split_for_parts();
    let document = complete(&described).map_err(|error| error.to_string());
    router
        .route(
            "/v1/openapi.json",
            axum::routing::get(move || async move { document.map(Json).map_err(Problem::internal) }),
        )
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "no-such-route").detail("There is nothing at this path.")
        })
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
                .detail("This path does not take this method.")
        })
        .layer(DefaultBodyLimit::max(state.config.limits.body_bytes as usize))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(middleware::from_fn_with_state(state.clone(), request::observe))
        .with_state(state)
}

/// The OpenAPI 3.1 document of every route.
///
/// # Errors
/// Where the description cannot be written as JSON.
pub fn document() -> Result<Value, serde_json::Error> {
    complete(&routes(0).split_for_parts().1)
}

/// The described routes, and those of the records, kind by kind.
fn complete(described: &utoipa::openapi::OpenApi) -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(described)?;
    record::openapi::describe(&mut document, domain::KINDS);
    Ok(document)
}

/// Every route.
fn routes(exchange_bytes: u32) -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(health::routes())
        .merge(people::routes())
        .merge(record::routes())
        .merge(sync::routes(exchange_bytes))
        .merge(pack::routes())
        .merge(insight::routes())
        .merge(crate::live::routes())
}

#[cfg(test)]
mod tests;
