//! Sales order 订单: what a customer bought, with returns and payments.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use satchel_derive::{choice, entity, value};

use super::customer::CustomerId;
use super::deal::DealId;
use super::event::{Order, Stamped};
use super::visit::VisitId;
use crate::schema::value::{Money, Place, Stamp, clamped, div_half_even};
use crate::schema::{Record, Violation, ViolationCode};

/// An order. Its status is derived from logged events. A confirmation copies the lines that it confirms: what is written
/// in the lines later is a request to amend them, never a silent change.
#[entity(
    "sales_order",
    checked,
    derived(status, total_minor, returned_minor, paid_minor, amendment_requested)
)]
pub struct SalesOrder {
    /// The customer who bought.
    #[field(required, index)]
    pub customer_id: CustomerId,
    /// Number 订单编号: prefix of the device and its own count (`R07-000123`), so that two devices never give one twice.
    #[field(required, index, search, fixed, max_len = 60)]
    pub number: String,
    /// The deal it came of.
    #[field(index)]
    pub deal_id: Option<DealId>,
    /// The visit on which it was taken.
    #[field(index)]
    pub visit_id: Option<VisitId>,
    /// Civil day of the order 下单日期.
    #[field(required, index)]
    pub ordered_on: NaiveDate,
    /// Amount 订单金额 in minor units, for an order without lines; where there are lines they tell, in this currency.
    #[field(required, min = 0)]
    pub amount: Money,
    /// Lines, flat: `PRODUCT/qty_milli`, `PRODUCT/price_minor`, `PRODUCT/discount_bp`, `PRODUCT/tax_bp` (the rate of the
    /// tax that is within the price).
    #[field(merge = map, max_len = 2000)]
    pub lines: HashMap<String, i64>,
    /// Discount on the whole order 优惠金额, in minor units of its currency.
    #[field(min = 0)]
    pub discount_minor: Option<i64>,
    /// Submission, confirmation, shipment and what else happened to it.
    #[field(merge = log, max_len = 500)]
    pub events: Vec<OrderEvent>,
    /// Goods that came back 退货; each names the line that it takes from.
    #[field(merge = log, max_len = 500)]
    pub returns: Vec<OrderReturn>,
    /// Payments 回款; a mistaken one is taken back by a negative one.
    #[field(merge = log, max_len = 500)]
    pub payments: Vec<OrderPayment>,
    /// Where the goods go.
    pub delivery_place: Option<Place>,
    /// Where the order came from.
    #[field(index)]
    pub source: Option<OrderSource>,
    /// Remarks.
    #[field(search, max_len = 1000)]
    pub remark: Option<String>,
    /// Ids in other systems, by system.
    #[field(merge = map, max_len = 20)]
    pub external_ids: HashMap<String, String>,
}

/// Where an order came from.
#[choice]
pub enum OrderSource {
    /// A phone.
    Phone,
    /// An import.
    Import,
    /// The organisation's own system for orders.
    Erp,
}

/// Status of an order, derived.
#[choice]
pub enum OrderStatus {
    /// 草稿.
    Draft,
    /// 已提交.
    Submitted,
    /// 已确认.
    Confirmed,
    /// 已发货.
    Shipped,
    /// 已签收.
    Delivered,
    /// 已取消.
    Cancelled,
    /// 已退回.
    Returned,
}

/// What happened to an order.
#[choice]
pub enum OrderEventKind {
    /// 提交.
    Submit,
    /// 确认.
    Confirm,
    /// The lines as they are now hold instead of those confirmed before.
    Amend,
    /// 发货.
    Ship,
    /// 签收.
    Deliver,
    /// 取消.
    Cancel,
    /// 整单退回.
    Return,
}

/// One thing that happened to an order.
#[value]
pub struct OrderEvent {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// What happened.
    pub event: OrderEventKind,
    /// The lines that are confirmed or amended by it.
    pub lines: Vec<OrderLine>,
    /// The discount on the whole order that is confirmed or amended by it, in minor units.
    pub discount_minor: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

/// One line of an order.
#[value]
pub struct OrderLine {
    /// Product code.
    pub product: String,
    /// Quantity in thousandths of a unit.
    pub qty_milli: i64,
    /// Price of one unit, in minor units of the order's currency.
    pub price_minor: i64,
    /// Discount in basis points.
    pub discount_bp: Option<i64>,
    /// Rate in basis points of the tax that is within the price.
    pub tax_bp: Option<i64>,
}

/// Goods that came back.
#[value]
pub struct OrderReturn {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// Civil day of the return.
    pub returned_on: NaiveDate,
    /// Code of the product whose line it takes from; absent where the order has no lines.
    pub product: Option<String>,
    /// Quantity that came back, in thousandths of a unit.
    pub qty_milli: i64,
    /// What was given back, in minor units of the order's currency.
    pub amount_minor: i64,
    /// Why.
    pub reason: Option<String>,
}

/// A payment on an order.
#[value]
pub struct OrderPayment {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// Civil day of the payment.
    pub paid_on: NaiveDate,
    /// What was paid, in minor units of the order's currency.
    pub amount_minor: i64,
    /// How, as in `转账`.
    pub method: Option<String>,
    /// Its number at the bank.
    pub reference: Option<String>,
}

impl Stamped for OrderEvent {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

impl OrderLine {
    /// What the line comes to, exactly, in ten-millionths of a minor unit.
    fn exact(&self) -> i128 {
        let share = 10_000 - i128::from(self.discount_bp.unwrap_or(0));
        (i128::from(self.qty_milli) * i128::from(self.price_minor)).saturating_mul(share)
    }

