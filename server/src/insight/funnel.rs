//! Figures 3, 4, 6 and 7 over a team: where it leaks.

use std::collections::BTreeMap;

use chrono::{Days as Step, Months};
use satchel_core::domain::{ProcessTemplate, ProcessTemplateId};
use satchel_core::insight::bottleneck::StageFigure;
use satchel_core::insight::calendar::Period;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::{Asked, STALE_DAYS, each};
use super::gather;
use super::source::{ALWAYS, Grain, Sums};
use super::view::{Figure, Head};
use super::{Book, InsightError, Reach};
use crate::figure::cell::Topic;
use crate::store::People;

/// Where it leaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Funnel {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// Each process that deals made in the period follow, by id.
    pub processes: Vec<Process>,
    /// Deals closed in the period, and open ones that are expected to close in it.
    pub win_rate: WinRate,
    /// How fast deals become money.
    pub velocity: Velocity,
}

/// A process: what became of the deals that were made in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Process {
    /// The process; null for deals that follow none.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub id: Option<ProcessTemplateId>,
    /// Its name in Chinese.
    pub name_zh: Option<String>,
    /// Its name in English.
    pub name_en: Option<String>,
    /// Its stages in their order, as far as deals entered them.
    pub stages: Vec<Stage>,
}

/// A stage of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StageFigures)]
pub struct Stage {
    /// Its place in the process, from 0.
    pub rank: i64,
    /// Its code.
    pub code: String,
    /// Its name in Chinese.
    pub name_zh: Option<String>,
    /// Its name in English.
    pub name_en: Option<String>,
    /// Deals that entered it, of those whose fate is known or that are old enough.
    pub entered: i64,
    /// Those of them that went on.
    pub passed: i64,
    /// Open deals that are too young to count.
    pub waiting: i64,
    /// Passed of entered, in basis points.
    pub conversion_bp: Figure,
    /// Deals that left it.
    pub left: i64,
    /// Deals that are in it.
    pub inside: i64,
    /// Hours within which half of the deals leave it.
    pub median_hours: Figure,
    /// Hours within which nine in ten leave it.
    pub p90_hours: Figure,
    /// What is lost in it: (1 − conversion) × weighted amount entering, in minor units.
    pub score: Figure,
    /// Its place among the bottlenecks of the process, the narrowest being 1.
    pub bottleneck: usize,
    /// Why deals were lost from it, the most frequent reason first.
    pub lost: Vec<LostFor>,
}

/// Why deals were lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LostFor {
    /// The reason's code.
    pub reason: String,
    /// How many deals.
    pub deals: i64,
}

/// Won of those that were closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WinRate {
    /// Deals won.
    pub won: i64,
    /// Deals lost.
    pub lost: i64,
    /// Open deals whose expected day is over.
    pub overdue: i64,
    /// Open deals that have not moved for more than so many days.
    pub stale: i64,
    /// So many days.
    pub stale_after_days: i64,
    /// Won of won and lost, in basis points.
    pub rate_bp: Figure,
    /// Won of won, lost, overdue and stale, in basis points.
    pub strict_bp: Figure,
    /// Whether fewer than ten deals were closed: their number is to be shown.
    pub few: bool,
}

/// How fast deals become money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Velocity {
    /// Deals that are open now.
    pub open: i64,
    /// What is won in a day, in minor units: of the deals closed in the twelve months up to the end of the period.
    pub per_day: Figure,
}

/// Where it leaks.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
) -> Result<Funnel, InsightError> {
    let period = asked.days;
    let mut templates: BTreeMap<ProcessTemplateId, ProcessTemplate> = BTreeMap::new();
    each::<ProcessTemplate>(tx, |id, _, template| {
        templates.insert(id.into(), template);
        Ok(())
    })?;
    let found = gather::stages(&sums.whole(reach, Topic::Stage, period, Grain::LABEL)?)?;
    let processes = found.into_iter().map(|(id, stages)| {
        let template = id.and_then(|id| templates.get(&id));
        let figures = stages.finish(book.now, &book.rates, &book.currency);
        let ranked = figures.into_iter().zip(1..);
        let mut stages: Vec<Stage> = ranked.map(|(figure, place)| stage(figure, place, template)).collect();
        stages.sort_by_key(|stage| (stage.rank, stage.code.clone()));
        Process {
            id,
            name_zh: template.map(|template| template.name_zh.clone()),
            name_en: template.map(|template| template.name_en.clone()),
            stages,
        }
    });
    let processes = processes.collect();
    let open = sums.whole(reach, Topic::Open, period, Grain::EACH)?;
    let closed = sums.whole(reach, Topic::Closed, period, Grain::LABEL)?;
    let rate = gather::win_rate(period, &closed, &open)?.finish(book.today(), STALE_DAYS);
    Ok(Funnel {
        head: Head::of(tx, book, reach, asked)?,
        processes,
        win_rate: WinRate {
            won: rate.won,
            lost: rate.lost,
            overdue: rate.overdue,
            stale: rate.stale,
            stale_after_days: STALE_DAYS,
            rate_bp: rate.rate_bp.into(),
            strict_bp: rate.strict_bp.into(),
            few: rate.few,
        },
        velocity: velocity(sums, book, reach, period)?,
    })
}

fn velocity(sums: &Sums<'_>, book: &Book, reach: &Reach, period: Period) -> Result<Velocity, InsightError> {
    let tomorrow = book.today().checked_add_days(Step::new(1)).unwrap_or(period.end);
    let end = period.end.min(tomorrow);
    let year = Period {
        start: end.checked_sub_months(Months::new(12)).unwrap_or(period.start),
        end,
    };
    let open = sums.whole(reach, Topic::Open, ALWAYS, Grain::ONE)?;
    let closed = sums.whole(reach, Topic::Closed, year, Grain::money(&book.currency, true))?;
    let cycle = sums.whole(reach, Topic::Cycle, year, Grain::ONE)?;
    let found = gather::velocity(year, &closed, &cycle, &open)?;
    Ok(Velocity {
        open: open.iter().map(|cell| cell.n).sum(),
        per_day: found.finish(&book.rates, &book.currency).into(),
    })
}

fn stage(figure: StageFigure, place: usize, template: Option<&ProcessTemplate>) -> Stage {
    let (rank, code) = figure.stage;
    let named = template.and_then(|template| template.stages.iter().find(|stage| stage.code == code));
    let lost = figure.lost.into_iter().map(|(reason, deals)| LostFor { reason, deals });
    Stage {
        rank,
        name_zh: named.map(|stage| stage.name_zh.clone()),
        name_en: named.map(|stage| stage.name_en.clone()),
        code,
        entered: figure.conversion.entered,
        passed: figure.conversion.passed,
        waiting: figure.conversion.waiting,
        conversion_bp: figure.conversion.rate_bp.into(),
        left: figure.dwell.left,
        inside: figure.dwell.inside,
        median_hours: figure.dwell.median_hours.into(),
        p90_hours: figure.dwell.p90_hours.into(),
        score: figure.score.into(),
        bottleneck: place,
        lost: lost.collect(),
    }
}
