//! People as they stand in answers.

use chrono::{DateTime, Utc};
use satchel_core::ids::{DeviceId, MemberId, OrgId, ScopeId, TeamId};
use satchel_core::policy::{Access, Role};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::store::people::{ApiKey, Device, Member, Scope, ScopeKind, Team, WipeReceipt};

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleName {
    /// Works with customers.
    Rep,
    /// Answers for a team and the teams below it.
    Manager,
    /// Runs the organisation.
    Admin,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Rep => Self::Rep,
            Role::Manager => Self::Manager,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Rep => Self::Rep,
            RoleName::Manager => Self::Manager,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// The organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrgView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub(super) id: OrgId,
    /// As people call it.
    pub(super) name: String,
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TeamView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: TeamId,
    /// The team above; absent right under the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<TeamId>,
    /// As people call it.
    name: String,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            parent: team.parent,
            name: team.name,
        }
    }
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberView {
    /// The id.
    #[schema(value_type = String, format = Uuid)]
    id: MemberId,
    /// The team; absent for an admin without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    team: Option<TeamId>,
    /// What the person is.
    role: RoleName,
    /// As people call the person.
    name: String,
    /// Language tag.
    locale: String,
    /// IANA name of the time zone.
    time_zone: String,
    /// Whether the person still belongs to the organisation.
    active: bool,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            team: member.team,
            role: member.role.into(),
            name: member.name,
            locale: member.locale,
            time_zone: member.time_zone,
            active: member.active,
        }
    }
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: DeviceId,
    /// Whose it is.
    #[schema(value_type = String, format = Uuid)]
    member: MemberId,
    /// As its owner calls it.
    name: String,
    /// Such as `android` or `ios`.
    platform: String,
    /// When it enrolled.
    created_at: DateTime<Utc>,
    /// When it took a token last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// When its receipt came that everything on it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    wiped_at: Option<DateTime<Utc>>,
    /// How many documents it deleted then.
    #[serde(skip_serializing_if = "Option::is_none")]
    wiped_documents: Option<u64>,
}

impl From<(Device, Option<WipeReceipt>)> for DeviceView {
    fn from((device, wipe): (Device, Option<WipeReceipt>)) -> Self {
        Self {
            wiped_at: wipe.as_ref().map(|wipe| instant(wipe.at_ms)),
            wiped_documents: wipe.as_ref().map(|wipe| wipe.documents),
            id: device.id,
            member: device.member,
            name: device.name,
            platform: device.platform,
            created_at: instant(device.created_at_ms),
            last_seen_at: device.last_seen_at_ms.map(instant),
            revoked_at: device.revoked_at_ms.map(instant),
        }
    }
}

/// A key of an integrator, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    /// Names it in lists; no secret.
    #[schema(value_type = String, format = Uuid)]
    pub(super) id: uuid::Uuid,
    /// As whom it acts.
    #[schema(value_type = String, format = Uuid)]
    member: MemberId,
    /// What it is for.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: uuid::Uuid::from_bytes(key.id),
            member: key.member,
            name: key.name,
            created_at: instant(key.created_at_ms),
            revoked_at: key.revoked_at_ms.map(instant),
        }
    }
}

/// What a scope stands for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeKindName {
    /// The root.
    Org,
    /// A team.
    Team,
    /// What belongs to one member and those who manage him.
    Member,
    /// A record that is a scope of its own.
    Record,
    /// What only its owner sees.
    Private,
}

/// What the caller may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccessName {
    /// Read.
    Read,
    /// Read and write.
    Write,
    /// Read, write, and decide who else may.
    Manage,
}

impl From<Access> for AccessName {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::Write => Self::Write,
            Access::Manage => Self::Manage,
        }
    }
}

/// A scope that the caller may read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScopeView {
    #[schema(value_type = String, format = Uuid)]
    id: ScopeId,
    /// The scope above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<ScopeId>,
    kind: ScopeKindName,
    /// Whom it is assigned to.
    #[schema(value_type = Vec<String>)]
    assignees: Vec<MemberId>,
    /// What the caller may do there.
    access: AccessName,
}

impl ScopeView {
    pub(super) fn new(scope: &Scope, assignees: Vec<MemberId>, access: Access) -> Self {
        let kind = match scope.kind {
            ScopeKind::Org => ScopeKindName::Org,
            ScopeKind::Team => ScopeKindName::Team,
            ScopeKind::Member => ScopeKindName::Member,
            ScopeKind::Record => ScopeKindName::Record,
            ScopeKind::Private => ScopeKindName::Private,
        };
        Self {
            id: scope.id,
            parent: scope.parent,
            kind,
            assignees,
            access: access.into(),
        }
    }
}

/// An instant from milliseconds since 1970.
pub(super) fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// Tells `null` (take it away) from an absent field (leave it).
#[expect(clippy::option_option, reason = "absent, null and a value are three things here")]
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
