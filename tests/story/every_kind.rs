//! What every kind of the list keeps to, whatever it is about: patch, document, plain values, typed record, row and back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document, Error};
use satchel_core::domain::KINDS;
use satchel_core::ids::{ActorId, DocumentId, Heads, MemberId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::schema::entity::typed;
use satchel_core::schema::{Entity, Field, Kind, Merge, Patch, ScopeRule, Type};
use satchel_core::store::{Indexing, NewDocument, Options, Origin, Store};
use satchel_tests::arbitrary;
use serde_json::{Map, Value, json};

/// A kind that a failing test shows by its name rather than with its whole table.
#[derive(Clone, Copy)]
struct Named(&'static Kind);

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

fn any_kind() -> impl Strategy<Value = Named> {
    proptest::sample::select(KINDS).prop_map(Named)
}

fn any_record() -> impl Strategy<Value = (Named, Map<String, Value>)> {
    any_kind().prop_flat_map(|kind| (Just(kind), arbitrary::record(kind.0)))
}

const ID: DocumentId = DocumentId::from_bytes([9; 16]);

/// What a device writes as, by its number.
fn author(number: u8, entropy: &SeededEntropy) -> Author<'_> {
    Author {
        member: MemberId::from_bytes([number; 16]),
        actor: ActorId([number; 16]),
        at_ms: 1_700_000_000_000,
        zone: "Asia/Shanghai",
        entropy,
    }
}

fn create(kind: &'static Kind, fields: &Map<String, Value>) -> (Document, Vec<Vec<u8>>) {
    let patch = Patch::creating(kind, fields).unwrap();
    Document::create(kind, ID, &patch, &author(1, &SeededEntropy::new(1))).unwrap()
}

/// Plain values without what a document adds or orders by itself: blank containers, the order of a set, the stamps and
/// the order of a log.
fn bare(kind: &Kind, fields: &Map<String, Value>) -> Map<String, Value> {
    let sorted = |mut items: Vec<Value>| {
        items.sort_by_key(ToString::to_string);
        Value::Array(items)
    };
    let plain = fields.iter().map(|(name, value)| {
        let value = match (kind.field(name).map(|field| field.merge), value) {
            (Some(Merge::Set), Value::Array(items)) => sorted(items.clone()),
            (Some(Merge::Log), Value::Array(events)) => {
                let unstamped = events.iter().map(|event| {
                    let mut event = event.clone();
                    event.as_object_mut().unwrap().remove("stamp");
                    event
                });
                sorted(unstamped.collect())
            }
            (_, value) => value.clone(),
        };
        (name.clone(), without_empty_lists(value))
    });
    let blank = |value: &Value| {
        matches!(value, Value::Array(items) if items.is_empty())
            || matches!(value, Value::Object(parts) if parts.is_empty())
            || value == ""
            || value == 0
    };
    plain.filter(|(_, value)| !blank(value)).collect()
}

/// A list inside a value may be absent or empty, which is the same.
fn without_empty_lists(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_empty_lists).collect(),
        Value::Object(parts) => {
            let empty = |part: &Value| part.as_array().is_some_and(Vec::is_empty);
            let parts = parts.into_iter().filter(|(_, part)| !empty(part));
            Value::Object(parts.map(|(name, part)| (name, without_empty_lists(part))).collect())
        }
        other => other,
    }
}

