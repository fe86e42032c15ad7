//! From a figure to the records that made it: by the same rule by which it counts, and only those that the caller may read.

use chrono::NaiveDate;
use satchel_core::domain::process_template::{ForecastCategory, StageType};
use satchel_core::domain::visit::Verification;
use satchel_core::domain::{CustomerId, Deal, SalesCredit, SalesOrder, SurveyResponse, Visit};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::insight::attainment::Credited;
use satchel_core::insight::calendar::Period;
use satchel_core::insight::fact::{AnswerFact, CreditFact, DealFact, OrderFact, VisitFact};
use satchel_core::insight::pipeline::Pipeline;
use satchel_core::insight::rollup::Rollup;
use satchel_core::insight::visiting::Visiting;
use satchel_core::insight::win_rate::{Standing, WinRate};
use satchel_core::projection::Row;
use satchel_core::schema::value::Money;
use satchel_core::schema::{Entity, Kind};
use serde::Serialize;
use utoipa::ToSchema;

use super::book::{Asked, STALE_DAYS};
use super::reach::Whole;
use super::source::{Candidates, lines_of};
use super::{Book, InsightError, Reach};
use crate::figure::give::{made_at, visit_fact};
use crate::figure::place::{Place, Places};
use crate::identity::access::can;
use crate::store::People;
use crate::store::figure::FigureRow;

/// A record behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Behind {
    /// The record.
    #[schema(value_type = String, format = Uuid)]
    pub id: DocumentId,
    /// Its collection, as in `/v1/deals`.
    pub collection: &'static str,
    /// What it is called: name of the deal, number of the order, customer of the visit.
    pub title: String,
    /// The customer it belongs to.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub customer: Option<CustomerId>,
    /// The day on which it counts.
    pub day: Option<NaiveDate>,
    /// What it comes to, in minor units of its own currency.
    pub amount_minor: Option<i64>,
    /// Its own currency.
    pub currency: Option<String>,
    /// Whose it is.
    #[schema(value_type = Vec<String>)]
    pub members: Vec<MemberId>,
}

/// The records behind a figure, in pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Records {
    /// Those of this page. A page may have fewer than asked for and yet be followed by another.
    pub items: Vec<Behind>,
    /// Where the next page begins; absent on the last one. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which records are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The figure, or the part of one.
    pub figure: String,
    /// Those of one member alone.
    pub member: Option<MemberId>,
    /// The code of a stage.
    pub stage: Option<String>,
    /// The code of a reason.
    pub reason: Option<String>,
}

/// A part of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Credits,
    Category(ForecastCategory),
    Open,
    Standing(Standing),
    Entered(String),
    Inside(String),
    LostFrom(String, Option<String>),
    Visits(VisitPart),
    Orders,
    Answers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VisitPart {
    Made,
    Productive,
    Verified,
    Invalid,
    Unverified,
    Remote,
    Planned,
    Missed,
}

impl Part {
    fn read(wanted: &Wanted) -> Result<Self, InsightError> {
        let stage = || wanted.stage.clone().ok_or(InsightError::NoSuchFigure);
        Ok(match wanted.figure.as_str() {
            "credits" => Self::Credits,
            "closed" => Self::Category(ForecastCategory::Closed),
            "commit" => Self::Category(ForecastCategory::Commit),
            "most_likely" => Self::Category(ForecastCategory::MostLikely),
            "best_case" => Self::Category(ForecastCategory::BestCase),
            "pipeline" => Self::Category(ForecastCategory::Pipeline),
            "open" => Self::Open,
            "won" => Self::Standing(Standing::Won),
            "lost" => Self::Standing(Standing::Lost),
            "overdue" => Self::Standing(Standing::Overdue),
            "stale" => Self::Standing(Standing::Stale),
            "entered" => Self::Entered(stage()?),
            "inside" => Self::Inside(stage()?),
            "lost_from" => Self::LostFrom(stage()?, wanted.reason.clone()),
            "visits" => Self::Visits(VisitPart::Made),
            "productive" => Self::Visits(VisitPart::Productive),
            "verified" => Self::Visits(VisitPart::Verified),
            "invalid" => Self::Visits(VisitPart::Invalid),
            "unverified" => Self::Visits(VisitPart::Unverified),
            "remote" => Self::Visits(VisitPart::Remote),
            "planned" => Self::Visits(VisitPart::Planned),
            "missed" => Self::Visits(VisitPart::Missed),
            "orders" => Self::Orders,
            "answers" => Self::Answers,
            _ => return Err(InsightError::NoSuchFigure),
        })
    }

