//! Deal 商机 (opportunity): what may be sold, moving through the stages of a process template.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use satchel_derive::{choice, entity, value};

use super::customer::CustomerId;
use super::event::{Stamped, newest};
use super::process_template::{ForecastCategory, ProcessTemplateId, StageType};
use crate::schema::value::{Money, Stamp, clamped, div_half_even};
use crate::schema::{Record, Violation, ViolationCode};

/// An opportunity. Its stage is derived from logged moves: a Won and a Lost made apart show as disputed until a later
/// move has seen both.
#[entity("deal", checked, urgency = urgency, derived(stage, stage_type, disputed, probability_bp_effective, forecast_category_effective, closed_at))]
pub struct Deal {
    /// The customer it is for.
    #[field(required, index)]
    pub customer_id: CustomerId,
    /// Name 商机名称.
    #[field(required, index, search, max_len = 120)]
    pub name: String,
    /// The process template (one immutable version) that the deal follows.
    pub template_id: Option<ProcessTemplateId>,
    /// Moves between stages.
    #[field(merge = log, max_len = 1000)]
    pub moves: Vec<StageMove>,
    /// Expected amount 预计金额, in minor units.
    #[field(required, min = 0)]
    pub amount: Money,
    /// Whether the amount is typed or summed from the lines.
    pub amount_mode: Option<AmountMode>,
    /// Lines, flat: `PRODUCT/qty_milli`, `PRODUCT/price_minor`, `PRODUCT/discount_bp`.
    #[field(merge = map, max_len = 1500)]
    pub lines: HashMap<String, i64>,
    /// Probability of winning 赢单率 in basis points, where it overrides the stage's.
    #[field(min = 0, max = 10_000)]
    pub probability_bp: Option<i64>,
    /// Forecast category, where it overrides the stage's.
    pub forecast_category: Option<ForecastCategory>,
    /// Expected close 预计成交日期.
    #[field(required, index)]
    pub expected_close: NaiveDate,
    /// New or existing business.
    pub deal_type: Option<DealType>,
    /// Where the lead came from.
    #[field(max_len = 120)]
    pub lead_source: Option<String>,
    /// Next step.
    #[field(search, max_len = 100)]
    pub next_step: Option<String>,
    /// Part of each contact, by contact id.
    #[field(merge = map, max_len = 50)]
    pub contact_roles: HashMap<String, String>,
    /// Competitors 竞争对手.
    #[field(merge = set, search, max_len = 50)]
    pub competitors: Vec<String>,
    /// Why it was lost 输单原因.
    pub lost_reason: Option<LostReason>,
    /// More on why it was lost.
    #[field(max_len = 1000)]
    pub lost_notes: Option<String>,
    /// Shares of the credit in basis points, by member id; they total 10 000 or there are none.
    #[field(merge = map, max_len = 20)]
    pub credit_splits: HashMap<String, i64>,
    /// Description; two people may write at once.
    #[field(merge = text, search, max_len = 32_000)]
    pub description: String,
    /// Ids in other systems, by system.
    #[field(merge = map, max_len = 20)]
    pub external_ids: HashMap<String, String>,
}

/// Whether the amount is typed or summed from the lines.
#[choice]
pub enum AmountMode {
    /// Typed.
    Manual,
    /// Summed from the lines.
    FromLines,
}

/// New or existing business.
#[choice]
pub enum DealType {
    /// 新业务.
    NewBusiness,
    /// 老客户.
    Existing,
}

/// Why a deal was lost 输单原因.
#[choice]
pub enum LostReason {
    /// 价格.
    Price,
    /// 竞争.
    Competition,
    /// 无预算.
    NoBudget,
    /// 未决策.
    NoDecision,
    /// 时机.
    Timing,
    /// 产品差距.
    ProductGap,
    /// 关系.
    Relationship,
    /// 无回应.
    LackOfResponse,
    /// 不合格.
    Unqualified,
    /// 重复.
    Duplicate,
    /// 其他.
    Other,
}

/// A move of a deal to a stage. What the stage meant is copied into it: a template's later version changes no history.
#[value]
pub struct StageMove {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// Code of the stage.
    pub stage: String,
    /// Type of the stage.
    pub stage_type: StageType,
    /// Place of the stage in its template, from 0.
    pub rank: i64,
    /// Probability of winning at that stage, in basis points.
    pub probability_bp: i64,
    /// Forecast category of the stage.
    pub forecast_category: Option<ForecastCategory>,
    /// Why a step was skipped, or why the deal went back.
    pub reason: Option<String>,
}

impl StageMove {
    /// Whether the stage is an end: won, lost or invalid.
    #[must_use]
    pub const fn closes(&self) -> bool {
        matches!(self.stage_type, StageType::Won | StageType::Lost | StageType::Invalid)
    }
}

impl Stamped for StageMove {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

/// One line of a deal, put together from the flat map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealLine {
    /// Product code.
    pub product: String,
    /// Quantity in thousandths of a unit.
    pub qty_milli: i64,
    /// Price of one unit, in minor units of the deal's currency.
    pub price_minor: i64,
    /// Discount in basis points.
    pub discount_bp: i64,
}

impl DealLine {
    /// What the line comes to, exactly, in ten-millionths of a minor unit.
    fn exact(&self) -> i128 {
        let share = 10_000 - i128::from(self.discount_bp);
        (i128::from(self.qty_milli) * i128::from(self.price_minor)).saturating_mul(share)
    }

