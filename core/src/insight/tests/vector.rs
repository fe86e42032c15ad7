//! The vectors of `tests/golden/insight.json`: what must come of what, for every language that computes a figure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::day;
use crate::domain::kpi::KpiDirection;
use crate::domain::sales_credit::largest_remainder;
use crate::domain::visit::{VisitEvent, VisitEventKind};
use crate::domain::{CustomerId, Visit};
use crate::ids::{DocumentId, MemberId};
use crate::insight::attainment::{Held, attainment};
use crate::insight::calendar::Period;
use crate::insight::clawback::{Method, adjustment};
use crate::insight::csat::Csat;
use crate::insight::customer_base::BaseFigure;
use crate::insight::fact::{AnswerFact, VisitFact};
use crate::insight::holt_winters::{Model, Smoothing};
use crate::insight::leaderboard::{Entry, Ranking, ranked};
use crate::insight::money::{Amounts, Rates, WeightedAmounts};
use crate::insight::nps::Nps;
use crate::insight::run_rate::Pace;
use crate::insight::tally::Tally;
use crate::insight::visiting::Visiting;
use crate::insight::{Accumulator, Figure, backtest, quotient, rfm, seasonal_naive};
use crate::schema::value::{Money, Place, Position};

const VECTORS: &str = include_str!("../../../../tests/golden/insight.json");

