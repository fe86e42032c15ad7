use super::*;
use crate::document::Header;
use crate::ids::RunId;
use crate::wire::Point;
use crate::wire::digest::Digest;

fn point(seq: u64) -> Point {
    Point {
        run: RunId::from_bytes([3; 16]),
        seq,
    }
}

#[test]
fn a_record_survives_closing_and_opening() {
    let bench = Bench::new();
    let made = made("customer", 1, json!({"name": "北京茶行", "phones": ["+8613800138000"]}));
    bench.write(|tx| tx.keep(&made));
    bench.store.close().unwrap();
    assert!(matches!(
        bench.store.read(|reader| reader.record(id(1))),
        Err(Error::Closed)
    ));
    let again = open(&bench.path());
    assert!(!again.left_open());
    let record = again.read(|reader| reader.record(id(1))).unwrap().unwrap();
    assert_eq!(record.row, made.row);
    assert!(record.pending);
    let stored = again.read(|reader| reader.document(id(1))).unwrap().unwrap();
    let mut loaded = Document::load(made.document.kind(), id(1), &stored.snapshot, &stored.changes).unwrap();
    assert_eq!(loaded.heads(), made.heads);
}

#[test]
fn a_failed_transaction_leaves_nothing_wherever_it_stops() {
    let bench = Bench::new();
    let made = made("customer", 1, json!({"name": "A"}));
    for stop in 0..4 {
        let failed: Result<((), Touched), Error> = bench.store.write(|tx| {
            let new = NewDocument {
                id: id(1),
                kind: "customer",
                scope: None,
                snapshot: &[],
                heads: &Heads::default(),
            };
            tx.put_document(&new)?;
            if stop > 0 {
                tx.append_changes(id(1), Origin::Local(None), &made.changes, &made.heads)?;
            }
            if stop > 1 {
                tx.put_row(id(1), &made.row, Indexing::Now)?;
            }
            if stop > 2 {
                tx.set_point(SyncPoint::Cursor, Some(point(9)))?;
            }
            Err(Error::NotFound)
        });
        assert!(matches!(failed, Err(Error::NotFound)));
        bench.read(|reader| {
            assert!(reader.state(id(1))?.is_none());
            assert!(reader.record(id(1))?.is_none());
            assert_eq!(reader.point(SyncPoint::Cursor)?, None);
            assert_eq!(reader.search(&SearchQuery::new("A"))?.hits.len(), 0);
            assert_eq!(reader.dirty_count()?, 0);
            Ok(())
        });
    }
}

