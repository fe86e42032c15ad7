use super::*;

#[test]
fn an_import_overwrites_nothing_unless_asked_and_then_only_what_differs() {
    let mut known = Known::default();
    let plans = import_all(&mut known, &options());
    let id = plans[0].rows[0].id.unwrap();
    let mut edited = known.record("customer", id).unwrap();
    edited.insert("industry".to_owned(), json!("typed here"));
    edited["place"]["position"] = json!({ "lat_e7": 1, "lon_e7": 2 });
    edited["phones"].as_array_mut().unwrap().push(json!("+8613700137000"));
    known.insert("customer", id, edited.clone());

    // The file says nothing of what was edited here.
    let same = planned(
        "customer",
        ACCOUNTS,
        &Options {
            update: true,
            ..options()
        },
        &known,
    );
    assert_eq!(same.rows[0].verdict, Verdict::Unchanged);

    let changed = ACCOUNTS
        .replace("1 Long St", "2 Short St")
        .replace("Distributor", "Agent")
        .replace("\"a,b\"", "\"b,c\"");
    let skipped = planned("customer", &changed, &options(), &known);
    let differing = ["customer_type", "place", "tags"].map(str::to_owned).to_vec();
    assert_eq!(
        skipped.rows[0].verdict,
        Verdict::Skipped {
            reason: Skip::Exists { differing }
        }
    );

    let updated = planned(
        "customer",
        &changed,
        &Options {
            update: true,
            ..options()
        },
        &known,
    );
    let Verdict::Update { patch, changes, kept } = &updated.rows[0].verdict else {
        panic!("{updated:?}")
    };
    assert_eq!(
        patch.fields.keys().collect::<Vec<_>>(),
        ["customer_type", "place", "tags"]
    );
    assert_eq!((changes.len(), kept.len()), (3, 0));
    apply(&mut known, &updated);
    let after = fields(&known, &updated, 0);
    assert_eq!(
        after["place"]["address"],
        json!({ "street": "2 Short St", "city": "Beijing" })
    );
    assert_eq!(
        (&after["place"]["position"]["lat_e7"], &after["tags"]),
        (&json!(1), &json!(["a", "b", "c"]))
    );
    assert_eq!(after["phones"], edited["phones"]);
}

/// Knows what the last import wrote.
struct Remembering {
    known: Known,
    imported: Known,
}

impl Existing for Remembering {
    fn record(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>> {
        self.known.record(kind, id)
    }
    fn by_external_id(&self, kind: &str, system: &str, id: &str) -> Option<DocumentId> {
        self.known.by_external_id(kind, system, id)
    }
    fn by_name(&self, kind: &str, name_key: &str, customer: Option<DocumentId>) -> Vec<DocumentId> {
        self.known.by_name(kind, name_key, customer)
    }
    fn last_imported(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>> {
        self.imported.record(kind, id)
    }
}

#[test]
fn what_was_edited_here_since_the_last_import_stays() {
    let mut known = Known::default();
    let file = "Record Id,Account Name,Website,Industry\n1,Acme,acme.example,Retail\n";
    let first = planned("customer", file, &options(), &known);
    apply(&mut known, &first);
    let imported = known.clone();
    let id = first.rows[0].id.unwrap();
    let mut edited = known.record("customer", id).unwrap();
    edited.insert("website".to_owned(), json!("edited.example"));
    known.insert("customer", id, edited);
    let there = Remembering { known, imported };
    let update = Options {
        update: true,
        ..options()
    };

    let same = planned("customer", file, &update, &there);
    let kept = vec!["website".to_owned()];
    assert_eq!(
        same.rows[0].verdict,
        Verdict::Skipped {
            reason: Skip::EditedHere { kept: kept.clone() }
        }
    );
    let newer = file
        .replace("acme.example", "new.example")
        .replace("Retail", "Wholesale");
    let plan = planned("customer", &newer, &update, &there);
    let Verdict::Update { patch, kept: stays, .. } = &plan.rows[0].verdict else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (patch.fields.keys().collect::<Vec<_>>(), stays),
        (vec![&"industry".to_owned()], &kept)
    );
}

#[test]
fn a_deal_that_moved_here_is_not_moved_back_unless_asked() {
    let mut known = Known::default();
    let plans = import_all(&mut known, &options());
    let id = plans[2].rows[0].id.unwrap();
    let mut deal = known.record("deal", id).unwrap();
    let mut won = json!(ProcessTemplate::standard().move_to("won").unwrap());
    won["stamp"]["id"] = json!(DocumentId::from_bytes([5; 16]));
    won["stamp"]["seen"] = json!([deal["moves"][0]["stamp"]["id"]]);
    deal["moves"].as_array_mut().unwrap().push(won);
    known.insert("deal", id, deal);
    let plan = planned("deal", DEALS, &options(), &known);
    let differing = vec!["stage".to_owned()];
    assert_eq!(
        plan.rows[0].verdict,
        Verdict::Skipped {
            reason: Skip::Exists { differing }
        }
    );
    let asked = planned(
        "deal",
        DEALS,
        &Options {
            update: true,
            ..options()
        },
        &known,
    );
    assert!(matches!(&asked.rows[0].verdict, Verdict::Update { changes, .. } if changes[0].from == "won"));
}
