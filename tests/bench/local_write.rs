//! `local-write`: a visit made and a visit edited, durable, among many records; beside the same rows in bare SQLite.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use satchel_core::document::Document;
use satchel_core::domain::Visit;
use satchel_core::engine::Engine;
use satchel_core::ids::DocumentId;
use satchel_core::projection::token::tokens;
use satchel_core::projection::{Cell, Row, cells, searched};
use satchel_core::schema::Entity;
use satchel_core::store::{Direction, ListQuery, UPDATED};

use crate::figure::{Report, Samples};
use crate::making::{Maker, SEED, rep};
use crate::population::{NOW_MS, Population};
use crate::{Plan, library, phone};

/// Visits made, and edited, in a run.
const TIMES: usize = 100;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(100_000);
    let mut report = Report::new("local-write");
    report.param("documents", documents);
    report.param("runs", plan.runs);
    report.param("writes in a run", TIMES * 2);
    let kept = phone::kept(documents)?;
    let mut disk = Desk::new(library::copied(&kept)?, library::copied(&kept)?, documents)?;
    for _ in 0..plan.runs {
        disk.round()?.note(&mut report, "");
    }
    drop(disk);
    // The same where syncing costs nothing: what is left is the work beside the fsync.
    if let Some(place) = library::in_memory() {
        let mut memory = Desk::new(
            library::copied_to(&kept, place)?,
            library::copied_to(&kept, place)?,
            documents,
        )?;
        for _ in 0..plan.runs {
            memory.round()?.note(&mut report, "in memory, ");
        }
        for what in ["made", "edited"] {
            let beside = report.figures.median(&format!("in memory, {what}: p50_ms"));
            report.at_most(&format!("{what}: p50 beside the fsync, ms"), beside, 1.0);
        }
    }
    for what in ["made", "edited"] {
        let ratio = report.ratio.median(&format!("{what} / bare"));
        report.at_most(&format!("{what}: p50 by bare SQLite"), ratio, 5.0);
    }
    Ok(vec![report])
}

/// The product and bare SQLite, side by side.
struct Desk {
    engine: Engine,
    looking: Connection,
    bare: Bare,
    population: Population,
    customers: Vec<DocumentId>,
    syncing: File,
    _folders: [tempfile::TempDir; 2],
}

impl Desk {
    fn new(ours: tempfile::TempDir, theirs: tempfile::TempDir, documents: usize) -> Result<Self> {
        let path = ours.path().join("device.sqlite");
        let engine = phone::engine(&path)?;
        let query = ListQuery {
            limit: 500,
            ..ListQuery::new("customer")
        }
        .order(UPDATED, Direction::Descending);
        let customers = engine
            .list(&query)?
            .records
            .into_iter()
            .map(|record| record.id)
            .collect();
        let mut desk = Self {
            engine,
            looking: Connection::open(&path)?,
            bare: Bare::open(&theirs.path().join("device.sqlite"))?,
            population: Population::new(SEED + 1, documents),
            customers,
            syncing: File::create(ours.path().join("synced"))?,
            _folders: [ours, theirs],
        };
        // What is read once (pages, statements) is not what the rep waits for a hundred times a day.
        desk.round()?;
        Ok(desk)
    }
}

/// What one run found.
#[derive(Default)]
struct Round {
    made: Samples,
    edited: Samples,
    bare_made: Samples,
    bare_edited: Samples,
    fsync: Samples,
    document: Samples,
    projection: Samples,
    search: Samples,
    commit: Samples,
}

