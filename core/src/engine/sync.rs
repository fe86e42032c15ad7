//! The engine's half of syncing: what it asks and pushes, and carrying out what the sync machine says.
//!
//! Bytes go out and come in; who carries them (`net`, a test, the simulator) is not known here.

mod apply;
mod ask;
mod damage;
mod delta;
mod pack;
mod purge;
mod rebuild;
mod receipt;
mod relation;
mod repair;
mod row;
mod verdict;
mod wipe;

pub use pack::{Fetched, PackApplied, PackPlan};

use std::collections::BTreeSet;

pub(super) use repair::Repair;
pub(super) use wipe::{forget as forget_wipe, is_wiped};

use super::{Engine, Error};
use crate::clock::random;
use crate::ids::ScopeId;
use crate::store::{PackProgress, SyncPoint, Transaction};
use crate::sync::{Effect, Exchange, Finished};
use crate::wire::{self, Point, Receipt};

/// Name of the small value that holds the relay's clock minus ours, in seconds.
const CLOCK_OFFSET: &str = "relay_clock_offset_s";
/// Name of the small value that says that the relay revoked this device.
const REVOKED: &str = "revoked";
/// Name of the small value that says whether the digests agreed at the last complete catch-up.
const AGREED: &str = "digests_agreed";
/// Name of the small value that holds when device and relay last agreed, in milliseconds since 1970.
const AGREED_AT: &str = "agreed_at_ms";

/// What an answer brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pushes decided.
    pub decided: u64,
    /// Documents received.
    pub documents: u64,
    /// Scopes purged.
    pub purged: u64,
    /// Whether the relay said that there is more than it sent.
    pub poked: bool,
}

/// How the device stands with the relay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncStatus {
    /// Documents with edits that the relay neither has nor keeps apart.
    pub pending: u64,
    /// Scopes that are still loading.
    pub loading: u64,
    /// Scopes to hand in and drop.
    pub handing_in: u64,
    /// When device and relay last agreed by digest, in milliseconds since 1970.
    pub agreed_at_ms: Option<i64>,
    /// Whether the digests agreed at the last complete catch-up; absent before the first.
    pub agreed: Option<bool>,
    /// Whether everything that the member may read is here, as of the last catch-up. Figures are incomplete while it is
    /// not.
    pub complete: bool,
    /// How far the packs of the present loading are; absent where none are taken. The search index follows in the
    /// background and tells its own progress ([`Engine::progress`]).
    pub packs: Option<PackProgress>,
    /// Whether the relay revoked this device.
    pub revoked: bool,
    /// Whether everything was handed in and deleted because of that: nothing can be written here any more.
    pub wiped: bool,
}

/// An exchange that waits for its answer. It can be dropped at any time: every batch was applied with its cursor.
#[derive(Debug)]
pub struct Ongoing {
    engine: Engine,
    exchange: Exchange,
    /// Purges told in this exchange; the relay has noted them once it welcomes us.
    told: Vec<ScopeId>,
    /// Whether the receipt for a wipe is told in it, likewise.
    tells_wipe: bool,
    /// Receipts collected until something else must be applied: one transaction for many.
    receipts: Vec<Receipt>,
    fault: Option<wire::Fault>,
    progress: Progress,
    /// Whether the relay left out what packs bring.
    packs: bool,
}

