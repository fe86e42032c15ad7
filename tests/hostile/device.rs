//! Answers: what a relay, or what stands between, may send to a phone. Bytes that cannot be used leave every document as
//! it was, and the next honest exchange puts things right.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result, ensure};
use satchel_core::document::{Document, Header};
use satchel_core::domain;
use satchel_core::engine::Error;
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_core::wire::delta::{fingerprint, only_parent, shorten};
use satchel_core::wire::{self, Delta, Doc, Frame, limit};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Chunk, Dice, Ground, Side, damage, forge};
use serde_json::json;

use crate::run::{cases, quiet, seed};

#[test]
fn no_answer_does_harm() -> Result<()> {
    quiet();
    let (seed, cases) = (seed() ^ 1, cases() * 3 / 10);
    let mut dice = Dice::new(seed);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut sent, mut sealed) = (0, 0);
    while sent < cases {
        let mut ground = Ground::new(dice.number(), Limits::default())?;
        let mut ids = ground.records()?;
        ids.extend(ground.records()?);
        for number in 0..6 {
            let tablet = ground.tablet(100 + number)?;
            let mut tainted = BTreeSet::new();
            // The first sync, then three days of work.
            for day in 0..4 {
                if day > 0 {
                    work(&mut ground, &mut dice, &tablet, &ids, &tainted).context("honest work")?;
                }
                let written = unacknowledged(&tablet, &ids)?;
                for _ in 0..3 {
                    let before = sent;
                    spoiled(
                        &mut ground,
                        &mut dice,
                        &tablet,
                        &mut counts,
                        &mut sent,
                        &mut sealed,
                        &mut tainted,
                    )
                    .with_context(|| format!("seed {seed}, cases {before} to {sent}"))?;
                }
                check(&mut ground, &tablet, &ids, &written)
                    .with_context(|| format!("seed {seed}, before case {sent}"))?;
            }
        }
    }
    println!("{sent} documents in answers, {sealed} under their own hash, seed {seed}: {counts:#?}");
    for what in [
        "message refused",
        "batch applied",
        "snapshot",
        "change",
        "row",
        "heads",
        "kind",
        "bytes",
        "delta: change",
        "delta: bytes",
        "delta: fingerprint",
        "delta: row",
        "delta: count",
    ] {
        ensure!(counts.get(what).is_some_and(|count| *count > 0), "no {what}");
    }
    ensure!(sealed * 3 >= sent, "too few carry their own hash");
    Ok(())
}

/// Everybody edits something; what the tablet edits it has not handed in. It writes nothing on top of a change that only
/// a relay which lies could send: that would never be let in.
fn work(
    ground: &mut Ground,
    dice: &mut Dice,
    tablet: &Side,
    ids: &[DocumentId],
    tainted: &BTreeSet<DocumentId>,
) -> Result<()> {
    for (at, id) in ids.iter().enumerate() {
        let kind = tablet.engine.get(*id)?.context("the record")?.kind;
        let text = format!("{} 茶", dice.number());
        let values = match kind.as_str() {
            "customer" => json!({ "needs": text, "source": text }),
            "note" => json!({ "body": text }),
            "deal" => json!({ "description": text }),
            "visit" => json!({ "summary": text }),
            _ => json!({ "details": text }),
        };
        // Notes are their author's.
        if kind != "note" && !tainted.contains(id) && dice.chance(30) {
            Ground::edit(tablet, *id, &values)?;
        }
        if at % 2 == 0 || dice.chance(50) {
            Ground::edit(&ground.mallory, *id, &values)?;
        }
    }
    ground.sync(Ground::mallory)
}

/// Changes that only the tablet has.
fn unacknowledged(tablet: &Side, ids: &[DocumentId]) -> Result<Vec<(DocumentId, ChangeHash)>> {
    let found = tablet.engine.read(|reader| {
        let mut found = Vec::new();
        for id in ids {
            found.extend(reader.local_changes(*id)?.into_iter().map(|change| (*id, change.hash)));
        }
        Ok(found)
    })?;
    Ok(found)
}

