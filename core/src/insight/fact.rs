//! Facts: what of one record counts, read from its typed record. A record gives one fact; when it changes, the fact that
//! it gave is taken out and the new one in.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::civil_day;
use crate::domain::deal::{LostReason, StageMove};
use crate::domain::event::Order;
use crate::domain::process_template::{ForecastCategory, StageType};
use crate::domain::visit::{Verification, VisitKind, VisitOutcome, VisitStatus};
use crate::domain::{CustomerId, Deal, SalesCredit, SalesOrder, SurveyResponse, Visit};
use crate::ids::{DocumentId, MemberId};
use crate::schema::value::Money;

/// What of a record counts.
pub trait Fact {
    /// The record.
    fn id(&self) -> DocumentId;
}

/// A stage of a process: its place, then its code.
pub type StageKey = (i64, String);

/// A stay of a deal in an open stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The stage.
    pub stage: StageKey,
    /// When it was entered.
    pub from: DateTime<Utc>,
    /// When it was left; absent while the deal is there.
    pub to: Option<DateTime<Utc>>,
    /// Probability of winning in this stage, in basis points.
    pub probability_bp: i64,
}

/// What of a deal counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealFact {
    /// The deal.
    pub id: DocumentId,
    /// What it is worth.
    pub amount: Money,
    /// Type of its present stage.
    pub stage_type: StageType,
    /// Whether it was won and lost apart: it counts for nothing then.
    pub disputed: bool,
    /// Probability of winning in basis points: the override, else the stage's.
    pub probability_bp: i64,
    /// Probability of the stage, in basis points.
    pub stage_probability_bp: i64,
    /// Forecast category: the override, else the stage's.
    pub category: Option<ForecastCategory>,
    /// The day on which it is expected to close.
    pub expected_close: NaiveDate,
    /// The day on which it was made.
    pub created_on: NaiveDate,
    /// The day on which it was closed.
    pub closed_on: Option<NaiveDate>,
    /// The day of its last move.
    pub moved_on: Option<NaiveDate>,
    /// Why it was lost.
    pub lost_reason: Option<LostReason>,
    /// Its stays in open stages, in the order in which they happened.
    pub stays: Vec<Stay>,
}

impl DealFact {
    /// The fact of a deal. `created_at` is when its record was made; days are counted in `zone`.
    #[must_use]
    pub fn of(id: DocumentId, deal: &Deal, created_at: DateTime<Utc>, zone: &str) -> Self {
        let line = Order::of(&deal.moves).in_line();
        let moves: Vec<&StageMove> = line.into_iter().map(|at| &deal.moves[at]).collect();
        let deciding = deal.deciding_move();
        Self {
            id,
            amount: Money::new(deal.value_minor(), &deal.amount.currency),
            stage_type: deal.stage_type(),
            disputed: deal.disputed(),
            probability_bp: deal.probability_bp_effective(),
            stage_probability_bp: deciding.map_or(0, |one| one.probability_bp),
            category: deal.forecast_category_effective(),
            expected_close: deal.expected_close,
            created_on: civil_day(created_at, zone),
            closed_on: deal.closed_at().map(|at| civil_day(at, zone)),
            moved_on: moves.iter().map(|one| one.stamp.at).max().map(|at| civil_day(at, zone)),
            lost_reason: deal.lost_reason,
            stays: stays(&moves),
        }
    }

    /// Whether it is neither won, lost nor invalid.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(
            self.stage_type,
            StageType::Open | StageType::Ongoing | StageType::OnHold
        )
    }

    /// Whether it counts at all: not disputed, not invalid, not lost as a duplicate.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let duplicate = self.stage_type == StageType::Lost && self.lost_reason == Some(LostReason::Duplicate);
        !self.disputed && self.stage_type != StageType::Invalid && !duplicate
    }

    /// The stages that it entered, with the first time, the probability there, and whether it passed the stage: entered a
    /// later one after it, or was won. A stage that it left out is not entered; going back and forth enters a stage once.
    pub fn journey(&self) -> impl Iterator<Item = Entered<'_>> {
        let mut first: BTreeMap<&StageKey, Entered<'_>> = BTreeMap::new();
        for (at, stay) in self.stays.iter().enumerate() {
            let later = self.stays[at..].iter().any(|later| later.stage.0 > stay.stage.0);
            let passed = later || self.stage_type == StageType::Won;
            let entered = first.entry(&stay.stage).or_insert(Entered {
                stage: &stay.stage,
                at: stay.from,
                probability_bp: stay.probability_bp,
                passed: false,
            });
            entered.passed |= passed;
        }
        first.into_values()
    }
}

