//! Figures: what was measured in each run, and what it is held against.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

/// Values of one run, of which percentiles are taken.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (value, took) = time(work);
        self.push(millis(took));
        value
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// The newest value.
    pub(crate) fn last(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }

    /// The value below which so many per cent of the samples are.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    pub(crate) fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// How long `work` took.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let value = work();
    (value, begun.elapsed())
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes here are far below 2^52")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

/// One figure over all runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

/// Figures by name, one value a run. A name ends in its unit.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, Vec<f64>>);

impl Figures {
    pub(crate) fn note(&mut self, name: &str, value: f64) {
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    pub(crate) fn median(&self, name: &str) -> f64 {
        self.0.get(name).map_or(0.0, |values| Samples(values.clone()).median())
    }

    /// The least over the runs: what a neighbour on the machine disturbed least.
    pub(crate) fn least(&self, name: &str) -> f64 {
        let values = self.0.get(name).into_iter().flatten();
        values.copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn spreads(&self) -> BTreeMap<&str, Spread> {
        let spread = |values: &Vec<f64>| Spread {
            min: rounded(values.iter().copied().fold(f64::INFINITY, f64::min)),
            median: rounded(Samples(values.clone()).median()),
            max: rounded(values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        };
        self.0
            .iter()
            .map(|(name, values)| (name.as_str(), spread(values)))
            .collect()
    }
}

/// Four digits say enough.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 3.0 - value.abs().log10().floor();
    let scale = 10_f64.powf(digits.max(0.0));
    (value * scale).round() / scale
}

/// One bar: what was asked, and what came.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bar {
    pub(crate) what: String,
    pub(crate) at_most: Option<f64>,
    pub(crate) at_least: Option<f64>,
    pub(crate) value: f64,
    pub(crate) met: bool,
}

/// What a benchmark found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) name: String,
    /// With how many documents, devices, runs.
    pub(crate) params: BTreeMap<String, Value>,
    pub(crate) figures: Figures,
    /// Measured in the same run, in turns with the figures.
    pub(crate) limit: Figures,
    /// Figure by limit, run by run.
    pub(crate) ratio: Figures,
    pub(crate) bars: Vec<Bar>,
}

impl Report {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn param(&mut self, name: &str, value: impl Into<Value>) {
        self.params.insert(name.to_owned(), value.into());
    }

    /// Holds a value against a bar that it must not exceed.
    pub(crate) fn at_most(&mut self, what: &str, value: f64, bar: f64) {
        let value = rounded(value);
        self.bars.push(Bar {
            what: what.to_owned(),
            at_most: Some(bar),
            at_least: None,
            value,
            met: value <= bar,
        });
    }

    /// Holds a value against a bar that it must reach.
    pub(crate) fn at_least(&mut self, what: &str, value: f64, bar: f64) {
        let value = rounded(value);
        self.bars.push(Bar {
            what: what.to_owned(),
            at_most: None,
            at_least: Some(bar),
            value,
            met: value >= bar,
        });
    }

    /// One JSON object.
    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "params": self.params,
            "figures": self.figures.spreads(),
            "limit": self.limit.spreads(),
            "ratio": self.ratio.spreads(),
            "bars": self.bars,
        })
    }
}
