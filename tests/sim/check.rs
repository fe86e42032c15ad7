//! What must hold: a part after each step, everything when all is quiet.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use satchel_core::ids::{DocumentId, Heads, ScopeId};
use satchel_core::projection::Row;
use satchel_core::store::{Archived, SearchQuery, SyncPoint};
use satchel_core::wire::Frame;
use satchel_core::wire::digest::Digest;
use satchel_server::store::StoreError;
use satchel_server::store::log::{Log, StoredDocument};

use crate::rebuild::places;
use crate::world::World;

impl World {
    /// The cheap part: the cursor, and that what this phone wrote is here or there.
    pub(crate) fn check_phone(&mut self, phone: usize) -> Result<()> {
        let parked = self.relay.parked_changes();
        let written = self.ledger.written.get(&phone).cloned().unwrap_or_default();
        let mut missing: BTreeMap<DocumentId, Vec<_>> = BTreeMap::new();
        for (hash, id) in written {
            // What another phone is to bring back after a restore, is checked when all is quiet.
            let returns = self.ledger.returning.contains_key(&hash);
            if !self.relay.has_change(hash) && !parked.contains(&hash) && !returns {
                missing.entry(id).or_default().push(hash);
            }
        }
        let name = self.phones[phone].name;
        for (id, hashes) in missing {
            let mut document = self.phones[phone].load(id);
            for hash in hashes {
                let here = document.as_mut().is_some_and(|document| self.is_in(document, hash));
                ensure!(
                    here || self.has_arrived(hash, id, &parked),
                    "{name} has lost its change {hash} of {id}, which the relay does not have"
                );
            }
        }
        self.check_cursor(phone)
    }

