//! A customer changes hands while the rep who had him is offline: what he wrote is kept, his phone forgets the customer,
//! the new rep has the whole history.

use anyhow::Result;
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Customer, CustomerPatch, Visit, VisitPatch};
use satchel_core::ids::DocumentId;
use satchel_tests::field::Team;

#[test]
fn the_old_phone_hands_in_and_forgets_the_new_one_has_everything() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let name = Some("Harbour kiosk 港口小卖部".to_owned());
    let shop = ann.engine.of::<Customer>().create(CustomerPatch {
        name,
        ..CustomerPatch::default()
    })?;
    let visit = VisitPatch {
        customer_id: Some(shop),
        visit_kind: Some(VisitKind::Planned),
        ..VisitPatch::default()
    };
    let first = ann.engine.of::<Visit>().create(visit.clone())?;
    ann.sync()?;
    bo.sync()?;
    assert!(!bo.has(shop)?, "Bo may not read Ann's customer");

    // Ann is in a basement: she writes on, and does not know.
    team.hand_over(shop, bo.member)?;
    let second = ann.engine.of::<Visit>().create(VisitPatch {
        next_action: Some("bring samples".to_owned()),
        ..visit
    })?;
    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    ann.engine.of::<Customer>().edit(shop, edit, None)?;
    bo.sync()?;
    assert_eq!(bo.row(shop)?.fields.get("industry"), None);

    ann.sync()?;
    for id in [DocumentId::from(shop), first.into(), second.into()] {
        assert!(!ann.has(id)?, "Ann's phone forgot it");
    }
    assert!(ann.search("港口")?.is_empty());
    let notices: Vec<_> = ann
        .engine
        .notices(None, 10)?
        .into_iter()
        .map(|notice| notice.code)
        .collect();
    assert_eq!(
        notices,
        ["late", "late"],
        "and she is told that what she wrote was taken"
    );

    bo.sync()?;
    assert_eq!(bo.row(shop)?.fields["industry"], "retail");
    assert_eq!(bo.row(second)?.fields["next_action"], "bring samples");
    assert_eq!(
        bo.engine.history(shop.into())?.len(),
        2,
        "the whole history moved with it"
    );
    assert_eq!(bo.engine.sync_status()?.agreed, Some(true));

    // And back again.
    team.hand_over(shop, ann.member)?;
    bo.sync()?;
    ann.sync()?;
    assert!(!bo.has(shop)? && ann.has(second)?);
    assert_eq!(ann.engine.sync_status()?.agreed, Some(true));
    Ok(())
}
