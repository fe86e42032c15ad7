//! Stories: each file is a promise, kept by the real parts together.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod every_kind;
