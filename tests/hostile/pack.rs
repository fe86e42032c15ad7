//! Packs: what a relay that lies, or what stands between, may hand to a phone that loads. One that is not what was named
//! brings nothing. One that is, and holds what cannot be read, harms no other document, and the next honest exchanges put
//! right what it brought.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result, anyhow, ensure};
use satchel_core::clock::SeededEntropy;
use satchel_core::domain;
use satchel_core::engine::Error;
use satchel_core::engine::sync::Fetched;
use satchel_core::ids::{ChangeHash, DocumentId, Heads, ScopeId};
use satchel_core::wire::{self, Commit, Floor, Frame, Manifest, Pack, PackHash, PackReader, PackedDoc, Point};
use satchel_server::relay::pack::{Group, build};
use satchel_server::relay::{Context, Limits, RelayError};
use satchel_server::store::Sequence as _;
use satchel_server::store::pack::Packs as _;
use satchel_tests::attack::{Dice, Ground, Side, damage};

use crate::device::check;
use crate::run::{cases, quiet, seed};

/// Everything that her devices may read, as the relay packs it.
struct Packed {
    point: Point,
    seq: u64,
    scopes: Vec<ScopeId>,
    documents: Vec<PackedDoc>,
}

#[test]
fn no_pack_does_harm() -> Result<()> {
    quiet();
    let (seed, cases) = (seed() ^ 2, cases() / 10);
    let mut dice = Dice::new(seed);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut sent, mut sealed) = (0, 0);
    while sent < cases {
        let mut ground = Ground::new(dice.number(), Limits::default())?;
        let mut ids = ground.records()?;
        ids.extend(ground.records()?);
        ground.settle()?;
        for number in 0..6 {
            let tablet = ground.tablet(100 + number)?;
            let honest = packed(&ground, &tablet)?;
            held_back(&mut ground, &tablet, &honest)?;
            for _ in 0..4 {
                let before = sent;
                let taken = spoiled(&mut dice, &tablet, &honest, &mut counts, &mut sent, &mut sealed)
                    .with_context(|| format!("seed {seed}, cases {before} to {sent}"))?;
                if taken {
                    break;
                }
            }
            tablet.engine.finish_packs()?;
            for id in &ids {
                let looked = catch_unwind(AssertUnwindSafe(|| tablet.engine.history(*id)));
                let looked = looked.map_err(|_| anyhow!("{id}: a panic left the engine"))?;
                let what = match looked {
                    Ok(_) => "readable",
                    Err(Error::NotFound) => "not here yet",
                    Err(_) => "unreadable",
                };
                *counts.entry(what).or_default() += 1;
            }
            check(&mut ground, &tablet, &ids, &[]).with_context(|| format!("seed {seed}, before case {sent}"))?;
        }
    }
    println!("{sent} spoiled in packs, {sealed} under a hash reckoned anew, seed {seed}: {counts:#?}");
    for what in [
        "refused",
        "applied",
        "bytes",
        "snapshot",
        "heads",
        "row",
        "kind",
        "left out",
        "twice",
        "under another's id",
        "of no scope",
        "readable",
        "unreadable",
        "not here yet",
    ] {
        ensure!(counts.get(what).is_some_and(|count| *count > 0), "no {what}");
    }
    ensure!(sealed * 3 >= sent, "too few under a hash reckoned anew");
    Ok(())
}

fn packed(ground: &Ground, tablet: &Side) -> Result<Packed> {
    let member = tablet.sender.member;
    let (point, bytes) = ground.file.read::<_, RelayError>(|tx| {
        let entropy = SeededEntropy::new(1);
        let context = Context::read(tx, 0, &entropy)?;
        let scopes = tx.packable(member)?.into_iter().map(|one| one.scope).collect();
        let built = build(
            tx,
            &Group {
                scopes,
                urgency: 0,
                rows: false,
            },
            0,
        )?;
        let point = Point {
            run: context.run,
            seq: tx.last_seq()?,
        };
        Ok((point, built.pack.map(|(_, bytes)| bytes)))
    })?;
    let bytes = bytes.context("there is something to pack")?;
    let mut reader = PackReader::new(&bytes)?;
    let mut documents = Vec::new();
    while let Some(document) = reader.next_document()? {
        documents.push(document);
    }
    Ok(Packed {
        point,
        seq: reader.head().seq,
        scopes: reader.head().scopes.clone(),
        documents,
    })
}

