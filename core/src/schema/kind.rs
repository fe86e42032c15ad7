//! One kind of record, as data.

use serde_json::{Map, Value};

use super::check::Violation;
use super::field::Field;
use super::shape::Type;

/// One kind of record.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name, singular, as in documents and on the wire.
    pub name: &'static str,
    /// Its plural: the SQL table and the REST collection.
    pub plural: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields in their declared order.
    pub fields: &'static [Field],
    /// What is computed from them at reading time.
    pub derived: &'static [Derived],
    /// Where its records belong.
    pub scope: ScopeRule,
    /// Who may write its records among those who may write their scope.
    pub writers: Writers,
    /// Its newest schema step.
    pub schema: u32,
    /// Computes the derived fields from the plain fields.
    pub derive: fn(&Map<String, Value>) -> Map<String, Value>,
    /// How much a record is wanted at hand, by its plain fields: 0 for what can wait, more for work that is still open.
    /// What is more urgent reaches a new device first.
    pub urgency: fn(&Map<String, Value>) -> u8,
    /// Checks what no single field can tell.
    pub check: fn(&Map<String, Value>) -> Vec<Violation>,
}

/// A value computed from the fields at reading time, never stored in a document.
#[derive(Debug)]
pub struct Derived {
    /// Its name in projections, SQL and REST.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}

/// Which scope a record belongs to, for life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeRule {
    /// The record is a scope of its own, under its creator's team.
    Own,
    /// The whole organisation may read it.
    Org,
    /// The scope of the person it is about: the member that the one field names, else the team that the other names,
    /// else the organisation. Both fields are fixed when the record is made.
    Holder {
        /// The field that names a member.
        member: &'static str,
        /// The field that names a team.
        team: Option<&'static str>,
    },
    /// The scope of the record it hangs on; a loose one belongs to its first assignee (the named set of members), else
    /// to its author. Where the named flag was set at its birth, it belongs to its author's private scope instead.
    Parent {
        /// The set of members of whom the first is responsible for a loose record.
        loose: Option<&'static str>,
        /// The flag that makes a record private.
        private: Option<&'static str>,
    },
}

/// Who may write a kind, among those whose grants reach the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Whoever may write the scope.
    Scope,
    /// Whoever may write the scope creates; only the author edits.
    Author,
    /// Whoever manages the scope: a rep's target isn't his own to write.
    Manager,
    /// Admins only.
    Admin,
}

impl Kind {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field that links to the record this one hangs on: the one marked so, else the first required reference.
    #[must_use]
    pub fn parent(&self) -> Option<&'static Field> {
        if !matches!(self.scope, ScopeRule::Parent { .. }) {
            return None;
        }
        self.fields.iter().find(|field| field.parent).or_else(|| {
            self.fields
                .iter()
                .find(|field| field.required && matches!(field.ty, Type::Reference(_)))
        })
    }

    /// Whether the field may not change once the record exists: it decides the scope, which is for life.
    #[must_use]
    pub fn is_fixed(&self, field: &Field) -> bool {
        field.fixed
            || self.parent().is_some_and(|parent| parent.name == field.name)
            || match self.scope {
                ScopeRule::Parent { private, .. } => private == Some(field.name),
                ScopeRule::Holder { member, team } => member == field.name || team == Some(field.name),
                ScopeRule::Own | ScopeRule::Org => false,
            }
    }

    /// The fields that stand in indexed columns, then the derived ones, with their types.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Type)> + '_ {
        let plain = self
            .fields
            .iter()
            .filter(|field| field.index)
            .map(|field| (field.name, field.ty));
        plain.chain(self.derived.iter().map(|derived| (derived.name, derived.ty)))
    }
}
