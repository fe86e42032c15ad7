//! What an import would do, row by row, and its commit.

use std::sync::Arc;

use satchel_core::engine::{self, Engine};
use satchel_core::exchange::label::Language;
use satchel_core::exchange::plan::{Change, Plan, RowPlan, Verdict};
use satchel_core::ids::DocumentId;
use satchel_core::transfer::{self, Draft};

use crate::runtime::on_thread;
use crate::status::count;
use crate::{CancelHandle, SatchelError, Value};

/// The most rows that are given at once.
const MOST_ROWS: i32 = 500;

/// An import that was planned: to be looked at, then committed. Nothing is written before.
#[derive(uniffi::Object)]
pub struct ImportPlan {
    engine: Engine,
    draft: Arc<Draft>,
    language: Language,
    cancel: Arc<CancelHandle>,
    closing: Arc<CancelHandle>,
}

/// One sheet of an import.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportSheet {
    /// Its name; empty for a CSV file.
    pub name: String,
    /// The kind of record that its rows are.
    pub kind: String,
    /// Rows that make a new record.
    pub create: i64,
    /// Rows that change one.
    pub update: i64,
    /// Rows that are there as the file has them.
    pub unchanged: i64,
    /// Rows that are left out.
    pub skipped: i64,
    /// Rows that cannot be a record as they are.
    pub refused: i64,
    /// Records that rows hang on by name and that are created with them.
    pub implied: i64,
    /// Headers that nobody knows.
    pub unknown_columns: Vec<String>,
}

/// What would become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RowVerdict {
    /// A new record.
    Create,
    /// A change of one that is there.
    Update,
    /// It is there as the file has it.
    Unchanged,
    /// Left out, though nothing is wrong with it.
    Skipped,
    /// It cannot be a record as it is.
    Refused,
}

/// One row of an import.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ImportRow {
    /// Its number in the file, as a spreadsheet counts.
    pub number: i64,
    /// The record that it is, where that can be told.
    pub id: Option<DocumentId>,
    /// What would become of it.
    pub verdict: RowVerdict,
    /// What would change of a record that is there.
    pub changes: Vec<ImportChange>,
    /// Why it is left out or refused. Nothing that stands in a cell is told.
    pub reasons: Vec<String>,
    /// What was read otherwise than might be thought.
    pub notes: Vec<String>,
    /// Who is responsible by the list: to be assigned on the relay.
    pub owner: Option<String>,
}

/// One field that would change.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ImportChange {
    /// The field.
    pub field: String,
    /// Its present value.
    pub before: Value,
    /// The value afterwards, or what is added.
    pub after: Value,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportReport {
    /// Records written.
    pub written: i64,
    /// Records that could not be; the others are written.
    pub failed: Vec<RowFailure>,
    /// Whether it was cancelled before all was written.
    pub cancelled: bool,
}

/// A record that could not be written.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RowFailure {
    /// The record.
    pub id: DocumentId,
    /// Why.
    pub error: SatchelError,
}

impl ImportPlan {
    pub(super) fn new(engine: Engine, draft: Draft, language: Language, closing: Arc<CancelHandle>) -> Self {
        Self {
            engine,
            draft: Arc::new(draft),
            language,
            cancel: Arc::new(CancelHandle::new()),
            closing,
        }
    }

    /// A sheet by its place in [`ImportPlan::sheets`].
    fn sheet(&self, at: i32) -> Result<&(usize, Plan), SatchelError> {
        let at = usize::try_from(at).map_err(|_| SatchelError::NotFound)?;
        self.draft.plans.get(at).ok_or(SatchelError::NotFound)
    }
}

