//! Column labels in Chinese and English, keyed by code.
//!
//! A code is a field's name, a part of it (`place.address.city`), an entry of a map (`custom.remark`), or one of a few
//! columns that are no field: the record's id here and in its source, the customer by name, the owner, the stage.
//! Writing takes the label, reading takes the label first and then the synonyms.

mod contact;
mod customer;
mod deal;
mod visit;

use std::borrow::Cow;

use super::label::Language;
use crate::schema::{Kind, Merge, Type};

/// One column of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it holds: see the [module](self).
    pub code: Cow<'static, str>,
    /// Its header in Chinese.
    pub zh: Cow<'static, str>,
    /// Its header in English; of the three kinds that are imported, as Zoho CRM's module format has it.
    pub en: Cow<'static, str>,
    /// Further headers that mean the same.
    pub synonyms: &'static [&'static str],
    /// How its cells are read and written.
    pub cell: Cell,
}

/// How cells are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text,
    /// Several texts in one cell.
    Texts,
    /// A phone number.
    Phone,
    /// Several phone numbers in one cell.
    Phones,
    /// An amount; its currency stands in a column of its own or is the list's.
    Money,
    /// Basis points, written in percent.
    Percent,
    /// A whole number.
    Integer,
    /// A day.
    Day,
    /// An instant, RFC 3339 in UTC.
    Instant,
    /// Yes or no.
    Boolean,
    /// A code of this list of [`super::label`].
    Choice(&'static str),
    /// Degrees, kept in ten-millionths.
    Degrees,
    /// Province, city and district in one cell; read only.
    Region,
    /// What has no simpler form, as JSON; written only.
    Json,
}

impl Column {
    const fn new(
        code: &'static str,
        zh: &'static str,
        en: &'static str,
        cell: Cell,
        synonyms: &'static [&'static str],
    ) -> Self {
        let (code, zh, en) = (Cow::Borrowed(code), Cow::Borrowed(zh), Cow::Borrowed(en));
        Self {
            code,
            zh,
            en,
            synonyms,
            cell,
        }
    }

    /// A column for one key of a map field, headed by the key.
    #[must_use]
    pub fn entry(field: &str, key: &str) -> Self {
        let header: Cow<'static, str> = Cow::Owned(key.to_owned());
        Self {
            code: Cow::Owned(format!("{field}.{key}")),
            zh: header.clone(),
            en: header,
            synonyms: &[],
            cell: Cell::Text,
        }
    }

    /// Its header.
    #[must_use]
    pub fn label(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }

    /// The field it belongs to, or the code where it is no field.
    #[must_use]
    pub fn field(&self) -> &str {
        self.code.split('.').next().unwrap_or_default()
    }

    /// Whether a list is written with it unless others are chosen: it can be read back, and what it holds stands in no
    /// other column.
    fn is_written(&self) -> bool {
        !matches!(self.cell, Cell::Region | Cell::Json) && self.code != "last_name"
    }
}

/// The columns of a kind: those of the catalogue, then one for each field that the catalogue does not name, headed by
/// the field's name. A new kind has its columns from its table.
#[must_use]
pub fn columns(kind: &Kind) -> Vec<Column> {
    let mut columns: Vec<Column> = named(kind.name).iter().flat_map(|part| part.iter().cloned()).collect();
    let plain = kind
        .fields
        .iter()
        .map(|field| (field.name, cell_of(field.merge, field.ty)));
    let derived = kind
        .derived
        .iter()
        .map(|derived| (derived.name, cell_of(Merge::Register, derived.ty)));
    for (name, cell) in plain.chain(derived) {
        if !columns.iter().any(|column| column.field() == name) {
            columns.push(unnamed(name, cell));
        }
    }
    columns
}

/// The columns that a list is written with where none are chosen.
#[must_use]
pub fn written(kind: &Kind) -> Vec<Column> {
    columns(kind).into_iter().filter(Column::is_written).collect()
}

