//! Adding then removing is nothing, order does not matter, and merging is associative and commutative: for every
//! accumulator, over random facts.

use chrono::{DateTime, Days, NaiveDate, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

use super::day;
use crate::domain::CustomerId;
use crate::domain::deal::LostReason;
use crate::domain::process_template::{ForecastCategory, StageType};
use crate::domain::visit::{Verification, VisitStatus};
use crate::ids::{DocumentId, MemberId};
use crate::insight::Accumulator;
use crate::insight::attainment::Credited;
use crate::insight::bottleneck::Bottleneck;
use crate::insight::calendar::Period;
use crate::insight::conversion::Conversion;
use crate::insight::csat::Csat;
use crate::insight::customer_base::CustomerBase;
use crate::insight::dwell::Dwell;
use crate::insight::fact::{AnswerFact, CreditFact, DealFact, OrderFact, Stay, VisitFact};
use crate::insight::geofence::Evidence;
use crate::insight::nps::Nps;
use crate::insight::pipeline::Pipeline;
use crate::insight::rfm::Rfm;
use crate::insight::rollup::Rollup;
use crate::insight::velocity::Velocity;
use crate::insight::visiting::Visiting;
use crate::insight::win_rate::WinRate;
use crate::schema::value::Money;

fn some_day() -> impl Strategy<Value = NaiveDate> {
    (0..120_u64).prop_map(|days| day("2026-01-01") + Days::new(days))
}

fn quarter() -> Period {
    Period::through(day("2026-02-01"), day("2026-03-31"))
}

fn id() -> impl Strategy<Value = DocumentId> {
    (0..40_u8).prop_map(|n| DocumentId::from_bytes([n; 16]))
}

fn member() -> impl Strategy<Value = MemberId> {
    (0..4_u8).prop_map(|n| MemberId::from_bytes([n; 16]))
}

fn customer() -> impl Strategy<Value = CustomerId> {
    (0..6_u8).prop_map(|n| CustomerId(DocumentId::from_bytes([n; 16])))
}

fn money() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![8 => -1_000..1_000_000_i64, 1 => select(&[i64::MIN, i64::MAX][..])];
    (minor, select(&["CNY", "USD", "JPY"][..])).prop_map(|(minor, currency)| Money::new(minor, currency))
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0..10_000_000_i64).prop_map(|s| DateTime::from_timestamp(1_767_225_600 + s, 0).unwrap())
}

fn stay() -> impl Strategy<Value = Stay> {
    (
        0..4_i64,
        instant(),
        proptest::option::of(0..1_000_000_i64),
        0..=10_000_i64,
    )
        .prop_map(|(rank, from, length, probability_bp)| Stay {
            stage: (rank, format!("s{rank}")),
            from,
            to: length.map(|length| from + chrono::TimeDelta::seconds(length)),
            probability_bp,
        })
}

fn deal() -> impl Strategy<Value = DealFact> {
    let stage = select(
        &[
            StageType::Open,
            StageType::Ongoing,
            StageType::OnHold,
            StageType::Won,
            StageType::Lost,
            StageType::Invalid,
        ][..],
    );
    let category = select(
        &[
            None,
            Some(ForecastCategory::Omitted),
            Some(ForecastCategory::Pipeline),
            Some(ForecastCategory::BestCase),
            Some(ForecastCategory::MostLikely),
            Some(ForecastCategory::Commit),
            Some(ForecastCategory::Closed),
        ][..],
    );
    let reason = select(&[None, Some(LostReason::Price), Some(LostReason::Duplicate)][..]);
    let days = (some_day(), some_day(), some_day(), proptest::option::of(some_day()));
    let odds = (0..=10_000_i64, 0..=10_000_i64);
    let what = (stage, proptest::bool::weighted(0.1), category, reason);
    (id(), money(), what, days, odds, vec(stay(), 0..5)).prop_map(
        |(
            id,
            amount,
            (stage_type, disputed, category, lost_reason),
            (expected, created, closed, moved),
            odds,
            stays,
        )| {
            let open = matches!(stage_type, StageType::Open | StageType::Ongoing | StageType::OnHold);
            DealFact {
                id,
                amount,
                stage_type,
                disputed,
                probability_bp: odds.0,
                stage_probability_bp: odds.1,
                category,
                expected_close: expected,
                created_on: created,
                closed_on: Some(closed).filter(|_| !open),
                moved_on: moved,
                lost_reason,
                stays,
            }
        },
    )
}

