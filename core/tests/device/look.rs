use chrono::{DateTime, NaiveDate, Utc};
use satchel_core::domain::deal::StageMove;
use satchel_core::domain::process_template::StageType;
use satchel_core::domain::task::{TaskEvent, TaskEventKind};
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Contact, ContactPatch, CustomerId, Deal, DealPatch, Task, TaskPatch, Visit, VisitPatch};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::query;
use satchel_core::schema::value::Money;

use crate::Phone;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn visit(phone: &Phone, customer: CustomerId, start: &str) -> DocumentId {
    let patch = VisitPatch {
        customer_id: Some(customer),
        visit_kind: Some(VisitKind::Planned),
        planned_start: Some(at(start)),
        ..VisitPatch::default()
    };
    phone.engine.of::<Visit>().create(patch).unwrap().into()
}

fn task(phone: &Phone, due: &str) -> DocumentId {
    let patch = TaskPatch {
        title: Some("call".to_owned()),
        due_at: Some(at(due)),
        ..TaskPatch::default()
    };
    phone.engine.of::<Task>().create(patch).unwrap().into()
}

#[test]
fn the_agenda_holds_the_civil_day_of_its_zone() {
    let phone = Phone::new();
    let customer = phone.customer("A");
    // 00:30 and 23:30 in Shanghai on the second of March; the day before and after in UTC matter not.
    let early = visit(&phone, customer, "2026-03-01T16:30:00Z");
    let late = visit(&phone, customer, "2026-03-02T15:30:00Z");
    visit(&phone, customer, "2026-03-01T15:59:59Z");
    visit(&phone, customer, "2026-03-02T16:00:00Z");
    let due = task(&phone, "2026-03-02T03:00:00Z");
    let overdue = task(&phone, "2026-02-20T03:00:00Z");
    let done = task(&phone, "2026-03-02T04:00:00Z");
    let event = TaskEvent {
        event: TaskEventKind::Complete,
        ..TaskEvent::default()
    };
    let patch = TaskPatch {
        append_events: vec![event],
        ..TaskPatch::default()
    };
    phone.engine.of::<Task>().edit(done.into(), patch, None).unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let read = |member: Option<MemberId>| {
        phone
            .engine
            .read(|reader| Ok(query::agenda(reader, day, chrono_tz::Asia::Shanghai, member)?))
            .unwrap()
    };
    let ids = |records: &[satchel_core::store::Record]| records.iter().map(|one| one.id).collect::<Vec<_>>();
    let agenda = read(None);
    assert_eq!(ids(&agenda.visits), [early, late]);
    assert_eq!(ids(&agenda.due), [due]);
    assert_eq!(ids(&agenda.overdue), [overdue]);
    // Named visitors make it theirs.
    let me = MemberId::from_bytes([2; 16]);
    let patch = VisitPatch {
        add_visitors: vec![MemberId::from_bytes([9; 16])],
        ..VisitPatch::default()
    };
    phone.engine.of::<Visit>().edit(late.into(), patch, None).unwrap();
    assert_eq!(ids(&read(Some(me)).visits), [early]);
    assert_eq!(ids(&read(Some(MemberId::from_bytes([9; 16]))).visits), [early, late]);
}

#[test]
fn a_customer_s_page_holds_everything_that_hangs_on_it() {
    let phone = Phone::new();
    let customer = phone.customer("A");
    let other = phone.customer("B");
    let visited = visit(&phone, customer, "2026-03-02T02:00:00Z");
    visit(&phone, other, "2026-03-02T02:00:00Z");
    let contact = ContactPatch {
        customer_id: Some(customer),
        name: Some("王芳".to_owned()),
        ..ContactPatch::default()
    };
    let contact = phone.engine.of::<Contact>().create(contact).unwrap();
    let note = satchel_core::domain::NotePatch {
        parent: Some(customer.into()),
        body: Some("text".to_owned()),
        ..Default::default()
    };
    let note = phone.engine.of::<satchel_core::domain::Note>().create(note).unwrap();
    let related = phone.engine.related(customer.into(), 10).unwrap();
    let found: Vec<_> = related
        .iter()
        .map(|one| (one.kind, one.field, one.page.records[0].id))
        .collect();
    assert!(found.contains(&("visit", "customer_id", visited)));
    assert!(found.contains(&("contact", "customer_id", contact.into())));
    assert!(found.contains(&("note", "parent", note.into())));
    assert_eq!(found.len(), 3);
    let page = phone
        .engine
        .read(|reader| Ok(query::customer_page(reader, customer, 10)?))
        .unwrap()
        .unwrap();
    assert_eq!(page.related, related);
}

fn deal(phone: &Phone, customer: CustomerId, close: &str, stage: StageType) -> DocumentId {
    let moved = StageMove {
        stage: "s".to_owned(),
        stage_type: stage,
        ..StageMove::default()
    };
    let patch = DealPatch {
        customer_id: Some(customer),
        name: Some("deal".to_owned()),
        amount: Some(Money::new(100, "CNY")),
        expected_close: Some(close.parse().unwrap()),
        append_moves: vec![moved],
        ..DealPatch::default()
    };
    phone.engine.of::<Deal>().create(patch).unwrap().into()
}

#[test]
fn open_deals_come_in_the_order_of_their_expected_close() {
    let phone = Phone::new();
    let (customer, other) = (phone.customer("A"), phone.customer("B"));
    let later = deal(&phone, customer, "2026-06-01", StageType::Ongoing);
    let sooner = deal(&phone, customer, "2026-04-01", StageType::Open);
    deal(&phone, customer, "2026-03-01", StageType::Won);
    let elsewhere = deal(&phone, other, "2026-05-01", StageType::OnHold);
    let list = |of: Option<CustomerId>, limit: u32, after: Option<String>| {
        phone
            .engine
            .read(|reader| Ok(query::open_deals(reader, of, after, limit)?))
            .unwrap()
    };
    let ids = |page: &satchel_core::store::Page| page.records.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(&list(Some(customer), 10, None)), [sooner, later]);
    let first = list(None, 2, None);
    assert_eq!(ids(&first), [sooner, elsewhere]);
    assert_eq!(ids(&list(None, 2, first.next)), [later]);
}
