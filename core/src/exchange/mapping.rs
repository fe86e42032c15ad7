//! Which column of a list is which field.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::catalogue::{self, Cell, Column};
use super::label::Language;
use super::plan::errors_header;
use crate::domain::kind;
use crate::schema::{Kind, Merge};

/// A header or a label as it is compared: half width, lower case, without what stands in parentheses (units), stars,
/// spaces and punctuation.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::new();
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => out.push(c),
            _ => {}
        }
    }
    out
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It is this column of the catalogue.
    Column(Column),
    /// Nobody knows it; it is kept as a field of the organisation's own, under its header.
    Kept(Column),
    /// It is left out.
    Ignored,
}

impl Target {
    /// The column that is read, if any is.
    #[must_use]
    pub const fn column(&self) -> Option<&Column> {
        match self {
            Self::Column(column) | Self::Kept(column) => Some(column),
            Self::Ignored => None,
        }
    }
}

/// Which column of a list is which field.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The kind of record that the rows are.
    pub kind: &'static Kind,
    /// One for each header, in order.
    pub targets: Vec<Target>,
    /// Headers that nobody knows, or that mean what an earlier column has already: left out or kept as asked.
    pub unknown: Vec<String>,
    /// Codes of columns without which no row can be made into a record.
    pub missing: Vec<&'static str>,
}

/// What a person said of the columns beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The code for a header, as it is written in the list; an empty code leaves the column out.
    pub columns: BTreeMap<String, String>,
    /// Whether columns that nobody knows are kept as fields of the organisation's own, where the kind has them.
    pub keep_unknown: bool,
}

/// Why columns cannot be mapped as wished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The kind cannot be imported.
    #[error("records of kind {kind} cannot be imported from a list")]
    NotImported {
        /// The kind.
        kind: String,
    },
    /// No column of that code.
    #[error("there is no column {code} to put a column of the list into")]
    UnknownCode {
        /// The code.
        code: String,
    },
    /// Two columns for what holds one value.
    #[error("two columns of the list are to become {code}")]
    Twice {
        /// The code.
        code: String,
    },
    /// A wish for a header that the list does not have.
    #[error("the list has no column of a header that was named for {code}")]
    NoSuchHeader {
        /// The code that was wished.
        code: String,
    },
}

/// The kinds that are imported from lists, in the order in which they must be: what others hang on comes first.
pub const IMPORTED: &[&str] = &["customer", "contact", "deal"];

impl Mapping {
    /// Maps headers to the columns of a kind: first as wished, then by label, then by synonym, each left to right.
    ///
    /// # Errors
    /// A kind that is not imported, and wishes that cannot be met.
    pub fn of(kind: &'static Kind, headers: &[String], wishes: &Wishes) -> Result<Self, MappingError> {
        if !IMPORTED.contains(&kind.name) {
            return Err(MappingError::NotImported {
                kind: kind.name.to_owned(),
            });
        }
        let (known, unread): (Vec<Column>, Vec<Column>) = catalogue::columns(kind)
            .into_iter()
            .partition(|column| is_read(kind, column));
        let mut targets: Vec<Option<Target>> = vec![None; headers.len()];
        take_wishes(kind, headers, wishes, &known, &mut targets)?;
        for (target, header) in targets.iter_mut().zip(headers).filter(|(target, _)| target.is_none()) {
            if is_errors_header(header) {
                *target = Some(Target::Ignored);
            } else if let Some(column) = entry(kind, header.trim()) {
                *target = Some(Target::Column(column));
            }
        }
        for answers_to in [is_label, is_synonym] {
            for (at, header) in headers.iter().enumerate() {
                let header = folded(header);
                if targets[at].is_some() || header.is_empty() {
                    continue;
                }
                let fits = |column: &&Column| answers_to(column, &header) && !is_taken(kind, &targets, column);
                if let Some(column) = known.iter().find(fits) {
                    targets[at] = Some(Target::Column(column.clone()));
                }
            }
        }
        for (target, header) in targets.iter_mut().zip(headers).filter(|(target, _)| target.is_none()) {
            let header = folded(header);
            if unread.iter().any(|column| is_label(column, &header)) {
                *target = Some(Target::Ignored);
            }
        }
        Ok(Self::settled(kind, headers, wishes, targets))
    }

