//! Somebody changes one field of many records: another phone gets the changed fields and nothing that it knows, in one
//! exchange, and its rows are those that it would have read from the documents.

use anyhow::Result;
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Customer, CustomerId, CustomerPatch, Visit, VisitId, VisitPatch};
use satchel_core::ids::DocumentId;
use satchel_tests::field::{Phone, Team};
use serde_json::{Map, json};

const VISITS: usize = 40;

fn visit(customer: CustomerId, number: usize) -> VisitPatch {
    VisitPatch {
        customer_id: Some(customer),
        visit_kind: Some(VisitKind::Planned),
        summary: Some(format!(
            "第{number}次拜访：冷柜里我们的排面只有四个，比上次少了两个，需要补货。"
        )),
        zone: Some("Asia/Shanghai".to_owned()),
        ..VisitPatch::default()
    }
}

fn next_action(text: &str) -> VisitPatch {
    VisitPatch {
        next_action: Some(text.to_owned()),
        ..VisitPatch::default()
    }
}

/// The rows are what the documents say.
fn rows_are_true(phone: &Phone, ids: &[DocumentId]) -> Result<()> {
    let read = |phone: &Phone| ids.iter().map(|id| phone.row(*id)).collect::<Result<Vec<_>>>();
    let before = read(phone)?;
    let mut after = None;
    loop {
        after = phone.engine.rebuild(after, 100)?;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(before, read(phone)?, "{}", phone.name);
    Ok(())
}

#[test]
fn another_phone_gets_what_changed_in_one_exchange() -> Result<()> {
    let team = Team::new()?;
    let ann = team.add("Ann", "rep")?;
    let (one, other) = (team.phone(&ann)?, team.phone(&ann)?);
    let shop = one.engine.of::<Customer>().create(CustomerPatch {
        name: Some("街角小店".to_owned()),
        ..CustomerPatch::default()
    })?;
    let entry = |value| json!({ "needs_profile": { "cooler": value, "shelf": "yes" } });
    let profile = |value| {
        let fields: Map<_, _> = entry(value).as_object().cloned().unwrap_or_default();
        satchel_core::schema::Patch::from_json(one.engine.kind("customer").unwrap(), &fields).unwrap()
    };
    one.engine.edit(shop.into(), &profile(json!("no")), None)?;
    let visits: Vec<VisitId> = (0..VISITS)
        .map(|number| one.engine.of::<Visit>().create(visit(shop, number)))
        .collect::<Result<_, _>>()?;
    let mut ids: Vec<DocumentId> = visits.iter().map(|id| (*id).into()).collect();
    ids.push(shop.into());
    one.sync()?;
    other.sync()?;
    let whole = other.sync()?;
    assert_eq!(whole.documents, 0, "{whole:?}");

    for (number, id) in visits.iter().enumerate() {
        one.engine
            .of::<Visit>()
            .edit(*id, next_action(&format!("补货 {number}")), None)?;
    }
    // An entry of a map that goes away, and two changes of one record.
    one.engine.edit(shop.into(), &profile(json!(null)), None)?;
    one.engine.edit(shop.into(), &profile(json!(null)), None)?;
    one.engine
        .of::<Visit>()
        .edit(visits[0], next_action("先打电话"), None)?;
    let pushed = one.sync()?;
    assert_eq!(pushed.exchanges, 1, "{pushed:?}");
    let came = other.sync()?;
    assert_eq!((came.exchanges, came.documents), (1, VISITS as u64 + 1), "{came:?}");
    assert!(came.received < 120 * VISITS as u64, "{came:?}");
    assert_eq!(other.row(visits[0])?.fields["next_action"], "先打电话");
    assert_eq!(other.row(shop)?.fields["needs_profile"], json!({ "shelf": "yes" }));
    rows_are_true(&other, &ids)?;

    // An edit of one's own stands beside what comes, and goes out in the same exchange.
    one.engine.of::<Visit>().edit(visits[1], next_action("换门头"), None)?;
    one.sync()?;
    let summary = VisitPatch {
        summary: Some("老板不在。".to_owned()),
        ..VisitPatch::default()
    };
    other.engine.of::<Visit>().edit(visits[1], summary, None)?;
    other.sync()?;
    one.sync()?;
    for phone in [&one, &other] {
        let row = phone.row(visits[1])?;
        assert_eq!(
            (&row.fields["next_action"], &row.fields["summary"]),
            (&json!("换门头"), &json!("老板不在。"))
        );
        assert_eq!(phone.engine.sync_status()?.agreed, Some(true), "{}", phone.name);
        rows_are_true(phone, &ids)?;
    }
    Ok(())
}
