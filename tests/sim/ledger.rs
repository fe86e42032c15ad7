//! What was written and what the relay has promised, kept outside of everything under test.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::document::Header;
use satchel_core::ids::{ChangeHash, DocumentId};
use satchel_core::store::LocalChange;
use satchel_core::wire::{Frame, ReceiptState};

/// A record that somebody made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// A word that stands in no other record.
    pub(crate) token: String,
    pub(crate) kind: &'static str,
    pub(crate) private: bool,
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// Every record.
    pub(crate) records: BTreeMap<DocumentId, Made>,
    /// The record that was made last, where it was.
    pub(crate) newest: Option<DocumentId>,
    /// Every change that a phone made, by phone.
    pub(crate) written: BTreeMap<usize, BTreeMap<ChangeHash, DocumentId>>,
    /// Those changes themselves.
    pub(crate) bytes: BTreeMap<ChangeHash, Vec<u8>>,
    /// Changes that got an ok, duplicate or late receipt: they must be in the relay's document for ever.
    pub(crate) acknowledged: BTreeMap<ChangeHash, DocumentId>,
    /// Acknowledged by a relay that was restored from an older backup since, and still held by a phone.
    pub(crate) returning: BTreeMap<ChangeHash, DocumentId>,
    /// Changes that the relay said it keeps apart: they must be there, or in the document.
    pub(crate) kept: BTreeMap<ChangeHash, DocumentId>,
    /// Changes that somebody has decided against.
    pub(crate) decided_against: BTreeSet<ChangeHash>,
    /// States of receipts, for the report.
    pub(crate) receipts: BTreeMap<&'static str, u64>,
}

impl Ledger {
    pub(crate) fn wrote(&mut self, phone: usize, id: DocumentId, changes: Vec<LocalChange>) {
        let written = self.written.entry(phone).or_default();
        for change in changes {
            // The phone may not have heard of it yet.
            if self.decided_against.contains(&change.hash) {
                continue;
            }
            written.insert(change.hash, id);
            self.bytes.entry(change.hash).or_insert(change.bytes);
        }
    }

    /// Somebody has decided against these changes: their author was told, and nobody has to have them.
    pub(crate) fn dropped(&mut self, hashes: &[ChangeHash]) {
        self.decided_against.extend(hashes);
        self.kept.retain(|hash, _| !hashes.contains(hash));
        // Let in once, kept apart again by a relay that was restored, and then decided against.
        self.returning.retain(|hash, _| !hashes.contains(hash));
        for written in self.written.values_mut() {
            written.retain(|hash, _| !hashes.contains(hash));
        }
    }

    /// Takes down what the relay answers to a request, at the moment at which it is durable.
    pub(crate) fn answered(&mut self, request: &[Frame], head: &[Frame]) {
        let pushes = request.iter().filter_map(|frame| match frame {
            Frame::Push(push) => Some(push),
            _ => None,
        });
        let receipts = head.iter().filter_map(|frame| match frame {
            Frame::Receipt(receipt) => Some(receipt),
            _ => None,
        });
        for (push, receipt) in pushes.zip(receipts) {
            assert_eq!(push.id, receipt.id, "a receipt for every push, in their order");
            let hashes: BTreeSet<ChangeHash> = push
                .changes
                .iter()
                .filter_map(|bytes| Header::read(bytes).ok())
                .map(|header| header.hash)
                .collect();
            // Nothing of it is kept here by this receipt: the author drops what was dropped and makes anew the rest.
            let is_dropped = receipt.code.as_deref() == Some("dropped");
            let (book, name) = match receipt.state {
                ReceiptState::Quarantined if is_dropped => (None, "receipt dropped"),
                ReceiptState::Ok => (Some(&mut self.acknowledged), "receipt ok"),
                ReceiptState::Duplicate => (Some(&mut self.acknowledged), "receipt duplicate"),
                ReceiptState::LateAccepted => (Some(&mut self.acknowledged), "receipt late-accepted"),
                ReceiptState::Held => (Some(&mut self.kept), "receipt held"),
                ReceiptState::Quarantined => (Some(&mut self.kept), "receipt quarantined"),
                ReceiptState::UpgradeNeeded => (Some(&mut self.kept), "receipt upgrade-needed"),
                ReceiptState::NeedsDependencies => (None, "receipt needs-dependencies"),
                ReceiptState::TooLarge => (None, "receipt too-large"),
                ReceiptState::RetryAfter => (None, "receipt retry-after"),
                ReceiptState::ActorConflict => (None, "receipt actor-conflict"),
            };
            *self.receipts.entry(name).or_default() += 1;
            if let Some(book) = book {
                book.extend(hashes.into_iter().map(|hash| (hash, push.id)));
            }
        }
    }
}