fn named(kind: &str) -> &'static [&'static [Column]] {
    match kind {
        "customer" => &[IDS, customer::COLUMNS],
        "contact" => &[IDS, OF_CUSTOMER, contact::COLUMNS],
        "deal" => &[IDS, OF_CUSTOMER, deal::COLUMNS],
        "visit" => &[IDS, OF_CUSTOMER, visit::COLUMNS],
        _ => &[IDS],
    }
}

fn unnamed(name: &str, cell: Cell) -> Column {
    let words: Vec<String> = name
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect();
    let header: Cow<'static, str> = Cow::Owned(words.join(" "));
    Column {
        code: Cow::Owned(name.to_owned()),
        zh: header.clone(),
        en: header,
        synonyms: &[],
        cell,
    }
}

fn cell_of(merge: Merge, ty: Type) -> Cell {
    match (merge, ty) {
        (Merge::Set, Type::Text | Type::Member | Type::Reference(_) | Type::Choice(_)) => Cell::Texts,
        (Merge::Set | Merge::Map | Merge::Log, _) | (_, Type::List(_)) => Cell::Json,
        (_, Type::Text | Type::Reference(_) | Type::Member | Type::Choice(_)) => Cell::Text,
        (_, Type::Integer) => Cell::Integer,
        (_, Type::Boolean) => Cell::Boolean,
        (_, Type::Day) => Cell::Day,
        (_, Type::Instant) => Cell::Instant,
        (_, Type::Object(shape)) if shape.name == "Money" => Cell::Money,
        (_, Type::Object(_)) => Cell::Json,
    }
}

const IDS: &[Column] = &[
    Column::new("id", "Satchel 编号", "Satchel Id", Cell::Text, &[]),
    Column::new(
        "owner",
        "负责人",
        "Owner",
        Cell::Text,
        &[
            "Account Owner",
            "Contact Owner",
            "Deal Owner",
            "客户负责人",
            "商机负责人",
            "业务员",
            "销售人员",
            "所有者",
        ],
    ),
];

const OF_CUSTOMER: &[Column] = &[
    Column::new(
        "customer_id",
        "客户 Satchel 编号",
        "Customer Satchel Id",
        Cell::Text,
        &[],
    ),
    Column::new(
        "customer_record_id",
        "客户记录编号",
        "Account Name.id",
        Cell::Text,
        &["Account Id", "客户ID", "客户编号"],
    ),
    Column::new(
        "customer",
        "客户名称",
        "Account Name",
        Cell::Text,
        &[
            "客户",
            "所属客户",
            "公司",
            "公司名称",
            "Account",
            "Customer",
            "Customer Name",
            "Company",
            "Company Name",
            "Associated Company",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{KINDS, kind};
    use crate::exchange::label;
    use crate::exchange::mapping::folded;

    #[test]
    fn every_field_of_every_kind_has_a_column_and_every_list_of_labels_exists() {
        for kind in KINDS {
            let columns = columns(kind);
            for field in kind.fields {
                assert!(
                    columns.iter().any(|column| column.field() == field.name),
                    "{}.{}",
                    kind.name,
                    field.name
                );
            }
            for column in &columns {
                if let Cell::Choice(list) = column.cell {
                    let ty = kind.field(column.field()).map(|field| field.ty).or_else(|| {
                        kind.derived
                            .iter()
                            .find(|one| one.name == column.field())
                            .map(|one| one.ty)
                    });
                    let Some(Type::Choice(codes)) = ty else {
                        panic!("{} is no choice", column.code)
                    };
                    let labelled: Vec<&str> = label::list(list).iter().map(|one| one.code).collect();
                    assert_eq!(labelled, codes, "{}", column.code);
                }
            }
        }
    }

    #[test]
    fn no_two_columns_of_a_kind_answer_to_one_header() {
        for name in ["customer", "contact", "deal", "visit"] {
            let mut seen = BTreeSet::new();
            for column in columns(kind(name).unwrap()) {
                let own: BTreeSet<String> = column
                    .synonyms
                    .iter()
                    .copied()
                    .chain([&*column.zh, &*column.en])
                    .map(folded)
                    .collect();
                for header in own {
                    assert!(seen.insert(header.clone()), "{name}: {header} twice");
                }
            }
        }
    }
}
