//! Verdicts in words. No message says what stands in a cell.

use super::{Note, Problem, ProblemCode, Skip};
use crate::exchange::cell::CellError;
use crate::exchange::label::Language;
use crate::schema::ViolationCode;

/// The header of the column that says what was wrong with a row.
#[must_use]
pub(crate) const fn errors_header(language: Language) -> &'static str {
    match language {
        Language::Zh => "导入错误",
        Language::En => "Import Error",
    }
}

impl Problem {
    /// What is wrong, and what to do about it.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        let column = self.column.as_deref().unwrap_or(&self.field).trim();
        let (zh, en) = texts(self.code);
        let text = if language == Language::Zh { zh } else { en };
        match language {
            _ if column.is_empty() => text,
            Language::Zh => format!("{column}：{text}"),
            Language::En => format!("{column}: {text}"),
        }
    }
}

impl Skip {
    /// Why the row was left out.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Exists { differing }, Language::Zh) => format!("已存在，以下字段不同：{}", differing.join("、")),
            (Self::Exists { differing }, Language::En) => {
                format!("it is there and differs in {}", differing.join(", "))
            }
            (Self::EditedHere { kept }, Language::Zh) => format!("导入后已在本系统修改，保留：{}", kept.join("、")),
            (Self::EditedHere { kept }, Language::En) => {
                format!("edited here since the last import and kept: {}", kept.join(", "))
            }
            (Self::Repeats { row }, Language::Zh) => format!("与第 {row} 行重复"),
            (Self::Repeats { row }, Language::En) => format!("the same record as row {row}"),
        }
    }
}

impl Note {
    /// What was read otherwise than might be thought.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::PhoneKept { column }, Language::Zh) => format!("{column}：号码无法识别，按原样保留"),
            (Self::PhoneKept { column }, Language::En) => {
                format!("{column}: not understood as a number, kept as it is")
            }
            (Self::NotFound { column }, Language::Zh) => format!("{column}：未找到该记录，已忽略此列"),
            (Self::NotFound { column }, Language::En) => format!("{column}: no such record, the column was left out"),
        }
    }
}

fn texts(code: ProblemCode) -> (String, String) {
    let (zh, en) = match code {
        ProblemCode::Cell { error } => cell(error),
        ProblemCode::UnknownChoice => ("不在选项之中", "none of the choices"),
        ProblemCode::UnknownStage => ("销售流程中没有此阶段", "the process has no such stage"),
        ProblemCode::NoProcess => ("未选择销售流程，无法识别阶段", "choose a process to read stages by"),
        ProblemCode::UnknownCustomer => ("客户不存在", "no such customer"),
        ProblemCode::SeveralCustomers => (
            "有多个同名客户，请提供客户编号",
            "several customers of that name, give the customer's id",
        ),
        ProblemCode::SeveralRecords => (
            "有多条同名记录，请提供记录编号",
            "several records of that name, give the record's id",
        ),
        ProblemCode::Repeated { row } => {
            return (
                format!("与第 {row} 行为同一记录但内容不同"),
                format!("the same record as row {row}, but it differs"),
            );
        }
        ProblemCode::TooManyCells => ("此行的列数多于表头", "the row has more cells than there are headers"),
        ProblemCode::NotPermitted => ("没有权限写入此记录", "you may not write this record"),
        ProblemCode::Violation { violation, limit } => return flaw(violation, limit),
    };
    (zh.to_owned(), en.to_owned())
}

const fn cell(error: CellError) -> (&'static str, &'static str) {
    match error {
        CellError::NotADay => ("不是日期，请写成 2026-03-01", "not a day, write it as 2026-03-01"),
        CellError::AmbiguousDay => (
            "日月顺序不明，请选择日在前或月在前",
            "the day may be two, say whether the day or the month stands first",
        ),
        CellError::NotAnAmount => ("不是金额", "not an amount"),
        CellError::NotACurrency => ("不是币种代码", "not a currency code"),
        CellError::NotAPercentage => ("不是百分比，请写成 30%", "not a percentage, write it as 30%"),
        CellError::NotANumber => ("不是整数", "not a whole number"),
        CellError::NotYesOrNo => ("请填是或否", "neither yes nor no"),
        CellError::NotDegrees => ("不是经纬度", "not degrees"),
        CellError::NotAnId => ("不是编号", "not an id"),
    }
}

fn flaw(violation: ViolationCode, limit: Option<i64>) -> (String, String) {
    let bound = |zh: &str, en: &str| {
        let limit = limit.map_or_else(String::new, |limit| format!(" {limit}"));
        (format!("{zh}{limit}"), format!("{en}{limit}"))
    };
    match violation {
        ViolationCode::Required => bound("必填", "required"),
        ViolationCode::TooLong => bound("超过最大长度", "longer than"),
        ViolationCode::TooSmall => bound("小于", "less than"),
        ViolationCode::TooLarge => bound("大于", "more than"),
        ViolationCode::UnknownChoice => bound("不在选项之中", "none of the choices"),
        ViolationCode::Inconsistent => bound("前后不一致", "the parts do not agree"),
        ViolationCode::Fixed => bound("创建后不可修改", "fixed since the record was made"),
        ViolationCode::NotAllowed => bound("当前状态不允许", "not allowed from the present state"),
        ViolationCode::Malformed | ViolationCode::UnknownField | ViolationCode::WrongOperation => {
            bound("格式不正确", "not well formed")
        }
    }
}
