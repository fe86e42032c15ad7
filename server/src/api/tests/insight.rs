//! Figures over REST: whose they are, what they come to, and that n/a is no 0.

use axum::http::StatusCode;
use satchel_core::domain::{CustomerId, DealId};
use satchel_core::ids::DocumentId;
use serde_json::{Value, json};

use super::{Keys, OTHER_TEAM, Relay, TEAM, id, relay};

/// The relay's clock stands on 2025-11-24.
const PERIOD: &str = "2025-11";

impl Relay {
    async fn made(&self, collection: &str, key: &str, body: Value) -> String {
        let answer = self
            .call(
                "POST",
                &format!("/v1/{collection}"),
                key,
                None,
                Some(json!({"fields": body})),
            )
            .await;
        answer.must(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
    }

    async fn figures(&self, key: &str, path: &str) -> Value {
        let answer = self.call("GET", &format!("/v1/insight/{path}"), key, None, None).await;
        answer.must(StatusCode::OK)
    }

    async fn refused(&self, key: &str, path: &str) -> (StatusCode, Value) {
        let answer = self.call("GET", &format!("/v1/insight/{path}"), key, None, None).await;
        (answer.status, answer.json["code"].clone())
    }
}

fn moved(stage: &str, stage_type: &str, rank: i64, at: &str) -> Value {
    json!({
        "stage": stage, "stage_type": stage_type, "rank": rank, "probability_bp": 5_000, "forecast_category": "commit",
        "reason": at,
    })
}

fn credit(n: u8, rep: u8, minor: i64) -> Value {
    json!({
        "deal_id": DealId(DocumentId::from_bytes([n; 16])), "customer_id": CustomerId(DocumentId::from_bytes([9; 16])),
        "rep": id(rep),
        "award": {
            "closed_on": "2025-11-10", "closed_at": "2025-11-10T08:00:00Z", "share_bp": 10_000,
            "amount": {"minor": minor, "currency": "CNY"}, "lines": [],
        },
    })
}

/// A KPI, a target of the rep, and a credit of each rep.
async fn sold(relay: &Relay, keys: &Keys) -> String {
    let kpi = json!({"code": "SALES", "name_zh": "销售额", "name_en": "Sales", "metric": "sales_amount"});
    let kpi = relay.made("kpis", &keys.admin, kpi).await;
    let target = json!({
        "kpi_id": kpi, "rep": id(3), "first_day": "2025-11-01", "last_day": "2025-11-30", "value": 1_000_000,
    });
    relay.made("sales_targets", &keys.manager, target).await;
    for (n, rep, minor, key) in [(1, 3, 250_000, &keys.rep), (2, 4, 700_000, &keys.other)] {
        let made = relay.made("sales_credits", key, credit(n, rep, minor)).await;
        assert!(!made.is_empty());
    }
    kpi
}

#[tokio::test]
async fn a_rep_sees_himself_a_manager_his_team_and_an_admin_everybody() {
    let (relay, keys) = relay().await;
    let kpi = sold(&relay, &keys).await;
    let path = format!("attainment?period={PERIOD}");

    let rep = relay.figures(&keys.rep, &path).await;
    assert_eq!(rep["total"][0]["kpi"], json!(kpi));
    assert_eq!(rep["total"][0]["actual"], json!({"value": 250_000}));
    assert_eq!(rep["total"][0]["target"], json!({"value": 1_000_000}));
    assert_eq!(rep["total"][0]["attainment_bp"], json!({"value": 2_500}));
    assert_eq!(rep["members"].as_array().unwrap().len(), 1);
    // The day of the answer is a Monday: fifteen working days are over, five are left with it.
    assert_eq!((&rep["elapsed_days"], &rep["remaining_days"]), (&json!(15), &json!(5)));
    assert_eq!(rep["total"][0]["expected"], json!({"value": 333_333}));
    assert_eq!(rep["total"][0]["required"], json!({"value": 150_000}));

    let manager = relay.figures(&keys.manager, &path).await;
    assert_eq!(manager["total"][0]["actual"], json!({"value": 250_000}));
    assert_eq!(manager["total"][0]["summed"], json!(true));
    let of = |answer: &Value, member: u8| {
        let members = answer["members"].as_array().unwrap();
        members.iter().find(|one| one["id"] == json!(id(member))).cloned()
    };
    assert!(of(&manager, 4).is_none(), "a manager sees nobody of another team");
    let himself = of(&manager, 2).unwrap();
    assert_eq!(
        himself["lines"][0]["attainment_bp"],
        json!({"value": null, "reason": "no_target"})
    );
    assert_eq!(himself["lines"][0]["actual"], json!({"value": 0}));

    let admin = relay.figures(&keys.admin, &path).await;
    assert_eq!(admin["total"][0]["actual"], json!({"value": 950_000}));
    assert_eq!(of(&admin, 4).unwrap()["lines"][0]["actual"], json!({"value": 700_000}));
    let team = relay.figures(&keys.admin, &format!("{path}&team={OTHER_TEAM}")).await;
    assert_eq!(team["total"][0]["actual"], json!({"value": 700_000}));
    assert_eq!(team["completeness"]["never"], json!([id(4)]));
}

#[tokio::test]
async fn what_cannot_be_answered_is_a_problem() {
    let (relay, keys) = relay().await;
    let bad = (StatusCode::BAD_REQUEST, json!("bad-period"));
    for period in ["2025-13", "2025-Q5", "25", "now", "2025-1", "20251", "2025-11-01"] {
        assert_eq!(
            relay.refused(&keys.admin, &format!("funnel?period={period}")).await,
            bad,
            "{period}"
        );
    }
    let nowhere = DocumentId::from_bytes([1; 16]);
    let (status, code) = relay.refused(&keys.admin, &format!("team?team={nowhere}")).await;
    assert_eq!((status, code), (StatusCode::NOT_FOUND, json!("no-such-team")));
    for (key, team) in [(&keys.manager, OTHER_TEAM), (&keys.rep, TEAM)] {
        let (status, code) = relay.refused(key, &format!("team?team={team}")).await;
        assert_eq!((status, code), (StatusCode::FORBIDDEN, json!("forbidden")));
    }
    let (status, code) = relay.refused(&keys.admin, "records?figure=happiness").await;
    assert_eq!((status, code), (StatusCode::BAD_REQUEST, json!("no-such-figure")));
    let (status, code) = relay.refused(&keys.admin, "forecast?currency=yuan").await;
    assert_eq!((status, code), (StatusCode::BAD_REQUEST, json!("bad-currency")));
}

#[tokio::test]
async fn deals_and_visits_stand_in_every_answer_with_the_records_behind() {
    let (relay, keys) = relay().await;
    let customer = relay
        .made(
            "customers",
            &keys.rep,
            json!({"name": "街角小店", "visits_per_month": 4}),
        )
        .await;
    relay
        .made("customers", &keys.rep, json!({"name": "无人店", "visits_per_month": 1}))
        .await;
    let deal = json!({
        "customer_id": customer, "name": "冬季订货", "amount": {"minor": 30_001, "currency": "CNY"},
        "expected_close": "2025-11-28", "moves": [moved("visit", "open", 0, "first")],
    });
    let deal = relay.made("deals", &keys.rep, deal).await;
    let visit = json!({
        "customer_id": customer, "visit_kind": "unplanned", "events": [{"event": "checkin"}],
    });
    let visit = relay.made("visits", &keys.rep, visit).await;

    let forecast = relay.figures(&keys.manager, &format!("forecast?period={PERIOD}")).await;
    assert_eq!(forecast["rollup"]["commit"], json!({"value": 30_001}));
    assert_eq!(forecast["rollup"]["closed"], json!({"value": 0}));
    assert_eq!(forecast["pipeline"]["weighted"], json!({"value": 15_000}));
    assert_eq!(
        (&forecast["series"]["method"], &forecast["series"]["reason"]),
        (&json!(null), &json!("too_few"))
    );

    let funnel = relay.figures(&keys.manager, "funnel?period=2025-Q4").await;
    let stage = &funnel["processes"][0]["stages"][0];
    assert_eq!(
        (&stage["code"], &stage["inside"], &stage["waiting"]),
        (&json!("visit"), &json!(1), &json!(1))
    );
    assert_eq!(
        stage["conversion_bp"],
        json!({"value": null, "reason": "zero_denominator"})
    );
    assert_eq!(funnel["velocity"]["open"], json!(1));

    let team = relay
        .figures(&keys.manager, &format!("team?period={PERIOD}&team={TEAM}"))
        .await;
    let rep = team["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == json!(id(3)))
        .unwrap();
    let activity = &rep["activity"];
    assert_eq!((&activity["visits"], &activity["due"]), (&json!(1), &json!(2)));
    assert_eq!(activity["coverage_bp"], json!({"value": 5_000}));
    assert_eq!(
        activity["adherence_bp"],
        json!({"value": null, "reason": "zero_denominator"})
    );
    assert_eq!(rep["pipeline"]["deals"], json!(1));
    assert_eq!(rep["contact"]["state"], json!("never_synced"));

    let visits = relay.figures(&keys.manager, &format!("visits?period={PERIOD}")).await;
    assert_eq!(visits["items"][0]["id"], json!(visit));
    assert_eq!(visits["items"][0]["customer_name"], json!("街角小店"));
    assert_eq!(
        (&visits["activity"]["visits"], &visits["activity"]["unverified"]),
        (&json!(1), &json!(1))
    );

    let customers = relay
        .figures(&keys.manager, &format!("customers?period={PERIOD}"))
        .await;
    assert_eq!(customers["overdue"], json!(1));
    assert_eq!(customers["overdue_customers"][0]["name"], json!("无人店"));
    assert_eq!(
        customers["nps"]["score"],
        json!({"value": null, "reason": "zero_denominator"})
    );

    let behind = relay
        .figures(&keys.manager, &format!("records?figure=commit&period={PERIOD}"))
        .await;
    assert_eq!(behind["items"][0]["id"], json!(deal));
    assert_eq!(behind["items"].as_array().unwrap().len(), 1);
    let behind = relay
        .figures(&keys.rep, &format!("records?figure=unverified&period={PERIOD}"))
        .await;
    assert_eq!(behind["items"][0]["id"], json!(visit));
    for path in [
        "forecast",
        "funnel",
        "team",
        "visits",
        "customers",
        "records?figure=commit",
    ] {
        let other = relay.figures(&keys.other, path).await.to_string();
        assert!(
            !other.contains(&deal) && !other.contains("30001") && !other.contains("小店"),
            "{path}: {other}"
        );
    }
}
