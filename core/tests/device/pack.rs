//! A device that loads from packs: nothing is loaded by Automerge, nothing of a bad pack is kept, nothing goes back.

use std::sync::Arc;

use satchel_core::clock::{ManualClock, SeededEntropy};
use satchel_core::document::{Document, loads, restored, stripped};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch, Visit, VisitPatch, visit::VisitKind};
use satchel_core::engine::sync::{Fetched, PackPlan};
use satchel_core::engine::{Engine, Error, Options};
use satchel_core::ids::{ChangeHash, DocumentId, Heads, RunId, ScopeId};
use satchel_core::policy::{Access, Role};
use satchel_core::projection::Row;
use satchel_core::store::{ListQuery, SearchQuery, SyncPoint};
use satchel_core::wire::digest::Digest;
use satchel_core::wire::{
    self, Commit, Floor, Frame, Grant, Grants, Manifest, Out, Pack, PackHash, PackedDoc, Point, Welcome, encode_pack,
    feature,
};

use super::{MORNING_MS, Phone, me};

const RUN: RunId = RunId::from_bytes([6; 16]);

fn at(seq: u64) -> Point {
    Point { run: RUN, seq }
}

/// A phone on which so many customers were made, each with a visit.
fn author(count: usize) -> (Phone, Vec<CustomerId>) {
    let phone = Phone::new();
    let mut made = Vec::new();
    for number in 0..count {
        let customer = phone.customer(&format!("Corner shop 街角小店 {number}"));
        let visit = VisitPatch {
            customer_id: Some(customer),
            visit_kind: Some(VisitKind::Planned),
            ..VisitPatch::default()
        };
        phone.engine.of::<Visit>().create(visit).unwrap();
        made.push(customer);
    }
    (phone, made)
}

/// A new phone, whose randomness is not the author's.
fn fresh() -> Phone {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(MORNING_MS));
    let options = Options {
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(8)),
        ..Options::new("Asia/Shanghai")
    };
    let engine = Engine::open(&dir.path().join("device.db"), options).unwrap();
    engine.enrol(&me(Role::Rep)).unwrap();
    Phone { dir, clock, engine }
}

fn field(phone: &Phone, customer: CustomerId, name: &str) -> String {
    let row = phone.engine.get(customer.into()).unwrap().unwrap().row;
    row.fields[name].as_str().unwrap().to_owned()
}

fn rename(phone: &Phone, customer: CustomerId, name: &str) {
    phone.clock.advance_ms(1000);
    let patch = CustomerPatch {
        name: Some(name.to_owned()),
        ..CustomerPatch::default()
    };
    phone.engine.of::<Customer>().edit(customer, patch, None).unwrap();
}

/// Everything of these scopes on a phone, as the relay would pack it.
fn packed(phone: &Phone, scopes: &[CustomerId]) -> Vec<PackedDoc> {
    let mut documents = Vec::new();
    for (place, scope) in (0..).zip(scopes) {
        let scope = ScopeId::from(DocumentId::from(*scope));
        let inside = phone
            .engine
            .read(|reader| Ok(reader.in_scope(scope, None, 1000)?))
            .unwrap();
        for state in inside {
            let stored = phone
                .engine
                .read(|reader| Ok(reader.document(state.id)?))
                .unwrap()
                .unwrap();
            let kind = phone.engine.kind(&state.kind).unwrap();
            let snapshot = Document::load(kind, state.id, &stored.snapshot, &stored.changes)
                .unwrap()
                .save();
            let row = Row {
                heads: Heads::default(),
                ..phone.engine.get(state.id).unwrap().unwrap().row
            };
            let bare = stripped(state.id, &state.heads, &snapshot).unwrap();
            assert!(
                bare.len() + 55 < snapshot.len(),
                "the seed's actor, the heads and the checksum are left out"
            );
            documents.push(PackedDoc {
                id: state.id,
                kind: state.kind,
                scope: place,
                heads: state.heads,
                snapshot: Some(bare.into()),
                whole: false,
                row: serde_json::to_vec(&row).unwrap().into(),
            });
        }
    }
    documents
}

fn pack(seq: u64, scopes: &[CustomerId], documents: &[PackedDoc]) -> (Pack, Vec<u8>) {
    let scopes: Vec<ScopeId> = scopes.iter().map(|scope| DocumentId::from(*scope).into()).collect();
    let bytes = encode_pack(seq, scopes.clone(), documents).unwrap();
    let pack = Pack {
        hash: PackHash::of(&bytes),
        seq,
        documents: documents.len() as u64,
        bytes: bytes.len() as u64,
        scopes,
        rows: None,
    };
    (pack, bytes)
}

