//! A phone is lost and revoked while it holds an edit that nobody has. It may still hand the edit in, sees nothing any
//! more, and a person decides what becomes of it.

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_tests::field::Team;

use crate::purge_shown::holds;

#[test]
fn a_revoked_phone_hands_in_and_sees_nothing_any_more() -> Result<()> {
    let team = Team::new()?;
    let ann = team.add("Ann", "rep")?;
    let (lost, manager) = (team.phone(&ann)?, team.manager("Wang Wei")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = lost.engine.of::<Customer>().create(made)?;
    lost.sync()?;
    manager.sync()?;

    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    lost.engine.of::<Customer>().edit(shop, edit, None)?;
    let device = lost.engine.identity()?.context("enrolled")?.device.to_string();
    team.relay.admin(&["device", "revoke", &device])?;
    let later = CustomerPatch {
        website: Some("corner.example".to_owned()),
        ..CustomerPatch::default()
    };
    manager.engine.of::<Customer>().edit(shop, later, None)?;
    manager.sync()?;

    lost.try_sync()?;
    ensure!(lost.engine.sync_status()?.revoked, "the phone is told");
    ensure!(!lost.has(shop)?, "and holds nothing any more");
    ensure!(
        !holds(&lost.bytes()?, b"corner.example"),
        "nor gets what was written since"
    );
    manager.sync()?;
    ensure!(
        !manager.row(shop)?.fields.contains_key("industry"),
        "nobody sees it before somebody decides"
    );

    let waiting = team.relay.admin(&["quarantine", "list"])?;
    let rows = waiting
        .as_array()
        .or_else(|| waiting["items"].as_array())
        .context("no list")?;
    ensure!(
        rows.len() == 1 && rows[0]["code"] == "revoked",
        "its edit waits: {waiting}"
    );
    team.relay
        .admin(&["quarantine", "accept", &rows[0]["number"].to_string()])?;
    manager.sync()?;
    let row = manager.row(shop)?;
    ensure!(
        row.fields["industry"] == "retail" && row.fields["website"] == "corner.example",
        "{row:?}"
    );
    Ok(())
}
