//! The program `satchel`.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use satchel_server::command::Command;

fn main() -> ExitCode {
    match Command::parse().run().context("satchel") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // In words, without a backtrace: what went wrong here is for the operator to put right.
            eprintln!("{error}: {}", error.root_cause());
            ExitCode::FAILURE
        }
    }
}
