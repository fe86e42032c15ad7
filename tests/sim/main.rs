//! The simulator: real engines on real SQLite files and the relay's real logic over a network that loses, repeats and
//! reorders, from a seed. One thread, no real time: a seed replays exactly.
//!
//! `SATCHEL_SIM_SEED=17` runs one seed, `SATCHEL_SIM_RUNS=500` so many fresh ones (from `SATCHEL_SIM_FIRST`, where that is
//! set), `SATCHEL_SIM_MINUTES=30` as many as there is time for; `cargo xtask sim` sets them. With
//! `SATCHEL_SIM_PLANT=SkipsDocuments` the seeds are played with that bug planted.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share fails like the tests"
)]

mod act;
mod anew;
mod check;
mod copy;
mod dice;
mod exchange;
mod fault;
mod follow;
mod fresh;
mod hunt;
mod ledger;
mod live;
mod nemesis;
mod old;
mod pack;
mod people;
mod phone;
mod plant;
mod poison;
mod rebuild;
mod reduced;
mod relay;
mod rule;
mod seed;
mod settle;
mod shelf;
mod spoil;
mod subscribe;
mod token;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fault::Fault;
use nemesis::Nemesis;
use pack::PackFault;
use plant::Plant;
use world::{Counts, World};

/// Runs one seed, and fails with what is needed to replay it.
fn run(seed: u64, plant: Option<Plant>) -> Result<(Counts, u64), String> {
    let mut world = World::new(seed, plant);
    // A panic is a failure like any other, and has a story to tell.
    let result = catch_unwind(AssertUnwindSafe(|| world.play())).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(anyhow::anyhow!("a panic: {}", text.unwrap_or_default()))
    });
    let trace = world.trace_hash();
    match result {
        Ok(()) => Ok((world.counts, trace)),
        Err(error) => {
            let error = format!("{error:#}");
            Err(format!(
                "seed {seed} failed; replay with SATCHEL_SIM_SEED={seed}\n{}\n=> {error}",
                world.story(&error)
            ))
        }
    }
}

fn add(total: &mut Counts, counts: Counts) {
    for (what, times) in counts {
        *total.entry(what).or_default() += times;
    }
}

/// Everything that goes wrong or strikes in random runs.
fn fault_names() -> impl Iterator<Item = &'static str> {
    let faults = Fault::ALL.iter().map(|fault| fault.name());
    let nemeses = Nemesis::ALL.iter().map(|nemesis| nemesis.name());
    let packs = PackFault::ALL.iter().map(|fault| fault.name());
    faults.chain(packs).chain(nemeses).chain(world::CRASHES.iter().copied())
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// The bug that is planted in the seeds that are asked for, to see what finds it.
fn planted() -> Option<Plant> {
    let name = std::env::var("SATCHEL_SIM_PLANT").ok()?;
    let found = Plant::ALL.iter().find(|plant| format!("{plant:?}") == name);
    Some(*found.unwrap_or_else(|| panic!("SATCHEL_SIM_PLANT must be one of {:?}", Plant::ALL)))
}

#[test]
fn nothing_is_lost_and_everybody_agrees() {
    let mut total = BTreeMap::new();
    if let Some(seed) = number("SATCHEL_SIM_SEED") {
        add(
            &mut total,
            run(seed, planted()).unwrap_or_else(|error| panic!("{error}")).0,
        );
        println!("seed {seed}: {total:?}");
        return;
    }
    if let Some(minutes) = number("SATCHEL_SIM_MINUTES") {
        let report = std::env::var("SATCHEL_SIM_REPORT").ok();
        let failed = hunt::hunt(minutes, report.as_deref());
        assert!(failed.is_empty(), "failed: {failed:?}");
        return;
    }
    if let Some(runs) = number("SATCHEL_SIM_RUNS") {
        let first = number("SATCHEL_SIM_FIRST").unwrap_or_else(seed::fresh);
        let mut failures = Vec::new();
        for seed in first..first + runs {
            match run(seed, planted()) {
                Ok((counts, _)) => add(&mut total, counts),
                Err(error) => {
                    println!("{error}");
                    failures.push(seed);
                }
            }
        }
        println!("{runs} runs from seed {first}: {total:?}");
        assert!(failures.is_empty(), "failed: {failures:?}");
        return;
    }
    for seed in seed::FIXED {
        add(&mut total, run(*seed, None).unwrap_or_else(|error| panic!("{error}")).0);
    }
    println!("faults and acts over the fixed seeds: {total:#?}");
    let names = [
        act::NAMES,
        people::NAMES,
        pack::NAMES,
        subscribe::NAMES,
        world::NAMES,
        world::RECEIPTS,
    ]
    .concat();
    let missing: Vec<&str> = names
        .into_iter()
        .chain(fault_names())
        .filter(|name| total.get(name).is_none_or(|times| *times == 0))
        .collect();
    assert!(missing.is_empty(), "not among the fixed seeds: {missing:?}");
    let first = seed::fresh();
    for seed in first..first + 2 {
        run(seed, None).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_seed_replays_exactly() {
    let one = run(5, None).unwrap_or_else(|error| panic!("{error}"));
    let two = run(5, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(one, two);
}
