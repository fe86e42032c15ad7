use proptest::prelude::*;

use super::*;
use crate::domain::customer::{AliasEvent, AliasEventKind};
use crate::ids::{DocumentId, EventId};
use crate::schema::value::Stamp;

fn id(n: u8) -> CustomerId {
    DocumentId::from_bytes([n; 16]).into()
}

fn named(n: u8, name: &str) -> Candidate {
    Candidate {
        id: id(n),
        names: vec![name.to_owned()],
        phones: Vec::new(),
        registration_code: None,
        position: None,
    }
}

impl Candidate {
    fn phone(mut self, phone: &str) -> Self {
        self.phones.push(phone.to_owned());
        self
    }
    fn code(mut self, code: &str) -> Self {
        self.registration_code = Some(code.to_owned());
        self
    }
    fn at(mut self, lat_e7: i64, lon_e7: i64) -> Self {
        self.position = Some(Position::new(lat_e7, lon_e7));
        self
    }
}

/// Pairs that are one customer, as two people type them.
fn same() -> Vec<(Candidate, Candidate)> {
    let shop = (312_304_000, 1_214_737_000);
    vec![
        (
            named(1, "福州永辉超市有限公司").phone("+8613800138000"),
            named(2, "永辉超市").phone("13800138000"),
        ),
        (
            named(1, "北京永辉超市有限公司").phone("+8613671110029"),
            named(2, "永辉超市（北京）").phone("+8613671110029"),
        ),
        (
            named(1, "Golden Dragon Foods Co., Ltd.").phone("+442071234567"),
            named(2, "Golden Dragon").phone("+44 20 7123 4567"),
        ),
        (
            named(1, "恒信商贸").code("91350100M000100Y43"),
            named(2, "福建恒信").code("９１３５０１００M000100Y43"),
        ),
        (
            named(1, "全家便利店（人民路店）").at(shop.0, shop.1),
            named(2, "全家便利店人民路店").at(shop.0 + 5_000, shop.1),
        ),
        (
            named(1, "Blue Bottle Cofee").at(shop.0, shop.1),
            named(2, "Blue Bottle Coffee").at(shop.0, shop.1 + 8_000),
        ),
        (named(1, "上海申通贸易有限公司"), named(2, "上海市申通贸易有限责任公司")),
        (
            named(1, "Acme Industrial Supplies Inc"),
            named(2, "ACME Industrial Supplies, LLC"),
        ),
        (named(1, "Foods Golden Dragon"), named(2, "Golden Dragon Foods")),
    ]
}

/// Pairs that are two customers, however alike they look.
fn different() -> Vec<(Candidate, Candidate)> {
    let shop = (312_304_000, 1_214_737_000);
    vec![
        (
            named(1, "华联超市").at(shop.0, shop.1),
            named(2, "华润超市").at(shop.0, shop.1),
        ),
        (named(1, "北京永辉超市"), named(2, "上海永辉超市")),
        (named(1, "永辉超市一店"), named(2, "永辉超市二店")),
        (
            named(1, "7-Eleven Store 101").at(shop.0, shop.1),
            named(2, "7-Eleven Store 102").at(shop.0, shop.1),
        ),
        (named(1, "Golden Dragon Market"), named(2, "Golden Dragon Marina")),
        // Two shops of one owner: the phone alone says nothing.
        (
            named(1, "老王五金").phone("+8613800138000"),
            named(2, "小红花店").phone("+8613800138000"),
        ),
        // Outlets of a chain: one switchboard and two numbers, or one hotline.
        (
            named(1, "永辉超市一店").phone("+861062345678"),
            named(2, "永辉超市二店").phone("010-62345678"),
        ),
        (
            named(1, "全家人民路店").phone("4008101234"),
            named(2, "全家中山路店").phone("400-810-1234"),
        ),
        // Outlets of a chain, in two towns.
        (
            named(1, "全家便利店").at(shop.0, shop.1),
            named(2, "全家便利店").at(shop.0 + 900_000, shop.1),
        ),
        // Two businesses in law, whatever they are called.
        (
            named(1, "恒信商贸").phone("+8613800138000").code("91350100M000100Y43"),
            named(2, "恒信商贸").phone("+8613800138000").code("91110000802100433B"),
        ),
        (named(1, "Smith & Sons"), named(2, "Smythe Logistics")),
    ]
}

#[test]
fn one_customer_typed_twice_is_found_and_two_are_left_apart() {
    for (a, b) in same() {
        assert!(score(&a, &b).is_some(), "missed {a:?} {b:?}");
        assert_eq!(score(&a, &b), score(&b, &a), "the order must not count");
        assert_eq!(pairs(&[a.clone(), b.clone()]).len(), 1, "blocking misses {a:?} {b:?}");
    }
    for (a, b) in different() {
        assert_eq!(score(&a, &b), None, "{a:?} {b:?}");
    }
}

