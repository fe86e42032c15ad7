//! What people do on their phones, online or not.

use anyhow::{Result, bail, ensure};
use satchel_core::domain;
use satchel_core::engine::{Engine, Error, Saved};
use satchel_core::ids::{DocumentId, Heads};
use satchel_core::schema::{Edit, Kind, Patch};
use satchel_core::store;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::ledger::Made;
use crate::world::World;

/// Everything that people do.
pub(crate) const NAMES: &[&str] = &[
    "customer made",
    "child made",
    "private note made",
    "loose task made",
    "edit",
    "edit at an old version",
    "burst",
    "large edit",
    "archive",
    "restore",
    "resolve",
    "form opened",
    "denied",
];

#[derive(Debug, Clone, Copy)]
enum Act {
    Customer,
    Child,
    Private,
    Loose,
    Edit,
    Open,
    EditOld,
    Burst,
    Large,
    Archive,
    Restore,
    Resolve,
}

const ACTS: &[(Act, usize)] = &[
    (Act::Customer, 6),
    (Act::Child, 14),
    (Act::Private, 4),
    (Act::Loose, 2),
    (Act::Edit, 30),
    (Act::Open, 10),
    (Act::EditOld, 12),
    (Act::Burst, 3),
    (Act::Large, 3),
    (Act::Archive, 4),
    (Act::Restore, 3),
    (Act::Resolve, 8),
];

/// What is done with a record as a whole.
type Whole = fn(&Engine, DocumentId) -> Result<Saved, Error>;

