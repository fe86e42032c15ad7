//! Where a document stands with the relay: acknowledged, parked, in trouble; and the digests that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, params};

use super::Parked;
use crate::document::Header;
use crate::ids::{ChangeHash, DocumentId, Heads, ScopeId};
use crate::store::codec::{signed, unsigned};
use crate::store::{Error, Transaction};
use crate::wire::digest::Digest;

impl Transaction<'_> {
    /// Notes the scope of a document, once it is known.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_scope(&self, id: DocumentId, scope: Option<ScopeId>) -> Result<(), Error> {
        let (number, state) = self.present(id)?;
        self.share(state.scope, id, state.acked.as_ref(), None)?;
        self.share(scope, id, None, state.acked.as_ref())?;
        self.conn
            .prepare_cached("UPDATE document SET scope = ?2 WHERE number = ?1")?
            .execute(params![number, scope])?;
        Ok(())
    }

    /// Notes the version that the relay acknowledged (as pushed, or as sent); the document is dirty no more where that
    /// is its present one. Returns whether it is clean now. The caller sees to it that acknowledged heads never go back.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_acked(&self, id: DocumentId, heads: &Heads) -> Result<bool, Error> {
        let (number, state) = self.present(id)?;
        self.share(state.scope, id, state.acked.as_ref(), Some(heads))?;
        self.conn
            .prepare_cached(
                "UPDATE document SET acked = ?2, push_whole = 0, attempts = 0, trouble = NULL, retry_at_ms = 0 \
                 WHERE number = ?1",
            )?
            .execute(params![number, heads])?;
        let clean = *heads == state.heads;
        if clean {
            self.conn
                .prepare_cached("UPDATE change SET local = 0 WHERE document = ?1")?
                .execute([number])?;
        } else {
            self.note_known(number, heads)?;
        }
        self.conn
            .prepare_cached("DELETE FROM change WHERE document = ?1 AND local = 0 AND folded = 1")?
            .execute([number])?;
        if clean {
            self.conn
                .prepare_cached("UPDATE document SET parked = NULL, parked_code = NULL WHERE number = ?1")?
                .execute([number])?;
        }
        self.note_state(id)?;
        Ok(clean)
    }

    /// Of the changes made here, those that a version is built on are on the relay. The order in which changes came here
    /// says nothing: what others wrote came after edits that the relay has not seen. Where the way from the version to a
    /// change leads through a snapshot it is not found; the change is pushed once more then, which changes nothing.
    fn note_known(&self, number: i64, heads: &Heads) -> Result<(), Error> {
        let mut find = self
            .conn
            .prepare_cached("SELECT number, local, bytes FROM change WHERE document = ?1 AND hash = ?2")?;
        let mut mark = self
            .conn
            .prepare_cached("UPDATE change SET local = 0 WHERE number = ?1")?;
        let mut seen: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut next: Vec<ChangeHash> = heads.hashes().to_vec();
        while let Some(hash) = next.pop() {
            if !seen.insert(hash) {
                continue;
            }
            let found: Option<(i64, bool, Vec<u8>)> = find
                .query_row(params![number, hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((change, local, bytes)) = found else { continue };
            if local {
                mark.execute([change])?;
            }
            let header = Header::read(&bytes).map_err(|_| crate::document::Error::Damaged)?;
            next.extend(header.dependencies);
        }
        Ok(())
    }

    /// Notes the version that the relay keeps apart; `None` where it does no more. It is pushed again only with a later
    /// edit, or after [`Transaction::forget_acknowledged`].
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_parked(&self, id: DocumentId, parked: Option<&Parked>) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        self.conn
            .prepare_cached(
                "UPDATE document SET parked = ?2, parked_code = ?3, push_whole = 0, attempts = 0, trouble = NULL, \
                 retry_at_ms = 0 WHERE number = ?1",
            )?
            .execute(params![
                number,
                parked.map(|parked| &parked.heads),
                parked.map(|parked| &parked.code)
            ])?;
        self.note_state(id)
    }

    /// Notes that a push failed without being decided: why, and when it may be tried again.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_trouble(&self, id: DocumentId, code: &str, retry_at_ms: i64) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        self.conn
            .prepare_cached(
                "UPDATE document SET attempts = attempts + 1, trouble = ?2, retry_at_ms = ?3 WHERE number = ?1",
            )?
            .execute(params![number, code, retry_at_ms])?;
        self.note_state(id)
    }

    /// Notes whether the next push must carry the whole document.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_push_whole(&self, id: DocumentId, whole: bool) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        self.conn
            .prepare_cached("UPDATE document SET push_whole = ?2 WHERE number = ?1")?
            .execute(params![number, whole])?;
        Ok(())
    }

    /// Notes whether the relay must be asked for the whole document.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_want_whole(&self, id: DocumentId, whole: bool) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        self.conn
            .prepare_cached("UPDATE document SET want_whole = ?2 WHERE number = ?1")?
            .execute(params![number, whole])?;
        Ok(())
    }

    /// The relay does not have the version that it acknowledged: the whole document is dirty.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn forget_acked(&self, id: DocumentId) -> Result<(), Error> {
        let (number, state) = self.present(id)?;
        self.share(state.scope, id, state.acked.as_ref(), None)?;
        self.conn
            .prepare_cached("UPDATE document SET acked = NULL WHERE number = ?1")?
            .execute([number])?;
        self.note_state(id)
    }

    /// Adds up the digest of every scope anew from its documents. Returns how many were not what was kept.
    ///
    /// # Errors
    /// As every write.
    pub fn add_up(&self) -> Result<u64, Error> {
        let mut sums: BTreeMap<ScopeId, (Digest, u64)> = BTreeMap::new();
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, scope, acked FROM document WHERE scope IS NOT NULL AND acked IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (digest, count) = sums.entry(row.get(1)?).or_default();
            *digest = digest.plus(Digest::of(row.get(0)?, &row.get(2)?));
            *count += 1;
        }
        let mut known = self.conn.prepare_cached("SELECT id, digest, documents FROM scope")?;
        let mut rows = known.query([])?;
        let mut wrong = 0;
        let mut set = self.conn.prepare_cached(
            "INSERT INTO scope (id, digest, documents) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, documents = excluded.documents",
        )?;
        let mut corrected = Vec::new();
        while let Some(row) = rows.next()? {
            let scope: ScopeId = row.get(0)?;
            let digest: Option<Vec<u8>> = row.get(1)?;
            let kept = digest.and_then(|bytes| Digest::from_bytes(&bytes)).unwrap_or_default();
            let count: i64 = row.get(2)?;
            let (sum, documents) = sums.remove(&scope).unwrap_or_default();
            if kept != sum || unsigned(count) != documents {
                corrected.push((scope, sum, documents));
            }
        }
        corrected.extend(
            sums.into_iter()
                .map(|(scope, (sum, documents))| (scope, sum, documents)),
        );
        for (scope, sum, documents) in corrected {
            set.execute(params![scope, sum.to_bytes(), signed(documents)])?;
            wrong += 1;
        }
        Ok(wrong)
    }

    /// A new epoch: what was acknowledged or parked is forgotten, everything is dirty.
    ///
    /// # Errors
    /// As every write.
    pub fn forget_acknowledged(&self) -> Result<(), Error> {
        self.conn.execute(
            "UPDATE document SET acked = NULL, parked = NULL, parked_code = NULL, push_whole = 0, want_whole = 0, \
             attempts = 0, trouble = NULL, retry_at_ms = 0",
            [],
        )?;
        self.conn.execute("UPDATE scope SET digest = NULL, documents = 0", [])?;
        Ok(())
    }

    /// Moves the share of a document in its scope's digest from one acknowledged version to another.
    pub(super) fn share(
        &self,
        scope: Option<ScopeId>,
        id: DocumentId,
        from: Option<&Heads>,
        to: Option<&Heads>,
    ) -> Result<(), Error> {
        let Some(scope) = scope.filter(|_| from != to) else {
            return Ok(());
        };
        let digest = self.digest(scope)?;
        let digest = from.map_or(digest, |heads| digest.minus(Digest::of(id, heads)));
        let digest = to.map_or(digest, |heads| digest.plus(Digest::of(id, heads)));
        let more = i64::from(to.is_some()) - i64::from(from.is_some());
        self.conn
            .prepare_cached(
                "INSERT INTO scope (id, digest, documents) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET \
                 digest = excluded.digest, documents = documents + excluded.documents",
            )?
            .execute(params![scope, digest.to_bytes(), more])?;
        Ok(())
    }
}
