//! `satchel export`: the records that a member may read, as a list.

use std::collections::HashMap;
use std::io::{Write, stdout};
use std::path::PathBuf;

use chrono::Utc;
use clap::{Args, ValueEnum};
use satchel_core::clock::{Clock, SystemClock};
use satchel_core::domain::{self, ProcessTemplate};
use satchel_core::exchange::export::{Lookup, Options, Record, Sheet, columns, csv, xlsx};
use satchel_core::exchange::jsonl;
use satchel_core::exchange::label::Language;
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::schema::Kind;
use serde_json::Value;

use super::{ExchangeError, each_record, kind_named, member, open, processes};
use crate::config::Config;
use crate::identity::scope;
use crate::relay::{self, Store};

/// Write the records that a member may read as a list; private ones never.
#[derive(Debug, Args)]
pub struct Export {
    /// Which records, such as `customers`.
    #[arg(long, value_parser = kind_named)]
    kind: &'static Kind,
    /// The member whose records they are, by name or id.
    #[arg(long = "as", value_name = "MEMBER")]
    member: String,
    /// Form of the list.
    #[arg(long, default_value = "csv")]
    format: Form,
    /// Language of headers and labels.
    #[arg(long, default_value = "en")]
    language: LanguageName,
    /// The system whose ids stand in the column of record ids.
    #[arg(long, default_value = "zoho")]
    source: String,
    /// Archived records too.
    #[arg(long)]
    archived: bool,
    /// The file to write; standard output where absent.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// For spreadsheets, UTF-8.
    Csv,
    /// Everything, one record a line.
    Jsonl,
    /// A workbook.
    Xlsx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageName {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// Documents with their whole history.
type Documents = HashMap<DocumentId, Vec<u8>>;

/// What lists show that does not stand in the records themselves.
#[derive(Default)]
struct Names {
    records: HashMap<DocumentId, String>,
    external: HashMap<DocumentId, String>,
    owners: HashMap<DocumentId, String>,
    members: HashMap<MemberId, String>,
    processes: HashMap<DocumentId, ProcessTemplate>,
}

impl Export {
    /// Writes the list.
    ///
    /// # Errors
    /// [`ExchangeError`], in the operator's words.
    pub fn run(self, config: &Config) -> Result<(), ExchangeError> {
        let file = open(config)?;
        let (list, documents, names) = file.read(|tx| self.gather(tx))?;
        let bytes = self.written(list, &documents, &names)?;
        if let Some(path) = &self.output {
            std::fs::write(path, bytes)?;
        } else {
            let mut out = stdout().lock();
            out.write_all(&bytes)?;
            out.flush()?;
        }
        Ok(())
    }

    /// The records, the names that lists show, and where everything is asked for the documents.
    fn gather(&self, store: &dyn Store) -> Result<(Vec<Record>, Documents, Names), ExchangeError> {
        let member = member(store, &self.member)?;
        let mut names = Names {
            members: store
                .members(None, usize::MAX)?
                .into_iter()
                .map(|member| (member.id, member.name))
                .collect(),
            processes: processes(store, member.id)?.into_iter().collect(),
            ..Names::default()
        };
        let (mut list, mut documents) = (Vec::new(), Documents::new());
        for kind in domain::KINDS {
            each_record(store, member.id, kind, |found, stored| {
                let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
                if let Some(name) = text(found.row.fields.get("name")) {
                    names.records.insert(found.id, name);
                }
                let ids = found.row.fields.get("external_ids");
                if let Some(id) = text(ids.and_then(|ids| ids.get(&self.source))) {
                    names.external.insert(found.id, id);
                }
                if kind.name != self.kind.name || (found.row.archived && !self.archived) {
                    return Ok(());
                }
                let holder = scope::assignees(store, found.scope)?.into_iter().next();
                if let Some(name) = holder.and_then(|holder| names.members.get(&holder)) {
                    names.owners.insert(found.id, name.clone());
                }
                if matches!(self.format, Form::Jsonl) {
                    documents.insert(found.id, relay::open(store, kind, stored)?.save());
                }
                list.push(Record {
                    id: found.id,
                    fields: found.row.fields,
                });
                Ok(())
            })?;
        }
        Ok((list, documents, names))
    }

    fn written(&self, list: Vec<Record>, documents: &Documents, names: &Names) -> Result<Vec<u8>, ExchangeError> {
        let language = match self.language {
            LanguageName::En => Language::En,
            LanguageName::Zh => Language::Zh,
        };
        let options = Options::new(language, &self.source);
        let columns = columns(self.kind, &list);
        match self.format {
            Form::Csv => Ok(csv(self.kind, &columns, &list, names, &options)?),
            Form::Jsonl => {
                let mut writer = jsonl::Writer::new(Vec::new())?;
                for record in &list {
                    let document = documents.get(&record.id).map(Vec::as_slice);
                    writer.write(self.kind, record.id, &record.fields, document)?;
                }
                Ok(writer.finish()?)
            }
            Form::Xlsx => {
                let sheet = Sheet {
                    name: self.kind.plural.to_owned(),
                    kind: self.kind,
                    columns,
                    records: list,
                };
                let now = chrono::DateTime::<Utc>::from_timestamp_millis(SystemClock.now_ms()).unwrap_or_default();
                Ok(xlsx(&[sheet], names, &options, now)?)
            }
        }
    }
}

impl Lookup for Names {
    fn name(&self, id: DocumentId) -> Option<String> {
        self.records.get(&id).cloned()
    }

    fn external_id(&self, id: DocumentId) -> Option<String> {
        self.external.get(&id).cloned()
    }

    fn owner(&self, id: DocumentId) -> Option<String> {
        self.owners.get(&id).cloned()
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
