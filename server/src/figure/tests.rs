//! What is kept and what is counted again are the same, whatever happened; and a kept figure that is wrong is noticed.

use satchel_core::clock::SeededEntropy;
use satchel_core::domain;
use satchel_core::ids::{DocumentId, MemberId, OrgId, RunId, ScopeId, TeamId};
use satchel_core::policy::Role;
use satchel_core::schema::Patch;
use serde_json::{Value, json};

use super::count::{check, rebuild};
use crate::identity::assignment::{Handover, assign, hand_over, unassign};
use crate::identity::member::{self, MemberPatch, NewMember};
use crate::identity::{Actor, org, team};
use crate::relay::{self, Context, Draft, Limits};
use crate::store::Sequence;
use crate::store::figure::{Book, CellAt, Difference, Figures};
use crate::store::sqlite::{File, Transaction};

const NOW: i64 = 1_764_000_000_000;
const NORTH: TeamId = TeamId::from_bytes([101; 16]);
const SOUTH: TeamId = TeamId::from_bytes([102; 16]);
const LI: MemberId = MemberId::from_bytes([1; 16]);
const WANG: MemberId = MemberId::from_bytes([2; 16]);

/// An organisation of two teams with a rep each.
fn organisation(tx: &mut Transaction<'_>) {
    org::create(tx, OrgId::from_bytes([100; 16]), "Org", NOW).unwrap();
    tx.begin_run(RunId::from_bytes([9; 16]), NOW).unwrap();
    for (id, name, team, rep) in [(NORTH, "North", NORTH, LI), (SOUTH, "South", SOUTH, WANG)] {
        team::add(tx, &Actor::Operator, id, name, None, NOW).unwrap();
        let new = NewMember {
            name: name.into(),
            role: Role::Rep,
            team: Some(team),
            locale: "zh-CN".into(),
            time_zone: "Asia/Shanghai".into(),
        };
        member::add(tx, &Actor::Operator, rep, &new, NOW).unwrap();
    }
}

/// Writes as a member, and says what the record is.
fn write(tx: &mut Transaction<'_>, by: MemberId, kind: &str, n: u8, fields: &Value, new: bool) -> DocumentId {
    let entropy = SeededEntropy::new(n.into());
    let context = Context::read(tx, NOW + i64::from(n) * 3_600_000, &entropy).unwrap();
    let context = context.within(Limits::default());
    let kind = domain::kind(kind).unwrap();
    let role = if kind.name == "fiscal_calendar" {
        Role::Admin
    } else {
        Role::Rep
    };
    let draft = Draft {
        member: by,
        role,
        zone: "Asia/Shanghai",
    };
    let id = DocumentId::from_bytes([n; 16]);
    let fields = fields.as_object().unwrap();
    if new {
        let patch = Patch::creating(kind, fields).unwrap();
        relay::create(tx, &context, draft, kind, id, &patch).unwrap();
    } else {
        let patch = Patch::from_json(kind, fields).unwrap();
        relay::edit(tx, &context, draft, kind, id, &patch, None).unwrap();
    }
    id
}

fn agrees(tx: &mut Transaction<'_>, after: &str) -> Difference {
    let found = check(tx).unwrap();
    assert_eq!(found.differing, 0, "after {after}");
    found
}

fn moved(stage: &str, stage_type: &str, rank: i64) -> Value {
    json!({"stage": stage, "stage_type": stage_type, "rank": rank, "probability_bp": 4_000})
}

/// A customer with a deal, two visits and an order.
fn worked(tx: &mut Transaction<'_>) -> ScopeId {
    let customer = write(
        tx,
        LI,
        "customer",
        10,
        &json!({"name": "街角小店", "visits_per_month": 2}),
        true,
    );
    let deal = json!({
        "customer_id": customer, "name": "冬季订货", "amount": {"minor": 30_001, "currency": "CNY"},
        "expected_close": "2025-11-28", "moves": [moved("visit", "open", 0)],
    });
    write(tx, LI, "deal", 11, &deal, true);
    for n in [12, 13] {
        let visit = json!({"customer_id": customer, "visit_kind": "unplanned", "events": [{"event": "checkin"}]});
        write(tx, LI, "visit", n, &visit, true);
    }
    customer.into()
}

