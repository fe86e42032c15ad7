//! Figure 25, currency 币种: how amounts in several currencies become one.
//!
//! One rule everywhere: an amount is converted at the rate of its own day (a deal that is won: the day it was closed; an
//! open one: the day it is expected to close; an order, a payment, a refund: its day), and where that day has none, at
//! the last one before it. A rate is read in the direction in which it is written, and never by way of a third currency.
//! What cannot be converted is named, never left out in silence.
//! Unit: minor units of the asked currency. Formula: Σ amount × rate × 10^(digits of the asked currency − digits of the
//! amount's), rounded once at the end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::tally::Grouped;
use super::{Figure, NotApplicable};
use crate::domain::ExchangeRate;
use crate::schema::value::{Currency, Money, clamped, div_half_even};

/// Dated rates, put together from records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(String, String), BTreeMap<NaiveDate, i64>>);

/// Billionths in a unit: rates are kept in these.
const RATE_UNIT: i128 = 1_000_000_000;

impl Rates {
    /// The rates of these records. Where two give one for the same pair and day, the larger one holds: the same choice
    /// whatever their order.
    #[must_use]
    pub fn of<'a>(records: impl IntoIterator<Item = &'a ExchangeRate>) -> Self {
        let mut rates = Self::default();
        for record in records {
            for (day, rate_e9) in &record.rates_e9 {
                if let Ok(day) = day.parse() {
                    rates.put(&record.base, &record.quote, day, *rate_e9);
                }
            }
        }
        rates
    }

    /// Notes that one unit of `base` is worth `rate_e9` billionths of a unit of `quote` from this day on.
    pub fn put(&mut self, base: &str, quote: &str, day: NaiveDate, rate_e9: i64) {
        if rate_e9 > 0 {
            let of_pair = self.0.entry((base.to_owned(), quote.to_owned())).or_default();
            let rate = of_pair.entry(day).or_insert(rate_e9);
            *rate = (*rate).max(rate_e9);
        }
    }

    /// The rate of a day in billionths, and the day it is of; absent where there is none on or before it.
    #[must_use]
    pub fn on(&self, base: &str, quote: &str, day: NaiveDate) -> Option<(NaiveDate, i64)> {
        let of_pair = self.0.get(&(base.to_owned(), quote.to_owned()))?;
        of_pair.range(..=day).next_back().map(|(day, rate)| (*day, *rate))
    }
}

/// An exact sum of amounts by currency and day, in parts of a minor unit (`SCALE` parts are one).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoneySum<const SCALE: i64>(Grouped<(String, NaiveDate), i128>);

/// A sum of amounts as they are.
pub type Amounts = MoneySum<1>;

/// A sum of amounts times basis points.
pub type WeightedAmounts = MoneySum<10_000>;

/// A sum in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converted {
    /// The sum in minor units of the asked currency, of all that could be converted.
    pub minor: i64,
    /// Currencies of which an amount had no rate on or before its day: the sum lacks them.
    pub missing: Vec<String>,
}

impl Converted {
    /// The sum, where it lacks nothing.
    ///
    /// # Errors
    /// [`NotApplicable::NoRate`].
    pub fn whole(&self) -> Figure<i64> {
        if self.missing.is_empty() {
            Ok(self.minor)
        } else {
            Err(NotApplicable::NoRate)
        }
    }
}

impl<const SCALE: i64> MoneySum<SCALE> {
    /// Adds an amount of a day, `parts` parts of each minor unit. Sums wrap rather than end at a limit, so that what is
    /// added can always be taken back; no honest amounts come near.
    pub fn apply(&mut self, amount: &Money, day: NaiveDate, parts: i64, times: i64) {
        let exact = i128::from(amount.minor)
            .wrapping_mul(i128::from(parts))
            .wrapping_mul(i128::from(times));
        self.put(&amount.currency, day, exact);
    }

    /// Adds what a sum of this currency and day comes to, in parts of a minor unit: for a sum that was kept elsewhere.
    pub fn put(&mut self, currency: &str, day: NaiveDate, exact: i128) {
        let key = (currency.to_owned(), day);
        self.0.change(key, |sum| *sum = sum.wrapping_add(exact));
    }

