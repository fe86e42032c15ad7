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
/// Largest document (its uncompressed snapshot), in bytes.
pub const DOCUMENT_BYTES: usize = 4 << 20;
/// About how many bytes of records one batch carries before its commit.
pub const BATCH_BYTES: usize = 256 << 10;
/// Unacknowledged bytes after which a live relay pokes instead of sending.
pub const LIVE_CREDIT_BYTES: usize = 64 << 10;
