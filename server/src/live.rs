//! `GET /v1/live`: the same frames over a WebSocket, as they happen.

mod connection;

pub use connection::Connection;

use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::session::HandIn;
use crate::state::AppState;

/// A small read buffer: axum's default costs 134 KB an idle socket.
const READ_BUFFER_BYTES: usize = 4 << 10;

/// Upgrades to a live connection. It ends when the token does, unless the device brings another in time.
#[utoipa::path(
    get, path = "/v1/live", tag = "sync",
    responses((status = 101, description = "A WebSocket of messages."), (status = 401, description = "The token does not hold.")),
    security(("bearer" = [])),
)]
pub async fn live(State(state): State<AppState>, HandIn(session): HandIn, upgrade: WebSocketUpgrade) -> Response {
    let message_bytes = state.config.limits.exchange_bytes as usize;
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(message_bytes)
        .max_frame_size(message_bytes)
        .on_upgrade(move |socket: WebSocket| async move {
            metrics::gauge!("satchel_live_connections").increment(1.0);
            Connection::new(state, session).run(socket).await;
            metrics::gauge!("satchel_live_connections").decrement(1.0);
        })
}

/// The routes of this module.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(live))
}
