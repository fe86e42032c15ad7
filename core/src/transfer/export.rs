//! The records of this device as a list.

use std::collections::HashMap;
use std::io::Write;

use chrono::{DateTime, Utc};

use super::{Error, each, processes};
use crate::document::{self, Document};
use crate::domain::{KINDS, ProcessTemplate};
use crate::engine::{self, Engine};
use crate::exchange::export::{ExportError, Lookup, Options, Record, Sheet, columns, csv, xlsx};
use crate::exchange::jsonl;
use crate::exchange::label::Language;
use crate::ids::{DocumentId, MemberId};
use crate::schema::Kind;
use crate::store::{self, Archived, Reader};

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For spreadsheets, UTF-8 with its mark. It shows what a list can hold.
    Csv,
    /// A workbook, the same. With the instant at which it was made.
    Workbook(DateTime<Utc>),
    /// One record a line, with its document and so its whole history: nothing is lost.
    Jsonl,
}

/// What is written, and how.
#[derive(Debug, Clone)]
pub struct Target {
    /// The kind of record.
    pub kind: &'static Kind,
    /// The form of the list.
    pub form: Form,
    /// Language of headers and labels.
    pub language: Language,
    /// The system whose ids stand in the column of record ids.
    pub source: String,
    /// Whether records that were put away are written, too.
    pub archived: bool,
}

/// What lists show that does not stand in the records themselves.
#[derive(Default)]
struct Names {
    records: HashMap<DocumentId, String>,
    external: HashMap<DocumentId, String>,
    members: HashMap<MemberId, String>,
    processes: HashMap<DocumentId, ProcessTemplate>,
}

/// Writes the records of one kind that are on this device; how many. JSONL is written record by record, the others are put
/// together in memory.
///
/// # Errors
/// [`Error::Export`]; [`Error::Engine`] where the store fails or a document cannot be read.
pub fn write(engine: &Engine, target: &Target, mut out: impl Write) -> Result<u64, Error> {
    let archived = if target.archived {
        Archived::Both
    } else {
        Archived::Without
    };
    if target.form == Form::Jsonl {
        return lines(engine, target.kind, archived, out);
    }
    let (list, names) = engine.read(|reader| Ok(gather(reader, target, archived)?))?;
    let count = list.len() as u64;
    let options = Options::new(target.language, &target.source);
    let columns = columns(target.kind, &list);
    let bytes = match target.form {
        Form::Workbook(made_at) => {
            let sheet = Sheet {
                name: target.kind.plural.to_owned(),
                kind: target.kind,
                columns,
                records: list,
            };
            xlsx(&[sheet], &names, &options, made_at)?
        }
        _ => csv(target.kind, &columns, &list, &names, &options)?,
    };
    out.write_all(&bytes).map_err(ExportError::Write)?;
    out.flush().map_err(ExportError::Write)?;
    Ok(count)
}

/// Every record with its document.
fn lines(engine: &Engine, kind: &'static Kind, archived: Archived, out: impl Write) -> Result<u64, Error> {
    let mut writer = jsonl::Writer::new(out).map_err(ExportError::Write)?;
    let mut count = 0;
    let written: Result<(), Error> = engine.read(|reader| {
        let mut failed = None;
        each(reader, kind, archived, |record| {
            if failed.is_none() {
                let put = whole(reader, kind, record.id).and_then(|document| {
                    let written = writer.write(kind, record.id, &record.row.fields, document.as_deref());
                    written.map_err(|error| ExportError::Write(error).into())
                });
                count += u64::from(put.is_ok());
                failed = put.err();
            }
            Ok(())
        })?;
        Ok(failed.map_or(Ok(()), Err))
    })?;
    written?;
    writer.finish().map_err(ExportError::Write)?;
    Ok(count)
}

/// The bytes of a document; `None` where only a part of it is here.
fn whole(reader: &Reader<'_>, kind: &'static Kind, id: DocumentId) -> Result<Option<Vec<u8>>, Error> {
    let Some(stored) = reader.document(id).map_err(engine::Error::from)? else {
        return Ok(None);
    };
    if stored.state.want_whole || stored.state.is_row_only() {
        return Ok(None);
    }
    let bytes = document::contain(|| {
        let mut document = Document::load(kind, id, &stored.snapshot, &stored.changes)?;
        Ok(document.save())
    });
    Ok(Some(bytes.map_err(engine::Error::from)?))
}

fn gather(reader: &Reader<'_>, target: &Target, archived: Archived) -> Result<(Vec<Record>, Names), store::Error> {
    let mut names = Names {
        members: reader
            .members()?
            .into_iter()
            .map(|member| (member.id, member.name))
            .collect(),
        processes: processes(reader)?.into_iter().collect(),
        ..Names::default()
    };
    let mut list = Vec::new();
    for kind in KINDS {
        each(reader, kind, Archived::Both, |found| {
            let fields = found.row.fields;
            let name = fields.get("name").and_then(|name| name.as_str());
            if let Some(name) = name {
                names.records.insert(found.id, name.to_owned());
            }
            let external = fields.get("external_ids").and_then(|ids| ids.get(&target.source));
            if let Some(external) = external.and_then(|id| id.as_str()) {
                names.external.insert(found.id, external.to_owned());
            }
            if kind.name == target.kind.name && (archived == Archived::Both || !found.row.archived) {
                list.push(Record { id: found.id, fields });
            }
            Ok(())
        })?;
    }
    Ok((list, names))
}

impl Lookup for Names {
    fn name(&self, id: DocumentId) -> Option<String> {
        self.records.get(&id).cloned()
    }

    fn external_id(&self, id: DocumentId) -> Option<String> {
        self.external.get(&id).cloned()
    }

    fn member(&self, id: MemberId) -> Option<String> {
        self.members.get(&id).cloned()
    }

    fn stage(&self, template: Option<DocumentId>, code: &str, language: Language) -> Option<String> {
        let standard = ProcessTemplate::standard();
        let process = template.and_then(|id| self.processes.get(&id)).unwrap_or(&standard);
        let stage = process.stages.iter().find(|stage| stage.code == code)?;
        Some(match language {
            Language::Zh => stage.name_zh.clone(),
            Language::En => stage.name_en.clone(),
        })
    }
}
