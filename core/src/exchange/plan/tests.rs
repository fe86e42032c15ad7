mod identity;
mod update;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::kind;
use crate::exchange::mapping::Wishes;
use crate::exchange::sheet::{self, Limits, Row};

fn table(text: &str) -> Table {
    sheet::read(text.as_bytes(), &Limits::default()).unwrap().remove(0)
}

fn options() -> Options {
    Options {
        template: Some((DocumentId::from_bytes([9; 16]), ProcessTemplate::standard())),
        ..Options::new(OrgId::from_bytes([1; 16]), "zoho")
    }
}

fn planned(name: &str, text: &str, options: &Options, existing: &dyn Existing) -> Plan {
    let table = table(text);
    let mapping = Mapping::of(kind(name).unwrap(), &table.headers, &Wishes::default()).unwrap();
    plan(&table, &mapping, options, existing)
}

/// Applies a plan as a caller does, in memory.
fn apply(known: &mut Known, plan: &Plan) {
    for Operation {
        kind: name,
        id,
        creating,
        patch,
    } in plan.operations()
    {
        assert_eq!(creating, known.record(name, id).is_none());
        assert_eq!(
            patch.check(kind(name).unwrap(), !creating),
            [],
            "every patch is one that a document takes"
        );
        let mut fields = known.record(name, id).unwrap_or_default();
        for (field, value) in existing::created(&patch) {
            match (fields.get_mut(&field), value) {
                (Some(Value::Array(known)), Value::Array(more)) => {
                    // A document stamps what it appends: each event has seen those before it.
                    let seen: Vec<Value> = known
                        .iter()
                        .filter_map(|one| one.get("stamp")?.get("id").cloned())
                        .collect();
                    known.extend(more.into_iter().map(|mut one| {
                        if let Some(stamp) = one.get_mut("stamp") {
                            stamp["id"] = json!(DocumentId::from_bytes([u8::try_from(seen.len()).unwrap() + 1; 16]));
                            stamp["seen"] = json!(seen);
                        }
                        one
                    }));
                }
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (_, value) => drop(fields.insert(field, value)),
            }
        }
        known.insert(name, id, fields);
    }
}

fn problems(plan: &Plan, row: usize) -> Vec<String> {
    let Verdict::Refused { problems } = &plan.rows[row].verdict else {
        panic!("{:?}", plan.rows[row])
    };
    problems.iter().map(|problem| problem.message(Language::En)).collect()
}

fn fields(known: &Known, plan: &Plan, row: usize) -> Map<String, Value> {
    known.record(plan.kind, plan.rows[row].id.unwrap()).unwrap()
}

const ACCOUNTS: &str = "Record Id,Account Name,Phone,Account Type,Billing Street,Billing City,Annual Revenue,Tag,Account Owner,Parent Account\n\
    zcrm_1,Golden Dragon,\"010-62345678, 13800138000\",Distributor,1 Long St,Beijing,\"1,200.50\",\"a,b\",Li,Big One\n\
    zcrm_2,Big One,ask Li,KA,,,,,,\n";

const CONTACTS: &str = "Record Id,Account Name.id,Account Name,First Name,Last Name,Email,Mobile,Date of Birth\n\
    zcrm_c1,zcrm_1,Golden Dragon,Ann,Lee,ann@example.com,+44 20 7123 4567,01-Mar-1980\n\
    zcrm_c2,,Big One,小明,王,,13900139000,1990/5/6\n";

const DEALS: &str = "Record Id,Deal Name,Account Name,Stage,Amount,Closing Date,Probability,Type,Contact Name\n\
    zcrm_d1,Spring order,Golden Dragon,Qualification,99.90,2026-03-01,25,New Business,Ann Lee\n\
    zcrm_d2,Autumn order,Big One,Closed Won,USD 5000,2025-10-01,100,,Nobody\n\
    zcrm_d3,Lost order,Big One,Closed-Lost to Competition,0,2025-11-01,0,Existing Business,\n";

