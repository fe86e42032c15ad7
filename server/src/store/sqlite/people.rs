//! [`crate::store::people`] on SQLite.

mod access;
mod browser;
mod directory;
mod enrolment;
mod tree;
