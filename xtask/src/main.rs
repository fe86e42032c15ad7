//! `cargo xtask …`: what a person or CI does with this repository.

mod alignment;
mod bench;
mod bindings;
mod cache;
mod ci;
mod dashboard;
mod demo;
mod deny;
mod fuzz;
mod generated;
mod kinds;
mod layers;
mod need;
mod page;
mod sim;
mod source;
mod style;
mod suite;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use workspace::Workspace;

/// What a person or CI does with this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the relay and plays a sales team's day through it.
    Demo(demo::Arguments),
    /// Runs every check and then every test, and prints how long each step took.
    Ci(ci::Arguments),
    /// Sets up what is missing, then runs every test there is.
    Test(suite::Arguments),
    /// Plays the simulator: one seed again, or many fresh ones.
    Sim(sim::Arguments),
    /// Measures, each benchmark beside its limit.
    Bench(bench::Arguments),
    /// Builds what apps see from the shared library, and runs its tests in their language.
    Bindings(bindings::Arguments),
    /// Builds the managers' dashboard, which the relay's own build embeds.
    Dashboard(dashboard::Arguments),
    /// Says whether Android can load libraries on phones with pages of 16 KB.
    Aligned(alignment::Arguments),
    /// Fuzzes a target for some minutes.
    Fuzz(fuzz::Arguments),
    /// Writes the generated files anew.
    Generate,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace: what went wrong is in the command that failed, not in here.
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::open()?;
    match arguments.command {
        Command::Demo(arguments) => demo::run(&workspace, &arguments),
        Command::Ci(arguments) => ci::run(&workspace, &arguments),
        Command::Test(arguments) => suite::run(&workspace, &arguments),
        Command::Sim(arguments) => sim::run(&workspace, &arguments),
        Command::Bench(arguments) => bench::run(&workspace, &arguments),
        Command::Bindings(arguments) => bindings::run(&workspace, &arguments),
        Command::Dashboard(arguments) => dashboard::run(&workspace, &arguments),
        Command::Aligned(arguments) => alignment::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&workspace, &arguments),
        Command::Generate => generated::write(&workspace),
    }
}