fn import_all(known: &mut Known, options: &Options) -> Vec<Plan> {
    let book: Vec<(Table, Mapping)> = [("deal", DEALS), ("contact", CONTACTS), ("customer", ACCOUNTS)]
        .into_iter()
        .map(|(name, text)| {
            let table = table(text);
            let mapping = Mapping::of(kind(name).unwrap(), &table.headers, &Wishes::default()).unwrap();
            (table, mapping)
        })
        .collect();
    let plans: Vec<Plan> = plan_all(&book, options, known)
        .into_iter()
        .map(|(_, plan)| plan)
        .collect();
    for plan in &plans {
        apply(known, plan);
    }
    plans
}

#[test]
fn a_crm_is_taken_over_and_a_second_time_changes_nothing() {
    let mut known = Known::default();
    let plans = import_all(&mut known, &options());
    let kinds: Vec<(&str, Counts)> = plans.iter().map(|plan| (plan.kind, plan.counts())).collect();
    let created = |create| Counts {
        create,
        ..Counts::default()
    };
    assert_eq!(
        kinds,
        [("customer", created(2)), ("contact", created(2)), ("deal", created(3))]
    );

    let customer = fields(&known, &plans[0], 0);
    assert_eq!(customer["phones"], json!(["+861062345678", "+8613800138000"]));
    assert_eq!(customer["customer_type"], "distributor");
    assert_eq!(
        customer["place"],
        json!({ "address": { "street": "1 Long St", "city": "Beijing" } })
    );
    assert_eq!(
        customer["annual_revenue"],
        json!({ "minor": 120_050, "currency": "CNY" })
    );
    assert_eq!(customer["external_ids"], json!({ "zoho": "zcrm_1" }));
    assert_eq!(customer["parent_customer"], json!(plans[0].rows[1].id));
    assert_eq!(plans[0].rows[0].owner.as_deref(), Some("Li"));
    assert_eq!(
        plans[0].rows[1].notes,
        [Note::PhoneKept {
            column: "Phone".to_owned()
        }]
    );

    let contacts = [0, 1].map(|row| fields(&known, &plans[1], row));
    assert_eq!(
        (&contacts[0]["name"], &contacts[1]["name"]),
        (&json!("Ann Lee"), &json!("王小明"))
    );
    assert_eq!(contacts[0]["birthday"], "1980-03-01");
    assert_eq!(contacts[1]["customer_id"], json!(plans[0].rows[1].id));

    let deals = [0, 1, 2].map(|row| fields(&known, &plans[2], row));
    assert_eq!(deals[0]["moves"][0]["stage"], "visit");
    assert_eq!(
        (deals[0].get("probability_bp"), deals[1].get("probability_bp")),
        (Some(&json!(2_500)), None)
    );
    assert_eq!(deals[1]["amount"], json!({ "minor": 500_000, "currency": "USD" }));
    assert_eq!(
        (&deals[2]["moves"][0]["stage"], &deals[2]["lost_reason"]),
        (&json!("lost"), &json!("competition"))
    );
    assert_eq!(
        deals[0]["contact_roles"],
        json!({ (plans[1].rows[0].id.unwrap().to_string()): "" })
    );
    assert_eq!(
        plans[2].rows[1].notes,
        [Note::NotFound {
            column: "Contact Name".to_owned()
        }]
    );

    for update in [false, true] {
        for plan in import_all(&mut known, &Options { update, ..options() }) {
            assert!(
                plan.rows.iter().all(|row| row.verdict == Verdict::Unchanged),
                "{plan:?}"
            );
            assert_eq!(plan.operations().count(), 0);
        }
    }
    // Another device that imports the same file makes the same records.
    let mut other = Known::default();
    let ids = |plans: &[Plan]| {
        plans
            .iter()
            .flat_map(|plan| &plan.rows)
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&import_all(&mut other, &options())), ids(&plans));
}

