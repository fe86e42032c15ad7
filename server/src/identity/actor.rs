//! Who asks for a change among people, and whether he may.

use satchel_core::ids::{MemberId, ScopeId, TeamId};
use satchel_core::policy::Role;

use super::IdentityError;
use crate::store::People;
use crate::store::people::Member;

/// Who asks. An admin manages everybody; a manager his team and the teams below it; a rep only his own devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever has the database file in his hands: the command line.
    Operator,
    /// A member, through the REST API.
    Member {
        /// Who.
        id: MemberId,
        /// What he is.
        role: Role,
        /// His team.
        team: Option<TeamId>,
    },
}

impl Actor {
    /// The member's id; `None` for the operator.
    pub fn id(&self) -> Option<MemberId> {
        match self {
            Self::Operator => None,
            Self::Member { id, .. } => Some(*id),
        }
    }

    /// Whether he runs the organisation.
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::Operator | Self::Member { role: Role::Admin, .. })
    }

    /// Passes only those who run the organisation.
    ///
    /// # Errors
    /// [`IdentityError::Forbidden`].
    pub fn must_be_admin(&self) -> Result<(), IdentityError> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(IdentityError::Forbidden("only an admin may do this"))
        }
    }

    /// Passes those who answer for this node of the tree: admins for all but private scopes, a manager for what hangs
    /// under his team.
    ///
    /// # Errors
    /// [`IdentityError::Forbidden`].
    pub fn must_manage_scope(&self, tx: &dyn People, scope: ScopeId) -> Result<(), IdentityError> {
        if self.is_admin() {
            return Ok(());
        }
        if let Self::Member {
            role: Role::Manager,
            team: Some(team),
            ..
        } = self
            && tx.ancestors(scope)?.contains(&ScopeId::from(*team))
        {
            return Ok(());
        }
        Err(IdentityError::Forbidden(
            "only an admin, or a manager of the team, may do this",
        ))
    }

    /// Passes those who answer for this member: admins for all, a manager for the reps under his team.
    ///
    /// # Errors
    /// [`IdentityError::Forbidden`].
    pub fn must_manage_member(&self, tx: &dyn People, member: &Member) -> Result<(), IdentityError> {
        if self.is_admin() {
            return Ok(());
        }
        self.must_manage_scope(tx, ScopeId::of_member(member.id))?;
        if member.role == Role::Rep || self.id() == Some(member.id) {
            Ok(())
        } else {
            Err(IdentityError::Forbidden("a manager manages reps only"))
        }
    }
}
