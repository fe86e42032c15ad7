//! Frames compressed together: zstd sees across documents, which batches of small records need.

use std::io::Read;

use super::WireError;

/// Level 3: the ratio of higher ones is not worth a phone's time.
const LEVEL: i32 = 3;

/// Compresses a sequence of frames.
pub(super) fn pack(frames: &[u8]) -> Result<Vec<u8>, WireError> {
    zstd::bulk::compress(frames, LEVEL).map_err(|_| WireError::TooLarge)
}

/// Unpacks a bundle, reading at most `limit` bytes.
pub(super) fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, WireError> {
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| WireError::Malformed)?;
    let mut frames = Vec::new();
    // One byte beyond the limit tells an exact fit from an excess.
    decoder
        .take(limit as u64 + 1)
        .read_to_end(&mut frames)
        .map_err(|_| WireError::Malformed)?;
    if frames.len() > limit {
        Err(WireError::TooLarge)
    } else {
        Ok(frames)
    }
}
