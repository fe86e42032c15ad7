//! Whether the kind `quote` of the how-to arrived; the story copies this file into its copy of core.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document};
use satchel_core::domain::{KINDS, Quote, QuoteId, QuotePatch, kind};
use satchel_core::ids::{ActorId, DocumentId, Heads, MemberId};
use satchel_core::schema::value::Money;
use satchel_core::store::{Error, Indexing, NewDocument, Options, Origin, SearchQuery, Store};

fn author(number: u8, entropy: &SeededEntropy) -> Author<'_> {
    Author {
        member: MemberId::from_bytes([number; 16]),
        actor: ActorId([number; 16]),
        at_ms: 1_700_000_000_000,
        zone: "Asia/Shanghai",
        entropy,
    }
}

#[test]
fn a_quote_merges_and_is_found_in_sql() {
    let entropy = SeededEntropy::new(1);
    let quotes = kind("quote").unwrap();
    let id = DocumentId::from_bytes([9; 16]);
    let customer = DocumentId::from_bytes([7; 16]);
    let made = QuotePatch {
        customer_id: Some(customer.into()),
        title: Some("夏季报价".to_owned()),
        terms: Some("Pay in 30 days.".to_owned()),
        amount: Some(Money::new(1_250_000, "CNY")),
        ..QuotePatch::default()
    };
    let (mut ann, changes) = Document::create(quotes, id, &made.into(), &author(1, &entropy)).unwrap();
    let mut bo = Document::load(quotes, id, &[], &changes).unwrap();
    let edit = |terms: &str| QuotePatch {
        terms: Some(terms.to_owned()),
        add_to_sent: Some(1),
        ..QuotePatch::default()
    };
    ann.edit(&edit("Pay in 30 days. Delivery included.").into(), None, &author(1, &entropy)).unwrap();
    bo.edit(&edit("Offer: Pay in 30 days.").into(), None, &author(2, &entropy)).unwrap();
    let to_bo = ann.changes_since(&bo.heads());
    let to_ann = bo.changes_since(&ann.heads());
    ann.merge(to_ann).unwrap();
    bo.merge(to_bo).unwrap();
    assert_eq!(ann.project(), bo.project());
    let quote: Quote = ann.project().typed();
    assert_eq!(quote.terms, "Offer: Pay in 30 days. Delivery included.");
    assert_eq!((quote.sent, quote.valid_until), (2, None));
    assert_eq!(quote.customer_id, customer.into());
    assert_eq!(QuoteId::from(id).to_string(), id.to_string());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    let store = Store::open(&path, Options::new(KINDS)).unwrap();
    let (row, heads, snapshot) = (ann.project(), ann.heads(), ann.save());
    let kept: Result<_, Error> = store.write(|tx| {
        let new = NewDocument {
            id,
            kind: quotes.name,
            scope: None,
            snapshot: &[],
            heads: &Heads::default(),
        };
        tx.put_document(&new)?;
        tx.append_changes(id, Origin::Local(None), &ann.changes_since(&Heads::default()), &heads)?;
        tx.put_row(id, &row, Indexing::Now)
    });
    kept.unwrap();
    assert!(!snapshot.is_empty());
    let found: Result<_, Error> = store.read(|reader| reader.search(&SearchQuery::new("季报")));
    assert_eq!(found.unwrap().hits.len(), 1);
    let sql = rusqlite::Connection::open(&path).unwrap();
    let stands: String = sql.query_row("SELECT customer_id FROM quotes", [], |row| row.get(0)).unwrap();
    assert_eq!(stands, customer.to_string());
}
