//! `cargo xtask demo`: the relay and a small sales team syncing through it, on real customers.

mod orders;

use std::process::Command;

use anyhow::{Result, ensure};

use crate::dashboard;
use crate::need::C_COMPILER;
use crate::workspace::{Program, Workspace, run as run_command};

/// How the demo runs.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// End when the day is over, instead of leaving the relay running.
    #[arg(long)]
    exit: bool,
    /// Play another day: everything random in it comes from this number.
    #[arg(long)]
    seed: Option<u64>,
}

impl Arguments {
    /// One day, then the end.
    pub(crate) fn once() -> Self {
        Self { exit: true, seed: None }
    }
}

/// Fetches the order data, builds the relay and the demo program, and runs it. Fails where the demo finds that two
/// parties disagree.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    ensure!(workspace.has_binary("demo"), "this version has no demo program");
    let orders = orders::fetch()?;
    dashboard::build(workspace)?;
    let paths = workspace.build(&[Program::Binary("satchel"), Program::Binary("demo")])?;
    let mut command = Command::new(&paths[1]);
    command
        .current_dir(workspace.root())
        .env("SATCHEL_BIN", &paths[0])
        .env("SATCHEL_DEMO_DATA", orders);
    if arguments.exit {
        command.arg("--exit");
    }
    if let Some(seed) = arguments.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    run_command(&mut command)
}
