//! CSV.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use super::{Builder, Limits, SheetError, Table};
use crate::exchange::guard;

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Table, SheetError> {
    let text = decode(bytes)?;
    // Zero bytes are in no text that a spreadsheet writes; a picture or a program has them early.
    if text.contains('\0') {
        return Err(SheetError::UnknownEncoding);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut builder = Builder::new("", 0, limits);
    let mut record = csv::StringRecord::new();
    let mut lines = Lines {
        text: text.as_bytes(),
        at: 0,
        line: 1,
    };
    while reader.read_record(&mut record).map_err(|_| SheetError::Damaged)? {
        let number = lines.of(record.position().map_or(0, csv::Position::byte));
        let mut cells = Vec::new();
        for (column, cell) in record.iter().enumerate() {
            builder.admit(number, column, cell)?;
            if column < limits.columns {
                builder.widen(&mut cells, column + 1)?;
                guard::unguarded(cell).clone_into(&mut cells[column]);
            }
        }
        builder.push(number, cells)?;
    }
    Ok(builder.table)
}

/// Counts lines up to where a record begins. The reader's own count stands before the line ends and blank lines that it
/// skips only when it reads on.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, byte: u64) -> u32 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(next) = self
            .text
            .get(self.at)
            .filter(|next| self.at < byte || matches!(next, b'\r' | b'\n'))
        {
            let end = match next {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line = self.line.saturating_add(u32::from(end));
            self.at += 1;
        }
        self.line
    }
}

/// UTF-8 where the bytes are that, UTF-16 where a mark says so, else GB18030, which Excel in China writes.
fn decode(bytes: &[u8]) -> Result<String, SheetError> {
    let strict = |encoding: &'static encoding_rs::Encoding, bytes: &[u8]| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map(std::borrow::Cow::into_owned)
            .ok_or(SheetError::UnknownEncoding)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => strict(UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => strict(UTF_16BE, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest)
            .map(str::to_owned)
            .map_err(|_| SheetError::UnknownEncoding),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => strict(GB18030, bytes),
        },
    }
}

/// What separates cells: of comma, semicolon and tab the one most frequent in the first line outside quotes. Excel
/// writes semicolons where the comma is the decimal sign, and tabs as "Unicode text".
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(*delimiter == byte);
                }
            }
        }
    }
    // The first of equals: the comma.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}
