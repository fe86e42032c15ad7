//! A change from elsewhere is hostile until shown otherwise.
//!
//! Automerge's own parser does not verify the checksum, and a tenth of randomly damaged changes panic later or poison
//! the document for every device. So a change is let in by steps: its bytes and hash, its header, its place after what
//! the document holds, a shadow that takes it in, saves and loads again. Whoever pushes must pass all of them.

mod column;

use automerge::ActorId as AutomergeActor;

use super::edit::read_message;
use super::{Document, Error, chunk, error, seed_actor};
use crate::ids::{ActorId, ChangeHash, MemberId};
use crate::projection::Row;

/// Largest change that is let in, in bytes.
pub const MAX_CHANGE_BYTES: usize = 1 << 20;

/// Chunk type of an uncompressed change; a deflated one (2) is refused: its size is not known before it is unpacked.
const CHANGE_CHUNK: u8 = 1;
/// What Automerge puts before the bytes of an actor whose change was made on an older version.
const CONCURRENCY_MAGIC: usize = 4;

/// What the header of a change says, after its hash was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// SHA-256 of the change.
    pub hash: ChangeHash,
    /// The writing incarnation: the sixteen bytes, or those inside the form that is derived for an older version.
    pub actor: ActorId,
    /// The actor as written, which its sequence numbers belong to.
    pub actor_bytes: Vec<u8>,
    /// The actor's sequence number, from 1.
    pub seq: u64,
    /// Number of its first operation.
    pub start_op: u64,
    /// Number of its last operation.
    pub max_op: u64,
    /// What it builds on.
    pub dependencies: Vec<ChangeHash>,
    /// Who wrote it, by its message.
    pub by: Option<MemberId>,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A change of a document as its header has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the change.
    pub hash: ChangeHash,
    /// The actor as written.
    pub actor: Vec<u8>,
    /// The actor's sequence number, from 1.
    pub seq: u64,
    /// Number of its first operation.
    pub start_op: u64,
    /// Number of its last operation; one below the first where it has none.
    pub max_op: u64,
    /// What it builds on.
    pub dependencies: Vec<ChangeHash>,
}

/// A document after changes were let in.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// The record as plain values.
    pub row: Row,
    /// Length of its uncompressed snapshot, in bytes.
    pub snapshot_bytes: usize,
}

/// Why a change is not let in. The code goes into receipts; the bytes are kept in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`MAX_CHANGE_BYTES`], or with more operations than a change may hold.
    #[error("too large")]
    TooLarge,
    /// No uncompressed change, or the checksum is not that of the bytes.
    #[error("damaged")]
    Damaged,
    /// The header makes no sense: no operations, numbers out of bounds, an actor that is none.
    #[error("bad header")]
    BadHeader,
    /// The actor is not the sender's.
    #[error("foreign actor")]
    ForeignActor,
    /// The same actor and sequence number with another hash: a clone or a restored backup.
    #[error("actor conflict")]
    ActorConflict,
    /// The sequence number is not the actor's next.
    #[error("sequence gap")]
    SequenceGap,
    /// The operations do not follow on those before them.
    #[error("operations out of order")]
    OperationsOutOfOrder,
    /// Automerge could not take it in, save it and load it again.
    #[error("poisonous")]
    Poisonous,
}