    const fn kind(&self) -> &'static Kind {
        match self {
            Self::Credits => SalesCredit::KIND,
            Self::Visits(_) => Visit::KIND,
            Self::Orders => SalesOrder::KIND,
            Self::Answers => SurveyResponse::KIND,
            _ => Deal::KIND,
        }
    }
}

/// The records behind a figure that the caller may read.
///
/// # Errors
/// [`InsightError::NoSuchFigure`], or where the store fails.
pub fn answer(
    tx: &dyn People,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
    wanted: &Wanted,
    (caller, after, limit): (MemberId, Option<Vec<u8>>, usize),
) -> Result<Records, InsightError> {
    let part = Part::read(wanted)?;
    let mut places = Places::default();
    let mut candidates = Candidates::of(part.kind(), reach, wanted.member, asked.days, after.as_deref())?;
    let mut items = Vec::new();
    while items.len() < limit
        && let Some(found) = candidates.next(tx)?
    {
        let Some(place) = places.of(tx, found.scope)? else {
            continue;
        };
        let row: Row = serde_json::from_str(&found.row)?;
        if row.archived || can(tx, caller, found.scope)?.is_none() {
            continue;
        }
        if let Some((item, holders)) = behind(tx, book, asked.days, &part, &found, &row, &place)?
            && of_reach(reach, &place, &holders)
            && wanted.member.is_none_or(|member| holders.contains(&member))
        {
            items.push(item);
        }
    }
    Ok(Records {
        next_cursor: candidates.cursor(tx)?,
        items,
    })
}

/// Whether a record is in the whole: of a caller who asks about himself what he holds, or did.
fn of_reach(reach: &Reach, place: &Place, holders: &[MemberId]) -> bool {
    match &reach.whole {
        Whole::Homes(homes) => homes.contains(&place.home),
        Whole::Member(member) => holders.contains(member),
    }
}

/// A record as it stands behind a figure, with those whom it counts for; `None` where it is not in the figure.
fn behind(
    tx: &dyn People,
    book: &Book,
    period: Period,
    part: &Part,
    found: &FigureRow,
    row: &Row,
    place: &Place,
) -> Result<Option<(Behind, Vec<MemberId>)>, InsightError> {
    let text = |name: &str| row.fields.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let customer: Option<CustomerId> = text("customer_id").and_then(|id| id.parse().ok());
    let item = |title: Option<String>, day, amount: Option<Money>, members: &[MemberId]| {
        let item = Behind {
            id: found.id,
            collection: part.kind().plural,
            title: title.unwrap_or_default(),
            customer,
            day,
            amount_minor: amount.as_ref().map(|amount| amount.minor),
            currency: amount.map(|amount| amount.currency),
            members: members.to_vec(),
        };
        Some((item, members.to_vec()))
    };
    Ok(match part {
        Part::Credits => {
            let credit: SalesCredit = row.typed();
            let fact = CreditFact::of(found.id, &credit, None);
            let within = fact.amounts.iter().filter(|(day, _)| period.contains(*day));
            let minor = within
                .clone()
                .map(|(_, amount)| amount.minor)
                .fold(0, i64::saturating_add);
            let first = within.clone().next();
            let amount = first.map(|(_, amount)| Money::new(minor, &amount.currency));
            let day = first.map(|(day, _)| *day);
            let counts = Credited::over(period).counts(&fact);
            item(credit.deal_name.clone(), day, amount, &[credit.rep]).filter(|_| counts)
        }
        Part::Visits(which) => {
            let fact = visit_fact(found.id, row, &book.zone, lines_of(tx, found.id)?);
            let planned = matches!(which, VisitPart::Planned | VisitPart::Missed);
            let day = if planned { fact.planned_on } else { fact.day };
            let counts = visit_counts(*which, &fact, period, book.today());
            let title = customer_name(tx, customer)?.filter(|_| counts);
            item(title, day, None, &fact.visitors).filter(|_| counts)
        }
        Part::Orders => {
            let order: SalesOrder = row.typed();
            let fact = OrderFact::of(found.id, &order, order.customer_id);
            let counts = fact.counts && period.contains(fact.ordered_on);
            let amount = fact.amounts.first().map(|(_, amount)| amount.clone());
            item(Some(order.number), Some(fact.ordered_on), amount, &place.holders).filter(|_| counts)
        }
        Part::Answers => {
            let answer: SurveyResponse = row.typed();
            let fact = AnswerFact::of(found.id, &answer);
            let counts = (fact.nps.is_some() || fact.csat.is_some()) && period.contains(fact.answered_on);
            item(Some(answer.survey), Some(fact.answered_on), None, &place.holders).filter(|_| counts)
        }
        of_deals => {
            let deal: Deal = row.typed();
            let fact = DealFact::of(found.id, &deal, made_at(row), &book.zone);
            let counts = deal_counts(of_deals, &fact, period, book.today());
            let day = fact.closed_on.unwrap_or(fact.expected_close);
            item(Some(deal.name), Some(day), Some(fact.amount), &place.holders).filter(|_| counts)
        }
    })
}

