//! Who may read and write which kind in which scope: one table, used by the device to say beforehand what may be edited
//! and enforced by the relay.

mod holder;
mod placement;

pub use holder::Holder;
pub use placement::{Placement, place};

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;
use crate::schema::{Kind, ScopeRule, Writers};

/// What a member is in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works with customers.
    Rep,
    /// Answers for a team and the teams below it.
    Manager,
    /// Runs the organisation.
    Admin,
}

/// What a grant allows in a scope; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read its records.
    Read,
    /// Write its records.
    Write,
    /// Write its records and decide who else may.
    Manage,
}

/// What somebody wants to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read it.
    Read,
    /// Make it.
    Create,
    /// Change it.
    Edit,
    /// Put it away or bring it back.
    Archive,
}

/// Who wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The person.
    pub member: MemberId,
    /// What the person is in the organisation.
    pub role: Role,
    /// What the person's grants allow in the record's scope; `None` where they do not reach it.
    pub access: Option<Access>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No grant reaches the scope.
    #[error("no access to the record's scope")]
    NoAccess,
    /// A grant reaches it, for reading only.
    #[error("the scope may only be read")]
    ReadOnly,
    /// Only its author may.
    #[error("only the author may")]
    NotAuthor,
    /// Only who manages the scope may.
    #[error("only who manages the scope may")]
    NotManager,
    /// Only an admin may.
    #[error("only an admin may")]
    NotAdmin,
}

/// Decides. `author` is who made the record, where it exists.
///
/// | writers | read | create | edit | archive |
/// |---|---|---|---|---|
/// | scope | read | write (a scope of its own: anybody) | write | write |
/// | author | read | write | the author, with read | the author with read, or manage |
/// | manager | read | manage | manage | manage |
/// | admin | read | admin with read | admin with read | admin with read |
///
/// # Errors
/// [`Denied`] says which rule was not met.
pub fn decide(kind: &Kind, action: Action, subject: &Subject, author: Option<MemberId>) -> Result<(), Denied> {
    let founds_scope = kind.scope == ScopeRule::Own && action == Action::Create;
    if founds_scope && kind.writers != Writers::Admin {
        return Ok(());
    }
    let access = subject.access.ok_or(Denied::NoAccess)?;
    let at_least = |least: Access, denied: Denied| if access >= least { Ok(()) } else { Err(denied) };
    let is_author = author == Some(subject.member);
    match (kind.writers, action) {
        (_, Action::Read) => Ok(()),
        (Writers::Admin, _) if subject.role == Role::Admin => Ok(()),
        (Writers::Admin, _) => Err(Denied::NotAdmin),
        (Writers::Author, Action::Edit | Action::Archive) if is_author => Ok(()),
        (Writers::Author, Action::Archive) if access >= Access::Manage => Ok(()),
        (Writers::Author, Action::Edit | Action::Archive) => Err(Denied::NotAuthor),
        (Writers::Manager, _) => at_least(Access::Manage, Denied::NotManager),
        (Writers::Author | Writers::Scope, _) => at_least(Access::Write, Denied::ReadOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain;

    fn subject(role: Role, access: Option<Access>) -> Subject {
        Subject {
            member: MemberId::from_bytes([1; 16]),
            role,
            access,
        }
    }

    #[test]
    fn a_rep_writes_his_customers_records_and_nothing_where_he_has_no_grant() {
        let visit = domain::kind("visit").unwrap();
        let mine = subject(Role::Rep, Some(Access::Write));
        assert_eq!(decide(visit, Action::Edit, &mine, None), Ok(()));
        assert_eq!(
            decide(visit, Action::Read, &subject(Role::Rep, None), None),
            Err(Denied::NoAccess)
        );
        let reader = subject(Role::Rep, Some(Access::Read));
        assert_eq!(decide(visit, Action::Create, &reader, None), Err(Denied::ReadOnly));
        assert_eq!(
            decide(
                domain::kind("customer").unwrap(),
                Action::Create,
                &subject(Role::Rep, None),
                None
            ),
            Ok(())
        );
    }

    #[test]
    fn a_target_is_written_by_who_manages_its_scope_and_read_by_whose_it_is() {
        let target = domain::kind("sales_target").unwrap();
        let manager = subject(Role::Manager, Some(Access::Manage));
        let rep = subject(Role::Rep, Some(Access::Write));
        for action in [Action::Create, Action::Edit, Action::Archive] {
            assert_eq!(decide(target, action, &manager, None), Ok(()));
            assert_eq!(decide(target, action, &rep, Some(rep.member)), Err(Denied::NotManager));
        }
        assert_eq!(decide(target, Action::Read, &rep, None), Ok(()));
    }

    #[test]
    fn only_its_author_edits_a_comment_and_only_an_admin_a_template() {
        let comment = domain::kind("comment").unwrap();
        let manager = subject(Role::Manager, Some(Access::Manage));
        assert_eq!(decide(comment, Action::Edit, &manager, None), Err(Denied::NotAuthor));
        assert_eq!(decide(comment, Action::Edit, &manager, Some(manager.member)), Ok(()));
        assert_eq!(decide(comment, Action::Archive, &manager, None), Ok(()));
        let template = domain::kind("process_template").unwrap();
        assert_eq!(decide(template, Action::Create, &manager, None), Err(Denied::NotAdmin));
        assert_eq!(
            decide(
                template,
                Action::Edit,
                &subject(Role::Admin, Some(Access::Manage)),
                None
            ),
            Ok(())
        );
    }
}
