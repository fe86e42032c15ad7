//! Two reps enter the same shop. One phone sees it and merges the two while the other adds a visit to the one that goes:
//! the visit is found under the one that stays, and nothing was rewritten.

use anyhow::{Context, Result};
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Customer, CustomerPatch, Visit, VisitPatch};
use satchel_core::engine::Engine;
use satchel_core::merger;
use satchel_core::query::customer_page;
use satchel_tests::field::Team;

fn page(engine: &Engine, id: satchel_core::domain::CustomerId) -> Result<satchel_core::query::CustomerPage> {
    engine
        .read(|reader| Ok(customer_page(reader, id, 20)?))?
        .context("no such customer")
}

fn shows(page: &satchel_core::query::CustomerPage, id: satchel_core::ids::DocumentId) -> bool {
    page.related
        .iter()
        .any(|list| list.page.records.iter().any(|record| record.id == id))
}

#[test]
fn a_merge_on_one_phone_and_a_visit_on_the_other() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let enter = |name: &str| CustomerPatch {
        name: Some(name.to_owned()),
        add_phones: vec!["+8613671110029".to_owned()],
        ..CustomerPatch::default()
    };
    let by_ann = ann.engine.of::<Customer>().create(enter("北京永辉超市有限公司"))?;
    let by_bo = bo.engine.of::<Customer>().create(enter("永辉超市（北京）"))?;
    ann.sync()?;
    bo.sync()?;
    team.assign(by_ann, bo.member)?;
    team.assign(by_bo, ann.member)?;
    ann.sync()?;
    bo.sync()?;

    let suspects = merger::find(&ann.engine, by_ann)?;
    assert_eq!(
        suspects.iter().map(|suspect| suspect.id).collect::<Vec<_>>(),
        [by_bo],
        "found by phone number and name"
    );
    merger::merge(&ann.engine, by_bo, by_ann)?;
    let visit = VisitPatch {
        customer_id: Some(by_bo),
        visit_kind: Some(VisitKind::Unplanned),
        ..VisitPatch::default()
    };
    let visit = bo.engine.of::<Visit>().create(visit)?;
    for phone in [&ann, &bo, &ann] {
        phone.sync()?;
    }

    for phone in [&ann, &bo] {
        let page = page(&phone.engine, by_bo)?;
        assert_eq!(
            page.customer.id,
            by_ann.into(),
            "{}: the one that goes leads to the one that stays",
            phone.name
        );
        assert!(shows(&page, visit.into()), "{}: and shows the visit", phone.name);
        assert_eq!(
            phone.row(visit)?.fields["customer_id"],
            by_bo.to_string(),
            "no reference was rewritten"
        );
    }

    merger::unmerge(&bo.engine, by_bo, by_ann)?;
    bo.sync()?;
    ann.sync()?;
    assert_eq!(page(&ann.engine, by_bo)?.customer.id, by_bo.into());
    assert!(!shows(&page(&ann.engine, by_ann)?, visit.into()));
    Ok(())
}
