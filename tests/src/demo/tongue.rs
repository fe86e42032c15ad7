//! The words of a line in the reader's language, and amounts and times as people write them.

use chrono::DateTime;
use chrono_tz::Tz;
use satchel_core::domain;
use satchel_core::exchange::catalogue;
use satchel_core::exchange::label::{self, Language};
use satchel_core::schema::value::Money;
use serde_json::Value;

/// One of two texts.
pub(super) const fn say<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// A role as people call it.
pub(super) fn role(language: Language, code: &str) -> &str {
    match code {
        "admin" => say(language, "管理员", "admin"),
        "manager" => say(language, "销售经理", "manager"),
        "rep" => say(language, "销售代表", "rep"),
        other => other,
    }
}

/// A field as people call it, in both languages.
pub(super) fn field(kind: &str, path: &str) -> String {
    let code = path.replace('/', ".");
    let columns = domain::kind(kind).map(catalogue::columns).unwrap_or_default();
    let column = columns
        .iter()
        .find(|column| column.code == code || column.field() == code);
    column.map_or_else(
        || path.to_owned(),
        |column| format!("{} {}", column.label(Language::En), column.label(Language::Zh)),
    )
}

/// The label of a code of a list.
pub(super) fn code(language: Language, list: &str, code: Option<&Value>) -> String {
    let code = code.and_then(Value::as_str).unwrap_or_default();
    label::label(list, code, language).to_owned()
}

/// A number of things in English.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
}

/// An amount with thousands apart.
pub(super) fn money(amount: &Money) -> String {
    let decimal = amount.decimal();
    let (whole, part) = decimal.split_once('.').unwrap_or((&decimal, ""));
    let mut apart = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    let point = if part.is_empty() { "" } else { "." };
    format!("{} {apart}{point}{part}", amount.currency)
}

/// A time of the day in a zone.
pub(super) fn clock(at_ms: i64, zone: Tz) -> String {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.with_timezone(&zone).format("%H:%M").to_string()
}

/// A plain value as a person reads it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => format!("“{text}”"),
        other => other.to_string(),
    }
}

/// The beginning of a text.
pub(super) fn brief(text: &str, most: usize) -> String {
    let mut letters = text.chars();
    let beginning: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        format!("{beginning}…")
    } else {
        beginning
    }
}
