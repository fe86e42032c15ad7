//! Packs: what a device that loads many scopes takes instead of rows. Which there are, which are worth building, and
//! building one.
//!
//! A pack holds whole scopes with the same readers, so that all of their devices take the same one. It is never changed:
//! what happened since its seq goes as rows above the device's floor, and when too much did, another takes its place.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::document::{heads_of, stripped};
use satchel_core::domain;
use satchel_core::ids::{Heads, MemberId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::wire::{Frame, Manifest, Pack, PackHash, PackedDoc, Point, WireError, encode_pack};

use super::{Context, RelayError, Store, Subscription, commit};
use crate::store::log::StoredDocument;
use crate::store::pack::{Packable, StoredPack};

/// About how many bytes of rows a pack holds.
const ROW_BYTES: usize = 4 << 20;
/// A pack of which more than one in so many documents changed is built anew.
const STALE_SHARE: u64 = 5;
/// How many rows are read at a time.
const PAGE: usize = 200;

/// Sizes of packs. The relay runs with the default; the simulator's small worlds need smaller ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// Fewer documents with the same readers than this are sent as rows: a pack does not pay.
    pub worth: u64,
    /// About how many documents a pack holds: enough for compression to see alike ones, few enough that a cut costs
    /// little and the first is there soon.
    pub documents: u64,
}

impl Default for Packing {
    fn default() -> Self {
        Self {
            worth: 100,
            documents: 2_000,
        }
    }
}

/// Which packs there are for a member, and which should be.
#[derive(Debug, Default)]
pub struct Plan {
    /// May be served, most useful first.
    pub ready: Vec<StoredPack>,
    /// Worth building, most useful first.
    pub missing: Vec<Group>,
    /// No longer worth serving: too much changed since, or a larger one takes their place.
    pub outdated: Vec<PackHash>,
}

/// Whole scopes with the same readers, to be made one pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The scopes, most urgent first.
    pub scopes: Vec<ScopeId>,
    /// How urgent the most urgent is.
    pub urgency: u8,
    /// Whether rows alone go into it, and no documents.
    pub rows: bool,
}

/// What came of building a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The pack, which is not kept yet, and its bytes. `None` where there was nothing to put into it, or it would exceed
    /// the protocol's limits.
    pub pack: Option<(StoredPack, Vec<u8>)>,
    /// The scopes that are not in it, although they were to be.
    pub left_out: Vec<ScopeId>,
    /// The seq as of which it was built.
    pub seq: u64,
}

/// Scopes that could not be packed, and as of which seq: they go as rows. To try again before one of their documents
/// changed would load every one of them anew, at each manifest, and fail again.
pub type LeftOut = BTreeMap<ScopeId, u64>;

/// The packs that may be served to a member now, most useful first: open work before the rest, what few may read before
/// what many may. One that mostly repeats others, or brings what his device does not take so, is left out.
///
/// # Errors
/// Where the database fails.
pub fn ready(store: &dyn Store, member: MemberId, subscription: &Subscription) -> Result<Vec<StoredPack>, RelayError> {
    Ok(survey(store, member, subscription)?.0.ready)
}

/// What there is for a member and what is missing.
///
/// # Errors
/// Where the database fails or a projection cannot be read.
pub fn plan(
    store: &dyn Store,
    packing: Packing,
    member: MemberId,
    subscription: &Subscription,
    left_out: &LeftOut,
) -> Result<Plan, RelayError> {
    let (mut plan, packable) = survey(store, member, subscription)?;
    let held = |plan: &Plan| -> BTreeSet<ScopeId> {
        let brought = plan.ready.iter().flat_map(|pack| brought(pack, subscription));
        brought.collect()
    };
    let covered = held(&plan);
    let mut groups: BTreeMap<(&[MemberId], bool), Vec<&Packable>> = BTreeMap::new();
    for one in packable.values().filter(|one| !covered.contains(&one.scope)) {
        if is_worth_trying(store, one.scope, left_out)? {
            let rows = subscription.is_of_rows(one.scope);
            groups.entry((&one.readers, rows)).or_default().push(one);
        }
    }
    for ((readers, rows), mut group) in groups {
        let documents = |group: &[&Packable]| group.iter().map(|one| one.documents).sum::<u64>();
        if documents(&group) < packing.worth {
            continue;
        }
        // A small pack of the same readers is taken in, so that years of new scopes do not become a thousand packs.
        let small = |pack: &StoredPack| {
            let same = pack
                .scopes
                .iter()
                .all(|scope| packable.get(scope).is_some_and(|one| one.readers == readers));
            same && pack.rows == rows && pack.documents < packing.documents / 2
        };
        let (taken_in, ready) = plan.ready.into_iter().partition::<Vec<_>, _>(small);
        plan.ready = ready;
        for pack in taken_in {
            plan.outdated.push(pack.hash);
            group.extend(brought(&pack, subscription).filter_map(|scope| packable.get(&scope)));
        }
        let covered = held(&plan);
        group.retain(|one| !covered.contains(&one.scope));
        group.sort_unstable_by_key(|one| one.scope);
        group.dedup_by_key(|one| one.scope);
        plan.missing.extend(divide(store, packing, &group, rows)?);
    }
    plan.missing.sort_by_key(|group| std::cmp::Reverse(group.urgency));
    Ok(plan)
}

