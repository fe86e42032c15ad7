//! Labels of codes in Chinese and English, and what else lists call them.

use super::mapping::folded;

/// A language of labels and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Language {
    /// The language of a tag such as `zh-CN`; English where it is not Chinese.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("zh") {
            Self::Zh
        } else {
            Self::En
        }
    }
}

/// A code and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The code as stored.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Further names that mean the same.
    pub synonyms: &'static [&'static str],
}

/// The labels of a list of codes, in the order of the codes; empty where there is no such list.
#[must_use]
pub fn list(name: &str) -> &'static [Label] {
    match name {
        "customer_type" => CUSTOMER_TYPE,
        "customer_level" => CUSTOMER_LEVEL,
        "lifecycle" => LIFECYCLE,
        "buying_role" => BUYING_ROLE,
        "deal_type" => DEAL_TYPE,
        "lost_reason" => LOST_REASON,
        "forecast_category" => FORECAST_CATEGORY,
        "visit_kind" => VISIT_KIND,
        "visit_purpose" => VISIT_PURPOSE,
        "visit_outcome" => VISIT_OUTCOME,
        "visit_status" => VISIT_STATUS,
        "verification" => VERIFICATION,
        _ => &[],
    }
}

/// The label of a code; the code itself where the list does not know it.
#[must_use]
pub fn label<'a>(name: &str, code: &'a str, language: Language) -> &'a str {
    match list(name).iter().find(|label| label.code == code) {
        Some(label) if language == Language::Zh => label.zh,
        Some(label) => label.en,
        None => code,
    }
}

/// The code that a text names: by code, label or synonym, whatever its case, width, spaces and punctuation.
#[must_use]
pub fn code(name: &str, text: &str) -> Option<&'static str> {
    let text = folded(text);
    let names = |label: &&Label| {
        [label.code, label.zh, label.en]
            .iter()
            .chain(label.synonyms)
            .any(|known| folded(known) == text)
    };
    list(name).iter().find(names).map(|label| label.code)
}

