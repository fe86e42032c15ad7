//! Column labels in Chinese and English, keyed by code.
//!
//! A code is a field's name, a part of it (`place.address.city`), an entry of a map (`custom.remark`), or one of a few
//! columns that are no field: the record's id here and in its source, the customer by name, the owner, the stage.
//! Writing takes the label, reading takes the label first and then the synonyms.

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
        "customer" => &[IDS, CUSTOMER],
        "contact" => &[IDS, OF_CUSTOMER, CONTACT],
        "deal" => &[IDS, OF_CUSTOMER, DEAL],
        "visit" => &[IDS, OF_CUSTOMER, VISIT],
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
        ],
    ),
];

const CUSTOMER: &[Column] = &[
    Column::new(
        "record_id",
        "记录编号",
        "Record Id",
        Cell::Text,
        &[
            "_id",
            "数据ID",
            "唯一性ID",
            "External Id",
            "Account Id",
            "客户ID",
            "客户编号",
        ],
    ),
    Column::new(
        "name",
        "客户名称",
        "Account Name",
        Cell::Text,
        &[
            "客户",
            "客户全称",
            "公司",
            "公司名称",
            "企业名称",
            "终端名称",
            "门店名称",
            "店名",
            "名称",
            "Name",
            "Customer",
            "Customer Name",
            "Company",
            "Company Name",
        ],
    ),
    Column::new("short_name", "客户简称", "Short Name", Cell::Text, &["简称"]),
    Column::new(
        "customer_type",
        "客户类型",
        "Account Type",
        Cell::Choice("customer_type"),
        &["类型", "Type", "Customer Type"],
    ),
    Column::new("channel_tier", "渠道层级", "Channel Tier", Cell::Integer, &[]),
    Column::new(
        "level",
        "客户级别",
        "Level",
        Cell::Choice("customer_level"),
        &["级别", "客户等级", "等级", "Customer Level"],
    ),
    Column::new(
        "lifecycle",
        "客户状态",
        "Lifecycle",
        Cell::Choice("lifecycle"),
        &["状态", "Status"],
    ),
    Column::new(
        "registration_code",
        "统一社会信用代码",
        "Registration Code",
        Cell::Text,
        &[
            "信用代码",
            "社会信用代码",
            "工商注册号",
            "税号",
            "USCC",
            "Registration Number",
        ],
    ),
    Column::new("industry", "行业", "Industry", Cell::Text, &["所属行业", "客户行业"]),
    Column::new(
        "source",
        "来源",
        "Source",
        Cell::Text,
        &["客户来源", "线索来源", "Lead Source", "Account Source"],
    ),
    Column::new(
        "parent_customer",
        "上级客户",
        "Parent Account",
        Cell::Text,
        &["母公司", "总部", "Parent Customer"],
    ),
    Column::new(
        "phones",
        "电话",
        "Phone",
        Cell::Phones,
        &[
            "联系电话",
            "电话号码",
            "公司电话",
            "固定电话",
            "座机",
            "手机",
            "手机号",
            "Phones",
            "Telephone",
            "Mobile",
            "Phone Number",
        ],
    ),
    Column::new(
        "emails",
        "邮箱",
        "Email",
        Cell::Texts,
        &["电子邮箱", "邮件", "电子邮件", "Emails", "E-mail"],
    ),
    Column::new(
        "website",
        "网址",
        "Website",
        Cell::Text,
        &["网站", "公司网址", "官网", "主页", "Web Site", "URL"],
    ),
    Column::new(
        "place.address.country",
        "国家",
        "Billing Country",
        Cell::Text,
        &["国家/地区", "Country"],
    ),
    Column::new(
        "place.address.province",
        "省",
        "Billing State",
        Cell::Text,
        &[
            "省份",
            "省/直辖市",
            "State",
            "Province",
            "State/Province",
            "Billing Province",
        ],
    ),
    Column::new(
        "place.address.city",
        "市",
        "Billing City",
        Cell::Text,
        &["城市", "地级市", "City"],
    ),
    Column::new(
        "place.address.district",
        "区",
        "District",
        Cell::Text,
        &["区县", "区/县", "County"],
    ),
    Column::new(
        "place.address.street",
        "详细地址",
        "Billing Street",
        Cell::Text,
        &["地址", "街道", "公司地址", "Street", "Address"],
    ),
    Column::new(
        "place.address.postcode",
        "邮编",
        "Billing Code",
        Cell::Text,
        &[
            "邮政编码",
            "Billing Zip",
            "Billing Zip Code",
            "Billing Postal Code",
            "Zip",
            "Zip Code",
            "Postal Code",
            "Postcode",
        ],
    ),
    Column::new("place.address.adcode", "行政区划代码", "Adcode", Cell::Text, &[]),
    Column::new(
        "place.region",
        "省市区",
        "Region (Province/City/District)",
        Cell::Region,
        &["所在地区", "省市县"],
    ),
    Column::new("place.position.lat_e7", "纬度", "Latitude", Cell::Degrees, &["Lat"]),
    Column::new(
        "place.position.lon_e7",
        "经度",
        "Longitude",
        Cell::Degrees,
        &["Lng", "Lon"],
    ),
    Column::new(
        "geo_radius_m",
        "签到半径(米)",
        "Check-in Radius (m)",
        Cell::Integer,
        &[],
    ),
    Column::new(
        "visits_per_month",
        "月拜访次数",
        "Visits per Month",
        Cell::Integer,
        &["拜访频率"],
    ),
    Column::new("credit_limit", "信用额度", "Credit Limit", Cell::Money, &[]),
    Column::new(
        "payment_terms_days",
        "账期(天)",
        "Payment Terms (Days)",
        Cell::Integer,
        &["付款期限"],
    ),
    Column::new(
        "annual_revenue",
        "年营业额",
        "Annual Revenue",
        Cell::Money,
        &["年收入", "营业额"],
    ),
    Column::new("currency", "币种", "Currency", Cell::Text, &["货币"]),
    Column::new(
        "employees",
        "员工数",
        "Employees",
        Cell::Integer,
        &["员工人数", "人数", "No. of Employees", "Number of Employees"],
    ),
    Column::new("needs", "需求", "Needs", Cell::Text, &["客户需求"]),
    Column::new(
        "custom.remark",
        "备注",
        "Description",
        Cell::Text,
        &["说明", "描述", "Remark", "Remarks", "Notes"],
    ),
    Column::new("tags", "标签", "Tag", Cell::Texts, &["客户标签", "Tags"]),
];