/// The scopes that a pack brings to a device as it takes them.
fn brought<'a>(pack: &'a StoredPack, subscription: &'a Subscription) -> impl Iterator<Item = ScopeId> + 'a {
    let scopes = pack.scopes.iter().copied();
    scopes.filter(|scope| subscription.is_of_rows(*scope) == pack.rows)
}

/// Whether a scope was never left out, or has changed since.
fn is_worth_trying(store: &dyn Store, scope: ScopeId, left_out: &LeftOut) -> Result<bool, RelayError> {
    match left_out.get(&scope) {
        Some(seq) => Ok(!store.scope_documents(scope, *seq, u64::MAX, 1)?.is_empty()),
        None => Ok(true),
    }
}

/// The packs that a member may be served, and the scopes that may stand in packs for him.
fn survey(
    store: &dyn Store,
    member: MemberId,
    subscription: &Subscription,
) -> Result<(Plan, BTreeMap<ScopeId, Packable>), RelayError> {
    let packable: BTreeMap<ScopeId, Packable> = store
        .packable(member)?
        .into_iter()
        .map(|one| (one.scope, one))
        .collect();
    let documents = |scope: &ScopeId| packable.get(scope).map_or(0, |one| one.documents);
    let readers = |pack: &StoredPack| {
        let counts = pack.scopes.iter().filter_map(|scope| packable.get(scope));
        counts.map(|one| one.readers.len()).min().unwrap_or(0)
    };
    let mut plan = Plan::default();
    let mut found = store.packs_for(member)?;
    found.sort_by_key(|pack| (std::cmp::Reverse(pack.documents), pack.hash));
    let mut covered = BTreeSet::new();
    for pack in found {
        if store.changed_since_pack(pack.hash)? * STALE_SHARE > pack.documents {
            plan.outdated.push(pack.hash);
            continue;
        }
        let fresh: u64 = brought(&pack, subscription)
            .filter(|scope| !covered.contains(scope))
            .map(|scope| documents(&scope))
            .sum();
        if fresh * 2 > pack.documents {
            covered.extend(brought(&pack, subscription));
            plan.ready.push(pack);
        }
    }
    plan.ready
        .sort_by_key(|pack| (std::cmp::Reverse(pack.urgency), readers(pack), pack.hash));
    Ok((plan, packable))
}

/// Divides scopes with the same readers into groups of a pack's size, the most urgent first.
fn divide(store: &dyn Store, packing: Packing, scopes: &[&Packable], rows: bool) -> Result<Vec<Group>, RelayError> {
    let mut weighed = Vec::new();
    for one in scopes {
        let (urgency, bytes) = weigh(store, one.scope)?;
        weighed.push((urgency, one.scope, one.documents, bytes));
    }
    weighed.sort_by_key(|(urgency, scope, ..)| (std::cmp::Reverse(*urgency), *scope));
    let mut groups: Vec<Group> = Vec::new();
    let (mut documents, mut bytes) = (0, 0);
    for (urgency, scope, more, more_bytes) in weighed {
        match groups.last_mut() {
            Some(group) if documents + more <= packing.documents && bytes + more_bytes <= ROW_BYTES => {
                group.scopes.push(scope);
            }
            _ => {
                (documents, bytes) = (0, 0);
                groups.push(Group {
                    scopes: vec![scope],
                    urgency,
                    rows,
                });
            }
        }
        documents += more;
        bytes += more_bytes;
    }
    Ok(groups)
}

/// How urgent a scope's most urgent record is, and how many bytes its rows are.
fn weigh(store: &dyn Store, scope: ScopeId) -> Result<(u8, usize), RelayError> {
    let (mut urgency, mut bytes) = (0, 0);
    each_document(store, scope, |stored| {
        let row: Row = serde_json::from_str(&stored.row)?;
        if let Some(kind) = domain::kind(&stored.kind).filter(|_| !row.archived) {
            urgency = urgency.max((kind.urgency)(&row.fields));
        }
        bytes += stored.row.len();
        Ok(true)
    })?;
    Ok((urgency, bytes))
}

