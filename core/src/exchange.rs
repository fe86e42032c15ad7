//! Import and export: other systems' lists in, our records out.
//!
//! In: [`sheet`] reads the bytes of a CSV or `.xlsx` file into tables of text, [`mapping`] says which column is which
//! field, [`plan`] gives a verdict for each row and the patch that the caller applies. Nothing here writes a record, so
//! a dry run and an import are the same plan.
//!
//! A list that has a contact in each customer's row is planned twice: as customers, with the contact's columns left out
//! by a wish, so that a customer in several rows is the same record said again; and as contacts.
//!
//! Out: [`export`] writes CSV and `.xlsx` that spreadsheets show without running anything in them, [`jsonl`] writes all
//! there is, to be read back without loss.
//!
//! [`catalogue`] is the one list of column labels in Chinese and English, keyed by field; reading and writing share it.

pub mod catalogue;
pub mod cell;
pub mod export;
pub mod guard;
pub mod jsonl;
pub mod label;
pub mod mapping;
pub mod plan;
pub mod sheet;
