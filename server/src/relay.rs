//! The relay proper: orders, merges, projects and hands on changes.
//!
//! Everything here is a function of a transaction, frames and a clock, so that the simulator drives the same code. It
//! never names a kind of record.

mod accept;
mod admission;
mod anew;
mod commit;
mod decision;
mod delta;
mod enter;
mod exchange;
mod explain;
mod foresight;
mod line;
pub mod pack;
mod pull;
mod quarantine;
mod read;
mod release;
mod repair;
pub mod restore;
mod returned;
mod rights;
mod row;
mod subscription;
mod write;

pub use enter::Accepted;
pub use exchange::{Answer, Unanswerable, exchange};
pub use explain::{Explanation, Presence, explain};
pub use foresight::{Foresight, count_pushes};
pub use line::{Line, News, Standing};
pub use pull::Budget;
pub use quarantine::{Waiting, decide, drop_parked, waiting};
pub use read::{find, leaves, open};
pub use release::retry;
pub use subscription::Subscription;
pub use write::{Draft, WriteError, archive, create, edit, repeated};

use satchel_core::clock::Entropy;
use satchel_core::ids::{ActorId, DeviceId, MemberId, OrgId, RunId};
use satchel_core::policy::Role;
use satchel_core::wire::limit;

use crate::identity::Session;
use crate::store::StoreError;
use crate::store::decision::Decisions;
use crate::store::log::Log;
use crate::store::pack::Packs;
use crate::store::people::People;
use crate::store::restore::Restores;

/// What a transaction must offer to the relay.
pub trait Store: Log + Decisions + People + Packs + Restores {}

impl<T: Log + Decisions + People + Packs + Restores> Store for T {}

/// Who sends, as authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The member.
    pub member: MemberId,
    /// What the member is in the organisation.
    pub role: Role,
    /// The device.
    pub device: DeviceId,
    /// Whether the device was revoked: it may only hand in, into quarantine.
    pub revoked: bool,
}

impl Sender {
    /// Who sends, by the session; `None` for an integrator's key, which has no device.
    #[must_use]
    pub fn of(session: &Session) -> Option<Self> {
        let device = session.device?;
        Some(Self {
            member: session.member,
            role: session.role,
            device,
            revoked: session.revoked,
        })
    }
}

/// Sizes that the relay keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest document, in bytes: its snapshot, and its row.
    pub document_bytes: usize,
    /// About how many bytes of records one batch carries.
    pub batch_bytes: usize,
    /// When packs are built, and how large.
    pub packing: pack::Packing,
}

impl Limits {
    /// Sizes as an operator's settings have them, in bytes.
    #[must_use]
    pub fn new(document_bytes: u32, batch_bytes: u32) -> Self {
        Self {
            document_bytes: document_bytes as usize,
            batch_bytes: batch_bytes as usize,
            packing: pack::Packing::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: limit::DOCUMENT_BYTES,
            batch_bytes: limit::BATCH_BYTES,
            packing: pack::Packing::default(),
        }
    }
}

/// What the relay knows while it answers.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The organisation.
    pub org: OrgId,
    /// The present run.
    pub run: RunId,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// The relay's own actor: fresh at each start.
    pub actor: ActorId,
    /// Randomness for what the relay writes itself.
    pub entropy: &'a dyn Entropy,
    /// Sizes that it keeps to.
    pub limits: Limits,
}

impl<'a> Context<'a> {
    /// The context of this moment, from the database. The relay's own actor follows from the run: a run is drawn at
    /// random at each start, so a restored backup never writes under an actor that has gone further elsewhere.
    ///
    /// # Errors
    /// Where the database fails, or holds no organisation yet.
    pub fn read(store: &dyn Store, now_ms: i64, entropy: &'a dyn Entropy) -> Result<Self, StoreError> {
        let run = store.current_run()?.id;
        let derived = DeviceId::derived(run.as_bytes(), "relay actor");
        Ok(Self {
            org: store.org()?.id,
            run,
            now_ms,
            actor: ActorId(*derived.as_bytes()),
            entropy,
            limits: Limits::default(),
        })
    }

    /// The same with other sizes.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

/// What can go wrong while answering; everything that a device does wrong is an answer, not an error.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored document cannot be read.
    #[error("a stored document cannot be read")]
    Document(#[from] satchel_core::document::Error),
    /// Frames that cannot be written.
    #[error("an answer exceeds the protocol's limits")]
    Wire(#[from] satchel_core::wire::WireError),
    /// A projection that cannot be written or read.
    #[error("a projection cannot be read")]
    Projection(#[from] serde_json::Error),
}
