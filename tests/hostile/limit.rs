//! Every limit at its edge: what just fits passes; what does not gets the answer that is there for it, and is not lost.

use std::cmp::Ordering;

use anyhow::{Context as _, Result, ensure};
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ROOT, ReadDoc};
use satchel_core::document::{Header, MAX_CHANGE_BYTES, Refusal};
use satchel_core::domain;
use satchel_core::engine::Error;
use satchel_core::ids::DocumentId;
use satchel_core::schema::Patch;
use satchel_core::wire::{self, Frame, ReceiptState, limit};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Chunk, Ground, Known};
use serde_json::json;

use crate::craft::{is_kept, push, send, written};

/// A sound next change of the attacker's of exactly this length, without operations: what stands behind them is kept by
/// Automerge.
fn padded(known: &Known, length: usize) -> Result<Vec<u8>> {
    let mut chunk = Chunk::read(known.changes.last().context("a change")?).context("sound")?;
    known.follow(&mut chunk);
    chunk.columns.clear();
    chunk.others.clear();
    chunk.rest.clear();
    while chunk.write().len() < length {
        let missing = length - chunk.write().len();
        // Lengths are written in as many bytes as they need: near the end one by one.
        let step = if missing > 16 { missing - 8 } else { 1 };
        chunk.rest.resize(chunk.rest.len() + step, 7);
    }
    let bytes = chunk.write();
    ensure!(bytes.len() == length, "{} for {length}", bytes.len());
    Ok(bytes)
}

/// The change waits, with its bytes, as too large.
fn waits_as_too_large(ground: &mut Ground, id: DocumentId, changes: Vec<Vec<u8>>) -> Result<()> {
    let first = changes[0].clone();
    let receipt = send(ground, push(id, "customer", changes))?;
    assert_eq!(
        (receipt.state, receipt.code.as_deref()),
        (ReceiptState::Quarantined, Some("too-large"))
    );
    ensure!(is_kept(ground, &first)?, "it is kept");
    Ok(())
}

fn enters(ground: &mut Ground, id: DocumentId, changes: Vec<Vec<u8>>) -> Result<()> {
    let receipt = send(ground, push(id, "customer", changes))?;
    assert_eq!((receipt.state, receipt.code), (ReceiptState::Ok, None));
    Ok(())
}

#[test]
fn a_change_of_the_largest_size_enters_and_one_byte_more_waits() -> Result<()> {
    let mut ground = Ground::new(1, Limits::default())?;
    let shop = ground.records()?[0];
    let known = ground.known(shop)?;
    waits_as_too_large(&mut ground, shop, vec![padded(&known, MAX_CHANGE_BYTES + 1)?])?;
    enters(&mut ground, shop, vec![padded(&known, MAX_CHANGE_BYTES)?])?;
    ground.settle()
}

#[test]
fn a_document_of_the_largest_size_enters_and_one_byte_more_waits() -> Result<()> {
    let limits = Limits::new(64 << 10, 256 << 10);
    let mut ground = Ground::new(2, limits)?;
    let shop = ground.records()?[0];
    let known = ground.known(shop)?;
    // How long the snapshot is for a length of the change: one byte each.
    let size = |ground: &mut Ground, length: usize| -> Result<usize> {
        let change = padded(&known, length)?;
        Ok(ground.document(shop)?.admit(&[change])?.snapshot_bytes)
    };
    let mut length = 60_000;
    loop {
        let now = size(&mut ground, length)?;
        match now.cmp(&limits.document_bytes) {
            Ordering::Less => length += (limits.document_bytes - now).div_ceil(2),
            Ordering::Greater => length -= 1,
            Ordering::Equal => break,
        }
    }
    waits_as_too_large(&mut ground, shop, vec![padded(&known, length + 1)?])?;
    enters(&mut ground, shop, vec![padded(&known, length)?])?;
    ground.settle()
}