/// An exchange whose answer grants scopes and says that packs bring them. `floors` names how far each is.
fn told(phone: &Phone, from: u64, granted: &[CustomerId], outs: &[CustomerId], commit: Commit) {
    let (mut ongoing, request) = phone.engine.begin_loading(0).unwrap();
    let hello = wire::decode(&request)
        .unwrap()
        .into_iter()
        .find_map(|frame| match frame {
            Frame::Hello(hello) => Some(hello),
            _ => None,
        });
    let hello = hello.unwrap();
    assert_eq!(hello.features, Some(feature::PACKS | feature::DELTAS));
    let scope = |customer: &CustomerId| ScopeId::from(DocumentId::from(*customer));
    let mut frames: Vec<Frame> = vec![
        Welcome {
            exchange: hello.exchange,
            clock_s: 0,
            token_s: 900,
            new_epoch: None,
            revoked: None,
            features: None,
        }
        .into(),
        Grants {
            scopes: granted
                .iter()
                .map(|customer| Grant {
                    scope: scope(customer),
                    access: Access::Write,
                })
                .collect(),
        }
        .into(),
    ];
    frames.extend(outs.iter().map(|customer| {
        Out {
            scope: scope(customer),
            point: at(commit.to),
        }
        .into()
    }));
    let offers = commit.packs == Some(true);
    frames.push(Commit { from, ..commit }.into());
    ongoing.receive(&wire::encode(&frames).unwrap()).unwrap();
    assert_eq!(ongoing.offers_packs(), offers);
}

fn floors(customers: &[CustomerId], seq: u64, done: bool) -> Vec<Floor> {
    let floor = |customer: &CustomerId| Floor {
        scope: DocumentId::from(*customer).into(),
        seq,
        done,
    };
    customers.iter().map(floor).collect()
}

/// The first answer that a new device gets.
fn loading(phone: &Phone, customers: &[CustomerId]) {
    let commit = Commit {
        from: 0,
        to: 0,
        more: true,
        run: Some(RUN),
        digest: None,
        floors: Some(floors(customers, 0, false)),
        packs: Some(true),
    };
    told(phone, 0, customers, &[], commit);
}

fn plan(phone: &Phone, packs: &[&Pack], point: Point) -> PackPlan {
    let named = packs.iter().map(|pack| Frame::from((*pack).clone()));
    let message: Vec<Frame> = named.chain([Manifest { point, more: false }.into()]).collect();
    phone.engine.plan_packs(&wire::encode(&message).unwrap()).unwrap()
}

fn count(phone: &Phone) -> u64 {
    let count = |kind| phone.engine.count(&ListQuery::new(kind)).unwrap();
    count("customer") + count("visit")
}

#[test]
fn a_new_device_takes_packs_without_loading_a_document_and_is_usable_after_the_first() {
    let (ann, made) = author(100);
    let (near, far) = made.split_at(40);
    let (first, first_bytes) = pack(500, near, &packed(&ann, near));
    let (second, second_bytes) = pack(510, far, &packed(&ann, far));
    let bo = fresh();
    assert!(
        !bo.engine.sync_status().unwrap().complete,
        "nothing was ever complete here"
    );
    loading(&bo, &made);

    let before = loads();
    let planned = plan(&bo, &[&first, &second], at(510));
    assert_eq!(planned.packs, [first.clone(), second.clone()]);
    // In whatever order the manifest names the scopes.
    let mut turned = first.clone();
    turned.scopes.reverse();
    let applied = bo.engine.apply_pack(&turned, planned.point, &first_bytes).unwrap();
    assert_eq!((applied.documents, applied.scopes), (80, 40));
    let status = bo.engine.sync_status().unwrap();
    let progress = status.packs.unwrap();
    assert_eq!((progress.documents, progress.documents_total), (80, 200));
    assert_eq!(
        (progress.bytes, progress.bytes_total),
        (first.bytes, first.bytes + second.bytes)
    );
    assert!(!status.complete, "figures are incomplete until the last");
    assert_eq!((count(&bo), status.loading, status.pending), (80, 100, 0), "lists work");
    assert_eq!(field(&bo, near[7], "name"), "Corner shop 街角小店 7");

    bo.engine.apply_pack(&second, planned.point, &second_bytes).unwrap();
    assert_eq!(bo.engine.sync_status().unwrap().packs.unwrap().documents, 200);
    let newest = bo.engine.read(|reader| Ok(reader.point(SyncPoint::Newest)?)).unwrap();
    assert_eq!(
        newest,
        Some(at(510)),
        "a relay that knows less than this has lost something"
    );

    // The rows above the floors: nothing happened since.
    let shares = packed(&ann, &made);
    let digest = shares
        .iter()
        .fold(Digest::default(), |sum, one| sum.plus(Digest::of(one.id, &one.heads)));
    let commit = Commit {
        from: 0,
        to: 512,
        more: false,
        run: Some(RUN),
        digest: Some(digest.to_bytes().to_vec()),
        floors: Some(floors(&made, 512, true)),
        packs: None,
    };
    let after_packs = loads();
    told(&bo, 0, &made, &[], commit);
    let status = bo.engine.sync_status().unwrap();
    assert_eq!((status.complete, status.agreed, status.packs), (true, Some(true), None));
    assert!(bo.engine.is_settled().unwrap());
    // Packing them again for the digest loaded the author's documents; the new device loaded none.
    assert_eq!(loads() - after_packs, 0);
    assert_eq!(after_packs - before, shares.len() as u64);

    let waiting = bo.engine.progress().unwrap().index;
    assert_eq!(
        (waiting.indexed, waiting.pending),
        (0, 200),
        "search follows, and tells how far it is"
    );
    while !bo.engine.maintain().unwrap().is_complete() {}
    assert_eq!(bo.engine.search(&SearchQuery::new("街角")).unwrap().hits.len(), 50);
    assert_eq!(loads(), after_packs, "indexing reads rows");
    rename(&bo, near[7], "Corner store");
    assert!(loads() > after_packs, "an edit is what loads a document");
}

