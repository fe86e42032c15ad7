//! What a command prints: text for people, or JSON for scripts.

use std::io::{Write, stdout};

use serde_json::Value;

/// The outcome of a command, in both forms.
pub(super) struct Answer {
    text: String,
    json: Value,
}

impl Answer {
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self {
            text: text.into(),
            json,
        }
    }

    /// A list: one line for each row, its columns aligned.
    pub(super) fn table(header: &[&str], rows: &[Vec<String>], json: Value) -> Self {
        let width = |column: usize| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells
                .chain(header.get(column).map(|name| name.len()))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut lines = vec![line(header.to_vec())];
        lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
        Self {
            text: lines.join("\n"),
            json,
        }
    }

    pub(super) fn print(&self, as_json: bool) -> Result<(), std::io::Error> {
        if as_json {
            line(&self.json.to_string())
        } else {
            line(&self.text)
        }
    }
}

/// Prints one line on standard output at once, so that a program that waits for it sees it.
///
/// # Errors
/// Where standard output is closed.
pub fn line(text: &str) -> Result<(), std::io::Error> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
