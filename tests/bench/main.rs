//! Benchmarks: one command, each with its limit measured in the same run. `cargo xtask bench` builds and starts it.
//!
//! Nothing here passes or fails by a time: a bar that is missed is printed as missed.

mod bare;
mod bulk_push;
mod catch_up;
mod fan_out;
mod figure;
mod first_sync;
mod herd;
mod history;
mod idle;
mod idle_sockets;
mod insight;
mod library;
mod light;
mod line;
mod live;
mod local_write;
mod machine;
mod making;
mod office;
mod open;
mod page;
mod phone;
mod population;
mod push_throughput;
mod query;
mod replica;
mod search;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

use figure::Report;

/// How a benchmark is run.
pub(crate) struct Plan {
    /// Documents, where the benchmark has a number of them.
    pub(crate) documents: Option<usize>,
    /// Runs: at least five.
    pub(crate) runs: usize,
}

/// A benchmark by name.
type Benchmark = (&'static str, fn(&Plan) -> Result<Vec<Report>>);

/// In the order of `all`: what needs no relay first.
const BENCHMARKS: &[Benchmark] = &[
    ("open", open::run),
    ("local-write", local_write::run),
    ("search", search::run),
    ("query", query::run),
    ("history", history::run),
    ("idle", idle::run),
    ("catch-up", catch_up::run),
    ("bulk-push", bulk_push::run),
    ("push-throughput", push_throughput::run),
    ("first-sync", first_sync::run),
    ("fan-out", fan_out::run),
    ("idle-sockets", idle_sockets::run),
    ("herd", herd::run),
    ("insight", insight::run),
];

/// Measures the product against limits taken in the same run.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which benchmark, or `all`.
    name: String,
    /// Documents, where the benchmark has a number of them; its own where absent.
    #[arg(long)]
    docs: Option<usize>,
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Writes what was found into this page.
    #[arg(long)]
    write: Option<PathBuf>,
    /// How often each is run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(5..))]
    runs: u8,
    /// A part of a benchmark that needs a process of its own: started by the benchmark.
    #[arg(long, hide = true)]
    part: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(path) = &arguments.part {
        return match arguments.name.as_str() {
            "open" => open::part(path),
            "first-sync" => first_sync::part(path),
            other => bail!("{other} has no part"),
        };
    }
    let chosen: Vec<&Benchmark> = BENCHMARKS
        .iter()
        .filter(|(name, _)| arguments.name == "all" || arguments.name == *name)
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
        bail!("no benchmark {}: all, {}", arguments.name, names.join(", "));
    }
    let plan = Plan {
        documents: arguments.docs,
        runs: arguments.runs.into(),
    };
    for (name, run) in chosen {
        let machine = machine::described();
        for report in run(&plan)? {
            if arguments.json {
                println!("{}", report.json());
            } else {
                print(&report);
            }
            if let Some(path) = &arguments.write {
                let docs = arguments.docs.map(|docs| format!(" --docs {docs}")).unwrap_or_default();
                page::write(path, &report, &machine, &format!("cargo xtask bench {name}{docs}"))?;
            }
        }
    }
    Ok(())
}

fn print(report: &Report) {
    println!("{} {}", report.name, serde_json::json!(report.params));
    for (title, figures) in [
        ("", &report.figures),
        ("limit ", &report.limit),
        ("ratio ", &report.ratio),
    ] {
        for (name, spread) in figures.spreads() {
            println!(
                "  {title}{name}: {} (min {}, max {})",
                spread.median, spread.min, spread.max
            );
        }
    }
    for bar in &report.bars {
        let (sign, wanted) = bar.at_most.map_or(("≥", bar.at_least), |most| ("≤", Some(most)));
        let verdict = if bar.met { "met" } else { "MISSED" };
        println!(
            "  {verdict}: {} {} (bar {sign} {})",
            bar.what,
            bar.value,
            wanted.unwrap_or_default()
        );
    }
}
