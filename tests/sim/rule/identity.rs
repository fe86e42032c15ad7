//! Clones and restored backups: two phones that write under the same numbers.

use anyhow::Result;
use satchel_core::ids::{ActorId, DocumentId};
use serde_json::json;

use crate::reduced::{ONE, with_customer};
use crate::world::World;

/// Author, time and what was done, of every change.
fn told(world: &World, phone: usize, id: DocumentId) -> Vec<String> {
    let mut document = world.phones[phone].load(id).unwrap();
    let mut told: Vec<String> = document
        .history()
        .into_iter()
        .map(|entry| format!("{:?} {} {:?}", entry.by, entry.at_ms, entry.fields))
        .collect();
    told.sort();
    told
}

fn actor(world: &World, phone: usize) -> ActorId {
    world.phones[phone].engine.actor().unwrap()
}

fn cloned(world: &mut World, phone: usize) -> usize {
    let clone = world.phones[phone].cloned("clone", 4711);
    world.phones.push(clone);
    world.phones.len() - 1
}

#[test]
fn what_a_clone_and_its_original_wrote_lives_everywhere() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(ONE, id, "needs", json!("tea"))?;
    world.settle()?;
    let clone = cloned(&mut world, ONE);
    let before = actor(&world, ONE);
    assert_eq!(actor(&world, clone), before, "it takes itself for the original");
    world.phones[clone].clock.advance_ms(5_000);
    world.set(ONE, id, "needs", json!("green tea"))?;
    world.set(ONE, id, "industry", json!("trade"))?;
    world.set(clone, id, "needs", json!("tea and cups"))?;
    world.set(clone, id, "source", json!("a fair"))?;
    let mut expected = told(&world, ONE, id);
    expected.extend(told(&world, clone, id));
    expected.sort();
    expected.dedup();

    world.settle()?;
    let all = [ONE, clone, 0, 1];
    world.check_alike(&all, id)?;
    let row = world.row(clone, id)?;
    assert_eq!(row.fields["needs"], json!("green tea and cups"));
    assert_eq!(
        (&row.fields["industry"], &row.fields["source"]),
        (&json!("trade"), &json!("a fair"))
    );
    assert_eq!(
        told(&world, ONE, id),
        expected,
        "each edit once, with its author and its time"
    );
    assert_ne!(actor(&world, clone), actor(&world, ONE));

    // Life goes on under numbers of one's own.
    for (phone, industry) in [(ONE, "tea"), (clone, "coffee"), (ONE, "water")] {
        world.set(phone, id, "industry", json!(industry))?;
        world.settle()?;
        world.check_alike(&all, id)?;
    }
    Ok(())
}

/// The relay speaks first: the other's changes come before anything was refused.
#[test]
fn a_number_of_ones_own_that_comes_with_another_hash_is_noticed() -> Result<()> {
    let (mut world, id) = with_customer()?;
    let clone = cloned(&mut world, ONE);
    world.set(ONE, id, "industry", json!("trade"))?;
    world.settle()?;
    let (mut ongoing, request) = world.phones[clone].engine.begin_exchange(0)?;
    // Written after the question was asked: nothing is pushed, and the answer takes the number.
    let sender = world.session(clone)?.unwrap();
    let decided = world.relay.decide(sender, &request, false)?.unwrap();
    world.set(clone, id, "source", json!("a fair"))?;
    ongoing.receive(&world.complete(clone, decided)?.concat())?;
    let row = world.row(clone, id)?;
    assert_eq!(
        (&row.fields["industry"], &row.fields["source"]),
        (&json!("trade"), &json!("a fair")),
        "both at once"
    );
    world.settle()?;
    world.check_alike(&[ONE, clone, 0, 1], id)
}

/// A backup that is older than what its phone has handed in since.
#[test]
fn a_phone_restored_from_a_backup_loses_nothing_and_takes_no_number_twice() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(ONE, id, "needs", json!("one"))?;
    let backup = cloned(&mut world, ONE);
    // Handed in after the backup, with one more edit of the same record.
    world.set(ONE, id, "needs", json!("one two"))?;
    world.exchange(ONE, 0, None)?;
    let lost = world.phones.swap_remove(ONE);
    drop(lost);
    let backup = if backup == world.phones.len() { ONE } else { backup };
    assert_eq!(world.phones[backup].name, "clone");
    world.set(backup, id, "industry", json!("trade"))?;
    world.settle()?;
    world.check_alike(&[backup, 0, 1], id)?;
    let row = world.row(backup, id)?;
    assert_eq!(
        row.fields["needs"],
        json!("one two"),
        "what the relay had of it is not written twice"
    );
    assert_eq!(row.fields["industry"], json!("trade"));
    Ok(())
}
