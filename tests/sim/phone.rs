//! A phone: a real engine on a disk that loses what was not synced.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use rusqlite::{Connection, OpenFlags};
use satchel_core::clock::{Clock, ManualClock, SeededEntropy};
use satchel_core::document::Document;
use satchel_core::domain::KINDS;
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DocumentId, Heads, ScopeId};
use satchel_core::schema::Kind;
use satchel_core::wire::Point;
use satchel_disk::{Disk, Loss};

use crate::dice::Dice;

/// A document as it stands in a phone's database.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) id: DocumentId,
    pub(crate) kind: String,
    pub(crate) scope: Option<ScopeId>,
    pub(crate) heads: Heads,
    pub(crate) acked: Option<Heads>,
    pub(crate) parked: bool,
    pub(crate) row_only: bool,
}

/// What a phone takes of records that its member only reads from above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Documents,
    Rows,
}

pub(crate) struct Phone {
    pub(crate) name: &'static str,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) engine: Engine,
    pub(crate) disk: Disk,
    observer: Connection,
    /// Forms that are open on a version.
    pub(crate) forms: Vec<(DocumentId, Heads)>,
    /// Requests sent earlier, and answers that have not arrived.
    pub(crate) old_requests: Vec<Vec<u8>>,
    pub(crate) late_answers: Vec<Vec<u8>>,
    /// What it signs with, and the token it got for that.
    pub(crate) key: SigningKey,
    pub(crate) token: Option<String>,
    /// Steps for which it is still out of reach.
    pub(crate) away: usize,
    /// Whether the relay has something to hide from it: a bug under test.
    pub(crate) was_away: bool,
    /// The relay's log when somebody signed in on it later than the others.
    pub(crate) made_at: Option<u64>,
    /// Whether the system keeps its app from writing.
    pub(crate) is_suspended: bool,
    /// Whether its disk is full.
    pub(crate) is_full: bool,
    /// What its first app knew.
    pub(crate) first_kinds: &'static [&'static Kind],
    /// What its app knows.
    pub(crate) kinds: &'static [&'static Kind],
    /// The cursor after the last step.
    pub(crate) cursor: Option<Point>,
    pub(crate) newest: Option<Point>,
    /// What it takes of records that its member only reads from above.
    pub(crate) takes: Takes,
}

fn open(
    disk: &Disk,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
    kinds: &'static [&'static Kind],
    takes: Takes,
) -> (Engine, Connection) {
    let path = disk.path("phone.db");
    let clock: Arc<ManualClock> = Arc::clone(clock);
    let entropy: Arc<SeededEntropy> = Arc::clone(entropy);
    let options = Options {
        clock,
        entropy,
        kinds,
        rows_only: takes == Takes::Rows,
        ..Options::new("Asia/Shanghai")
    };
    let engine = Engine::open(&path, options).unwrap();
    let observer = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    (engine, observer)
}

/// A key that is as unlike others as the device's id is.
pub(crate) fn signing_key(identity: &Identity) -> SigningKey {
    let mut seed = [7; 32];
    seed[..16].copy_from_slice(identity.device.as_bytes());
    SigningKey::from_bytes(&seed)
}

impl Phone {
    pub(crate) fn new(name: &'static str, identity: Identity, now_ms: i64, seed: u64) -> Self {
        let disk = Disk::new();
        let clock = Arc::new(ManualClock::new(now_ms));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let (engine, observer) = open(&disk, &clock, &entropy, KINDS, Takes::Documents);
        engine.enrol(&identity).unwrap();
        Self {
            name,
            identity,
            clock,
            entropy,
            engine,
            disk,
            observer,
            forms: Vec::new(),
            old_requests: Vec::new(),
            late_answers: Vec::new(),
            key: signing_key(&identity),
            token: None,
            away: 0,
            was_away: false,
            made_at: None,
            is_suspended: false,
            is_full: false,
            first_kinds: KINDS,
            kinds: KINDS,
            cursor: None,
            newest: None,
            takes: Takes::Documents,
        }
    }

    /// A second phone with everything that this one has: a restored backup, or a clone. It knows nothing of it.
    pub(crate) fn cloned(&self, name: &'static str, seed: u64) -> Self {
        let mut clone = Self::new(name, self.identity, self.clock.now_ms(), seed);
        clone.disk.put_back(&self.disk.image());
        (clone.kinds, clone.takes) = (self.kinds, self.takes);
        clone.rise();
        (clone.cursor, clone.newest) = (self.cursor, self.newest);
        clone
    }

    /// The app dies, where its fuse blew or now, and starts again on what is on the disk.
    pub(crate) fn die_and_rise(&mut self, loss: Loss, dice: &mut Dice) {
        self.disk.crash(loss, &mut || dice.number());
        self.rise();
    }

    /// The app starts on what is on the disk.
    pub(crate) fn rise(&mut self) {
        (self.engine, self.observer) = open(&self.disk, &self.clock, &self.entropy, self.kinds, self.takes);
        (self.is_suspended, self.is_full) = (false, false);
        // Open forms die with the app; requests on the wire do not.
        self.forms.clear();
    }

    pub(crate) fn held(&self) -> Vec<Held> {
        let mut statement = self
            .observer
            .prepare_cached(
                "SELECT id, kind, scope, heads, acked, parked IS NOT NULL, row_only FROM document ORDER BY id",
            )
            .unwrap();
        let heads = |bytes: Vec<u8>| Heads::from_bytes(&bytes).unwrap();
        let rows = statement.query_map([], |row| {
            let scope: Option<[u8; 16]> = row.get(2)?;
            Ok(Held {
                id: DocumentId::from_bytes(row.get(0)?),
                kind: row.get(1)?,
                scope: scope.map(ScopeId::from_bytes),
                heads: heads(row.get(3)?),
                acked: row.get::<_, Option<Vec<u8>>>(4)?.map(heads),
                parked: row.get(5)?,
                row_only: row.get(6)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// A document loaded from this phone's bytes; `None` where it is not here, or only its row is.
    pub(crate) fn load(&self, id: DocumentId) -> Option<Document> {
        let stored = self.engine.read(|reader| Ok(reader.document(id)?)).unwrap()?;
        if stored.state.is_row_only() {
            return None;
        }
        let kind = self.engine.kind(&stored.state.kind)?;
        let loaded = Document::load(kind, id, &stored.snapshot, &stored.changes);
        Some(loaded.unwrap_or_else(|error| panic!("{} cannot load {id}: {error}", self.name)))
    }
}
