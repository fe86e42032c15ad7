//! `cargo xtask bench`: builds as released and measures, each benchmark beside its limit.

use std::process::Command;

use anyhow::Result;

use crate::need::C_COMPILER;
use crate::workspace::{Program, Workspace, run as run_command};

/// The page that the results go to.
const PAGE: &str = "docs/performance.md";

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which benchmark, or `all`.
    name: String,
    /// Documents, where the benchmark has a number of them; its own where absent.
    #[arg(long)]
    docs: Option<usize>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Write what was found into docs/performance.md.
    #[arg(long)]
    write: bool,
    /// How often each is run, at least five times.
    #[arg(long)]
    runs: Option<u8>,
}

/// Builds the relay and the benchmarks, and runs them.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    let paths = workspace.build_measured(&[Program::Binary("satchel"), Program::Binary("bench")])?;
    let mut command = Command::new(&paths[1]);
    command
        .current_dir(workspace.root())
        .env("SATCHEL_BIN", &paths[0])
        .arg(&arguments.name);
    if let Some(docs) = arguments.docs {
        command.args(["--docs", &docs.to_string()]);
    }
    if let Some(runs) = arguments.runs {
        command.args(["--runs", &runs.to_string()]);
    }
    if arguments.json {
        command.arg("--json");
    }
    if arguments.write {
        command.args(["--write", PAGE]);
    }
    run_command(&mut command)
}
