//! Identifiers: sixteen bytes each, newtypes inside Rust, plain strings only at the edges.
//!
//! A device makes ids of version 7 (time-ordered, so that new rows land at the end of an index). Records that the
//! system makes get a deterministic id of version 5, so that two devices which make "the same" record converge to one.

mod version;

pub use version::{ActorId, ChangeHash, Heads};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID of 32 hex digits")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these sixteen bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Reads an id from exactly sixteen bytes.
            ///
            /// # Errors
            /// [`InvalidId`] where the slice has another length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                Uuid::from_slice(bytes).map(Self).map_err(|_| InvalidId)
            }

            /// The sixteen bytes, as stored and sent.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// A deterministic id: UUID v5 of `name` under `namespace`.
            #[must_use]
            pub fn derived(namespace: &[u8; 16], name: &str) -> Self {
                Self(Uuid::new_v5(&Uuid::from_bytes(*namespace), name.as_bytes()))
            }

            /// A time-ordered id (UUID v7) from a time in milliseconds since 1970 and ten random bytes.
            #[must_use]
            pub fn ordered(unix_ms: i64, random: [u8; 10]) -> Self {
                let ms = u64::try_from(unix_ms).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// One organisation: one seq counter, one tree of scopes.
    OrgId
}
id! {
    /// A person who belongs to the organisation: rep, manager or admin.
    MemberId
}
id! {
    /// A node of the tree of teams.
    TeamId
}
id! {
    /// One enrolled device: one key, one member.
    DeviceId
}
id! {
    /// One record, whatever its kind.
    DocumentId
}
id! {
    /// A node of the scope tree (org, team, member, customer or private): the unit of permission and of transfer.
    ScopeId
}
id! {
    /// One start of a relay. Seqs are only comparable together with the run that gave them.
    RunId
}
id! {
    /// One entry of an append-only log inside a document.
    EventId
}

impl From<DocumentId> for ScopeId {
    /// The scope of a record that is a scope of its own (a customer): the same sixteen bytes.
    fn from(id: DocumentId) -> Self {
        Self::from_bytes(*id.as_bytes())
    }
}

impl From<ScopeId> for DocumentId {
    fn from(id: ScopeId) -> Self {
        Self::from_bytes(*id.as_bytes())
    }
}

impl From<TeamId> for ScopeId {
    /// A team is a node of the scope tree under its own id.
    fn from(id: TeamId) -> Self {
        Self::from_bytes(*id.as_bytes())
    }
}

impl From<OrgId> for ScopeId {
    /// The organisation is the root of the scope tree under its own id.
    fn from(id: OrgId) -> Self {
        Self::from_bytes(*id.as_bytes())
    }
}

impl ScopeId {
    /// The scope of what belongs to one member and his managers (loose tasks, credits): the member's own id.
    #[must_use]
    pub const fn of_member(member: MemberId) -> Self {
        Self::from_bytes(*member.as_bytes())
    }

    /// The private scope of one member. It hangs under no team, so no subtree grant reaches it.
    #[must_use]
    pub fn private_of(member: MemberId) -> Self {
        Self::derived(member.as_bytes(), "private")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_text_and_json() {
        let id = DocumentId::ordered(1_700_000_000_000, [7; 10]);
        assert_eq!(id.to_string().parse::<DocumentId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<DocumentId>(&json).unwrap(), id);
        assert!("12".parse::<DocumentId>().is_err());
    }

    #[test]
    fn derived_ids_are_the_same_everywhere_and_private_differs_from_own() {
        let member = MemberId::from_bytes([3; 16]);
        assert_eq!(ScopeId::private_of(member), ScopeId::private_of(member));
        assert_ne!(ScopeId::private_of(member), ScopeId::of_member(member));
    }
}
