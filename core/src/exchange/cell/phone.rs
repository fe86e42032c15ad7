//! Phone numbers.

use super::plain;

/// The country of numbers that are written without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// None: numbers without a country stay as they are.
    Unknown,
    /// China: mobile numbers of eleven digits, others with the area code in front.
    China,
    /// The United States and Canada: ten digits.
    NorthAmerica,
}

/// A phone number that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// E.164 where the country is known, else the text as it was.
    pub number: String,
    /// Whether it is E.164, or a service number (400, 800) that has no such form.
    pub understood: bool,
}

/// Reads a phone number. What is not understood (an extension, a local number without its area, digits that a
/// spreadsheet has eaten) is kept as it is: a person can still call it.
#[must_use]
pub fn read_phone(text: &str, country: Country) -> Phone {
    let clean = plain(text);
    let number = written_out(&clean).or_else(|| domestic(&clean, country));
    match number {
        Some(number) => Phone {
            number,
            understood: true,
        },
        None => Phone {
            number: text.trim().to_owned(),
            understood: false,
        },
    }
}

/// Digits, if apart from what people put between them there is nothing else.
fn digits(text: &str) -> Option<String> {
    let between = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}' | '–' | '—');
    let kept: String = text.chars().filter(|c| !between(*c)).collect();
    (!kept.is_empty() && kept.bytes().all(|byte| byte.is_ascii_digit())).then_some(kept)
}

/// A number with its country: `+86 138…`, `0086138…`, `+44 (0)20 …`.
fn written_out(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let digits = digits(&rest.replace("(0)", ""))?;
    // In China people keep the zero of the area code behind the country's.
    let digits = match digits.strip_prefix("860") {
        Some(area) => format!("86{area}"),
        None => digits,
    };
    (digits.len() >= 8 && digits.len() <= 15 && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

fn domestic(text: &str, country: Country) -> Option<String> {
    let digits = digits(text)?;
    let first = |at: usize| digits.as_bytes().get(at).copied().unwrap_or(0);
    match country {
        Country::Unknown => None,
        Country::China => {
            let mobile = |digits: &str| digits.len() == 11 && digits.starts_with('1') && digits.as_bytes()[1] >= b'3';
            if mobile(&digits) {
                return Some(format!("+86{digits}"));
            }
            if let Some(rest) = digits.strip_prefix("86").filter(|rest| mobile(rest)) {
                return Some(format!("+86{rest}"));
            }
            if digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800")) {
                return Some(digits);
            }
            // Area codes are 010, 02x and 0xyz; with seven or eight digits behind.
            let area = first(0) == b'0' && first(1) != b'0' && (10..=12).contains(&digits.len());
            area.then(|| format!("+86{}", &digits[1..]))
        }
        Country::NorthAmerica => {
            let national = digits
                .strip_prefix('1')
                .filter(|rest| rest.len() == 10)
                .unwrap_or(&digits);
            (national.len() == 10 && national.as_bytes()[0] >= b'2').then(|| format!("+1{national}"))
        }
    }
}
