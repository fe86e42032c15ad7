//! Documents that nobody should read, among a phone's pushes.

use anyhow::Result;
use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ScalarValue};
use satchel_core::ids::{DocumentId, Heads};
use satchel_core::wire::{self, Frame, Push, ReceiptState};

use crate::relay::Decided;
use crate::world::World;

/// Deeper than any reader goes.
const DEPTH: usize = 400;

impl World {
    /// From now on this phone's requests hold a push that no app made, until the relay has decided about it.
    pub(crate) fn poison(&mut self, phone: usize) -> Result<bool> {
        let held = self.phones[phone].held();
        let Some(victim) = self.dice.pick(&held).map(|held| held.id) else {
            return Ok(false);
        };
        let actor = self.phones[phone].engine.actor()?;
        // Not one of this phone's own: a receipt for the poison would count for its edits.
        let elsewhere: Vec<DocumentId> = self
            .ledger
            .records
            .keys()
            .copied()
            .filter(|id| held.iter().all(|held| held.id != *id))
            .collect();
        let fresh = u128::from(self.dice.number()) << 64 | u128::from(self.dice.number());
        let fresh = DocumentId::from_bytes(fresh.to_be_bytes());
        let id = self
            .dice
            .pick(&elsewhere)
            .filter(|_| self.dice.chance(50))
            .unwrap_or(fresh);
        let mut changes = match self.dice.below(4) {
            0 => vec![self.dice.number().to_be_bytes().repeat(9)],
            1 => vec![crafted(&actor.0, deep)?],
            2 => vec![crafted(&actor.0, of_wrong_types)?],
            _ => self.phones[phone].engine.read(|reader| {
                let stored = reader.document(victim)?;
                Ok(stored.map(|stored| stored.changes).unwrap_or_default())
            })?,
        };
        // Damaged in one place, or as it is.
        if self.dice.chance(50)
            && let Some(change) = changes.last_mut()
            && !change.is_empty()
        {
            let at = self.dice.below(change.len());
            change[at] ^= 1 << self.dice.below(8);
        }
        let push = Push {
            id,
            kind: self
                .dice
                .pick(&["note", "customer", "visit", "nonsense"])
                .unwrap_or("note")
                .to_owned(),
            base: None,
            heads: Heads::default(),
            changes: changes.into_iter().map(Into::into).collect(),
        };
        self.note(format!(
            "poison for {id} in the requests of {}",
            self.phones[phone].name
        ));
        self.poison.entry(phone).or_default().push(push);
        Ok(true)
    }

    /// A request with the poison that waits in this phone.
    pub(crate) fn poisoned(&self, phone: usize, request: Vec<u8>) -> Result<Vec<u8>> {
        let Some(poison) = self.poison.get(&phone) else {
            return Ok(request);
        };
        let mut frames = wire::decode(&request)?;
        for push in poison {
            frames.insert(1, push.clone().into());
        }
        Ok(wire::encode(&frames)?)
    }

    /// What was decided need not be sent again.
    pub(crate) fn poison_decided(&mut self, phone: usize, decided: &Decided) {
        let Some(poison) = self.poison.get_mut(&phone) else {
            return;
        };
        for frame in &decided.answer.head {
            if let Frame::Receipt(receipt) = frame
                && !matches!(receipt.state, ReceiptState::RetryAfter | ReceiptState::TooLarge)
            {
                poison.retain(|push| push.id != receipt.id);
            }
        }
    }
}

/// A whole, valid change of our own making.
fn crafted(actor: &[u8], fill: fn(&mut AutoCommit) -> Result<()>) -> Result<Vec<u8>> {
    let mut document = AutoCommit::new().with_actor(ActorId::from(actor));
    fill(&mut document)?;
    document.commit();
    let changes = document.get_changes(&[]);
    Ok(changes
        .first()
        .map(|change| change.raw_bytes().to_vec())
        .unwrap_or_default())
}

fn deep(document: &mut AutoCommit) -> Result<()> {
    let mut at = ROOT;
    for _ in 0..DEPTH {
        at = document.put_object(&at, "custom", ObjType::Map)?;
    }
    Ok(())
}

fn of_wrong_types(document: &mut AutoCommit) -> Result<()> {
    document.put(ROOT, "name", 7)?;
    document.put(ROOT, "body", ScalarValue::Null)?;
    document.put(ROOT, "tags", ScalarValue::counter(1))?;
    document.put_object(ROOT, "parent", ObjType::List)?;
    Ok(())
}
