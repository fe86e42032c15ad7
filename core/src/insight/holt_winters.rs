//! Figure 11, additive Holt-Winters 霍尔特-温特斯.
//!
//! Formula: ŷ(t+h) = ℓ + h·b + s; ℓₜ = α(y − sₜ₋ₘ) + (1−α)(ℓ + b); b = β*(ℓₜ − ℓₜ₋₁) + (1−β*)b; s = γ(y − ℓₜ₋₁ − bₜ₋₁) +
//! (1−γ)sₜ₋ₘ. It begins with ℓ₀ the mean of the first cycle, b₀ = (Σ second cycle − Σ first) ÷ m², s = y − ℓ₀, and runs
//! from the second cycle on. Unit: that of the series, rounded once at the end.
//!
//! Edge cases: fewer than two cycles: n/a. Source: Hyndman and Athanasopoulos; equal to statsmodels' ETSModel. The older
//! `ExponentialSmoothing` gives another value for the last of a cycle, because it uses the seasonal value from before the
//! update. Arithmetic is IEEE double without fused steps: the same on every device.

use super::{Figure, NotApplicable};

/// How fast the model forgets, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// α, of the level.
    pub level: f64,
    /// β*, of the trend.
    pub trend: f64,
    /// γ, of the season.
    pub season: f64,
}

/// A model that was fitted to a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    level: f64,
    trend: f64,
    /// The seasonal values of the last cycle, the oldest first.
    season: Vec<f64>,
    /// Sum of the squares of the one-step errors.
    squared_error: f64,
}

impl Model {
    /// Runs a model with these parameters over a series with `season` points in a cycle.
    ///
    /// # Errors
    /// [`NotApplicable::TooFew`].
    pub fn fit(series: &[i64], season: usize, smoothing: Smoothing) -> Figure<Self> {
        if season == 0 || series.len() < 2 * season {
            return Err(NotApplicable::TooFew);
        }
        #[expect(clippy::cast_precision_loss, reason = "a forecast does not tell units beyond 2^53")]
        let values: Vec<f64> = series.iter().map(|value| *value as f64).collect();
        #[expect(clippy::cast_precision_loss, reason = "a cycle has few points")]
        let m = season as f64;
        let (first, second): (f64, f64) = (values[..season].iter().sum(), values[season..2 * season].iter().sum());
        let mut model = Self {
            level: first / m,
            trend: (second - first) / (m * m),
            season: values[..season].iter().map(|value| value - first / m).collect(),
            squared_error: 0.0,
        };
        for value in &values[season..] {
            model.step(*value, smoothing);
        }
        Ok(model)
    }

    /// The parameters of a grid of tenths that fit a series best, one step ahead; of equal ones the first.
    ///
    /// # Errors
    /// [`NotApplicable::TooFew`].
    pub fn best(series: &[i64], season: usize) -> Figure<(Smoothing, Self)> {
        let tenths = || (1..=9).map(|tenth| f64::from(tenth) / 10.0);
        let mut best: Option<(Smoothing, Self)> = None;
        for level in tenths() {
            for trend in tenths() {
                for gamma in tenths() {
                    let smoothing = Smoothing {
                        level,
                        trend,
                        season: gamma,
                    };
                    let model = Self::fit(series, season, smoothing)?;
                    if best
                        .as_ref()
                        .is_none_or(|(_, best)| model.squared_error < best.squared_error)
                    {
                        best = Some((smoothing, model));
                    }
                }
            }
        }
        best.ok_or(NotApplicable::TooFew)
    }

    fn step(&mut self, value: f64, smoothing: Smoothing) {
        let seasonal = self.season.remove(0);
        let (level, trend) = (self.level, self.trend);
        let error = value - (level + trend + seasonal);
        self.squared_error += error * error;
        self.level = smoothing.level * (value - seasonal) + (1.0 - smoothing.level) * (level + trend);
        self.trend = smoothing.trend * (self.level - level) + (1.0 - smoothing.trend) * trend;
        self.season
            .push(smoothing.season * (value - level - trend) + (1.0 - smoothing.season) * seasonal);
    }

    /// The next values, not rounded.
    #[must_use]
    pub fn exact(&self, steps: usize) -> Vec<f64> {
        let seasonal = self.season.iter().cycle().take(steps);
        let ahead = (1_i32..).map(f64::from);
        seasonal
            .zip(ahead)
            .map(|(seasonal, h)| self.level + h * self.trend + seasonal)
            .collect()
    }

    /// The next values.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast ends at the largest and smallest number"
    )]
    pub fn forecast(&self, steps: usize) -> Vec<i64> {
        self.exact(steps)
            .into_iter()
            .map(|value| value.round_ties_even() as i64)
            .collect()
    }
}
