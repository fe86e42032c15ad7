//! `cargo xtask fuzz`: mutates the corpus of a target for some minutes.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Parser;
use satchel_core::clock::{SystemEntropy, random};
use satchel_tests::fuzz::{self, Target};

/// Mutates the corpus of a target until the time is over or something fails; what fails is kept in the corpus.
#[derive(Debug, Parser)]
struct Command {
    /// frame, change, pack or import.
    target: String,
    /// How long.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// Everything random comes from this number; a fresh one where absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Write what the corpus begins with, and nothing else.
    #[arg(long)]
    write_seeds: bool,
}

fn main() -> Result<()> {
    let command = Command::parse();
    let Some(target) = Target::ALL.into_iter().find(|target| target.name() == command.target) else {
        bail!("no target {}: there are frame, change, pack and import", command.target);
    };
    if command.write_seeds {
        let folder = fuzz::corpus(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in fuzz::seeds(target)? {
            std::fs::write(folder.join(format!("seed-{name}")), bytes)?;
        }
        return Ok(());
    }
    let seed = command
        .seed
        .unwrap_or_else(|| u64::from_be_bytes(random(&SystemEntropy)));
    println!("{}: seed {seed}", target.name());
    // Contained panics inside Automerge are not findings, and not worth a line each.
    std::panic::set_hook(Box::new(|_| {}));
    let end = Instant::now() + Duration::from_secs(60 * command.minutes);
    let ran = fuzz::mutate(target, seed, |_| Instant::now() >= end)?;
    println!(
        "{}: {} inputs in {} min, {} ways of answering, nothing found",
        target.name(),
        ran.inputs,
        command.minutes,
        ran.answers
    );
    Ok(())
}
