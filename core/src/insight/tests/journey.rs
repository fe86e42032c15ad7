//! Facts that are read from whole records, and the figures of stages over them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::day;
use crate::domain::deal::{LostReason, StageMove};
use crate::domain::event::tests::stamp;
use crate::domain::process_template::{ForecastCategory, ProcessTemplate, StageType};
use crate::domain::sales_order::{OrderEvent, OrderEventKind, OrderReturn};
use crate::domain::sales_target::{ForecastJudgement, ForecastLine};
use crate::domain::visit::{VisitEvent, VisitEventKind, VisitKind, VisitOutcome};
use crate::domain::{CustomerId, Deal, SalesOrder, Visit};
use crate::ids::{DocumentId, MemberId};
use crate::insight::bottleneck::Bottleneck;
use crate::insight::calendar::Period;
use crate::insight::customer_base::CustomerBase;
use crate::insight::dwell::Dwell;
use crate::insight::fact::{DealFact, OrderFact, VisitFact};
use crate::insight::money::Rates;
use crate::insight::pipeline::Pipeline;
use crate::insight::rollup::{Rollup, judged};
use crate::insight::visiting::Visiting;
use crate::insight::win_rate::{Standing, WinRate};
use crate::insight::{Accumulator, NotApplicable, explain};
use crate::schema::value::Money;

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour * 3600, 0).unwrap()
}

/// A deal with moves to these stages of the standard template at these hours, each having seen the one before.
fn deal(n: u8, minor: i64, moves: &[(&str, i64)]) -> DealFact {
    let template = ProcessTemplate::standard();
    let logged = (1..).zip(moves).map(|(id, (stage, hour))| StageMove {
        stamp: stamp(
            id,
            1,
            hour * 60,
            if id == 1 {
                &[]
            } else {
                &[1, 2, 3, 4, 5, 6, 7, 8][..usize::from(id) - 1]
            },
        ),
        ..template.move_to(stage).unwrap()
    });
    let deal = Deal {
        amount: Money::new(minor, "CNY"),
        expected_close: day("1970-02-01"),
        moves: logged.collect(),
        ..Deal::default()
    };
    DealFact::of(DocumentId::from_bytes([n; 16]), &deal, at(0), "UTC")
}

#[test]
fn a_deal_that_bounces_counts_once_and_one_that_skips_passes() {
    let bouncing = deal(1, 100, &[("visit", 0), ("needs", 10), ("visit", 20), ("needs", 30)]);
    let stages: Vec<(&str, bool)> = bouncing
        .journey()
        .map(|one| (one.stage.1.as_str(), one.passed))
        .collect();
    assert_eq!(stages, [("visit", true), ("needs", false)]);
    let skipping = deal(2, 100, &[("visit", 0), ("signing", 10), ("lost", 20)]);
    let stages: Vec<(&str, bool)> = skipping
        .journey()
        .map(|one| (one.stage.1.as_str(), one.passed))
        .collect();
    assert_eq!(
        stages,
        [("visit", true), ("signing", false)],
        "being lost passes nothing"
    );

    let mut dwell = Dwell::default();
    dwell.add(&bouncing);
    let found = dwell.finish(at(50));
    let visit = &found[0];
    assert_eq!(
        (visit.stage.1.as_str(), visit.left, visit.median_hours),
        ("visit", 1, Ok(20)),
        "both stays together"
    );
    assert_eq!(
        (found[1].inside, found[1].median_hours),
        (1, Err(NotApplicable::NotReached))
    );
}

