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
use super::cell::{Cell, ClosedLabel, CreditLabel, CreditPart, OpenLabel, StageLabel, VisitLabel, WeightLabel};

/// A unit: a home or a member.
pub type Unit = [u8; 16];

/// Credits of each unit: of the products named, or of all.
///
/// # Errors
/// Where a cell cannot be read.
pub fn credits(cells: &[Cell], products: Option<&BTreeSet<String>>) -> Result<BTreeMap<Unit, Amounts>, InsightError> {
    let mut sums: BTreeMap<Unit, Amounts> = BTreeMap::new();
    for cell in cells {
        let (currency, part): CreditLabel = cell.label()?;
        let counts = match (products, &part) {
            (None, part) => *part == CreditPart::Whole,
            (Some(_), CreditPart::Whole) => false,
            (Some(products), CreditPart::Product(code)) => products.contains(code),
            (Some(products), CreditPart::Adjusted(codes)) => codes.iter().all(|code| products.contains(code)),
        };
        if counts {
            sums.entry(cell.unit)
                .or_default()
                .put(&currency, cell.day, cell.count.sum);
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

/// Visits of each unit that has some, or planned stops; `calls` are the cells of members.
///
/// # Errors
/// Where a cell cannot be read.
pub fn visits(period: Period, visits: &[Cell], planned: &[Cell]) -> Result<BTreeMap<Unit, Visiting>, InsightError> {
    let mut found: BTreeMap<Unit, Visiting> = BTreeMap::new();
    for cell in visits {
        let label: VisitLabel = cell.label()?;
        let sort = VisitSort {
            remote: label.remote,
            verified: label.verified > 0,
            productive: label.productive,
            lines: label.lines,
        };
        let visiting = found.entry(cell.unit).or_insert_with(|| Visiting::over(period, None));
        visiting.put(&sort, cell.count.n);
        if !label.remote {
            visiting.put_calls(cell.day, cell.member(), cell.count.n);
        }
    }
    for cell in planned {
        let visiting = found.entry(cell.unit).or_insert_with(|| Visiting::over(period, None));
        visiting.put_planned(cell.day, cell.label()?, cell.count.n);
    }
    Ok(found)
}

/// How many visits have each proof of place: verified, invalid, neither; those at a distance left out.
///
/// # Errors
/// Where a cell cannot be read.
pub fn proofs(cells: &[Cell]) -> Result<BTreeMap<Unit, (i64, i64, i64)>, InsightError> {
    let mut found: BTreeMap<Unit, (i64, i64, i64)> = BTreeMap::new();
    for cell in cells {
        let label: VisitLabel = cell.label()?;
        if label.remote {
            continue;
        }
        let (verified, invalid, unverified) = found.entry(cell.unit).or_default();
        match label.verified {
            1.. => *verified += cell.count.n,
            0 => *unverified += cell.count.n,
            _ => *invalid += cell.count.n,
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
        let (won, currency): ClosedLabel = cell.label()?;
        if won {
            rollup.put(ForecastCategory::Closed, &currency, cell.day, cell.count.sum);
        }
    }
    for cell in open {
        let (currency, category, _): OpenLabel = cell.label()?;
        if let Some(category) = category.and_then(open_category) {
            rollup.put(category, &currency, cell.day, cell.count.sum);
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
        let (currency, ..): OpenLabel = cell.label()?;
        let pipeline = found.entry(cell.unit).or_insert_with(|| Pipeline::over(period));
        pipeline.put(cell.count.n, &currency, cell.day, cell.count.sum);
    }
    for cell in weighted {
        let (currency, by_stage): WeightLabel = cell.label()?;
        let pipeline = found.entry(cell.unit).or_insert_with(|| Pipeline::over(period));
        pipeline.put_weighted(by_stage, &currency, cell.day, cell.count.sum);
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
        let (won, _): ClosedLabel = cell.label()?;
        rate.put_closed(won, cell.count.n);
    }
    for cell in open {
        let (_, _, moved): OpenLabel = cell.label()?;
        rate.put_open(cell.day, moved, cell.count.n);
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
        match cell.label()? {
            (true, currency) => {
                let currency: String = currency;
                velocity.put_won(cell.count.n, &currency, cell.day, cell.count.sum);
            }
            (false, _) => velocity.put_lost(cell.count.n),
        }
    }
    for cell in cycle {
        velocity.put_cycle(clamped(cell.count.sum));
    }
    for cell in open {
        velocity.put_open(cell.count.n);
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
        found.entry(process).or_default().put(&part, cell.count.sum);
    }
    Ok(found)
}