const CONTACT: &[Column] = &[
    Column::new(
        "record_id",
        "记录编号",
        "Record Id",
        Cell::Text,
        &[
            "_id",
            "数据ID",
            "唯一性ID",
            "External Id",
            "Contact Id",
            "联系人ID",
            "联系人编号",
        ],
    ),
    Column::new(
        "name",
        "姓名",
        "Full Name",
        Cell::Text,
        &["联系人", "联系人姓名", "名称", "Contact Name", "Contact", "Name"],
    ),
    Column::new("last_name", "姓", "Last Name", Cell::Text, &["Surname", "Family Name"]),
    Column::new("given_name", "名", "First Name", Cell::Text, &["Given Name"]),
    Column::new("title", "职位", "Title", Cell::Text, &["职务", "岗位", "Job Title"]),
    Column::new("department", "部门", "Department", Cell::Text, &["所在部门"]),
    Column::new(
        "mobile",
        "手机",
        "Mobile",
        Cell::Phone,
        &["手机号", "手机号码", "移动电话", "Mobile Phone", "Cell Phone"],
    ),
    Column::new(
        "phones",
        "电话",
        "Phone",
        Cell::Phones,
        &[
            "座机",
            "办公电话",
            "固定电话",
            "联系电话",
            "Phones",
            "Other Phone",
            "Home Phone",
            "Asst Phone",
            "Telephone",
        ],
    ),
    Column::new(
        "email",
        "邮箱",
        "Email",
        Cell::Text,
        &["电子邮箱", "邮件", "电子邮件", "E-mail"],
    ),
    Column::new("wechat", "微信", "WeChat", Cell::Text, &["微信号"]),
    Column::new(
        "birthday",
        "生日",
        "Date of Birth",
        Cell::Day,
        &["出生日期", "Birthday", "Birthdate"],
    ),
    Column::new(
        "buying_role",
        "决策角色",
        "Buying Role",
        Cell::Choice("buying_role"),
        &["角色", "决策关系", "Contact Role"],
    ),
    Column::new("do_not_call", "勿打电话", "Do Not Call", Cell::Boolean, &["免打扰"]),
    Column::new(
        "preferred_language",
        "语言",
        "Preferred Language",
        Cell::Text,
        &["Language"],
    ),
    Column::new("consent", "同意用途", "Consent", Cell::Text, &[]),
];

