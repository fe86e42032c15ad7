//! The frames, one struct each.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::pack::{Manifest, Pack};
use super::{Point, WireError, cbor};
use crate::ids::{ActorId, DocumentId, Heads, MemberId, RunId, ScopeId};
use crate::policy::Access;

macro_rules! frames {
    ($($(#[$doc:meta])* $name:ident = $byte:literal;)*) => {
        /// One frame.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Frame {
            $($(#[$doc])* $name($name),)*
        }

        impl Frame {
            /// The type byte. Those with the high bit may not be skipped by a reader who does not know them.
            #[must_use]
            pub const fn type_byte(&self) -> u8 {
                match self { $(Self::$name(_) => $byte,)* }
            }

            pub(super) fn payload(&self) -> Vec<u8> {
                match self { $(Self::$name(frame) => minicbor::to_vec(frame).unwrap_or_default(),)* }
            }

            pub(super) fn read(type_byte: u8, payload: &[u8]) -> Result<Option<Self>, WireError> {
                match type_byte {
                    $($byte => minicbor::decode(payload).map(|frame| Some(Self::$name(frame))).map_err(|_| WireError::Malformed),)*
                    _ => Ok(None),
                }
            }
        }

        $(impl From<$name> for Frame { fn from(frame: $name) -> Self { Self::$name(frame) } })*
    };
}

frames! {
    /// Device: who I am and how far I am.
    Hello = 0x82;
    /// Device: changes of one document.
    Push = 0x83;
    /// Device: a scope was purged.
    Purged = 0x84;
    /// Device: it was revoked and has deleted everything.
    Wiped = 0x07;
    /// Device, live: applied up to here.
    Acknowledge = 0x05;
    /// Device, live: a new token.
    Authenticate = 0x86;
    /// Relay: the answer begins.
    Welcome = 0x90;
    /// Relay: what became of a push.
    Receipt = 0x91;
    /// Relay: all scopes that the member may read.
    Grants = 0x92;
    /// Relay: a scope must be dropped.
    Out = 0x93;
    /// Relay: where a scope stands and who works in it.
    ScopeRow = 0x94;
    /// Relay: teams and members.
    Directory = 0x15;
    /// Relay: a document, or what changed in it.
    Doc = 0x96;
    /// Relay: what was decided about quarantined changes.
    Verdict = 0x97;
    /// Relay: a batch ends.
    Commit = 0x98;
    /// Relay, live: there is more.
    Poke = 0x19;
    /// Relay, live: the new token holds.
    Authenticated = 0x1a;
    /// Relay: the exchange cannot go on.
    Fault = 0x9b;
    /// Relay, in a manifest: one pack.
    Pack = 0x9c;
    /// Relay, in a manifest: that was all.
    Manifest = 0x9d;
    /// Relay: something that the member should hear of a record.
    Flag = 0x1e;
    /// Device: what each scope adds up to, because the whole did not agree.
    Compare = 0x08;
    /// Relay: the scopes that differ.
    Differ = 0x22;
    /// Device: a step of finding out what differs in one scope.
    Reconcile = 0x09;
    /// Relay: the answer to that step.
    Reconciled = 0x23;
    /// Relay: what changed in a document, without what the device knows.
    Delta = 0x9f;
    /// Relay: a record as its row alone.
    DocRow = 0xa2;
    /// Relay: what changed in the row of a record.
    RowDelta = 0xa3;
}

/// Who I am and how far I am. The device itself is known from its token.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Hello {
    /// Version of the protocol.
    #[n(0)]
    pub protocol: u32,
    /// Schema step of the app: the sum of the steps of its kinds.
    #[n(1)]
    pub schema: u32,
    /// Number of the exchange; the answer repeats it.
    #[n(2)]
    pub exchange: u32,
    /// The last point fully applied; absent on a fresh device.
    #[n(3)]
    pub cursor: Option<Point>,
    /// Seq of the last complete catch-up, where it differs from the cursor's: chooses which changes are sent.
    #[n(4)]
    pub caught_up: Option<u64>,
    /// Newest point heard from a receipt or a commit, where it differs from the cursor.
    #[n(5)]
    pub newest: Option<Point>,
    /// First eight bytes of the hash of the grants known.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub grants: Vec<u8>,
    /// Digest over the documents of the granted scopes; absent while something is loading.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub digest: Option<Vec<u8>>,
    /// Documents not acknowledged yet, those of this message among them.
    #[n(8)]
    pub pending: u32,
    /// The device's clock, in seconds since 1970.
    #[n(9)]
    pub clock_s: i64,
    /// Bytes the device wants at most; 0 for no wish.
    #[n(10)]
    pub budget: u64,
    /// The device's incarnation, where it pushes.
    #[cbor(n(11), with = "cbor::maybe_id", has_nil)]
    pub actor: Option<ActorId>,
    /// Scopes still loading and how far each is.
    #[n(12)]
    pub loading: Option<Vec<Floor>>,
    /// Documents of which the device needs the whole.
    #[cbor(n(13), with = "cbor::ids")]
    pub want: Vec<DocumentId>,
    /// What the device understands beyond the protocol's version, as bits of [`super::feature`]; absent for nothing. A
    /// reader ignores bits that it does not know.
    #[n(14)]
    pub features: Option<u64>,
}

impl Hello {
    /// Whether the device understands all of these features.
    #[must_use]
    pub fn understands(&self, features: u64) -> bool {
        self.features.unwrap_or(0) & features == features
    }
}

/// How far a loading scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Floor {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// Its documents up to this seq are there.
    #[n(1)]
    pub seq: u64,
    /// Whether all of it is there.
    #[n(2)]
    pub done: bool,
}

/// Changes of one document.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Push {
    /// The document.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// The cursor at the first unacknowledged edit.
    #[n(2)]
    pub base: Option<Point>,
    /// The version that the changes lead to, as the device has it.
    #[cbor(n(3), with = "cbor::heads")]
    pub heads: Heads,
    /// Raw changes, each after what it builds on.
    #[n(4)]
    pub changes: Vec<ByteVec>,
}

