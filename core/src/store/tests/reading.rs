use std::collections::BTreeSet;

use super::*;

fn names(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| record.row.fields["name"].as_str().unwrap_or("").to_owned())
        .collect()
}

fn found(bench: &Bench, text: &str) -> Vec<String> {
    let hits = bench.read(|reader| reader.search(&SearchQuery::new(text)));
    names(&hits.hits.into_iter().map(|hit| hit.record).collect::<Vec<_>>())
}

#[test]
fn chinese_words_of_two_characters_and_latin_beginnings_are_found() {
    let bench = Bench::new();
    bench.add(
        1,
        json!({"name": "北京大学茶行", "tags": ["重点"], "phones": ["+8613800138000"]}),
    );
    bench.add(
        2,
        json!({"name": "京北商行 Ｔｅａ House", "needs": "wants green TEA, 绿茶"}),
    );
    bench.add(3, json!({"name": "Café Zürich"}));
    assert_eq!(found(&bench, "北京"), ["北京大学茶行"]);
    assert_eq!(found(&bench, "京大学"), ["北京大学茶行"]);
    // Both pairs stand in the record, but not as one word.
    assert!(found(&bench, "茶行重点").is_empty());
    assert_eq!(found(&bench, "重点"), ["北京大学茶行"]);
    assert_eq!(found(&bench, "行"), ["京北商行 Ｔｅａ House", "北京大学茶行"]);
    assert_eq!(found(&bench, "tea hou"), ["京北商行 Ｔｅａ House"]);
    assert_eq!(found(&bench, "商行 ｔｅ"), ["京北商行 Ｔｅａ House"]);
    assert_eq!(found(&bench, "zuri"), ["Café Zürich"]);
    assert_eq!(found(&bench, "CAFE"), ["Café Zürich"]);
    assert_eq!(found(&bench, "8000"), ["北京大学茶行"]);
    assert_eq!(found(&bench, "13800138000"), ["北京大学茶行"]);
    assert!(found(&bench, "茶楼").is_empty());
    let page = "北京大学".repeat(2_000);
    assert!(found(&bench, &page).is_empty());
    for odd in ["", "  ", "\"", "* OR *", "NEAR(", "-"] {
        let _ = found(&bench, odd);
    }
}

#[test]
fn search_follows_an_edit_and_an_archive() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "Alpha"}));
    let mut row = bench.read(|reader| reader.record(id(1))).unwrap().row;
    row.fields.insert("name".to_owned(), json!("Beta"));
    bench.write(|tx| tx.put_row(id(1), &row, Indexing::Now));
    assert!(found(&bench, "alpha").is_empty());
    assert_eq!(found(&bench, "beta"), ["Beta"]);
    row.archived = true;
    bench.write(|tx| tx.put_row(id(1), &row, Indexing::Now));
    assert!(found(&bench, "beta").is_empty());
    let both = SearchQuery {
        archived: Archived::Both,
        ..SearchQuery::new("beta")
    };
    assert_eq!(bench.read(|reader| reader.search(&both)).hits.len(), 1);
}

#[test]
fn hits_are_paged_newest_first_and_ranked_by_where_they_match() {
    let bench = Bench::new();
    for number in 0..200 {
        bench.add(number, json!({"name": format!("Shop {number}"), "needs": "coffee"}));
    }
    bench.add(500, json!({"name": "Coffee"}));
    bench.add(501, json!({"name": "Other", "needs": "coffee"}));
    let mut query = SearchQuery {
        limit: 30,
        ..SearchQuery::new("coffee")
    };
    let mut seen = Vec::new();
    loop {
        let hits = bench.read(|reader| reader.search(&query));
        seen.extend(hits.hits.into_iter().map(|hit| hit.record.id));
        let Some(next) = hits.next else { break };
        query.after = Some(next);
    }
    assert_eq!(seen.len(), 202);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 202);
    assert_eq!(seen[..2], [id(501), id(500)]);
    let ranked = SearchQuery {
        order: SearchOrder::Rank,
        limit: 3,
        ..SearchQuery::new("coffee")
    };
    let ranked = bench.read(|reader| reader.search(&ranked));
    assert_eq!(ranked.hits[0].record.id, id(500));
    let kinds = SearchQuery {
        kinds: vec!["note".to_owned()],
        ..SearchQuery::new("coffee")
    };
    assert!(bench.read(|reader| reader.search(&kinds)).hits.is_empty());
}

