//! The simulator: real engines on real SQLite files and the relay's real logic over a network that loses, repeats and
//! reorders, from a seed. One thread, no real time: a seed replays exactly.
//!
//! `SATCHEL_SIM_SEED=17` runs one seed, `SATCHEL_SIM_RUNS=500` so many fresh ones; `cargo xtask sim` sets them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share fails like the tests"
)]

mod act;
mod check;
mod dice;
mod exchange;
mod fault;
mod ledger;
mod people;
mod phone;
mod plant;
mod reduced;
mod relay;
mod rule;
mod seed;
mod settle;
mod world;

use std::collections::BTreeMap;

use fault::Fault;
use plant::Plant;
use world::{Counts, World};

/// Runs one seed, and fails with what is needed to replay it.
fn run(seed: u64, plant: Option<Plant>) -> Result<(Counts, u64), String> {
    let mut world = World::new(seed, plant);
    let result = world.play();
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

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn nothing_is_lost_and_everybody_agrees() {
    let mut total = BTreeMap::new();
    if let Some(seed) = number("SATCHEL_SIM_SEED") {
        add(&mut total, run(seed, None).unwrap_or_else(|error| panic!("{error}")).0);
        println!("seed {seed}: {total:?}");
        return;
    }
    if let Some(runs) = number("SATCHEL_SIM_RUNS") {
        let first = number("SATCHEL_SIM_FIRST").unwrap_or_else(seed::fresh);
        let mut failures = Vec::new();
        for seed in first..first + runs {
            match run(seed, None) {
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
    for (seed, _) in seed::FIXED {
        add(&mut total, run(*seed, None).unwrap_or_else(|error| panic!("{error}")).0);
    }
    println!("faults and acts over the fixed seeds: {total:#?}");
    for fault in Fault::ALL {
        assert!(
            total.get(fault.name()).is_some_and(|times| *times > 0),
            "no {} among the fixed seeds",
            fault.name()
        );
    }
    let names = [act::NAMES, people::NAMES, world::NAMES, world::RECEIPTS].concat();
    for act in &names {
        assert!(
            total.get(act).is_some_and(|times| *times > 0),
            "no {act} among the fixed seeds"
        );
    }
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
