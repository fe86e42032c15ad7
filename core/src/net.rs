//! Carries the sync machine's effects over HTTP and WebSocket. The only tokio in core.

mod client;
mod device_key;
mod error;
mod live;
mod pack;
mod token;

pub use client::{Client, Enrolment, SyncOptions, SyncReport, enrol};
pub use device_key::{DeviceKey, Signer};
pub use error::NetError;
pub use live::{LiveEvent, LiveHandle};
