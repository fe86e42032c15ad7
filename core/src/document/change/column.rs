//! How many rows the columns of a change claim, counted before Automerge reads them.
//!
//! Columns are run-length encoded: a few bytes can say "a thousand million times the same", and a parser that believes
//! them works for minutes and fills the memory. So the runs are added up first; only lengths are read here, no values.

/// Most operations in one change, and most entries of any of its columns.
pub(super) const MOST_ROWS: u64 = 250_000;

/// What follows a run's length in a column.
enum Entry {
    /// A number, LEB128.
    Number,
    /// A text behind its length.
    Text,
}

/// Whether every column of an uncompressed change chunk has at most [`MOST_ROWS`] entries; `None` where the chunk is not
/// formed like one.
pub(super) fn is_bounded(chunk: &[u8]) -> Option<bool> {
    // Magic, checksum, type.
    let mut rest = Cursor(chunk.get(9..)?);
    let length = rest.number()?;
    if length != rest.0.len() as u64 {
        return None;
    }
    let dependencies = rest.number()?;
    rest.skip(dependencies.checked_mul(32)?)?;
    rest.skip_prefixed()?;
    // Sequence, first operation, time.
    for _ in 0..3 {
        rest.number()?;
    }
    rest.skip_prefixed()?;
    for _ in 0..rest.number()? {
        rest.skip_prefixed()?;
    }
    let count = rest.number()?;
    let mut columns = Vec::new();
    for _ in 0..count {
        columns.push((rest.number()?, rest.number()?));
    }
    for (specification, length) in columns {
        let bytes = rest.take(length)?;
        // Bit 3 says deflated, which a change's columns may not be.
        let bounded = match specification & 0b1111 {
            // Groups, actors, integers, deltas, lengths of values.
            0..=3 | 6 => runs(bytes, &Entry::Number)?,
            4 => booleans(bytes)?,
            5 => runs(bytes, &Entry::Text)?,
            // Values themselves: as long as they are.
            7 => true,
            _ => return None,
        };
        if !bounded {
            return Some(false);
        }
    }
    Some(true)
}

/// Adds up a run-length encoded column: a positive length and one entry that is repeated, a negative one and as many
/// entries, or zero and the number of absent ones.
fn runs(bytes: &[u8], entry: &Entry) -> Option<bool> {
    let mut rest = Cursor(bytes);
    let mut rows = 0_u64;
    while !rest.0.is_empty() {
        let length = rest.signed()?;
        let (more, entries) = match length {
            0 => (rest.number()?, 0),
            1.. => (length.unsigned_abs(), 1),
            _ => (length.unsigned_abs(), length.unsigned_abs()),
        };
        rows = rows.checked_add(more)?;
        if rows > MOST_ROWS {
            return Some(false);
        }
        for _ in 0..entries {
            match entry {
                Entry::Number => drop(rest.number()?),
                Entry::Text => rest.skip_prefixed()?,
            }
        }
    }
    Some(true)
}

/// Adds up a column of booleans: lengths of runs, in turn false and true.
fn booleans(bytes: &[u8]) -> Option<bool> {
    let mut rest = Cursor(bytes);
    let mut rows = 0_u64;
    while !rest.0.is_empty() {
        rows = rows.checked_add(rest.number()?)?;
    }
    Some(rows <= MOST_ROWS)
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn skip(&mut self, length: u64) -> Option<()> {
        self.take(length).map(drop)
    }

    fn skip_prefixed(&mut self) -> Option<()> {
        let length = self.number()?;
        self.skip(length)
    }

    /// LEB128 without a sign. Bits beyond 64 are Automerge's to refuse.
    fn number(&mut self) -> Option<u64> {
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
    fn signed(&mut self) -> Option<i64> {
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
    fn rows_are_counted_up_to_the_limit_and_no_further() {
        let run = |length: u64| {
            let mut bytes = Vec::new();
            leb(&mut bytes, length);
            bytes.push(1);
            bytes
        };
        // The last byte of a positive length must not look negative.
        assert_eq!(runs(&run(MOST_ROWS), &Entry::Number), Some(true));
        assert_eq!(runs(&run(MOST_ROWS + 1), &Entry::Number), Some(false));
        assert_eq!(
            runs(&[run(MOST_ROWS), run(1)].concat(), &Entry::Number),
            Some(false),
            "runs add up"
        );
        let mut absent = vec![0];
        leb(&mut absent, u64::MAX);
        assert_eq!(runs(&absent, &Entry::Number), Some(false));
        assert_eq!(booleans(&absent), Some(false));
        assert_eq!(runs(&[0x7e, 1], &Entry::Number), None, "an entry is missing");
    }

    fn leb(out: &mut Vec<u8>, mut number: u64) {
        while number >= 0x80 {
            out.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        out.push(number.to_le_bytes()[0]);
        // A signed reader takes bit 6 of the last byte for the sign.
        if let Some(last) = out.last_mut().filter(|last| **last & 0x40 != 0) {
            *last |= 0x80;
            out.push(0);
        }
    }
}
