//! Amounts and percentages.

use super::{CellError, plain};
use crate::schema::value::Money;

/// Reads an amount: `1,234.50`, `¥1200`, `1200元`, `USD 99.5`, `1.2万`. A code or sign in the cell decides over
/// `currency`, which a column of its own or the list gives.
///
/// # Errors
/// [`CellError::NotAnAmount`] for what is no amount, has digits below a minor unit, or commas elsewhere than between
/// thousands (`1.234,56`); [`CellError::NotACurrency`] where there is no code of three letters.
pub fn read_money(text: &str, currency: &str) -> Result<Money, CellError> {
    let text = plain(text);
    let currency = plain(currency).to_uppercase();
    let (text, code) = split_currency(&text, &currency);
    let code = code.unwrap_or(currency);
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(CellError::NotACurrency);
    }
    let (text, shift) = match text.chars().last() {
        Some('万') => (text.trim_end_matches('万'), 4),
        Some('亿') => (text.trim_end_matches('亿'), 8),
        _ => (text.as_str(), 0),
    };
    let amount = without_grouping(text.trim()).and_then(|text| shifted(&text, shift));
    amount
        .and_then(|amount| Money::parse(&amount, &code))
        .ok_or(CellError::NotAnAmount)
}

/// Signs and the currencies that are written with them, the most likely first.
const SIGNS: &[(&str, &[&str])] = &[
    ("¥", &["CNY", "JPY"]),
    ("元", &["CNY"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "BRL"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
];

/// Takes a currency's code or sign off an amount. `$` and `¥` stand for several; the list's own is taken where it is
/// one of them.
fn split_currency(text: &str, own: &str) -> (String, Option<String>) {
    let letters = |text: &str| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    if let (Some(head), Some(tail)) = (text.get(..3), text.get(3..))
        && letters(head)
    {
        return (tail.trim().to_owned(), Some(head.to_uppercase()));
    }
    let end = text.len().saturating_sub(3);
    if let (Some(head), Some(tail)) = (text.get(..end), text.get(end..))
        && letters(tail)
    {
        return (head.trim().to_owned(), Some(tail.to_uppercase()));
    }
    for (sign, codes) in SIGNS {
        let rest = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign));
        if let Some(rest) = rest {
            let code = codes.iter().find(|code| **code == own).or(codes.first());
            return (rest.trim().to_owned(), code.map(|code| (*code).to_owned()));
        }
    }
    (text.to_owned(), None)
}

/// Takes the commas out of `1,234,567.5`; absent where one stands elsewhere than between thousands, because there it
/// may be a decimal comma and the amount a hundredfold one.
pub(super) fn without_grouping(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.contains(',') {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().trim_start_matches(['-', '+']);
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || (1..=3).contains(&first.len()));
    grouped.then(|| text.replace(',', ""))
}

/// Moves the point of a decimal number to the right.
fn shifted(text: &str, places: usize) -> Option<String> {
    if places == 0 {
        return Some(text.to_owned());
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{part:0<places$}");
    let (moved, rest) = padded.split_at_checked(places)?;
    Some(format!("{whole}{moved}.{rest}"))
}

/// Reads a percentage into basis points: `30`, `30%`, `12.5%`.
///
/// # Errors
/// [`CellError::NotAPercentage`] below 0, above 100, with more than two decimal digits, and for a bare number between 0
/// and 1.
pub fn read_percent(text: &str) -> Result<i64, CellError> {
    let text = plain(text);
    let (digits, marked) = text
        .strip_suffix('%')
        .map_or((text.as_str(), false), |digits| (digits.trim(), true));
    // Basis points are the hundredths of a percent, as minor units are those of most currencies.
    let bp = Money::parse(digits, "XXX").map(|amount| amount.minor);
    let clear = |bp: &i64| marked || *bp == 0 || *bp >= 100;
    bp.filter(|bp| (0..=10_000).contains(bp))
        .filter(clear)
        .ok_or(CellError::NotAPercentage)
}
