//! One value by itself: of a column, of a derived field, of one side of a conflict.

use chrono::{DateTime, Utc};
use satchel_core::projection::Cell;
use satchel_core::schema::{Type, ViolationCode};
use serde_json::Value as Json;

use crate::{Instant, SatchelError};

/// One value by itself.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Value {
    /// No value.
    Nothing,
    /// True or false.
    Flag {
        /// The value.
        value: bool,
    },
    /// A whole number.
    Number {
        /// The value.
        value: i64,
    },
    /// Text, a day (`2026-03-01`), the code of a choice, an id.
    Text {
        /// The value.
        value: String,
    },
    /// An instant.
    Moment {
        /// The value.
        value: Instant,
    },
    /// Anything of several parts, as JSON; money is `{"minor": 1250, "currency": "CNY"}`.
    Json {
        /// The value.
        json: String,
    },
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Null => Self::Nothing,
            Cell::Integer(value) => Self::Number { value },
            Cell::Text(value) => Self::Text { value },
        }
    }
}

impl Value {
    /// A plain value of a type; where the type is not known, as it stands.
    pub(crate) fn of(ty: Option<Type>, value: &Json) -> Self {
        match (ty, value) {
            (_, Json::Null) => Self::Nothing,
            (_, Json::Bool(value)) => Self::Flag { value: *value },
            (Some(Type::Instant), Json::String(text)) => match text.parse::<DateTime<Utc>>() {
                Ok(value) => Self::Moment { value },
                Err(_) => Self::Text { value: text.clone() },
            },
            (_, Json::String(text)) => Self::Text { value: text.clone() },
            (_, value) => match value.as_i64() {
                Some(value) => Self::Number { value },
                None => Self::Json {
                    json: value.to_string(),
                },
            },
        }
    }

    /// As it stands in a record.
    pub(crate) fn plain(self) -> Result<Json, SatchelError> {
        Ok(match self {
            Self::Nothing => Json::Null,
            Self::Flag { value } => value.into(),
            Self::Number { value } => value.into(),
            Self::Text { value } => value.into(),
            // The form in which records hold instants.
            Self::Moment { value } => serde_json::to_value(value).unwrap_or(Json::Null),
            Self::Json { json } => {
                serde_json::from_str(&json).map_err(|_| SatchelError::invalid("value", ViolationCode::Malformed))?
            }
        })
    }

    /// As it stands in an indexed column.
    pub(crate) fn cell(self) -> Result<Cell, SatchelError> {
        Ok(match self {
            Self::Nothing => Cell::Null,
            Self::Flag { value } => Cell::Integer(value.into()),
            Self::Number { value } => Cell::Integer(value),
            Self::Text { value } => Cell::Text(value),
            Self::Moment { value } => Cell::Integer(value.timestamp_millis()),
            Self::Json { .. } => return Err(SatchelError::invalid("value", ViolationCode::Malformed)),
        })
    }
}