fn visit() -> impl Strategy<Value = VisitFact> {
    let status = select(
        &[
            VisitStatus::Planned,
            VisitStatus::InProgress,
            VisitStatus::Completed,
            VisitStatus::Abandoned,
        ][..],
    );
    let evidence = select(&[Verification::Verified, Verification::Invalid, Verification::Unverified][..]);
    let days = (proptest::option::of(some_day()), proptest::option::of(some_day()));
    (
        id(),
        customer(),
        vec(member(), 1..3),
        days,
        status,
        any::<(bool, bool)>(),
        evidence,
        0..9_i64,
    )
        .prop_map(
            |(id, customer, mut visitors, (day, planned_on), status, (remote, productive), verification, lines)| {
                visitors.sort_unstable();
                visitors.dedup();
                VisitFact {
                    id,
                    customer,
                    visitors,
                    day,
                    planned_on,
                    status,
                    remote,
                    verification,
                    productive,
                    lines,
                }
            },
        )
}

fn order() -> impl Strategy<Value = OrderFact> {
    let dated = || vec((some_day(), money()), 0..3);
    (id(), customer(), some_day(), any::<bool>(), dated(), dated(), 0..9_i64).prop_map(
        |(id, customer, ordered_on, counts, amounts, payments, lines)| OrderFact {
            id,
            customer,
            ordered_on,
            counts,
            amounts,
            payments,
            lines,
        },
    )
}

fn credit() -> impl Strategy<Value = CreditFact> {
    (id(), member(), vec((some_day(), money()), 0..4)).prop_map(|(id, rep, amounts)| CreditFact { id, rep, amounts })
}

fn answer() -> impl Strategy<Value = AnswerFact> {
    let scores = (proptest::option::of(0..=10_i64), proptest::option::of(1..=5_i64));
    let people = (proptest::option::of(member()), proptest::option::of(member()));
    (id(), some_day(), people, scores).prop_map(|(id, answered_on, (about, interviewer), (nps, csat))| AnswerFact {
        id,
        answered_on,
        about,
        interviewer,
        nps,
        csat,
    })
}

/// Facts, and the same ones in another order.
fn shuffled<F: Clone + std::fmt::Debug + 'static>(
    fact: impl Strategy<Value = F> + 'static,
) -> impl Strategy<Value = (Vec<F>, Vec<F>)> {
    let facts = vec(fact, 0..12);
    facts.prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
}

fn taken<A: Accumulator>(empty: &A, facts: &[A::Fact]) -> A {
    let mut all = empty.clone();
    for fact in facts {
        all.add(fact);
    }
    all
}

fn merged<A: Accumulator>(a: &A, b: &A) -> A {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

fn is_a_group<A: Accumulator + std::fmt::Debug>(
    empty: &A,
    facts: &[A::Fact],
    other_order: &[A::Fact],
) -> Result<(), TestCaseError> {
    let all = taken(empty, facts);
    prop_assert_eq!(&taken(empty, other_order), &all, "order does not matter");

    let mut rest = all.clone();
    for fact in other_order {
        rest.remove(fact);
    }
    prop_assert_eq!(&rest, empty, "what was added and removed is nothing");
    // Also where it is taken out before it comes in.
    for fact in facts {
        rest.remove(fact);
    }
    prop_assert_eq!(&taken(&rest, other_order), empty);

    let (first, tail) = facts.split_at(facts.len() / 3);
    let (second, third) = tail.split_at(tail.len() / 2);
    let (a, b, c) = (taken(empty, first), taken(empty, second), taken(empty, third));
    prop_assert_eq!(&merged(&merged(&a, &b), &c), &all, "merging is taking in");
    prop_assert_eq!(&merged(&a, &merged(&b, &c)), &all, "associative");
    prop_assert_eq!(&merged(&c, &merged(&b, &a)), &all, "commutative");
    prop_assert_eq!(&merged(&all, empty), &all);

    // A rollup that lost one of its records agrees with one that never had it.
    if let Some((gone, left)) = facts.split_first() {
        let mut without = all;
        without.remove(gone);
        prop_assert_eq!(&without, &taken(empty, left));
    }
    Ok(())
}

macro_rules! groups {
    ($($name:ident: $strategy:expr => $empty:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(96))]
            $(#[test]
            fn $name((facts, other_order) in shuffled($strategy)) {
                is_a_group(&$empty, &facts, &other_order)?;
            })*
        }
    };
}

groups! {
    credits: credit() => Credited::over(quarter());
    pipeline: deal() => Pipeline::over(quarter());
    win_rate: deal() => WinRate::over(quarter());
    conversion: deal() => Conversion::default();
    dwell: deal() => Dwell::default();
    bottleneck: deal() => Bottleneck::default();
    velocity: deal() => Velocity::over(quarter());
    rollup: deal() => Rollup::over(quarter());
    visiting_of_all: visit() => Visiting::over(quarter(), None);
    visiting_of_one: visit() => Visiting::over(quarter(), Some(MemberId::from_bytes([1; 16])));
    evidence: visit() => Evidence::default();
    customer_base: order() => CustomerBase::default();
    rfm: order() => Rfm::default();
    csat: answer() => Csat::over(quarter());
    nps: answer() => Nps::over(quarter());
}
