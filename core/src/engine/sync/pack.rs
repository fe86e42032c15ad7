//! Taking packs: which of a manifest are worth having, and applying one in one transaction, without loading a document.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{self, Wish};
use super::{Engine, Error, apply, note_newest};
use crate::document::{self, Document};
use crate::ids::ScopeId;
use crate::projection::Row;
use crate::store::{Indexing, Loading, PackedDocument, SyncPoint, Transaction, WantedPack};
use crate::wire::digest::Digest;
use crate::wire::{self, Doc, DocRow, Frame, Manifest, Pack, PackHash, PackReader, PackedDoc, Point, limit};

/// Name of the small value that says that rows bring what is still loading.
pub(super) const NO_MORE_PACKS: &str = "no_more_packs";

/// The packs that a device takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackPlan {
    /// In the order in which they are worth having.
    pub packs: Vec<Pack>,
    /// The relay's log when it named them.
    pub point: Point,
    /// Whether more are being made: ask again.
    pub more: bool,
}

/// What applying a pack brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PackApplied {
    /// Documents that are here now.
    pub documents: u64,
    /// Scopes of which they are.
    pub scopes: u64,
}

/// What came of fetching a pack.
#[derive(Debug)]
pub enum Fetched {
    /// All of it.
    Whole(Vec<u8>),
    /// What came before the line was cut, with what had come before.
    Cut(Vec<u8>),
    /// It is not to be had any more.
    Gone,
    /// The relay names it and does not hand it out.
    Refused,
}

impl PackPlan {
    /// Whether another manifest is to be taken once these packs are settled: more are being made, or `gone` says that one
    /// was not to be had and others have taken its place.
    #[must_use]
    pub const fn asks_again(&self, gone: bool) -> bool {
        gone || self.more
    }
}

impl Engine {
    /// Takes in a manifest and notes which of its packs are to be taken: those that mostly hold scopes of which this
    /// device lacks everything. None where the manifest is of another run of the relay than that of the last exchange:
    /// its seqs could mean other rows.
    ///
    /// # Errors
    /// [`Error::BadMessage`] where the bytes are no manifest. Otherwise where the store fails.
    pub fn plan_packs(&self, message: &[u8]) -> Result<PackPlan, Error> {
        let mut frames = wire::decode(message).map_err(|_| Error::BadMessage)?;
        let Some(Frame::Manifest(Manifest { point, more })) = frames.pop() else {
            return Err(Error::BadMessage);
        };
        let offered = frames.into_iter().map(|frame| match frame {
            Frame::Pack(pack) => Ok(pack),
            _ => Err(Error::BadMessage),
        });
        let offered = offered.collect::<Result<Vec<_>, _>>()?;
        self.transact(|tx| {
            let heard = tx.point(SyncPoint::Newest)?;
            let mut lacking = if heard.is_some_and(|heard| heard.run == point.run) {
                lacking(tx)?
            } else {
                BTreeSet::new()
            };
            let mut packs = Vec::new();
            let of_rows = of_rows(tx, &lacking)?;
            for pack in offered {
                let takes =
                    |scope: &&ScopeId| lacking.contains(scope) && (!pack.is_of_rows() || of_rows.contains(scope));
                let useful: Vec<ScopeId> = pack.scopes.iter().filter(takes).copied().collect();
                if useful.len() * 2 > pack.scopes.len() && pack.bytes <= limit::PACK_BYTES as u64 {
                    for scope in &useful {
                        lacking.remove(scope);
                    }
                    packs.push(pack);
                }
            }
            let wanted: Vec<WantedPack> = packs
                .iter()
                .map(|pack| WantedPack {
                    hash: pack.hash,
                    documents: pack.documents,
                    bytes: pack.bytes,
                })
                .collect();
            tx.plan_packs(&wanted)?;
            Ok(PackPlan { packs, point, more })
        })
    }