/// One exchange whose answer is spoiled on its way.
fn spoiled(
    ground: &mut Ground,
    dice: &mut Dice,
    tablet: &Side,
    counts: &mut BTreeMap<&'static str, usize>,
    sent: &mut usize,
    sealed: &mut usize,
    tainted: &mut BTreeSet<DocumentId>,
) -> Result<()> {
    let (mut ongoing, request) = tablet.engine.begin_exchange(0)?;
    // Nothing is handed in: only the Hello goes, so that what the tablet wrote stays its own.
    let frames = wire::decode(&request)?;
    let mut hello: Vec<Frame> = frames
        .into_iter()
        .filter(|frame| matches!(frame, Frame::Hello(_)))
        .collect();
    // As documents for one half, as what changed in them for the other.
    if let Some(Frame::Hello(hello)) = hello.first_mut()
        && dice.chance(50)
    {
        hello.features = None;
    }
    let answer = ground
        .answer(tablet.sender, &wire::encode(&hello)?)?
        .context("an answer")?;
    let mut frames = wire::decode(&answer)?;
    for frame in &mut frames {
        if let Frame::Doc(doc) = frame
            && dice.chance(60)
        {
            *sent += 1;
            // What a phone does not hold yet is of the kind that the relay says.
            let held = tablet.engine.read(|reader| Ok(reader.state(doc.id)?))?.is_some();
            let (what, own) = spoil(ground, dice, doc, held)?;
            if what == "change" {
                tainted.insert(doc.id);
            }
            *sealed += usize::from(own);
            *counts.entry(what).or_default() += 1;
        }
        if let Frame::Delta(delta) = frame
            && dice.chance(60)
        {
            *sent += 1;
            let (what, own) = spoil_delta(ground, dice, delta)?;
            if own {
                tainted.insert(delta.id);
            }
            *sealed += usize::from(own);
            *counts.entry(what).or_default() += 1;
        }
    }
    let mut bytes = wire::encode_bundled(&frames)?;
    if dice.chance(10) {
        *sent += 1;
        *counts.entry("bytes").or_default() += 1;
        // Behind the last document: a cursor that lies is another matter than bytes that do.
        bytes = wire::encode(
            &frames
                .into_iter()
                .filter(|frame| matches!(frame, Frame::Doc(_) | Frame::Delta(_) | Frame::Welcome(_)))
                .collect::<Vec<_>>(),
        )?;
        damage(dice, &mut bytes);
    }
    let applied = catch_unwind(AssertUnwindSafe(|| ongoing.receive(&bytes)));
    match applied.map_err(|_| anyhow::anyhow!("a panic left the engine"))? {
        Ok(_) => *counts.entry("batch applied").or_default() += 1,
        Err(Error::BadMessage) => *counts.entry("message refused").or_default() += 1,
        Err(error) => return Err(error).context("one bad document stopped the batch"),
    }
    Ok(())
}

/// What is done to a document; whether its bytes carry their own hash.
fn spoil(ground: &mut Ground, dice: &mut Dice, doc: &mut Doc, held: bool) -> Result<(&'static str, bool)> {
    match dice.below(if held { 10 } else { 9 }) {
        0..3 => {
            // A whole document where the relay sent one, or one of the relay's making.
            let mut document = ground.document(doc.id)?;
            let mut snapshot = document.save();
            let own = dice.chance(75);
            if own {
                let mut body = snapshot[9..].to_vec();
                let skip = body.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
                body.drain(..skip);
                // Behind the heads, so that the header still says what was named.
                let kept = body.split_off(body.len().min(40 + dice.below(200)));
                let mut rest = kept;
                damage(dice, &mut rest);
                body.extend(rest);
                snapshot = Chunk::sealed(0, &body);
            } else {
                damage(dice, &mut snapshot);
            }
            doc.snapshot = Some(snapshot.into());
            doc.changes.clear();
            Ok(("snapshot", own))
        }
        3..6 => {
            // A change that follows by its header, with the heads that this would lead to.
            let known = ground.known(doc.id)?;
            let forged = forge(dice, &known);
            if let Ok(header) = Header::read(&forged.bytes) {
                doc.heads = doc.heads.after(&header.dependencies, header.hash);
            }
            doc.changes.push(forged.bytes.into());
            Ok(("change", forged.sealed))
        }
        6..8 => {
            let rows: &[&[u8]] = &[
                b"",
                b"{",
                b"[]",
                b"null",
                b"{}",
                br#"{"schema":1}"#,
                br#"{"schema":99999999999999999999,"heads":[]}"#,
            ];
            let way = dice.below(5);
            if way < 2 {
                doc.row = dice.pick(rows).unwrap().to_vec().into();
            } else if way < 4 {
                let mut row: serde_json::Value = serde_json::from_slice(&doc.row)?;
                let odd = [
                    json!(null),
                    json!(1e308),
                    json!(u64::MAX),
                    json!({ "a": [1] }),
                    json!("\u{0}"),
                    json!([[[]]]),
                ];
                let fields = row["fields"].as_object_mut().context("fields")?;
                for value in fields.values_mut() {
                    if dice.chance(40) {
                        *value = dice.pick(&odd).unwrap().clone();
                    }
                }
                doc.row = row.to_string().into_bytes().into();
            } else {
                let mut row = doc.row.to_vec();
                damage(dice, &mut row);
                doc.row = row.into();
            }
            Ok(("row", false))
        }
        8 => {
            let mut bytes = doc.heads.to_bytes();
            bytes.resize(bytes.len().saturating_sub(32 * dice.below(2)), 0);
            bytes.extend([dice.byte(); 32]);
            doc.heads = Heads::from_bytes(&bytes).unwrap_or_default();
            Ok(("heads", false))
        }
        _ => {
            if dice.chance(50) {
                "unheard-of".clone_into(&mut doc.kind);
            } else {
                dice.pick(domain::KINDS).unwrap().name.clone_into(&mut doc.kind);
            }
            Ok(("kind", false))
        }
    }
}

