//! The program `satchel`.

use std::process::ExitCode;

use clap::Parser;
use satchel_server::command::Command;

fn main() -> anyhow::Result<ExitCode> {
    Command::parse().run()?;
    Ok(ExitCode::SUCCESS)
}
