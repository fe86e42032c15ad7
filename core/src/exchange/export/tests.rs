use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::{ProcessTemplate, kind};
use crate::exchange::mapping::{Mapping, Wishes};
use crate::exchange::plan::{self, Existing, Known, Verdict, plan_all};
use crate::exchange::sheet::{self, Limits, Table};
use crate::ids::OrgId;

fn id(n: u8) -> DocumentId {
    DocumentId::from_bytes([n; 16])
}

fn template() -> (DocumentId, ProcessTemplate) {
    (id(90), ProcessTemplate::standard())
}

/// Names of the records that are exported, as a store has them.
struct Names;

impl Lookup for Names {
    fn name(&self, of: DocumentId) -> Option<String> {
        [(1, "=永辉, \"超市\""), (2, "Acme"), (3, "Ann Lee")]
            .iter()
            .find(|(n, _)| id(*n) == of)
            .map(|(_, name)| (*name).to_owned())
    }
    fn stage(&self, template: Option<DocumentId>, code: &str, language: Language) -> Option<String> {
        assert_eq!(template, Some(id(90)));
        let stages = ProcessTemplate::standard().stages;
        let stage = stages.into_iter().find(|stage| stage.code == code)?;
        Some(if language == Language::Zh {
            stage.name_zh
        } else {
            stage.name_en
        })
    }
}

fn record(n: u8, fields: Value) -> Record {
    let Value::Object(fields) = fields else {
        panic!("fields are an object")
    };
    Record { id: id(n), fields }
}