/// Builds a pack of whole scopes as of this transaction. A scope that may not stand in packs, or of which a document
/// cannot be read, is left out, and all are where nothing is left or the pack would exceed the protocol's limits: those
/// go as rows.
///
/// # Errors
/// Where the database fails.
pub fn build(store: &dyn Store, group: &Group, now_ms: i64) -> Result<Built, RelayError> {
    let seq = store.last_seq()?;
    let nothing = || Built {
        pack: None,
        left_out: group.scopes.clone(),
        seq,
    };
    let (mut scopes, mut documents, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for scope in &group.scopes {
        // Asked again here: no mistake above may bring a private scope into a pack.
        if !store.is_packable(*scope)? {
            left_out.push(*scope);
            continue;
        }
        let place = u32::try_from(scopes.len()).unwrap_or(u32::MAX);
        let mut inside = Vec::new();
        let whole = each_document(store, *scope, |stored| {
            let packed = packed(store, stored, place, group.rows);
            if packed.is_err() {
                tracing::error!(doc.id = %stored.id, "a document cannot be packed; its scope goes as rows");
            }
            inside.extend(packed.ok());
            Ok(inside.last().is_some_and(|last: &PackedDoc| last.id == stored.id))
        })?;
        if whole && !inside.is_empty() {
            scopes.push(*scope);
            documents.append(&mut inside);
        } else {
            left_out.push(*scope);
        }
    }
    if documents.is_empty() {
        return Ok(nothing());
    }
    let bytes = match encode_pack(seq, scopes.clone(), &documents) {
        Ok(bytes) => bytes,
        Err(WireError::TooLarge) => return Ok(nothing()),
        Err(error) => return Err(error.into()),
    };
    let pack = StoredPack {
        hash: PackHash::of(&bytes),
        seq,
        documents: documents.len() as u64,
        bytes: bytes.len() as u64,
        urgency: group.urgency,
        used_at_ms: now_ms,
        scopes,
        rows: group.rows,
    };
    Ok(Built {
        pack: Some((pack, bytes)),
        left_out,
        seq,
    })
}

/// Every document of a scope, in the order of the log. Ends early, with `false`, where `look` says so.
fn each_document(
    store: &dyn Store,
    scope: ScopeId,
    mut look: impl FnMut(&StoredDocument) -> Result<bool, RelayError>,
) -> Result<bool, RelayError> {
    let mut after = 0;
    loop {
        let page = store.scope_documents(scope, after, u64::MAX, PAGE)?;
        for stored in &page {
            if !look(stored)? {
                return Ok(false);
            }
        }
        match page.last().filter(|_| page.len() == PAGE) {
            Some(last) => after = last.seq,
            None => return Ok(true),
        }
    }
}

/// One document as it stands in a pack. What goes out was read back as far as a device reads it.
fn packed(store: &dyn Store, stored: &StoredDocument, scope: u32, rows: bool) -> Result<PackedDoc, RelayError> {
    // The heads stand beside it already, and two spellings of the same hash do not compress.
    let row = Row {
        heads: Heads::default(),
        ..serde_json::from_str(&stored.row)?
    };
    let alone = PackedDoc {
        id: stored.id,
        kind: stored.kind.clone(),
        scope,
        heads: stored.heads.clone(),
        snapshot: None,
        whole: false,
        row: serde_json::to_vec(&row)?.into(),
    };
    if rows {
        return Ok(alone);
    }
    let kind = domain::kind(&stored.kind).ok_or(satchel_core::document::Error::UnknownKind)?;
    let snapshot = if stored.folded_seq == stored.seq && !stored.snapshot.is_empty() {
        stored.snapshot.clone()
    } else {
        commit::load(store, kind, stored)?.save()
    };
    if heads_of(&snapshot)? != stored.heads {
        return Err(satchel_core::document::Error::Damaged.into());
    }
    let bare = stripped(stored.id, &stored.heads, &snapshot);
    Ok(PackedDoc {
        whole: bare.is_none(),
        snapshot: Some(bare.unwrap_or(snapshot).into()),
        ..alone
    })
}

/// A manifest, as frames.
///
/// # Errors
/// Where the database fails.
pub fn manifest(
    store: &dyn Store,
    context: &Context<'_>,
    packs: Vec<StoredPack>,
    more: bool,
) -> Result<Vec<Frame>, RelayError> {
    let point = Point {
        run: context.run,
        seq: store.last_seq()?,
    };
    let packs = packs.into_iter().map(|pack| {
        Frame::from(Pack {
            hash: pack.hash,
            seq: pack.seq,
            documents: pack.documents,
            bytes: pack.bytes,
            scopes: pack.scopes,
            rows: pack.rows.then_some(true),
        })
    });
    Ok(packs.chain([Manifest { point, more }.into()]).collect())
}
