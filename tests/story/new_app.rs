//! A newer app with an older relay and an older phone: one more field, one more code, one more kind, one more schema step.
//! What the others do not know they keep, or the relay keeps apart until it is upgraded; nothing is lost.

use anyhow::{Context, Result};
use satchel_core::document::{Author, Document, Error};
use satchel_core::domain::{self, Customer, CustomerPatch, KINDS};
use satchel_core::engine::{Engine, Options};
use satchel_core::ids::{ActorId, DocumentId};
use satchel_core::schema::{Field, Kind, Patch, Type};
use satchel_tests::field::{Phone, Team};
use serde_json::{Value, json};

/// A field like another one of the kind, under a name of its own.
fn like(kind: &Kind, field: &str) -> Result<Field> {
    let field = kind.field(field).context("the field")?;
    Ok(Field { ..*field })
}

/// The kinds as a later app knows them.
fn newer() -> Result<&'static [&'static Kind]> {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for kind in KINDS {
        let mut fields: Vec<Field> = kind.fields.iter().map(|field| Field { ..*field }).collect();
        let mut schema = kind.schema;
        match kind.name {
            "customer" => {
                fields.push(Field {
                    name: "mood",
                    ..like(kind, "industry")?
                });
                for field in &mut fields {
                    if let (true, Type::Choice(codes)) = (field.name == "customer_type", field.ty) {
                        let codes: Vec<&'static str> = codes.iter().copied().chain(["franchise"]).collect();
                        field.ty = Type::Choice(Box::leak(codes.into_boxed_slice()));
                    }
                }
            }
            "deal" => {
                // A text is a container, which is born in a seed: a step of the schema.
                schema += 1;
                fields.push(Field {
                    name: "remarks",
                    since: schema,
                    ..like(kind, "description")?
                });
            }
            _ => {}
        }
        let fields = Box::leak(fields.into_boxed_slice());
        kinds.push(Box::leak(Box::new(Kind {
            fields,
            schema,
            ..**kind
        })));
        if kind.name == "comment" {
            kinds.push(Box::leak(Box::new(Kind {
                name: "remark",
                plural: "remarks",
                ..**kind
            })));
        }
    }
    Ok(Box::leak(kinds.into_boxed_slice()))
}

fn make(phone: &Phone, kind: &str, values: &Value) -> Result<DocumentId> {
    let table = phone.engine.kind(kind).context("the kind")?;
    let values = values.as_object().context("an object")?;
    let patch = Patch::creating(table, values).map_err(|found| anyhow::anyhow!("{found:?}"))?;
    Ok(phone.engine.create(kind, &patch)?.id)
}

fn parked(phone: &Phone, id: DocumentId) -> Result<Option<String>> {
    let state = phone.engine.read(|reader| Ok(reader.state(id)?))?;
    Ok(state.context("the document")?.parked.map(|parked| parked.code))
}

