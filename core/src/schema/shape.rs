//! Types of field values, as data.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ids;

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text, UTF-8.
    Text,
    /// A 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
    /// A civil day without a zone, `2026-03-01`.
    Day,
    /// An instant in UTC, RFC 3339.
    Instant,
    /// One of these codes; a code from a newer app is kept and read as unknown.
    Choice(&'static [&'static str]),
    /// The id of a record of this kind; where none is named, of a record of any kind, or of an event, a device or a team.
    Reference(Option<&'static str>),
    /// The id of a member of the organisation.
    Member,
    /// A value of several parts that is written and read as one, so that halves never mix.
    Object(&'static Shape),
    /// An ordered list that is written and read as one.
    List(&'static Type),
}

/// The parts of a value that is written and read as one.
#[derive(Debug)]
pub struct Shape {
    /// Its name, as in `Money`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its parts, in order.
    pub members: &'static [Member],
    /// Whether a well-formed value makes sense, as [`Sound`] says. Only local edits are held to it.
    pub sound: fn(&Value) -> bool,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.members == other.members
    }
}

impl Eq for Shape {}

/// What makes a well-formed value of several parts a sensible one; implemented where `#[value(checked)]` stands.
pub trait Sound {
    /// Whether it makes sense.
    fn is_sound(&self) -> bool;
}

/// [`Sound::is_sound`] of a plain value; for the macro.
#[must_use]
pub fn is_sound<T: Sound + DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok_and(|value| value.is_sound())
}

/// One part of a [`Shape`].
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it is, with its unit.
    pub doc: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent.
    pub optional: bool,
}

impl Type {
    /// Whether `value` is a well-formed value of this type. A choice accepts every code: an unknown one comes from a
    /// newer app and is kept (a *local* edit is checked against the list by [`super::check`]).
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Choice(_) => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Boolean => value.is_boolean(),
            Self::Day => parses::<NaiveDate>(value),
            Self::Instant => parses::<DateTime<Utc>>(value),
            Self::Reference(_) => parses::<ids::DocumentId>(value),
            Self::Member => parses::<ids::MemberId>(value),
            Self::List(item) => value
                .as_array()
                .is_some_and(|items| items.iter().all(|one| item.accepts(one))),
            Self::Object(shape) => value.as_object().is_some_and(|parts| {
                shape.members.iter().all(|member| match parts.get(member.name) {
                    None | Some(Value::Null) => member.optional,
                    Some(part) => member.ty.accepts(part),
                })
            }),
        }
    }

    /// Whether a value of this type is stored as one opaque scalar (JSON bytes) rather than as a native scalar.
    #[must_use]
    pub const fn is_composite(&self) -> bool {
        matches!(self, Self::Object(_) | Self::List(_))
    }
}

fn parses<T: for<'a> Deserialize<'a>>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// A Rust type that can stand in a field.
pub trait FieldValue: DeserializeOwned {
    /// Its type, as data.
    const TYPE: Type;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;
}

macro_rules! scalar {
    ($($rust:ty => $ty:expr),* $(,)?) => { $(impl FieldValue for $rust { const TYPE: Type = $ty; })* };
}

scalar! {
    String => Type::Text,
    i64 => Type::Integer,
    bool => Type::Boolean,
    NaiveDate => Type::Day,
    DateTime<Utc> => Type::Instant,
    ids::DocumentId => Type::Reference(None),
    ids::EventId => Type::Reference(None),
    ids::DeviceId => Type::Reference(None),
    ids::TeamId => Type::Reference(None),
    ids::MemberId => Type::Member,
}

impl<T: FieldValue> FieldValue for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
}

impl<T: FieldValue> FieldValue for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    const OPTIONAL: bool = true;
}

/// The type that a method of a record returns; lets the macro type a derived field by naming the method.
#[must_use]
pub const fn type_of<S, T: FieldValue>(_method: fn(&S) -> T) -> Type {
    T::TYPE
}
