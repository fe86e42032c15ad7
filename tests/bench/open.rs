//! `open`: from opening a database to the first list shown, in a process of its own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use satchel_core::store::ListQuery;
use serde_json::{Value, json};

use crate::figure::{Report, millis, number, time};
use crate::{Plan, machine, phone};

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(100_000);
    let (_folder, path) = phone::copied(documents)?;
    let mut report = Report::new("open");
    report.param("documents", documents);
    report.param("runs", plan.runs);
    for _ in 0..plan.runs {
        let output = Command::new(std::env::current_exe()?)
            .arg("open")
            .arg("--part")
            .arg(&path)
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout)?;
        let value = |name: &str| found.get(name).and_then(Value::as_f64).context("an incomplete answer");
        for name in ["open_ms", "list_ms", "peak_mb", "peak_of_process_mb", "before_mb"] {
            report.figures.note(name, value(name)?);
        }
        let shown = value("open_ms")? + value("list_ms")?;
        report.figures.note("shown_ms", shown);
        report.limit.note("bare_sqlite_ms", value("bare_ms")?);
        report.ratio.note("shown / bare SQLite", shown / value("bare_ms")?);
    }
    let figures = &report.figures;
    let (shown, peak) = (figures.median("shown_ms"), figures.median("peak_of_process_mb"));
    report.at_most("to the first list, ms", shown, 20.0);
    report.at_most("peak memory of the process, MB", peak, 30.0);
    Ok(vec![report])
}

/// Opens the database once, shows the first list, and says how long it took and how much memory.
pub(crate) fn part(path: &Path) -> Result<()> {
    let before = machine::own_memory().context("no /proc")?;
    let (engine, opened) = time(|| phone::engine(path));
    let engine = engine?;
    let query = ListQuery {
        limit: 50,
        ..ListQuery::new("customer")
    };
    let (page, listed) = time(|| engine.list(&query));
    let page = page?;
    ensure!(page.records.len() == 50, "the list is short");
    let after = machine::own_memory().context("no /proc")?;
    engine.close()?;
    let (rows, bare) = time(|| bare(path));
    ensure!(rows? == 50, "the bare list is short");
    let megabytes = |bytes: usize| number(bytes) / 1e6;
    println!(
        "{}",
        json!({
            "open_ms": millis(opened), "list_ms": millis(listed), "bare_ms": millis(bare),
            "peak_mb": megabytes(after.0.saturating_sub(before.1)),
            "peak_of_process_mb": megabytes(after.0), "before_mb": megabytes(before.1),
        })
    );
    Ok(())
}

/// The least that shows the same list: two connections as the store has them, one statement.
fn bare(path: &Path) -> Result<usize> {
    let writer = rusqlite::Connection::open(path)?;
    writer.pragma_update(None, "journal_mode", "wal")?;
    let reader = rusqlite::Connection::open(path)?;
    let mut statement = reader.prepare(
        "SELECT k._row, d.kind, d.scope, d.heads IS NOT d.acked FROM customers k JOIN document d ON d.number = k._document \
         WHERE k._archived = 0 AND k._updated_ms IS NOT NULL ORDER BY k._updated_ms DESC, k._id DESC LIMIT 50",
    )?;
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(rows.len())
}