/// A scope was purged from the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Purged {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// The point of the `Out` that asked for it.
    #[n(1)]
    pub point: Point,
    /// Documents deleted.
    #[n(2)]
    pub documents: u64,
}

/// A revoked device has deleted everything that it held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Wiped {
    /// Documents deleted.
    #[n(0)]
    pub documents: u64,
    /// The sum over them at the versions that they had there, sixteen bytes as of a scope.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub digest: Vec<u8>,
}

/// Applied up to here: gives the relay credit for as many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Acknowledge {
    /// The cursor.
    #[n(0)]
    pub cursor: Point,
}

/// A new token for a live connection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Authenticate {
    /// The token.
    #[n(0)]
    pub token: String,
}

/// The answer begins.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Welcome {
    /// Number of the exchange that this answers.
    #[n(0)]
    pub exchange: u32,
    /// The relay's clock, in seconds since 1970.
    #[n(1)]
    pub clock_s: i64,
    /// Seconds for which the token still holds.
    #[n(2)]
    pub token_s: u32,
    /// The relay does not know the device's points: its cursor is nothing, what was acknowledged is forgotten.
    #[n(3)]
    pub new_epoch: Option<bool>,
    /// Whether the device was revoked: it may hand in what it has and must then be wiped.
    #[n(4)]
    pub revoked: Option<bool>,
    /// Which of the device's features the relay understands, where that is not all of them.
    #[n(5)]
    pub features: Option<u64>,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Receipt {
    /// The document.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// What became of it.
    #[n(1)]
    pub state: ReceiptState,
    /// Why, where it was not let in: a stable code.
    #[n(2)]
    pub code: Option<String>,
    /// The version as pushed, which is acknowledged (or parked) now.
    #[cbor(n(3), with = "cbor::heads")]
    pub heads: Heads,
    /// The relay's log when it was decided.
    #[n(4)]
    pub point: Point,
    /// Whether the sender may read the document's scope; if not he drops it as on `Out`.
    #[n(5)]
    pub readable: bool,
}

