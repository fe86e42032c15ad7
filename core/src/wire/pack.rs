//! Packs: many documents as one immutable bundle, named by the hash of its bytes.
//!
//! A pack is one zstd frame, so that the compressor sees across documents. Unpacked it is a sequence of frames as in a
//! message: one head, then a document for each id that it names. It is read one frame at a time: neither the pack
//! nor a hostile one ever stands unpacked in memory.

use std::fmt;
use std::io::{BufReader, Read, Write};
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{Point, WireError, cbor, codec, limit};
use crate::ids::{ChangeHash, DocumentId, Heads, InvalidId, ScopeId};

/// Type byte of the head.
const HEAD: u8 = 0xa0;
/// Type byte of a document.
const DOC: u8 = 0xa1;
/// Type byte of a record's row.
const ROW: u8 = 0xa4;
/// A pack is made once and fetched by many devices: a better ratio is worth the relay's time.
const LEVEL: i32 = 12;

/// SHA-256 of a pack's bytes, as they are fetched: its name and its entity tag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackHash(pub [u8; 32]);

impl PackHash {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for PackHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

impl fmt::Debug for PackHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for PackHash {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidId)?;
        bytes.try_into().map(Self).map_err(|_| InvalidId)
    }
}

/// Relay: one pack of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Pack {
    /// Its name.
    #[cbor(n(0), with = "cbor::pack_hash")]
    pub hash: PackHash,
    /// It holds its scopes as of this seq.
    #[n(1)]
    pub seq: u64,
    /// Documents in it.
    #[n(2)]
    pub documents: u64,
    /// Bytes to fetch.
    #[n(3)]
    pub bytes: u64,
    /// The scopes that it holds, each whole.
    #[cbor(n(4), with = "cbor::ids")]
    pub scopes: Vec<ScopeId>,
    /// Whether it holds rows alone, and no documents.
    #[n(5)]
    pub rows: Option<bool>,
}

impl Pack {
    /// Whether it holds rows alone, and no documents.
    #[must_use]
    pub fn is_of_rows(&self) -> bool {
        self.rows == Some(true)
    }
}

/// Relay: a manifest ends. The packs before it are in the order in which they are worth having.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// The log when it was made; the seqs of the packs are of this run's log.
    #[n(0)]
    pub point: Point,
    /// Whether more packs are being made: ask again.
    #[n(1)]
    pub more: bool,
}

/// What a pack says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackHead {
    /// It holds its scopes as of this seq.
    pub seq: u64,
    /// Documents that follow.
    pub documents: u64,
    /// The scopes that it holds, each whole.
    pub scopes: Vec<ScopeId>,
}

/// One document of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedDoc {
    /// The document.
    pub id: DocumentId,
    /// Its kind.
    pub kind: String,
    /// The place of its scope in the head's list.
    pub scope: u32,
    /// Its version.
    pub heads: Heads,
    /// The whole history: an uncompressed save of Automerge. `None` in a pack of rows alone.
    pub snapshot: Option<ByteVec>,
    /// Whether the snapshot is whole; else it is without what can be made again from id and heads.
    pub whole: bool,
    /// The record as plain values at that version: JSON of a projection row whose heads are left empty.
    pub row: ByteVec,
}

/// The head as it is written. Ids and hashes stand together in front: they do not compress, and between texts they would
/// spoil what does.
#[derive(Encode, Decode)]
struct Head {
    #[n(0)]
    seq: u64,
    #[cbor(n(1), with = "cbor::ids")]
    scopes: Vec<ScopeId>,
    /// The documents, in their order.
    #[cbor(n(2), with = "cbor::ids")]
    documents: Vec<DocumentId>,
    /// Their heads, one document's after another's.
    #[cbor(n(3), with = "cbor::heads_in_order")]
    hashes: Vec<ChangeHash>,
}

/// A document as it is written.
#[derive(Encode, Decode)]
struct Entry {
    #[n(0)]
    kind: String,
    #[n(1)]
    scope: u32,
    /// How many of the hashes are its heads.
    #[n(2)]
    heads: u32,
    #[n(3)]
    snapshot: ByteVec,
    #[n(4)]
    row: ByteVec,
    #[n(5)]
    whole: Option<bool>,
}

/// A record as it is written in a pack of rows alone.
#[derive(Encode, Decode)]
struct RowEntry {
    #[n(0)]
    kind: String,
    #[n(1)]
    scope: u32,
    /// How many of the hashes are its heads.
    #[n(2)]
    heads: u32,
    #[n(3)]
    row: ByteVec,
}

