//! Why a record is on a phone or not, as the phone and the relay tell it; and whether a phone may be wiped.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use satchel_core::engine;
use satchel_core::ids::{DocumentId, ScopeId};
use satchel_server::relay::{Context, Explanation, Presence, RelayError, explain};
use serde_json::json;

use crate::fault::Fault;
use crate::reduced::{ONE, TWO, hand, with_customer};
use crate::world::World;

fn told(world: &mut World, phone: usize, id: DocumentId, knows: bool) -> Result<Explanation> {
    let (device, now_ms) = (world.phones[phone].identity.device, world.now_ms());
    let entropy = Arc::clone(&world.relay.entropy);
    let explained = world.relay.write::<_, RelayError>(|tx| {
        let context = Context::read(tx, now_ms, entropy.as_ref())?;
        explain(tx, &context, device, id, |_: Option<ScopeId>| Ok(knows))
    })?;
    explained.context("a device")
}

fn shown(world: &World, phone: usize, id: DocumentId) -> Result<engine::Presence> {
    Ok(world.phones[phone].engine.explain(id)?.presence)
}

#[test]
fn phone_and_relay_say_why_a_record_is_there_or_not() -> Result<()> {
    let (mut world, id) = with_customer()?;
    assert_eq!(told(&mut world, ONE, id, true)?.presence, Presence::There);
    assert_eq!(shown(&world, ONE, id)?, engine::Presence::Here);
    assert_eq!(told(&mut world, TWO, id, true)?.presence, Presence::NoAccess);
    assert_eq!(shown(&world, TWO, id)?, engine::Presence::NotHere);
    assert_eq!(
        told(&mut world, ONE, id, false)?.presence,
        Presence::Unknown,
        "not for everybody"
    );

    hand(&mut world, id, TWO)?;
    assert_eq!(told(&mut world, ONE, id, true)?.presence, Presence::Lost);
    assert_eq!(told(&mut world, TWO, id, true)?.presence, Presence::OnItsWay);
    world.settle()?;
    assert_eq!(told(&mut world, TWO, id, true)?.presence, Presence::There);
    assert_eq!(shown(&world, ONE, id)?, engine::Presence::NotHere);

    // A private note is unknown, whoever asks, and so is what waits of one.
    world.make(TWO, "note", Some(id), true)?;
    let note = world.ledger.newest.context("the note")?;
    assert_eq!(shown(&world, TWO, note)?, engine::Presence::HerePending);
    world.settle()?;
    let private = told(&mut world, TWO, note, true)?;
    assert_eq!(
        (private.presence, private.scope, private.seq),
        (Presence::Unknown, None, None)
    );
    Ok(())
}

#[test]
fn a_phone_is_safe_to_wipe_only_when_the_relay_has_everything() -> Result<()> {
    let (mut world, id) = with_customer()?;
    assert!(world.phones[ONE].engine.check_wipe()?.is_safe);
    world.set(ONE, id, "industry", json!("tea"))?;
    let check = world.phones[ONE].engine.check_wipe()?;
    assert!(!check.is_safe && check.status.pending == 1, "{check:?}");
    // The relay has it, and the phone does not know.
    world.exchange(ONE, 0, Some(Fault::DropAnswer))?;
    assert!(!world.phones[ONE].engine.check_wipe()?.is_safe);
    world.settle()?;
    assert!(world.phones[ONE].engine.check_wipe()?.is_safe);

    // What waits for a decision is not safe: only this phone shows it.
    hand(&mut world, id, TWO)?;
    world.relay.clock.advance_ms(15 * 86_400_000);
    world.set(ONE, id, "industry", json!("coffee"))?;
    let check = world.phones[ONE].engine.check_wipe()?;
    assert!(!check.is_safe, "{check:?}");
    world.settle()?;
    assert!(world.phones[ONE].engine.check_wipe()?.is_safe, "handed in and purged");
    Ok(())
}
