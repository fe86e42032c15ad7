//! `bulk-push`: a thousand records made offline until the relay has acknowledged all of them.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use satchel_core::document::Document;
use satchel_core::domain;
use satchel_core::ids::DocumentId;

use crate::bare::Copied;
use crate::figure::{Report, Samples, millis, number, time};
use crate::making::SEED;
use crate::office::Office;
use crate::population::Population;
use crate::{Plan, bare};

/// What is made, in turns.
const KINDS: &[&str] = &["visit", "note", "deal", "visit", "contact", "task", "visit", "note"];

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(1_000);
    let office = Office::open(1, 2_000)?;
    let phone = office.phone(0)?;
    phone.sync()?;
    let looking = Connection::open(office.database())?;
    let mut copy = Copied::of(&looking)?;
    let customers: Vec<DocumentId> = phone
        .engine
        .list(&satchel_core::store::ListQuery::new("customer"))?
        .records
        .into_iter()
        .map(|record| record.id)
        .collect();
    let mut population = Population::new(SEED + 2, documents);
    let mut report = Report::new("bulk-push");
    report.param("documents", documents);
    report.param("runs", plan.runs);
    for _ in 0..plan.runs {
        for number in 0..documents {
            let kind = domain::kind(KINDS[number % KINDS.len()]).context("a kind")?;
            let customer = *customers.get(number % customers.len()).context("no customers")?;
            phone.engine.create(kind.name, &population.one(kind, customer))?;
        }
        let seq: i64 = looking.query_row("SELECT seq FROM org", [], |row| row.get(0))?;
        let (synced, took) = time(|| phone.sync());
        let synced = synced?;
        ensure!(synced.decided == documents as u64, "not everything was decided");
        let took = millis(took);
        report.figures.note("acknowledged_ms", took);
        report
            .figures
            .note("documents a second", number(documents) / took * 1e3);
        report.figures.note("round trips", f64::from(synced.exchanges));
        report
            .figures
            .note("sent_kb", number(usize::try_from(synced.sent)?) / 1e3);
        report
            .figures
            .note("received_kb", number(usize::try_from(synced.received)?) / 1e3);
        let after = format!("seq > {seq}");
        let rows = [
            bare::rows(&looking, "document", &after)?,
            bare::rows(&looking, "change", &after)?,
            bare::rows(
                &looking,
                "scope_digest",
                "scope IN (SELECT scope FROM document ORDER BY seq DESC LIMIT 1000)",
            )?,
        ];
        let limit = millis(bare::write(&mut copy.conn, &rows)?);
        let shadow = shadow(&looking, &after)?;
        report
            .limit
            .note("the same rows in one transaction of bare SQLite, ms", limit);
        report.limit.note("shadow check alone, ms", shadow);
        report.ratio.note("time / bare SQLite", took / limit);
        report.ratio.note("time / shadow check alone", took / shadow);
    }
    let ratio = report.ratio.median("time / bare SQLite");
    report.at_most("time by one transaction of bare SQLite", ratio, 3.0);
    Ok(vec![report])
}

/// What the checks that must come before a receipt cost for the same records, in milliseconds.
fn shadow(looking: &Connection, after: &str) -> Result<f64> {
    let mut statement = looking.prepare(&format!("SELECT kind, id FROM document WHERE {after}"))?;
    let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 16]>(1)?)))?;
    let mut samples = Samples::default();
    let mut changes = looking.prepare("SELECT bytes FROM change WHERE document = ?1 ORDER BY seq, place")?;
    for one in found {
        let (kind, id) = one?;
        let kind = domain::kind(&kind).context("a kind")?;
        let bytes: Vec<Vec<u8>> = changes.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut document = Document::new(kind, DocumentId::from_bytes(id))?;
        samples.time(|| document.admit(&bytes))?;
    }
    Ok(samples.sum())
}
