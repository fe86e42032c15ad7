//! Bugs that the simulator found, each reduced to the steps that show it.

use anyhow::{Context as _, Result};
use satchel_core::engine::sync::Progress;
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::store::SyncPoint;
use satchel_core::wire::{self, Frame, ReceiptState};
use satchel_server::identity::Actor;
use satchel_server::identity::assignment::{Handover, hand_over};
use satchel_server::relay::{Accepted, Context, RelayError, decide};
use satchel_server::store::log::{Log, Parked};
use serde_json::json;

use crate::world::World;

/// Places in the list of phones.
pub(crate) const ONE: usize = 2;
pub(crate) const TABLET: usize = 3;
pub(crate) const TWO: usize = 4;

/// A customer that the first rep made and every one of his phones holds.
pub(crate) fn with_customer() -> Result<(World, DocumentId)> {
    with_customer_in(World::new(0, None))
}

pub(crate) fn with_customer_in(mut world: World) -> Result<(World, DocumentId)> {
    for phone in [ONE, TABLET, TWO] {
        world.exchange(phone, 0, None)?;
    }
    world.make(ONE, "customer", None, false)?;
    world.settle()?;
    let id = *world.ledger.records.keys().next().context("the customer")?;
    Ok((world, id))
}

pub(crate) fn hand(world: &mut World, id: DocumentId, to: usize) -> Result<()> {
    let now_ms = world.now_ms();
    let to: MemberId = world.phones[to].identity.member;
    let handover = Handover {
        from: None,
        to,
        keep_team: false,
    };
    world
        .relay
        .write(|tx| hand_over(tx, &Actor::Operator, id.into(), &handover, now_ms))?;
    Ok(())
}

/// Lets something wait for a person alone: it is not tried again when its author may write again. Returns its number.
pub(crate) fn for_a_person(world: &mut World, number: i64) -> Result<i64> {
    Ok(world.relay.write::<_, RelayError>(|tx| {
        let parked = tx.parked(number)?.unwrap();
        tx.unpark(number)?;
        Ok(tx.park(&Parked {
            denied: false,
            ..parked
        })?)
    })?)
}

/// What another wrote came into the database after the edit; everything up to the acknowledged version in order of
/// arrival counted as acknowledged, and the edit was never pushed.
#[test]
fn an_edit_made_while_the_answer_was_on_its_way_is_pushed() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(TABLET, id, "industry", json!("tea"))?;
    world.exchange(TABLET, 0, None)?;
    let (mut ongoing, request) = world.phones[ONE].engine.begin_exchange(0)?;
    world.set(ONE, id, "source", json!("a fair"))?;
    let sender = world.session(ONE)?.context("a session")?;
    let decided = world.relay.decide(sender, &request, false)?.context("an answer")?;
    let batches = world.complete(ONE, decided)?;
    ongoing.receive(&batches.concat())?;
    world.settle()?;
    world.check_everything()
}

/// An edit went to quarantine and its customer was purged; when the customer came back the next edit took the same
/// number of the same incarnation. Once the first was let in, the second never could be.
#[test]
fn an_edit_after_coming_back_does_not_take_the_number_of_one_in_quarantine() -> Result<()> {
    let (mut world, id) = with_customer()?;
    hand(&mut world, id, TWO)?;
    world.relay.clock.advance_ms(15 * 86_400_000);
    world.set(ONE, id, "industry", json!("tea"))?;
    world.settle()?;
    assert!(world.phones[ONE].engine.get(id)?.is_none(), "handed in and purged");
    let waiting = world.relay.quarantined();
    assert_eq!(waiting.len(), 1);
    let waiting = for_a_person(&mut world, waiting[0])?;
    hand(&mut world, id, ONE)?;
    world.settle()?;
    world.set(ONE, id, "source", json!("a fair"))?;
    let (now_ms, entropy) = (world.now_ms(), std::sync::Arc::clone(&world.relay.entropy));
    let accepted = world.relay.write::<_, RelayError>(|tx| {
        let context = Context::read(tx, now_ms, entropy.as_ref())?;
        decide(tx, &context, waiting)
    })?;
    assert!(matches!(accepted, Some(Accepted::In { .. })), "{accepted:?}");
    world.settle()?;
    world.check_everything()?;
    let fields = world.phones[ONE].engine.get(id)?.context("it is here")?.row.fields;
    assert_eq!(
        (&fields["industry"], &fields["source"]),
        (&json!("tea"), &json!("a fair"))
    );
    Ok(())
}

