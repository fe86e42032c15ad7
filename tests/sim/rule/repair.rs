//! Damage that digests show, and its repair.

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_core::wire;
use satchel_core::wire::digest::Digest;
use serde_json::json;

use crate::reduced::{ONE, with_customer};
use crate::world::World;

/// Customers with visits of the first rep, everybody in agreement.
fn with_customers() -> Result<(World, Vec<DocumentId>)> {
    let (mut world, _) = with_customer()?;
    for _ in 0..6 {
        world.make_family(ONE)?;
    }
    world.settle()?;
    let ids: Vec<DocumentId> = world.ledger.records.keys().copied().collect();
    world.set(ONE, ids[0], "industry", json!("tea"))?;
    world.settle()?;
    Ok((world, ids))
}

fn damage(world: &World, phone: usize, sql: &str, id: DocumentId) -> Result<()> {
    let file = Connection::open(world.phones[phone].disk.path("phone.db"))?;
    let changed = file.execute(sql, params![id.as_bytes()])?;
    ensure!(changed > 0, "nothing was damaged");
    Ok(())
}

/// Exchanges until the phone has nothing more to say: how many, and their bytes up and down.
fn exchanges(world: &mut World, phone: usize) -> Result<(usize, usize, usize)> {
    let (mut count, mut up, mut down) = (0, 0, 0);
    loop {
        let (mut ongoing, request) = world.phones[phone].engine.begin_exchange(0)?;
        let sender = world.session(phone)?.unwrap();
        let decided = world.relay.decide(sender, &request, false)?.unwrap();
        let answer = world.complete(phone, decided)?.concat();
        (count, up, down) = (count + 1, up + request.len(), down + answer.len());
        ongoing.receive(&answer)?;
        let finished = ongoing.finish();
        if !world.phones[phone].engine.has_more(&finished)? {
            return Ok((count, up, down));
        }
        ensure!(count < 40, "it does not end");
    }
}

fn repaired(world: &mut World, what: &str) -> Result<()> {
    let agreed = world.phones[ONE].engine.sync_status()?.agreed;
    let (count, up, down) = exchanges(world, ONE)?;
    println!("{what}: {count} exchanges, {up} bytes up, {down} bytes down");
    let status = world.phones[ONE].engine.sync_status()?;
    ensure!(status.agreed == Some(true), "{what}: {status:?}, before {agreed:?}");
    world.check_everything()
}

#[test]
fn a_document_that_is_gone_comes_back() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    damage(&world, ONE, "DELETE FROM document WHERE id = ?1", ids[3])?;
    assert_eq!(
        world.phones[ONE].engine.audit()?,
        1,
        "one scope adds up to something else"
    );
    repaired(&mut world, "a document is gone")
}

#[test]
fn heads_that_are_stale_are_set_right() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    let stale = Heads::new(vec![ChangeHash([7; 32])]);
    let file = Connection::open(world.phones[ONE].disk.path("phone.db"))?;
    for id in &ids[..3] {
        let changed = file.execute(
            "UPDATE document SET acked = ?2 WHERE id = ?1",
            params![id.as_bytes(), stale.to_bytes()],
        )?;
        assert_eq!(changed, 1);
    }
    drop(file);
    assert!(world.phones[ONE].engine.audit()? > 0);
    repaired(&mut world, "three documents with stale heads")
}

#[test]
fn a_sum_that_is_wrong_costs_one_comparison_and_no_document() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    let file = Connection::open(world.phones[ONE].disk.path("phone.db"))?;
    file.execute(
        "UPDATE scope SET digest = ?2 WHERE id = ?1",
        params![ids[0].as_bytes(), [3_u8; 16]],
    )?;
    drop(file);
    // The comparison shows it; adding up mends it.
    let (count, ..) = exchanges(&mut world, ONE)?;
    println!("a wrong sum: {count} exchanges until both sides know that no document differs");
    assert_eq!(world.phones[ONE].engine.sync_status()?.agreed, Some(false));
    assert_eq!(world.phones[ONE].engine.audit()?, 1);
    repaired(&mut world, "a wrong sum, added up")
}

#[test]
fn changes_that_are_gone_are_asked_for_and_the_bytes_are_whole_again() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    let sql = "DELETE FROM change WHERE number = (SELECT max(change.number) FROM change JOIN document
               ON document.number = change.document WHERE document.id = ?1)";
    damage(&world, ONE, sql, ids[0])?;
    let (next, found) = world.phones[ONE].engine.inspect(None, 1_000)?;
    assert_eq!((next, found), (None, 1));
    repaired(&mut world, "changes are gone")
}

/// What the relay has lost comes back from the phones that hold it, although none of them wrote anything since.
#[test]
fn what_the_relay_lacks_is_pushed_to_it() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    let visit = ids[ids.len() - 1];
    let stored = world.relay.document(visit)?.unwrap();
    let file = Connection::open(world.relay.disk.path("relay.db"))?;
    file.execute("DELETE FROM change WHERE document = ?1", params![visit.as_bytes()])?;
    file.execute("DELETE FROM document WHERE id = ?1", params![visit.as_bytes()])?;
    let sql = "SELECT digest FROM scope_digest WHERE scope = ?1";
    let sum: Vec<u8> = file.query_row(sql, params![stored.scope.as_bytes()], |row| row.get(0))?;
    let sum = Digest::from_bytes(&sum)
        .unwrap()
        .minus(Digest::of(visit, &stored.heads));
    let sql = "UPDATE scope_digest SET digest = ?2, documents = documents - 1 WHERE scope = ?1";
    file.execute(sql, params![stored.scope.as_bytes(), sum.to_bytes()])?;
    drop(file);
    repaired(&mut world, "the relay lacks a document")
}

#[test]
fn an_agreement_costs_no_comparison() -> Result<()> {
    let (mut world, _) = with_customers()?;
    let (ongoing, request) = world.phones[ONE].engine.begin_exchange(0)?;
    drop(ongoing);
    assert_eq!(wire::decode(&request)?.len(), 1, "Hello and nothing else");
    assert_eq!(exchanges(&mut world, ONE)?.0, 1);
    Ok(())
}

/// What differs is found and mended on a live connection too, by the same frames.
#[test]
fn what_differs_is_mended_over_a_live_connection() -> Result<()> {
    let (mut world, ids) = with_customers()?;
    damage(&world, ONE, "DELETE FROM document WHERE id = ?1", ids[3])?;
    assert_eq!(world.phones[ONE].engine.audit()?, 1);
    let mut wire = world.connect(ONE)?.context("a connection")?;
    world.quiet_down(ONE, &mut wire)?;
    assert_eq!(world.phones[ONE].engine.sync_status()?.agreed, Some(true));
    world.check_everything()
}
