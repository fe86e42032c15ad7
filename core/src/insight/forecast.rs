//! Figures 10 to 12 together: a forecast that is shown only when it beats the naive one, with its error beside it.
//!
//! Both models are held against the last cycle by rolling origin, one step ahead from each. The Holt-Winters forecast is
//! shown where its MASE is below 1 and its absolute error below that of the seasonal naive one over the same points; else
//! the naive one is shown, and said to be it. Unit: that of the series.
//!
//! Edge cases: fewer than three cycles: only the naive forecast, without an error. Fewer points than a cycle: n/a.

use super::backtest::{ForecastError, rolling};
use super::holt_winters::{Model, Smoothing};
use super::{Figure, seasonal_naive};

/// Which model a forecast is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// The value of the same season of the last cycle.
    SeasonalNaive,
    /// Additive Holt-Winters with these parameters.
    HoltWinters(Smoothing),
}

/// A forecast and how far such forecasts were from what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The model that is shown.
    pub method: Method,
    /// The next values.
    pub values: Vec<i64>,
    /// Its error over the last cycle; absent where the series is too short to tell.
    pub error: Option<ForecastError>,
    /// The naive forecast, the benchmark.
    pub naive: Vec<i64>,
    /// The error of the naive one over the same points.
    pub naive_error: Option<ForecastError>,
}

/// The next `steps` values of a series with `season` points in a cycle.
///
/// # Errors
/// [`super::NotApplicable::TooFew`].
pub fn forecast(series: &[i64], season: usize, steps: usize) -> Figure<Forecast> {
    let naive = seasonal_naive::forecast(series, season, steps)?;
    let plain = |error| Forecast {
        method: Method::SeasonalNaive,
        values: naive.clone(),
        error,
        naive: naive.clone(),
        naive_error: error,
    };
    if series.len() < 3 * season {
        return Ok(plain(None));
    }
    let least = series.len() - season;
    let naive_error = rolling(series, season, least, 1, |known, steps| {
        seasonal_naive::forecast(known, season, steps)
    })
    .ok();
    let error = rolling(series, season, least, 1, |known, steps| {
        Model::best(known, season).map(|(_, model)| model.forecast(steps))
    });
    let better = |error: &ForecastError, naive: &ForecastError| {
        error.mase_bp.is_ok_and(|mase| mase < 10_000) && error.absolute < naive.absolute
    };
    match (error, naive_error) {
        (Ok(error), Some(naive_error)) if better(&error, &naive_error) => {
            let (smoothing, model) = Model::best(series, season)?;
            Ok(Forecast {
                method: Method::HoltWinters(smoothing),
                values: model.forecast(steps),
                error: Some(error),
                naive,
                naive_error: Some(naive_error),
            })
        }
        (_, naive_error) => Ok(plain(naive_error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::NotApplicable;

    #[test]
    fn a_series_with_trend_and_season_beats_the_naive_forecast() {
        let season = [0, 400, -300, 100];
        let series: Vec<i64> = (0..24)
            .zip(season.iter().cycle())
            .map(|(t, season)| 10_000 + 250 * t + season)
            .collect();
        let found = forecast(&series, 4, 4).unwrap();
        assert!(matches!(found.method, Method::HoltWinters(_)), "{found:?}");
        let (error, naive) = (found.error.unwrap(), found.naive_error.unwrap());
        assert!(error.absolute < naive.absolute && error.mase_bp.unwrap() < 10_000);
        assert_eq!((error.points, found.values.len()), (4, 4));
    }

    #[test]
    fn noise_is_forecast_by_the_naive_one_and_short_series_have_no_error() {
        // Every cycle is the same as the last: nothing beats that.
        let series: Vec<i64> = (0..20).map(|t| [5, 9, 2, 7][t % 4]).collect();
        let found = forecast(&series, 4, 5).unwrap();
        assert_eq!(
            (found.method, found.values),
            (Method::SeasonalNaive, vec![5, 9, 2, 7, 5])
        );
        let short = forecast(&series[..8], 4, 1).unwrap();
        assert_eq!((short.method, short.error), (Method::SeasonalNaive, None));
        assert_eq!(forecast(&series[..3], 4, 1), Err(NotApplicable::TooFew));
        assert_eq!(forecast(&[], 0, 1), Err(NotApplicable::TooFew));
    }
}
