//! The state log: documents, their changes, and what waits for a decision.

use satchel_core::ids::{ActorId, ChangeHash, DeviceId, DocumentId, Heads, MemberId, ScopeId};
use satchel_core::wire::Point;
use satchel_core::wire::digest::Digest;

use super::{Sequence, StoreError};

/// A document as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The document.
    pub id: DocumentId,
    /// Its kind; may be unknown to this version.
    pub kind: String,
    /// Its scope, for life.
    pub scope: ScopeId,
    /// Who made its first change.
    pub creator: MemberId,
    /// The whole history up to `folded_seq`, uncompressed; empty where nothing was folded yet.
    pub snapshot: Vec<u8>,
    /// Changes up to this seq are in the snapshot.
    pub folded_seq: u64,
    /// Its version.
    pub heads: Heads,
    /// Its projection at that version, as JSON.
    pub row: String,
    /// Schema step of the code that projected it.
    pub schema: u32,
    /// The seq that it came with.
    pub created_seq: u64,
    /// Its latest seq.
    pub seq: u64,
}

/// A change to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The device that sent it; `None` for the relay itself.
    pub device: Option<DeviceId>,
    /// Whose session it was: the authenticated author.
    pub member: MemberId,
}

/// One change as it went into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The device that sent it; `None` for the relay itself.
    pub device: Option<DeviceId>,
    /// The raw change.
    pub bytes: Vec<u8>,
    /// The parts of the row that changed under its seq; `None` where that was not noted.
    pub parts: Option<Vec<String>>,
}

/// A push that could not be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Number in order of arrival; 0 before it is stored.
    pub number: i64,
    /// The document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: String,
    /// The device that pushed it.
    pub device: DeviceId,
    /// Its member.
    pub member: MemberId,
    /// The incarnation that pushed it.
    pub actor: Option<ActorId>,
    /// The heads as pushed.
    pub heads: Heads,
    /// The device's cursor at its first unacknowledged edit.
    pub base: Option<Point>,
    /// Why it waits.
    pub code: String,
    /// The record whose arrival it waits for.
    pub awaits: Option<DocumentId>,
    /// Its scope, where it is known.
    pub scope: Option<ScopeId>,
    /// Arrival, milliseconds since 1970.
    pub received_at_ms: i64,
    /// Whether nothing but permission is wanting.
    pub denied: bool,
    /// The raw changes.
    pub changes: Vec<Vec<u8>>,
}

/// Where a device stands, as of its last contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// The device.
    pub device: DeviceId,
    /// Its cursor.
    pub cursor: Option<Point>,
    /// Scopes of which it did not have everything below its cursor yet.
    pub loading: Vec<ScopeId>,
    /// Documents it had not pushed yet.
    pub pending: u32,
    /// Its clock minus ours, in seconds.
    pub clock_offset_s: i64,
    /// Last contact, milliseconds since 1970.
    pub contact_at_ms: i64,
    /// Last contact with nothing pending.
    pub complete_at_ms: Option<i64>,
}

/// The log, within one transaction.
pub trait Log: Sequence {
    /// A document.
    ///
    /// # Errors
    /// Where the database fails; so for every method of this trait.
    fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError>;

    /// The scope of a document, without reading it.
    ///
    /// # Errors
    /// As above.
    fn document_scope(&self, id: DocumentId) -> Result<Option<ScopeId>, StoreError>;

    /// Keeps a document as given, under its given seq, and brings its scope's digest up to date.
    ///
    /// # Errors
    /// As above.
    fn put_document(&mut self, document: &StoredDocument) -> Result<(), StoreError>;

    /// Keeps changes of a document, in this order, under this seq.
    ///
    /// # Errors
    /// As above.
    fn append_changes(
        &mut self,
        id: DocumentId,
        seq: u64,
        changes: &[NewChange],
        now_ms: i64,
    ) -> Result<(), StoreError>;

    /// Notes which parts of a document's row changed under a seq, as their names.
    ///
    /// # Errors
    /// As above.
    fn note_difference(&mut self, id: DocumentId, seq: u64, parts: &[String]) -> Result<(), StoreError>;

    /// Forgets which parts of a document's row changed, up to a seq.
    ///
    /// # Errors
    /// As above.
    fn forget_differences(&mut self, id: DocumentId, upto: u64) -> Result<(), StoreError>;

    /// What went into the log of a document above `after`, in order: for each seq the changes, and the parts of the row
    /// that changed with them (`None` where that was not noted).
    ///
    /// # Errors
    /// As above.
    fn steps_after(&self, id: DocumentId, after: u64) -> Result<Vec<Step>, StoreError>;

    /// The raw changes of a document with a seq above `after`, each after what it builds on.
    ///
    /// # Errors
    /// As above.
    fn changes_after(&self, id: DocumentId, after: u64) -> Result<Vec<Vec<u8>>, StoreError>;

    /// How many changes of a document are not folded into its snapshot, and how many bytes they are.
    ///
    /// # Errors
    /// As above.
    fn unfolded(&self, id: DocumentId) -> Result<(u64, u64), StoreError>;