#[test]
fn a_new_app_and_an_old_relay_lose_nothing_of_each_other() -> Result<()> {
    let team = Team::new()?;
    let (mut new, old) = (team.rep("Ann")?, team.rep("Bo")?);
    new.engine.close()?;
    new.engine = Engine::open(
        new.path(),
        Options {
            kinds: newer()?,
            clock: new.clock.clone(),
            ..Options::new("Asia/Shanghai")
        },
    )?;
    let shop = make(
        &new,
        "customer",
        &json!({ "name": "Corner shop", "mood": "glad", "customer_type": "franchise" }),
    )?;
    let remark = make(&new, "remark", &json!({ "parent": shop, "body": "nice people" }))?;
    let plain = json!({ "customer_id": shop, "name": "First lot", "amount": { "minor": 12_000, "currency": "CNY" },
                        "expected_close": "2026-06-30" });
    let mut later = plain.clone();
    later["remarks"] = json!("of a later step");
    let (deal, later) = (make(&new, "deal", &plain)?, make(&new, "deal", &later)?);
    new.try_sync()?;
    assert_eq!(parked(&new, shop)?, None, "a field and a code more are no matter");
    assert_eq!(parked(&new, deal)?, None, "nor is a later step that was not needed");
    assert_eq!(parked(&new, remark)?.as_deref(), Some("unknown-kind"));
    assert_eq!(parked(&new, later)?.as_deref(), Some("unknown-schema"));
    // Each is whole on the phone that wrote it.
    assert_eq!(new.row(remark)?.fields["body"], "nice people");
    assert_eq!(new.row(later)?.fields["remarks"], "of a later step");
    let waiting = team.relay.admin(&["quarantine", "list"])?;
    assert_eq!(waiting.as_array().map(Vec::len), Some(2), "{waiting}");

    team.assign(shop, old.member)?;
    old.sync()?;
    let row = old.row(shop)?;
    assert_eq!(
        (&row.fields["mood"], &row.fields["customer_type"]),
        (&json!("glad"), &json!("franchise"))
    );
    let edit = CustomerPatch {
        name: Some("Corner store".to_owned()),
        ..CustomerPatch::default()
    };
    old.engine.edit(shop, &edit.into(), None)?;
    old.sync()?;
    new.try_sync()?;
    let row = new.row(shop)?;
    assert_eq!(
        (&row.fields["name"], &row.fields["mood"], &row.fields["customer_type"]),
        (&json!("Corner store"), &json!("glad"), &json!("franchise"))
    );
    // What waits does not hold up what does not.
    new.engine.of::<Customer>().edit(
        shop.into(),
        CustomerPatch {
            short_name: Some("Corner".to_owned()),
            ..CustomerPatch::default()
        },
        None,
    )?;
    new.try_sync()?;
    old.sync()?;
    assert_eq!(old.row(shop)?.fields["short_name"], "Corner");
    Ok(())
}

#[test]
fn a_document_of_a_later_step_is_read_and_merged_and_not_written() -> Result<()> {
    let known = domain::kind("deal").context("the kind")?;
    let newer = newer()?.iter().find(|kind| kind.name == "deal").context("the kind")?;
    let entropy = satchel_core::clock::SeededEntropy::new(1);
    let author = |actor: u8| Author {
        member: satchel_core::ids::MemberId::from_bytes([12; 16]),
        actor: ActorId([actor; 16]),
        at_ms: 1_772_413_200_000,
        zone: "Asia/Shanghai",
        entropy: &entropy,
    };
    let values = json!({ "customer_id": DocumentId::from_bytes([1; 16]), "name": "First lot",
                         "amount": { "minor": 1, "currency": "CNY" }, "expected_close": "2026-06-30" });
    let patch = |values: &Value, kind: &Kind| {
        Patch::from_json(kind, values.as_object().unwrap()).map_err(|found| anyhow::anyhow!("{found:?}"))
    };
    let id = DocumentId::from_bytes([2; 16]);
    let creating = Patch::creating(known, values.as_object().context("an object")?);
    let creating = creating.map_err(|found| anyhow::anyhow!("{found:?}"))?;
    let (mut document, _) = Document::create(newer, id, &creating, &author(7))?;
    let mut old = Document::load(known, id, &document.save(), std::iter::empty::<&[u8]>())?;
    let before = document.heads();
    old.edit(&patch(&json!({ "name": "Lot one" }), known)?, None, &author(8))?;
    let changes = document.edit(&patch(&json!({ "remarks": "later" }), newer)?, None, &author(7))?;

    old.merge(&changes)?;
    assert_eq!(old.fields()["remarks"], "later", "it is shown");
    assert!(old.contains(&document.heads()), "and merged");
    let refused = old.edit(&patch(&json!({ "name": "Lot 1" }), known)?, None, &author(8));
    assert!(matches!(refused, Err(Error::UnknownKind)), "{refused:?}");
    document.merge(old.changes_since(&before))?;
    assert_eq!(
        document.fields()["name"],
        "Lot one",
        "what was written before is handed on"
    );
    document.edit(&patch(&json!({ "name": "Lot 1" }), newer)?, None, &author(7))?;
    Ok(())
}
