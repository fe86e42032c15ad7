//! From cells to accumulators.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::domain::ProcessTemplateId;
use satchel_core::domain::process_template::ForecastCategory;
use satchel_core::insight::bottleneck::Bottleneck;
use satchel_core::insight::calendar::Period;
use satchel_core::insight::money::Amounts;
use satchel_core::insight::pipeline::Pipeline;
use satchel_core::insight::rollup::{Rollup, open_category};
use satchel_core::insight::velocity::Velocity;
use satchel_core::insight::visiting::{VisitSort, Visiting};
use satchel_core::insight::win_rate::WinRate;
use satchel_core::schema::value::clamped;

use super::InsightError;
use super::source::Cell;
use crate::figure::cell::{ClosedLabel, CreditPart, OpenLabel, StageLabel, VisitLabel, WeightLabel};

/// A unit: a home or a member.
pub type Unit = [u8; 16];

/// Credits of each unit: of the products named, or of all.
///
/// # Errors
/// Where a cell cannot be read.
pub fn credits(cells: &[Cell], products: Option<&BTreeSet<String>>) -> Result<BTreeMap<Unit, Amounts>, InsightError> {
    let mut sums: BTreeMap<Unit, Amounts> = BTreeMap::new();
    for cell in cells {
        let part: CreditPart = cell.label()?;
        let counts = match (products, &part) {
            (None, part) => *part == CreditPart::Whole,
            (Some(_), CreditPart::Whole) => false,
            (Some(products), CreditPart::Product(code)) => products.contains(code),
            (Some(products), CreditPart::Adjusted(codes)) => {
                !codes.is_empty() && codes.iter().all(|code| products.contains(code))
            }
        };
        if counts {
            sums.entry(cell.unit)
                .or_default()
                .put(&cell.currency, cell.day, cell.sum);
        }
    }
    Ok(sums)
}

/// The sum over all units.
#[must_use]
pub fn together(sums: &BTreeMap<Unit, Amounts>) -> Amounts {
    let mut all = Amounts::default();
    for sum in sums.values() {
        all.merge(sum);
    }
    all
}

/// Visits of each unit that has some, calls at a distance, or planned stops that are kept or missed.
///
/// # Errors
/// Where a cell cannot be read.
pub fn visits(
    period: Period,
    visits: &[Cell],
    remote: &[Cell],
    planned: &[Cell],
) -> Result<BTreeMap<Unit, Visiting>, InsightError> {
    let mut found: BTreeMap<Unit, Visiting> = BTreeMap::new();
    let mut of_unit = |unit: Unit, put: &dyn Fn(&mut Visiting)| {
        put(found.entry(unit).or_insert_with(|| Visiting::over(period, None)));
    };
    for cell in visits {
        let label: VisitLabel = cell.label()?;
        let sort = VisitSort {
            remote: false,
            verified: label.verified > 0,
            productive: label.productive,
            lines: label.lines,
        };
        of_unit(cell.unit, &|visiting| visiting.put(&sort, cell.n));
    }
    let at_a_distance = VisitSort {
        remote: true,
        verified: false,
        productive: false,
        lines: 0,
    };
    for cell in remote {
        of_unit(cell.unit, &|visiting| visiting.put(&at_a_distance, cell.n));
    }
    for cell in planned {
        let kept: bool = cell.label()?;
        of_unit(cell.unit, &|visiting| visiting.put_planned(period.start, kept, cell.n));
    }
    Ok(found)
}

/// How many visits have each proof of place: verified, invalid, neither.
///
/// # Errors
/// Where a cell cannot be read.
pub fn proofs(cells: &[Cell]) -> Result<BTreeMap<Unit, (i64, i64, i64)>, InsightError> {
    let mut found: BTreeMap<Unit, (i64, i64, i64)> = BTreeMap::new();
    for cell in cells {
        let label: VisitLabel = cell.label()?;
        let (verified, invalid, unverified) = found.entry(cell.unit).or_default();
        match label.verified {
            1.. => *verified += cell.n,
            0 => *unverified += cell.n,
            _ => *invalid += cell.n,
        }
    }
    Ok(found)
}

/// The forecast roll-up of each unit.
///
/// # Errors
/// Where a cell cannot be read.
pub fn rollup(period: Period, closed: &[Cell], open: &[Cell]) -> Result<Rollup, InsightError> {
    let mut rollup = Rollup::over(period);
    for cell in closed {
        let won: ClosedLabel = cell.label()?;
        if won {
            rollup.put(ForecastCategory::Closed, &cell.currency, cell.day, cell.sum);
        }
    }
    for cell in open {
        let (category, _): OpenLabel = cell.label()?;
        if let Some(category) = category.and_then(open_category) {
            rollup.put(category, &cell.currency, cell.day, cell.sum);
        }
    }
    Ok(rollup)
}

/// The pipeline of each unit.
///
/// # Errors
/// Where a cell cannot be read.
pub fn pipelines(period: Period, open: &[Cell], weighted: &[Cell]) -> Result<BTreeMap<Unit, Pipeline>, InsightError> {
    let mut found: BTreeMap<Unit, Pipeline> = BTreeMap::new();
    for cell in open {
        let pipeline = found.entry(cell.unit).or_insert_with(|| Pipeline::over(period));
        pipeline.put(cell.n, &cell.currency, cell.day, cell.sum);
    }
    for cell in weighted {
        let by_stage: WeightLabel = cell.label()?;
        let pipeline = found.entry(cell.unit).or_insert_with(|| Pipeline::over(period));
        pipeline.put_weighted(by_stage, &cell.currency, cell.day, cell.sum);
    }
    Ok(found)
}

/// The win rate.
///
/// # Errors
/// Where a cell cannot be read.
pub fn win_rate(period: Period, closed: &[Cell], open: &[Cell]) -> Result<WinRate, InsightError> {
    let mut rate = WinRate::over(period);
    for cell in closed {
        let won: ClosedLabel = cell.label()?;
        rate.put_closed(won, cell.n);
    }
    for cell in open {
        let (_, moved): OpenLabel = cell.label()?;
        rate.put_open(cell.day, moved, cell.n);
    }
    Ok(rate)
}

/// The velocity: deals closed in a period, and all that are open.
///
/// # Errors
/// Where a cell cannot be read.
pub fn velocity(period: Period, closed: &[Cell], cycle: &[Cell], open: &[Cell]) -> Result<Velocity, InsightError> {
    let mut velocity = Velocity::over(period);
    for cell in closed {
        let won: ClosedLabel = cell.label()?;
        if won {
            velocity.put_won(cell.n, &cell.currency, cell.day, cell.sum);
        } else {
            velocity.put_lost(cell.n);
        }
    }
    for cell in cycle {
        velocity.put_cycle(clamped(cell.sum));
    }
    for cell in open {
        velocity.put_open(cell.n);
    }
    Ok(velocity)
}

/// What happened in the stages of each process.
///
/// # Errors
/// Where a cell cannot be read.
pub fn stages(cells: &[Cell]) -> Result<BTreeMap<Option<ProcessTemplateId>, Bottleneck>, InsightError> {
    let mut found: BTreeMap<Option<ProcessTemplateId>, Bottleneck> = BTreeMap::new();
    for cell in cells {
        let (process, part): StageLabel = cell.label()?;
        found.entry(process).or_default().put(&part, cell.sum);
    }
    Ok(found)
}
