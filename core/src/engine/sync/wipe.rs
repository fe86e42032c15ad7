//! A revoked device hands in, deletes everything, and says so.

use serde::{Deserialize, Serialize};

use super::super::identity;
use super::row::ROWS_ONLY;
use super::{Engine, Error, REVOKED};
use crate::store::{Reader, Transaction};
use crate::wire::Wiped;
use crate::wire::digest::Digest;

/// Name of the small value that tells how far it is.
const WIPE: &str = "wipe";
/// Documents deleted in one transaction.
const PAGE: u32 = 200;
/// The code under which a document waits here for its edits to be made anew: the relay keeps nothing of it.
const CONFLICT: &str = "actor-conflict";

/// How far the wiping is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Wipe {
    /// Documents deleted so far.
    documents: u64,
    /// The sum over them and their versions.
    digest: [u8; 16],
    /// Nothing is left: nothing may be written any more.
    done: bool,
    /// No byte of it is left in the files: the receipt is owed.
    swept: bool,
    /// The relay has the receipt.
    told: bool,
}

impl Engine {
    /// Where the relay revoked this device and nothing is left to hand in: deletes everything that is here. A crash in
    /// between goes on with the next answer.
    pub(super) fn wipe_revoked(&self) -> Result<(), Error> {
        let (revoked, mut wipe, dirty) = self.0.store.read::<_, Error>(|reader| {
            let revoked = reader.meta(REVOKED)?.is_some();
            Ok((revoked, read(reader)?, reader.dirty_count()?))
        })?;
        if wipe.swept || !wipe.done && (!revoked || dirty > 0) {
            return Ok(());
        }
        while !wipe.done {
            let mut stuck = false;
            self.transact(|tx| {
                let page = tx.documents(None, PAGE)?;
                // An edit made meanwhile is handed in first.
                stuck = page.iter().any(crate::store::DocumentState::is_dirty);
                for state in page.iter().filter(|state| !state.is_dirty()) {
                    tx.delete_document(state.id)?;
                    let sum = Digest::from_bytes(&wipe.digest).unwrap_or_default();
                    wipe.digest = sum.plus(Digest::of(state.id, &state.heads)).to_bytes();
                    wipe.documents += 1;
                }
                if page.is_empty() {
                    tx.forget_all_but(&[identity::IDENTITY, identity::ACTOR, REVOKED, ROWS_ONLY])?;
                    wipe.done = true;
                }
                write(tx, &wipe)
            })?;
            if stuck {
                return Ok(());
            }
        }
        self.0.store.sweep()?;
        wipe.swept = true;
        self.transact(|tx| write(tx, &wipe))
    }
}

/// Before a device hands in its last edits: what waits here to be made anew beside the whole of what the relay has will
/// never get that. It is handed in as it is.
pub(super) fn hand_in_all(tx: &Transaction<'_>) -> Result<(), Error> {
    if tx.meta(REVOKED)?.is_some() {
        return Ok(());
    }
    for state in tx.parked(u32::MAX)? {
        if state.parked.as_ref().is_some_and(|parked| parked.code == CONFLICT) {
            tx.set_parked(state.id, None)?;
        }
    }
    Ok(())
}

/// The receipt that is owed.
pub(super) fn owed(reader: &Reader<'_>) -> Result<Option<Wiped>, Error> {
    let wipe = read(reader)?;
    Ok((wipe.swept && !wipe.told).then(|| Wiped {
        documents: wipe.documents,
        digest: wipe.digest.to_vec(),
    }))
}

/// The relay has the receipt.
pub(super) fn told(tx: &Transaction<'_>) -> Result<(), Error> {
    let wipe = read(tx)?;
    write(tx, &Wipe { told: true, ..wipe })
}

/// Whether everything was deleted because the relay revoked this device.
pub(in super::super) fn is_wiped(reader: &Reader<'_>) -> Result<bool, Error> {
    Ok(read(reader)?.done)
}

/// Another device takes its place: it begins with nothing.
pub(in super::super) fn forget(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.set_meta(WIPE, None)?;
    tx.set_meta(REVOKED, None)?;
    Ok(())
}

fn read(reader: &Reader<'_>) -> Result<Wipe, Error> {
    let bytes = reader.meta(WIPE)?;
    let wipe = bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(crate::store::Error::from));
    Ok(wipe.transpose()?.unwrap_or_default())
}

fn write(tx: &Transaction<'_>, wipe: &Wipe) -> Result<(), Error> {
    let bytes = serde_json::to_vec(wipe).map_err(crate::store::Error::from)?;
    tx.set_meta(WIPE, Some(&bytes))?;
    Ok(())
}
