//! Satchel for Kotlin, Swift and Python: names, errors and threads, no decisions.
//!
//! The types of records and patches come from the core, one pair for each kind of its list; here stands what is offered
//! over them. No kind is named here.

mod error;
mod record;

pub use error::SatchelError;
pub use record::{AnyPatch, AnyRecord, check_patch, check_record, patch_to_json, record_from_json, record_to_json};

uniffi::setup_scaffolding!();