#[uniffi::export]
impl ImportPlan {
    /// The sheets, in the order in which they are written: what others hang on comes first.
    pub fn sheets(&self) -> Vec<ImportSheet> {
        let sheets = self.draft.plans.iter().map(|(at, plan)| {
            let (table, mapping) = &self.draft.tables[*at];
            let counts = plan.counts();
            let number = |number: usize| count(number as u64);
            ImportSheet {
                name: table.name.clone(),
                kind: plan.kind.to_owned(),
                create: number(counts.create),
                update: number(counts.update),
                unchanged: number(counts.unchanged),
                skipped: number(counts.skipped),
                refused: number(counts.refused),
                implied: number(plan.implied.len()),
                unknown_columns: mapping.unknown.clone(),
            }
        });
        sheets.collect()
    }

    /// Rows of a sheet (by its place in [`ImportPlan::sheets`]), in the order of the file: so many (500 at most) after so
    /// many.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`] where there is no such sheet.
    pub fn rows(&self, sheet: i32, skip: i32, limit: i32) -> Result<Vec<ImportRow>, SatchelError> {
        let (_, plan) = self.sheet(sheet)?;
        let skip = usize::try_from(skip).unwrap_or(0);
        let limit = usize::try_from(limit.clamp(1, MOST_ROWS)).unwrap_or(1);
        let rows = plan.rows.iter().skip(skip).take(limit);
        Ok(rows.map(|row| ImportRow::of(row, self.language)).collect())
    }

    /// The refused rows of a sheet as CSV with what is wrong in a last column, to be corrected and imported again; absent
    /// where none was refused.
    ///
    /// # Errors
    /// As [`ImportPlan::rows`].
    pub fn refused_csv(&self, sheet: i32) -> Result<Option<Vec<u8>>, SatchelError> {
        let (at, plan) = self.sheet(sheet)?;
        Ok(plan.refused_csv(&self.draft.tables[*at].0, self.language))
    }

    /// Writes what is planned, record by record as the person may. A record that cannot be written stops no other.
    ///
    /// # Errors
    /// As every writing; what was written before stays, and planned anew it is found unchanged.
    pub async fn commit(&self) -> Result<ImportReport, SatchelError> {
        let (engine, draft) = (self.engine.clone(), Arc::clone(&self.draft));
        let (cancel, closing) = (Arc::clone(&self.cancel), Arc::clone(&self.closing));
        on_thread(move || {
            let outcome = transfer::commit(&engine, &draft, || !cancel.is_cancelled() && !closing.is_cancelled())?;
            let failure = |(id, error): (DocumentId, engine::Error)| RowFailure {
                id,
                error: error.into(),
            };
            let mut failed: Vec<RowFailure> = outcome.failed.into_iter().map(failure).collect();
            failed.sort_by_key(|failure| failure.id);
            Ok(ImportReport {
                written: count(outcome.written),
                failed,
                cancelled: outcome.stopped,
            })
        })
        .await
    }

    /// Stops a commit after the record under way; what was written stays.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl ImportRow {
    fn of(row: &RowPlan, language: Language) -> Self {
        let (verdict, changes, reasons) = match &row.verdict {
            Verdict::Create { .. } => (RowVerdict::Create, Vec::new(), Vec::new()),
            Verdict::Update { changes, .. } => {
                let changes = changes.iter().map(Into::into);
                (RowVerdict::Update, changes.collect(), Vec::new())
            }
            Verdict::Unchanged => (RowVerdict::Unchanged, Vec::new(), Vec::new()),
            Verdict::Skipped { reason } => (RowVerdict::Skipped, Vec::new(), vec![reason.message(language)]),
            Verdict::Refused { problems } => {
                let reasons = problems.iter().map(|problem| problem.message(language));
                (RowVerdict::Refused, Vec::new(), reasons.collect())
            }
        };
        Self {
            number: row.row.into(),
            id: row.id,
            verdict,
            changes,
            reasons,
            notes: row.notes.iter().map(|note| note.message(language)).collect(),
            owner: row.owner.clone(),
        }
    }
}

impl From<&Change> for ImportChange {
    fn from(change: &Change) -> Self {
        Self {
            field: change.field.clone(),
            before: Value::of(None, &change.from),
            after: Value::of(None, &change.to),
        }
    }
}