#[test]
fn reasons_are_given_and_a_registration_code_is_certain() {
    let a = named(1, "恒信商贸").code("91350100M000100Y43");
    let likeness = score(&a, &named(2, "完全不同").code("91350100M000100Y43")).unwrap();
    assert_eq!(
        (likeness.score_bp, likeness.reasons),
        (10_000, vec![Reason::SameRegistrationCode])
    );

    let phone = score(
        &named(1, "永辉超市")
            .phone("+8613800138000")
            .at(312_304_000, 1_214_737_000),
        &named(2, "永辉超市")
            .phone("+8613800138000")
            .at(312_304_900, 1_214_737_000),
    )
    .unwrap();
    let expected = [
        Reason::SamePhone,
        Reason::SimilarName { likeness_bp: 10_000 },
        Reason::Near { metres: 10 },
    ];
    assert_eq!(phone.reasons, expected);
    let name_only = score(&named(1, "永辉超市"), &named(2, "永辉超市")).unwrap();
    assert!(name_only.score_bp < 9_000 && phone.score_bp >= 9_000);
}

#[test]
fn the_likeliest_pair_comes_first() {
    let all = [
        named(1, "Acme Industrial Supplies"),
        named(2, "Golden Dragon").phone("+442071234567"),
        named(3, "Acme Industrial Supplies Ltd"),
        named(4, "Golden Dragon Foods").phone("+442071234567"),
    ];
    let found: Vec<_> = pairs(&all).into_iter().map(|(a, b, _)| (a, b)).collect();
    assert_eq!(found, [(id(2), id(4)), (id(1), id(3))]);
}

#[test]
fn a_half_of_a_name_that_everybody_shares_is_not_followed_but_a_phone_is() {
    let many = block::SHARED_HALF + 50;
    let mut all: Vec<Candidate> = (0..many)
        .map(|n| {
            named(
                1,
                &format!(
                    "Convenience Store {}",
                    char::from_u32(0x1200 + u32::try_from(n).unwrap()).unwrap()
                ),
            )
        })
        .collect();
    all.push(named(2, "Convenience Store Z").phone("+442071234567"));
    all.push(named(3, "Convenience Store Zed").phone("020 7123 4567"));
    let mut index = block::Index::default();
    for (at, candidate) in all.iter().enumerate() {
        index.insert(at, candidate);
    }
    assert!(index.near(&all[many]).len() < 10);
    assert!(index.near(&all[many]).contains(&(many + 1)));
}

fn event(n: u8, event: AliasEventKind, survivor: u8, seen: &[u8]) -> AliasEvent {
    AliasEvent {
        stamp: Stamp {
            id: EventId::from_bytes([n; 16]),
            seen: seen.iter().map(|n| EventId::from_bytes([*n; 16])).collect(),
            ..Stamp::default()
        },
        event,
        survivor: id(survivor),
    }
}

fn table(logs: &[(u8, Vec<AliasEvent>)]) -> AliasTable {
    AliasTable::from_events(logs.iter().map(|(loser, log)| (id(*loser), log.as_slice())))
}

#[test]
fn a_merged_customer_is_read_as_the_survivor_through_a_chain() {
    use AliasEventKind::Merge;
    let table = table(&[(1, vec![event(1, Merge, 2, &[])]), (2, vec![event(2, Merge, 9, &[])])]);
    assert_eq!([1, 2, 9].map(|n| table.resolve(id(n))), [id(9); 3]);
    assert_eq!(table.members(id(2)), [id(1), id(2), id(9)]);
    assert_eq!(table.members(id(5)), [id(5)]);
    assert!(!table.needs_review(id(1)));
}

#[test]
fn merging_each_into_the_other_collapses_to_the_smaller() {
    use AliasEventKind::Merge;
    let table = table(&[
        (7, vec![event(1, Merge, 3, &[])]),
        (3, vec![event(2, Merge, 7, &[])]),
        // Merged into the circle, with a smaller id than either: it was merged away, so it does not stand for it.
        (1, vec![event(3, Merge, 7, &[])]),
    ]);
    assert_eq!([1, 3, 7].map(|n| table.resolve(id(n))), [id(3); 3]);
    assert!(table.needs_review(id(7)));
}

