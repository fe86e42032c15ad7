//! What attacks found, each as the bytes that showed it.

use anyhow::{Context as _, Result};
use automerge::transaction::Transactable;
use automerge::{ROOT, ScalarValue};
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_core::projection::Row;
use satchel_core::store::SyncPoint;
use satchel_core::wire::{self, Frame, Hello, PROTOCOL, Push, ReceiptState, limit};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Chunk, Column, Ground};

use crate::craft::{push, send, written};

/// The attacker's next change, honest but for what is done to it then.
fn next(ground: &mut Ground, id: DocumentId, value: ScalarValue) -> Result<Chunk> {
    let change = written(ground, id, |doc| doc.put(ROOT, "unheard of", value).unwrap())?;
    Chunk::read(&change).context("sound")
}

fn refused(ground: &mut Ground, id: DocumentId, changes: Vec<Vec<u8>>, code: &str) -> Result<()> {
    let before = ground.stored(id)?.0;
    let receipt = send(ground, push(id, "customer", changes))?;
    assert_eq!(
        (receipt.state, receipt.code.as_deref()),
        (ReceiptState::Quarantined, Some(code))
    );
    assert_eq!(ground.stored(id)?.0, before);
    Ok(())
}

fn enters(ground: &mut Ground, id: DocumentId, changes: Vec<Vec<u8>>) -> Result<()> {
    let receipt = send(ground, push(id, "customer", changes))?;
    assert_eq!((receipt.state, receipt.code), (ReceiptState::Ok, None));
    Ok(())
}

/// One run over a column's first entry.
fn run(rows: u64, column: &Column) -> Vec<u8> {
    let mut data = Vec::new();
    let mut left = rows;
    while left >= 0x40 {
        data.push(left.to_le_bytes()[0] | 0x80);
        left >>= 7;
    }
    data.push(left.to_le_bytes()[0]);
    if column.specification & 0b111 != 4 {
        data.extend(column.data.get(1..).unwrap_or_default());
    }
    data
}

/// A few bytes said "a million million times the same operation", and the parser believed them.
#[test]
fn a_column_that_claims_more_than_any_memory_holds_is_not_read() -> Result<()> {
    let mut ground = Ground::new(1, Limits::default())?;
    let shop = ground.records()?[0];
    let sound = next(&mut ground, shop, ScalarValue::Null)?;
    for rows in [251_000_u64, 1 << 40, 1 << 62] {
        let mut chunk = sound.clone();
        for column in &mut chunk.columns {
            if column.specification & 0b111 != 7 {
                column.data = run(rows, column);
            }
        }
        refused(&mut ground, shop, vec![chunk.write()], "too-large")?;
    }
    Ok(())
}

/// A value that could just be read by itself made a row that nobody could read: not the relay, which failed every later
/// push into the record, and no device.
#[test]
fn a_value_that_nests_too_deep_does_not_make_a_row_unreadable() -> Result<()> {
    let mut ground = Ground::new(2, Limits::default())?;
    let shop = ground.records()?[0];
    let deep = format!("{}1{}", "[".repeat(126), "]".repeat(126)).into_bytes();
    let change = next(&mut ground, shop, ScalarValue::Bytes(deep))?.write();
    enters(&mut ground, shop, vec![change])?;
    serde_json::from_str::<Row>(&ground.stored(shop)?.0.row)?;
    let again = next(&mut ground, shop, ScalarValue::Int(1))?.write();
    enters(&mut ground, shop, vec![again])?;
    ground.settle()?;
    let vera = ground.vera.engine.get(shop)?.context("Vera has it")?;
    assert_eq!(vera.row.heads, ground.stored(shop)?.0.heads);
    Ok(())
}

/// A change that builds on nothing belongs to every document at once: the relay keeps a change under its hash, so the
/// second document that it was pushed into failed the exchange.
#[test]
fn a_change_without_a_root_is_refused() -> Result<()> {
    let mut ground = Ground::new(3, Limits::default())?;
    let shop = ground.records()?[0];
    let mut chunk = next(&mut ground, shop, ScalarValue::Null)?;
    chunk.dependencies.clear();
    chunk.start_op = 1;
    refused(&mut ground, shop, vec![chunk.write()], "bad-header")
}

/// Numbers of operations that were given already to what the change builds on.
#[test]
fn an_operation_does_not_take_a_number_twice() -> Result<()> {
    let mut ground = Ground::new(4, Limits::default())?;
    let shop = ground.records()?[0];
    let mut chunk = next(&mut ground, shop, ScalarValue::Null)?;
    chunk.start_op -= 1;
    refused(&mut ground, shop, vec![chunk.write()], "operations-out-of-order")?;
    chunk.start_op += 2;
    refused(&mut ground, shop, vec![chunk.write()], "operations-out-of-order")
}

