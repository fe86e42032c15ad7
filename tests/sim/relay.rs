//! The relay's logic on its real store, without its runtime: bytes in, bytes out.

use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use satchel_core::clock::{Clock, ManualClock, SeededEntropy, random};
use satchel_core::domain;
use satchel_core::ids::{ChangeHash, DeviceId, DocumentId, MemberId, RunId, ScopeId};
use satchel_core::wire::{self, Frame, Point};
use satchel_disk::{Disk, Loss};
use satchel_server::identity::IdentityError;
use satchel_server::identity::token::{self, Challenges, Proof};
use satchel_server::relay::{
    self, Answer, Context, Foresight, Limits, News, RelayError, Sender, Standing, Unanswerable,
};
use satchel_server::store::log::{Log, StoredDocument};
use satchel_server::store::people::{AccessRow, AccessStore, Enrolment};
use satchel_server::store::sqlite::{File, Transaction};
use satchel_server::store::{Sequence, StoreError};

use crate::dice::Dice;
use crate::plant::Plant;
use crate::shelf::Files;

pub(crate) struct Relay {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) disk: Disk,
    file: File,
    observer: Connection,
    pub(crate) challenges: Challenges,
    pub(crate) limits: Limits,
    pub(crate) files: Files,
    /// Whether its disk is full: it answers nothing then.
    pub(crate) is_full: bool,
    /// Whether it has refused somebody because it was restored, or may have been.
    pub(crate) has_refused: bool,
    plant: Option<Plant>,
    answers: u64,
    /// What was found about the pushes of a request that is on its way.
    foreseen: Option<(Vec<u8>, Foresight)>,
}

