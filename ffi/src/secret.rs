//! What must not lie in the database: the device's key. The app keeps it in Keychain or Keystore.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use satchel_core::clock::SystemEntropy;
use satchel_core::ids::DeviceId;
use satchel_core::net::DeviceKey;
use serde::{Deserialize, Serialize};

use crate::SatchelError;

/// The secret of a device that is enrolled.
const DEVICE: &str = "satchel.device";
/// The secret of an enrolment under way: the relay takes the same key again where its answer was lost.
const ENROLLING: &str = "satchel.enrolling";

/// Why a secret could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SecretError {
    /// Not now: the device was not unlocked since it started. Worth trying again later.
    #[error("the secrets cannot be reached now")]
    Unavailable,
    /// They are gone for good: the key that guarded them was invalidated. The device has to be enrolled again.
    #[error("the secrets are lost")]
    Lost,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for SecretError {
    /// The app threw what it had not declared.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// Keeps a few small secrets (under 1 KB each) where only this app on this device can read them, and outside of
/// backups: the platform's Keychain or Keystore. Called on threads of this library, outside of every lock; it may block.
#[uniffi::export(with_foreign)]
pub trait SecretStore: Send + Sync {
    /// The secret of that name; absent where there is none.
    ///
    /// # Errors
    /// [`SecretError`].
    fn load(&self, name: String) -> Result<Option<Vec<u8>>, SecretError>;
    /// Keeps a secret, in the place of one of the same name. It must be safe when this returns.
    ///
    /// # Errors
    /// [`SecretError`].
    fn store(&self, name: String, secret: Vec<u8>) -> Result<(), SecretError>;
    /// Forgets a secret. Nothing happens where there is none.
    ///
    /// # Errors
    /// [`SecretError`].
    fn forget(&self, name: String) -> Result<(), SecretError>;
}

/// The secrets, as this library uses them.
#[derive(Clone)]
pub(crate) struct Secrets(pub(crate) Arc<dyn SecretStore>);

/// Where this device belongs, and its key.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeviceSecret {
    /// The relay's address.
    pub(crate) relay: String,
    /// The device; absent while the relay has not answered.
    pub(crate) device: Option<DeviceId>,
    key: String,
}

impl DeviceSecret {
    /// A new key for a device that is to enrol.
    fn generate(relay: &str) -> Self {
        Self {
            relay: relay.to_owned(),
            device: None,
            key: HEXLOWER.encode(&DeviceKey::generate(&SystemEntropy).secret()),
        }
    }

    /// The key; absent where what was kept is none.
    pub(crate) fn key(&self) -> Option<DeviceKey> {
        let bytes = HEXLOWER.decode(self.key.as_bytes()).ok()?;
        Some(DeviceKey::from_secret(&bytes.try_into().ok()?))
    }
}

impl Secrets {
    /// The secret of the enrolled device; absent where there is none.
    pub(crate) fn device(&self) -> Result<Option<DeviceSecret>, SatchelError> {
        self.read(DEVICE)
    }

    /// The secret to enrol with: the one of an attempt at the same relay that was not answered, or a new one, which is
    /// kept before it is used.
    pub(crate) fn enrolling(&self, relay: &str) -> Result<DeviceSecret, SatchelError> {
        let begun = self.read(ENROLLING)?.filter(|begun| begun.relay == relay);
        if let Some(begun) = begun {
            return Ok(begun);
        }
        let secret = DeviceSecret::generate(relay);
        self.write(ENROLLING, &secret)?;
        Ok(secret)
    }

    /// The relay took the device in.
    pub(crate) fn enrolled(&self, secret: DeviceSecret, device: DeviceId) -> Result<(), SatchelError> {
        let secret = DeviceSecret {
            device: Some(device),
            ..secret
        };
        self.write(DEVICE, &secret)
    }

    /// Nothing of the enrolment is needed any more.
    pub(crate) fn settled(&self) -> Result<(), SatchelError> {
        Ok(self.0.forget(ENROLLING.to_owned())?)
    }

    fn read(&self, name: &str) -> Result<Option<DeviceSecret>, SatchelError> {
        match self.0.load(name.to_owned()) {
            // What cannot be read is as good as gone.
            Ok(bytes) => Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok())),
            Err(SecretError::Lost) => Ok(None),
            Err(SecretError::Unavailable) => Err(SatchelError::Unavailable),
        }
    }

    fn write(&self, name: &str, secret: &DeviceSecret) -> Result<(), SatchelError> {
        let bytes = serde_json::to_vec(secret).map_err(SatchelError::internal)?;
        Ok(self.0.store(name.to_owned(), bytes)?)
    }
}

impl From<SecretError> for SatchelError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Unavailable => Self::Unavailable,
            SecretError::Lost => Self::SignedOut,
        }
    }
}
