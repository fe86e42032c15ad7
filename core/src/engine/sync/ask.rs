//! What the device asks and pushes.

use minicbor::bytes::ByteVec;

use super::pack::NO_MORE_PACKS;
use super::{Engine, Error, Ongoing, Progress, row, wipe};
use crate::clock::random;
use crate::document::{self, Document, Header};
use crate::ids::Heads;
use crate::store::{DocumentState, LocalChange, PendingOut, Reader, SyncPoint};
use crate::sync::Exchange;
use crate::wire::digest::grants_hash;
use crate::wire::{self, Floor, Frame, Grant, Hello, PROTOCOL, Point, Purged, Push, feature, limit};

/// Documents pushed in one message at most.
const PUSHES: u32 = 1_000;

impl Engine {
    pub(super) fn ask(&self, budget: u64, live: bool, packs: bool) -> Result<(Ongoing, Vec<u8>), Error> {
        let number = u32::from_be_bytes(random(self.0.entropy.as_ref()));
        let now_ms = self.now_ms();
        let actor = self.actor()?;
        let schema = self.0.store.kinds().iter().map(|kind| kind.schema).sum();
        let (hello, pushes, outs, wiped, repair) = self.0.store.read::<_, Error>(|reader| {
            let outs = reader.pending_outs()?;
            let pushes = pushes(reader, now_ms, &outs)?;
            let mut hello = greeting(reader, now_ms)?;
            hello.protocol = PROTOCOL;
            hello.schema = schema;
            hello.exchange = number;
            hello.budget = budget;
            let packs = packs && reader.meta(NO_MORE_PACKS)?.is_none();
            let also = |bit: u64, wanted: bool| if wanted { bit } else { 0 };
            let rows = row::wants_rows(reader)?;
            hello.features = Some(feature::DELTAS | also(feature::PACKS, packs) | also(feature::ROWS, rows));
            hello.actor = (!pushes.is_empty()).then_some(actor);
            Ok((hello, pushes, outs, wipe::owed(reader)?, self.repair_frames(reader)?))
        })?;
        let exchange = Exchange::new(&hello, live);
        let purged: Vec<Purged> = outs
            .iter()
            .filter(|out| out.purged)
            .map(|out| Purged {
                scope: out.scope,
                point: out.point,
                documents: out.documents,
            })
            .collect();
        let tells_wipe = wiped.is_some();
        let told = purged.iter().map(|purged| purged.scope).collect();
        // Floors of many scopes are worth compressing.
        let many = hello.loading.as_ref().is_some_and(|floors| floors.len() > 100);
        let hello = [hello.into()];
        let encoded = if many {
            wire::encode_bundled(&hello)
        } else {
            wire::encode(&hello)
        };
        let mut message = encoded.map_err(|_| Error::BadMessage)?;
        let rest: Vec<Frame> = pushes
            .into_iter()
            .map(Frame::from)
            .chain(purged.into_iter().map(Frame::from))
            .chain(wiped.into_iter().map(Frame::from))
            .chain(repair)
            .collect();
        message.extend(wire::encode_bundled(&rest).map_err(|_| Error::BadMessage)?);
        let ongoing = Ongoing {
            engine: self.clone(),
            exchange,
            told,
            tells_wipe,
            receipts: Vec::new(),
            fault: None,
            progress: Progress::default(),
            packs: false,
        };
        Ok((ongoing, message))
    }
}

fn greeting(reader: &Reader<'_>, now_ms: i64) -> Result<Hello, Error> {
    let cursor = reader.point(SyncPoint::Cursor)?;
    let other = |point: Option<Point>| point.filter(|point| Some(*point) != cursor);
    let loading = reader.loading()?;
    let grants: Vec<Grant> = reader
        .grants()?
        .into_iter()
        .map(|(scope, access)| Grant { scope, access })
        .collect();
    let digest = if loading.iter().any(|one| !one.done) {
        None
    } else {
        Some(reader.granted_digest()?)
    };
    let floors: Vec<Floor> = loading
        .iter()
        .map(|one| Floor {
            scope: one.scope,
            seq: one.seq,
            done: one.done,
        })
        .collect();
    Ok(Hello {
        cursor,
        caught_up: other(reader.point(SyncPoint::CaughtUp)?).map(|point| point.seq),
        newest: other(reader.point(SyncPoint::Newest)?),
        grants: grants_hash(&grants),
        digest: digest.map(|digest| digest.to_bytes().to_vec()),
        pending: u32::try_from(reader.dirty_count()?).unwrap_or(u32::MAX),
        clock_s: now_ms / 1000,
        loading: Some(floors).filter(|floors| !floors.is_empty()),
        want: reader
            .wanted(now_ms, PUSHES)?
            .into_iter()
            .map(|state| state.id)
            .collect(),
        ..Hello::default()
    })
}

fn pushes(reader: &Reader<'_>, now_ms: i64, outs: &[PendingOut]) -> Result<Vec<Push>, Error> {
    let mut pushes = Vec::new();
    let mut room = limit::PUSH_BYTES;
    for state in reader.dirty(now_ms, PUSHES)? {
        let push = push(reader, &state, outs)?;
        let size: usize = push.changes.iter().map(|bytes| bytes.len()).sum();
        // The first always goes: a single large document must not wait for ever.
        if size > room && !pushes.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        pushes.push(push);
    }
    Ok(pushes)
}