/// States of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ReceiptState {
    /// Let in, durable.
    #[n(0)]
    Ok,
    /// All of it was there already.
    #[n(1)]
    Duplicate,
    /// Let in though the sender lost the scope after he wrote.
    #[n(2)]
    LateAccepted,
    /// Kept until the record it hangs on arrives.
    #[n(3)]
    Held,
    /// Kept for somebody to decide; the code says why.
    #[n(4)]
    Quarantined,
    /// Builds on changes that the relay does not have: send the whole document.
    #[n(5)]
    NeedsDependencies,
    /// Beyond a limit.
    #[n(6)]
    TooLarge,
    /// Not now.
    #[n(7)]
    RetryAfter,
    /// The same actor and sequence number exist with another hash: take a new incarnation.
    #[n(8)]
    ActorConflict,
    /// The relay does not know the kind yet; the bytes are kept.
    #[n(9)]
    UpgradeNeeded,
}

/// All scopes that the member may read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Grants {
    /// One entry a scope, sorted by scope.
    #[n(0)]
    pub scopes: Vec<Grant>,
}

/// What the member may do in one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// What is allowed: 0 read, 1 write, 2 manage.
    #[cbor(n(1), with = "cbor::access")]
    pub access: Access,
}

/// A scope must be dropped, after what is dirty in it was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Out {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// When it was lost.
    #[n(1)]
    pub point: Point,
}

/// Where a scope stands and who works in it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScopeRow {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// The node above it.
    #[cbor(n(1), with = "cbor::maybe_id", has_nil)]
    pub parent: Option<ScopeId>,
    /// Members assigned to it.
    #[cbor(n(2), with = "cbor::ids")]
    pub assignees: Vec<MemberId>,
}

/// Teams and members of the organisation, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Directory {
    /// The JSON text; see `docs/protocol.md`.
    #[n(0)]
    pub json: ByteVec,
}

/// A document, or what changed in it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Doc {
    /// The document.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// Its scope.
    #[cbor(n(2), with = "cbor::id")]
    pub scope: ScopeId,
    /// Its place in the log.
    #[n(3)]
    pub seq: u64,
    /// The whole document, where it is sent whole.
    #[n(4)]
    pub snapshot: Option<ByteVec>,
    /// The changes since the device's last complete catch-up (or since the snapshot).
    #[n(5)]
    pub changes: Vec<ByteVec>,
    /// The version that these lead to.
    #[cbor(n(6), with = "cbor::heads")]
    pub heads: Heads,
    /// The record as plain values at that version: JSON of a projection row.
    #[n(7)]
    pub row: ByteVec,
}

/// What changed in a document that the device has, without what it knows: its kind and scope, what the changes build on,
/// the parts of the row that stayed. Sent only to a device that says that it takes it, and only where the changes follow
/// each other, the first on all that the relay had before.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Delta {
    /// The document.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// Shortened changes ([`super::delta`]), each building on the one before; none where all are the device's own.
    #[n(1)]
    pub changes: Vec<ByteVec>,
    /// Fingerprint of the version that they lead to.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub fingerprint: Vec<u8>,
    /// Schema step of the row: where the device's row is of another one, it needs the whole.
    #[n(3)]
    pub schema: u32,
    /// What changed in the row: JSON of a `Difference`.
    #[n(4)]
    pub difference: ByteVec,
}

/// A record as its row alone, for a device that wants no document of it. Sent only to one that says so.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct DocRow {
    /// The record.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// Its scope.
    #[cbor(n(2), with = "cbor::id")]
    pub scope: ScopeId,
    /// Its version.
    #[cbor(n(3), with = "cbor::heads")]
    pub heads: Heads,
    /// The record as plain values at that version: JSON of a projection row whose heads are left empty.
    #[n(4)]
    pub row: ByteVec,
}

