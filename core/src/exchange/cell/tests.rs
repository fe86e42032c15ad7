use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::schema::value::Money;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn days_are_read_in_every_form_that_says_one_thing() {
    let first_of_march = [
        "2026-03-01",
        "2026/3/1",
        "2026.3.1",
        "20260301",
        "2026年3月1日",
        "２０２６年０３月０１日",
        "01-Mar-2026",
        "1 March 2026",
        "Mar 1, 2026",
        "2026-Mar-01",
        "46082",
        "2026-03-01T14:05:00+08:00",
        "2026/3/1 14:05",
        " 2026-03-01 00:00:00 ",
        "2026年3月1日 下午",
    ];
    for text in &first_of_march[..first_of_march.len() - 1] {
        assert_eq!(read_day(text, None), Ok(day(2026, 3, 1)), "{text}");
    }
    for text in [
        "",
        "soon",
        "2026-02-30",
        "2026-13-01",
        "1/3/26",
        "2026",
        "99",
        "2026-03",
        "0000-01-01",
        "13800138000",
        first_of_march[14],
    ] {
        assert_eq!(read_day(text, None), Err(CellError::NotADay), "{text}");
    }
}

#[test]
fn a_day_that_may_be_two_needs_an_order() {
    assert_eq!(read_day("03/04/2026", None), Err(CellError::AmbiguousDay));
    assert_eq!(read_day("03/04/2026", Some(DayOrder::DayFirst)), Ok(day(2026, 4, 3)));
    assert_eq!(read_day("03/04/2026", Some(DayOrder::MonthFirst)), Ok(day(2026, 3, 4)));
    assert_eq!(read_day("13/4/2026", None), Ok(day(2026, 4, 13)));
    assert_eq!(read_day("4/13/2026", None), Ok(day(2026, 4, 13)));
    assert_eq!(read_day("4/4/2026", None), Ok(day(2026, 4, 4)));
    // Told that the month stands first, 13/4 is a slip and not the thirteenth.
    assert_eq!(
        read_day("13/4/2026", Some(DayOrder::MonthFirst)),
        Err(CellError::NotADay)
    );
}

#[test]
fn amounts_are_exact_and_say_their_currency() {
    let cases = [
        ("1,234.50", "CNY", 123_450, "CNY"),
        ("¥1200", "CNY", 120_000, "CNY"),
        ("￥1200", "JPY", 1200, "JPY"),
        ("1200元", "USD", 120_000, "CNY"),
        ("$99.5", "CNY", 9_950, "USD"),
        ("$99.5", "HKD", 9_950, "HKD"),
        ("USD 1,000", "CNY", 100_000, "USD"),
        ("12.5 eur", "CNY", 1_250, "EUR"),
        ("1.2万", "CNY", 1_200_000, "CNY"),
        ("0.00005亿", "CNY", 500_000, "CNY"),
        ("-5", "cny", -500, "CNY"),
        ("1.5000", "CNY", 150, "CNY"),
    ];
    for (text, own, minor, currency) in cases {
        assert_eq!(read_money(text, own), Ok(Money::new(minor, currency)), "{text}");
    }
    for text in [
        "", "abc", "1.234,56", "1234,56", "1,2345", "12.345", "1-2", "(500)", ",500", "1,,000",
    ] {
        assert_eq!(read_money(text, "CNY"), Err(CellError::NotAnAmount), "{text}");
    }
    assert_eq!(read_money("5", "yuan"), Err(CellError::NotACurrency));
}

