//! Little of a change is told to a device that has the record, and what it shows is what the document says.

use satchel_core::document::Document;
use satchel_core::domain::{Customer, CustomerId, CustomerPatch};
use satchel_core::engine::Engine;
use satchel_core::ids::{ChangeHash, DocumentId, Heads, RunId};
use satchel_core::policy::Access;
use satchel_core::projection::Row;
use satchel_core::projection::difference::{Difference, differing};
use satchel_core::wire::delta::{fingerprint, only_parent, shorten};
use satchel_core::wire::{Commit, Delta, Frame, Grant, Grants};
use serde_json::{Map, Value};

use super::{Phone, answered, let_in, open};

fn row(engine: &Engine, customer: CustomerId) -> Row {
    engine.get(customer.into()).unwrap().unwrap().row
}

fn json(row: &Row) -> Map<String, Value> {
    serde_json::to_value(row).unwrap().as_object().unwrap().clone()
}

fn commit(from: u64, to: u64) -> Frame {
    let commit = Commit {
        from,
        to,
        more: false,
        run: Some(RunId::from_bytes([6; 16])),
        digest: None,
        floors: None,
        packs: None,
    };
    commit.into()
}

/// What the relay tells of a document that came to it in one push, to a device that had it at `before`.
fn delta(phone: &Phone, customer: CustomerId, before: &Row) -> Delta {
    let id = customer.into();
    let stored = phone.engine.read(|reader| Ok(reader.document(id)?)).unwrap().unwrap();
    let kind = phone.engine.kind(&stored.state.kind).unwrap();
    let mut document = Document::load(kind, id, &stored.snapshot, &stored.changes).unwrap();
    let changes = document.changes_since(&before.heads);
    let mut last: ChangeHash = only_parent(&changes[0]).unwrap();
    let mut short = Vec::new();
    for change in &changes {
        let (rest, hash) = shorten(change, last).unwrap();
        short.push(rest.into());
        last = hash;
    }
    let after = json(&row(&phone.engine, customer));
    let difference = Difference::of(&after, &differing(&json(before), &after));
    Delta {
        id,
        changes: short,
        fingerprint: fingerprint(&Heads::new(vec![last])),
        schema: before.schema,
        difference: serde_json::to_vec(&difference).unwrap().into(),
    }
}

/// Found by seed 67419224: a phone had the first of two changes already (from before the relay's restore), and what
/// changed in the row was told from before them to after them. What the first had changed, and the second changed back,
/// stayed as it was.
#[test]
fn a_device_that_stands_between_two_changes_shows_what_they_lead_to() {
    let phone = Phone::new();
    let customer = phone.customer("Corner shop");
    let before = row(&phone.engine, customer);
    let customers = phone.engine.of::<Customer>();
    customers.archive(customer, None).unwrap();
    answered(&phone.engine, |_, pushes| {
        let own = Grants {
            scopes: vec![Grant {
                scope: DocumentId::from(customer).into(),
                access: Access::Write,
            }],
        };
        let receipts = pushes.into_iter().map(|push| let_in(push, true));
        receipts.chain([own.into(), commit(0, 1)]).collect()
    });
    phone.engine.suspend().unwrap();
    let copy = phone.path().with_file_name("copy.db");
    std::fs::copy(phone.path(), &copy).unwrap();
    phone.engine.resume();
    let between = open(&copy, &phone.clock);
    assert!(row(&between, customer).archived);

    // An edit beats an archive.
    let patch = CustomerPatch {
        industry: Some("tea".to_owned()),
        ..CustomerPatch::default()
    };
    customers.edit(customer, patch, None).unwrap();
    let after = row(&phone.engine, customer);
    assert!(!after.archived && !before.archived);

    let delta = delta(&phone, customer, &before);
    assert_eq!(delta.changes.len(), 2);
    answered(&between, |_, _| vec![delta.into(), commit(1, 2)]);
    assert_eq!(row(&between, customer), after);
}
