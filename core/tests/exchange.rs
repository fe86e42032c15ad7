//! An import into real documents, and duplicates merged by two people apart.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "fixture/phone.rs"]
mod phone;

use std::collections::BTreeMap;

use satchel_core::document::Document;
use satchel_core::domain::customer::{AliasEvent, AliasEventKind};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch, DealPatch, ProcessTemplate, kind};
use satchel_core::duplicates::{AliasTable, Candidate, pairs};
use satchel_core::exchange::export::{self, NoLookup, Record};
use satchel_core::exchange::jsonl;
use satchel_core::exchange::label::Language;
use satchel_core::exchange::mapping::{Mapping, Wishes, kind_of};
use satchel_core::exchange::plan::{Known, Options, Plan, Verdict, plan_all};
use satchel_core::exchange::sheet::{self, Limits, Table};
use satchel_core::ids::{DocumentId, OrgId};
use satchel_core::schema::{Entity, Patch};

use phone::Phone;

/// The documents of a store.
#[derive(Default)]
struct Store {
    documents: BTreeMap<DocumentId, Document>,
}

impl Store {
    fn known(&mut self) -> Known {
        let mut known = Known::default();
        for (id, document) in &mut self.documents {
            known.insert(document.kind().name, *id, document.project().fields);
        }
        known
    }

    fn apply(&mut self, plans: &[(usize, Plan)], phone: &Phone) -> usize {
        let operations: Vec<_> = plans.iter().flat_map(|(_, plan)| plan.operations()).collect();
        for operation in &operations {
            let kind = kind(operation.kind).unwrap();
            if operation.creating {
                let (document, _) =
                    Document::create(kind, operation.id, &operation.patch, &phone.author(1_000)).unwrap();
                assert!(self.documents.insert(operation.id, document).is_none());
            } else {
                let document = self.documents.get_mut(&operation.id).unwrap();
                document.edit(&operation.patch, None, &phone.author(1_000)).unwrap();
            }
        }
        operations.len()
    }
}

fn book() -> Vec<(Table, Mapping)> {
    let customers = "客户名称*,客户类型,客户级别,省,市,详细地址,电话,来源,备注\n\
        福州永辉超市有限公司,零售终端,A,福建省,福州市,鼓楼区一号,13800138000,展会,老客户\n\
        恒信商贸,经销商,B级,,,,010-62345678,,\n";
    let contacts = "客户名称,姓名,手机,邮箱,职位\n恒信商贸,王小明,13900139000,wang@example.com,店长\n";
    let deals = "商机名称,客户,销售阶段,预计金额,预计成交日期,赢单概率(%)\n\
        春季订单,恒信商贸,需求分析,\"12,000.50\",2026年3月1日,35\n\
        去年订单,恒信商贸,赢单,800,2025-10-01,100\n";
    let (gb18030, ..) = encoding_rs::GB18030.encode(deals);
    [customers.as_bytes(), contacts.as_bytes(), &gb18030]
        .map(|file| {
            let table = sheet::read(file, &Limits::default()).unwrap().remove(0);
            let mapping = Mapping::of(kind_of(&table.headers).unwrap(), &table.headers, &Wishes::default()).unwrap();
            (table, mapping)
        })
        .into()
}

fn options(update: bool) -> Options {
    let template = Some((DocumentId::from_bytes([90; 16]), ProcessTemplate::standard()));
    let options = Options::new(OrgId::from_bytes([1; 16]), "fxiaoke");
    Options {
        template,
        update,
        ..options
    }
}

#[test]
fn a_list_becomes_records_and_a_second_import_changes_nothing_even_after_edits() {
    let (mut store, phone) = (Store::default(), Phone::new(1));
    let plans = plan_all(&book(), &options(false), &store.known());
    assert_eq!(store.apply(&plans, &phone), 5);
    for update in [false, true] {
        let again = plan_all(&book(), &options(update), &store.known());
        assert!(
            again
                .iter()
                .flat_map(|(_, plan)| &plan.rows)
                .all(|row| row.verdict == Verdict::Unchanged)
        );
        assert_eq!(store.apply(&again, &phone), 0);
    }

    // A deal moved on here, a customer edited here: the file is skipped there and still changes nothing.
    let deals = &plans[2].1;
    let deal = store.documents.get_mut(&deals.rows[0].id.unwrap()).unwrap();
    assert_eq!(deal.project().value("stage"), Some(&"needs".into()));
    let step = ProcessTemplate::standard().move_to("proposal").unwrap();
    let patch = DealPatch {
        append_moves: vec![step],
        ..DealPatch::default()
    };
    deal.edit(&patch.into(), None, &phone.author(1_000)).unwrap();
    let again = plan_all(&book(), &options(false), &store.known());
    assert_eq!(store.apply(&again, &phone), 0);
    assert_eq!(again[2].1.counts().skipped, 1);
    // Asked to, the import moves it back, and both moves stay in the history.
    let updated = plan_all(&book(), &options(true), &store.known());
    assert_eq!(store.apply(&updated, &phone), 1);
    let row = store.documents.get_mut(&deals.rows[0].id.unwrap()).unwrap().project();
    assert_eq!(row.value("stage"), Some(&"needs".into()));
    assert_eq!(row.fields["moves"].as_array().unwrap().len(), 3);
}

