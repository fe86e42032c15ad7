//! Satchel's core: what a record is, how it merges, how it is kept on the device and how it syncs.
//!
//! Lowest first: [`ids`] and [`clock`] know nothing of ours; see `ARCHITECTURE.md` for the layers above them.

pub mod clock;
pub mod crediting;
#[macro_use]
pub mod domain;
pub mod document;
pub mod duplicates;
pub mod engine;
pub mod exchange;
pub mod ids;
pub mod insight;
pub mod merger;
#[cfg(feature = "net")]
pub mod net;
pub mod policy;
pub mod projection;
pub mod query;
pub mod report;
pub mod schema;
pub mod store;
pub mod sync;
pub mod transfer;
pub mod wire;

#[cfg(feature = "uniffi")]
pub mod binding;
#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();