/// Reads the typed record of a kind and writes it again, through the list of kinds.
fn through_the_struct(kind: &Kind, fields: &Map<String, Value>) -> Value {
    macro_rules! through {
        ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
            $(if kind.name == satchel_core::domain::$entity::KIND.name {
                let record: satchel_core::domain::$entity = typed(fields);
                let json = serde_json::to_value(&record).unwrap();
                let again: satchel_core::domain::$entity = typed(json.as_object().unwrap());
                assert_eq!(again, record);
                return json;
            })*
        };
    }
    satchel_core::for_each_kind!(through);
    panic!("{} is not in the list", kind.name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_comes_back_from_its_document_as_it_was_given((Named(kind), given) in any_record()) {
        let (mut document, changes) = create(kind, &given);
        let fields = document.fields();
        prop_assert_eq!(bare(kind, &fields), bare(kind, &given));
        let row = document.project();
        prop_assert_eq!(&row.violations, &vec![]);
        prop_assert_eq!(&row.conflicts, &Vec::<String>::new());
        let typed = through_the_struct(kind, &fields);
        let typed = bare(kind, typed.as_object().unwrap());
        for (name, value) in bare(kind, &fields) {
            prop_assert_eq!(typed.get(&name), Some(&value), "{}", name);
        }

        let snapshot = document.save();
        let saved = Document::load(kind, ID, &snapshot, Vec::<Vec<u8>>::new()).unwrap();
        let replayed = Document::load(kind, ID, &[], &changes).unwrap();
        prop_assert_eq!(saved.fields(), fields.clone());
        prop_assert_eq!(replayed.fields(), fields);
    }

    #[test]
    fn a_row_comes_back_from_the_store_as_it_was_kept((Named(kind), given) in any_record()) {
        let (mut document, changes) = create(kind, &given);
        let (row, heads) = (document.project(), document.heads());
        prop_assert_eq!(kept_and_read(kind, &changes, &heads, &row), row);
    }

    #[test]
    fn fields_of_a_newer_app_survive_the_edits_of_an_older_one(
        (Named(kind), given, patch) in any_kind()
            .prop_flat_map(|kind| (Just(kind), arbitrary::record(kind.0), arbitrary::patch(kind.0)))
    ) {
        let (mut document, changes) = create(kind, &given);
        let older = older(kind);
        let mut old = Document::load(older, ID, &[], &changes).unwrap();
        prop_assert_eq!(old.fields(), document.fields(), "what it does not know it shows as it is");
        let known: Patch = Patch { fields: patch.fields.into_iter().filter(|(name, _)| older.field(name).is_some()).collect() };
        let before = old.heads();
        if old.edit(&known, None, &author(2, &SeededEntropy::new(2))).is_ok() {
            document.merge(old.changes_since(&before)).unwrap();
            prop_assert_eq!(old.fields(), document.fields());
        }
        let now = document.fields();
        for field in kind.fields.iter().filter(|field| older.field(field.name).is_none()) {
            prop_assert_eq!(now.get(field.name), given.get(field.name));
        }
    }

    #[test]
    fn what_two_people_write_apart_ends_the_same_on_both_devices(
        (Named(kind), given, first, second) in any_kind().prop_flat_map(|kind| {
            let edits = || proptest::collection::vec(arbitrary::patch(kind.0), 0..4);
            (Just(kind), arbitrary::record(kind.0), edits(), edits())
        })
    ) {
        let (mut ann, changes) = create(kind, &given);
        let mut bo = Document::load(kind, ID, &[], &changes).unwrap();
        write(&mut ann, &first, 1)?;
        write(&mut bo, &second, 2)?;
        let (to_bo, to_ann) = (ann.changes_since(&bo.heads()), bo.changes_since(&ann.heads()));
        ann.merge(to_ann).unwrap();
        bo.merge(to_bo).unwrap();
        prop_assert_eq!(ann.project(), bo.project());
    }
}

