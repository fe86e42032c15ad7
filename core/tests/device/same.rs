use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Customer, CustomerId, CustomerPatch, Visit, VisitPatch};
use satchel_core::engine::Error;
use satchel_core::{merger, query};

use crate::{Phone, open};

fn shop(phone: &Phone, name: &str, phone_number: &str) -> CustomerId {
    let patch = CustomerPatch {
        name: Some(name.to_owned()),
        add_phones: vec![phone_number.to_owned()],
        ..CustomerPatch::default()
    };
    phone.engine.of::<Customer>().create(patch).unwrap()
}

fn suspects(phone: &Phone, id: CustomerId) -> Vec<CustomerId> {
    merger::find(&phone.engine, id)
        .unwrap()
        .into_iter()
        .map(|suspect| suspect.id)
        .collect()
}

fn visit(phone: &Phone, customer: CustomerId) {
    let patch = VisitPatch {
        customer_id: Some(customer),
        visit_kind: Some(VisitKind::Planned),
        ..VisitPatch::default()
    };
    phone.engine.of::<Visit>().create(patch).unwrap();
}

#[test]
fn duplicates_are_found_merged_and_taken_apart_and_references_stay() {
    let phone = Phone::new();
    let one = shop(&phone, "北京永盛茶叶有限公司", "+8613800138000");
    let two = shop(&phone, "永盛茶叶", "+8613800138000");
    let far = shop(&phone, "上海咖啡", "+8613911112222");
    assert_eq!(suspects(&phone, one), [two]);
    assert_eq!(suspects(&phone, two), [one]);
    assert!(suspects(&phone, far).is_empty());
    visit(&phone, one);
    visit(&phone, two);
    merger::merge(&phone.engine, two, one).unwrap();
    assert!(suspects(&phone, one).is_empty(), "what was merged is suspected no more");
    let page = |id| {
        phone
            .engine
            .read(|reader| Ok(query::customer_page(reader, id, 10)?))
            .unwrap()
            .unwrap()
    };
    for asked in [one, two] {
        let page = page(asked);
        assert_eq!(page.customer.id, one.into());
        assert_eq!(
            page.merged.iter().map(|record| record.id).collect::<Vec<_>>(),
            [two.into()]
        );
        let visits = page.related.iter().find(|related| related.kind == "visit").unwrap();
        assert_eq!(visits.page.records.len(), 2);
        // Each visit still names the customer that it named.
        let mut named: Vec<_> = visits
            .page
            .records
            .iter()
            .map(|record| record.row.fields["customer_id"].clone())
            .collect();
        named.sort_by_key(ToString::to_string);
        let mut expected = vec![serde_json::json!(one), serde_json::json!(two)];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(named, expected);
    }
    merger::unmerge(&phone.engine, two, one).unwrap();
    assert_eq!(suspects(&phone, one), [two]);
    assert_eq!(page(two).customer.id, two.into());
}

#[test]
fn a_merger_needs_two_customers_that_are_here() {
    let phone = Phone::new();
    let one = shop(&phone, "A", "+8613800138000");
    assert!(matches!(merger::merge(&phone.engine, one, one), Err(Error::Invalid(_))));
    let nowhere = CustomerId(satchel_core::ids::DocumentId::from_bytes([9; 16]));
    assert!(matches!(
        merger::merge(&phone.engine, one, nowhere),
        Err(Error::NotFound)
    ));
    assert!(matches!(
        merger::merge(&phone.engine, nowhere, one),
        Err(Error::NotFound)
    ));
}

#[test]
fn keys_follow_an_edit_and_are_there_after_opening_again() {
    let phone = Phone::new();
    let one = shop(&phone, "北京永盛茶叶", "+8613800138000");
    let two = shop(&phone, "永盛茶叶", "+8613911112222");
    assert!(suspects(&phone, one).is_empty());
    let patch = CustomerPatch {
        add_phones: vec!["+8613800138000".to_owned()],
        ..CustomerPatch::default()
    };
    phone.engine.of::<Customer>().edit(two, patch, None).unwrap();
    phone.engine.close().unwrap();
    let engine = open(&phone.path(), &phone.clock);
    let found: Vec<_> = merger::find(&engine, one)
        .unwrap()
        .into_iter()
        .map(|suspect| suspect.id)
        .collect();
    assert_eq!(found, [two]);
}
