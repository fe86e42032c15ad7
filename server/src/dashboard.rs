//! The managers' dashboard: the files of a web page, embedded when the relay is built. It reads and writes through the
//! same REST API as everybody else; nothing of a customer is in these files.

mod asset;
mod header;

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use asset::{Assets, Embedded};

/// Says how to get the dashboard, where the relay was built without it.
const ABSENT: &str = include_str!("dashboard/absent.html");

/// `/` and everything of the page. Its own paths stand under `/app`, so that whatever else is not there stays a problem
/// document of the API.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    router(Embedded)
}

fn router<S: Clone + Send + Sync + 'static>(assets: impl Assets) -> Router<S> {
    let page = move |headers: HeaderMap| async move { page(assets, &headers) };
    let file = move |Path(name): Path<String>, headers: HeaderMap| async move {
        // Their names hold a digest of what they hold: what a name once meant it means for ever.
        assets
            .answer(&format!("assets/{name}"), &headers, header::IMMUTABLE)
            .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
    };
    let icon = move |headers: HeaderMap| async move {
        assets
            .answer("favicon.svg", &headers, header::REVALIDATE)
            .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
    };
    Router::new()
        .route("/", get(page))
        .route("/sign-in", get(page))
        .route("/app", get(page))
        .route("/app/{*page}", get(page))
        .route("/assets/{name}", get(file))
        .route("/favicon.svg", get(icon))
        .layer(axum::middleware::map_response(header::guard))
}

fn page(assets: impl Assets, headers: &HeaderMap) -> Response {
    let found = assets.answer("index.html", headers, header::REVALIDATE);
    found.unwrap_or_else(|| ([(CONTENT_TYPE, "text/html; charset=utf-8")], ABSENT).into_response())
}

#[cfg(test)]
mod tests;
