//! Parts of a path and of the headers, as values.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use satchel_core::domain;
use satchel_core::ids::{ChangeHash, Heads, InvalidId};
use satchel_core::schema::Kind;
use serde::{Deserialize, Deserializer};

use super::super::Problem;

/// A collection of records, by the plural of its kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collection(pub(super) &'static Kind);

impl<'de> Deserialize<'de> for Collection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let plural = String::deserialize(deserializer)?;
        let kind = domain::kind_by_plural(&plural);
        kind.map(Self)
            .ok_or_else(|| serde::de::Error::custom("no such collection"))
    }
}

/// A version of a record, as text: the hashes of its heads in hex, sorted, with `-` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(pub(super) Heads);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, hash) in self.0.hashes().iter().enumerate() {
            if place > 0 {
                f.write_str("-")?;
            }
            hash.fmt(f)?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Version {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let hashes: Vec<ChangeHash> = text.split('-').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self(Heads::new(hashes)))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Version {
    /// As an entity tag.
    pub(super) fn tag(&self) -> String {
        format!("\"{self}\"")
    }
}

/// The version on which an edit was begun, from `If-Match`; `None` without the header or with `*`.
#[derive(Debug)]
pub(super) struct At(pub(super) Option<Heads>);

impl<S: Sync> FromRequestParts<S> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let version: Option<Version> = quoted.and_then(|tag| tag.parse().ok());
        version.map(|version| Self(Some(version.0))).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "malformed").detail("If-Match takes one ETag of the record.")
        })
    }
}
