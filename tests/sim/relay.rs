//! The relay's logic on its real store, without its runtime: bytes in, bytes out.

use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use satchel_core::clock::{Clock, ManualClock, SeededEntropy, random};
use satchel_core::domain;
use satchel_core::ids::{ChangeHash, DeviceId, DocumentId, MemberId, RunId, ScopeId};
use satchel_core::wire::{self, Frame};
use satchel_disk::{Disk, Loss};
use satchel_server::relay::{self, Answer, Context, RelayError, Sender};
use satchel_server::store::log::{Log, StoredDocument};
use satchel_server::store::people::{AccessRow, AccessStore, Directory, Enrolment};
use satchel_server::store::sqlite::{File, Transaction};
use satchel_server::store::{Sequence, StoreError};

use crate::dice::Dice;
use crate::plant::Plant;

pub(crate) struct Relay {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) disk: Disk,
    file: File,
    observer: Connection,
    plant: Option<Plant>,
    answers: u64,
    leaked: bool,
}

/// An exchange whose pushes are decided.
pub(crate) struct Decided {
    pub(crate) request: Vec<Frame>,
    pub(crate) answer: Answer,
    sender: Sender,
}

fn open(disk: &Disk) -> (File, Connection) {
    let path = disk.path("relay.db");
    let file = File::open(&path).unwrap();
    let observer = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    (file, observer)
}

impl Relay {
    pub(crate) fn new(now_ms: i64, seed: u64, plant: Option<Plant>) -> Self {
        let disk = Disk::new();
        let (file, observer) = open(&disk);
        Self {
            clock: Arc::new(ManualClock::new(now_ms)),
            entropy: Arc::new(SeededEntropy::new(seed)),
            disk,
            file,
            observer,
            plant,
            answers: 0,
            leaked: false,
        }
    }

    /// Begins a run, as the program does when it starts.
    pub(crate) fn start(&mut self) {
        let id = RunId::from_bytes(random(self.entropy.as_ref()));
        let now_ms = self.clock.now_ms();
        self.write(|tx| tx.begin_run(id, now_ms)).unwrap();
    }

