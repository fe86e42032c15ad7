//! What a device does where something on the way to it was lost and the answer does not show it: it must find out by
//! itself, whatever the cursor says.

use anyhow::{Context as _, Result};
use satchel_core::ids::DocumentId;
use satchel_core::wire::{self, Frame};
use serde_json::json;

use crate::reduced::{ONE, TABLET, TWO, with_customer, with_customer_in};
use crate::world::World;

/// An exchange of which no document arrives, and everything else.
fn exchange_without_documents(world: &mut World, phone: usize) -> Result<()> {
    let (mut ongoing, request) = world.phones[phone].engine.begin_exchange(0)?;
    let sender = world.session(phone)?.context("a session")?;
    let decided = world.relay.decide(sender, &request, false)?.context("an answer")?;
    let mut lost = 0;
    for batch in world.complete(phone, decided)? {
        let mut frames = wire::decode(&batch)?;
        let before = frames.len();
        frames.retain(|frame| !matches!(frame, Frame::Doc(_)));
        lost += before - frames.len();
        ongoing.receive(&wire::encode(&frames)?)?;
    }
    assert!(lost > 0, "nothing was on its way");
    Ok(())
}

/// Two branches of which a phone got one, and a change that joins them: the version that it leads to is the relay's, and
/// what it builds on is not all there.
fn part_and_join(world: &mut World, id: DocumentId, fields: [&str; 3]) -> Result<()> {
    world.set(TWO, id, fields[0], json!("one way"))?;
    world.set(TABLET, id, fields[1], json!("the other"))?;
    world.exchange(TWO, 0, None)?;
    world.exchange(ONE, 0, None)?;
    world.exchange(TABLET, 0, None)?;
    exchange_without_documents(world, ONE)?;
    world.set(TABLET, id, fields[2], json!("joined"))?;
    world.exchange(TABLET, 0, None)?;
    Ok(())
}

/// The headers alone said that nothing was missing: the phone kept a document that could never be loaded again, and took
/// its version for the relay's, so that no digest showed it. Found in runs with the planted bug `SkipsDocuments`.
#[test]
fn a_change_that_joins_a_branch_that_never_came_is_not_taken_for_whole() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.exchange(TWO, 0, None)?;
    // The second rep has it too.
    let now_ms = world.now_ms();
    let (actor, member) = (
        satchel_server::identity::Actor::Operator,
        world.phones[TWO].identity.member,
    );
    world
        .relay
        .write(|tx| satchel_server::identity::assignment::assign(tx, &actor, id.into(), member, now_ms))?;
    world.settle()?;
    part_and_join(&mut world, id, ["industry", "source", "needs"])?;
    world.settle()?;
    assert!(world.phones[ONE].load(id).is_some(), "it can be loaded");
    world.check_everything()
}

/// A document of a kind that the app does not know cannot be loaded to see what is missing; and once the whole of it was
/// asked for, it was asked for in every exchange.
#[test]
fn what_an_old_app_lacks_of_an_unknown_kind_is_asked_for_once() -> Result<()> {
    let mut world = World::new(0, None);
    world.phones[ONE].install(0);
    let (mut world, customer) = with_customer_in(world)?;
    let (actor, member) = (
        satchel_server::identity::Actor::Operator,
        world.phones[TWO].identity.member,
    );
    let now_ms = world.now_ms();
    world
        .relay
        .write(|tx| satchel_server::identity::assignment::assign(tx, &actor, customer.into(), member, now_ms))?;
    world.settle()?;
    world.make(TABLET, "contact", Some(customer), false)?;
    let contact = world.ledger.newest.context("the contact")?;
    world.settle()?;
    assert!(
        world.phones[ONE].engine.kind("contact").is_none(),
        "not known to this app"
    );
    part_and_join(&mut world, contact, ["title", "name", "title"])?;
    world.settle()?;
    let held = world.phones[ONE].held();
    let wants = world.phones[ONE]
        .engine
        .read(|reader| Ok(reader.wanted(i64::MAX, 10)?))?;
    assert!(held.iter().any(|held| held.id == contact) && wants.is_empty());
    world.phones[ONE].update();
    assert!(
        world.phones[ONE].load(contact).is_some(),
        "the app of today can load it"
    );
    world.settle()?;
    world.check_everything()
}
