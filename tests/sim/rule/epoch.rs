//! What a device does with a relay that was restored from a backup.

use anyhow::{Context as _, Result, ensure};
use satchel_server::relay::restore;
use satchel_server::store::StoreError;
use satchel_server::store::restore::Cause;
use serde_json::json;

use crate::reduced::{ONE, TABLET, TWO, hand, with_customer_in};
use crate::world::World;

/// The device had loaded a part of a scope, and no commit had come up to where that stands: the points that it named were
/// all known to the restored relay, which was taken for the same as before, knew nothing of the scope, and the record that
/// nobody else held was deleted as out of reach. Found by seed 811993579.
#[test]
fn what_was_loaded_ahead_of_the_cursor_comes_back_to_a_restored_relay() -> Result<()> {
    let (mut world, first) = with_customer_in(World::new(0, None))?;
    ensure!(!world.restore_relay()?, "the backup is taken");
    world.make(ONE, "customer", None, false)?;
    let made = world.ledger.newest.take().context("a customer")?;
    world.set(ONE, made, "needs", json!("tea"))?;
    world.exchange(ONE, 0, None)?;
    world.make(ONE, "note", Some(made), false)?;
    world.exchange(ONE, 0, None)?;
    hand(&mut world, made, TWO)?;
    // Room for one document: the answer is cut within the scope.
    world.exchange(TWO, 1, None)?;
    ensure!(world.phones[TWO].engine.get(made)?.is_some(), "it was not loaded");
    for phone in [ONE, TABLET] {
        world.exchange(phone, 0, None)?;
        world.exchange(phone, 0, None)?;
        ensure!(world.phones[phone].engine.get(made)?.is_none(), "it was not purged");
    }
    world.pass_ms(3_600_000);
    ensure!(world.restore_relay()?, "the backup is put back");
    ensure!(world.relay.load(made)?.is_none(), "the backup is too new");
    let now_ms = world.now_ms();
    world
        .relay
        .write::<_, StoreError>(|tx| restore::begin(tx, Cause::Operator, now_ms))?;
    ensure!(world.confirm_restore()?, "nobody had to confirm it");
    world.settle()?;
    // The handover is gone with the relay: whoever made it has it again.
    world.check_alike(&[ONE, TABLET], made)?;
    world.check_alike(&[ONE], first)
}
