use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::ProcessTemplate;
use crate::domain::event::tests::stamp;
use crate::schema::Entity;

/// A move to a stage of the standard template, by its number, the minute and the numbers of the moves it had seen.
fn to(stage: &str, id: u8, minute: i64, seen: &[u8]) -> StageMove {
    StageMove {
        stamp: stamp(id, id, minute, seen),
        ..ProcessTemplate::standard().move_to(stage).unwrap()
    }
}

fn invalid(id: u8, minute: i64, seen: &[u8]) -> StageMove {
    StageMove {
        stamp: stamp(id, id, minute, seen),
        stage: "void".to_owned(),
        stage_type: StageType::Invalid,
        rank: 6,
        ..StageMove::default()
    }
}

fn deal(moves: Vec<StageMove>) -> Deal {
    Deal {
        moves,
        ..Deal::default()
    }
}

fn stage(moves: &[StageMove]) -> String {
    deal(moves.to_vec()).stage().unwrap()
}

#[test]
fn before_the_first_move_a_deal_is_open_without_a_stage() {
    let new = deal(vec![]);
    assert_eq!((new.stage(), new.stage_type()), (None, StageType::Open));
    assert_eq!((new.disputed(), new.closed_at()), (false, None));
    assert_eq!(new.probability_bp_effective(), 0);
}

#[test]
fn of_two_moves_made_apart_the_furthest_open_stage_wins() {
    let moves = [to("visit", 1, 0, &[]), to("proposal", 2, 9, &[1]), to("needs", 3, 99, &[1])];
    assert_eq!(stage(&moves), "proposal");
    // Who had seen the proposal and went back, meant it.
    let mut moves = moves.to_vec();
    moves.push(to("needs", 4, 1, &[2, 3]));
    assert_eq!(stage(&moves), "needs");
}

#[test]
fn an_end_beats_an_open_stage_made_apart() {
    for end in ["won", "lost"] {
        let moves = [to("visit", 1, 0, &[]), to(end, 2, 5, &[1]), to("signing", 3, 99, &[1])];
        assert_eq!(stage(&moves), end);
        assert!(!deal(moves.to_vec()).disputed());
    }
}

#[test]
fn won_and_lost_apart_are_disputed_until_a_move_has_seen_both() {
    let apart = [to("visit", 1, 0, &[]), to("won", 2, 5, &[1]), to("lost", 3, 6, &[1])];
    let disputed = deal(apart.to_vec());
    assert!(disputed.disputed());
    assert_eq!(
        disputed.stage_type(),
        StageType::Won,
        "shown as won, counted for nothing"
    );
    for settled in ["won", "lost", "signing"] {
        let mut moves = apart.to_vec();
        moves.push(to(settled, 4, 0, &[2, 3]));
        let settled_deal = deal(moves);
        assert!(!settled_deal.disputed());
        assert_eq!(settled_deal.stage().as_deref(), Some(settled));
    }
    // A later Won that has seen only the first Won settles nothing.
    let mut moves = apart.to_vec();
    moves.push(to("won", 4, 9, &[2]));
    assert!(deal(moves).disputed());
}

#[test]
fn won_and_invalid_apart_are_disputed_lost_and_invalid_are_not() {
    assert!(deal(vec![to("won", 1, 0, &[]), invalid(2, 0, &[])]).disputed());
    let ended = deal(vec![to("lost", 1, 0, &[]), invalid(2, 0, &[])]);
    assert!(!ended.disputed());
    assert!(ended.closed_at().is_some());
}

#[test]
fn who_reopens_a_deal_having_seen_it_won_opens_it() {
    let moves = [to("won", 1, 5, &[]), to("proposal", 2, 1, &[1])];
    let reopened = deal(moves.to_vec());
    assert_eq!(reopened.stage_type(), StageType::Ongoing);
    assert_eq!(reopened.closed_at(), None);
}

#[test]
fn what_somebody_hoped_for_counts_only_while_the_deal_is_open() {
    let mut hoped = deal(vec![to("needs", 1, 0, &[])]);
    assert_eq!(hoped.probability_bp_effective(), 3_000);
    assert_eq!(hoped.forecast_category_effective(), Some(ForecastCategory::Pipeline));
    hoped.probability_bp = Some(8_000);
    hoped.forecast_category = Some(ForecastCategory::Commit);
    assert_eq!(hoped.probability_bp_effective(), 8_000);
    assert_eq!(hoped.forecast_category_effective(), Some(ForecastCategory::Commit));
    hoped.moves.push(to("lost", 2, 5, &[1]));
    assert_eq!(hoped.probability_bp_effective(), 0);
    assert_eq!(hoped.forecast_category_effective(), Some(ForecastCategory::Omitted));
    assert_eq!(hoped.closed_at(), Some(stamp(2, 2, 5, &[]).at));
}

fn lines(parts: &[(&str, i64)]) -> Deal {
    Deal {
        lines: parts.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
        ..Deal::default()
    }
}

