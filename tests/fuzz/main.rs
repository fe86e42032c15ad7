//! The corpora of the fuzz targets, crashers among them, are tried again each time, and mutated a little.

use anyhow::{Context as _, Result, ensure};
use satchel_tests::fuzz::{Target, inputs, mutate, try_one};

#[test]
fn every_input_that_was_kept_is_answered() -> Result<()> {
    for target in Target::ALL {
        let kept = inputs(target)?;
        ensure!(!kept.is_empty(), "{} has no corpus", target.name());
        let mut answers = Vec::new();
        for (name, input) in kept {
            answers.push(try_one(target, &input).with_context(|| name)?);
        }
        answers.sort();
        answers.dedup();
        ensure!(answers.len() > 1, "{} answers everything alike", target.name());
    }
    Ok(())
}

#[test]
fn a_few_mutations_are_answered() -> Result<()> {
    for target in Target::ALL {
        let ran = mutate(target, 1, |tried| tried >= 300)?;
        println!("{}: {ran:?}", target.name());
        ensure!(ran.answers > 4, "{}: mutating changes nothing", target.name());
    }
    Ok(())
}
