//! The organisation, its teams, its members.

use satchel_core::ids::{MemberId, OrgId, TeamId};
use satchel_core::policy::Role;

use crate::store::StoreError;

/// The organisation: one for each database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Its id; the root of the tree of scopes has the same.
    pub id: OrgId,
    /// As people call it.
    pub name: String,
    /// The newest seq given.
    pub seq: u64,
    /// The seq at which a team or a member changed last.
    pub directory_seq: u64,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
}

/// A node of the tree of teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id; its scope has the same.
    pub id: TeamId,
    /// The team above; `None` right under the organisation.
    pub parent: Option<TeamId>,
    /// As people call it.
    pub name: String,
    /// When it changed last.
    pub seq: u64,
}

/// A person of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person's id; the person's own scope has the same.
    pub id: MemberId,
    /// The team, if any: an admin may have none.
    pub team: Option<TeamId>,
    /// What the person is.
    pub role: Role,
    /// As people call the person.
    pub name: String,
    /// Language tag, such as `zh-CN`.
    pub locale: String,
    /// IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// Whether the person still belongs to the organisation.
    pub active: bool,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When the row changed last.
    pub seq: u64,
}

/// Organisation, teams and members.
pub trait Directory {
    /// The organisation.
    ///
    /// # Errors
    /// [`StoreError::NoOrg`] before one exists.
    fn org(&self) -> Result<Org, StoreError>;
    /// Creates the organisation; its `seq` and `directory_seq` begin at 0.
    ///
    /// # Errors
    /// Where one exists already.
    fn create_org(&mut self, id: OrgId, name: &str, now_ms: i64) -> Result<(), StoreError>;
    /// Notes the seq at which the directory changed.
    ///
    /// # Errors
    /// Where the database fails, as in every method below.
    fn set_directory_seq(&mut self, seq: u64) -> Result<(), StoreError>;
    /// One team.
    ///
    /// # Errors
    /// As above.
    fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError>;
    /// Up to `limit` teams whose id is greater than `after`, by id.
    ///
    /// # Errors
    /// As above.
    fn teams(&self, after: Option<TeamId>, limit: usize) -> Result<Vec<Team>, StoreError>;
    /// Writes a team.
    ///
    /// # Errors
    /// As above.
    fn put_team(&mut self, team: &Team) -> Result<(), StoreError>;
    /// One member.
    ///
    /// # Errors
    /// As above.
    fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError>;
    /// Up to `limit` members whose id is greater than `after`, by id.
    ///
    /// # Errors
    /// As above.
    fn members(&self, after: Option<MemberId>, limit: usize) -> Result<Vec<Member>, StoreError>;
    /// Writes a member.
    ///
    /// # Errors
    /// As above.
    fn put_member(&mut self, member: &Member) -> Result<(), StoreError>;
}
