//! Two phones in the foreground: what one writes, the other shows, without asking.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_core::engine::Change;
use satchel_tests::field::Team;

#[test]
fn what_one_writes_the_other_shows() -> Result<()> {
    let team = Team::new()?;
    let (ann, manager) = (team.rep("Ann")?, team.manager("Wang Wei")?);
    let list = manager.engine.of::<Customer>();
    let shown = list.observe(&list.query())?;
    let _entered = team.runtime().enter();
    let (_watching, _) = manager.client.live(manager.engine.clone());
    let (_working, _) = ann.client.live(ann.engine.clone());

    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    let change = shown
        .wait(Duration::from_secs(20))
        .into_iter()
        .next()
        .context("nothing arrived")?;
    ensure!(
        matches!(change, Change::Added { id, .. } if id == shop.into()),
        "{change:?}"
    );

    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    ann.engine.of::<Customer>().edit(shop, edit, None)?;
    let mut seen = None;
    while seen.is_none() {
        let changes = shown.wait(Duration::from_secs(20));
        ensure!(!changes.is_empty(), "the edit did not arrive");
        seen = changes.into_iter().find_map(|change| match change {
            Change::Changed { row, .. } => row.fields.get("industry").cloned(),
            _ => None,
        });
    }
    ensure!(seen == Some("retail".into()), "{seen:?}");
    Ok(())
}
