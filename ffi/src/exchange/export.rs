//! The records of this device as a list.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use satchel_core::exchange::export::ExportError;
use satchel_core::schema::ViolationCode;
use satchel_core::transfer::{Form, Target, write};

use super::{ListLanguage, kind};
use crate::runtime::on_thread;
use crate::status::count;
use crate::{Instant, Satchel, SatchelError};

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ExportForm {
    /// For spreadsheets, UTF-8.
    Csv,
    /// A workbook of Excel's.
    Workbook {
        /// When it was made, as the file says.
        made_at: Instant,
    },
    /// One record a line with its whole history: nothing is lost.
    Jsonl,
}

/// What a list was not written for.
pub(super) fn failed(error: &ExportError) -> SatchelError {
    match error {
        ExportError::Write(error) => match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SatchelError::StorageFull,
            _ => SatchelError::invalid("path", ViolationCode::NotAllowed),
        },
        ExportError::TooManyRows | ExportError::TextTooLong { .. } => {
            SatchelError::invalid("form", ViolationCode::TooLarge)
        }
        ExportError::Workbook(_) => SatchelError::internal(error),
    }
}

/// Writes beside the place and moves it there when it is whole: what was there stays until then.
fn place(path: &Path, write: impl FnOnce(File) -> Result<u64, SatchelError>) -> Result<u64, SatchelError> {
    let wrong = |error: std::io::Error| failed(&ExportError::Write(error));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let file = File::create(&part).map_err(wrong)?;
    let written = write(file).and_then(|count| {
        fs::rename(&part, path).map_err(wrong)?;
        Ok(count)
    });
    if written.is_err() {
        // It may not be there any more; what matters is told already.
        drop(fs::remove_file(&part));
    }
    written
}

#[uniffi::export]
impl Satchel {
    /// Writes the records of one kind that are on this device into a file, private ones among them; how many. `source` is
    /// the system whose ids stand in the column of record ids. A file that is there is replaced when the new one is whole.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `kind`, at `path` where nothing can be written, at `form` where a workbook cannot hold
    /// it; [`SatchelError::StorageFull`]; and as every reading.
    pub async fn export_list(
        &self,
        kind: String,
        form: ExportForm,
        path: String,
        language: ListLanguage,
        source: String,
        archived: bool,
    ) -> Result<i64, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let target = Target {
                kind: self::kind(&kind)?,
                form: match form {
                    ExportForm::Csv => Form::Csv,
                    ExportForm::Workbook { made_at } => Form::Workbook(made_at),
                    ExportForm::Jsonl => Form::Jsonl,
                },
                language: language.into(),
                source,
                archived,
            };
            let written = place(&PathBuf::from(path), |file| {
                Ok(write(&engine, &target, BufWriter::new(file))?)
            })?;
            Ok(count(written))
        })
        .await
    }
}
