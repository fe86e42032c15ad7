use satchel_derive::value;

use crate::schema::shape::Sound;

/// An amount in integer minor units of its currency.
#[value(checked)]
pub struct Money {
    /// Minor units: cents for CNY and USD, yen for JPY, a thousandth for KWD.
    pub minor: i64,
    /// ISO 4217 code, as in `CNY`.
    pub currency: String,
}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub fn new(minor: i64, currency: &str) -> Self {
        Self {
            minor,
            currency: currency.to_owned(),
        }
    }

    /// Reads a decimal amount as people write it (`1,234.50`), exactly.
    #[must_use]
    pub fn parse(text: &str, currency: &str) -> Option<Self> {
        let clean: String = text
            .chars()
            .filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '¥' | '￥' | '$' | '€'))
            .collect();
        let (sign, digits) = match clean.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, clean.strip_prefix('+').unwrap_or(&clean)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let exponent = Currency::exponent(currency) as usize;
        // Digits below a minor unit are only accepted where they are zero: rounding money silently loses some.
        if part.len() > exponent && part[exponent..].bytes().any(|digit| digit != b'0') {
            return None;
        }
        let mut minor = format!("{whole}{part:0<exponent$}");
        minor.truncate(whole.len() + exponent);
        let minor: i64 = if minor.is_empty() { 0 } else { minor.parse().ok()? };
        Some(Self::new(sign * minor, currency))
    }

    /// The decimal amount without its currency, as in `1234.50`.
    #[must_use]
    pub fn decimal(&self) -> String {
        let exponent = Currency::exponent(&self.currency);
        let unit = 10_u64.pow(exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let amount = self.minor.unsigned_abs();
        if exponent == 0 {
            return format!("{sign}{amount}");
        }
        format!(
            "{sign}{}.{:0width$}",
            amount / unit,
            amount % unit,
            width = exponent as usize
        )
    }
}

impl Sound for Money {
    fn is_sound(&self) -> bool {
        self.currency.len() == 3 && self.currency.bytes().all(|letter| letter.is_ascii_uppercase())
    }
}

/// What is known of currencies.
#[derive(Debug, Clone, Copy)]
pub struct Currency;

impl Currency {
    /// How many decimal digits a minor unit stands for (ISO 4217; two where the list says nothing).
    #[must_use]
    pub fn exponent(code: &str) -> u32 {
        match code {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(Money::parse("1,234.5", "CNY"), Some(Money::new(123_450, "CNY")));
        assert_eq!(Money::parse("-0.05", "USD"), Some(Money::new(-5, "USD")));
        assert_eq!(Money::parse("1200", "JPY"), Some(Money::new(1200, "JPY")));
        assert_eq!(Money::parse("1.2345", "KWD"), None);
        assert_eq!(Money::parse("1.500", "USD"), Some(Money::new(150, "USD")));
        assert_eq!(Money::parse("12a", "USD"), None);
        assert_eq!(Money::parse("", "USD"), None);
        assert_eq!(Money::parse("99999999999999999999", "USD"), None);
    }

    #[test]
    fn amounts_are_written_with_their_currency_s_digits() {
        assert_eq!(Money::new(-5, "USD").decimal(), "-0.05");
        assert_eq!(Money::new(1200, "JPY").decimal(), "1200");
        assert_eq!(Money::new(1200, "KWD").decimal(), "1.200");
    }
}