/// Makes every edit that is not refused.
fn write(document: &mut Document, patches: &[Patch], number: u8) -> Result<(), TestCaseError> {
    let entropy = SeededEntropy::new(number.into());
    for patch in patches {
        match document.edit(patch, None, &author(number, &entropy)) {
            Ok(_) | Err(Error::Invalid(_)) => {}
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
    }
    Ok(())
}

fn kept_and_read(kind: &'static Kind, changes: &[Vec<u8>], heads: &Heads, row: &Row) -> Row {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("device.db"), Options::new(KINDS)).unwrap();
    let kept: Result<_, satchel_core::store::Error> = store.write(|tx| {
        let new = NewDocument {
            id: ID,
            kind: kind.name,
            scope: Some(ScopeId::from(ID)),
            snapshot: &[],
            heads: &Heads::default(),
        };
        tx.put_document(&new)?;
        tx.append_changes(ID, Origin::Local(None), changes, heads)?;
        tx.put_row(ID, row, Indexing::Now)
    });
    kept.unwrap();
    let record: Result<_, satchel_core::store::Error> = store.read(|reader| reader.record(ID));
    record.unwrap().unwrap().row
}

/// The kind as an older app knew it: without every second field that is neither required nor born in a seed.
fn older(kind: &'static Kind) -> &'static Kind {
    let later = |at: usize, field: &Field| at.is_multiple_of(2) && field.merge == Merge::Register && !field.required;
    let fields: Vec<Field> = kind
        .fields
        .iter()
        .enumerate()
        .filter(|(at, field)| !later(*at, field))
        .map(|(_, field)| *field)
        .collect();
    // Its check and its derived fields came with the same version.
    Box::leak(Box::new(Kind {
        fields: fields.leak(),
        urgency: |_| 0,
        check: |_| Vec::new(),
        ..*kind
    }))
}

#[test]
fn absent_fields_read_blank() {
    for kind in KINDS {
        let blank = through_the_struct(kind, &Map::new());
        assert!(bare(kind, blank.as_object().unwrap()).keys().all(|name| {
            // Only a value without a blank of its own shows one: money, a code, a day.
            kind.field(name)
                .is_some_and(|field| !matches!(field.ty, Type::Text | Type::Integer | Type::Boolean))
        }));
        let mut document = Document::new(kind, ID).unwrap();
        assert_eq!(bare(kind, &document.fields()), Map::new(), "{}", kind.name);
        assert!(document.is_blank());
    }
}

#[test]
fn the_tables_are_sound() {
    let mut names = BTreeSet::new();
    for kind in KINDS {
        assert!(
            names.insert(kind.name) && names.insert(kind.plural),
            "{} is there twice",
            kind.name
        );
        assert!(!kind.doc.is_empty());
        let mut columns = BTreeSet::new();
        for name in kind
            .fields
            .iter()
            .map(|field| field.name)
            .chain(kind.derived.iter().map(|derived| derived.name))
        {
            assert!(columns.insert(name), "{}.{name} is there twice", kind.name);
            assert!(
                !name.starts_with('_'),
                "{}.{name} would stand among the document's own keys",
                kind.name
            );
        }
        for field in kind.fields {
            let place = format!("{}.{}", kind.name, field.name);
            assert!(!field.doc.is_empty(), "{place} says what it is");
            assert!((1..=kind.schema).contains(&field.since), "{place}");
            let register = field.merge == Merge::Register;
            assert!(
                !field.index || (register && !matches!(field.ty, Type::List(_))),
                "{place} fits no column"
            );
            assert!(field.merge != Merge::Text || field.ty == Type::Text, "{place}");
            assert!(field.merge != Merge::Counter || field.ty == Type::Integer, "{place}");
            assert!(
                field.merge != Merge::Set || field.ty != Type::Integer,
                "{place}: a set's element is its key"
            );
            if field.merge == Merge::Log {
                let Type::Object(shape) = field.ty else {
                    panic!("{place}: an event has parts")
                };
                assert!(
                    shape.members.iter().any(|member| member.name == "stamp"),
                    "{place} has no stamp"
                );
            }
        }
        if let ScopeRule::Holder { member, team } = kind.scope {
            assert_eq!(
                kind.field(member).map(|field| field.ty),
                Some(Type::Member),
                "{}",
                kind.name
            );
            assert!(team.is_none_or(|team| kind.field(team).is_some()), "{}", kind.name);
        }
        if let ScopeRule::Parent { loose, private } = kind.scope {
            assert!(kind.parent().is_some(), "{} hangs on something", kind.name);
            for name in loose.iter().chain(&private) {
                assert!(kind.field(name).is_some(), "{}: no field {name}", kind.name);
            }
        }
    }
    assert_eq!(json!(KINDS.len()), json!(names.len() / 2));
}
