//! Backups, and what is put back from them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_disk::Image;
use satchel_server::identity::Actor;
use satchel_server::identity::device;
use satchel_server::relay::restore;
use satchel_server::store::StoreError;
use satchel_server::store::people::Enrolment;
use satchel_server::store::restore::Cause;

use crate::phone::{Phone, signing_key};
use crate::world::World;

/// Backups taken so far, of which each strike makes one or uses one.
#[derive(Default)]
pub(crate) struct Backups {
    phones: Vec<(usize, Image)>,
    relay: Option<Image>,
    /// Whether the relay was put back to one.
    was_restored: bool,
}

/// So long phones may bring back what others wrote: longer than any phone is away here. What comes later than the operator
/// waits goes to quarantine, which a story tells.
const RETURN_DAYS: u32 = 3_650;

impl World {
    pub(crate) fn restore_phone(&mut self, phone: usize) -> bool {
        let mine = self.backups.phones.iter().position(|(of, _)| *of == phone);
        let Some(mine) = mine else {
            let image = self.phones[phone].disk.image();
            self.backups.phones.push((phone, image));
            return false;
        };
        let (_, image) = self.backups.phones.remove(mine);
        self.phones[phone].disk.put_back(&image);
        self.phones[phone].rise();
        (self.phones[phone].cursor, self.phones[phone].newest) = (None, None);
        self.forgive_what_only_this_phone_had(phone);
        self.forgive_what_does_not_return();
        true
    }

    /// What was written after the backup, and left the phone for nowhere, is gone with it.
    fn forgive_what_only_this_phone_had(&mut self, phone: usize) {
        let (here, parked) = (self.relay.changes(), self.relay.parked_changes());
        let written = self.ledger.written.get(&phone).cloned().unwrap_or_default();
        let kept = written
            .into_iter()
            .filter(|(hash, id)| here.contains(hash) || parked.contains(hash) || has(&self.phones[phone], *id, *hash));
        let kept = kept.collect();
        self.ledger.written.insert(phone, kept);
    }

    pub(crate) fn clone_phone(&mut self, phone: usize) -> bool {
        if self.phones.len() > 9 {
            return false;
        }
        let seed = self.dice.number();
        let original = &self.phones[phone];
        let name: &'static str = format!("{}-clone-{}", original.name, self.phones.len()).leak();
        let clone = original.cloned(name, seed);
        let number = self.phones.len();
        self.phones.push(clone);
        // What waits on one waits on the other.
        let written = self.ledger.written.get(&phone).cloned().unwrap_or_default();
        self.ledger.written.insert(number, written);
        true
    }

    pub(crate) fn restore_relay(&mut self) -> Result<bool> {
        let Some(image) = self.backups.relay.take() else {
            self.backups.relay = Some(self.relay.disk.image());
            return Ok(false);
        };
        let revoked: Vec<bool> = (0..self.phones.len())
            .map(|phone| self.relay.is_revoked(self.phones[phone].identity.device))
            .collect::<Result<_>>()?;
        self.relay.disk.put_back(&image);
        self.relay.rise();
        self.backups.was_restored = true;
        let now_ms = self.now_ms();
        if self.dice.chance(50) {
            // As the mark beside the database says; else the phones find out.
            self.relay
                .write::<_, StoreError>(|tx| restore::begin(tx, Cause::Mark, now_ms))?;
        }
        // As an operator confirms members and devices after a restore.
        for (phone, revoked) in self.phones.iter().zip(revoked) {
            let identity = phone.identity;
            let known = self.relay.write::<_, StoreError>(|tx| tx.device(identity.device))?;
            if known.is_none() {
                let row = crate::world::device_row(phone.name, &identity, &signing_key(&identity));
                self.relay.write(|tx| tx.put_device(&row))?;
            }
            if revoked {
                self.relay
                    .write(|tx| device::revoke(tx, &Actor::Operator, identity.device, now_ms).map(drop))?;
            }
        }
        self.forgive_what_nobody_has();
        Ok(true)
    }

    /// An admin has looked, and lets the relay serve again. False where it served everybody.
    pub(crate) fn confirm_restore(&mut self) -> Result<bool> {
        let refused = std::mem::take(&mut self.relay.has_refused);
        if !self.relay.is_closed()? && !refused {
            return Ok(false);
        }
        ensure!(
            self.backups.was_restored || self.plant.is_some(),
            "a phone was not served after a restore that never was"
        );
        let now_ms = self.now_ms();
        let entropy = Arc::clone(&self.relay.entropy);
        self.relay.write::<_, StoreError>(|tx| {
            restore::begin(tx, Cause::Operator, now_ms)?;
            restore::confirm(tx, RETURN_DAYS, now_ms, entropy.as_ref())
        })?;
        self.note("the restore is confirmed".to_owned());
        Ok(true)
    }

    /// Of what was to come back from a phone, a part is gone with that phone.
    fn forgive_what_does_not_return(&mut self) {
        let (here, parked) = (self.relay.changes(), self.relay.parked_changes());
        let phones = &self.phones;
        self.ledger.returning.retain(|hash, id| {
            here.contains(hash) || parked.contains(hash) || phones.iter().any(|phone| has(phone, *id, *hash))
        });
    }

    /// What came after the relay's backup comes back from the phones that hold it. What none holds any more is lost with
    /// the relay, as the operator was told.
    fn forgive_what_nobody_has(&mut self) {
        let (here, parked) = (self.relay.changes(), self.relay.parked_changes());
        let phones = &self.phones;
        let held = |hash: &ChangeHash, id: &DocumentId| {
            here.contains(hash) || parked.contains(hash) || phones.iter().any(|phone| has(phone, *id, *hash))
        };
        self.ledger.acknowledged.retain(|hash, id| held(hash, id));
        self.ledger.kept.retain(|hash, id| held(hash, id));
        // What came back after an earlier restore, and was lost by this one (seed 65: kept apart, so that its phone purged it).
        self.ledger.returning.retain(|hash, id| held(hash, id));
        for written in self.ledger.written.values_mut() {
            written.retain(|hash, id| held(hash, id));
        }
        // Acknowledged once, and to be acknowledged again. So is what was kept apart and let in later: its author may have
        // handed it in and lost the record since, and others have it from the relay.
        let once = self
            .ledger
            .acknowledged
            .iter()
            .filter(|(hash, _)| !here.contains(*hash));
        let apart = self.ledger.kept.iter();
        let apart = apart.filter(|(hash, _)| !here.contains(*hash) && !parked.contains(*hash));
        self.ledger.returning.extend(once.chain(apart));
        self.ledger.acknowledged.retain(|hash, _| here.contains(hash));
        self.ledger
            .kept
            .retain(|hash, _| here.contains(hash) || parked.contains(hash));
    }
}

/// Whether a phone holds a change of a document.
fn has(phone: &Phone, id: DocumentId, hash: ChangeHash) -> bool {
    phone
        .load(id)
        .is_some_and(|mut document| document.contains(&Heads::new(vec![hash])))
}