#[test]
fn a_bulk_load_is_indexed_afterwards_and_says_how_far_it_is() {
    let bench = Bench::new();
    bench.write(|tx| {
        (0..25)
            .rev()
            .try_for_each(|number| tx.keep_unread(number, &json!({"name": format!("茶店 {number}")})))
    });
    assert!(found(&bench, "茶店").is_empty());
    assert_eq!(
        bench.read(|reader| reader.index_progress()),
        IndexProgress {
            indexed: 0,
            pending: 25
        }
    );
    assert_eq!(bench.write(|tx| tx.index_pending(10)), 15);
    assert_eq!(bench.write(|tx| tx.index_pending(100)), 0);
    assert_eq!(
        bench.read(|reader| reader.index_progress()),
        IndexProgress {
            indexed: 25,
            pending: 0
        }
    );
    // Newest by the writers' clocks first, whatever the order in which they came.
    assert_eq!(found(&bench, "茶店")[..2], ["茶店 24", "茶店 23"]);
}

fn walk(bench: &Bench, mut query: ListQuery, mut between: impl FnMut(usize)) -> Vec<DocumentId> {
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = bench.read(|reader| reader.list(&query));
        seen.extend(page.records.iter().map(|record| record.id));
        pages += 1;
        between(pages);
        let Some(next) = page.next else { return seen };
        query.after = Some(next);
    }
}

#[test]
fn pages_join_in_every_order_with_and_without_values() {
    let bench = Bench::new();
    for number in 0..60 {
        let mut fields = json!({"name": format!("Shop {}", number % 7)});
        if number % 3 != 0 {
            fields["industry"] = json!(format!("industry {}", number % 4));
        }
        bench.add(number, fields);
    }
    for (column, direction) in [
        ("industry", Direction::Ascending),
        ("industry", Direction::Descending),
        ("name", Direction::Ascending),
        (UPDATED, Direction::Descending),
    ] {
        let query = ListQuery {
            limit: 7,
            ..ListQuery::new("customer")
        }
        .order(column, direction);
        let whole = bench.read(|reader| {
            reader.list(&ListQuery {
                limit: 500,
                ..query.clone()
            })
        });
        let whole: Vec<DocumentId> = whole.records.iter().map(|record| record.id).collect();
        assert_eq!(whole.len(), 60);
        assert_eq!(walk(&bench, query, |_| ()), whole, "{column} {direction:?}");
    }
    let query = ListQuery::new("customer").order("industry", Direction::Ascending);
    let first = bench.read(|reader| reader.list(&query));
    assert!(!first.records[0].row.fields.contains_key("industry"));
}

#[test]
fn a_walk_sees_every_record_once_while_others_are_added() {
    let bench = Bench::new();
    for number in 0..40 {
        bench.add(number * 10, json!({"name": format!("Shop {number:03}")}));
    }
    let query = ListQuery {
        limit: 6,
        ..ListQuery::new("customer")
    }
    .order("name", Direction::Ascending);
    let mut added = 0;
    let seen = walk(&bench, query, |page| {
        let number = u32::try_from(page).unwrap();
        bench.add(
            number * 10 + 1,
            json!({"name": format!("Shop {:03}-extra", number * 5)}),
        );
        added += 1;
    });
    assert!(added > 5);
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
    assert!((0..40).all(|number| distinct.contains(&id(number * 10))));
}

