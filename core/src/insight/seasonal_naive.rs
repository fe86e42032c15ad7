//! Figure 10, seasonal naive forecast 季节性朴素预测: the benchmark of every other.
//!
//! Formula: ŷ(t+h) = y(t+h−m·⌈h/m⌉), the value of the same season of the last cycle. Unit: that of the series.
//!
//! Edge cases: fewer points than a cycle has: n/a.

use super::{Figure, NotApplicable};

/// The next `steps` values of a series with `season` points in a cycle.
///
/// # Errors
/// [`NotApplicable::TooFew`].
pub fn forecast(series: &[i64], season: usize, steps: usize) -> Figure<Vec<i64>> {
    if season == 0 || series.len() < season {
        return Err(NotApplicable::TooFew);
    }
    let last_cycle = &series[series.len() - season..];
    Ok(last_cycle.iter().copied().cycle().take(steps).collect())
}
