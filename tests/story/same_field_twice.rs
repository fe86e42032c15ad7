//! Two people set the same field without seeing each other: both values are shown, with who and when, on every phone and
//! for the manager, until somebody chooses.

use anyhow::Result;
use satchel_core::domain::customer::CustomerLevel;
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_tests::field::Team;
use serde_json::json;

#[test]
fn both_values_are_shown_until_somebody_chooses() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo, manager) = (team.rep("Ann")?, team.rep("Bo")?, team.manager("Wang Wei")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    ann.sync()?;
    team.assign(shop, bo.member)?;
    bo.sync()?;

    let level = |level| CustomerPatch {
        level: Some(level),
        ..CustomerPatch::default()
    };
    ann.engine.of::<Customer>().edit(shop, level(CustomerLevel::A), None)?;
    bo.clock.advance_ms(3_600_000);
    bo.engine.of::<Customer>().edit(shop, level(CustomerLevel::C), None)?;
    for phone in [&ann, &bo, &ann, &manager] {
        phone.sync()?;
    }

    for phone in [&ann, &bo, &manager] {
        let conflicts = phone.engine.conflicts(shop.into())?;
        assert_eq!(conflicts.len(), 1, "{}", phone.name);
        assert_eq!(conflicts[0].field, "level");
        let mut seen: Vec<_> = conflicts[0]
            .siblings
            .iter()
            .map(|one| (one.value.clone(), one.by))
            .collect();
        seen.sort_by_key(|(value, _)| value.to_string());
        assert_eq!(seen, [(json!("a"), Some(ann.member)), (json!("c"), Some(bo.member))]);
        assert!(conflicts[0].siblings.iter().all(|one| one.at_ms > 0));
    }

    manager.engine.resolve(shop.into(), "level", &json!("a"), None)?;
    for phone in [&manager, &ann, &bo] {
        phone.sync()?;
    }
    for phone in [&ann, &bo, &manager] {
        assert!(phone.engine.conflicts(shop.into())?.is_empty(), "{}", phone.name);
        assert_eq!(phone.row(shop)?.fields["level"], "a");
    }
    Ok(())
}
