//! `cargo xtask demo`: a small sales team, its phones and its relay through one working day.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use satchel_tests::demo::{self, Arguments};

/// Plays a working day of a small sales team on a real relay, and prints what phones and relay say afterwards.
#[derive(Debug, Parser)]
struct Command {
    /// End when the day is over, instead of leaving the relay running.
    #[arg(long)]
    exit: bool,
    /// Play another day: everything random in it comes from this number.
    #[arg(long, default_value_t = 20_260_302)]
    seed: u64,
    /// The list of orders from which the customers are taken (CSV).
    #[arg(long, env = "SATCHEL_DEMO_DATA")]
    data: PathBuf,
}

fn main() -> Result<ExitCode> {
    let command = Command::parse();
    let agreed = demo::run(&Arguments {
        exit: command.exit,
        seed: command.seed,
        data: command.data,
    })?;
    Ok(if agreed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
