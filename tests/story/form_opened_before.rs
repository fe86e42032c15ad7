//! A form is opened before a sync and saved after it: the edit of the other person lives.

use anyhow::Result;
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_tests::field::Team;

#[test]
fn a_form_saved_late_reverts_nothing() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    ann.sync()?;
    team.assign(shop, bo.member)?;
    bo.sync()?;

    // Bo opens the form; while he types, Ann's edit arrives.
    let opened = bo.row(shop)?.heads;
    let by_ann = CustomerPatch {
        industry: Some("retail".to_owned()),
        short_name: Some("Corner".to_owned()),
        ..CustomerPatch::default()
    };
    ann.engine.of::<Customer>().edit(shop, by_ann, None)?;
    ann.sync()?;
    bo.sync()?;
    let by_bo = CustomerPatch {
        short_name: Some("The Corner".to_owned()),
        website: Some("corner.example".to_owned()),
        ..CustomerPatch::default()
    };
    bo.engine.of::<Customer>().edit(shop, by_bo, Some(&opened))?;
    bo.sync()?;
    ann.sync()?;

    for phone in [&ann, &bo] {
        let row = phone.row(shop)?;
        assert_eq!(row.fields["industry"], "retail", "what Bo had not seen is still there");
        assert_eq!(row.fields["website"], "corner.example");
        assert_eq!(
            row.conflicts,
            ["short_name"],
            "the field that both wrote shows both values"
        );
    }
    Ok(())
}