/// Makes a pack. The same documents in the same order give the same bytes.
///
/// # Errors
/// [`WireError::TooLarge`] where a document or the whole exceeds its limit.
pub fn encode_pack(seq: u64, scopes: Vec<ScopeId>, documents: &[PackedDoc]) -> Result<Vec<u8>, WireError> {
    let head = Head {
        seq,
        scopes,
        documents: documents.iter().map(|document| document.id).collect(),
        hashes: documents
            .iter()
            .flat_map(|document| document.heads.hashes())
            .copied()
            .collect(),
    };
    let failed = |_| WireError::TooLarge;
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL).map_err(failed)?;
    encoder.window_log(limit::PACK_WINDOW_LOG).map_err(failed)?;
    let mut unpacked = 0;
    let mut write = |type_byte: u8, payload: Vec<u8>| {
        let mut frame = Vec::new();
        codec::put(&mut frame, type_byte, &payload)?;
        unpacked += frame.len();
        if unpacked > limit::PACK_UNPACKED_BYTES {
            return Err(WireError::TooLarge);
        }
        encoder.write_all(&frame).map_err(failed)
    };
    write(HEAD, minicbor::to_vec(&head).unwrap_or_default())?;
    for document in documents {
        let (kind, scope, row) = (document.kind.clone(), document.scope, document.row.clone());
        let heads = u32::try_from(document.heads.hashes().len()).map_err(|_| WireError::TooLarge)?;
        if let Some(snapshot) = document.snapshot.clone() {
            let whole = document.whole.then_some(true);
            let entry = Entry {
                kind,
                scope,
                heads,
                snapshot,
                row,
                whole,
            };
            write(DOC, minicbor::to_vec(&entry).unwrap_or_default())?;
        } else {
            let entry = RowEntry {
                kind,
                scope,
                heads,
                row,
            };
            write(ROW, minicbor::to_vec(&entry).unwrap_or_default())?;
        }
    }
    let packed = encoder.finish().map_err(failed)?;
    if packed.len() > limit::PACK_BYTES {
        return Err(WireError::TooLarge);
    }
    Ok(packed)
}

/// Reads a pack, one document at a time.
pub struct PackReader<'a> {
    head: PackHead,
    input: BufReader<std::io::Take<zstd::stream::read::Decoder<'static, &'a [u8]>>>,
    ids: std::vec::IntoIter<DocumentId>,
    hashes: std::vec::IntoIter<ChangeHash>,
}

impl fmt::Debug for PackReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackReader")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl<'a> PackReader<'a> {
    /// Begins to read.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn new(bytes: &'a [u8]) -> Result<Self, WireError> {
        if bytes.len() > limit::PACK_BYTES {
            return Err(WireError::TooLarge);
        }
        let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)
            .map_err(|_| WireError::Malformed)?
            .single_frame();
        decoder
            .window_log_max(limit::PACK_WINDOW_LOG)
            .map_err(|_| WireError::Malformed)?;
        let mut input = BufReader::new(decoder.take(limit::PACK_UNPACKED_BYTES as u64));
        let head: Head = match read_frame(&mut input)? {
            Some((HEAD, payload)) => minicbor::decode(&payload).map_err(|_| WireError::Malformed)?,
            _ => return Err(WireError::Malformed),
        };
        Ok(Self {
            head: PackHead {
                seq: head.seq,
                documents: head.documents.len() as u64,
                scopes: head.scopes,
            },
            input,
            ids: head.documents.into_iter(),
            hashes: head.hashes.into_iter(),
        })
    }

    /// What the pack says of itself.
    #[must_use]
    pub fn head(&self) -> &PackHead {
        &self.head
    }

    /// The next document; `None` after the last. Frames of unknown types that may be skipped are.
    ///
    /// # Errors
    /// What is wrong with the bytes; nothing of such a pack may be kept.
    pub fn next_document(&mut self) -> Result<Option<PackedDoc>, WireError> {
        loop {
            match read_frame(&mut self.input)? {
                Some((DOC, payload)) => {
                    let entry: Entry = minicbor::decode(&payload).map_err(|_| WireError::Malformed)?;
                    let whole = entry.whole == Some(true);
                    let (id, heads) = self.version(entry.heads)?;
                    return Ok(Some(PackedDoc {
                        id,
                        kind: entry.kind,
                        scope: entry.scope,
                        heads,
                        snapshot: Some(entry.snapshot),
                        whole,
                        row: entry.row,
                    }));
                }
                Some((ROW, payload)) => {
                    let entry: RowEntry = minicbor::decode(&payload).map_err(|_| WireError::Malformed)?;
                    let (id, heads) = self.version(entry.heads)?;
                    return Ok(Some(PackedDoc {
                        id,
                        kind: entry.kind,
                        scope: entry.scope,
                        heads,
                        snapshot: None,
                        whole: false,
                        row: entry.row,
                    }));
                }
                Some((type_byte, _)) if type_byte & codec::CRITICAL != 0 => return Err(WireError::NeedsNewer),
                Some(_) => {}
                None if self.ids.len() == 0 && self.hashes.len() == 0 => return Ok(None),
                None => return Err(WireError::Truncated),
            }
        }
    }

    /// Id and version of the next document, which has so many heads.
    fn version(&mut self, heads: u32) -> Result<(DocumentId, Heads), WireError> {
        let id = self.ids.next().ok_or(WireError::Malformed)?;
        let count = heads as usize;
        if count > self.hashes.len() {
            return Err(WireError::Malformed);
        }
        Ok((id, Heads::new(self.hashes.by_ref().take(count).collect())))
    }
}