/// Verdicts went with the last batch of an answer only: where it was cut after its cursor had moved past one, that one
/// was never told.
#[test]
fn a_verdict_is_told_although_the_answer_was_cut() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.make(ONE, "customer", None, false)?;
    world.settle()?;
    hand(&mut world, id, TWO)?;
    world.relay.clock.advance_ms(15 * 86_400_000);
    world.set(ONE, id, "industry", json!("tea"))?;
    world.settle()?;
    let waiting = world.relay.quarantined();
    let (now_ms, entropy) = (world.now_ms(), std::sync::Arc::clone(&world.relay.entropy));
    hand(&mut world, id, ONE)?;
    world.relay.write::<_, RelayError>(|tx| {
        let context = Context::read(tx, now_ms, entropy.as_ref())?;
        decide(tx, &context, waiting[0])
    })?;
    // Something of another scope after the verdict, so that a small budget ends between the two.
    let other = *world
        .ledger
        .records
        .keys()
        .find(|one| **one != id)
        .context("the other")?;
    for value in ["a", "b"] {
        world.set(TABLET, other, "source", json!(value))?;
        world.exchange(TABLET, 0, None)?;
    }
    let before = world.phones[ONE]
        .engine
        .read(|reader| Ok(reader.point(SyncPoint::Cursor)?))?;
    for _ in 0..20 {
        world.exchange(ONE, 1, None)?;
    }
    let after = world.phones[ONE]
        .engine
        .read(|reader| Ok(reader.point(SyncPoint::Cursor)?))?;
    assert!(before.map(|point| point.seq) < after.map(|point| point.seq));
    let told = world.phones[ONE].engine.notices(None, 50)?;
    let accepted = told
        .iter()
        .filter(|notice| notice.document == id && notice.state == "accepted")
        .count();
    assert_eq!(accepted, 1, "{told:?}");
    Ok(())
}

/// Whatever was written while an answer was on its way was asked for at once: the answer was one to another question
/// then, was passed over, and made the phone ask again, for ever.
#[test]
fn a_live_phone_that_writes_while_an_answer_is_on_its_way_comes_to_rest() -> Result<()> {
    let (mut world, id) = with_customer()?;
    let (mut ongoing, question) = world.phones[ONE].engine.begin_live()?;
    world.set(ONE, id, "industry", json!("tea"))?;
    assert!(!ongoing.asks_again(&Progress::default())?, "an answer is on its way");
    let sender = world.session(ONE)?.context("a session")?;
    let decided = world.relay.decide(sender, &question, false)?.context("an answer")?;
    let answer = world.complete(ONE, decided)?.concat();
    let progress = ongoing.receive(&answer)?;
    assert!(ongoing.asks_again(&progress)?, "what was written follows");
    let (mut ongoing, question) = world.phones[ONE].engine.begin_live()?;
    let decided = world.relay.decide(sender, &question, false)?.context("an answer")?;
    let answer = world.complete(ONE, decided)?.concat();
    let progress = ongoing.receive(&answer)?;
    assert_eq!(progress.decided, 1);
    assert!(!ongoing.asks_again(&progress)?, "nothing is left");
    Ok(())
}

/// Edits whose numbers a clone had taken waited on the phone for the whole of the document, and counted as kept apart by
/// the relay, which keeps nothing of them: where their customer was handed over before the whole came they were purged
/// with it.
#[test]
fn an_edit_that_waits_to_be_made_anew_outlives_the_loss_of_its_customer() -> Result<()> {
    let (mut world, id) = with_customer()?;
    assert!(world.clone_phone(ONE));
    let clone = world.phones.len() - 1;
    world.set(ONE, id, "industry", json!("tea"))?;
    world.set(clone, id, "source", json!("a fair"))?;
    world.exchange(ONE, 0, None)?;
    let (mut ongoing, request) = world.phones[clone].engine.begin_exchange(0)?;
    let sender = world.session(clone)?.context("a session")?;
    let decided = world.relay.decide(sender, &request, false)?.context("an answer")?;
    let head = world.complete(clone, decided)?.remove(0);
    let mut frames = wire::decode(&head)?;
    frames.truncate(2);
    let conflict = |frame: &Frame| matches!(frame, Frame::Receipt(one) if one.state == ReceiptState::ActorConflict);
    assert!(frames.iter().any(conflict), "{frames:?}");
    ongoing.receive(&wire::encode(&frames)?)?;
    drop(ongoing);
    hand(&mut world, id, TWO)?;
    world.settle()?;
    assert!(world.phones[clone].engine.get(id)?.is_none(), "handed in and purged");
    world.check_everything()
}