#[test]
fn a_panic_in_a_transaction_leaves_the_store_usable() {
    let bench = Bench::new();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        bench.store.write(|tx| -> Result<(), Error> {
            tx.set_meta("device", Some(b"x"))?;
            panic!("as a bug would")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(bench.read(|reader| reader.meta("device")), None);
    bench.add(1, json!({"name": "A"}));
}

#[test]
fn dirtiness_is_what_differs_from_the_acknowledged_version() {
    let bench = Bench::new();
    let mut made = made("customer", 1, json!({"name": "A"}));
    bench.write(|tx| tx.keep(&made));
    let dirty = bench.read(|reader| reader.dirty(0, 10));
    assert_eq!(dirty.len(), 1);
    assert!(dirty[0].is_dirty());
    // An edit on top, then a receipt for what was pushed before it.
    let entropy = SeededEntropy::new(9);
    let patch = Patch::from_json(made.document.kind(), json!({"industry": "tea"}).as_object().unwrap()).unwrap();
    let changes = made.document.edit(&patch, None, &author(&entropy, 5)).unwrap();
    let later = made.document.heads();
    bench.write(|tx| tx.append_changes(id(1), Origin::Local(Some(point(4))), &changes, &later));
    let clean = bench.write(|tx| tx.set_acked(id(1), &made.heads));
    assert!(!clean);
    let local = bench.read(|reader| reader.local_changes(id(1)));
    let hash = Header::read(&changes[0]).unwrap().hash;
    assert_eq!(
        local
            .iter()
            .map(|change| (change.hash, change.base))
            .collect::<Vec<_>>(),
        [(hash, Some(point(4)))]
    );
    assert!(bench.write(|tx| tx.set_acked(id(1), &later)));
    assert_eq!(bench.read(|reader| reader.dirty_count()), 0);
    assert!(bench.read(|reader| reader.local_changes(id(1))).is_empty());
    // A new epoch forgets it.
    bench.write(|tx| tx.forget_acknowledged());
    assert_eq!(bench.read(|reader| reader.dirty_count()), 1);
}

#[test]
fn the_dirty_are_found_by_their_index() {
    let bench = Bench::new();
    let plan: Vec<String> = bench.read(|reader| {
        let mut statement = reader.conn.prepare(
            "EXPLAIN QUERY PLAN SELECT id FROM document WHERE heads IS NOT acked AND heads IS NOT parked \
             AND row_only = 0 AND retry_at_ms <= 1 ORDER BY number LIMIT 10",
        )?;
        Ok(statement.query_map([], |row| row.get(3))?.collect::<Result<_, _>>()?)
    });
    assert!(plan.iter().any(|step| step.contains("document_dirty")), "{plan:?}");
}

#[test]
fn what_is_parked_is_pushed_again_only_with_a_later_edit_made_here() {
    let bench = Bench::new();
    let mut made = made("customer", 1, json!({"name": "A"}));
    bench.write(|tx| tx.keep(&made));
    let parked = Parked {
        heads: made.heads.clone(),
        code: "no-access".to_owned(),
    };
    bench.write(|tx| tx.set_parked(id(1), Some(&parked)));
    assert_eq!(bench.read(|reader| reader.dirty_count()), 0);
    let record = bench.read(|reader| reader.record(id(1))).unwrap();
    assert_eq!(record.parked.as_deref(), Some("no-access"));
    // Somebody else's change comes in.
    let mut other = Document::load(
        made.document.kind(),
        id(1),
        &made.document.save(),
        std::iter::empty::<&[u8]>(),
    )
    .unwrap();
    let entropy = SeededEntropy::new(9);
    let patch = Patch::from_json(other.kind(), json!({"industry": "tea"}).as_object().unwrap()).unwrap();
    let theirs = Author {
        actor: ActorId([8; 16]),
        ..author(&entropy, 5)
    };
    let changes = other.edit(&patch, None, &theirs).unwrap();
    bench.write(|tx| tx.append_changes(id(1), Origin::Relay, &changes, &other.heads()));
    assert_eq!(bench.read(|reader| reader.dirty_count()), 0);
    // An edit made here is pushed, and what was parked with it.
    made.document.merge(&changes).unwrap();
    let changes = made
        .document
        .edit(
            &Patch::from_json(other.kind(), json!({"level": "a"}).as_object().unwrap()).unwrap(),
            None,
            &author(&entropy, 6),
        )
        .unwrap();
    let heads = made.document.heads();
    bench.write(|tx| tx.append_changes(id(1), Origin::Local(None), &changes, &heads));
    assert_eq!(bench.read(|reader| reader.dirty_count()), 1);
    assert_eq!(bench.read(|reader| reader.local_changes(id(1))).len(), 2);
}

#[test]
fn a_push_in_trouble_waits_for_its_time() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "A"}));
    bench.write(|tx| tx.set_trouble(id(1), "retry-after", 500));
    assert!(bench.read(|reader| reader.dirty(499, 10)).is_empty());
    let due = bench.read(|reader| reader.dirty(500, 10));
    assert_eq!((due[0].attempts, due[0].trouble.as_deref()), (1, Some("retry-after")));
    // The clock was set back by a year meanwhile (seed 67419757).
    let year_ms = 365 * 24 * 3_600_000;
    assert_eq!(bench.read(|reader| reader.dirty(500 - year_ms, 10)).len(), 1);
    bench.write(|tx| tx.set_want_whole(id(1), true));
    assert!(bench.read(|reader| reader.wanted(499, 10)).is_empty());
    assert_eq!(bench.read(|reader| reader.wanted(500 - year_ms, 10)).len(), 1);
}

#[test]
fn folding_replaces_the_snapshot_only_by_one_that_loads_to_the_same_version() {
    let bench = Bench::new();
    let mut made = made("customer", 1, json!({"name": "A"}));
    bench.write(|tx| tx.keep(&made));
    assert!(!bench.write(|tx| tx.fold(id(1), b"not a document")));
    assert_eq!(bench.read(|reader| reader.change_count(id(1))), 1);
    let snapshot = made.document.save();
    assert!(bench.write(|tx| tx.fold(id(1), &snapshot)));
    assert_eq!(bench.read(|reader| reader.change_count(id(1))), 0);
    // Still to be pushed.
    assert_eq!(bench.read(|reader| reader.local_changes(id(1))).len(), 1);
    let stored = bench.read(|reader| reader.document(id(1))).unwrap();
    let mut loaded = Document::load(made.document.kind(), id(1), &stored.snapshot, &stored.changes).unwrap();
    assert_eq!(loaded.heads(), made.heads);
    bench.write(|tx| tx.set_acked(id(1), &made.heads));
    assert!(bench.read(|reader| reader.local_changes(id(1))).is_empty());
}

#[test]
fn digests_follow_what_is_acknowledged() {
    let bench = Bench::new();
    let (one, two) = (
        made("customer", 1, json!({"name": "A"})),
        made("customer", 2, json!({"name": "B"})),
    );
    bench.write(|tx| {
        for made in [&one, &two] {
            tx.keep(made)?;
            tx.set_scope(made.id, Some(scope(9)))?;
            tx.set_acked(made.id, &made.heads)?;
        }
        tx.set_access(scope(9), Some(crate::policy::Access::Write))
    });
    let both = Digest::of(one.id, &one.heads).plus(Digest::of(two.id, &two.heads));
    assert_eq!(bench.read(|reader| reader.digest(scope(9))), both);
    assert_eq!(bench.read(|reader| reader.granted_digest()), both);
    assert_eq!(bench.read(|reader| reader.acknowledged_scopes()), [scope(9)]);
    bench.write(|tx| {
        tx.set_loading(Loading {
            scope: scope(9),
            seq: 1,
            done: false,
        })
    });
    assert_eq!(bench.read(|reader| reader.granted_digest()), Digest::default());
    bench.write(|tx| tx.delete_document(one.id));
    assert_eq!(
        bench.read(|reader| reader.digest(scope(9))),
        Digest::of(two.id, &two.heads)
    );
}