impl World {
    /// One random act on one phone.
    pub(crate) fn act(&mut self, phone: usize) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        let act = self.dice.weighted(ACTS);
        let name = self.phones[phone].name;
        match act {
            Act::Customer => self.make(phone, "customer", None, false),
            Act::Loose => self.make(phone, "task", None, false),
            Act::Child | Act::Private => {
                let Some(parent) = self.some_record(phone, |kind| kind == "customer" || kind == "deal") else {
                    return self.make(phone, "customer", None, false);
                };
                if matches!(act, Act::Private) {
                    return self.make(phone, "note", Some(parent), true);
                }
                let on_a_customer = self.ledger.records[&parent].kind == "customer";
                let kinds: &[&'static str] = if on_a_customer {
                    &["visit", "deal", "contact", "note", "task", "comment"]
                } else {
                    &["note", "task", "comment"]
                };
                let kind = self.dice.pick(kinds).unwrap_or("visit");
                self.make(phone, kind, Some(parent), false)
            }
            Act::Open => {
                let Some(id) = self.some_record(phone, |_| true) else {
                    return Ok(());
                };
                if let Some(record) = self.phones[phone].engine.get(id)? {
                    self.count("form opened");
                    self.phones[phone].forms.push((id, record.row.heads));
                }
                Ok(())
            }
            Act::EditOld => {
                let forms = self.phones[phone].forms.clone();
                match self.dice.pick(&forms) {
                    Some((id, heads)) => self.edit(phone, id, Some(&heads), "edit at an old version"),
                    None => Ok(()),
                }
            }
            Act::Edit => match self.some_record(phone, |_| true) {
                Some(id) => self.edit(phone, id, None, "edit"),
                None => Ok(()),
            },
            Act::Burst => {
                let Some(id) = self.some_record(phone, |_| true) else {
                    return Ok(());
                };
                for _ in 0..self.dice.between(10, 45) {
                    self.edit(phone, id, None, "burst")?;
                }
                Ok(())
            }
            Act::Large => {
                // An answer with a few of these takes several batches.
                self.write_large(phone)
            }
            Act::Archive | Act::Restore => {
                let Some(id) = self.some_record(phone, |_| true) else {
                    return Ok(());
                };
                let (act, what): (Whole, _) = if matches!(act, Act::Archive) {
                    (|engine, id| engine.archive(id, None), "archive")
                } else {
                    (|engine, id| engine.restore(id), "restore")
                };
                let outcome = act(&self.phones[phone].engine, id);
                self.done(phone, id, outcome, what, "")
            }
            Act::Resolve => {
                let found = self.phones[phone].engine.in_conflict(20)?;
                let Some(record) = self.dice.pick(&found) else {
                    return Ok(());
                };
                let conflicts = match self.phones[phone].engine.conflicts(record.id) {
                    Err(Error::RowOnly) => return Ok(()),
                    other => other?,
                };
                let Some(conflict) = self.dice.pick(&conflicts) else {
                    bail!("{name}: the row of {} says conflict, the document does not", record.id)
                };
                let Some(sibling) = self.dice.pick(&conflict.siblings) else {
                    return Ok(());
                };
                let outcome = self.phones[phone]
                    .engine
                    .resolve(record.id, &conflict.field, &sibling.value, None);
                self.done(phone, record.id, outcome, "resolve", &conflict.field)
            }
        }
    }

    /// Text that does not become small.
    pub(crate) fn write_large(&mut self, phone: usize) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        let Some(id) = self.some_record(phone, |kind| kind == "customer") else {
            return Ok(());
        };
        let words: Vec<String> = (0..4_000).map(|_| format!("{:016x}", self.dice.number())).collect();
        let text = words.concat();
        let mut patch = Patch::default();
        let key = format!("large{}", self.dice.below(2));
        patch.push("custom", Edit::Entries([(key, Some(json!(text)))].into()));
        let outcome = self.phones[phone].engine.edit(id, &patch, None);
        self.done(phone, id, outcome, "large edit", "")
    }

    fn some_record(&mut self, phone: usize, kinds: impl Fn(&str) -> bool) -> Option<DocumentId> {
        let held: Vec<DocumentId> = self.phones[phone]
            .held()
            .into_iter()
            .filter(|held| kinds(&held.kind))
            .map(|held| held.id)
            .filter(|id| self.ledger.records.contains_key(id))
            .collect();
        self.dice.pick(&held)
    }

    pub(crate) fn make(
        &mut self,
        phone: usize,
        name: &'static str,
        parent: Option<DocumentId>,
        private: bool,
    ) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        let kind = domain::kind(name).unwrap();
        let token = format!("zq{:06}k", self.ledger.records.len());
        let mut values = match name {
            "customer" => json!({ "name": format!("茶行 {token}"), "tags": ["tea"] }),
            "visit" => json!({ "customer_id": parent, "visit_kind": "planned", "summary": token }),
            "deal" => json!({
                "customer_id": parent, "name": token, "amount": { "minor": 12_000, "currency": "CNY" },
                "expected_close": "2026-06-30",
            }),
            "contact" => json!({ "customer_id": parent, "name": token }),
            "note" => json!({ "parent": parent, "body": token, "private": private }),
            "comment" => json!({ "parent": parent, "body": token }),
            _ => json!({ "title": token }),
        };
        if name == "task"
            && let Some(parent) = parent
        {
            values["parent"] = json!(parent);
        }
        let Value::Object(values) = values else {
            bail!("an object")
        };
        let patch = Patch::creating(kind, &values).map_err(|found| anyhow::anyhow!("{found:?}"))?;
        let outcome = self.phones[phone].engine.create(name, &patch);
        let what = match (name, parent, private) {
            ("customer", ..) => "customer made",
            (_, None, _) => "loose task made",
            (_, _, true) => "private note made",
            _ => "child made",
        };
        let id = outcome
            .as_ref()
            .map_or_else(|_| DocumentId::default(), |saved| saved.id);
        self.ledger.newest = Some(id).filter(|_| outcome.is_ok());
        if outcome.is_ok() {
            self.ledger.records.insert(
                id,
                Made {
                    token,
                    kind: name,
                    private,
                },
            );
        }
        self.done(phone, id, outcome, what, name)
    }

    /// A record and one that hangs on it, both of which the relay has not seen.
    pub(crate) fn make_family(&mut self, phone: usize) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        self.make(phone, "customer", None, false)?;
        match self.ledger.newest.take() {
            Some(parent) => self.make(phone, "visit", Some(parent), false),
            None => Ok(()),
        }
    }

    pub(crate) fn edit(&mut self, phone: usize, id: DocumentId, at: Option<&Heads>, what: &'static str) -> Result<()> {
        if self.phones[phone].engine.sync_status()?.wiped {
            return Ok(());
        }
        let Some(made) = self.ledger.records.get(&id) else {
            bail!("{id} was made by nobody")
        };
        let kind = domain::kind(made.kind).unwrap();
        let patch = patch(&mut self.dice, kind);
        let outcome = self.phones[phone].engine.edit(id, &patch, at);
        self.done(
            phone,
            id,
            outcome,
            what,
            &format!("{:?}", patch.fields.keys().collect::<Vec<_>>()),
        )
    }

    /// Sets one field, as a reduced test says.
    pub(crate) fn set(&mut self, phone: usize, id: DocumentId, field: &str, value: Value) -> Result<()> {
        let mut patch = Patch::default();
        patch.push(field, Edit::Set(value));
        let outcome = self.phones[phone].engine.edit(id, &patch, None);
        self.done(phone, id, outcome, "edit", field)
    }

    /// Takes down what an act wrote, or why it was refused.
    fn done(
        &mut self,
        phone: usize,
        id: DocumentId,
        outcome: Result<Saved, Error>,
        what: &'static str,
        detail: &str,
    ) -> Result<()> {
        let name = self.phones[phone].name;
        let became = match outcome {
            Ok(saved) => {
                ensure!(
                    !self.phones[phone].is_suspended || !saved.changed,
                    "{name} wrote while it was suspended"
                );
                self.count(what);
                if self.phones[phone].disk.is_blown() {
                    // Nobody was told that it is written: it may be there after the crash or not.
                    "written as the app died"
                } else {
                    let local = self.phones[phone].engine.read(|reader| Ok(reader.local_changes(id)?))?;
                    self.ledger.wrote(phone, id, local);
                    if saved.changed { "written" } else { "nothing changed" }
                }
            }
            Err(Error::Denied(_)) => {
                self.count("denied");
                "denied"
            }
            // The form was opened before the record was dropped; its values do not fit what was merged meanwhile.
            Err(Error::NotFound) => "gone",
            Err(Error::Invalid(_)) => {
                self.count("invalid");
                "invalid"
            }
            Err(Error::UnknownVersion) => "version gone",
            Err(Error::RowOnly) => {
                ensure!(
                    self.phones[phone]
                        .held()
                        .iter()
                        .any(|held| held.id == id && held.row_only),
                    "{name} has the document of {id}, and says that it has not"
                );
                self.count("document asked for");
                "only its row is here"
            }
            Err(Error::UnknownKind) if self.phones[phone].is_old() => "of a kind that this app does not know",
            Err(Error::Store(store::Error::Suspended)) if self.phones[phone].is_suspended => "suspended",
            Err(Error::Store(store::Error::StorageFull)) if self.phones[phone].is_full => "no room",
            Err(error) => return Err(error.into()),
        };
        self.note(format!("{name}: {what} {id} {detail}: {became}"));
        Ok(())
    }
}

