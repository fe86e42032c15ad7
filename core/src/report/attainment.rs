//! How far targets are reached.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{credits, each, rates, visits, working_days};
use crate::domain::kpi::{KpiDirection, KpiMetric};
use crate::domain::{Kpi, KpiId, Product, SalesTarget, SalesTargetId};
use crate::ids::{DocumentId, MemberId};
use crate::insight::attainment::{Credited, Held, attainment};
use crate::insight::calendar::Period;
use crate::insight::explain::{IdPage, Pager};
use crate::insight::fact::Fact;
use crate::insight::run_rate::Pace;
use crate::insight::visiting::Visiting;
use crate::insight::{Accumulator, Figure};
use crate::projection::Cell;
use crate::schema::Entity;
use crate::store::{Error, ListQuery, Reader, Test};

/// How far a target is reached on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The target.
    pub target: SalesTargetId,
    /// What it measures.
    pub kpi: KpiId,
    /// Its period.
    pub period: Period,
    /// Its currency, where it is one of money.
    pub currency: String,
    /// What was done, in the KPI's unit.
    pub actual: Figure<i64>,
    /// What is to be done, as the member is held to it.
    pub value: Figure<i64>,
    /// Done of what is to be done, in basis points.
    pub attainment_bp: Figure<i64>,
    /// What the period comes to at the present pace.
    pub expected: Figure<i64>,
    /// What each working day that is left must bring.
    pub required: Figure<i64>,
}

/// How far a member's targets are reached whose periods have this day, the earliest begun first. Targets that this version
/// cannot evaluate (a KPI that is not on the device, or a metric other than amount sold, visits and productive visits)
/// are left out. `currency` holds where a target names none, `zone` where a visit names none, `region` names the calendar
/// of working days.
///
/// # Errors
/// As every reading of the store.
pub fn reached(
    reader: &Reader<'_>,
    member: MemberId,
    on: NaiveDate,
    (currency, zone, region): (&str, &str, Option<&str>),
) -> Result<Vec<Reached>, Error> {
    let days = working_days(reader, region)?;
    let rates = rates(reader)?;
    let mut found = Vec::new();
    for (id, target) in targets(reader, member, on)? {
        let Some(kpi) = kpi(reader, target.kpi_id)? else {
            continue;
        };
        let period = Period::through(target.first_day, target.last_day);
        let currency = target.currency.as_deref().unwrap_or(currency);
        let actual = match measure(kpi.metric) {
            Some(Measure::Credits) => {
                let mut credited = Credited::over(period);
                let products = products(reader, &kpi)?;
                let counts = |code: &str| products.as_ref().is_none_or(|codes| codes.contains(code));
                let filter: Option<&dyn Fn(&str) -> bool> = if products.is_some() { Some(&counts) } else { None };
                credits(reader, Some(member), filter, |fact| credited.add(&fact))?;
                credited.amounts().finish(&rates, currency).whole()
            }
            Some(Measure::Visits { productive }) => {
                let mut visiting = Visiting::over(period, Some(member));
                visits(reader, zone, &[], |fact| visiting.add(&fact))?;
                let figure = visiting.finish(on, &BTreeSet::new());
                Ok(if productive { figure.productive } else { figure.visits })
            }
            None => continue,
        };
        let held = Held::of(&target, &days);
        let direction = kpi.direction.unwrap_or(KpiDirection::Higher);
        let pace = Pace::of(&period, on, &days);
        let value = held.value();
        found.push(Reached {
            target: id,
            kpi: target.kpi_id,
            period,
            currency: currency.to_owned(),
            actual,
            value,
            attainment_bp: actual.and_then(|actual| attainment(actual, Some(held), direction)),
            expected: actual.and_then(|actual| pace.expected(actual)),
            required: actual.and_then(|actual| pace.required(actual, value?)),
        });
    }
    Ok(found)
}

