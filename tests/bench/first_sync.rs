//! `first-sync`: all records onto a fresh device, in a process of its own.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use satchel_tests::field::Phone;
use serde_json::{Value, json};

use crate::figure::{Report, millis, number, time};
use crate::line::Line;
use crate::office::{Office, rep_id};
use crate::{Plan, bare, library, machine, phone};

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let sizes = plan
        .documents
        .map_or_else(|| vec![10_000, 100_000], |documents| vec![documents]);
    let mut report = Report::new("first-sync");
    report.param("documents", sizes.clone());
    report.param("runs", plan.runs);
    for documents in sizes {
        let office = Office::open(1, documents)?;
        let lines = json_lines(&office)?;
        let packed = zstd::bulk::compress(lines.as_bytes(), 3)?;
        for _ in 0..plan.runs {
            let device = library::empty()?;
            let invite = office.relay.admin(&["invite", &rep_id(0).to_string()])?;
            let task = device.path().join("task.json");
            let code = invite.get("code").context("no code")?;
            std::fs::write(&task, json!({ "url": office.relay.url(), "code": code }).to_string())?;
            let output = Command::new(std::env::current_exe()?)
                .arg("first-sync")
                .arg("--part")
                .arg(&task)
                .output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let found: Value = serde_json::from_slice(&output.stdout)?;
            let value = |name: &str| {
                found
                    .get(name)
                    .and_then(Value::as_f64)
                    .with_context(|| format!("no {name}"))
            };
            ensure!(
                (value("documents")? - number(documents)).abs() < 0.5,
                "the device has not all records"
            );
            let mut note = |name: &str, value: f64| report.figures.note(&format!("{documents}: {name}"), value);
            let lists = value("lists_ms")?;
            for name in [
                "lists_ms",
                "indexed_ms",
                "peak_mb",
                "received_mb",
                "round trips",
                "packs",
                "documents taken in",
            ] {
                note(name, value(name)?);
            }
            let path = found.get("path").and_then(Value::as_str).context("no path")?;
            let limit = bare_load(&packed, Path::new(path), device.path())?;
            let by_bytes = value("received_mb")? * 1e6 / number(packed.len());
            report.limit.note(
                &format!("{documents}: zstd-3 of the records as JSON lines, MB"),
                number(packed.len()) / 1e6,
            );
            report
                .limit
                .note(&format!("{documents}: loopback, decompressing, bare SQLite, ms"), limit);
            report.ratio.note(&format!("{documents}: bytes"), by_bytes);
            report
                .ratio
                .note(&format!("{documents}: time until lists work"), lists / limit);
        }
        let ratio = |what: &str| report.ratio.median(&format!("{documents}: {what}"));
        let (bytes, lists) = (ratio("bytes"), ratio("time until lists work"));
        let peak = report.figures.median(&format!("{documents}: peak_mb"));
        report.at_most(
            &format!("{documents} documents: bytes by zstd-3 of JSON lines"),
            bytes,
            1.6,
        );
        report.at_most(
            &format!("{documents} documents: time until lists work by limit"),
            lists,
            2.0,
        );
        report.at_most(
            &format!("{documents} documents: peak memory of the device, MB"),
            peak,
            64.0,
        );
    }
    Ok(vec![report])
}

/// The records as somebody would export them: one JSON object a line.
fn json_lines(office: &Office) -> Result<String> {
    let looking = Connection::open(office.database())?;
    let mut statement = looking.prepare("SELECT json_extract(row, '$.fields') FROM document ORDER BY kind, seq")?;
    let mut lines = String::new();
    for line in statement.query_map([], |row| row.get::<_, String>(0))? {
        lines.push_str(&line?);
        lines.push('\n');
    }
    Ok(lines)
}

/// The same bytes over loopback, decompressed, and the device's rows into bare SQLite; milliseconds.
fn bare_load(packed: &[u8], device: &Path, folder: &Path) -> Result<f64> {
    let mut line = Line::open()?;
    let (crossed, on_the_line) = time(|| line.exchange(100, packed.len()));
    crossed?;
    let (unpacked, unpacking) = time(|| zstd::stream::decode_all(packed));
    unpacked?;
    let path = folder.join("bare.sqlite");
    phone::engine(&path)?.close()?;
    let looking = Connection::open(device)?;
    let mut conn = bare::open(&path)?;
    let mut writing = 0.0;
    for table in bare::device_tables(&looking)? {
        let last: i64 = looking.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))?;
        let mut offset = 0;
        while offset < last {
            let rows = bare::rows(&looking, &table, &format!("1 LIMIT 5000 OFFSET {offset}"))?;
            writing += millis(bare::write(&mut conn, &[rows])?);
            offset += 5_000;
        }
    }
    Ok(millis(on_the_line) + millis(unpacking) + writing)
}

/// A fresh device: enrols, loads, and says how long it took and how much memory.
pub(crate) fn part(path: &Path) -> Result<()> {
    let task: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let text = |name: &str| task.get(name).and_then(Value::as_str).context("an incomplete task");
    let runtime = Arc::new(
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?,
    );
    let folder = path.parent().context("a folder")?;
    let phone = Phone::enrol(folder, runtime, text("url")?, text("code")?, "Asia/Shanghai")?;
    let (report, took) = time(|| phone.sync());
    let report = report?;
    let peak = machine::own_memory().context("no /proc")?.0;
    let (indexed, indexing) = time(|| {
        while !phone.engine.maintain()?.is_complete() {}
        Ok::<_, anyhow::Error>(())
    });
    indexed?;
    println!(
        "{}",
        json!({
            "lists_ms": millis(took), "indexed_ms": millis(indexing), "peak_mb": number(peak) / 1e6,
            "received_mb": number(usize::try_from(report.received)?) / 1e6,
            "round trips": report.exchanges, "packs": report.packs, "documents taken in": report.documents, "documents": phone.records()?, "path": phone.path(),
        })
    );
    phone.engine.close()?;
    Ok(())
}
