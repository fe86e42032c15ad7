//! Lists in and out: an import is a plan with a verdict for each row, which is looked at and then committed.

mod export;
mod plan;

pub use export::ExportForm;
pub use plan::{ImportChange, ImportPlan, ImportReport, ImportRow, ImportSheet, RowFailure, RowVerdict};

use std::collections::HashMap;
use std::sync::Arc;

use satchel_core::domain;
use satchel_core::exchange::cell::{Country, DayOrder};
use satchel_core::exchange::label::Language;
use satchel_core::exchange::mapping::Wishes;
use satchel_core::schema::{Kind, Violation, ViolationCode};
use satchel_core::transfer;

use crate::runtime::on_thread;
use crate::{Satchel, SatchelError};

/// How a list is to be read.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish of its own, as on the relay's command line"
)]
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportOptions {
    /// The kind of record that the rows are; told from the headers where absent.
    #[uniffi(default)]
    pub kind: Option<String>,
    /// The system the list comes from: its ids are kept under this name, and a list that comes again from there is found.
    pub source: String,
    /// Update records that are there and differ; otherwise they are skipped.
    #[uniffi(default)]
    pub update: bool,
    /// Of several rows that are the same record keep the first; otherwise the later ones are refused.
    #[uniffi(default)]
    pub keep_first: bool,
    /// Create what rows hang on by name and what is not there; otherwise such rows are refused.
    #[uniffi(default)]
    pub create_missing: bool,
    /// Keep columns that nobody knows as fields of the organisation's own.
    #[uniffi(default)]
    pub keep_unknown: bool,
    /// The field for a column, by its header; an empty field leaves the column out.
    #[uniffi(default)]
    pub columns: HashMap<String, String>,
    /// Country of phone numbers that name none.
    #[uniffi(default)]
    pub phones: Option<PhoneCountry>,
    /// Currency of amounts that name none.
    #[uniffi(default = "CNY")]
    pub currency: String,
    /// Which stands first in `03/04/2026`; such days are refused where it is not said.
    #[uniffi(default)]
    pub days: Option<DayForm>,
    /// In which language reasons and notes are told.
    #[uniffi(default)]
    pub language: Option<ListLanguage>,
}

/// Country of phone numbers that name none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PhoneCountry {
    /// China.
    China,
    /// The United States and Canada.
    NorthAmerica,
}

/// Which stands first in `03/04/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DayForm {
    /// The day.
    DayFirst,
    /// The month.
    MonthFirst,
}

/// Language of headers, labels and reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Enum)]
pub enum ListLanguage {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl From<ListLanguage> for Language {
    fn from(language: ListLanguage) -> Self {
        match language {
            ListLanguage::English => Self::En,
            ListLanguage::Chinese => Self::Zh,
        }
    }
}

impl ImportOptions {
    fn plain(self) -> Result<transfer::Import, SatchelError> {
        Ok(transfer::Import {
            kind: self.kind.as_deref().map(kind).transpose()?,
            source: self.source,
            update: self.update,
            keep_first: self.keep_first,
            create_missing: self.create_missing,
            country: match self.phones {
                None => Country::Unknown,
                Some(PhoneCountry::China) => Country::China,
                Some(PhoneCountry::NorthAmerica) => Country::NorthAmerica,
            },
            currency: self.currency,
            day_order: self.days.map(|days| match days {
                DayForm::DayFirst => DayOrder::DayFirst,
                DayForm::MonthFirst => DayOrder::MonthFirst,
            }),
            wishes: Wishes {
                columns: self.columns.into_iter().collect(),
                keep_unknown: self.keep_unknown,
            },
        })
    }
}

fn kind(name: &str) -> Result<&'static Kind, SatchelError> {
    domain::kind(name).ok_or_else(|| SatchelError::invalid("kind", ViolationCode::UnknownChoice))
}

impl From<transfer::Error> for SatchelError {
    fn from(error: transfer::Error) -> Self {
        match error {
            transfer::Error::Sheet(_) => Self::invalid("file", ViolationCode::Malformed),
            transfer::Error::NoKind => Self::invalid("kind", ViolationCode::Required),
            transfer::Error::NoColumns(codes) => Self::Invalid {
                violations: codes
                    .into_iter()
                    .map(|code| Violation::new(code, ViolationCode::Required))
                    .collect(),
            },
            transfer::Error::Mapping(_) => Self::invalid("columns", ViolationCode::UnknownChoice),
            transfer::Error::Export(error) => export::failed(&error),
            transfer::Error::Engine(error) => error.into(),
        }
    }
}

#[uniffi::export]
impl Satchel {
    /// Plans an import: the bytes of a CSV or `.xlsx` file. Nothing is written before [`ImportPlan::commit`].
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `file` where it is no list, at `kind` where the headers fit none (or it cannot be
    /// imported), at `columns` where a wish cannot be met, at each column that is missing; [`SatchelError::SignedOut`];
    /// and as every reading.
    pub async fn plan_import(&self, file: Vec<u8>, options: ImportOptions) -> Result<Arc<ImportPlan>, SatchelError> {
        let (engine, closing) = (self.engine().clone(), self.closing());
        on_thread(move || {
            let language = options.language.unwrap_or_default().into();
            let draft = transfer::plan(&engine, &file, &options.plain()?)?;
            Ok(Arc::new(ImportPlan::new(engine, draft, language, closing)))
        })
        .await
    }
}
