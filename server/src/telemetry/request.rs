//! One line and one measurement for each request; the request's id on both sides.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::HEXLOWER;
use metrics::{counter, histogram};
use satchel_core::clock::random;

use crate::api::problem::Cause;
use crate::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs the request by its route (never its path: paths hold ids) and gives it an id, the caller's own where it is sane.
pub async fn observe(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|given| is_sane(given))
        .cloned()
        .or_else(|| HeaderValue::from_str(&HEXLOWER.encode(&random::<8>(&*app.entropy))).ok());
    if let Some(id) = &id {
        request.headers_mut().insert(REQUEST_ID, id.clone());
    }
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().into());

    let mut response = next.run(request).await;

    let status = response.status().as_u16();
    let elapsed = begun.elapsed();
    counter!("satchel_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    histogram!("satchel_request_seconds", "method" => method.to_string(), "route" => route.clone())
        .record(elapsed.as_secs_f64());
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let id_text = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
    if let Some(Cause(cause)) = response.extensions_mut().remove::<Cause>() {
        tracing::error!(%method, route, status, ms, request = id_text, cause, "request failed");
    } else {
        tracing::info!(%method, route, status, ms, request = id_text, "request");
    }
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn is_sane(id: &HeaderValue) -> bool {
    (1..=64).contains(&id.len())
        && id
            .as_bytes()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
