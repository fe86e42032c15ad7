//! Figure 15, refunds and claw-back 退款与追回.
//!
//! Formula: −credited × refunded ÷ sold, dated on the day of the refund; prorated, that × days of the window that are
//! left ÷ days of the window. Unit: minor units.
//!
//! Edge cases: a refund after the window takes nothing back. What was credited stays as it was: a closed statement is
//! never computed again. More than was sold is not taken back.

use chrono::NaiveDate;

use super::quotient;

/// How much of a credit is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// All of it within the window.
    Full,
    /// The less, the later.
    Prorated,
}

/// What a refund changes of a credit: zero or below. `days` is the length of the window from the day of the credit on.
#[must_use]
pub fn adjustment(
    credited: i64,
    (refunded, sold): (i64, i64),
    (credited_on, refunded_on): (NaiveDate, NaiveDate),
    days: i64,
    method: Method,
) -> i64 {
    let passed = (refunded_on - credited_on).num_days().max(0);
    if passed >= days || sold <= 0 || credited <= 0 {
        return 0;
    }
    let part = i128::from(credited) * i128::from(refunded.clamp(0, sold));
    let exact = match method {
        Method::Full => quotient(part, sold.into()),
        Method::Prorated => quotient(
            part.saturating_mul((days - passed).into()),
            i128::from(sold) * i128::from(days),
        ),
    };
    -exact.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_takes_its_part_back_on_its_own_day_and_within_the_window() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days = (day("2026-01-01"), day("2026-01-31"));
        let sold = (100_000, 100_000);
        assert_eq!(adjustment(100_000, sold, days, 90, Method::Full), -100_000);
        assert_eq!(adjustment(100_000, sold, days, 90, Method::Prorated), -66_667);
        assert_eq!(adjustment(50_000, (25_000, 100_000), days, 90, Method::Full), -12_500);
        assert_eq!(adjustment(100_000, sold, days, 30, Method::Full), 0);
        assert_eq!(
            adjustment(100_000, (200_000, 100_000), days, 90, Method::Full),
            -100_000
        );
        assert_eq!(adjustment(100, (1, 0), days, 90, Method::Full), 0);
    }
}
