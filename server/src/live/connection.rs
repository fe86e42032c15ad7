//! One live connection.

use axum::extract::ws::{Message, WebSocket};
use satchel_core::wire::{self, Authenticated, Fault, Frame, Poke};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};

use crate::api::problem::RESTORED;
use crate::api::{session, sync};
use crate::identity::Session;
use crate::relay::{Line, News, RelayError, Sender, restore};
use crate::state::AppState;

/// The relay's side of one live connection.
pub struct Connection {
    state: AppState,
    session: Session,
    line: Line,
}

/// Why a connection ends.
enum End {
    Closed,
    Fault(&'static str),
}

impl Connection {
    /// A connection that has not been asked anything yet.
    pub fn new(state: AppState, session: Session) -> Self {
        Self {
            state,
            session,
            line: Line::default(),
        }
    }

    /// Serves it until it ends.
    pub async fn run(mut self, mut socket: WebSocket) {
        if let End::Fault(code) = self.serve(&mut socket).await {
            let fault = Frame::from(Fault {
                code: code.to_owned(),
                retry_after_s: None,
            });
            if let Ok(bytes) = wire::encode(&[fault]) {
                // The other end may be gone already; there is nobody left to tell.
                drop(socket.send(Message::Binary(bytes.into())).await);
            }
        }
        drop(socket.send(Message::Close(None)).await);
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> End {
        let mut seqs = self.state.database.watch_seq();
        let mut shutdown = self.state.shutdown.subscribe();
        loop {
            let left = sync::token_s(&self.session, self.state.clock.now_ms());
            let expiry = Instant::now() + Duration::from_secs(left.into());
            tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(bytes))) => {
                        if let Err(end) = self.asked(socket, &bytes).await {
                            return end;
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Closed,
                    Some(Ok(_)) => {}
                },
                changed = seqs.changed() => {
                    if changed.is_err() {
                        return End::Closed;
                    }
                    if let Err(end) = self.hand_on(socket).await {
                        return end;
                    }
                }
                () = stopped(&mut shutdown) => return End::Fault("shutting-down"),
                () = tokio::time::sleep_until(expiry) => return End::Fault("token-expired"),
            }
        }
    }

    /// The device said something.
    async fn asked(&mut self, socket: &mut WebSocket, bytes: &[u8]) -> Result<(), End> {
        let frames = wire::decode(bytes).map_err(|error| End::Fault(sync::refusal(error)))?;
        match frames.first() {
            Some(Frame::Hello(hello)) => {
                self.line.asked(hello);
                let answer = sync::answer(&self.state, &self.session, frames)
                    .await
                    .map_err(|problem| match problem.code() {
                        RESTORED => End::Fault(RESTORED),
                        _ => End::Fault("failed"),
                    })?;
                self.line.answered(answer.iter().flatten());
                let message = sync::message(&answer).map_err(|_| End::Fault("failed"))?;
                self.send(socket, message).await
            }
            Some(Frame::Acknowledge(acknowledge)) => {
                self.line.acknowledged(acknowledge);
                self.hand_on(socket).await
            }
            Some(Frame::Authenticate(authenticate)) => {
                let renewed = session::find(&self.state, authenticate.token.clone()).await.ok();
                // Another device's token would change whose pushes these are.
                let renewed = renewed.filter(|session| session.device == self.session.device);
                self.session = renewed.ok_or(End::Fault("signed-out"))?;
                let token_s = sync::token_s(&self.session, self.state.clock.now_ms());
                let frame = wire::encode(&[Frame::from(Authenticated { token_s })]).map_err(|_| End::Closed)?;
                self.send(socket, frame).await
            }
            _ => Err(End::Fault("bad-message")),
        }
    }

    /// The log has grown: sends what concerns this device while it has credit, else pokes once.
    async fn hand_on(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let Some(standing) = self.line.standing() else {
            return Ok(());
        };
        let Some(sender) = Sender::of(&self.session).filter(|sender| !sender.revoked) else {
            return Ok(());
        };
        let parts = self.state.clone();
        let news = self
            .state
            .database
            .read::<_, RelayError>(move |tx| {
                if restore::is_closed(tx)? {
                    return Ok(None);
                }
                let context = session::context(&parts, tx)?;
                standing.news(tx, &context, sender).map(Some)
            })
            .await
            .map_err(|_| End::Fault("failed"))?;
        match news.ok_or(End::Fault(RESTORED))? {
            News::Nothing { upto } => {
                self.line.looked(upto);
                Ok(())
            }
            News::Poke => {
                self.line.poked();
                let seq = *self.state.database.watch_seq().borrow();
                let poke = wire::encode(&[Frame::from(Poke { seq })]).map_err(|_| End::Closed)?;
                self.send(socket, poke).await
            }
            News::Batches(batches) => {
                let bytes = sync::message(&batches).map_err(|_| End::Closed)?;
                self.line.sent(batches.iter().flatten(), bytes.len());
                self.send(socket, bytes).await
            }
        }
    }

    async fn send(&self, socket: &mut WebSocket, bytes: Vec<u8>) -> Result<(), End> {
        socket
            .send(Message::Binary(bytes.into()))
            .await
            .map_err(|_| End::Closed)
    }
}

/// Waits until the relay stops taking work (or is gone).
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|stopping| *stopping).await);
}