/// What is done to a delta; whether what it says leads to a change that has its own hash.
fn spoil_delta(ground: &mut Ground, dice: &mut Dice, delta: &mut Delta) -> Result<(&'static str, bool)> {
    match dice.below(5) {
        0 => {
            // A change that follows by its header on what the relay has, with the fingerprint that this would lead to.
            let forged = forge(dice, &ground.known(delta.id)?);
            let parent = only_parent(&forged.bytes);
            let Some((rest, hash)) = parent.and_then(|parent| shorten(&forged.bytes, parent)) else {
                delta.changes.push(forged.bytes.into());
                return Ok(("delta: change", false));
            };
            if dice.chance(50) {
                delta.changes.clear();
            }
            delta.changes.push(rest.into());
            delta.fingerprint = fingerprint(&Heads::new(vec![hash]));
            Ok(("delta: change", true))
        }
        1 => {
            for change in &mut delta.changes {
                let mut bytes = change.to_vec();
                damage(dice, &mut bytes);
                *change = bytes.into();
            }
            Ok(("delta: bytes", false))
        }
        2 => {
            delta.fingerprint.resize(dice.below(40), dice.byte());
            Ok(("delta: fingerprint", false))
        }
        3 => {
            let differences: &[&[u8]] = &[
                b"",
                b"[]",
                b"{}",
                br#"{"set":{"heads":[],"schema":0}}"#,
                br#"{"set":{"fields":null}}"#,
                br#"{"set":{"fields/name":[[{"a":1e308}]],"derived/x":null}}"#,
                br#"{"set":{},"gone":["fields","created","schema"]}"#,
                br#"{"set":{"/":1,"a/b/c":2,"schema/x":3},"gone":["/","x/y"]}"#,
            ];
            if dice.chance(50) {
                delta.difference = dice.pick(differences).unwrap().to_vec().into();
            } else {
                let mut bytes = delta.difference.to_vec();
                damage(dice, &mut bytes);
                delta.difference = bytes.into();
            }
            if dice.chance(30) {
                delta.schema = dice.number().try_into().unwrap_or(0);
            }
            Ok(("delta: row", false))
        }
        _ => {
            let change = delta.changes.first().cloned().unwrap_or_else(|| vec![1].into());
            delta.changes = vec![change; dice.below(2 * limit::CHANGES_PER_DELTA)];
            Ok(("delta: count", false))
        }
    }
}

/// What the tablet wrote is still there; after honest exchanges it holds what the relay holds, all of it readable.
pub(crate) fn check(
    ground: &mut Ground,
    tablet: &Side,
    ids: &[DocumentId],
    written: &[(DocumentId, ChangeHash)],
) -> Result<()> {
    let kept = unacknowledged(tablet, ids)?;
    for one in written {
        ensure!(kept.contains(one), "the change {} of {} is gone", one.1, one.0);
    }
    // Looking at a document is what shows that it cannot be read.
    for id in ids {
        let seen = catch_unwind(AssertUnwindSafe(|| tablet.engine.history(*id)));
        match seen.map_err(|_| anyhow::anyhow!("{id}: a panic left the engine"))? {
            Ok(_) | Err(Error::Document(_) | Error::UnknownKind | Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    ground.sync_phone(&tablet.engine, tablet.sender)?;
    for id in ids {
        let stored = tablet
            .engine
            .read(|reader| Ok(reader.document(*id)?))?
            .with_context(|| format!("{id} is not here"))?;
        let kind = domain::kind(&stored.state.kind).with_context(|| format!("{id} is of no known kind"))?;
        let mut document = Document::load(kind, *id, &stored.snapshot, &stored.changes)
            .with_context(|| format!("{id} cannot be loaded after an honest exchange"))?;
        ensure!(
            document.heads() == stored.state.heads,
            "{id}: its bytes lead elsewhere: {:?} for {:?} (relay {:?}), {} changes, snapshot {}, acked {:?}, seed {:?}",
            document.heads(),
            stored.state,
            ground.document(*id)?.heads(),
            stored.changes.len(),
            stored.snapshot.len(),
            stored.state.acked,
            Document::seed_heads(kind, *id)?
        );
        let relay = ground.document(*id)?.heads();
        ensure!(document.contains(&relay), "{id}: what the relay has is missing");
    }
    for (id, hash) in written {
        // What was written on top of a change that the relay never had waits there, with its bytes.
        let arrived = ground.document(*id)?.contains(&Heads::new(vec![*hash]));
        ensure!(
            arrived || ground.waiting_changes()?.contains(hash),
            "the change {hash} of {id} did not arrive"
        );
    }
    Ok(())
}