    /// The cursor never goes back, unless the relay has lost what it once told, or the phone was wiped.
    pub(crate) fn check_cursor(&mut self, phone: usize) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        let [cursor, newest] = [SyncPoint::Cursor, SyncPoint::Newest]
            .map(|point| self.phones[phone].engine.read(|reader| Ok(reader.point(point)?)));
        let before = std::mem::replace(&mut self.phones[phone].cursor, cursor?);
        let newest = std::mem::replace(&mut self.phones[phone].newest, newest?);
        let now = self.phones[phone].cursor.map_or(0, |point| point.seq);
        let Some(before) = before.filter(|before| before.seq > now) else {
            return Ok(());
        };
        let known = self.relay.knows(before)? && newest.map_or(Ok(true), |newest| self.relay.knows(newest))?;
        ensure!(
            !known,
            "the cursor of {} went back from {} to {now}",
            self.phones[phone].name,
            before.seq
        );
        Ok(())
    }

    /// What the relay has answered is on its disk.
    pub(crate) fn check_answered(&mut self) -> Result<()> {
        let here = self.relay.changes();
        let parked = self.relay.parked_changes();
        for (hash, id) in &self.ledger.acknowledged {
            ensure!(
                here.contains(hash),
                "the acknowledged change {hash} of {id} did not outlive the relay"
            );
        }
        for (hash, id) in self.ledger.kept.clone() {
            ensure!(
                here.contains(&hash) || self.has_arrived(hash, id, &parked),
                "the change {hash} of {id}, said to be kept apart, did not outlive the relay"
            );
        }
        Ok(())
    }

    /// The relay tells a phone nothing that its member may not read: as it answers, not only once all is quiet.
    pub(crate) fn check_answer<'a>(&mut self, phone: usize, frames: impl Iterator<Item = &'a Frame>) -> Result<()> {
        let readable = self.relay.readable(self.phones[phone].identity.member)?;
        for frame in frames {
            let (id, scope) = match frame {
                Frame::Doc(doc) => (doc.id, doc.scope),
                Frame::DocRow(row) => (row.id, row.scope),
                _ => continue,
            };
            ensure!(
                readable.iter().any(|row| row.scope == scope),
                "an answer to {} holds {id}, which he may not read",
                self.phones[phone].name,
            );
        }
        Ok(())
    }

    /// Everything, when all is quiet.
    pub(crate) fn check_everything(&mut self) -> Result<()> {
        let mut documents = BTreeMap::new();
        for id in self.relay.documents() {
            let stored = self
                .check_relay_document(id)
                .with_context(|| format!("the relay's {id}"))?;
            documents.insert(id, stored);
        }
        self.check_digests(&documents)?;
        self.check_promises()?;
        let differing = self.relay.check_figures()?;
        ensure!(
            differing == 0,
            "{differing} of what is kept of figures is not what the records say"
        );
        for phone in 0..self.phones.len() {
            self.check_phone(phone)?;
            self.check_holdings(phone, &documents)?;
            self.check_reach(phone, &documents)?;
            if self.dice.chance(40) {
                self.check_rebuild(phone)?;
            }
        }
        Ok(())
    }

    fn check_relay_document(&mut self, id: DocumentId) -> Result<StoredDocument> {
        let (stored, mut document) = self.relay.load(id)?.context("it is gone")?;
        ensure!(document.heads() == stored.heads, "its bytes lead to other heads");
        let row: Row = serde_json::from_str(&stored.row)?;
        ensure!(row == document.project(), "its row is not its document's");
        Ok(stored)
    }

    fn check_digests(&mut self, documents: &BTreeMap<DocumentId, StoredDocument>) -> Result<()> {
        let mut digests: BTreeMap<ScopeId, (Digest, u64)> = BTreeMap::new();
        for stored in documents.values() {
            let (digest, count) = digests.entry(stored.scope).or_default();
            *digest = digest.plus(Digest::of(stored.id, &stored.heads));
            *count += 1;
        }
        for (scope, expected) in digests {
            let kept = self.relay.write::<_, StoreError>(|tx| tx.scope_digest(scope))?;
            ensure!(
                kept == expected,
                "the relay's digest of scope {scope} is not that of its documents"
            );
        }
        Ok(())
    }

    /// No acknowledged change is lost; what is said to be kept apart is kept; every edit is in one place or the other.
    fn check_promises(&mut self) -> Result<()> {
        let parked = self.relay.parked_changes();
        let mut loaded = BTreeMap::new();
        let acknowledged: Vec<_> = self.ledger.acknowledged.clone().into_iter().collect();
        for (hash, id) in acknowledged {
            if let Entry::Vacant(place) = loaded.entry(id) {
                let found = self
                    .relay
                    .load(id)?
                    .context("an acknowledged change is lost: its document is not there")?;
                place.insert(found.1);
            }
            let here = loaded
                .get_mut(&id)
                .is_some_and(|document| document.contains(&Heads::new(vec![hash])));
            ensure!(here, "the acknowledged change {hash} of {id} is lost");
        }
        for (hash, id) in self.ledger.kept.clone() {
            let kept = self.has_arrived(hash, id, &parked);
            ensure!(kept, "the change {hash} of {id}, said to be kept apart, is lost");
        }
        for (hash, id) in self.ledger.returning.clone() {
            let back = self.has_arrived(hash, id, &parked);
            ensure!(
                back,
                "the change {hash} of {id}, which a phone held, did not come back after the relay's restore"
            );
        }
        for (phone, written) in self.ledger.written.clone() {
            for (hash, id) in written {
                ensure!(
                    self.has_arrived(hash, id, &parked),
                    "the change {hash} of {id} never left {}",
                    self.phones[phone].name
                );
            }
        }
        Ok(())
    }

    /// What a phone holds is what its member may read, as the relay has it, and whatever of its own is kept apart.
    fn check_holdings(&mut self, phone: usize, documents: &BTreeMap<DocumentId, StoredDocument>) -> Result<()> {
        let name = self.phones[phone].name;
        let identity = self.phones[phone].identity;
        let revoked = self.relay.is_revoked(identity.device)?;
        let readable: BTreeSet<ScopeId> = self
            .relay
            .readable(identity.member)?
            .into_iter()
            .map(|row| row.scope)
            .collect();
        let held = self.phones[phone].held();
        let mut here = BTreeSet::new();
        for one in &held {
            here.insert(one.id);
            let record = self.phones[phone]
                .engine
                .get(one.id)?
                .with_context(|| format!("{name} has {} without a row", one.id))?;
            let mut document = None;
            if !one.row_only && self.phones[phone].engine.kind(&one.kind).is_some() {
                let loaded = document.insert(self.phones[phone].load(one.id).context("no document")?);
                ensure!(
                    loaded.heads() == one.heads,
                    "{name}: the bytes of {} lead to other heads",
                    one.id
                );
                ensure!(
                    record.row == loaded.project(),
                    "{name}: the row of {} is not its document's",
                    one.id
                );
            }
            let Some(stored) = documents.get(&one.id) else {
                ensure!(
                    one.parked,
                    "{name} holds {}, which the relay neither has nor keeps apart",
                    one.id
                );
                continue;
            };
            if revoked {
                continue;
            }
            ensure!(
                readable.contains(&stored.scope),
                "{name} holds {} ({}), which he may not read",
                one.id,
                one.kind
            );
            ensure!(
                one.scope == Some(stored.scope),
                "{name} has {} in another scope",
                one.id
            );
            ensure!(
                one.acked.as_ref() == Some(&stored.heads),
                "{name} and the relay do not agree on {}",
                one.id
            );
            ensure!(
                document.is_none_or(|mut document| document.contains(&stored.heads)),
                "{name} lacks changes of {}",
                one.id
            );
            if !one.parked {
                ensure!(
                    one.heads == stored.heads,
                    "{name} and the relay do not agree on the heads of {}",
                    one.id
                );
                let row: Row = serde_json::from_str(&stored.row)?;
                ensure!(
                    record.row == row,
                    "{name} and the relay do not agree on the row of {}",
                    one.id
                );
            }
        }
        if revoked {
            return Ok(());
        }
        self.check_rows(phone, &held)?;
        for stored in documents.values().filter(|stored| readable.contains(&stored.scope)) {
            ensure!(
                here.contains(&stored.id),
                "{name} and the relay do not agree: {} is missing",
                stored.id
            );
        }
        let status = self.phones[phone].engine.sync_status()?;
        ensure!(
            status.agreed == Some(true),
            "{name} and the relay do not agree by digest: {status:?}"
        );
        Ok(())
    }

    /// Nothing of what a phone may not read is found by search or in the bytes of its database.
    fn check_reach(&mut self, phone: usize, documents: &BTreeMap<DocumentId, StoredDocument>) -> Result<()> {
        let name = self.phones[phone].name;
        let identity = self.phones[phone].identity;
        if self.relay.is_revoked(identity.device)? {
            return Ok(());
        }
        let engine = &self.phones[phone].engine;
        while !engine.maintain()?.is_complete() {}
        let here: BTreeSet<DocumentId> = self.phones[phone].held().into_iter().map(|held| held.id).collect();
        let readable: BTreeSet<ScopeId> = self
            .relay
            .readable(identity.member)?
            .into_iter()
            .map(|row| row.scope)
            .collect();
        let tokens = tokens(&self.phones[phone].disk.bytes());
        for (id, made) in &self.ledger.records {
            let query = SearchQuery {
                archived: Archived::Both,
                ..SearchQuery::new(&made.token)
            };
            let found: Vec<DocumentId> = self.phones[phone]
                .engine
                .search(&query)?
                .hits
                .into_iter()
                .map(|hit| hit.record.id)
                .collect();
            // A text by which a record was known may have been written over.
            let row = self.phones[phone]
                .engine
                .get(*id)?
                .map(|record| serde_json::to_string(&record.row.fields));
            let is_known = self.phones[phone].engine.kind(made.kind).is_some();
            let says = is_known && row.transpose()?.is_some_and(|text| text.contains(&made.token));
            let expected: Vec<DocumentId> = says.then_some(*id).into_iter().collect();
            ensure!(
                found == expected,
                "{name}: search for {} finds {found:?}, not {expected:?}",
                made.token
            );
            let Some(stored) = documents.get(id).filter(|stored| !readable.contains(&stored.scope)) else {
                continue;
            };
            if tokens.contains(&made.token) && !here.contains(id) {
                let places = places(&self.phones[phone].disk.path("phone.db"), &made.token)?;
                bail!(
                    "the database of {name} holds bytes of {id} ({}, private: {}) in scope {}, which he may not read, in \
                     {places:?}",
                    made.kind,
                    made.private,
                    stored.scope
                );
            }
        }
        Ok(())
    }
}

/// Every token that stands somewhere in these bytes.
fn tokens(bytes: &[u8]) -> BTreeSet<String> {
    const LENGTH: usize = 9;
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        if bytes[at] == b'z'
            && bytes[at + 1] == b'q'
            && bytes[at + LENGTH - 1] == b'k'
            && let Ok(token) = std::str::from_utf8(&bytes[at..at + LENGTH])
        {
            found.insert(token.to_owned());
        }
        at += 1;
    }
    found
}