/// The name of a customer.
///
/// # Errors
/// Where the store fails.
pub fn customer_name(tx: &dyn People, customer: Option<CustomerId>) -> Result<Option<String>, InsightError> {
    let Some(customer) = customer else {
        return Ok(None);
    };
    let Some(found) = tx.figure_row(customer.into())? else {
        return Ok(None);
    };
    let row: Row = serde_json::from_str(&found.row)?;
    Ok(row.fields.get("name").and_then(|name| name.as_str()).map(str::to_owned))
}

fn visit_counts(part: VisitPart, fact: &VisitFact, period: Period, today: NaiveDate) -> bool {
    let visiting = Visiting::over(period, None);
    let made = visiting.counts(fact);
    match part {
        VisitPart::Made => made,
        VisitPart::Productive => made && fact.productive,
        VisitPart::Verified => made && fact.verification == Verification::Verified,
        VisitPart::Invalid => made && fact.verification == Verification::Invalid,
        VisitPart::Unverified => made && !matches!(fact.verification, Verification::Verified | Verification::Invalid),
        VisitPart::Remote => fact.remote && fact.is_begun() && fact.day.is_some_and(|day| period.contains(day)),
        VisitPart::Planned => visiting.is_planned(fact),
        VisitPart::Missed => {
            let due = fact.planned_on.is_some_and(|day| day <= today);
            visiting.is_planned(fact) && due && !fact.is_made()
        }
    }
}

fn deal_counts(part: &Part, fact: &DealFact, period: Period, today: NaiveDate) -> bool {
    let of_stages = fact.is_sound() && period.contains(fact.created_on);
    match part {
        Part::Category(category) => Rollup::over(period).category(fact) == Some(*category),
        Part::Open => Pipeline::over(period).counts(fact),
        Part::Standing(standing) => WinRate::over(period).standing(fact, today, STALE_DAYS) == Some(*standing),
        Part::Entered(stage) => of_stages && fact.stays.iter().any(|stay| stay.stage.1 == *stage),
        Part::Inside(stage) => {
            of_stages
                && fact
                    .stays
                    .iter()
                    .any(|stay| stay.stage.1 == *stage && stay.to.is_none())
        }
        Part::LostFrom(stage, reason) => {
            let code = fact
                .lost_reason
                .map_or("unknown", satchel_core::domain::deal::LostReason::code);
            let from_here = fact.stays.last().is_some_and(|stay| stay.stage.1 == *stage);
            let lost = fact.stage_type == StageType::Lost && from_here;
            of_stages && lost && reason.as_ref().is_none_or(|reason| reason == code)
        }
        Part::Credits | Part::Visits(_) | Part::Orders | Part::Answers => false,
    }
}