impl Round {
    fn note(&self, report: &mut Report, place: &str) {
        for (name, samples) in [("made", &self.made), ("edited", &self.edited)] {
            report.figures.note(&format!("{place}{name}: p50_ms"), samples.median());
            report
                .figures
                .note(&format!("{place}{name}: p99_ms"), samples.percentile(99));
        }
        let parts = [
            ("document (load, edit)", &self.document),
            ("projection (read, to JSON)", &self.projection),
            ("search entry", &self.search),
            ("commit", &self.commit),
        ];
        for (name, samples) in parts {
            report
                .figures
                .note(&format!("{place}part of an edit: {name}: p50_ms"), samples.median());
        }
        for (name, samples) in [("made", &self.bare_made), ("edited", &self.bare_edited)] {
            report
                .limit
                .note(&format!("{place}bare SQLite, {name}: p50_ms"), samples.median());
            report
                .limit
                .note(&format!("{place}bare SQLite, {name}: p99_ms"), samples.percentile(99));
        }
        report
            .limit
            .note(&format!("{place}fsync alone: p50_ms"), self.fsync.median());
        report.ratio.note(
            &format!("{place}made / bare"),
            self.made.median() / self.bare_made.median(),
        );
        report.ratio.note(
            &format!("{place}edited / bare"),
            self.edited.median() / self.bare_edited.median(),
        );
    }
}

impl Desk {
    /// Visits made and edited, each beside the same rows in bare SQLite.
    fn round(&mut self) -> Result<Round> {
        let Self {
            engine,
            looking,
            bare,
            population,
            customers,
            syncing,
            ..
        } = self;
        let mut round = Round::default();
        let maker = Maker::new(rep());
        for turn in 0..TIMES {
            let customer = *customers.get(turn % customers.len()).context("no customers")?;
            let patch = population.one(Visit::KIND, customer);
            let saved = round.made.time(|| engine.create("visit", &patch))?;
            let written = Written::read(looking, saved.id)?;
            round.bare_made.time(|| bare.make(&written))?;

            // The same edit on the document alone, for the split.
            let patch = population.edit(Visit::KIND);
            let (snapshot, changes) = written.document(looking)?;
            let mut document = round.document.time(|| {
                let mut document = Document::load(Visit::KIND, saved.id, &snapshot, &changes)?;
                document.edit(&patch, None, &maker.author(NOW_MS)).map(|_| document)
            })?;
            round.projection.time(|| serde_json::to_string(&document.project()))?;

            round
                .edited
                .time(|| engine.edit(saved.id, &patch, Some(&saved.heads)))?;
            let written = Written::read(looking, saved.id)?;
            let (mut search, mut commit) = (Samples::default(), Samples::default());
            round
                .bare_edited
                .time(|| bare.edit(&written, &mut search, &mut commit))?;
            round.search.push(search.sum());
            round.commit.push(commit.sum());
            round.fsync.time(|| {
                syncing.write_all(&[7; 4096 * 4])?;
                syncing.sync_data()
            })?;
        }
        Ok(round)
    }
}

/// What the product wrote of a visit: the rows that bare SQLite writes too.
struct Written {
    number: i64,
    id: Vec<u8>,
    scope: Vec<u8>,
    heads: Vec<u8>,
    row: Row,
    json: String,
    tokens: String,
    change: (Vec<u8>, Vec<u8>),
}

impl Written {
    fn read(looking: &Connection, id: DocumentId) -> Result<Self> {
        let (number, id, scope, heads, json) = looking.query_row(
            "SELECT d.number, d.id, d.scope, d.heads, k._row FROM document d JOIN visits k ON k._document = d.number \
             WHERE d.id = ?1",
            [id.as_bytes()],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get::<_, String>(4)?,
                ))
            },
        )?;
        let change = looking.query_row(
            "SELECT hash, bytes FROM change WHERE document = ?1 ORDER BY number DESC LIMIT 1",
            [number],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let row: Row = serde_json::from_str(&json)?;
        let mut words: Vec<String> = searched(Visit::KIND, &row)
            .flat_map(tokens)
            .map(|token| token.text().to_owned())
            .collect();
        words.sort_unstable();
        words.dedup();
        Ok(Self {
            number,
            id,
            scope,
            heads,
            row,
            json,
            tokens: words.join(" "),
            change,
        })
    }

    fn document(&self, looking: &Connection) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        let snapshot = looking.query_row(
            "SELECT snapshot FROM document WHERE number = ?1",
            [self.number],
            |row| row.get(0),
        )?;
        let mut statement = looking.prepare_cached("SELECT bytes FROM change WHERE document = ?1 ORDER BY number")?;
        let changes = statement
            .query_map([self.number], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok((snapshot, changes))
    }
}

