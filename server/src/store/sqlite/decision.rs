//! [`Decisions`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{ChangeHash, DocumentId, Heads, MemberId};
use satchel_core::wire::Decision;

use super::Transaction;
use super::column::{Word, all, from_seq, heads, id, seq};
use crate::store::decision::{Decisions, Dropped, Flag, Verdict};
use crate::store::{Sequence, StoreError};

impl Word for Decision {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Accepted, "accepted"), (Self::Dropped, "dropped")];
}

impl Decisions for Transaction<'_> {
    fn put_verdict(&mut self, verdict: &Verdict) -> Result<(), StoreError> {
        let seq = self.next_seq()?;
        self.sql(
            "INSERT INTO verdict (seq, member, document, decision, heads, code, changes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            from_seq(seq),
            verdict.member.as_bytes(),
            verdict.document.as_bytes(),
            verdict.decision.word(),
            verdict.heads.to_bytes(),
            verdict.code,
            Heads::new(verdict.changes.clone()).to_bytes(),
        ])?;
        Ok(())
    }

    fn verdicts(&self, member: MemberId, after: u64, upto: u64) -> Result<Vec<Verdict>, StoreError> {
        let sql = self.sql(
            "SELECT seq, document, decision, heads, code, changes FROM verdict
             WHERE member = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
        )?;
        let span = params![member.as_bytes(), from_seq(after), from_seq(upto)];
        all(sql, span, |row| {
            Ok(Verdict {
                seq: seq(row, 0)?,
                member,
                document: id(row, 1, DocumentId::from_bytes)?,
                decision: Word::read(row, 2)?,
                heads: heads(row, 3)?,
                code: row.get(4)?,
                changes: heads(row, 5)?.hashes().to_vec(),
            })
        })
    }

    fn put_dropped(&mut self, dropped: &[Dropped]) -> Result<(), StoreError> {
        let mut statement = self.sql(
            "INSERT INTO dropped (hash, document, actor, number, heads, code) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (hash) DO NOTHING",
        )?;
        for one in dropped {
            statement.execute(params![
                one.hash.0,
                one.document.as_bytes(),
                one.actor,
                from_seq(one.number),
                one.heads.to_bytes(),
                one.code
            ])?;
        }
        Ok(())
    }

    fn dropped(&self, document: DocumentId) -> Result<Vec<Dropped>, StoreError> {
        let sql = self.sql("SELECT hash, actor, number, heads, code FROM dropped WHERE document = ?1")?;
        all(sql, [document.as_bytes()], |row| {
            Ok(Dropped {
                hash: ChangeHash(row.get(0)?),
                document,
                actor: row.get(1)?,
                number: seq(row, 2)?,
                heads: heads(row, 3)?,
                code: row.get(4)?,
            })
        })
    }

    fn put_flag(&mut self, flag: &Flag) -> Result<(), StoreError> {
        let seq = self.next_seq()?;
        self.sql("INSERT INTO flag (seq, member, document, code, heads, author) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                from_seq(seq),
                flag.member.as_bytes(),
                flag.document.as_bytes(),
                flag.code,
                flag.heads.to_bytes(),
                flag.author.as_bytes()
            ])?;
        Ok(())
    }

    fn flags(&self, member: MemberId, after: u64, upto: u64) -> Result<Vec<Flag>, StoreError> {
        let sql = self.sql(
            "SELECT seq, document, code, heads, author FROM flag WHERE member = ?1 AND seq > ?2 AND seq <= ?3
             ORDER BY seq",
        )?;
        let read = |row: &Row<'_>| {
            Ok(Flag {
                seq: seq(row, 0)?,
                member,
                document: id(row, 1, DocumentId::from_bytes)?,
                code: row.get(2)?,
                heads: heads(row, 3)?,
                author: id(row, 4, MemberId::from_bytes)?,
            })
        };
        all(sql, params![member.as_bytes(), from_seq(after), from_seq(upto)], read)
    }
}
