//! `cargo xtask ci`: every check in order, cheapest first, and what each minute bought.

mod report;

use std::env;
use std::fmt::Display;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::workspace::{Workspace, run as run_command};
use crate::{dashboard, demo, deny, generated, kinds, layers, page, style, suite};
use report::{Outcome, Report};

/// Which steps, and whether to go on after a failure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps.
    steps: Vec<Step>,
    /// Run the later steps too when one fails.
    #[arg(long)]
    keep_going: bool,
}

/// A step, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    Layers,
    Kinds,
    Style,
    Dashboard,
    Lint,
    Docs,
    Deny,
    Generated,
    Demo,
    Test,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// What its minutes buy.
    fn buys(self) -> &'static str {
        match self {
            Self::Layers => "arrows go down only; only stores write SQL; one SQLite binding",
            Self::Kinds => "a new kind of record is one file and one line",
            Self::Style => "one formatting; names that say what is inside",
            Self::Dashboard => "the dashboard's types, style and texts; its size; built before what embeds it",
            Self::Lint => "clippy pedantic, unsafe forbidden; core builds without a runtime",
            Self::Docs => "every public item documented, no dead link",
            Self::Deny => "licences, banned crates and sources of all dependencies",
            Self::Generated => "generated files are what their program prints",
            Self::Test => "every unit test, story and suite; Kotlin, Swift and a real browser against the built relay",
            Self::Demo => "the day on real customers that README promises: everyone agrees",
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Layers => refuse(&layers::check(workspace.root())?),
            Self::Kinds => refuse(&kinds::check(workspace.root())?),
            Self::Style => refuse(&style::check(workspace)?),
            Self::Dashboard => dashboard::check(workspace),
            Self::Lint => {
                let mut command = workspace.cargo();
                command.args(["clippy", "--workspace", "--all-targets", "--all-features", "--locked"]);
                run_command(command.args(["--", "-D", "warnings"]))?;
                // With every feature on, a use of the runtime outside net would go unseen.
                run_command(
                    workspace
                        .cargo()
                        .args(["check", "--package", "satchel-core", "--locked"]),
                )
            }
            Self::Docs => {
                let mut command = workspace.cargo();
                command.args(["doc", "--no-deps", "--workspace", "--all-features", "--locked"]);
                run_command(command.env("RUSTDOCFLAGS", "-D warnings"))?;
                refuse(&page::check(workspace.root())?)
            }
            Self::Deny => deny::check(workspace),
            Self::Generated => refuse(&generated::check(workspace)?),
            Self::Test => suite::run(workspace, &suite::Arguments::all()),
            Self::Demo => demo::run(workspace, &demo::Arguments::once()),
        }
    }
}

/// Runs the steps; fails at the first that fails, or after all of them with `--keep-going`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let chosen = |step: &Step| arguments.steps.is_empty() || arguments.steps.contains(step);
    let steps: Vec<Step> = Step::value_variants().iter().copied().filter(chosen).collect();
    let report = walk(&steps, arguments.keep_going, |step| step.run(workspace));
    println!("\n{report}");
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        println!("built in CARGO_TARGET_DIR, which a later run with the same lock file reuses");
    }
    let failed = report.failed();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn walk(steps: &[Step], keep_going: bool, mut run: impl FnMut(Step) -> Result<()>) -> Report {
    let mut report = Report::default();
    for step in steps {
        println!("\n== {}: {}", step.name(), step.buys());
        let start = Instant::now();
        let result = run(*step);
        let outcome = if result.is_ok() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        report.add(&step.name(), start.elapsed(), outcome, step.buys());
        if let Err(error) = result {
            eprintln!("{} failed: {error:#}", step.name());
            if !keep_going {
                break;
            }
        }
    }
    report
}

fn refuse<T: Display>(findings: &[T]) -> Result<()> {
    for finding in findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("one rule broken"),
        count => bail!("{count} rules broken"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    fn ran(keep_going: bool) -> (Vec<String>, Vec<String>) {
        let mut ran = Vec::new();
        let report = walk(&[Step::Layers, Step::Lint, Step::Test], keep_going, |step| {
            ran.push(step.name());
            ensure!(step != Step::Lint, "a warning");
            Ok(())
        });
        (ran, report.failed().into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn the_first_failure_ends_it_unless_told_to_go_on() {
        assert_eq!(
            ran(false),
            (vec!["layers".to_owned(), "lint".to_owned()], vec!["lint".to_owned()])
        );
        let all = ["layers", "lint", "test"].map(str::to_owned).to_vec();
        assert_eq!(ran(true), (all, vec!["lint".to_owned()]));
    }

    #[test]
    fn any_finding_fails_the_step() {
        assert!(refuse::<&str>(&[]).is_ok());
        assert!(refuse(&["a"]).is_err());
    }
}
