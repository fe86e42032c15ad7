use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use data_encoding::BASE64URL_NOPAD;
use satchel_core::clock::{Clock, ManualClock, SeededEntropy, random};
use satchel_core::document::{Document, Header};
use satchel_core::domain;
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{ChangeHash, DeviceId, DocumentId, Heads, MemberId, OrgId, RunId, ScopeId, TeamId};
use satchel_core::policy::Role;
use satchel_core::schema::Patch;
use satchel_core::sync::Finished;
use satchel_core::wire::{self, Frame, Hello, PROTOCOL, Push, Receipt};
use satchel_server::identity::{self, Actor, IdentityError, assignment};
use satchel_server::relay::{self, Context, Foresight, Limits, RelayError, Sender, restore};
use satchel_server::store::log::{Log, Parked, StoredDocument};
use satchel_server::store::people::{Device, Enrolment};
use satchel_server::store::sqlite::File;
use satchel_server::store::{Sequence, StoreError};
use serde_json::{Value, json};

use super::forge::Known;

/// 2026-03-02T01:00:00Z.
const MORNING_MS: i64 = 1_772_413_200_000;
const ORG: OrgId = OrgId::from_bytes([1; 16]);
const NORTH: TeamId = TeamId::from_bytes([2; 16]);
/// The incarnation under which the attacker writes what he forges.
const FORGER: [u8; 16] = [0x66; 16];

/// The relay's real logic and store in one process, an attacker with a phone, somebody who shares his records, and
/// somebody who shares nothing.
pub struct Ground {
    /// The relay's database.
    pub file: File,
    /// The relay's sizes.
    pub limits: Limits,
    /// Enrolled, with rights to what he attacks.
    pub mallory: Side,
    /// Shares his records.
    pub vera: Side,
    /// Of another team.
    pub oda: Side,
    clock: Arc<ManualClock>,
    entropy: SeededEntropy,
    directory: tempfile::TempDir,
}

/// A phone and whom the relay takes it for.
pub struct Side {
    /// The phone.
    pub engine: Engine,
    /// The session.
    pub sender: Sender,
}

