//! Bounds on everything that comes from outside.

/// Largest message, in bytes, as received.
pub const MESSAGE_BYTES: usize = 16 << 20;
/// Largest frame, in bytes.
pub const FRAME_BYTES: usize = 8 << 20;
/// Most bytes that the bundles of one message may unpack to.
pub const UNPACKED_BYTES: usize = 64 << 20;
/// Most frames in one message.
pub const FRAMES: usize = 100_000;
/// Most changes in one push.
pub const CHANGES_PER_PUSH: usize = 10_000;
/// About how many bytes of changes a device puts into one push, and into one message: what is left goes with the next.
pub const PUSH_BYTES: usize = 2 << 20;
/// Most changes in a delta; their bytes are at most [`UNFOLDED_BYTES`].
pub const CHANGES_PER_DELTA: usize = 64;
/// Largest document, in bytes: its uncompressed snapshot, and its row as JSON. A relay may be set to less or more.
pub const DOCUMENT_BYTES: usize = 2 << 20;
/// Most that a relay may be set to as the largest document: snapshot, row and the raw changes beside them fit one frame.
pub const MOST_DOCUMENT_BYTES: usize = 3 << 20;
/// A document with more bytes of raw changes beside its snapshot is folded, however few they are.
pub const UNFOLDED_BYTES: usize = 256 << 10;
/// Most pushes of one document by one device that wait on the relay, for a parent or a decision.
pub const WAITING_PER_DOCUMENT: usize = 100;
/// About how many bytes of records one batch carries before its commit.
pub const BATCH_BYTES: usize = 256 << 10;
/// Unacknowledged bytes after which a live relay pokes instead of sending.
pub const LIVE_CREDIT_BYTES: usize = 64 << 10;
/// Largest pack, in bytes, as fetched.
pub const PACK_BYTES: usize = 8 << 20;
/// Most bytes that a pack may unpack to. It is read as a stream: this bounds work, not memory.
pub const PACK_UNPACKED_BYTES: usize = 48 << 20;
/// Largest window of a pack's compression, as a power of two: the memory that unpacking takes.
pub const PACK_WINDOW_LOG: u32 = 23;