const DEAL: &[Column] = &[
    Column::new(
        "record_id",
        "记录编号",
        "Record Id",
        Cell::Text,
        &[
            "_id",
            "数据ID",
            "唯一性ID",
            "External Id",
            "Deal Id",
            "Opportunity Id",
            "商机ID",
            "商机编号",
        ],
    ),
    Column::new(
        "name",
        "商机名称",
        "Deal Name",
        Cell::Text,
        &[
            "商机",
            "机会名称",
            "销售机会",
            "Opportunity Name",
            "Potential Name",
            "Name",
        ],
    ),
    Column::new(
        "stage",
        "销售阶段",
        "Stage",
        Cell::Text,
        &["阶段", "商机阶段", "Sales Stage"],
    ),
    Column::new(
        "amount",
        "预计金额",
        "Amount",
        Cell::Money,
        &["金额", "商机金额", "预计销售金额", "预估金额"],
    ),
    Column::new("currency", "币种", "Currency", Cell::Text, &["货币"]),
    Column::new(
        "probability_bp",
        "赢单率",
        "Probability",
        Cell::Percent,
        &["赢率", "成交概率", "赢单概率"],
    ),
    Column::new(
        "expected_close",
        "预计成交日期",
        "Closing Date",
        Cell::Day,
        &[
            "预计成交时间",
            "预计结单日期",
            "预计签单日期",
            "Close Date",
            "Expected Close Date",
            "Expected Close",
        ],
    ),
    Column::new(
        "deal_type",
        "商机类型",
        "Type",
        Cell::Choice("deal_type"),
        &["类型", "业务类型", "Deal Type"],
    ),
    Column::new(
        "lead_source",
        "来源",
        "Lead Source",
        Cell::Text,
        &["商机来源", "线索来源", "Source"],
    ),
    Column::new("next_step", "下一步", "Next Step", Cell::Text, &["下一步计划"]),
    Column::new(
        "contact",
        "联系人",
        "Contact Name",
        Cell::Text,
        &["主要联系人", "Contact"],
    ),
    Column::new(
        "competitors",
        "竞争对手",
        "Competitors",
        Cell::Texts,
        &["竞品", "Competitor"],
    ),
    Column::new(
        "forecast_category",
        "预测类别",
        "Forecast Category",
        Cell::Choice("forecast_category"),
        &["Forecast Type"],
    ),
    Column::new(
        "lost_reason",
        "输单原因",
        "Reason For Loss",
        Cell::Choice("lost_reason"),
        &["丢单原因", "失败原因", "Lost Reason", "Loss Reason"],
    ),
    Column::new("lost_notes", "输单说明", "Loss Notes", Cell::Text, &["Lost Notes"]),
    Column::new(
        "description",
        "备注",
        "Description",
        Cell::Text,
        &["描述", "说明", "商机描述", "Remark", "Notes"],
    ),
];

const VISIT: &[Column] = &[
    Column::new("started_at", "拜访日期", "Visited At", Cell::Instant, &[]),
    Column::new("ended_at", "签退时间", "Ended At", Cell::Instant, &[]),
    Column::new("visitors", "拜访人", "Visitors", Cell::Texts, &[]),
    Column::new("visit_kind", "拜访方式", "Visit Type", Cell::Choice("visit_kind"), &[]),
    Column::new("purpose", "拜访目的", "Purpose", Cell::Choice("visit_purpose"), &[]),
    Column::new("outcome", "拜访结果", "Outcome", Cell::Choice("visit_outcome"), &[]),
    Column::new("status", "状态", "Status", Cell::Choice("visit_status"), &[]),
    Column::new(
        "verification",
        "位置核验",
        "Verification",
        Cell::Choice("verification"),
        &[],
    ),
    Column::new("summary", "拜访总结", "Summary", Cell::Text, &[]),
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
