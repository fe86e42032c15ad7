//! How the app stops what takes long.

use tokio::sync::watch;

/// Stops the calls that it was given to. Cancelling twice, or after the end, does nothing.
#[derive(Debug, uniffi::Object)]
pub struct CancelHandle(watch::Sender<bool>);

impl Default for CancelHandle {
    fn default() -> Self {
        Self::new()
    }
}

#[uniffi::export]
impl CancelHandle {
    /// A handle that nothing was cancelled with yet.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Stops the calls that have this handle: they end within moments, what they committed stays.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }
}

impl CancelHandle {
    /// Waits until it is cancelled.
    pub(crate) async fn cancelled(&self) {
        // The sender is here as long as anybody waits.
        drop(self.0.subscribe().wait_for(|cancelled| *cancelled).await);
    }
}