const fn of(code: &'static str, zh: &'static str, en: &'static str, synonyms: &'static [&'static str]) -> Label {
    Label { code, zh, en, synonyms }
}

const CUSTOMER_TYPE: &[Label] = &[
    of("prospect", "潜在客户", "Prospect", &["潜在"]),
    of("agent", "代理商", "Agent", &["代理"]),
    of("distributor", "经销商", "Distributor", &["一级经销商", "经销"]),
    of(
        "sub_distributor",
        "分销商",
        "Sub-distributor",
        &["二级经销商", "二批商", "分销"],
    ),
    of(
        "retailer",
        "零售终端",
        "Retailer",
        &["终端", "门店", "零售商", "零售", "Retail"],
    ),
    of("key_account", "重点客户", "Key account", &["KA", "KA客户", "大客户"]),
    of("reseller", "经销伙伴", "Reseller", &[]),
    of("partner", "合作伙伴", "Partner", &["渠道伙伴"]),
    of("competitor", "竞争对手", "Competitor", &[]),
    of(
        "other",
        "其他",
        "Other",
        &[
            "其它",
            "普通客户",
            "供应商",
            "Analyst",
            "Customer",
            "Integrator",
            "Investor",
            "Press",
            "Supplier",
            "Vendor",
        ],
    ),
];

const CUSTOMER_LEVEL: &[Label] = &[
    of("a", "A", "A", &["A级", "A类", "A级客户"]),
    of("b", "B", "B", &["B级", "B类", "B级客户"]),
    of("c", "C", "C", &["C级", "C类", "C级客户"]),
    of("d", "D", "D", &["D级", "D类", "D级客户"]),
];

const LIFECYCLE: &[Label] = &[
    of("pool", "公海", "Pool", &["未分配", "Open"]),
    of("assigned", "跟进中", "Assigned", &["已分配", "跟进", "Active"]),
    of("won", "已成交", "Won", &["成交", "合作中"]),
    of("dormant", "沉睡", "Dormant", &["休眠", "Inactive"]),
    of("lost", "流失", "Lost", &["已流失"]),
    of("blacklisted", "黑名单", "Blacklisted", &["Blacklist"]),
];

const BUYING_ROLE: &[Label] = &[
    of("decision_maker", "决策人", "Decision maker", &["决策者", "拍板人"]),
    of("evaluator", "评估人", "Evaluator", &["评估者", "Technical evaluator"]),
    of("influencer", "影响者", "Influencer", &["影响人"]),
];

const DEAL_TYPE: &[Label] = &[
    of("new_business", "新业务", "New business", &["新客户", "新签", "New"]),
    of("existing", "老客户", "Existing business", &["续签", "Existing"]),
];

const LOST_REASON: &[Label] = &[
    of("price", "价格", "Price", &["价格太高", "Too expensive"]),
    of(
        "competition",
        "竞争",
        "Competition",
        &["竞争对手", "Lost to competition"],
    ),
    of("no_budget", "无预算", "No budget", &["没有预算", "Budget"]),
    of("no_decision", "未决策", "No decision", &["没有决策"]),
    of("timing", "时机", "Timing", &["时机不对", "Future interest"]),
    of(
        "product_gap",
        "产品差距",
        "Product gap",
        &["产品不符", "Expectation mismatch"],
    ),
    of("relationship", "关系", "Relationship", &[]),
    of(
        "lack_of_response",
        "无回应",
        "Lack of response",
        &["无响应", "No response"],
    ),
    of("unqualified", "不合格", "Unqualified", &["Unqualified customer"]),
    of("duplicate", "重复", "Duplicate", &[]),
    of("other", "其他", "Other", &["其它"]),
];

const FORECAST_CATEGORY: &[Label] = &[
    of("omitted", "不计入", "Omitted", &[]),
    of("pipeline", "在途", "Pipeline", &["管道"]),
    of("best_case", "最佳情况", "Best case", &["乐观"]),
    of("most_likely", "最可能", "Most likely", &[]),
    of("commit", "承诺", "Commit", &["Committed"]),
    of("closed", "已关闭", "Closed", &[]),
];

const VISIT_KIND: &[Label] = &[
    of("planned", "计划内", "Planned", &[]),
    of("unplanned", "临时", "Unplanned", &[]),
    of("joint", "协访", "Joint", &[]),
    of("phone", "电话", "Phone", &[]),
    of("online", "线上", "Online", &[]),
];

const VISIT_PURPOSE: &[Label] = &[
    of("prospect", "开发", "Prospecting", &[]),
    of("order", "订货", "Order", &[]),
    of("collect", "回款", "Collection", &[]),
    of("merchandising", "陈列", "Merchandising", &[]),
    of("training", "培训", "Training", &[]),
    of("complaint", "投诉", "Complaint", &[]),
    of("relationship", "客情", "Relationship", &[]),
    of("other", "其他", "Other", &[]),
];

const VISIT_OUTCOME: &[Label] = &[
    of("ordered", "下单", "Ordered", &[]),
    of("follow_up", "待跟进", "Follow up", &[]),
    of("refused", "拒绝", "Refused", &[]),
    of("closed_shop", "未营业", "Shop closed", &[]),
    of("no_decision_maker", "未见决策人", "Decision maker absent", &[]),
    of("other", "其他", "Other", &[]),
];

const VISIT_STATUS: &[Label] = &[
    of("planned", "计划", "Planned", &[]),
    of("in_progress", "进行中", "In progress", &[]),
    of("completed", "完成", "Completed", &[]),
    of("abandoned", "放弃", "Abandoned", &[]),
];

const VERIFICATION: &[Label] = &[
    of("verified", "已核实", "Verified", &[]),
    of("invalid", "不符", "Invalid", &[]),
    of("unverified", "未核实", "Unverified", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_what_people_write() {
        for text in ["KA", "ｋａ 客户", "重点客户", "key_account", "Key Account", "大客户 "] {
            assert_eq!(code("customer_type", text), Some("key_account"), "{text}");
        }
        assert_eq!(code("customer_level", "A级"), Some("a"));
        assert_eq!(code("customer_type", "nonsense"), None);
        assert_eq!(code("no such list", "A"), None);
        assert_eq!(label("lifecycle", "pool", Language::of_tag("zh-CN")), "公海");
        assert_eq!(label("lifecycle", "from a newer app", Language::En), "from a newer app");
    }
}
