//! Figures 1 and 9 over a team: how far targets are reached, and at which pace.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use satchel_core::domain::kpi::{KpiDirection, KpiMetric};
use satchel_core::domain::{Kpi, KpiId, Product};
use satchel_core::ids::DocumentId;
use satchel_core::insight::attainment::{Held, attainment};
use satchel_core::insight::calendar::Period;
use satchel_core::insight::money::Amounts;
use satchel_core::insight::run_rate::Pace;
use satchel_core::insight::visiting::Visiting;
use satchel_core::insight::{Figure as Result1, NotApplicable};
use satchel_core::schema::value::clamped;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::{Asked, each};

use super::gather::{self, Unit};
use super::source::{Cell, Grain, Sums};
use super::view::{Figure, Head, Person, people};
use super::{Book, InsightError, Reach};
use crate::figure::cell::{TargetLabel, Topic};
use crate::store::People;

/// How far targets are reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attainment {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// Working days of the period that are over; today is not.
    pub elapsed_days: i64,
    /// Working days of the period that are left, today among them.
    pub remaining_days: i64,
    /// A line for each KPI: of the team, or of all that the caller may see. The first is the amount sold.
    pub total: Vec<Line>,
    /// The same of each member, by id.
    pub members: Vec<MemberLines>,
    /// Targets of the period whose KPI this version cannot evaluate.
    #[schema(value_type = Vec<String>)]
    pub unevaluated: Vec<DocumentId>,
}

/// The lines of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberLines {
    /// Who.
    #[serde(flatten)]
    pub member: Person,
    /// A line for each KPI, in the order of the total.
    pub lines: Vec<Line>,
}

/// How far a target is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The KPI; null for the amount sold where no KPI says how it is counted.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub kpi: Option<KpiId>,
    /// Its code.
    pub code: Option<String>,
    /// Its name in Chinese.
    pub name_zh: Option<String>,
    /// Its name in English.
    pub name_en: Option<String>,
    /// What it counts, such as `sales_amount`, `visits`.
    pub metric: &'static str,
    /// The currency, where it is money.
    pub currency: Option<String>,
    /// The targets: the one of the period, or those of parts of it.
    #[schema(value_type = Vec<String>)]
    pub targets: Vec<DocumentId>,
    /// Whether the target is the sum of the members' own, because the team has none.
    pub summed: bool,
    /// What is to be reached.
    pub target: Figure,
    /// What is reached.
    pub actual: Figure,
    /// Reached of what is to be reached, in basis points.
    pub attainment_bp: Figure,
    /// What the period comes to at the present pace.
    pub expected: Figure,
    /// What each working day that is left must bring.
    pub required: Figure,
}

/// What this version can evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A KPI that can be evaluated; none stands for the amount sold.
struct Indicator {
    kpi: Option<(KpiId, Kpi)>,
    measure: Measure,
    products: Option<BTreeSet<String>>,
}

impl Indicator {
    fn id(&self) -> Option<KpiId> {
        self.kpi.as_ref().map(|(id, _)| *id)
    }

    fn direction(&self) -> KpiDirection {
        let said = self.kpi.as_ref().and_then(|(_, kpi)| kpi.direction);
        said.unwrap_or(KpiDirection::Higher)
    }

    fn is_sales(&self) -> bool {
        let metric = self.kpi.as_ref().map(|(_, kpi)| kpi.metric);
        self.products.is_none() && metric.is_none_or(|metric| metric == KpiMetric::SalesAmount)
    }
}

/// A target as it was found.
#[derive(Debug, Clone)]
struct Target {
    first_day: NaiveDate,
    label: TargetLabel,
    value: i64,
}

impl Target {
    fn period(&self) -> Period {
        Period::through(self.first_day, self.label.last_day)
    }

    fn held(&self, book: &Book) -> Held {
        Held::from(self.value, &self.period(), self.label.effective_from, &book.days)
    }
}

