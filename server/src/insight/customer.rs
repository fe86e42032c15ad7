//! Figures 17 to 21 over a team: who buys, who stays away, what they say.

use std::collections::BTreeMap;

use chrono::{Days as Step, NaiveDate};
use satchel_core::domain::CustomerId;
use satchel_core::insight::calendar::Period;
use satchel_core::insight::csat::Csat as CsatSum;
use satchel_core::insight::customer_base::CustomerBase;
use satchel_core::insight::nps::Nps as NpsSum;
use satchel_core::insight::rfm::{Rfm, Segment as Which};
use satchel_core::schema::value::clamped;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::{ACTIVE_DAYS, Asked};
use super::record::customer_name;
use super::source::{ALWAYS, Grain, Sums};
use super::view::{Figure, Head};
use super::{Book, InsightError, Reach};
use crate::figure::cell::{AnswerLabel, OrderLabel, Topic};
use crate::store::People;
use crate::store::figure::DayGrain;

/// Days that are looked back for a customer's last visit.
const LOOK_BACK: u64 = 184;

/// Most customers that are listed.
const MOST: usize = 200;

/// Customers of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Customers {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// New customers and those that stayed.
    pub base: Base,
    /// Segments by recency, frequency and amount of all orders up to today, the best first.
    pub segments: Vec<Segment>,
    /// Why there are no segments, as of a figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments_reason: Option<&'static str>,
    /// Customers that are to be visited and were not for longer than that allows: how many.
    pub overdue: usize,
    /// The first 200 of them, the longest unvisited first.
    pub overdue_customers: Vec<Overdue>,
    /// Satisfaction in the period.
    pub csat: Csat,
    /// Recommendation in the period.
    pub nps: Nps,
}

/// New customers and those that stayed, over the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Base {
    /// For so many days an order keeps a customer active.
    pub active_days: i64,
    /// Customers whose first order ever falls in the period.
    pub new: i64,
    /// Active at the start.
    pub at_start: i64,
    /// Active at the end (or today).
    pub at_end: i64,
    /// Active at the end and not at the start: new, or won back.
    pub joined: i64,
    /// Active at the start and not at the end.
    pub lost: i64,
    /// New of those active at the end, in basis points.
    pub acquisition_bp: Figure,
    /// Retention in basis points.
    pub retention_bp: Figure,
    /// Churn in basis points.
    pub churn_bp: Figure,
}

/// A segment of customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Segment {
    /// `champion`, `cant_lose`, `at_risk`, `loyal`, `promising`, `hibernating` or `lost`.
    pub segment: &'static str,
    /// How many customers.
    pub customers: i64,
    /// What they bought, net of returns, in minor units.
    pub net: i64,
}

/// A customer that was not visited for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overdue {
    /// The customer.
    #[schema(value_type = String, format = Uuid)]
    pub id: CustomerId,
    /// Its name.
    pub name: Option<String>,
    /// The day of its last visit; null where that is more than 184 days ago, or never was.
    pub last_visit: Option<NaiveDate>,
    /// Visits wanted in a month.
    pub visits_per_month: i64,
    /// Days beyond what that allows; null where the last visit is not known.
    pub overdue_days: Option<i64>,
}

/// Satisfaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Csat {
    /// Answers.
    pub answers: i64,
    /// Answers of 4 and 5 of all, in basis points.
    pub satisfied_bp: Figure,
    /// The same in whole percent.
    pub percent: Figure,
    /// Whether there are fewer than thirty answers.
    pub few: bool,
}

/// Recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Nps {
    /// Answers.
    pub answers: i64,
    /// Answers of 9 and 10.
    pub promoters: i64,
    /// Answers of 0 to 6.
    pub detractors: i64,
    /// The score, from −100 to 100.
    pub score: Figure,
    /// The margin of error at 95 %, in hundredths of a point.
    pub margin_x100: Figure,
    /// Whether whoever the answers are about asked for all of them himself.
    pub only_own: bool,
}