/// An exchange whose pushes are decided.
pub(crate) struct Decided {
    pub(crate) request: Vec<Frame>,
    pub(crate) answer: Answer,
    pub(crate) sender: Sender,
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
            challenges: Challenges::default(),
            limits: Limits::default(),
            files: Files::new(),
            is_full: false,
            has_refused: false,
            plant,
            answers: 0,
            foreseen: None,
        }
    }

    /// Begins a run, as the program does when it starts.
    pub(crate) fn start(&mut self) {
        let now_ms = self.clock.now_ms();
        let id = RunId::ordered(now_ms, random(self.entropy.as_ref()));
        self.write(|tx| tx.begin_run(id, now_ms)).unwrap();
    }

    /// The relay dies, where its fuse blew or now, and starts again on what is on the disk.
    pub(crate) fn die_and_rise(&mut self, loss: Loss, dice: &mut Dice) {
        self.disk.crash(loss, &mut || dice.number());
        self.rise();
    }

    /// Starts on what is on the disk.
    pub(crate) fn rise(&mut self) {
        (self.file, self.observer) = open(&self.disk);
        self.challenges = Challenges::default();
        self.foreseen = None;
        self.files.left_out.clear();
        self.start();
    }

    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.file.write(job)
    }

    pub(crate) fn sign_in(&mut self, proof: &Proof, lifetime_s: u32) -> Result<String, IdentityError> {
        let (now_ms, entropy) = (self.clock.now_ms(), Arc::clone(&self.entropy));
        let mut tx = self.file.transaction()?;
        let bearer = token::issue(&mut tx, &self.challenges, proof, lifetime_s, now_ms, entropy.as_ref())?;
        tx.commit()?;
        Ok(bearer)
    }

    /// Looks at the pushes of a request that is on its way. What happens until it is decided may make that untrue.
    pub(crate) fn foresee(&mut self, request: &[u8]) -> anyhow::Result<()> {
        if let Ok(frames) = wire::decode(request) {
            let places = 0..relay::count_pushes(&frames);
            let look = |tx: &Transaction<'_>| Foresight::of(tx, Limits::default(), &frames, places);
            self.foreseen = Some((request.to_vec(), self.file.read::<_, RelayError>(look)?));
        }
        Ok(())
    }

    /// Puts what was found about a request aside while another is decided.
    pub(crate) fn set_aside(&mut self) -> Option<(Vec<u8>, Foresight)> {
        self.foreseen.take()
    }

    /// Takes up again what was put aside.
    pub(crate) fn bring_back(&mut self, foreseen: Option<(Vec<u8>, Foresight)>) {
        self.foreseen = foreseen;
    }

    /// Decides the pushes of a request, durably. `None` where the bytes are no message, where it dies first, and where it
    /// serves nobody after a restore.
    pub(crate) fn decide(&mut self, sender: Sender, request: &[u8], dies: bool) -> anyhow::Result<Option<Decided>> {
        let Ok(frames) = wire::decode(request) else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        let entropy = Arc::clone(&self.entropy);
        self.answers += 1;
        let forgets = dies || self.plant == Some(Plant::AcknowledgesWithoutWriting) && self.answers.is_multiple_of(9);
        let foreseen = self.foreseen.take().filter(|(of, _)| of == request);
        let foresight = foreseen.map(|(_, foresight)| foresight).unwrap_or_default();
        let mut tx = self.file.transaction()?;
        let context = Context {
            limits: self.limits,
            ..Context::read(&tx, now_ms, entropy.as_ref())?
        };
        let answer = match relay::exchange(&mut tx, &context, sender, 900, frames.clone(), foresight) {
            Err(RelayError::Store(_)) if self.is_full => return Ok(None),
            answer => answer?,
        };
        if forgets {
            drop(tx);
        } else if let Err(error) = tx.commit() {
            if !self.is_full {
                return Err(error.into());
            }
            if self.plant != Some(Plant::AnswersWhenFull) {
                return Ok(None);
            }
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(Unanswerable::Restored) => {
                self.has_refused = true;
                return Ok(None);
            }
            Err(unanswerable) => anyhow::bail!("the relay cannot answer: {unanswerable}"),
        };
        Ok((!dies).then_some(Decided {
            request: frames,
            answer,
            sender,
        }))
    }

    /// Reads what the device lacks, in batches.
    pub(crate) fn complete(&mut self, decided: Decided) -> anyhow::Result<Vec<Vec<Frame>>> {
        let (now_ms, entropy) = (self.clock.now_ms(), Arc::clone(&self.entropy));
        let Decided { answer, sender, .. } = decided;
        let limits = self.limits;
        Ok(self.write::<_, RelayError>(|tx| {
            let context = Context {
                limits,
                ..Context::read(tx, now_ms, entropy.as_ref())?
            };
            answer.complete(tx, &context, sender)
        })?)
    }

    /// Whether it serves nobody until an admin has confirmed a restore.
    pub(crate) fn is_closed(&mut self) -> anyhow::Result<bool> {
        Ok(self.write::<_, StoreError>(|tx| relay::restore::is_closed(tx))?)
    }

    /// What a live connection that stands there may be told.
    pub(crate) fn news(&mut self, standing: &Standing, sender: Sender) -> anyhow::Result<News> {
        let (now_ms, entropy) = (self.clock.now_ms(), Arc::clone(&self.entropy));
        Ok(self.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy.as_ref())?;
            standing.news(tx, &context, sender)
        })?)
    }

    /// Whether it gave this point to somebody and still has what it stands for.
    pub(crate) fn knows(&mut self, point: Point) -> anyhow::Result<bool> {
        Ok(self.write::<_, StoreError>(|tx| {
            let Some(run) = tx.run(point.run)? else {
                return Ok(false);
            };
            let last = run.last_seq.map_or_else(|| tx.last_seq(), Ok)?;
            Ok(point.seq <= last)
        })?)
    }

    /// How much of what is kept of figures is not what the records say.
    pub(crate) fn check_figures(&mut self) -> anyhow::Result<u64> {
        Ok(self
            .write::<_, StoreError>(|tx| satchel_server::figure::count::check(tx))?
            .differing)
    }

    pub(crate) fn last_seq(&mut self) -> anyhow::Result<u64> {
        Ok(self.write::<_, StoreError>(|tx| tx.last_seq())?)
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

    /// Whether a scope may stand in packs: it is nobody's private one.
    pub(crate) fn is_packable(&self, scope: ScopeId) -> bool {
        let mut statement = self
            .observer
            .prepare_cached("SELECT kind <> 'private' FROM scope WHERE id = ?1")
            .unwrap();
        statement.query_row([scope.as_bytes()], |row| row.get(0)).unwrap()
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
        // What is no change at all is kept too.
        let bytes = self.parked_bytes().into_iter();
        bytes
            .filter_map(|bytes| satchel_core::document::Header::read(&bytes).ok())
            .map(|header| header.hash)
            .collect()
    }

    pub(crate) fn parked_bytes(&self) -> Vec<Vec<u8>> {
        let mut statement = self.observer.prepare_cached("SELECT bytes FROM parked_change").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(crate) fn readable(&mut self, member: MemberId) -> anyhow::Result<Vec<AccessRow>> {
        Ok(self.write::<_, StoreError>(|tx| tx.readable(member))?)
    }

    pub(crate) fn is_revoked(&mut self, device: DeviceId) -> anyhow::Result<bool> {
        let found = self.write::<_, StoreError>(|tx| tx.device(device))?;
        Ok(found.is_some_and(|device| device.revoked_at_ms.is_some()))
    }
}
