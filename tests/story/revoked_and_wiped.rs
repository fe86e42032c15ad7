//! A phone is lost and its device revoked. At its next contact it hands in what nobody has, deletes everything, and the
//! relay holds a receipt. That is how a phone is wiped from afar.

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_core::engine::Error;
use satchel_core::ids::DocumentId;
use satchel_tests::field::Team;

use crate::purge_shown::{files, holds, traces};

#[test]
fn a_revoked_phone_hands_in_and_is_wiped() -> Result<()> {
    let team = Team::new()?;
    let ann = team.add("Ann", "rep")?;
    let (lost, manager) = (team.phone(&ann)?, team.manager("Wang Wei")?);
    let shop = lost.engine.of::<Customer>().create(CustomerPatch {
        name: Some("XyloPhonQuartz 鑫鑰鏢".to_owned()),
        ..CustomerPatch::default()
    })?;
    let note = lost.engine.of::<Note>().create(NotePatch {
        parent: Some(shop.into()),
        body: Some("Met in BrambleWickTown".to_owned()),
        ..NotePatch::default()
    })?;
    for number in 0..40 {
        let edit = CustomerPatch {
            employees: Some(number),
            ..CustomerPatch::default()
        };
        lost.engine.of::<Customer>().edit(shop, edit, None)?;
    }
    lost.sync()?;
    manager.sync()?;
    assert_eq!(lost.search("xylophonquartz")?, [shop.into()]);
    let traces = traces(&lost, &[DocumentId::from(shop), note.into()])?;
    let before = files(&lost)?;
    for (what, needle) in &traces {
        ensure!(
            holds(&before, needle),
            "the search does not find {what}, which is there"
        );
    }

    // Written after its last contact: an edit, and a record of which nobody has heard.
    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    lost.engine.of::<Customer>().edit(shop, edit, None)?;
    lost.engine.of::<Customer>().create(CustomerPatch {
        name: Some("MarlinSpikeHarbour".to_owned()),
        ..CustomerPatch::default()
    })?;
    let held = lost.records()?;
    let device = lost.engine.identity()?.context("enrolled")?.device.to_string();
    team.relay.admin(&["device", "revoke", &device])?;
    lost.try_sync()?;

    let status = lost.engine.sync_status()?;
    ensure!(status.revoked && status.wiped && status.pending == 0, "{status:?}");
    assert_eq!(lost.records()?, 0);
    ensure!(lost.search("xylophonquartz")?.is_empty());
    ensure!(lost.engine.notices(None, 10)?.is_empty(), "notices tell of records");
    let after = files(&lost)?;
    let left: Vec<&String> = traces
        .iter()
        .filter(|(_, needle)| holds(&after, needle))
        .map(|(what, _)| what)
        .collect();
    ensure!(left.is_empty(), "left in the files: {left:?}");
    for name in ["MarlinSpikeHarbour", "arlinspikeharbour", "Wang Wei"] {
        ensure!(!holds(&after, name.as_bytes()), "{name} is left in the files");
    }
    let refused = lost.engine.of::<Customer>().create(CustomerPatch {
        name: Some("Later".to_owned()),
        ..CustomerPatch::default()
    });
    ensure!(matches!(refused, Err(Error::Wiped)), "{refused:?}");

    // The receipt, told once.
    let devices = team.relay.admin(&["device", "list", "--member", "Ann"])?;
    ensure!(devices[0]["wiped_documents"] == held, "{held} were held: {devices}");
    let at = devices[0]["wiped_at"].clone();
    lost.try_sync()?;
    let devices = team.relay.admin(&["device", "list", "--member", "Ann"])?;
    ensure!(at.is_string() && devices[0]["wiped_at"] == at, "{devices}");

    // What it handed in waits for a person, and is whole.
    let waiting = team.relay.admin(&["quarantine", "list"])?;
    let rows = waiting.as_array().context("no list")?;
    ensure!(rows.len() == 2, "{waiting}");
    for row in rows {
        team.relay
            .admin(&["quarantine", "accept", &row["number"].to_string()])?;
    }
    manager.sync()?;
    ensure!(manager.row(shop)?.fields["industry"] == "retail");
    assert_eq!(manager.search("marlinspike")?.len(), 1);
    Ok(())
}
