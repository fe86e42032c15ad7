//! What of a row changed: a change of one field need not carry the others again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Row;

/// The parts of a row that are taken apart by name; any other is one part.
const APART: [&str; 2] = ["fields", "derived"];
/// The version is never among the parts: it is known from the document.
const HEADS: &str = "heads";

/// New values of some parts of a row. A part is a name at the top, or `fields/NAME`, `derived/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Parts and their values now.
    pub set: Map<String, Value>,
    /// Parts that are not there any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
}

/// The names of the parts in which two rows differ, both as JSON.
#[must_use]
pub fn differing(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for name in before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)))
    {
        if name == HEADS || before.get(name) == after.get(name) {
            continue;
        }
        if !APART.contains(&name.as_str()) {
            names.push(name.clone());
            continue;
        }
        let empty = Map::new();
        let inside = |row: &'_ Map<String, Value>| row.get(name).and_then(Value::as_object).cloned();
        let (old, new) = (inside(before).unwrap_or_default(), inside(after).unwrap_or(empty));
        let differ = old.keys().chain(new.keys().filter(|part| !old.contains_key(*part)));
        names.extend(
            differ
                .filter(|part| old.get(*part) != new.get(*part))
                .map(|part| format!("{name}/{part}")),
        );
    }
    names
}

impl Difference {
    /// The present values of these parts of a row, as JSON.
    #[must_use]
    pub fn of(row: &Map<String, Value>, names: &[String]) -> Self {
        let mut difference = Self::default();
        for name in names {
            let value = match name.split_once('/') {
                Some((part, inside)) => row.get(part).and_then(|part| part.get(inside)),
                None => row.get(name),
            };
            match value {
                Some(value) => {
                    difference.set.insert(name.clone(), value.clone());
                }
                None => difference.gone.push(name.clone()),
            }
        }
        difference
    }

    /// The row with these values in it; `None` where that is no row.
    #[must_use]
    pub fn onto(&self, row: &Row) -> Option<Row> {
        let Ok(Value::Object(mut json)) = serde_json::to_value(row) else {
            return None;
        };
        for (name, value) in &self.set {
            match name.split_once('/') {
                Some((part, inside)) => {
                    let part = json.entry(part).or_insert_with(|| Value::Object(Map::new()));
                    part.as_object_mut()?.insert(inside.to_owned(), value.clone());
                }
                None => {
                    json.insert(name.clone(), value.clone());
                }
            }
        }
        for name in &self.gone {
            match name.split_once('/') {
                Some((part, inside)) => {
                    if let Some(part) = json.get_mut(part).and_then(Value::as_object_mut) {
                        part.remove(inside);
                    }
                }
                None => {
                    json.remove(name);
                }
            }
        }
        serde_json::from_value(Value::Object(json)).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(fields: &Value, derived: &Value, archived: bool) -> Row {
        serde_json::from_value(json!({
            "schema": 1, "heads": [], "fields": fields, "derived": derived, "archived": archived,
            "created": { "at_ms": 1 }, "updated": { "at_ms": 2 },
        }))
        .unwrap()
    }

    fn json_of(row: &Row) -> Map<String, Value> {
        serde_json::to_value(row).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn a_difference_holds_what_changed_and_makes_the_one_row_of_the_other() {
        let whole =
            json!({ "a": 1, "money": { "minor": 5, "currency": "CNY" }, "map": { "x": "1", "y": "2" }, "a/b": 1 });
        let other = json!({ "a": 2, "money": { "minor": 5, "currency": "CNY" }, "map": { "y": "2" }, "new": [1] });
        let rows = [
            row(&whole, &json!({ "status": "open" }), false),
            row(&other, &json!({}), true),
            row(&json!({}), &json!({ "status": "done" }), true),
            row(&whole, &json!({}), false),
        ];
        for before in &rows {
            for after in &rows {
                let names = differing(&json_of(before), &json_of(after));
                assert_eq!(names.is_empty(), before == after);
                let difference = Difference::of(&json_of(after), &names);
                assert_eq!(difference.onto(before).as_ref(), Some(after), "{difference:?}");
            }
        }
        let names = differing(
            &json_of(&rows[0]),
            &json_of(&row(&json!({ "a": 1 }), &json!({ "status": "open" }), false)),
        );
        assert_eq!(names, ["fields/a/b", "fields/map", "fields/money"]);
    }
}