/// A stage that a deal entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered<'a> {
    /// The stage.
    pub stage: &'a StageKey,
    /// When first.
    pub at: DateTime<Utc>,
    /// Probability of winning there, in basis points.
    pub probability_bp: i64,
    /// Whether the deal went on from it.
    pub passed: bool,
}

/// The stays that follow from moves in line: each lasts until the next move. Moves into the stage in which the deal is
/// already begin no new stay. Where a clock ran back, a stay has no length.
fn stays(moves: &[&StageMove]) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    for one in moves {
        let key = (one.rank, one.stage.clone());
        let within = stays.last().is_some_and(|stay| stay.to.is_none() && stay.stage == key);
        if within && !one.closes() {
            continue;
        }
        if let Some(stay) = stays.last_mut().filter(|stay| stay.to.is_none()) {
            stay.to = Some(one.stamp.at.max(stay.from));
        }
        if !one.closes() {
            stays.push(Stay {
                stage: key,
                from: one.stamp.at,
                to: None,
                probability_bp: one.probability_bp,
            });
        }
    }
    stays
}

impl Fact for DealFact {
    fn id(&self) -> DocumentId {
        self.id
    }
}

/// What of a visit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitFact {
    /// The visit.
    pub id: DocumentId,
    /// The customer, the one that stands for all that were merged.
    pub customer: CustomerId,
    /// Who visited; its author where nobody is named.
    pub visitors: Vec<MemberId>,
    /// The civil day in the customer's zone: of the check-in, else of the plan; absent where neither is there.
    pub day: Option<NaiveDate>,
    /// The civil day for which it was planned.
    pub planned_on: Option<NaiveDate>,
    /// Where it stands.
    pub status: VisitStatus,
    /// Whether it was done at a distance, by telephone or online.
    pub remote: bool,
    /// What the evidence of the place says.
    pub verification: Verification,
    /// Whether it came to something: an order, or an outcome that was agreed on.
    pub productive: bool,
    /// Lines ordered on it.
    pub lines: i64,
}

impl VisitFact {
    /// The fact of a visit. `customer` stands for all that were merged; `zone` holds where the visit names none; `lines`
    /// are the lines of the orders taken on it; `productive` are the outcomes that count beside an order.
    #[must_use]
    pub fn of(
        id: DocumentId,
        visit: &Visit,
        author: Option<MemberId>,
        customer: CustomerId,
        zone: &str,
        lines: Option<i64>,
        productive: &[VisitOutcome],
    ) -> Self {
        let zone = visit.zone.as_deref().unwrap_or(zone);
        let day = |at: Option<DateTime<Utc>>| at.map(|at| civil_day(at, zone));
        let mut visitors = visit.visitors.clone();
        if visitors.is_empty() {
            visitors.extend(author);
        }
        visitors.sort_unstable();
        visitors.dedup();
        let planned_on = day(visit.planned_start);
        let agreed = visit.outcome.is_some_and(|outcome| productive.contains(&outcome));
        Self {
            id,
            customer,
            visitors,
            day: day(visit.started_at()).or(planned_on),
            planned_on,
            status: visit.status(),
            remote: matches!(visit.visit_kind, VisitKind::Phone | VisitKind::Online),
            verification: visit.verification(),
            productive: lines.is_some() || agreed,
            lines: lines.unwrap_or(0),
        }
    }

    /// Whether it took place: begun or completed, there or at a distance.
    #[must_use]
    pub const fn is_begun(&self) -> bool {
        matches!(self.status, VisitStatus::InProgress | VisitStatus::Completed)
    }

    /// Whether somebody was there: begun or completed, and not at a distance.
    #[must_use]
    pub const fn is_made(&self) -> bool {
        self.is_begun() && !self.remote
    }
}

impl Fact for VisitFact {
    fn id(&self) -> DocumentId {
        self.id
    }
}

