//! Satchel for Kotlin, Swift and Python: names, errors and threads, no decisions.
//!
//! [`Satchel`] is the handle on one database; what it takes and answers are plain records. The types of records and
//! patches come from the core, one pair for each kind of its list. No kind is named here.
//!
//! Every call that reads or writes runs on a thread of this library's own and finishes there, also where the caller
//! stops waiting: a future that is dropped leaves nothing locked and nothing half written. Nothing calls back into the
//! app but [`SecretStore`], which is asked outside of every lock. What happens by itself (changes, live events, progress)
//! is waited for with `next`, so that a slow app is never in the way of a writer.

mod account;
mod cancel;
mod conflict;
mod entry;
mod error;
mod exchange;
mod explain;
mod figure;
mod lease;
mod live;
mod merger;
mod notice;
mod observation;
mod query;
mod record;
mod runtime;
mod satchel;
mod secret;
mod status;
mod sync;
mod value;
mod version;

pub use account::{Account, Member, Role, Team};
pub use cancel::CancelHandle;
pub use conflict::{Conflict, FieldChange, HistoryEntry, Sibling};
pub use entry::{Entry, Page, Related, Saved, SearchPage, Touch};
pub use error::{ForbiddenReason, SatchelError};
pub use exchange::{
    DayForm, ExportForm, ImportChange, ImportOptions, ImportPlan, ImportReport, ImportRow, ImportSheet, ListLanguage,
    PhoneCountry, RowFailure, RowVerdict,
};
pub use explain::{Explanation, Presence, WipeCheck};
pub use figure::{
    Attainment, Figure, FigurePart, FigureQuery, LostFor, NoFigure, Opinions, Pipeline, RecordIds, StageFigure, Total,
    Visiting, WinRate,
};
pub use live::{LiveConnection, LiveEvent};
pub use merger::Duplicate;
pub use notice::Notice;
pub use observation::{Change, Observation};
pub use query::{Agenda, ArchivedFilter, Condition, Order, Query, SearchOrder, SearchQuery, Test};
pub use record::{AnyPatch, AnyRecord, check_patch, check_record, patch_to_json, record_from_json, record_to_json};
pub use satchel::{Action, OpenOptions, Satchel};
pub use secret::{SecretError, SecretStore};
pub use status::{Maintenance, Status};
pub use sync::{SyncEnd, SyncOptions, SyncProgress, SyncReport, SyncRun};
pub use value::Value;
pub use version::Version;

use satchel_core::binding::{Day, Instant};

/// Under which uniffi knows what the core lets cross.
mod core_types {
    pub(crate) use satchel_core::UniFfiTag;
}

uniffi::use_remote_type!(core_types::Instant);
uniffi::use_remote_type!(core_types::Day);
uniffi::setup_scaffolding!();
