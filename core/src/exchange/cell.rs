//! Single cells, read as people write them: exactly, or not at all.

mod day;
mod money;
mod phone;

pub use day::{DayOrder, read_day};
pub use money::{read_money, read_percent};
pub use phone::{Country, Phone, read_phone};

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

/// Why a cell was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CellError {
    /// No day.
    NotADay,
    /// A day that is another one where the month stands first; the person must say which order the list has.
    AmbiguousDay,
    /// No amount of money, or one with more digits than its currency has.
    NotAnAmount,
    /// No currency code.
    NotACurrency,
    /// No percentage between 0 and 100, or a bare share such as `0.3`, which may mean 30 or 0.3 percent.
    NotAPercentage,
    /// No whole number.
    NotANumber,
    /// Neither yes nor no.
    NotYesOrNo,
    /// No degrees of latitude or longitude.
    NotDegrees,
    /// No id of ours.
    NotAnId,
}

/// Text half width, without spaces round it.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// Reads a whole number, with thousands separated or not: `1,200`, `1200.0`.
///
/// # Errors
/// [`CellError::NotANumber`].
pub fn read_integer(text: &str) -> Result<i64, CellError> {
    let clean = money::without_grouping(&plain(text)).ok_or(CellError::NotANumber)?;
    let (whole, part) = clean.split_once('.').unwrap_or((&clean, "0"));
    if part.is_empty() || !part.bytes().all(|digit| digit == b'0') {
        return Err(CellError::NotANumber);
    }
    whole.parse().map_err(|_| CellError::NotANumber)
}

/// Reads yes or no.
///
/// # Errors
/// [`CellError::NotYesOrNo`].
pub fn read_boolean(text: &str) -> Result<bool, CellError> {
    match plain(text).to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" | "√" | "✓" => Ok(true),
        "false" | "no" | "n" | "0" | "否" | "×" => Ok(false),
        _ => Err(CellError::NotYesOrNo),
    }
}

/// Reads degrees into ten-millionths. `largest` is 90 for a latitude, 180 for a longitude.
///
/// # Errors
/// [`CellError::NotDegrees`].
pub fn read_degrees(text: &str, largest: i64) -> Result<i64, CellError> {
    let text = plain(text);
    let text = text.strip_suffix('°').unwrap_or(&text);
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !numeric(whole) || !numeric(part) {
        return Err(CellError::NotDegrees);
    }
    // Digits beyond the seventh are below two centimetres.
    let seven: String = part.chars().chain("0000000".chars()).take(7).collect();
    let degrees: i64 = format!("{whole}{seven}").parse().map_err(|_| CellError::NotDegrees)?;
    if degrees > largest * 10_000_000 {
        Err(CellError::NotDegrees)
    } else {
        Ok(sign * degrees)
    }
}

/// Several texts in one cell, separated by any of `; ； , ， 、 |` or line ends. A backslash before one of these makes
/// it part of the text.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\\' if letters
                .peek()
                .is_some_and(|next| SEPARATORS.contains(next) || *next == '\\') =>
            {
                if let (Some(part), Some(next)) = (parts.last_mut(), letters.next()) {
                    part.push(next);
                }
            }
            _ if SEPARATORS.contains(&c) => parts.push(String::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    let trimmed = parts.into_iter().map(|part| part.trim().to_owned());
    trimmed
        .filter(|part| !part.is_empty() && seen.insert(part.clone()))
        .collect()
}

/// What [`split`] takes apart.
#[must_use]
pub fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let escaped = parts.into_iter().map(|part| {
        let mut out = String::with_capacity(part.len());
        for c in part.chars() {
            if SEPARATORS.contains(&c) || c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
        out
    });
    escaped.collect::<Vec<_>>().join("; ")
}

const SEPARATORS: &[char] = &[';', '；', ',', '，', '、', '|', '\n', '\r'];

/// Province, city and district out of one text: `福建省/福州市/鼓楼区`, or without separators by 省, 市 and 区.
#[must_use]
pub fn split_region(text: &str) -> [Option<String>; 3] {
    let text = plain(text);
    let filled = |part: &str| Some(part.trim().to_owned()).filter(|part| !part.is_empty());
    if text.contains(['/', ' ', '-', '>', ',', '、']) {
        let mut parts = text.splitn(3, ['/', ' ', '-', '>', ',', '、']).map(filled);
        return [(); 3].map(|()| parts.next().flatten());
    }
    let cut = |text: &str, ends: &[&str]| {
        let end = ends
            .iter()
            .filter_map(|end| text.find(end).map(|at| at + end.len()))
            .min();
        let (head, rest) = text.split_at(end.unwrap_or(0));
        (filled(head), rest.to_owned())
    };
    let (province, rest) = cut(&text, &["省", "自治区", "特别行政区"]);
    let (city, rest) = cut(&rest, &["市", "自治州", "盟"]);
    [province, city, filled(&rest)]
}

#[cfg(test)]
mod tests;