#[test]
fn two_devices_that_import_one_list_apart_converge_to_one_record_each() {
    let (mut first, mut second) = (Store::default(), Store::default());
    let plans = plan_all(&book(), &options(false), &first.known());
    first.apply(&plans, &Phone::new(1));
    second.apply(&plan_all(&book(), &options(false), &Known::default()), &Phone::new(2));
    for (id, document) in &mut first.documents {
        let other = second.documents.get_mut(id).unwrap();
        let (here, there) = (document.heads(), other.heads());
        let (to_other, to_here) = (document.changes_since(&there), other.changes_since(&here));
        document.merge(to_here).unwrap();
        other.merge(to_other).unwrap();
        assert_eq!(document.project(), other.project());
        // Each wrote the same values, so nothing is in conflict.
        assert_eq!(document.project().conflicts, Vec::<String>::new());
    }
    let again = plan_all(&book(), &options(true), &first.known());
    assert!(
        again
            .iter()
            .flat_map(|(_, plan)| &plan.rows)
            .all(|row| row.verdict == Verdict::Unchanged),
        "{again:?}"
    );
}

#[test]
fn everything_goes_out_and_comes_back_with_its_history() {
    let (mut store, phone) = (Store::default(), Phone::new(1));
    store.apply(&plan_all(&book(), &options(false), &Known::default()), &phone);
    let mut writer = jsonl::Writer::new(Vec::new()).unwrap();
    for (id, document) in &mut store.documents {
        let bytes = document.save();
        writer
            .write(document.kind(), *id, &document.project().fields, Some(&bytes))
            .unwrap();
    }
    let file = writer.finish().unwrap();
    let mut back = Store::default();
    for line in jsonl::read(file.as_slice()) {
        let line = line.unwrap();
        let none: [&[u8]; 0] = [];
        let document = Document::load(line.kind, line.id, &line.document.unwrap(), none).unwrap();
        back.documents.insert(line.id, document);
    }
    assert_eq!(back.documents.len(), store.documents.len());
    for (id, document) in &mut store.documents {
        let other = back.documents.get_mut(id).unwrap();
        assert_eq!((document.heads(), document.project()), (other.heads(), other.project()));
    }
    // And as lists that a spreadsheet opens.
    let customers: Vec<Record> = store
        .documents
        .iter_mut()
        .filter(|(_, document)| document.kind().name == Customer::KIND.name)
        .map(|(id, document)| Record {
            id: *id,
            fields: document.project().fields,
        })
        .collect();
    let columns = export::columns(Customer::KIND, &customers);
    let out = export::Options::new(Language::Zh, "fxiaoke");
    let file = export::csv(Customer::KIND, &columns, &customers, &NoLookup, &out).unwrap();
    let table = sheet::read(&file, &Limits::default()).unwrap().remove(0);
    let mapping = Mapping::of(Customer::KIND, &table.headers, &Wishes::default()).unwrap();
    assert!(mapping.unknown.is_empty());
    let plans = plan_all(&[(table, mapping)], &options(true), &store.known());
    assert!(
        plans[0].1.rows.iter().all(|row| row.verdict == Verdict::Unchanged),
        "{plans:?}"
    );
}

fn say(event: AliasEventKind, survivor: CustomerId) -> Patch {
    let event = AliasEvent {
        event,
        survivor,
        ..AliasEvent::default()
    };
    CustomerPatch {
        append_aliases: vec![event],
        ..CustomerPatch::default()
    }
    .into()
}

fn table(document: &mut Document) -> AliasTable {
    let customer: Customer = document.project().typed();
    let column = document
        .project()
        .value("merged_into")
        .and_then(|id| id.as_str())
        .map(str::to_owned);
    assert_eq!(column, customer.merged_into().map(|id| id.to_string()));
    AliasTable::from_events([(document.id().into(), customer.aliases.as_slice())])
}

#[test]
fn a_duplicate_is_found_merged_and_unmerged_by_two_people_apart() {
    let (ann, bo) = (Phone::new(1), Phone::new(2));
    let names = ["福州永辉超市有限公司", "永辉超市"];
    let ids = [1, 2].map(|n| DocumentId::from_bytes([n; 16]));
    let mut documents: Vec<(Document, Vec<Vec<u8>>)> = names
        .iter()
        .zip(ids)
        .map(|(name, id)| {
            let patch = CustomerPatch {
                name: Some((*name).to_owned()),
                add_phones: vec!["+8613800138000".to_owned()],
                ..CustomerPatch::default()
            };
            Document::create(Customer::KIND, id, &patch.into(), &ann.author(1_000)).unwrap()
        })
        .collect();
    let candidates: Vec<Candidate> = documents
        .iter_mut()
        .map(|(one, _)| Candidate::of_fields(one.id().into(), &one.project().fields))
        .collect();
    let found = pairs(&candidates);
    assert_eq!(found.len(), 1);
    let (survivor, loser) = (found[0].0, found[0].1);

    let (mut here, changes) = documents.swap_remove(1);
    let mut there = Document::load(Customer::KIND, ids[1], &[], &changes).unwrap();
    here.edit(&say(AliasEventKind::Merge, survivor), None, &ann.author(1_000))
        .unwrap();
    assert_eq!(table(&mut here).resolve(loser), survivor);
    // Bo merges too, apart from Ann, and takes his own merger back: hers he has not seen.
    there
        .edit(&say(AliasEventKind::Merge, survivor), None, &bo.author(1_000))
        .unwrap();
    there
        .edit(&say(AliasEventKind::Unmerge, survivor), None, &bo.author(1_000))
        .unwrap();
    assert_eq!(table(&mut there).resolve(loser), loser);
    let (a, b) = (here.heads(), there.heads());
    let (mine, his) = (here.changes_since(&b), there.changes_since(&a));
    here.merge(his).unwrap();
    there.merge(mine).unwrap();
    assert_eq!(table(&mut here).resolve(loser), survivor);
    assert_eq!(table(&mut here), table(&mut there));
    // Now he has seen both.
    there
        .edit(&say(AliasEventKind::Unmerge, survivor), None, &bo.author(1_000))
        .unwrap();
    assert_eq!(table(&mut there).members(survivor), [survivor]);
}
