//! Changes: how far each gets, and that none does harm.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result, ensure};
use satchel_core::document::{Document, Header};
use satchel_core::domain;
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_core::projection::Row;
use satchel_core::wire::{Push, ReceiptState};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Dice, Forged, Ground, forge};

use crate::run::{Run, cases, quiet, seed};

/// The steps of admission, in their order; what is counted is how many cases got so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Hash,
    Header,
    Actor,
    Dependencies,
    Shadow,
    SaveAndLoad,
    Accepted,
}

const STEPS: [(Step, &str); 7] = [
    (Step::Hash, "hash"),
    (Step::Header, "header"),
    (Step::Actor, "actor, sequence, start_op"),
    (Step::Dependencies, "dependencies"),
    (Step::Shadow, "shadow apply"),
    (Step::SaveAndLoad, "save and load"),
    (Step::Accepted, "accepted"),
];

/// How far a change gets, told apart as finely as the receipts do not.
fn reached(document: &mut Document, forged: &[u8], state: ReceiptState, code: Option<&str>) -> Step {
    if matches!(state, ReceiptState::Ok | ReceiptState::Duplicate | ReceiptState::Held) {
        return Step::Accepted;
    }
    match code {
        Some("damaged" | "too-large" | "bad-header") if Header::read(forged).is_err() => {
            let sealed = forged.len() > 8 && satchel_tests::attack::Chunk::hash(forged)[..4] == forged[4..8];
            if sealed { Step::Header } else { Step::Hash }
        }
        Some("foreign-actor" | "actor-conflict" | "sequence-gap" | "operations-out-of-order" | "bad-header") => {
            Step::Actor
        }
        Some("needs-dependencies") => Step::Dependencies,
        Some("poisonous") => {
            let snapshot = document.save();
            match Document::load(document.kind(), document.id(), &snapshot, [forged]) {
                Ok(_) => Step::SaveAndLoad,
                Err(_) => Step::Shadow,
            }
        }
        // Refused for its author, its place or its size: after every step of the document's own.
        _ => Step::Accepted,
    }
}

#[test]
fn no_change_does_harm() -> Result<()> {
    quiet();
    let (seed, cases) = (seed(), cases() * 6 / 10);
    let mut dice = Dice::new(seed);
    let mut steps: BTreeMap<Step, usize> = BTreeMap::new();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    let (mut sent, mut sealed) = (0, 0);
    while sent < cases {
        let mut ground = Ground::new(dice.number(), Limits::default())?;
        let ids = ground.records()?;
        for _ in 0..ids.len() * 8 {
            let id = *dice.pick(&ids).unwrap();
            let known = ground.known(id)?;
            let before = ground.stored(id)?.0;
            let forged: Vec<Forged> = (0..25).map(|_| forge(&mut dice, &known)).collect();
            let kind = domain::kind(&before.kind).unwrap();
            for forged in forged {
                sent += 1;
                sealed += usize::from(forged.sealed);
                let before = ground.stored(id)?.0;
                let mut document = ground.document(id)?;
                let receipt = attack(&mut ground, id, kind.name, &forged)
                    .with_context(|| format!("seed {seed}, case {sent}: {}", forged.how))?;
                let step = reached(&mut document, &forged.bytes, receipt.0, receipt.1.as_deref());
                for (one, _) in STEPS.iter().filter(|(one, _)| *one <= step) {
                    *steps.entry(*one).or_default() += 1;
                }
                *codes
                    .entry(format!("{:?} {}", receipt.0, receipt.1.clone().unwrap_or_default()))
                    .or_default() += 1;
                let after = ground.stored(id)?.0;
                let entered = matches!(receipt.0, ReceiptState::Ok | ReceiptState::LateAccepted);
                ensure!(
                    entered || before == after,
                    "seed {seed}, case {sent}: refused, and yet it changed the document"
                );
                if entered {
                    check_document(&mut ground, id)
                        .with_context(|| format!("seed {seed}, case {sent}: {}\n{:02x?}", forged.how, forged.bytes))?;
                }
            }
            ground.drop_waiting()?;
        }
        check_phones(&mut ground, &ids).with_context(|| format!("seed {seed}, before case {sent}"))?;
    }
    println!("{sent} changes, {sealed} under their own hash, seed {seed}");
    for (step, name) in STEPS {
        println!("  reached {name}: {}", steps.get(&step).copied().unwrap_or(0));
    }
    for (code, count) in &codes {
        println!("  {code}: {count}");
    }
    ensure!(sealed * 2 >= sent, "less than half carry their own hash");
    for (step, name) in STEPS {
        ensure!(steps.get(&step).is_some_and(|count| *count > 0), "none reached {name}");
    }
    Ok(())
}

fn attack(ground: &mut Ground, id: DocumentId, kind: &str, forged: &Forged) -> Result<(ReceiptState, Option<String>)> {
    let push = Push {
        id,
        kind: kind.to_owned(),
        base: None,
        heads: Heads::new(vec![ChangeHash(satchel_tests::attack::Chunk::hash(&forged.bytes))]),
        changes: vec![forged.bytes.clone().into()],
    };
    let receipts = catch_unwind(AssertUnwindSafe(|| ground.push(vec![push])));
    let receipts = receipts.map_err(|_| anyhow::anyhow!("a panic left the relay"))??;
    let receipt = receipts.into_iter().next().context("a receipt")?;
    Ok((receipt.state, receipt.code))
}

/// What was let in must be readable in every way in which anybody reads it, and stay so.
fn check_document(ground: &mut Ground, id: DocumentId) -> Result<()> {
    let (stored, _) = ground.stored(id)?;
    let mut document = ground.document(id)?;
    ensure!(document.heads() == stored.heads, "its bytes lead to other heads");
    let row: Row = serde_json::from_str(&stored.row).context("its row cannot be read again")?;
    ensure!(row == document.project(), "its row is not its document's");
    let saved = document.save();
    let mut again = Document::load(document.kind(), id, &saved, std::iter::empty::<&[u8]>())?;
    ensure!(again.heads() == stored.heads, "its snapshot leads to other heads");
    Ok(())
}

/// The others have what the relay let in and nothing else, and can go on working with it.
fn check_phones(ground: &mut Ground, ids: &[DocumentId]) -> Result<()> {
    ground.settle()?;
    ensure!(
        ground
            .oda
            .engine
            .read(|reader| Ok(reader.documents(None, 10)?))?
            .is_empty(),
        "somebody without rights was shown something"
    );
    for id in ids {
        check_document(ground, *id)?;
        let stored = ground.stored(*id)?.0;
        let state = ground
            .vera
            .engine
            .read(|reader| Ok(reader.state(*id)?))?
            .context("Vera has it")?;
        ensure!(state.heads == stored.heads, "{id}: Vera's version is not the relay's");
        let vera = &ground.vera.engine;
        let record = vera.get(*id)?.context("the record")?;
        ensure!(
            record.row == serde_json::from_str::<Row>(&stored.row)?,
            "{id}: Vera's row"
        );
        let seen = catch_unwind(AssertUnwindSafe(|| -> Result<()> {
            vera.history(*id)?;
            vera.conflicts(*id)?;
            Ok(())
        }));
        seen.map_err(|_| anyhow::anyhow!("{id}: looking at its history panics"))??;
    }
    Run::work_on(ground, ids)
}