#[test]
fn a_row_counts_as_much_as_its_document() -> Result<()> {
    let limits = Limits::new(64 << 10, 256 << 10);
    let mut ground = Ground::new(3, limits)?;
    let shop = ground.records()?[0];
    // One byte in the document, six in JSON.
    let short = "\u{1}".repeat(20_000);
    let change = written(&mut ground, shop, |doc| {
        doc.put(ROOT, "source", short.as_str()).unwrap();
    })?;
    waits_as_too_large(&mut ground, shop, vec![change])?;
    ground.settle()
}

#[test]
fn a_change_of_the_most_operations_enters_and_one_more_waits() -> Result<()> {
    let mut ground = Ground::new(4, Limits::default())?;
    let shop = ground.records()?[0];
    let text = |count: usize| {
        move |doc: &mut AutoCommit| {
            let (_, needs) = doc.get(ROOT, "needs").unwrap().unwrap();
            doc.splice_text(&needs, 0, 0, &"a".repeat(count)).unwrap();
        }
    };
    let one_more = written(&mut ground, shop, text(250_001))?;
    assert_eq!(Header::read(&one_more), Err(Refusal::TooLarge));
    waits_as_too_large(&mut ground, shop, vec![one_more])?;
    let most = written(&mut ground, shop, text(250_000))?;
    enters(&mut ground, shop, vec![most])?;
    ground.settle()
}

#[test]
fn a_push_of_the_most_changes_is_read_and_one_more_waits() -> Result<()> {
    let mut ground = Ground::new(5, Limits::default())?;
    let shop = ground.records()?[0];
    // The same again and again: each counts, one enters.
    let change = padded(&ground.known(shop)?, 400)?;
    waits_as_too_large(&mut ground, shop, vec![change.clone(); limit::CHANGES_PER_PUSH + 1])?;
    enters(&mut ground, shop, vec![change; limit::CHANGES_PER_PUSH])
}

#[test]
fn a_change_of_the_most_dependencies_is_read_and_one_more_is_not() -> Result<()> {
    let mut ground = Ground::new(6, Limits::default())?;
    let shop = ground.records()?[0];
    let known = ground.known(shop)?;
    let change = |count: u32| -> Result<Vec<u8>> {
        let mut chunk = Chunk::read(&padded(&known, 400)?).context("sound")?;
        let hash = |at: u32| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&at.to_be_bytes());
            hash
        };
        chunk.dependencies = (0..count).map(hash).collect();
        Ok(chunk.write())
    };
    ensure!(Header::read(&change(1024)?).is_ok());
    let receipt = send(&mut ground, push(shop, "customer", vec![change(1024)?]))?;
    assert_eq!(receipt.state, ReceiptState::NeedsDependencies, "they are not there");
    let receipt = send(&mut ground, push(shop, "customer", vec![change(1025)?]))?;
    assert_eq!(receipt.code.as_deref(), Some("bad-header"));
    is_kept(&ground, &change(1025)?).map(|kept| assert!(kept))
}

#[test]
fn as_many_pushes_wait_as_may_and_the_next_is_sent_again_later() -> Result<()> {
    let mut ground = Ground::new(7, Limits::default())?;
    let (id, other) = (DocumentId::from_bytes([78; 16]), DocumentId::from_bytes([77; 16]));
    let waits =
        |ground: &mut Ground, id: DocumentId, at: usize| send(ground, push(id, "unheard-of", vec![vec![7; 40 + at]]));
    for at in 0..limit::WAITING_PER_DOCUMENT {
        assert_eq!(waits(&mut ground, id, at)?.state, ReceiptState::UpgradeNeeded);
    }
    let receipt = waits(&mut ground, id, limit::WAITING_PER_DOCUMENT)?;
    assert_eq!(
        (receipt.state, receipt.code.as_deref()),
        (ReceiptState::RetryAfter, Some("too-many-waiting"))
    );
    assert_eq!(ground.waiting()?.len(), limit::WAITING_PER_DOCUMENT);
    let receipt = waits(&mut ground, other, 0)?;
    assert_eq!(
        receipt.state,
        ReceiptState::UpgradeNeeded,
        "another document is not concerned"
    );
    ground.drop_waiting()?;
    let receipt = waits(&mut ground, id, limit::WAITING_PER_DOCUMENT)?;
    assert_eq!(receipt.state, ReceiptState::UpgradeNeeded, "it enters then");
    Ok(())
}

