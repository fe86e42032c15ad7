//! What hunts did, one sitting after another, in a file that is committed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The file, seen from the workspace.
const FILE: &str = "tests/sim/tally.toml";

/// Adds a sitting: what the simulator reported of it, beside the commit that was played, the newest where none is named.
pub(super) fn add(root: &Path, played: Option<&str>, report: &str) -> Result<()> {
    let told = Command::new("git")
        .args([
            "log",
            "-1",
            "--format=%h %cs",
            "--end-of-options",
            played.unwrap_or("HEAD"),
        ])
        .current_dir(root)
        .output()
        .context("asking git for the commit")?;
    ensure!(told.status.success(), "git does not say which commit was played");
    let told = String::from_utf8(told.stdout)?;
    let (commit, committed) = told.trim().split_once(' ').context("git says no commit")?;
    let path = root.join(FILE);
    let before = fs::read_to_string(&path).with_context(|| format!("reading {FILE}"))?;
    fs::write(&path, with(&before, commit, committed, report)?).with_context(|| format!("writing {FILE}"))?;
    println!("added to {FILE}");
    Ok(())
}

/// The tally with one sitting more.
fn with(before: &str, commit: &str, committed: &str, report: &str) -> Result<String> {
    let after = format!(
        "{}\n\n[[sitting]]\ncommit = \"{commit}\"\ncommitted = \"{committed}\"\n{}\n",
        before.trim_end(),
        report.trim_end()
    );
    let sittings = |text: &str| -> Result<usize> {
        let table: toml::Table = text.parse()?;
        Ok(table.get("sitting").and_then(toml::Value::as_array).map_or(0, Vec::len))
    };
    ensure!(
        sittings(&after)? == sittings(before)? + 1,
        "the report would spoil {FILE}"
    );
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "minutes = 1\nruns = 3\nviolations = []\n[sitting.by_kind]\n\"request dropped\" = 2\n";

    #[test]
    fn a_sitting_is_added_and_the_others_stay() {
        let once = with("# what hunts did\n", "abc", "2026-11-24", REPORT).expect("a tally");
        let twice = with(&once, "def", "2026-11-25", REPORT).expect("a tally");
        assert!(twice.starts_with("# what hunts did\n"));
        let table: toml::Table = twice.parse().expect("TOML");
        let sittings = table["sitting"].as_array().expect("sittings");
        assert_eq!(sittings.len(), 2);
        assert_eq!(sittings[0]["commit"].as_str(), Some("abc"));
        assert_eq!(sittings[1]["by_kind"]["request dropped"].as_integer(), Some(2));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        assert!(with("", "abc", "2026-11-24", "a panic and no report").is_err());
    }

    #[test]
    fn the_committed_tally_takes_another_sitting() {
        let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE)).expect("the tally");
        assert!(with(&kept, "abc", "2026-11-24", REPORT).is_ok());
    }
}
