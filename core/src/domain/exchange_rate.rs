//! Exchange rate 汇率: what one currency is worth in another, by day.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::entity;

use crate::ids::{DocumentId, OrgId};
use crate::schema::{Record, Violation, ViolationCode};

/// The dated rates of a pair of currencies in one civil year. Its id is made from them, so that two admins who write the
/// same make one record.
#[entity("exchange_rate", scope = org, writers = admin, checked)]
pub struct ExchangeRate {
    /// The currency of which one unit is worth so much (ISO 4217).
    #[field(required, index, fixed, max_len = 3)]
    pub base: String,
    /// The currency in which it is worth so much (ISO 4217).
    #[field(required, index, fixed, max_len = 3)]
    pub quote: String,
    /// The civil year.
    #[field(required, index, fixed, min = 1900, max = 9999)]
    pub year: i64,
    /// Billionths of a unit of the quote currency for one unit of the base currency (units, not minor units), by day
    /// (`2026-03-01`). A day without a rate has that of the last day before it that has one.
    #[field(merge = map, min = 1, max_len = 366)]
    pub rates_e9: HashMap<String, i64>,
    /// Where the rates come from.
    #[field(max_len = 120)]
    pub source: Option<String>,
}

impl ExchangeRate {
    /// The id of the rates of a pair in a year, the same on every device.
    #[must_use]
    pub fn id_of(org: OrgId, base: &str, quote: &str, year: i64) -> ExchangeRateId {
        ExchangeRateId(DocumentId::derived(
            org.as_bytes(),
            &format!("exchange_rate/{base}/{quote}/{year}"),
        ))
    }
}

impl Record for ExchangeRate {
    fn check(&self) -> Vec<Violation> {
        if self.rates_e9.keys().all(|day| day.parse::<NaiveDate>().is_ok()) {
            Vec::new()
        } else {
            vec![Violation::new("rates_e9", ViolationCode::Malformed)]
        }
    }
}
