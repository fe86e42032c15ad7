//! Figures over each member of a team: who needs me.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::domain::CustomerId;
use satchel_core::insight::completeness::Watermark;
use satchel_core::insight::leaderboard::{Entry, Ranking, ranked};
use satchel_core::insight::visiting::Visiting;
use satchel_core::insight::{Figure as Result1, quotient, ratio_bp};
use satchel_core::schema::value::clamped;
use serde::Serialize;
use utoipa::ToSchema;

use super::attainment::{Line, Reached};
use super::book::Asked;
use super::completeness::{self, Contact};
use super::forecast::PipelineView;
use super::gather::{self, Unit};
use super::source::{ALWAYS, Cell, Grain, Sums};
use super::view::{Figure, Head, Person, people};
use super::{Book, InsightError, Reach};
use crate::figure::cell::Topic;
use crate::store::People;

/// Every member of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Team {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// The members, by id.
    pub members: Vec<Standing>,
}

/// How a member stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Standing {
    /// Who.
    #[serde(flatten)]
    pub member: Person,
    /// How far the target of the amount sold is reached.
    pub sales: Line,
    /// Open deals of the customers that he holds, expected to close in the period.
    pub pipeline: PipelineView,
    /// Weighted pipeline of what is missing to the target, in basis points: whether it can still be reached.
    pub pipeline_cover_bp: Figure,
    /// What he did in the field.
    pub activity: Activity,
    /// Points of the leaderboard: basis points of his own target that are reached.
    pub points: Figure,
    /// His place on the leaderboard (1, 2, 2, 4); null without points.
    pub rank: Option<usize>,
    /// What is known of his devices: whether what is not there did not happen, or is not here yet.
    pub contact: Contact,
}

/// What a member, or a team, did in the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Activity {
    /// Visits.
    pub visits: i64,
    /// Visits at a distance, by telephone or online.
    pub remote: i64,
    /// Visits that came to an order.
    pub productive: i64,
    /// Visits whose place is verified.
    pub verified: i64,
    /// Visits that were made elsewhere than at the customer's.
    pub invalid: i64,
    /// Visits whose place is neither.
    pub unverified: i64,
    /// Verified of all visits, in basis points.
    pub verified_bp: Figure,
    /// Neither verified nor invalid of all visits, in basis points.
    pub unverified_bp: Figure,
    /// Productive of all visits, in basis points.
    pub strike_bp: Figure,
    /// Lines ordered on a productive visit, in hundredths.
    pub lines_per_call_x100: Figure,
    /// Calls on a day on which somebody called, in hundredths.
    pub calls_per_day_x100: Figure,
    /// Planned stops that were visited, of those planned up to today, in basis points.
    pub adherence_bp: Figure,
    /// Customers that are to be visited.
    pub due: usize,
    /// Those of them that were visited, in basis points.
    pub coverage_bp: Figure,
    /// Those of them that were visited with a verified place, in basis points.
    pub verified_coverage_bp: Figure,
}

/// What each unit did in the field.
pub(super) struct Field {
    visiting: BTreeMap<Unit, Visiting>,
    proofs: BTreeMap<Unit, (i64, i64, i64)>,
    due: BTreeMap<Unit, BTreeSet<CustomerId>>,
    /// Calls, and the days on which somebody called.
    calls: BTreeMap<Unit, (i64, i64)>,
}

impl Field {
    /// Of each member, or of the whole as one unit.
    pub(super) fn read(
        sums: &Sums<'_>,
        book: &Book,
        reach: &Reach,
        asked: &Asked,
        whole: bool,
    ) -> Result<Self, InsightError> {
        let read = |topic, days| -> Result<Vec<Cell>, InsightError> {
            if whole {
                sums.whole(reach, topic, days, Grain::LABEL)
            } else {
                sums.members(reach, topic, days, Grain::LABEL)
            }
        };
        let visits = read(Topic::Visit, asked.days)?;
        // A stop whose day is still to come is no missed one.
        let planned = read(Topic::Plan, book.until_today(asked.days))?;
        let remote = read(Topic::Remote, asked.days)?;
        let mut visiting = gather::visits(asked.days, &visits, &remote, &planned)?;
        let aliases = sums.aliases()?;
        for cell in read(Topic::Seen, asked.days)? {
            let of_unit = visiting
                .entry(cell.unit)
                .or_insert_with(|| Visiting::over(asked.days, None));
            of_unit.put_customer(aliases.resolve(cell.label()?), cell.n, clamped(cell.sum));
        }
        let mut due: BTreeMap<Unit, BTreeSet<_>> = BTreeMap::new();
        for cell in read(Topic::Due, ALWAYS)? {
            due.entry(cell.unit).or_default().insert(aliases.resolve(cell.label()?));
        }
        let mut calls: BTreeMap<Unit, (i64, i64)> = BTreeMap::new();
        for cell in sums.members(reach, Topic::Visit, asked.days, Grain::ONE)? {
            calls.entry(cell.unit).or_default().0 += cell.n;
        }
        for (unit, days) in sums.member_days(reach, Topic::Visit, asked.days)? {
            calls.entry(unit).or_default().1 += days;
        }
        if whole {
            let sum = |all: (i64, i64), one: &(i64, i64)| (all.0 + one.0, all.1 + one.1);
            calls = BTreeMap::from([(reach.top, calls.values().fold((0, 0), sum))]);
        }
        Ok(Self {
            visiting,
            proofs: gather::proofs(&visits)?,
            due,
            calls,
        })
    }

