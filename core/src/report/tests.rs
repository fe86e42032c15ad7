use serde_json::{Value, json};

use super::*;
use crate::clock::SeededEntropy;
use crate::document::{Author, Document};
use crate::domain::{self, KINDS, SalesTargetId};
use crate::ids::{ActorId, Heads, MemberId};
use crate::insight::NotApplicable;
use crate::insight::calendar::Period;
use crate::schema::Patch;
use crate::store::{Indexing, NewDocument, Options, Origin, Store};

/// A device's rows, as they came from a relay.
struct Bench {
    store: Store,
    _dir: tempfile::TempDir,
}

const ANN: MemberId = MemberId::from_bytes([1; 16]);
const BO: MemberId = MemberId::from_bytes([2; 16]);

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("device.db"), Options::new(KINDS)).unwrap();
        Self { store, _dir: dir }
    }

    fn keep(&self, kind: &str, number: u8, fields: &Value) -> DocumentId {
        let kind = domain::kind(kind).unwrap();
        let id = DocumentId::from_bytes([number; 16]);
        let entropy = SeededEntropy::new(number.into());
        let author = Author {
            member: ANN,
            actor: ActorId([number; 16]),
            at_ms: 1_772_413_200_000,
            zone: "Asia/Shanghai",
            entropy: &entropy,
        };
        let patch = Patch::creating(kind, fields.as_object().unwrap()).unwrap();
        let (mut document, changes) = Document::create(kind, id, &patch, &author).unwrap();
        let heads = document.heads();
        let kept: Result<_, Error> = self.store.write(|tx| {
            tx.put_document(&NewDocument {
                id,
                kind: kind.name,
                scope: Some(id.into()),
                snapshot: &[],
                heads: &Heads::default(),
            })?;
            tx.append_changes(id, Origin::Local(None), &changes, &heads)?;
            tx.put_row(id, &document.project(), Indexing::Now)
        });
        kept.unwrap();
        id
    }

    fn credit(&self, number: u8, rep: MemberId, minor: i64, on: &str, lines: &[(&str, i64)]) -> DocumentId {
        let line = |(product, amount_minor): &(&str, i64)| json!({"product": product, "amount_minor": amount_minor});
        let award = json!({
            "closed_on": on, "closed_at": "2026-03-10T08:00:00Z", "share_bp": 10_000,
            "amount": {"minor": minor, "currency": "CNY"},
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
        });
        let fields = json!({
            "deal_id": DocumentId::from_bytes([number; 16]), "customer_id": DocumentId::from_bytes([9; 16]),
            "rep": rep, "award": award,
        });
        self.keep("sales_credit", number, &fields)
    }

    fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, Error>) -> T {
        self.store.read(work).unwrap()
    }

    fn reached(&self, member: MemberId) -> Vec<Reached> {
        let day = "2026-03-16".parse().unwrap();
        self.read(|reader| reached(reader, member, day, ("CNY", "Asia/Shanghai", None)))
    }

    fn target(&self, number: u8, kpi: DocumentId, value: i64) -> SalesTargetId {
        let fields = json!({
            "kpi_id": kpi, "rep": ANN, "first_day": "2026-03-01", "last_day": "2026-03-31", "value": value,
        });
        self.keep("sales_target", number, &fields).into()
    }

    fn kpi(&self, number: u8, metric: &str, products: &[&str]) -> DocumentId {
        let fields = json!({
            "code": format!("K{number}"), "name_zh": "指标", "name_en": "KPI", "metric": metric, "products": products,
        });
        self.keep("kpi", number, &fields)
    }
}

