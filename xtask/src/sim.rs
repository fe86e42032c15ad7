//! `cargo xtask sim`: the simulator, for one seed, for many fresh ones, or for a while.

mod tally;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::need::C_COMPILER;
use crate::workspace::{Workspace, run as run_command, shown};

/// Which seeds.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Replays this seed.
    #[arg(long, conflicts_with_all = ["runs", "hunt", "add"])]
    seed: Option<u64>,
    /// Says in that replay's trace whenever somebody gets or loses the change of this hash, where it fails.
    #[arg(long, requires = "seed", value_name = "HASH")]
    follow: Option<String>,
    /// Plays so many fresh seeds and prints those that failed.
    #[arg(long, conflicts_with_all = ["hunt", "add"])]
    runs: Option<u64>,
    /// Plays fresh seeds for so many minutes, and adds what that did to tests/sim/tally.toml.
    #[arg(long, value_name = "MINUTES")]
    hunt: Option<u64>,
    /// Adds what a hunt reported that was played apart from this command, by a copy of the built simulator with
    /// `SATCHEL_SIM_MINUTES` and `SATCHEL_SIM_REPORT`.
    #[arg(long, value_name = "REPORT", conflicts_with = "hunt")]
    add: Option<PathBuf>,
    /// The commit of which that copy was built; the newest where it is not said.
    #[arg(long, requires = "add")]
    commit: Option<String>,
}

/// Runs the simulator.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if let Some(report) = &arguments.add {
        let report = fs::read_to_string(report).with_context(|| format!("reading {}", report.display()))?;
        return tally::add(workspace.root(), arguments.commit.as_deref(), &report);
    }
    C_COMPILER.ensure()?;
    let (name, value) = match (arguments.seed, arguments.runs, arguments.hunt) {
        (Some(seed), ..) => ("SATCHEL_SIM_SEED", seed),
        (None, Some(runs), _) => ("SATCHEL_SIM_RUNS", runs),
        (None, None, Some(minutes)) => ("SATCHEL_SIM_MINUTES", minutes),
        (None, None, None) => {
            bail!("say --seed S to replay one, --runs N to play fresh ones, or --hunt MINUTES to play on and on")
        }
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
    if let Some(hash) = &arguments.follow {
        command.env("SATCHEL_SIM_FOLLOW", hash);
    }
    println!("$ {name}={value} {}", shown(&command));
    if arguments.hunt.is_none() {
        return run_command(&mut command);
    }
    let report = workspace.target_directory().join("sim-report.toml");
    // One of an earlier hunt must not be taken for this one's.
    if report.exists() {
        fs::remove_file(&report)?;
    }
    command.env("SATCHEL_SIM_REPORT", &report);
    let outcome = run_command(&mut command);
    // A hunt that found something ends with an error, and its seeds belong into the tally all the more.
    if report.exists() {
        tally::add(workspace.root(), None, &fs::read_to_string(&report)?)?;
    }
    outcome
}