/// Customers of a team.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
) -> Result<Customers, InsightError> {
    let aliases = sums.aliases()?;
    let (mut base, mut rfm) = (CustomerBase::default(), Rfm::default());
    for cell in sums.whole(reach, Topic::Order, ALWAYS, Grain::EACH)? {
        let (customer, day): OrderLabel = cell.label()?;
        let customer = aliases.resolve(customer);
        base.put(customer, cell.day, cell.n);
        rfm.put(customer, cell.day, cell.n, (&cell.currency, day, cell.sum));
    }
    let tomorrow = book.today().checked_add_days(Step::new(1)).unwrap_or(asked.days.end);
    let until = Period {
        start: asked.days.start,
        end: asked.days.end.min(tomorrow).max(asked.days.start),
    };
    let stood = base.finish(until, |_| ACTIVE_DAYS);
    let (segments, segments_reason) = match segments(&rfm, book) {
        Ok(segments) => (segments, None),
        Err(why) => (Vec::new(), Figure::from(Err(why)).reason),
    };
    let mut late = overdue(sums, book, reach)?;
    let count = late.len();
    late.truncate(MOST);
    for one in &mut late {
        one.name = customer_name(tx, Some(one.id))?;
    }
    let (csat, nps) = answers(sums, reach, asked.days)?;
    Ok(Customers {
        head: Head::of(tx, book, reach, asked)?,
        base: Base {
            active_days: ACTIVE_DAYS,
            new: stood.new,
            at_start: stood.at_start,
            at_end: stood.at_end,
            joined: stood.joined,
            lost: stood.lost,
            acquisition_bp: stood.acquisition_bp.into(),
            retention_bp: stood.retention_bp.into(),
            churn_bp: stood.churn_bp.into(),
        },
        segments,
        segments_reason,
        overdue: count,
        overdue_customers: late,
        csat,
        nps,
    })
}

fn segments(rfm: &Rfm, book: &Book) -> satchel_core::insight::Figure<Vec<Segment>> {
    const NAMES: [(Which, &str); 7] = [
        (Which::Champion, "champion"),
        (Which::Loyal, "loyal"),
        (Which::Promising, "promising"),
        (Which::CantLose, "cant_lose"),
        (Which::AtRisk, "at_risk"),
        (Which::Hibernating, "hibernating"),
        (Which::Lost, "lost"),
    ];
    let mut found: BTreeMap<Which, (i64, i64)> = BTreeMap::new();
    for customer in rfm.finish(book.today(), &book.rates, &book.currency)? {
        let (customers, net) = found.entry(customer.segment).or_default();
        *customers += 1;
        *net = net.saturating_add(customer.net);
    }
    let segment = |(which, name)| {
        let (customers, net) = found.get(&which).copied().unwrap_or_default();
        Segment {
            segment: name,
            customers,
            net,
        }
    };
    Ok(NAMES.into_iter().map(segment).collect())
}

/// Customers that are to be visited n times a month and were not visited for more than 30 ÷ n days.
fn overdue(sums: &Sums<'_>, book: &Book, reach: &Reach) -> Result<Vec<Overdue>, InsightError> {
    let aliases = sums.aliases()?;
    let today = book.today();
    let since = Period {
        start: today.checked_sub_days(Step::new(LOOK_BACK)).unwrap_or(today),
        end: today.checked_add_days(Step::new(1)).unwrap_or(today),
    };
    let last_day = Grain {
        day: DayGrain::Last,
        label: true,
    };
    let mut last: BTreeMap<CustomerId, NaiveDate> = BTreeMap::new();
    for cell in sums.whole(reach, Topic::Seen, since, last_day)? {
        let day = last.entry(aliases.resolve(cell.label()?)).or_insert(cell.day);
        *day = (*day).max(cell.day);
    }
    let mut found = Vec::new();
    for cell in sums.whole(reach, Topic::Due, ALWAYS, Grain::LABEL)? {
        let id: CustomerId = aliases.resolve(cell.label()?);
        let wanted = clamped(cell.sum).max(1);
        let last_visit = last.get(&id).copied();
        let overdue_days = last_visit.map(|day| (today - day).num_days() - 30 / wanted.min(30));
        if overdue_days.is_none_or(|days| days > 0) {
            found.push(Overdue {
                id,
                name: None,
                last_visit,
                visits_per_month: wanted,
                overdue_days,
            });
        }
    }
    found.sort_by_key(|one| (one.last_visit, one.id));
    found.dedup_by_key(|one| one.id);
    Ok(found)
}

fn answers(sums: &Sums<'_>, reach: &Reach, period: Period) -> Result<(Csat, Nps), InsightError> {
    let (mut csat, mut nps) = (CsatSum::over(period), NpsSum::over(period));
    for cell in sums.whole(reach, Topic::Answer, period, Grain::LABEL)? {
        let (recommends, satisfied, own): AnswerLabel = cell.label()?;
        if let Some(score) = satisfied {
            csat.put(score, cell.n);
        }
        if let Some(score) = recommends {
            nps.put(score, own, cell.n);
        }
    }
    let (csat, nps) = (csat.finish(), nps.finish());
    let csat = Csat {
        answers: csat.answers,
        satisfied_bp: csat.satisfied_bp.into(),
        percent: csat.percent.into(),
        few: csat.few,
    };
    let nps = Nps {
        answers: nps.answers,
        promoters: nps.promoters,
        detractors: nps.detractors,
        score: nps.score.into(),
        margin_x100: nps.margin_x100.into(),
        only_own: nps.only_own,
    };
    Ok((csat, nps))
}
