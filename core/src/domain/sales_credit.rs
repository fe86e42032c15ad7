//! Sales credit 业绩: what a member earned by a deal that was won, kept in his own scope so that a handover takes nothing away.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use satchel_derive::{entity, value};

use super::customer::CustomerId;
use super::deal::{Deal, DealId};
use super::event::Stamped;
use super::process_template::StageType;
use super::sales_order::SalesOrderId;
use crate::ids::{DocumentId, MemberId};
use crate::schema::value::{Money, Stamp, clamped, div_half_even};

/// What a member earned by a deal. Its id is made from the deal and the member, so two devices that close the deal make
/// one credit. Attainment, bonus and leaderboard read credits only.
#[entity("sales_credit", scope = holder, member = rep, derived(credited_on, credited_minor))]
pub struct SalesCredit {
    /// The deal that was won.
    #[field(required, index, fixed)]
    pub deal_id: DealId,
    /// The member who earned it.
    #[field(required, index, fixed)]
    pub rep: MemberId,
    /// The customer of the deal.
    #[field(required, index, fixed)]
    pub customer_id: CustomerId,
    /// Name of the deal when it was closed, for a member who no longer reads it.
    #[field(search, max_len = 120)]
    pub deal_name: Option<String>,
    /// What is credited, written as one so that the halves of two closings never mix; blank while the deal is not won.
    pub award: Option<Award>,
    /// Refunds and claw-backs. They count in the period of the refund; what was credited stays as it was.
    #[field(merge = log, max_len = 200)]
    pub adjustments: Vec<CreditAdjustment>,
}

/// What is credited to a member for a deal.
#[value]
pub struct Award {
    /// The civil day of the closing in the zone of whoever closed the deal: the period that it counts in.
    pub closed_on: NaiveDate,
    /// The instant of the closing.
    pub closed_at: DateTime<Utc>,
    /// The member's part of the deal's amount.
    pub amount: Money,
    /// The member's share in basis points.
    pub share_bp: i64,
    /// The part of each product, where the deal has lines.
    pub lines: Vec<CreditLine>,
}

/// The part of one product in an award.
#[value]
pub struct CreditLine {
    /// Product code.
    pub product: String,
    /// The member's part, in minor units of the award's currency.
    pub amount_minor: i64,
}

/// A refund or a claw-back: an amount that counts on its own day.
#[value]
pub struct CreditAdjustment {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// The civil day on which it counts.
    pub adjusted_on: NaiveDate,
    /// What it changes, in minor units of the award's currency; negative for a refund.
    pub amount_minor: i64,
    /// The order that was refunded.
    pub order_id: Option<SalesOrderId>,
    /// Why.
    pub reason: Option<String>,
}

impl Stamped for CreditAdjustment {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

/// A member's part of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The member.
    pub rep: MemberId,
    /// The share in basis points.
    pub share_bp: i64,
    /// The part in minor units.
    pub amount_minor: i64,
}

/// Splits an amount by weights so that the parts add up to it: what rounding leaves over goes, a unit each, to the
/// largest remainders, and of equal ones to the first (100 by 1:1:1 is 34, 33, 33). A negative amount is split as its
/// opposite is. Weights below zero count as zero; without any weight nothing is split.
#[must_use]
pub fn largest_remainder(amount: i64, weights: &[i64]) -> Vec<i64> {
    let weights: Vec<i128> = weights.iter().map(|weight| i128::from((*weight).max(0))).collect();
    let total: i128 = weights.iter().sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let whole = i128::from(amount.unsigned_abs());
    let mut parts: Vec<i128> = weights.iter().map(|weight| whole * weight / total).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|at| std::cmp::Reverse(whole * weights[*at] % total));
    let left = whole - parts.iter().sum::<i128>();
    for at in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[at] += 1;
    }
    let sign = if amount < 0 { -1 } else { 1 };
    parts.into_iter().map(|part| clamped(sign * part)).collect()
}

/// What a deal's amount comes to for each member: by its splits, else all of it for its owner. In the order of the
/// members' ids, so that every device rounds alike.
#[must_use]
pub fn shares(deal: &Deal, owner: MemberId) -> Vec<Share> {
    let named = deal
        .credit_splits
        .iter()
        .filter_map(|(rep, share)| Some((rep.parse().ok()?, *share)));
    let mut splits: BTreeMap<MemberId, i64> = named.collect();
    if splits.is_empty() {
        splits.insert(owner, 10_000);
    }
    let weights: Vec<i64> = splits.values().copied().collect();
    let parts = largest_remainder(deal.value_minor(), &weights);
    let share = |((rep, share_bp), amount_minor)| Share {
        rep,
        share_bp,
        amount_minor,
    };
    splits.into_iter().zip(parts).map(share).collect()
}