#[test]
fn a_bad_pack_is_dropped_whole() {
    let (ann, made) = author(5);
    let good = packed(&ann, &made);
    let (named, bytes) = pack(9, &made, &good);
    let bo = fresh();
    loading(&bo, &made);
    plan(&bo, &[&named], at(9));
    let refused = |what: &str, pack: &Pack, bytes: &[u8]| {
        let outcome = bo.engine.apply_pack(pack, at(9), bytes);
        assert!(matches!(outcome, Err(Error::BadPack)), "{what}: {outcome:?}");
        assert_eq!(count(&bo), 0, "{what}: something was kept");
        assert_eq!(bo.engine.sync_status().unwrap().loading, 5, "{what}");
        let floors = bo.engine.read(|reader| Ok(reader.loading()?)).unwrap();
        assert!(floors.iter().all(|one| one.seq == 0), "{what}: a floor was raised");
    };
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        refused("damaged", &named, &damaged);
    }
    refused("cut", &named, &bytes[..bytes.len() - 1]);
    // From here on the hash is right and what it names is not.
    let last = good.len() - 1;
    let with = |change: &dyn Fn(&mut Vec<PackedDoc>)| {
        let mut documents = good.clone();
        change(&mut documents);
        pack(9, &made, &documents)
    };
    let whole = |documents: &mut Vec<PackedDoc>| {
        for one in documents {
            let whole = restored(one.id, &one.heads, one.snapshot.as_ref().unwrap()).unwrap();
            one.snapshot = Some(whole.into());
            one.whole = true;
        }
    };
    let (odd, odd_bytes) = with(&|documents| {
        whole(documents);
        documents[last].heads = Heads::new(vec![ChangeHash([1; 32])]);
    });
    refused("heads that the snapshot does not name", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| {
        whole(documents);
        documents[last].snapshot = documents[0].snapshot.clone();
    });
    refused("the snapshot of another", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].whole = true);
    refused("a snapshot that calls itself whole and is not", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].heads = Heads::default());
    refused("no heads", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].snapshot = Some(vec![2, 16, 1].into()));
    refused("what is left of no snapshot", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].snapshot = Some(Vec::new().into()));
    refused("an empty snapshot", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].snapshot = None);
    refused("a row among documents", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].scope = 5);
    refused("a scope beyond the list", &odd, &odd_bytes);
    let (odd, odd_bytes) = with(&|documents| documents[last].row = b"[1".to_vec().into());
    refused("a row that cannot be read", &odd, &odd_bytes);
    let other = Pack {
        seq: 8,
        ..named.clone()
    };
    refused("another seq than was named", &other, &bytes);
    let fewer = Pack {
        scopes: named.scopes[1..].to_vec(),
        ..named.clone()
    };
    refused("other scopes than were named", &fewer, &bytes);
    let (future, future_bytes) = pack(10, &made, &good);
    refused("a seq beyond the manifest's", &future, &future_bytes);

    // A snapshot that came whole is as good as one that was stripped.
    let (named, bytes) = with(&|documents| whole(documents));
    bo.engine.apply_pack(&named, at(9), &bytes).unwrap();
    assert_eq!(count(&bo), 10, "and the good one is good");
    for one in good {
        let stored = bo.engine.read(|reader| Ok(reader.document(one.id)?)).unwrap().unwrap();
        let kind = bo.engine.kind(&one.kind).unwrap();
        let mut loaded = Document::load(kind, one.id, &stored.snapshot, &stored.changes).unwrap();
        assert_eq!(loaded.heads(), one.heads);
    }
}