/// One frame; `None` where the input ends between frames.
fn read_frame(input: &mut impl Read) -> Result<Option<(u8, Vec<u8>)>, WireError> {
    let mut byte = [0];
    if input.read(&mut byte).map_err(|_| WireError::Malformed)? == 0 {
        return Ok(None);
    }
    let type_byte = byte[0];
    let (mut length, mut shift) = (0_usize, 0_u32);
    loop {
        input.read_exact(&mut byte).map_err(|_| WireError::Truncated)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
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
    // The length is the sender's word: memory grows with what really comes.
    let mut payload = Vec::new();
    let read = input
        .take(length as u64)
        .read_to_end(&mut payload)
        .map_err(|_| WireError::Malformed)?;
    if read == length {
        Ok(Some((type_byte, payload)))
    } else {
        Err(WireError::Truncated)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn documents(count: u8) -> Vec<PackedDoc> {
        let one = |n: u8| PackedDoc {
            id: DocumentId::from_bytes([n; 16]),
            kind: "thing".to_owned(),
            scope: 0,
            heads: Heads::new(vec![ChangeHash([n; 32])]),
            snapshot: (!n.is_multiple_of(3)).then(|| vec![7; 300].into()),
            whole: n % 3 == 1,
            row: b"{}".to_vec().into(),
        };
        (0..count).map(one).collect()
    }

    fn pack(count: u8) -> Vec<u8> {
        encode_pack(9, vec![ScopeId::from_bytes([1; 16])], &documents(count)).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<PackedDoc>, WireError> {
        let mut reader = PackReader::new(bytes)?;
        let mut found = Vec::new();
        while let Some(document) = reader.next_document()? {
            found.push(document);
        }
        Ok(found)
    }

    #[test]
    fn a_pack_gives_back_what_was_put_in_and_names_its_bytes() {
        let bytes = pack(20);
        assert_eq!(bytes, pack(20), "the same documents give the same bytes");
        let reader = PackReader::new(&bytes).unwrap();
        assert_eq!((reader.head().seq, reader.head().documents), (9, 20));
        assert_eq!(read(&bytes).unwrap(), documents(20));
        let hash = PackHash::of(&bytes);
        assert_eq!(hash.to_string().parse::<PackHash>().unwrap(), hash);
        assert_ne!(hash, PackHash::of(&pack(19)));
    }

    /// A pack whose head names so many documents and hashes, with so many entries.
    fn odd(ids: u8, hashes: u8, entries: usize) -> Vec<u8> {
        let head = Head {
            seq: 1,
            scopes: Vec::new(),
            documents: (0..ids).map(|n| DocumentId::from_bytes([n; 16])).collect(),
            hashes: (0..hashes).map(|n| ChangeHash([n; 32])).collect(),
        };
        let entry = Entry {
            kind: "thing".to_owned(),
            scope: 0,
            heads: 1,
            snapshot: vec![7].into(),
            row: b"{}".to_vec().into(),
            whole: None,
        };
        let mut plain = Vec::new();
        codec::put(&mut plain, HEAD, &minicbor::to_vec(&head).unwrap()).unwrap();
        for _ in 0..entries {
            codec::put(&mut plain, DOC, &minicbor::to_vec(&entry).unwrap()).unwrap();
        }
        zstd::bulk::compress(&plain, 3).unwrap()
    }

    #[test]
    fn a_pack_that_holds_less_than_it_says_or_more_is_refused() {
        assert_eq!(read(&odd(3, 3, 3)).unwrap().len(), 3);
        assert_eq!(read(&odd(4, 3, 3)), Err(WireError::Truncated));
        assert_eq!(read(&odd(3, 4, 3)), Err(WireError::Truncated));
        assert_eq!(read(&odd(2, 3, 3)), Err(WireError::Malformed));
        assert_eq!(read(&odd(3, 2, 3)), Err(WireError::Malformed));
    }

    #[test]
    fn a_pack_that_unpacks_to_too_much_is_refused_without_unpacking_it() {
        let mut plain = zstd::decode_all(odd(1, 1, 0).as_slice()).unwrap();
        // Skippable frames without end.
        let mut filler = Vec::new();
        codec::put(&mut filler, 0x7f, &vec![0; 1 << 20]).unwrap();
        for _ in 0..=limit::PACK_UNPACKED_BYTES >> 20 {
            plain.extend_from_slice(&filler);
        }
        let bomb = zstd::bulk::compress(&plain, 3).unwrap();
        assert!(bomb.len() < 64 << 10);
        assert!(read(&bomb).is_err());
    }

    #[test]
    fn a_pack_that_asks_for_a_large_window_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(limit::PACK_WINDOW_LOG + 4).unwrap();
        encoder.write_all(b"anything").unwrap();
        assert!(PackReader::new(&encoder.finish().unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn damaged_packs_never_panic(at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
            let mut bytes = pack(5);
            let end = cut.index(bytes.len());
            prop_assert!(read(&bytes[..end]).is_err(), "a pack that was cut");
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let _ = read(&bytes);
        }

        #[test]
        fn random_frames_in_a_pack_never_panic(plain in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&zstd::bulk::compress(&plain, 3).unwrap());
        }
    }
}
