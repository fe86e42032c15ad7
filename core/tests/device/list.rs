use chrono::DateTime;
use satchel_core::document::Document;
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_core::engine;
use satchel_core::exchange::cell::Country;
use satchel_core::exchange::jsonl;
use satchel_core::exchange::label::Language;
use satchel_core::exchange::mapping::Wishes;
use satchel_core::exchange::plan::Verdict;
use satchel_core::exchange::sheet::{self, Limits};
use satchel_core::schema::Entity;
use satchel_core::transfer::{self, Error, Form, Import, Target};

use crate::{MORNING_MS, Phone, open};

const BOOK: &str = "客户名称*,客户级别,电话\n福州永辉超市,A,13800138000\n恒信商贸,B级,\n,C,\n";

fn import() -> Import {
    Import {
        kind: None,
        source: "book".to_owned(),
        update: true,
        keep_first: false,
        create_missing: false,
        country: Country::China,
        currency: "CNY".to_owned(),
        day_order: None,
        wishes: Wishes::default(),
    }
}

fn target(form: Form) -> Target {
    Target {
        kind: Customer::KIND,
        form,
        language: Language::Zh,
        source: "book".to_owned(),
        archived: false,
    }
}

fn written(phone: &Phone, target: &Target) -> Vec<u8> {
    let mut bytes = Vec::new();
    transfer::write(&phone.engine, target, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_list_is_planned_then_committed_and_found_unchanged_the_second_time() {
    let phone = Phone::new();
    let draft = transfer::plan(&phone.engine, BOOK.as_bytes(), &import()).unwrap();
    let counts = draft.plans[0].1.counts();
    assert_eq!((counts.create, counts.refused), (2, 1));
    assert_eq!(
        phone
            .engine
            .of::<Customer>()
            .count(&phone.engine.of::<Customer>().query())
            .unwrap(),
        0,
        "a plan writes nothing"
    );

    let mut room = 1;
    let first = transfer::commit(&phone.engine, &draft, || {
        room -= 1;
        room >= 0
    });
    let first = first.unwrap();
    assert_eq!((first.written, first.stopped), (1, true));
    let rest = transfer::plan(&phone.engine, BOOK.as_bytes(), &import()).unwrap();
    let counts = rest.plans[0].1.counts();
    assert_eq!((counts.create, counts.unchanged), (1, 1), "it goes on where it stopped");
    let rest = transfer::commit(&phone.engine, &rest, || true).unwrap();
    assert_eq!((rest.written, rest.stopped, rest.failed.len()), (1, false, 0));

    // A plan that others overtook: what is there by now is told, and stops nothing.
    let late = transfer::commit(&phone.engine, &draft, || true).unwrap();
    assert_eq!((late.written, late.failed.len()), (0, 2));
    assert!(late.failed.values().all(|error| matches!(error, engine::Error::Exists)));

    let changed = BOOK.replace("B级", "A");
    let update = transfer::plan(&phone.engine, changed.as_bytes(), &import()).unwrap();
    assert!(matches!(update.plans[0].1.rows[1].verdict, Verdict::Update { .. }));
    transfer::commit(&phone.engine, &update, || true).unwrap();
    let again = transfer::plan(&phone.engine, changed.as_bytes(), &import()).unwrap();
    assert_eq!(again.plans[0].1.counts().unchanged, 2);
}

#[test]
fn what_is_no_list_of_ours_is_refused_and_nothing_is_written() {
    let phone = Phone::new();
    let plan = |text: &str, import: &Import| transfer::plan(&phone.engine, text.as_bytes(), import).unwrap_err();
    assert!(matches!(plan("", &import()), Error::Sheet(_)));
    assert!(matches!(plan("colour,weight\nred,1\n", &import()), Error::NoKind));
    let named = Import {
        kind: Some(Customer::KIND),
        ..import()
    };
    let Error::NoColumns(missing) = plan("级别\nA\n", &named) else {
        panic!("a list without names was taken");
    };
    assert_eq!(missing, ["name"]);

    let dir = tempfile::tempdir().unwrap();
    let nobody = open(&dir.path().join("device.db"), &phone.clock);
    let error = transfer::plan(&nobody, BOOK.as_bytes(), &import()).unwrap_err();
    assert!(matches!(error, Error::Engine(engine::Error::NotEnrolled)));
}

#[test]
fn a_list_that_is_written_comes_back_and_lines_hold_every_change() {
    let phone = Phone::new();
    let id = phone.customer("街角小店");
    let patch = CustomerPatch {
        industry: Some("=retail".to_owned()),
        ..CustomerPatch::default()
    };
    phone.engine.of::<Customer>().edit(id, patch, None).unwrap();
    let away = phone.customer("已归档");
    phone.engine.archive(away.into(), None).unwrap();

    let csv = written(&phone, &target(Form::Csv));
    let draft = transfer::plan(&phone.engine, &csv, &import()).unwrap();
    let counts = draft.plans[0].1.counts();
    assert_eq!(
        (counts.unchanged, draft.plans[0].1.rows.len()),
        (1, 1),
        "{:?}",
        draft.plans
    );
    let made_at = DateTime::from_timestamp_millis(MORNING_MS).unwrap();
    let workbook = written(&phone, &target(Form::Workbook(made_at)));
    assert_eq!(sheet::read(&workbook, &Limits::default()).unwrap()[0].rows.len(), 1);

    let archived = Target {
        archived: true,
        ..target(Form::Jsonl)
    };
    let lines: Vec<_> = jsonl::read(written(&phone, &archived).as_slice())
        .map(Result::unwrap)
        .collect();
    assert_eq!(lines.len(), 2);
    let line = lines.iter().find(|line| line.id == id.into()).unwrap();
    let bytes = line.document.as_deref().unwrap();
    let mut document = Document::load(line.kind, line.id, bytes, Vec::<Vec<u8>>::new()).unwrap();
    assert_eq!(document.fields()["industry"], "=retail");
    assert_eq!(
        document.heads(),
        phone.engine.get(id.into()).unwrap().unwrap().row.heads
    );
    assert_eq!(document.history().len(), phone.engine.history(id.into()).unwrap().len());
}