/// Every column of the three kinds, with values that are hard on the way.
fn records() -> [(&'static str, Vec<Record>); 3] {
    let customers = vec![
        record(
            1,
            json!({
                "name": "=永辉, \"超市\"", "short_name": "-1+1", "customer_type": "key_account", "channel_tier": 2,
                "level": "a", "lifecycle": "dormant", "registration_code": "91350100M000100Y43", "industry": "@零售",
                "source": "'=quoted", "parent_customer": id(2).to_string(),
                "phones": ["+8613800138000", "4008101234", "ask Li"], "emails": ["a@example.com"],
                "website": "https://example.com",
                "place": {
                    "address": { "country": "CN", "province": "福建省", "city": "福州市", "district": "鼓楼区",
                        "street": "1\n2", "postcode": "010000", "adcode": "350102" },
                    "position": { "lat_e7": 260_742_000, "lon_e7": -5 },
                },
                "geo_radius_m": 300, "visits_per_month": 4,
                "credit_limit": { "minor": 5, "currency": "USD" }, "payment_terms_days": 30,
                "annual_revenue": { "minor": 123_456_789_012_345_i64, "currency": "CNY" }, "employees": 0,
                "needs": "shelf;space", "custom": { "remark": "\u{2019}x", "Phone": "in a column of its own", "a.b": "c", "等级": "d" },
                "external_ids": { "zoho": "zcrm_1" }, "tags": ["a;b", "c\\d", "+e"],
            }),
        ),
        record(2, json!({ "name": "Acme" })),
    ];
    let contacts = vec![record(
        3,
        json!({
            "customer_id": id(1).to_string(), "name": "Ann Lee", "given_name": "Ann", "title": "店长", "department": "采购",
            "mobile": "+442071234567", "phones": ["+861062345678"], "email": "ann@example.com", "wechat": "ann",
            "birthday": "1980-03-01", "buying_role": "decision_maker", "do_not_call": true,
            "preferred_language": "zh-CN", "consent": "offers",
        }),
    )];
    let moved = |code: &str| json!([template().1.move_to(code).unwrap()]);
    let deals = vec![
        record(
            4,
            json!({
                "customer_id": id(1).to_string(), "name": "Spring", "template_id": id(90).to_string(),
                "moves": moved("needs"), "amount": { "minor": 9_990, "currency": "CNY" }, "probability_bp": 50,
                "forecast_category": "best_case", "expected_close": "2026-03-01", "deal_type": "existing",
                "lead_source": "fair", "next_step": "call", "contact_roles": { (id(3).to_string()): "" },
                "competitors": ["x, y"], "description": "line\r\nline",
            }),
        ),
        record(
            5,
            json!({
                "customer_id": id(2).to_string(), "name": "Lost", "template_id": id(90).to_string(),
                "moves": moved("lost"), "amount": { "minor": 0, "currency": "JPY" }, "expected_close": "2025-12-31",
                "lost_reason": "price", "lost_notes": "too dear",
            }),
        ),
    ];
    [("customer", customers), ("contact", contacts), ("deal", deals)]
}

/// Imports tables into an empty store and compares with what was exported.
fn comes_back(tables: Vec<Table>) {
    let wishes = Wishes {
        keep_unknown: true,
        ..Wishes::default()
    };
    let book: Vec<(Table, Mapping)> = records()
        .iter()
        .zip(tables)
        .map(|((name, _), table)| {
            let mapping = Mapping::of(kind(name).unwrap(), &table.headers, &wishes).unwrap();
            (table, mapping)
        })
        .collect();
    let options = plan::Options {
        template: Some(template()),
        ..plan::Options::new(OrgId::from_bytes([1; 16]), "zoho")
    };
    let plans = plan_all(&book, &options, &Known::default());
    let mut known = Known::default();
    for (_, plan) in &plans {
        for operation in plan.operations() {
            assert!(operation.creating);
            let fields = operation.patch.fields.iter().map(|(name, edit)| {
                let value = match edit {
                    crate::schema::Edit::Set(value) => value.clone(),
                    crate::schema::Edit::Elements { add, .. } => json!(add),
                    crate::schema::Edit::Entries(entries) => json!(entries),
                    crate::schema::Edit::Append(events) => json!(events),
                    other => panic!("{other:?}"),
                };
                (name.clone(), value)
            });
            known.insert(operation.kind, operation.id, fields.collect());
        }
    }
    for (name, records) in records() {
        for record in records {
            let back = known.record(name, record.id).unwrap_or_else(|| panic!("{plans:?}"));
            assert_eq!(Value::Object(back), Value::Object(record.fields), "{name}");
        }
    }
    // And a second time into what is there: nothing.
    for (_, plan) in plan_all(&book, &options, &known) {
        assert!(
            plan.rows.iter().all(|row| row.verdict == Verdict::Unchanged),
            "{plan:?}"
        );
    }
}

#[test]
fn what_is_written_as_csv_is_read_back_the_same_in_both_languages() {
    for language in [Language::Zh, Language::En] {
        let options = Options::new(language, "zoho");
        let tables = records().map(|(name, records)| {
            let kind = kind(name).unwrap();
            let file = csv(kind, &columns(kind, &records), &records, &Names, &options).unwrap();
            assert!(file.starts_with(b"\xef\xbb\xbf"));
            sheet::read(&file, &Limits::default()).unwrap().remove(0)
        });
        comes_back(tables.into());
    }
}

#[test]
fn what_is_written_as_a_workbook_is_read_back_the_same_in_both_languages() {
    let at = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
    for language in [Language::Zh, Language::En] {
        let sheets = records().map(|(name, records)| {
            let kind = kind(name).unwrap();
            Sheet {
                name: name.to_owned(),
                kind,
                columns: columns(kind, &records),
                records,
            }
        });
        let options = Options::new(language, "zoho");
        let file = xlsx(&sheets, &Names, &options, at).unwrap();
        comes_back(sheet::read(&file, &Limits::default()).unwrap());
        // One moment, one file: nothing in it depends on when it was written.
        assert_eq!(file, xlsx(&sheets, &Names, &options, at).unwrap());
    }
}

#[test]
fn no_cell_runs_and_numbers_stay_numbers() {
    let records = [record(
        1,
        json!({
            "name": "=1+1", "phones": ["+861"], "annual_revenue": { "minor": -5, "currency": "CNY" },
            "custom": { "=cmd": "@x" }, "place": { "position": { "lat_e7": -10, "lon_e7": 0 } },
        }),
    )];
    let kind = kind("customer").unwrap();
    let options = Options {
        mark: false,
        ..Options::new(Language::En, "zoho")
    };
    let wanted = [
        "name",
        "phones",
        "annual_revenue",
        "currency",
        "place.position.lat_e7",
        "custom.=cmd",
    ];
    let all = columns(kind, &records);
    let chosen: Vec<Column> = wanted
        .iter()
        .map(|code| all.iter().find(|column| column.code == *code).unwrap().clone())
        .collect();
    let file = String::from_utf8(csv(kind, &chosen, &records, &NoLookup, &options).unwrap()).unwrap();
    let expected =
        "Account Name,Phone,Annual Revenue,Currency,Latitude,'=cmd\r\n'=1+1,'+861,-0.05,CNY,-0.0000010,'@x\r\n";
    assert_eq!(file, expected);
    // Without a column of currencies each amount says its own.
    let file = csv(kind, &chosen[2..3], &records, &NoLookup, &options).unwrap();
    assert_eq!(String::from_utf8(file).unwrap(), "Annual Revenue\r\nCNY -0.05\r\n");
}

#[test]
fn every_kind_has_a_list_even_one_that_the_catalogue_does_not_name() {
    for kind in crate::domain::KINDS {
        let records = [record(1, json!({ "from_a_newer_app": 1 }))];
        let file = csv(
            kind,
            &columns(kind, &records),
            &records,
            &NoLookup,
            &Options::new(Language::Zh, "zoho"),
        )
        .unwrap();
        let table = sheet::read(&file, &Limits::default()).unwrap().remove(0);
        assert_eq!(table.rows[0].cells[0], id(1).to_string(), "{}", kind.name);
    }
    let task = [record(
        2,
        json!({ "title": "Call", "task_kind": "call_back", "assignees": ["x"], "all_day": false }),
    )];
    let kind = kind("task").unwrap();
    let file = csv(
        kind,
        &columns(kind, &task),
        &task,
        &NoLookup,
        &Options::new(Language::En, "zoho"),
    )
    .unwrap();
    let table = sheet::read(&file, &Limits::default()).unwrap().remove(0);
    let cell = |header: &str| table.rows[0].cells[table.headers.iter().position(|one| one == header).unwrap()].as_str();
    assert_eq!(
        ["Title", "Task Kind", "Assignees", "All Day", "State"].map(cell),
        ["Call", "call_back", "x", "No", "open"]
    );
}

#[test]
fn a_text_that_a_workbook_does_not_hold_is_told_and_csv_takes_it() {
    let records = vec![record(1, json!({ "name": "x".repeat(40_000) }))];
    let kind = kind("customer").unwrap();
    let columns = columns(kind, &records);
    let options = Options::new(Language::En, "zoho");
    assert!(csv(kind, &columns, &records, &NoLookup, &options).unwrap().len() > 40_000);
    let sheet = Sheet {
        name: "x".to_owned(),
        kind,
        columns,
        records,
    };
    let error = xlsx(&[sheet], &NoLookup, &options, DateTime::UNIX_EPOCH).unwrap_err();
    assert!(
        matches!(error, ExportError::TextTooLong { ref column, row: 2 } if column == "name"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn any_text_comes_back_from_a_guarded_list(texts in prop::collection::vec("[=+\\-@\t\r\n'\",;a永＝ ]{0,8}", 1..5)) {
        let headers: Vec<String> = (0..texts.len()).map(|n| format!("h{n}")).collect();
        let row: Vec<String> = texts.iter().map(|text| format!("{text}x")).collect();
        for mark in [false, true] {
            let file = text_csv(&headers, std::slice::from_ref(&row), mark);
            let table = sheet::read(&file, &Limits::default()).unwrap().remove(0);
            prop_assert_eq!(&table.headers, &headers);
            prop_assert_eq!(&table.rows[0].cells, &row);
        }
    }

    #[test]
    fn any_name_comes_back_from_csv_and_from_a_workbook(name in "[=+\\-@'\",;a-z永_x0-9 ]{1,20}") {
        let name = name.trim().to_owned();
        prop_assume!(!name.is_empty());
        let kind = kind("customer").unwrap();
        let records = vec![record(1, json!({ "name": name }))];
        let columns = vec![catalogue::columns(kind).into_iter().find(|column| column.code == "name").unwrap()];
        let options = Options::new(Language::En, "zoho");
        let list = csv(kind, &columns, &records, &NoLookup, &options).unwrap();
        let sheet = Sheet { name: "x".to_owned(), kind, columns, records };
        let book = xlsx(&[sheet], &NoLookup, &options, DateTime::UNIX_EPOCH).unwrap();
        for file in [list, book] {
            let table = sheet::read(&file, &Limits::default()).unwrap().remove(0);
            prop_assert_eq!(&table.rows[0].cells[0], &name);
        }
    }
}
