//! Making many records fast: documents, changes and rows as a device and a relay keep them.

use anyhow::{Context, Result, anyhow};
use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document};
use satchel_core::ids::{ActorId, DeviceId, DocumentId, Heads, MemberId, OrgId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::schema::Kind;

use crate::population::{Draft, Population};

/// The seed of every population.
pub(crate) const SEED: u64 = 20_260_302;

/// The one rep whose records they are.
pub(crate) fn rep() -> MemberId {
    MemberId::derived(&[0; 16], "bench rep")
}

/// His device.
pub(crate) fn device() -> DeviceId {
    DeviceId::derived(&[0; 16], "bench device")
}

/// His organisation.
pub(crate) fn org() -> OrgId {
    OrgId::derived(&[0; 16], "bench org")
}

/// A record as it is kept.
pub(crate) struct Made {
    pub(crate) kind: &'static Kind,
    pub(crate) id: DocumentId,
    pub(crate) scope: ScopeId,
    /// Raw changes, each after what it builds on.
    pub(crate) changes: Vec<Vec<u8>>,
    pub(crate) heads: Heads,
    pub(crate) row: Row,
}

/// Makes records out of drafts.
pub(crate) struct Maker {
    entropy: SeededEntropy,
    actor: ActorId,
    member: MemberId,
}

impl Maker {
    pub(crate) fn new(member: MemberId) -> Self {
        let actor = DeviceId::derived(member.as_bytes(), "bench actor");
        Self {
            entropy: SeededEntropy::new(SEED),
            actor: ActorId(*actor.as_bytes()),
            member,
        }
    }

    /// As a device that writes under an actor of its own.
    pub(crate) fn on(device: DeviceId, member: MemberId) -> Self {
        Self {
            actor: ActorId(*device.as_bytes()),
            ..Self::new(member)
        }
    }

    pub(crate) fn actor(&self) -> ActorId {
        self.actor
    }

    pub(crate) fn author(&self, at_ms: i64) -> Author<'_> {
        Author {
            member: self.member,
            actor: self.actor,
            at_ms,
            zone: "Asia/Shanghai",
            entropy: &self.entropy,
        }
    }

    pub(crate) fn make(&self, draft: Draft) -> Result<Made> {
        let Draft {
            kind,
            id,
            customer,
            at_ms,
            first,
            edits,
        } = draft;
        let (mut document, mut changes) = Document::create(kind, id, &first, &self.author(at_ms))
            .map_err(|error| anyhow!("{}: {error:?}", kind.name))?;
        for (at, edit) in (1_i64..).zip(&edits) {
            let more = document
                .edit(edit, None, &self.author(at_ms + at * 3_600_000))
                .map_err(|error| anyhow!("{}: {error:?}", kind.name))?;
            changes.extend(more);
        }
        let row = document.project();
        Ok(Made {
            kind,
            id,
            scope: customer.into(),
            changes,
            heads: row.heads.clone(),
            row,
        })
    }
}

/// Hands `count` records of the one rep to `take`, in slices.
pub(crate) fn in_slices(count: usize, take: impl FnMut(Vec<Made>) -> Result<()>) -> Result<()> {
    in_slices_of(rep(), count, take)
}

/// Hands `count` records of a member to `take`, in slices.
pub(crate) fn in_slices_of(
    member: MemberId,
    count: usize,
    mut take: impl FnMut(Vec<Made>) -> Result<()>,
) -> Result<()> {
    const SLICE: usize = 2_000;
    let own = u64::from(member.as_bytes()[0]) << 8 | u64::from(member.as_bytes()[1]);
    let mut drafts = Population::new(SEED + own, count).take(count);
    let maker = Maker::new(member);
    loop {
        let slice: Vec<Draft> = drafts.by_ref().take(SLICE).collect();
        if slice.is_empty() {
            return Ok(());
        }
        let made: Result<Vec<Made>> = slice.into_iter().map(|draft| maker.make(draft)).collect();
        take(made.context("a draft made no record")?)?;
    }
}