#[test]
fn deleting_a_document_leaves_nothing_of_it_in_the_file() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "Zanzibarhandel 桑给巴尔"}));
    let key = ["zanzibarhandel 桑给巴尔".to_owned()];
    assert_eq!(bench.read(|reader| reader.sharing(&key, 10)), [id(1)]);
    let bytes = |bench: &Bench| {
        let mut all = std::fs::read(bench.path()).unwrap();
        all.extend(std::fs::read(format!("{}-wal", bench.path().display())).unwrap_or_default());
        all
    };
    let holds = |bytes: &[u8], text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    };
    bench.store.sweep().unwrap();
    assert!(holds(&bytes(&bench), "zanzibar"));
    assert!(bench.write(|tx| tx.delete_document(id(1))));
    bench.store.sweep().unwrap();
    let left = bytes(&bench);
    for text in ["zanzibar", "桑给", "给巴"] {
        assert!(!holds(&left, text), "{text} is left");
    }
    assert!(!bench.write(|tx| tx.delete_document(id(1))));
    assert_eq!(bench.read(|reader| reader.sharing(&key, 10)), []);
}

#[test]
fn relations_and_progress_are_kept() {
    let bench = Bench::new();
    let member = MemberId::from_bytes([4; 16]);
    bench.write(|tx| {
        tx.put_scope(scope(5), Some(scope(6)), &[member])?;
        tx.replace_grants(&[(scope(5), crate::policy::Access::Write)])?;
        tx.set_point(SyncPoint::Cursor, Some(point(7)))?;
        tx.set_pending_out(PendingOut {
            scope: scope(8),
            point: point(6),
            documents: 0,
            purged: false,
        })
    });
    bench.read(|reader| {
        let entry = reader.scope(scope(5))?.unwrap();
        assert_eq!(
            (entry.parent, entry.assignees, entry.access),
            (Some(scope(6)), vec![member], Some(crate::policy::Access::Write))
        );
        assert_eq!(reader.point(SyncPoint::Cursor)?, Some(point(7)));
        assert_eq!(reader.point(SyncPoint::CaughtUp)?, None);
        assert_eq!(reader.pending_outs()?.len(), 1);
        Ok(())
    });
    bench.write(|tx| {
        tx.replace_grants(&[])?;
        tx.clear_pending_out(scope(8))
    });
    assert_eq!(bench.read(|reader| reader.access(scope(5))), None);
    assert!(bench.read(|reader| reader.pending_outs()).is_empty());
}

#[test]
fn suspending_empties_the_log_and_refuses_writes() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "A"}));
    bench.store.suspend().unwrap();
    let wal = std::fs::metadata(format!("{}-wal", bench.path().display())).map_or(0, |wal| wal.len());
    assert_eq!(wal, 0);
    let refused = bench.store.write(|tx| tx.set_meta("device", None));
    assert!(matches!(refused, Err(Error::Suspended)));
    bench.store.resume();
    bench.add(2, json!({"name": "B"}));
}

#[test]
fn a_key_that_too_many_share_leads_nowhere() {
    let bench = Bench::new();
    for number in 0..5 {
        bench.add(number, json!({"name": "Everybody"}));
    }
    let keys = ["everybody".to_owned(), "nobody".to_owned()];
    assert_eq!(bench.read(|reader| reader.sharing(&keys, 5)).len(), 5);
    assert!(bench.read(|reader| reader.sharing(&keys, 4)).is_empty());
}

#[test]
fn a_full_disk_is_told_by_type_and_loses_nothing() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "before"}));
    let limit = |pages: i64| {
        let writer = bench.store.writer();
        let conn = writer.conn.as_ref().unwrap();
        let present: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let wanted = if pages == 0 { present } else { pages };
        conn.pragma_update_and_check(None, "max_page_count", wanted, |row| row.get::<_, i64>(0))
            .unwrap();
    };
    limit(0);
    let large = json!({"name": "after", "needs": "x".repeat(20_000)});
    let refused = bench.store.write(|tx| tx.keep_unread(2, &large));
    assert!(matches!(refused, Err(Error::StorageFull)), "{refused:?}");
    assert!(bench.read(|reader| reader.record(id(2))).is_none());
    assert!(bench.read(|reader| reader.record(id(1))).is_some());
    // Space was made.
    limit(1 << 20);
    bench.write(|tx| tx.keep_unread(2, &large));
}
