//! Damaged and crafted bytes against the relay's real admission and the device's real application.
//!
//! `SATCHEL_HOSTILE_CASES` is how many are sent (fewer by default than a full run has), `SATCHEL_HOSTILE_SEED` replays
//! a run; both are printed.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod change;
mod craft;
mod delta;
mod device;
mod found;
mod frame;
mod limit;
mod pack;
mod run;
mod version;
