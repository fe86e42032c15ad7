//! How a planted bug shows in packs.

use anyhow::Result;
use rusqlite::{Connection, params};
use satchel_core::wire::{Pack, PackHash, PackReader, PackedDoc, encode_pack};
use satchel_server::store::pack::StoredPack;

use crate::phone::Held;
use crate::plant::Plant;
use crate::world::World;

impl World {
    /// A pack as a relay with a bug builds it.
    pub(crate) fn spoil_pack(
        &mut self,
        phone: usize,
        mut pack: StoredPack,
        mut bytes: Vec<u8>,
    ) -> Result<(StoredPack, Vec<u8>)> {
        if self.plant == Some(Plant::RaisesFloors) {
            // What is written from here on is not in it, and it says that it is.
            self.meanwhile(phone, 5)?;
            pack.seq = self.relay.last_seq()?;
            bytes = encode_pack(pack.seq, pack.scopes.clone(), &documents(&bytes)?)?;
            (pack.hash, pack.bytes) = (PackHash::of(&bytes), bytes.len() as u64);
        }
        if self.plant.is_some() {
            self.memory.packs.insert(pack.hash, bytes.clone());
        }
        Ok((pack, bytes))
    }

    /// What a relay with a bug serves instead of nothing.
    pub(crate) fn serve_spoiled(&self, hash: PackHash, from: usize, served: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if served.is_none() && self.plant == Some(Plant::ServesRetiredPacks) {
            let kept = self.memory.packs.get(&hash)?;
            return Some(kept[from..].to_vec());
        }
        served
    }

    /// A phone with a bug takes the version of a pack for the one that the relay has, whatever it knew before.
    pub(crate) fn spoil_acknowledged(&self, phone: usize, pack: &Pack, before: &[Held]) -> Result<()> {
        if self.plant != Some(Plant::TakesPacksForNewest) {
            return Ok(());
        }
        let Some(bytes) = self.memory.packs.get(&pack.hash) else {
            return Ok(());
        };
        let file = Connection::open(self.phones[phone].disk.path("phone.db"))?;
        for document in documents(bytes)? {
            let was = before.iter().find(|held| held.id == document.id);
            if was.is_some_and(|held| held.acked.as_ref().is_some_and(|acked| !acked.is_empty())) {
                let sql = "UPDATE document SET acked = ?2 WHERE id = ?1";
                file.execute(sql, params![document.id.as_bytes(), document.heads.to_bytes()])?;
            }
        }
        Ok(())
    }
}

fn documents(bytes: &[u8]) -> Result<Vec<PackedDoc>> {
    let mut reader = PackReader::new(bytes)?;
    let mut found = Vec::new();
    while let Some(document) = reader.next_document()? {
        found.push(document);
    }
    Ok(found)
}
