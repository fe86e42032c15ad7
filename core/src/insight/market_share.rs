//! Figure 22, market share 市场份额.
//!
//! Formula: our sales ÷ sales of the market, of the same category, region and period. Unit: basis points.
//!
//! Edge cases: without a figure of the market, or with one of zero: n/a, never 0 or 100 %. The market's size names its
//! source and vintage, and they stand beside the figure. Sizes of another category, region or period are no denominator.

use super::calendar::Period;
use super::money::{Amounts, Rates};
use super::{Figure, NotApplicable, ratio_bp};
use crate::schema::value::Money;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Market {
    /// Category of products.
    pub category: String,
    /// Region.
    pub region: String,
    /// Period.
    pub period: Period,
}

/// The size of a market, as somebody counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketSize {
    /// Which market.
    pub market: Market,
    /// What was sold in it.
    pub size: Money,
    /// Who says so.
    pub source: String,
    /// When it was counted, as in `2026-07`; of several the last holds.
    pub vintage: String,
}

/// The figure and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share<'a> {
    /// Our part in basis points.
    pub share_bp: i64,
    /// The size of the market that it is a part of.
    pub of: &'a MarketSize,
}

/// Our part of a market. The market's size takes the rate of the last day of the period.
///
/// # Errors
/// [`NotApplicable::ZeroDenominator`], [`NotApplicable::NoRate`].
pub fn share<'a>(
    ours: &Amounts,
    market: &Market,
    sizes: &'a [MarketSize],
    rates: &Rates,
    currency: &str,
) -> Figure<Share<'a>> {
    let known = sizes.iter().filter(|one| one.market == *market);
    let of = known
        .max_by(|a, b| a.vintage.cmp(&b.vintage))
        .ok_or(NotApplicable::ZeroDenominator)?;
    let mut size = Amounts::default();
    let last = market.period.end.pred_opt().unwrap_or(market.period.start);
    size.apply(&of.size, last, 1, 1);
    let ((up, up_parts, lacking), (down, down_parts, unknown)) =
        (ours.exact(rates, currency), size.exact(rates, currency));
    if !lacking.is_empty() || !unknown.is_empty() {
        return Err(NotApplicable::NoRate);
    }
    // Both have powers of ten times a billion below them: what they share is taken out before they are multiplied.
    let common = up_parts.min(down_parts);
    let share_bp = ratio_bp(
        up.saturating_mul(down_parts / common),
        down.saturating_mul(up_parts / common),
    )?;
    Ok(Share { share_bp, of })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_that_nobody_counted_has_no_share() {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let period = Period::through(day("2026-01-01"), day("2026-03-31"));
        let market = |region: &str| Market {
            category: "饮料".to_owned(),
            region: region.to_owned(),
            period,
        };
        let size = |region: &str, minor, vintage: &str| MarketSize {
            market: market(region),
            size: Money::new(minor, "CNY"),
            source: "统计局".to_owned(),
            vintage: vintage.to_owned(),
        };
        let sizes = [
            size("华东", 1_000, "2026-04"),
            size("华东", 800, "2026-07"),
            size("华北", 0, "2026-04"),
        ];
        let mut ours = Amounts::default();
        ours.apply(&Money::new(100, "CNY"), day("2026-02-01"), 1, 1);
        let of = |region| share(&ours, &market(region), &sizes, &Rates::default(), "CNY");
        let east = of("华东").unwrap();
        assert_eq!((east.share_bp, east.of.vintage.as_str()), (1_250, "2026-07"));
        assert_eq!(of("华北"), Err(NotApplicable::ZeroDenominator));
        assert_eq!(of("华南"), Err(NotApplicable::ZeroDenominator));
    }
}