#[test]
fn the_slow_and_leaking_stage_is_ranked_first() {
    let mut stages = Bottleneck::default();
    let mut all = Vec::new();
    for n in 0..40_u8 {
        // Everybody comes to the proposal; there three in four are lost, after 400 hours.
        let mut moves = vec![("visit", 0), ("needs", 24), ("proposal", 48)];
        moves.extend(if n % 4 == 0 {
            vec![("signing", 100), ("won", 120)]
        } else {
            vec![("lost", 448)]
        });
        let mut fact = deal(n, 10_000, &moves);
        fact.lost_reason = (n % 4 != 0).then_some(if n % 8 == 1 {
            LostReason::Price
        } else {
            LostReason::Timing
        });
        stages.add(&fact);
        all.push(fact);
    }
    // A young deal that passed tells nothing yet, nor does one that is stuck.
    stages.add(&deal(90, 1_000_000, &[("visit", 449), ("needs", 449)]));
    stages.add(&deal(91, 1_000_000, &[("visit", 449)]));
    let found = stages.finish(at(450), &Rates::default(), "CNY");
    let first = &found[0];
    assert_eq!(first.stage.1, "proposal");
    assert_eq!(
        (
            first.conversion.entered,
            first.conversion.passed,
            first.conversion.rate_bp
        ),
        (40, 10, Ok(2_500))
    );
    // 40 × 100.00 × 60 % × 75 %.
    assert_eq!(first.score, Ok(180_000));
    assert_eq!((first.dwell.median_hours, first.dwell.p90_hours), (Ok(400), Ok(400)));
    assert_eq!(first.lost, [("timing".to_owned(), 25), ("price".to_owned(), 5)]);
    let visit = found.iter().find(|one| one.stage.1 == "visit").unwrap();
    assert_eq!((visit.conversion.entered, visit.conversion.waiting), (40, 2));
}

#[test]
fn frappe_s_mistakes_are_not_ours() {
    // Its funnel counts rows of the log and drops deals that are lost now; its forecast adds lost deals at full value.
    let lost = deal(
        1,
        500,
        &[("visit", 0), ("needs", 5), ("visit", 10), ("needs", 15), ("lost", 20)],
    );
    let mut stages = Bottleneck::default();
    stages.add(&lost);
    let found = stages.finish(at(100), &Rates::default(), "CNY");
    let entered: Vec<(&str, i64)> = found
        .iter()
        .map(|one| (one.stage.1.as_str(), one.conversion.entered))
        .collect();
    assert_eq!(
        BTreeSet::from_iter(entered),
        BTreeSet::from([("visit", 1), ("needs", 1)])
    );
    let quarter = Period::through(day("1970-01-01"), day("1970-03-31"));
    let (mut pipeline, mut rollup) = (Pipeline::over(quarter), Rollup::over(quarter));
    pipeline.add(&lost);
    rollup.add(&lost);
    assert_eq!(pipeline.finish(&Rates::default(), "CNY").amount.minor, 0);
    assert_eq!(rollup.finish(&Rates::default(), "CNY").open_pipeline.minor, 0);
}

#[test]
fn both_win_rates_and_what_is_left_out() {
    let quarter = Period::through(day("1970-01-01"), day("1970-03-31"));
    let mut rate = WinRate::over(quarter);
    let mut facts = vec![
        deal(1, 1, &[("visit", 0), ("won", 10)]),
        deal(2, 1, &[("visit", 0), ("lost", 10)]),
        deal(3, 1, &[("visit", 0)]),
        deal(4, 1, &[("visit", 0)]),
        deal(5, 1, &[("visit", 0)]),
    ];
    // One is overdue, one has not moved, one moved lately.
    facts[2].expected_close = day("1970-01-15");
    facts[3].expected_close = day("1970-03-01");
    facts[4].expected_close = day("1970-03-01");
    facts[4].moved_on = Some(day("1970-02-20"));
    for stage_type in [StageType::Invalid, StageType::Lost] {
        let mut out = deal(6, 1, &[("visit", 0), ("lost", 10)]);
        (out.stage_type, out.lost_reason) = (stage_type, Some(LostReason::Duplicate));
        facts.push(out);
    }
    let mut disputed = deal(7, 1, &[("visit", 0), ("won", 10)]);
    disputed.disputed = true;
    facts.push(disputed);
    for fact in &facts {
        rate.add(fact);
    }
    let found = rate.finish(day("1970-02-25"), 30);
    assert_eq!((found.won, found.lost, found.overdue, found.stale), (1, 1, 1, 1));
    assert_eq!(
        (found.rate_bp, found.strict_bp, found.few),
        (Ok(5_000), Ok(2_500), true)
    );
    let lost = explain::page(
        &facts,
        |fact| rate.standing(fact, day("1970-02-25"), 30) == Some(Standing::Lost),
        None,
        10,
    );
    assert_eq!(lost.ids, [facts[1].id]);
    assert_eq!(
        WinRate::over(quarter).finish(day("1970-02-25"), 30).rate_bp,
        Err(NotApplicable::ZeroDenominator)
    );
}

