//! Keeping the index.

use rusqlite::{OptionalExtension, params};

use crate::projection::token::{Token, tokens};
use crate::projection::{Row, searched};
use crate::schema::Kind;
use crate::store::{Error, Reader, Transaction};

/// Digits of a number's tail that are found: people know the last four of a phone number, or all but the country's code.
const TAILS: std::ops::RangeInclusive<usize> = 4..=11;
/// Numbers from so many digits on are also found by their tail.
const LONG_NUMBER: usize = 7;

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexProgress {
    /// Records that search finds.
    pub indexed: u64,
    /// Records that it does not find yet.
    pub pending: u64,
}

/// The tokens of a row, each once, with spaces between.
fn indexed(kind: &Kind, row: &Row) -> String {
    let mut words: Vec<String> = Vec::new();
    for text in searched(kind, row) {
        for token in tokens(text) {
            if let Token::Word(word) = &token
                && word.len() >= LONG_NUMBER
                && word.bytes().all(|byte| byte.is_ascii_digit())
            {
                words.extend(TAILS.map(|tail| word[word.len() - tail.min(word.len())..].to_owned()));
            }
            words.push(token.text().to_owned());
        }
    }
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

impl Reader<'_> {
    /// How far the index is.
    ///
    /// # Errors
    /// As every reading.
    pub fn index_progress(&self) -> Result<IndexProgress, Error> {
        let count = |sql: &str| -> Result<u64, Error> {
            let count: i64 = self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        Ok(IndexProgress {
            indexed: count("SELECT count(*) FROM search_entry")?,
            pending: count("SELECT count(*) FROM search_pending")?,
        })
    }
}

impl Transaction<'_> {
    /// Makes the entries of up to `limit` records that have none yet, oldest first, so that the newest come out on top.
    /// For the background, in transactions of about a thousand. Returns how many records still wait.
    ///
    /// # Errors
    /// As every write.
    pub fn index_pending(&self, limit: u32) -> Result<u64, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT p.document, d.kind FROM search_pending p JOIN document d ON d.number = p.document \
             ORDER BY p.updated_ms, p.document LIMIT ?1",
        )?;
        let waiting: Vec<(i64, String)> = statement
            .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (number, kind) in waiting {
            let row = self
                .row_json(&kind, number)?
                .and_then(|json| serde_json::from_str::<Row>(&json).ok());
            match row.zip(self.tables.get(&kind)) {
                Some((row, table)) => self.index(number, table.kind, &row)?,
                None => self.not_pending(number)?,
            }
        }
        Ok(self.index_progress()?.pending)
    }

    /// Makes the entry of a row anew, as the newest.
    pub(in crate::store) fn index(&self, number: i64, kind: &Kind, row: &Row) -> Result<(), Error> {
        self.unindex(number)?;
        let tokens = indexed(kind, row);
        if tokens.is_empty() {
            return Ok(());
        }
        self.conn
            .prepare_cached("INSERT INTO search_entry (number, document) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM search_entry), ?1)")?
            .execute([number])?;
        let entry = self.conn.last_insert_rowid();
        self.conn
            .prepare_cached("INSERT INTO search (rowid, tokens) VALUES (?1, ?2)")?
            .execute(params![entry, tokens])?;
        Ok(())
    }

    /// Notes that the entry is to be made later.
    pub(in crate::store) fn index_later(&self, number: i64, row: &Row) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO search_pending (document, updated_ms) VALUES (?1, ?2) \
                 ON CONFLICT (document) DO UPDATE SET updated_ms = excluded.updated_ms",
            )?
            .execute(params![number, row.updated.at_ms])?;
        Ok(())
    }

    /// Takes a document out of the index.
    pub(in crate::store) fn unindex(&self, number: i64) -> Result<(), Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT number FROM search_entry WHERE document = ?1")?;
        let entry: Option<i64> = statement.query_row([number], |row| row.get(0)).optional()?;
        if let Some(entry) = entry {
            self.conn
                .prepare_cached("DELETE FROM search WHERE rowid = ?1")?
                .execute([entry])?;
            self.conn
                .prepare_cached("DELETE FROM search_entry WHERE number = ?1")?
                .execute([entry])?;
        }
        self.not_pending(number)
    }

    fn not_pending(&self, number: i64) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM search_pending WHERE document = ?1")?
            .execute([number])?;
        Ok(())
    }
}