impl Ground {
    /// Three fresh phones, synced.
    ///
    /// # Errors
    /// Where a store cannot be made.
    pub fn new(seed: u64, limits: Limits) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let clock = Arc::new(ManualClock::new(MORNING_MS));
        let entropy = SeededEntropy::new(seed);
        let mut file = File::in_memory()?;
        file.write::<_, IdentityError>(|tx| {
            identity::org::create(tx, ORG, "Tea trade", MORNING_MS)?;
            identity::team::add(tx, &Actor::Operator, NORTH, "North", None, MORNING_MS)?;
            identity::team::add(
                tx,
                &Actor::Operator,
                TeamId::from_bytes([3; 16]),
                "South",
                None,
                MORNING_MS,
            )
            .map(drop)
        })?;
        let run = RunId::from_bytes(random(&entropy));
        file.write(|tx| tx.begin_run(run, MORNING_MS))?;
        let mut side = |number: u8, team: u8| side(&mut file, directory.path(), &clock, number, team, seed);
        let (mallory, vera, oda) = (side(11, 2)?, side(12, 2)?, side(13, 3)?);
        let mut ground = Self {
            file,
            limits,
            mallory,
            vera,
            oda,
            clock,
            entropy,
            directory,
        };
        ground.settle()?;
        Ok(ground)
    }

    /// Everybody syncs until nothing is left.
    ///
    /// # Errors
    /// Where somebody cannot.
    pub fn settle(&mut self) -> Result<()> {
        for _ in 0..2 {
            for who in [Self::mallory, Self::vera, Self::oda] {
                self.sync(who)?;
            }
        }
        Ok(())
    }

    /// The attacker, for the methods that take somebody.
    #[must_use]
    pub fn mallory(&self) -> &Side {
        &self.mallory
    }

    /// Who shares his records.
    #[must_use]
    pub fn vera(&self) -> &Side {
        &self.vera
    }

    /// Who shares nothing.
    #[must_use]
    pub fn oda(&self) -> &Side {
        &self.oda
    }

    /// A phone syncs until nothing is left.
    ///
    /// # Errors
    /// Where it cannot, or does not come to an end.
    pub fn sync(&mut self, who: fn(&Self) -> &Side) -> Result<()> {
        let (engine, sender) = (who(self).engine.clone(), who(self).sender);
        self.sync_phone(&engine, sender)
    }

    /// [`Ground::sync`] for a phone that stands for itself.
    ///
    /// # Errors
    /// As there.
    pub fn sync_phone(&mut self, engine: &Engine, sender: Sender) -> Result<()> {
        for _ in 0..40 {
            self.clock.advance_ms(60_000);
            let (mut ongoing, request) = engine.begin_exchange(0)?;
            let Some(answer) = self.answer(sender, &request)? else {
                // A spoiled answer gave it a point that the relay never gave: somebody decides that this is no restore.
                let now_ms = self.clock.now_ms();
                let named = self
                    .file
                    .write::<_, RelayError>(|tx| Ok(restore::dismiss(tx, sender.device, now_ms)?))?;
                ensure!(named, "an honest question is answered");
                continue;
            };
            ongoing.receive(&answer)?;
            let finished = ongoing.finish();
            ensure!(!matches!(finished, Finished::Fault(_)), "{finished:?}");
            if finished == Finished::UpToDate && !engine.has_more(&finished)? && engine.is_settled()? {
                return Ok(());
            }
        }
        let wanted = engine.read(|reader| Ok(reader.wanted(i64::MAX, 10)?))?;
        bail!("syncing does not end: {:?}, wanted {wanted:?}", engine.sync_status()?)
    }

    /// What `POST /v1/sync` answers; `None` where the bytes are no message or cannot be answered.
    ///
    /// # Errors
    /// Where the relay itself fails: it must not.
    pub fn answer(&mut self, sender: Sender, message: &[u8]) -> Result<Option<Vec<u8>>> {
        let Ok(frames) = wire::decode(message) else {
            return Ok(None);
        };
        let (now_ms, limits, entropy) = (self.clock.now_ms(), self.limits, &self.entropy);
        let foresight = self.foresee(&frames)?;
        let decided = self.file.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy)?.within(limits);
            relay::exchange(tx, &context, sender, 900, frames, foresight)
        })?;
        let Ok(decided) = decided else { return Ok(None) };
        let batches = self.file.read::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy)?.within(limits);
            decided.complete(tx, &context, sender)
        })?;
        let mut bytes = Vec::new();
        for batch in &batches {
            bytes.extend(wire::encode_bundled(batch)?);
        }
        Ok(Some(bytes))
    }

    /// What the relay finds out before the writer's turn.
    fn foresee(&self, frames: &[Frame]) -> Result<Foresight, RelayError> {
        let all = 0..relay::count_pushes(frames);
        self.file.read(|tx| Foresight::of(tx, self.limits, frames, all))
    }

    /// Pushes in the attacker's name, without asking for anything. One receipt for each.
    ///
    /// # Errors
    /// Where the relay itself fails: it must not.
    pub fn push(&mut self, pushes: Vec<Push>) -> Result<Vec<Receipt>> {
        let hello = Hello {
            protocol: PROTOCOL,
            grants: vec![0; 8],
            ..Hello::default()
        };
        let frames = std::iter::once(Frame::from(hello)).chain(pushes.into_iter().map(Frame::from));
        // Through the bytes, as from a device.
        let frames = wire::decode(&wire::encode_bundled(&frames.collect::<Vec<_>>())?)?;
        let (now_ms, limits, entropy) = (self.clock.now_ms(), self.limits, &self.entropy);
        let sender = self.mallory.sender;
        let foresight = self.foresee(&frames)?;
        let answer = self.file.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, now_ms, entropy)?.within(limits);
            relay::exchange(tx, &context, sender, 900, frames, foresight)
        })?;
        let head = answer.map_err(|unanswerable| anyhow!("{unanswerable}"))?.head;
        let receipts = head.into_iter().filter_map(|frame| match frame {
            Frame::Receipt(receipt) => Some(receipt),
            _ => None,
        });
        Ok(receipts.collect())
    }

    /// Records of every sort of field, written by both who share them, some of it apart.
    ///
    /// # Errors
    /// Where an honest edit is refused.
    pub fn records(&mut self) -> Result<Vec<DocumentId>> {
        let shop = make(
            &self.mallory,
            "customer",
            &json!({ "name": "永辉超市", "tags": ["tea", "key"], "custom": { "floor": "3" }, "needs": "Green tea 绿茶",
                     "credit_limit": { "minor": 100_000, "currency": "CNY" }, "visits_per_month": 2 }),
        )?;
        let made = [
            (
                "note",
                json!({ "parent": shop, "body": "Wants samples by Friday 周五" }),
            ),
            (
                "deal",
                json!({ "customer_id": shop, "name": "First lot", "amount": { "minor": 12_000, "currency": "CNY" },
                             "expected_close": "2026-06-30" }),
            ),
            (
                "visit",
                json!({ "customer_id": shop, "visit_kind": "planned", "summary": "Met the clerk" }),
            ),
            (
                "task",
                json!({ "title": "Bring samples", "parent": shop, "checklist": { "pack": false } }),
            ),
        ];
        let mut ids = vec![shop];
        for (kind, values) in made {
            ids.push(make(&self.mallory, kind, &values)?);
        }
        self.sync(Self::mallory)?;
        let (now_ms, member) = (self.clock.now_ms(), self.vera.sender.member);
        let scope = ScopeId::from_bytes(*shop.as_bytes());
        self.file
            .write(|tx| assignment::assign(tx, &Actor::Operator, scope, member, now_ms).map(drop))?;
        self.sync(Self::vera)?;
        let edits = [
            (
                0,
                json!({ "needs": "Green tea, and white 绿茶", "tags": { "add": ["new"] }, "custom": { "door": "2" } }),
            ),
            (3, json!({ "summary": "Met the clerk and the owner" })),
        ];
        for (at, values) in edits {
            edit(&self.vera, ids[at], &values)?;
        }
        edit(&self.mallory, shop, &json!({ "needs": "Black tea", "name": "永辉" }))?;
        self.settle()?;
        Ok(ids)
    }

    /// An honest edit, made on a phone.
    ///
    /// # Errors
    /// Where it is refused.
    pub fn edit(side: &Side, id: DocumentId, values: &Value) -> Result<()> {
        edit(side, id, values)
    }

    /// A stored document of the relay.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn stored(&mut self, id: DocumentId) -> Result<(StoredDocument, Vec<Vec<u8>>)> {
        let stored = self.file.read::<_, StoreError>(|tx| {
            let Some(stored) = tx.document(id)? else {
                return Ok(None);
            };
            let changes = tx.changes_after(id, stored.folded_seq)?;
            Ok(Some((stored, changes)))
        })?;
        stored.with_context(|| format!("{id} is not on the relay"))
    }

    /// A document as the relay's bytes make it.
    ///
    /// # Errors
    /// Where they cannot be loaded.
    pub fn document(&mut self, id: DocumentId) -> Result<Document> {
        let (stored, changes) = self.stored(id)?;
        let kind = domain::kind(&stored.kind).context("a known kind")?;
        Ok(Document::load(kind, id, &stored.snapshot, &changes)?)
    }

    /// What the attacker knows of a document that he may read.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn known(&mut self, id: DocumentId) -> Result<Known> {
        let message = BASE64URL_NOPAD
            .encode(self.mallory.sender.member.as_bytes())
            .into_bytes();
        let mut document = self.document(id)?;
        let ledger = document.ledger();
        let mut actors: Vec<Vec<u8>> = ledger.iter().map(|entry| entry.actor.clone()).collect();
        actors.extend([vec![9; 16], vec![0; 16], FORGER.to_vec()]);
        actors.sort_unstable();
        actors.dedup();
        let own = ledger.iter().filter(|entry| entry.actor == FORGER);
        Ok(Known {
            changes: document.changes_since(&Heads::default()),
            heads: document.heads().hashes().iter().map(|hash| hash.0).collect(),
            max_op: ledger.iter().map(|entry| entry.max_op).max().unwrap_or(0),
            actor: FORGER.to_vec(),
            seq: own.map(|entry| entry.seq).max().unwrap_or(0),
            message,
            actors,
        })
    }

    /// One more phone of hers who shares his records, fresh.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn tablet(&mut self, number: u8) -> Result<Side> {
        let directory = self.directory.path().to_owned();
        let member = self.vera.sender.member;
        device(
            &mut self.file,
            &directory,
            &self.clock,
            member,
            number,
            u64::from(number),
        )
    }

    /// Hashes of the changes that wait.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn waiting_changes(&self) -> Result<Vec<ChangeHash>> {
        let waiting = self.waiting()?;
        let changes = waiting.iter().flat_map(|parked| &parked.changes);
        let headers = changes.filter_map(|bytes| Header::read(bytes).ok());
        Ok(headers.map(|header| header.hash).collect())
    }

    /// Everything that waits.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn waiting(&self) -> Result<Vec<Parked>> {
        Ok(self.file.read::<_, StoreError>(|tx| tx.all_parked(0, 10_000))?)
    }

    /// Drops everything that waits, as an admin may: what waits would fill the room of the next attempt.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn drop_waiting(&mut self) -> Result<usize> {
        self.file
            .write::<_, RelayError>(|tx| {
                let waiting = tx.all_parked(0, 10_000)?;
                for parked in &waiting {
                    tx.unpark(parked.number)?;
                }
                Ok(waiting.len())
            })
            .map_err(Into::into)
    }
}

