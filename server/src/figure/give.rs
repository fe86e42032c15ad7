//! The cells that a record gives.

use chrono::{DateTime, NaiveDate, Utc};
use satchel_core::domain::customer::standing_survivors;
use satchel_core::domain::process_template::StageType;
use satchel_core::domain::sales_credit::Award;
use satchel_core::domain::visit::Verification;
use satchel_core::domain::{Customer, CustomerId, Deal, SalesCredit, SalesOrder, SalesTarget, SurveyResponse, Visit};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::insight::bottleneck;
use satchel_core::insight::fact::{AnswerFact, DealFact, OrderFact, VisitFact};
use satchel_core::projection::Row;
use serde::Serialize;

use super::cell::{AliasLabel, AnswerLabel, Cells, ClosedLabel, CreditPart, Key, OpenLabel, OrderLabel, StageLabel};
use super::cell::{EVERYWHERE, TargetLabel, Topic, VisitLabel, WeightLabel};
use super::place::Place;

/// Puts what one record gives under the units that it counts for.
struct Giver<'a> {
    place: &'a Place,
    cells: Cells,
}

impl<'a> Giver<'a> {
    fn new(place: &'a Place) -> Self {
        Self {
            place,
            cells: Cells::default(),
        }
    }

    fn give(
        &mut self,
        unit: [u8; 16],
        at: (Topic, NaiveDate),
        currency: &str,
        label: &impl Serialize,
        of: (i64, i128),
    ) {
        // A label of ours always is JSON; one that is not would be left out of both, the rollup and its check.
        let Ok(label) = serde_json::to_string(label) else {
            return;
        };
        let key = Key {
            topic: at.0,
            unit,
            day: at.1,
            home: self.place.home,
            currency: currency.to_owned(),
            label,
        };
        self.cells.add(key, of.0, of.1);
    }

    /// For the home as a whole, and for each of these members.
    fn each(
        &mut self,
        members: &[MemberId],
        at: (Topic, NaiveDate),
        currency: &str,
        label: &impl Serialize,
        of: (i64, i128),
    ) {
        self.give(*self.place.home.as_bytes(), at, currency, label, of);
        for member in members {
            self.give(*member.as_bytes(), at, currency, label, of);
        }
    }

    /// For the home as a whole, and for each who holds the record.
    fn all(&mut self, at: (Topic, NaiveDate), currency: &str, label: &impl Serialize, of: (i64, i128)) {
        let place = self.place;
        self.each(&place.holders, at, currency, label, of);
    }
}

/// When a record was made.
#[must_use]
pub fn made_at(row: &Row) -> DateTime<Utc> {
    DateTime::<Utc>::from_timestamp_millis(row.created.at_ms).unwrap_or_default()
}

/// What a deal gives; days are counted in `zone`.
#[must_use]
pub fn deal(place: &Place, id: DocumentId, row: &Row, zone: &str) -> Cells {
    let deal: Deal = row.typed();
    let fact = DealFact::of(id, &deal, made_at(row), zone);
    let mut giver = Giver::new(place);
    let amount = i128::from(fact.amount.minor);
    let currency = &fact.amount.currency;
    if fact.is_open() && !fact.disputed {
        let moved = fact.moved_on.unwrap_or(fact.created_on);
        let label: OpenLabel = (fact.category, moved);
        giver.all((Topic::Open, fact.expected_close), currency, &label, (1, amount));
        for (by_stage, probability_bp) in [(false, fact.probability_bp), (true, fact.stage_probability_bp)] {
            let label: WeightLabel = by_stage;
            let weight = amount.wrapping_mul(probability_bp.into());
            giver.all((Topic::Weighted, fact.expected_close), currency, &label, (1, weight));
        }
    }
    if fact.is_sound()
        && let Some(day) = fact.closed_on
        && let StageType::Won | StageType::Lost = fact.stage_type
    {
        let won: ClosedLabel = fact.stage_type == StageType::Won;
        giver.all((Topic::Closed, day), currency, &won, (1, amount));
        if won {
            let days = (day - fact.created_on).num_days().max(0);
            giver.all((Topic::Cycle, day), "", &(), (1, days.into()));
        }
    }
    for (part, much) in bottleneck::parts(&fact) {
        let label: StageLabel = (deal.template_id, part);
        giver.all((Topic::Stage, fact.created_on), "", &label, (1, much));
    }
    giver.cells
}

/// What a credit gives.
#[must_use]
pub fn credit(place: &Place, row: &Row) -> Cells {
    let credit: SalesCredit = row.typed();
    let mut giver = Giver::new(place);
    let Some(award) = &credit.award else {
        return giver.cells;
    };
    let mut give = |part: CreditPart, day: NaiveDate, minor: i64| {
        giver.all((Topic::Credit, day), &award.amount.currency, &part, (1, minor.into()));
    };
    give(CreditPart::Whole, award.closed_on, award.amount.minor);
    for line in &award.lines {
        give(
            CreditPart::Product(line.product.clone()),
            award.closed_on,
            line.amount_minor,
        );
    }
    let products = products(award);
    for adjustment in &credit.adjustments {
        let (day, minor) = (adjustment.adjusted_on, adjustment.amount_minor);
        give(CreditPart::Whole, day, minor);
        give(CreditPart::Adjusted(products.clone()), day, minor);
    }
    giver.cells
}