#[test]
fn categories_add_up_and_a_manager_s_word_stands_beside() {
    let quarter = Period::through(day("1970-01-01"), day("1970-03-31"));
    let mut rollup = Rollup::over(quarter);
    let categories = [
        (ForecastCategory::Commit, 1),
        (ForecastCategory::MostLikely, 10),
        (ForecastCategory::BestCase, 100),
        (ForecastCategory::Pipeline, 1_000),
        (ForecastCategory::Omitted, 10_000),
    ];
    for (category, minor) in categories {
        let mut open = deal(1, minor, &[("visit", 0)]);
        open.category = Some(category);
        rollup.add(&open);
    }
    rollup.add(&deal(2, 50_000, &[("visit", 0), ("won", 5)]));
    rollup.add(&deal(3, 700_000, &[("visit", 0), ("lost", 5)]));
    let found = rollup.finish(&Rates::default(), "CNY");
    let lines = [
        &found.closed,
        &found.commit,
        &found.most_likely,
        &found.best_case,
        &found.open_pipeline,
    ];
    assert_eq!(lines.map(|line| line.minor), [50_000, 50_001, 50_011, 50_111, 1_111]);

    let said = |id, seen: &[u8], expected| ForecastJudgement {
        stamp: stamp(id, 9, 1, seen),
        line: ForecastLine::Commit,
        expected,
        reason: None,
    };
    let log = [said(2, &[1], 48_000), said(1, &[], 40_000)];
    assert_eq!(judged(&log, ForecastLine::Commit).unwrap().expected, 48_000);
    assert_eq!(judged(&log, ForecastLine::BestCase), None);
}

fn visit(n: u8, kind: VisitKind, visitors: &[u8], checkin: Option<&str>, outcome: Option<VisitOutcome>) -> Visit {
    let member = |n: &u8| MemberId::from_bytes([*n; 16]);
    let events = checkin.map(|instant| {
        let mut stamp = stamp(n, 1, 0, &[]);
        stamp.at = instant.parse().unwrap();
        VisitEvent {
            stamp,
            event: VisitEventKind::Checkin,
            ..VisitEvent::default()
        }
    });
    Visit {
        visit_kind: kind,
        visitors: visitors.iter().map(member).collect(),
        planned_start: Some("2026-03-02T01:00:00Z".parse().unwrap()),
        events: events.into_iter().collect(),
        outcome,
        ..Visit::default()
    }
}

#[test]
fn a_joint_visit_counts_once_for_the_customer_and_once_for_each_visitor() {
    let customer = |n| CustomerId(DocumentId::from_bytes([n; 16]));
    let fact = |n, visit: &Visit| {
        let productive = [VisitOutcome::FollowUp];
        VisitFact::of(
            DocumentId::from_bytes([n; 16]),
            visit,
            None,
            customer(n),
            "Asia/Shanghai",
            None,
            &productive,
        )
    };
    let march = Period::through(day("2026-03-01"), day("2026-03-31"));
    // 17:00 in London is already the next day in Shanghai, where the customer is.
    let joint = fact(
        1,
        &visit(
            1,
            VisitKind::Joint,
            &[1, 2],
            Some("2026-03-02T17:00:00Z"),
            Some(VisitOutcome::FollowUp),
        ),
    );
    assert_eq!(joint.day, Some(day("2026-03-03")));
    let refused = fact(
        2,
        &visit(
            2,
            VisitKind::Planned,
            &[1],
            Some("2026-03-02T02:00:00Z"),
            Some(VisitOutcome::Refused),
        ),
    );
    let missed = fact(3, &visit(3, VisitKind::Planned, &[1], None, None));
    let called = fact(
        4,
        &visit(
            4,
            VisitKind::Phone,
            &[1],
            Some("2026-03-02T02:00:00Z"),
            Some(VisitOutcome::FollowUp),
        ),
    );
    let facts = [joint, refused, missed, called];
    let due: BTreeSet<CustomerId> = (1..=5).map(customer).collect();
    let figure = |member| {
        let mut visiting = Visiting::over(march, member);
        for fact in &facts {
            visiting.add(fact);
        }
        visiting.finish(day("2026-03-31"), &due)
    };
    let all = figure(None);
    assert_eq!((all.visits, all.calls, all.remote, all.customers), (2, 3, 1, 2));
    assert_eq!(
        (all.coverage_bp, all.verified_coverage_bp),
        (Ok(4_000), Ok(0)),
        "a call by telephone covers nobody"
    );
    assert_eq!((all.strike_bp, all.adherence_bp), (Ok(5_000), Ok(6_667)));
    assert_eq!(all.calls_per_day_x100, Ok(100));
    let second = figure(Some(MemberId::from_bytes([2; 16])));
    assert_eq!((second.visits, second.calls, second.strike_bp), (1, 1, Ok(10_000)));
    let nobody = figure(Some(MemberId::from_bytes([9; 16])));
    assert_eq!(
        (nobody.visits, nobody.strike_bp, nobody.adherence_bp),
        (
            0,
            Err(NotApplicable::ZeroDenominator),
            Err(NotApplicable::ZeroDenominator)
        )
    );
}

