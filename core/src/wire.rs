//! What devices and the relay say to each other: typed frames, their bytes, versions and limits.
//!
//! `docs/protocol.md` describes the bytes for people who write a client in another language; `tests/golden/` holds
//! vectors. A message is a sequence of frames. A frame is one byte of type (the high bit says that a reader who does not
//! know the type must stop), the length of its payload as LEB128, and the payload as CBOR with numbered parts.

mod bundle;
mod cbor;
mod codec;
pub mod delta;
pub mod digest;
pub mod feature;
mod frame;
pub mod limit;
mod pack;
pub mod reconcile;

pub use codec::{decode, encode, encode_bundled};
pub use frame::{
    Acknowledge, Authenticate, Authenticated, Commit, Compare, Decision, Delta, Differ, Directory, Doc, DocRow, Fault,
    Flag, Floor, Frame, Grant, Grants, Hello, Out, Poke, Purged, Push, Receipt, ReceiptState, Reconcile, Reconciled,
    RowDelta, ScopeDigest, ScopeRow, Verdict, Welcome, Wiped,
};
pub use pack::{Manifest, Pack, PackHash, PackHead, PackReader, PackedDoc, encode_pack};

use minicbor::{Decode, Encode};

use crate::ids::RunId;

/// Version of the protocol that this code speaks. The relay also understands the two before it.
pub const PROTOCOL: u32 = 1;

/// A position in the relay's log: seqs are only comparable within the run of the relay that gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, serde::Serialize, serde::Deserialize)]
pub struct Point {
    /// The start of the relay that gave the seq.
    #[cbor(n(0), with = "cbor::id")]
    pub run: RunId,
    /// The org's counter.
    #[n(1)]
    pub seq: u64,
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Ends in the middle of a frame.
    #[error("the message ends too early")]
    Truncated,
    /// A payload is not what its type says.
    #[error("a frame's payload is malformed")]
    Malformed,
    /// A limit is exceeded: of a frame, of a message, or of what a bundle unpacks to.
    #[error("the message exceeds a limit")]
    TooLarge,
    /// A frame of an unknown type that says that it may not be skipped.
    #[error("the message needs a newer version")]
    NeedsNewer,
}
