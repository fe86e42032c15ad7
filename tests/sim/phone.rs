//! A phone: a real engine on a real file, with a clock that can kill it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, OpenFlags};
use satchel_core::clock::{Clock, SeededEntropy};
use satchel_core::document::Document;
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DocumentId, Heads, ScopeId};
use satchel_core::wire::Point;

use crate::files;

/// What a killed phone unwinds with.
pub(crate) struct Killed;

/// A clock that stands still, and kills the app when it was asked often enough.
pub(crate) struct FusedClock {
    ms: AtomicI64,
    /// How many more questions are answered; negative for all.
    fuse: AtomicI64,
}

impl FusedClock {
    pub(crate) fn new(ms: i64) -> Self {
        Self {
            ms: AtomicI64::new(ms),
            fuse: AtomicI64::new(-1),
        }
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.ms.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn light(&self, fuse: i64) {
        self.fuse.store(fuse, Ordering::SeqCst);
    }
}

impl Clock for FusedClock {
    fn now_ms(&self) -> i64 {
        let fuse = self.fuse.load(Ordering::SeqCst);
        if fuse == 0 {
            self.fuse.store(-1, Ordering::SeqCst);
            // Without the panic hook: dying is what is wanted here.
            std::panic::resume_unwind(Box::new(Killed));
        }
        if fuse > 0 {
            self.fuse.store(fuse - 1, Ordering::SeqCst);
        }
        self.ms.load(Ordering::SeqCst)
    }
}

/// A document as it stands in a phone's database.
pub(crate) struct Held {
    pub(crate) id: DocumentId,
    pub(crate) kind: String,
    pub(crate) scope: Option<ScopeId>,
    pub(crate) heads: Heads,
    pub(crate) acked: Option<Heads>,
    pub(crate) parked: bool,
}

pub(crate) struct Phone {
    pub(crate) name: &'static str,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<FusedClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) engine: Engine,
    dir: PathBuf,
    lives: u32,
    observer: Connection,
    /// Forms that are open on a version.
    pub(crate) forms: Vec<(DocumentId, Heads)>,
    /// Requests sent earlier, and answers that have not arrived.
    pub(crate) old_requests: Vec<Vec<u8>>,
    pub(crate) late_answers: Vec<Vec<u8>>,
    /// The cursor after the last step.
    pub(crate) cursor: Option<Point>,
}

fn open(path: &Path, clock: &Arc<FusedClock>, entropy: &Arc<SeededEntropy>) -> (Engine, Connection) {
    let clock: Arc<FusedClock> = Arc::clone(clock);
    let entropy: Arc<SeededEntropy> = Arc::clone(entropy);
    let options = Options {
        clock,
        entropy,
        ..Options::new("Asia/Shanghai")
    };
    let engine = Engine::open(path, options).unwrap();
    let observer = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    (engine, observer)
}

impl Phone {
    pub(crate) fn new(name: &'static str, dir: &Path, identity: Identity, now_ms: i64, seed: u64) -> Self {
        let dir = dir.join(name);
        std::fs::create_dir(&dir).unwrap();
        let clock = Arc::new(FusedClock::new(now_ms));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let (engine, observer) = open(&dir.join("0.db"), &clock, &entropy);
        engine.enrol(&identity).unwrap();
        Self {
            name,
            identity,
            clock,
            entropy,
            engine,
            dir,
            lives: 0,
            observer,
            forms: Vec::new(),
            old_requests: Vec::new(),
            late_answers: Vec::new(),
            cursor: None,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.join(format!("{}.db", self.lives))
    }

    /// The app is killed and started again on what is on the disk.
    pub(crate) fn die_and_rise(&mut self) {
        self.clock.light(-1);
        let before = self.path();
        self.lives += 1;
        files::leave_behind(&before, &self.path());
        let (engine, observer) = open(&self.path(), &self.clock, &self.entropy);
        self.engine = engine;
        self.observer = observer;
        files::remove(&before);
        // Open forms die with the app; requests on the wire do not.
        self.forms.clear();
    }

    pub(crate) fn held(&self) -> Vec<Held> {
        let mut statement = self
            .observer
            .prepare_cached("SELECT id, kind, scope, heads, acked, parked IS NOT NULL FROM document ORDER BY id")
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
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// A document loaded from this phone's bytes; `None` where it is not here.
    pub(crate) fn load(&self, id: DocumentId) -> Option<Document> {
        let stored = self.engine.read(|reader| Ok(reader.document(id)?)).unwrap()?;
        let kind = self.engine.kind(&stored.state.kind)?;
        Some(Document::load(kind, id, &stored.snapshot, &stored.changes).unwrap())
    }
}
