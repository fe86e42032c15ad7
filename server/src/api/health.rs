//! Whether the process lives, and whether it should be sent work.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use crate::relay::restore;
use crate::state::AppState;
use crate::store::StoreError;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "Alive", body = String)))]
async fn healthz() -> &'static str {
    "ok"
}

/// The relay takes work: its database takes commits, it is not shutting down, and no restore waits for an admin.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Ready", body = String),
    (status = 503, description = "Not ready", body = super::problem::ProblemBody, content_type = "application/problem+json"),
))]
async fn readyz(State(app): State<AppState>) -> Result<&'static str, Problem> {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready");
    if *app.shutdown.borrow() {
        return Err(problem.detail("The relay is shutting down."));
    }
    if !app.database.is_writable().await {
        return Err(problem.detail("The database does not take commits."));
    }
    if app.database.read::<_, StoreError>(|tx| restore::is_closed(tx)).await? {
        return Err(Problem::restored());
    }
    Ok("ok")
}
