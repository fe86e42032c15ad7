//! Customer 客户: a channel partner, distributor, agent or outlet.

use std::collections::HashMap;

use satchel_derive::{choice, entity, value};

use super::event::{Stamped, happened_before};
use crate::schema::value::{Money, Place, Stamp};

/// A customer: a channel partner, distributor, agent, key account or outlet. It is a scope of its own: who may read and
/// write it, and what hangs on it, is decided by assignment on the relay.
#[entity("customer", scope = own, derived(merged_into))]
pub struct Customer {
    /// Name 客户名称.
    #[field(required, index, search, max_len = 249)]
    pub name: String,
    /// Short name 简称.
    #[field(search, max_len = 120)]
    pub short_name: Option<String>,
    /// Type of customer 客户类型.
    #[field(index)]
    pub customer_type: Option<CustomerType>,
    /// Level in the channel 渠道层级, 1 being next to us.
    #[field(min = 1, max = 3)]
    pub channel_tier: Option<i64>,
    /// Level 客户级别.
    #[field(index)]
    pub level: Option<CustomerLevel>,
    /// Where the relation stands 状态.
    #[field(index)]
    pub lifecycle: Option<Lifecycle>,
    /// Unified social credit code 统一社会信用代码 (GB 32100, 18 characters) or another registration code.
    #[field(index, max_len = 40)]
    pub registration_code: Option<String>,
    /// Industry.
    #[field(index, max_len = 120)]
    pub industry: Option<String>,
    /// Where the lead came from 来源.
    #[field(max_len = 120)]
    pub source: Option<String>,
    /// The company above it.
    pub parent_customer: Option<CustomerId>,
    /// Phone numbers, E.164 where the country is known.
    #[field(merge = set, search, max_len = 20)]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[field(merge = set, search, max_len = 20)]
    pub emails: Vec<String>,
    /// Web site.
    #[field(max_len = 255)]
    pub website: Option<String>,
    /// Address and position, written as one so that the halves of two edits never mix.
    pub place: Option<Place>,
    /// Radius in metres within which a check-in counts as being there; 200 where blank.
    #[field(min = 100, max = 3000)]
    pub geo_radius_m: Option<i64>,
    /// Visits wanted per month.
    #[field(min = 0, max = 100)]
    pub visits_per_month: Option<i64>,
    /// Credit limit in minor units.
    #[field(min = 0)]
    pub credit_limit: Option<Money>,
    /// Payment terms in days.
    #[field(min = 0, max = 3650)]
    pub payment_terms_days: Option<i64>,
    /// Annual revenue in minor units.
    #[field(min = 0)]
    pub annual_revenue: Option<Money>,
    /// Number of employees.
    #[field(min = 0)]
    pub employees: Option<i64>,
    /// What the customer needs 需求; two people may write at once.
    #[field(merge = text, search, max_len = 32_000)]
    pub needs: String,
    /// Structured needs, by topic.
    #[field(merge = map, max_len = 100)]
    pub needs_profile: HashMap<String, String>,
    /// Tags 标签.
    #[field(merge = set, search, max_len = 50)]
    pub tags: Vec<String>,
    /// Fields of the organisation's own, by key.
    #[field(merge = map, max_len = 100)]
    pub custom: HashMap<String, String>,
    /// Ids in other systems, by system (`zoho`, `fxiaoke`).
    #[field(merge = map, max_len = 20)]
    pub external_ids: HashMap<String, String>,
    /// That this customer is the same as another one, and that it is not. References to it stay as they are; reads
    /// resolve them.
    #[field(merge = log, max_len = 200)]
    pub aliases: Vec<AliasEvent>,
}

/// What was said of a customer that is there twice.
#[choice]
pub enum AliasEventKind {
    /// It is the same as the survivor, and is shown as it.
    Merge,
    /// It is not: takes back the mergers into the survivor that its author had seen.
    Unmerge,
}

/// One thing said of a customer that is there twice.
#[value]
pub struct AliasEvent {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// What was said.
    pub event: AliasEventKind,
    /// The customer that this one is, or is not.
    pub survivor: CustomerId,
}

impl Stamped for AliasEvent {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

/// The survivors that a customer's log names and that still stand, smallest id first: more than one where two people
/// merged it differently, apart from each other. A merger stands until an unmerging of the same two, or a merger into
/// another survivor, has seen it.
#[must_use]
pub fn standing_survivors(aliases: &[AliasEvent]) -> Vec<CustomerId> {
    let merges = |event: &&AliasEvent| event.event == AliasEventKind::Merge;
    let taken_back = |merge: &AliasEvent| {
        aliases.iter().any(|later| {
            let unmerges = later.event == AliasEventKind::Unmerge && later.survivor == merge.survivor;
            let moves = later.event == AliasEventKind::Merge && later.survivor != merge.survivor;
            (unmerges || moves) && happened_before(aliases, merge, later)
        })
    };
    let mut standing: Vec<CustomerId> =
        aliases.iter().filter(merges).filter(|merge| !taken_back(merge)).map(|merge| merge.survivor).collect();
    standing.sort_unstable();
    standing.dedup();
    standing
}

/// Type of customer 客户类型.
#[choice]
pub enum CustomerType {
    /// 潜在.
    Prospect,
    /// 代理商.
    Agent,
    /// 经销商.
    Distributor,
    /// 分销商.
    SubDistributor,
    /// 零售终端.
    Retailer,
    /// 重点客户.
    KeyAccount,
    /// 经销伙伴.
    Reseller,
    /// 合作伙伴.
    Partner,
    /// 竞争对手.
    Competitor,
    /// 其他.
    Other,
}

/// Level of a customer 客户级别.
#[choice]
pub enum CustomerLevel {
    /// Most important.
    A,
    /// Important.
    B,
    /// Ordinary.
    C,
    /// Occasional.
    D,
}

/// Where the relation with a customer stands 状态.
#[choice]
pub enum Lifecycle {
    /// 公海: nobody's yet.
    Pool,
    /// 跟进中.
    Assigned,
    /// 已成交.
    Won,
    /// 沉睡.
    Dormant,
    /// 流失.
    Lost,
    /// 黑名单.
    Blacklisted,
}

/// Radius of the fence round a customer where none is set, in metres.
pub const DEFAULT_GEO_RADIUS_M: i64 = 200;

impl Customer {
    /// The customer that this one was merged into, by its own log alone; the smallest id where several stand. Chains and
    /// circles over several customers are resolved by `duplicates::alias`.
    pub fn merged_into(&self) -> Option<CustomerId> {
        standing_survivors(&self.aliases).first().copied()
    }
}
