//! What was found about a push before the writer's turn holds only while its document stays as it was.

use anyhow::{Context as _, Result};
use satchel_core::engine::sync::Ongoing;
use satchel_core::wire::{Frame, ReceiptState};
use serde_json::json;

use crate::reduced::{ONE, TABLET, TWO, hand, with_customer};
use crate::world::World;

/// A request that the relay has looked at and not decided yet.
fn on_its_way(world: &mut World, phone: usize) -> Result<(Ongoing, Vec<u8>)> {
    let (ongoing, request) = world.phones[phone].engine.begin_exchange(0)?;
    world.relay.foresee(&request)?;
    Ok((ongoing, request))
}

/// The relay's turn: what became of the only push.
fn decided(world: &mut World, phone: usize, ongoing: Ongoing, request: &[u8]) -> Result<ReceiptState> {
    let mut ongoing = ongoing;
    let sender = world.session(phone)?.context("a session")?;
    let decided = world.relay.decide(sender, request, false)?.context("an answer")?;
    world.take_down(&decided);
    let states: Vec<ReceiptState> = decided
        .answer
        .head
        .iter()
        .filter_map(|frame| match frame {
            Frame::Receipt(receipt) => Some(receipt.state),
            _ => None,
        })
        .collect();
    ongoing.receive(&world.complete(phone, decided)?.concat())?;
    let [state] = states[..] else {
        anyhow::bail!("{states:?}")
    };
    Ok(state)
}

#[test]
fn an_edit_that_came_in_between_stays() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(ONE, id, "industry", json!("trade"))?;
    world.set(TABLET, id, "source", json!("a fair"))?;
    let (ongoing, request) = on_its_way(&mut world, ONE)?;
    let (other, between) = world.phones[TABLET].engine.begin_exchange(0)?;
    // As if both had been looked at beside each other: what is known about the first stays where it was put.
    let foreseen = world.relay.set_aside();
    assert_eq!(decided(&mut world, TABLET, other, &between)?, ReceiptState::Ok);
    world.relay.bring_back(foreseen);
    assert_eq!(decided(&mut world, ONE, ongoing, &request)?, ReceiptState::Ok);
    let (stored, mut document) = world.relay.load(id)?.context("the customer")?;
    let row = document.project();
    assert_eq!(stored.heads, row.heads, "the log names the version that it holds");
    assert_eq!(
        (&row.fields["industry"], &row.fields["source"]),
        (&json!("trade"), &json!("a fair"))
    );
    world.settle()?;
    world.check_alike(&[ONE, TABLET, 0, 1], id)
}

#[test]
fn what_was_let_in_meanwhile_is_there_already() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.make(ONE, "note", Some(id), false)?;
    let (first, request) = on_its_way(&mut world, ONE)?;
    let foreseen = world.relay.set_aside();
    // The answer to the first is lost.
    assert_eq!(decided(&mut world, ONE, first, &request)?, ReceiptState::Ok);
    world.relay.bring_back(foreseen);
    let sender = world.session(ONE)?.context("a session")?;
    let again = world.relay.decide(sender, &request, false)?.context("an answer")?;
    let is_duplicate =
        |frame: &Frame| matches!(frame, Frame::Receipt(receipt) if receipt.state == ReceiptState::Duplicate);
    assert!(again.answer.head.iter().any(is_duplicate), "{:?}", again.answer.head);
    world.settle()
}

#[test]
fn a_right_that_was_lost_in_between_is_lost() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(ONE, id, "industry", json!("trade"))?;
    let (ongoing, request) = on_its_way(&mut world, ONE)?;
    hand(&mut world, id, TWO)?;
    assert_eq!(decided(&mut world, ONE, ongoing, &request)?, ReceiptState::LateAccepted);
    world.settle()?;
    world.check_alike(&[TWO, 0], id)
}

#[test]
fn a_number_that_was_taken_in_between_is_taken() -> Result<()> {
    let (mut world, id) = with_customer()?;
    let clone = world.phones[ONE].cloned("clone", 4711);
    world.phones.push(clone);
    let clone = world.phones.len() - 1;
    world.set(ONE, id, "industry", json!("trade"))?;
    world.set(clone, id, "source", json!("a fair"))?;
    let (ongoing, request) = on_its_way(&mut world, ONE)?;
    let foreseen = world.relay.set_aside();
    let (other, between) = world.phones[clone].engine.begin_exchange(0)?;
    assert_eq!(decided(&mut world, clone, other, &between)?, ReceiptState::Ok);
    world.relay.bring_back(foreseen);
    assert_eq!(
        decided(&mut world, ONE, ongoing, &request)?,
        ReceiptState::ActorConflict
    );
    world.settle()?;
    world.check_alike(&[ONE, clone, 0, 1], id)
}
