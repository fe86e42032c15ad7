//! Figures 2, 8 and 10 to 12 over a team: what will come.

use chrono::{DateTime, Utc};
use satchel_core::domain::SalesTarget;
use satchel_core::domain::sales_target::{ForecastJudgement, ForecastLine};
use satchel_core::ids::MemberId;
use satchel_core::insight::backtest::ForecastError;
use satchel_core::insight::calendar::Period;
use satchel_core::insight::forecast::{Forecast as Model, Method, forecast};
use satchel_core::insight::money::Amounts;
use satchel_core::insight::pipeline::Pipeline;
use satchel_core::insight::rollup::judged;
use satchel_core::projection::Row;
use satchel_core::schema::value::{clamped, div_half_even};
use serde::Serialize;
use utoipa::ToSchema;

use super::attainment::{Line, Reached};
use super::book::Asked;
use super::gather;
use super::source::{Grain, Sums};
use super::view::{Days, Figure, Head};
use super::{Book, InsightError, Reach};
use crate::figure::cell::{ClosedLabel, TargetLabel, Topic};
use crate::store::People;

/// Months of history that a forecast is made from.
const HISTORY: usize = 36;

/// Months of a cycle.
const CYCLE: usize = 12;

/// What will come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Forecast {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// How far the target of the amount sold is reached: what the forecast is held against.
    pub target: Line,
    /// The deals of the period by forecast category, each line with those before it.
    pub rollup: Rollup,
    /// What managers expect instead. It never changes what the deals say.
    pub judgements: Vec<Judged>,
    /// Open deals that are expected to close in the period.
    pub pipeline: PipelineView,
    /// What was won month by month, and what may follow.
    pub series: Series,
}

/// Sums by forecast category, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rollup {
    /// Won.
    pub closed: Figure,
    /// Won and promised.
    pub commit: Figure,
    /// And what will most likely come.
    pub most_likely: Figure,
    /// And what may come at best.
    pub best_case: Figure,
    /// Everything that is open.
    pub open_pipeline: Figure,
}

/// What a manager expects of a line of the forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Judged {
    /// `commit`, `most_likely` or `best_case`.
    pub line: &'static str,
    /// What is expected, in minor units.
    pub expected: i64,
    /// Who said so.
    #[schema(value_type = String, format = Uuid)]
    pub by: MemberId,
    /// When, by his clock.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
}

/// Open deals that are expected to close in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PipelineView {
    /// How many.
    pub deals: i64,
    /// What they are worth, in minor units.
    pub amount: Figure,
    /// The same by their probabilities.
    pub weighted: Figure,
    /// The same by the probabilities of their stages, overrides left out.
    pub weighted_by_stage: Figure,
}

impl PipelineView {
    /// As it is shown.
    #[must_use]
    pub fn of(pipeline: Option<&Pipeline>, period: Period, book: &Book) -> Self {
        let nothing = Pipeline::over(period);
        let found = pipeline.unwrap_or(&nothing).finish(&book.rates, &book.currency);
        Self {
            deals: found.deals,
            amount: found.amount.into(),
            weighted: found.weighted.into(),
            weighted_by_stage: found.weighted_by_stage.into(),
        }
    }
}

/// What was won month by month, and what may follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Series {
    /// Months that are over, the oldest first, from the first one in which something was won.
    pub history: Vec<Month>,
    /// `seasonal_naive` or `holt_winters`; null where there is no forecast.
    pub method: Option<&'static str>,
    /// Why there is no forecast, as of a figure.
    pub reason: Option<&'static str>,
    /// The months that follow, up to the end of the period and at least three.
    pub forecast: Vec<Expected>,
    /// The error of the forecast over the last cycle, by rolling origin; null where the series is too short to tell.
    pub error: Option<ErrorView>,
    /// The error of the seasonal naive forecast over the same months, the benchmark.
    pub naive_error: Option<ErrorView>,
}

/// A month and what was won in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Month {
    /// Its days; the name is that of the civil month of its first day.
    #[serde(flatten)]
    pub days: Days,
    /// What was won, in minor units.
    pub won: Figure,
}

/// A month and what may be won in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Expected {
    /// Its days.
    #[serde(flatten)]
    pub days: Days,
    /// What may be won, in minor units.
    pub value: i64,
    /// That less the mean error of such forecasts; null where the error is not known.
    pub low: Option<i64>,
    /// That and the mean error.
    pub high: Option<i64>,
    /// The seasonal naive forecast.
    pub naive: Option<i64>,
}

/// How far forecasts were from what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorView {
    /// Mean absolute scaled error in basis points: below 10 000 it beats the seasonal naive forecast.
    pub mase_bp: Figure,
    /// Weighted absolute percentage error in basis points.
    pub wape_bp: Figure,
    /// Bias in basis points: above 0 it promised too much.
    pub bias_bp: Figure,
    /// Mean absolute percentage error in basis points.
    pub mape_bp: Figure,
    /// How many months were forecast.
    pub points: i64,
    /// Mean absolute error in minor units.
    pub mean: i64,
}

impl From<&ForecastError> for ErrorView {
    fn from(error: &ForecastError) -> Self {
        Self {
            mase_bp: error.mase_bp.into(),
            wape_bp: error.wape_bp.into(),
            bias_bp: error.bias_bp.into(),
            mape_bp: error.mape_bp.into(),
            points: error.points,
            mean: clamped(div_half_even(error.absolute, i128::from(error.points.max(1)))),
        }
    }
}