    /// Takes in another sum.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, |mine, other| *mine = mine.wrapping_add(*other));
    }

    /// The sum in a currency, exactly, as a numerator over the second number; and the currencies that have no rate.
    pub(super) fn exact(&self, rates: &Rates, currency: &str) -> (i128, i128, Vec<String>) {
        // Every rate and every pair of currencies has the same denominator, so that nothing is rounded on the way.
        let widest = self
            .0
            .iter()
            .map(|((from, _), _)| Currency::exponent(from))
            .max()
            .unwrap_or(0);
        let common = 10_i128.pow(widest);
        let (mut sum, mut missing) = (0_i128, BTreeSet::new());
        for ((from, day), exact) in self.0.iter() {
            let rate = if from == currency {
                Some(RATE_UNIT)
            } else {
                rates.on(from, currency, *day).map(|(_, rate)| i128::from(rate))
            };
            let Some(rate) = rate else {
                missing.insert(from.clone());
                continue;
            };
            let shift = 10_i128.pow(Currency::exponent(currency) + widest - Currency::exponent(from));
            sum = sum.saturating_add(exact.saturating_mul(rate).saturating_mul(shift));
        }
        let denominator = RATE_UNIT * common * i128::from(SCALE);
        (sum, denominator, missing.into_iter().collect())
    }

    /// The sum in a currency, rounded once.
    #[must_use]
    pub fn finish(&self, rates: &Rates, currency: &str) -> Converted {
        let (sum, denominator, missing) = self.exact(rates, currency);
        Converted {
            minor: clamped(div_half_even(sum, denominator)),
            missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_amount_takes_the_rate_of_its_day_or_the_last_before_it() {
        let mut rates = Rates::default();
        rates.put("USD", "CNY", day("2026-01-05"), 7_000_000_000);
        rates.put("USD", "CNY", day("2026-02-01"), 7_200_000_000);
        let mut sum = Amounts::default();
        sum.apply(&Money::new(100, "USD"), day("2026-01-31"), 1, 1);
        sum.apply(&Money::new(100, "USD"), day("2026-02-01"), 1, 1);
        sum.apply(&Money::new(5, "CNY"), day("2020-01-01"), 1, 1);
        assert_eq!(
            sum.finish(&rates, "CNY"),
            Converted {
                minor: 1_425,
                missing: vec![]
            }
        );
        sum.apply(&Money::new(100, "USD"), day("2026-01-04"), 1, 1);
        let lacking = sum.finish(&rates, "CNY");
        assert_eq!(
            lacking,
            Converted {
                minor: 1_425,
                missing: vec!["USD".to_owned()]
            }
        );
        assert_eq!(lacking.whole(), Err(NotApplicable::NoRate));
        assert_eq!(
            sum.finish(&rates, "USD").missing,
            ["CNY"],
            "a rate is read as it is written"
        );
    }

    #[test]
    fn currencies_have_their_own_digits() {
        let mut rates = Rates::default();
        rates.put("JPY", "CNY", day("2026-01-01"), 48_000_000);
        rates.put("KWD", "CNY", day("2026-01-01"), 23_500_000_000);
        rates.put("CNY", "KWD", day("2026-01-01"), 42_553_191);
        let sum = |minor, currency| {
            let mut sum = Amounts::default();
            sum.apply(&Money::new(minor, currency), day("2026-03-01"), 1, 1);
            sum
        };
        assert_eq!(sum(10_000, "JPY").finish(&rates, "CNY").minor, 48_000);
        assert_eq!(sum(1_000, "KWD").finish(&rates, "CNY").minor, 2_350);
        assert_eq!(sum(10_000, "CNY").finish(&rates, "KWD").minor, 4_255);
    }

    #[test]
    fn a_sum_is_rounded_once() {
        let mut half = WeightedAmounts::default();
        for _ in 0..3 {
            half.apply(&Money::new(1, "CNY"), day("2026-03-01"), 5_000, 1);
        }
        assert_eq!(half.finish(&Rates::default(), "CNY").minor, 2);
    }
}