#[test]
fn refused_rows_name_the_column_and_the_reason_and_are_given_back() {
    let mut known = Known::default();
    let customers = planned("customer", "客户名称\n永辉超市\n", &options(), &known);
    apply(&mut known, &customers);
    let file = "商机名称*,客户,销售阶段,预计金额,预计成交日期,赢单概率(%)\n\
                春季订单,永辉超市,不存在,12.345,03/04/2026,0.3\n\
                ,没有这家,拜访,100,2026-03-01,10\n\
                输单,永辉超市,输单,100,2026-03-01,0\n\
                好的,永辉超市,拜访,100,2026-03-01,10,多\n\
                =cmd,永辉超市,拜访,100,2026年3月1日,10\n";
    let plan = planned("deal", file, &options(), &known);
    assert_eq!(
        problems(&plan, 0),
        [
            "预计金额: not an amount",
            "预计成交日期: the day may be two, say whether the day or the month stands first",
            "赢单概率(%): not a percentage, write it as 30%",
            "销售阶段: the process has no such stage",
        ]
    );
    assert_eq!(problems(&plan, 1), ["客户: no such customer", "商机名称*: required"]);
    assert_eq!(problems(&plan, 2), ["lost_reason: required"]);
    assert_eq!(problems(&plan, 3), ["the row has more cells than there are headers"]);
    assert!(matches!(plan.rows[4].verdict, Verdict::Create { .. }));

    let back = plan.refused_csv(&table(file), Language::Zh).unwrap();
    let back = table(std::str::from_utf8(&back).unwrap());
    assert_eq!(back.headers.last().unwrap(), "导入错误");
    assert_eq!(back.rows.len(), 4);
    assert!(back.rows[1].cells.last().unwrap().contains("客户：客户不存在"));
    // The corrected file is imported as it is: the column of errors is no column.
    let mapping = Mapping::of(kind("deal").unwrap(), &back.headers, &Wishes::default()).unwrap();
    assert!(mapping.unknown.is_empty());
    let fixed = Options {
        day_order: Some(DayOrder::DayFirst),
        lost_reason: Some(LostReason::Other),
        stages: [("不存在".to_owned(), "needs".to_owned())].into(),
        ..options()
    };
    let again = super::plan(&back, &mapping, &fixed, &known);
    assert!(matches!(again.rows[2].verdict, Verdict::Create { .. }), "{again:?}");
}

#[test]
fn one_record_twice_in_a_file_is_told_by_the_row() {
    let file = "客户名称,电话\nＡcme  shop,1\nacme Shop,1\nACME SHOP,2\n";
    let plan = planned("customer", file, &options(), &Known::default());
    assert!(matches!(plan.rows[0].verdict, Verdict::Create { .. }));
    // The names are written otherwise, so the rows do not say the same.
    assert_eq!(
        problems(&plan, 1),
        ["客户名称: the same record as row 2, but it differs"]
    );
    assert_eq!(
        problems(&plan, 2),
        ["客户名称: the same record as row 2, but it differs"]
    );
    let same = planned("customer", "客户名称\nA\nA\n", &options(), &Known::default());
    assert_eq!(
        same.rows[1].verdict,
        Verdict::Skipped {
            reason: Skip::Repeats { row: 2 }
        }
    );
    // Customers out of a list of their orders: the first row that can be a record stands.
    let keep = Options {
        repeated: Repeated::KeepFirst,
        ..options()
    };
    let orders = planned(
        "customer",
        "Customer ID,Customer Name,City,Level\n7,A,X,Z\n7,A,X,\n7,A,Y,\n8,B,X,\n",
        &keep,
        &Known::default(),
    );
    assert_eq!(
        orders.counts(),
        Counts {
            create: 2,
            skipped: 1,
            refused: 1,
            ..Counts::default()
        }
    );
    assert_eq!(
        orders.rows[2].verdict,
        Verdict::Skipped {
            reason: Skip::Repeats { row: 3 }
        }
    );
    // With ids of their own, two of one name are two.
    let two = planned(
        "customer",
        "Record Id,Account Name\n1,A\n2,A\n",
        &options(),
        &Known::default(),
    );
    assert_eq!(two.counts().create, 2);
    assert_ne!(two.rows[0].id, two.rows[1].id);
}