/// The same tables, indexes and settings without Satchel.
struct Bare(Connection);

impl Bare {
    fn open(path: &Path) -> Result<Self> {
        let conn = Connection::open(path)?;
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "full"),
            ("foreign_keys", "on"),
            ("secure_delete", "on"),
        ] {
            conn.pragma_update(None, name, value)?;
        }
        conn.set_prepared_statement_cache_capacity(64);
        Ok(Self(conn))
    }

    fn make(&mut self, written: &Written) -> Result<()> {
        let tx = self.0.transaction()?;
        tx.prepare_cached(
            "INSERT INTO document (number, id, kind, scope, heads, snapshot) VALUES (?1, ?2, 'visit', ?3, ?4, x'')",
        )?
        .execute(params![written.number, written.id, written.scope, written.heads])?;
        change(&tx, written)?;
        row(&tx, written)?;
        search(&tx, written)?;
        tx.commit()?;
        Ok(())
    }

    fn edit(&mut self, written: &Written, searching: &mut Samples, committing: &mut Samples) -> Result<()> {
        let tx = self.0.transaction()?;
        tx.prepare_cached("UPDATE document SET heads = ?2 WHERE number = ?1")?
            .execute(params![written.number, written.heads])?;
        change(&tx, written)?;
        row(&tx, written)?;
        searching.time(|| search(&tx, written))?;
        committing.time(|| tx.commit())?;
        Ok(())
    }
}

fn change(tx: &Connection, written: &Written) -> Result<()> {
    tx.prepare_cached("INSERT INTO change (document, hash, local, bytes) VALUES (?1, ?2, 1, ?3)")?
        .execute(params![written.number, written.change.0, written.change.1])?;
    Ok(())
}

fn row(tx: &Connection, written: &Written) -> Result<()> {
    let mut values: Vec<rusqlite::types::Value> = vec![
        written.number.into(),
        written.id.clone().into(),
        written.row.updated.at_ms.into(),
        written.json.clone().into(),
    ];
    let (mut names, mut updates) = (String::new(), String::new());
    for (name, cell) in cells(Visit::KIND, &written.row) {
        let _ = write!(names, ", \"{name}\"");
        let _ = write!(updates, ", \"{name}\" = excluded.\"{name}\"");
        values.push(match cell {
            Cell::Null => rusqlite::types::Value::Null,
            Cell::Integer(number) => number.into(),
            Cell::Text(text) => text.into(),
        });
    }
    let places: Vec<String> = (5..=values.len()).map(|at| format!(", ?{at}")).collect();
    let sql = format!(
        "INSERT INTO visits (_document, _id, _archived, _updated_ms, _conflicts, _row{names}) \
         VALUES (?1, ?2, 0, ?3, 0, ?4{}) \
         ON CONFLICT (_document) DO UPDATE SET _updated_ms = excluded._updated_ms, _row = excluded._row{updates}",
        places.concat()
    );
    tx.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
    Ok(())
}

fn search(tx: &Connection, written: &Written) -> Result<()> {
    let old: Result<i64, _> = tx
        .prepare_cached("SELECT number FROM search_entry WHERE document = ?1")?
        .query_row([written.number], |row| row.get(0));
    if let Ok(old) = old {
        tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?
            .execute([old])?;
        tx.prepare_cached("DELETE FROM search_entry WHERE number = ?1")?
            .execute([old])?;
    }
    if written.tokens.is_empty() {
        return Ok(());
    }
    tx.prepare_cached("INSERT INTO search_entry (number, document) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM search_entry), ?1)")?
        .execute([written.number])?;
    let entry = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO search (rowid, tokens) VALUES (?1, ?2)")?
        .execute(params![entry, written.tokens])?;
    Ok(())
}
