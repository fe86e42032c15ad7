//! Stories: each file is a promise, kept by the real parts together.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod add_a_record_kind;
mod every_kind;