/// Makes a record on a phone.
fn make(side: &Side, kind: &str, values: &Value) -> Result<DocumentId> {
    let table = domain::kind(kind).context("a kind")?;
    let values = values.as_object().context("an object")?;
    let patch = Patch::creating(table, values).map_err(|found| anyhow!("{found:?}"))?;
    Ok(side.engine.create(kind, &patch)?.id)
}

/// Changes a record on a phone.
fn edit(side: &Side, id: DocumentId, values: &Value) -> Result<()> {
    let record = side.engine.get(id)?.context("the record")?;
    let table = domain::kind(&record.kind).context("a kind")?;
    let values = values.as_object().context("an object")?;
    let patch = Patch::from_json(table, values).map_err(|found| anyhow!("{found:?}"))?;
    side.engine.edit(id, &patch, None)?;
    Ok(())
}

fn side(file: &mut File, directory: &Path, clock: &Arc<ManualClock>, number: u8, team: u8, seed: u64) -> Result<Side> {
    let member = MemberId::from_bytes([number; 16]);
    let new = identity::member::NewMember {
        name: format!("Member {number}"),
        role: Role::Rep,
        team: Some(TeamId::from_bytes([team; 16])),
        locale: "zh-CN".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
    };
    file.write(|tx| identity::member::add(tx, &Actor::Operator, member, &new, MORNING_MS).map(drop))?;
    device(file, directory, clock, member, number, seed)
}

fn device(
    file: &mut File,
    directory: &Path,
    clock: &Arc<ManualClock>,
    member: MemberId,
    number: u8,
    seed: u64,
) -> Result<Side> {
    let device = DeviceId::from_bytes([number; 16]);
    let row = Device {
        id: device,
        member,
        name: "a phone".to_owned(),
        platform: "test".to_owned(),
        public_key: [number; 32],
        created_at_ms: MORNING_MS,
        last_seen_at_ms: None,
        revoked_at_ms: None,
    };
    file.write(|tx| tx.put_device(&row))?;
    let options = Options {
        clock: Arc::<ManualClock>::clone(clock),
        entropy: Arc::new(SeededEntropy::new(seed ^ u64::from(number))),
        ..Options::new("Asia/Shanghai")
    };
    let engine = Engine::open(&directory.join(format!("{number}.sqlite")), options)?;
    engine.enrol(&Identity {
        org: ORG,
        member,
        device,
        role: Role::Rep,
    })?;
    let sender = Sender {
        member,
        role: Role::Rep,
        device,
        revoked: false,
    };
    Ok(Side { engine, sender })
}
