use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use satchel_core::clock::{ManualClock, SystemEntropy};
use satchel_core::domain;
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::net::{Client, DeviceKey, SyncOptions, SyncReport, enrol};
use satchel_core::projection::Row;
use satchel_core::store::{ListQuery, SearchOrder, SearchQuery};
use satchel_core::wire::{self, Frame, Pack, PackReader};
use tokio::runtime::Runtime;

/// A phone: an engine on a database of its own, with a device key and a client of the relay. Offline unless it is told to
/// sync.
pub struct Phone {
    /// Whose it is, as people call the person.
    pub name: String,
    /// The member.
    pub member: MemberId,
    /// The engine.
    pub engine: Engine,
    /// The client; shares the phone's key and token.
    pub client: Client,
    /// The phone's clock, which a story may turn.
    pub clock: Arc<ManualClock>,
    path: PathBuf,
    runtime: Arc<Runtime>,
}

/// When stories begin: 2026-03-02T00:00:00Z, a Monday.
const BEGINNING_MS: i64 = 1_772_409_600_000;

impl Phone {
    /// A new phone that redeems an invite.
    ///
    /// # Errors
    /// Where the relay does not take it.
    pub fn enrol(directory: &Path, runtime: Arc<Runtime>, relay: &str, code: &str, zone: &str) -> Result<Self> {
        let key = Arc::new(DeviceKey::generate(&SystemEntropy));
        let enrolment = runtime.block_on(enrol(relay, code, "test phone", "linux", key.as_ref()))?;
        let path = directory.join(format!("{}.sqlite", enrolment.device_id));
        let clock = Arc::new(ManualClock::new(BEGINNING_MS));
        let options = Options {
            clock: clock.clone(),
            ..Options::new(zone)
        };
        let engine = Engine::open(&path, options)?;
        engine.enrol(&Identity {
            org: enrolment.org_id,
            member: enrolment.member_id,
            device: enrolment.device_id,
            role: enrolment.role,
        })?;
        let client = Client::new(
            relay,
            enrolment.device_id,
            key,
            Arc::new(satchel_core::clock::SystemClock),
        )?;
        Ok(Self {
            name: enrolment.member_name,
            member: enrolment.member_id,
            engine,
            client,
            clock,
            path,
            runtime,
        })
    }

    /// Syncs until nothing is left, and sees to it that nothing is.
    ///
    /// # Errors
    /// Where the relay cannot be reached, or something is left.
    pub fn sync(&self) -> Result<SyncReport> {
        let report = self.try_sync()?;
        ensure!(
            report.complete,
            "{}: something is left after syncing: {:?}",
            self.name,
            self.engine.sync_status()?
        );
        Ok(report)
    }

    /// Syncs as far as it goes.
    ///
    /// # Errors
    /// Where the relay cannot be reached.
    pub fn try_sync(&self) -> Result<SyncReport> {
        // Time passes: two edits of a story never carry the same instant.
        self.clock.advance_ms(60_000);
        Ok(self
            .runtime
            .block_on(self.client.sync(&self.engine, SyncOptions::default()))?)
    }

    /// The packs that a manifest names.
    ///
    /// # Errors
    /// Where it is none.
    pub fn packs_of(manifest: &[u8]) -> Result<Vec<Pack>> {
        let frames = wire::decode(manifest)?;
        let packs = frames.into_iter().filter_map(|frame| match frame {
            Frame::Pack(pack) => Some(pack),
            _ => None,
        });
        Ok(packs.collect())
    }

    /// Every byte of the packs that this phone is offered, unpacked.
    ///
    /// # Errors
    /// Where the relay cannot be reached, or one cannot be read.
    pub fn packed_bytes(&self) -> Result<Vec<u8>> {
        let manifest = self.runtime.block_on(self.client.manifest(self.engine.rows_only()?))?;
        let mut all = Vec::new();
        for pack in Self::packs_of(&manifest)? {
            let bytes = self.runtime.block_on(self.client.pack(pack.hash, 0))?;
            let mut reader = PackReader::new(&bytes)?;
            while let Some(document) = reader.next_document()? {
                if let Some(snapshot) = &document.snapshot {
                    all.extend_from_slice(snapshot);
                }
                all.extend_from_slice(&document.row);
            }
        }
        Ok(all)
    }

    /// The runtime that carries the phone's network.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// A record as plain values.
    ///
    /// # Errors
    /// Where it is not on this phone.
    pub fn row(&self, id: impl Into<DocumentId>) -> Result<Row> {
        let id = id.into();
        Ok(self
            .engine
            .get(id)?
            .with_context(|| format!("{}: {id} is not on this phone", self.name))?
            .row)
    }

    /// Whether a record is on this phone.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn has(&self, id: impl Into<DocumentId>) -> Result<bool> {
        Ok(self.engine.get(id.into())?.is_some())
    }

    /// Ids of the records that a search finds, newest first.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn search(&self, text: &str) -> Result<Vec<DocumentId>> {
        while !self.engine.maintain()?.is_complete() {}
        let query = SearchQuery {
            order: SearchOrder::Newest,
            ..SearchQuery::new(text)
        };
        Ok(self
            .engine
            .search(&query)?
            .hits
            .into_iter()
            .map(|hit| hit.record.id)
            .collect())
    }

    /// How many records are on this phone, of every kind.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn records(&self) -> Result<u64> {
        let counts = domain::KINDS
            .iter()
            .map(|kind| self.engine.count(&ListQuery::new(kind.name)));
        Ok(counts.sum::<Result<u64, _>>()?)
    }

    /// Where its database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every byte that the phone keeps: the database, its log and its index.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            match std::fs::read(&path) {
                Ok(bytes) => all.extend(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }
}