    /// What was fetched of a pack before the line was cut: fetching goes on behind it. Nothing where that is as long as
    /// the whole should be: it cannot be a part of it.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn pack_part(&self, pack: &Pack) -> Result<Vec<u8>, Error> {
        let part = self
            .0
            .store
            .read::<_, Error>(|reader| Ok(reader.pack_part(pack.hash)?))?;
        Ok(if (part.len() as u64) < pack.bytes {
            part
        } else {
            Vec::new()
        })
    }

    /// Takes in what came of fetching a pack of a manifest with this point. A bad one, and one that is not to be had, is
    /// dropped: its scopes load as rows. What was cut is kept to go on from. Returns how many documents it brought.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn settle_pack(&self, pack: &Pack, point: Point, fetched: Fetched) -> Result<u64, Error> {
        match fetched {
            Fetched::Whole(bytes) => match self.apply_pack(pack, point, &bytes) {
                Ok(applied) => return Ok(applied.documents),
                Err(Error::BadPack) => {
                    tracing::warn!(pack = %pack.hash, "a pack is not what the relay named; its scopes load as rows");
                    self.drop_pack(pack.hash)?;
                }
                Err(error) => return Err(error),
            },
            Fetched::Cut(part) => self.keep_pack_part(pack.hash, &part)?,
            Fetched::Gone | Fetched::Refused => self.drop_pack(pack.hash)?,
        }
        Ok(0)
    }

    /// Keeps what was fetched of a pack, to go on from there.
    ///
    /// # Errors
    /// Where the store fails.
    fn keep_pack_part(&self, hash: PackHash, part: &[u8]) -> Result<(), Error> {
        self.transact(|tx| Ok(tx.keep_pack_part(hash, part)?))
    }

    /// Takes a pack from the plan: it is gone, or bad. Its scopes load as rows.
    ///
    /// # Errors
    /// Where the store fails.
    fn drop_pack(&self, hash: PackHash) -> Result<(), Error> {
        self.transact(|tx| Ok(tx.drop_pack(hash)?))
    }

    /// No pack is left that is worth having: what is still missing comes as rows, until the next complete catch-up. So no
    /// bad pack is asked for without end.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn finish_packs(&self) -> Result<(), Error> {
        self.transact(|tx| Ok(tx.set_meta(NO_MORE_PACKS, Some(&[1]))?))
    }

    /// Applies a pack, whole or not at all: its documents, its floors, and that it was taken. Documents of scopes that
    /// are not loading here, or not granted any more, are skipped. Nothing is loaded, but where a document is here
    /// already and must be merged.
    ///
    /// # Errors
    /// [`Error::BadPack`] where anything is wrong with it: nothing of it is kept. Otherwise where the store fails.
    pub fn apply_pack(&self, pack: &Pack, point: Point, bytes: &[u8]) -> Result<PackApplied, Error> {
        if bytes.len() as u64 != pack.bytes || PackHash::of(bytes) != pack.hash {
            return Err(Error::BadPack);
        }
        let mut reader = PackReader::new(bytes).map_err(|_| Error::BadPack)?;
        let head = reader.head().clone();
        // The documents name scopes by their place in the head; in which order the manifest names them is no matter.
        let named: BTreeSet<ScopeId> = pack.scopes.iter().copied().collect();
        let inside: BTreeSet<ScopeId> = head.scopes.iter().copied().collect();
        if head.seq != pack.seq
            || head.scopes.len() != pack.scopes.len()
            || inside != named
            || head.documents != pack.documents
            || head.seq > point.seq
        {
            return Err(Error::BadPack);
        }
        let now_ms = self.now_ms();
        self.transact(|tx| {
            let mut wanted = lacking(tx)?;
            wanted.retain(|scope| inside.contains(scope));
            if pack.is_of_rows() {
                wanted = of_rows(tx, &wanted)?;
            }
            let mut shares: BTreeMap<ScopeId, (Digest, u64)> = BTreeMap::new();
            let mut applied = PackApplied::default();
            while let Some(mut packed) = reader.next_document().map_err(|_| Error::BadPack)? {
                let scope = *head.scopes.get(packed.scope as usize).ok_or(Error::BadPack)?;
                if packed.snapshot.is_none() != pack.is_of_rows() {
                    return Err(Error::BadPack);
                }
                let row = complete(&mut packed)?;
                if !wanted.contains(&scope) {
                    continue;
                }
                let inserted = tx.insert_packed(&PackedDocument {
                    id: packed.id,
                    kind: &packed.kind,
                    scope,
                    heads: &packed.heads,
                    snapshot: packed.snapshot.as_ref().map(|snapshot| snapshot.as_slice()),
                    row: &row,
                })?;
                applied.documents += 1;
                if inserted {
                    let (sum, documents) = shares.entry(scope).or_default();
                    *sum = sum.plus(Digest::of(packed.id, &packed.heads));
                    *documents += 1;
                } else {
                    self.merge_packed(tx, packed, &row, scope, head.seq, now_ms)?;
                }
            }
            for (scope, (sum, documents)) in shares {
                tx.raise_digest(scope, sum, documents)?;
            }
            for scope in wanted {
                tx.set_loading(Loading {
                    scope,
                    seq: head.seq,
                    done: false,
                })?;
                applied.scopes += 1;
            }
            tx.note_pack_taken(pack.hash)?;
            note_newest(tx, std::iter::once(point))?;
            Ok(applied)
        })
    }

    /// A document that is here already: what it lacks is merged. A pack may be older than what the relay acknowledged
    /// since, and acknowledged heads never go back.
    fn merge_packed(
        &self,
        tx: &Transaction<'_>,
        packed: PackedDoc,
        row: &Row,
        scope: ScopeId,
        seq: u64,
        now_ms: i64,
    ) -> Result<(), Error> {
        let Some(state) = tx.state(packed.id)? else {
            return Ok(());
        };
        let acked = state.acked.clone();
        let same = acked.as_ref() == Some(&packed.heads);
        let id = packed.id;
        let Some(snapshot) = packed.snapshot else {
            // Which of two versions is the newer a row does not tell: the whole does.
            if acked.is_some() {
                if !same {
                    tx.set_want_whole(id, true)?;
                }
                return Ok(());
            }
            let came = DocRow {
                id,
                kind: packed.kind,
                scope,
                heads: packed.heads,
                row: serde_json::to_vec(row).map_err(|_| Error::BadPack)?.into(),
            };
            return row::take_in(tx, &row::Wish::read(tx)?, &came, Indexing::Later, now_ms);
        };
        if same && !state.is_row_only() {
            return Ok(());
        }
        let kind = tx.kind(&packed.kind);
        let is_newer = match (&acked, kind) {
            (None, _) => true,
            (Some(_), _) if same => true,
            (Some(_), None) if state.is_row_only() => false,
            // Of a kind that this version does not know nothing can be compared: the rows above the floor are newer.
            (Some(_), None) => return Ok(()),
            (Some(acked), Some(kind)) => Document::load(kind, id, &snapshot, std::iter::empty::<&[u8]>())
                .is_ok_and(|mut theirs| theirs.contains(acked)),
        };
        if state.is_row_only() && !is_newer {
            tx.set_want_whole(id, true)?;
            return Ok(());
        }
        let doc = Doc {
            id,
            kind: packed.kind,
            scope,
            seq,
            snapshot: Some(snapshot),
            changes: Vec::new(),
            heads: packed.heads,
            row: serde_json::to_vec(row).map_err(|_| Error::BadPack)?.into(),
        };
        apply::take_in(self, tx, &doc, Indexing::Later, now_ms)?;
        if let Some(acked) = acked.filter(|_| !is_newer)
            && tx.state(id)?.is_some()
        {
            tx.set_acked(id, &acked)?;
        }
        Ok(())
    }
}