    /// What the line comes to in minor units, rounded once, half to even.
    #[must_use]
    pub fn total_minor(&self) -> i64 {
        clamped(div_half_even(self.exact(), 10_000_000))
    }
}

impl SalesOrder {
    /// The newest event tells, amendments aside. Of several made apart: goods that came back, arrived or left are not
    /// undone by a cancellation; a cancellation beats a confirmation, which is the safe side.
    pub fn status(&self) -> OrderStatus {
        let order = Order::of(&self.events);
        let newest = order.newest_among(|_, event| event.event != OrderEventKind::Amend);
        let happened = |kind| newest.iter().any(|at| self.events[*at].event == kind);
        let by_weight = [
            (OrderEventKind::Return, OrderStatus::Returned),
            (OrderEventKind::Deliver, OrderStatus::Delivered),
            (OrderEventKind::Ship, OrderStatus::Shipped),
            (OrderEventKind::Cancel, OrderStatus::Cancelled),
            (OrderEventKind::Confirm, OrderStatus::Confirmed),
            (OrderEventKind::Submit, OrderStatus::Submitted),
        ];
        let found = by_weight.into_iter().find(|(kind, _)| happened(*kind));
        found.map_or(OrderStatus::Draft, |(_, status)| status)
    }

    /// Whether it counts as bought: confirmed, shipped or delivered.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!(
            self.status(),
            OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered
        )
    }

    /// Whether all of it came back, by its status or by what was given back.
    #[must_use]
    pub fn returned_in_full(&self) -> bool {
        self.status() == OrderStatus::Returned
            || (self.returned_minor() > 0 && self.returned_minor() >= self.total_minor())
    }

    /// The lines as they are written now, by product.
    #[must_use]
    pub fn written_lines(&self) -> Vec<OrderLine> {
        let mut lines: BTreeMap<&str, OrderLine> = BTreeMap::new();
        for (key, value) in &self.lines {
            let Some((product, part)) = key.rsplit_once('/') else {
                continue;
            };
            let line = lines.entry(product).or_default();
            product.clone_into(&mut line.product);
            match part {
                "qty_milli" => line.qty_milli = *value,
                "price_minor" => line.price_minor = *value,
                "discount_bp" => line.discount_bp = Some(*value),
                "tax_bp" => line.tax_bp = Some(*value),
                _ => {}
            }
        }
        lines.into_values().collect()
    }

    /// The event whose lines hold: the newest confirmation or amendment; of several made apart the one with the smallest
    /// id, the same on every device.
    fn binding(&self) -> Option<&OrderEvent> {
        let binds = |event: &OrderEvent| matches!(event.event, OrderEventKind::Confirm | OrderEventKind::Amend);
        let newest = Order::of(&self.events).newest_among(|_, event| binds(event));
        newest
            .into_iter()
            .map(|at| &self.events[at])
            .min_by_key(|event| event.stamp.id)
    }

    /// The lines that hold: those confirmed or amended last, else those written.
    #[must_use]
    pub fn binding_lines(&self) -> Vec<OrderLine> {
        self.binding()
            .map_or_else(|| self.written_lines(), |event| event.lines.clone())
    }

    /// Whether lines or discount are written otherwise than they were confirmed: somebody asks to amend them.
    pub fn amendment_requested(&self) -> bool {
        let plain = |mut lines: Vec<OrderLine>| {
            for line in &mut lines {
                line.discount_bp = line.discount_bp.filter(|discount| *discount != 0);
                line.tax_bp = line.tax_bp.filter(|tax| *tax != 0);
            }
            lines.sort_by(|a, b| a.product.cmp(&b.product));
            lines
        };
        self.binding().is_some_and(|event| {
            plain(event.lines.clone()) != plain(self.written_lines())
                || event.discount_minor.unwrap_or(0) != self.discount_minor.unwrap_or(0)
        })
    }

    /// What the order comes to in minor units: the lines that hold, else the amount, less the discount; rounded once at
    /// the end, half to even. A discount never makes it less than nothing.
    pub fn total_minor(&self) -> i64 {
        let binding = self.binding();
        let lines = self.binding_lines();
        let gross = if lines.is_empty() {
            i128::from(self.amount.minor)
        } else {
            let exact = lines.iter().map(OrderLine::exact).fold(0, i128::saturating_add);
            div_half_even(exact, 10_000_000)
        };
        let discount = binding.map_or(self.discount_minor, |event| event.discount_minor);
        clamped((gross - i128::from(discount.unwrap_or(0))).max(0))
    }

    /// What was given back, in minor units.
    pub fn returned_minor(&self) -> i64 {
        clamped(self.returns.iter().map(|one| i128::from(one.amount_minor)).sum())
    }

    /// What was paid, in minor units.
    pub fn paid_minor(&self) -> i64 {
        clamped(self.payments.iter().map(|one| i128::from(one.amount_minor)).sum())
    }

    /// The event of a confirmation (or an amendment) of what is written now.
    #[must_use]
    pub fn confirming(&self, event: OrderEventKind) -> OrderEvent {
        OrderEvent {
            event,
            lines: self.written_lines(),
            discount_minor: self.discount_minor,
            ..OrderEvent::default()
        }
    }
}

impl Record for SalesOrder {
    fn check(&self) -> Vec<Violation> {
        let parts = ["qty_milli", "price_minor", "discount_bp", "tax_bp"];
        let good = |key: &String| {
            let split = key.rsplit_once('/');
            split.is_some_and(|(product, part)| !product.is_empty() && parts.contains(&part))
        };
        if self.lines.keys().all(good) {
            Vec::new()
        } else {
            vec![Violation::new("lines", ViolationCode::Malformed)]
        }
    }
}

#[cfg(test)]
mod tests;
