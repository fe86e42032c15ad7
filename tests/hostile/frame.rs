//! Messages: what a device may send instead of one. The relay answers or refuses, and goes on.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, ensure};
use satchel_core::ids::{ActorId, ChangeHash, DocumentId, Heads, RunId, ScopeId};
use satchel_core::store::SyncPoint;
use satchel_core::wire::{self, Floor, Frame, Hello, PROTOCOL, Point, Purged, Push};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Dice, Ground, damage, forge};

use crate::run::{cases, quiet, seed};

#[test]
fn no_message_does_harm() -> Result<()> {
    quiet();
    let (seed, cases) = (seed() ^ 2, cases() / 10);
    let mut dice = Dice::new(seed);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut sent = 0;
    while sent < cases {
        let mut ground = Ground::new(dice.number(), Limits::default())?;
        let ids = ground.records()?;
        for _ in 0..200 {
            sent += 1;
            let message = message(&mut ground, &mut dice, &ids)?;
            let sender = ground.mallory.sender;
            let answered = catch_unwind(AssertUnwindSafe(|| ground.answer(sender, &message)));
            let answered = answered.map_err(|_| anyhow::anyhow!("seed {seed}, case {sent}: a panic left the relay"))?;
            let answer = answered.map_err(|error| error.context(format!("seed {seed}, case {sent}")))?;
            let what = if answer.is_some() { "answered" } else { "refused" };
            *counts.entry(what).or_default() += 1;
            if let Some(answer) = answer {
                // What it says can be read by whoever asked.
                wire::decode(&answer)?;
            }
            ground.drop_waiting()?;
        }
        // Nobody else is disturbed.
        ground.settle()?;
        for id in &ids {
            let heads = ground.document(*id)?.heads();
            ensure!(
                heads == ground.stored(*id)?.0.heads,
                "seed {seed}, before case {sent}: {id}"
            );
        }
        let shown = ground.oda.engine.read(|reader| Ok(reader.documents(None, 10)?))?;
        ensure!(shown.is_empty(), "somebody without rights was shown something");
    }
    println!("{sent} messages, seed {seed}: {counts:#?}");
    for what in ["answered", "refused"] {
        ensure!(counts.get(what).is_some_and(|count| *count > 0), "none {what}");
    }
    Ok(())
}

fn point(dice: &mut Dice) -> Point {
    Point {
        run: RunId::from_bytes([dice.byte(); 16]),
        seq: dice.awkward(),
    }
}

fn hello(ground: &Ground, dice: &mut Dice, ids: &[DocumentId]) -> Result<Hello> {
    let maybe = |dice: &mut Dice| dice.chance(60).then(|| point(dice));
    let id = |dice: &mut Dice| *dice.pick(ids).unwrap();
    let protocol = if dice.chance(90) {
        PROTOCOL
    } else {
        dice.number().try_into().unwrap_or(u32::MAX)
    };
    let mut hello = Hello {
        protocol,
        schema: 8,
        exchange: 7,
        cursor: maybe(dice),
        caught_up: dice.chance(50).then(|| dice.awkward()),
        newest: maybe(dice),
        grants: (0..dice.below(20)).map(|_| dice.byte()).collect(),
        digest: dice.chance(50).then(|| vec![dice.byte(); 16]),
        pending: u32::MAX,
        clock_s: dice.awkward().cast_signed(),
        budget: dice.awkward(),
        actor: dice.chance(50).then(|| ActorId([dice.byte(); 16])),
        want: (0..dice.below(6)).map(|_| id(dice)).collect(),
        ..Hello::default()
    };
    if dice.chance(40) {
        let floor = |dice: &mut Dice| Floor {
            scope: ScopeId::from_bytes(*id(dice).as_bytes()),
            seq: dice.awkward(),
            done: dice.chance(50),
        };
        hello.loading = Some((0..dice.below(5)).map(|_| floor(dice)).collect());
    }
    // Mostly of this run, so that the relay believes the cursor.
    if dice.chance(60) {
        let engine = &ground.mallory.engine;
        hello.cursor = engine.read(|reader| Ok(reader.point(SyncPoint::Cursor)?))?;
        hello.newest = None;
    }
    Ok(hello)
}

fn message(ground: &mut Ground, dice: &mut Dice, ids: &[DocumentId]) -> Result<Vec<u8>> {
    let mut frames: Vec<Frame> = vec![hello(ground, dice, ids)?.into()];
    for _ in 0..dice.below(4) {
        let document = *dice.pick(ids).unwrap();
        let known = ground.known(document)?;
        let kinds = ["customer", "note", "deal", "unheard-of", ""];
        let changes = (0..dice.below(4)).map(|_| forge(dice, &known).bytes.into()).collect();
        let id = if dice.chance(80) {
            document
        } else {
            DocumentId::from_bytes([dice.byte(); 16])
        };
        let push = Push {
            id,
            kind: (*dice.pick(&kinds).unwrap()).to_owned(),
            base: dice.chance(60).then(|| point(dice)),
            heads: Heads::new((0..dice.below(3)).map(|_| ChangeHash([dice.byte(); 32])).collect()),
            changes,
        };
        frames.push(push.into());
    }
    for _ in 0..dice.below(3) {
        let purged = Purged {
            scope: ScopeId::from_bytes(*dice.pick(ids).unwrap().as_bytes()),
            point: point(dice),
            documents: dice.awkward(),
        };
        frames.push(purged.into());
    }
    if dice.chance(10) {
        let last = frames.len() - 1;
        frames.swap(0, last);
    }
    let mut bytes = if dice.chance(50) {
        wire::encode(&frames)?
    } else {
        wire::encode_bundled(&frames)?
    };
    if dice.chance(50) {
        damage(dice, &mut bytes);
    }
    Ok(bytes)
}
