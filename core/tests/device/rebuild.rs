//! Whatever was done, what is read equals what the documents say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use satchel_core::domain::visit::{VisitEvent, VisitEventKind, VisitKind};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch, Visit, VisitId, VisitPatch};
use satchel_core::ids::{DocumentId, Heads};
use satchel_core::projection::Row;
use satchel_core::store::{Archived, Direction, ListQuery, SearchQuery};

use crate::Phone;

#[derive(Debug, Clone)]
enum Step {
    Add(String),
    Rename { which: usize, name: String, stale: bool },
    Tag { which: usize, tag: String },
    Archive { which: usize },
    Restore { which: usize },
    Plan { which: usize },
    CheckOut { which: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let name = "(茶|店|北|京|shop |tea |a){1,6}";
    prop_oneof![
        name.prop_map(Step::Add),
        (any::<usize>(), name, any::<bool>()).prop_map(|(which, name, stale)| Step::Rename { which, name, stale }),
        (any::<usize>(), "[a-c]").prop_map(|(which, tag)| Step::Tag { which, tag }),
        any::<usize>().prop_map(|which| Step::Archive { which }),
        any::<usize>().prop_map(|which| Step::Restore { which }),
        any::<usize>().prop_map(|which| Step::Plan { which }),
        any::<usize>().prop_map(|which| Step::CheckOut { which }),
    ]
}

#[derive(Default)]
struct Made {
    customers: Vec<(CustomerId, Heads)>,
    visits: Vec<VisitId>,
}

fn pick<T: Clone>(all: &[T], which: usize) -> Option<T> {
    (!all.is_empty()).then(|| all[which % all.len()].clone())
}

fn carry_out(phone: &Phone, made: &mut Made, step: Step) {
    phone.clock.advance_ms(1_000);
    let customers = phone.engine.of::<Customer>();
    match step {
        Step::Add(name) => {
            let id = phone.customer(&name);
            let heads = customers.get(id).unwrap().unwrap().heads;
            made.customers.push((id, heads));
        }
        Step::Rename { which, name, stale } => {
            let Some((id, first)) = pick(&made.customers, which) else {
                return;
            };
            let patch = CustomerPatch {
                name: Some(name),
                ..CustomerPatch::default()
            };
            customers.edit(id, patch, Some(&first).filter(|_| stale)).unwrap();
        }
        Step::Tag { which, tag } => {
            let Some((id, _)) = pick(&made.customers, which) else {
                return;
            };
            let patch = CustomerPatch {
                add_tags: vec![tag],
                ..CustomerPatch::default()
            };
            customers.edit(id, patch, None).unwrap();
        }
        Step::Archive { which } => {
            let Some((id, _)) = pick(&made.customers, which) else {
                return;
            };
            customers.archive(id, None).unwrap();
        }
        Step::Restore { which } => {
            let Some((id, _)) = pick(&made.customers, which) else {
                return;
            };
            customers.restore(id).unwrap();
        }
        Step::Plan { which } => {
            let Some((customer, _)) = pick(&made.customers, which) else {
                return;
            };
            let patch = VisitPatch {
                customer_id: Some(customer),
                visit_kind: Some(VisitKind::Planned),
                ..VisitPatch::default()
            };
            made.visits.push(phone.engine.of::<Visit>().create(patch).unwrap());
        }
        Step::CheckOut { which } => {
            let Some(id) = pick(&made.visits, which) else { return };
            let event = VisitEvent {
                event: VisitEventKind::Checkout,
                ..VisitEvent::default()
            };
            let patch = VisitPatch {
                append_events: vec![event],
                ..VisitPatch::default()
            };
            phone.engine.of::<Visit>().edit(id, patch, None).unwrap();
        }
    }
}

/// Everything that can be read, in its order.
#[derive(Debug, PartialEq)]
struct Seen {
    rows: BTreeMap<DocumentId, Row>,
    lists: Vec<Vec<DocumentId>>,
    found: Vec<Vec<DocumentId>>,
    crowded: Vec<DocumentId>,
}

fn look(phone: &Phone) -> Seen {
    let mut seen = Seen {
        rows: BTreeMap::new(),
        lists: Vec::new(),
        found: Vec::new(),
        crowded: phone
            .engine
            .in_conflict(1000)
            .unwrap()
            .iter()
            .map(|one| one.id)
            .collect(),
    };
    for kind in phone.engine.kinds() {
        for (column, _) in kind.columns() {
            let query = ListQuery {
                archived: Archived::Both,
                limit: 500,
                ..ListQuery::new(kind.name)
            };
            let page = phone.engine.list(&query.order(column, Direction::Ascending)).unwrap();
            seen.lists.push(page.records.iter().map(|record| record.id).collect());
            seen.rows
                .extend(page.records.into_iter().map(|record| (record.id, record.row)));
        }
    }
    for text in ["茶", "北京", "sho", "te 店", "a"] {
        let query = SearchQuery {
            limit: 500,
            archived: Archived::Both,
            ..SearchQuery::new(text)
        };
        let mut found: Vec<_> = phone
            .engine
            .search(&query)
            .unwrap()
            .hits
            .iter()
            .map(|hit| hit.record.id)
            .collect();
        found.sort_unstable();
        seen.found.push(found);
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn rows_lists_and_search_equal_a_rebuild_from_the_documents(steps in prop::collection::vec(step(), 1..40)) {
        let phone = Phone::new();
        let mut made = Made::default();
        for step in steps {
            carry_out(&phone, &mut made, step);
        }
        let before = look(&phone);
        prop_assert_eq!(before.rows.len(), made.customers.len() + made.visits.len());
        let mut after = None;
        loop {
            after = phone.engine.rebuild(after, 7).unwrap();
            if after.is_none() {
                break;
            }
        }
        while !phone.engine.maintain().unwrap().is_complete() {}
        prop_assert_eq!(look(&phone), before);
    }
}
