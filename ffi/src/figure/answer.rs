//! What figures answer, as it crosses.

use chrono::Days;
use satchel_core::ids::DocumentId;
use satchel_core::insight::bottleneck;
use satchel_core::insight::csat::CsatFigure;
use satchel_core::insight::explain::IdPage;
use satchel_core::insight::money::Converted;
use satchel_core::insight::nps::NpsFigure;
use satchel_core::insight::pipeline::PipelineFigure;
use satchel_core::insight::visiting::VisitingFigure;
use satchel_core::insight::win_rate::WinRateFigure;
use satchel_core::insight::{self, NotApplicable};
use satchel_core::report::Reached;

use crate::Day;

/// A figure, or why there is none: shown as `n/a` then, never as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Figure {
    /// There is one.
    Known {
        /// In the figure's unit.
        value: i64,
    },
    /// There is none.
    Absent {
        /// Why.
        reason: NoFigure,
    },
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum NoFigure {
    /// There is nothing to divide by.
    ZeroDenominator,
    /// No target was set, or one of nothing.
    NoTarget,
    /// There is no working day in the period, or none is over yet, or none is left.
    NoWorkingDay,
    /// There are too few points or answers.
    TooFew,
    /// What is still open is too much to tell.
    NotReached,
    /// An amount in another currency has no rate on or before its day.
    NoRate,
}

/// A sum in the currency that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Total {
    /// In minor units, of all that could be converted.
    pub minor: i64,
    /// Currencies of which an amount had no rate on or before its day: the sum lacks them.
    pub missing: Vec<String>,
}

/// Records that made a figure.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordIds {
    /// Their ids, in order.
    pub ids: Vec<DocumentId>,
    /// After which id the next page begins; absent where this was the last.
    pub next: Option<DocumentId>,
}

/// How far a target is reached on a day.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Attainment {
    /// The target.
    pub target: DocumentId,
    /// What it measures: the record that says so.
    pub measure: DocumentId,
    /// First day of its period.
    pub first: Day,
    /// Last day of its period.
    pub last: Day,
    /// Its currency, where it is one of money.
    pub currency: String,
    /// What was done, in the measure's unit.
    pub actual: Figure,
    /// What is to be done, as the member is held to it.
    pub value: Figure,
    /// Done of what is to be done, in basis points.
    pub attainment_bp: Figure,
    /// What the period comes to at the present pace.
    pub expected: Figure,
    /// What each working day that is left must bring.
    pub required: Figure,
}

/// What is open and expected to close in a period.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Pipeline {
    /// How many.
    pub count: i64,
    /// What they are worth.
    pub amount: Total,
    /// What they are worth by their probabilities.
    pub weighted: Total,
    /// The same by the probabilities of their stages, overrides left out.
    pub weighted_by_stage: Total,
}

/// How much of what was closed in a period was won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct WinRate {
    /// Won.
    pub won: i64,
    /// Lost.
    pub lost: i64,
    /// Open, and the day on which it was expected to close is over.
    pub overdue: i64,
    /// Open, and not moved for too long.
    pub stale: i64,
    /// Won of won and lost, in basis points.
    pub rate_bp: Figure,
    /// Won of won, lost, overdue and stale, in basis points.
    pub strict_bp: Figure,
    /// Whether fewer than ten were closed: their number is to be shown.
    pub few: bool,
}

/// A stage of a process.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StageFigure {
    /// Its place in the process, from 0.
    pub rank: i64,
    /// Its code.
    pub code: String,
    /// What entered it, of that whose fate is known or that is old enough.
    pub entered: i64,
    /// What of that went on.
    pub passed: i64,
    /// Passed of entered, in basis points.
    pub rate_bp: Figure,
    /// What is open and too young to count.
    pub waiting: i64,
    /// What left it.
    pub left: i64,
    /// What is in it.
    pub inside: i64,
    /// Hours within which half leaves it.
    pub median_hours: Figure,
    /// Hours within which nine in ten leave it.
    pub p90_hours: Figure,
    /// What is lost in it, in minor units.
    pub score: Figure,
    /// Why, the most frequent reason first.
    pub lost: Vec<LostFor>,
}

/// How much was lost for one reason.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LostFor {
    /// Code of the reason.
    pub reason: String,
    /// How many.
    pub count: i64,
}

/// The visits of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Visiting {
    /// Visits, each once.
    pub visits: i64,
    /// Visits at a distance, by telephone or online.
    pub remote: i64,
    /// Visits whose place is verified.
    pub verified: i64,
    /// Visits that came to something.
    pub productive: i64,
    /// Visits, once for each visitor.
    pub calls: i64,
    /// How many different ones were visited.
    pub visited: i64,
    /// Of those due the ones that were visited, in basis points.
    pub coverage_bp: Figure,
    /// The same, by verified visits alone.
    pub verified_coverage_bp: Figure,
    /// Of the planned stops up to the day those that were made, in basis points.
    pub adherence_bp: Figure,
    /// Productive visits of all, in basis points.
    pub strike_bp: Figure,
    /// Lines ordered on a productive visit, in hundredths.
    pub lines_per_call_x100: Figure,
    /// Calls on a day on which somebody called, in hundredths.
    pub calls_per_day_x100: Figure,
}

