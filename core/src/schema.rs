//! What a record is made of, as data: kinds, fields, types and how each field merges.
//!
//! A kind of record is a struct with `#[entity]`; the macro leaves the struct alone and writes a table of its fields.
//! Everything generic (documents, projections, SQL columns, REST, OpenAPI, the bindings) walks that table, so a new
//! kind costs one file and one line. This module knows no kind by name.

pub mod check;
pub mod entity;
pub mod field;
pub mod kind;
pub mod page;
pub mod patch;
#[cfg(test)]
mod sample;
pub mod shape;
pub mod value;

pub use check::{Violation, ViolationCode};
pub use entity::{Entity, Record};
pub use field::{Field, Merge};
pub use kind::{Derived, Kind, ScopeRule, Writers};
pub use patch::{Edit, Patch};
pub use shape::{FieldValue, Member, Shape, Type};