/// Runs every vector of a figure; a file without any is an error, not a success.
fn each(figure: &str, check: impl Fn(&Value)) {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = all[figure]
        .as_array()
        .unwrap_or_else(|| panic!("no vectors of {figure}"));
    assert!(!vectors.is_empty(), "{figure}");
    for vector in vectors {
        check(vector);
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn numbers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// A figure as the file has it: a number, or the code of why there is none.
#[track_caller]
fn is(figure: Figure<i64>, expected: &Value, vector: &Value) {
    let found = match figure {
        Ok(value) => Value::from(value),
        Err(reason) => serde_json::to_value(reason).unwrap(),
    };
    assert_eq!(&found, expected, "{vector}");
}

#[test]
fn attainment_by_the_vectors() {
    each("attainment", |vector| {
        let direction = if vector["direction"] == "lower" {
            KpiDirection::Lower
        } else {
            KpiDirection::Higher
        };
        let target = vector["target"].as_i64().map(|value| Held {
            value,
            held: vector["held_days"].as_i64().unwrap_or(1),
            total: vector["total_days"].as_i64().unwrap_or(1),
        });
        is(
            attainment(number(&vector["actual"]), target, direction),
            &vector["expected_bp"],
            vector,
        );
    });
}

#[test]
fn weighted_pipeline_by_the_vectors() {
    each("weighted_pipeline", |vector| {
        let mut rates = Rates::default();
        for rate in vector["rates"].as_array().into_iter().flatten() {
            let text = |name: &str| rate[name].as_str().unwrap();
            rates.put(text("base"), text("quote"), day(text("day")), number(&rate["rate_e9"]));
        }
        let mut sum = WeightedAmounts::default();
        for deal in vector["deals"].as_array().unwrap() {
            let amount = Money::new(number(&deal["minor"]), deal["currency"].as_str().unwrap());
            sum.apply(
                &amount,
                day(deal["expected_close"].as_str().unwrap()),
                number(&deal["probability_bp"]),
                1,
            );
        }
        let found = sum.finish(&rates, vector["currency"].as_str().unwrap());
        is(found.whole(), &vector["expected_minor"], vector);
    });
}

#[test]
fn velocity_by_the_vectors() {
    each("velocity", |vector| {
        let field = |name: &str| i128::from(number(&vector[name]));
        // As `Velocity::finish`: the number of won deals cancels out.
        let up = field("open") * field("won_minor") * field("won");
        let down = (field("won") + field("lost")) * field("cycle_days");
        is(quotient(up, down), &vector["expected_minor_per_day"], vector);
    });
}

#[test]
fn run_rate_by_the_vectors() {
    each("run_rate", |vector| {
        let pace = Pace {
            elapsed: number(&vector["elapsed"]),
            remaining: number(&vector["total"]) - number(&vector["elapsed"]),
        };
        let actual = number(&vector["actual"]);
        is(pace.expected(actual), &vector["expected"], vector);
        is(
            pace.required(actual, number(&vector["target"])),
            &vector["required"],
            vector,
        );
    });
}

#[test]
fn seasonal_naive_by_the_vectors() {
    each("seasonal_naive", |vector| {
        let season = usize::try_from(number(&vector["season"])).unwrap();
        let steps = usize::try_from(number(&vector["steps"])).unwrap();
        match seasonal_naive::forecast(&numbers(&vector["series"]), season, steps) {
            Ok(found) => assert_eq!(found, numbers(&vector["expected"]), "{vector}"),
            Err(reason) => assert_eq!(serde_json::to_value(reason).unwrap(), vector["expected"]),
        }
    });
}

#[test]
fn holt_winters_by_the_vectors() {
    each("holt_winters", |vector| {
        let part = |name: &str| vector[name].as_f64().unwrap();
        let smoothing = Smoothing {
            level: part("alpha"),
            trend: part("beta_star"),
            season: part("gamma"),
        };
        let season = usize::try_from(number(&vector["season"])).unwrap();
        let model = Model::fit(&numbers(&vector["series"]), season, smoothing).unwrap();
        let expected: Vec<f64> = vector["expected"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_f64().unwrap())
            .collect();
        let found = model.exact(expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 5e-7, "{found} is not {expected}");
        }
        assert_eq!(model.forecast(expected.len()), numbers(&vector["rounded"]));
    });
}

#[test]
fn forecast_error_by_the_vectors() {
    each("forecast_error", |vector| {
        let pairs: Vec<(i64, i64)> = numbers(&vector["forecast"])
            .into_iter()
            .zip(numbers(&vector["actual"]))
            .collect();
        let season = usize::try_from(number(&vector["season"])).unwrap();
        let found = backtest::error(&pairs, &numbers(&vector["train"]), season);
        is(found.mase_bp, &vector["mase_bp"], vector);
        is(found.wape_bp, &vector["wape_bp"], vector);
        is(found.bias_bp, &vector["bias_bp"], vector);
        is(found.mape_bp, &vector["mape_bp"], vector);
    });
}

#[test]
fn visits_by_the_vectors() {
    use crate::domain::visit::{Verification, VisitStatus};
    each("visiting", |vector| {
        let count = |name: &str| u16::try_from(number(&vector[name])).unwrap();
        let id = |n: u16| DocumentId::derived(&[0; 16], &n.to_string());
        let mut visiting = Visiting::over(Period::through(day("2026-03-01"), day("2026-03-31")), None);
        for n in 0..count("visits") {
            visiting.add(&VisitFact {
                id: id(n),
                customer: CustomerId(id(n % count("customers"))),
                visitors: vec![MemberId::from_bytes([1; 16])],
                day: Some(day("2026-03-02")),
                planned_on: None,
                status: VisitStatus::Completed,
                remote: false,
                verification: Verification::Unverified,
                productive: n < count("productive"),
                lines: 0,
            });
        }
        let due: BTreeSet<CustomerId> = (0..count("due")).map(|n| CustomerId(id(n))).collect();
        let found = visiting.finish(day("2026-03-31"), &due);
        is(found.coverage_bp, &vector["coverage_bp"], vector);
        is(found.strike_bp, &vector["strike_bp"], vector);
    });
}

#[test]
fn clawback_by_the_vectors() {
    each("clawback", |vector| {
        let method = if vector["method"] == "full" {
            Method::Full
        } else {
            Method::Prorated
        };
        let date = |name: &str| day(vector[name].as_str().unwrap());
        let found = adjustment(
            number(&vector["credited"]),
            (number(&vector["refunded"]), number(&vector["sold"])),
            (date("credited_on"), date("refunded_on")),
            number(&vector["window_days"]),
            method,
        );
        assert_eq!(found, number(&vector["expected"]), "{vector}");
    });
}

#[test]
fn splits_by_the_vectors() {
    each("split", |vector| {
        let found = largest_remainder(number(&vector["amount"]), &numbers(&vector["weights"]));
        assert_eq!(found, numbers(&vector["expected"]));
    });
}

#[test]
fn retention_by_the_vectors() {
    each("retention", |vector| {
        let count = |name: &str| number(&vector[name]);
        let lost = count("at_start") - (count("at_end") - count("joined"));
        let found = BaseFigure::of(
            count("joined"),
            count("at_start"),
            count("at_end"),
            count("joined"),
            lost,
        );
        is(found.retention_bp, &vector["retention_bp"], vector);
        is(found.churn_bp, &vector["churn_bp"], vector);
    });
}

fn answers(values: &[i64], fact: impl Fn(i64) -> AnswerFact) -> Vec<AnswerFact> {
    values.iter().map(|value| fact(*value)).collect()
}

fn answer(csat: Option<i64>, nps: Option<i64>) -> AnswerFact {
    AnswerFact {
        id: DocumentId::default(),
        answered_on: day("2026-03-01"),
        about: None,
        interviewer: None,
        nps,
        csat,
    }
}

#[test]
fn csat_by_the_vectors() {
    each("csat", |vector| {
        let mut csat = Csat::over(Period::through(day("2026-03-01"), day("2026-03-31")));
        for fact in answers(&numbers(&vector["answers"]), |one| answer(Some(one), None)) {
            csat.add(&fact);
        }
        // Many answers at once, where the file counts them.
        csat.apply(&answer(Some(5), None), vector["satisfied"].as_i64().unwrap_or(0));
        csat.apply(&answer(Some(1), None), vector["others"].as_i64().unwrap_or(0));
        let found = csat.finish();
        is(found.satisfied_bp, &vector["expected_bp"], vector);
        is(found.percent, &vector["percent"], vector);
        assert_eq!(found.few, vector["few"], "{vector}");
    });
}

#[test]
fn nps_by_the_vectors() {
    each("nps", |vector| {
        let mut nps = Nps::over(Period::through(day("2026-03-01"), day("2026-03-31")));
        for fact in answers(&numbers(&vector["answers"]), |one| answer(None, Some(one))) {
            nps.add(&fact);
        }
        let found = nps.finish();
        is(found.score, &vector["score"], vector);
        is(found.margin_x100, &vector["margin_x100"], vector);
    });
}

#[test]
fn scores_and_segments_by_the_vectors() {
    each("rfm_scores", |vector| {
        assert_eq!(rfm::scores(&numbers(&vector["values"])), numbers(&vector["expected"]));
    });
    each("rfm_segments", |vector| {
        let score = numbers(&vector["scores"]);
        let found = format!("{:?}", rfm::segment(score[0], score[1], score[2]));
        assert_eq!(found, vector["expected"].as_str().unwrap(), "{vector}");
    });
}

#[test]
fn ranks_by_the_vectors() {
    each("leaderboard", |vector| {
        let entries = || {
            let scores = numbers(&vector["scores"]);
            let entry = |(n, score): (u8, i64)| Entry {
                member: MemberId::from_bytes([n; 16]),
                score: score.into(),
                verified_bp: None,
                reached_ms: (0, 0),
            };
            (0..).zip(scores).map(entry).collect::<Vec<_>>()
        };
        let ranks = |ranking| {
            ranked(entries(), ranking)
                .into_iter()
                .map(|(rank, _)| i64::try_from(rank).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(ranks(Ranking::Competition), numbers(&vector["competition"]));
        assert_eq!(ranks(Ranking::Dense), numbers(&vector["dense"]));
    });
}

#[test]
fn quantiles_by_the_vectors() {
    each("quantile", |vector| {
        let mut tally = Tally::default();
        for value in numbers(&vector["values"]) {
            tally.apply(value, 1);
        }
        is(tally.quantile(1, 2), &vector["median"], vector);
        is(tally.quantile(9, 10), &vector["p90"], vector);
    });
}

#[test]
fn currencies_by_the_vectors() {
    each("currency", |vector| {
        let text = |name: &str| vector[name].as_str().unwrap();
        let mut rates = Rates::default();
        for (on, rate) in vector["rates_e9"].as_object().unwrap() {
            rates.put(text("from"), text("to"), day(on), number(rate));
        }
        let mut sum = Amounts::default();
        sum.apply(
            &Money::new(number(&vector["minor"]), text("from")),
            day(text("day")),
            1,
            1,
        );
        is(sum.finish(&rates, text("to")).whole(), &vector["expected"], vector);
    });
}

#[test]
fn fences_by_the_vectors() {
    each("geofence", |vector| {
        let point = |name: &str| {
            let point = numbers(&vector[name]);
            Position::new(point[0], point[1])
        };
        let (here, there) = (point("here_e7"), point("there_e7"));
        let metres = vector["distance_m"].as_f64().unwrap();
        assert!(
            (here.distance_m(&there) - metres).abs() < 0.06,
            "{} is not {metres}",
            here.distance_m(&there)
        );
        let Some(accuracy) = vector["accuracy_m"].as_i64() else {
            return;
        };
        let checkin = VisitEvent {
            event: VisitEventKind::Checkin,
            position: Some(Position {
                accuracy_m: Some(accuracy),
                ..here
            }),
            ..VisitEvent::default()
        };
        let visit = Visit {
            events: vec![checkin],
            expected_place: Some(Place {
                address: None,
                position: Some(there),
            }),
            geo_radius_m: vector["radius_m"].as_i64(),
            ..Visit::default()
        };
        assert_eq!(
            visit.verification().code(),
            vector["expected"].as_str().unwrap(),
            "{vector}"
        );
    });
}
