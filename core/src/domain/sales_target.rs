//! Sales target 目标: what a member or a team is to reach in a period.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::{choice, entity, value};

use super::event::Stamped;
use super::kpi::KpiId;
use crate::ids::{MemberId, TeamId};
use crate::schema::value::Stamp;
use crate::schema::{Record, Violation, ViolationCode};

/// What a member, else a team, else the organisation is to reach in a period. Only who manages its scope writes it: a
/// rep reads his own.
#[entity("sales_target", scope = holder, member = rep, team = team, writers = manager, checked)]
pub struct SalesTarget {
    /// What is measured.
    #[field(required, index, fixed)]
    pub kpi_id: KpiId,
    /// The member whose target it is.
    #[field(index, fixed)]
    pub rep: Option<MemberId>,
    /// The team whose target it is, where it is no member's.
    #[field(index, fixed)]
    pub team: Option<TeamId>,
    /// First civil day of the period.
    #[field(required, index)]
    pub first_day: NaiveDate,
    /// Last civil day of the period, with it.
    #[field(required, index)]
    pub last_day: NaiveDate,
    /// What sort of period it is.
    pub period: Option<TargetPeriod>,
    /// What is to be reached, in the KPI's unit (money: minor units of the currency).
    #[field(required, min = 0)]
    pub value: i64,
    /// What would be more than that.
    #[field(min = 0)]
    pub stretch: Option<i64>,
    /// Currency of a target of money (ISO 4217).
    #[field(max_len = 3)]
    pub currency: Option<String>,
    /// How it is spread over the period; by working days where blank.
    pub curve: Option<TargetCurve>,
    /// Weights of a seasonal curve, by month (`2026-03`).
    #[field(merge = map, min = 0, max_len = 60)]
    pub weights: HashMap<String, i64>,
    /// The day from which the member is held to it (a hire within the period); from its first day where blank.
    pub effective_from: Option<NaiveDate>,
    /// What those who manage the scope expect to be reached, beside what the deals say: it never overwrites a rep's own
    /// categories.
    #[field(merge = log, max_len = 1000)]
    pub judgements: Vec<ForecastJudgement>,
    /// Remarks.
    #[field(max_len = 1000)]
    pub remark: Option<String>,
}

/// What sort of period a target is for.
#[choice]
pub enum TargetPeriod {
    /// A fiscal month.
    Month,
    /// A fiscal quarter.
    Quarter,
    /// A fiscal year.
    Year,
    /// Any days.
    Custom,
}

/// How a target is spread over its period.
#[choice]
pub enum TargetCurve {
    /// Alike over its days.
    Days,
    /// Alike over its working days.
    WorkingDays,
    /// By its weights.
    Seasonal,
}

/// What a manager expects to be reached.
#[value]
pub struct ForecastJudgement {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// Which of the forecast's lines it judges.
    pub line: ForecastLine,
    /// What is expected, in the KPI's unit.
    pub expected: i64,
    /// Why.
    pub reason: Option<String>,
}

/// A line of the forecast.
#[choice]
pub enum ForecastLine {
    /// Won, and promised.
    Commit,
    /// And what will most likely come.
    MostLikely,
    /// And what may come at best.
    BestCase,
}

impl Stamped for ForecastJudgement {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

impl Record for SalesTarget {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.last_day < self.first_day {
            found.push(Violation::new("last_day", ViolationCode::Inconsistent));
        }
        let is_code = |code: &String| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
        if !self.currency.as_ref().is_none_or(is_code) {
            found.push(Violation::new("currency", ViolationCode::Malformed));
        }
        let is_month = |key: &String| format!("{key}-01").parse::<NaiveDate>().is_ok();
        if !self.weights.keys().all(is_month) {
            found.push(Violation::new("weights", ViolationCode::Malformed));
        }
        found
    }
}
