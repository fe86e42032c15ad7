//! [`Browsers`] on SQLite.

use rusqlite::params;
use satchel_core::ids::MemberId;

use super::super::Transaction;
use super::super::column::{first, id};
use crate::store::StoreError;
use crate::store::people::{BrowserSession, Browsers, Hash, SignInLink};

impl Browsers for Transaction<'_> {
    fn put_sign_in_link(&mut self, link: &SignInLink) -> Result<(), StoreError> {
        self.sql("INSERT INTO sign_in_link (hash, member, expires_at) VALUES (?1, ?2, ?3)")?
            .execute(params![link.hash, link.member.as_bytes(), link.expires_at_ms])?;
        Ok(())
    }

    fn take_sign_in_link(&mut self, hash: &Hash) -> Result<Option<SignInLink>, StoreError> {
        let sql = self.sql("SELECT hash, member, expires_at FROM sign_in_link WHERE hash = ?1")?;
        let found = first(sql, [hash], |row| {
            Ok(SignInLink {
                hash: row.get(0)?,
                member: id(row, 1, MemberId::from_bytes)?,
                expires_at_ms: row.get(2)?,
            })
        })?;
        self.sql("DELETE FROM sign_in_link WHERE hash = ?1")?.execute([hash])?;
        Ok(found)
    }

    fn browser_session(&self, hash: &Hash) -> Result<Option<BrowserSession>, StoreError> {
        let sql = self.sql("SELECT hash, member, created_at, expires_at FROM web_session WHERE hash = ?1")?;
        first(sql, [hash], |row| {
            Ok(BrowserSession {
                hash: row.get(0)?,
                member: id(row, 1, MemberId::from_bytes)?,
                created_at_ms: row.get(2)?,
                expires_at_ms: row.get(3)?,
            })
        })
    }

    fn put_browser_session(&mut self, session: &BrowserSession) -> Result<(), StoreError> {
        self.sql("INSERT INTO web_session (hash, member, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                session.hash,
                session.member.as_bytes(),
                session.created_at_ms,
                session.expires_at_ms
            ])?;
        Ok(())
    }

    fn remove_browser_session(&mut self, hash: &Hash) -> Result<(), StoreError> {
        self.sql("DELETE FROM web_session WHERE hash = ?1")?.execute([hash])?;
        Ok(())
    }

    fn remove_browser_sessions_of(&mut self, member: MemberId) -> Result<usize, StoreError> {
        self.sql("DELETE FROM sign_in_link WHERE member = ?1")?
            .execute([member.as_bytes()])?;
        let ended = self
            .sql("DELETE FROM web_session WHERE member = ?1")?
            .execute([member.as_bytes()])?;
        Ok(ended)
    }

    fn prune_browsers(&mut self, ms: i64) -> Result<(), StoreError> {
        self.sql("DELETE FROM sign_in_link WHERE expires_at < ?1")?
            .execute([ms])?;
        self.sql("DELETE FROM web_session WHERE expires_at < ?1")?
            .execute([ms])?;
        Ok(())
    }
}