#[test]
fn percentages_whole_numbers_degrees_and_answers() {
    for (text, bp) in [
        ("30", 3_000),
        ("30%", 3_000),
        ("12.5 %", 1_250),
        ("0.3%", 30),
        ("100", 10_000),
        ("0", 0),
        ("1", 100),
    ] {
        assert_eq!(read_percent(text), Ok(bp), "{text}");
    }
    for text in ["0.3", "101", "-1", "1.234%", "high", ""] {
        assert_eq!(read_percent(text), Err(CellError::NotAPercentage), "{text}");
    }
    assert_eq!((read_integer("1,200"), read_integer("1200.0")), (Ok(1200), Ok(1200)));
    assert!(
        ["1.5", "", "12人", "99999999999999999999", "1."]
            .iter()
            .all(|text| read_integer(text).is_err())
    );
    assert_eq!(read_degrees("39.9042", 90), Ok(399_042_000));
    assert_eq!(read_degrees("-116.40739999", 180), Ok(-1_164_073_999));
    assert!(
        ["91", "90.0000001", "1e5", "", "-", "39°54′"]
            .iter()
            .all(|text| read_degrees(text, 90).is_err())
    );
    assert_eq!((read_boolean("是"), read_boolean("No")), (Ok(true), Ok(false)));
    assert!(read_boolean("maybe").is_err());
}

#[test]
fn phones_become_one_form_or_stay_as_they_are() {
    let cases = [
        ("13800138000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086-13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("010-62345678", "+861062345678"),
        ("(0591) 8765432", "+865918765432"),
        ("+86 (0)10 6234 5678", "+861062345678"),
        ("+86-010-62345678", "+861062345678"),
        ("400-810-1234", "4008101234"),
        ("+44 20 7123 4567", "+442071234567"),
    ];
    for (text, number) in cases {
        assert_eq!(
            read_phone(text, Country::China),
            Phone {
                number: number.to_owned(),
                understood: true
            },
            "{text}"
        );
    }
    for text in ["62345678", "010-62345678转8001", "1.38E+10", "ask Li", "12345678901"] {
        assert_eq!(
            read_phone(text, Country::China),
            Phone {
                number: text.to_owned(),
                understood: false
            },
            "{text}"
        );
    }
    assert_eq!(
        read_phone("(212) 555-0100", Country::NorthAmerica).number,
        "+12125550100"
    );
    assert!(!read_phone("13800138000", Country::Unknown).understood);
}

#[test]
fn a_region_in_one_cell_is_three_parts() {
    let parts = |text: &str| split_region(text).map(Option::unwrap_or_default);
    assert_eq!(parts("福建省/福州市/鼓楼区"), ["福建省", "福州市", "鼓楼区"]);
    assert_eq!(parts("福建省福州市鼓楼区"), ["福建省", "福州市", "鼓楼区"]);
    assert_eq!(parts("上海市浦东新区"), ["", "上海市", "浦东新区"]);
    assert_eq!(parts("广西壮族自治区 南宁市"), ["广西壮族自治区", "南宁市", ""]);
}

proptest! {
    #[test]
    fn joined_texts_come_apart_again(parts in prop::collection::btree_set("[a-z\\\\;；,，、|永 ]{1,8}", 0..5)) {
        let parts: Vec<String> = parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        let mut unique = Vec::new();
        for part in parts {
            if !unique.contains(&part) {
                unique.push(part);
            }
        }
        prop_assert_eq!(split(&joined(unique.iter().map(String::as_str))), unique);
    }

    #[test]
    fn every_phone_keeps_its_form_when_read_again(text in "[+0-9() -]{0,18}") {
        for country in [Country::China, Country::NorthAmerica, Country::Unknown] {
            let once = read_phone(&text, country);
            if once.understood {
                prop_assert_eq!(read_phone(&once.number, country), once);
            }
        }
    }

    #[test]
    fn written_days_and_amounts_are_read_back(days in 20_000_i32..60_000, minor in any::<i32>()) {
        let day = NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap();
        prop_assert_eq!(read_day(&day.to_string(), None), Ok(day));
        let money = Money::new(i64::from(minor), "CNY");
        prop_assert_eq!(read_money(&money.decimal(), "CNY"), Ok(money));
    }

    #[test]
    fn odd_cells_are_refused_and_never_panic(text in "[0-9年月日/.:T%,万元A-Za-z +\\-¥é ]{0,20}") {
        let _ = read_day(&text, Some(DayOrder::DayFirst));
        let _ = read_money(&text, "CNY");
        let _ = (read_percent(&text), read_integer(&text), read_degrees(&text, 90), split_region(&text));
    }
}