#[test]
fn customers_that_rows_name_are_found_or_made_or_asked_for() {
    let mut known = Known::default();
    let customers = planned("customer", "Record Id,Account Name\n1,A\n2,A\n", &options(), &known);
    apply(&mut known, &customers);
    let contacts = "Account Name,Full Name\nA,Ann\nNew one,Bob\nnew  ONE,Cy\nRefused,\n";
    let plan = planned("contact", contacts, &options(), &known);
    assert_eq!(
        problems(&plan, 0),
        ["Account Name: several customers of that name, give the customer's id"]
    );
    assert_eq!(problems(&plan, 1), ["Account Name: no such customer"]);
    let by_id = "Account Name.id,Account Name,Full Name\n2,A,Ann\n";
    let found = planned("contact", by_id, &options(), &known);
    assert!(matches!(found.rows[0].verdict, Verdict::Create { .. }));

    let making = Options {
        missing_customer: MissingCustomer::Create,
        ..options()
    };
    let plan = planned("contact", contacts, &making, &known);
    // One customer for two rows, none for a row that is refused anyway; it comes before what hangs on it.
    let kinds: Vec<&str> = plan.operations().map(|operation| operation.kind).collect();
    assert_eq!(kinds, ["customer", "contact", "contact"]);
    apply(&mut known, &plan);
    let again = planned("contact", contacts, &making, &known);
    assert_eq!(
        (again.rows[1].verdict.clone(), again.implied.len()),
        (Verdict::Unchanged, 0)
    );
    // The customers' own list finds the one that was made.
    let listed = planned(
        "customer",
        "Account Name\nNew One\n",
        &Options {
            source: "fxiaoke".to_owned(),
            ..making
        },
        &known,
    );
    assert_eq!(listed.rows[0].id, Some(plan.implied[0].id));
}

#[test]
fn no_message_says_what_stands_in_a_cell() {
    let secret = "机密42";
    let file = format!("客户名称,客户级别,员工数,国家\n{secret},{secret},{secret},{secret}\n");
    let plan = planned("customer", &file, &options(), &Known::default());
    for language in [Language::Zh, Language::En] {
        let Verdict::Refused { problems } = &plan.rows[0].verdict else {
            panic!("{plan:?}")
        };
        assert_eq!(problems.len(), 2);
        assert!(
            problems
                .iter()
                .all(|problem| !problem.message(language).contains(secret))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_cells_get_a_verdict_and_the_same_one_again(
        rows in prop::collection::vec(prop::collection::vec("(|||[ -~永A1,;/.%¥万年月日-]{1,12}|1|2026-03-01)", 6..12), 1..6),
        name in prop::sample::select(vec!["customer", "contact", "deal"]),
    ) {
        let kind = kind(name).unwrap();
        // Every column of the kind in turn, so that each sort of cell meets odd text.
        let headers: Vec<String> =
            crate::exchange::catalogue::columns(kind).iter().map(|column| column.en.to_string()).collect();
        let row = |(at, cells): (usize, &Vec<String>)| Row {
            number: u32::try_from(at).unwrap() + 2,
            cells: headers.iter().zip(cells.iter().cycle()).map(|(_, cell)| cell.clone()).collect(),
        };
        let rows: Vec<Row> = rows.iter().enumerate().map(row).collect();
        let table = Table { name: String::new(), headers, rows };
        let mapping = Mapping::of(kind, &table.headers, &Wishes::default()).unwrap();
        let options = Options { missing_customer: MissingCustomer::Create, update: true, ..options() };
        let mut known = Known::default();
        let plan = super::plan(&table, &mapping, &options, &known);
        prop_assert_eq!(plan.rows.len(), table.rows.len());
        prop_assert_eq!(plan.refused_csv(&table, Language::Zh).is_some(), plan.counts().refused > 0);
        apply(&mut known, &plan);
        let again = super::plan(&table, &mapping, &options, &known);
        for (first, second) in plan.rows.iter().zip(&again.rows) {
            if matches!(first.verdict, Verdict::Create { .. }) {
                prop_assert_eq!(&second.verdict, &Verdict::Unchanged);
            }
        }
    }
}
