//! The relay's relations, shipped beside the documents: scopes, what this member may do in them, teams and members.

use rusqlite::{OptionalExtension, params};

use super::{Error, Reader, Transaction};
use crate::ids::{MemberId, ScopeId, TeamId};
use crate::policy::Access;
use crate::wire::ScopeDigest;
use crate::wire::digest::Digest;

/// Where a scope stands and who works in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntry {
    /// The scope.
    pub id: ScopeId,
    /// The node above it.
    pub parent: Option<ScopeId>,
    /// Members assigned to it.
    pub assignees: Vec<MemberId>,
    /// What this member may do there; `None` where no grant reaches it.
    pub access: Option<Access>,
}

/// A member of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryMember {
    /// The member.
    pub id: MemberId,
    /// The name.
    pub name: String,
    /// `rep`, `manager` or `admin`.
    pub role: String,
    /// The team.
    pub team: Option<TeamId>,
    /// Whether still with the organisation.
    pub active: bool,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryTeam {
    /// The team.
    pub id: TeamId,
    /// The team above it.
    pub parent: Option<TeamId>,
    /// The name.
    pub name: String,
}

fn access_number(access: Access) -> i64 {
    match access {
        Access::Read => 0,
        Access::Write => 1,
        Access::Manage => 2,
    }
}

fn read_access(number: Option<i64>) -> Option<Access> {
    match number? {
        0 => Some(Access::Read),
        1 => Some(Access::Write),
        _ => Some(Access::Manage),
    }
}

fn read_scope(row: &rusqlite::Row<'_>) -> rusqlite::Result<ScopeEntry> {
    let assignees: String = row.get(2)?;
    Ok(ScopeEntry {
        id: row.get(0)?,
        parent: row.get(1)?,
        assignees: serde_json::from_str(&assignees).unwrap_or_default(),
        access: read_access(row.get(3)?),
    })
}

fn read_member(row: &rusqlite::Row<'_>) -> rusqlite::Result<DirectoryMember> {
    Ok(DirectoryMember {
        id: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        team: row.get(3)?,
        active: row.get(4)?,
    })
}

impl Reader<'_> {
    /// A scope; `None` where nothing of it is known.
    ///
    /// # Errors
    /// As every reading.
    pub fn scope(&self, id: ScopeId) -> Result<Option<ScopeEntry>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, parent, assignees, access FROM scope WHERE id = ?1")?;
        Ok(statement.query_row([id], read_scope).optional()?)
    }

    /// What this member may do in a scope; `None` where no grant reaches it.
    ///
    /// # Errors
    /// As every reading.
    pub fn access(&self, id: ScopeId) -> Result<Option<Access>, Error> {
        Ok(self.scope(id)?.and_then(|scope| scope.access))
    }

    /// The scopes that grants reach, with what is allowed, sorted.
    ///
    /// # Errors
    /// As every reading.
    pub fn grants(&self) -> Result<Vec<(ScopeId, Access)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, access FROM scope WHERE access IS NOT NULL ORDER BY id")?;
        let grants = statement.query_map([], |row| {
            Ok((row.get(0)?, read_access(row.get(1)?).unwrap_or(Access::Read)))
        })?;
        Ok(grants.collect::<Result<_, _>>()?)
    }

    /// The digest of a scope's documents at their acknowledged versions.
    ///
    /// # Errors
    /// As every reading.
    pub fn digest(&self, scope: ScopeId) -> Result<Digest, Error> {
        let mut statement = self.conn.prepare_cached("SELECT digest FROM scope WHERE id = ?1")?;
        let stored: Option<Option<Vec<u8>>> = statement.query_row([scope], |row| row.get(0)).optional()?;
        Ok(stored
            .flatten()
            .and_then(|bytes| Digest::from_bytes(&bytes))
            .unwrap_or_default())
    }

    /// The digest of every scope that a grant reaches, but those that are loading, by scope.
    ///
    /// # Errors
    /// As every reading.
    pub fn scope_digests(&self) -> Result<Vec<ScopeDigest>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, digest FROM scope WHERE access IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM loading WHERE loading.scope = scope.id AND done = 0) ORDER BY id",
        )?;
        let digests = statement.query_map([], |row| {
            let digest: Option<Vec<u8>> = row.get(1)?;
            Ok(ScopeDigest {
                scope: row.get(0)?,
                digest: digest.unwrap_or_else(|| Digest::default().to_bytes().to_vec()),
            })
        })?;
        Ok(digests.collect::<Result<_, _>>()?)
    }

    /// The digest over every scope that a grant reaches, but those that are loading.
    ///
    /// # Errors
    /// As every reading.
    pub fn granted_digest(&self) -> Result<Digest, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT digest FROM scope WHERE access IS NOT NULL AND digest IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM loading WHERE loading.scope = scope.id AND done = 0)",
        )?;
        let mut sum = Digest::default();
        for bytes in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
            sum = sum.plus(Digest::from_bytes(&bytes?).unwrap_or_default());
        }
        Ok(sum)
    }

    /// The members of the organisation, by name.
    ///
    /// # Errors
    /// As every reading.
    pub fn members(&self) -> Result<Vec<DirectoryMember>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, name, role, team, active FROM member ORDER BY name, id")?;
        let members = statement.query_map([], read_member)?;
        Ok(members.collect::<Result<_, _>>()?)
    }

    /// A member of the organisation; `None` where the directory does not name him.
    ///
    /// # Errors
    /// As every reading.
    pub fn member(&self, id: MemberId) -> Result<Option<DirectoryMember>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, name, role, team, active FROM member WHERE id = ?1")?;
        Ok(statement.query_row([id], read_member).optional()?)
    }

    /// The teams, by name.
    ///
    /// # Errors
    /// As every reading.
    pub fn teams(&self) -> Result<Vec<DirectoryTeam>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, parent, name FROM team ORDER BY name, id")?;
        let teams = statement.query_map([], |row| {
            Ok(DirectoryTeam {
                id: row.get(0)?,
                parent: row.get(1)?,
                name: row.get(2)?,
            })
        })?;
        Ok(teams.collect::<Result<_, _>>()?)
    }
}

