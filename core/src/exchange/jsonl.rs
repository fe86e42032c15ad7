//! Everything there is, one record a line, to be read back without loss.
//!
//! The first line says what the file is: `{"satchel":"records","version":1}`. Each further line is
//! `{"kind":…,"id":…,"fields":{…}}`, with `"document":…` (base64) where the document's bytes are given: with them a
//! record comes back with its history, its authors and what was written apart; without them as it reads now, its logged
//! events restamped.

use std::io::{BufRead, Read, Write};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::kind;
use crate::ids::DocumentId;
use crate::schema::{Field, Kind, Merge, Violation, ViolationCode};

/// The version of the form of the file that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// One record.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its id.
    pub id: DocumentId,
    /// Its plain fields in the JSON form. Fields that this version does not know are among them.
    pub fields: Map<String, Value>,
    /// The bytes of its document, where they are given.
    pub document: Option<Vec<u8>>,
}

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: LineProblem,
}

/// What is wrong with a line. No text of the line is in it.
#[derive(Debug, thiserror::Error)]
pub enum LineProblem {
    /// The source failed.
    #[error("the file could not be read")]
    Unreadable(#[source] std::io::Error),
    /// The file does not begin as it must.
    #[error("the file is no list of records: its first line does not say so")]
    NoHeader,
    /// A newer version wrote the file.
    #[error("the file has the form of version {version}, this program reads up to {VERSION}")]
    Newer {
        /// The version.
        version: u32,
    },
    /// Longer than allowed.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// No JSON object of the form of a record.
    #[error("not a record")]
    NotARecord,
    /// A kind that this version does not know.
    #[error("a kind of record that this version does not know")]
    UnknownKind,
    /// Values that are not of their field's type.
    #[error("values are not of their field's type: {}", fields(.0))]
    Fields(Vec<Violation>),
    /// The document's bytes are no base64.
    #[error("the document is not base64")]
    NotBase64,
}

fn fields(found: &[Violation]) -> String {
    found
        .iter()
        .map(|violation| violation.field.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

#[derive(Serialize, Deserialize)]
struct Header {
    satchel: String,
    version: u32,
}

#[derive(Serialize)]
struct Out<'a> {
    kind: &'a str,
    id: DocumentId,
    fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
}

#[derive(Deserialize)]
struct In {
    kind: String,
    id: DocumentId,
    fields: Map<String, Value>,
    document: Option<String>,
}

/// Writes records line by line.
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn new(mut out: W) -> std::io::Result<Self> {
        put(
            &mut out,
            &Header {
                satchel: "records".to_owned(),
                version: VERSION,
            },
        )?;
        Ok(Self { out })
    }

    /// Writes one record. What is derived at reading time is left out.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write(
        &mut self,
        kind: &Kind,
        id: DocumentId,
        fields: &Map<String, Value>,
        document: Option<&[u8]>,
    ) -> std::io::Result<()> {
        let derived = |name: &str| kind.derived.iter().any(|derived| derived.name == name);
        let plain = fields.iter().filter(|(name, _)| !derived(name));
        let fields = plain.map(|(name, value)| (name.clone(), value.clone())).collect();
        let document = document.map(|bytes| BASE64.encode(bytes));
        put(
            &mut self.out,
            &Out {
                kind: kind.name,
                id,
                fields,
                document,
            },
        )
    }

    /// Gives `out` back, flushed.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn finish(mut self) -> std::io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn put(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// Longest line that [`read`] takes, in bytes: a document of some tens of megabytes.
pub const LINE_BYTES: u64 = 64 << 20;

/// Reads records line by line, each checked. A bad line is told and the next is read; after a file that cannot be read
/// on, nothing more comes.
pub fn read<R: BufRead>(source: R) -> Lines<R> {
    Lines {
        source,
        line: 0,
        done: false,
        line_bytes: LINE_BYTES,
    }
}

/// The records of a file, see [`read`].
pub struct Lines<R> {
    source: R,
    line: u64,
    done: bool,
    line_bytes: u64,
}

impl<R> Lines<R> {
    /// With another longest line, in bytes.
    #[must_use]
    pub fn with_line_bytes(mut self, line_bytes: u64) -> Self {
        self.line_bytes = line_bytes;
        self
    }
}

impl<R: BufRead> Lines<R> {
    /// The next line that is not blank, without its end.
    fn line(&mut self) -> Result<Option<Vec<u8>>, LineProblem> {
        loop {
            let mut bytes = Vec::new();
            let mut bounded = (&mut self.source).take(self.line_bytes.saturating_add(1));
            bounded.read_until(b'\n', &mut bytes).map_err(LineProblem::Unreadable)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.line += 1;
            if bytes.len() as u64 > self.line_bytes {
                return Err(LineProblem::TooLong { limit: self.line_bytes });
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(bytes));
            }
        }
    }

    fn header(&mut self) -> Result<(), LineProblem> {
        let line = self.line()?.ok_or(LineProblem::NoHeader)?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        let header: Header = serde_json::from_slice(line).map_err(|_| LineProblem::NoHeader)?;
        if header.satchel != "records" {
            return Err(LineProblem::NoHeader);
        }
        if header.version > VERSION {
            Err(LineProblem::Newer {
                version: header.version,
            })
        } else {
            Ok(())
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let header = if self.line == 0 { self.header() } else { Ok(()) };
        let line = header.and_then(|()| self.line());
        let read = match line {
            Ok(None) => {
                self.done = true;
                return None;
            }
            Ok(Some(bytes)) => record(&bytes),
            Err(problem) => {
                self.done = true;
                Err(problem)
            }
        };
        Some(read.map_err(|problem| LineError {
            line: self.line,
            problem,
        }))
    }
}

fn record(bytes: &[u8]) -> Result<Line, LineProblem> {
    let read: In = serde_json::from_slice(bytes).map_err(|_| LineProblem::NotARecord)?;
    let kind = kind(&read.kind).ok_or(LineProblem::UnknownKind)?;
    let wrong: Vec<Violation> = kind
        .fields
        .iter()
        .filter(|field| {
            read.fields
                .get(field.name)
                .is_some_and(|value| !value.is_null() && !fits(field, value))
        })
        .map(|field| Violation::new(field.name, ViolationCode::Malformed))
        .collect();
    if !wrong.is_empty() {
        return Err(LineProblem::Fields(wrong));
    }
    let document = read.document.map(|text| BASE64.decode(text.as_bytes())).transpose();
    let document = document.map_err(|_| LineProblem::NotBase64)?;
    Ok(Line {
        kind,
        id: read.id,
        fields: read.fields,
        document,
    })
}

/// Whether a value has the form of its field. What is required and within limits is not asked: a merged state may not
/// be, and is given out as it is.
fn fits(field: &Field, value: &Value) -> bool {
    match field.merge {
        Merge::Set | Merge::Log => value
            .as_array()
            .is_some_and(|items| items.iter().all(|one| field.ty.accepts(one))),
        Merge::Map => value
            .as_object()
            .is_some_and(|map| map.values().all(|one| field.ty.accepts(one))),
        Merge::Register | Merge::Text | Merge::Counter => field.ty.accepts(value),
    }
}

#[cfg(test)]
mod tests;
