//! The tree of scopes, and the permissions given on its nodes.

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Access;

use crate::store::StoreError;

/// What a node of the tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The root.
    Org,
    /// A team.
    Team,
    /// What belongs to one member and those who manage him.
    Member,
    /// A record that is a scope of its own; its id is the document's.
    Record,
    /// What only its owner may see. Hangs under nothing.
    Private,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its id: that of the organisation, team, member or document, or derived from the member for a private one.
    pub id: ScopeId,
    /// The node above; `None` for the root and for private scopes.
    pub parent: Option<ScopeId>,
    /// What it stands for.
    pub kind: ScopeKind,
    /// Whose it is, for member and private scopes.
    pub owner: Option<MemberId>,
    /// Raised when the parent or the assignees change.
    pub seq: u64,
}

/// How far a permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The node alone.
    Node,
    /// The node and everything under it.
    Subtree,
}

/// Where a permission comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It follows from a member's role and team, and is derived anew when those change.
    Standard,
    /// A person assigned it.
    Assigned,
}

/// A grant: a person, a node, how far, what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission {
    /// Who.
    pub member: MemberId,
    /// Where.
    pub node: ScopeId,
    /// How far.
    pub reach: Reach,
    /// Why.
    pub origin: Origin,
    /// What.
    pub access: Access,
}

/// One line of who changed whose access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Its own seq.
    pub seq: u64,
    /// Milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who did it; `None` for the command line.
    pub actor: Option<MemberId>,
    /// What was done, such as `assign`.
    pub action: &'static str,
    /// The scope, member or device it was done to.
    pub subject: [u8; 16],
    /// The member it concerns, if another.
    pub member: Option<MemberId>,
}

/// Scopes and permissions. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Tree {
    /// One scope.
    fn scope(&self, id: ScopeId) -> Result<Option<Scope>, StoreError>;
    /// Writes a scope.
    fn put_scope(&mut self, scope: &Scope) -> Result<(), StoreError>;
    /// The scope itself and everything under it, those above first.
    fn subtree(&self, top: ScopeId) -> Result<Vec<ScopeId>, StoreError>;
    /// The scope itself and everything above it, from below.
    fn ancestors(&self, scope: ScopeId) -> Result<Vec<ScopeId>, StoreError>;
    /// Up to `limit` scopes whose id is greater than `after`, by id; of one kind if asked.
    fn scopes(&self, kind: Option<ScopeKind>, after: Option<ScopeId>, limit: usize) -> Result<Vec<Scope>, StoreError>;
    /// Up to `limit` scopes that `member` may read now and whose own seq is greater than `after`, by seq.
    fn scopes_after(&self, member: MemberId, after: u64, limit: usize) -> Result<Vec<Scope>, StoreError>;
    /// Permissions given on exactly this node.
    fn permissions_on(&self, node: ScopeId) -> Result<Vec<Permission>, StoreError>;
    /// Permissions of one member.
    fn permissions_of(&self, member: MemberId) -> Result<Vec<Permission>, StoreError>;
    /// Gives a permission, or changes its access.
    fn put_permission(&mut self, permission: &Permission) -> Result<(), StoreError>;
    /// Takes a permission away, whatever its access.
    fn remove_permission(&mut self, permission: &Permission) -> Result<(), StoreError>;
    /// Who may what in this scope by all permissions that reach it: the greatest access of each member.
    fn effective(&self, scope: ScopeId) -> Result<Vec<(MemberId, Access)>, StoreError>;
    /// Writes a line of audit.
    fn put_audit(&mut self, line: &Audit) -> Result<(), StoreError>;
}