#[test]
fn merging_apart_into_two_survivors_makes_one_and_asks_for_a_look() {
    use AliasEventKind::Merge;
    let table = table(&[(1, vec![event(1, Merge, 5, &[]), event(2, Merge, 4, &[])])]);
    assert_eq!([1, 4, 5].map(|n| table.resolve(id(n))), [id(4); 3]);
    assert!(table.needs_review(id(5)));
    // A later merger that has seen the first moves the customer instead.
    let moved = vec![event(1, Merge, 5, &[]), event(2, Merge, 4, &[1])];
    let customer = Customer {
        aliases: moved.clone(),
        ..Customer::default()
    };
    assert_eq!(customer.merged_into(), Some(id(4)));
    let table = self::table(&[(1, moved)]);
    assert_eq!((table.resolve(id(1)), table.resolve(id(5))), (id(4), id(5)));
}

#[test]
fn unmerging_takes_back_only_what_it_has_seen() {
    use AliasEventKind::{Merge, Unmerge};
    let seen = vec![event(1, Merge, 5, &[]), event(2, Unmerge, 5, &[1])];
    assert_eq!(table(&[(1, seen)]).resolve(id(1)), id(1));
    // Merged again apart from the unmerging: the merger stands, as an addition beats a removal that had not seen it.
    let apart = vec![
        event(1, Merge, 5, &[]),
        event(2, Unmerge, 5, &[1]),
        event(3, Merge, 5, &[1]),
    ];
    assert_eq!(table(&[(1, apart.clone())]).resolve(id(1)), id(5));
    assert_eq!(
        Customer {
            aliases: apart,
            ..Customer::default()
        }
        .merged_into(),
        Some(id(5))
    );
    // Unmerged from another: stays.
    let other = vec![event(1, Merge, 5, &[]), event(2, Unmerge, 6, &[1])];
    assert_eq!(table(&[(1, other)]).resolve(id(1)), id(5));
}

#[test]
fn a_customer_may_not_be_merged_into_itself_and_hostile_logs_do_no_harm() {
    let own = vec![event(1, AliasEventKind::Merge, 1, &[])];
    assert_eq!(table(&[(1, own)]).members(id(1)), [id(1)]);
}

proptest! {
    #[test]
    fn whatever_is_near_shares_a_cell(lat in -899_000_000_i64..899_000_000, lon in -1_800_000_000_i64..=1_800_000_000,
                                      metres in 0.0_f64..149.0, bearing in 0.0..std::f64::consts::TAU) {
        let here = Position::new(lat, lon);
        let degree_e7 = 1e7 / 111_195.0;
        #[expect(clippy::cast_possible_truncation, reason = "a few minutes of arc")]
        let north = (metres * bearing.cos() * degree_e7) as i64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most a few degrees")]
        let east = (metres * bearing.sin() * degree_e7 / (lat as f64 / 1e7).to_radians().cos()) as i64;
        let moved = (lon + east + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000;
        let there = Position::new(lat + north, moved);
        prop_assume!(here.distance_m(&there) <= block::NEAR_M);
        let (a, b) = (named(1, "").at(lat, lon), named(2, "").at(there.lat_e7, there.lon_e7));
        prop_assert!(!block::keys(&a).is_disjoint(&block::probes(&b)));
    }

    #[test]
    fn names_one_edit_apart_share_a_key(name in "[a-z]{2,30}", at in 0_usize..30, what in 0..3, letter in "[a-z]") {
        let mut other = name.clone();
        let at = at % name.len();
        match what {
            0 => other.insert_str(at, &letter),
            1 => other.replace_range(at..=at, &letter),
            _ => { other.remove(at); }
        }
        let (a, b) = (named(1, &name), named(2, &other));
        prop_assert!(!block::keys(&a).is_disjoint(&block::probes(&b)), "{name} {other}");
    }

    #[test]
    fn the_same_entries_in_any_order_give_the_same_table(edges in prop::collection::vec((1_u8..8, 1_u8..8), 1..12)) {
        let logs: Vec<(u8, Vec<AliasEvent>)> = edges
            .iter()
            .enumerate()
            .map(|(n, (loser, survivor))| {
                (*loser, vec![event(u8::try_from(n).unwrap() + 1, AliasEventKind::Merge, *survivor, &[])])
            })
            .collect();
        let forth = table(&logs);
        let back = table(&logs.iter().rev().cloned().collect::<Vec<_>>());
        prop_assert_eq!(&forth, &back);
        for (loser, survivor) in edges {
            // Connected customers are shown as one, and the one shown is one of them.
            prop_assert_eq!(forth.resolve(id(loser)), forth.resolve(id(survivor)));
            prop_assert!(forth.members(id(loser)).contains(&forth.resolve(id(loser))));
        }
    }

    #[test]
    fn any_names_are_compared_without_harm_and_alike_both_ways(a in ".{0,40}", b in "[ -~永辉超市店一二（）]{0,20}") {
        let (a, b) = (name::Name::of(&a), name::Name::of(&b));
        prop_assert_eq!(a.likeness_bp(&b), b.likeness_bp(&a));
        prop_assert!(a.likeness_bp(&b) <= 10_000);
    }
}
