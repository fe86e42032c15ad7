//! What holds of every chunk of Automerge's, changes and whole documents alike: the envelope, and how numbers stand in it.

use sha2::{Digest, Sha256};

/// How a chunk begins.
pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The hash of a chunk of this type, and what it holds; `None` where the bytes are no such chunk, or not the one that was
/// written: the checksum is the beginning of the hash.
pub(super) fn opened(bytes: &[u8], kind: u8) -> Option<([u8; 32], Cursor<'_>)> {
    let (head, hashed) = bytes.split_at_checked(8)?;
    let digest: [u8; 32] = Sha256::digest(hashed).into();
    if head[..4] != MAGIC || head[4..] != digest[..4] {
        return None;
    }
    let mut rest = Cursor(hashed);
    let of_kind = rest.take(1)? == [kind];
    let length = rest.number()?;
    (of_kind && length == rest.0.len() as u64).then_some((digest, rest))
}

/// What is left to read.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn skip(&mut self, length: u64) -> Option<()> {
        self.take(length).map(drop)
    }

    pub(super) fn skip_prefixed(&mut self) -> Option<()> {
        let length = self.number()?;
        self.skip(length)
    }

    /// LEB128 without a sign. Bits beyond 64 are Automerge's to refuse.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            if shift >= 70 {
                return None;
            }
        }
    }

    /// LEB128 with a sign.
    pub(super) fn signed(&mut self) -> Option<i64> {
        let before = self.0;
        let value = self.number()?.cast_signed();
        let read = before.len() - self.0.len();
        let negative = before.get(read - 1)? & 0x40 != 0;
        let shift = 7 * u32::try_from(read).ok()?;
        Some(if negative && shift < 64 {
            value | (-1_i64 << shift)
        } else {
            value
        })
    }
}

/// Writes what [`Cursor::number`] reads.
pub(super) fn put_number(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_numbers_are_read_as_they_are_written() {
        for (bytes, number) in [
            (&[0x00][..], 0),
            (&[0x02][..], 2),
            (&[0x7e][..], -2),
            (&[0xff, 0x00][..], 127),
            (&[0x81, 0x7f][..], -127),
            (
                &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f][..],
                i64::MIN,
            ),
        ] {
            assert_eq!(Cursor(bytes).signed(), Some(number), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            assert_eq!(Cursor(&bytes).number(), Some(number));
        }
        assert_eq!(Cursor(&[0x80]).number(), None, "cut");
        assert_eq!(Cursor(&[0x80; 11]).number(), None, "without an end");
    }
}
