//! Bytes that SQLite leaves in pages that are in use.
//!
//! `secure_delete` writes zeros over what is deleted, but where SQLite fits the cells of a page together anew, old copies
//! of them stay between the page's list of cells and its content: nobody reads them there, and nobody clears them. What
//! was moved away and deleted later is then still in the file (found by the simulator, seed 67419637).

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::Error;

/// Bytes of the file's own header, before the first page's.
const FILE_HEADER: usize = 100;

/// Clears what stands in no cell of the database's pages, in one transaction.
///
/// # Errors
/// As every write.
pub(super) fn clear(conn: &mut Connection) -> Result<(), Error> {
    if !writes_pages(conn)? {
        return rewrite(conn);
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut filled = Vec::new();
    {
        let mut pages = tx.prepare("SELECT pgno, data FROM sqlite_dbpage")?;
        let mut rows = pages.query([])?;
        while let Some(row) = rows.next()? {
            let page = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            let number: i64 = row.get(0)?;
            let gap = gap(page, number == 1);
            if page[gap.clone()].iter().any(|byte| *byte != 0) {
                filled.push((number, gap));
            }
        }
        let mut read = tx.prepare("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
        let mut write = tx.prepare("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?;
        for (number, gap) in filled {
            let mut page: Vec<u8> = read.query_row([number], |row| row.get(0))?;
            page[gap].fill(0);
            write.execute(params![number, page])?;
        }
    }
    tx.commit()?;
    Ok(())
}

/// The same where SQLite was built without the table of pages: everything is written anew, which takes its room twice.
fn rewrite(conn: &Connection) -> Result<(), Error> {
    conn.execute_batch("VACUUM")?;
    Ok(())
}

/// Whether this SQLite gives its pages as a table: `.cargo/config.toml` has it built so.
fn writes_pages(conn: &Connection) -> Result<bool, Error> {
    let option = "SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBPAGE_VTAB'";
    Ok(conn.query_row(option, [], |_| Ok(())).optional()?.is_some())
}

/// Where a page of a table or an index is neither header nor list of cells nor content; nothing where it is another page.
/// By the file format of SQLite, "B-tree Pages". Pages of other uses begin with the number of a page, which is below 2^25
/// in any file that fits a phone, so that its first byte is none of the four.
fn gap(page: &[u8], first: bool) -> Range<usize> {
    let header = if first { FILE_HEADER } else { 0 };
    let cells = match page.get(header) {
        Some(2 | 5) => header + 12,
        Some(10 | 13) => header + 8,
        _ => return 0..0,
    };
    let number = |at: usize| usize::from(u16::from_be_bytes([page[header + at], page[header + at + 1]]));
    let from = cells + 2 * number(3);
    // 65,536 does not fit and is written as 0.
    let to = match number(5) {
        0 => page.len(),
        content => content,
    };
    if from <= to && to <= page.len() { from..to } else { 0..0 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::clock::{SeededEntropy, random};

    /// How often the word of deleted rows stands in the file.
    fn left(path: &Path) -> usize {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(6).filter(|window| window == b"secret").count()
    }

    fn kept(conn: &Connection) -> Vec<(Vec<u8>, String)> {
        let mut all = conn.prepare("SELECT id, body FROM item ORDER BY id").unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Rows of many lengths in no order, written again and deleted, until old copies stand in pages.
    fn worn(path: &Path) -> Connection {
        let conn = Connection::open(path).unwrap();
        conn.pragma_update(None, "secure_delete", true).unwrap();
        conn.execute_batch(
            "CREATE TABLE item (id BLOB PRIMARY KEY, body TEXT) WITHOUT ROWID; CREATE INDEX by_body ON item (body)",
        )
        .unwrap();
        // One commit, so that the disk has little to do.
        conn.execute_batch("BEGIN").unwrap();
        let entropy = SeededEntropy::new(5);
        let body = |word: &str, size: [u8; 2]| word.repeat(1 + usize::from(u16::from_be_bytes(size)) % 60);
        for round in 0..3_000 {
            let id: [u8; 1] = random(&entropy);
            let word = if round % 3 == 0 { "secret" } else { "public" };
            let row = params![[id[0], u8::try_from(round % 4).unwrap()], body(word, random(&entropy))];
            conn.execute("INSERT OR REPLACE INTO item VALUES (?1, ?2)", row)
                .unwrap();
        }
        conn.execute("DELETE FROM item WHERE body LIKE 'secret%'", []).unwrap();
        conn.execute_batch("COMMIT").unwrap();
        conn
    }

    #[test]
    fn what_was_deleted_stands_in_no_page_either() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("worn.db");
        let mut conn = worn(&path);
        let before = kept(&conn);
        assert!(!before.is_empty());
        assert!(
            left(&path) > 0,
            "SQLite left nothing behind, so that this shows nothing"
        );
        assert!(
            writes_pages(&conn).unwrap(),
            "build with the flags of .cargo/config.toml"
        );
        clear(&mut conn).unwrap();
        assert_eq!(left(&path), 0);
        assert_eq!(kept(&conn), before);
        let verdict: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        // Pages whose gap was cleared are written to as before.
        conn.execute("UPDATE item SET body = body || 'and more'", []).unwrap();
        let verdict: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }

    #[test]
    fn an_sqlite_without_the_table_of_pages_writes_all_of_it_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("worn.db");
        let conn = worn(&path);
        let before = kept(&conn);
        rewrite(&conn).unwrap();
        assert_eq!(left(&path), 0);
        assert_eq!(kept(&conn), before);
    }
}
