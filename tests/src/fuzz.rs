//! Fuzz targets as plain functions, and a harness for stable Rust that mutates a corpus.
//!
//! Without coverage from the compiler the harness keeps what made a target answer in a way that it had not answered yet.
//! `docs/how-to/fuzz.md` says how the same functions run under libFuzzer.

mod seed;
mod target;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest, Sha256};

use crate::attack::Dice;

pub use seed::seeds;
pub use target::Target;

/// An input that takes longer is a finding: nobody who sends it may hold up the others.
const SLOW: Duration = Duration::from_secs(5);
/// Most inputs that a run keeps in memory.
const MOST_KEPT: usize = 5_000;

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Inputs tried.
    pub inputs: u64,
    /// Ways in which the target answered.
    pub answers: usize,
}

/// Where the corpus of a target stands in the repository.
#[must_use]
pub fn corpus(target: Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(target.name())
}

/// Every committed input of a target, with its file's name, in order.
///
/// # Errors
/// Where the folder cannot be read.
pub fn inputs(target: Target) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = corpus(target);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.push((name, std::fs::read(&path)?));
    }
    found.sort();
    Ok(found)
}

/// Tries one input.
///
/// # Errors
/// Where the target panics or takes too long.
pub fn try_one(target: Target, input: &[u8]) -> Result<String> {
    let begun = Instant::now();
    let answer = catch_unwind(AssertUnwindSafe(|| target.run(input)));
    let Ok(answer) = answer else {
        bail!("{} panics", target.name())
    };
    if begun.elapsed() > SLOW {
        bail!("{} takes {:?}", target.name(), begun.elapsed());
    }
    Ok(answer)
}

/// Mutates the corpus until `until` says that it is enough. What makes a target fail is kept as `crash-…` in the corpus.
///
/// # Errors
/// The first failure, with the file that it is kept in.
pub fn mutate(target: Target, seed: u64, mut until: impl FnMut(u64) -> bool) -> Result<Ran> {
    let mut dice = Dice::new(seed);
    let mut kept: Vec<Vec<u8>> = inputs(target)?.into_iter().map(|(_, input)| input).collect();
    let mut answers = BTreeSet::new();
    for input in &kept {
        answers.insert(try_one(target, input)?);
    }
    // What kills the process outright can be read from here afterwards.
    let last = std::env::temp_dir().join(format!("satchel-fuzz-{}-{}", target.name(), std::process::id()));
    let mut tried = 0;
    while !until(tried) {
        tried += 1;
        let input = target.mutate(&mut dice, &kept);
        std::fs::write(&last, &input)?;
        match try_one(target, &input) {
            Ok(answer) => {
                if answers.insert(answer) && kept.len() < MOST_KEPT {
                    kept.push(input);
                }
            }
            Err(error) => {
                let name = data_encoding::HEXLOWER.encode(&Sha256::digest(&input)[..8]);
                let file = corpus(target).join(format!("crash-{name}"));
                std::fs::write(&file, &input)?;
                return Err(error.context(format!("seed {seed}, input {tried}, kept as {}", file.display())));
            }
        }
    }
    std::fs::remove_file(&last)?;
    Ok(Ran {
        inputs: tried,
        answers: answers.len(),
    })
}
