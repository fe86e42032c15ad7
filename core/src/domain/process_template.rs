//! Process template 销售流程: the stages of a deal. One version is one immutable record.

use satchel_derive::{choice, entity, value};

use super::deal::StageMove;
use crate::schema::{Record, Violation, ViolationCode};

/// A version of a sales process. Publishing makes it immutable by convention of the policy: only admins write it, and
/// deals copy what they need at each move.
#[entity("process_template", scope = org, writers = admin, checked)]
pub struct ProcessTemplate {
    /// The pipeline it is a version of.
    #[field(required, index, max_len = 60)]
    pub pipeline: String,
    /// Version, from 1.
    #[field(required, fixed, min = 1)]
    pub version: i64,
    /// Name in Chinese.
    #[field(required, max_len = 120)]
    pub name_zh: String,
    /// Name in English.
    #[field(required, max_len = 120)]
    pub name_en: String,
    /// The stages in order.
    #[field(required, max_len = 40)]
    pub stages: Vec<Stage>,
}

/// A stage of a deal.
#[value]
pub struct Stage {
    /// Code, unique in its template.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Type.
    pub stage_type: StageType,
    /// Probability of winning, in basis points.
    pub probability_bp: i64,
    /// Forecast category.
    pub forecast_category: Option<ForecastCategory>,
    /// Days after which a deal in this stage counts as stalled.
    pub max_days: Option<i64>,
    /// Steps to tick.
    pub checklist: Vec<ChecklistItem>,
    /// Fields of the deal that must be filled before it enters.
    pub required_fields: Vec<String>,
}

/// A step of a stage.
#[value]
pub struct ChecklistItem {
    /// Code, unique in its stage.
    pub code: String,
    /// Text in Chinese.
    pub text_zh: String,
    /// Text in English.
    pub text_en: String,
    /// What proves it.
    pub evidence: Option<Evidence>,
    /// Whether skipping it needs a reason.
    pub required: Option<bool>,
}

/// What proves a step.
#[choice]
pub enum Evidence {
    /// Nothing.
    None,
    /// A photo.
    Photo,
    /// A file.
    File,
    /// A filled field.
    Field,
}

/// Type of a stage.
#[choice]
pub enum StageType {
    /// Open.
    Open,
    /// Under way.
    Ongoing,
    /// On hold.
    OnHold,
    /// Won 赢单.
    Won,
    /// Lost 输单.
    Lost,
    /// Invalid 无效.
    Invalid,
}

/// Forecast category.
#[choice]
pub enum ForecastCategory {
    /// In no forecast.
    Omitted,
    /// Pipeline.
    Pipeline,
    /// Best case.
    BestCase,
    /// Most likely.
    MostLikely,
    /// Commit.
    Commit,
    /// Closed.
    Closed,
}

impl ProcessTemplate {
    /// The template every organisation starts with: 拜访 → 需求分析 → 产品介绍 → 签约, and the two ends.
    #[must_use]
    pub fn standard() -> Self {
        let stage = |code: &str, name_zh: &str, name_en: &str, stage_type, probability_bp, category| Stage {
            code: code.to_owned(),
            name_zh: name_zh.to_owned(),
            name_en: name_en.to_owned(),
            stage_type,
            probability_bp,
            forecast_category: Some(category),
            ..Stage::default()
        };
        Self {
            pipeline: "standard".to_owned(),
            version: 1,
            name_zh: "标准销售流程".to_owned(),
            name_en: "Standard sales process".to_owned(),
            stages: vec![
                stage("visit", "拜访", "Visit", StageType::Open, 1_000, ForecastCategory::Pipeline),
                stage("needs", "需求分析", "Needs analysis", StageType::Ongoing, 3_000, ForecastCategory::Pipeline),
                stage("proposal", "产品介绍", "Proposal", StageType::Ongoing, 6_000, ForecastCategory::BestCase),
                stage("signing", "签约", "Signing", StageType::Ongoing, 9_000, ForecastCategory::Commit),
                stage("won", "赢单", "Won", StageType::Won, 10_000, ForecastCategory::Closed),
                stage("lost", "输单", "Lost", StageType::Lost, 0, ForecastCategory::Omitted),
            ],
        }
    }

    /// The move of a deal to the stage with this code; absent where the template has no such stage.
    #[must_use]
    pub fn move_to(&self, code: &str) -> Option<StageMove> {
        let (rank, stage) = self.stages.iter().enumerate().find(|(_, stage)| stage.code == code)?;
        Some(StageMove {
            stage: stage.code.clone(),
            stage_type: stage.stage_type,
            rank: i64::try_from(rank).unwrap_or(i64::MAX),
            probability_bp: stage.probability_bp,
            forecast_category: stage.forecast_category,
            ..StageMove::default()
        })
    }
}

impl Record for ProcessTemplate {
    fn check(&self) -> Vec<Violation> {
        let mut codes: Vec<&str> = self.stages.iter().map(|stage| stage.code.as_str()).collect();
        codes.sort_unstable();
        let unique = codes.windows(2).all(|pair| pair[0] != pair[1]);
        let sound = self.stages.iter().all(|stage| !stage.code.is_empty() && (0..=10_000).contains(&stage.probability_bp));
        if unique && sound { Vec::new() } else { vec![Violation::new("stages", ViolationCode::Inconsistent)] }
    }
}
