//! KPI 指标: what is measured.

use satchel_derive::{choice, entity};

/// What is measured. The definition is data; one engine on phone and relay evaluates it.
#[entity("kpi", scope = org, writers = admin)]
pub struct Kpi {
    /// Code, unique by agreement.
    #[field(required, index, fixed, max_len = 60)]
    pub code: String,
    /// Name in Chinese.
    #[field(required, max_len = 120)]
    pub name_zh: String,
    /// Name in English.
    #[field(required, max_len = 120)]
    pub name_en: String,
    /// What is counted.
    #[field(required, index)]
    pub metric: KpiMetric,
    /// Unit of its values.
    pub unit: Option<KpiUnit>,
    /// How single values become one; a sum where blank.
    pub aggregation: Option<KpiAggregation>,
    /// Which way is better; higher where blank.
    pub direction: Option<KpiDirection>,
    /// Codes of the products that count; all where empty.
    #[field(merge = set, max_len = 500)]
    pub products: Vec<String>,
    /// Tags of the products that count; all where empty.
    #[field(merge = set, max_len = 50)]
    pub product_tags: Vec<String>,
    /// Categories of the products that count; all where empty.
    #[field(merge = set, max_len = 50)]
    pub product_categories: Vec<String>,
    /// What it is, for those who are measured by it.
    #[field(max_len = 1000)]
    pub definition: Option<String>,
}

/// What a KPI counts.
#[choice]
pub enum KpiMetric {
    /// 销售额.
    SalesAmount,
    /// 回款额.
    CollectedAmount,
    /// 毛利.
    GrossMargin,
    /// 订单数.
    OrderCount,
    /// 新客户数.
    NewCustomers,
    /// 拜访量.
    Visits,
    /// 有效拜访量.
    ProductiveVisits,
    /// 拜访覆盖率.
    CoverageBp,
    /// 客户满意度.
    CsatBp,
    /// 净推荐值.
    Nps,
    /// 客户保有率.
    RetentionBp,
    /// 新产品销售额.
    NewProductAmount,
    /// 培训完成.
    TrainingDone,
    /// Written by hand.
    Custom,
}

/// Unit of a KPI's values.
#[choice]
pub enum KpiUnit {
    /// Minor units of a currency.
    Money,
    /// A count.
    Count,
    /// Basis points.
    Bp,
    /// A score.
    Score,
}

/// How single values become one.
#[choice]
pub enum KpiAggregation {
    /// Their sum.
    Sum,
    /// How many different ones.
    CountDistinct,
    /// Their mean.
    Avg,
    /// The last one.
    Last,
    /// A quotient of two sums.
    Ratio,
}

/// Which way is better.
#[choice]
pub enum KpiDirection {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}