#[test]
fn lines_are_put_together_and_summed_with_one_rounding() {
    // Three lines of half a unit at one minor unit: rounded each for itself they would be nothing.
    let halves = lines(&[
        ("A/qty_milli", 500),
        ("A/price_minor", 1),
        ("B/qty_milli", 500),
        ("B/price_minor", 1),
        ("C/D/qty_milli", 500),
        ("C/D/price_minor", 1),
    ]);
    assert_eq!(halves.lines_total_minor(), 2);
    assert_eq!(halves.order_lines()[2].product, "C/D");
    let discounted = lines(&[("A/qty_milli", 2_000), ("A/price_minor", 995), ("A/discount_bp", 1_000)]);
    assert_eq!(discounted.lines_total_minor(), 1_791);
    assert_eq!(div_half_even(-5, 2), -2);
    assert_eq!(div_half_even(5, 2), 2);
    assert_eq!(div_half_even(7, 2), 4);
}

#[test]
fn a_hostile_line_does_not_overflow_the_sum() {
    let extreme = [i64::MIN, i64::MAX, -1, 0];
    for qty in extreme {
        for price in extreme {
            for discount in extreme {
                let hostile = lines(&[
                    ("A/qty_milli", qty),
                    ("A/price_minor", price),
                    ("A/discount_bp", discount),
                    ("B/qty_milli", qty),
                    ("B/price_minor", price),
                ]);
                let _total: i64 = hostile.lines_total_minor();
            }
        }
    }
    assert_eq!(
        lines(&[("A/qty_milli", i64::MAX), ("A/price_minor", i64::MAX)]).lines_total_minor(),
        i64::MAX
    );
    assert_eq!(
        lines(&[("A/qty_milli", i64::MAX), ("A/price_minor", i64::MIN)]).lines_total_minor(),
        i64::MIN
    );
}

#[test]
fn a_local_edit_is_held_to_what_adds_up() {
    let shares = |shares: &[(&str, i64)]| Deal {
        credit_splits: shares.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
        ..Deal::default()
    };
    assert_eq!(shares(&[]).check(), []);
    assert_eq!(shares(&[("a", 7_000), ("b", 3_000)]).check(), []);
    let off = [Violation::new("credit_splits", ViolationCode::Inconsistent)];
    assert_eq!(shares(&[("a", 7_000), ("b", 2_999)]).check(), off);
    assert_eq!(shares(&[("a", 10_001), ("b", -1)]).check(), off);
    assert_eq!(shares(&[("a", i64::MAX), ("b", i64::MAX)]).check(), off);
    let malformed = [Violation::new("lines", ViolationCode::Malformed)];
    for key in ["A", "/qty_milli", "A/colour"] {
        assert_eq!(lines(&[(key, 1)]).check(), malformed);
    }
    let mut lost = deal(vec![to("lost", 1, 0, &[])]);
    assert_eq!(lost.check(), [Violation::new("lost_reason", ViolationCode::Required)]);
    lost.lost_reason = Some(LostReason::Price);
    assert_eq!(lost.check(), []);
}

/// Moves of which each had seen some of those before it.
fn any_moves() -> impl Strategy<Value = Vec<StageMove>> {
    let stages = ["visit", "needs", "proposal", "signing", "won", "lost"];
    let one = (proptest::sample::select(stages.to_vec()), any::<u8>(), 0..5_i64);
    proptest::collection::vec(one, 0..8).prop_map(|picks| {
        let number = |at: usize| u8::try_from(at + 1).unwrap();
        let seen = |at: usize, mask: u8| (0..at).filter(|bit| mask >> bit & 1 == 1).map(number).collect::<Vec<_>>();
        let moves = picks.into_iter().enumerate();
        moves
            .map(|(at, (stage, mask, minute))| to(stage, number(at), minute, &seen(at, mask)))
            .collect()
    })
}

fn derived(moves: Vec<StageMove>) -> Value {
    let fields = serde_json::to_value(deal(moves)).unwrap();
    Value::Object((Deal::KIND.derive)(fields.as_object().unwrap()))
}

proptest! {
    #[test]
    fn any_order_of_the_log_gives_the_same_deal(
        (moves, shuffled) in any_moves().prop_flat_map(|moves| (Just(moves.clone()), Just(moves).prop_shuffle()))
    ) {
        prop_assert_eq!(derived(moves), derived(shuffled));
    }

    #[test]
    fn a_move_that_has_seen_everything_decides(moves in any_moves(), end in 0..6_usize) {
        let stages = ["visit", "needs", "proposal", "signing", "won", "lost"];
        let seen: Vec<u8> = (1..=u8::try_from(moves.len()).unwrap()).collect();
        let mut moves = moves;
        moves.push(to(stages[end], 99, 0, &seen));
        let settled = deal(moves);
        prop_assert_eq!(settled.stage(), Some(stages[end].to_owned()));
        prop_assert!(!settled.disputed());
    }
}