#[test]
fn a_rep_sees_how_far_his_targets_are_reached_and_by_what() {
    let bench = Bench::new();
    let sales = bench.kpi(100, "sales_amount", &[]);
    let focus = bench.kpi(101, "sales_amount", &["NEW"]);
    let other = bench.kpi(102, "training_done", &[]);
    let target = bench.target(110, sales, 10_000_000);
    bench.target(111, focus, 1_000_000);
    bench.target(112, other, 5);
    let first = bench.credit(1, ANN, 4_000_000, "2026-03-05", &[("OLD", 3_500_000), ("NEW", 500_000)]);
    let second = bench.credit(2, ANN, 1_000_000, "2026-03-15", &[]);
    bench.credit(3, BO, 9_000_000, "2026-03-05", &[]);
    bench.credit(4, ANN, 9_000_000, "2026-02-28", &[]);

    let found = bench.reached(ANN);
    assert_eq!(found.len(), 2, "what a device does not measure is left out");
    let all = &found[0];
    assert_eq!(
        (all.target, all.actual, all.attainment_bp),
        (target, Ok(5_000_000), Ok(5_000))
    );
    // Ten of 22 working days of March are over on the sixteenth.
    assert_eq!((all.expected, all.required), (Ok(11_000_000), Ok(416_667)));
    assert_eq!((found[1].actual, found[1].attainment_bp), (Ok(500_000), Ok(5_000)));
    assert_eq!(bench.reached(BO), []);

    let page = |after, limit| {
        let found = bench.read(|reader| behind(reader, target, "UTC", after, limit));
        found.unwrap()
    };
    let one = page(None, 1);
    assert_eq!((one.ids, one.next), (vec![first], Some(first)));
    let rest = page(one.next, 1);
    assert_eq!((rest.ids, rest.next), (vec![second], None));
}

#[test]
fn an_amount_without_a_rate_is_no_figure_until_the_rate_arrives() {
    let bench = Bench::new();
    let sales = bench.kpi(100, "sales_amount", &[]);
    let fields = json!({
        "kpi_id": sales, "rep": ANN, "first_day": "2026-03-01", "last_day": "2026-03-31", "value": 100,
        "currency": "USD",
    });
    bench.keep("sales_target", 110, &fields);
    bench.credit(1, ANN, 700, "2026-03-05", &[]);
    let attained = || bench.reached(ANN)[0].attainment_bp;
    assert_eq!(attained(), Err(NotApplicable::NoRate));
    let rate = json!({
        "base": "CNY", "quote": "USD", "year": 2026, "rates_e9": {"2026-03-01": 142_857_143},
    });
    bench.keep("exchange_rate", 120, &rate);
    assert_eq!(attained(), Ok(10_000));
}

#[test]
fn visits_are_counted_with_the_orders_taken_on_them() {
    let bench = Bench::new();
    let customer = bench.keep("customer", 9, &json!({"name": "街角小店"}));
    let checkin = |at: &str| {
        let stamp = json!({
            "id": DocumentId::from_bytes([77; 16]), "seen": [], "by": ANN, "at": at, "zone": "Asia/Shanghai",
        });
        json!([{"stamp": stamp, "event": "checkin"}])
    };
    for number in [20, 21] {
        let fields = json!({
            "customer_id": customer, "visit_kind": "unplanned", "visitors": [ANN],
            "events": checkin("2026-03-05T02:00:00Z"),
        });
        bench.keep("visit", number, &fields);
    }
    let order = json!({
        "customer_id": customer, "number": "R07-1", "visit_id": DocumentId::from_bytes([20; 16]),
        "ordered_on": "2026-03-05", "amount": {"minor": 100, "currency": "CNY"},
        "lines": {"A/qty_milli": 1_000, "A/price_minor": 100},
    });
    bench.keep("sales_order", 30, &order);
    let (visits, productive) = (bench.kpi(100, "visits", &[]), bench.kpi(101, "productive_visits", &[]));
    bench.target(110, visits, 4);
    bench.target(111, productive, 4);
    let found = bench.reached(ANN);
    assert_eq!([found[0].actual, found[1].actual], [Ok(2), Ok(1)]);
    assert_eq!(
        found[0].period,
        Period::through("2026-03-01".parse().unwrap(), "2026-03-31".parse().unwrap())
    );
}
