use sha2::{Digest, Sha256};

/// A change, taken apart so that any part can be exchanged; written with the hash that its bytes then have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Hashes of what it builds on.
    pub dependencies: Vec<[u8; 32]>,
    /// The writing actor.
    pub actor: Vec<u8>,
    /// The actor's sequence number.
    pub seq: u64,
    /// Number of the first operation.
    pub start_op: u64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// Who and what for.
    pub message: Vec<u8>,
    /// Other actors that operations refer to.
    pub others: Vec<Vec<u8>>,
    /// The operations, column by column.
    pub columns: Vec<Column>,
    /// What follows.
    pub rest: Vec<u8>,
}

/// One column: what it holds (a number and a type) and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Number and type: `number << 4 | type`.
    pub specification: u64,
    /// Its encoded entries.
    pub data: Vec<u8>,
}

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Appends LEB128 without a sign.
pub(super) fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Appends LEB128 with a sign.
pub(super) fn signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let byte = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    unsigned(out, bytes.len() as u64);
    out.extend(bytes);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

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

    fn prefixed(&mut self) -> Option<Vec<u8>> {
        let length = self.length()?;
        Some(self.take(length)?.to_vec())
    }
}

impl Chunk {
    /// Takes a sound change apart; `None` where the bytes are none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes.get(9..)?);
        rest.number()?;
        let mut dependencies = Vec::new();
        for _ in 0..rest.length()? {
            dependencies.push(rest.take(32)?.try_into().ok()?);
        }
        let actor = rest.prefixed()?;
        let (seq, start_op, time) = (rest.number()?, rest.number()?, rest.signed()?);
        let message = rest.prefixed()?;
        let mut others = Vec::new();
        for _ in 0..rest.length()? {
            others.push(rest.prefixed()?);
        }
        let mut headers = Vec::new();
        for _ in 0..rest.length()? {
            headers.push((rest.number()?, rest.length()?));
        }
        let mut columns = Vec::new();
        for (specification, length) in headers {
            let data = rest.take(length)?.to_vec();
            columns.push(Column { specification, data });
        }
        Some(Self {
            dependencies,
            actor,
            seq,
            start_op,
            time,
            message,
            others,
            columns,
            rest: rest.0.to_vec(),
        })
    }

    /// The change as bytes, under the hash that they have.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        unsigned(&mut body, self.dependencies.len() as u64);
        body.extend(self.dependencies.iter().flatten());
        prefixed(&mut body, &self.actor);
        unsigned(&mut body, self.seq);
        unsigned(&mut body, self.start_op);
        signed(&mut body, self.time);
        prefixed(&mut body, &self.message);
        unsigned(&mut body, self.others.len() as u64);
        for other in &self.others {
            prefixed(&mut body, other);
        }
        unsigned(&mut body, self.columns.len() as u64);
        for column in &self.columns {
            unsigned(&mut body, column.specification);
            unsigned(&mut body, column.data.len() as u64);
        }
        for column in &self.columns {
            body.extend(&column.data);
        }
        body.extend(&self.rest);
        Self::sealed(1, &body)
    }

    /// A chunk of a type with this body, under the checksum that its bytes have.
    #[must_use]
    pub fn sealed(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut hashed = vec![kind];
        unsigned(&mut hashed, body.len() as u64);
        hashed.extend(body);
        let digest = Sha256::digest(&hashed);
        [&MAGIC[..], &digest[..4], &hashed].concat()
    }

    /// The hash of a chunk's bytes, whatever they are.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes.get(8..).unwrap_or_default()).into()
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{AutoCommit, ROOT};

    use super::*;

    #[test]
    fn a_change_comes_back_as_it_was() {
        let mut doc = AutoCommit::new();
        doc.put(ROOT, "name", "店").expect("a put");
        let list = doc.put_object(ROOT, "text", automerge::ObjType::Text).expect("a text");
        doc.splice_text(&list, 0, 0, "hello").expect("a splice");
        let bytes = doc.get_last_local_change().expect("a change").raw_bytes().to_vec();
        let chunk = Chunk::read(&bytes).expect("a chunk");
        assert_eq!(chunk.write(), bytes);
        assert!(!chunk.columns.is_empty());
    }
}