/// A random edit of one or two fields.
fn patch(dice: &mut Dice, kind: &'static Kind) -> Patch {
    let word = |dice: &mut Dice| format!("w{}", dice.below(50));
    let mut fields = serde_json::Map::new();
    for _ in 0..=dice.below(2) {
        let choices: &[&str] = match kind.name {
            "customer" => &["industry", "needs", "tags", "custom", "geo_radius_m", "phones", "level"],
            "visit" => &["summary", "events", "step_results", "outcome", "next_action"],
            "deal" => &[
                "moves",
                "description",
                "lines",
                "competitors",
                "next_step",
                "probability_bp",
            ],
            "contact" => &["title", "phones", "external_ids", "do_not_call"],
            "note" => &["attachments", "pinned", "body"],
            "comment" => &["mentions", "redacted"],
            _ => &["details", "events", "checklist", "priority"],
        };
        let Some(field) = dice.pick(choices) else { continue };
        let value = match field {
            "tags" | "phones" | "competitors" | "attachments" => json!({ "add": [word(dice)], "remove": [word(dice)] }),
            "custom" | "step_results" | "external_ids" => json!({ word(dice): word(dice) }),
            "lines" => json!({ word(dice): dice.between(1, 9) }),
            "checklist" => json!({ word(dice): dice.chance(50) }),
            "geo_radius_m" => json!(dice.between(100, 3000)),
            "probability_bp" => json!(dice.between(0, 10_000)),
            "level" => json!(dice.pick(&["a", "b", "c", "d"])),
            "outcome" => json!(dice.pick(&["ordered", "follow_up", "refused"])),
            "priority" => json!(dice.pick(&["low", "normal", "high"])),
            "do_not_call" | "pinned" | "redacted" => json!(dice.chance(50)),
            "mentions" => json!({ "add": [satchel_core::ids::MemberId::from_bytes([12; 16])] }),
            "moves" => {
                let (stage, of, rank) = dice
                    .pick(&[("first", "open", 1), ("offer", "ongoing", 2), ("won", "won", 3)])
                    .unwrap();
                json!({ "append": [{ "stage": stage, "stage_type": of, "rank": rank, "probability_bp": 1000 * rank }] })
            }
            "events" if kind.name == "visit" => {
                json!({ "append": [{ "event": dice.pick(&["checkin", "checkout", "pause"]) }] })
            }
            "events" => json!({ "append": [{ "event": dice.pick(&["start", "complete", "cancel", "reopen"]) }] }),
            // Text; the word by which a record is known stays in it where it is a note's body.
            "body" => continue,
            _ => json!(format!("{} {}", word(dice), word(dice))),
        };
        fields.insert(field.to_owned(), value);
    }
    Patch::from_json(kind, &fields).unwrap()
}
