//! What this device's person may do, said beforehand by the same table that the relay enforces.

use super::{Engine, Error, identity};
use crate::ids::{DocumentId, MemberId, ScopeId};
use crate::policy::{Access, Action, Denied, Role, Subject, decide};
use crate::schema::Kind;
use crate::store::{Reader, Record};

impl Engine {
    /// Whether the person may do `action` with a record that is here.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotEnrolled`], [`Error::Store`].
    pub fn may(&self, action: Action, id: DocumentId) -> Result<Result<(), Denied>, Error> {
        self.read(|reader| {
            let record = reader.record(id)?.ok_or(Error::NotFound)?;
            let kind = self.kind(&record.kind).ok_or(Error::UnknownKind)?;
            match may_edit(reader, kind, action, &record) {
                Ok(()) => Ok(Ok(())),
                Err(Error::Denied(denied)) => Ok(Err(denied)),
                Err(error) => Err(error),
            }
        })
    }
}

/// Refuses what the person may not do with a record.
pub(super) fn may_edit(reader: &Reader<'_>, kind: &Kind, action: Action, record: &Record) -> Result<(), Error> {
    let subject = subject(reader, record.scope)?;
    Ok(decide(kind, action, &subject, record.row.created.by)?)
}

/// Refuses a new record that the person may not make in a scope.
pub(super) fn may_create(reader: &Reader<'_>, kind: &Kind, scope: Option<ScopeId>) -> Result<(), Error> {
    let subject = subject(reader, scope)?;
    Ok(decide(kind, Action::Create, &subject, Some(subject.member))?)
}

fn subject(reader: &Reader<'_>, scope: Option<ScopeId>) -> Result<Subject, Error> {
    let me = identity::identity(reader)?.ok_or(Error::NotEnrolled)?;
    if super::sync::is_wiped(reader)? {
        return Err(Error::Wiped);
    }
    let role = reader
        .member(me.member)?
        .and_then(|member| read_role(&member.role))
        .unwrap_or(me.role);
    let access = match scope {
        Some(scope) => access(reader, me.member, me.org.into(), scope)?,
        None => None,
    };
    Ok(Subject {
        member: me.member,
        role,
        access,
    })
}

/// What the person may do in a scope: by his grants, else by what is his without a grant of which this device knows.
fn access(reader: &Reader<'_>, member: MemberId, org: ScopeId, scope: ScopeId) -> Result<Option<Access>, Error> {
    if let Some(access) = reader.access(scope)? {
        return Ok(Some(access));
    }
    if scope == ScopeId::of_member(member) || scope == ScopeId::private_of(member) {
        return Ok(Some(Access::Write));
    }
    if scope == org {
        return Ok(Some(Access::Read));
    }
    // A scope that was founded here is writable by its founder while the relay has not heard of it.
    let founded = match reader.state(scope.into())? {
        Some(state) if state.acked.is_none() => reader.record(scope.into())?,
        _ => None,
    };
    let mine = founded.is_some_and(|record| record.row.created.by == Some(member));
    Ok(mine.then_some(Access::Write))
}

fn read_role(text: &str) -> Option<Role> {
    match text {
        "rep" => Some(Role::Rep),
        "manager" => Some(Role::Manager),
        "admin" => Some(Role::Admin),
        _ => None,
    }
}