/// An actor whose second change has not seen its first: what others lack is reckoned by the greatest number of each
/// actor, so the first would not be sent to whoever has the second.
#[test]
fn an_actor_has_seen_what_it_wrote() -> Result<()> {
    let mut ground = Ground::new(5, Limits::default())?;
    let shop = ground.records()?[0];
    let first = next(&mut ground, shop, ScalarValue::Null)?;
    let mut second = first.clone();
    second.seq += 1;
    second.start_op += 1;
    // On the same version as the first, not on it: numbered right all the same.
    refused(&mut ground, shop, vec![first.write(), second.write()], "bad-header")?;
    second.dependencies = vec![Chunk::hash(&first.write())];
    enters(&mut ground, shop, vec![first.write(), second.write()])
}

/// Sixteen bytes asked for a whole document, and could be sent a million times in one message.
#[test]
fn a_document_wanted_often_is_sent_once() -> Result<()> {
    let mut ground = Ground::new(6, Limits::default())?;
    let shop = ground.records()?[0];
    let engine = &ground.mallory.engine;
    let hello = Hello {
        protocol: PROTOCOL,
        grants: vec![0; 8],
        want: vec![shop; 100_000],
        cursor: engine.read(|reader| Ok(reader.point(SyncPoint::Cursor)?))?,
        ..Hello::default()
    };
    let request = wire::encode(&[hello.into()])?;
    let answer = ground.answer(ground.mallory.sender, &request)?.context("an answer")?;
    let frames = wire::decode(&answer)?;
    assert_eq!(frames.iter().filter(|frame| matches!(frame, Frame::Doc(_))).count(), 1);
    Ok(())
}

/// A device sends what it thinks is missing, and then the whole, under the same heads: the whole was taken for what
/// waited already, and thrown away.
#[test]
fn what_waits_under_the_same_heads_is_kept_whole() -> Result<()> {
    let mut ground = Ground::new(7, Limits::default())?;
    let heads = Heads::new(vec![ChangeHash([1; 32])]);
    for changes in [vec![vec![1; 30]], vec![vec![2; 30], vec![1; 30]], vec![vec![1; 30]]] {
        let push = Push {
            heads: heads.clone(),
            ..push(DocumentId::from_bytes([9; 16]), "unheard-of", changes)
        };
        send(&mut ground, push)?;
    }
    let waiting: Vec<usize> = ground.waiting()?.iter().map(|parked| parked.changes.len()).collect();
    assert_eq!(waiting, [1, 2], "both, and what came twice once");
    Ok(())
}

/// A document's row as JSON may be six times as long as in the document: it did not fit the frame that every device must
/// get it in, and the relay failed every pull of everybody.
#[test]
fn a_row_fits_the_frame_in_which_it_is_sent() -> Result<()> {
    let mut ground = Ground::new(8, Limits::default())?;
    let shop = ground.records()?[0];
    let text = "\u{1}".repeat(limit::DOCUMENT_BYTES / 5);
    let change = next(&mut ground, shop, ScalarValue::Str(text.into()))?.write();
    refused(&mut ground, shop, vec![change], "too-large")?;
    ground.settle()
}

/// A whole that does not lead where the relay says was asked for again at once, and again, without end.
#[test]
fn a_whole_that_does_not_lead_where_it_says_is_asked_for_again_later() -> Result<()> {
    let mut ground = Ground::new(5, Limits::default())?;
    let shop = ground.records()?[0];
    ground.settle()?;
    let (vera, sender) = (ground.vera.engine.clone(), ground.vera.sender);
    let whole = ground.document(shop)?.save();
    for _ in 0..2 {
        let (mut ongoing, request) = vera.begin_exchange(0)?;
        let answer = ground.answer(sender, &request)?.context("an answer")?;
        let mut frames = wire::decode(&answer)?;
        frames.retain(|frame| !matches!(frame, Frame::Doc(_)));
        let stored = ground.stored(shop)?.0;
        let doc = Frame::from(wire::Doc {
            id: shop,
            kind: stored.kind,
            scope: stored.scope,
            seq: stored.seq,
            snapshot: Some(whole.clone().into()),
            changes: Vec::new(),
            heads: Heads::new(vec![ChangeHash([9; 32])]),
            row: stored.row.into_bytes().into(),
        });
        frames.insert(1, doc);
        ongoing.receive(&wire::encode_bundled(&frames)?)?;
    }
    let wanted = vera.read(|reader| Ok(reader.wanted(i64::MAX, 10)?))?;
    assert!(
        wanted.iter().map(|state| state.id).eq([shop]),
        "it is asked for: {wanted:?}"
    );
    let (_, request) = vera.begin_exchange(0)?;
    for frame in wire::decode(&request)? {
        assert!(
            !matches!(frame, Frame::Hello(Hello { want, .. }) if !want.is_empty()),
            "and not at once"
        );
    }
    Ok(())
}
