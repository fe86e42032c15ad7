//! Figure 12, forecast error 预测误差, by rolling origin.
//!
//! Formula: the forecast is made from each origin on and held against what came. MASE = mean |error| ÷ mean error of the
//! seasonal naive forecast within the first part of the series; WAPE = Σ |error| ÷ Σ |y|; bias = Σ error ÷ Σ y; MAPE =
//! mean of |error ÷ y|. Error is forecast − actual. Unit: basis points.
//!
//! Edge cases: MAPE only where every value is above 0. A series that repeats itself exactly has nothing to scale by: n/a.

use super::{Figure, NotApplicable, quotient, ratio_bp};

/// How far forecasts were from what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecastError {
    /// Mean absolute scaled error in basis points: below 10 000 it is better than the seasonal naive one in sample.
    pub mase_bp: Figure<i64>,
    /// Weighted absolute percentage error in basis points.
    pub wape_bp: Figure<i64>,
    /// Bias in basis points: above 0 it promised too much.
    pub bias_bp: Figure<i64>,
    /// Mean absolute percentage error in basis points.
    pub mape_bp: Figure<i64>,
    /// How many values were forecast.
    pub points: i64,
    /// Σ |error|, in units of the series.
    pub absolute: i128,
}

/// The error of forecasts against what came. `train` is what the scale is taken from.
#[must_use]
pub fn error(pairs: &[(i64, i64)], train: &[i64], season: usize) -> ForecastError {
    let wide = |(forecast, actual): &(i64, i64)| (i128::from(*forecast), i128::from(*actual));
    let pairs: Vec<(i128, i128)> = pairs.iter().map(wide).collect();
    let count = i128::try_from(pairs.len()).unwrap_or(i128::MAX);
    let absolute: i128 = pairs.iter().map(|(forecast, actual)| (forecast - actual).abs()).sum();
    let signed: i128 = pairs.iter().map(|(forecast, actual)| forecast - actual).sum();
    let of_actual: i128 = pairs.iter().map(|(_, actual)| actual.abs()).sum();
    let (of_naive, points) = naive_error(train, season);
    // mean |error| ÷ (of_naive ÷ points) in one division.
    let scaled_bp = ratio_bp(absolute.saturating_mul(points), count.saturating_mul(of_naive));
    let mape_bp = if pairs.iter().all(|(_, actual)| *actual > 0) {
        // Parts of a basis point are kept until the end: a millionth each.
        let parts =
            |(forecast, actual): &(i128, i128)| (forecast - actual).abs().saturating_mul(10_000_000_000) / actual;
        quotient(pairs.iter().map(parts).sum(), count.saturating_mul(1_000_000))
    } else {
        Err(NotApplicable::ZeroDenominator)
    };
    ForecastError {
        mase_bp: scaled_bp,
        wape_bp: ratio_bp(absolute, of_actual),
        bias_bp: ratio_bp(signed, pairs.iter().map(|(_, actual)| actual).sum()),
        mape_bp,
        points: i64::try_from(count).unwrap_or(i64::MAX),
        absolute,
    }
}

/// Σ |y(t) − y(t−m)| within a series, and how many.
fn naive_error(series: &[i64], season: usize) -> (i128, i128) {
    if season == 0 || series.len() <= season {
        return (0, 0);
    }
    let ahead = series[season..].iter().zip(series);
    let sum = ahead
        .map(|(now, before)| (i128::from(*now) - i128::from(*before)).abs())
        .sum();
    (sum, i128::try_from(series.len() - season).unwrap_or(i128::MAX))
}

/// Forecasts from every origin at which `least` points were known, up to `steps` ahead, against what came.
///
/// # Errors
/// [`NotApplicable::TooFew`] where no origin has a point after it, and what `model` says.
pub fn rolling(
    series: &[i64],
    season: usize,
    least: usize,
    steps: usize,
    model: impl Fn(&[i64], usize) -> Figure<Vec<i64>>,
) -> Figure<ForecastError> {
    let mut pairs = Vec::new();
    for origin in least..series.len() {
        let (known, coming) = series.split_at(origin);
        let forecast = model(known, steps.min(coming.len()))?;
        pairs.extend(forecast.into_iter().zip(coming.iter().copied()));
    }
    if pairs.is_empty() {
        return Err(NotApplicable::TooFew);
    }
    Ok(error(&pairs, &series[..least.min(series.len())], season))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_by_hand() {
        // Naive within [10, 20, 14, 24] with two seasons: |14 − 10| + |24 − 20| over two: 4.
        let error = error(&[(12, 10), (18, 22)], &[10, 20, 14, 24], 2);
        assert_eq!((error.points, error.absolute), (2, 6));
        assert_eq!(error.mase_bp, Ok(7_500));
        assert_eq!(error.wape_bp, Ok(1_875));
        assert_eq!(error.bias_bp, Ok(-625));
        assert_eq!(error.mape_bp, Ok(1_909));
    }

    #[test]
    fn a_percentage_of_nothing_is_hidden_and_a_series_that_repeats_has_no_scale() {
        let error = error(&[(1, 0), (2, 2)], &[5, 5, 5], 1);
        assert_eq!(
            (error.mape_bp, error.mase_bp),
            (Err(NotApplicable::ZeroDenominator), Err(NotApplicable::ZeroDenominator))
        );
        assert_eq!(super::error(&[], &[], 1).wape_bp, Err(NotApplicable::ZeroDenominator));
    }
}
