//! One rep closes a deal as won, another as lost, neither seeing the other: it is disputed on every phone until somebody
//! who has seen both decides.

use anyhow::Result;
use satchel_core::domain::deal::LostReason;
use satchel_core::domain::{Customer, CustomerPatch, Deal, DealPatch, ProcessTemplate};
use satchel_core::schema::value::Money;
use satchel_tests::field::Team;

#[test]
fn a_won_and_a_lost_made_apart_are_disputed() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo, manager) = (team.rep("Ann")?, team.rep("Bo")?, team.manager("Wang Wei")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    let template = ProcessTemplate::standard();
    let to = |stage: &str| DealPatch {
        append_moves: template.move_to(stage).into_iter().collect(),
        ..DealPatch::default()
    };
    let deal = ann.engine.of::<Deal>().create(DealPatch {
        customer_id: Some(shop),
        name: Some("Autumn shelf".to_owned()),
        amount: Some(Money::new(1_200_000, "CNY")),
        expected_close: Some("2026-09-30".parse()?),
        ..to("proposal")
    })?;
    ann.sync()?;
    team.assign(shop, bo.member)?;
    bo.sync()?;

    ann.engine.of::<Deal>().edit(deal, to("won"), None)?;
    let lost = DealPatch {
        lost_reason: Some(LostReason::Price),
        ..to("lost")
    };
    bo.engine.of::<Deal>().edit(deal, lost, None)?;
    for phone in [&ann, &bo, &ann, &manager] {
        phone.sync()?;
    }
    for phone in [&ann, &bo, &manager] {
        assert_eq!(phone.row(deal)?.derived["disputed"], true, "{}", phone.name);
    }

    manager.engine.of::<Deal>().edit(deal, to("won"), None)?;
    for phone in [&manager, &ann, &bo] {
        phone.sync()?;
    }
    for phone in [&ann, &bo, &manager] {
        let row = phone.row(deal)?;
        assert_eq!(
            (&row.derived["disputed"], &row.derived["stage"]),
            (&false.into(), &"won".into()),
            "{}",
            phone.name
        );
    }
    Ok(())
}