/// What of an order counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFact {
    /// The order.
    pub id: DocumentId,
    /// The customer, the one that stands for all that were merged.
    pub customer: CustomerId,
    /// The day of the order.
    pub ordered_on: NaiveDate,
    /// Whether it was confirmed, and neither cancelled nor given back as a whole.
    pub counts: bool,
    /// What was ordered, and, each on its day, what was given back (below zero).
    pub amounts: Vec<(NaiveDate, Money)>,
    /// Payments, each on its day.
    pub payments: Vec<(NaiveDate, Money)>,
    /// How many lines it has.
    pub lines: i64,
}

impl OrderFact {
    /// The fact of an order. `customer` stands for all that were merged.
    #[must_use]
    pub fn of(id: DocumentId, order: &SalesOrder, customer: CustomerId) -> Self {
        let money = |minor: i64| Money::new(minor, &order.amount.currency);
        let returned = order.returns.iter();
        let returned = returned.map(|one| (one.returned_on, money(one.amount_minor.saturating_neg())));
        let payments = order.payments.iter().map(|one| (one.paid_on, money(one.amount_minor)));
        Self {
            id,
            customer,
            ordered_on: order.ordered_on,
            counts: order.counts() && !order.returned_in_full(),
            amounts: std::iter::once((order.ordered_on, money(order.total_minor())))
                .chain(returned)
                .collect(),
            payments: payments.collect(),
            lines: i64::try_from(order.binding_lines().len()).unwrap_or(i64::MAX),
        }
    }
}

impl Fact for OrderFact {
    fn id(&self) -> DocumentId {
        self.id
    }
}

/// What of a credit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditFact {
    /// The credit.
    pub id: DocumentId,
    /// Who earned it.
    pub rep: MemberId,
    /// The award and its adjustments, each on its day; none while the deal is not won.
    pub amounts: Vec<(NaiveDate, Money)>,
}

impl CreditFact {
    /// The fact of a credit, of the products that `counts` says (by code), or of the whole deal.
    ///
    /// Adjustments are of the deal as a whole: of single products they count where the award is of these products alone.
    #[must_use]
    pub fn of(id: DocumentId, credit: &SalesCredit, counts: Option<&dyn Fn(&str) -> bool>) -> Self {
        let mut amounts = Vec::new();
        if let Some(award) = &credit.award {
            let money = |minor: i64| Money::new(minor, &award.amount.currency);
            let (minor, some, all) = match counts {
                None => (award.amount.minor, true, true),
                Some(counts) => {
                    let of_these = || award.lines.iter().filter(|line| counts(&line.product));
                    let sum = of_these().map(|line| line.amount_minor).fold(0, i64::saturating_add);
                    let some = of_these().next().is_some();
                    // An award without lines names no product: nothing of it is of these.
                    (sum, some, some && award.lines.iter().all(|line| counts(&line.product)))
                }
            };
            if some {
                amounts.push((award.closed_on, money(minor)));
            }
            let adjustments = credit.adjustments.iter().filter(|_| all);
            amounts.extend(adjustments.map(|one| (one.adjusted_on, money(one.amount_minor))));
        }
        Self {
            id,
            rep: credit.rep,
            amounts,
        }
    }
}

impl Fact for CreditFact {
    fn id(&self) -> DocumentId {
        self.id
    }
}

/// What of an answer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFact {
    /// The answer.
    pub id: DocumentId,
    /// The day of the answer.
    pub answered_on: NaiveDate,
    /// Whom it is about.
    pub about: Option<MemberId>,
    /// Who asked.
    pub interviewer: Option<MemberId>,
    /// 0 to 10.
    pub nps: Option<i64>,
    /// 1 to 5.
    pub csat: Option<i64>,
}

impl AnswerFact {
    /// The fact of an answer. An answer outside its scale is none.
    #[must_use]
    pub fn of(id: DocumentId, answer: &SurveyResponse) -> Self {
        Self {
            id,
            answered_on: answer.answered_on,
            about: answer.about,
            interviewer: answer.interviewer,
            nps: answer.nps.filter(|one| (0..=10).contains(one)),
            csat: answer.csat.filter(|one| (1..=5).contains(one)),
        }
    }
}

impl Fact for AnswerFact {
    fn id(&self) -> DocumentId {
        self.id
    }
}
