//! Frames to bytes and back.

use super::frame::Frame;
use super::{WireError, bundle, limit};

/// Type byte of a bundle: a zstd-compressed sequence of frames. Bundles do not nest.
const BUNDLE: u8 = 0x81;
/// The bit of the type byte that forbids skipping an unknown frame.
pub(super) const CRITICAL: u8 = 0x80;
/// Below this many bytes a bundle does not pay.
const WORTH_BUNDLING: usize = 200;

/// The bytes of frames, as they are.
///
/// # Errors
/// [`WireError::TooLarge`] where a frame is.
pub fn encode(frames: &[Frame]) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::new();
    for frame in frames {
        let payload = frame.payload();
        put(&mut out, frame.type_byte(), &payload)?;
    }
    Ok(out)
}

/// The bytes of frames, compressed together where that makes them smaller.
///
/// # Errors
/// [`WireError::TooLarge`] where a frame is.
pub fn encode_bundled(frames: &[Frame]) -> Result<Vec<u8>, WireError> {
    let plain = encode(frames)?;
    if plain.len() < WORTH_BUNDLING {
        return Ok(plain);
    }
    let packed = bundle::pack(&plain)?;
    if packed.len() + 8 >= plain.len() || packed.len() > limit::FRAME_BYTES {
        return Ok(plain);
    }
    let mut out = Vec::new();
    put(&mut out, BUNDLE, &packed)?;
    Ok(out)
}

/// Reads a message, unpacking its bundles. Unknown frames that may be skipped are.
///
/// # Errors
/// What is wrong with the bytes; nothing of a bad message is used.
pub fn decode(message: &[u8]) -> Result<Vec<Frame>, WireError> {
    if message.len() > limit::MESSAGE_BYTES {
        return Err(WireError::TooLarge);
    }
    let mut frames = Vec::new();
    let mut budget = limit::UNPACKED_BYTES;
    let mut rest = message;
    while !rest.is_empty() {
        let (type_byte, payload, after) = take(rest)?;
        rest = after;
        if type_byte == BUNDLE {
            let inner = bundle::unpack(payload, budget)?;
            budget -= inner.len();
            let mut inside = inner.as_slice();
            while !inside.is_empty() {
                let (type_byte, payload, after) = take(inside)?;
                inside = after;
                if type_byte == BUNDLE {
                    return Err(WireError::Malformed);
                }
                push(&mut frames, type_byte, payload)?;
            }
        } else {
            push(&mut frames, type_byte, payload)?;
        }
    }
    Ok(frames)
}

fn push(frames: &mut Vec<Frame>, type_byte: u8, payload: &[u8]) -> Result<(), WireError> {
    if frames.len() >= limit::FRAMES {
        return Err(WireError::TooLarge);
    }
    match Frame::read(type_byte, payload)? {
        Some(frame) => frames.push(frame),
        None if type_byte & CRITICAL != 0 => return Err(WireError::NeedsNewer),
        None => {}
    }
    Ok(())
}

/// Appends one frame.
pub(super) fn put(out: &mut Vec<u8>, type_byte: u8, payload: &[u8]) -> Result<(), WireError> {
    if payload.len() > limit::FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    out.push(type_byte);
    let mut length = payload.len();
    while length >= 0x80 {
        out.push(low_bits(length) | 0x80);
        length >>= 7;
    }
    out.push(low_bits(length));
    out.extend_from_slice(payload);
    Ok(())
}

/// The lowest seven bits.
fn low_bits(length: usize) -> u8 {
    length.to_le_bytes()[0] & 0x7f
}

fn take(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), WireError> {
    let (type_byte, mut rest) = bytes.split_first().ok_or(WireError::Truncated)?;
    let (mut length, mut shift) = (0_usize, 0_u32);
    loop {
        let (byte, after) = rest.split_first().ok_or(WireError::Truncated)?;
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > 21 {
            return Err(WireError::TooLarge);
        }
    }
    if length > limit::FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    let (payload, after) = rest.split_at_checked(length).ok_or(WireError::Truncated)?;
    Ok((*type_byte, payload, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Point;
    use super::super::frame::{Commit, Doc, Hello, Welcome};
    use super::*;
    use crate::ids::{DocumentId, RunId, ScopeId};

    fn hello() -> Frame {
        let cursor = Point {
            run: RunId::from_bytes([1; 16]),
            seq: 1_000_000,
        };
        Hello {
            protocol: 1,
            schema: 8,
            exchange: 300,
            cursor: Some(cursor),
            grants: vec![7; 8],
            digest: Some(vec![9; 16]),
            clock_s: 1_790_000_000,
            ..Hello::default()
        }
        .into()
    }

    fn doc(seq: u64) -> Frame {
        Doc {
            id: DocumentId::from_bytes([3; 16]),
            kind: "thing".to_owned(),
            scope: ScopeId::from_bytes([4; 16]),
            seq,
            snapshot: None,
            changes: vec![vec![5; 100].into()],
            heads: crate::ids::Heads::default(),
            row: b"{}".to_vec().into(),
        }
        .into()
    }

    #[test]
    fn frames_survive_plain_and_bundled() {
        let frames: Vec<Frame> = std::iter::once(hello()).chain((0..50).map(doc)).collect();
        assert_eq!(decode(&encode(&frames).unwrap()).unwrap(), frames);
        let bundled = encode_bundled(&frames).unwrap();
        assert!(bundled.len() * 4 < encode(&frames).unwrap().len());
        assert_eq!(decode(&bundled).unwrap(), frames);
    }

    #[test]
    fn an_idle_device_and_its_answer_stay_under_a_hundred_bytes() {
        let asked = encode(&[hello()]).unwrap().len();
        let welcome = Welcome {
            exchange: 300,
            clock_s: 1_790_000_000,
            token_s: 900,
            new_epoch: None,
            revoked: None,
            features: None,
        };
        let commit = Commit {
            from: 1_000_000,
            to: 1_000_000,
            more: false,
            run: None,
            digest: None,
            floors: None,
            packs: None,
        };
        let answered = encode(&[welcome.into(), commit.into()]).unwrap().len();
        assert!(asked + answered <= 100, "{asked} + {answered} bytes");
    }

    #[test]
    fn an_unknown_frame_is_skipped_unless_it_is_critical() {
        let mut message = encode(&[hello()]).unwrap();
        message.extend([0x7f, 2, 1, 2]);
        assert_eq!(decode(&message).unwrap(), vec![hello()]);
        message.extend([0xff, 0]);
        assert_eq!(decode(&message), Err(WireError::NeedsNewer));
    }

    #[test]
    fn a_bundle_that_unpacks_to_too_much_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; limit::UNPACKED_BYTES + 1], 3).unwrap();
        let mut message = Vec::new();
        put(&mut message, BUNDLE, &bomb).unwrap();
        assert_eq!(decode(&message), Err(WireError::TooLarge));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn damaged_messages_never_panic(at in 0_usize..400, flip in 1_u8..) {
            let mut message = encode(&[hello(), doc(1), doc(2)]).unwrap();
            let length = message.len();
            message[at % length] ^= flip;
            let _ = decode(&message);
        }
    }
}
