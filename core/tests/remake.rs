//! Changes made anew: after a clone took their numbers, or without one that was dropped.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::clock::{SeededEntropy, random};
use satchel_core::document::{Author, Document, Header};
use satchel_core::domain::{CustomerPatch, kind};
use satchel_core::ids::{ActorId, ChangeHash, DocumentId, Heads, MemberId};
use satchel_core::schema::{Edit, Patch};
use serde_json::json;

const ME: MemberId = MemberId::from_bytes([1; 16]);

struct Hand {
    actor: ActorId,
    entropy: SeededEntropy,
    at_ms: i64,
}

impl Hand {
    fn new(actor: u8) -> Self {
        Self {
            actor: ActorId([actor; 16]),
            entropy: SeededEntropy::new(actor.into()),
            at_ms: 1_000,
        }
    }

    fn author(&mut self) -> Author<'_> {
        self.at_ms += 1_000;
        Author {
            member: ME,
            actor: self.actor,
            at_ms: self.at_ms,
            zone: "Asia/Shanghai",
            entropy: &self.entropy,
        }
    }
}

fn id() -> DocumentId {
    DocumentId::from_bytes([9; 16])
}

fn set(field: &str, value: serde_json::Value) -> Patch {
    Patch {
        fields: [(field.to_owned(), Edit::Set(value))].into(),
    }
}

fn shop() -> (Hand, Document) {
    let mut hand = Hand::new(21);
    let patch = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let (document, _) = Document::create(kind("customer").unwrap(), id(), &patch.into(), &hand.author()).unwrap();
    (hand, document)
}

fn copy(document: &mut Document) -> Document {
    Document::load(document.kind(), id(), &document.save(), std::iter::empty::<&[u8]>()).unwrap()
}

fn hash(change: &[u8]) -> ChangeHash {
    Header::read(change).unwrap().hash
}

/// Fresh incarnations for those in these changes, sorted as they are: between equals the greater actor wins.
fn fresh(changes: &[Vec<u8>]) -> impl FnMut() -> ActorId + use<> {
    let mut known = BTreeSet::new();
    let mut next = Vec::new();
    for change in changes {
        let actor = Header::read(change).unwrap().actor;
        if known.insert(actor) {
            next.push(ActorId([actor.0[0] + 100; 16]));
        }
    }
    let mut next = next.into_iter();
    move || next.next().unwrap()
}

#[test]
fn what_a_clone_wrote_under_the_same_numbers_lives_beside_the_original() {
    let (mut hand, mut first) = shop();
    let base = first.heads();
    let mut second = copy(&mut first);
    let mut other = Hand::new(21);
    other.at_ms = 50_000;
    first.edit(&set("needs", json!("tea")), None, &hand.author()).unwrap();
    first
        .edit(&set("industry", json!("retail")), None, &hand.author())
        .unwrap();
    second
        .edit(&set("needs", json!("coffee")), None, &other.author())
        .unwrap();
    second
        .edit(&set("source", json!("a fair")), None, &other.author())
        .unwrap();
    let theirs = first.changes_since(&base);
    assert!(
        copy(&mut second).merge(&theirs).is_err(),
        "two changes of one number do not merge"
    );

    let before = second.history();
    let edits = second.changes_since(&base);
    let anew: BTreeSet<_> = edits.iter().map(|one| hash(one)).collect();
    let mut remade = second.remade(&BTreeSet::new(), &anew, &mut fresh(&edits)).unwrap();
    assert_eq!(remade.changes.len(), 2);
    let after = remade.document.history();
    let told = |history: &[satchel_core::document::HistoryEntry]| -> Vec<_> {
        history
            .iter()
            .map(|one| (one.by, one.at_ms, one.fields.clone()))
            .collect()
    };
    assert_eq!(told(&before), told(&after), "author, time and what was done stay");
    remade.document.merge(&theirs).unwrap();
    let ours: Vec<_> = remade.changes.into_iter().map(|(_, bytes)| bytes).collect();
    first.admit(&ours).unwrap();
    assert_eq!(first.project(), remade.document.project());
    let fields = first.fields();
    assert_eq!(
        (&fields["industry"], &fields["source"]),
        (&json!("retail"), &json!("a fair"))
    );
    let text = fields["needs"].as_str().unwrap();
    assert!(text.contains("tea") && text.contains("coffee"), "{text}");
}