impl Award {
    /// What a deal as it stands awards to a member; `None` where it is not won, where its result is disputed, or where the
    /// member has no share. `owner` is whose the deal is without splits; `closed_on` the civil day of the closing.
    #[must_use]
    pub fn of(deal: &Deal, rep: MemberId, owner: MemberId, closed_on: NaiveDate) -> Option<Self> {
        if deal.stage_type() != StageType::Won || deal.disputed() {
            return None;
        }
        let closed_at = deal.closed_at()?;
        let share = shares(deal, owner).into_iter().find(|share| share.rep == rep)?;
        let lines = deal.order_lines();
        let amounts = lines.iter().map(|line| {
            let part = i128::from(line.total_minor()) * i128::from(share.share_bp);
            CreditLine {
                product: line.product.clone(),
                amount_minor: clamped(div_half_even(part, 10_000)),
            }
        });
        Some(Self {
            closed_on,
            closed_at,
            amount: Money::new(share.amount_minor, &deal.amount.currency),
            share_bp: share.share_bp,
            lines: amounts.collect(),
        })
    }
}

impl SalesCredit {
    /// The id of the credit of a member for a deal, the same on every device.
    #[must_use]
    pub fn id_of(deal: DealId, rep: MemberId) -> SalesCreditId {
        let deal = DocumentId::from(deal);
        SalesCreditId(DocumentId::derived(deal.as_bytes(), &format!("sales_credit/{rep}")))
    }

    /// The civil day that the award counts on; absent while the deal is not won.
    pub fn credited_on(&self) -> Option<NaiveDate> {
        self.award.as_ref().map(|award| award.closed_on)
    }

    /// What is credited in minor units of the award's currency, without the adjustments; absent while the deal is not won.
    pub fn credited_minor(&self) -> Option<i64> {
        self.award.as_ref().map(|award| award.amount.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deal::StageMove;
    use crate::domain::event::tests::stamp;

    fn member(n: u8) -> MemberId {
        MemberId::from_bytes([n; 16])
    }

    fn won(minor: i64) -> Deal {
        let won = StageMove {
            stamp: stamp(1, 1, 60, &[]),
            stage_type: StageType::Won,
            ..StageMove::default()
        };
        Deal {
            amount: Money::new(minor, "CNY"),
            moves: vec![won],
            ..Deal::default()
        }
    }

    #[test]
    fn what_rounding_leaves_over_goes_to_the_largest_remainders() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(largest_remainder(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(largest_remainder(1_000_100, &[50, 30, 20]), [500_050, 300_030, 200_020]);
        assert_eq!(largest_remainder(10_001, &[50, 30, 20]), [5_001, 3_000, 2_000]);
        assert_eq!(largest_remainder(7, &[0, -3, 1]), [0, 0, 7]);
        assert_eq!(largest_remainder(7, &[0, 0]), [0, 0]);
        assert_eq!(largest_remainder(i64::MIN, &[1]), [i64::MIN]);
        assert_eq!(
            largest_remainder(i64::MAX, &[i64::MAX, i64::MAX])
                .iter()
                .map(|part| i128::from(*part))
                .sum::<i128>(),
            i128::from(i64::MAX)
        );
    }

    #[test]
    fn a_deal_is_its_owners_unless_it_is_split() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let award = |deal: &Deal, rep| Award::of(deal, rep, member(1), day).map(|award| award.amount.minor);
        let mut deal = won(100);
        assert_eq!((award(&deal, member(1)), award(&deal, member(2))), (Some(100), None));
        deal.credit_splits = [(member(2).to_string(), 3_333), (member(3).to_string(), 6_667)].into();
        assert_eq!(
            (
                award(&deal, member(1)),
                award(&deal, member(2)),
                award(&deal, member(3))
            ),
            (None, Some(33), Some(67))
        );
    }

    #[test]
    fn a_deal_that_is_not_won_or_is_disputed_awards_nothing() {
        let day = NaiveDate::default();
        assert_eq!(Award::of(&Deal::default(), member(1), member(1), day), None);
        let mut deal = won(100);
        let lost = StageMove {
            stamp: stamp(2, 2, 61, &[]),
            stage_type: StageType::Lost,
            ..StageMove::default()
        };
        deal.moves.push(lost);
        assert!(deal.disputed());
        assert_eq!(Award::of(&deal, member(1), member(1), day), None);
    }

    #[test]
    fn two_devices_name_the_same_credit() {
        let deal = DealId::from(DocumentId::from_bytes([9; 16]));
        assert_eq!(SalesCredit::id_of(deal, member(1)), SalesCredit::id_of(deal, member(1)));
        assert_ne!(SalesCredit::id_of(deal, member(1)), SalesCredit::id_of(deal, member(2)));
    }
}