/// What changed in the row of a record of which a device has the row of before. Sent only to one that wants rows alone.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct RowDelta {
    /// The record.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// Its version now.
    #[cbor(n(1), with = "cbor::heads")]
    pub heads: Heads,
    /// Fingerprint of the version whose row differs from it in nothing else.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub known: Vec<u8>,
    /// Schema step of the row: where the device's row is of another one, it needs the whole.
    #[n(3)]
    pub schema: u32,
    /// What changed in the row: JSON of a `Difference`.
    #[n(4)]
    pub difference: ByteVec,
}

/// What was decided about quarantined changes.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Verdict {
    /// The document.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// What was decided.
    #[n(1)]
    pub decision: Decision,
    /// The heads as pushed.
    #[cbor(n(2), with = "cbor::heads")]
    pub heads: Heads,
    /// The code under which they had been quarantined.
    #[n(3)]
    pub code: String,
    /// Changes that leave the author's copy by it, dropped or taken in under other hashes: their hashes, sorted, one after
    /// another.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub changes: Option<Vec<u8>>,
}

/// What each scope adds up to on the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Compare {
    /// Every granted scope that is not loading.
    #[n(0)]
    pub scopes: Vec<ScopeDigest>,
}

/// The digest of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScopeDigest {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// Its digest, sixteen bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub digest: Vec<u8>,
}

/// The scopes of a Compare that differ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Differ {
    /// Their ids.
    #[cbor(n(0), with = "cbor::ids")]
    pub scopes: Vec<ScopeId>,
}

/// A step of finding out which documents of a scope differ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reconcile {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// The question, as negentropy writes it; empty where nothing is asked any more.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub question: Vec<u8>,
    /// Hashes of versions that the device lacks, 32 bytes each, one after another: it asks for these documents whole.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub need: Vec<u8>,
}

/// The answer to a Reconcile.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reconciled {
    /// The scope.
    #[cbor(n(0), with = "cbor::id")]
    pub scope: ScopeId,
    /// The answer, as negentropy writes it; empty where nothing was asked, or the member may not read the scope.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub answer: Vec<u8>,
}

/// Something that the member should hear of a record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Flag {
    /// The record.
    #[cbor(n(0), with = "cbor::id")]
    pub id: DocumentId,
    /// What happened: a stable code.
    #[n(1)]
    pub code: String,
    /// The version that it led to.
    #[cbor(n(2), with = "cbor::heads")]
    pub heads: Heads,
    /// Who did it.
    #[cbor(n(3), with = "cbor::id")]
    pub author: MemberId,
}

/// A decision about quarantined changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Decision {
    /// Let in.
    #[n(0)]
    Accepted,
    /// Dropped; the author keeps sight of the edit.
    #[n(1)]
    Dropped,
}

/// A batch ends: everything before it since the last one is applied in one transaction, with the cursor.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Commit {
    /// The batch follows on this seq.
    #[n(0)]
    pub from: u64,
    /// The cursor after it.
    #[n(1)]
    pub to: u64,
    /// Whether there is more for now.
    #[n(2)]
    pub more: bool,
    /// The run of the relay that `to` belongs to, where it is not that of the `Hello`'s cursor.
    #[cbor(n(3), with = "cbor::maybe_id", has_nil)]
    pub run: Option<RunId>,
    /// Digest of the granted scopes as of the cursor, where nothing more follows.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub digest: Option<Vec<u8>>,
    /// How far the loading scopes are after the batch.
    #[n(5)]
    pub floors: Option<Vec<Floor>>,
    /// Whether scopes that load were left out because packs bring them: ask for the manifest.
    #[n(6)]
    pub packs: Option<bool>,
}

/// There is more: pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Poke {
    /// The log's seq.
    #[n(0)]
    pub seq: u64,
}

/// The new token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Authenticated {
    /// Seconds for which it holds.
    #[n(0)]
    pub token_s: u32,
}

/// The exchange cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Fault {
    /// A stable code.
    #[n(0)]
    pub code: String,
    /// Seconds after which to try again; absent where trying again is of no use.
    #[n(1)]
    pub retry_after_s: Option<u32>,
}
