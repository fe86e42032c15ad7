//! Who works with a scope himself, and who only reads it from above.

use crate::ids::{MemberId, OrgId, ScopeId, TeamId};

/// A member, as far as it decides which scopes he holds himself. Run alike by device and relay, each over what it knows of
/// the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The member.
    pub member: MemberId,
    /// The organisation.
    pub org: OrgId,
    /// His own team.
    pub team: Option<TeamId>,
}

impl Holder {
    /// Whether he holds a scope himself: it is his own or his private one, the organisation's, his own team's, or it is
    /// assigned to him. Every other scope that he may read he reads from above, by a grant on a node over it. A private
    /// scope is never read from above: it hangs under nothing.
    #[must_use]
    pub fn holds(&self, scope: ScopeId, is_assigned: bool) -> bool {
        is_assigned
            || scope == ScopeId::of_member(self.member)
            || scope == ScopeId::private_of(self.member)
            || scope == ScopeId::from(self.org)
            || self.team.is_some_and(|team| scope == ScopeId::from(team))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ones_own_or_assigned_is_held_and_all_else_is_read_from_above() {
        let (member, rep) = (MemberId::from_bytes([1; 16]), MemberId::from_bytes([2; 16]));
        let holder = Holder {
            member,
            org: OrgId::from_bytes([3; 16]),
            team: Some(TeamId::from_bytes([4; 16])),
        };
        let held = [
            ScopeId::of_member(member),
            ScopeId::private_of(member),
            ScopeId::from_bytes([3; 16]),
            ScopeId::from_bytes([4; 16]),
        ];
        for scope in held {
            assert!(holder.holds(scope, false), "{scope}");
        }
        let above = [
            ScopeId::of_member(rep),
            ScopeId::private_of(rep),
            ScopeId::from_bytes([5; 16]),
        ];
        for scope in above {
            assert!(!holder.holds(scope, false), "{scope}");
            assert!(holder.holds(scope, true), "{scope}");
        }
    }
}
