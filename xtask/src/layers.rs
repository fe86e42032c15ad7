//! `layers`: the table "Who may know whom" and the invariants beside it, checked over the real source.

mod arrow;
mod circle;
mod lock;
mod manifest;
mod only;
mod sql;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::source::{Finding, Source, load};
pub(crate) use table::{Table, stands_in};

/// Everything in the sources and in the lock file that breaks the table.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let table = Table::read(root)?;
    let mut findings = circle::check(&table);
    for (name, place) in &table.crates {
        for source in load(root, name, &place.src)? {
            findings.extend(check_source(&table, &source));
        }
    }
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("reading Cargo.lock")?;
    findings.extend(lock::check(&table.lock, &lock)?);
    findings.extend(manifest::check(&table.manifest, root)?);
    Ok(findings)
}

fn check_source(table: &Table, source: &Source) -> Vec<Finding> {
    let mut findings = arrow::check(table, source);
    findings.extend(only::check(table, source));
    findings.extend(sql::check(table, source));
    findings
}