fn products(award: &Award) -> Vec<String> {
    let mut products: Vec<String> = award.lines.iter().map(|line| line.product.clone()).collect();
    products.sort_unstable();
    products.dedup();
    products
}

/// The fact of a visit. `lines` are the lines of the orders taken on it.
#[must_use]
pub fn visit_fact(id: DocumentId, row: &Row, zone: &str, lines: Option<i64>) -> VisitFact {
    let visit: Visit = row.typed();
    let customer = visit.customer_id;
    VisitFact::of(id, &visit, row.created.by, customer, zone, lines, &[])
}

/// What a visit gives; `zone` holds where it names none. Its visitors count for themselves, whoever holds the customer.
#[must_use]
pub fn visit(place: &Place, id: DocumentId, row: &Row, zone: &str, lines: Option<i64>) -> Cells {
    let fact = visit_fact(id, row, zone, lines);
    let mut giver = Giver::new(place);
    if let Some(day) = fact.planned_on.filter(|_| !fact.remote) {
        giver.each(&fact.visitors, (Topic::Plan, day), "", &fact.is_made(), (1, 0));
    }
    let Some(day) = fact.day.filter(|_| fact.is_begun()) else {
        return giver.cells;
    };
    if fact.remote {
        giver.each(&fact.visitors, (Topic::Remote, day), "", &(), (1, 0));
        return giver.cells;
    }
    let label = VisitLabel {
        verified: match fact.verification {
            Verification::Verified => 1,
            Verification::Invalid => -1,
            _ => 0,
        },
        productive: fact.productive,
        lines: if fact.productive { fact.lines } else { 0 },
    };
    giver.each(&fact.visitors, (Topic::Visit, day), "", &label, (1, 0));
    let verified = i128::from(fact.verification == Verification::Verified);
    giver.all((Topic::Seen, day), "", &fact.customer, (1, verified));
    giver.cells
}

/// What an order gives.
#[must_use]
pub fn order(place: &Place, id: DocumentId, row: &Row) -> Cells {
    let order: SalesOrder = row.typed();
    let fact = OrderFact::of(id, &order, order.customer_id);
    let mut giver = Giver::new(place);
    if fact.counts {
        for (at, (day, amount)) in fact.amounts.iter().enumerate() {
            let label: OrderLabel = (fact.customer, *day);
            let n = i64::from(at == 0);
            let key = (Topic::Order, fact.ordered_on);
            giver.all(key, &amount.currency, &label, (n, amount.minor.into()));
        }
    }
    giver.cells
}

/// The visit on which an order was taken, and how many lines it has there.
#[must_use]
pub fn taken_on(row: &Row) -> Option<(DocumentId, i64)> {
    let order: SalesOrder = row.typed();
    let lines = i64::try_from(order.binding_lines().len()).unwrap_or(0);
    order.visit_id.map(|visit| (visit.into(), lines))
}

/// What an answer gives.
#[must_use]
pub fn answer(place: &Place, id: DocumentId, row: &Row) -> Cells {
    let answer: SurveyResponse = row.typed();
    let fact = AnswerFact::of(id, &answer);
    let mut giver = Giver::new(place);
    if fact.nps.is_some() || fact.csat.is_some() {
        let own = fact.about.is_some() && fact.about == fact.interviewer;
        let label: AnswerLabel = (fact.nps, fact.csat, own);
        giver.all((Topic::Answer, fact.answered_on), "", &label, (1, 0));
    }
    giver.cells
}

/// What a customer gives: how often it is to be visited, and which customers it was merged into.
#[must_use]
pub fn customer(place: &Place, id: DocumentId, row: &Row) -> Cells {
    let customer: Customer = row.typed();
    let id = CustomerId::from(id);
    let mut giver = Giver::new(place);
    let survivors = standing_survivors(&customer.aliases);
    if let Some(wanted) = customer.visits_per_month.filter(|wanted| *wanted > 0)
        && survivors.is_empty()
    {
        giver.all((Topic::Due, NaiveDate::default()), "", &id, (1, wanted.into()));
    }
    if !survivors.is_empty() {
        let label: AliasLabel = (id, survivors);
        giver.give(EVERYWHERE, (Topic::Alias, NaiveDate::default()), "", &label, (1, 0));
    }
    giver.cells
}

/// What a target gives: itself, under whom it is for, on the first day of its period.
#[must_use]
pub fn target(place: &Place, id: DocumentId, row: &Row) -> Cells {
    let target: SalesTarget = row.typed();
    let mut giver = Giver::new(place);
    let unit = target.rep.map_or(*place.home.as_bytes(), |rep| *rep.as_bytes());
    let label = TargetLabel {
        id,
        last_day: target.last_day,
        kpi: target.kpi_id,
        currency: target.currency,
        effective_from: target.effective_from,
    };
    giver.give(
        unit,
        (Topic::Target, target.first_day),
        "",
        &label,
        (1, target.value.into()),
    );
    giver.cells
}
