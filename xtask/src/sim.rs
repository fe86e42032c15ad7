//! `cargo xtask sim`: the simulator, for one seed or for many fresh ones.

use anyhow::{Result, bail};

use crate::need::C_COMPILER;
use crate::workspace::{Workspace, run as run_command, shown};

/// Which seeds.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Replays this seed.
    #[arg(long, conflicts_with = "runs")]
    seed: Option<u64>,
    /// Plays so many fresh seeds and prints those that failed.
    #[arg(long)]
    runs: Option<u64>,
}

/// Runs the simulator.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    let (name, value) = match (arguments.seed, arguments.runs) {
        (Some(seed), _) => ("SATCHEL_SIM_SEED", seed),
        (None, Some(runs)) => ("SATCHEL_SIM_RUNS", runs),
        (None, None) => bail!("say --seed S to replay one, or --runs N to play fresh ones"),
    };
    let mut command = workspace.cargo();
    command.args([
        "test",
        "-p",
        "satchel-tests",
        "--test",
        "sim",
        "--locked",
        "nothing_is_lost",
        "--",
        "--nocapture",
    ]);
    command.env(name, value.to_string());
    println!("$ {name}={value} {}", shown(&command));
    run_command(&mut command)
}