#[test]
fn a_stop_that_is_still_to_come_is_not_missed() {
    let customer = CustomerId(DocumentId::from_bytes([1; 16]));
    let planned = visit(1, VisitKind::Planned, &[1], None, None);
    let fact = VisitFact::of(
        DocumentId::from_bytes([1; 16]),
        &planned,
        None,
        customer,
        "UTC",
        None,
        &[],
    );
    let mut visiting = Visiting::over(Period::through(day("2026-03-01"), day("2026-03-31")), None);
    visiting.add(&fact);
    let adherence = |on| visiting.finish(day(on), &BTreeSet::new()).adherence_bp;
    assert_eq!(adherence("2026-03-01"), Err(NotApplicable::ZeroDenominator));
    assert_eq!(adherence("2026-03-02"), Ok(0));
}

#[test]
fn a_new_customer_is_one_however_often_it_was_written_down() {
    let confirmed = |ordered_on: &str, returned: i64| {
        let back = OrderReturn {
            stamp: stamp(1, 1, 1, &[]),
            amount_minor: returned,
            ..OrderReturn::default()
        };
        let confirm = OrderEvent {
            stamp: stamp(2, 1, 1, &[]),
            event: OrderEventKind::Confirm,
            ..OrderEvent::default()
        };
        SalesOrder {
            ordered_on: day(ordered_on),
            amount: Money::new(100, "CNY"),
            events: vec![confirm],
            returns: (returned > 0).then_some(back).into_iter().collect(),
            ..SalesOrder::default()
        }
    };
    let survivor = CustomerId(DocumentId::from_bytes([1; 16]));
    let other = CustomerId(DocumentId::from_bytes([2; 16]));
    let base = |orders: &[(SalesOrder, CustomerId)]| {
        let mut base = CustomerBase::default();
        for (n, (order, customer)) in (1..).zip(orders) {
            base.add(&OrderFact::of(DocumentId::from_bytes([n; 16]), order, *customer));
        }
        base.finish(Period::through(day("2026-03-01"), day("2026-03-31")), |_| 90)
    };
    let two = [
        (confirmed("2026-03-05", 0), survivor),
        (confirmed("2026-03-09", 0), other),
    ];
    assert_eq!(base(&two).new, 2);
    let merged = [
        (confirmed("2026-03-05", 0), survivor),
        (confirmed("2026-03-09", 0), survivor),
    ];
    assert_eq!((base(&merged).new, base(&merged).acquisition_bp), (1, Ok(10_000)));
    let older = [
        (confirmed("2026-01-05", 0), survivor),
        (confirmed("2026-03-09", 0), survivor),
    ];
    assert_eq!(
        (base(&older).new, base(&older).retention_bp, base(&older).churn_bp),
        (0, Ok(10_000), Ok(0))
    );
    let given_back = [(confirmed("2026-03-05", 100), survivor)];
    assert_eq!(
        (base(&given_back).new, base(&given_back).retention_bp),
        (0, Err(NotApplicable::ZeroDenominator))
    );
}
