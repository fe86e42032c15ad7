//! `cargo xtask fuzz`: a target for some minutes.

use anyhow::Result;

use crate::need::C_COMPILER;
use crate::workspace::{Program, Workspace, run as run_command};

/// Which target, and how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// frame, change, pack or import.
    target: String,
    /// How long.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// Replays the mutations of this seed.
    #[arg(long)]
    seed: Option<u64>,
}

/// Fuzzes; what fails is kept in the target's corpus, `tests/fuzz`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    let binary = workspace.build(&[Program::Binary("fuzz")])?.remove(0);
    let mut command = std::process::Command::new(binary);
    command
        .arg(&arguments.target)
        .args(["--minutes", &arguments.minutes.to_string()]);
    if let Some(seed) = arguments.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    run_command(&mut command)
}