    /// The relay dies, where its fuse blew or now, and starts again on what is on the disk.
    pub(crate) fn die_and_rise(&mut self, loss: Loss, dice: &mut Dice) {
        self.disk.crash(loss, &mut || dice.number());
        (self.file, self.observer) = open(&self.disk);
        self.start();
    }

    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.file.write(job)
    }

    /// Decides the pushes of a request, durably. `None` where the bytes are no message, or where it dies first.
    pub(crate) fn decide(&mut self, device: DeviceId, request: &[u8], dies: bool) -> anyhow::Result<Option<Decided>> {
        let Ok(frames) = wire::decode(request) else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        let entropy = Arc::clone(&self.entropy);
        self.answers += 1;
        let forgets = dies || self.plant == Some(Plant::AcknowledgesWithoutWriting) && self.answers.is_multiple_of(9);
        let mut tx = self.file.transaction()?;
        let sender = sender(&tx, device)?;
        let context = Context::read(&tx, now_ms, entropy.as_ref())?;
        let answer = relay::exchange(&mut tx, &context, sender, 900, frames.clone())?;
        if forgets {
            drop(tx);
        } else {
            tx.commit()?;
        }
        let Ok(answer) = answer else {
            anyhow::bail!("the relay cannot answer: {answer:?}")
        };
        Ok((!dies).then_some(Decided {
            request: frames,
            answer,
            sender,
        }))
    }

    /// Reads what the device lacks, as batches of bytes.
    pub(crate) fn complete(&mut self, decided: Decided) -> anyhow::Result<Vec<Vec<u8>>> {
        let now_ms = self.clock.now_ms();
        let entropy = Arc::clone(&self.entropy);
        let Decided { answer, sender, .. } = decided;
        let mut batches = self.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy.as_ref())?;
            answer.complete(tx, &context, sender)
        })?;
        if let Some(plant) = self.plant {
            self.spoil(plant, sender.member, &mut batches)?;
        }
        batches.iter().map(|batch| Ok(wire::encode_bundled(batch)?)).collect()
    }

    fn spoil(&mut self, plant: Plant, member: MemberId, batches: &mut [Vec<Frame>]) -> anyhow::Result<()> {
        match plant {
            Plant::SkipsDocuments => {
                let mut number = 0_u32;
                for batch in batches {
                    // It does not admit it either: else the phones would find out what is missing, and ask for it.
                    for frame in batch.iter_mut() {
                        if let Frame::Differ(differ) = frame {
                            differ.scopes.clear();
                        }
                    }
                    batch.retain(|frame| {
                        number += u32::from(matches!(frame, Frame::Doc(_)));
                        !matches!(frame, Frame::Doc(_)) || !number.is_multiple_of(5)
                    });
                }
            }
            Plant::ForgetsLosses => {
                for batch in batches {
                    if batch.iter().any(|frame| matches!(frame, Frame::Out(_))) {
                        batch.retain(|frame| !matches!(frame, Frame::Out(_) | Frame::Grants(_)));
                    }
                }
            }
            Plant::LeaksPrivateScopes => {
                let own = ScopeId::private_of(member);
                let leaked = self
                    .documents()
                    .into_iter()
                    .map(|id| self.document(id))
                    .collect::<anyhow::Result<Vec<_>>>()?;
                let private = leaked
                    .into_iter()
                    .flatten()
                    .find(|one| one.scope == ScopeId::private_of(one.creator) && one.scope != own);
                if let (Some(stored), Some(last), false) = (private, batches.last_mut(), self.leaked) {
                    self.leaked = true;
                    let changes = self.write::<_, StoreError>(|tx| tx.changes_after(stored.id, 0))?;
                    let doc = wire::Doc {
                        id: stored.id,
                        kind: stored.kind,
                        scope: stored.scope,
                        seq: stored.seq,
                        snapshot: Some(Vec::new().into()),
                        changes: changes.into_iter().map(Into::into).collect(),
                        heads: stored.heads,
                        row: stored.row.into_bytes().into(),
                    };
                    last.insert(0, doc.into());
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn document(&mut self, id: DocumentId) -> anyhow::Result<Option<StoredDocument>> {
        Ok(self.write::<_, StoreError>(|tx| tx.document(id))?)
    }

    /// A stored document, loaded from the relay's bytes.
    pub(crate) fn load(
        &mut self,
        id: DocumentId,
    ) -> anyhow::Result<Option<(StoredDocument, satchel_core::document::Document)>> {
        let Some(stored) = self.document(id)? else {
            return Ok(None);
        };
        let changes = self.write::<_, StoreError>(|tx| tx.changes_after(id, stored.folded_seq))?;
        let kind = domain::kind(&stored.kind).unwrap();
        let document = satchel_core::document::Document::load(kind, id, &stored.snapshot, &changes)?;
        Ok(Some((stored, document)))
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        self.ids("SELECT id FROM document ORDER BY seq")
            .into_iter()
            .map(DocumentId::from_bytes)
            .collect()
    }

    pub(crate) fn record_scopes(&self) -> Vec<ScopeId> {
        self.ids("SELECT id FROM scope WHERE kind = 'record' ORDER BY seq")
            .into_iter()
            .map(ScopeId::from_bytes)
            .collect()
    }

    pub(crate) fn quarantined(&self) -> Vec<i64> {
        let mut statement = self
            .observer
            .prepare_cached("SELECT number FROM parked WHERE awaits IS NULL ORDER BY number")
            .unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    fn ids(&self, sql: &str) -> Vec<[u8; 16]> {
        let mut statement = self.observer.prepare_cached(sql).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    /// Whether the relay has a change, in its log.
    pub(crate) fn has_change(&self, hash: ChangeHash) -> bool {
        let mut statement = self
            .observer
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM change WHERE hash = ?1)")
            .unwrap();
        statement.query_row([hash.0], |row| row.get(0)).unwrap()
    }

    /// Every change in its log.
    pub(crate) fn changes(&self) -> std::collections::BTreeSet<ChangeHash> {
        let mut statement = self.observer.prepare_cached("SELECT hash FROM change").unwrap();
        let rows = statement.query_map([], |row| row.get(0).map(ChangeHash));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Every change that is kept apart.
    pub(crate) fn parked_changes(&self) -> std::collections::BTreeSet<ChangeHash> {
        let mut statement = self.observer.prepare_cached("SELECT bytes FROM parked_change").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(|bytes| satchel_core::document::Header::read(&bytes.unwrap()).unwrap().hash)
            .collect()
    }

    pub(crate) fn readable(&mut self, member: MemberId) -> anyhow::Result<Vec<AccessRow>> {
        Ok(self.write::<_, StoreError>(|tx| tx.readable(member))?)
    }

    pub(crate) fn is_revoked(&mut self, device: DeviceId) -> anyhow::Result<bool> {
        Ok(self.write::<_, StoreError>(|tx| Ok(sender(tx, device)?.revoked))?)
    }
}

/// Who sends, as a session of this device would say.
fn sender(tx: &Transaction<'_>, device: DeviceId) -> Result<Sender, StoreError> {
    let found = tx.device(device)?.ok_or(StoreError::Damaged("no such device"))?;
    let member = tx.member(found.member)?.ok_or(StoreError::Damaged("no such member"))?;
    Ok(Sender {
        member: member.id,
        role: member.role,
        device,
        revoked: found.revoked_at_ms.is_some(),
    })
}
