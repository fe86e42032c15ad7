use crate::engine;

/// What can go wrong between a device and the relay. Nothing is lost by any of it.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The relay cannot be reached, or the connection broke. Worth trying again later.
    #[error("the relay cannot be reached")]
    Offline(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// The device is not enrolled any more, or its key is not the one that was enrolled.
    #[error("the device is signed out")]
    SignedOut,
    /// The invite does not hold: unknown, used, or expired.
    #[error("the invite does not hold")]
    InvalidInvite,
    /// The relay asked to be left alone for so many seconds.
    #[error("the relay asks to try again in {0} s")]
    RetryAfter(u32),
    /// The relay speaks another protocol: the app is too old or too new.
    #[error("the relay speaks another version of the protocol")]
    Version,
    /// The relay failed, with its reference where it gave one.
    #[error("the relay failed (status {status})")]
    Relay {
        /// HTTP status.
        status: u16,
    },
    /// The address of the relay is none.
    #[error("not an address of a relay")]
    Address,
    /// The device failed.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The call was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl From<reqwest::Error> for NetError {
    fn from(error: reqwest::Error) -> Self {
        Self::Offline(Some(Box::new(error.without_url())))
    }
}
