//! [`crate::store::people`] on SQLite.

mod access;
mod directory;
mod enrolment;
mod tree;