    /// What the line comes to in minor units, rounded once, half to even.
    #[must_use]
    pub fn total_minor(&self) -> i64 {
        clamped(div_half_even(self.exact(), 10_000_000))
    }
}

impl Deal {
    /// The move that decides: among the newest (those that no other move had seen) a terminal one beats an open one, and
    /// of open ones the furthest forward wins. Ties go to the smaller id, the same on every device.
    #[must_use]
    pub fn deciding_move(&self) -> Option<&StageMove> {
        let newest = newest(&self.moves);
        let order = |one: &&StageMove| {
            let terminal = match one.stage_type {
                StageType::Won => 2,
                StageType::Lost | StageType::Invalid => 1,
                _ => 0,
            };
            (terminal, one.rank, std::cmp::Reverse(one.stamp.id))
        };
        newest.into_iter().max_by_key(order)
    }

    /// Code of the present stage; absent before the first move.
    pub fn stage(&self) -> Option<String> {
        self.deciding_move().map(|one| one.stage.clone())
    }

    /// Type of the present stage; open before the first move.
    pub fn stage_type(&self) -> StageType {
        self.deciding_move().map_or(StageType::Open, |one| one.stage_type)
    }

    /// Deals that may still be won come to a new device before those that are decided.
    pub(crate) fn urgency(&self) -> u8 {
        match self.stage_type() {
            StageType::Open | StageType::Ongoing | StageType::OnHold => 1,
            StageType::Won | StageType::Lost | StageType::Invalid | StageType::Unknown => 0,
        }
    }

    /// Whether the newest moves, made apart, say Won and Lost (or invalid): until a later move has seen both, a disputed
    /// deal counts for nothing.
    pub fn disputed(&self) -> bool {
        let newest = newest(&self.moves);
        let has = |ty| newest.iter().any(|one| one.stage_type == ty);
        has(StageType::Won) && (has(StageType::Lost) || has(StageType::Invalid))
    }

    /// The override while the deal is open, else the stage's probability, in basis points: what somebody once hoped for
    /// says nothing of a deal that is won or lost.
    pub fn probability_bp_effective(&self) -> i64 {
        let deciding = self.deciding_move();
        let of_stage = deciding.map_or(0, |one| one.probability_bp);
        self.probability_bp.filter(|_| !deciding.is_some_and(StageMove::closes)).unwrap_or(of_stage)
    }

    /// The override while the deal is open, else the stage's forecast category.
    pub fn forecast_category_effective(&self) -> Option<ForecastCategory> {
        let deciding = self.deciding_move();
        let of_stage = deciding.and_then(|one| one.forecast_category);
        self.forecast_category.filter(|_| !deciding.is_some_and(StageMove::closes)).or(of_stage)
    }

    /// When the deciding move closed the deal; absent while it is open.
    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.deciding_move().filter(|one| one.closes()).map(|one| one.stamp.at)
    }

    /// The lines, by product.
    #[must_use]
    pub fn order_lines(&self) -> Vec<DealLine> {
        let mut lines: BTreeMap<&str, DealLine> = BTreeMap::new();
        for (key, value) in &self.lines {
            let Some((product, part)) = key.rsplit_once('/') else { continue };
            let line = lines.entry(product).or_insert_with(|| DealLine {
                product: product.to_owned(),
                qty_milli: 0,
                price_minor: 0,
                discount_bp: 0,
            });
            match part {
                "qty_milli" => line.qty_milli = *value,
                "price_minor" => line.price_minor = *value,
                "discount_bp" => line.discount_bp = *value,
                _ => {}
            }
        }
        lines.into_values().collect()
    }

    /// What the deal is worth in minor units: the sum of its lines where the amount is summed from them, else the amount.
    #[must_use]
    pub fn value_minor(&self) -> i64 {
        if self.amount_mode == Some(AmountMode::FromLines) {
            self.lines_total_minor()
        } else {
            self.amount.minor
        }
    }

    /// The sum of the lines in minor units, rounded once at the end, half to even; a sum that no amount can hold ends at
    /// the largest or smallest one.
    #[must_use]
    pub fn lines_total_minor(&self) -> i64 {
        let total = self.order_lines().iter().map(DealLine::exact).fold(0, i128::saturating_add);
        clamped(div_half_even(total, 10_000_000))
    }
}

impl Record for Deal {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let shares = self.credit_splits.values();
        if !self.credit_splits.is_empty()
            && (shares.clone().any(|share| *share <= 0) || shares.copied().map(i128::from).sum::<i128>() != 10_000)
        {
            found.push(Violation::new("credit_splits", ViolationCode::Inconsistent));
        }
        let parts: BTreeSet<&str> = ["qty_milli", "price_minor", "discount_bp"].into();
        let bad = |key: &String| key.rsplit_once('/').is_none_or(|(product, part)| product.is_empty() || !parts.contains(part));
        if self.lines.keys().any(bad) {
            found.push(Violation::new("lines", ViolationCode::Malformed));
        }
        if self.stage_type() == StageType::Lost && !self.disputed() && self.lost_reason.is_none() {
            found.push(Violation::new("lost_reason", ViolationCode::Required));
        }
        found
    }
}

#[cfg(test)]
mod tests;