/// What is to be reached, put together.
struct Goal {
    targets: Vec<DocumentId>,
    currency: Option<String>,
    held: Result1<Held>,
    summed: bool,
}

/// What was reached of everything that can be measured, and what was to be.
pub(super) struct Reached {
    indicators: Vec<Indicator>,
    unevaluated: Vec<DocumentId>,
    targets: BTreeMap<(Unit, Option<KpiId>), Vec<Target>>,
    whole_credits: Vec<Cell>,
    member_credits: Vec<Cell>,
    whole_visits: BTreeMap<Unit, Visiting>,
    member_visits: BTreeMap<Unit, Visiting>,
}

/// Lines of the whole, and of each member.
pub(super) type Lines = (Vec<Line>, BTreeMap<Unit, Vec<Line>>);

impl Reached {
    /// Reads what the figures need; of the amount sold alone where `sales` says so.
    pub(super) fn read(
        tx: &dyn People,
        sums: &Sums<'_>,
        reach: &Reach,
        asked: &Asked,
        sales: bool,
    ) -> Result<Self, InsightError> {
        let period = asked.days;
        let mut kpis: BTreeMap<KpiId, Kpi> = BTreeMap::new();
        each::<Kpi>(tx, |id, _, kpi| {
            kpis.insert(id.into(), kpi);
            Ok(())
        })?;
        let mut found = sums.members(reach, Topic::Target, period, Grain::EACH)?;
        found.extend(sums.top(reach, Topic::Target, period)?);
        let mut targets: BTreeMap<(Unit, Option<KpiId>), Vec<Target>> = BTreeMap::new();
        let (mut unevaluated, mut used) = (BTreeSet::new(), BTreeSet::new());
        for cell in found {
            let label: TargetLabel = cell.label()?;
            let target = Target {
                first_day: cell.day,
                value: clamped(cell.sum),
                label,
            };
            if target.period().end > period.end {
                continue;
            }
            let kpi = target.label.kpi;
            if kpis.get(&kpi).and_then(|kpi| measure(kpi.metric)).is_none() {
                unevaluated.insert(target.label.id);
                continue;
            }
            used.insert(kpi);
            let of_unit = targets.entry((cell.unit, Some(kpi))).or_default();
            if of_unit.iter().all(|known| known.label.id != target.label.id) {
                of_unit.push(target);
            }
        }
        let mut indicators = indicators(tx, kpis, &used)?;
        if sales {
            indicators.truncate(1);
        }
        let visits = indicators.iter().any(|one| one.measure != Measure::Credits);
        let read = |whole: bool| match (visits, whole) {
            (false, _) => Ok(Vec::new()),
            (true, true) => sums.whole(reach, Topic::Visit, period, Grain::LABEL),
            (true, false) => sums.members(reach, Topic::Visit, period, Grain::LABEL),
        };
        Ok(Self {
            indicators,
            unevaluated: unevaluated.into_iter().collect(),
            targets,
            whole_credits: sums.whole(reach, Topic::Credit, period, Grain::EACH)?,
            member_credits: sums.members(reach, Topic::Credit, period, Grain::EACH)?,
            whole_visits: gather::visits(period, &read(true)?, &[], &[])?,
            member_visits: gather::visits(period, &read(false)?, &[], &[])?,
        })
    }