/// The first answer that a new phone gets where packs bring everything: the relay's own, without documents.
fn held_back(ground: &mut Ground, tablet: &Side, honest: &Packed) -> Result<()> {
    let (mut ongoing, request) = tablet.engine.begin_loading(0)?;
    let answer = ground.answer(tablet.sender, &request)?.context("an answer")?;
    let mut frames = wire::decode(&answer)?;
    frames.retain(|frame| !matches!(frame, Frame::Doc(_) | Frame::Commit(_)));
    let floor = |scope: &ScopeId| Floor {
        scope: *scope,
        seq: 0,
        done: false,
    };
    frames.push(
        Commit {
            from: 0,
            to: 0,
            more: true,
            run: Some(honest.point.run),
            digest: None,
            floors: Some(honest.scopes.iter().map(floor).collect()),
            packs: Some(true),
        }
        .into(),
    );
    ongoing.receive(&wire::encode_bundled(&frames)?)?;
    ensure!(ongoing.offers_packs());
    Ok(())
}

/// One spoiled pack, named as what it is; whether the phone took it.
fn spoiled(
    dice: &mut Dice,
    tablet: &Side,
    honest: &Packed,
    counts: &mut BTreeMap<&'static str, usize>,
    sent: &mut usize,
    sealed: &mut usize,
) -> Result<bool> {
    let mut documents = honest.documents.clone();
    for _ in 0..=dice.below(3) {
        let (what, own) = spoil(dice, &mut documents);
        *counts.entry(what).or_default() += 1;
        *sent += 1;
        *sealed += usize::from(own);
    }
    let mut bytes = wire::encode_pack(honest.seq, honest.scopes.clone(), &documents)?;
    if dice.chance(20) {
        damage(dice, &mut bytes);
        *counts.entry("bytes").or_default() += 1;
        *sent += 1;
    }
    let pack = Pack {
        hash: PackHash::of(&bytes),
        seq: honest.seq,
        documents: documents.len() as u64,
        bytes: bytes.len() as u64,
        scopes: honest.scopes.clone(),
        rows: None,
    };
    let manifest = Manifest {
        point: honest.point,
        more: false,
    };
    let plan = tablet
        .engine
        .plan_packs(&wire::encode(&[pack.into(), manifest.into()])?)?;
    let pack = plan.packs.first().context("it is worth having")?;
    let before = tablet.engine.sync_status()?;
    let applied = catch_unwind(AssertUnwindSafe(|| tablet.engine.apply_pack(pack, plan.point, &bytes)));
    match applied.map_err(|_| anyhow!("a panic left the engine"))? {
        Ok(applied) => {
            ensure!(
                applied.scopes == honest.scopes.len() as u64,
                "every scope has its floor"
            );
            *counts.entry("applied").or_default() += 1;
            Ok(true)
        }
        Err(Error::BadPack) => {
            tablet.engine.settle_pack(pack, plan.point, Fetched::Refused)?;
            let after = tablet.engine.sync_status()?;
            ensure!(after.loading == before.loading, "a refused pack left a floor");
            for document in &honest.documents {
                ensure!(
                    tablet.engine.get(document.id)?.is_none(),
                    "a refused pack left {}",
                    document.id
                );
            }
            *counts.entry("refused").or_default() += 1;
            Ok(false)
        }
        Err(error) => Err(error).context("one bad document stopped the pack"),
    }
}

/// What is done to one document; whether its bytes come under a hash reckoned anew.
fn spoil(dice: &mut Dice, documents: &mut Vec<PackedDoc>) -> (&'static str, bool) {
    let at = dice.below(documents.len());
    match dice.below(16) {
        // The phone puts the checksum back: whatever these bytes are, they come under their own.
        0..9 => {
            let mut snapshot = documents[at]
                .snapshot
                .as_ref()
                .map_or_else(Vec::new, |bytes| bytes.to_vec());
            damage(dice, &mut snapshot);
            documents[at].snapshot = Some(snapshot.into());
            ("snapshot", !documents[at].whole)
        }
        9 => {
            documents[at].heads = Heads::new(vec![ChangeHash([dice.byte(); 32])]);
            ("heads", false)
        }
        10 => {
            let mut row = documents[at].row.to_vec();
            damage(dice, &mut row);
            documents[at].row = row.into();
            ("row", false)
        }
        11 => {
            // Of a kind that is unknown here a phone believes the relay: nothing can be held against it.
            let kind = dice.pick(domain::KINDS).map_or("note", |kind| kind.name);
            kind.clone_into(&mut documents[at].kind);
            ("kind", false)
        }
        12 => {
            documents.remove(at);
            ("left out", false)
        }
        13 => {
            let twice = documents[at].clone();
            documents.push(twice);
            ("twice", false)
        }
        14 => {
            let other: DocumentId = documents[dice.below(documents.len())].id;
            documents[at].id = other;
            ("under another's id", false)
        }
        _ => {
            documents[at].scope = 1_000;
            ("of no scope", false)
        }
    }
}