/// Scopes of which this device is to hold everything and has nothing yet.
fn lacking(tx: &Transaction<'_>) -> Result<BTreeSet<ScopeId>, Error> {
    let granted: BTreeSet<ScopeId> = tx.grants()?.into_iter().map(|(scope, _)| scope).collect();
    let fresh = tx.loading()?.into_iter().filter(|one| one.seq == 0 && !one.done);
    Ok(fresh
        .map(|one| one.scope)
        .filter(|scope| granted.contains(scope))
        .collect())
}

/// Those of some scopes that this device takes as rows alone. A relay that knows nothing of that packs documents, and these
/// serve as well.
fn of_rows(tx: &Transaction<'_>, scopes: &BTreeSet<ScopeId>) -> Result<BTreeSet<ScopeId>, Error> {
    let wish = Wish::read(tx)?;
    let mut found = BTreeSet::new();
    for scope in scopes {
        if wish.is_of_rows(tx, *scope)? {
            found.insert(*scope);
        }
    }
    Ok(found)
}

/// Makes the snapshot of a packed document whole, and reads its row with the heads put in. The snapshot's own header then
/// names these heads.
fn complete(packed: &mut PackedDoc) -> Result<Row, Error> {
    if let Some(snapshot) = &packed.snapshot {
        if packed.whole {
            let named = document::heads_of(snapshot).map_err(|_| Error::BadPack)?;
            if named != packed.heads {
                return Err(Error::BadPack);
            }
        } else {
            let snapshot = document::restored(packed.id, &packed.heads, snapshot).map_err(|_| Error::BadPack)?;
            packed.snapshot = Some(snapshot.into());
            packed.whole = true;
        }
    }
    if packed.heads.is_empty() {
        return Err(Error::BadPack);
    }
    let row: Row = serde_json::from_slice(&packed.row).map_err(|_| Error::BadPack)?;
    Ok(Row {
        heads: packed.heads.clone(),
        ..row
    })
}
