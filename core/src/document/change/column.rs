//! How many rows the columns of a change claim, counted before Automerge reads them.
//!
//! Columns are run-length encoded: a few bytes can say "a thousand million times the same", and a parser that believes
//! them works for minutes and fills the memory. So the runs are added up first; only lengths are read here, no values.

use crate::document::chunk::Cursor;

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
pub(super) fn is_bounded(mut rest: Cursor<'_>) -> Option<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