    /// The lines of the whole and of each member.
    pub(super) fn lines(&self, reach: &Reach, book: &Book, asked: &Asked) -> Result<Lines, InsightError> {
        let (mut total, mut members): Lines = Lines::default();
        for indicator in &self.indicators {
            let goal = |unit: Unit| self.goal(unit, indicator.id(), asked.days, book);
            let products = indicator.products.as_ref();
            let of_members = gather::credits(&self.member_credits, products)?;
            let of_whole = gather::together(&gather::credits(&self.whole_credits, products)?);
            let nothing = Amounts::default();
            let actual = |unit: Option<Unit>, currency: &str| match (indicator.measure, unit) {
                (Measure::Credits, None) => of_whole.finish(&book.rates, currency).whole(),
                (Measure::Credits, Some(unit)) => {
                    let sum = of_members.get(&unit).unwrap_or(&nothing);
                    sum.finish(&book.rates, currency).whole()
                }
                (Measure::Visits { productive }, unit) => {
                    let count = |visiting: &Visiting| {
                        let figure = visiting.finish(asked.days.end, &BTreeSet::new());
                        if productive { figure.productive } else { figure.visits }
                    };
                    Ok(match unit {
                        None => self.whole_visits.values().map(count).sum(),
                        Some(unit) => self.member_visits.get(&unit).map_or(0, count),
                    })
                }
            };
            let mut goals = Vec::new();
            for member in &reach.members {
                let unit = *member.id.as_bytes();
                let own = goal(unit);
                let currency = own.currency.clone().unwrap_or_else(|| book.currency.clone());
                let reached = actual(Some(unit), &currency);
                members
                    .entry(unit)
                    .or_default()
                    .push(line(indicator, &own, reached, &currency, book, asked));
                goals.push(own);
            }
            let mut own = goal(reach.top);
            if own.targets.is_empty() {
                own = summed(goals, &book.currency);
            }
            let currency = own.currency.clone().unwrap_or_else(|| book.currency.clone());
            let reached = actual(None, &currency);
            total.push(line(indicator, &own, reached, &currency, book, asked));
        }
        Ok((total, members))
    }

    /// What a unit is to reach in a period: the target of just this period, else those of parts of it together.
    fn goal(&self, unit: Unit, kpi: Option<KpiId>, period: Period, book: &Book) -> Goal {
        let mut found: Vec<&Target> = self.targets.get(&(unit, kpi)).into_iter().flatten().collect();
        found.sort_by_key(|target| (target.first_day, target.label.last_day, target.label.id));
        let exact = found.iter().find(|target| target.period() == period);
        let mut parts: Vec<&Target> = Vec::new();
        if let Some(exact) = exact {
            parts.push(*exact);
        } else {
            for target in found {
                if parts.last().is_none_or(|last| last.label.last_day < target.first_day) {
                    parts.push(target);
                }
            }
        }
        let held = match parts.as_slice() {
            [] => Err(NotApplicable::NoTarget),
            [one] => Ok(one.held(book)),
            several => {
                let values = several.iter().map(|target| target.held(book).value());
                let sum: Result1<i64> = values.sum();
                sum.map(Held::whole)
            }
        };
        Goal {
            targets: parts.iter().map(|target| target.label.id).collect(),
            currency: parts.first().and_then(|target| target.label.currency.clone()),
            held,
            summed: false,
        }
    }
}

/// The goals of members as one; none where one of them is in another currency.
fn summed(goals: Vec<Goal>, currency: &str) -> Goal {
    let with: Vec<Goal> = goals.into_iter().filter(|goal| !goal.targets.is_empty()).collect();
    let first = with.first().and_then(|goal| goal.currency.clone());
    let code = |goal: &Goal| goal.currency.clone().unwrap_or_else(|| currency.to_owned());
    let one = with.windows(2).all(|pair| code(&pair[0]) == code(&pair[1]));
    let held = if with.is_empty() {
        Err(NotApplicable::NoTarget)
    } else if one {
        let sum: Result1<i64> = with.iter().map(|goal| goal.held.and_then(|held| held.value())).sum();
        sum.map(Held::whole)
    } else {
        Err(NotApplicable::NoRate)
    };
    Goal {
        targets: with.into_iter().flat_map(|goal| goal.targets).collect(),
        currency: first,
        held,
        summed: true,
    }
}

