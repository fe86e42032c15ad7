//! The device's side of an exchange, sans I/O: frames in, effects out.
//!
//! It knows nothing of the store or of sockets; `engine` carries its effects out and `net` carries its bytes. What must
//! hold: one exchange at a time (frames of another are ignored); a batch is applied whole, with its cursor, or not at
//! all; the cursor never goes back within an epoch; a new run of the relay is only taken from an answer to our own
//! question.

mod machine;
mod retry;

pub use machine::{Batch, Dropped, Effect, Exchange, Finished};
pub use retry::Backoff;
