//! Facts of the rows of this device.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::each;
use crate::domain::visit::VisitOutcome;
use crate::domain::{
    Deal, ExchangeRate, HolidayCalendar, ProcessTemplateId, SalesCredit, SalesOrder, SurveyResponse, Visit, VisitId,
};
use crate::ids::MemberId;
use crate::insight::calendar::WorkingDays;
use crate::insight::fact::{AnswerFact, CreditFact, DealFact, OrderFact, VisitFact};
use crate::insight::money::Rates;
use crate::projection::Cell;
use crate::query::alias_table;
use crate::schema::Entity;
use crate::store::{Error, ListQuery, Reader, Test};

/// Takes the fact of every deal; days are counted in `zone`.
///
/// # Errors
/// As every reading of the store.
pub fn deals(reader: &Reader<'_>, zone: &str, take: impl FnMut(DealFact)) -> Result<(), Error> {
    some_deals(reader, zone, |_| true, take)
}

/// Takes the fact of every deal that follows one process; without a template, of those that name none.
///
/// # Errors
/// As every reading of the store.
pub fn deals_of(
    reader: &Reader<'_>,
    template: Option<ProcessTemplateId>,
    zone: &str,
    take: impl FnMut(DealFact),
) -> Result<(), Error> {
    some_deals(reader, zone, |deal| deal.template_id == template, take)
}

fn some_deals(
    reader: &Reader<'_>,
    zone: &str,
    is_asked: impl Fn(&Deal) -> bool,
    mut take: impl FnMut(DealFact),
) -> Result<(), Error> {
    each(reader, ListQuery::new(Deal::KIND.name), |id, record, deal: Deal| {
        if is_asked(&deal) {
            let created = DateTime::<Utc>::from_timestamp_millis(record.row.created.at_ms).unwrap_or_default();
            take(DealFact::of(id, &deal, created, zone));
        }
    })
}

/// Takes the fact of every visit; `zone` holds where a visit names none, `productive` are the outcomes that count beside
/// an order taken on it.
///
/// # Errors
/// As every reading of the store.
pub fn visits(
    reader: &Reader<'_>,
    zone: &str,
    productive: &[VisitOutcome],
    mut take: impl FnMut(VisitFact),
) -> Result<(), Error> {
    let mut lines: BTreeMap<VisitId, i64> = BTreeMap::new();
    let taken = ListQuery::new(SalesOrder::KIND.name).filter("visit_id", Test::NotNull);
    each(reader, taken, |_, _, order: SalesOrder| {
        if let Some(visit) = order.visit_id {
            *lines.entry(visit).or_default() += i64::try_from(order.binding_lines().len()).unwrap_or(0);
        }
    })?;
    let aliases = alias_table(reader)?;
    each(reader, ListQuery::new(Visit::KIND.name), |id, record, visit: Visit| {
        let customer = aliases.resolve(visit.customer_id);
        let lines = lines.get(&id.into()).copied();
        let author = record.row.created.by;
        take(VisitFact::of(id, &visit, author, customer, zone, lines, productive));
    })
}

/// Takes the fact of every order.
///
/// # Errors
/// As every reading of the store.
pub fn orders(reader: &Reader<'_>, mut take: impl FnMut(OrderFact)) -> Result<(), Error> {
    let aliases = alias_table(reader)?;
    each(
        reader,
        ListQuery::new(SalesOrder::KIND.name),
        |id, _, order: SalesOrder| {
            take(OrderFact::of(id, &order, aliases.resolve(order.customer_id)));
        },
    )
}

/// Takes the fact of every credit of a member, or of all; of the products that `counts` says, or of whole deals.
///
/// # Errors
/// As every reading of the store.
pub fn credits(
    reader: &Reader<'_>,
    member: Option<MemberId>,
    counts: Option<&dyn Fn(&str) -> bool>,
    mut take: impl FnMut(CreditFact),
) -> Result<(), Error> {
    let mut query = ListQuery::new(SalesCredit::KIND.name);
    if let Some(member) = member {
        query = query.filter("rep", Test::Eq(Cell::Text(member.to_string())));
    }
    each(reader, query, |id, _, credit: SalesCredit| {
        take(CreditFact::of(id, &credit, counts));
    })
}

/// Takes the fact of every answer.
///
/// # Errors
/// As every reading of the store.
pub fn answers(reader: &Reader<'_>, mut take: impl FnMut(AnswerFact)) -> Result<(), Error> {
    let query = ListQuery::new(SurveyResponse::KIND.name);
    each(reader, query, |id, _, answer: SurveyResponse| {
        take(AnswerFact::of(id, &answer));
    })
}

/// The rates on this device.
///
/// # Errors
/// As every reading of the store.
pub fn rates(reader: &Reader<'_>) -> Result<Rates, Error> {
    let mut records = Vec::new();
    each(
        reader,
        ListQuery::new(ExchangeRate::KIND.name),
        |_, _, rate: ExchangeRate| records.push(rate),
    )?;
    Ok(Rates::of(&records))
}

/// The working days of a region by its calendar on this device; of several the one with the smallest id, of none Monday
/// to Friday.
///
/// # Errors
/// As every reading of the store.
pub fn working_days(reader: &Reader<'_>, region: Option<&str>) -> Result<WorkingDays, Error> {
    let mut found: Option<(crate::ids::DocumentId, HolidayCalendar)> = None;
    let query = ListQuery::new(HolidayCalendar::KIND.name);
    each(reader, query, |id, _, calendar: HolidayCalendar| {
        let fits = region.is_none() || calendar.region.as_deref() == region;
        if fits && found.as_ref().is_none_or(|(first, _)| id < *first) {
            found = Some((id, calendar));
        }
    })?;
    Ok(found.map_or_else(WorkingDays::default, |(_, calendar)| WorkingDays::of(&calendar)))
}
