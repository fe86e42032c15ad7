//! How long each step took.

use std::fmt;
use std::time::Duration;

/// The steps that ran.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

struct Row {
    step: String,
    took: Duration,
    outcome: Outcome,
    buys: &'static str,
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
}

impl Report {
    /// Adds a step that ended.
    pub(super) fn add(&mut self, step: &str, took: Duration, outcome: Outcome, buys: &'static str) {
        self.rows.push(Row {
            step: step.to_owned(),
            took,
            outcome,
            buys,
        });
    }

    /// The names of the steps that failed.
    pub(super) fn failed(&self) -> Vec<&str> {
        let failed = self.rows.iter().filter(|row| row.outcome == Outcome::Failed);
        failed.map(|row| row.step.as_str()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10} {:>8} {:>8}  {:<6}  what it buys",
            "step", "seconds", "minutes", ""
        )?;
        for row in &self.rows {
            let outcome = if row.outcome == Outcome::Passed { "ok" } else { "FAILED" };
            write_row(f, &row.step, row.took, outcome, row.buys)?;
        }
        write_row(f, "all", self.rows.iter().map(|row| row.took).sum(), "", "")
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, step: &str, took: Duration, outcome: &str, buys: &str) -> fmt::Result {
    let seconds = took.as_secs_f64();
    let row = format!(
        "{step:<10} {seconds:>8.1} {:>8.1}  {outcome:<6}  {buys}",
        seconds / 60.0
    );
    writeln!(f, "{}", row.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_step_and_their_sum() {
        let mut report = Report::default();
        report.add("layers", Duration::from_millis(1500), Outcome::Passed, "arrows");
        report.add("test", Duration::from_secs(90), Outcome::Failed, "tests");
        assert_eq!(report.failed(), ["test"]);
        let lines: Vec<String> = report.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[1], "layers          1.5      0.0  ok      arrows");
        assert_eq!(lines[2], "test           90.0      1.5  FAILED  tests");
        assert_eq!(lines[3], "all            91.5      1.5");
    }
}
