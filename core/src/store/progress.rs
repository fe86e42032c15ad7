//! How far the device is with the relay.

use rusqlite::{OptionalExtension, params};

use super::codec::{signed, unsigned};
use super::{Error, Reader, Transaction};
use crate::ids::ScopeId;
use crate::wire::Point;

/// A named place in the relay's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPoint {
    /// The last point fully applied: chooses which rows come.
    Cursor,
    /// The last complete catch-up: chooses which changes come.
    CaughtUp,
    /// The newest point heard from a receipt or a commit.
    Newest,
}

impl SyncPoint {
    const fn name(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::CaughtUp => "caught_up",
            Self::Newest => "newest",
        }
    }
}

/// A scope that is loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loading {
    /// The scope.
    pub scope: ScopeId,
    /// Its documents up to this seq are there.
    pub seq: u64,
    /// Whether all of it is there.
    pub done: bool,
}

/// A scope to drop once what is dirty in it was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingOut {
    /// The scope.
    pub scope: ScopeId,
    /// When it was lost.
    pub point: Point,
    /// Documents deleted so far.
    pub documents: u64,
    /// Whether none is left and the receipt of it is owed to the relay.
    pub purged: bool,
}

impl Reader<'_> {
    /// A named point; `None` on a fresh device.
    ///
    /// # Errors
    /// As every reading.
    pub fn point(&self, name: SyncPoint) -> Result<Option<Point>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT run, seq FROM sync_point WHERE name = ?1")?;
        let found = statement.query_row([name.name()], |row| {
            Ok(Point {
                run: row.get(0)?,
                seq: unsigned(row.get(1)?),
            })
        });
        Ok(found.optional()?)
    }

    /// The scopes that are loading, or just finished.
    ///
    /// # Errors
    /// As every reading.
    pub fn loading(&self) -> Result<Vec<Loading>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT scope, seq, done FROM loading ORDER BY scope")?;
        let found = statement.query_map([], |row| {
            Ok(Loading {
                scope: row.get(0)?,
                seq: unsigned(row.get(1)?),
                done: row.get(2)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The scopes to drop.
    ///
    /// # Errors
    /// As every reading.
    pub fn pending_outs(&self) -> Result<Vec<PendingOut>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT scope, run, seq, documents, purged FROM pending_out ORDER BY scope")?;
        let found = statement.query_map([], |row| {
            Ok(PendingOut {
                scope: row.get(0)?,
                point: Point {
                    run: row.get(1)?,
                    seq: unsigned(row.get(2)?),
                },
                documents: unsigned(row.get(3)?),
                purged: row.get(4)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl Transaction<'_> {
    /// Sets a named point; `None` takes it away.
    ///
    /// # Errors
    /// As every write.
    pub fn set_point(&self, name: SyncPoint, point: Option<Point>) -> Result<(), Error> {
        match point {
            Some(point) => self
                .conn
                .prepare_cached(
                    "INSERT INTO sync_point (name, run, seq) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (name) DO UPDATE SET run = excluded.run, seq = excluded.seq",
                )?
                .execute(params![name.name(), point.run, signed(point.seq)])?,
            None => self
                .conn
                .prepare_cached("DELETE FROM sync_point WHERE name = ?1")?
                .execute([name.name()])?,
        };
        Ok(())
    }

    /// Notes how far a loading scope is.
    ///
    /// # Errors
    /// As every write.
    pub fn set_loading(&self, loading: Loading) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO loading (scope, seq, done) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq, done = excluded.done",
            )?
            .execute(params![loading.scope, signed(loading.seq), loading.done])?;
        Ok(())
    }

    /// The scope is loading no more; `None` for all.
    ///
    /// # Errors
    /// As every write.
    pub fn clear_loading(&self, scope: Option<ScopeId>) -> Result<(), Error> {
        match scope {
            Some(scope) => self
                .conn
                .prepare_cached("DELETE FROM loading WHERE scope = ?1")?
                .execute([scope])?,
            None => self.conn.execute("DELETE FROM loading", [])?,
        };
        Ok(())
    }

    /// The scopes of which all is there up to a seq at or below the cursor are loading no more: what comes now comes with
    /// the other rows. Returns whether others still are.
    ///
    /// # Errors
    /// As every write.
    pub fn clear_loaded(&self, cursor: u64) -> Result<bool, Error> {
        self.conn
            .prepare_cached("DELETE FROM loading WHERE done = 1 AND seq <= ?1")?
            .execute([signed(cursor)])?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM loading WHERE done = 0)")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Notes that a scope is to be dropped. Saved in the transaction that moves the cursor past the Out.
    ///
    /// # Errors
    /// As every write.
    pub fn set_pending_out(&self, out: PendingOut) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO pending_out (scope, run, seq, documents, purged) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (scope) DO UPDATE SET run = excluded.run, seq = excluded.seq, \
                 documents = excluded.documents, purged = excluded.purged",
            )?
            .execute(params![
                out.scope,
                out.point.run,
                signed(out.point.seq),
                signed(out.documents),
                out.purged
            ])?;
        Ok(())
    }

    /// The scope is to be dropped no more: granted again, or its purge receipt was taken.
    ///
    /// # Errors
    /// As every write.
    pub fn clear_pending_out(&self, scope: ScopeId) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM pending_out WHERE scope = ?1")?
            .execute([scope])?;
        Ok(())
    }
}