impl Engine {
    /// Opens an exchange: the bytes to send, and what takes in the answer. `budget` is how many bytes of records the
    /// relay may send; 0 for no wish.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn begin_exchange(&self, budget: u64) -> Result<(Ongoing, Vec<u8>), Error> {
        self.ask(budget, false, false)
    }

    /// [`Engine::begin_exchange`] of a device that takes packs, until [`Engine::finish_packs`]: the relay leaves out what
    /// these bring, and [`Ongoing::offers_packs`] tells whether it did.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn begin_loading(&self, budget: u64) -> Result<(Ongoing, Vec<u8>), Error> {
        self.ask(budget, false, true)
    }

    /// [`Engine::begin_exchange`] for a live connection, whose answer never ends.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn begin_live(&self) -> Result<(Ongoing, Vec<u8>), Error> {
        self.ask(0, true, false)
    }

    /// Whether one more exchange would do something now.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn has_more(&self, finished: &Finished) -> Result<bool, Error> {
        if *finished == Finished::More {
            return Ok(true);
        }
        if self.is_repairing() {
            return Ok(true);
        }
        let now_ms = self.now_ms();
        self.0.store.read(|reader| {
            let owed = reader.pending_outs()?.iter().any(|out| out.purged) || wipe::owed(reader)?.is_some();
            // What is to be loaded anew was said here, and the relay has not heard of it yet. Who is revoked gets nothing more.
            let loads = *finished == Finished::UpToDate
                && reader.meta(REVOKED)?.is_none()
                && reader.loading()?.iter().any(|one| !one.done);
            Ok(owed || loads || !reader.dirty(now_ms, 1)?.is_empty() || !reader.wanted(now_ms, 1)?.is_empty())
        })
    }

    /// Whether nothing is left: nothing to push, nothing loading, no scope to hand in.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn is_settled(&self) -> Result<bool, Error> {
        let status = self.sync_status()?;
        let wanted = self
            .0
            .store
            .read::<_, Error>(|reader| Ok(reader.wanted(i64::MAX, 1)?.len()))?;
        Ok(status.pending == 0 && status.loading == 0 && status.handing_in == 0 && wanted == 0)
    }

    /// A random number, for waits that must spread.
    #[must_use]
    pub fn random_u64(&self) -> u64 {
        u64::from_be_bytes(random(self.0.entropy.as_ref()))
    }

    /// How the device stands with the relay.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn sync_status(&self) -> Result<SyncStatus, Error> {
        self.0.store.read(|reader| {
            let number = |bytes: Vec<u8>| bytes.try_into().ok().map(i64::from_be_bytes);
            let loading = reader.loading()?.iter().filter(|one| !one.done).count() as u64;
            Ok(SyncStatus {
                pending: reader.dirty_count()?,
                loading,
                complete: loading == 0 && reader.point(SyncPoint::CaughtUp)?.is_some(),
                packs: reader.pack_progress()?,
                handing_in: reader.pending_outs()?.len() as u64,
                agreed_at_ms: reader.meta(AGREED_AT)?.and_then(number),
                agreed: reader.meta(AGREED)?.map(|bytes| bytes == [1]),
                revoked: reader.meta(REVOKED)?.is_some(),
                wiped: wipe::is_wiped(reader)?,
            })
        })
    }
}

impl Ongoing {
    /// Takes in an answer, or a part of one that ends between frames, and carries out what it says.
    ///
    /// # Errors
    /// [`Error::BadMessage`] where the bytes are no message: nothing of them is applied. Otherwise where the store fails;
    /// what was committed before stays.
    pub fn receive(&mut self, message: &[u8]) -> Result<Progress, Error> {
        let frames = wire::decode(message).map_err(|_| Error::BadMessage)?;
        for frame in frames {
            for effect in self.exchange.receive(frame) {
                self.carry_out(effect)?;
            }
        }
        self.settle_receipts()?;
        let purged = self.engine.purge_outs()?;
        self.progress.purged += purged;
        self.engine.wipe_revoked()?;
        Ok(std::mem::take(&mut self.progress))
    }

    /// The cursor as of the last batch.
    #[must_use]
    pub fn cursor(&self) -> Option<Point> {
        self.exchange.cursor()
    }

    /// Why the relay could not go on, where it said so.
    #[must_use]
    pub fn fault(&self) -> Option<&wire::Fault> {
        self.fault.as_ref()
    }