#[test]
fn without_a_dropped_change_later_ones_stand_on_what_was_before_it() {
    let (mut hand, mut document) = shop();
    document
        .edit(&set("industry", json!("retail")), None, &hand.author())
        .unwrap();
    document
        .edit(&set("needs", json!("a shop")), None, &hand.author())
        .unwrap();
    let base = document.heads();
    let dropped = Patch {
        fields: [
            ("industry".to_owned(), Edit::Set(json!("mining"))),
            ("source".to_owned(), Edit::Set(json!("a rumour"))),
            ("needs".to_owned(), Edit::Set(json!("a dark shop"))),
        ]
        .into(),
    };
    document.edit(&dropped, None, &hand.author()).unwrap();
    let gone: BTreeSet<_> = document.changes_since(&base).iter().map(|one| hash(one)).collect();
    document
        .edit(&set("needs", json!("a dark shop on the corner")), None, &hand.author())
        .unwrap();
    document
        .edit(&set("industry", json!("trade")), None, &hand.author())
        .unwrap();
    let before = document.heads();
    document.archive(None, &hand.author()).unwrap();

    let mut fresh = fresh(&document.changes_since(&base));
    let mut remade = document.remade(&gone, &BTreeSet::new(), &mut fresh).unwrap();
    assert_eq!(remade.changes.len(), 3, "the two later edits and the archiving");
    assert!(!remade.document.contains(&Heads::new(gone.into_iter().collect())));
    let fields = remade.document.fields();
    assert_eq!(fields["industry"], json!("trade"));
    assert_eq!(fields["needs"], json!("a shop on the corner"));
    assert!(!fields.contains_key("source"));
    assert!(
        remade.document.conflicts().is_empty(),
        "it takes the place of what was before"
    );
    let row = remade.document.project();
    assert!(row.archived, "the archiving puts away what it did before");
    assert!(!remade.document.contains(&before));
}

/// Random histories of two incarnations, some of them on older versions: made anew they say the same; without one of them
/// they are still a document that the relay takes.
#[test]
fn random_histories_are_made_anew_without_a_difference() {
    for seed in 0..60_u64 {
        let dice = SeededEntropy::new(seed);
        let below = |bound: u64| u64::from_be_bytes(random(&dice)) % bound;
        let (mut hand, mut document) = shop();
        let base = document.heads();
        let mut versions = vec![base.clone()];
        for step in 0..12 {
            if below(5) == 0 {
                hand.actor = ActorId([22 + u8::try_from(step).unwrap(); 16]);
            }
            let at = versions[usize::try_from(below(versions.len() as u64)).unwrap()].clone();
            let at = (below(3) == 0).then_some(at);
            let word = format!("w{}", below(6));
            let patch = match below(5) {
                0 => set("industry", json!(word)),
                1 => {
                    let text = document.fields()["needs"].as_str().unwrap_or_default().to_owned();
                    let cut: String = text.chars().skip(usize::try_from(below(3)).unwrap()).collect();
                    set("needs", json!(format!("{cut} {word}")))
                }
                2 => Patch {
                    fields: [(
                        "tags".to_owned(),
                        Edit::Elements {
                            add: vec![json!(word)],
                            remove: vec![json!(format!("w{}", below(6)))],
                        },
                    )]
                    .into(),
                },
                3 => Patch {
                    fields: [("industry".to_owned(), Edit::Clear)].into(),
                },
                _ => {
                    document.archive(at.as_ref(), &hand.author()).unwrap();
                    versions.push(document.heads());
                    continue;
                }
            };
            document.edit(&patch, at.as_ref(), &hand.author()).unwrap();
            versions.push(document.heads());
        }
        let edits = document.changes_since(&base);
        let all: Vec<_> = edits.iter().map(|one| hash(one)).collect();
        let anew: BTreeSet<_> = all.iter().copied().collect();
        let mut same = document.remade(&BTreeSet::new(), &anew, &mut fresh(&edits)).unwrap();
        assert_eq!(same.changes.len(), all.len(), "seed {seed}");
        assert_eq!(same.document.fields(), document.fields(), "seed {seed}");
        assert_eq!(
            same.document.project().archived,
            document.project().archived,
            "seed {seed}"
        );

        let Some(gone) = all.get(usize::try_from(below(all.len().max(1) as u64)).unwrap()) else {
            continue;
        };
        let anew = all.iter().copied().filter(|one| one != gone).collect();
        let mut rest = document.remade(&[*gone].into(), &anew, &mut fresh(&edits)).unwrap();
        let mut relay = shop().1;
        let pushed = rest.document.changes_since(&Heads::default());
        let pushed: Vec<Vec<u8>> = pushed
            .into_iter()
            .filter(|one| !relay.contains(&Heads::new(vec![hash(one)])))
            .collect();
        let mut last: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut greatest = 0;
        for entry in relay.ledger() {
            last.insert(entry.actor, entry.seq);
            greatest = greatest.max(entry.max_op);
        }
        for change in &pushed {
            let header = Header::read(change).unwrap();
            let last = last.entry(header.actor_bytes).or_default();
            assert_eq!(header.seq, *last + 1, "seed {seed}: numbers follow each other");
            assert!(header.start_op <= greatest + 1, "seed {seed}: operations follow");
            assert_ne!(header.hash, *gone, "seed {seed}");
            *last = header.seq;
            greatest = greatest.max(header.max_op);
        }
        relay
            .admit(&pushed)
            .unwrap_or_else(|error| unreachable!("seed {seed}: {error}"));
        assert_eq!(relay.project(), rest.document.project(), "seed {seed}");
    }
}