impl Header {
    /// Reads the header of a change and verifies its hash.
    ///
    /// # Errors
    /// The [`Refusal`] that says why the bytes are no sound change.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_CHANGE_BYTES {
            return Err(Refusal::TooLarge);
        }
        let (digest, body) = chunk::opened(bytes, CHANGE_CHUNK).ok_or(Refusal::Damaged)?;
        // Before Automerge reads them: columns may claim more than any memory holds.
        if !column::is_bounded(body).ok_or(Refusal::Damaged)? {
            return Err(Refusal::TooLarge);
        }
        let change = error::contain(|| automerge::Change::try_from(bytes).map_err(|_| Error::Damaged))
            .map_err(|_| Refusal::Damaged)?;
        // Automerge reckons the hash over its own form of the length; a second form would be a second name for a change.
        if change.hash().0 != digest {
            return Err(Refusal::Damaged);
        }
        let actor_bytes = change.actor_id().to_bytes().to_vec();
        let actor = incarnation(change.actor_id()).ok_or(Refusal::BadHeader)?;
        let (start_op, length) = (change.start_op().get(), change.len() as u64);
        let max_op = start_op
            .checked_add(length)
            .filter(|op| u32::try_from(*op).is_ok())
            .ok_or(Refusal::BadHeader)?;
        let in_order = change.deps().is_sorted_by(|one, next| one.0 < next.0);
        if change.seq() == 0 || change.deps().len() > 1024 || !in_order {
            return Err(Refusal::BadHeader);
        }
        Ok(Self {
            hash: ChangeHash(digest),
            actor,
            actor_bytes,
            seq: change.seq(),
            start_op,
            max_op: max_op - 1,
            dependencies: change.deps().iter().map(|hash| ChangeHash(hash.0)).collect(),
            by: read_message(change.message()).0,
            at_ms: change.timestamp(),
        })
    }
}

/// The sixteen bytes of a device in an actor id: plain, or behind a prefix of magic and level (LEB128).
pub(super) fn incarnation(actor: &AutomergeActor) -> Option<ActorId> {
    let bytes = actor.to_bytes();
    let own = match bytes.len() {
        16 => bytes,
        // Magic, a level of one to ten bytes of which only the last has its high bit clear, then the sixteen.
        length if length > 16 + CONCURRENCY_MAGIC && length <= 16 + CONCURRENCY_MAGIC + 10 => {
            let (prefix, own) = bytes.split_at(length - 16);
            let expected = AutomergeActor::from(own).to_bytes().len();
            let level = &prefix[CONCURRENCY_MAGIC..];
            let (last, rest) = level.split_last()?;
            if expected != 16 || last & 0x80 != 0 || rest.iter().any(|byte| byte & 0x80 == 0) {
                return None;
            }
            own
        }
        _ => return None,
    };
    own.try_into().ok().map(ActorId)
}

impl Document {
    /// Lets changes in after a shadow of the document has taken them in, been saved and been loaded again. `self` is
    /// unchanged unless all of them passed. The caller has read the headers and checked whose they are. Returns the
    /// projection with them.
    ///
    /// # Errors
    /// [`Error::MissingDependencies`] where they build on something that is not here; [`Error::Poisoned`] or
    /// [`Error::Damaged`] where the shadow failed.
    pub fn admit(&mut self, changes: &[Vec<u8>]) -> Result<Admitted, Error> {
        let (kind, id) = (self.kind, self.id);
        // A copy in memory: what is here was loaded from sound bytes, and what comes is saved and loaded below.
        let doc = &mut self.doc;
        let doc = error::contain(move || Ok(doc.fork()))?;
        let mut shadow = Self { id, kind, doc };
        shadow.merge(changes)?;
        let (shadow, admitted) = error::contain(move || {
            let wanted = shadow.heads();
            let saved = shadow.save();
            let mut again = Self::load(kind, id, &saved, std::iter::empty::<&[u8]>())?;
            // Reading is where some crafted documents only then fail.
            let row = again.project();
            if row.heads != wanted {
                return Err(Error::Damaged);
            }
            let snapshot_bytes = saved.len();
            Ok((again, Admitted { row, snapshot_bytes }))
        })?;
        self.doc = shadow.doc;
        Ok(admitted)
    }

    /// Every change of the document as its header has it, seeds too, each after what it builds on.
    pub fn ledger(&mut self) -> Vec<Entry> {
        let metas = self.doc.get_changes_meta(&[]).into_iter();
        let entries = metas.map(|meta| Entry {
            hash: ChangeHash(meta.hash.0),
            actor: meta.actor.to_bytes().to_vec(),
            seq: meta.seq,
            start_op: meta.start_op,
            max_op: meta.max_op,
            dependencies: meta.deps.iter().map(|hash| ChangeHash(hash.0)).collect(),
        });
        entries.collect()
    }

    /// Whether an actor is one of the document's seeds.
    #[must_use]
    pub fn is_seed_actor(&self, actor: ActorId) -> bool {
        (1..=self.kind.schema).any(|step| seed_actor(self.id, step) == actor)
    }
}