    /// Whether to ask anew on a live connection, after a message that brought this or after something was written here.
    /// Never while an answer is on its way: it would be one to another question, and so would be the next.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn asks_again(&self, progress: &Progress) -> Result<bool, Error> {
        let answered = self.exchange.is_answered();
        Ok(answered && (progress.poked || self.has_more() || self.engine.has_more(&Finished::UpToDate)?))
    }

    /// Whether the last commit said that there is more for now.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.exchange.has_more()
    }

    /// Whether the relay left out what packs bring: take them, then ask again.
    #[must_use]
    pub fn offers_packs(&self) -> bool {
        self.packs
    }

    /// The answer has ended.
    #[must_use]
    pub fn finish(self) -> Finished {
        match self.fault {
            Some(fault) => Finished::Fault(fault),
            None => self.exchange.end(),
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), Error> {
        if !matches!(effect, Effect::Decided(_)) {
            self.settle_receipts()?;
        }
        match effect {
            Effect::Decided(receipt) => self.receipts.push(receipt),
            Effect::Welcomed(welcome) => {
                let offset = welcome.clock_s.saturating_sub(self.engine.now_ms() / 1000);
                let told = std::mem::take(&mut self.told);
                let tells_wipe = std::mem::take(&mut self.tells_wipe);
                self.engine.transact(|tx| {
                    if welcome.revoked == Some(true) {
                        wipe::hand_in_all(tx)?;
                    }
                    if tells_wipe {
                        wipe::told(tx)?;
                    }
                    tx.set_meta(CLOCK_OFFSET, Some(&offset.to_be_bytes()))?;
                    tx.set_meta(REVOKED, welcome.revoked.filter(|revoked| *revoked).map(|_| &[1_u8][..]))?;
                    for scope in &told {
                        tx.clear_pending_out(*scope)?;
                    }
                    Ok(())
                })?;
            }
            Effect::NewEpoch => self.engine.transact(|tx| {
                relation::remember_scopes(tx)?;
                tx.forget_acknowledged()?;
                tx.clear_loading(None)?;
                tx.clear_packs()?;
                tx.set_meta(pack::NO_MORE_PACKS, None)?;
                for point in [SyncPoint::Cursor, SyncPoint::CaughtUp, SyncPoint::Newest] {
                    tx.set_point(point, None)?;
                }
                Ok(())
            })?,
            // A device that is wiped takes nothing in, whatever the relay thinks of it now: it is to enrol again.
            Effect::Apply(_) if self.engine.read(wipe::is_wiped)? => {}
            Effect::Apply(batch) => {
                self.progress.documents += batch.records() as u64;
                self.packs |= batch.packs;
                self.engine.apply_batch(&batch)?;
            }
            Effect::Differing(differ) => self.engine.differing(&differ),
            Effect::Reconciled(reconciled) => self.engine.reconciled(&reconciled)?,
            Effect::Poked => self.progress.poked = true,
            Effect::Finished(Finished::Fault(fault)) => self.fault = Some(fault),
            Effect::Finished(_) => {}
        }
        Ok(())
    }

    fn settle_receipts(&mut self) -> Result<(), Error> {
        let receipts = std::mem::take(&mut self.receipts);
        if receipts.is_empty() {
            return Ok(());
        }
        self.progress.decided += receipts.len() as u64;
        let now_ms = self.engine.now_ms();
        self.engine.transact(|tx| {
            let mut forgotten = false;
            for receipt in &receipts {
                forgotten |= receipt::settle(tx, receipt, now_ms)?;
            }
            if forgotten {
                self.engine.renew_actor(tx)?;
            }
            note_newest(tx, receipts.iter().map(|receipt| receipt.point))
        })?;
        let clones: BTreeSet<_> = receipts
            .iter()
            .filter(|receipt| receipt.state == wire::ReceiptState::ActorConflict)
            .map(|receipt| receipt.id)
            .collect();
        if !clones.is_empty() {
            self.engine.transact(|tx| self.engine.renew_actor(tx))?;
        }
        Ok(())
    }
}

/// Keeps the newest point heard. Within a run it never goes back; a newer run takes its place.
fn note_newest(tx: &Transaction<'_>, points: impl Iterator<Item = Point>) -> Result<(), Error> {
    let mut newest = tx.point(SyncPoint::Newest)?;
    for point in points {
        if newest.is_none_or(|known| known.run != point.run || known.seq < point.seq) {
            newest = Some(point);
        }
    }
    tx.set_point(SyncPoint::Newest, newest)?;
    Ok(())
}