/// What was answered in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Opinions {
    /// Answers on how likely we are recommended.
    pub recommending: i64,
    /// Those of 9 and 10.
    pub promoters: i64,
    /// Those of 0 to 6.
    pub detractors: i64,
    /// Net promoter score in hundredths of a point.
    pub score_x100: Figure,
    /// Its margin of error at 95 % in hundredths of a point.
    pub margin_x100: Figure,
    /// Whether every one of them was asked for by the member whom it is about.
    pub only_own: bool,
    /// Answers on how satisfied somebody is.
    pub rating: i64,
    /// Satisfied ones, in basis points.
    pub satisfied_bp: Figure,
    /// Whether there are fewer than thirty of them.
    pub few: bool,
}

impl From<insight::Figure<i64>> for Figure {
    fn from(figure: insight::Figure<i64>) -> Self {
        match figure {
            Ok(value) => Self::Known { value },
            Err(reason) => Self::Absent { reason: reason.into() },
        }
    }
}

impl From<NotApplicable> for NoFigure {
    fn from(reason: NotApplicable) -> Self {
        match reason {
            NotApplicable::ZeroDenominator => Self::ZeroDenominator,
            NotApplicable::NoTarget => Self::NoTarget,
            NotApplicable::NoWorkingDay => Self::NoWorkingDay,
            NotApplicable::TooFew => Self::TooFew,
            NotApplicable::NotReached => Self::NotReached,
            NotApplicable::NoRate => Self::NoRate,
        }
    }
}

impl From<Converted> for Total {
    fn from(Converted { minor, missing }: Converted) -> Self {
        Self { minor, missing }
    }
}

impl From<IdPage> for RecordIds {
    fn from(IdPage { ids, next }: IdPage) -> Self {
        Self { ids, next }
    }
}

impl From<Reached> for Attainment {
    fn from(reached: Reached) -> Self {
        Self {
            target: reached.target.into(),
            measure: reached.kpi.into(),
            first: reached.period.start,
            // A period ends before the day after its last.
            last: reached
                .period
                .end
                .checked_sub_days(Days::new(1))
                .unwrap_or(reached.period.end),
            currency: reached.currency,
            actual: reached.actual.into(),
            value: reached.value.into(),
            attainment_bp: reached.attainment_bp.into(),
            expected: reached.expected.into(),
            required: reached.required.into(),
        }
    }
}

impl From<PipelineFigure> for Pipeline {
    fn from(figure: PipelineFigure) -> Self {
        Self {
            count: figure.deals,
            amount: figure.amount.into(),
            weighted: figure.weighted.into(),
            weighted_by_stage: figure.weighted_by_stage.into(),
        }
    }
}

impl From<WinRateFigure> for WinRate {
    fn from(figure: WinRateFigure) -> Self {
        Self {
            won: figure.won,
            lost: figure.lost,
            overdue: figure.overdue,
            stale: figure.stale,
            rate_bp: figure.rate_bp.into(),
            strict_bp: figure.strict_bp.into(),
            few: figure.few,
        }
    }
}

impl From<bottleneck::StageFigure> for StageFigure {
    fn from(figure: bottleneck::StageFigure) -> Self {
        let (rank, code) = figure.stage;
        let lost = figure.lost.into_iter().map(|(reason, count)| LostFor { reason, count });
        Self {
            rank,
            code,
            entered: figure.conversion.entered,
            passed: figure.conversion.passed,
            rate_bp: figure.conversion.rate_bp.into(),
            waiting: figure.conversion.waiting,
            left: figure.dwell.left,
            inside: figure.dwell.inside,
            median_hours: figure.dwell.median_hours.into(),
            p90_hours: figure.dwell.p90_hours.into(),
            score: figure.score.into(),
            lost: lost.collect(),
        }
    }
}

impl From<VisitingFigure> for Visiting {
    fn from(figure: VisitingFigure) -> Self {
        Self {
            visits: figure.visits,
            remote: figure.remote,
            verified: figure.verified,
            productive: figure.productive,
            calls: figure.calls,
            visited: figure.customers,
            coverage_bp: figure.coverage_bp.into(),
            verified_coverage_bp: figure.verified_coverage_bp.into(),
            adherence_bp: figure.adherence_bp.into(),
            strike_bp: figure.strike_bp.into(),
            lines_per_call_x100: figure.lines_per_call_x100.into(),
            calls_per_day_x100: figure.calls_per_day_x100.into(),
        }
    }
}

impl From<(NpsFigure, CsatFigure)> for Opinions {
    fn from((nps, csat): (NpsFigure, CsatFigure)) -> Self {
        Self {
            recommending: nps.answers,
            promoters: nps.promoters,
            detractors: nps.detractors,
            score_x100: nps.score_x100.into(),
            margin_x100: nps.margin_x100.into(),
            only_own: nps.only_own,
            rating: csat.answers,
            satisfied_bp: csat.satisfied_bp.into(),
            few: csat.few,
        }
    }
}
