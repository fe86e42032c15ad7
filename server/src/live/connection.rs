//! One live connection.

use axum::extract::ws::{Message, WebSocket};
use satchel_core::wire::{self, Authenticated, Fault, Frame, Point, Poke, limit};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};

use crate::api::{session, sync};
use crate::identity::Session;
use crate::relay::{self, Budget, Context, RelayError, Sender};
use crate::state::AppState;

/// What was sent so far, as far as the device's next question does not say otherwise.
struct Told {
    cursor: Point,
    grants: Vec<u8>,
}

/// The relay's side of one live connection.
pub struct Connection {
    state: AppState,
    session: Session,
    told: Option<Told>,
    /// Bytes sent that the device has not acknowledged.
    unacknowledged: usize,
    poked: bool,
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
            told: None,
            unacknowledged: 0,
            poked: false,
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
                self.told = Some(Told {
                    cursor: hello.cursor.unwrap_or_default(),
                    grants: hello.grants.clone(),
                });
                let answer = sync::answer(&self.state, &self.session, bytes)
                    .await
                    .map_err(|_| End::Fault("failed"))?;
                self.note(&answer);
                self.poked = false;
                self.send(socket, answer).await
            }
            Some(Frame::Acknowledge(acknowledge)) => {
                if self
                    .told
                    .as_ref()
                    .is_some_and(|told| told.cursor.seq <= acknowledge.cursor.seq)
                {
                    self.unacknowledged = 0;
                }
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
        let Some(told) = &self.told else { return Ok(()) };
        let Some(sender) = Sender::of(&self.session).filter(|sender| !self.poked && !sender.revoked) else {
            return Ok(());
        };
        let (cursor, grants) = (told.cursor, told.grants.clone());
        let parts = self.state.clone();
        let room = limit::LIVE_CREDIT_BYTES.saturating_sub(self.unacknowledged);
        let batches = self
            .state
            .database
            .read::<_, RelayError>(move |tx| {
                let context = Context::read(tx, parts.clock.now_ms(), &*parts.entropy)?.within(session::limits(&parts));
                relay::pull_live(tx, &context, sender, cursor, &grants, Budget { bytes: room.max(1) })
            })
            .await
            .map_err(|_| End::Fault("failed"))?;
        // A lone commit says that nothing concerns this device: it need not be woken for that.
        let silent = batches.iter().flatten().all(|frame| matches!(frame, Frame::Commit(_)));
        if silent {
            return Ok(());
        }
        if room == 0 {
            self.poked = true;
            let seq = *self.state.database.watch_seq().borrow();
            let poke = wire::encode(&[Frame::from(Poke { seq })]).map_err(|_| End::Closed)?;
            return self.send(socket, poke).await;
        }
        let mut bytes = Vec::new();
        for batch in &batches {
            bytes.extend(wire::encode_bundled(batch).map_err(|_| End::Closed)?);
        }
        self.note(&bytes);
        self.unacknowledged += bytes.len();
        self.send(socket, bytes).await
    }

    /// Remembers what an answer told the device.
    fn note(&mut self, message: &[u8]) {
        let Ok(frames) = wire::decode(message) else { return };
        for frame in frames {
            match frame {
                Frame::Grants(grants) => {
                    let hash = wire::digest::grants_hash(&grants.scopes);
                    self.told.get_or_insert_with(Told::nothing).grants = hash;
                }
                Frame::Commit(commit) => {
                    let told = self.told.get_or_insert_with(Told::nothing);
                    told.cursor = Point {
                        run: commit.run.unwrap_or(told.cursor.run),
                        seq: commit.to,
                    };
                }
                _ => {}
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

impl Told {
    fn nothing() -> Self {
        Self {
            cursor: Point::default(),
            grants: Vec::new(),
        }
    }
}
