//! What stands in a cell.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Lookup, Options, Record};
use crate::exchange::catalogue::{Cell, Column};
use crate::exchange::cell::joined;
use crate::exchange::guard::guarded;
use crate::exchange::label::{Language, label};
use crate::schema::value::Money;
use crate::schema::{Kind, Type};

/// What stands in a cell, before it is text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    Blank,
    Text(String),
    /// An exact decimal number.
    Number(String),
    /// Basis points.
    Percent(i64),
    Day(NaiveDate),
}

impl Written {
    /// As a cell of a CSV file. Only text can be taken for a formula, and is guarded.
    pub(super) fn into_csv(self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => guarded(&text).into_owned(),
            Self::Number(number) => number,
            Self::Percent(bp) => format!("{}%", Money::new(bp, "XXX").decimal()),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// Writes the rows of one list.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) kind: &'static Kind,
    pub(super) columns: &'a [Column],
    pub(super) lookup: &'a dyn Lookup,
    pub(super) options: &'a Options,
}

impl<'a> Rows<'a> {
    pub(super) fn cells(&self, record: &'a Record) -> impl Iterator<Item = Written> + use<'a> {
        let rows = *self;
        let given = rows.kind.derived.iter().all(|one| record.fields.contains_key(one.name));
        let derived = if given {
            Map::new()
        } else {
            (rows.kind.derive)(&record.fields)
        };
        let currency = rows.currency(record);
        rows.columns
            .iter()
            .map(move |column| rows.cell(column, record, &derived, currency.as_deref()))
    }

    /// The currency that stands in the row's column of currencies, if the list has one: the first amount's.
    fn currency(&self, record: &Record) -> Option<String> {
        self.columns.iter().find(|column| column.code == "currency")?;
        let amounts = self.columns.iter().filter(|column| column.cell == Cell::Money);
        amounts
            .filter_map(|column| record.fields.get(column.field()))
            .find_map(|value| value.get("currency").and_then(Value::as_str).map(str::to_owned))
    }

    fn cell(&self, column: &Column, record: &Record, derived: &Map<String, Value>, currency: Option<&str>) -> Written {
        let field = |name: &str| {
            record
                .fields
                .get(name)
                .or_else(|| derived.get(name))
                .filter(|value| !value.is_null())
        };
        let id_in = |name: &str| field(name).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let found = match &*column.code {
            "id" => Some(record.id.to_string()),
            "record_id" => {
                let ids = field("external_ids");
                ids.and_then(|ids| ids.get(&self.options.source))
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            }
            "owner" => self.lookup.owner(record.id),
            "customer" => id_in("customer_id").and_then(|id| self.lookup.name(id)),
            "customer_record_id" => id_in("customer_id").and_then(|id| self.lookup.external_id(id)),
            "parent_customer" => id_in("parent_customer").and_then(|id| self.lookup.name(id)),
            "contact" => {
                let ids = field("contact_roles")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(Map::keys);
                let names = ids
                    .filter_map(|id| id.parse().ok())
                    .filter_map(|id| self.lookup.name(id));
                Some(joined(names.collect::<Vec<_>>().iter().map(String::as_str)))
            }
            "currency" => currency.map(str::to_owned),
            "stage" => field("stage").and_then(Value::as_str).map(|code| {
                let name = self.lookup.stage(id_in("template_id"), code, self.options.language);
                name.unwrap_or_else(|| code.to_owned())
            }),
            _ => return self.value(column, pointed(column, &field), currency),
        };
        found
            .filter(|text| !text.is_empty())
            .map_or(Written::Blank, Written::Text)
    }

    fn value(&self, column: &Column, value: Option<&Value>, currency: Option<&str>) -> Written {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Written::Blank;
        };
        let language = self.options.language;
        let written = match (column.cell, value) {
            (Cell::Integer, Value::Number(number)) => Some(Written::Number(number.to_string())),
            (Cell::Percent, _) => value.as_i64().map(Written::Percent),
            (Cell::Degrees, _) => value.as_i64().map(|e7| Written::Number(degrees(e7))),
            (Cell::Day, Value::String(day)) => day.parse().ok().map(Written::Day),
            (Cell::Boolean, Value::Bool(value)) => {
                let word = match (value, language) {
                    (true, Language::Zh) => "是",
                    (false, Language::Zh) => "否",
                    (true, Language::En) => "Yes",
                    (false, Language::En) => "No",
                };
                Some(Written::Text(word.to_owned()))
            }
            (Cell::Choice(list), Value::String(code)) => Some(Written::Text(label(list, code, language).to_owned())),
            (Cell::Money, Value::Object(_)) => serde_json::from_value(value.clone()).ok().map(|money: Money| {
                if currency == Some(money.currency.as_str()) {
                    Written::Number(money.decimal())
                } else {
                    // An amount in another currency than its row's says so itself.
                    Written::Text(format!("{} {}", money.currency, money.decimal()))
                }
            }),
            (Cell::Texts | Cell::Phones, Value::Array(items)) => Some(Written::Text(self.texts(column, items))),
            _ => None,
        };
        // A value of another form than its column's (a newer app's) is written as it is.
        written.unwrap_or_else(|| match value {
            Value::String(text) => Written::Text(text.clone()),
            other => Written::Text(other.to_string()),
        })
    }

    fn texts(&self, column: &Column, items: &[Value]) -> String {
        let members = self
            .kind
            .field(column.field())
            .is_some_and(|field| field.ty == Type::Member);
        let text = |item: &Value| {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            let member = text
                .parse()
                .ok()
                .filter(|_| members)
                .and_then(|id| self.lookup.member(id));
            member.unwrap_or(text)
        };
        joined(items.iter().map(text).collect::<Vec<_>>().iter().map(String::as_str))
    }
}

/// The value that a column's code points to. Keys of an organisation's own are keys whole, dots and all.
fn pointed<'a>(column: &Column, field: &dyn Fn(&str) -> Option<&'a Value>) -> Option<&'a Value> {
    let Some((name, rest)) = column.code.split_once('.') else {
        return field(&column.code);
    };
    let value = field(name)?;
    value
        .get(rest)
        .or_else(|| rest.split('.').try_fold(value, |at, part| at.get(part)))
}

/// Ten-millionths of a degree as degrees, exactly.
fn degrees(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let (whole, part) = (e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000);
    format!("{sign}{whole}.{part:07}")
}