fn line(indicator: &Indicator, goal: &Goal, actual: Result1<i64>, currency: &str, book: &Book, asked: &Asked) -> Line {
    let pace = Pace::of(&asked.days, book.today(), &book.days);
    let value = goal.held.and_then(|held| held.value());
    let kpi = indicator.kpi.as_ref().map(|(_, kpi)| kpi);
    let reached = actual.and_then(|actual| attainment(actual, Some(goal.held?), indicator.direction()));
    Line {
        kpi: indicator.id(),
        code: kpi.map(|kpi| kpi.code.clone()),
        name_zh: kpi.map(|kpi| kpi.name_zh.clone()),
        name_en: kpi.map(|kpi| kpi.name_en.clone()),
        metric: kpi.map_or(KpiMetric::SalesAmount, |kpi| kpi.metric).code(),
        currency: (indicator.measure == Measure::Credits).then(|| currency.to_owned()),
        targets: goal.targets.clone(),
        summed: goal.summed,
        target: value.into(),
        actual: actual.into(),
        attainment_bp: reached.into(),
        expected: actual.and_then(|actual| pace.expected(actual)).into(),
        required: actual.and_then(|actual| pace.required(actual, value?)).into(),
    }
}

/// The KPIs that have targets, the amount sold first.
fn indicators(
    tx: &dyn People,
    kpis: BTreeMap<KpiId, Kpi>,
    used: &BTreeSet<KpiId>,
) -> Result<Vec<Indicator>, InsightError> {
    let mut found = Vec::new();
    for (id, kpi) in kpis {
        let plain = kpi.metric == KpiMetric::SalesAmount && !is_filtered(&kpi);
        if let Some(measure) = measure(kpi.metric).filter(|_| plain || used.contains(&id)) {
            let products = products(tx, &kpi)?;
            found.push(Indicator {
                kpi: Some((id, kpi)),
                measure,
                products,
            });
        }
    }
    // A KPI of the amount sold that nobody has a target for is shown only where there is no other.
    let with = |one: &Indicator| one.id().is_some_and(|id| used.contains(&id));
    found.sort_by_cached_key(|one| {
        let code = one.kpi.as_ref().map(|(id, kpi)| (kpi.code.clone(), *id));
        (!one.is_sales(), !with(one), code)
    });
    let mut first = true;
    found.retain(|one| std::mem::replace(&mut first, false) || with(one));
    if !found.first().is_some_and(Indicator::is_sales) {
        found.insert(
            0,
            Indicator {
                kpi: None,
                measure: Measure::Credits,
                products: None,
            },
        );
    }
    Ok(found)
}

fn is_filtered(kpi: &Kpi) -> bool {
    !kpi.products.is_empty() || !kpi.product_tags.is_empty() || !kpi.product_categories.is_empty()
}

/// The codes of the products that a KPI counts; `None` where it counts all.
pub(super) fn products(tx: &dyn People, kpi: &Kpi) -> Result<Option<BTreeSet<String>>, InsightError> {
    if !is_filtered(kpi) {
        return Ok(None);
    }
    let mut codes: BTreeSet<String> = kpi.products.iter().cloned().collect();
    if !kpi.product_tags.is_empty() || !kpi.product_categories.is_empty() {
        each::<Product>(tx, |_, _, product| {
            let tagged = product.tags.iter().any(|tag| kpi.product_tags.contains(tag));
            let of_category = product.category.as_ref();
            if tagged || of_category.is_some_and(|category| kpi.product_categories.contains(category)) {
                codes.insert(product.code);
            }
            Ok(())
        })?;
    }
    Ok(Some(codes))
}

/// How far targets are reached.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
) -> Result<Attainment, InsightError> {
    let reached = Reached::read(tx, sums, reach, asked, false)?;
    let (total, mut lines) = reached.lines(reach, book, asked)?;
    let pace = Pace::of(&asked.days, book.today(), &book.days);
    let members = people(reach).into_iter().map(|(id, member)| MemberLines {
        member,
        lines: lines.remove(id.as_bytes()).unwrap_or_default(),
    });
    Ok(Attainment {
        head: Head::of(tx, book, reach, asked)?,
        elapsed_days: pace.elapsed,
        remaining_days: pace.remaining,
        total,
        members: members.collect(),
        unevaluated: reached.unevaluated,
    })
}
