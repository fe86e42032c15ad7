//! What a deal that is won earns its person, without a connection.

use satchel_core::crediting::{settle, settle_all};
use satchel_core::domain::process_template::ProcessTemplate;
use satchel_core::domain::{Deal, DealId, DealPatch, SalesCredit};
use satchel_core::ids::MemberId;
use satchel_core::schema::value::Money;

use super::{Phone, Role, me};

impl Phone {
    fn deal(&self, minor: i64, splits: &[(MemberId, i64)]) -> DealId {
        let customer = self.customer("街角小店");
        let patch = DealPatch {
            customer_id: Some(customer),
            name: Some("春季进货".to_owned()),
            amount: Some(Money::new(minor, "CNY")),
            expected_close: Some("2026-03-20".parse().unwrap()),
            put_credit_splits: splits.iter().map(|(rep, share)| (rep.to_string(), *share)).collect(),
            ..DealPatch::default()
        };
        self.engine.of::<Deal>().create(patch).unwrap()
    }

    fn move_to(&self, deal: DealId, stage: &str) {
        self.clock.advance_ms(1000);
        let patch = DealPatch {
            append_moves: vec![ProcessTemplate::standard().move_to(stage).unwrap()],
            ..DealPatch::default()
        };
        self.engine.of::<Deal>().edit(deal, patch, None).unwrap();
    }

    fn credit(&self, deal: DealId) -> Option<SalesCredit> {
        let id = SalesCredit::id_of(deal, me(Role::Rep).member);
        self.engine
            .of::<SalesCredit>()
            .get(id)
            .unwrap()
            .map(|found| found.record)
    }
}

#[test]
fn a_deal_that_is_won_is_credited_at_once_and_taken_back_when_it_opens_again() {
    let phone = Phone::new();
    let deal = phone.deal(100_000, &[]);
    assert_eq!(settle(&phone.engine, deal).unwrap(), None);
    phone.move_to(deal, "won");
    let id = settle(&phone.engine, deal).unwrap().unwrap();
    let award = phone.credit(deal).unwrap().award.unwrap();
    assert_eq!((award.amount, award.share_bp), (Money::new(100_000, "CNY"), 10_000));
    assert_eq!(award.closed_on.to_string(), "2026-03-02");
    let heads = || phone.engine.of::<SalesCredit>().get(id).unwrap().unwrap().heads;
    let before = heads();
    assert_eq!(settle(&phone.engine, deal).unwrap(), Some(id));
    assert_eq!(heads(), before, "done again it changes nothing");

    phone.move_to(deal, "signing");
    settle(&phone.engine, deal).unwrap();
    assert_eq!(phone.credit(deal).unwrap().award, None);
}

#[test]
fn everything_that_was_won_is_settled_after_an_exchange() {
    let phone = Phone::new();
    let other = MemberId::from_bytes([8; 16]);
    let (mine, shared) = (
        phone.deal(100, &[]),
        phone.deal(100, &[(other, 6_667), (me(Role::Rep).member, 3_333)]),
    );
    let (his, open) = (phone.deal(100, &[(other, 10_000)]), phone.deal(100, &[]));
    for deal in [mine, shared, his] {
        phone.move_to(deal, "won");
    }
    assert_eq!(settle_all(&phone.engine).unwrap(), 2);
    let minor = |deal| {
        phone
            .credit(deal)
            .and_then(|credit| credit.award)
            .map(|award| award.amount.minor)
    };
    assert_eq!(
        [minor(mine), minor(shared), minor(his), minor(open)],
        [Some(100), Some(33), None, None]
    );
    assert_eq!(settle_all(&phone.engine).unwrap(), 0);

    let raised = DealPatch {
        amount: Some(Money::new(250, "CNY")),
        ..DealPatch::default()
    };
    phone.engine.of::<Deal>().edit(mine, raised, None).unwrap();
    assert_eq!(settle_all(&phone.engine).unwrap(), 1, "an award that changed counts");
    assert_eq!(minor(mine), Some(250));

    phone.move_to(mine, "signing");
    assert_eq!(
        settle_all(&phone.engine).unwrap(),
        1,
        "a deal that opened again is taken back"
    );
    assert_eq!([minor(mine), minor(shared)], [None, Some(33)]);
}
