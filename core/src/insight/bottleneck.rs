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

use chrono::{DateTime, Utc};

use super::conversion::{Conversion, ConversionFigure};
use super::dwell::{Dwell, DwellFigure};
use super::fact::{DealFact, StageKey};
use super::money::{Rates, WeightedAmounts};
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure, NotApplicable, quotient};
use crate::domain::deal::LostReason;
use crate::domain::process_template::StageType;

/// What is known of the stages of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bottleneck {
    conversion: Conversion,
    dwell: Dwell,
    entering: Grouped<StageKey, WeightedAmounts>,
    lost: Grouped<StageKey, Tally<&'static str>>,
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
    pub lost: Vec<(&'static str, i64)>,
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
            let mut lost: Vec<(&'static str, i64)> = self
                .lost
                .get(&stage)
                .into_iter()
                .flat_map(Tally::iter)
                .map(|(reason, count)| (*reason, count))
                .collect();
            lost.sort_by_key(|(reason, count)| (Reverse(*count), *reason));
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

impl Accumulator for Bottleneck {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        self.conversion.apply(fact, times);
        self.dwell.apply(fact, times);
        if !fact.is_sound() {
            return;
        }
        for entered in fact.journey() {
            self.entering.change(entered.stage.clone(), |sum| {
                sum.apply(&fact.amount, fact.expected_close, entered.probability_bp, times);
            });
        }
        if fact.stage_type == StageType::Lost
            && let Some(last) = fact.stays.last()
        {
            let reason = fact.lost_reason.unwrap_or(LostReason::Unknown).code();
            self.lost.change(last.stage.clone(), |lost| lost.apply(reason, times));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.conversion.merge(&other.conversion);
        self.dwell.merge(&other.dwell);
        self.entering.merge(&other.entering, WeightedAmounts::merge);
        self.lost.merge(&other.lost, Tally::merge);
    }
}
