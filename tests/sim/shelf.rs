//! The relay's packs: planned, built, named and served by the relay's own functions, in the order of its API
//! (`GET /v1/packs`, `GET /v1/packs/{hash}`).

use std::collections::BTreeSet;

use satchel_core::clock::Clock;
use satchel_core::ids::MemberId;
use satchel_core::wire::{self, PackHash};
use satchel_server::relay::pack::{self, Built, Group, Plan};
use satchel_server::relay::{Context, RelayError, Subscription};
use satchel_server::shelf::Shelf;
use satchel_server::store::StoreError;
use satchel_server::store::pack::{Packs, StoredPack};
use tempfile::TempDir;

use crate::relay::Relay;

/// Files of packs, on the machine's own disk: they are synced before they are named, and losing them loses nothing.
pub(crate) struct Files {
    shelf: Shelf,
    directory: TempDir,
    /// Scopes that could not be packed, as the relay remembers them until it ends.
    pub(crate) left_out: pack::LeftOut,
}

impl Files {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            shelf: Shelf::new(directory.path().join("packs")),
            directory,
            left_out: pack::LeftOut::new(),
        }
    }

    /// Somebody has emptied the directory.
    pub(crate) fn lose(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(self.directory.path().join("packs")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

impl Relay {
    /// What is to be built for a member, whose phone takes rows alone of what he reads from above or not; what is outdated is named no more.
    pub(crate) fn plan_packs(&mut self, (member, rows): (MemberId, bool)) -> anyhow::Result<Plan> {
        let (packing, left_out) = (self.limits.packing, self.files.left_out.clone());
        let plan = self.write::<_, RelayError>(|tx| {
            let subscription = Subscription::of(tx, member, rows)?;
            pack::plan(tx, packing, member, &subscription, &left_out)
        })?;
        if !plan.outdated.is_empty() {
            self.write::<_, StoreError>(|tx| plan.outdated.iter().try_for_each(|hash| tx.remove_pack(*hash)))?;
        }
        Ok(plan)
    }

    pub(crate) fn build_pack(&mut self, group: &Group) -> anyhow::Result<Option<(StoredPack, Vec<u8>)>> {
        let now_ms = self.clock.now_ms();
        let Built { pack, left_out, seq } = self.write::<_, RelayError>(|tx| pack::build(tx, group, now_ms))?;
        self.files
            .left_out
            .extend(left_out.into_iter().map(|scope| (scope, seq)));
        Ok(pack)
    }

    /// Puts a pack on the shelf.
    pub(crate) fn shelve(&self, pack: &StoredPack, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.files.shelf.put(pack.hash, bytes)?)
    }

    /// Names a pack that is on the shelf.
    pub(crate) fn name_pack(&mut self, pack: &StoredPack) -> anyhow::Result<()> {
        self.write::<_, StoreError>(|tx| tx.put_pack(pack).map(drop))?;
        Ok(())
    }

    /// Deletes files that are named no more.
    pub(crate) fn sweep_packs(&mut self) -> anyhow::Result<()> {
        let named = self.write::<_, StoreError>(|tx| tx.all_packs())?;
        let named: BTreeSet<PackHash> = named.into_iter().map(|(hash, ..)| hash).collect();
        Ok(self.files.shelf.sweep(&named)?)
    }

    /// The manifest's bytes.
    pub(crate) fn manifest(&mut self, (member, rows): (MemberId, bool), more: bool) -> anyhow::Result<Vec<u8>> {
        let (now_ms, entropy) = (self.clock.now_ms(), std::sync::Arc::clone(&self.entropy));
        let frames = self.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy.as_ref())?;
            let packs = pack::ready(tx, member, &Subscription::of(tx, member, rows)?)?;
            pack::manifest(tx, &context, packs, more)
        })?;
        Ok(wire::encode_bundled(&frames)?)
    }

    /// The bytes of a pack from `from` on; `None` where it is gone.
    pub(crate) fn pack(&mut self, member: MemberId, hash: PackHash, from: u64) -> anyhow::Result<Option<Vec<u8>>> {
        let known = self.write::<_, StoreError>(|tx| Ok(tx.pack_for(member, hash)?.is_some()))?;
        if !known {
            return Ok(None);
        }
        let Some((bytes, _)) = self.files.shelf.read(hash, from..u64::MAX)? else {
            self.write::<_, StoreError>(|tx| tx.remove_pack(hash))?;
            return Ok(None);
        };
        Ok(Some(bytes))
    }
}
