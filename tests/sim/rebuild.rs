//! What a phone reads equals what it would read if it were all made again from the documents.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use satchel_core::engine::{Engine, Options};
use satchel_disk::Disk;

use crate::world::World;

/// Documents made again in one transaction.
const PAGE: u32 = 500;
/// Tables that are not made from documents; the search index is compared by its words.
const NOT_DERIVED: &[&str] = &[
    "meta",
    "document",
    "change",
    "kind_table",
    "scope",
    "member",
    "team",
    "sync_point",
    "loading",
    "pending_out",
    "notice",
    "unknown_row",
];

/// Rows of every derived table, by table, in an order of their own.
type Derived = BTreeMap<String, Vec<String>>;

impl World {
    pub(crate) fn check_rebuild(&mut self, phone: usize) -> Result<()> {
        // An old app makes older rows than those that came from the relay.
        if self.phones[phone].is_old() {
            return Ok(());
        }
        // Search entries of much that came at once are made in the background.
        while !self.phones[phone].engine.maintain()?.is_complete() {}
        let mut copy = Disk::new();
        copy.put_back(&self.phones[phone].disk.image());
        let path = copy.path("phone.db");
        let before = derived(&Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        let engine = Engine::open(&path, Options::new("Asia/Shanghai"))?;
        let mut after = None;
        loop {
            after = engine.rebuild(after, PAGE)?;
            if after.is_none() {
                break;
            }
        }
        while !engine.maintain()?.is_complete() {}
        let rebuilt = derived(&Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        for (table, rows) in &rebuilt {
            ensure!(
                before.get(table) == Some(rows),
                "{}: {table} is not what a rebuild makes of the documents",
                self.phones[phone].name
            );
        }
        ensure!(before.len() == rebuilt.len(), "a rebuild has other tables");
        Ok(())
    }
}

/// The tables in which a word stands in a phone's database, for the story of a failure.
pub(crate) fn places(path: &Path, word: &str) -> Result<Vec<String>> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let blob = format!("{:?}", word.as_bytes());
    let blob = blob.trim_matches(['[', ']']);
    let mut found = Vec::new();
    for name in names {
        let rows = rows(&conn, &format!("SELECT * FROM \"{name}\""))?;
        if rows.iter().any(|row| row.contains(word) || row.contains(blob)) {
            found.push(name);
        }
    }
    Ok(found)
}

fn derived(conn: &Connection) -> Result<Derived> {
    let mut names = conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite%'",
    )?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut found = Derived::new();
    for name in names.into_iter().filter(|name| !NOT_DERIVED.contains(&name.as_str())) {
        let rows = rows(conn, &format!("SELECT * FROM \"{name}\""))?;
        found.insert(name, rows);
    }
    conn.execute_batch("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, search, instance)")?;
    let words = rows(
        conn,
        "SELECT term, document FROM temp.word JOIN search_entry ON word.doc = search_entry.number",
    )?;
    found.insert("search".to_owned(), words);
    Ok(found)
}

fn rows(conn: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let read = statement.query_map([], |row| {
        let values: rusqlite::Result<Vec<Value>> = (0..columns).map(|at| row.get(at)).collect();
        Ok(format!("{:?}", values?))
    })?;
    let mut rows: Vec<String> = read.collect::<Result<_, _>>()?;
    rows.sort();
    Ok(rows)
}