fn push(reader: &Reader<'_>, state: &DocumentState, outs: &[PendingOut]) -> Result<Push, Error> {
    let local = reader.local_changes(state.id)?;
    let base = local.iter().find_map(|change| change.base);
    let push = |heads: Heads, changes: Vec<Vec<u8>>, base: Option<Point>| Push {
        id: state.id,
        kind: state.kind.clone(),
        base,
        heads,
        changes: changes.into_iter().map(ByteVec::from).collect(),
    };
    if state.push_whole || state.acked.is_none() {
        let changes = whole(reader, state, &local)?;
        let (heads, changes) = portion(&Heads::default(), state, changes)?;
        return Ok(push(heads, changes, base));
    }
    let acked = state.acked.clone().unwrap_or_default();
    // Edits made after an Out was applied are pushed apart from those made before: only these may be accepted late.
    let out = outs.iter().find(|out| Some(out.scope) == state.scope);
    let after = |change: &LocalChange| {
        out.is_some_and(|out| {
            change
                .base
                .is_some_and(|base| base.run == out.point.run && base.seq >= out.point.seq)
        })
    };
    let before = local.iter().take_while(|change| !after(change)).count();
    let apart = before > 0 && before < local.len();
    let changes: Vec<Vec<u8>> = local.into_iter().map(|change| change.bytes).collect();
    // After a restore the relay may lack what others wrote, too: then it is not our edits alone that lead on from what it
    // has.
    let changes = if apart || heads_after(&acked, &changes)? == state.heads {
        changes
    } else {
        since(reader, state, &acked)?.unwrap_or(changes)
    };
    let (heads, changes) = if apart {
        let changes = changes[..before].to_vec();
        let heads = heads_after(&acked, &changes)?;
        let (portion, changes) = first(&acked, changes)?;
        (portion.unwrap_or(heads), changes)
    } else {
        portion(&acked, state, changes)?
    };
    Ok(push(heads, changes, base))
}

/// All changes with the document's version, or as many as one push holds with the version that these lead to: what is
/// left goes when they are acknowledged.
fn portion(from: &Heads, state: &DocumentState, changes: Vec<Vec<u8>>) -> Result<(Heads, Vec<Vec<u8>>), Error> {
    let (portion, changes) = first(from, changes)?;
    Ok((portion.unwrap_or_else(|| state.heads.clone()), changes))
}

/// As many changes as one push holds; where that is not all of them, the version that they lead to.
fn first(from: &Heads, mut changes: Vec<Vec<u8>>) -> Result<(Option<Heads>, Vec<Vec<u8>>), Error> {
    let mut room = limit::PUSH_BYTES;
    // The first always goes: a single large change must not wait for ever.
    let fits = |(at, change): &(usize, &Vec<u8>)| {
        let fits = *at == 0 || change.len() <= room && *at < limit::CHANGES_PER_PUSH;
        room = room.saturating_sub(change.len());
        fits
    };
    let count = changes.iter().enumerate().take_while(fits).count();
    if count == changes.len() {
        return Ok((None, changes));
    }
    changes.truncate(count);
    Ok((Some(heads_after(from, &changes)?), changes))
}

/// Every raw change of a document, without loading it where its bytes are still apart.
fn whole(reader: &Reader<'_>, state: &DocumentState, local: &[LocalChange]) -> Result<Vec<Vec<u8>>, Error> {
    let Some(stored) = reader.document(state.id)? else {
        return Ok(Vec::new());
    };
    if stored.snapshot.is_empty() {
        return Ok(stored.changes);
    }
    let Some(kind) = reader.kind(&state.kind) else {
        // Of a kind that this version does not know, only what was written by a later version and downgraded could be
        // dirty; its own changes are all that can be sent.
        return Ok(local.iter().map(|change| change.bytes.clone()).collect());
    };
    // A relay that lies may have sent what loads and cannot be written out again.
    let changes = document::contain(|| {
        let mut loaded = Document::load(kind, state.id, &stored.snapshot, &stored.changes)?;
        Ok(loaded.changes_since(&Heads::default()))
    });
    match changes {
        Ok(changes) => Ok(changes),
        // What cannot be read here stops no other document; its own edits are whole.
        Err(_) => Ok(local.iter().map(|change| change.bytes.clone()).collect()),
    }
}

/// Every raw change that is not in a version; `None` where the document cannot be read here.
fn since(reader: &Reader<'_>, state: &DocumentState, heads: &Heads) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let Some((stored, kind)) = reader.document(state.id)?.zip(reader.kind(&state.kind)) else {
        return Ok(None);
    };
    let loaded = Document::load(kind, state.id, &stored.snapshot, &stored.changes);
    Ok(loaded.ok().map(|mut document| document.changes_since(heads)))
}

/// The version after some changes, from the one that they build on.
fn heads_after(from: &Heads, changes: &[Vec<u8>]) -> Result<Heads, Error> {
    let mut heads = from.clone();
    for change in changes {
        let header = Header::read(change).map_err(|_| crate::document::Error::Damaged)?;
        heads = heads.after(&header.dependencies, header.hash);
    }
    Ok(heads)
}
