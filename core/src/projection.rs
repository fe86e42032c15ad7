//! A record as plain values: what lists, search and figures read. Derived from the document by the core, on the device
//! and on the relay alike; it is valid only for its heads.

pub mod difference;
pub mod token;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{Heads, MemberId};
use crate::schema::check::is_blank;
use crate::schema::{Kind, Merge, Type, Violation};

/// One record as plain values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The schema step of the code that projected it; a newer one wins at equal heads.
    pub schema: u32,
    /// The version of the document it was derived from.
    pub heads: Heads,
    /// Every field, those that this version does not know too.
    pub fields: Map<String, Value>,
    /// What is computed from them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub derived: Map<String, Value>,
    /// Fields where values written apart stand beside each other (`field`, or `field/key` in a map).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// What the merged state violates. It is shown, never refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Whether it is archived: put away by somebody who had seen every change there is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Whether somebody archived it while another edited it: the edit won, and people should look.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited_after_archive: bool,
    /// Who made it and when.
    pub created: Touch,
    /// Who wrote last and when, by the writer's clock.
    pub updated: Touch,
}

/// Who wrote and when, by the writer's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Touch {
    /// The member; absent where the change does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

impl Row {
    /// A plain or derived value by name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).or_else(|| self.derived.get(name))
    }

    /// The typed record.
    #[must_use]
    pub fn typed<T: crate::schema::Entity>(&self) -> T {
        crate::schema::entity::typed(&self.fields)
    }
}

/// A value in an indexed column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Null,
    /// An integer: whole numbers, booleans (0, 1), money in minor units, instants in milliseconds since 1970.
    Integer(i64),
    /// Text: text, days, choices, ids.
    Text(String),
}

/// The indexed columns of a row, in the order of [`Kind::columns`].
pub fn cells<'a>(kind: &'a Kind, row: &'a Row) -> impl Iterator<Item = (&'static str, Cell)> + 'a {
    kind.columns()
        .map(|(name, ty)| (name, row.value(name).map_or(Cell::Null, |value| cell(ty, value))))
}

/// One value as it stands in an indexed column.
#[must_use]
pub fn cell(ty: Type, value: &Value) -> Cell {
    match (ty, value) {
        (_, Value::Bool(flag)) => Cell::Integer(i64::from(*flag)),
        (_, Value::Number(number)) => number.as_i64().map_or(Cell::Null, Cell::Integer),
        (Type::Instant, Value::String(text)) => text
            .parse::<chrono::DateTime<chrono::Utc>>()
            .map_or(Cell::Null, |instant| Cell::Integer(instant.timestamp_millis())),
        (_, Value::String(text)) => Cell::Text(text.clone()),
        (_, Value::Object(parts)) => parts
            .get("minor")
            .and_then(Value::as_i64)
            .map_or(Cell::Null, Cell::Integer),
        _ => Cell::Null,
    }
}

/// The texts of a row that search looks into, in the order of the fields.
pub fn searched<'a>(kind: &'a Kind, row: &'a Row) -> impl Iterator<Item = &'a str> + 'a {
    let fields = kind.fields.iter().filter(|field| field.search);
    let filled = fields.filter_map(|field| Some((field, row.fields.get(field.name).filter(|value| !is_blank(value))?)));
    filled.flat_map(|(field, value)| match field.merge {
        Merge::Set => value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        Merge::Map => value
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .filter_map(Value::as_str)
            .collect(),
        _ => value.as_str().into_iter().collect::<Vec<_>>(),
    })
}
