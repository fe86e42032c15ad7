//! `satchel import`: a list becomes records, or a report of what it would become.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use satchel_core::clock::{Clock, SystemClock, SystemEntropy, random};
use satchel_core::domain::{self, ProcessTemplate};
use satchel_core::exchange::cell::{Country, DayOrder};
use satchel_core::exchange::label::Language;
use satchel_core::exchange::mapping::{IMPORTED, Mapping, Wishes, kind_of};
use satchel_core::exchange::plan::{
    Known, MissingCustomer, Operation, Options, Plan, Problem, ProblemCode, Repeated, RowPlan, Verdict, plan_all,
};
use satchel_core::exchange::sheet::{self, Limits, Table};
use satchel_core::ids::{DocumentId, RunId};
use satchel_core::schema::{Kind, ViolationCode};
use serde_json::{Value, json};

use super::{ExchangeError, kind_named, member, open, processes, records};
use crate::admin::output;
use crate::config::Config;
use crate::relay::{self, Context, Draft, Store, WriteError};
use crate::store::people::Member;
use crate::store::sqlite::File;
use crate::store::{Sequence, StoreError};

/// Operations in one transaction: a relay beside us waits for no longer than these take.
const BATCH: usize = 200;

/// Read a list (CSV or .xlsx) into records; without --apply only say what would become of each row.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Import {
    /// The list.
    file: PathBuf,
    /// What the rows are, such as `customers`; told from the headers where absent.
    #[arg(long, value_parser = kind_named)]
    kind: Option<&'static Kind>,
    /// The member on whose behalf records are written, by name or id.
    #[arg(long = "as", value_name = "MEMBER")]
    member: String,
    /// The system the list comes from: its ids are kept under this name.
    #[arg(long, default_value = "zoho")]
    source: String,
    /// Country of phone numbers that name none.
    #[arg(long, default_value = "CN", ignore_case = true)]
    country: CountryName,
    /// Currency of amounts that name none.
    #[arg(long, default_value = "CNY")]
    currency: String,
    /// Which stands first in 03/04/2026; such days are refused where it is not said.
    #[arg(long)]
    day_order: Option<OrderName>,
    /// Update records that are there and differ; otherwise they are skipped.
    #[arg(long)]
    update: bool,
    /// Of several rows that are the same record keep the first; otherwise the later ones are refused.
    #[arg(long)]
    keep_first: bool,
    /// Create customers that rows name and that are not there; otherwise such rows are refused.
    #[arg(long)]
    missing_customers: bool,
    /// Keep columns that nobody knows as fields of the organisation's own.
    #[arg(long)]
    keep_unknown: bool,
    /// The field for a column; an empty field leaves the column out. May be given several times.
    #[arg(long = "column", value_name = "HEADER=FIELD", value_parser = wish)]
    columns: Vec<(String, String)>,
    /// Where refused rows go, as CSV with what is wrong in the last column.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Write the records.
    #[arg(long)]
    apply: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CountryName {
    /// China.
    #[value(name = "CN")]
    China,
    /// The United States and Canada.
    #[value(name = "US")]
    NorthAmerica,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OrderName {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

fn wish(text: &str) -> Result<(String, String), String> {
    let (header, field) = text.rsplit_once('=').ok_or("write HEADER=FIELD")?;
    Ok((header.to_owned(), field.to_owned()))
}

impl Import {
    /// Does what was asked and prints what became of each row.
    ///
    /// # Errors
    /// [`ExchangeError`], in the operator's words.
    pub fn run(self, config: &Config) -> Result<(), ExchangeError> {
        let source = std::fs::File::open(&self.file)?;
        let tables = self.mapped(sheet::read_from(source, &Limits::default())?)?;
        let mut file = open(config)?;
        let (member, options, known) = file.read(|tx| self.situation(tx, &tables))?;
        let mut plans = plan_all(&tables, &options, &known);
        let failed = if self.apply {
            apply(&mut file, config, &member, &plans)?
        } else {
            HashMap::new()
        };
        for row in plans.iter_mut().flat_map(|(_, plan)| &mut plan.rows) {
            if let Some(error) = row.id.and_then(|id| failed.get(&id)) {
                row.verdict = Verdict::Refused {
                    problems: problems(error),
                };
            }
        }
        if let Some(path) = &self.refused {
            for (at, plan) in &plans {
                if let Some(bytes) = plan.refused_csv(&tables[*at].0, Language::En) {
                    std::fs::write(numbered(path, *at), bytes)?;
                }
            }
        }
        self.report(&tables, &plans, &failed)
    }

    fn mapped(&self, tables: Vec<Table>) -> Result<Vec<(Table, Mapping)>, ExchangeError> {
        let wishes = Wishes {
            columns: self.columns.iter().cloned().collect::<BTreeMap<_, _>>(),
            keep_unknown: self.keep_unknown,
        };
        let mapped = tables.into_iter().map(|table| {
            let kind = self.kind.or_else(|| kind_of(&table.headers));
            let kind = kind.ok_or_else(|| ExchangeError::NoKind(table.name.clone()))?;
            let mapping = Mapping::of(kind, &table.headers, &wishes)?;
            if mapping.missing.is_empty() {
                Ok((table, mapping))
            } else {
                Err(ExchangeError::NoColumn {
                    sheet: table.name,
                    missing: mapping.missing.join(", "),
                })
            }
        });
        mapped.collect()
    }

    /// Who imports, how, and what is there already.
    fn situation(
        &self,
        store: &dyn Store,
        tables: &[(Table, Mapping)],
    ) -> Result<(Member, Options, Known), ExchangeError> {
        let member = member(store, &self.member)?;
        let org = store.org()?.id;
        let mut options = Options::new(org, &self.source);
        options.update = self.update;
        options.currency.clone_from(&self.currency);
        options.country = match self.country {
            CountryName::China => Country::China,
            CountryName::NorthAmerica => Country::NorthAmerica,
        };
        options.day_order = self.day_order.map(|order| match order {
            OrderName::Dmy => DayOrder::DayFirst,
            OrderName::Mdy => DayOrder::MonthFirst,
        });
        if self.keep_first {
            options.repeated = Repeated::KeepFirst;
        }
        if self.missing_customers {
            options.missing_customer = MissingCustomer::Create;
        }
        if tables
            .iter()
            .any(|(_, mapping)| mapping.kind.field("template_id").is_some())
        {
            let newest = processes(store, member.id)?.pop();
            let standard = || {
                let id = DocumentId::derived(org.as_bytes(), "standard process");
                (id, ProcessTemplate::standard())
            };
            options.template = Some(newest.unwrap_or_else(standard));
        }
        let mut known = Known::default();
        for kind in IMPORTED.iter().filter_map(|name| domain::kind(name)) {
            for found in records(store, member.id, kind)? {
                known.insert(kind.name, found.id, found.row.fields);
            }
        }
        Ok((member, options, known))
    }

    fn report(
        &self,
        tables: &[(Table, Mapping)],
        plans: &[(usize, Plan)],
        failed: &HashMap<DocumentId, WriteError>,
    ) -> Result<(), ExchangeError> {
        let (mut lines, mut sheets) = (Vec::new(), Vec::new());
        for (at, plan) in plans {
            let (table, mapping) = &tables[*at];
            let counts = plan.counts();
            let named = if table.name.is_empty() {
                String::new()
            } else {
                format!("{}: ", table.name)
            };
            lines.push(format!(
                "{named}{}: {} create, {} update, {} unchanged, {} skipped, {} refused{}",
                mapping.kind.plural,
                counts.create,
                counts.update,
                counts.unchanged,
                counts.skipped,
                counts.refused,
                if self.apply {
                    ""
                } else {
                    " (nothing is written without --apply)"
                }
            ));
            if !mapping.unknown.is_empty() {
                lines.push(format!("unknown columns: {}", mapping.unknown.join(", ")));
            }
            let mut rows = Vec::new();
            for row in &plan.rows {
                let (verdict, reasons) = told(row, failed);
                let notes: Vec<String> = row.notes.iter().map(|note| note.message(Language::En)).collect();
                let said: Vec<&str> = reasons.iter().chain(&notes).map(String::as_str).collect();
                let why = if said.is_empty() {
                    String::new()
                } else {
                    format!(": {}", said.join("; "))
                };
                lines.push(format!("row {}: {verdict}{why}", row.row));
                rows.push(json!({
                    "row": row.row, "id": row.id, "verdict": verdict, "reasons": reasons, "notes": notes,
                }));
            }
            sheets.push(json!({
                "sheet": table.name, "kind": plan.kind, "counts": counts, "implied": plan.implied.len(),
                "unknown_columns": mapping.unknown, "rows": rows,
            }));
        }
        let text = if self.json {
            Value::from_iter([("applied", Value::Bool(self.apply)), ("sheets", Value::Array(sheets))]).to_string()
        } else {
            lines.join("\n")
        };
        Ok(output::line(&text)?)
    }
}

/// The verdict on a row and its reasons. Nothing that stands in a cell is told.
fn told(row: &RowPlan, failed: &HashMap<DocumentId, WriteError>) -> (&'static str, Vec<String>) {
    if let Some(error) = row.id.and_then(|id| failed.get(&id)) {
        let reason = match error {
            WriteError::Exists => "it is there already, and not among what this member may see".to_owned(),
            other => other.to_string(),
        };
        return ("refused", vec![reason]);
    }
    match &row.verdict {
        Verdict::Create { .. } => ("create", Vec::new()),
        Verdict::Update { changes, kept, .. } => {
            let changed: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
            let mut reasons = vec![changed.join(", ")];
            if !kept.is_empty() {
                reasons.push(format!("kept: {}", kept.join(", ")));
            }
            ("update", reasons)
        }
        Verdict::Unchanged => ("unchanged", Vec::new()),
        Verdict::Skipped { reason } => ("skipped", vec![reason.message(Language::En)]),
        Verdict::Refused { problems } => {
            let reasons = problems.iter().map(|problem| problem.message(Language::En));
            ("refused", reasons.collect())
        }
    }
}

/// Writes what is planned. Answers which records could not be written; the others are.
fn apply(
    file: &mut File,
    config: &Config,
    member: &Member,
    plans: &[(usize, Plan)],
) -> Result<HashMap<DocumentId, WriteError>, ExchangeError> {
    let operations: Vec<Operation> = plans.iter().flat_map(|(_, plan)| plan.operations()).collect();
    let mut failed = HashMap::new();
    let settings = config.limits;
    let limits = relay::Limits::new(settings.document_bytes, settings.batch_bytes);
    for batch in operations.chunks(BATCH) {
        file.write::<_, ExchangeError>(|tx| {
            let now_ms = SystemClock.now_ms();
            // On a database that no relay ever served there is no run yet to write in.
            if matches!(tx.current_run(), Err(StoreError::NoOrg)) {
                tx.begin_run(RunId::ordered(now_ms, random(&SystemEntropy)), now_ms)?;
            }
            let context = Context::read(tx, now_ms, &SystemEntropy)?.within(limits);
            for operation in batch {
                match write(tx, &context, member, operation) {
                    Ok(()) => {}
                    Err(WriteError::Relay(error)) => return Err(error.into()),
                    Err(error) => drop(failed.insert(operation.id, error)),
                }
            }
            Ok(())
        })?;
    }
    Ok(failed)
}

fn write(
    store: &mut dyn Store,
    context: &Context<'_>,
    member: &Member,
    operation: &Operation,
) -> Result<(), WriteError> {
    let draft = Draft {
        member: member.id,
        role: member.role,
        zone: &member.time_zone,
    };
    let kind = domain::kind(operation.kind).ok_or(WriteError::NotFound)?;
    let Operation { id, patch, .. } = operation;
    if operation.creating {
        relay::create(store, context, draft, kind, *id, patch)?;
    } else {
        relay::edit(store, context, draft, kind, *id, patch, None)?;
    }
    Ok(())
}

/// What is wrong with a row whose record could not be written, as its line in the list of refused rows says it.
fn problems(error: &WriteError) -> Vec<Problem> {
    let problem = |field: &str, code| Problem {
        column: None,
        field: field.to_owned(),
        code,
    };
    let violation = |violation, limit| ProblemCode::Violation { violation, limit };
    match error {
        WriteError::NoParent => vec![problem("", ProblemCode::UnknownCustomer)],
        WriteError::Invalid(violations) => violations
            .iter()
            .map(|one| problem(&one.field, violation(one.code, one.limit)))
            .collect(),
        WriteError::NotFound | WriteError::Exists | WriteError::Denied(_) => {
            vec![problem("", ProblemCode::NotPermitted)]
        }
        WriteError::UnknownVersion | WriteError::NoConflict | WriteError::Relay(_) => {
            vec![problem("", violation(ViolationCode::NotAllowed, None))]
        }
    }
}

/// The file for refused rows of the sheet at this place: the first has the name as given.
fn numbered(path: &Path, at: usize) -> PathBuf {
    if at == 0 {
        return path.to_owned();
    }
    let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = part(path.file_stem()).unwrap_or_default();
    let extension = part(path.extension()).map_or_else(String::new, |extension| format!(".{extension}"));
    path.with_file_name(format!("{stem}-{}{extension}", at + 1))
}