#[test]
fn conditions_decide_alike_in_sql_and_for_live_queries() {
    let bench = Bench::new();
    for number in 0..30 {
        let level = ["a", "b", "c", "d"][number as usize % 4];
        let mut fields = json!({"name": format!("{}", number % 10), "level": level});
        if number % 5 == 0 {
            fields["industry"] = json!("tea");
        }
        bench.add(number, fields);
    }
    let text = |text: &str| Cell::Text(text.to_owned());
    let kind = crate::domain::kind("customer").unwrap();
    for (column, test) in [
        ("level", Test::Eq(text("b"))),
        ("level", Test::In(vec![text("a"), text("d")])),
        ("name", Test::Between(text("3"), text("7"))),
        ("name", Test::Lt(text("2"))),
        ("name", Test::Gt(text("7"))),
        ("industry", Test::IsNull),
        ("industry", Test::NotNull),
        ("industry", Test::Eq(Cell::Null)),
        (UPDATED, Test::Gt(Cell::Integer(1_700_000_010_000))),
        ("level", Test::Gt(Cell::Integer(5))),
    ] {
        let query = ListQuery {
            limit: 500,
            ..ListQuery::new("customer")
        }
        .filter(column, test.clone());
        let listed: BTreeSet<DocumentId> = bench
            .read(|reader| reader.list(&query))
            .records
            .iter()
            .map(|record| record.id)
            .collect();
        let all = bench.read(|reader| {
            reader.list(&ListQuery {
                limit: 500,
                ..ListQuery::new("customer")
            })
        });
        let matching: BTreeSet<DocumentId> = all
            .records
            .iter()
            .filter(|record| query.matches(kind, &record.row))
            .map(|record| record.id)
            .collect();
        assert_eq!(listed, matching, "{column} {test:?}");
        assert_eq!(bench.read(|reader| reader.count(&query)), listed.len() as u64);
    }
}

#[test]
fn unknown_columns_and_foreign_cursors_are_refused_by_type() {
    let bench = Bench::new();
    for number in 0..3 {
        bench.add(number, json!({"name": "A"}));
    }
    let list = |query: ListQuery| bench.store.read(|reader| reader.list(&query));
    assert!(matches!(
        list(ListQuery::new("customer").order("needs", Direction::Ascending)),
        Err(Error::UnknownColumn)
    ));
    assert!(matches!(
        list(ListQuery::new("customer").filter("x\"; --", Test::IsNull)),
        Err(Error::UnknownColumn)
    ));
    assert!(matches!(list(ListQuery::new("spaceship")), Err(Error::UnknownKind)));
    let next = list(ListQuery {
        limit: 1,
        ..ListQuery::new("customer")
    })
    .unwrap()
    .next;
    let other = ListQuery {
        after: next,
        ..ListQuery::new("customer")
    }
    .order("name", Direction::Ascending);
    assert!(matches!(list(other), Err(Error::BadCursor)));
    let nonsense = ListQuery {
        after: Some("%%".to_owned()),
        ..ListQuery::new("customer")
    };
    assert!(matches!(list(nonsense), Err(Error::BadCursor)));
}

#[test]
fn a_transaction_tells_what_it_touched() {
    let bench = Bench::new();
    let made = made("customer", 1, json!({"name": "A"}));
    let ((), touched) = bench.store.write(|tx| tx.keep(&made)).unwrap();
    let touch = &touched.records[&id(1)];
    assert!(touch.before.is_none() && touch.after.is_some());
    let (_, touched) = bench.store.write(|tx| tx.set_acked(id(1), &made.heads)).unwrap();
    assert_eq!(touched.records[&id(1)].before, touched.records[&id(1)].after);
    let (_, touched) = bench.store.write(|tx| tx.delete_document(id(1))).unwrap();
    let touch = &touched.records[&id(1)];
    assert!(touch.before.is_some() && touch.after.is_none());
    let load = |tx: &Transaction<'_>| (0..3_000).try_for_each(|number| tx.keep_unread(number, &json!({"name": "B"})));
    let ((), touched) = bench.store.write(load).unwrap();
    assert!(touched.records.is_empty() && touched.many.contains("customer"));
}