    /// What a unit did.
    pub(super) fn activity(&self, unit: Unit, asked: &Asked, book: &Book) -> Activity {
        let nothing = Visiting::over(asked.days, None);
        let nobody = BTreeSet::new();
        let due = self.due.get(&unit).unwrap_or(&nobody);
        let found = self.visiting.get(&unit).unwrap_or(&nothing).finish(book.today(), due);
        let (calls, days) = self.calls.get(&unit).copied().unwrap_or_default();
        let (_, invalid, unverified) = self.proofs.get(&unit).copied().unwrap_or_default();
        Activity {
            visits: found.visits,
            remote: found.remote,
            productive: found.productive,
            verified: found.verified,
            invalid,
            unverified,
            verified_bp: ratio_bp(found.verified.into(), found.visits.into()).into(),
            unverified_bp: ratio_bp(unverified.into(), found.visits.into()).into(),
            strike_bp: found.strike_bp.into(),
            lines_per_call_x100: found.lines_per_call_x100.into(),
            calls_per_day_x100: quotient(i128::from(calls) * 100, days.into()).into(),
            adherence_bp: found.adherence_bp.into(),
            due: due.len(),
            coverage_bp: found.coverage_bp.into(),
            verified_coverage_bp: found.verified_coverage_bp.into(),
        }
    }
}

/// Every member.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
) -> Result<Team, InsightError> {
    let period = asked.days;
    let (_, mut lines) = Reached::read(tx, sums, reach, asked, true)?.lines(reach, book, asked)?;
    let open = sums.members(reach, Topic::Open, period, Grain::money(&book.currency, false))?;
    let weighted = sums.members(reach, Topic::Weighted, period, Grain::money(&book.currency, true))?;
    let pipelines = gather::pipelines(period, &open, &weighted)?;
    let field = Field::read(sums, book, reach, asked, false)?;
    let watermarks = completeness::watermarks(tx)?;
    let mut members = Vec::new();
    let mut entries = Vec::new();
    for (id, member) in people(reach) {
        let unit = *id.as_bytes();
        let own: Vec<Watermark> = watermarks
            .iter()
            .filter(|device| device.member == id)
            .copied()
            .collect();
        let Some(sales) = lines.remove(&unit).and_then(|lines| lines.into_iter().next()) else {
            continue;
        };
        let activity = field.activity(unit, asked, book);
        if let Some(points) = sales.attainment_bp.value {
            entries.push(Entry {
                member: id,
                score: points.into(),
                verified_bp: activity.verified_bp.value,
                reached_ms: (0, 0),
            });
        }
        let pipeline = PipelineView::of(pipelines.get(&unit), period, book);
        members.push(Standing {
            pipeline_cover_bp: cover(&sales, &pipeline, &book.currency).into(),
            pipeline,
            points: sales.attainment_bp,
            rank: None,
            contact: completeness::contact(id, &own, book),
            sales,
            activity,
            member,
        });
    }
    let ranks: BTreeMap<_, _> = ranked(entries, Ranking::Competition)
        .into_iter()
        .map(|(rank, entry)| (entry.member, rank))
        .collect();
    for standing in &mut members {
        standing.rank = ranks.get(&standing.member.id).copied();
    }
    Ok(Team {
        head: Head::of(tx, book, reach, asked)?,
        members,
    })
}

/// The weighted pipeline of what is missing to the target. The pipeline is in the currency that was asked for, a target in
/// its own: amounts of two are not divided by each other.
fn cover(sales: &Line, pipeline: &PipelineView, currency: &str) -> Result1<i64> {
    use satchel_core::insight::NotApplicable::{NoRate, NoTarget, ZeroDenominator};
    if sales.currency.as_deref().is_some_and(|own| own != currency) {
        return Err(NoRate);
    }
    let target = sales.target.value.ok_or(NoTarget)?;
    let actual = sales.actual.value.ok_or(ZeroDenominator)?;
    let weighted = pipeline.weighted.value.ok_or(ZeroDenominator)?;
    let missing = i128::from(target) - i128::from(actual);
    ratio_bp(weighted.into(), missing)
}
