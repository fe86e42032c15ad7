//! Figure 6, bottleneck ranking 瓶颈.
//!
//! Formula: score = (1 − conversion) × weighted amount that entered the stage, the largest first; of equal ones the one
//! with the longer p90 dwell. Unit: minor units. Beside it: conversion, dwell, reasons for which deals were lost there,
//! and the satisfaction of the customers whose deals passed it.
//!
//! Edge cases: a stage whose conversion is not known has no score and comes last. The amount is weighted by the stage's
//! probability and takes the rate of the deal's expected day.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::conversion::{self, Conversion, ConversionFigure, Entry};
use super::dwell::{self, Dwell, DwellFigure};
use super::fact::{DealFact, StageKey};
use super::money::{Rates, WeightedAmounts};
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure, NotApplicable, quotient};
use crate::domain::deal::LostReason;
use crate::domain::process_template::StageType;
use crate::schema::value::clamped;

/// What is known of the stages of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bottleneck {
    conversion: Conversion,
    dwell: Dwell,
    entering: Grouped<StageKey, WeightedAmounts>,
    lost: Grouped<StageKey, Tally<String>>,
}

/// The figure of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFigure {
    /// The stage.
    pub stage: StageKey,
    /// How many went on from it.
    pub conversion: ConversionFigure,
    /// How long deals stay.
    pub dwell: DwellFigure,
    /// What is lost in it, in minor units.
    pub score: Figure<i64>,
    /// Why deals were lost from it, the most frequent reason first, by code.
    pub lost: Vec<(String, i64)>,
}

impl Bottleneck {
    /// The stages, the narrowest first.
    #[must_use]
    pub fn finish(&self, as_of: DateTime<Utc>, rates: &Rates, currency: &str) -> Vec<StageFigure> {
        let dwell = self.dwell.finish(as_of);
        let mut dwell: BTreeMap<StageKey, DwellFigure> =
            dwell.into_iter().map(|one| (one.stage.clone(), one)).collect();
        let p90 = self.dwell.p90_hours(as_of);
        let conversion = self.conversion.finish(as_of, |stage| p90.get(stage).copied());
        let figures = conversion.into_iter().filter_map(|conversion| {
            let stage = conversion.stage.clone();
            let dwell = dwell.remove(&stage)?;
            let mut lost: Vec<(String, i64)> = self
                .lost
                .get(&stage)
                .into_iter()
                .flat_map(Tally::iter)
                .map(|(reason, count)| (reason.clone(), count))
                .collect();
            lost.sort_by_key(|(reason, count)| (Reverse(*count), reason.clone()));
            Some(StageFigure {
                score: self.score(&conversion, rates, currency),
                stage,
                conversion,
                dwell,
                lost,
            })
        });
        let mut figures: Vec<StageFigure> = figures.collect();
        figures.sort_by_key(|one| Reverse((one.score.ok(), one.dwell.p90_hours.ok(), Reverse(one.stage.clone()))));
        figures
    }

    fn score(&self, conversion: &ConversionFigure, rates: &Rates, currency: &str) -> Figure<i64> {
        conversion.rate_bp?;
        let nothing = WeightedAmounts::default();
        let entering = self.entering.get(&conversion.stage).unwrap_or(&nothing);
        let (sum, parts, missing) = entering.exact(rates, currency);
        if !missing.is_empty() {
            return Err(NotApplicable::NoRate);
        }
        let stuck = i128::from(conversion.entered - conversion.passed);
        quotient(
            sum.saturating_mul(stuck),
            parts.saturating_mul(conversion.entered.into()),
        )
    }
}

/// One thing that a deal puts into the figures of the stages. Equal ones of many deals can be kept as one with their sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePart {
    /// It entered a stage.
    Entered(StageKey, Entry),
    /// It stayed so many hours, and is there since this hour since 1970, or left.
    Spent(StageKey, i64, Option<i64>),
    /// What it is worth by the stage's probability, in ten-thousandths of a minor unit of a currency, expected on a day.
    Weighs(StageKey, String, NaiveDate),
    /// It was lost from a stage, for a reason by its code.
    Lost(StageKey, String),
}

/// What a deal puts into the figures of its stages, each with how much of it.
#[must_use]
pub fn parts(fact: &DealFact) -> Vec<(StagePart, i128)> {
    if !fact.is_sound() {
        return Vec::new();
    }
    let mut parts: Vec<(StagePart, i128)> = Vec::new();
    parts.extend(conversion::entries(fact).map(|(stage, entry)| (StagePart::Entered(stage, entry), 1)));
    let spans = dwell::spans(fact).into_iter();
    parts.extend(spans.map(|(stage, hours, since)| (StagePart::Spent(stage, hours, since), 1)));
    parts.extend(fact.journey().map(|entered| {
        let weight = i128::from(fact.amount.minor) * i128::from(entered.probability_bp);
        let currency = fact.amount.currency.clone();
        (
            StagePart::Weighs(entered.stage.clone(), currency, fact.expected_close),
            weight,
        )
    }));
    if fact.stage_type == StageType::Lost
        && let Some(last) = fact.stays.last()
    {
        let reason = fact.lost_reason.unwrap_or(LostReason::Unknown).code();
        parts.push((StagePart::Lost(last.stage.clone(), reason.to_owned()), 1));
    }
    parts
}

impl Bottleneck {
    /// Takes in a part of one deal or of many; a negative number takes it out.
    pub fn put(&mut self, part: &StagePart, much: i128) {
        let times = clamped(much);
        match part {
            StagePart::Entered(stage, entry) => self.conversion.put(stage, *entry, times),
            StagePart::Spent(stage, hours, since) => self.dwell.put(stage, *hours, *since, times),
            StagePart::Weighs(stage, currency, day) => {
                self.entering.change(stage.clone(), |sum| sum.put(currency, *day, much));
            }
            StagePart::Lost(stage, reason) => {
                self.lost
                    .change(stage.clone(), |lost| lost.apply(reason.clone(), times));
            }
        }
    }
}

impl Accumulator for Bottleneck {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        for (part, much) in parts(fact) {
            self.put(&part, much.wrapping_mul(times.into()));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.conversion.merge(&other.conversion);
        self.dwell.merge(&other.dwell);
        self.entering.merge(&other.entering, WeightedAmounts::merge);
        self.lost.merge(&other.lost, Tally::merge);
    }
}