#[test]
fn only_what_is_granted_and_loading_is_taken() {
    let (ann, made) = author(4);
    let (named, bytes) = pack(9, &made, &packed(&ann, &made));
    let bo = fresh();
    loading(&bo, &made[..3]);
    assert_eq!(plan(&bo, &[&named], at(9)).packs.len(), 1);
    let other_run = Point {
        run: RunId::from_bytes([7; 16]),
        seq: 9,
    };
    assert_eq!(
        plan(&bo, &[&named], other_run).packs,
        [],
        "its seqs may mean other rows"
    );
    assert!(matches!(bo.engine.plan_packs(b"\x7f\x01x"), Err(Error::BadMessage)));
    let applied = bo.engine.apply_pack(&named, at(9), &bytes).unwrap();
    assert_eq!((applied.documents, applied.scopes), (6, 3));
    assert!(
        bo.engine.get(made[3].into()).unwrap().is_none(),
        "that one is not granted"
    );

    // Again: everything is there already.
    let again = bo.engine.apply_pack(&named, at(9), &bytes).unwrap();
    assert_eq!((again.documents, again.scopes), (0, 0));
    assert_eq!(plan(&bo, &[&named], at(9)).packs, []);
}

#[test]
fn what_is_here_is_merged_and_acknowledged_heads_never_go_back() {
    let (ann, made) = author(1);
    let (old, old_bytes) = pack(9, &made, &packed(&ann, &made));
    rename(&ann, made[0], "Corner store");
    let (new, new_bytes) = pack(20, &made, &packed(&ann, &made));
    let id = DocumentId::from(made[0]);
    let bo = fresh();
    let state = || bo.engine.read(|reader| Ok(reader.state(id)?)).unwrap().unwrap();
    let digest = || bo.engine.read(|reader| Ok(reader.digest(id.into())?)).unwrap();
    loading(&bo, &made);
    bo.engine.apply_pack(&new, at(20), &new_bytes).unwrap();
    let (acked, sum) = (state().acked, digest());
    assert_eq!(acked.as_ref(), Some(&state().heads));

    // An older pack of a scope that loads from its beginning again.
    loading(&bo, &made);
    bo.engine.apply_pack(&old, at(20), &old_bytes).unwrap();
    assert_eq!((state().acked, digest()), (acked.clone(), sum));
    assert_eq!(field(&bo, made[0], "name"), "Corner store");

    // An edit made here stays, and stays to be pushed, whatever comes beside it.
    let industry = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    bo.engine.of::<Customer>().edit(made[0], industry, None).unwrap();
    rename(&ann, made[0], "Corner kiosk");
    let (newer, newer_bytes) = pack(30, &made, &packed(&ann, &made));
    loading(&bo, &made);
    bo.engine.apply_pack(&newer, at(30), &newer_bytes).unwrap();
    assert_eq!(field(&bo, made[0], "name"), "Corner kiosk");
    assert_eq!(field(&bo, made[0], "industry"), "retail");
    let theirs = packed(&ann, &made).into_iter().find(|one| one.id == id).unwrap();
    assert_eq!(state().acked, Some(theirs.heads));
    assert!(state().is_dirty());
    assert_eq!(bo.engine.sync_status().unwrap().pending, 1);
}

#[test]
fn what_was_fetched_of_a_pack_is_kept_while_it_is_wanted_and_goes_with_a_loss() {
    let (ann, made) = author(3);
    let (named, bytes) = pack(9, &made, &packed(&ann, &made));
    let bo = fresh();
    loading(&bo, &made);
    plan(&bo, &[&named], at(9));
    let cut = Fetched::Cut(bytes[..100].to_vec());
    assert_eq!(bo.engine.settle_pack(&named, at(9), cut).unwrap(), 0);
    assert_eq!(bo.engine.sync_status().unwrap().packs.unwrap().bytes, 100);
    plan(&bo, &[&named], at(12));
    assert_eq!(
        bo.engine.pack_part(&named).unwrap(),
        bytes[..100],
        "named again: it goes on from there"
    );

    let commit = Commit {
        from: 0,
        to: 14,
        more: true,
        run: Some(RUN),
        digest: None,
        floors: None,
        packs: Some(true),
    };
    told(&bo, 0, &made[1..], &made[..1], commit);
    assert_eq!(
        bo.engine.pack_part(&named).unwrap(),
        Vec::<u8>::new(),
        "it may hold what must go"
    );
    let (rest, _) = pack(14, &made[1..], &packed(&ann, &made[1..]));
    plan(&bo, &[&rest], at(14));
    let progress = bo.engine.sync_status().unwrap().packs.unwrap();
    assert_eq!(
        (progress.documents_total, progress.bytes_total),
        (4, rest.bytes),
        "the other is forgotten"
    );
}