#[test]
fn what_is_kept_is_what_is_counted_again_whatever_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = File::open(&directory.path().join("relay.sqlite")).unwrap();
    let mut tx = file.transaction().unwrap();
    organisation(&mut tx);
    assert_eq!(agrees(&mut tx, "the beginning").cells, 0);
    let customer = worked(&mut tx);
    assert!(agrees(&mut tx, "work").cells > 10);

    write(
        &mut tx,
        LI,
        "deal",
        11,
        &json!({"moves": {"append": [moved("won", "won", 4)]}}),
        false,
    );
    agrees(&mut tx, "a deal that was won");
    write(
        &mut tx,
        LI,
        "deal",
        11,
        &json!({"amount": {"minor": 7, "currency": "USD"}}),
        false,
    );
    agrees(&mut tx, "an amount in another currency");
    write(
        &mut tx,
        LI,
        "visit",
        12,
        &json!({"events": {"append": [{"event": "abandon"}]}}),
        false,
    );
    agrees(&mut tx, "an abandoned visit");

    let order = json!({
        "customer_id": DocumentId::from(customer), "number": "R07-1", "visit_id": DocumentId::from_bytes([13; 16]),
        "ordered_on": "2025-11-20", "amount": {"minor": 100, "currency": "CNY"},
        "lines": {"A/qty_milli": 1_000, "A/price_minor": 100},
    });
    let before = tx.taken(Book::Kept, DocumentId::from_bytes([13; 16])).unwrap();
    write(&mut tx, LI, "sales_order", 14, &order, true);
    let after = tx.taken(Book::Kept, DocumentId::from_bytes([13; 16])).unwrap();
    assert_eq!(
        (before, after),
        (None, Some(1)),
        "the order makes the visit a productive one"
    );
    agrees(&mut tx, "an order on a visit");
    write(
        &mut tx,
        LI,
        "sales_order",
        14,
        &json!({"visit_id": DocumentId::from_bytes([12; 16])}),
        false,
    );
    agrees(&mut tx, "an order that was taken on another visit");
    write(&mut tx, LI, "customer", 10, &json!({"visits_per_month": 0}), false);
    agrees(&mut tx, "a customer that is to be visited no more");
}

#[test]
fn what_is_kept_follows_whose_a_customer_is_and_where_people_belong() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = File::open(&directory.path().join("relay.sqlite")).unwrap();
    let mut tx = file.transaction().unwrap();
    organisation(&mut tx);
    let customer = worked(&mut tx);
    let counts =
        |tx: &Transaction<'_>, unit: [u8; 16]| !tx.marked("deal", unit, (0, i32::MAX), None, 9).unwrap().is_empty();
    let shown = |tx: &Transaction<'_>| {
        [NORTH.as_bytes(), SOUTH.as_bytes(), LI.as_bytes(), WANG.as_bytes()].map(|unit| counts(tx, *unit))
    };
    assert_eq!(shown(&tx), [true, false, true, false]);
    assign(&mut tx, &Actor::Operator, customer, WANG, NOW).unwrap();
    agrees(&mut tx, "an assignment");
    assert_eq!(shown(&tx), [true, false, true, true]);
    unassign(&mut tx, &Actor::Operator, customer, WANG, NOW).unwrap();
    agrees(&mut tx, "an assignment that was taken back");
    let handover = Handover {
        from: None,
        to: WANG,
        keep_team: false,
    };
    hand_over(&mut tx, &Actor::Operator, customer, &handover, NOW).unwrap();
    agrees(&mut tx, "a handover");
    assert_eq!(shown(&tx), [false, true, false, true]);
    let patch = MemberPatch {
        team: Some(Some(NORTH)),
        ..MemberPatch::default()
    };
    member::edit(&mut tx, &Actor::Operator, WANG, &patch, NOW).unwrap();
    agrees(&mut tx, "a member who moved");
    team::reparent(&mut tx, &Actor::Operator, SOUTH, Some(NORTH), NOW).unwrap();
    agrees(&mut tx, "a team that moved");
}

#[test]
fn days_are_counted_anew_in_another_zone() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = File::open(&directory.path().join("relay.sqlite")).unwrap();
    let mut tx = file.transaction().unwrap();
    organisation(&mut tx);
    worked(&mut tx);
    let admin = NewMember {
        name: "Admin".into(),
        role: Role::Admin,
        team: None,
        locale: "zh-CN".into(),
        time_zone: "Asia/Shanghai".into(),
    };
    let boss = MemberId::from_bytes([3; 16]);
    member::add(&mut tx, &Actor::Operator, boss, &admin, NOW).unwrap();
    let calendar = json!({"name": "财年", "first_month": 1, "zone": "Pacific/Kiritimati"});
    write(&mut tx, boss, "fiscal_calendar", 40, &calendar, true);
    agrees(&mut tx, "another zone");
    assert_eq!(tx.figure_state().unwrap().unwrap().0, "Pacific/Kiritimati");
}

#[test]
fn a_kept_figure_that_is_wrong_is_noticed_and_mended() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = File::open(&directory.path().join("relay.sqlite")).unwrap();
    let mut tx = file.transaction().unwrap();
    organisation(&mut tx);
    worked(&mut tx);
    let at = CellAt {
        topic: 4,
        unit: LI.as_bytes(),
        day: 739_000,
        home: NORTH.into(),
        currency: "CNY",
        label: "true",
    };
    tx.add_cell(Book::Kept, at, 1, 1).unwrap();
    assert_eq!(check(&mut tx).unwrap().differing, 1, "a cell too many");
    let visit = DocumentId::from_bytes([12; 16]);
    tx.put_taken(Book::Kept, visit, visit, Some(3)).unwrap();
    assert_eq!(check(&mut tx).unwrap().differing, 2, "and an order that nobody took");
    rebuild(&mut tx).unwrap();
    agrees(&mut tx, "a count from the beginning");
    tx.add_cell(Book::Kept, at, 2, i128::MAX).unwrap();
    tx.add_cell(Book::Kept, at, -2, -i128::MAX).unwrap();
    agrees(&mut tx, "more than all money, added and taken back");
}