impl Transaction<'_> {
    /// Notes where a scope stands and who works in it; grants are not touched.
    ///
    /// # Errors
    /// As every write.
    pub fn put_scope(&self, id: ScopeId, parent: Option<ScopeId>, assignees: &[MemberId]) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO scope (id, parent, assignees) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET \
                 parent = excluded.parent, assignees = excluded.assignees",
            )?
            .execute(params![id, parent, serde_json::to_string(assignees)?])?;
        Ok(())
    }

    /// Notes one grant; `None` takes it away.
    ///
    /// # Errors
    /// As every write.
    pub fn set_access(&self, id: ScopeId, access: Option<Access>) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO scope (id, access) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET access = excluded.access",
            )?
            .execute(params![id, access.map(access_number)])?;
        Ok(())
    }

    /// Lets these grants take the place of all before.
    ///
    /// # Errors
    /// As every write.
    pub fn replace_grants(&self, grants: &[(ScopeId, Access)]) -> Result<(), Error> {
        self.conn
            .execute("UPDATE scope SET access = NULL WHERE access IS NOT NULL", [])?;
        for (scope, access) in grants {
            self.set_access(*scope, Some(*access))?;
        }
        Ok(())
    }

    /// Forgets a scope of which nothing is left here.
    ///
    /// # Errors
    /// As every write.
    pub fn delete_scope(&self, id: ScopeId) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM scope WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Lets this directory take the place of the one before.
    ///
    /// # Errors
    /// As every write.
    pub fn replace_directory(&self, members: &[DirectoryMember], teams: &[DirectoryTeam]) -> Result<(), Error> {
        self.conn.execute_batch("DELETE FROM member; DELETE FROM team")?;
        let mut insert = self.conn.prepare_cached(
            "INSERT OR REPLACE INTO member (id, name, role, team, active) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for member in members {
            insert.execute(params![member.id, member.name, member.role, member.team, member.active])?;
        }
        let mut insert = self
            .conn
            .prepare_cached("INSERT OR REPLACE INTO team (id, parent, name) VALUES (?1, ?2, ?3)")?;
        for team in teams {
            insert.execute(params![team.id, team.parent, team.name])?;
        }
        Ok(())
    }
}
