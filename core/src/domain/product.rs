//! Product 产品.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::entity;

use crate::schema::{Record, Violation, ViolationCode};

/// A product that the organisation sells. Lines of deals and orders name it by its code.
#[entity("product", scope = org, writers = admin, checked)]
pub struct Product {
    /// Code 编码, unique by agreement: lines name it.
    #[field(required, index, search, fixed, max_len = 60)]
    pub code: String,
    /// Name 名称.
    #[field(required, index, search, max_len = 249)]
    pub name: String,
    /// Category 类别.
    #[field(index, max_len = 120)]
    pub category: Option<String>,
    /// Brand 品牌.
    #[field(index, search, max_len = 120)]
    pub brand: Option<String>,
    /// Unit of sale 单位, as in `箱`.
    #[field(max_len = 20)]
    pub unit: Option<String>,
    /// Pieces in a unit.
    #[field(min = 1)]
    pub pack_size: Option<i64>,
    /// List price of one unit in minor units, by currency code.
    #[field(merge = map, min = 0, max_len = 50)]
    pub list_prices: HashMap<String, i64>,
    /// Whether it is a focus product 主推.
    #[field(index)]
    pub focus: Option<bool>,
    /// First day of sale.
    #[field(index)]
    pub launched_on: Option<NaiveDate>,
    /// Last day of sale.
    pub retired_on: Option<NaiveDate>,
    /// Bar code (EAN-13).
    #[field(index, search, max_len = 20)]
    pub barcode: Option<String>,
    /// Picture, by the SHA-256 of its bytes in hex.
    #[field(max_len = 64)]
    pub image: Option<String>,
    /// What to say against competitors; two people may write at once.
    #[field(merge = text, search, max_len = 32_000)]
    pub battle_card: String,
    /// Codes of products that can take its place.
    #[field(merge = set, max_len = 50)]
    pub substitutes: Vec<String>,
    /// Tags 标签.
    #[field(merge = set, search, max_len = 50)]
    pub tags: Vec<String>,
    /// Whether it is no longer offered.
    #[field(index)]
    pub disabled: Option<bool>,
    /// Ids in other systems, by system.
    #[field(merge = map, max_len = 20)]
    pub external_ids: HashMap<String, String>,
}

impl Record for Product {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let is_code = |code: &String| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
        if !self.list_prices.keys().all(is_code) {
            found.push(Violation::new("list_prices", ViolationCode::Malformed));
        }
        if let (Some(first), Some(last)) = (self.launched_on, self.retired_on)
            && last < first
        {
            found.push(Violation::new("retired_on", ViolationCode::Inconsistent));
        }
        found
    }
}