/// What will come.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
) -> Result<Forecast, InsightError> {
    let period = asked.days;
    let money = Grain::money(&book.currency, true);
    let open = sums.whole(reach, Topic::Open, period, money)?;
    let closed = sums.whole(reach, Topic::Closed, period, money)?;
    let weighted = sums.whole(reach, Topic::Weighted, period, money)?;
    let found = gather::rollup(period, &closed, &open)?.finish(&book.rates, &book.currency);
    let mut pipeline = Pipeline::over(period);
    for one in gather::pipelines(period, &open, &weighted)?.values() {
        satchel_core::insight::Accumulator::merge(&mut pipeline, one);
    }
    let reached = Reached::read(tx, sums, reach, asked, true)?;
    let (total, _) = reached.lines(reach, book, asked)?;
    let target = total.into_iter().next().ok_or(InsightError::NoSuchFigure)?;
    Ok(Forecast {
        head: Head::of(tx, book, reach, asked)?,
        rollup: Rollup {
            closed: found.closed.into(),
            commit: found.commit.into(),
            most_likely: found.most_likely.into(),
            best_case: found.best_case.into(),
            open_pipeline: found.open_pipeline.into(),
        },
        judgements: judgements(tx, sums, reach, period, target.kpi)?,
        target,
        pipeline: PipelineView::of(Some(&pipeline), period, book),
        series: series(sums, book, reach, period)?,
    })
}

/// What those who manage the targets of the whole expect, for just this period.
fn judgements(
    tx: &dyn People,
    sums: &Sums<'_>,
    reach: &Reach,
    period: Period,
    kpi: Option<satchel_core::domain::KpiId>,
) -> Result<Vec<Judged>, InsightError> {
    let mut logs: Vec<ForecastJudgement> = Vec::new();
    for cell in sums.top(reach, Topic::Target, period)? {
        let label: TargetLabel = cell.label()?;
        let same = Period::through(cell.day, label.last_day) == period && Some(label.kpi) == kpi;
        if !same {
            continue;
        }
        if let Some(found) = tx.figure_row(label.id)? {
            let row: Row = serde_json::from_str(&found.row)?;
            logs.extend(row.typed::<SalesTarget>().judgements);
        }
    }
    let lines = [
        (ForecastLine::Commit, "commit"),
        (ForecastLine::MostLikely, "most_likely"),
        (ForecastLine::BestCase, "best_case"),
    ];
    let found = lines.into_iter().filter_map(|(line, name)| {
        let one = judged(&logs, line)?;
        Some(Judged {
            line: name,
            expected: one.expected,
            by: one.stamp.by,
            at: one.stamp.at,
            reason: one.reason.clone(),
        })
    });
    Ok(found.collect())
}

fn named(month: Period) -> Days {
    Days::from(&Asked {
        name: month.start.format("%Y-%m").to_string(),
        days: month,
    })
}

fn series(sums: &Sums<'_>, book: &Book, reach: &Reach, period: Period) -> Result<Series, InsightError> {
    // The month of today is not over.
    let this = book.months_from(book.today(), 1);
    let until = this.first().map_or(period.end, |month| month.start.min(period.end));
    let months = book.months_before(until, HISTORY);
    let over = Period {
        start: months.first().map_or(until, |month| month.start),
        end: until,
    };
    let mut won: Vec<Amounts> = vec![Amounts::default(); months.len()];
    for cell in sums.whole(reach, Topic::Closed, over, Grain::EACH)? {
        let is_won: ClosedLabel = cell.label()?;
        let at = months.partition_point(|month| month.end <= cell.day);
        if let Some(sum) = won.get_mut(at).filter(|_| is_won) {
            sum.put(&cell.currency, cell.day, cell.sum);
        }
    }
    let sums = won.iter().map(|sum| sum.finish(&book.rates, &book.currency).whole());
    let mut history: Vec<(Period, Result<i64, _>)> = months.iter().copied().zip(sums).collect();
    let first = history
        .iter()
        .position(|(_, won)| *won != Ok(0))
        .unwrap_or(history.len());
    history.drain(..first);
    let known: Result<Vec<i64>, _> = history.iter().map(|(_, won)| *won).collect();
    let wanted = book.months_from(until, CYCLE);
    let steps = wanted.iter().take_while(|month| month.start < period.end).count();
    let coming: Vec<Period> = wanted.into_iter().take(steps.max(3)).collect();
    let model = known.and_then(|known| forecast(&known, CYCLE, coming.len()));
    let shown = |(days, won): (Period, Result<i64, satchel_core::insight::NotApplicable>)| Month {
        days: named(days),
        won: won.into(),
    };
    let history = history.into_iter().map(shown).collect();
    Ok(match model {
        Ok(model) => with_model(history, &coming, &model),
        Err(why) => Series {
            history,
            method: None,
            reason: Figure::from(Err(why)).reason,
            forecast: Vec::new(),
            error: None,
            naive_error: None,
        },
    })
}

fn with_model(history: Vec<Month>, coming: &[Period], model: &Model) -> Series {
    let error = model.error.as_ref().map(ErrorView::from);
    let mean = error.as_ref().map(|error| error.mean);
    let values = model
        .values
        .iter()
        .zip(model.naive.iter().map(Some).chain(std::iter::repeat(None)));
    let forecast = coming.iter().zip(values).map(|(month, (value, naive))| Expected {
        days: named(*month),
        value: *value,
        low: mean.map(|mean| value.saturating_sub(mean)),
        high: mean.map(|mean| value.saturating_add(mean)),
        naive: naive.copied(),
    });
    Series {
        history,
        method: Some(match model.method {
            Method::SeasonalNaive => "seasonal_naive",
            Method::HoltWinters(_) => "holt_winters",
        }),
        reason: None,
        forecast: forecast.collect(),
        error,
        naive_error: model.naive_error.as_ref().map(ErrorView::from),
    }
}