#[test]
fn batches_are_of_the_size_that_was_set() -> Result<()> {
    let batches = |bytes: u32| -> Result<usize> {
        let mut ground = Ground::new(8, Limits::new(2 << 20, bytes))?;
        for _ in 0..3 {
            ground.records()?;
        }
        let tablet = ground.tablet(90)?;
        let (_, request) = tablet.engine.begin_exchange(0)?;
        let answer = ground.answer(tablet.sender, &request)?.context("an answer")?;
        let frames = wire::decode(&answer)?;
        ground.sync_phone(&tablet.engine, tablet.sender)?;
        Ok(frames.iter().filter(|frame| matches!(frame, Frame::Commit(_))).count())
    };
    assert_eq!(batches(1 << 20)?, 1);
    ensure!(batches(4 << 10)? >= 4);
    Ok(())
}

#[test]
fn a_patch_of_the_largest_size_is_written_and_one_byte_more_is_not() -> Result<()> {
    let mut ground = Ground::new(9, Limits::default())?;
    let shop = ground.records()?[0];
    let kind = domain::kind("customer").context("the kind")?;
    let edit = |ground: &Ground, length: usize| {
        let values = json!({ "custom": { "k": "x".repeat(length) } });
        let patch = Patch::from_json(kind, values.as_object().unwrap()).unwrap();
        ground.mallory.engine.edit(shop, &patch, None)
    };
    // As the edit itself is written.
    let around = r#"{"entries":{"k":""}}"#.len();
    let before = ground.mallory.engine.get(shop)?.context("the shop")?;
    let refused = edit(&ground, Patch::MOST_BYTES - around + 1);
    ensure!(matches!(refused, Err(Error::Invalid(_))), "one byte more: {refused:?}");
    let after = ground.mallory.engine.get(shop)?.context("the shop")?;
    assert_eq!(after.row, before.row);
    edit(&ground, Patch::MOST_BYTES - around)?;
    ground.settle()?;
    let state = ground.mallory.engine.read(|reader| Ok(reader.state(shop)?))?;
    let state = state.context("the shop")?;
    ensure!(
        state.parked.is_none() && !state.is_dirty(),
        "what may be written may be handed in"
    );
    Ok(())
}

#[test]
fn more_than_a_push_holds_goes_in_parts() -> Result<()> {
    // Two documents' worth, so that all of it may enter.
    let mut ground = Ground::new(10, Limits::new(3 << 20, 256 << 10))?;
    let shop = ground.records()?[0];
    for at in 0..7 {
        let values = json!({ "custom": { "k": format!("{at}{}", "x".repeat(400_000)) } });
        Ground::edit(&ground.mallory, shop, &values)?;
    }
    let (_, request) = ground.mallory.engine.begin_exchange(0)?;
    let pushed = wire::decode(&request)?.into_iter().filter_map(|frame| match frame {
        Frame::Push(push) => Some(push.changes.len()),
        _ => None,
    });
    assert_eq!(pushed.collect::<Vec<_>>(), [5], "2 MiB hold five of 400,000 bytes");
    ground.settle()?;
    let state = ground.mallory.engine.read(|reader| Ok(reader.state(shop)?))?;
    let state = state.context("the shop")?;
    ensure!(!state.is_dirty() && state.parked.is_none(), "{state:?}");
    assert_eq!(ground.document(shop)?.heads(), state.heads);
    Ok(())
}