    fn settled(kind: &'static Kind, headers: &[String], wishes: &Wishes, targets: Vec<Option<Target>>) -> Self {
        let keeps = wishes.keep_unknown && kind.field("custom").is_some_and(|field| field.merge == Merge::Map);
        let mut unknown = Vec::new();
        let mut settled: Vec<Target> = Vec::new();
        for (target, header) in targets.into_iter().zip(headers) {
            let target = target.unwrap_or_else(|| {
                let name = header.trim().trim_end_matches('*').trim_end();
                if name.is_empty() {
                    return Target::Ignored;
                }
                unknown.push(header.clone());
                if keeps {
                    Target::Kept(Column::entry("custom", name))
                } else {
                    Target::Ignored
                }
            });
            settled.push(target);
        }
        let has = |code: &str| {
            settled
                .iter()
                .filter_map(Target::column)
                .any(|column| column.code == code)
        };
        let needed: &[&[&'static str]] = match kind.name {
            "customer" => &[&["name"]],
            "contact" => &[
                &["name", "last_name", "given_name"],
                &["customer", "customer_id", "customer_record_id"],
            ],
            _ => &[
                &["name"],
                &["customer", "customer_id", "customer_record_id"],
                &["amount"],
                &["expected_close"],
            ],
        };
        let missing = needed
            .iter()
            .filter(|ways| !ways.iter().any(|code| has(code)))
            .filter_map(|ways| ways.first().copied())
            .collect();
        Self {
            kind,
            targets: settled,
            unknown,
            missing,
        }
    }

    /// The header over the column of this code, for messages.
    #[must_use]
    pub fn header<'a>(&self, headers: &'a [String], code: &str) -> Option<&'a str> {
        let at = self
            .targets
            .iter()
            .position(|target| target.column().is_some_and(|column| column.code == code))?;
        headers.get(at).map(String::as_str)
    }
}

fn take_wishes(
    kind: &Kind,
    headers: &[String],
    wishes: &Wishes,
    known: &[Column],
    targets: &mut [Option<Target>],
) -> Result<(), MappingError> {
    for (header, code) in &wishes.columns {
        let at = headers.iter().position(|one| one == header);
        let at = at.ok_or_else(|| MappingError::NoSuchHeader { code: code.clone() })?;
        if code.is_empty() {
            targets[at] = Some(Target::Ignored);
            continue;
        }
        let named = known.iter().find(|column| column.code == code.as_str()).cloned();
        let column = named
            .or_else(|| entry(kind, code))
            .ok_or_else(|| MappingError::UnknownCode { code: code.clone() })?;
        if is_taken(kind, targets, &column) {
            return Err(MappingError::Twice { code: code.clone() });
        }
        targets[at] = Some(Target::Column(column));
    }
    Ok(())
}

/// The column for a key of a map field, by its code `custom.KEY`.
fn entry(kind: &Kind, code: &str) -> Option<Column> {
    let (field, key) = code.split_once('.')?;
    let map = kind.field(field).is_some_and(|field| field.merge == Merge::Map);
    (map && !key.is_empty()).then(|| Column::entry(field, key))
}

/// The column that an earlier import added to say what was wrong.
fn is_errors_header(header: &str) -> bool {
    [Language::Zh, Language::En]
        .iter()
        .any(|language| header.trim() == errors_header(*language))
}

fn is_label(column: &Column, header: &str) -> bool {
    [&column.zh, &column.en].iter().any(|label| folded(label) == header)
}

fn is_synonym(column: &Column, header: &str) -> bool {
    folded(&column.code) == header || column.synonyms.iter().any(|known| folded(known) == header)
}

/// Whether an earlier column has what this one would have. Sets take any number of columns.
fn is_taken(kind: &Kind, targets: &[Option<Target>], column: &Column) -> bool {
    let is_set = kind.field(&column.code).is_some_and(|field| field.merge == Merge::Set);
    let has = |target: &Target| target.column().is_some_and(|taken| taken.code == column.code);
    !is_set && targets.iter().flatten().any(has)
}

/// Whether a column is read. What is computed at reading time, and what only JSON can hold, is written for people and
/// left out when a list of ours comes back.
fn is_read(kind: &Kind, column: &Column) -> bool {
    // The stage is computed too, but a list moves a deal to it.
    let computed = column.code != "stage" && kind.derived.iter().any(|derived| derived.name == column.code);
    !computed && !matches!(column.cell, Cell::Json | Cell::Instant)
}

/// The kind of record that a list holds, by its headers: the one of which nothing is missing and that knows most of
/// them; absent where none fits.
#[must_use]
pub fn kind_of(headers: &[String]) -> Option<&'static Kind> {
    let fitting = IMPORTED.iter().filter_map(|name| kind(name)).filter_map(|kind| {
        let mapping = Mapping::of(kind, headers, &Wishes::default()).ok()?;
        let known = mapping
            .targets
            .iter()
            .filter(|target| target.column().is_some())
            .count();
        mapping.missing.is_empty().then_some((known, kind))
    });
    // Of equals the last: a deal's list says more than that of the customers it names.
    fitting.max_by_key(|(known, _)| *known).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests;