/// The records behind the actual of a target: the credits or visits that it counts, in pages. `None` where the target or
/// its KPI is not on this device, or cannot be evaluated.
///
/// # Errors
/// As every reading of the store.
pub fn behind(
    reader: &Reader<'_>,
    target: SalesTargetId,
    zone: &str,
    after: Option<DocumentId>,
    limit: usize,
) -> Result<Option<IdPage>, Error> {
    let record = reader.record(target.into())?;
    let Some(record) = record.filter(|record| record.kind == SalesTarget::KIND.name) else {
        return Ok(None);
    };
    let target: SalesTarget = record.row.typed();
    let Some(kpi) = kpi(reader, target.kpi_id)? else {
        return Ok(None);
    };
    let period = Period::through(target.first_day, target.last_day);
    let mut pager = Pager::new(after, limit);
    match measure(kpi.metric) {
        Some(Measure::Credits) => {
            let credited = Credited::over(period);
            let products = products(reader, &kpi)?;
            let counts = |code: &str| products.as_ref().is_none_or(|codes| codes.contains(code));
            let filter: Option<&dyn Fn(&str) -> bool> = if products.is_some() { Some(&counts) } else { None };
            credits(reader, target.rep, filter, |fact| {
                if credited.counts(&fact) {
                    pager.take(fact.id());
                }
            })?;
        }
        Some(Measure::Visits { productive }) => {
            let visiting = Visiting::over(period, target.rep);
            visits(reader, zone, &[], |fact| {
                if visiting.counts(&fact) && (fact.productive || !productive) {
                    pager.take(fact.id());
                }
            })?;
        }
        None => return Ok(None),
    }
    Ok(Some(pager.finish()))
}

/// What a device measures by itself.
enum Measure {
    Credits,
    Visits { productive: bool },
}

const fn measure(metric: KpiMetric) -> Option<Measure> {
    match metric {
        KpiMetric::SalesAmount | KpiMetric::NewProductAmount => Some(Measure::Credits),
        KpiMetric::Visits => Some(Measure::Visits { productive: false }),
        KpiMetric::ProductiveVisits => Some(Measure::Visits { productive: true }),
        _ => None,
    }
}

fn targets(reader: &Reader<'_>, member: MemberId, on: NaiveDate) -> Result<Vec<(SalesTargetId, SalesTarget)>, Error> {
    let query = ListQuery::new(SalesTarget::KIND.name).filter("rep", Test::Eq(Cell::Text(member.to_string())));
    let mut found: Vec<(SalesTargetId, SalesTarget)> = Vec::new();
    each(reader, query, |id, _, target: SalesTarget| {
        if Period::through(target.first_day, target.last_day).contains(on) {
            found.push((id.into(), target));
        }
    })?;
    found.sort_by_key(|(id, target)| (target.first_day, target.last_day, *id));
    Ok(found)
}

fn kpi(reader: &Reader<'_>, id: KpiId) -> Result<Option<Kpi>, Error> {
    let record = reader.record(id.into())?.filter(|record| record.kind == Kpi::KIND.name);
    Ok(record.map(|record| record.row.typed()))
}

/// The codes of the products that a KPI counts; `None` where it counts all.
fn products(reader: &Reader<'_>, kpi: &Kpi) -> Result<Option<BTreeSet<String>>, Error> {
    let by_product = !kpi.product_tags.is_empty() || !kpi.product_categories.is_empty();
    if kpi.products.is_empty() && !by_product {
        return Ok(None);
    }
    let mut codes: BTreeSet<String> = kpi.products.iter().cloned().collect();
    if by_product {
        each(reader, ListQuery::new(Product::KIND.name), |_, _, product: Product| {
            let tagged = product.tags.iter().any(|tag| kpi.product_tags.contains(tag));
            let of_category = product
                .category
                .is_some_and(|category| kpi.product_categories.contains(&category));
            if tagged || of_category {
                codes.insert(product.code);
            }
        })?;
    }
    Ok(Some(codes))
}