    /// Documents of a scope with a seq above `after` and at most `upto`, in order of seq, at most `limit`.
    ///
    /// # Errors
    /// As above.
    fn scope_documents(
        &self,
        scope: ScopeId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// Documents with a seq above `after` and at most `upto` in scopes that the member may read, in order of seq, at
    /// most `limit`.
    ///
    /// # Errors
    /// As above.
    fn member_documents(
        &self,
        member: MemberId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// Documents of a kind that the member may read, in order of id, after `after`, at most `limit`; private scopes of
    /// other members are never among them, because no grant reaches those.
    ///
    /// # Errors
    /// As above.
    fn kind_documents(
        &self,
        member: MemberId,
        kind: &str,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// Documents that the member may read and people should look at (values written apart, an edit that beat an
    /// archiving, a derived `disputed`), in order of id, after `after`, at most `limit`.
    ///
    /// # Errors
    /// As above.
    fn undecided_documents(
        &self,
        member: MemberId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// Every document of a scope with its version.
    ///
    /// # Errors
    /// As above.
    fn scope_versions(&self, scope: ScopeId) -> Result<Vec<(DocumentId, Heads)>, StoreError>;

    /// The digest and the number of documents of a scope.
    ///
    /// # Errors
    /// As above.
    fn scope_digest(&self, scope: ScopeId) -> Result<(Digest, u64), StoreError>;

    /// The same for every scope that a member may read, sorted by scope: one question, however many they are. A scope
    /// without documents is among them.
    ///
    /// # Errors
    /// As above.
    fn readable_digests(&self, member: MemberId) -> Result<Vec<(ScopeId, Digest, u64)>, StoreError>;

    /// The device that an incarnation belongs to: `None` where it was never seen, `Some(None)` for the relay's own.
    ///
    /// # Errors
    /// As above.
    fn actor_owner(&self, actor: ActorId) -> Result<Option<Option<DeviceId>>, StoreError>;

    /// Notes whose an incarnation is, once and for all.
    ///
    /// # Errors
    /// As above.
    fn claim_actor(
        &mut self,
        actor: ActorId,
        device: Option<DeviceId>,
        member: Option<MemberId>,
    ) -> Result<(), StoreError>;

    /// Parks a push; one of the same heads and changes by the same device is parked once. Returns its number.
    ///
    /// # Errors
    /// As above.
    fn park(&mut self, parked: &Parked) -> Result<i64, StoreError>;

    /// How many pushes of a document by a device are parked.
    ///
    /// # Errors
    /// As above.
    fn waiting(&self, document: DocumentId, device: DeviceId) -> Result<u64, StoreError>;

    /// A parked push.
    ///
    /// # Errors
    /// As above.
    fn parked(&self, number: i64) -> Result<Option<Parked>, StoreError>;

    /// What waits for this record.
    ///
    /// # Errors
    /// As above.
    fn awaiting(&self, parent: DocumentId) -> Result<Vec<Parked>, StoreError>;

    /// Everything that waits, oldest first, after `after`, at most `limit`.
    ///
    /// # Errors
    /// As above.
    fn all_parked(&self, after: i64, limit: usize) -> Result<Vec<Parked>, StoreError>;

    /// Takes a push out of the waiting room.
    ///
    /// # Errors
    /// As above.
    fn unpark(&mut self, number: i64) -> Result<(), StoreError>;

    /// What of this record waits, for whatever reason, oldest first.
    ///
    /// # Errors
    /// As above.
    fn parked_of(&self, document: DocumentId) -> Result<Vec<Parked>, StoreError>;

    /// What waits for want of permission where that may have come meanwhile, oldest first, at most `limit`.
    ///
    /// # Errors
    /// As above.
    fn retries(&self, limit: usize) -> Result<Vec<Parked>, StoreError>;

    /// Whether a change is in the log.
    ///
    /// # Errors
    /// As above.
    fn has_change(&self, hash: ChangeHash) -> Result<bool, StoreError>;

    /// Notes where a device stands.
    ///
    /// # Errors
    /// As above.
    fn put_device_state(&mut self, state: &DeviceState) -> Result<(), StoreError>;

    /// Where a device stands, if it was ever in contact.
    ///
    /// # Errors
    /// As above.
    fn device_state(&self, device: DeviceId) -> Result<Option<DeviceState>, StoreError>;

    /// Notes that a device purged a scope on the `Out` of this point.
    ///
    /// # Errors
    /// As above.
    fn put_purge_receipt(
        &mut self,
        device: DeviceId,
        scope: ScopeId,
        out: Point,
        documents: u64,
        now_ms: i64,
    ) -> Result<(), StoreError>;

    /// Whether a device purged a scope on an `Out` at or after this seq.
    ///
    /// # Errors
    /// As above.
    fn has_purged(&self, device: DeviceId, scope: ScopeId, out_seq: u64) -> Result<bool, StoreError>;
}
