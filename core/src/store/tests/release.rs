//! Databases as released versions wrote them, one of each step, kept and opened for ever.

use std::path::PathBuf;

use super::*;
use crate::ids::RunId;
use crate::policy::Access;
use crate::wire::Point;

fn kept(step: i64) -> PathBuf {
    let name = format!("src/store/tests/fixture/{step:04}.db.zst");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What a database of the present step holds in its fixture.
fn fill(store: &Store) {
    let shop = made(
        "customer",
        1,
        json!({"name": "北京永盛茶叶", "industry": "tea", "phones": ["+8613800138000"]}),
    );
    let visit = made(
        "visit",
        2,
        json!({"customer_id": id(1).to_string(), "visit_kind": "planned"}),
    );
    let note = made(
        "note",
        3,
        json!({"parent": id(1).to_string(), "body": "wants green tea"}),
    );
    let acknowledged = |tx: &Transaction<'_>| {
        tx.keep(&shop)?;
        tx.set_acked(id(1), &shop.heads)?;
        tx.keep(&visit)?;
        let parked = Parked {
            heads: visit.heads.clone(),
            code: "no-access".to_owned(),
        };
        tx.set_parked(id(2), Some(&parked))?;
        tx.keep(&note)?;
        tx.keep_unread(4, &json!({"name": "unread"}))?;
        let heads = Heads::new(vec![crate::ids::ChangeHash([5; 32])]);
        tx.put_document(&NewDocument {
            id: id(5),
            kind: "from_tomorrow",
            scope: Some(scope(1)),
            snapshot: b"opaque",
            heads: &heads,
        })?;
        tx.put_row(
            id(5),
            &plain_row(5, json!({"x": 1}).as_object().unwrap()),
            Indexing::Now,
        )?;
        tx.put_scope(scope(1), Some(scope(9)), &[MemberId::from_bytes([1; 16])])?;
        tx.set_access(scope(1), Some(Access::Write))?;
        let point = Point {
            run: RunId::from_bytes([3; 16]),
            seq: 12,
        };
        tx.set_point(SyncPoint::Cursor, Some(point))?;
        tx.set_meta("device", Some(b"me"))
    };
    store.write(acknowledged).unwrap();
}

#[test]
fn every_released_database_opens_with_all_that_it_held() {
    for step in 1..=migration::KNOWN {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.db");
        let packed = std::fs::read(kept(step)).unwrap();
        std::fs::write(&path, zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
        let store = open(&path);
        store.verify().unwrap();
        for kind in store.kinds() {
            while !store.write(|tx| tx.refill(kind.name, 100)).unwrap().0 {}
        }
        while store.write(|tx| tx.index_pending(100)).unwrap().0 > 0 {}
        let read = store.read(|reader| {
            let shop = reader.record(id(1))?.unwrap();
            assert_eq!(shop.row.fields["name"], "北京永盛茶叶");
            assert!(!shop.pending);
            assert_eq!(reader.record(id(2))?.unwrap().parked.as_deref(), Some("no-access"));
            assert!(reader.record(id(3))?.unwrap().pending);
            assert_eq!(reader.record(id(5))?.unwrap().row.fields["x"], 1);
            let stored = reader.document(id(3))?.unwrap();
            let kind = store.kind(&stored.state.kind).unwrap();
            let mut document = Document::load(kind, id(3), &stored.snapshot, &stored.changes)?;
            assert_eq!(document.heads(), stored.state.heads);
            // The note, and the document of the unknown kind: neither was acknowledged.
            assert_eq!(reader.dirty_count()?, 2);
            assert_eq!(reader.search(&SearchQuery::new("永盛"))?.hits.len(), 1);
            assert_eq!(reader.search(&SearchQuery::new("green"))?.hits.len(), 1);
            let of_industry = ListQuery::new("customer").filter("industry", Test::Eq(Cell::Text("tea".to_owned())));
            assert_eq!(reader.count(&of_industry)?, 1);
            let of_shop = ListQuery::new("visit").filter("customer_id", Test::Eq(Cell::Text(id(1).to_string())));
            assert_eq!(reader.count(&of_shop)?, 1);
            assert_eq!(reader.access(scope(1))?, Some(Access::Write));
            assert_eq!(reader.point(SyncPoint::Cursor)?.map(|point| point.seq), Some(12));
            assert_eq!(reader.meta("device")?.as_deref(), Some(&b"me"[..]));
            Ok::<_, Error>(())
        });
        read.unwrap();
    }
}

/// A new step needs the database that the version before wrote: it is written here, once, to be committed.
#[test]
fn the_present_step_has_its_fixture() {
    let path = kept(migration::KNOWN);
    if path.exists() {
        return;
    }
    let bench = Bench::new();
    fill(&bench.store);
    bench.store.close().unwrap();
    let bytes = std::fs::read(bench.path()).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, zstd::encode_all(bytes.as_slice(), 19).unwrap()).unwrap();
    panic!(
        "{} was missing and has been written: look at it and commit it",
        path.display()
    );
}
