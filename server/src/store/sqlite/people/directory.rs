//! [`Directory`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{MemberId, OrgId, TeamId};

use super::super::Transaction;
use super::super::column::{Word, all, first, from_limit, from_seq, id, optional_id, seq};
use crate::store::StoreError;
use crate::store::people::{Directory, Member, Org, Team};

const TEAM: &str = "SELECT id, parent, name, seq FROM team";
const MEMBER: &str = "SELECT id, team, role, name, locale, time_zone, active, created_at, seq FROM member";

impl Directory for Transaction<'_> {
    fn org(&self) -> Result<Org, StoreError> {
        first(
            self.sql("SELECT id, name, seq, directory_seq, created_at FROM org")?,
            [],
            |row| {
                Ok(Org {
                    id: id(row, 0, OrgId::from_bytes)?,
                    name: row.get(1)?,
                    seq: seq(row, 2)?,
                    directory_seq: seq(row, 3)?,
                    created_at_ms: row.get(4)?,
                })
            },
        )?
        .ok_or(StoreError::NoOrg)
    }

    fn create_org(&mut self, id: OrgId, name: &str, now_ms: i64) -> Result<(), StoreError> {
        self.sql("INSERT INTO org (one, id, name, seq, directory_seq, created_at) VALUES (1, ?1, ?2, 0, 0, ?3)")?
            .execute(params![id.as_bytes(), name, now_ms])?;
        Ok(())
    }

    fn set_directory_seq(&mut self, seq: u64) -> Result<(), StoreError> {
        self.sql("UPDATE org SET directory_seq = ?1")?
            .execute([from_seq(seq)])?;
        Ok(())
    }

    fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError> {
        first(self.sql(&format!("{TEAM} WHERE id = ?1"))?, [id.as_bytes()], read_team)
    }

    fn teams(&self, after: Option<TeamId>, limit: usize) -> Result<Vec<Team>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        let sql = self.sql(&format!("{TEAM} WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        all(sql, params![after, from_limit(limit)], read_team)
    }

    fn put_team(&mut self, team: &Team) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO team (id, parent, name, seq) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET
             parent = excluded.parent, name = excluded.name, seq = excluded.seq",
        )?
        .execute(params![
            team.id.as_bytes(),
            team.parent.as_ref().map(TeamId::as_bytes),
            team.name,
            from_seq(team.seq)
        ])?;
        Ok(())
    }

    fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        first(
            self.sql(&format!("{MEMBER} WHERE id = ?1"))?,
            [id.as_bytes()],
            read_member,
        )
    }

    fn members(&self, after: Option<MemberId>, limit: usize) -> Result<Vec<Member>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        let sql = self.sql(&format!("{MEMBER} WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        all(sql, params![after, from_limit(limit)], read_member)
    }

    fn put_member(&mut self, member: &Member) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO member (id, team, role, name, locale, time_zone, active, created_at, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET
             team = excluded.team, role = excluded.role, name = excluded.name, locale = excluded.locale,
             time_zone = excluded.time_zone, active = excluded.active, seq = excluded.seq",
        )?
        .execute(params![
            member.id.as_bytes(),
            member.team.as_ref().map(TeamId::as_bytes),
            member.role.word(),
            member.name,
            member.locale,
            member.time_zone,
            member.active,
            member.created_at_ms,
            from_seq(member.seq)
        ])?;
        Ok(())
    }
}

fn read_team(row: &Row<'_>) -> Result<Team, StoreError> {
    Ok(Team {
        id: id(row, 0, TeamId::from_bytes)?,
        parent: optional_id(row, 1, TeamId::from_bytes)?,
        name: row.get(2)?,
        seq: seq(row, 3)?,
    })
}

fn read_member(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        id: id(row, 0, MemberId::from_bytes)?,
        team: optional_id(row, 1, TeamId::from_bytes)?,
        role: Word::read(row, 2)?,
        name: row.get(3)?,
        locale: row.get(4)?,
        time_zone: row.get(5)?,
        active: row.get(6)?,
        created_at_ms: row.get(7)?,
        seq: seq(row, 8)?,
    })
}
