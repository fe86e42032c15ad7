//! The live connection: changes as they happen, while the app is in the foreground.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::client::{Client, SyncOptions};
use super::error::NetError;
use crate::engine::Engine;
use crate::engine::sync::{Ongoing, Progress};
use crate::sync::Backoff;
use crate::wire::{self, Acknowledge, Authenticate, Frame};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long before the end of a token another is brought, in seconds.
const RENEW_BEFORE_S: u64 = 60;
/// Events that wait for a slow listener; more are left out, because the next says the same.
const EVENTS: usize = 64;

/// What a live connection tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEvent {
    /// Connected: what happens arrives from now on.
    Connected,
    /// So many documents were received, or pushes decided.
    Updated {
        /// Documents received.
        documents: u64,
        /// Pushes decided.
        decided: u64,
    },
    /// The connection is gone; the next try comes after so many milliseconds.
    Waiting {
        /// Milliseconds.
        retry_ms: u64,
    },
    /// The device is signed out: no more tries.
    SignedOut,
}

/// A live connection. Dropping it ends the connection.
#[derive(Debug)]
pub struct LiveHandle {
    task: JoinHandle<()>,
}

impl LiveHandle {
    /// Ends the connection and waits until nothing of it is left running.
    pub async fn stop(mut self) {
        self.task.abort();
        // Aborted or ended: both are what was wanted.
        drop((&mut self.task).await);
    }
}

impl Drop for LiveHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// Keeps a live connection until the handle is dropped, connecting again after a random wait whenever it breaks.
    /// Must be called inside a tokio runtime.
    #[must_use]
    pub fn live(&self, engine: Engine) -> (LiveHandle, mpsc::Receiver<LiveEvent>) {
        let (events, listener) = mpsc::channel(EVENTS);
        let client = self.clone();
        let task = tokio::spawn(async move { client.keep_live(&engine, &events).await });
        (LiveHandle { task }, listener)
    }

    async fn keep_live(&self, engine: &Engine, events: &mpsc::Sender<LiveEvent>) {
        let mut backoff = Backoff::default();
        loop {
            let ended = self.connected(engine, events, &mut backoff).await;
            if matches!(ended, Err(NetError::SignedOut)) {
                // A token may have died early; with another one the relay says whether the device is really out.
                self.tokens.forget().await;
                if matches!(self.tokens.get().await, Err(NetError::SignedOut)) {
                    tell(events, LiveEvent::SignedOut);
                    return;
                }
            }
            let retry_ms = backoff.next_ms(engine.random_u64());
            tell(events, LiveEvent::Waiting { retry_ms });
            tokio::time::sleep(Duration::from_millis(retry_ms)).await;
        }
    }

    async fn connected(
        &self,
        engine: &Engine,
        events: &mpsc::Sender<LiveEvent>,
        backoff: &mut Backoff,
    ) -> Result<(), NetError> {
        // What a new device lacks comes in packs, and is no stream of news.
        let asking = engine.clone();
        if !blocking(move || Ok(asking.sync_status()?.complete)).await? {
            let report = self.sync(engine, SyncOptions::default()).await?;
            let (documents, decided) = (report.documents, report.decided);
            tell(events, LiveEvent::Updated { documents, decided });
        }
        let mut socket = self.connect().await?;
        let written = Arc::new(Notify::new());
        let notify = Arc::clone(&written);
        let _watch = engine.on_local_write(move || notify.notify_one());
        tell(events, LiveEvent::Connected);
        let mut ongoing = ask(engine, &mut socket).await?;
        let mut renew = Box::pin(tokio::time::sleep(Duration::from_secs(RENEW_BEFORE_S)));
        loop {
            tokio::select! {
                message = socket.next() => {
                    let Some(message) = message else { return Ok(()) };
                    let bytes = match message.map_err(offline)? {
                        Message::Binary(bytes) => bytes,
                        Message::Close(_) => return Ok(()),
                        _ => continue,
                    };
                    backoff.reset();
                    ongoing = self.take_in(engine, events, &mut socket, ongoing, &bytes).await?;
                }
                // While an answer is on its way it waits: what was written goes with the question after it.
                () = written.notified() => if ongoing.asks_again(&Progress::default())? {
                    ongoing = ask(engine, &mut socket).await?;
                },
                () = &mut renew => {
                    self.tokens.forget().await;
                    let token = self.tokens.get().await?;
                    send(&mut socket, &[Authenticate { token }.into()]).await?;
                    renew = Box::pin(tokio::time::sleep(Duration::from_secs(RENEW_BEFORE_S)));
                }
            }
        }
    }

    async fn take_in(
        &self,
        engine: &Engine,
        events: &mpsc::Sender<LiveEvent>,
        socket: &mut Socket,
        ongoing: Ongoing,
        bytes: &[u8],
    ) -> Result<Ongoing, NetError> {
        let bytes = bytes.to_vec();
        let (ongoing, progress) = blocking(move || {
            let mut ongoing = ongoing;
            let progress = ongoing.receive(&bytes)?;
            Ok((ongoing, progress))
        })
        .await?;
        if progress.documents + progress.decided > 0 {
            tell(
                events,
                LiveEvent::Updated {
                    documents: progress.documents,
                    decided: progress.decided,
                },
            );
        }
        if let Some(fault) = ongoing.fault() {
            return Err(match fault.code.as_str() {
                "token-expired" | "signed-out" => NetError::SignedOut,
                "protocol" => NetError::Version,
                _ => NetError::Offline(None),
            });
        }
        if let Some(cursor) = ongoing.cursor().filter(|_| progress.documents > 0) {
            send(socket, &[Acknowledge { cursor }.into()]).await?;
        }
        if ongoing.asks_again(&progress)? {
            return ask(engine, socket).await;
        }
        Ok(ongoing)
    }

    async fn connect(&self) -> Result<Socket, NetError> {
        let token = self.tokens.get().await?;
        let address = format!("{}/v1/live", self.base.replacen("http", "ws", 1));
        let uri = address.parse().map_err(|_| NetError::Address)?;
        let request = ClientRequestBuilder::new(uri).with_header("Authorization", format!("Bearer {token}"));
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tokio_tungstenite::tungstenite::Error::Http(response))
                if matches!(response.status().as_u16(), 401 | 403) =>
            {
                Err(NetError::SignedOut)
            }
            Err(error) => Err(offline(error)),
        }
    }
}

/// Opens an exchange on the connection; frames of the one before it are ignored from now on.
async fn ask(engine: &Engine, socket: &mut Socket) -> Result<Ongoing, NetError> {
    let asking = engine.clone();
    let (ongoing, message) = blocking(move || Ok(asking.begin_live()?)).await?;
    socket.send(Message::Binary(message.into())).await.map_err(offline)?;
    Ok(ongoing)
}

async fn send(socket: &mut Socket, frames: &[Frame]) -> Result<(), NetError> {
    let bytes = wire::encode(frames).map_err(|_| NetError::Engine(crate::engine::Error::BadMessage))?;
    socket.send(Message::Binary(bytes.into())).await.map_err(offline)
}

/// Runs what reads or writes the store off the threads that carry the network.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NetError> + Send + 'static,
) -> Result<T, NetError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| NetError::Cancelled)?
}

fn offline(error: tokio_tungstenite::tungstenite::Error) -> NetError {
    NetError::Offline(Some(Box::new(error)))
}

fn tell(events: &mpsc::Sender<LiveEvent>, event: LiveEvent) {
    // A listener that is gone or slow misses nothing: the data is in the store.
    let _ = events.try_send(event);
}
