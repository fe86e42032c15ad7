//! Two reps work on one customer without seeing each other; both edits live, and the same field shows both values.

use anyhow::Result;
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_tests::field::Team;
use serde_json::json;

#[test]
fn both_edits_live_and_the_same_field_shows_both_values_with_their_authors() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let customers = ann.engine.of::<Customer>();
    let shop = customers.create(CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    })?;
    ann.sync()?;
    team.assign(shop, bo.member)?;
    bo.sync()?;
    assert_eq!(bo.row(shop)?, ann.row(shop)?);

    let by_ann = CustomerPatch {
        name: Some("Corner store".to_owned()),
        industry: Some("retail".to_owned()),
        add_tags: vec!["A".to_owned()],
        ..CustomerPatch::default()
    };
    customers.edit(shop, by_ann, None)?;
    let by_bo = CustomerPatch {
        name: Some("Corner market".to_owned()),
        website: Some("corner.example".to_owned()),
        add_tags: vec!["B".to_owned()],
        ..CustomerPatch::default()
    };
    bo.engine.of::<Customer>().edit(shop, by_bo, None)?;
    ann.sync()?;
    bo.sync()?;
    ann.sync()?;

    let row = ann.row(shop)?;
    assert_eq!(row, bo.row(shop)?);
    assert_eq!(row.fields["industry"], "retail");
    assert_eq!(row.fields["website"], "corner.example");
    assert_eq!(row.fields["tags"], json!(["A", "B"]));
    let conflicts = ann.engine.conflicts(shop.into())?;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].field, "name");
    let mut values: Vec<_> = conflicts[0]
        .siblings
        .iter()
        .map(|one| (one.value.as_str(), one.by))
        .collect();
    values.sort_unstable();
    assert_eq!(
        values,
        [
            (Some("Corner market"), Some(bo.member)),
            (Some("Corner store"), Some(ann.member))
        ]
    );

    bo.engine.resolve(shop.into(), "name", &json!("Corner market"), None)?;
    bo.sync()?;
    ann.sync()?;
    assert!(ann.engine.conflicts(shop.into())?.is_empty());
    assert_eq!(ann.row(shop)?.fields["name"], "Corner market");
    Ok(())
}
