//! The live connection, while the app is in the foreground.

use std::sync::Arc;

use satchel_core::engine::Engine;
use satchel_core::net::{self, LiveHandle};
use tokio::sync::{Mutex, mpsc};

use crate::runtime::in_task;
use crate::status::count;
use crate::sync::tidy;
use crate::{CancelHandle, Satchel, SatchelError};

/// Events that wait for a slow app; more are left out, because the next says the same.
const EVENTS: usize = 64;

/// What a live connection tells. What it brings is in the database already when it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LiveEvent {
    /// Connected: what happens arrives from now on.
    Connected,
    /// Something arrived, or was decided on.
    Updated {
        /// Records received.
        documents: i64,
        /// Records handed in and decided on.
        decided: i64,
    },
    /// The connection is gone; the next try comes by itself.
    Waiting {
        /// After so many milliseconds.
        retry_ms: i64,
    },
    /// The device is signed out: no more tries.
    SignedOut,
}

/// A live connection, until it is stopped or dropped. It connects again by itself.
#[derive(Debug, uniffi::Object)]
pub struct LiveConnection {
    events: Mutex<mpsc::Receiver<LiveEvent>>,
    stop: Arc<CancelHandle>,
}

#[uniffi::export]
impl LiveConnection {
    /// Waits for what happens next. Absent at the end: stopped, signed out, or the database closed.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn next(&self) -> Result<Option<LiveEvent>, SatchelError> {
        Ok(self.events.lock().await.recv().await)
    }

    /// Ends it: whoever waits hears that nothing more comes.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for LiveConnection {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[uniffi::export]
impl Satchel {
    /// Keeps a live connection: what others write arrives within moments, what is written here is handed in at once.
    /// For the foreground; stop it when the app leaves.
    ///
    /// # Errors
    /// [`SatchelError::SignedOut`] where the device is not enrolled, and as every reading.
    pub async fn live(&self) -> Result<Arc<LiveConnection>, SatchelError> {
        let (parts, closing) = (self.parts(), self.closing());
        in_task(async move {
            let client = parts.client().await?;
            let (handle, incoming) = client.live(parts.engine.clone());
            let (tell, events) = mpsc::channel(EVENTS);
            let stop = Arc::new(CancelHandle::new());
            let stopped = Arc::clone(&stop);
            tokio::spawn(async move {
                tokio::select! {
                    () = stopped.cancelled() => {}
                    () = closing.cancelled() => {}
                    () = forward(&parts.engine, incoming, &tell) => {}
                }
                end(handle).await;
            });
            Ok(Arc::new(LiveConnection {
                events: Mutex::new(events),
                stop,
            }))
        })
        .await
    }
}

/// Nothing of the connection is left running after this.
async fn end(handle: LiveHandle) {
    handle.stop().await;
}

async fn forward(engine: &Engine, mut incoming: mpsc::Receiver<net::LiveEvent>, tell: &mpsc::Sender<LiveEvent>) {
    while let Some(event) = incoming.recv().await {
        let event = match event {
            net::LiveEvent::Connected => LiveEvent::Connected,
            net::LiveEvent::Updated { documents, decided } => {
                if documents > 0
                    && let Err(error) = tidy(engine).await
                {
                    tracing::warn!(%error, "what arrived is not findable yet");
                }
                LiveEvent::Updated {
                    documents: count(documents),
                    decided: count(decided),
                }
            }
            net::LiveEvent::Waiting { retry_ms } => LiveEvent::Waiting {
                retry_ms: count(retry_ms),
            },
            net::LiveEvent::SignedOut => LiveEvent::SignedOut,
        };
        // A listener that is slow misses nothing: the data is in the database.
        let _ = tell.try_send(event);
    }
}
