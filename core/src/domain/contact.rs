//! Contact 联系人: a person at a customer.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::{choice, entity};

use super::customer::CustomerId;

/// A person at a customer.
#[entity("contact")]
pub struct Contact {
    /// The customer whose record this contact hangs on.
    #[field(required, index)]
    pub customer_id: CustomerId,
    /// Full name 姓名, in the order of its language.
    #[field(required, index, search, max_len = 120)]
    pub name: String,
    /// Given name, where it matters apart.
    #[field(max_len = 60)]
    pub given_name: Option<String>,
    /// Title 职位.
    #[field(search, max_len = 120)]
    pub title: Option<String>,
    /// Department 部门.
    #[field(max_len = 120)]
    pub department: Option<String>,
    /// Mobile phone 手机.
    #[field(index, search, max_len = 40)]
    pub mobile: Option<String>,
    /// Other phone numbers.
    #[field(merge = set, search, max_len = 20)]
    pub phones: Vec<String>,
    /// E-mail address.
    #[field(index, search, max_len = 255)]
    pub email: Option<String>,
    /// WeChat id 微信.
    #[field(max_len = 120)]
    pub wechat: Option<String>,
    /// Birthday.
    pub birthday: Option<NaiveDate>,
    /// Part in a buying decision.
    pub buying_role: Option<BuyingRole>,
    /// Part at further customers, by customer id.
    #[field(merge = map, max_len = 50)]
    pub further_customers: HashMap<String, String>,
    /// Whether the person asked not to be called.
    pub do_not_call: Option<bool>,
    /// Preferred language, as in `zh-CN`.
    #[field(max_len = 35)]
    pub preferred_language: Option<String>,
    /// What the person agreed to be contacted for.
    #[field(max_len = 255)]
    pub consent: Option<String>,
    /// Ids in other systems, by system.
    #[field(merge = map, max_len = 20)]
    pub external_ids: HashMap<String, String>,
}

/// Part in a buying decision.
#[choice]
pub enum BuyingRole {
    /// 决策人.
    DecisionMaker,
    /// 评估人.
    Evaluator,
    /// 影响者.
    Influencer,
}
